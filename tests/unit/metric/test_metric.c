/* The table of metrics: LightGBM's own numbers, and for every row its perfect, constant, tied, weighted and
 * one-class values, a plain reimplementation, and equal bits for any number of threads. A new row needs one
 * in `expected`; metrics of ranking have test_ranking.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hooked_allocator.h"
#include "metric/metric.h"
#include "testing.h"

enum { N = 6, K = 3, MANY = 30000 };

static const float weights[N] = {1, 2, 0.5f, 1.5f, 3, 1};

static double value_of(const char *name, const struct metric_data *data) {
  const struct metric_row *row = metric_find(name);
  assert_non_null(row);
  double out = NAN;
  copse_error err = {.message = ""};
  if (row->value(row, data, &out, &err) != COPSE_OK) fail_msg("%s: %s", name, err.message);
  return out;
}

static void assert_near(const char *name, double got, double expected, double tolerance) {
  if (!(fabs(got - expected) <= tolerance)) fail_msg("%s: got %.17g, expected %.17g", name, got, expected);
}

/* ---- plain reimplementations ---- */

static long double weight_at(const struct metric_data *d, uint64_t i) {
  return d->weight != NULL ? (long double)d->weight[i] : 1.0L;
}

static long double sigmoid_of(const struct metric_data *d, long double s) {
  return 1 / (1 + expl(-(long double)d->sigmoid * s));
}

static long double prediction_at(const struct metric_data *d, uint64_t i) {
  long double s = d->score[i];
  switch (d->transform) {
    case METRIC_TRANSFORM_SIGMOID: return sigmoid_of(d, s);
    case METRIC_TRANSFORM_EXP: return expl(s);
    case METRIC_TRANSFORM_LOG1P_EXP: return log1pl(expl(s));
    default: return s;
  }
}

static long double score_at(const struct metric_data *d, uint64_t i, int k) {
  return d->score[(uint64_t)k * d->n_rows + i];
}

static long double probability_at(const struct metric_data *d, uint64_t i, int k) {
  if (d->transform == METRIC_TRANSFORM_SIGMOIDS) return sigmoid_of(d, score_at(d, i, k));
  if (d->transform != METRIC_TRANSFORM_SOFTMAX) return score_at(d, i, k);
  long double sum = 0;
  for (int c = 0; c < d->n_outputs; c++) sum += expl(score_at(d, i, c));
  return expl(score_at(d, i, k)) / sum;
}

static long double plain_mean(const struct metric_data *d,
                              long double (*loss)(const struct metric_data *d, uint64_t i)) {
  long double sum = 0, weight = 0;
  for (uint64_t i = 0; i < d->n_rows; i++) {
    sum += weight_at(d, i) * loss(d, i);
    weight += weight_at(d, i);
  }
  return sum / weight;
}

#define LOSS(NAME, VALUE)                                                   \
  static long double loss_##NAME(const struct metric_data *d, uint64_t i) { \
    long double y = (long double)d->label[i], p = prediction_at(d, i);      \
    bool positive = d->label[i] > 0;                                        \
    (void)y, (void)positive, (void)p;                                       \
    return VALUE;                                                           \
  }                                                                         \
  static long double plain_##NAME(const struct metric_data *d) { return plain_mean(d, loss_##NAME); }

LOSS(l1, fabsl(p - y))
LOSS(l2, (p - y) * (p - y))
LOSS(quantile, y >= p ? d->alpha * (y - p) : (1 - d->alpha) * (p - y))
LOSS(huber, fabsl(p - y) <= d->alpha ? (p - y) * (p - y) / 2 : d->alpha * (fabsl(p - y) - d->alpha / 2))
LOSS(poisson, fmaxl(p, 1e-10f) - y * logl(fmaxl(p, 1e-10f)))
LOSS(binary_logloss, -logl(positive ? p : 1 - p))
LOSS(binary_error, (p > 0.5L) != positive)
LOSS(cross_entropy, -y *logl(fmaxl(p, 1e-12L)) - (1 - y) * logl(fmaxl(1 - p, 1e-12L)))

LOSS(fair, d->fair_c *(fabsl(p - y) - d->fair_c * log1pl(fabsl(p - y) / d->fair_c)))
LOSS(mape, fabsl(p - y) / fmaxl(1, fabsl(y)))
LOSS(expectile, (y >= p ? d->expectile : 1 - d->expectile) * (y - p) * (y - p))
LOSS(gamma, y / p + logl(p))
LOSS(gamma_deviance, 2 * (y / (p + 1e-9) - logl(y / (p + 1e-9)) - 1))
LOSS(tweedie, powl(p, 2 - (long double)d->tweedie_variance_power) / (2 - d->tweedie_variance_power) -
                  y * powl(p, 1 - (long double)d->tweedie_variance_power) / (1 - d->tweedie_variance_power))
LOSS(focal, -powl(positive ? 1 - p : p, d->focal_gamma) * logl(positive ? p : 1 - p))
LOSS(label, (y > 0 ? y * logl(y) : 0) + (y < 1 ? (1 - y) * logl(1 - y) : 0))

static long double plain_kullback_leibler(const struct metric_data *d) {
  return plain_cross_entropy(d) + plain_label(d);
}

static long double plain_total_deviance(const struct metric_data *d) {
  long double weight = 0;
  for (uint64_t i = 0; i < d->n_rows; i++) weight += weight_at(d, i);
  return weight * plain_gamma_deviance(d);
}

static long double plain_cross_entropy_lambda(const struct metric_data *d) { /* weights are exposures */
  long double sum = 0;
  for (uint64_t i = 0; i < d->n_rows; i++) {
    long double y = (long double)d->label[i], log_rest = -weight_at(d, i) * prediction_at(d, i);
    long double p = -expm1l(log_rest);
    sum -= y * logl(fmaxl(p, 1e-12L)) + (1 - y) * logl(fmaxl(1 - p, 1e-12L));
  }
  return sum / d->n_rows;
}

/* ---- survival ---- */

static long double time_at(const struct metric_data *d, uint64_t i) {
  return fabsl((long double)d->label[i]);
}

static long double plain_cox(const struct metric_data *d) {
  long double sum = 0, events = 0;
  for (uint64_t i = 0; i < d->n_rows; i++) {
    long double at_risk = 0;
    if (!(d->label[i] > 0) || weight_at(d, i) == 0) continue;
    for (uint64_t k = 0; k < d->n_rows; k++)
      if (time_at(d, k) >= time_at(d, i)) at_risk += weight_at(d, k) * expl(d->score[k]);
    sum += weight_at(d, i) * (logl(at_risk) - d->score[i]);
    events += weight_at(d, i);
  }
  return sum / events;
}

static long double plain_concordance(const struct metric_data *d) {
  long double ordered = 0, all = 0;
  for (uint64_t i = 0; i < d->n_rows; i++)
    for (uint64_t k = 0; k < d->n_rows; k++) {
      bool outlasts = time_at(d, k) > time_at(d, i) || (time_at(d, k) == time_at(d, i) && d->label[k] < 0);
      if (!(d->label[i] > 0) || !outlasts) continue;
      long double w = weight_at(d, i) * weight_at(d, k);
      double sooner = d->soon_is_high ? d->score[i] - d->score[k] : d->score[k] - d->score[i];
      all += w;
      ordered += sooner > 0 ? w : sooner == 0 ? w / 2 : 0;
    }
  return all > 0 ? ordered / all : 1;
}

static long double loss_aft(const struct metric_data *d, uint64_t i) {
  long double log_t = logl(time_at(d, i)), z = (log_t - d->score[i]) / d->aft_scale;
  bool extreme = d->aft_distribution == AFT_EXTREME;
  long double outlasting = extreme ? expl(-expl(z)) : 1 / (1 + expl(z));
  long double density = extreme ? expl(z - expl(z)) : expl(-z) / powl(1 + expl(-z), 2);
  return -logl(d->label[i] > 0 ? density / (d->aft_scale * expl(log_t)) : outlasting);
}

static long double plain_aft(const struct metric_data *d) { return plain_mean(d, loss_aft); }

static long double plain_rmse(const struct metric_data *d) { return sqrtl(plain_l2(d)); }

static long double plain_r2(const struct metric_data *d) {
  long double sum = 0, weight = 0, total = 0;
  for (uint64_t i = 0; i < d->n_rows; i++) {
    sum += weight_at(d, i) * (long double)d->label[i];
    weight += weight_at(d, i);
  }
  for (uint64_t i = 0; i < d->n_rows; i++)
    total += weight_at(d, i) * powl((long double)d->label[i] - sum / weight, 2);
  return 1 - plain_l2(d) * weight / total;
}

static long double plain_auc(const struct metric_data *d) { /* over all pairs */
  long double ordered = 0, all = 0;
  uint64_t n = d->n_rows;
  for (uint64_t i = 0; i < n; i++)
    for (uint64_t j = 0; j < n; j++) {
      if (!(d->label[i] > 0) || d->label[j] > 0) continue;
      long double w = weight_at(d, i) * weight_at(d, j);
      all += w;
      ordered += d->score[i] > d->score[j] ? w : d->score[i] == d->score[j] ? w / 2 : 0;
    }
  return all > 0 ? ordered / all : 1;
}

static long double plain_auc_mu(const struct metric_data *d) {
  long double sum = 0;
  int n = d->n_outputs, n_pairs = 0;
  for (int a = 0; a < n; a++)
    for (int b = a + 1; b < n; b++) {
      long double ordered = 0, all = 0;
      for (uint64_t i = 0; i < d->n_rows; i++)
        for (uint64_t j = 0; j < d->n_rows; j++) {
          if (d->label[i] != (float)a || d->label[j] != (float)b) continue;
          double v[8], at[2] = {0, 0};
          for (int k = 0; k < n; k++)
            v[k] = (k == a             ? 0
                    : d->class_weights ? d->class_weights[a * n + k]
                                       : 1) -
                   (k == b             ? 0
                    : d->class_weights ? d->class_weights[b * n + k]
                                       : 1);
          for (int k = 0; k < n; k++) {
            at[0] += (v[a] - v[b]) * v[k] * d->score[(uint64_t)k * d->n_rows + i];
            at[1] += (v[a] - v[b]) * v[k] * d->score[(uint64_t)k * d->n_rows + j];
          }
          long double w = weight_at(d, i) * weight_at(d, j);
          all += w;
          ordered += fabs(at[0] - at[1]) < 1e-15 ? w / 2 : at[0] > at[1] ? w : 0;
        }
      if (all == 0) continue;
      sum += ordered / all;
      n_pairs++;
    }
  return n_pairs > 0 ? sum / n_pairs : 1;
}

static long double plain_average_precision(const struct metric_data *d) { /* of every positive row */
  long double sum = 0, positives = 0;
  for (uint64_t i = 0; i < d->n_rows; i++) {
    if (!(d->label[i] > 0) || weight_at(d, i) == 0) continue;
    long double right = 0, all = 0;
    for (uint64_t j = 0; j < d->n_rows; j++) {
      if (d->score[j] < d->score[i]) continue;
      all += weight_at(d, j);
      right += d->label[j] > 0 ? weight_at(d, j) : 0;
    }
    sum += weight_at(d, i) * right / all;
    positives += weight_at(d, i);
  }
  return sum / positives;
}

static int actual(const struct metric_data *d, uint64_t i) {
  return d->n_outputs == 1 ? d->label[i] > 0 : (int)d->label[i];
}

static int predicted(const struct metric_data *d, uint64_t i) {
  if (d->n_outputs == 1) return prediction_at(d, i) > d->threshold;
  int best = 0;
  for (int k = 1; k < d->n_outputs; k++)
    if (score_at(d, i, k) > score_at(d, i, best)) best = k;
  return best;
}

static long double loss_multi_logloss(const struct metric_data *d, uint64_t i) {
  return -logl(probability_at(d, i, actual(d, i)));
}

static long double loss_multi_error(const struct metric_data *d, uint64_t i) {
  int at_least = 0;
  for (int k = 0; k < d->n_outputs; k++) at_least += score_at(d, i, k) >= score_at(d, i, actual(d, i));
  return at_least > d->top_k;
}

static long double loss_brier(const struct metric_data *d, uint64_t i) {
  long double sum = 0;
  if (d->n_outputs == 1) return powl(prediction_at(d, i) - actual(d, i), 2);
  for (int k = 0; k < d->n_outputs; k++) sum += powl(probability_at(d, i, k) - (k == actual(d, i)), 2);
  return sum;
}

static long double plain_multi_logloss(const struct metric_data *d) {
  return plain_mean(d, loss_multi_logloss);
}
static long double plain_multi_error(const struct metric_data *d) { return plain_mean(d, loss_multi_error); }
static long double plain_brier(const struct metric_data *d) { return plain_mean(d, loss_brier); }

/* Weight of the rows with actual class a and predicted class b; -1 = any. */
static long double cell(const struct metric_data *d, int a, int b) {
  long double sum = 0;
  for (uint64_t i = 0; i < d->n_rows; i++)
    if ((a < 0 || a == actual(d, i)) && (b < 0 || b == predicted(d, i))) sum += weight_at(d, i);
  return sum;
}

static long double ratio(long double a, long double b) { return b > 0 ? a / b : 0; }
static long double precision(const struct metric_data *d, int c) {
  return ratio(cell(d, c, c), cell(d, -1, c));
}
static long double recall(const struct metric_data *d, int c) { return ratio(cell(d, c, c), cell(d, c, -1)); }
static long double f1(const struct metric_data *d, int c) {
  return ratio(2 * precision(d, c) * recall(d, c), precision(d, c) + recall(d, c));
}

static long double macro(const struct metric_data *d,
                         long double (*measure)(const struct metric_data *d, int c)) {
  long double sum = 0, n = 0;
  for (int c = 0; c < metric_n_classes(d); c++) {
    if (cell(d, c, -1) + cell(d, -1, c) == 0) continue;
    sum += measure(d, c);
    n++;
  }
  return sum / n;
}

#define MEASURE(NAME)                                                                             \
  static long double plain_##NAME##_macro(const struct metric_data *d) { return macro(d, NAME); } \
  static long double plain_##NAME(const struct metric_data *d) {                                  \
    return d->n_outputs == 1 ? NAME(d, 1) : macro(d, NAME);                                       \
  }
MEASURE(precision)
MEASURE(recall)
MEASURE(f1)

static long double plain_accuracy(const struct metric_data *d) {
  long double right = 0;
  for (int c = 0; c < metric_n_classes(d); c++) right += cell(d, c, c);
  return right / cell(d, -1, -1);
}

static long double plain_kappa(const struct metric_data *d) {
  long double chance = 0, all = cell(d, -1, -1);
  for (int c = 0; c < metric_n_classes(d); c++) chance += cell(d, c, -1) / all * cell(d, -1, c) / all;
  return chance < 1 ? (plain_accuracy(d) - chance) / (1 - chance) : 0;
}

/* Pearson's correlation over all pairs of cells, as Gorodkin wrote it. */
static long double plain_mcc(const struct metric_data *d) {
  long double numerator = 0, rows = 0, columns = 0;
  int n = metric_n_classes(d);
  for (int k = 0; k < n; k++)
    for (int l = 0; l < n; l++)
      for (int m = 0; m < n; m++) numerator += cell(d, k, k) * cell(d, l, m) - cell(d, k, l) * cell(d, m, k);
  for (int k = 0; k < n; k++) {
    rows += cell(d, k, -1) * (cell(d, -1, -1) - cell(d, k, -1));
    columns += cell(d, -1, k) * (cell(d, -1, -1) - cell(d, -1, k));
  }
  return rows > 0 && columns > 0 ? numerator / sqrtl(rows) / sqrtl(columns) : 0;
}

/* ---- the tables ---- */

struct expectation {
  const char *name;
  enum metric_transform transform;
  double perfect, constant, one_class;
  long double (*plain)(const struct metric_data *d);
};

#define VALUE METRIC_TRANSFORM_IDENTITY
#define CHANCE METRIC_TRANSFORM_SIGMOID
#define RATE METRIC_TRANSFORM_EXP
/* One output. constant: labels half positive, all scores 0; one_class: all positive, scores 1, -1, 1, -1, 1,
 * -1
 */
static const struct expectation expected[] = {
    {"l1", VALUE, 0, 0.5, 1, plain_l1},
    {"l2", VALUE, 0, 0.5, 2, plain_l2},
    {"rmse", VALUE, 0, 0.70710678118654752, 1.4142135623730951, plain_rmse},
    {"r2", VALUE, 1, -1, 0, plain_r2},
    {"quantile", VALUE, 0, 0.45, 0.9, plain_quantile},
    {"huber", VALUE, 0, 0.2475, 0.6975, plain_huber},
    {"poisson", VALUE, 0.50000000005, 11.512925458394513, 12.012925458344512, plain_poisson},
    {"binary_logloss", CHANCE, 0, 0.69314718055994531, 0.81326168751822286, plain_binary_logloss},
    {"binary_error", CHANCE, 0, 0.5, 0.5, plain_binary_error},
    {"cross_entropy", CHANCE, 0, 0.69314718055994531, 0.81326168751822286, plain_cross_entropy},
    {"auc", CHANCE, 1, 0.5, 1, plain_auc},
    {"average_precision", CHANCE, 1, 0.5, 1, plain_average_precision},
    {"brier", CHANCE, 0, 0.25, 0.30338806675851815, plain_brier},
    {"accuracy", CHANCE, 1, 0.5, 0.5, plain_accuracy},
    {"precision", CHANCE, 1, 0, 1, plain_precision},
    {"recall", CHANCE, 1, 0, 0.5, plain_recall},
    {"f1", CHANCE, 1, 0, 2.0 / 3, plain_f1},
    {"precision_macro", CHANCE, 1, 0.25, 0.5, plain_precision_macro},
    {"recall_macro", CHANCE, 1, 0.5, 0.25, plain_recall_macro},
    {"f1_macro", CHANCE, 1, 1.0 / 3, 1.0 / 3, plain_f1_macro},
    {"kappa", CHANCE, 1, 0, 0, plain_kappa},
    {"mcc", CHANCE, 1, 0, 0, plain_mcc},
    {"fair", VALUE, 0, 0.15342640972002736, 0.45069385566594516, plain_fair},
    {"mape", VALUE, 0, 0.5, 1, plain_mape},
    {"expectile", VALUE, 0, 0.45, 1.8, plain_expectile},
    {"focal", CHANCE, 0, 0.17328679513998632, 0.3622631804599261, plain_focal},
    {"kullback_leibler", CHANCE, 0, 0.69314718055994531, 0.81326168751822286, plain_kullback_leibler},
    {"cross_entropy_lambda", METRIC_TRANSFORM_LOG1P_EXP, 0, 0.69314718055994531, 0.81326168751822286,
     plain_cross_entropy_lambda},
    {"gamma", RATE, 1.3465735902799727, 1.5, 3.0861612696304874, plain_gamma},
    {"gamma_deviance", RATE, 0, 1.8411169106403271, 16.716168997070778, plain_total_deviance},
    {"tweedie", RATE, 4.8284271247461898, 5, 6.7657557912382840, plain_tweedie},
    {"cox", VALUE, 1.0986122886681098, 1.791759469228055, 2.2255402997110822, plain_cox},
    {"aft", VALUE, 0.69314718055994531, 1.2424533248940002, 1.6265233750364456, plain_aft},
    {"concordance", VALUE, 1, 0.5, 1, plain_concordance},
};

enum label_kind { CLASSES, AMOUNTS, TIMES };

static enum label_kind labels_of(const struct expectation *e) {
  static const char *const amounts[] = {"gamma", "gamma_deviance", "tweedie"}, *const times[] = {
                                                                                   "cox", "aft",
                                                                                   "concordance"};
  for (int i = 0; i < 3; i++) {
    if (strcmp(e->name, amounts[i]) == 0) return AMOUNTS;
    if (strcmp(e->name, times[i]) == 0) return TIMES;
  }
  return CLASSES;
}

/* What stands for the class y: 1 and 2, or a time at which something happened for 1 and later censored for 0.
 */
static float label_for(const struct expectation *e, float y) {
  return labels_of(e) == AMOUNTS ? y + 1 : labels_of(e) == TIMES && y == 0 ? -2 : y;
}

#define CLASS METRIC_TRANSFORM_SOFTMAX
/* An output for each of three classes. constant: labels a third each, all scores 0; one_class: all labels 1,
 * scores in turn (0, 1, 0) and (1, 0, 0) */
static const struct expectation expected_many[] = {
    {"multi_logloss", CLASS, 0, 1.0986122886681098, 1.0514447139320509, plain_multi_logloss},
    {"multi_error", CLASS, 0, 1, 0.5, plain_multi_error},
    {"brier", CLASS, 0, 2.0 / 3, 0.6336906702196817, plain_brier},
    {"accuracy", CLASS, 1, 1.0 / 3, 0.5, plain_accuracy},
    {"precision", CLASS, 1, 1.0 / 9, 0.5, plain_precision},
    {"recall", CLASS, 1, 1.0 / 3, 0.25, plain_recall},
    {"f1", CLASS, 1, 1.0 / 6, 1.0 / 3, plain_f1},
    {"precision_macro", CLASS, 1, 1.0 / 9, 0.5, plain_precision_macro},
    {"recall_macro", CLASS, 1, 1.0 / 3, 0.25, plain_recall_macro},
    {"f1_macro", CLASS, 1, 1.0 / 6, 1.0 / 3, plain_f1_macro},
    {"auc_mu", CLASS, 1, 0.5, 1, plain_auc_mu},
    {"kappa", CLASS, 1, 0, 0, plain_kappa},
    {"mcc", CLASS, 1, 0, 0, plain_mcc},
};
enum { N_ONE = sizeof expected / sizeof *expected, N_MANY = sizeof expected_many / sizeof *expected_many };

/* All expectations; the first N_ONE are for one output. */
static const struct expectation *expectation_at(size_t i) {
  return i < N_ONE ? &expected[i] : &expected_many[i - N_ONE];
}

static struct metric_data data_for(const struct expectation *e, const double *score, const float *label,
                                   const float *weight, uint64_t n_rows) {
  return (struct metric_data){.score = score,
                              .label = label,
                              .weight = weight,
                              .n_rows = n_rows,
                              .n_outputs = e->transform == CLASS ? K : 1,
                              .n_threads = 1,
                              .transform = e->transform,
                              .sigmoid = 1,
                              .threshold = 0.5,
                              .alpha = 0.9,
                              .top_k = 1,
                              .fair_c = 1,
                              .tweedie_variance_power = 1.5,
                              .focal_gamma = 2,
                              .expectile = 0.9,
                              .aft_scale = 1,
                              .soon_is_high = true};
}

static void every_metric_is_expected(void **state) {
  (void)state;
  for (size_t m = 0; m < metric_count(); m++) {
    size_t i = 0;
    if (metric_is_ranked(metric_at(m))) continue;
    while (i < N_ONE + N_MANY && strcmp(expectation_at(i)->name, metric_at(m)->name) != 0) i++;
    if (i == N_ONE + N_MANY) fail_msg("metric %s has no line in this test", metric_at(m)->name);
  }
}

/* Perfect, constant and one-class data of an expectation. */
static void check_expectation(const struct expectation *e, const double *perfect, const float *label,
                              const double *mixed, const float *ones) {
  static const double zeros[K * N] = {0};
  const struct metric_row *row = metric_find(e->name);
  struct metric_data data = data_for(e, perfect, label, NULL, N);
  assert_near(e->name, value_of(e->name, &data), e->perfect, labels_of(e) == CLASSES ? 1e-20 : 1e-14);
  data.weight = weights;
  assert_near(e->name, value_of(e->name, &data), (double)e->plain(&data),
              labels_of(e) == CLASSES ? 2e-16 : 1e-14);
  data = data_for(e, zeros, label, NULL, N);
  assert_near(e->name, value_of(e->name, &data), e->constant, 2e-15);
  data = data_for(e, mixed, ones, NULL, N);
  assert_near(e->name, value_of(e->name, &data), e->one_class, 3e-15);
  /* better than constant in the direction the row claims */
  assert_true(row->higher_is_better ? e->perfect > e->constant : e->perfect < e->constant);
}

static void perfect_constant_and_one_class(void **state) {
  (void)state;
  static const float label[N] = {0, 1, 0, 1, 1, 0}, classes[N] = {0, 1, 2, 2, 1, 0},
                     ones[N] = {1, 1, 1, 1, 1, 1};
  static const double exact[N] = {0, 1, 0, 1, 1, 0}, sure[N] = {-50, 50, -50, 50, 50, -50},
                      mixed[N] = {1, -1, 1, -1, 1, -1},
                      mixed_many[K * N] = {0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0};
  double sure_many[K * N];
  for (int i = 0; i < K * N; i++) sure_many[i] = (float)(i / N) == classes[i % N] ? 50 : -50;
  for (size_t i = 0; i < N_ONE; i++) {
    const struct expectation *e = &expected[i];
    bool chance = e->transform == CHANCE || e->transform == METRIC_TRANSFORM_LOG1P_EXP;
    float own[2][N];
    double best[N];
    for (int r = 0; r < N; r++) {
      own[0][r] = label_for(e, label[r]);
      own[1][r] = label_for(e, ones[r]);
      best[r] = chance || labels_of(e) == TIMES ? sure[r]
                : labels_of(e) == AMOUNTS       ? log((double)own[0][r])
                                                : exact[r];
      if (strcmp(e->name, "aft") == 0) best[r] = label[r] > 0 ? 0 : 50;
    }
    check_expectation(e, best, own[0], mixed, own[1]);
  }
  for (size_t i = 0; i < N_MANY; i++)
    check_expectation(&expected_many[i], sure_many, classes, mixed_many, ones);
}

/* A problem with many ties: of two classes with one score per row, or of K classes with K. */
static void fill(const struct expectation *e, double *score, float *label, float *weight, uint64_t n) {
  uint64_t x = 20261122;
  bool many = e->transform == CLASS;
  for (uint64_t i = 0; i < n; i++) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    label[i] = many ? (float)((x >> 40 & 15) % K) : (x >> 40 & 15) < 6 ? 1.0f : 0.0f;
    weight[i] = (float)(x >> 57);
    if (strcmp(e->name, "cross_entropy_lambda") == 0) weight[i] = (weight[i] + 1) / 64; /* exposures */
    if (labels_of(e) == AMOUNTS) label[i] = 1 + (float)(x >> 20 & 15) / 4;
    if (labels_of(e) == TIMES) label[i] = (label[i] > 0 ? 1.0f : -1.0f) * (1 + (float)(x >> 20 & 15) / 4);
    for (int k = 0; k < (many ? K : 1); k++) {
      x = x * 6364136223846793005u + 1442695040888963407u;
      double truth = many ? label[i] == (float)k : (double)label[i];
      score[(uint64_t)k * n + i] = (double)(int)(x >> 50 & 63) / 16.0 - 2.5 + truth;
    }
  }
}

static void tied_rows_match_a_plain_evaluation(void **state) {
  (void)state;
  enum { ROWS = 400 };
  static double score[K * ROWS];
  static float label[ROWS], weight[ROWS];
  for (size_t i = 0; i < N_ONE + N_MANY; i++) {
    const struct expectation *e = expectation_at(i);
    fill(e, score, label, weight, ROWS);
    for (int variant = 0; variant < 6; variant++) {
      struct metric_data data = data_for(e, score, label, variant % 2 ? weight : NULL, ROWS);
      data.threshold = 0.3 + 0.1 * variant;
      data.sigmoid = 1.3;
      data.alpha = 0.4 + 0.1 * variant;
      data.top_k = 1 + variant / 2;
      if (e->transform == CLASS && variant >= 3) data.transform = METRIC_TRANSFORM_SIGMOIDS;
      data.fair_c = data.aft_scale = 0.5 + 0.25 * variant;
      data.tweedie_variance_power = 1.1 + 0.15 * variant;
      data.focal_gamma = 0.5 * variant;
      data.expectile = data.alpha;
      data.aft_distribution = variant % 2 ? AFT_EXTREME : AFT_LOGISTIC;
      data.soon_is_high = variant < 3;
      double truth = (double)e->plain(&data);
      assert_near(e->name, value_of(e->name, &data), truth, 2e-14 * fmax(1, fabs(truth)));
    }
  }
}

static void weight_two_is_the_row_twice(void **state) {
  (void)state;
  enum { ROWS = 300 };
  static double score[K * ROWS], copied_score[K * 2 * ROWS];
  static float label[ROWS], weight[ROWS], copied_label[2 * ROWS];
  for (size_t m = 0; m < N_ONE + N_MANY; m++) {
    const struct expectation *e = expectation_at(m);
    if (strcmp(e->name, "cross_entropy_lambda") == 0) continue; /* its weights are exposures */
    fill(e, score, label, weight, ROWS);
    uint64_t n = 0;
    for (uint64_t i = 0; i < ROWS; i++) {
      weight[i] = i % 7 == 0 ? 0 : i % 3 == 0 ? 2 : 1;
      n += (uint64_t)weight[i];
    }
    uint64_t at = 0;
    for (uint64_t i = 0; i < ROWS; i++)
      for (int copies = (int)weight[i]; copies > 0; copies--, at++) {
        copied_label[at] = label[i];
        for (uint64_t k = 0; k < (e->transform == CLASS ? K : 1); k++)
          copied_score[k * n + at] = score[k * ROWS + i];
      }
    struct metric_data weighted = data_for(e, score, label, weight, ROWS);
    struct metric_data copied = data_for(e, copied_score, copied_label, NULL, n);
    double twice = value_of(e->name, &copied);
    assert_near(e->name, value_of(e->name, &weighted), twice, 4e-15 * fmax(1, fabs(twice)));
  }
}

static void threads_give_equal_bits(void **state) {
  (void)state;
  static double score[K * MANY];
  static float label[MANY], weight[MANY];
  for (size_t m = 0; m < N_ONE + N_MANY; m++) {
    const struct expectation *e = expectation_at(m);
    fill(e, score, label, weight, MANY);
    for (uint64_t i = 0; i < MANY; i++) {
      score[i] += (double)i * 1e-7;
      weight[i] = 0.1f * weight[i] + 0.01f;
    }
    struct metric_data data = data_for(e, score, label, weight, MANY);
    double one = value_of(e->name, &data);
    static const int threads[] = {2, 3, 8};
    for (int t = 0; t < 3; t++) {
      data.n_threads = threads[t];
      double many = value_of(e->name, &data);
      assert_memory_equal(&one, &many, sizeof one);
    }
  }
}

/* ---- LightGBM's numbers (test vectors T2a, T3a to T3d), printed with six digits ---- */

static const double t3_scores[N] = {0.3, -0.4, 1, 0.2, 2, -1};

static void assert_printed(const char *name, double got, double printed) {
  assert_near(name, got, printed, 6e-6 * fabs(printed));
}

struct printed {
  const char *name;
  double plain, weighted;
};

static void check_printed(struct metric_data data, const struct printed *cases, size_t n) {
  for (size_t i = 0; i < n; i++) {
    data.weight = NULL;
    assert_printed(cases[i].name, value_of(cases[i].name, &data), cases[i].plain);
    data.weight = weights;
    assert_printed(cases[i].name, value_of(cases[i].name, &data), cases[i].weighted);
  }
}

static void regression_values_are_lightgbms(void **state) {
  (void)state;
  static const float label[N] = {0.5f, 1, 2, 3.5f, 5, 8};
  static const struct printed identity[] = {
      {"l1", 2.98333, 2.93889},    {"l2", 17.315, 14.3106},     {"rmse", 4.16113, 3.78293},
      {"quantile", 2.685, 2.645},  {"huber", 2.32083, 2.26722}, {"poisson", 35.5837, 26.2236},
      {"r2", -1.60812, -1.59573},  {"fair", 1.83359, 1.72453},  {"mape", 0.794643, 0.843254},
      {"tweedie", 300006, 222229},
  };
  static const struct printed exponential[] = {{"poisson", 1.54447, 0.557421},
                                               {"l2", 11.7493, 9.37307},
                                               {"gamma", 4.99775, 4.12184},
                                               {"gamma_deviance", 38.0897, 39.3125},
                                               {"tweedie", 9.70673, 9.10685}};
  struct metric_data data = data_for(&expected[0], t3_scores, label, NULL, N);
  check_printed(data, identity, sizeof identity / sizeof *identity);
  data.transform = METRIC_TRANSFORM_EXP;
  check_printed(data, exponential, sizeof exponential / sizeof *exponential);
}

static void probability_values_are_lightgbms(void **state) {
  (void)state;
  static const float label[N] = {0, 1, 0, 1, 1, 0}, share[N] = {0.1f, 0.9f, 0.3f, 0.6f, 1, 0};
  static const double score[N] = {0.3, -0.4, 0.3, 0.2, 2, -1};
  static const struct printed binary[] = {{"binary_logloss", 0.610009, 0.522091},
                                          {"binary_error", 0.5, 0.388889},
                                          {"auc", 0.555556, 0.676923},
                                          {"average_precision", 0.7, 0.884615}};
  static const struct printed entropy[] = {{"cross_entropy", 0.596676, 0.518202},
                                           {"kullback_leibler", 0.274335, 0.263735}};
  static const struct printed exposed[] = {{"cross_entropy_lambda", 0.596676, 0.491998}};
  struct expectation chance = {.transform = CHANCE};
  check_printed(data_for(&chance, score, label, NULL, N), binary, sizeof binary / sizeof *binary);
  check_printed(data_for(&chance, score, share, NULL, N), entropy, 2);
  struct expectation rate = {.transform = METRIC_TRANSFORM_LOG1P_EXP};
  check_printed(data_for(&rate, score, share, NULL, N), exposed, 1);
}

static void class_values_are_lightgbms(void **state) {
  (void)state;
  static const float label[N] = {0, 1, 2, 2, 1, 0};
  static const double score[K * N] = {1, 0, 0.2, 0, 0.4, 0, 0, 0.5, 0.3, 0, 0.1, 1, 0, 0.5, 0.1, 2, 0.1, 0.5};
  static const struct printed first[] = {{"multi_logloss", 0.973357, 0.970533},
                                         {"multi_error", 0.666667, 0.722222},
                                         {"auc_mu", 0.583333, 0.708333}};
  static const struct printed second[] = {{"multi_error", 0.5, 0.5}};
  static const struct printed ova[] = {{"multi_logloss", 0.482701, 0.488927}};
  struct metric_data data = data_for(&expected_many[0], score, label, NULL, N);
  check_printed(data, first, 3);
  data.top_k = 2;
  check_printed(data, second, 1);
  data.transform = METRIC_TRANSFORM_SIGMOIDS;
  check_printed(data, ova, 1);
}

static void costs_turn_the_directions(void **state) {
  (void)state;
  enum { ROWS = 300 };
  static double score[K * ROWS];
  static float label[ROWS], weight[ROWS];
  static const double costs[K * K] = {9, 1, 2.5, 3, 9, 0.5, 4, 1.5, 9};
  const struct expectation *e = &expected_many[0];
  fill(e, score, label, weight, ROWS);
  struct metric_data data = data_for(e, score, label, weight, ROWS);
  double equal_costs = value_of("auc_mu", &data);
  data.class_weights = costs;
  data.n_class_weights = K * K;
  assert_near("auc_mu", value_of("auc_mu", &data), (double)plain_auc_mu(&data), 2e-14);
  assert_true(fabs(value_of("auc_mu", &data) - equal_costs) > 1e-4);
  double out;
  data.n_class_weights = 4;
  assert_int_equal(metric_find("auc_mu")->value(metric_find("auc_mu"), &data, &out, NULL),
                   COPSE_ERR_ARGUMENT);
  static const double zero[K * K] = {0, 1, 1, 0, 0, 1, 1, 1, 0};
  data.class_weights = zero;
  data.n_class_weights = K * K;
  assert_int_equal(metric_find("auc_mu")->value(metric_find("auc_mu"), &data, &out, NULL),
                   COPSE_ERR_ARGUMENT);
}

static void counts_and_thresholds(void **state) {
  (void)state;
  static const float label[N] = {0, 1, 0, 1, 1, 0};
  static const double score[N] = {0.3, -0.4, 0.3, 0.2, 2, -1};
  struct expectation chance = {.transform = CHANCE};
  struct metric_data data = data_for(&chance, score, label, NULL, N);
  double c[4];
  assert_int_equal(metric_confusion(&data, "test", c, NULL), COPSE_OK);
  assert_true(c[0] == 1 && c[1] == 2 && c[2] == 1 && c[3] == 2);
  assert_near("f1", value_of("f1", &data), 4.0 / 7, 1e-16);
  assert_near("f1_macro", value_of("f1_macro", &data), (4.0 / 7 + 0.4) / 2, 1e-16);
  data.threshold = 0.8; /* p = 0.8808 for score 2 alone */
  data.weight = weights;
  assert_int_equal(metric_confusion(&data, "test", c, NULL), COPSE_OK);
  assert_true(c[0] == 2.5 && c[1] == 0 && c[2] == 3.5 && c[3] == 3);
  assert_true(value_of("precision", &data) == 1);
  data.threshold = 1; /* nothing is predicted positive: 0, not 0/0 */
  assert_true(value_of("precision", &data) == 0 && value_of("f1", &data) == 0);
  data.transform = METRIC_TRANSFORM_IDENTITY; /* p == threshold is negative */
  data.threshold = 2;
  assert_int_equal(metric_confusion(&data, "test", c, NULL), COPSE_OK);
  assert_true(c[1] == 0 && c[3] == 0);
}

static void counts_of_many_classes(void **state) {
  (void)state;
  static const float label[N] = {0, 1, 2, 2, 1, 0};
  static const double score[K * N] = {1, 0, 0.2, 0, 0.4, 0, 0, 0.5, 0.3, 0, 0.1, 1, 0, 0.5, 0.1, 2, 0.1, 0.5};
  static const double counts[K * K] = {1, 1, 0, 3, 2, 0, 0, 0.5, 1.5};
  struct metric_data data = data_for(&expected_many[0], score, label, weights, N);
  double c[K * K];
  assert_int_equal(metric_n_classes(&data), K);
  assert_int_equal(metric_confusion(&data, "test", c, NULL), COPSE_OK);
  for (int i = 0; i < K * K; i++) assert_true(c[i] == counts[i]); /* the tie of row 2 goes to class 1 */
}

/* A class that neither occurs nor is predicted does not count in the mean. */
static void absent_classes_do_not_count(void **state) {
  (void)state;
  static const float label[2] = {0, 2};
  static const double score[K * 2] = {1, 0, 0, 0, 0, 1};
  struct metric_data data = data_for(&expected_many[0], score, label, NULL, 2);
  assert_true(value_of("f1_macro", &data) == 1 && value_of("precision", &data) == 1);
}

static void transforms(void **state) {
  (void)state;
  static const float label[4] = {-4, 1, 4, 9}, zero[1] = {0};
  static const double raw[4] = {-2, 2, 2, 2};
  struct metric_data data = data_for(&expected[1], raw, label, NULL, 4);
  data.transform = METRIC_TRANSFORM_SIGNED_SQUARE;
  assert_true(value_of("l2", &data) == 8.5);
  for (double s = -800; s <= 700; s += 12.34567) {
    data = data_for(&expected[0], &s, zero, NULL, 1);
    data.transform = METRIC_TRANSFORM_LOG1P_EXP;
    double truth = s > 0 ? s + log1p(exp(-s)) : log1p(exp(s));
    assert_near("log1p_exp", value_of("l1", &data), truth, 1e-15 * truth);
    data.transform = METRIC_TRANSFORM_EXP;
    assert_near("exp", value_of("l1", &data), exp(s), 3e-16 * exp(s));
  }
}

static void impossible_probabilities_are_floored(void **state) {
  (void)state;
  static const float label[2] = {1, 0};
  static const double score[2] = {-800, 800};
  struct expectation chance = {.transform = CHANCE};
  struct metric_data data = data_for(&chance, score, label, NULL, 2);
  assert_near("binary_logloss", value_of("binary_logloss", &data), 34.538776394910684, 1e-8);
  assert_near("cross_entropy", value_of("cross_entropy", &data), 27.631021115928547, 1e-12);
  static const float classes[1] = {1};
  static const double far[K] = {800, -800, 0};
  data = data_for(&expected_many[0], far, classes, NULL, 1);
  assert_near("multi_logloss", value_of("multi_logloss", &data), 34.538776394910684, 1e-8);
}

static void auc_takes_minus_zero_for_zero(void **state) {
  (void)state;
  static const float label[2] = {1, 0};
  static const double score[2] = {0.0, -0.0};
  struct expectation chance = {.transform = CHANCE};
  struct metric_data data = data_for(&chance, score, label, NULL, 2);
  assert_true(value_of("auc", &data) == 0.5);
  assert_true(value_of("average_precision", &data) == 0.5);
}

static void assert_refused(const struct metric_row *row, const struct metric_data *data, copse_status status,
                           const char *part) {
  double out = 42;
  copse_error err = {.message = ""};
  assert_int_equal(row->value(row, data, &out, &err), status);
  if (strstr(err.message, part) == NULL) fail_msg("%s: %s", row->name, err.message);
  assert_true(out == 42);
}

static void refusals(void **state) {
  (void)state;
  static const float label[2] = {0, 1}, no_weight[2] = {0, 0};
  static const double score[K * 2] = {0, 1, 2, 3, 4, 5};
  assert_null(metric_find("gini"));
  for (size_t i = 0; i < N_ONE + N_MANY; i++) {
    const struct expectation *e = expectation_at(i);
    const struct metric_row *row = metric_find(e->name);
    const float own[2] = {label_for(e, label[0]), label_for(e, label[1])};
    struct metric_data data = data_for(e, score, own, no_weight, 2);
    bool areas = strstr(row->name, "auc") != NULL || strcmp(row->name, "average_precision") == 0 ||
                 strcmp(row->name, "concordance") == 0;
    if (strcmp(row->name, "cross_entropy_lambda") == 0)
      assert_refused(row, &data, COPSE_ERR_DATA, "row 1: weight 0:");
    else if (areas)
      assert_true(value_of(row->name, &data) == 1);
    else
      assert_refused(row, &data, COPSE_ERR_DATA, "sum to 0");
    data.weight = NULL;
    data.n_rows = 0;
    assert_refused(row, &data, COPSE_ERR_DATA, "needs at least one row");
    data.n_rows = 2;
    data.label = NULL;
    assert_refused(row, &data, COPSE_ERR_DATA, "needs a label");
  }
}

/* Metrics of one output refuse many, those of many refuse one, and labels must be classes. */
static void wrong_shapes_are_refused(void **state) {
  (void)state;
  static const float label[2] = {0, 1}, three[2] = {0, 3}, half[2] = {0.5f, 1}, minus[2] = {0, -1};
  static const double score[K * 2] = {0, 1, 2, 3, 4, 5};
  int one_only = 0, many_only = 0;
  for (size_t m = 0; m < metric_count(); m++) {
    const struct metric_row *row = metric_at(m);
    bool one = false, many = false;
    if (metric_is_ranked(row)) continue;
    for (size_t i = 0; i < N_ONE + N_MANY; i++) {
      if (strcmp(expectation_at(i)->name, row->name) != 0) continue;
      one |= i < N_ONE;
      many |= i >= N_ONE;
    }
    struct metric_data data = data_for(&expected_many[0], score, label, NULL, 2);
    if (!many) assert_refused(row, &data, COPSE_ERR_ARGUMENT, row->name);
    data.label = three;
    if (many) assert_refused(row, &data, COPSE_ERR_DATA, "row 2: label 3:");
    data.label = half;
    if (many) assert_refused(row, &data, COPSE_ERR_DATA, "row 1: label 0.5:");
    data.label = minus;
    if (many) assert_refused(row, &data, COPSE_ERR_DATA, "row 2: label -1:");
    data = data_for(&expected[0], score, label, NULL, 2);
    if (!one) assert_refused(row, &data, COPSE_ERR_ARGUMENT, row->name);
    one_only += !many;
    many_only += !one;
  }
  assert_int_equal(one_only, 24);
  assert_int_equal(many_only, 3);
  struct metric_data data = data_for(&expected[0], score, three, NULL, 2);
  assert_refused(metric_find("cross_entropy"), &data, COPSE_ERR_DATA, "row 2: label 3:");
  assert_refused(metric_find("kullback_leibler"), &data, COPSE_ERR_DATA, "row 2: label 3:");
  assert_refused(metric_find("cross_entropy_lambda"), &data, COPSE_ERR_DATA, "row 2: label 3:");
  data.label = label;
  assert_refused(metric_find("gamma"), &data, COPSE_ERR_DATA,
                 "row 1: label 0: metric=gamma takes labels above 0");
  assert_refused(metric_find("gamma_deviance"), &data, COPSE_ERR_DATA, "row 1: label 0:");
}

/* Each quantile on its own, in ascending order whatever the scores, and the mean of them. */
static void quantiles_are_judged_in_order(void **state) {
  (void)state;
  static const double levels[K] = {0.1, 0.5, 0.75}, score[K * 2] = {3, 0, 1, 5, 2, 4};
  static const float label[2] = {2.5f, 1};
  struct metric_data data = data_for(&expected[0], score, label, NULL, 2);
  data.n_outputs = K;
  data.transform = METRIC_TRANSFORM_SORTED;
  data.levels = levels;
  data.n_at = 1;
  const double in_order[K][2] = {{1, 0}, {2, 4}, {3, 5}};
  double sum = 0;
  for (int k = 0; k < K; k++) {
    double loss = 0;
    for (int i = 0; i < 2; i++) {
      double d = (double)label[i] - in_order[k][i];
      loss += (d >= 0 ? levels[k] * d : (levels[k] - 1) * d) / 2;
    }
    data.at = (const int[]){k + 1};
    assert_near("quantile", value_of("quantile", &data), loss, 1e-15);
    sum += loss / K;
  }
  data.n_at = 0;
  assert_near("quantile", value_of("quantile", &data), sum, 1e-15);
  data.n_at = 1;
  data.at = (const int[]){K + 1};
  assert_refused(metric_find("quantile"), &data, COPSE_ERR_ARGUMENT, "quantile 4, but there are 3");
}

static void lack_of_memory_is_told(void **state) {
  (void)state;
  static const float label[2] = {0, 1};
  static const double score[K * 2] = {0, 1, 2, 3, 4, 5};
  int refused = 0;
  for (size_t i = 0; i < N_ONE + N_MANY; i++)
    for (size_t n = 2; n < 5; n++) { /* the first request makes the context */
      struct hooked_allocator hook = {.fail_at = n};
      copse_allocator allocator = hooked_allocator(&hook);
      const float own[2] = {label_for(expectation_at(i), label[0]), label_for(expectation_at(i), label[1])};
      struct metric_data data = data_for(expectation_at(i), score, own, NULL, 2);
      const struct metric_row *row = metric_find(expectation_at(i)->name);
      double out;
      assert_int_equal(copse_context_create(&allocator, &data.ctx, NULL), COPSE_OK);
      copse_status status = row->value(row, &data, &out, NULL);
      assert_int_equal(status, hook.refused > 0 ? COPSE_ERR_MEMORY : COPSE_OK);
      refused += status == COPSE_ERR_MEMORY;
      assert_int_equal(copse_context_memory_used(data.ctx), 0);
      copse_context_free(data.ctx);
      assert_int_equal(hook.live, 0);
    }
  assert_true(refused >= 2 + 2 * 9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_metric_is_expected),
      cmocka_unit_test(perfect_constant_and_one_class),
      cmocka_unit_test(tied_rows_match_a_plain_evaluation),
      cmocka_unit_test(weight_two_is_the_row_twice),
      cmocka_unit_test(threads_give_equal_bits),
      cmocka_unit_test(regression_values_are_lightgbms),
      cmocka_unit_test(probability_values_are_lightgbms),
      cmocka_unit_test(class_values_are_lightgbms),
      cmocka_unit_test(costs_turn_the_directions),
      cmocka_unit_test(counts_and_thresholds),
      cmocka_unit_test(counts_of_many_classes),
      cmocka_unit_test(absent_classes_do_not_count),
      cmocka_unit_test(transforms),
      cmocka_unit_test(impossible_probabilities_are_floored),
      cmocka_unit_test(auc_takes_minus_zero_for_zero),
      cmocka_unit_test(refusals),
      cmocka_unit_test(wrong_shapes_are_refused),
      cmocka_unit_test(quantiles_are_judged_in_order),
      cmocka_unit_test(lack_of_memory_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
