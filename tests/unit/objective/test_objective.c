/* The table of objectives: LightGBM's own numbers, and for every row that trains finite differences of its
 * loss, the sign of the hessian and the start score as a minimum. A new row needs its loss in `losses`. */
#include <math.h>
#include <string.h>

#include "objective/objective.h"
#include "testing.h"

enum { N = 6, MANY = 50000 };

static const float weights[N] = {1, 2, 0.5f, 1.5f, 3, 1};
static const float binary_labels[N] = {0, 1, 0, 1, 1, 0};
static const double scores[N] = {0.3, -0.4, 1, 0.2, 2, -1};

static struct objective_params plain_params(enum objective_kind kind) {
  return (struct objective_params){
      .kind = kind, .n_outputs = 1, .boost_from_average = true, .scale_pos_weight = 1, .sigmoid = 1};
}

static struct objective make(const struct objective_params *params, const float *label, const float *weight,
                             uint64_t n_rows, int n_threads) {
  struct objective_data data = {.label = label, .weight = weight, .n_rows = n_rows, .n_threads = n_threads};
  struct objective objective;
  copse_error err = {.message = ""};
  if (objective_init(params, &data, &objective, &err) != COPSE_OK) fail_msg("%s", err.message);
  return objective;
}

static struct objective from_text(const char *text, int n_outputs) {
  struct objective objective;
  copse_error err = {.message = ""};
  if (objective_from_text(text, n_outputs, &objective, &err) != COPSE_OK) fail_msg("%s", err.message);
  return objective;
}

static void assert_near(double got, double expected, double tolerance) {
  if (!(fabs(got - expected) <= tolerance)) fail_msg("got %.17g, expected %.17g", got, expected);
}

/* ---- the losses whose derivatives the gradients claim to be ---- */

static double squared_loss(const struct objective *o, double y, double s) {
  double target = o->params.reg_sqrt ? (y < 0 ? -sqrt(-y) : sqrt(y)) : y;
  return 0.5 * (s - target) * (s - target);
}

static double logistic_loss(const struct objective *o, double y, double s) {
  double z = (y > 0 ? 1 : -1) * o->params.sigmoid * s;
  return o->class_weight[y > 0] * (z > 0 ? log1p(exp(-z)) : -z + log1p(exp(z)));
}

static const struct {
  enum objective_kind kind;
  double (*loss)(const struct objective *o, double y, double s);
  float labels[N];
} losses[] = {
    {OBJECTIVE_REGRESSION, squared_loss, {0.5f, 1, -2, 3.5f, 5, 8}},
    {OBJECTIVE_BINARY, logistic_loss, {0, 1, 0, 1, 1, 0}},
};

static size_t loss_of(enum objective_kind kind) {
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
    if (losses[i].kind == kind) return i;
  fail_msg("objective %s has no loss in this test", objective_row_of(kind)->name);
  return 0;
}

static void check_derivatives(const struct objective_params *params, const float *weight) {
  size_t at = loss_of(params->kind);
  struct objective o = make(params, losses[at].labels, weight, N, 1);
  float g[N], h[N];
  o.row->gradients(&o, scores, 0, N, g, h);
  for (int i = 0; i < N; i++) {
    double y = (double)losses[at].labels[i], s = scores[i], w = weight != NULL ? (double)weight[i] : 1,
           d = 1e-4;
    double below = losses[at].loss(&o, y, s - d), here = losses[at].loss(&o, y, s),
           above = losses[at].loss(&o, y, s + d);
    assert_true(h[i] > 0);
    assert_near((double)g[i], w * (above - below) / (2 * d), 1e-6 * (1 + fabs((double)g[i])));
    assert_near((double)h[i], w * (above - 2 * here + below) / (d * d), 1e-6 * (1 + (double)h[i]));
    if (o.constant_hessian) assert_true(h[i] == h[0]);
  }
}

static void check_start(const struct objective_params *params, const float *weight) {
  size_t at = loss_of(params->kind);
  struct objective o = make(params, losses[at].labels, weight, N, 1);
  double start = o.row->start(&o, 0), total[3] = {0};
  for (int i = 0; i < N; i++)
    for (int k = 0; k < 3; k++)
      total[k] += (weight != NULL ? (double)weight[i] : 1) *
                  losses[at].loss(&o, (double)losses[at].labels[i], start + 1e-3 * (k - 1));
  assert_true(total[1] < total[0] && total[1] < total[2]);
}

static void every_trained_row_matches_its_loss(void **state) {
  (void)state;
  int trained = 0;
  for (size_t r = 0; r < objective_count(); r++) {
    const struct objective_row *row = objective_at(r);
    if (row->gradients == NULL) continue;
    trained++;
    struct objective_params params = plain_params(row->kind);
    check_derivatives(&params, NULL);
    check_derivatives(&params, weights);
    check_start(&params, NULL);
    check_start(&params, weights);
    if (row->takes_sqrt) {
      params.reg_sqrt = true;
      check_derivatives(&params, weights);
      check_start(&params, weights);
    }
    if (row->takes_sigmoid) {
      params.sigmoid = 0.7;
      check_derivatives(&params, weights);
      check_start(&params, weights);
      params.is_unbalance = true;
      check_derivatives(&params, weights);
      params.is_unbalance = false;
      params.scale_pos_weight = 2.5;
      check_derivatives(&params, weights);
    }
  }
  assert_int_equal(trained, 2);
}

/* ---- LightGBM's numbers (test vectors T2a, T2b) ---- */

static void binary_gradients_are_lightgbms(void **state) {
  (void)state;
  static const double expected[N][2] = {{0.5744425, 0.2444583},  {-0.5986876, 0.2402608},
                                        {0.7310586, 0.1966119},  {-0.450166, 0.2475166},
                                        {-0.1192029, 0.1049936}, {0.2689414, 0.1966119}};
  struct objective_params params = plain_params(OBJECTIVE_BINARY);
  struct objective o = make(&params, binary_labels, NULL, N, 1);
  float g[N], h[N];
  o.row->gradients(&o, scores, 0, N, g, h);
  for (int i = 0; i < N; i++) {
    assert_near((double)g[i], expected[i][0], 6e-8);
    assert_near((double)h[i], expected[i][1], 6e-8);
  }
  params.sigmoid = 2;
  o = make(&params, binary_labels, NULL, N, 1);
  o.row->gradients(&o, scores, 0, N, g, h);
  assert_near((double)g[0], 1.291313, 6e-7);
  assert_near((double)h[0], 0.9151369, 6e-8);
  params.sigmoid = 1;
  params.scale_pos_weight = 3;
  o = make(&params, binary_labels, NULL, N, 1);
  o.row->gradients(&o, scores, 0, N, g, h);
  assert_near((double)g[1], -1.796063, 6e-7);
  assert_near((double)h[1], 0.7207822, 6e-8);
}

static void binary_start_is_lightgbms(void **state) {
  (void)state;
  struct objective_params params = plain_params(OBJECTIVE_BINARY);
  struct objective o = make(&params, binary_labels, weights, N, 1);
  assert_near(o.row->start(&o, 0), 0.955511, 6e-7);
  params.sigmoid = 2;
  o = make(&params, binary_labels, weights, N, 1);
  assert_near(o.row->start(&o, 0), 0.477756, 6e-7);
  params.scale_pos_weight = 7; /* class weights do not enter */
  o = make(&params, binary_labels, weights, N, 1);
  assert_near(o.row->start(&o, 0), 0.477756, 6e-7);
}

static void regression_is_lightgbms(void **state) {
  (void)state;
  static const float labels[N] = {0.5f, 1, 2, 3.5f, 5, 8};
  struct objective_params params = plain_params(OBJECTIVE_REGRESSION);
  struct objective o = make(&params, labels, NULL, N, 1);
  assert_near(o.row->start(&o, 0), 20.0 / 6, 0);
  assert_true(o.constant_hessian);
  o = make(&params, labels, weights, N, 1);
  assert_near(o.row->start(&o, 0), 3.527778, 6e-7);
  assert_false(o.constant_hessian);
  float g[N], h[N];
  o.row->gradients(&o, scores, 0, N, g, h);
  for (int i = 0; i < N; i++) {
    assert_true(g[i] == (float)(scores[i] - (double)labels[i]) * weights[i]);
    assert_true(h[i] == weights[i]);
  }
}

static void reg_sqrt_is_lightgbms(void **state) {
  (void)state;
  static const float labels[4] = {-4, 1, 4, 9};
  struct objective_params params = plain_params(OBJECTIVE_REGRESSION);
  params.reg_sqrt = true;
  struct objective o = make(&params, labels, NULL, 4, 1);
  assert_near(o.row->start(&o, 0), 1, 0);
  double score[4] = {1, 1, 1, 1};
  float g[4], h[4];
  o.row->gradients(&o, score, 0, 4, g, h);
  static const float expected[4] = {3, 0, -1, -2};
  for (int i = 0; i < 4; i++) assert_true(g[i] == expected[i] && h[i] == 1);
  double raw = -2;
  o.row->transform(&o, &raw);
  assert_true(raw == -4);
}

/* ---- class weights, one class, refusals ---- */

static void is_unbalance_lifts_the_rarer_class(void **state) {
  (void)state;
  struct objective_params params = plain_params(OBJECTIVE_BINARY);
  params.is_unbalance = true;
  static const float few_positive[5] = {0, 0, 1, 0, 0}, few_negative[5] = {1, -1, 1, 1, 1};
  struct objective o = make(&params, few_positive, NULL, 5, 1);
  assert_true(o.class_weight[0] == 1 && o.class_weight[1] == 4 && o.n_positive == 1 && o.trainable);
  o = make(&params, few_negative, weights, 5, 1); /* raw counts, not weights */
  assert_true(o.class_weight[0] == 4 && o.class_weight[1] == 1 && o.n_positive == 4 && o.trainable);
}

static void one_class_is_not_trainable(void **state) {
  (void)state;
  static const float ones[3] = {1, 1, 1}, zeros[3] = {0, 0, 0};
  struct objective_params params = plain_params(OBJECTIVE_BINARY);
  params.is_unbalance = true;
  struct objective o = make(&params, ones, NULL, 3, 1);
  assert_false(o.trainable);
  assert_near(o.row->start(&o, 0), 34.539575992340879, 1e-13);
  assert_true(o.class_weight[0] == 1 && o.class_weight[1] == 1);
  o = make(&params, zeros, NULL, 3, 1);
  assert_false(o.trainable);
  assert_near(o.row->start(&o, 0), -34.538776391283193, 1e-13);
}

static void assert_refused(const struct objective_params *params, const struct objective_data *data,
                           const char *part) {
  struct objective o = {.n_positive = 77};
  copse_error err;
  assert_int_equal(objective_init(params, data, &o, &err), COPSE_ERR_DATA);
  if (strstr(err.message, part) == NULL) fail_msg("\"%s\" does not say \"%s\"", err.message, part);
  assert_int_equal(o.n_positive, 77);
}

static void bad_labels_and_weights_are_refused(void **state) {
  (void)state;
  static const float two[4] = {0, 1, 2, 1}, mixed[4] = {1, 0, 1, -1}, half[2] = {0, 0.5f}, good[2] = {0, 1};
  static const float no_weight[2] = {0, 0};
  struct objective_params params = plain_params(OBJECTIVE_BINARY);
  assert_refused(&params, &(struct objective_data){.label = two, .n_rows = 4}, "row 3: label 2:");
  assert_refused(&params, &(struct objective_data){.label = mixed, .n_rows = 4},
                 "row 2 has label 0 and row 4 label -1");
  assert_refused(&params, &(struct objective_data){.label = half, .n_rows = 2}, "row 2: label 0.5:");
  assert_refused(&params, &(struct objective_data){.label = good, .weight = no_weight, .n_rows = 2},
                 "sum to 0");
  assert_refused(&params, &(struct objective_data){.n_rows = 2}, "needs a label");
  assert_refused(&params, &(struct objective_data){.label = good}, "at least one row");
  params.kind = OBJECTIVE_CUSTOM;
  struct objective o = make(&params, NULL, NULL, 2, 1);
  assert_null(o.row->gradients);
  double raw = 0.25;
  o.row->transform(&o, &raw);
  assert_true(raw == 0.25);
}

/* ---- independence of threads, chunks and tiers ---- */

static void start_and_gradients_do_not_depend_on_the_cut(void **state) {
  (void)state;
  static float label[MANY], weight[MANY], g[2][MANY], h[2][MANY];
  static double score[MANY];
  uint64_t x = 7;
  for (int i = 0; i < MANY; i++) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    label[i] = (float)(x >> 63);
    weight[i] = (float)(x >> 40 & 0xffff) / 1000.0f + 0.001f;
    score[i] = ((double)(x >> 20 & 0xffff) - 32768.0) / 4000.0;
  }
  for (size_t r = 0; r < objective_count(); r++) {
    if (objective_at(r)->gradients == NULL) continue;
    for (int sqrt_on = 0; sqrt_on < 2; sqrt_on++) {
      struct objective_params params = plain_params(objective_at(r)->kind);
      params.reg_sqrt = sqrt_on;
      struct objective one = make(&params, label, weight, MANY, 1);
      double start = one.row->start(&one, 0);
      static const int threads[] = {2, 3, 8};
      for (int t = 0; t < 3; t++) {
        struct objective o = make(&params, label, weight, MANY, threads[t]);
        assert_true(o.row->start(&o, 0) == start);
      }
      one.row->gradients(&one, score, 0, MANY, g[0], h[0]);
      for (uint64_t at = 0, step = 1; at < MANY; at += step, step = step * 3 + 1)
        one.row->gradients(&one, score, at, at + step < MANY ? at + step : MANY, g[1], h[1]);
      assert_memory_equal(g[0], g[1], sizeof g[0]);
      assert_memory_equal(h[0], h[1], sizeof h[0]);
      for (int tier = CPU_SCALAR; tier <= CPU_AVX512; tier++) {
        one.kernels = kernels_of_tier((enum cpu_tier)tier);
        if (one.kernels == NULL) continue;
        one.row->gradients(&one, score, 0, MANY, g[1], h[1]);
        assert_memory_equal(g[0], g[1], sizeof g[0]);
        assert_memory_equal(h[0], h[1], sizeof h[0]);
      }
    }
  }
}

/* ---- text ---- */

static void every_lightgbm_objective_transforms(void **state) {
  (void)state;
  double e = exp(0.7), s = 1 / (1 + exp(-0.7)), s2 = 1 / (1 + exp(-2 * 0.7));
  const struct {
    const char *text;
    double expected; /* of raw 0.7 */
  } cases[] = {
      {"", 0.7},
      {"custom", 0.7},
      {"regression", 0.7},
      {"regression sqrt", 1.0 * 0.7 * 0.7},
      {"regression_l1", 0.7},
      {"regression_l1 sqrt", 1.0 * 0.7 * 0.7},
      {"huber", 0.7},
      {"fair", 0.7},
      {"fair sqrt", 1.0 * 0.7 * 0.7},
      {"poisson", e},
      {"quantile", 0.7},
      {"quantile alpha:0.9", 0.7},
      {"mape", 0.7},
      {"gamma", e},
      {"tweedie", e},
      {"tweedie tweedie_variance_power:1.5\r\n", e},
      {"binary sigmoid:1", s},
      {"binary sigmoid:2", s2},
      {"binary sigmoid:1.36", 1 / (1 + exp(-(1 + 0.36) * 0.7))}, /* LightGBM's parser: not the double 1.36 */
      {"binary sigmoid:1.36e0", 1 / (1 + exp(-1.36 * 0.7))},
      {"cross_entropy", s},
      {"cross_entropy_lambda", log1p(e)},
      {"lambdarank", 0.7},
      {"rank_xendcg", 0.7},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct objective o = from_text(cases[i].text, 1);
    double raw = 0.7;
    o.row->transform(&o, &raw);
    if (raw != cases[i].expected)
      fail_msg("%s: %.17g, expected %.17g", cases[i].text, raw, cases[i].expected);
  }
}

static void several_outputs(void **state) {
  (void)state;
  struct objective o = from_text("multiclass num_class:3", 3);
  double raw[3] = {1, 3, 2};
  double a = exp(1 - 3.0), b = exp(0.0), c = exp(2 - 3.0), sum = a + b + c;
  o.row->transform(&o, raw);
  assert_true(raw[0] == a / sum && raw[1] == b / sum && raw[2] == c / sum);
  double large[3] = {1000, 1000, -1000};
  o.row->transform(&o, large);
  assert_true(large[0] == 0.5 && large[1] == 0.5 && large[2] == 0);
  o = from_text("multiclassova num_class:2 sigmoid:2", 2);
  double ova[2] = {0.5, -3};
  o.row->transform(&o, ova);
  assert_true(ova[0] == 1 / (1 + exp(-2 * 0.5)) && ova[1] == 1 / (1 + exp(2 * 3.0)));
}

static void describe_gives_the_text_back(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "regression",
                                      "regression sqrt",
                                      "binary sigmoid:1",
                                      "binary sigmoid:0.7",
                                      "binary sigmoid:1.36",
                                      "binary sigmoid:1.3600000000000001",
                                      "binary sigmoid:0.12345678901234568",
                                      "poisson",
                                      "cross_entropy_lambda",
                                      "quantile sqrt",
                                      "lambdarank"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct objective o = from_text(texts[i], 1);
    copse_text out = {0};
    o.row->describe(&o, &out);
    assert_false(out.failed);
    assert_string_equal(out.data != NULL ? out.data : "", texts[i]);
    copse_text_release(&out);
  }
  struct objective o = from_text("multiclassova num_class:4 sigmoid:1.5", 4);
  copse_text out = {0};
  o.row->describe(&o, &out);
  assert_string_equal(out.data, "multiclassova num_class:4 sigmoid:1.5");
  copse_text_release(&out);
}

static void bad_texts_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int n_outputs;
    const char *part;
  } cases[] = {
      {"regresion", 1, "\"regresion\" is not an objective"},
      {"binary sigmoid:0", 1, "expected a sigmoid above 0"},
      {"binary sigmoid:-1", 1, "expected a sigmoid above 0"},
      {"binary sigmoid:nan", 1, "expected a sigmoid above 0"},
      {"binary sigmoid:1x", 1, "expected a sigmoid above 0"},
      {"binary sigmoid:1", 3, "has one output"},
      {"multiclass num_class:3", 2, "2 trees per round"},
      {"multiclass num_class:x", 3, "3 trees per round"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct objective o;
    copse_error err;
    assert_int_equal(objective_from_text(cases[i].text, cases[i].n_outputs, &o, &err), COPSE_ERR_FORMAT);
    if (strstr(err.message, cases[i].part) == NULL) fail_msg("%s: %s", cases[i].text, err.message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_trained_row_matches_its_loss),
      cmocka_unit_test(binary_gradients_are_lightgbms),
      cmocka_unit_test(binary_start_is_lightgbms),
      cmocka_unit_test(regression_is_lightgbms),
      cmocka_unit_test(reg_sqrt_is_lightgbms),
      cmocka_unit_test(is_unbalance_lifts_the_rarer_class),
      cmocka_unit_test(one_class_is_not_trainable),
      cmocka_unit_test(bad_labels_and_weights_are_refused),
      cmocka_unit_test(start_and_gradients_do_not_depend_on_the_cut),
      cmocka_unit_test(every_lightgbm_objective_transforms),
      cmocka_unit_test(several_outputs),
      cmocka_unit_test(describe_gives_the_text_back),
      cmocka_unit_test(bad_texts_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
