/* Objectives over queries: LightGBM's own numbers, a plain evaluation of every pair on random queries, and
 * the same bits for every cut, lane and tier. */
#include <math.h>
#include <string.h>

#include "draw.h"
#include "hooked_allocator.h"
#include "objective/objective.h"
#include "testing.h"
#include "tiers.h"

enum { N = 4, MANY = 6000, MOST_QUERIES = 3000 };

static const float one_labels[N] = {2, 0, 1, 0};
static const double one_scores[N] = {0.1, 0.5, 0.3, -1};
static const int32_t one_group[1] = {N};

static struct objective_params ranking_params(enum objective_kind kind, bool lightgbm) {
  return (struct objective_params){
      .kind = kind,
      .n_outputs = 1,
      .sigmoid = 1,
      .scale_pos_weight = 1,
      .rank = {.truncation = 30, .norm = true, .seed = 5, .lightgbm_math = lightgbm}};
}

static struct objective make(const struct objective_params *params, const struct objective_data *data) {
  struct objective objective;
  copse_error err = {.message = ""};
  if (objective_init(NULL, params, data, &objective, &err) != COPSE_OK) fail_msg("%s", err.message);
  return objective;
}

static struct objective_data one_query(void) {
  return (struct objective_data){
      .label = one_labels, .n_rows = N, .n_threads = 1, .group = one_group, .n_groups = 1};
}

static void gradients_of(const struct objective_params *params, const double *score, float *g, float *h) {
  struct objective_data data = one_query();
  struct objective o = make(params, &data);
  struct query_pass pass = {.score = score, .gradient = g, .hessian = h};
  o.row->query_gradients(&o, &pass, 0, 1, 0);
  objective_release(&o);
}

static void assert_near(double got, double expected, double tolerance) {
  if (!(fabs(got - expected) <= tolerance)) fail_msg("got %.17g, expected %.17g", got, expected);
}

/* ---- LightGBM's numbers ---- */

/* [T2f] With LightGBM's table to all digits; without it to its error. */
static void lambdas_are_lightgbms(void **state) {
  (void)state;
  static const double gain[3] = {0, 1, 5}, equal[N] = {0.2, 0.2, 0.2, 0.2};
  const struct {
    int truncation;
    bool norm;
    double sigmoid;
    const double *gain, *score;
    double g[N], h[N];
  } cases[] = {
      {30,
       true,
       1,
       NULL,
       one_scores,
       {-.6185717, .6680779, -.0663383, .0168322},
       {.2587818, .2780955, .1628296, .0128749}},
      {30,
       false,
       1,
       NULL,
       one_scores,
       {-.3012891, .3032195, -.0280473, .0261169},
       {.1278384, .1244145, .0522919, .0200145}},
      {1, true, 1, NULL, one_scores, {-.5670130, .8171684, -.2501554, 0}, {.2275468, .3401562, .1126094, 0}},
      {30,
       true,
       2,
       NULL,
       one_scores,
       {-.9578993, 1.0414601, -.0920808, .0085200},
       {.6400464, .7016828, .4261230, .0155287}},
      {30,
       true,
       1,
       gain,
       one_scores,
       {-.6951871, .6293593, .0507338, .0150939},
       {.2918249, .2590017, .1469506, .0114830}},
      {30,
       true,
       1,
       NULL,
       equal,
       {-.5104259, .1656485, .1069966, .2377808},
       {.2552130, .0828242, .0802898, .1188904}},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    for (int lightgbm = 0; lightgbm < 2; lightgbm++) {
      struct objective_params params = ranking_params(OBJECTIVE_LAMBDARANK, lightgbm);
      params.sigmoid = cases[c].sigmoid;
      params.rank.truncation = cases[c].truncation;
      params.rank.norm = cases[c].norm;
      params.rank.label_gain = cases[c].gain;
      params.rank.n_label_gain = cases[c].gain != NULL ? 3 : 0;
      float g[N], h[N];
      gradients_of(&params, cases[c].score, g, h);
      for (int i = 0; i < N; i++) {
        assert_near((double)g[i], cases[c].g[i], lightgbm ? 1.2e-7 : 2e-5);
        assert_near((double)h[i], cases[c].h[i], lightgbm ? 1.2e-7 : 2e-5);
      }
    }
}

/* [T2g] */
static void draws_are_lightgbms(void **state) {
  (void)state;
  static const double expected[2][N] = {{-.3236520, .2600014, .0243439, .0393067},
                                        {-.2608153, .2266765, .0611098, -.0269710}},
                      h_expected[N] = {.1860677, .2327621, .2107452, .0755013};
  for (int s = 0; s < 2; s++) {
    struct objective_params params = ranking_params(OBJECTIVE_RANK_XENDCG, true);
    params.rank.seed = s ? 7 : 5;
    float g[N], h[N];
    gradients_of(&params, one_scores, g, h);
    for (int i = 0; i < N; i++) {
      assert_near((double)g[i], expected[s][i], 1e-7);
      assert_near((double)h[i], h_expected[i], 1e-7);
    }
  }
}

/* ---- random queries ---- */

struct queries {
  float label[MANY], weight[MANY];
  double score[MANY], bias[5];
  int32_t group[MOST_QUERIES], position[MANY];
  uint64_t n_groups;
  struct objective_data data;
};

/* Sizes 1 to 120, scores with ties, some far apart. */
static void fill(struct queries *q, uint64_t seed) {
  struct draw d = {.seed = seed};
  uint64_t left = MANY;
  for (q->n_groups = 0; left > 0; q->n_groups++) {
    int64_t size = draw_between(&d, 1, q->n_groups % 3 == 0 ? 120 : 12);
    if ((uint64_t)size > left) size = (int64_t)left;
    q->group[q->n_groups] = (int32_t)size;
    left -= (uint64_t)size;
  }
  for (int i = 0; i < MANY; i++) {
    q->label[i] = (float)(draw_between(&d, 0, 9) < 5 ? 0 : draw_between(&d, 0, 4));
    q->weight[i] = (float)draw_uniform(&d) * 3;
    q->score[i] = draw_bits(&d) % 4 == 0 ? (double)draw_between(&d, -2, 2) : 6 * draw_uniform(&d) - 3;
    if (i % 1500 == 0) q->score[i] = 900;
    q->position[i] = (int32_t)draw_between(&d, 0, 4);
  }
  for (int p = 0; p < 5; p++) q->bias[p] = draw_uniform(&d) - 0.5;
  q->data = (struct objective_data){
      .label = q->label, .n_rows = MANY, .n_threads = 1, .group = q->group, .n_groups = q->n_groups};
}

static long double gain_of(float label) { return exp2l((long double)label) - 1; }

static void plain_rank(const double *score, uint64_t n, uint64_t *rank) {
  for (uint64_t i = 0; i < n; i++) {
    rank[i] = 0;
    for (uint64_t j = 0; j < n; j++) rank[i] += score[j] > score[i] || (score[j] == score[i] && j < i);
  }
}

static long double plain_best(const float *label, uint64_t n, uint64_t k) {
  long double sum = 0;
  for (uint64_t i = 0; i < n; i++) {
    uint64_t ahead = 0;
    for (uint64_t j = 0; j < n; j++) ahead += label[j] > label[i] || (label[j] == label[i] && j < i);
    if (ahead < k) sum += gain_of(label[i]) / log2l((long double)ahead + 2);
  }
  return sum;
}

/* Every pair as the definition has it. */
static void plain_lambdas(const struct objective_params *params, const double *score, const float *label,
                          uint64_t n, long double *g, long double *h) {
  uint64_t rank[128], top = (uint64_t)params->rank.truncation;
  long double best = plain_best(label, n, top), sum = 0, s = params->sigmoid;
  bool apart = false;
  plain_rank(score, n, rank);
  for (uint64_t i = 0; i < n; i++) {
    apart |= score[i] != score[0];
    g[i] = h[i] = 0;
  }
  for (uint64_t i = 0; i < n; i++)
    for (uint64_t j = 0; j < n; j++) {
      if (!(label[i] > label[j]) || (rank[i] >= top && rank[j] >= top)) continue;
      long double d = (long double)score[i] - (long double)score[j];
      long double delta = (gain_of(label[i]) - gain_of(label[j])) / best *
                          fabsl(1 / log2l((long double)rank[i] + 2) - 1 / log2l((long double)rank[j] + 2));
      if (params->rank.norm && apart) delta /= (long double)0.01f + fabsl(d);
      long double p = 1 / (1 + expl(s * d));
      g[i] -= s * delta * p;
      g[j] += s * delta * p;
      h[i] += s * s * delta * p * (1 - p);
      h[j] += s * s * delta * p * (1 - p);
      sum += 2 * s * delta * p;
    }
  long double factor = params->rank.norm && sum > 0 ? log2l(1 + sum) / sum : 1;
  for (uint64_t i = 0; i < n; i++) {
    g[i] *= factor;
    h[i] *= factor;
  }
}

static void lambdas_match_a_plain_evaluation(void **state) {
  (void)state;
  static struct queries q;
  static float g[MANY], h[MANY];
  static double adjusted[MANY];
  fill(&q, 3);
  q.data.weight = q.weight;
  q.data.position = q.position;
  for (int c = 0; c < 12; c++) {
    struct objective_params params = ranking_params(OBJECTIVE_LAMBDARANK, false);
    params.rank.norm = c % 2;
    params.rank.truncation = c % 3 == 0 ? 30 : c % 3 == 1 ? 1 : 7;
    params.sigmoid = c < 6 ? 1 : 1.7;
    bool biased = c % 4 == 3;
    struct objective o = make(&params, &q.data);
    struct query_pass pass = {.score = q.score, .bias = biased ? q.bias : NULL, .gradient = g, .hessian = h};
    o.row->query_gradients(&o, &pass, 0, q.n_groups, 0);
    for (int i = 0; i < MANY; i++) adjusted[i] = q.score[i] + (biased ? q.bias[q.position[i]] : 0);
    uint64_t begin = 0;
    for (uint64_t k = 0; k < q.n_groups; begin += (uint64_t)q.group[k++]) {
      long double want_g[128], want_h[128];
      uint64_t n = (uint64_t)q.group[k];
      plain_lambdas(&params, adjusted + begin, q.label + begin, n, want_g, want_h);
      for (uint64_t i = 0; i < n; i++) {
        double w = (double)q.weight[begin + i];
        assert_near((double)g[begin + i], w * (double)want_g[i], 3e-6 * (1 + fabs((double)want_g[i])) * w);
        assert_near((double)h[begin + i], w * (double)want_h[i], 3e-6 * (1 + (double)want_h[i]) * w);
        assert_true(h[begin + i] >= 0);
      }
    }
    objective_release(&o);
  }
}

/* Cross entropy of the softmax: the three terms in long double, from the draws that the gradients reveal. */
static void shares_match_a_plain_evaluation(void **state) {
  (void)state;
  static struct queries q;
  static float g[MANY], h[MANY];
  fill(&q, 4);
  struct objective_params params = ranking_params(OBJECTIVE_RANK_XENDCG, false);
  struct objective o = make(&params, &q.data);
  struct query_pass pass = {.score = q.score, .round = 3, .gradient = g, .hessian = h};
  o.row->query_gradients(&o, &pass, 0, q.n_groups, 0);
  uint64_t begin = 0, key = rng_bits(5, RNG_GAIN, 3);
  for (uint64_t k = 0; k < q.n_groups; begin += (uint64_t)q.group[k++]) {
    uint64_t n = (uint64_t)q.group[k];
    long double rho[128], phi[128], a[128], b[128], t[128], sum = 0, total = 0, most = -1e9L, A = 0, B = 0;
    if (n == 1) assert_true(g[begin] == 0 && h[begin] == 0);
    bool wide = false;
    for (uint64_t i = 0; i < n; i++) {
      most = fmaxl(most, (long double)q.score[begin + i]);
      wide |= q.score[begin + i] > 100;
    }
    for (uint64_t i = 0; i < n; i++) {
      double draw = (double)(rng_bits(key, RNG_GAIN, begin + i) >> 11) * 0x1p-53;
      rho[i] = expl((long double)q.score[begin + i] - most);
      phi[i] = exp2l((long double)q.label[begin + i]) - (long double)draw;
      sum += rho[i];
      total += phi[i];
    }
    if (n == 1) continue;
    for (uint64_t i = 0; i < n; i++) {
      assert_true(isfinite(g[begin + i]) && h[begin + i] >= 0);
      rho[i] /= sum;
      t[i] = rho[i] - phi[i] / total;
      a[i] = t[i] / (1 - rho[i]);
      A += a[i];
    }
    for (uint64_t i = 0; i < n; i++) {
      t[i] += rho[i] * (A - a[i]);
      b[i] = rho[i] * (A - a[i]) / (1 - rho[i]);
      B += b[i];
    }
    if (wide) continue; /* one row has all of the softmax: the terms are limits there */
    for (uint64_t i = 0; i < n; i++) {
      assert_near((double)g[begin + i], (double)(t[i] + rho[i] * (B - b[i])), 2e-6);
      assert_near((double)h[begin + i], (double)(rho[i] * (1 - rho[i])), 1e-7);
    }
  }
  objective_release(&o);
}

/* ---- the same bits ---- */

static void run(const struct objective *o, const struct queries *q, uint64_t step, float *g, float *h) {
  struct query_pass pass = {
      .score = q->score, .bias = o->row->learns_positions ? q->bias : NULL, .gradient = g, .hessian = h};
  int lane = 0;
  for (uint64_t row = 0; row < MANY; row += step, lane = (lane + 1) % o->data.n_threads) {
    uint64_t first, behind;
    objective_queries_between(o, row, row + step, &first, &behind);
    o->row->query_gradients(o, &pass, first, behind, lane);
  }
}

static void cuts_lanes_and_tiers_change_nothing(void **state) {
  (void)state;
  static struct queries q;
  static float g[2][MANY], h[2][MANY];
  fill(&q, 5);
  q.data.weight = q.weight;
  q.data.position = q.position;
  q.data.n_threads = 3;
  for (int c = 0; c < 4; c++) {
    struct objective_params params =
        ranking_params(c % 2 ? OBJECTIVE_RANK_XENDCG : OBJECTIVE_LAMBDARANK, c / 2);
    struct objective o = make(&params, &q.data);
    run(&o, &q, MANY, g[0], h[0]);
    for (uint64_t step = 1; step < MANY; step = step * 7 + 3) {
      memset(g[1], 0xA5, sizeof g[1]);
      run(&o, &q, step, g[1], h[1]);
      assert_memory_equal(g[0], g[1], sizeof g[0]);
      assert_memory_equal(h[0], h[1], sizeof h[0]);
    }
    FOR_EACH_TIER(k) {
      o.kernels = k;
      run(&o, &q, MANY, g[1], h[1]);
      assert_memory_equal(g[0], g[1], sizeof g[0]);
      assert_memory_equal(h[0], h[1], sizeof h[0]);
    }
    objective_release(&o);
  }
}

/* A round's draws are others than those of the round before, in both generators, and LightGBM's go on where
 * those of earlier rounds ended. */
static void rounds_draw_anew(void **state) {
  (void)state;
  for (int lightgbm = 0; lightgbm < 2; lightgbm++) {
    struct objective_params params = ranking_params(OBJECTIVE_RANK_XENDCG, lightgbm);
    struct objective_data data = one_query();
    struct objective o = make(&params, &data);
    float g[4][N], h[N];
    for (uint64_t round = 0; round < 4; round++) {
      struct query_pass pass = {.score = one_scores, .round = round, .gradient = g[round], .hessian = h};
      o.row->query_gradients(&o, &pass, 0, 1, 0);
      for (uint64_t r = 0; r < round; r++) assert_true(memcmp(g[r], g[round], sizeof g[r]) != 0);
    }
    uint32_t state_of_5 = 5;
    double phi[N], total = 0, rho[N], sum = 0;
    for (int i = 0; i < 3 * N; i++) state_of_5 = state_of_5 * 214013u + 2531011u;
    for (int i = 0; i < N; i++) {
      state_of_5 = state_of_5 * 214013u + 2531011u;
      phi[i] = exp2((double)one_labels[i]) - (state_of_5 >> 16 & 0x7fff) / 32768.0;
      total += phi[i];
      sum += rho[i] = exp(one_scores[i]);
    }
    double A = 0, B = 0, a[N], b[N], t[N];
    for (int i = 0; i < N; i++) {
      rho[i] /= sum;
      t[i] = rho[i] - phi[i] / total;
      A += a[i] = t[i] / (1 - rho[i]);
    }
    for (int i = 0; i < N; i++) B += b[i] = rho[i] * (A - a[i]) / (1 - rho[i]);
    for (int i = 0; i < N && lightgbm; i++)
      assert_near((double)g[3][i], t[i] + rho[i] * (A - a[i]) + rho[i] * (B - b[i]), 2e-7);
    objective_release(&o);
  }
}

/* Queries of one label, or of one row, ask for nothing. */
static void nothing_to_rank(void **state) {
  (void)state;
  static const float same[5] = {1, 1, 1, 3, 0};
  static const double score[5] = {1, 2, 3, 4, 5};
  static const int32_t group[3] = {3, 1, 1};
  struct objective_data data = {.label = same, .n_rows = 5, .n_threads = 1, .group = group, .n_groups = 3};
  struct objective_params params = ranking_params(OBJECTIVE_LAMBDARANK, false);
  struct objective o = make(&params, &data);
  float g[5], h[5];
  struct query_pass pass = {.score = score, .gradient = g, .hessian = h};
  o.row->query_gradients(&o, &pass, 0, 3, 0);
  for (int i = 0; i < 5; i++) assert_true(g[i] == 0 && h[i] == 0);
  objective_release(&o);
}

/* ---- refusals ---- */

static void assert_refused(const struct objective_params *params, const struct objective_data *data,
                           const char *part) {
  struct objective o = {.root_hessian = 77};
  copse_error err;
  assert_int_equal(objective_init(NULL, params, data, &o, &err), COPSE_ERR_DATA);
  if (strstr(err.message, part) == NULL) fail_msg("\"%s\" does not say \"%s\"", err.message, part);
  assert_true(o.root_hessian == 77);
}

static void bad_queries_and_labels_are_refused(void **state) {
  (void)state;
  static const float half[N] = {0, 1, 0.5f, 0}, minus[N] = {0, -1, 0, 0}, large[N] = {0, 1, 2, 31};
  static const double gain[2] = {0, 1};
  for (int x = 0; x < 2; x++) {
    struct objective_params params = ranking_params(x ? OBJECTIVE_RANK_XENDCG : OBJECTIVE_LAMBDARANK, false);
    struct objective_data data = one_query();
    data.group = NULL;
    assert_refused(&params, &data, "the data have no queries: give their sizes (FILE.query");
    data = one_query();
    data.label = half;
    assert_refused(&params, &data, "row 3: label 0.5: objective=");
    data.label = minus;
    assert_refused(&params, &data, "row 2: label -1: objective=");
    data.label = large;
    assert_refused(&params, &data, "row 4: label 31: objective=");
    params.rank.label_gain = gain;
    params.rank.n_label_gain = 2;
    data.label = one_labels;
    assert_refused(&params, &data, "takes the relevance labels 0 to 1, whole numbers");
  }
}

static void lack_of_memory_is_told(void **state) {
  (void)state;
  for (int x = 0; x < 2; x++) {
    struct objective_params params = ranking_params(x ? OBJECTIVE_RANK_XENDCG : OBJECTIVE_LAMBDARANK, false);
    copse_status status = COPSE_ERR_MEMORY;
    int refused = 0;
    for (size_t n = 2; n < 12 && status != COPSE_OK; n++) { /* the first request makes the context */
      struct hooked_allocator hook = {.fail_at = n};
      copse_allocator allocator = hooked_allocator(&hook);
      copse_context *ctx;
      struct objective o;
      struct objective_data data = one_query();
      assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
      status = objective_init(ctx, &params, &data, &o, NULL);
      refused += status == COPSE_ERR_MEMORY;
      if (status == COPSE_OK) objective_release(&o);
      assert_int_equal(copse_context_memory_used(ctx), 0);
      copse_context_free(ctx);
      assert_int_equal(hook.live, 0);
    }
    assert_int_equal(status, COPSE_OK);
    assert_int_equal(refused, x ? 3 : 6);
  }
}

/* This file knows every objective over queries. */
static void every_row_is_here(void **state) {
  (void)state;
  for (size_t r = 0; r < objective_count(); r++) {
    const struct objective_row *row = objective_at(r);
    if (row->query_gradients == NULL) continue;
    assert_null(row->gradients);
    assert_true(row->kind == OBJECTIVE_LAMBDARANK || row->kind == OBJECTIVE_RANK_XENDCG);
    assert_string_equal(row->default_metric, "ndcg");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lambdas_are_lightgbms),
      cmocka_unit_test(draws_are_lightgbms),
      cmocka_unit_test(lambdas_match_a_plain_evaluation),
      cmocka_unit_test(shares_match_a_plain_evaluation),
      cmocka_unit_test(cuts_lanes_and_tiers_change_nothing),
      cmocka_unit_test(rounds_draw_anew),
      cmocka_unit_test(nothing_to_rank),
      cmocka_unit_test(bad_queries_and_labels_are_refused),
      cmocka_unit_test(lack_of_memory_is_told),
      cmocka_unit_test(every_row_is_here),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
