/* hist_bundle.c - splits the sums of joint and exclusive cells into those of their columns.
 *
 * Every step is a sum or difference of integers, so the planes hold the very numbers that columns with
 * carriers of their own would have: a digit's sums are marginals of its carrier's; a column's reference bin
 * has what the digit's other values leave over. Pairs are added packed: a row adds to one cell of a digit, so
 * no sum has more rows than the cells were filled with. */
#include "train/hist_bundle.h"

#include <string.h>

/* Sums of each value of the digit that changes fastest: those of the n_values cells with that value. What is
 * left in `rest` are the sums of the other digits; it may be the cells themselves. */
static void take_digit(const struct hist_pair *sums, uint32_t n_values, uint32_t radix,
                       struct hist_pair *values, struct hist_pair *rest) {
  memset(values, 0, radix * sizeof *values);
  for (uint32_t i = 0; i < n_values / radix; i++) {
    struct hist_pair total = {0, 0};
    for (uint32_t value = 0; value < radix; value++, sums++) {
      values[value].gradient += sums->gradient;
      values[value].hessian += sums->hessian;
      total.gradient += sums->gradient;
      total.hessian += sums->hessian;
    }
    rest[i] = total;
  }
}

static inline void add_pair(const struct hist_target *target, uint32_t at, struct hist_pair pair,
                            unsigned count_bits) {
  const struct hist_planes to = target->planes, parent = target->parent;
  int64_t hessian = (int64_t)(pair.hessian >> count_bits);
  uint32_t count = (uint32_t)(pair.hessian & (((uint64_t)1 << count_bits) - 1));
  if (to.gradient != NULL) {
    to.gradient[at] = target->first ? pair.gradient : to.gradient[at] + pair.gradient;
    if (to.hessian != NULL) to.hessian[at] = target->first ? hessian : to.hessian[at] + hessian;
    if (count_bits > 0) to.count[at] = target->first ? count : to.count[at] + count;
  }
  if (parent.gradient == NULL) return;
  parent.gradient[at] = hist_less(parent.gradient[at], pair.gradient);
  if (parent.hessian != NULL) parent.hessian[at] -= hessian;
  if (count_bits > 0) parent.count[at] -= count;
}

/* Sums of a column's bins; those of packed cells that stay packed are the gradients alone. Few are sooner
 * added than a slot is called. */
static void spill_column(const struct workspace *ws, struct hist_pair *sums, uint32_t n, unsigned count_bits,
                         const struct hist_target *target) {
  enum { FEW = 8 };
  const struct hist_planes to = target->planes.gradient != NULL ? target->planes : target->parent;
  if (n < FEW) {
    for (uint32_t v = 0; v < n; v++) add_pair(target, v, sums[v], count_bits);
    return;
  }
  if (to.hessian != NULL) {
    ws->kernels->hist_spill(sums, n, count_bits, target);
    return;
  }
  int64_t packed[BUNDLE_MOST_VALUES];
  for (uint32_t v = 0; v < n; v++) packed[v] = sums[v].gradient;
  ws->kernels->hist_spill_packed(packed, n, target);
}

static void spill_digit(const struct workspace *ws, const struct binned_digit *digit,
                        const struct hist_pair *values, unsigned count_bits,
                        const struct hist_target *target) {
  const struct binned *binned = workspace_matrix(ws);
  struct hist_pair total = {0, 0}, bins[BUNDLE_MOST_VALUES];
  for (uint32_t v = 0; v < digit->radix; v++) {
    total.gradient += values[v].gradient;
    total.hessian += values[v].hessian;
  }
  for (uint32_t m = 0; m < digit->n_members; m++) {
    const struct binned_column *column = &binned->columns[binned->members[digit->first_member + m]];
    const struct hist_pair *own = values + column->first;
    const uint32_t n = column->n_bins, reference = column->reference;
    struct hist_pair rest = total;
    for (uint32_t v = 0; v + 1 < n; v++) {
      rest.gradient -= own[v].gradient;
      rest.hessian -= own[v].hessian;
    }
    memcpy(bins, own, reference * sizeof *bins);
    bins[reference] = rest;
    memcpy(bins + reference + 1, own + reference, (n - 1 - reference) * sizeof *bins);
    const struct hist_target there = hist_target_at(target, column->hist_offset);
    spill_column(ws, bins, n, count_bits, &there);
  }
}

static void spill_carrier(const struct workspace *ws, const struct binned_carrier *carrier,
                          const struct hist_pair *sums, unsigned count_bits,
                          const struct hist_target *target) {
  struct hist_pair values[BUNDLE_MOST_VALUES], rest[BUNDLE_MOST_VALUES];
  const struct binned_digit *digits = workspace_matrix(ws)->digits + carrier->first_digit;
  uint32_t n_values = carrier->n_values;
  for (uint32_t d = 0; d + 1 < carrier->n_digits; d++) {
    take_digit(sums, n_values, digits[d].radix, values, rest);
    spill_digit(ws, &digits[d], values, count_bits, target);
    n_values /= digits[d].radix;
    sums = rest;
  }
  spill_digit(ws, &digits[carrier->n_digits - 1], sums, count_bits, target);
}

static uint32_t lone_column_offset(const struct binned *binned, const struct binned_carrier *carrier) {
  return binned->columns[binned->members[binned->digits[carrier->first_digit].first_member]].hist_offset;
}

/* A carrier's cells into the planes of its only column, those that are there for alignment with them. */
static void spill_alone(const struct workspace *ws, struct hist_cells cells,
                        const struct binned_carrier *carrier, const struct hist_target *target) {
  const uint32_t n = (carrier->n_values + 3) / 4 * 4;
  if (cells.packed != NULL)
    ws->kernels->hist_spill_packed(cells.packed + carrier->sum_offset, n, target);
  else
    ws->kernels->hist_spill(cells.pairs + carrier->sum_offset, n, cells.count_bits, target);
}

static void spill_bundled(const struct workspace *ws, const struct binned_carrier *carrier,
                          struct hist_cells cells, const struct hist_target *target) {
  if (cells.packed == NULL) {
    struct hist_pair *sums = cells.pairs + carrier->sum_offset;
    spill_carrier(ws, carrier, sums, cells.count_bits, target);
    memset(sums, 0, carrier->n_values * sizeof *sums);
    return;
  }
  /* Packed sums that stay packed are added and taken off each other just as they are. */
  const bool as_cells = (target->planes.gradient != NULL ? target->planes : target->parent).hessian == NULL;
  struct hist_pair pairs[BUNDLE_MOST_VALUES];
  int64_t *sums = cells.packed + carrier->sum_offset;
  for (uint32_t v = 0; v < carrier->n_values; v++) {
    const int64_t hessian = as_cells ? 0 : sums[v] & UINT32_MAX;
    const int64_t gradient = as_cells ? sums[v] : (sums[v] - hessian) / ((int64_t)1 << 32);
    pairs[v] = (struct hist_pair){gradient, (uint64_t)hessian};
    sums[v] = 0;
  }
  spill_carrier(ws, carrier, pairs, 0, target);
}

void hist_spill_carriers(const struct workspace *ws, const struct binned_block *block, uint32_t first,
                         uint32_t end, struct hist_cells cells, const struct hist_target *target) {
  const struct binned *binned = workspace_matrix(ws);
  for (uint32_t s = first; s < end; s++) {
    const struct binned_carrier *carrier = &binned->carriers[block->carriers[s]];
    if (carrier->bundled) {
      spill_bundled(ws, carrier, cells, target);
    } else {
      struct hist_target there = hist_target_at(target, lone_column_offset(binned, carrier));
      spill_alone(ws, cells, carrier, &there);
    }
  }
}
