/* metric_auc_mu.c - the area under the curve for many classes (Kleiman & Page 2019): the mean, over pairs of
 * classes, of how well the line between the two in score space puts the rows of the one before those of the
 * other. The weights say what a confusion costs; 1 for all of them where none are given. Pairs of which a
 * class is missing or weighs nothing are left out; 1 where no pair is left, as for auc. */
#include <math.h>

#include "base/sort.h"
#include "base/status.h"
#include "metric/rows.h"

static const double eps = 1.0000000036274937e-15; /* distances that near are equal, as in LightGBM */

struct class_pair {
  const struct metric_data *data;
  const uint64_t *rows, *starts; /* rows in the order of their classes; starts [n_outputs + 1] */
  int first, second;
  double *direction; /* [n_outputs] */
};

static double cost(const struct metric_data *data, int actual, int predicted) {
  if (actual == predicted) return 0;
  return data->class_weights != NULL ? data->class_weights[actual * data->n_outputs + predicted] : 1;
}

static double distance(const struct class_pair *pair, uint64_t row) {
  double sum = 0;
  for (int k = 0; k < pair->data->n_outputs; k++)
    sum += pair->direction[k] * pair->data->score[(uint64_t)k * pair->data->n_rows + row];
  return sum;
}

static double value_of_key(uint64_t key) {
  uint64_t bits = key >> 63 ? key ^ 0x8000000000000000u : ~key;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Weighted share of (first, second) pairs of rows in order; -1 where there is none. */
static double share(const struct class_pair *pair, struct sort_pair *sorted, struct sort_pair *scratch) {
  uint64_t n = 0, n_first = pair->starts[pair->first + 1] - pair->starts[pair->first];
  for (int side = 0; side < 2; side++) {
    int class_number = side == 0 ? pair->first : pair->second;
    for (uint64_t i = pair->starts[class_number]; i < pair->starts[class_number + 1]; i++)
      sorted[n++] = (struct sort_pair){sort_key_of(distance(pair, pair->rows[i]) + 0.0), i};
  }
  if (n_first == 0 || n_first == n) return -1;
  sort_pairs(sorted, scratch, n);
  double weights[2] = {0, 0}, ordered = 0;
  for (uint64_t i = 0; i < n;) {
    double tied[2] = {0, 0}, begin = value_of_key(sorted[i].key);
    for (; i < n && !(value_of_key(sorted[i].key) - begin >= eps); i++) {
      bool second = sorted[i].value >= pair->starts[pair->second];
      tied[second] += metric_weight(pair->data, pair->rows[sorted[i].value]);
    }
    ordered += tied[0] * (weights[1] + 0.5 * tied[1]);
    weights[0] += tied[0];
    weights[1] += tied[1];
  }
  return weights[0] > 0 && weights[1] > 0 ? ordered / (weights[0] * weights[1]) : -1;
}

/* Rows by class, in their order. */
static void group_rows(const struct metric_data *data, uint64_t *rows, uint64_t *starts, uint64_t *next) {
  for (int k = 0; k <= data->n_outputs; k++) starts[k] = 0;
  for (uint64_t i = 0; i < data->n_rows; i++) starts[(int)data->label[i] + 1]++;
  for (int k = 0; k < data->n_outputs; k++) starts[k + 1] += starts[k];
  memcpy(next, starts, (size_t)data->n_outputs * sizeof *next);
  for (uint64_t i = 0; i < data->n_rows; i++) rows[next[(int)data->label[i]]++] = i;
}

static double mean_share(struct class_pair *pair, struct sort_pair *sorted, struct sort_pair *scratch) {
  const struct metric_data *data = pair->data;
  double sum = 0;
  int n_pairs = 0;
  for (int i = 0; i < data->n_outputs; i++)
    for (int j = i + 1; j < data->n_outputs; j++) {
      pair->first = i;
      pair->second = j;
      double to_j = cost(data, i, i) - cost(data, j, i), to_i = cost(data, i, j) - cost(data, j, j);
      for (int k = 0; k < data->n_outputs; k++)
        pair->direction[k] = (to_j - to_i) * (cost(data, i, k) - cost(data, j, k));
      double value = share(pair, sorted, scratch);
      if (value < 0) continue;
      sum += value;
      n_pairs++;
    }
  return n_pairs > 0 ? sum / n_pairs : 1;
}

static copse_status check_weights(const struct metric_data *data, const char *name, copse_error *err) {
  size_t n = (size_t)data->n_outputs;
  if (data->class_weights == NULL) return COPSE_OK;
  if (data->n_class_weights != n * n)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "auc_mu_weights has %zu entries: metric=%s expects %zu, %zu rows of the %zu classes",
                      data->n_class_weights, name, n * n, n, n);
  for (size_t i = 0; i < n * n; i++)
    if (i / n != i % n && data->class_weights[i] == 0)
      return status_set(err, COPSE_ERR_ARGUMENT,
                        "auc_mu_weights: class %zu taken for class %zu costs 0: expected another number "
                        "outside the diagonal",
                        i / n, i % n);
  return COPSE_OK;
}

copse_status metric_auc_mu(const struct metric_row *row, const struct metric_data *data, double *out,
                           copse_error *err) {
  copse_status status = metric_check(data, row->name, OUTPUT_PER_CLASS, err);
  if (status == COPSE_OK) status = check_weights(data, row->name, err);
  if (status != COPSE_OK) return status;
  size_t n = (size_t)data->n_outputs;
  struct sort_pair *sorted = copse_alloc(data->ctx, data->n_rows, 2 * sizeof *sorted);
  uint64_t *rows = copse_alloc(data->ctx, data->n_rows, sizeof *rows);
  uint64_t *starts = copse_alloc(data->ctx, 2 * n + 1, sizeof *starts);
  double *direction = copse_alloc(data->ctx, n, sizeof *direction);
  if (sorted == NULL || rows == NULL || starts == NULL || direction == NULL) {
    status = status_memory(err, "the sort of a metric");
  } else {
    group_rows(data, rows, starts, starts + n + 1);
    struct class_pair pair = {.data = data, .rows = rows, .starts = starts, .direction = direction};
    *out = mean_share(&pair, sorted, sorted + data->n_rows);
  }
  copse_free(sorted);
  copse_free(rows);
  copse_free(starts);
  copse_free(direction);
  return status;
}
