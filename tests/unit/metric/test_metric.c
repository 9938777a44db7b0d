/* The table of metrics: LightGBM's own numbers, and for every row its perfect, constant, tied, weighted and
 * one-class values, a plain reimplementation, and equal bits for any number of threads. A new row needs one
 * in `expected`. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric.h"
#include "testing.h"

enum { N = 6, MANY = 30000 };

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

static long double prediction_at(const struct metric_data *d, uint64_t i) {
  long double s = d->score[i];
  return d->transform == METRIC_TRANSFORM_SIGMOID ? 1 / (1 + expl(-d->sigmoid * s)) : s;
}

static long double plain_mean(const struct metric_data *d,
                              long double (*loss)(long double p, bool y, long double label)) {
  long double sum = 0, weight = 0;
  for (uint64_t i = 0; i < d->n_rows; i++) {
    sum += weight_at(d, i) * loss(prediction_at(d, i), d->label[i] > 0, (long double)d->label[i]);
    weight += weight_at(d, i);
  }
  return sum / weight;
}

static long double loss_l1(long double p, bool y, long double label) { return (void)y, fabsl(p - label); }
static long double loss_l2(long double p, bool y, long double label) {
  return (void)y, (p - label) * (p - label);
}
static long double loss_log(long double p, bool y, long double label) {
  return (void)label, -logl(y ? p : 1 - p);
}
static long double loss_error(long double p, bool y, long double label) {
  return (void)label, (p > 0.5L) != y;
}

static long double plain_l1(const struct metric_data *d) { return plain_mean(d, loss_l1); }
static long double plain_l2(const struct metric_data *d) { return plain_mean(d, loss_l2); }
static long double plain_rmse(const struct metric_data *d) { return sqrtl(plain_mean(d, loss_l2)); }
static long double plain_logloss(const struct metric_data *d) { return plain_mean(d, loss_log); }
static long double plain_error(const struct metric_data *d) { return plain_mean(d, loss_error); }

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

/* Weight of the rows with actual class a and predicted class b; -1 = any. */
static long double cell(const struct metric_data *d, int a, int b) {
  long double sum = 0;
  for (uint64_t i = 0; i < d->n_rows; i++) {
    int actual = d->label[i] > 0, predicted = prediction_at(d, i) > d->threshold;
    if ((a < 0 || a == actual) && (b < 0 || b == predicted)) sum += weight_at(d, i);
  }
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

static long double plain_accuracy(const struct metric_data *d) {
  return (cell(d, 0, 0) + cell(d, 1, 1)) / cell(d, -1, -1);
}
static long double plain_precision(const struct metric_data *d) { return precision(d, 1); }
static long double plain_recall(const struct metric_data *d) { return recall(d, 1); }
static long double plain_f1(const struct metric_data *d) { return f1(d, 1); }
static long double plain_precision_macro(const struct metric_data *d) {
  return (precision(d, 0) + precision(d, 1)) / 2;
}
static long double plain_recall_macro(const struct metric_data *d) {
  return (recall(d, 0) + recall(d, 1)) / 2;
}
static long double plain_f1_macro(const struct metric_data *d) { return (f1(d, 0) + f1(d, 1)) / 2; }

/* ---- the table ---- */

static const struct expectation {
  const char *name;
  bool sigmoid; /* scores are log-odds, else values */
  double perfect, constant, one_class;
  long double (*plain)(const struct metric_data *d);
} expected[] = {
    /* constant: labels half positive, all scores 0; one_class: all positive, scores 1, -1, 1, -1, 1, -1 */
    {"l1", false, 0, 0.5, 1, plain_l1},
    {"l2", false, 0, 0.5, 2, plain_l2},
    {"rmse", false, 0, 0.70710678118654752, 1.4142135623730951, plain_rmse},
    {"binary_logloss", true, 0, 0.69314718055994531, 0.81326168751822286, plain_logloss},
    {"binary_error", true, 0, 0.5, 0.5, plain_error},
    {"auc", true, 1, 0.5, 1, plain_auc},
    {"accuracy", true, 1, 0.5, 0.5, plain_accuracy},
    {"precision", true, 1, 0, 1, plain_precision},
    {"recall", true, 1, 0, 0.5, plain_recall},
    {"f1", true, 1, 0, 2.0 / 3, plain_f1},
    {"precision_macro", true, 1, 0.25, 0.5, plain_precision_macro},
    {"recall_macro", true, 1, 0.5, 0.25, plain_recall_macro},
    {"f1_macro", true, 1, 1.0 / 3, 1.0 / 3, plain_f1_macro},
};

static const struct expectation *expectation_of(const struct metric_row *row) {
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    if (strcmp(expected[i].name, row->name) == 0) return &expected[i];
  fail_msg("metric %s has no line in this test", row->name);
  return NULL;
}

static struct metric_data data_for(const struct expectation *e, const double *score, const float *label,
                                   const float *weight, uint64_t n_rows) {
  return (struct metric_data){.score = score,
                              .label = label,
                              .weight = weight,
                              .n_rows = n_rows,
                              .n_outputs = 1,
                              .n_threads = 1,
                              .transform = e->sigmoid ? METRIC_TRANSFORM_SIGMOID : METRIC_TRANSFORM_IDENTITY,
                              .sigmoid = 1,
                              .threshold = 0.5};
}

static void perfect_constant_and_one_class(void **state) {
  (void)state;
  static const float label[N] = {0, 1, 0, 1, 1, 0}, ones[N] = {1, 1, 1, 1, 1, 1};
  static const double exact[N] = {0, 1, 0, 1, 1, 0}, sure[N] = {-50, 50, -50, 50, 50, -50}, zeros[N] = {0},
                      mixed[N] = {1, -1, 1, -1, 1, -1};
  for (size_t i = 0; i < metric_count(); i++) {
    const struct expectation *e = expectation_of(metric_at(i));
    struct metric_data data = data_for(e, e->sigmoid ? sure : exact, label, NULL, N);
    assert_near(e->name, value_of(e->name, &data), e->perfect, 0);
    data.weight = weights;
    assert_near(e->name, value_of(e->name, &data), e->perfect, 0);
    data = data_for(e, zeros, label, NULL, N);
    assert_near(e->name, value_of(e->name, &data), e->constant, 2e-16);
    data = data_for(e, mixed, ones, NULL, N);
    assert_near(e->name, value_of(e->name, &data), e->one_class, 3e-16);
    /* better than constant in the direction the row claims */
    assert_true(metric_at(i)->higher_is_better ? e->perfect > e->constant : e->perfect < e->constant);
  }
}

/* A binary problem with many ties. */
static void fill(double *score, float *label, float *weight, uint64_t n) {
  uint64_t x = 20261122;
  for (uint64_t i = 0; i < n; i++) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    label[i] = (x >> 40 & 15) < 6 ? 1.0f : 0.0f;
    score[i] = (double)(int)(x >> 50 & 63) / 16.0 - 2.5 + (double)label[i];
    weight[i] = (float)(x >> 57);
  }
}

static void tied_rows_match_a_plain_evaluation(void **state) {
  (void)state;
  enum { ROWS = 700 };
  static double score[ROWS];
  static float label[ROWS], weight[ROWS];
  fill(score, label, weight, ROWS);
  for (size_t i = 0; i < metric_count(); i++) {
    const struct expectation *e = expectation_of(metric_at(i));
    for (int weighted = 0; weighted < 2; weighted++)
      for (double threshold = 0.3; threshold < 0.8; threshold += 0.2) {
        struct metric_data data = data_for(e, score, label, weighted ? weight : NULL, ROWS);
        data.threshold = threshold;
        data.sigmoid = 1.3;
        assert_near(e->name, value_of(e->name, &data), (double)e->plain(&data), 2e-14);
      }
  }
}

static void weight_two_is_the_row_twice(void **state) {
  (void)state;
  enum { ROWS = 300 };
  static double score[ROWS], copied_score[2 * ROWS];
  static float label[ROWS], weight[ROWS], copied_label[2 * ROWS];
  fill(score, label, weight, ROWS);
  uint64_t n = 0;
  for (int i = 0; i < ROWS; i++) {
    int copies = i % 7 == 0 ? 0 : i % 3 == 0 ? 2 : 1;
    weight[i] = (float)copies;
    for (; copies > 0; copies--, n++) {
      copied_score[n] = score[i];
      copied_label[n] = label[i];
    }
  }
  for (size_t m = 0; m < metric_count(); m++) {
    const struct expectation *e = expectation_of(metric_at(m));
    struct metric_data weighted = data_for(e, score, label, weight, ROWS);
    struct metric_data copied = data_for(e, copied_score, copied_label, NULL, n);
    assert_near(e->name, value_of(e->name, &weighted), value_of(e->name, &copied), 1e-15);
  }
}

static void threads_give_equal_bits(void **state) {
  (void)state;
  static double score[MANY];
  static float label[MANY], weight[MANY];
  fill(score, label, weight, MANY);
  for (uint64_t i = 0; i < MANY; i++) {
    score[i] += (double)i * 1e-7;
    weight[i] = 0.1f * weight[i] + 0.01f;
  }
  for (size_t m = 0; m < metric_count(); m++) {
    const struct expectation *e = expectation_of(metric_at(m));
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

/* ---- LightGBM's numbers (test vectors T2a, T3a, T3b), printed with six digits ---- */

static const double t3_scores[N] = {0.3, -0.4, 1, 0.2, 2, -1};

static void assert_printed(const char *name, double got, double printed) {
  assert_near(name, got, printed, 6e-6 * fabs(printed));
}

static void regression_values_are_lightgbms(void **state) {
  (void)state;
  static const float label[N] = {0.5f, 1, 2, 3.5f, 5, 8};
  struct metric_data data = data_for(&expected[0], t3_scores, label, NULL, N);
  assert_printed("l1", value_of("l1", &data), 2.98333);
  assert_printed("l2", value_of("l2", &data), 17.315);
  assert_printed("rmse", value_of("rmse", &data), 4.16113);
  data.transform = METRIC_TRANSFORM_EXP;
  assert_printed("l2", value_of("l2", &data), 11.7493);
  data.weight = weights;
  assert_printed("l2", value_of("l2", &data), 9.37307);
  data.transform = METRIC_TRANSFORM_IDENTITY;
  assert_printed("l1", value_of("l1", &data), 2.93889);
  assert_printed("l2", value_of("l2", &data), 14.3106);
  assert_printed("rmse", value_of("rmse", &data), 3.78293);
}

static void binary_values_are_lightgbms(void **state) {
  (void)state;
  static const float label[N] = {0, 1, 0, 1, 1, 0};
  static const double score[N] = {0.3, -0.4, 0.3, 0.2, 2, -1};
  struct metric_data data = data_for(&expected[3], score, label, NULL, N);
  assert_printed("binary_logloss", value_of("binary_logloss", &data), 0.610009);
  assert_printed("binary_error", value_of("binary_error", &data), 0.5);
  assert_printed("auc", value_of("auc", &data), 0.555556);
  data.weight = weights;
  assert_printed("binary_logloss", value_of("binary_logloss", &data), 0.522091);
  assert_printed("binary_error", value_of("binary_error", &data), 0.388889);
  assert_printed("auc", value_of("auc", &data), 0.676923);
}

static void counts_and_thresholds(void **state) {
  (void)state;
  static const float label[N] = {0, 1, 0, 1, 1, 0};
  static const double score[N] = {0.3, -0.4, 0.3, 0.2, 2, -1};
  struct metric_data data = data_for(&expected[3], score, label, NULL, N);
  copse_confusion c;
  assert_int_equal(metric_confusion(&data, "test", &c, NULL), COPSE_OK);
  assert_true(c.count[0][0] == 1 && c.count[0][1] == 2 && c.count[1][0] == 1 && c.count[1][1] == 2);
  assert_near("f1", value_of("f1", &data), 4.0 / 7, 1e-16);
  assert_near("f1_macro", value_of("f1_macro", &data), (4.0 / 7 + 0.4) / 2, 1e-16);
  data.threshold = 0.8; /* p = 0.8808 for score 2 alone */
  data.weight = weights;
  assert_int_equal(metric_confusion(&data, "test", &c, NULL), COPSE_OK);
  assert_true(c.count[0][0] == 2.5 && c.count[0][1] == 0 && c.count[1][0] == 3.5 && c.count[1][1] == 3);
  assert_true(value_of("precision", &data) == 1);
  data.threshold = 1; /* nothing is predicted positive: 0, not 0/0 */
  assert_true(value_of("precision", &data) == 0 && value_of("f1", &data) == 0);
  data.transform = METRIC_TRANSFORM_IDENTITY; /* p == threshold is negative */
  data.threshold = 2;
  assert_int_equal(metric_confusion(&data, "test", &c, NULL), COPSE_OK);
  assert_true(c.count[0][1] == 0 && c.count[1][1] == 0);
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
  struct metric_data data = data_for(&expected[3], score, label, NULL, 2);
  assert_near("binary_logloss", value_of("binary_logloss", &data), 34.538776394910684, 1e-8);
}

static void auc_takes_minus_zero_for_zero(void **state) {
  (void)state;
  static const float label[2] = {1, 0};
  static const double score[2] = {0.0, -0.0};
  struct metric_data data = data_for(&expected[5], score, label, NULL, 2);
  assert_true(value_of("auc", &data) == 0.5);
}

static void refusals(void **state) {
  (void)state;
  static const float label[2] = {0, 1}, no_weight[2] = {0, 0};
  static const double score[4] = {0, 1, 2, 3};
  assert_null(metric_find("gini"));
  for (size_t i = 0; i < metric_count(); i++) {
    const struct metric_row *row = metric_at(i);
    assert_ptr_equal(metric_find(row->name), row);
    double out = 42;
    copse_error err;
    struct metric_data data = data_for(expectation_of(row), score, label, no_weight, 2);
    if (strcmp(row->name, "auc") == 0) {
      assert_int_equal(row->value(row, &data, &out, &err), COPSE_OK);
      assert_true(out == 1);
    } else {
      assert_int_equal(row->value(row, &data, &out, &err), COPSE_ERR_DATA);
      assert_non_null(strstr(err.message, "sum to 0"));
      assert_true(out == 42);
    }
    data.weight = NULL;
    data.n_rows = 0;
    assert_int_equal(row->value(row, &data, &out, &err), COPSE_ERR_DATA);
    data.n_rows = 2;
    data.label = NULL;
    assert_int_equal(row->value(row, &data, &out, &err), COPSE_ERR_DATA);
    data.label = label;
    data.n_outputs = 2;
    assert_int_equal(row->value(row, &data, &out, &err), COPSE_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, row->name));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(perfect_constant_and_one_class),
      cmocka_unit_test(tied_rows_match_a_plain_evaluation),
      cmocka_unit_test(weight_two_is_the_row_twice),
      cmocka_unit_test(threads_give_equal_bits),
      cmocka_unit_test(regression_values_are_lightgbms),
      cmocka_unit_test(binary_values_are_lightgbms),
      cmocka_unit_test(counts_and_thresholds),
      cmocka_unit_test(transforms),
      cmocka_unit_test(impossible_probabilities_are_floored),
      cmocka_unit_test(auc_takes_minus_zero_for_zero),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
