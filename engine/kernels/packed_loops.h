/* packed_loops.h - the slots of packed histograms, written once and compiled for every tier.
 *
 * Quantised training (Shi et al., NeurIPS 2022) rounds gradients to few levels, so that a row's gradient and
 * hessian fit 32 bits, gradient 2^16 + hessian, and a cell's sums one 64-bit integer, gradient 2^32 +
 * hessian: a cell is one addition. The hessian is never negative: the low half is its sum as it stands, and
 * no carry reaches the high half while sums stay below 2^32 (hist_packed_rows).
 * So cells of a leaf's other rows are one subtraction too. */
#ifndef COPSE_KERNELS_PACKED_LOOPS_H
#define COPSE_KERNELS_PACKED_LOOPS_H

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

static inline const int64_t *packed_values(const int32_t *source, const uint32_t *rows, uint64_t at, size_t n,
                                           int64_t *room) {
  if (rows == NULL)
    for (size_t i = 0; i < n; i++) room[i] = packed_cell_of(source[at + i]);
  else
    for (size_t i = 0; i < n; i++) room[i] = packed_cell_of(source[rows[at + i]]);
  return room;
}

static inline const void *packed_value_at(const int32_t *source, uint64_t row) { return source + row; }

#define HIST_CELL int64_t
#define HIST_SOURCE int32_t
#define HIST_NAME(name) packed_##name
#define HIST_COLUMNS 32
#include "kernels/hist_tile.h"

static void hist_update_packed(const struct hist_block *block, const uint32_t *rows, uint64_t begin,
                               uint64_t end, const int32_t *packed, int64_t *cells) {
  if (block->cell_bytes == 1)
    packed_add(block, rows, begin, end, packed, cells);
  else
    packed_add_wide(block, rows, begin, end, packed, cells);
}

static inline __attribute__((always_inline)) void spill_packed(int64_t *restrict cells, uint64_t n,
                                                               struct hist_planes planes,
                                                               struct hist_planes parent, bool first,
                                                               bool subtract) {
  int64_t *restrict gradient = planes.gradient, *restrict hessian = planes.hessian;
  int64_t *restrict parent_gradient = parent.gradient, *restrict parent_hessian = parent.hessian;
  for (uint64_t i = 0; i < n; i++) {
    int64_t h = cells[i] & UINT32_MAX, g = (cells[i] - h) / ((int64_t)1 << 32); /* exact: a shift */
    cells[i] = 0;
    hessian[i] = first ? h : hessian[i] + h;
    gradient[i] = first ? g : gradient[i] + g;
    if (!subtract) continue;
    parent_hessian[i] -= h;
    parent_gradient[i] -= g;
  }
}

static inline void spill_packed_off(int64_t *restrict cells, uint64_t n, struct hist_planes parent) {
  int64_t *restrict gradient = parent.gradient, *restrict hessian = parent.hessian;
  for (uint64_t i = 0; i < n; i++) {
    int64_t h = cells[i] & UINT32_MAX;
    hessian[i] -= h;
    gradient[i] -= (cells[i] - h) / ((int64_t)1 << 32);
    cells[i] = 0;
  }
}

/* Cells to cells. */
static inline __attribute__((always_inline)) void keep_packed(int64_t *restrict cells, uint64_t n,
                                                              int64_t *restrict kept,
                                                              int64_t *restrict parent, bool keeps,
                                                              bool first, bool subtract) {
  for (uint64_t i = 0; i < n; i++) {
    const int64_t sums = cells[i];
    cells[i] = 0;
    if (keeps) kept[i] = first ? sums : kept[i] + sums;
    if (subtract) parent[i] = hist_less(parent[i], sums);
  }
}

static inline void spill_as_cells(int64_t *cells, uint64_t n, int64_t *kept, int64_t *parent, bool first) {
  if (kept == NULL)
    keep_packed(cells, n, NULL, parent, false, false, true);
  else if (parent != NULL && first)
    keep_packed(cells, n, kept, parent, true, true, true);
  else if (parent != NULL)
    keep_packed(cells, n, kept, parent, true, false, true);
  else
    keep_packed(cells, n, kept, NULL, true, first, false);
}

static void hist_spill_packed(int64_t *cells, uint64_t n, const struct hist_target *target) {
  const struct hist_planes planes = target->planes, parent = target->parent;
  if ((planes.gradient != NULL ? planes : parent).hessian == NULL) {
    spill_as_cells(cells, n, planes.gradient, parent.gradient, target->first);
  } else if (planes.gradient == NULL) {
    spill_packed_off(cells, n, parent);
  } else if (parent.gradient != NULL) {
    if (target->first)
      spill_packed(cells, n, planes, parent, true, true);
    else
      spill_packed(cells, n, planes, parent, false, true);
  } else if (target->first) {
    spill_packed(cells, n, planes, parent, true, false);
  } else {
    spill_packed(cells, n, planes, parent, false, false);
  }
}

static void hist_unpack(const int64_t *restrict cells, uint64_t n, int64_t *restrict gradient,
                        int64_t *restrict hessian) {
  for (uint64_t i = 0; i < n; i++) {
    const int64_t h = cells[i] & UINT32_MAX;
    hessian[i] = h;
    gradient[i] = (cells[i] - h) / ((int64_t)1 << 32);
  }
}

/* 32 uniform bits of a row: the finaliser of MurmurHash3 (Appleby 2011) over the row's number and a key. */
static inline uint32_t pack_bits(uint32_t row, uint32_t key) {
  uint32_t x = row ^ key;
  x = (x ^ (x >> 16)) * 0x85ebca6bu;
  x = (x ^ (x >> 13)) * 0xc2b2ae35u;
  return x ^ (x >> 16);
}

/* No jump depends on a row, so that a tier's compiler makes vectors of it. */
static inline __attribute__((always_inline)) void pack_rows(
    const struct pack_rule *rule, const float *restrict gradient, const float *restrict hessian, uint64_t n,
    const uint32_t *restrict numbers, int32_t *restrict packed, bool stochastic, bool constant_hessian) {
  const double g_step = rule->gradient_step, h_step = rule->hessian_step;
  const double g_most = rule->gradient_levels, h_most = rule->hessian_levels;
  const uint32_t g_key = rule->gradient_key, h_key = rule->hessian_key, first = rule->first_row;
  for (uint64_t i = 0; i < n; i++) {
    uint32_t row = numbers != NULL ? numbers[i] : first + (uint32_t)i;
    double g_shift = stochastic ? (double)(int32_t)(pack_bits(row, g_key) >> 1) * 0x1p-31 : 0.5;
    double h_shift = stochastic ? (double)(int32_t)(pack_bits(row, h_key) >> 1) * 0x1p-31 : 0.5;
    double magnitude = fabs((double)gradient[i] / g_step) + g_shift;
    magnitude = magnitude < g_most ? magnitude : g_most;
    double level = constant_hessian ? 1.0 : (double)hessian[i] / h_step + h_shift;
    level = level < h_most ? level : h_most;
    int32_t bits;
    memcpy(&bits, &gradient[i], sizeof bits);
    int32_t sign = bits >> 31, whole = ((int32_t)magnitude ^ sign) - sign; /* -0.0 has no magnitude */
    packed[i] = packed_row_of(whole, (int32_t)level);
  }
}

static inline __attribute__((always_inline)) void pack_numbered(const struct pack_rule *rule,
                                                                const float *gradient, const float *hessian,
                                                                uint64_t n, const uint32_t *numbers,
                                                                int32_t *packed) {
  if (rule->stochastic && rule->constant_hessian)
    pack_rows(rule, gradient, hessian, n, numbers, packed, true, true);
  else if (rule->stochastic)
    pack_rows(rule, gradient, hessian, n, numbers, packed, true, false);
  else
    pack_rows(rule, gradient, hessian, n, numbers, packed, false, rule->constant_hessian);
}

static void pack(const struct pack_rule *rule, const float *gradient, const float *hessian, uint64_t n,
                 int32_t *packed) {
  if (rule->row_numbers != NULL)
    pack_numbered(rule, gradient, hessian, n, rule->row_numbers, packed);
  else
    pack_numbered(rule, gradient, hessian, n, NULL, packed);
}

static void packed_slots(struct kernels *slots) {
  slots->pack = pack;
  slots->hist_update_packed = hist_update_packed;
  slots->hist_spill_packed = hist_spill_packed;
  slots->hist_unpack = hist_unpack;
}

#endif
