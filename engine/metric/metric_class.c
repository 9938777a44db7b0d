/* metric_class.c - what becomes of a probability at a threshold: the confusion matrix and the measures read
 * from it.
 *
 * precision, recall and f1 are those of the positive class; the _macro ones are the plain mean of both
 * classes'. A share of nothing (no row predicted as the class, no row of the class) is 0, and both classes
 * always count in a macro mean. */
#include "base/reduce.h"
#include "metric/rows.h"

static void add_counts(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct metric_data *data = user;
  double prediction[METRIC_CHUNK], counts[4] = {0};
  for (uint64_t at = begin; at < end; at += METRIC_CHUNK) {
    uint64_t n = end - at < METRIC_CHUNK ? end - at : METRIC_CHUNK;
    metric_predictions(data, at, n, prediction);
    for (uint64_t i = 0; i < n; i++) {
      double weight = data->weight != NULL ? (double)data->weight[at + i] : 1.0;
      counts[2 * (data->label[at + i] > 0) + (prediction[i] > data->threshold)] += weight;
    }
  }
  for (int i = 0; i < 4; i++) sums[i] = counts[i];
}

copse_status metric_confusion(const struct metric_data *data, const char *what, copse_confusion *out,
                              copse_error *err) {
  copse_status status = metric_check(data, what, err);
  if (status != COPSE_OK) return status;
  double sums[4];
  reduce_rows(data->n_threads, data->n_rows, 4, add_counts, data, sums);
  status = metric_check_weight(sums[0] + sums[1] + sums[2] + sums[3], data, what, err);
  if (status == COPSE_OK) *out = (copse_confusion){{{sums[0], sums[1]}, {sums[2], sums[3]}}};
  return status;
}

static double share(double part, double whole) { return whole > 0 ? part / whole : 0.0; }

static double precision_of(const copse_confusion *c, int class) {
  return share(c->count[class][class], c->count[0][class] + c->count[1][class]);
}

static double recall_of(const copse_confusion *c, int class) {
  return share(c->count[class][class], c->count[class][0] + c->count[class][1]);
}

/* Harmonic mean of precision and recall, written so that it is 0 only where nothing was right. */
static double f1_of(const copse_confusion *c, int class) {
  double wrong = c->count[0][1] + c->count[1][0], right = c->count[class][class];
  return share(2 * right, 2 * right + wrong);
}

static double accuracy_of(const copse_confusion *c, int class) {
  (void)class;
  double right = c->count[0][0] + c->count[1][1];
  return share(right, right + c->count[0][1] + c->count[1][0]);
}

typedef double measure_fn(const copse_confusion *confusion, int class);

static copse_status positive_value(const struct metric_row *row, const struct metric_data *data,
                                   measure_fn *measure, double *out, copse_error *err) {
  copse_confusion confusion;
  copse_status status = metric_confusion(data, row->name, &confusion, err);
  if (status == COPSE_OK) *out = measure(&confusion, 1);
  return status;
}

static copse_status macro_value(const struct metric_row *row, const struct metric_data *data,
                                measure_fn *measure, double *out, copse_error *err) {
  copse_confusion confusion;
  copse_status status = metric_confusion(data, row->name, &confusion, err);
  if (status == COPSE_OK) *out = 0.5 * (measure(&confusion, 0) + measure(&confusion, 1));
  return status;
}

#define VALUE(NAME, AVERAGE, MEASURE)                                                                   \
  copse_status metric_##NAME(const struct metric_row *row, const struct metric_data *data, double *out, \
                             copse_error *err) {                                                        \
    return AVERAGE##_value(row, data, MEASURE, out, err);                                               \
  }

VALUE(accuracy, positive, accuracy_of)
VALUE(precision, positive, precision_of)
VALUE(recall, positive, recall_of)
VALUE(f1, positive, f1_of)
VALUE(precision_macro, macro, precision_of)
VALUE(recall_macro, macro, recall_of)
VALUE(f1_macro, macro, f1_of)
