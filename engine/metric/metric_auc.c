/* metric_auc.c - how well raw scores put positive rows before negative ones: one stable radix sort, then one
 * walk over groups of equal scores.
 *
 * auc: area under the ROC curve, the weighted share of (positive, negative) pairs in order, a tie counting
 * one half (Mann & Whitney 1947). Without weights every term is a half-integer, so the sum is exact below
 * 2^52. average_precision: the mean, over positive rows, of the precision among the rows that score at least
 * as high. Both are 1 where a class is missing or weighs nothing (as in LightGBM). */
#include "base/sort.h"
#include "base/status.h"
#include "metric/rows.h"

/* A row in the sort: the bits of its weight, and whether it is positive. */
static const uint64_t positive_bit = UINT64_C(1) << 32;

/* direction: 0 for ascending scores, all bits set for descending ones. */
static void fill_pairs(const struct metric_data *data, uint64_t direction, struct sort_pair *pairs) {
  for (uint64_t i = 0; i < data->n_rows; i++) {
    float weight = data->weight != NULL ? data->weight[i] : 1.0f;
    uint32_t bits;
    memcpy(&bits, &weight, sizeof bits);
    pairs[i].key = sort_key_of(data->score[i] + 0.0) ^ direction; /* -0 ties with 0 */
    pairs[i].value = bits | (data->label[i] > 0 ? positive_bit : 0);
  }
}

static double weight_of(const struct sort_pair *pair) {
  uint32_t bits = (uint32_t)pair->value;
  float weight;
  memcpy(&weight, &bits, sizeof weight);
  return (double)weight;
}

/* Weight of negative and positive rows in the group of equal keys that pairs[i] begins; returns its end. */
static uint64_t tied_weights(const struct sort_pair *pairs, uint64_t i, uint64_t n, double tied[2]) {
  uint64_t key = pairs[i].key;
  tied[0] = tied[1] = 0;
  for (; i < n && pairs[i].key == key; i++)
    tied[(pairs[i].value & positive_bit) != 0] += weight_of(&pairs[i]);
  return i;
}

/* Ascending pairs. */
static double area(const struct sort_pair *pairs, uint64_t n) {
  double positives = 0, negatives = 0, ordered = 0, tied[2];
  for (uint64_t i = 0; i < n;) {
    i = tied_weights(pairs, i, n, tied);
    ordered += tied[1] * (negatives + 0.5 * tied[0]);
    negatives += tied[0];
    positives += tied[1];
  }
  return positives > 0 && negatives > 0 ? ordered / (positives * negatives) : 1.0;
}

/* Descending pairs. */
static double mean_precision(const struct sort_pair *pairs, uint64_t n) {
  double positives = 0, negatives = 0, sum = 0, tied[2];
  for (uint64_t i = 0; i < n;) {
    i = tied_weights(pairs, i, n, tied);
    negatives += tied[0];
    positives += tied[1];
    if (tied[1] > 0) sum += tied[1] * (positives / (positives + negatives));
  }
  return positives > 0 && negatives > 0 ? sum / positives : 1.0;
}

static copse_status ranked_value(const struct metric_row *row, const struct metric_data *data,
                                 uint64_t direction, double (*walk)(const struct sort_pair *, uint64_t),
                                 double *out, copse_error *err) {
  copse_status status = metric_check(data, row->name, ONE_OUTPUT, err);
  if (status != COPSE_OK) return status;
  struct sort_pair *pairs = copse_alloc(data->ctx, data->n_rows, 2 * sizeof *pairs);
  if (pairs == NULL) return status_memory(err, "the sort of a metric");
  fill_pairs(data, direction, pairs);
  sort_pairs(pairs, pairs + data->n_rows, data->n_rows);
  *out = walk(pairs, data->n_rows);
  copse_free(pairs);
  return COPSE_OK;
}

copse_status metric_auc(const struct metric_row *row, const struct metric_data *data, double *out,
                        copse_error *err) {
  return ranked_value(row, data, 0, area, out, err);
}

copse_status metric_average_precision(const struct metric_row *row, const struct metric_data *data,
                                      double *out, copse_error *err) {
  return ranked_value(row, data, UINT64_MAX, mean_precision, out, err);
}
