/* metric_auc.c - area under the ROC curve: the weighted share of (positive, negative) pairs that the raw
 * scores put in order, a tie counting one half (Mann & Whitney 1947). One stable radix sort, then one walk
 * over groups of equal scores. Without weights every term is a half-integer, so the sum is exact below 2^52.
 */
#include "base/sort.h"
#include "base/status.h"
#include "metric/rows.h"

/* A row in the sort: the bits of its weight, and whether it is positive. */
static const uint64_t positive_bit = UINT64_C(1) << 32;

static void fill_pairs(const struct metric_data *data, struct sort_pair *pairs) {
  for (uint64_t i = 0; i < data->n_rows; i++) {
    float weight = data->weight != NULL ? data->weight[i] : 1.0f;
    uint32_t bits;
    memcpy(&bits, &weight, sizeof bits);
    pairs[i].key = sort_key_of(data->score[i] + 0.0); /* -0 ties with 0 */
    pairs[i].value = bits | (data->label[i] > 0 ? positive_bit : 0);
  }
}

static double weight_of(const struct sort_pair *pair) {
  uint32_t bits = (uint32_t)pair->value;
  float weight;
  memcpy(&weight, &bits, sizeof weight);
  return (double)weight;
}

/* Ascending pairs; 1 when a class is missing or weighs nothing (as in LightGBM). */
static double area(const struct sort_pair *pairs, uint64_t n) {
  double positives = 0, negatives = 0, ordered = 0;
  for (uint64_t i = 0; i < n;) {
    double tied[2] = {0, 0};
    uint64_t key = pairs[i].key;
    for (; i < n && pairs[i].key == key; i++)
      tied[(pairs[i].value & positive_bit) != 0] += weight_of(&pairs[i]);
    ordered += tied[1] * (negatives + 0.5 * tied[0]);
    negatives += tied[0];
    positives += tied[1];
  }
  return positives > 0 && negatives > 0 ? ordered / (positives * negatives) : 1.0;
}

copse_status metric_auc(const struct metric_row *row, const struct metric_data *data, double *out,
                        copse_error *err) {
  copse_status status = metric_check(data, row->name, err);
  if (status != COPSE_OK) return status;
  struct sort_pair *pairs = copse_alloc(data->ctx, data->n_rows, 2 * sizeof *pairs);
  if (pairs == NULL) return status_memory(err, "the sort of the auc metric");
  fill_pairs(data, pairs);
  sort_pairs(pairs, pairs + data->n_rows, data->n_rows);
  *out = area(pairs, data->n_rows);
  copse_free(pairs);
  return COPSE_OK;
}
