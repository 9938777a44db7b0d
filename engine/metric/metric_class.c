/* metric_class.c - predictions as classes: the confusion matrix and the measures read from it. With one
 * output there are two classes, divided at a threshold; else the largest score is the prediction.
 *
 * precision, recall and f1 are those of the positive class, or with many classes the _macro ones: the plain
 * mean over all classes that occur among labels or predictions. kappa: agreement beyond chance (Cohen 1960).
 * mcc: correlation of labels and predictions (Matthews 1975; many classes: Gorodkin 2004). A share of nothing
 * is 0. */
#include <math.h>
#include <string.h>

#include "base/reduce.h"
#include "base/status.h"
#include "metric/rows.h"

/* ---- the matrix ---- */

static void add_two(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct metric_data *data = user;
  double prediction[METRIC_CHUNK], counts[4] = {0};
  for (uint64_t at = begin; at < end; at += METRIC_CHUNK) {
    uint64_t n = end - at < METRIC_CHUNK ? end - at : METRIC_CHUNK;
    metric_predictions(data, at, n, prediction);
    for (uint64_t i = 0; i < n; i++)
      counts[2 * (data->label[at + i] > 0) + (prediction[i] > data->threshold)] +=
          metric_weight(data, at + i);
  }
  for (int i = 0; i < 4; i++) sums[i] = counts[i];
}

static void count_many(const struct metric_data *data, double *out) {
  int n = data->n_outputs;
  memset(out, 0, (size_t)n * (size_t)n * sizeof *out);
  for (uint64_t i = 0; i < data->n_rows; i++) {
    int best = 0;
    for (int k = 1; k < n; k++)
      if (data->score[(uint64_t)k * data->n_rows + i] > data->score[(uint64_t)best * data->n_rows + i])
        best = k;
    out[(size_t)data->label[i] * (size_t)n + (size_t)best] += metric_weight(data, i);
  }
}

copse_status metric_confusion(const struct metric_data *data, const char *what, double *out,
                              copse_error *err) {
  copse_status status = metric_check(data, what, ANY_OUTPUTS, err);
  if (status != COPSE_OK) return status;
  if (data->n_outputs == 1)
    reduce_rows(data->n_threads, data->n_rows, 4, add_two, data, out);
  else
    count_many(data, out);
  size_t cells = (size_t)metric_n_classes(data) * (size_t)metric_n_classes(data);
  double sum = 0;
  for (size_t i = 0; i < cells; i++) sum += out[i];
  return metric_check_weight(sum, data, what, err);
}

/* ---- what is read from it ---- */

/* Weights of a class: labels, predictions, both at once. */
struct marginal {
  double actual, predicted, right;
};

struct counts {
  int n;
  double total, right;
  struct marginal *classes; /* [n] */
};

static void add_marginals(const double *matrix, struct counts *out) {
  for (int a = 0; a < out->n; a++)
    for (int p = 0; p < out->n; p++) {
      double weight = matrix[(size_t)a * (size_t)out->n + (size_t)p];
      out->total += weight;
      out->classes[a].actual += weight;
      out->classes[p].predicted += weight;
      if (a != p) continue;
      out->right += weight;
      out->classes[a].right = weight;
    }
}

static double share(double part, double whole) { return whole > 0 ? part / whole : 0.0; }

static double precision_of(const struct marginal *c) { return share(c->right, c->predicted); }

static double recall_of(const struct marginal *c) { return share(c->right, c->actual); }

/* Harmonic mean of precision and recall, written so that it is 0 only where nothing was right. */
static double f1_of(const struct marginal *c) { return share(2 * c->right, c->actual + c->predicted); }

static double macro(const struct counts *counts, double (*measure)(const struct marginal *)) {
  double sum = 0;
  int n = 0;
  for (int k = 0; k < counts->n; k++) {
    const struct marginal *c = &counts->classes[k];
    if (c->actual + c->predicted <= 0) continue;
    sum += measure(c);
    n++;
  }
  return sum / n;
}

static double accuracy(const struct counts *c) { return share(c->right, c->total); }
static double precision_macro(const struct counts *c) { return macro(c, precision_of); }
static double recall_macro(const struct counts *c) { return macro(c, recall_of); }
static double f1_macro(const struct counts *c) { return macro(c, f1_of); }
static double precision(const struct counts *c) {
  return c->n == 2 ? precision_of(&c->classes[1]) : precision_macro(c);
}
static double recall(const struct counts *c) {
  return c->n == 2 ? recall_of(&c->classes[1]) : recall_macro(c);
}
static double f1(const struct counts *c) { return c->n == 2 ? f1_of(&c->classes[1]) : f1_macro(c); }

static double kappa(const struct counts *c) {
  double by_chance = 0;
  for (int k = 0; k < c->n; k++) by_chance += c->classes[k].actual * (c->classes[k].predicted / c->total);
  return share(c->right - by_chance, c->total - by_chance);
}

static double mcc(const struct counts *c) {
  double both = 0, actual = 0, predicted = 0;
  for (int k = 0; k < c->n; k++) {
    double a = c->classes[k].actual / c->total, p = c->classes[k].predicted / c->total;
    both += a * p;
    actual += a * (1 - a);
    predicted += p * (1 - p);
  }
  return share(c->right / c->total - both, sqrt(actual * predicted));
}

static copse_status counted_value(const struct metric_row *row, const struct metric_data *data,
                                  double (*measure)(const struct counts *), double *out, copse_error *err) {
  size_t n = (size_t)metric_n_classes(data);
  double *matrix = copse_alloc(data->ctx, n * n, sizeof *matrix);
  struct counts counts = {.n = (int)n, .classes = copse_alloc_zero(data->ctx, n, sizeof *counts.classes)};
  copse_status status = COPSE_OK;
  if (matrix == NULL || counts.classes == NULL) {
    status = status_memory(err, "the confusion matrix");
    goto done;
  }
  if ((status = metric_confusion(data, row->name, matrix, err)) != COPSE_OK) goto done;
  add_marginals(matrix, &counts);
  *out = measure(&counts);
done:
  copse_free(counts.classes);
  copse_free(matrix);
  return status;
}

#define VALUE(NAME)                                                                                     \
  copse_status metric_##NAME(const struct metric_row *row, const struct metric_data *data, double *out, \
                             copse_error *err) {                                                        \
    return counted_value(row, data, NAME, out, err);                                                    \
  }

VALUE(accuracy)
VALUE(precision)
VALUE(recall)
VALUE(f1)
VALUE(precision_macro)
VALUE(recall_macro)
VALUE(f1_macro)
VALUE(kappa)
VALUE(mcc)
