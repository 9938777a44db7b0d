/* bins_numeric.c - cut points of a numeric feature, those of LightGBM 4.6 (Ke et al., NIPS 2017) bit for bit.
 *
 * Zeros never enter the sort: they are counted. The others are sorted and merged into distinct values, the
 * negative ones first; zero gets a bin of its own between the two sides, and each side is cut by greedy_cuts
 * within its share of the bins. Section numbers in comments are those of the algorithms' description. */
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "data/bins_internal.h"
#include "data/radix_sort.h"

/* The distinct values but zero: negative ones first, each with its number of rows. */
struct distinct {
  double *values;
  uint64_t *counts;
  size_t n_negative, n_positive;
  uint64_t negative_rows, positive_rows, zero_rows;
};

/* The upper bounds found so far. */
struct cuts {
  double *upper;
  size_t n;
};

/* The next double above x; +inf stays. */
static double next_up(double x) {
  if (x == 0.0) return 0x1p-1074;
  if (x == HUGE_VAL) return x;
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = x > 0 ? bits + 1 : bits - 1;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static bool nearly_equal(double below, double above) { return above <= next_up(below); }

static void cuts_add_midpoint(struct cuts *cuts, size_t first, double below, double above) {
  double cut = next_up((below + above) / 2.0);
  if (cuts->n == first || !nearly_equal(cuts->upper[cuts->n - 1], cut)) cuts->upper[cuts->n++] = cut;
}

/* 1.6 A: a bin for each value, neighbours joined until a bin holds min_data rows. */
static void cut_every_value(const double *values, const uint64_t *counts, size_t n, uint64_t min_data,
                            struct cuts *cuts) {
  size_t first = cuts->n;
  uint64_t rows = 0;
  for (size_t i = 0; i + 1 < n; i++) {
    rows += counts[i];
    if (rows < min_data) continue;
    size_t before = cuts->n;
    cuts_add_midpoint(cuts, first, values[i], values[i + 1]);
    if (cuts->n != before) rows = 0;
  }
}

/* 1.6 B: more values than bins. A value with at least the mean number of rows of a bin gets its own; the
 * others are dealt out so that each remaining bin comes near the mean of what remains. */
static void cut_by_mean(const double *values, const uint64_t *counts, size_t n, int64_t max_bins,
                        uint64_t total, struct cuts *cuts) {
  size_t first = cuts->n;
  const double big = (double)total / (double)max_bins;
  int64_t rest_bins = max_bins, rest_rows = (int64_t)total;
  for (size_t i = 0; i < n; i++) {
    if ((double)counts[i] < big) continue;
    rest_bins--;
    rest_rows -= (int64_t)counts[i];
  }
  double mean = (double)rest_rows / (double)rest_bins;
  uint64_t rows = 0;
  int64_t closed = 0;
  for (size_t i = 0; i + 1 < n && closed < max_bins - 1; i++) {
    bool is_big = (double)counts[i] >= big, next_is_big = (double)counts[i + 1] >= big;
    if (!is_big) rest_rows -= (int64_t)counts[i];
    rows += counts[i];
    if (!is_big && !((double)rows >= mean) && !(next_is_big && (double)rows >= fmax(1.0, mean * 0.5)))
      continue;
    cuts_add_midpoint(cuts, first, values[i], values[i + 1]);
    closed++;
    rows = 0;
    if (!is_big) mean = (double)rest_rows / (double)--rest_bins;
  }
}

/* 1.6: appends at most max_bins bounds for n >= 1 ascending values, the last one +inf. */
static void greedy_cuts(const double *values, const uint64_t *counts, size_t n, int64_t max_bins,
                        uint64_t total, int min_data_in_bin, struct cuts *cuts) {
  if (n <= (size_t)max_bins) {
    cut_every_value(values, counts, n, min_data_in_bin > 0 ? (uint64_t)min_data_in_bin : 0, cuts);
  } else {
    if (min_data_in_bin > 0) {
      int64_t filled = (int64_t)(total / (uint64_t)min_data_in_bin);
      if (filled < max_bins) max_bins = filled;
      if (max_bins < 1) max_bins = 1;
    }
    cut_by_mean(values, counts, n, max_bins, total, cuts);
  }
  cuts->upper[cuts->n++] = HUGE_VAL;
}

/* 1.5: zero is its own bin; the negative side gets bins by its share of the rows that are not zero. total:
 * sampled rows but those in the NaN bin. */
static void cut_around_zero(const struct distinct *d, int64_t max_bins, uint64_t total, int min_data_in_bin,
                            struct cuts *cuts) {
  if (d->n_negative > 0 && max_bins > 1) {
    double share = (double)d->negative_rows / (double)(total - d->zero_rows);
    int64_t bins = (int64_t)(share * (double)(max_bins - 1));
    if (bins < 1) bins = 1;
    greedy_cuts(d->values, d->counts, d->n_negative, bins, d->negative_rows, min_data_in_bin, cuts);
    cuts->upper[cuts->n - 1] = -BINS_ZERO;
  }
  int64_t bins = max_bins - 1 - (int64_t)cuts->n;
  if (d->n_positive > 0 && bins > 0) {
    cuts->upper[cuts->n++] = BINS_ZERO;
    greedy_cuts(d->values + d->n_negative, d->counts + d->n_negative, d->n_positive, bins, d->positive_rows,
                min_data_in_bin, cuts);
  } else {
    cuts->upper[cuts->n++] = HUGE_VAL;
  }
}

/* ---- 1.8: cut points of the caller's own ---- */

struct forced_request {
  const struct forced_bins *forced;
  int64_t max_bins;
  uint64_t total; /* sampled rows, without those of the NaN bin */
  int min_data_in_bin;
};

static void sort_cuts(struct cuts *cuts) {
  for (size_t i = 1; i < cuts->n; i++) { /* runs of ascending bounds: few moves */
    double bound = cuts->upper[i];
    size_t at = i;
    for (; at > 0 && cuts->upper[at - 1] > bound; at--) cuts->upper[at] = cuts->upper[at - 1];
    cuts->upper[at] = bound;
  }
}

/* The bounds of zero, infinity, then the forced ones in their order while there is room. */
static void begin_forced(const struct distinct *d, const struct forced_request *request, struct cuts *cuts) {
  if (request->max_bins == 2) {
    cuts->upper[cuts->n++] = d->n_negative == 0 ? BINS_ZERO : -BINS_ZERO;
  } else if (request->max_bins > 2) {
    if (d->n_negative > 0) cuts->upper[cuts->n++] = -BINS_ZERO;
    if (d->n_positive > 0) cuts->upper[cuts->n++] = BINS_ZERO;
  }
  cuts->upper[cuts->n++] = HUGE_VAL;
  for (size_t i = 0; i < request->forced->n && cuts->n < (size_t)request->max_bins; i++) {
    double bound = request->forced->bounds[i];
    bool again = i > 0 && bound == request->forced->bounds[i - 1];
    if (fabs(bound) > BINS_ZERO && !again) cuts->upper[cuts->n++] = bound;
  }
  sort_cuts(cuts);
}

/* Distinct values with zero in its place, as 1.4 has it. */
static size_t with_zero(const struct distinct *d, double *values, uint64_t *counts) {
  bool both = d->n_negative > 0 && d->n_positive > 0, none = d->n_negative == 0 && d->n_positive == 0;
  size_t zero = both || none || d->zero_rows > 0 ? 1 : 0, n = d->n_negative;
  memcpy(values, d->values, n * sizeof *values);
  memcpy(counts, d->counts, n * sizeof *counts);
  if (zero > 0) {
    values[n] = 0;
    counts[n] = d->zero_rows;
  }
  memcpy(values + n + zero, d->values + n, d->n_positive * sizeof *values);
  memcpy(counts + n + zero, d->counts + n, d->n_positive * sizeof *counts);
  return n + zero + d->n_positive;
}

static copse_status cut_around_forced(copse_context *ctx, const struct distinct *d,
                                      const struct forced_request *request, struct cuts *cuts,
                                      copse_error *err) {
  size_t room = d->n_negative + d->n_positive + 1, at = 0;
  double *values = copse_alloc(ctx, room, sizeof *values);
  uint64_t *counts = copse_alloc(ctx, room, sizeof *counts);
  if (values == NULL || counts == NULL) {
    copse_free(values);
    copse_free(counts);
    return status_memory(err, "forced bins");
  }
  size_t n = with_zero(d, values, counts);
  begin_forced(d, request, cuts);
  size_t n_base = cuts->n;
  int64_t free_bins = request->max_bins - (int64_t)n_base;
  for (size_t b = 0; b < n_base; b++) {
    size_t first = at;
    uint64_t rows = 0;
    for (; at < n && values[at] < cuts->upper[b]; at++) rows += counts[at];
    int64_t remaining = request->max_bins - (int64_t)cuts->n;
    int64_t bins = (int64_t)floor((double)rows * (double)free_bins / (double)request->total + 0.5);
    if (bins > remaining || b + 1 == n_base) bins = remaining;
    greedy_cuts(values + first, counts + first, at - first, bins + 1, rows, request->min_data_in_bin, cuts);
    cuts->n--; /* its own +inf */
  }
  sort_cuts(cuts);
  copse_free(values);
  copse_free(counts);
  return COPSE_OK;
}

/* ---- the values ---- */

/* Moves the values that are neither zero nor NaN to the front; returns how many. */
static uint64_t keep_nonzero(double *values, uint64_t n, uint64_t *n_nan) {
  uint64_t kept = 0, nan_rows = 0;
  for (uint64_t i = 0; i < n; i++) {
    double value = values[i];
    nan_rows += isnan(value) ? 1 : 0;
    values[kept] = value;
    kept += fabs(value) > BINS_ZERO ? 1 : 0;
  }
  *n_nan = nan_rows;
  return kept;
}

/* 1.4: sorted values[0..n) become distinct values in place; a group of near neighbours is represented by its
 * largest. counts may be the memory that served the sort. */
static size_t merge_neighbours(double *values, uint64_t n, uint64_t *counts) {
  if (n == 0) return 0;
  size_t last = 0;
  double before = values[0];
  for (uint64_t i = 0; i < n; i++) {
    double value = values[i];
    last += nearly_equal(before, value) ? 0 : 1;
    values[last] = before = value;
    counts[last] = i + 1; /* where the group ends */
  }
  for (size_t i = last; i > 0; i--) counts[i] -= counts[i - 1];
  return last + 1;
}

static void find_distinct(double *values, uint64_t n, void *scratch, struct distinct *out) {
  radix_sort_doubles(values, scratch, n);
  uint64_t low = 0, high = n; /* the first positive value */
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (values[middle] < 0)
      low = middle + 1;
    else
      high = middle;
  }
  out->values = values;
  out->counts = scratch;
  out->negative_rows = low;
  out->positive_rows = n - low;
  out->n_negative = merge_neighbours(values, low, out->counts);
  out->n_positive = merge_neighbours(values + low, n - low, out->counts + low);
  /* close the gap that merging left between the two sides */
  for (size_t i = 0; i < out->n_positive; i++) {
    values[out->n_negative + i] = values[low + i];
    out->counts[out->n_negative + i] = out->counts[low + i];
  }
}

static void set_range(const struct distinct *d, struct feature_bins *out) {
  size_t n = d->n_negative + d->n_positive;
  bool zero = d->zero_rows > 0 || n == 0;
  out->min_value = n > 0 ? d->values[0] : 0.0;
  if (zero && out->min_value > 0) out->min_value = 0.0;
  out->max_value = n > 0 ? d->values[n - 1] : 0.0;
  if (zero && out->max_value < 0) out->max_value = 0.0;
}

/* Rows of every bin. counts [n_bins] */
static void count_bins(const struct distinct *d, uint64_t nan_rows, const struct feature_bins *bins,
                       uint64_t *counts) {
  for (uint32_t b = 0; b < bins->n_bins; b++) counts[b] = 0;
  uint32_t b = 0, last = bins->n_bins - 1 - (bins->missing == MISSING_NAN ? 1 : 0);
  size_t n = d->n_negative + d->n_positive;
  for (size_t i = 0; i <= n; i++) {
    bool at_zero = i == d->n_negative;
    double value = at_zero ? 0.0 : d->values[i - (i > d->n_negative ? 1 : 0)];
    while (b < last && value > bins->upper[b]) b++;
    counts[b] += at_zero ? d->zero_rows : d->counts[i - (i > d->n_negative ? 1 : 0)];
  }
  if (bins->missing == MISSING_NAN) counts[bins->n_bins - 1] = nan_rows;
}

copse_status bins_find_numeric(copse_context *ctx, double *values, uint64_t n_values, uint64_t n_zeros,
                               uint64_t n_rows, int feature_max_bin, const struct bin_params *params,
                               struct feature_bins *out, copse_error *err) {
  return bins_find_forced(ctx, values, n_values, n_zeros, n_rows, feature_max_bin, params, NULL, out, err);
}

copse_status bins_find_forced(copse_context *ctx, double *values, uint64_t n_values, uint64_t n_zeros,
                              uint64_t n_rows, int feature_max_bin, const struct bin_params *params,
                              const struct forced_bins *forced, struct feature_bins *out, copse_error *err) {
  copse_status status = COPSE_OK;
  uint64_t *bin_rows = NULL;
  uint64_t nan_rows;
  *out = (struct feature_bins){0};
  struct bins_sample sample = {n_values + n_zeros, n_rows};
  uint64_t n = keep_nonzero(values, n_values, &nan_rows);

  if (!params->use_missing)
    out->missing = MISSING_NONE;
  else if (params->zero_as_missing)
    out->missing = MISSING_ZERO;
  else
    out->missing = nan_rows > 0 ? MISSING_NAN : MISSING_NONE;
  if (out->missing != MISSING_NAN) nan_rows = 0; /* they count as zeros */
  uint64_t total = sample.n_sample - nan_rows;
  int64_t max_bins = feature_max_bin - (out->missing == MISSING_NAN ? 1 : 0);

  void *scratch = copse_alloc(ctx, n, sizeof(double));
  /* never more bounds than bins allowed or than values, beside those of zero, +inf and NaN */
  uint64_t wanted = n + (forced != NULL ? forced->n : 0);
  size_t room = (wanted < (uint64_t)feature_max_bin ? (size_t)wanted : (size_t)feature_max_bin) + 4;
  out->upper = copse_alloc(ctx, room, sizeof *out->upper);
  bin_rows = copse_alloc(ctx, room, sizeof *bin_rows);
  if (scratch == NULL || out->upper == NULL || bin_rows == NULL) {
    status = status_memory(err, "cut points");
    goto done;
  }
  struct distinct distinct = {.zero_rows = total - n};
  find_distinct(values, n, scratch, &distinct);
  set_range(&distinct, out);
  struct cuts cuts = {out->upper, 0};
  if (forced == NULL) {
    cut_around_zero(&distinct, max_bins, total, params->min_data_in_bin, &cuts);
  } else {
    struct forced_request request = {forced, max_bins, total, params->min_data_in_bin};
    status = cut_around_forced(ctx, &distinct, &request, &cuts, err);
    if (status != COPSE_OK) goto done;
  }
  if (out->missing == MISSING_ZERO && cuts.n == 2) out->missing = MISSING_NONE;
  if (out->missing == MISSING_NAN) cuts.upper[cuts.n++] = NAN;
  out->n_bins = (uint32_t)cuts.n;
  count_bins(&distinct, nan_rows, out, bin_rows);
  bins_settle(out, bin_rows, &sample, params);

done:
  copse_free(scratch);
  copse_free(bin_rows);
  if (status != COPSE_OK) bins_release(out);
  return status;
}
