/* spill_loops.h - what every tier's spill does around its vectors. The plain loop is the specification; a
 * tier does as many cells as fill its vectors and leaves it the others. */
#ifndef COPSE_KERNELS_SPILL_LOOPS_H
#define COPSE_KERNELS_SPILL_LOOPS_H

#include "kernels/kernels.h"

/* What a spill has to do: constants in each copy of the loops. */
struct spill_facts {
  bool counted, kept, first, parent;
};

/* Does cells 0 .. i - 1 and returns i. */
typedef uint64_t (*spill_vectors_fn)(struct hist_pair *cells, uint64_t n, unsigned count_bits,
                                     const struct hist_target *target, struct spill_facts facts);

static inline __attribute__((always_inline)) void spill_all(struct hist_pair *cells, uint64_t n,
                                                            unsigned count_bits,
                                                            const struct hist_target *target,
                                                            struct spill_facts facts,
                                                            spill_vectors_fn vectors) {
  const struct hist_planes to = target->planes, parent = target->parent;
  const uint64_t mask = ((uint64_t)1 << count_bits) - 1;
  for (uint64_t i = vectors(cells, n, count_bits, target, facts); i < n; i++) {
    int64_t g = cells[i].gradient, h = (int64_t)(cells[i].hessian >> count_bits);
    uint32_t count = (uint32_t)(cells[i].hessian & mask);
    cells[i] = (struct hist_pair){0, 0};
    if (facts.kept) {
      to.gradient[i] = facts.first ? g : to.gradient[i] + g;
      to.hessian[i] = facts.first ? h : to.hessian[i] + h;
      if (facts.counted) to.count[i] = facts.first ? count : to.count[i] + count;
    }
    if (!facts.parent) continue;
    parent.gradient[i] -= g;
    parent.hessian[i] -= h;
    if (facts.counted) parent.count[i] -= count;
  }
}

static inline __attribute__((always_inline)) void spill_by_target(struct hist_pair *cells, uint64_t n,
                                                                  unsigned count_bits,
                                                                  const struct hist_target *target,
                                                                  bool counted, spill_vectors_fn vectors) {
  bool parent = target->parent.gradient != NULL;
  if (target->planes.gradient == NULL)
    spill_all(cells, n, count_bits, target, (struct spill_facts){counted, false, false, true}, vectors);
  else if (target->first && parent)
    spill_all(cells, n, count_bits, target, (struct spill_facts){counted, true, true, true}, vectors);
  else if (target->first)
    spill_all(cells, n, count_bits, target, (struct spill_facts){counted, true, true, false}, vectors);
  else if (parent)
    spill_all(cells, n, count_bits, target, (struct spill_facts){counted, true, false, true}, vectors);
  else
    spill_all(cells, n, count_bits, target, (struct spill_facts){counted, true, false, false}, vectors);
}

/* The whole slot. */
static inline __attribute__((always_inline)) void spill_cells(struct hist_pair *cells, uint64_t n,
                                                              unsigned count_bits,
                                                              const struct hist_target *target,
                                                              spill_vectors_fn vectors) {
  if (count_bits > 0)
    spill_by_target(cells, n, count_bits, target, true, vectors);
  else
    spill_by_target(cells, n, 0, target, false, vectors);
}

#endif
