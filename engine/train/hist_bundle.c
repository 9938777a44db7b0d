/* hist_bundle.c - splits the sums of joint and exclusive cells into those of their columns.
 *
 * Every step is a sum or difference of integers, so the planes hold the very numbers that columns with
 * carriers of their own would have: a digit's sums are marginals of its carrier's; a column's reference bin
 * has what the digit's other values leave over. Pairs are added packed: a row adds to one cell of a digit, so
 * no sum has more rows than the cells were filled with. */
#include "train/hist_bundle.h"

#include <string.h>

/* Sums of each value of a digit: those of the carrier's cells with that digit. */
static void marginal(const struct hist_pair *sums, uint32_t n_values, const struct binned_digit *digit,
                     struct hist_pair *out) {
  memset(out, 0, digit->radix * sizeof *out);
  for (uint32_t cell = 0; cell < n_values;) {
    for (uint32_t value = 0; value < digit->radix; value++) {
      int64_t gradient = 0;
      uint64_t hessian = 0;
      for (uint32_t i = 0; i < digit->stride; i++, cell++) {
        gradient += sums[cell].gradient;
        hessian += sums[cell].hessian;
      }
      out[value].gradient += gradient;
      out[value].hessian += hessian;
    }
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

static void spill_digit(const struct binned *binned, const struct binned_digit *digit,
                        const struct hist_pair *values, unsigned count_bits,
                        const struct hist_target *target) {
  struct hist_pair total = {0, 0};
  for (uint32_t v = 0; v < digit->radix; v++) {
    total.gradient += values[v].gradient;
    total.hessian += values[v].hessian;
  }
  for (uint32_t m = 0; m < digit->n_members; m++) {
    const struct binned_column *column = &binned->columns[binned->members[digit->first_member + m]];
    const struct hist_pair *own = values + column->first;
    struct hist_pair rest = total;
    uint32_t at = column->hist_offset;
    for (uint32_t v = 0; v + 1 < column->n_bins; v++, at++) {
      if (v == column->reference) at++;
      rest.gradient -= own[v].gradient;
      rest.hessian -= own[v].hessian;
      add_pair(target, at, own[v], count_bits);
    }
    add_pair(target, column->hist_offset + column->reference, rest, count_bits);
  }
}

static void spill_carrier(const struct binned *binned, const struct binned_carrier *carrier,
                          const struct hist_pair *sums, unsigned count_bits,
                          const struct hist_target *target) {
  struct hist_pair values[BUNDLE_MOST_VALUES];
  for (uint32_t d = carrier->first_digit; d < carrier->first_digit + carrier->n_digits; d++) {
    const struct binned_digit *digit = &binned->digits[d];
    if (carrier->n_digits > 1) marginal(sums, carrier->n_values, digit, values);
    spill_digit(binned, digit, carrier->n_digits > 1 ? values : sums, count_bits, target);
  }
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

static void spill_bundled(const struct binned *binned, const struct binned_carrier *carrier,
                          struct hist_cells cells, const struct hist_target *target) {
  if (cells.packed == NULL) {
    struct hist_pair *sums = cells.pairs + carrier->sum_offset;
    spill_carrier(binned, carrier, sums, cells.count_bits, target);
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
  spill_carrier(binned, carrier, pairs, 0, target);
}

void hist_spill_carriers(const struct workspace *ws, const struct binned_block *block, uint32_t first,
                         uint32_t end, struct hist_cells cells, const struct hist_target *target) {
  const struct binned *binned = workspace_matrix(ws);
  for (uint32_t s = first; s < end; s++) {
    const struct binned_carrier *carrier = &binned->carriers[block->carriers[s]];
    if (carrier->bundled) {
      spill_bundled(binned, carrier, cells, target);
    } else {
      struct hist_target there = hist_target_at(target, lone_column_offset(binned, carrier));
      spill_alone(ws, cells, carrier, &there);
    }
  }
}
