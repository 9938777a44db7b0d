/* values_table.h - the table of entries under values.c, values_number.c and values_text.c. */
#ifndef COPSE_PROFILE_VALUES_TABLE_H
#define COPSE_PROFILE_VALUES_TABLE_H

#include "profile/values.h"

enum { VALUES_FIRST_SLOTS = 32 };

/* The slot of a key: its entry + 1, or 0 where the key has none yet. */
static inline uint32_t *values_slot_of(const struct values *values, uint64_t key) {
  uint32_t mask = values->n_slots - 1;
  uint64_t h = values->texts ? key : key * 0x9e3779b97f4a7c15u;
  for (uint32_t at = (uint32_t)(h >> 32) & mask;; at = (at + 1) & mask) {
    uint32_t entry = values->slots[at];
    if (entry == 0 || values->entries[entry - 1].key == key) return &values->slots[at];
  }
}

/* Slots for the entries there are. */
void values_fill_slots(struct values *values);
/* Room for one entry more. False: out of memory. */
bool values_grow(struct values *values);
/* The tables that a fresh set of at most `capacity` entries needs. False: out of memory, and nothing changed.
 */
bool values_fresh_tables(struct values *values, uint32_t capacity);
/* From now on distinct values are estimated. False: out of memory. */
bool values_lose_exactness(struct values *values);
/* Out of memory: nothing is counted any more. */
static inline void values_give_up(struct values *values) { values->failed = true; }

/* Sorts list [n] by key, equal keys as they come, eight bits at a time; positions that are the same in all
 * keys are passed over. False: out of memory. */
struct keyed {
  uint64_t key;
  uint32_t at;
};
bool values_sort_keys(copse_context *ctx, struct keyed *list, uint32_t n);

/* Entries in the order of values_sort. False: out of memory. */
bool values_sort_numbers(struct values *values);
bool values_sort_texts(struct values *values);

#endif
