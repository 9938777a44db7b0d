/* longest_run.h - the most rows that follow each other with the same cell, over blocks of a column. */
#ifndef COPSE_PROFILE_LONGEST_RUN_H
#define COPSE_PROFILE_LONGEST_RUN_H

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise. Blank cells are no run: open is 0 behind one. */
struct longest_run {
  uint64_t value, open,
      longest;  /* open: rows of the last run, which may go on; it does not count in longest */
  uint8_t type; /* enum cell_type */
};
/* The next n cells, n > 0. */
void longest_run_take(struct longest_run *run, const uint64_t *values, const uint8_t *types, size_t n);
uint64_t longest_run_of(const struct longest_run *run);

#endif
