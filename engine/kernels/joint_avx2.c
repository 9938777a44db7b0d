/* joint_avx2.c - the histogram update of several sources with 256-bit vectors. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/tiers.h"

#define JOINT_ROUND round_joint
#include "kernels/joint_loops.h"

/* Few rows at a time: what they are rounded to stays in the cache beside the room. */
static inline __attribute__((always_inline)) void round_joint(const struct hist_source *sources,
                                                              const int n_sources, uint64_t at, size_t n,
                                                              struct hist_pair *room) {
  enum { AT_ONCE = 64 };
  _Alignas(32) struct hist_pair pairs[HIST_MOST_SOURCES][AT_ONCE];
  for (size_t done = 0, some; done < n; done += some) {
    some = n - done < AT_ONCE ? n - done : AT_ONCE;
    for (int s = 0; s < n_sources; s++)
      quantize_rows_avx2(&sources[s], sources[s].rows + at + done, NULL, some, pairs[s]);
    __m128i *to = (__m128i *)(void *)(room + done * (size_t)n_sources);
    for (size_t i = 0; i < some; i++)
      for (int s = 0; s < n_sources; s++)
        _mm_store_si128(to++, _mm_load_si128((const __m128i *)(const void *)&pairs[s][i]));
  }
}

void kernels_joint_avx2(struct kernels *slots) { slots->hist_update_joint = hist_update_joint; }
#endif
