/* The table of objectives: LightGBM's own numbers, and for every row that trains finite differences of its
 * loss, the hessian, and the start score as a minimum. A new row needs its loss in `losses`. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hooked_allocator.h"
#include "objective/objective.h"
#include "params/meaning.h"
#include "testing.h"

enum { N = 6, K = 3, MANY = 50000 };

static const float weights[N] = {1, 2, 0.5f, 1.5f, 3, 1};
static const float binary_labels[N] = {0, 1, 0, 1, 1, 0};
static const float regression_labels[N] = {0.5f, 1, 2, 3.5f, 5, 8};
/* The first N are those of LightGBM's vectors; output-major. */
static const double scores[K * N] = {0.3, -0.4, 1,   0.2, 2,    -1,  -0.7, 0.1, 0.6,
                                     1.5, -2,   0.9, 1.1, -0.3, 0.4, 0.8,  -1,  0.25};

static struct objective_params plain_params(enum objective_kind kind) {
  bool many = kind == OBJECTIVE_MULTICLASS || kind == OBJECTIVE_MULTICLASSOVA ||
              kind == OBJECTIVE_QUANTILES || kind == OBJECTIVE_MULTI_REGRESSION;
  return (struct objective_params){.kind = kind,
                                   .n_outputs = many ? K : 1,
                                   .boost_from_average = true,
                                   .scale_pos_weight = 1,
                                   .sigmoid = 1,
                                   .alpha = 0.9,
                                   .poisson_max_delta_step = 0.7,
                                   .fair_c = 1,
                                   .tweedie_variance_power = 1.5,
                                   .focal_gamma = 2,
                                   .aft_scale = 0.75,
                                   .quantiles = {0.1, 0.5, 0.9}};
}

/* Further labels of a row are the first one bent and moved. */
static double label_of(double y, int k) { return k == 0 ? y : (double)(float)(y * (k - 3) + 0.5 * k); }

static struct objective make(const struct objective_params *params, const float *label, const float *weight,
                             uint64_t n_rows, int n_threads) {
  static float labels[K * MANY];
  if (params->kind == OBJECTIVE_MULTI_REGRESSION) { /* label: the first one of the rows */
    for (uint64_t i = 0; i < K * n_rows; i++)
      labels[i] = (float)label_of((double)label[i % n_rows], (int)(i / n_rows));
    label = labels;
  }
  struct objective_data data = {.label = label, .weight = weight, .n_rows = n_rows, .n_threads = n_threads};
  struct objective objective;
  copse_error err = {.message = ""};
  if (objective_init(NULL, params, &data, &objective, &err) != COPSE_OK) fail_msg("%s", err.message);
  return objective;
}

static double start_of(const struct objective_params *params, const float *label, const float *weight,
                       uint64_t n_rows, int output) {
  struct objective o = make(params, label, weight, n_rows, 1);
  double start = objective_start(&o, output);
  objective_release(&o);
  return start;
}

static void gradients_of(const struct objective_params *params, const float *label, const float *weight,
                         uint64_t n_rows, const double *score, float *g, float *h) {
  struct objective o = make(params, label, weight, n_rows, 1);
  o.row->gradients(&o, score, 0, n_rows, g, h);
  objective_release(&o);
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

static double target(const struct objective *o, double y) {
  return o->params.reg_sqrt ? (y < 0 ? -sqrt(-y) : sqrt(y)) : y;
}

static double squared_loss(const struct objective *o, double y, const double *s) {
  return 0.5 * (*s - target(o, y)) * (*s - target(o, y));
}

static double absolute_loss(const struct objective *o, double y, const double *s) {
  return fabs(*s - target(o, y));
}

static double pinball_loss(const struct objective *o, double y, const double *s) {
  double d = target(o, y) - *s, alpha = (double)(float)o->params.alpha;
  return d >= 0 ? alpha * d : (alpha - 1) * d;
}

static double huber_loss(const struct objective *o, double y, const double *s) {
  double d = fabs(*s - y), alpha = o->params.alpha;
  return d <= alpha ? d * d / 2 : alpha * (d - alpha / 2);
}

static double poisson_loss(const struct objective *o, double y, const double *s) {
  (void)o;
  return exp(*s) - y * *s;
}

static double log1p_exp(double z) { return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z)); }

static double side_loss(const struct objective *o, int k, bool positive, double s) {
  double z = (positive ? 1 : -1) * o->params.sigmoid * s;
  return o->classes[k].weight[positive] * log1p_exp(-z);
}

static double logistic_loss(const struct objective *o, double y, const double *s) {
  return side_loss(o, 0, y > 0, *s);
}

static double entropy_loss(const struct objective *o, double y, const double *s) {
  (void)o;
  return y * log1p_exp(-*s) + (1 - y) * log1p_exp(*s);
}

static double softmax_loss(const struct objective *o, double y, const double *s) {
  double sum = 0;
  for (int k = 0; k < o->params.n_outputs; k++) sum += exp(s[k]);
  return log(sum) - s[(int)y];
}

static double sides_loss(const struct objective *o, double y, const double *s) {
  double sum = 0;
  for (int k = 0; k < o->params.n_outputs; k++) sum += side_loss(o, k, k == (int)y, s[k]);
  return sum;
}

static double fair_loss(const struct objective *o, double y, const double *s) {
  double d = fabs(*s - target(o, y)), c = o->params.fair_c;
  return c * d - c * c * log1p(d / c);
}

static double percentage_loss(const struct objective *o, double y, const double *s) {
  return fabs(*s - target(o, y)) / fmax(1, fabs(target(o, y)));
}

static double gamma_loss(const struct objective *o, double y, const double *s) {
  (void)o;
  return y * exp(-*s) + *s;
}

static double tweedie_loss(const struct objective *o, double y, const double *s) {
  double rho = o->params.tweedie_variance_power;
  return exp((2 - rho) * *s) / (2 - rho) - y * exp((1 - rho) * *s) / (1 - rho);
}

static double exposure; /* of the row at hand */

static double lambda_loss(const struct objective *o, double y, const double *s) {
  (void)o;
  double rate = exposure * log1p_exp(*s);
  return (1 - y) * rate - y * log(-expm1(-rate));
}

static double levels_loss(const struct objective *o, double y, const double *s) {
  double sum = 0;
  for (int k = 0; k < o->params.n_outputs; k++) {
    double alpha = (double)(float)o->params.quantiles[k];
    sum += y >= s[k] ? alpha * (y - s[k]) : (1 - alpha) * (s[k] - y);
  }
  return sum;
}

static double expectile_loss(const struct objective *o, double y, const double *s) {
  double d = y - *s;
  return (d >= 0 ? o->params.alpha : 1 - o->params.alpha) * d * d;
}

static double focal_loss(const struct objective *o, double y, const double *s) {
  double z = y > 0 ? *s : -*s;
  return o->classes[0].weight[y > 0] * exp(-o->params.focal_gamma * log1p_exp(z)) * log1p_exp(-z);
}

static double labels_loss(const struct objective *o, double y, const double *s) {
  double sum = 0;
  for (int k = 0; k < o->params.n_outputs; k++)
    sum += 0.5 * (s[k] - label_of(y, k)) * (s[k] - label_of(y, k));
  return sum;
}

static double aft_loss(const struct objective *o, double y, const double *s) {
  double z = (log(fabs(y)) - *s) / o->params.aft_scale;
  if (o->params.aft_distribution == AFT_EXTREME) return y > 0 ? exp(z) - z : exp(z);
  return log1p_exp(z) + (y > 0 ? log1p_exp(-z) : 0);
}

enum start_kind {
  MINIMUM,    /* no other constant is better */
  PERCENTILE, /* which need not be a minimum between two labels */
  MEAN,       /* LightGBM's choice, though the loss has its minimum elsewhere */
  ELSEWHERE   /* checked by a test of its own */
};

static const struct loss {
  enum objective_kind kind;
  double (*loss)(const struct objective *o, double y, const double *s); /* NULL: of all rows together */
  double curvature; /* hessian over second derivative; 0: the hessian is the weight; -1: at least it */
  enum start_kind start;
  float labels[N];
} losses[] = {
    {OBJECTIVE_REGRESSION, squared_loss, 1, MINIMUM, {0.5f, 1, -2, 3.5f, 5, 8}},
    {OBJECTIVE_REGRESSION_L1, absolute_loss, 0, PERCENTILE, {0.5f, 1, -2, 3.5f, 5, 8}},
    {OBJECTIVE_QUANTILE, pinball_loss, 0, PERCENTILE, {0.5f, 1, -2, 3.5f, 5, 8}},
    {OBJECTIVE_HUBER, huber_loss, 0, MINIMUM, {0.5f, 0.25f, 0.375f, 0.75f, 0.5f, 1}},
    {OBJECTIVE_POISSON, poisson_loss, 2.0137527074704766 /* e^0.7 */, MINIMUM, {0, 1, 0, 3, 2, 7}},
    {OBJECTIVE_BINARY, logistic_loss, 1, MINIMUM, {0, 1, 0, 1, 1, 0}},
    {OBJECTIVE_CROSS_ENTROPY, entropy_loss, 1, MINIMUM, {0.1f, 0.9f, 0.3f, 0.6f, 1, 0}},
    {OBJECTIVE_MULTICLASS, softmax_loss, 1.5 /* K / (K - 1) */, MINIMUM, {0, 1, 2, 2, 1, 0}},
    {OBJECTIVE_MULTICLASSOVA, sides_loss, 1, MINIMUM, {0, 1, 2, 2, 1, 0}},
    {OBJECTIVE_FAIR, fair_loss, 1, MEAN, {0.5f, 1, -2, 3.5f, 5, 8}},
    {OBJECTIVE_MAPE, percentage_loss, 0, PERCENTILE, {0.5f, 1, -2, 3.5f, 5, 8}},
    {OBJECTIVE_GAMMA, gamma_loss, 1, MINIMUM, {0.5f, 1, 2, 3.5f, 5, 8}},
    {OBJECTIVE_TWEEDIE, tweedie_loss, 1, MINIMUM, {0, 1, 0, 3.5f, 5, 8}},
    {OBJECTIVE_CROSS_ENTROPY_LAMBDA, lambda_loss, 1, ELSEWHERE, {0.1f, 0.9f, 0.3f, 0.6f, 1, 0}},
    {OBJECTIVE_QUANTILES, levels_loss, 0, PERCENTILE, {0.5f, 1, -2, 3.5f, 5, 8}},
    {OBJECTIVE_EXPECTILE, expectile_loss, 1, MINIMUM, {0.5f, 1, -2, 3.5f, 5, 8}},
    {OBJECTIVE_FOCAL, focal_loss, -1, MINIMUM, {0, 1, 0, 1, 1, 0}},
    {OBJECTIVE_COX, NULL, 1, ELSEWHERE, {3, 1, -2, 2, 1, -5}},
    {OBJECTIVE_AFT, aft_loss, 1, MINIMUM, {3, 1, -2, 0.5f, 1, -5}},
    {OBJECTIVE_MULTI_REGRESSION, labels_loss, 1, MINIMUM, {0.5f, 1, -2, 3.5f, 5, 8}},
};

static const struct loss *loss_of(enum objective_kind kind) {
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
    if (losses[i].kind == kind) return &losses[i];
  fail_msg("objective %s has no loss in this test", objective_row_of(kind)->name);
  return NULL;
}

static void check_row(const struct objective *o, const struct loss *loss, int row, int output, float g,
                      float h) {
  double y = (double)loss->labels[row], d = 1e-4, at[3], s[K];
  double w = o->data.weight != NULL ? (double)o->data.weight[row] : 1;
  exposure = w;
  if (loss->kind == OBJECTIVE_CROSS_ENTROPY_LAMBDA) w = 1; /* it is in the loss, no factor on it */
  for (int k = 0; k < o->params.n_outputs; k++) s[k] = scores[k * N + row];
  double middle = s[output];
  for (int i = 0; i < 3; i++) {
    s[output] = middle + d * (i - 1);
    at[i] = loss->loss(o, y, s);
  }
  assert_true(h > 0);
  assert_near((double)g, w * (at[2] - at[0]) / (2 * d), 1e-6 * (1 + fabs((double)g)));
  double second = w * (at[2] - 2 * at[1] + at[0]) / (d * d);
  if (loss->curvature > 0)
    assert_near((double)h, loss->curvature * second, 2e-6 * (1 + (double)h));
  else if (loss->curvature == 0)
    assert_true((double)h == w);
  else
    assert_true((double)h > second - 2e-6 * (1 + (double)h));
}

/* Minus the log partial likelihood, term by term. */
static double partial_likelihood(const float *label, const float *weight, const double *s) {
  double sum = 0;
  for (int i = 0; i < N; i++) {
    double at_risk = 0;
    for (int k = 0; k < N; k++)
      if (fabsf(label[k]) >= label[i]) at_risk += (weight != NULL ? (double)weight[k] : 1) * exp(s[k]);
    if (label[i] > 0) sum += (weight != NULL ? (double)weight[i] : 1) * (log(at_risk) - s[i]);
  }
  return sum;
}

static void check_whole(const struct objective *o, const struct loss *loss, const float *g, const float *h) {
  for (int row = 0; row < N; row++) {
    double s[N], d = 1e-4, at[3];
    memcpy(s, scores, sizeof s);
    for (int i = 0; i < 3; i++) {
      s[row] = scores[row] + d * (i - 1);
      at[i] = partial_likelihood(loss->labels, o->data.weight, s);
    }
    assert_near((double)g[row], (at[2] - at[0]) / (2 * d), 1e-6 * (1 + fabs((double)g[row])));
    if (o->data.weight ==
        NULL) /* copies of a row, which move apart, have not the derivative of one that weighs more */
      assert_near((double)h[row], (at[2] - 2 * at[1] + at[0]) / (d * d), 4e-6 * (1 + (double)h[row]));
    assert_true(h[row] >= 0);
  }
}

static void check_derivatives(const struct objective_params *params, const float *weight) {
  const struct loss *loss = loss_of(params->kind);
  struct objective o = make(params, loss->labels, weight, N, 1);
  float g[K * N], h[K * N];
  o.row->gradients(&o, scores, 0, N, g, h);
  if (loss->loss == NULL) check_whole(&o, loss, g, h);
  for (int k = 0; k < params->n_outputs && loss->loss != NULL; k++)
    for (int i = 0; i < N; i++) check_row(&o, loss, i, k, g[k * N + i], h[k * N + i]);
  bool same = true;
  for (int i = 0; i < params->n_outputs * N; i++) same = same && h[i] == h[0];
  if (o.constant_hessian) assert_true(same);
  if (weight == NULL) assert_true(o.constant_hessian == same); /* TRAIT_UNIT_HESSIAN is not forgotten */
  objective_release(&o);
}

static double total_loss(const struct objective *o, const struct loss *loss, const double *s) {
  double total = 0;
  for (int i = 0; i < N; i++)
    total +=
        (o->data.weight != NULL ? (double)o->data.weight[i] : 1) * loss->loss(o, (double)loss->labels[i], s);
  return total;
}

/* A percentile may lie off the minimum, but no further than the next label. */
static void check_percentile(const struct objective *o, const struct loss *loss, int output, double start) {
  double best = INFINITY, at = 0, below = -INFINITY, above = INFINITY;
  for (int i = 0; i < N; i++) {
    double y = target(o, (double)loss->labels[i]), s[K] = {0};
    s[output] = y;
    double total = total_loss(o, loss, s);
    if (total < best) {
      best = total;
      at = y;
    }
  }
  for (int i = 0; i < N; i++) {
    double y = target(o, (double)loss->labels[i]);
    if (y < at && y > below) below = y;
    if (y > at && y < above) above = y;
  }
  assert_true(start >= below && start <= above);
}

static void check_minimum(const struct objective *o, const struct loss *loss, double *start) {
  for (int k = 0; k < o->params.n_outputs; k++) {
    double total[3], middle = start[k];
    for (int i = 0; i < 3; i++) {
      start[k] = middle + 1e-3 * (i - 1);
      total[i] = total_loss(o, loss, start);
    }
    start[k] = middle;
    assert_true(total[1] < total[0] && total[1] < total[2]);
  }
}

static double mean_target(const struct objective *o, const struct loss *loss) {
  double sum = 0, weight = 0;
  for (int i = 0; i < N; i++) {
    double w = o->data.weight != NULL ? (double)o->data.weight[i] : 1;
    sum += w * target(o, (double)loss->labels[i]);
    weight += w;
  }
  return sum / weight;
}

static void check_start(const struct objective_params *params, const float *weight) {
  const struct loss *loss = loss_of(params->kind);
  struct objective o = make(params, loss->labels, weight, N, 1);
  double start[K];
  for (int k = 0; k < params->n_outputs; k++) start[k] = objective_start(&o, k);
  switch (loss->start) {
    case MINIMUM: check_minimum(&o, loss, start); break;
    case PERCENTILE:
      for (int k = 0; k < params->n_outputs; k++) check_percentile(&o, loss, k, start[k]);
      break;
    case MEAN: assert_near(start[0], mean_target(&o, loss), 1e-7); break;
    case ELSEWHERE: break;
  }
  objective_release(&o);
}

static void every_trained_row_matches_its_loss(void **state) {
  (void)state;
  size_t trained = 0;
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
    if (row->kind == OBJECTIVE_FOCAL || row->kind == OBJECTIVE_AFT) {
      params.aft_distribution = AFT_EXTREME;
      params.focal_gamma = 0.6;
      params.scale_pos_weight = 2.5;
      check_derivatives(&params, weights);
      check_start(&params, weights);
    }
  }
  assert_int_equal(trained, sizeof losses / sizeof *losses);
}

/* A setting of another objective changes nothing: sigmoid here, reg_sqrt there. */
static void settings_of_others_do_not_act(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
    struct objective_params params = plain_params(losses[i].kind);
    struct objective plain = make(&params, losses[i].labels, weights, N, 1);
    params.sigmoid = plain.row->takes_sigmoid ? 1 : 3;
    params.reg_sqrt = !plain.row->takes_sqrt;
    struct objective other = make(&params, losses[i].labels, weights, N, 1);
    float g[2][K * N], h[2][K * N];
    memset(g, 0, sizeof g);
    memset(h, 0, sizeof h);
    plain.row->gradients(&plain, scores, 0, N, g[0], h[0]);
    other.row->gradients(&other, scores, 0, N, g[1], h[1]);
    assert_memory_equal(g[0], g[1], sizeof g[0]);
    assert_memory_equal(h[0], h[1], sizeof h[0]);
    double raw[2][K] = {{0.5, -1, 0.25}, {0.5, -1, 0.25}};
    plain.row->transform(&plain, raw[0]);
    other.row->transform(&other, raw[1]);
    assert_memory_equal(raw[0], raw[1], sizeof raw[0]);
    objective_release(&plain);
    objective_release(&other);
  }
}

/* Parameters know an objective's metric and traits before there is an objective. */
static void parameters_know_kind_metric_and_traits(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
    const struct objective_row *row = objective_row_of(losses[i].kind);
    copse_params *params;
    const struct resolved_params *resolved;
    assert_int_equal(copse_params_create(NULL, &params, NULL), COPSE_OK);
    assert_int_equal(copse_params_set(params, "objective", row->name, COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
    if (plain_params(row->kind).n_outputs > 1 && row->kind != OBJECTIVE_QUANTILES &&
        row->kind != OBJECTIVE_MULTI_REGRESSION)
      assert_int_equal(copse_params_set(params, "num_class", "3", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
    assert_int_equal(params_resolved(params, &resolved, NULL), COPSE_OK);
    assert_int_equal(resolved->objective.kind, row->kind);
    assert_string_equal(resolved->metric.names[0], row->default_metric);
    assert_true(objective_has_trait(row->kind, TRAIT_PERCENTILES) == (row->renew != NULL));
    if (row->renew != NULL) assert_true(objective_has_trait(row->kind, TRAIT_UNIT_HESSIAN));
    copse_params_free(params);
  }
}

/* ---- LightGBM's numbers (test vectors T2a to T2e, T2h, 2.9) ---- */

static void assert_gradients(const float *g, const float *h, const double expected[][2], int n) {
  for (int i = 0; i < n; i++) {
    assert_near((double)g[i], expected[i][0], 6e-8);
    assert_near((double)h[i], expected[i][1], 6e-8);
  }
}

static void binary_gradients_are_lightgbms(void **state) {
  (void)state;
  static const double expected[N][2] = {{0.5744425, 0.2444583},  {-0.5986876, 0.2402608},
                                        {0.7310586, 0.1966119},  {-0.450166, 0.2475166},
                                        {-0.1192029, 0.1049936}, {0.2689414, 0.1966119}};
  struct objective_params params = plain_params(OBJECTIVE_BINARY);
  float g[N], h[N];
  gradients_of(&params, binary_labels, NULL, N, scores, g, h);
  assert_gradients(g, h, expected, N);
  params.sigmoid = 2;
  gradients_of(&params, binary_labels, NULL, N, scores, g, h);
  assert_near((double)g[0], 1.291313, 6e-7);
  assert_near((double)h[0], 0.9151369, 6e-8);
  params.sigmoid = 1;
  params.scale_pos_weight = 3;
  gradients_of(&params, binary_labels, NULL, N, scores, g, h);
  assert_near((double)g[1], -1.796063, 6e-7);
  assert_near((double)h[1], 0.7207822, 6e-8);
}

static void cross_entropy_is_lightgbms(void **state) {
  (void)state;
  static const float labels[N] = {0.1f, 0.9f, 0.3f, 0.6f, 1, 0};
  static const double expected[N][2] = {{0.4744425, 0.2444583},  {-0.4986876, 0.2402608},
                                        {0.4310586, 0.1966119},  {-0.05016603, 0.2475166},
                                        {-0.1192029, 0.1049936}, {0.2689414, 0.1966119}};
  struct objective_params params = plain_params(OBJECTIVE_CROSS_ENTROPY);
  float g[N], h[N];
  gradients_of(&params, labels, NULL, N, scores, g, h);
  assert_gradients(g, h, expected, N);
  assert_near(start_of(&params, labels, NULL, N, 0), -0.066691, 6e-7);
  assert_near(start_of(&params, labels, weights, N, 0), 0.668250, 6e-7);
  static const double far[4] = {-36.9, -37.1, -700, 700};
  static const float one[4] = {0, 0, 0, 0};
  gradients_of(&params, one, NULL, 4, far, g, h); /* both forms meet; nothing overflows */
  for (int i = 0; i < 2; i++) assert_near((double)g[i], exp(far[i]), 1e-6 * exp(far[i]));
  for (int i = 0; i < 2; i++) assert_near((double)h[i], exp(far[i]), 1e-6 * exp(far[i]));
  assert_true(g[2] == 0 && h[2] == 0 && g[3] == 1 && h[3] == 0);
}

/* T2e, and what the formulas tend to where they cancel or overflow. */
static void cross_entropy_lambda_is_lightgbms(void **state) {
  (void)state;
  static const float labels[N] = {0.1f, 0.9f, 0.3f, 0.6f, 1, 0};
  struct objective_params params = plain_params(OBJECTIVE_CROSS_ENTROPY_LAMBDA);
  float g[N], h[N];
  gradients_of(&params, labels, weights, N, scores, g, h);
  assert_near((double)g[1], -0.3232988, 6e-8);
  assert_near((double)h[1], 0.3113107, 6e-8);
  assert_near((double)g[2], 0.1377399, 6e-8);
  assert_near((double)h[2], 0.1267402, 6e-8);
  assert_near(start_of(&params, labels, NULL, N, 0), -0.475667, 6e-7);
  assert_near(start_of(&params, labels, weights, N, 0), -0.065133, 6e-7);
  static const double far[N] = {-800, -40, -17, 38, 60, 800};
  static const float y[N] = {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f}, w[N] = {2, 2, 0.5f, 2, 1, 2};
  gradients_of(&params, y, w, N, far, g, h);
  for (int i = 0; i < 3; i++) assert_near((double)g[i], -0.5, 1e-6);
  for (int i = 3; i < N; i++) assert_near((double)g[i], (double)(0.5f * w[i]), 1e-6);
  for (int i = 0; i < N; i++) assert_true(h[i] >= 0 && h[i] < 1e-6f);
  /* h -> w E (1 + y (1 - w) / (2 w)) for small E */
  assert_near((double)h[1], 2 * exp(-40) * (1 - 0.125), 1e-6 * exp(-40));
  assert_near((double)h[2], 0.5 * exp(-17) * (1 + 0.25), 1e-6 * exp(-17));
}

/* With a fixed weight of every row its copies are: the same start, and together the same gradients. */
static void weights_are_copies(void **state) {
  (void)state;
  enum { COPIES = 12 };
  static const float whole[N] = {1, 2, 3, 1, 4, 1};
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
    if (losses[i].kind == OBJECTIVE_CROSS_ENTROPY_LAMBDA) continue; /* its weights are exposures */
    struct objective_params params = plain_params(losses[i].kind);
    float label[COPIES], g[2][K * COPIES], h[2][K * COPIES];
    double score[K * COPIES];
    int n = 0, of[COPIES];
    for (int r = 0; r < N; r++)
      for (int c = 0; c < (int)whole[r]; c++) of[n++] = r;
    assert_int_equal(n, COPIES);
    for (int c = 0; c < COPIES; c++) label[c] = losses[i].labels[of[c]];
    for (int k = 0; k < params.n_outputs; k++)
      for (int c = 0; c < COPIES; c++) score[k * COPIES + c] = scores[k * N + of[c]];
    gradients_of(&params, losses[i].labels, whole, N, scores, g[0], h[0]);
    gradients_of(&params, label, NULL, COPIES, score, g[1], h[1]);
    for (int k = 0; k < params.n_outputs; k++) {
      for (int c = 0; c < COPIES; c++) {
        float w = whole[of[c]];
        assert_near((double)g[0][k * N + of[c]], (double)(w * g[1][k * COPIES + c]), 3e-7 * (double)w);
        assert_near((double)h[0][k * N + of[c]], (double)(w * h[1][k * COPIES + c]), 3e-7 * (double)w);
      }
      double weighted = start_of(&params, losses[i].labels, whole, N, k);
      double copied = start_of(&params, label, NULL, COPIES, k);
      /* percentiles of copies and of weights interpolate on other grids: the test of starts has them */
      if (losses[i].start != PERCENTILE) assert_near(weighted, copied, 1e-12);
    }
  }
}

static void binary_start_is_lightgbms(void **state) {
  (void)state;
  struct objective_params params = plain_params(OBJECTIVE_BINARY);
  assert_near(start_of(&params, binary_labels, weights, N, 0), 0.955511, 6e-7);
  params.sigmoid = 2;
  assert_near(start_of(&params, binary_labels, weights, N, 0), 0.477756, 6e-7);
  params.scale_pos_weight = 7; /* class weights do not enter */
  assert_near(start_of(&params, binary_labels, weights, N, 0), 0.477756, 6e-7);
}

static void regression_is_lightgbms(void **state) {
  (void)state;
  struct objective_params params = plain_params(OBJECTIVE_REGRESSION);
  struct objective o = make(&params, regression_labels, NULL, N, 1);
  assert_near(o.row->start(&o, 0), 20.0 / 6, 0);
  assert_true(o.constant_hessian);
  o = make(&params, regression_labels, weights, N, 1);
  assert_near(o.row->start(&o, 0), 3.527778, 6e-7);
  assert_false(o.constant_hessian);
  float g[N], h[N];
  o.row->gradients(&o, scores, 0, N, g, h);
  for (int i = 0; i < N; i++) {
    assert_true(g[i] == (float)(scores[i] - (double)regression_labels[i]) * weights[i]);
    assert_true(h[i] == weights[i]);
  }
}

static void reg_sqrt_is_lightgbms(void **state) {
  (void)state;
  static const float labels[4] = {-4, 1, 4, 9}, squares[4] = {1, 4, 9, 16};
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
  params.kind = OBJECTIVE_REGRESSION_L1; /* medians of the roots */
  o = make(&params, squares, NULL, 4, 1);
  assert_true(o.row->start(&o, 0) == 2.5);
  objective_release(&o);
}

static void starts_are_lightgbms(void **state) {
  (void)state;
  static const struct {
    enum objective_kind kind;
    double alpha, plain, weighted, tolerance;
  } cases[] = {
      {OBJECTIVE_HUBER, 0.9, 3.333333, 3.527778, 6e-7},
      {OBJECTIVE_POISSON, 0.9, 1.203973, 1.260668, 6e-7}, /* weighted: log of the mean of T2h's data */
      {OBJECTIVE_REGRESSION_L1, 0.9, 2.75, 1.75, 0},
      {OBJECTIVE_QUANTILE, 0.7, 4.25, 0.95, 1e-6},
      {OBJECTIVE_MAPE, 0.9, 1, 1, 0},
      {OBJECTIVE_FAIR, 0.9, 3.333333, 3.527778, 6e-7},
      {OBJECTIVE_GAMMA, 0.9, 1.203973, 1.260668, 6e-7},
      {OBJECTIVE_TWEEDIE, 0.9, 1.203973, 1.260668, 6e-7},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct objective_params params = plain_params(cases[i].kind);
    params.alpha = cases[i].alpha;
    params.percentile = PERCENTILE_LIGHTGBM46;
    assert_near(start_of(&params, regression_labels, NULL, N, 0), cases[i].plain, cases[i].tolerance);
    assert_near(start_of(&params, regression_labels, weights, N, 0), cases[i].weighted, cases[i].tolerance);
  }
  static const float labels[N] = {1, 2, 3, 10, 20, 30}; /* T2i: rounded to float32 */
  struct objective_params params = plain_params(OBJECTIVE_QUANTILE);
  assert_true(start_of(&params, labels, NULL, N, 0) == (double)24.999998f);
  params.alpha = 0.5;
  assert_true(start_of(&params, labels, NULL, N, 0) == 6.5);
}

/* Unlike LightGBM's, the weighted median stays between the labels around it. */
static void weighted_starts_interpolate(void **state) {
  (void)state;
  struct objective_params params = plain_params(OBJECTIVE_REGRESSION_L1);
  assert_true(start_of(&params, regression_labels, weights, N, 0) == 3);
}

/* T2h, T2i: leaves less the start, for rows that the split brings together. */
static void renewed_leaves_are_lightgbms(void **state) {
  (void)state;
  static const float quantile_labels[N] = {1, 2, 3, 10, 20, 30};
  static const struct {
    enum objective_kind kind;
    double alpha;
    const float *label, *weight;
    uint32_t split; /* rows before it are the left leaf */
    double left, right, tolerance;
  } cases[] = {
      {OBJECTIVE_REGRESSION_L1, 0.9, regression_labels, NULL, 3, 1, 5, 0},
      {OBJECTIVE_QUANTILE, 0.7, regression_labels, NULL, 4, 2.15, 7.1, 1e-6},
      {OBJECTIVE_REGRESSION_L1, 0.9, regression_labels, weights, 2, 1, 0.5, 0},
      {OBJECTIVE_QUANTILE, 0.7, regression_labels, weights, 1, 0.5, 1.4, 1e-6},
      {OBJECTIVE_QUANTILE, 0.5, quantile_labels, NULL, 3, 2, 20, 0},
      {OBJECTIVE_QUANTILE, 0.9, quantile_labels, NULL, 3, 2.79999995, 27.9999995, 1e-7},
      {OBJECTIVE_MAPE, 0.9, regression_labels, NULL, 1, 0.5, 2, 0},
      {OBJECTIVE_MAPE, 0.9, regression_labels, weights, 2, 1, 5, 0},
  };
  static const uint32_t rows[N] = {0, 1, 2, 3, 4, 5};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct objective_params params = plain_params(cases[i].kind);
    params.alpha = cases[i].alpha;
    params.percentile = PERCENTILE_LIGHTGBM46;
    struct objective o = make(&params, cases[i].label, cases[i].weight, N, 1);
    double start = o.row->start(&o, 0), score[N], values[N];
    uint32_t room[N];
    for (int r = 0; r < N; r++) score[r] = start;
    struct renew_scratch scratch = {values, room};
    uint32_t split = cases[i].split;
    assert_near(start + o.row->renew(&o, 0, score, rows, split, scratch), cases[i].left, cases[i].tolerance);
    assert_near(start + o.row->renew(&o, 0, score, rows + split, N - split, scratch), cases[i].right,
                cases[i].tolerance);
    objective_release(&o);
  }
}

/* The sums behind the Newton leaves of 2.9. */
static void steps_are_lightgbms(void **state) {
  (void)state;
  static const struct {
    enum objective_kind kind;
    const float *weight;
    int split;
    double left, right;
  } cases[] = {{OBJECTIVE_HUBER, NULL, 3, 2.43333336, 3.98888887},
               {OBJECTIVE_HUBER, weights, 4, 2.88944446, 4.42777778},
               {OBJECTIVE_POISSON, NULL, 4, 0.96809479, 1.67572882},
               {OBJECTIVE_FAIR, NULL, 4, 1.59822867, 11.76644643},
               {OBJECTIVE_GAMMA, NULL, 2, -2.24047153, 1.48325207},
               {OBJECTIVE_TWEEDIE, NULL, 3, 0.24100983, 1.69453885}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct objective_params params = plain_params(cases[i].kind);
    struct objective o = make(&params, regression_labels, cases[i].weight, N, 1);
    double start = o.row->start(&o, 0), score[N], sum[2][2] = {{0}};
    float g[N], h[N];
    for (int r = 0; r < N; r++) score[r] = start;
    o.row->gradients(&o, score, 0, N, g, h);
    for (int r = 0; r < N; r++) {
      sum[r >= cases[i].split][0] += (double)g[r];
      sum[r >= cases[i].split][1] += (double)h[r];
    }
    assert_near(start - sum[0][0] / sum[0][1], cases[i].left, 2e-8);
    assert_near(start - sum[1][0] / sum[1][1], cases[i].right, 2e-8);
  }
}

/* T2c, T2d */
static void classes_are_lightgbms(void **state) {
  (void)state;
  static const float labels[N] = {0, 1, 2, 2, 1, 0}, two[N] = {0, 1, 0, 1, 1, 0};
  struct objective_params params = plain_params(OBJECTIVE_MULTICLASS);
  struct objective o = make(&params, labels, NULL, N, 1);
  double score[K * N];
  float g[K * N], h[K * N];
  for (int k = 0; k < K; k++) {
    assert_true(objective_trainable(&o, k));
    assert_near(o.row->start(&o, k), -1.098612, 6e-7);
    for (int i = 0; i < N; i++) score[k * N + i] = o.row->start(&o, k);
  }
  o.row->gradients(&o, score, 0, N, g, h);
  double left = 0, right = 0;
  for (int i = 0; i < 5; i++) left += (double)h[i];
  for (int i = 0; i < 5; i++) right -= (double)g[i];
  assert_near(left, 1.6666667, 6e-8);
  assert_near(o.row->start(&o, 0) + right / left, -1.498612, 6e-7);
  assert_near(o.row->start(&o, 0) - (double)g[5] / (double)h[5], 0.901388, 6e-7);
  objective_release(&o);
  params.kind = OBJECTIVE_MULTICLASSOVA;
  o = make(&params, labels, NULL, N, 1);
  for (int k = 0; k < K; k++) {
    assert_near(o.row->start(&o, k), -0.693147, 6e-7);
    for (int i = 0; i < N; i++) score[k * N + i] = o.row->start(&o, k);
  }
  o.row->gradients(&o, score, 0, N, g, h);
  assert_near(o.row->start(&o, 0) - (double)g[5] / (double)h[5], 2.306853, 6e-7);
  objective_release(&o);
  for (int ova = 0; ova < 2; ova++) { /* a class without rows */
    params.kind = ova ? OBJECTIVE_MULTICLASSOVA : OBJECTIVE_MULTICLASS;
    o = make(&params, two, NULL, N, 1);
    assert_true(objective_trainable(&o, 0) && objective_trainable(&o, 1) && !objective_trainable(&o, 2));
    assert_near(o.row->start(&o, 2), -34.538776391283193, 1e-13);
    objective_release(&o);
  }
}

/* More classes than exponentials are kept for, against a plain evaluation. */
static void very_many_classes(void **state) {
  (void)state;
  enum { CLASSES = 5000, ROWS = 3 };
  static double score[CLASSES * ROWS];
  static float g[CLASSES * ROWS], h[CLASSES * ROWS];
  static const float labels[ROWS] = {0, 4999, 77};
  for (int i = 0; i < CLASSES * ROWS; i++) score[i] = (i * 7919 % 1000) / 100.0 - 3;
  struct objective_params params = plain_params(OBJECTIVE_MULTICLASS);
  params.n_outputs = CLASSES;
  gradients_of(&params, labels, NULL, ROWS, score, g, h);
  for (int r = 0; r < ROWS; r++) {
    double sum = 0;
    for (int k = 0; k < CLASSES; k++) sum += exp(score[k * ROWS + r]);
    for (int k = 0; k < CLASSES; k++) {
      double p = exp(score[k * ROWS + r]) / sum;
      assert_near((double)g[k * ROWS + r], p - (k == (int)labels[r]), 1e-7);
      assert_near((double)h[k * ROWS + r], 5000.0 / 4999 * p * (1 - p), 1e-7 * p);
    }
  }
}

/* ---- class weights, one class, refusals ---- */

static void is_unbalance_lifts_the_rarer_class(void **state) {
  (void)state;
  struct objective_params params = plain_params(OBJECTIVE_BINARY);
  params.is_unbalance = true;
  static const float few_positive[5] = {0, 0, 1, 0, 0}, few_negative[5] = {1, -1, 1, 1, 1};
  struct objective o = make(&params, few_positive, NULL, 5, 1);
  assert_true(o.classes[0].weight[0] == 1 && o.classes[0].weight[1] == 4 && objective_trainable(&o, 0));
  objective_release(&o);
  o = make(&params, few_negative, weights, 5, 1); /* raw counts, not weights */
  assert_true(o.classes[0].weight[0] == 4 && o.classes[0].weight[1] == 1 && objective_trainable(&o, 0));
  objective_release(&o);
  static const float three[N] = {0, 1, 2, 2, 2, 2}; /* each class against the rest */
  params = plain_params(OBJECTIVE_MULTICLASSOVA);
  params.is_unbalance = true;
  params.scale_pos_weight = 3;
  o = make(&params, three, weights, N, 1);
  assert_true(o.classes[0].weight[0] == 1 && o.classes[0].weight[1] == 15);
  assert_true(o.classes[2].weight[0] == 2 && o.classes[2].weight[1] == 3);
  objective_release(&o);
}

static void one_class_is_not_trainable(void **state) {
  (void)state;
  static const float ones[3] = {1, 1, 1}, zeros[3] = {0, 0, 0};
  struct objective_params params = plain_params(OBJECTIVE_BINARY);
  params.is_unbalance = true;
  struct objective o = make(&params, ones, NULL, 3, 1);
  assert_false(objective_trainable(&o, 0));
  assert_near(o.row->start(&o, 0), 34.539575992340879, 1e-13);
  assert_true(o.classes[0].weight[0] == 1 && o.classes[0].weight[1] == 1);
  objective_release(&o);
  o = make(&params, zeros, NULL, 3, 1);
  assert_false(objective_trainable(&o, 0));
  assert_near(o.row->start(&o, 0), -34.538776391283193, 1e-13);
  objective_release(&o);
}

static void assert_refused(const struct objective_params *params, const struct objective_data *data,
                           const char *part) {
  struct objective o = {.params = {.n_outputs = 77}};
  copse_error err;
  assert_int_equal(objective_init(NULL, params, data, &o, &err), COPSE_ERR_DATA);
  if (strstr(err.message, part) == NULL) fail_msg("\"%s\" does not say \"%s\"", err.message, part);
  assert_true(o.params.n_outputs == 77);
}

static void own_label_rules(void) {
  static const float zero[2] = {1, 0}, negative[2] = {1, -1}, zeros[2] = {0, 0}, above[2] = {1, 1.5f},
                     no_weight[2] = {1, 0}, censored[2] = {-1, -2}, half[2] = {0, 0.5f};
  struct objective_params params = plain_params(OBJECTIVE_GAMMA);
  assert_refused(&params, &(struct objective_data){.label = zero, .n_rows = 2},
                 "row 2: label 0: objective=gamma takes labels above 0 (check the label, or choose another "
                 "objective: tweedie takes 0 as well)");
  assert_refused(&params, &(struct objective_data){.label = negative, .n_rows = 2}, "row 2: label -1:");
  params.gamma_takes_zero = true; /* compat=lightgbm */
  struct objective o = make(&params, zero, NULL, 2, 1);
  objective_release(&o);
  assert_refused(&params, &(struct objective_data){.label = zeros, .n_rows = 2}, "all 2 labels are 0");
  params = plain_params(OBJECTIVE_TWEEDIE);
  assert_refused(&params, &(struct objective_data){.label = negative, .n_rows = 2}, "row 2: label -1:");
  assert_refused(&params, &(struct objective_data){.label = zeros, .n_rows = 2}, "all 2 labels are 0");
  params = plain_params(OBJECTIVE_CROSS_ENTROPY_LAMBDA);
  assert_refused(&params, &(struct objective_data){.label = above, .n_rows = 2}, "row 2: label 1.5:");
  assert_refused(&params, &(struct objective_data){.label = zero, .weight = no_weight, .n_rows = 2},
                 "row 2: weight 0:");
  params = plain_params(OBJECTIVE_FOCAL);
  assert_refused(&params, &(struct objective_data){.label = half, .n_rows = 2},
                 "row 2: label 0.5: objective=focal");
  for (int aft = 0; aft < 2; aft++) {
    params = plain_params(aft ? OBJECTIVE_AFT : OBJECTIVE_COX);
    assert_refused(&params, &(struct objective_data){.label = zero, .n_rows = 2}, "row 2: label 0:");
    assert_refused(&params, &(struct objective_data){.label = censored, .n_rows = 2},
                   "nothing ever happened");
  }
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
  static const float negative[3] = {1, 0, -0.5f}, zeros[2] = {0, 0}, above[2] = {1, 1.5f},
                     classes[3] = {0, 2, 3}, fraction[3] = {0, 1.5f, 1};
  params = plain_params(OBJECTIVE_POISSON);
  assert_refused(&params, &(struct objective_data){.label = negative, .n_rows = 3}, "row 3: label -0.5:");
  assert_refused(&params, &(struct objective_data){.label = zeros, .n_rows = 2}, "all 2 labels are 0");
  params = plain_params(OBJECTIVE_CROSS_ENTROPY);
  assert_refused(&params, &(struct objective_data){.label = above, .n_rows = 2}, "row 2: label 1.5:");
  for (int ova = 0; ova < 2; ova++) {
    params = plain_params(ova ? OBJECTIVE_MULTICLASSOVA : OBJECTIVE_MULTICLASS);
    assert_refused(&params, &(struct objective_data){.label = classes, .n_rows = 3},
                   "row 3: label 3: objective=multiclass");
    assert_refused(&params, &(struct objective_data){.label = fraction, .n_rows = 3}, "row 2: label 1.5:");
    assert_refused(&params, &(struct objective_data){.label = negative, .n_rows = 3}, "row 3: label -0.5:");
  }
  own_label_rules();
  params.kind = OBJECTIVE_CUSTOM;
  struct objective o = make(&params, NULL, NULL, 2, 1);
  assert_null(o.row->gradients);
  double raw = 0.25;
  o.row->transform(&o, &raw);
  assert_true(raw == 0.25);
}

/* ---- independence of threads, chunks and tiers ---- */

/* Rows cut anywhere, and every tier, give the bits of `one` over all rows. */
static void check_cuts(struct objective *one, const double *score) {
  uint64_t cells = (uint64_t)one->params.n_outputs * MANY;
  static float g[2][K * MANY], h[2][K * MANY];
  one->row->gradients(one, score, 0, MANY, g[0], h[0]);
  for (uint64_t at = 0, step = one->row->whole ? MANY : 1; at < MANY; at += step, step = step * 3 + 1)
    one->row->gradients(one, score, at, at + step < MANY ? at + step : MANY, g[1] + at, h[1] + at);
  assert_memory_equal(g[0], g[1], cells * sizeof(float));
  assert_memory_equal(h[0], h[1], cells * sizeof(float));
  for (int tier = CPU_SCALAR; tier < CPU_N_TIERS; tier++) {
    one->kernels = kernels_of_tier((enum cpu_tier)tier);
    if (one->kernels == NULL) continue;
    one->row->gradients(one, score, 0, MANY, g[1], h[1]);
    assert_memory_equal(g[0], g[1], cells * sizeof(float));
    assert_memory_equal(h[0], h[1], cells * sizeof(float));
  }
}

static void start_and_gradients_do_not_depend_on_the_cut(void **state) {
  (void)state;
  static float labels[MANY], weight[MANY];
  static uint8_t drawn[MANY];
  static double score[K * MANY];
  uint64_t x = 7;
  for (int i = 0; i < K * MANY; i++) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    score[i] = ((double)(x >> 20 & 0xffff) - 32768.0) / 4000.0;
    if (i >= MANY) continue;
    drawn[i] = (uint8_t)((x >> 48) % N);
    weight[i] = (float)(x >> 40 & 0xffff) / 1000.0f + 0.001f;
  }
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
    for (int sqrt_on = 0; sqrt_on < 2; sqrt_on++) {
      struct objective_params params = plain_params(losses[i].kind);
      params.reg_sqrt = sqrt_on;
      for (int r = 0; r < MANY; r++) labels[r] = losses[i].labels[drawn[r]];
      struct objective one = make(&params, labels, weight, MANY, 1);
      static const int threads[] = {2, 3, 8};
      for (int t = 0; t < 3; t++) {
        struct objective o = make(&params, labels, weight, MANY, threads[t]);
        for (int k = 0; k < params.n_outputs; k++)
          assert_true(objective_start(&o, k) == objective_start(&one, k));
        objective_release(&o);
      }
      check_cuts(&one, score);
      objective_release(&one);
    }
  }
}

static void lack_of_memory_is_told(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
    copse_status status = COPSE_ERR_MEMORY;
    for (size_t n = 2; n < 9 && status != COPSE_OK; n++) { /* the first request makes the context */
      struct hooked_allocator hook = {.fail_at = n};
      copse_allocator allocator = hooked_allocator(&hook);
      copse_context *ctx;
      struct objective_params params = plain_params(losses[i].kind);
      struct objective_data data = {.label = losses[i].labels, .n_rows = N, .n_threads = 1};
      struct objective o;
      copse_error err;
      assert_int_equal(copse_context_create(&allocator, &ctx, &err), COPSE_OK);
      status = objective_init(ctx, &params, &data, &o, &err);
      assert_true(status == COPSE_OK || status == COPSE_ERR_MEMORY);
      if (status == COPSE_OK) objective_release(&o);
      assert_int_equal(copse_context_memory_used(ctx), 0);
      copse_context_free(ctx);
      assert_int_equal(hook.live, 0);
    }
    assert_int_equal(status, COPSE_OK);
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
                                      "regression_l1",
                                      "regression_l1 sqrt",
                                      "huber",
                                      "cross_entropy",
                                      "tweedie",
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
  o = from_text("multiclass num_class:4", 4);
  o.row->describe(&o, &out);
  assert_string_equal(out.data, "multiclass num_class:4");
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
      cmocka_unit_test(settings_of_others_do_not_act),
      cmocka_unit_test(parameters_know_kind_metric_and_traits),
      cmocka_unit_test(binary_gradients_are_lightgbms),
      cmocka_unit_test(cross_entropy_is_lightgbms),
      cmocka_unit_test(cross_entropy_lambda_is_lightgbms),
      cmocka_unit_test(weights_are_copies),
      cmocka_unit_test(binary_start_is_lightgbms),
      cmocka_unit_test(regression_is_lightgbms),
      cmocka_unit_test(reg_sqrt_is_lightgbms),
      cmocka_unit_test(starts_are_lightgbms),
      cmocka_unit_test(weighted_starts_interpolate),
      cmocka_unit_test(renewed_leaves_are_lightgbms),
      cmocka_unit_test(steps_are_lightgbms),
      cmocka_unit_test(classes_are_lightgbms),
      cmocka_unit_test(very_many_classes),
      cmocka_unit_test(is_unbalance_lifts_the_rarer_class),
      cmocka_unit_test(one_class_is_not_trainable),
      cmocka_unit_test(bad_labels_and_weights_are_refused),
      cmocka_unit_test(start_and_gradients_do_not_depend_on_the_cut),
      cmocka_unit_test(lack_of_memory_is_told),
      cmocka_unit_test(every_lightgbm_objective_transforms),
      cmocka_unit_test(several_outputs),
      cmocka_unit_test(describe_gives_the_text_back),
      cmocka_unit_test(bad_texts_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
