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

static inline void add_pair(struct hist_planes planes, uint32_t at, struct hist_pair pair,
                            unsigned count_bits) {
  planes.gradient[at] += pair.gradient;
  planes.hessian[at] += (int64_t)(pair.hessian >> count_bits);
  if (count_bits > 0) planes.count[at] += (uint32_t)(pair.hessian & (((uint64_t)1 << count_bits) - 1));
}

static void spill_digit(const struct binned *binned, const struct binned_digit *digit,
                        const struct hist_pair *values, unsigned count_bits, struct hist_planes planes) {
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
      add_pair(planes, at, own[v], count_bits);
    }
    add_pair(planes, column->hist_offset + column->reference, rest, count_bits);
  }
}

static void spill_carrier(const struct binned *binned, const struct binned_carrier *carrier,
                          const struct hist_pair *sums, unsigned count_bits, struct hist_planes planes) {
  struct hist_pair values[BUNDLE_MOST_VALUES];
  for (uint32_t d = carrier->first_digit; d < carrier->first_digit + carrier->n_digits; d++) {
    const struct binned_digit *digit = &binned->digits[d];
    if (carrier->n_digits > 1) marginal(sums, carrier->n_values, digit, values);
    spill_digit(binned, digit, carrier->n_digits > 1 ? values : sums, count_bits, planes);
  }
}

static uint32_t lone_column_offset(const struct binned *binned, const struct binned_carrier *carrier) {
  return binned->columns[binned->members[binned->digits[carrier->first_digit].first_member]].hist_offset;
}

void hist_spill_packed_block(const struct workspace *ws, const struct binned_block *block, int64_t *sums,
                             struct hist_planes planes) {
  const struct binned *binned = workspace_matrix(ws);
  if (!block->bundled) {
    ws->kernels->hist_spill_packed(sums, block->n_sums, planes.gradient, planes.hessian);
    return;
  }
  for (uint32_t s = 0; s < block->n_columns; s++) {
    const struct binned_carrier *carrier = &binned->carriers[block->carriers[s]];
    int64_t *cells = sums + carrier->sum_offset;
    if (carrier->bundled) {
      struct hist_pair pairs[BUNDLE_MOST_VALUES];
      for (uint32_t v = 0; v < carrier->n_values; v++) {
        int64_t hessian = cells[v] & UINT32_MAX;
        pairs[v] = (struct hist_pair){(cells[v] - hessian) / ((int64_t)1 << 32), (uint64_t)hessian};
        cells[v] = 0;
      }
      spill_carrier(binned, carrier, pairs, 0, planes);
    } else {
      uint32_t at = lone_column_offset(binned, carrier);
      ws->kernels->hist_spill_packed(cells, carrier->n_values, planes.gradient + at, planes.hessian + at);
    }
  }
}

void hist_spill_block(const struct workspace *ws, const struct binned_block *block, struct hist_pair *sums,
                      unsigned count_bits, struct hist_planes planes) {
  const struct binned *binned = workspace_matrix(ws);
  if (!block->bundled) {
    ws->kernels->hist_spill(sums, block->n_sums, count_bits, planes.gradient, planes.hessian, planes.count);
    return;
  }
  for (uint32_t s = 0; s < block->n_columns; s++) {
    const struct binned_carrier *carrier = &binned->carriers[block->carriers[s]];
    struct hist_pair *cells = sums + carrier->sum_offset;
    if (carrier->bundled) {
      spill_carrier(binned, carrier, cells, count_bits, planes);
      memset(cells, 0, carrier->n_values * sizeof *cells);
    } else {
      uint32_t at = lone_column_offset(binned, carrier);
      ws->kernels->hist_spill(cells, carrier->n_values, count_bits, planes.gradient + at, planes.hessian + at,
                              planes.count != NULL ? planes.count + at : NULL);
    }
  }
}
