/* search.h - places in ascending arrays. */
#ifndef COPSE_BASE_SEARCH_H
#define COPSE_BASE_SEARCH_H

#include <stdint.h>

/* search_from_TYPE: the first place whose number is not below `number`; n where all are. */
#define DEFINE_SEARCH(name, type)                                                             \
  static inline uint64_t search_from_##name(const type *ascending, uint64_t n, type number) { \
    uint64_t low = 0, high = n;                                                               \
    while (low < high) {                                                                      \
      uint64_t middle = low + (high - low) / 2;                                               \
      if (ascending[middle] < number)                                                         \
        low = middle + 1;                                                                     \
      else                                                                                    \
        high = middle;                                                                        \
    }                                                                                         \
    return low;                                                                               \
  }
DEFINE_SEARCH(u64, uint64_t)
DEFINE_SEARCH(u32, uint32_t)
DEFINE_SEARCH(i32, int32_t)
#undef DEFINE_SEARCH

#endif
