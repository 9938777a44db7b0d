/* kernels_scalar.c - every slot in plain C: complete, and the specification the other tiers are held to. */
#include <math.h>
#include <string.h>

#include "kernels/gradient_loops.h"
#include "kernels/kernels.h"
#include "kernels/spill_loops.h"
#include "kernels/tiers.h"

#define PAIR_QUANTIZE quantize_rows_scalar
#include "kernels/pair_loops.h"

static inline uint64_t no_vectors(struct hist_pair *cells, uint64_t n, unsigned count_bits,
                                  const struct hist_target *target, struct spill_facts facts) {
  (void)cells, (void)n, (void)count_bits, (void)target, (void)facts;
  return 0;
}

static void hist_spill(struct hist_pair *cells, uint64_t n, unsigned count_bits,
                       const struct hist_target *target) {
  spill_cells(cells, n, count_bits, target, no_vectors);
}

static void hist_subtract(int64_t *gradient, int64_t *hessian, uint32_t *count, const int64_t *child_gradient,
                          const int64_t *child_hessian, const uint32_t *child_count, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) gradient[i] -= child_gradient[i];
  for (uint64_t i = 0; i < n; i++) hessian[i] -= child_hessian[i];
  if (count != NULL)
    for (uint64_t i = 0; i < n; i++) count[i] -= child_count[i];
}

/* The state of one scan: sums of the side being accumulated, and the best candidate so far. */
struct scan_state {
  const struct scan_input *in;
  const struct scan_rules *rules;
  double total_gradient, total_hessian; /* hessian carries both EPS */
  double count_factor;
  bool plain;
  double best_gain;
  struct scan_result *out;
};

static const double EPSILON = 1.0000000036274937e-15;

static inline int64_t cell_count(const struct scan_state *s, uint32_t bin) {
  const struct scan_input *in = s->in;
  switch (in->count_kind) {
    case COUNT_FIELD: return in->count[bin];
    case COUNT_SHIFT: return in->hessian[bin] >> in->count_shift;
    default: return (int64_t)((double)in->hessian[bin] * in->hessian_unit * s->count_factor + 0.5);
  }
}

/* Rows of the side being accumulated after bin `bin`, whose hessian is in h already. */
static inline int64_t side_count(const struct scan_state *s, int64_t before, uint32_t bin, int64_t h) {
  if (s->in->count_kind != COUNT_SHARE) return before + cell_count(s, bin);
  return (int64_t)((double)h * count_share_factor(s->in->n_rows, s->in->total_hessian) + 0.5);
}

/* The same where outputs are bounded: each side's gain at the output it may have. -inf: not a candidate. */
static double bounded_gain(const struct scan_state *s, uint32_t threshold, bool default_left, double gl,
                           double hl, int64_t nl, double gr, double hr, int64_t nr) {
  const struct scan_bounds *bounds = s->in->bounds;
  struct scan_limits left = scan_limits_of(bounds, threshold, false, default_left);
  struct scan_limits right = scan_limits_of(bounds, threshold, true, !default_left);
  if (left.lower > left.upper || right.lower > right.upper) return -INFINITY;
  double wl = scan_clamp(leaf_output(gl, hl, (double)nl, s->in->parent_output, s->rules), left);
  double wr = scan_clamp(leaf_output(gr, hr, (double)nr, s->in->parent_output, s->rules), right);
  if ((bounds->sign > 0 && wr < wl) || (bounds->sign < 0 && wr > wl)) return -INFINITY;
  return leaf_gain_at(gl, hl, wl, s->rules) + leaf_gain_at(gr, hr, wr, s->rules);
}

/* Both sides' gain together. Plain rules: one division. */
static inline double candidate_gain(const struct scan_state *s, uint32_t threshold, bool default_left,
                                    double gl, double hl, int64_t nl, double gr, double hr, int64_t nr) {
  if (s->plain) {
    double l2 = s->rules->lambda_l2;
    double tl = leaf_threshold_l1(gl, s->rules->lambda_l1), tr = leaf_threshold_l1(gr, s->rules->lambda_l1);
    double dl = hl + l2, dr = hr + l2;
    return (tl * tl * dr + tr * tr * dl) / (dl * dr);
  }
  if (s->in->bounds != NULL) return bounded_gain(s, threshold, default_left, gl, hl, nl, gr, hr, nr);
  return leaf_gain(gl, hl, (double)nl, s->in->parent_output, s->rules) +
         leaf_gain(gr, hr, (double)nr, s->in->parent_output, s->rules);
}

static inline void offer(struct scan_state *s, uint32_t threshold, bool default_left, int64_t left_g,
                         int64_t left_h, int64_t left_n, double gain) {
  if (s->in->only_threshold != UINT32_MAX && threshold != s->in->only_threshold) return;
  if (!(gain > s->in->min_gain_shift)) return;
  s->out->splittable = true;
  if (!(gain > s->best_gain)) return;
  s->best_gain = gain;
  *s->out = (struct scan_result){gain, threshold, default_left, true, left_g, left_h, left_n};
}

/* Both sides' sums come from integers by the same operations, so that mirrored candidates have equal gains to
 * the bit and the order of the scan decides. */

/* Right side grows from the top bin down; what is never added (the missing bin) stays left. */
static void scan_reverse(struct scan_state *s, bool skip_default, bool skip_missing) {
  const struct scan_input *in = s->in;
  const struct scan_rules *rules = s->rules;
  int64_t g = 0, h = 0, n = 0;
  for (uint32_t b = in->n_bins - 1 - (skip_missing ? 1 : 0); b >= 1; b--) {
    if (skip_default && b == in->default_bin) continue;
    g += in->gradient[b];
    h += in->hessian[b];
    n = side_count(s, n, b, h);
    double hr = (double)h * in->hessian_unit + EPSILON;
    if (n < rules->min_data || hr < rules->min_sum_hessian) continue;
    int64_t nl = in->n_rows - n;
    double hl = (double)(in->total_hessian - h) * in->hessian_unit + EPSILON;
    if (nl < rules->min_data || hl < rules->min_sum_hessian) break;
    double gr = (double)g * in->gradient_unit, gl = (double)(in->total_gradient - g) * in->gradient_unit;
    offer(s, b - 1, true, in->total_gradient - g, in->total_hessian - h, nl,
          candidate_gain(s, b - 1, true, gl, hl, nl, gr, hr, n));
  }
}

/* Rows that the estimates of every bin but 0 leave over. */
static int64_t rest_count(const struct scan_state *s) {
  int64_t n = s->in->n_rows;
  for (uint32_t b = 1; b < s->in->n_bins; b++) n -= cell_count(s, b);
  return n;
}

/* Left side grows from bin 0 up; the missing bin stays right. */
static void scan_forward(struct scan_state *s, bool skip_default) {
  const struct scan_input *in = s->in;
  const struct scan_rules *rules = s->rules;
  int64_t g = 0, h = 0, n = 0;
  for (uint32_t b = in->skip_bin0 ? 1 : 0; b + 1 < in->n_bins; b++) {
    if (skip_default && b == in->default_bin) continue;
    g += in->gradient[b];
    h += in->hessian[b];
    bool rest = b == 0 && in->bin0_is_rest && in->count_kind != COUNT_SHARE;
    n = rest ? rest_count(s) : side_count(s, n, b, h);
    double hl = (double)h * in->hessian_unit + EPSILON;
    if (n < rules->min_data || hl < rules->min_sum_hessian) continue;
    int64_t nr = in->n_rows - n;
    double hr = (double)(in->total_hessian - h) * in->hessian_unit + EPSILON;
    if (nr < rules->min_data || hr < rules->min_sum_hessian) break;
    double gl = (double)g * in->gradient_unit, gr = (double)(in->total_gradient - g) * in->gradient_unit;
    offer(s, b, false, g, h, n, candidate_gain(s, b, false, gl, hl, n, gr, hr, nr));
  }
}

/* Algorithms 4.6: which scans run depends on the missing type; ties keep the first candidate seen. */
void scan_numeric_scalar(const struct scan_input *in, const struct scan_rules *rules,
                         struct scan_result *out) {
  *out = (struct scan_result){.gain = -INFINITY};
  struct scan_state s = {.in = in, .rules = rules, .out = out, .best_gain = -INFINITY};
  s.total_gradient = (double)in->total_gradient * in->gradient_unit;
  s.total_hessian = (double)in->total_hessian * in->hessian_unit + 2 * EPSILON;
  s.count_factor = (double)in->n_rows / s.total_hessian;
  s.plain = leaf_rules_plain(rules) && in->bounds == NULL;
  enum { MISSING_IS_NONE = 0, MISSING_IS_ZERO = 1, MISSING_IS_NAN = 2 };
  if (in->n_bins <= 2 || in->missing == MISSING_IS_NONE) {
    scan_reverse(&s, false, false);
    if (in->missing == MISSING_IS_NAN) out->default_left = false;
  } else {
    bool zero = in->missing == MISSING_IS_ZERO;
    scan_reverse(&s, zero, !zero);
    scan_forward(&s, zero);
  }
}

static inline uint32_t cell_at(const struct split_rule *rule, uint32_t row) {
  return rule->cell_bytes == 1 ? ((const uint8_t *)rule->cells)[row] : ((const uint16_t *)rule->cells)[row];
}

/* One byte per bin turns every rule into the same branch-free loop. */
static uint64_t partition_rows(const struct split_rule *rule, const uint32_t *rows, uint64_t n,
                               uint32_t *left, uint32_t *right) {
  uint64_t n_left = 0, n_right = 0;
  if (rule->cell_bytes != 1) {
    for (uint64_t i = 0; i < n; i++) {
      uint32_t row = rows[i];
      bool go = rule_goes_left(rule, cell_at(rule, row));
      left[n_left] = row;
      right[n_right] = row;
      n_left += go;
      n_right += !go;
    }
    return n_left;
  }
  uint8_t table[256];
  for (uint32_t bin = 0; bin < 256; bin++) table[bin] = rule_goes_left(rule, bin);
  const uint8_t *cells = rule->cells;
  enum { AHEAD = 64 };
  for (uint64_t i = 0; i < n; i++) {
    uint32_t row = rows[i];
    if (i + AHEAD < n) __builtin_prefetch(&cells[rows[i + AHEAD]]);
    uint8_t go = table[cells[row]];
    left[n_left] = row;
    right[n_right] = row;
    n_left += go;
    n_right += 1u - go;
  }
  return n_left;
}

uint64_t partition_numbered(partition_fn partition, const struct split_rule *rule, uint32_t first, uint64_t n,
                            uint32_t *left, uint32_t *right) {
  enum { AT_ONCE = 1 << 11 };
  uint32_t rows[AT_ONCE];
  uint64_t n_left = 0, n_now;
  for (uint64_t i = 0; i < n; i += n_now) {
    n_now = n - i < AT_ONCE ? n - i : AT_ONCE;
    for (uint32_t k = 0; k < (uint32_t)n_now; k++) rows[k] = first + (uint32_t)i + k;
    n_left += partition(rule, rows, n_now, left + n_left, right + (i - n_left));
  }
  return n_left;
}

static uint64_t partition(const struct split_rule *rule, const uint32_t *rows, uint32_t first, uint64_t n,
                          uint32_t *left, uint32_t *right) {
  return rows != NULL ? partition_rows(rule, rows, n, left, right)
                      : partition_numbered(partition_rows, rule, first, n, left, right);
}

static float max_abs(const float *values, uint64_t n) {
  /* Without their sign floats are ordered as their bits. */
  int32_t best = 0;
  for (uint64_t i = 0; i < n; i++) {
    int32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    bits &= INT32_MAX;
    best = bits > best ? bits : best;
  }
  float magnitude;
  memcpy(&magnitude, &best, sizeof magnitude);
  return magnitude;
}

static inline struct hist_pair quantize_one(float gradient, float hessian, double gradient_scale,
                                            double hessian_scale, unsigned count_bits) {
  uint64_t rounded = (uint64_t)llrint((double)hessian * hessian_scale);
  rounded += (uint64_t)((rounded == 0) & (hessian > 0));
  return (struct hist_pair){llrint((double)gradient * gradient_scale),
                            rounded << count_bits | (count_bits > 0 ? 1 : 0)};
}

void quantize_scalar(const float *gradient, const float *hessian, uint64_t n, double gradient_scale,
                     double hessian_scale, unsigned count_bits, struct hist_pair *pairs) {
  for (uint64_t i = 0; i < n; i++)
    pairs[i] = quantize_one(gradient[i], hessian[i], gradient_scale, hessian_scale, count_bits);
}

void quantize_rows_scalar(const struct hist_source *source, const struct row_gradient *all,
                          const uint32_t *rows, size_t n, struct hist_pair *pairs) {
  for (size_t i = 0; i < n; i++) {
    const struct row_gradient row = all[rows != NULL ? rows[i] : i];
    pairs[i] = quantize_one(row.gradient, row.hessian, source->gradient_scale, source->hessian_scale,
                            source->count_bits);
  }
}

static void hist_update_joint(const struct hist_block *block, uint64_t begin, uint64_t end,
                              const struct hist_source *sources, int n_sources, struct hist_pair *cells) {
  for (uint64_t row = begin; row < end; row++) {
    struct hist_pair pairs[HIST_MOST_SOURCES];
    for (int s = 0; s < n_sources; s++)
      quantize_rows_scalar(&sources[s], sources[s].rows + row, NULL, 1, &pairs[s]);
    const uint8_t *bins = block->rows + row * block->row_bytes;
    for (uint32_t c = 0; c < block->n_columns; c++) {
      uint16_t bin = bins[c * block->cell_bytes];
      if (block->cell_bytes == 2) memcpy(&bin, bins + 2 * (size_t)c, sizeof bin);
      struct hist_pair *cell = &cells[(size_t)n_sources * (block->offsets[c] + bin)];
      for (int s = 0; s < n_sources; s++) {
        cell[s].gradient += pairs[s].gradient;
        cell[s].hessian += pairs[s].hessian;
      }
    }
  }
}

void kernels_overlay_scalar(struct kernels *slots) {
  *slots = (struct kernels){.hist_update = hist_update,
                            .hist_update_joint = hist_update_joint,
                            .hist_spill = hist_spill,
                            .hist_subtract = hist_subtract,
                            .scan_numeric = scan_numeric_scalar,
                            .partition = partition,
                            .max_abs = max_abs,
                            .quantize = quantize_scalar};
  kernels_bins_scalar(slots);
  gradient_slots(slots);
  kernels_packed_scalar(slots);
  kernels_reach_scalar(slots);
  kernels_bits_scalar(slots);
}
