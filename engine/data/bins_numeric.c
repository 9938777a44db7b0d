/* bins_numeric.c - cut points of a numeric feature, those of LightGBM 4.6 (Ke et al., NIPS 2017) bit for bit.
 *
 * Zeros are only counted. The other values in order are merged into distinct values, the negative ones first;
 * zero gets a bin of its own between the two sides, and each side is cut by greedy_cuts within its share of
 * the bins. Of many different values only those around the ends of bins need an order (bins_select.c): then
 * some entries stand for several values, and a walk that would have to look into one gives up, so that its
 * values are sorted and the walk begins again. What it does is the same with and without such entries.
 * Section numbers in comments are those of the algorithms' description. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "data/bins_code.h"
#include "data/bins_distinct.h"
#include "data/bins_internal.h"
#include "data/bins_select.h"

/* The upper bounds found so far. */
struct cuts {
  double *upper;
  size_t n;
};

/* LightGBM's sums of values near the ends of the range are infinite, and so are such bins' ends. */
static double midpoint(double below, double above) {
  double sum = below + above;
  if (!isinf(sum)) return next_up(sum / 2);
  if (above == HUGE_VAL) return DBL_MAX;
  return isinf(below) ? -DBL_MAX : next_up(below / 2 + above / 2);
}

static void cuts_add_midpoint(struct cuts *cuts, size_t first, double below, double above) {
  double cut = midpoint(below, above);
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

static bool sorted_at(const struct value_side *side, size_t i) {
  return side->unsorted == NULL || side->unsorted[i] == 0;
}

/* 1.6 B: more values than bins. A value with at least the mean number of rows of a bin gets its own; the
 * others are dealt out so that each remaining bin comes near the mean of what remains. False at an unsorted
 * entry that would have to be looked into. */
static bool cut_by_mean(const struct value_side *side, int64_t max_bins, struct cuts *cuts) {
  const uint64_t *counts = side->counts;
  size_t first = cuts->n;
  const double big = (double)side->rows / (double)max_bins;
  int64_t rest_bins = max_bins, rest_rows = (int64_t)side->rows;
  for (size_t i = 0; i < side->n; i++) {
    if ((double)counts[i] < big) continue;
    if (!sorted_at(side, i)) return false;
    rest_bins--;
    rest_rows -= (int64_t)counts[i];
  }
  double mean = (double)rest_rows / (double)rest_bins;
  uint64_t rows = 0;
  int64_t closed = 0;
  for (size_t i = 0; i + 1 < side->n && closed < max_bins - 1; i++) {
    bool is_big = (double)counts[i] >= big, next_is_big = (double)counts[i + 1] >= big;
    if (!is_big) rest_rows -= (int64_t)counts[i];
    rows += counts[i];
    if (!is_big && !((double)rows >= mean) && !(next_is_big && (double)rows >= fmax(1.0, mean * 0.5)))
      continue;
    if (!sorted_at(side, i) || !sorted_at(side, i + 1)) return false;
    cuts_add_midpoint(cuts, first, side->values[i], side->values[i + 1]);
    closed++;
    rows = 0;
    if (!is_big) mean = (double)rest_rows / (double)--rest_bins;
  }
  /* the last entry could hold an end too, were it several values */
  return closed >= max_bins - 1 || sorted_at(side, side->n - 1);
}

static int64_t bins_with_rows(int64_t max_bins, uint64_t rows, int min_data_in_bin) {
  if (min_data_in_bin <= 0) return max_bins;
  int64_t filled = (int64_t)(rows / (uint64_t)min_data_in_bin);
  if (filled < max_bins) max_bins = filled;
  return max_bins < 1 ? 1 : max_bins;
}

static bool all_sorted(const struct value_side *side) {
  for (size_t i = 0; i < side->n; i++)
    if (!sorted_at(side, i)) return false;
  return true;
}

/* 1.6: appends at most max_bins bounds for n >= 1 ascending values, the last one +inf. */
static bool greedy_cuts(const struct value_side *side, int64_t max_bins, int min_data_in_bin,
                        struct cuts *cuts) {
  if (side->n <= (size_t)max_bins) {
    if (!all_sorted(side)) return false;
    cut_every_value(side->values, side->counts, side->n, min_data_in_bin > 0 ? (uint64_t)min_data_in_bin : 0,
                    cuts);
  } else if (!cut_by_mean(side, bins_with_rows(max_bins, side->rows, min_data_in_bin), cuts)) {
    return false;
  }
  cuts->upper[cuts->n++] = HUGE_VAL;
  return true;
}

/* Bins of the negative side: its share of the rows that are not zero. total: sampled rows but those in the
 * NaN bin. */
static int64_t negative_bins(const struct distinct *d, int64_t max_bins, uint64_t total) {
  double share = (double)d->negative_rows / (double)(total - d->zero_rows);
  int64_t bins = (int64_t)(share * (double)(max_bins - 1));
  return bins < 1 ? 1 : bins;
}

/* 1.5: zero is its own bin. False as greedy_cuts. */
static bool cut_around_zero(const struct distinct *d, int64_t max_bins, uint64_t total, int min_data_in_bin,
                            struct cuts *cuts) {
  if (d->n_negative > 0 && max_bins > 1) {
    struct value_side side = negative_side(d);
    if (!greedy_cuts(&side, negative_bins(d, max_bins, total), min_data_in_bin, cuts)) return false;
    cuts->upper[cuts->n - 1] = -BINS_ZERO;
  }
  int64_t bins = max_bins - 1 - (int64_t)cuts->n;
  if (d->n_positive > 0 && bins > 0) {
    struct value_side side = positive_side(d);
    cuts->upper[cuts->n++] = BINS_ZERO;
    return greedy_cuts(&side, bins, min_data_in_bin, cuts);
  }
  cuts->upper[cuts->n++] = HUGE_VAL;
  return true;
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
    /* where every row is NaN nothing is shared out */
    double share = rows > 0 ? (double)rows * (double)free_bins / (double)request->total : 0;
    int64_t bins = (int64_t)floor(share + 0.5);
    if (bins > remaining || b + 1 == n_base) bins = remaining;
    struct value_side side = {values + first, counts + first, NULL, at - first, rows};
    (void)greedy_cuts(&side, bins + 1, request->min_data_in_bin, cuts); /* every value is sorted */
    cuts->n--;                                                          /* its own +inf */
  }
  sort_cuts(cuts);
  copse_free(values);
  copse_free(counts);
  return COPSE_OK;
}

/* ---- the values ---- */

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

/* ---- the search ---- */

enum { LEAST_TO_SELECT = 4096, MOST_ATTEMPTS = 6 };

struct search {
  const struct bins_request *request;
  struct bins_room *room;
  int64_t max_bins;
  uint64_t total;     /* sampled rows without those of the NaN bin */
  uint64_t n_numbers; /* neither zero nor NaN */
  uint64_t nan_rows;  /* of the NaN bin */
};

/* Foresees where bins end on both sides. */
static void plan_cuts(const struct search *search, struct selection *selection) {
  const struct distinct *d = select_distinct(selection);
  int min_data = search->request->params->min_data_in_bin;
  struct value_side side = negative_side(d);
  int64_t bins = negative_bins(d, search->max_bins, search->total), found = 0;
  if (side.n > (size_t)bins) bins = bins_with_rows(bins, side.rows, min_data);
  if (side.n > 0) found = select_plan(selection, &side, bins);
  bins = search->max_bins - 1 - found;
  side = positive_side(d);
  if (side.n > (size_t)(bins > 0 ? bins : 0)) bins = bins_with_rows(bins, side.rows, min_data);
  select_plan(selection, &side, bins < 1 ? 1 : bins);
}

/* Both ends are values: the range is known. */
static bool sorted_ends(const struct distinct *d) {
  size_t n = d->n_negative + d->n_positive;
  return n > 0 && d->unsorted[0] == 0 && d->unsorted[n - 1] == 0;
}

/* Cut points without a full order; false when this way does not lead there. The selection holds the values'
 * entries. */
static bool cut_selected(const struct search *search, struct selection *selection, struct cuts *cuts) {
  struct distinct *d = select_distinct(selection);
  d->zero_rows = search->total - search->n_numbers;
  for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    plan_cuts(search, selection);
    bool sorted = select_sort(selection);
    cuts->n = 0;
    bool found =
        cut_around_zero(d, search->max_bins, search->total, search->request->params->min_data_in_bin, cuts);
    if (found && sorted_ends(d)) return true;
    if (!sorted) break;
  }
  cuts->n = 0;
  return false;
}

static void finish_bins(const struct distinct *d, struct cuts *cuts, uint64_t nan_rows,
                        struct feature_bins *out, uint64_t *bin_rows) {
  set_range(d, out);
  if (out->missing == MISSING_ZERO && cuts->n == 2) out->missing = MISSING_NONE;
  if (out->missing == MISSING_NAN) cuts->upper[cuts->n++] = NAN;
  out->n_bins = (uint32_t)cuts->n;
  count_bins(d, nan_rows, out, bin_rows);
}

/* Cut points from all values in order, which are in the room afterwards. */
static copse_status cut_sorted(copse_context *ctx, const struct search *search, double *values,
                               struct cuts *cuts, struct distinct *d, copse_error *err) {
  const struct bins_request *request = search->request;
  uint64_t n = search->n_numbers;
  void *scratch = bins_room_take(ctx, search->room, BINS_ROOM_WORK, n, sizeof(double));
  if (scratch == NULL) return status_memory(err, "cut points");
  d->zero_rows = search->total - n;
  distinct_sort(values, n, scratch, d);
  int min_data = request->params->min_data_in_bin;
  if (request->forced == NULL) {
    (void)cut_around_zero(d, search->max_bins, search->total, min_data, cuts); /* every value is sorted */
    return COPSE_OK;
  }
  struct forced_request forced = {request->forced, search->max_bins, search->total, min_data};
  return cut_around_forced(ctx, d, &forced, cuts, err);
}

static bool may_select(const struct bins_request *request) {
  if (request->forced != NULL || request->way == BINS_BY_SORT) return false;
  return request->buckets != NULL || request->way == BINS_BY_SELECTION ||
         request->values.n >= LEAST_TO_SELECT;
}

static bool asks_for_codes(const struct bins_request *request, const struct feature_bins *bins) {
  return request->codes != NULL && bins->n_bins > 1 && bins->n_bins <= BINS_MAX;
}

static enum missing_type missing_type_of(const struct bin_params *params, uint64_t n_nan) {
  if (!params->use_missing) return MISSING_NONE;
  if (params->zero_as_missing) return MISSING_ZERO;
  return n_nan > 0 ? MISSING_NAN : MISSING_NONE;
}

/* What follows from the numbers of zeros and NaN. */
static void count_values(struct search *search, uint64_t n_numbers, uint64_t n_nan,
                         struct feature_bins *out) {
  const struct bins_request *request = search->request;
  out->missing = missing_type_of(request->params, n_nan);
  search->n_numbers = n_numbers;
  search->nan_rows = out->missing == MISSING_NAN ? n_nan : 0; /* else they count as zeros */
  search->total = request->values.n + request->n_zeros - search->nan_rows;
  search->max_bins = request->max_bin - (out->missing == MISSING_NAN ? 1 : 0);
}

/* Room for the bounds: never more than bins allowed or than values, beside those of zero, +inf and NaN. */
static copse_status make_room(copse_context *ctx, const struct search *search, struct cuts *cuts,
                              struct feature_bins *out, struct bins_rows *rows, copse_error *err) {
  const struct bins_request *request = search->request;
  uint64_t wanted = search->n_numbers + (request->forced != NULL ? request->forced->n : 0);
  size_t room = (wanted < (uint64_t)request->max_bin ? (size_t)wanted : (size_t)request->max_bin) + 4;
  out->upper = copse_alloc(ctx, room, sizeof *out->upper);
  rows->of_bins = copse_alloc(ctx, room, sizeof *rows->of_bins);
  if (out->upper == NULL || rows->of_bins == NULL) return status_memory(err, "cut points");
  *cuts = (struct cuts){out->upper, 0};
  return COPSE_OK;
}

/* Values without zeros and NaN in the room, and how many of each there are. */
static copse_status copy_numbers(copse_context *ctx, struct search *search, double **out, uint64_t *n_numbers,
                                 uint64_t *n_nan, copse_error *err) {
  const struct bins_values *values = &search->request->values;
  double *kept = bins_room_take(ctx, search->room, BINS_ROOM_VALUES, values->n + 1, sizeof *kept);
  *out = kept;
  *n_numbers = *n_nan = 0;
  if (kept == NULL) return status_memory(err, "cut points");
  for (uint64_t i = 0; i < values->n; i++) {
    const double value = values->at[i * values->stride];
    kept[*n_numbers] = value;
    *n_numbers += fabs(value) > BINS_ZERO ? 1 : 0;
    *n_nan += value != value ? 1 : 0;
  }
  return COPSE_OK;
}

static copse_status find_by_selection(copse_context *ctx, struct search *search, struct feature_bins *out,
                                      struct bins_rows *rows, copse_error *err) {
  const struct bins_request *request = search->request;
  struct bins_buckets own;
  const struct bins_buckets *buckets = request->buckets;
  struct selection *selection = NULL;
  struct cuts cuts;
  copse_status status = COPSE_OK;
  if (buckets == NULL) {
    status = buckets_find(ctx, search->room, &request->values, &own, err);
    if (status != COPSE_OK || own.of_values == NULL) return status;
    buckets = &own;
  }
  status = select_open(ctx, search->room, &request->values, buckets, &selection, err);
  if (status != COPSE_OK || selection == NULL) return status;
  count_values(search, select_n_numbers(selection), select_n_nan(selection), out);
  status = make_room(ctx, search, &cuts, out, rows, err);
  if (status == COPSE_OK && cut_selected(search, selection, &cuts)) {
    rows->selected = true;
    select_set_floors(selection);
    finish_bins(select_distinct(selection), &cuts, search->nan_rows, out, rows->of_bins);
    if (asks_for_codes(request, out)) status = bins_code(ctx, out, selection, request->codes, err);
  }
  select_close(selection);
  if (rows->selected || status != COPSE_OK) return status;
  copse_free(out->upper);
  copse_free(rows->of_bins);
  out->upper = NULL;
  rows->of_bins = NULL;
  return COPSE_OK;
}

static copse_status find_by_sort(copse_context *ctx, struct search *search, struct feature_bins *out,
                                 struct bins_rows *rows, copse_error *err) {
  const struct bins_request *request = search->request;
  double *values;
  uint64_t n_numbers, n_nan;
  struct cuts cuts;
  struct distinct distinct = {0};
  copse_status status = copy_numbers(ctx, search, &values, &n_numbers, &n_nan, err);
  if (status != COPSE_OK) return status;
  count_values(search, n_numbers, n_nan, out);
  status = make_room(ctx, search, &cuts, out, rows, err);
  if (status == COPSE_OK) status = cut_sorted(ctx, search, values, &cuts, &distinct, err);
  if (status != COPSE_OK) return status;
  finish_bins(&distinct, &cuts, search->nan_rows, out, rows->of_bins);
  return asks_for_codes(request, out) ? bins_code_values(ctx, out, &request->values, request->codes, err)
                                      : COPSE_OK;
}

copse_status bins_cut(copse_context *ctx, const struct bins_request *request, struct feature_bins *out,
                      struct bins_rows *rows, copse_error *err) {
  *out = (struct feature_bins){0};
  *rows = (struct bins_rows){0};
  if (request->codes != NULL) request->codes->cells = NULL;
  struct bins_room own = {0};
  struct search search = {.request = request, .room = request->room != NULL ? request->room : &own};
  copse_status status = COPSE_OK;
  if (may_select(request)) status = find_by_selection(ctx, &search, out, rows, err);
  if (status == COPSE_OK && !rows->selected) status = find_by_sort(ctx, &search, out, rows, err);
  bins_room_release(&own);
  if (status == COPSE_OK) return COPSE_OK;
  copse_free(rows->of_bins);
  rows->of_bins = NULL;
  bins_release(out);
  return status;
}

copse_status bins_find_numeric(copse_context *ctx, const struct bins_column *column, struct feature_bins *out,
                               copse_error *err) {
  struct bins_request request = {
      .values = {column->values, column->stride != 0 ? column->stride : 1, column->n_values},
      .buckets = column->buckets,
      .n_zeros = column->n_zeros,
      .max_bin = column->max_bin,
      .params = column->params,
      .forced = column->forced,
      .room = column->room,
      .codes = column->codes};
  struct bins_rows rows;
  copse_status status = bins_cut(ctx, &request, out, &rows, err);
  if (status != COPSE_OK) return status;
  struct bins_sample sample = {column->n_values + column->n_zeros, column->n_rows};
  bins_settle(out, rows.of_bins, &sample, column->params);
  copse_free(rows.of_bins);
  if (column->codes != NULL && !out->used) bins_codes_release(column->codes);
  return COPSE_OK;
}
