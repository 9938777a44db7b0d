/* joint_loops.h - the histogram update of two or four sources, written once and compiled for every tier that
 * has it. What finding a bin's cells costs is paid once: four sources' are one cache line, added to in two
 * vectors of 256 bits, which takes a quarter longer than one vector, of two sources (Sapphire Rapids, 50
 * columns; one of 512 bits takes twice as long: its store is slower to load from). An includer defines
 * JOINT_ROUND, which rounds rows of all sources side by side. */
#ifndef COPSE_KERNELS_JOINT_LOOPS_H
#define COPSE_KERNELS_JOINT_LOOPS_H

#include <string.h>

#include "kernels/kernels.h"

typedef int64_t joint_vector __attribute__((vector_size(32), may_alias));

struct joint_four {
  joint_vector front, back;
};

/* n rows from `at` on of n_sources, the rows themselves: a row's pairs lie side by side. */
static inline void JOINT_ROUND(const struct hist_source *sources, const int n_sources, uint64_t at, size_t n,
                               struct hist_pair *room);

static inline const void *joint_value_at(const struct hist_source *sources, uint64_t row) {
  return (const void *)((uintptr_t)sources->rows + row * sizeof *sources->rows);
}

static inline const joint_vector *two_values(const struct hist_source *sources, const uint32_t *rows,
                                             uint64_t at, size_t n, joint_vector *room) {
  (void)rows; /* NULL */
  JOINT_ROUND(sources, 2, at, n, (struct hist_pair *)(void *)room);
  return room;
}

static inline const void *two_value_at(const struct hist_source *sources, uint64_t row) {
  return joint_value_at(sources, row);
}

#define HIST_CELL joint_vector
#define HIST_SOURCE struct hist_source
#define HIST_NAME(name) two_##name
#include "kernels/hist_tile.h"

static inline const struct joint_four *four_values(const struct hist_source *sources, const uint32_t *rows,
                                                   uint64_t at, size_t n, struct joint_four *room) {
  (void)rows; /* NULL */
  JOINT_ROUND(sources, 4, at, n, (struct hist_pair *)(void *)room);
  return room;
}

static inline const void *four_value_at(const struct hist_source *sources, uint64_t row) {
  return joint_value_at(sources, row);
}

#define HIST_CELL struct joint_four
#define HIST_SOURCE struct hist_source
#define HIST_NAME(name) four_##name
#define HIST_ADD(cell, value) ((cell)->front += (value).front, (cell)->back += (value).back)
#include "kernels/hist_tile.h"

static void hist_update_joint(const struct hist_block *block, uint64_t begin, uint64_t end,
                              const struct hist_source *sources, int n_sources, struct hist_pair *cells) {
  void *vectors = cells;
  if (block->cell_bytes == 1 && n_sources == 2)
    two_add(block, NULL, begin, end, sources, vectors);
  else if (block->cell_bytes == 1)
    four_add(block, NULL, begin, end, sources, vectors);
  else if (n_sources == 2)
    two_add_wide(block, NULL, begin, end, sources, vectors);
  else
    four_add_wide(block, NULL, begin, end, sources, vectors);
}

#endif
