/* ndcg and map: LightGBM's own numbers, perfect and tied scores, a plain evaluation of random queries,
 * weights, and equal bits for any number of threads. */
#include <math.h>
#include <string.h>

#include "draw.h"
#include "hooked_allocator.h"
#include "metric/metric.h"
#include "testing.h"

enum { N = 11, MANY = 20000, MOST_QUERIES = 8000, N_AT = 3 };

static const int at135[N_AT] = {1, 3, 5};
static const int32_t groups[3] = {4, 3, 4};
static const float labels[N] = {2, 0, 1, 0, 0, 0, 0, 1, 0, 2, 1};
static const double scores[N] = {.1, .5, .5, -1, .3, .2, .1, 0, .4, .4, .9};
static const char *const names[2] = {"ndcg", "map"};

static struct metric_data plain_data(void) {
  return (struct metric_data){.score = scores,
                              .label = labels,
                              .n_rows = N,
                              .n_outputs = 1,
                              .n_threads = 1,
                              .group = groups,
                              .n_groups = 3};
}

/* All ranks of one metric through metric_values. */
static void values_of(const char *name, const struct metric_data *data, const int *at, size_t n,
                      double *out) {
  const struct metric_row *row = metric_find(name), *rows[8];
  copse_error err = {.message = ""};
  assert_non_null(row);
  assert_true(metric_is_ranked(row) && row->higher_is_better && n <= 8);
  for (size_t i = 0; i < n; i++) rows[i] = row;
  if (metric_values(rows, at, n, data, out, &err) != COPSE_OK) fail_msg("%s: %s", name, err.message);
}

static void check(const char *name, const struct metric_data *data, const double expected[N_AT]) {
  double out[N_AT];
  values_of(name, data, at135, N_AT, out);
  for (int a = 0; a < N_AT; a++)
    if (!(fabs(out[a] - expected[a]) < 6e-7))
      fail_msg("%s@%d: got %.9g, expected %.9g", name, at135[a], out[a], expected[a]);
}

/* [T3e] */
static void values_are_lightgbms(void **state) {
  (void)state;
  static const float weights[N] = {1, 1, 2, 2, 1, 1, 1, 3, 1, 1, 1},
                     empty[N] = {1, 1, 1, 1, 3, 3, 3, 1, 1, 1, 1};
  static const double gain[3] = {0, 1, 5};
  struct metric_data data = plain_data();
  check("ndcg", &data, (double[]){.444444, .730691, .765443});
  check("map", &data, (double[]){.666667, .712963, .796296});
  data.label_gain = gain;
  data.n_label_gain = 3;
  check("ndcg", &data, (double[]){.4, .708966, .732382});
  data.label_gain = NULL;
  data.n_label_gain = 0;
  data.weight = weights;
  data.plain_empty_queries = true;
  check("ndcg", &data, (double[]){.375, .697027, .736124});
  check("map", &data, (double[]){.625, .677083, .770833});
  data.weight = empty; /* the query without a relevant row weighs 3, but for LightGBM */
  double out[1];
  values_of("ndcg", &data, at135, 1, out);
  assert_true(fabs(out[0] - .266667) < 6e-7);
  data.plain_empty_queries = false;
  values_of("ndcg", &data, at135, 1, out);
  assert_true(fabs(out[0] - .666667) < 6e-7);
}

static void perfect_reversed_and_tied(void **state) {
  (void)state;
  static const float label[4] = {0, 1, 2, 4};
  static const int32_t group[1] = {4};
  static const double good[4] = {-1, 0, 1, 2}, tied[4] = {0, -0.0, 0, 0};
  const double worst = 0 / 15.0;
  double out[N_AT];
  struct metric_data data = plain_data();
  data.label = label;
  data.n_rows = 4;
  data.group = group;
  data.n_groups = 1;
  data.score = good;
  for (int m = 0; m < 2; m++) {
    values_of(names[m], &data, at135, N_AT, out);
    for (int a = 0; a < N_AT; a++) assert_true(fabs(out[a] - 1) < 1e-15);
  }
  data.score = tied; /* in their order, which is the worst; -0 ties with 0 */
  values_of("ndcg", &data, at135, N_AT, out);
  assert_true(out[0] == worst);
  const double dcg = 1 / log2(3) + 3 / 2.0 + 15 / log2(5), best = 15 + 3 / log2(3) + 1 / 2.0;
  assert_true(fabs(out[2] - dcg / best) < 1e-15);
  values_of("map", &data, at135, N_AT, out);
  assert_true(out[0] == 0 && fabs(out[1] - (1 / 2.0 + 2 / 3.0) / 3) < 1e-15);
}

/* A rank beyond a query's rows, and each rank by itself or among others. */
static void ranks_do_not_see_each_other(void **state) {
  (void)state;
  static const int at[8] = {1, 2, 3, 4, 5, 10, 100, 2000000000};
  struct metric_data data = plain_data();
  for (int m = 0; m < 2; m++) {
    double all[8], one;
    values_of(names[m], &data, at, 8, all);
    for (int a = 0; a < 8; a++) {
      values_of(names[m], &data, &at[a], 1, &one);
      assert_true(one == all[a]);
    }
    assert_true(all[3] == all[4] && all[4] == all[7]);
  }
}

/* ---- a plain evaluation ---- */

static long double gain_at(const struct metric_data *d, uint64_t row) {
  return d->label_gain != NULL ? (long double)d->label_gain[(int)d->label[row]]
                               : exp2l((long double)d->label[row]) - 1;
}

static long double plain_query(const struct metric_data *d, bool map, uint64_t begin, uint64_t n,
                               uint64_t k) {
  long double dcg = 0, best = 0, precision = 0;
  uint64_t n_relevant = 0;
  for (uint64_t i = begin; i < begin + n; i++) {
    uint64_t rank = 0, ideal = 0, hits = 0;
    for (uint64_t j = begin; j < begin + n; j++) {
      bool ahead = d->score[j] > d->score[i] || (d->score[j] == d->score[i] && j < i);
      rank += ahead;
      hits += (ahead || j == i) && d->label[j] > 0.5f;
      ideal += d->label[j] > d->label[i] || (d->label[j] == d->label[i] && j < i);
    }
    if (rank < k) dcg += gain_at(d, i) / log2l((long double)rank + 2);
    if (ideal < k) best += gain_at(d, i) / log2l((long double)ideal + 2);
    n_relevant += d->label[i] > 0.5f;
    if (rank < k && d->label[i] > 0.5f) precision += (long double)hits / (long double)(rank + 1);
  }
  if (n_relevant == 0) return 1;
  return map ? precision / (long double)(n_relevant < k ? n_relevant : k) : dcg / best;
}

static long double plain_value(const struct metric_data *d, bool map, int at) {
  long double sum = 0, total = 0;
  uint64_t begin = 0;
  for (uint64_t q = 0; q < d->n_groups; q++) {
    uint64_t n = (uint64_t)d->group[q];
    long double weight = d->weight != NULL ? 0 : 1;
    for (uint64_t i = begin; i < begin + n && d->weight != NULL; i++)
      weight += (long double)d->weight[i] / (long double)n;
    sum += weight * plain_query(d, map, begin, n, (uint64_t)at < n ? (uint64_t)at : n);
    total += weight;
    begin += n;
  }
  return sum / total;
}

struct many {
  float label[MANY], weight[MANY];
  double score[MANY];
  int32_t group[MOST_QUERIES];
  struct metric_data data;
};

static void fill(struct many *many) {
  struct draw d = {.seed = 8};
  uint64_t left = MANY, n_groups = 0;
  for (; left > 0; n_groups++) {
    int64_t size = draw_between(&d, 1, n_groups % 4 == 0 ? 150 : 6);
    if ((uint64_t)size > left) size = (int64_t)left;
    many->group[n_groups] = (int32_t)size;
    left -= (uint64_t)size;
  }
  for (int i = 0; i < MANY; i++) {
    many->label[i] = (float)(draw_bits(&d) % 3 == 0 ? draw_between(&d, 0, 4) : 0);
    many->weight[i] = (float)draw_uniform(&d);
    many->score[i] = (double)draw_between(&d, -20, 20) / 7;
  }
  many->data = (struct metric_data){.score = many->score,
                                    .label = many->label,
                                    .weight = many->weight,
                                    .n_rows = MANY,
                                    .n_outputs = 1,
                                    .n_threads = 1,
                                    .group = many->group,
                                    .n_groups = n_groups};
}

static void random_queries_match_a_plain_evaluation(void **state) {
  (void)state;
  static struct many many;
  static const double gain[5] = {0, 2, 2.5, 7, 8};
  fill(&many);
  for (int m = 0; m < 2; m++)
    for (int c = 0; c < 3; c++) {
      double out[N_AT], again[N_AT];
      struct metric_data data = many.data;
      if (c == 1) data.weight = NULL;
      if (c == 2) {
        data.label_gain = gain;
        data.n_label_gain = 5;
      }
      values_of(names[m], &data, at135, N_AT, out);
      for (int a = 0; a < N_AT; a++)
        assert_true(fabs(out[a] - (double)plain_value(&data, m == 1, at135[a])) < 1e-12);
      for (int threads = 2; threads <= 8; threads += 3) {
        data.n_threads = threads;
        values_of(names[m], &data, at135, N_AT, again);
        assert_memory_equal(out, again, sizeof out);
      }
    }
}

/* A query of weight 2 is the query twice. */
static void weight_two_is_the_query_twice(void **state) {
  (void)state;
  static const float weight[4] = {2, 2, 1, 1}, label[6] = {1, 0, 0, 1, 1, 0};
  static const double score[6] = {0, 1, 0, 1, 0, 1};
  static const int32_t group[3] = {2, 2, 2};
  for (int m = 0; m < 2; m++) {
    double weighted, twice;
    struct metric_data data = plain_data();
    data.score = score;
    data.label = label;
    data.group = group;
    data.n_rows = 4;
    data.n_groups = 2;
    data.weight = weight;
    values_of(names[m], &data, &at135[1], 1, &weighted);
    data.weight = NULL;
    data.n_rows = 6;
    data.n_groups = 3;
    values_of(names[m], &data, &at135[1], 1, &twice);
    assert_true(fabs(weighted - twice) < 1e-15);
  }
}

static void assert_refused(const char *name, const struct metric_data *data, copse_status status,
                           const char *part) {
  const struct metric_row *row = metric_find(name);
  double out[N_AT] = {42, 42, 42};
  copse_error err = {.message = ""};
  struct metric_data asked = *data;
  asked.at = at135;
  asked.n_at = N_AT;
  assert_int_equal(row->value(row, &asked, out, &err), status);
  if (strstr(err.message, part) == NULL) fail_msg("%s: %s", name, err.message);
  for (int a = 0; a < N_AT; a++) assert_true(out[a] == 42);
}

static void refusals(void **state) {
  (void)state;
  static const float half[N] = {0, 0.5f}, large[N] = {0, 0, 31}, nothing[N] = {0};
  for (int m = 0; m < 2; m++) {
    struct metric_data data = plain_data();
    data.group = NULL;
    assert_refused(names[m], &data, COPSE_ERR_DATA,
                   "judges the order within queries, and the data have none");
    data = plain_data();
    data.label = NULL;
    assert_refused(names[m], &data, COPSE_ERR_DATA, "needs a label");
    data = plain_data();
    data.n_outputs = 3;
    assert_refused(names[m], &data, COPSE_ERR_ARGUMENT, "one prediction per row");
    data = plain_data();
    data.weight = nothing;
    assert_refused(names[m], &data, COPSE_ERR_DATA, "sum to 0");
  }
  struct metric_data data = plain_data();
  data.label = half;
  assert_refused("ndcg", &data, COPSE_ERR_DATA, "row 2: label 0.5: ndcg takes the relevance labels 0 to 30");
  data.label = large;
  assert_refused("ndcg", &data, COPSE_ERR_DATA, "row 3: label 31:");
}

static void lack_of_memory_is_told(void **state) {
  (void)state;
  for (int m = 0; m < 2; m++) {
    int refused = 0;
    for (size_t n = 2; n < 8; n++) { /* the first request makes the context */
      struct hooked_allocator hook = {.fail_at = n};
      copse_allocator allocator = hooked_allocator(&hook);
      struct metric_data data = plain_data();
      const struct metric_row *row = metric_find(names[m]);
      double out[N_AT];
      data.at = at135;
      data.n_at = N_AT;
      assert_int_equal(copse_context_create(&allocator, &data.ctx, NULL), COPSE_OK);
      copse_status status = row->value(row, &data, out, NULL);
      assert_int_equal(status, hook.refused > 0 ? COPSE_ERR_MEMORY : COPSE_OK);
      refused += status == COPSE_ERR_MEMORY;
      assert_int_equal(copse_context_memory_used(data.ctx), 0);
      copse_context_free(data.ctx);
      assert_int_equal(hook.live, 0);
    }
    assert_int_equal(refused, 4);
  }
}

/* Of several metrics those of one kind are computed together, and land in their places. */
static void metrics_in_a_row(void **state) {
  (void)state;
  const struct metric_row *rows[6] = {metric_find("l2"),  metric_find("ndcg"), metric_find("ndcg"),
                                      metric_find("map"), metric_find("map"),  metric_find("l1")};
  static const int at[6] = {0, 1, 5, 1, 3, 0};
  struct metric_data data = plain_data();
  double out[6], one;
  assert_int_equal(metric_values(rows, at, 6, &data, out, NULL), COPSE_OK);
  for (int m = 0; m < 6; m++) {
    assert_int_equal(metric_values(&rows[m], &at[m], 1, &data, &one, NULL), COPSE_OK);
    assert_true(one == out[m]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_lightgbms),
      cmocka_unit_test(perfect_reversed_and_tied),
      cmocka_unit_test(ranks_do_not_see_each_other),
      cmocka_unit_test(random_queries_match_a_plain_evaluation),
      cmocka_unit_test(weight_two_is_the_query_twice),
      cmocka_unit_test(refusals),
      cmocka_unit_test(lack_of_memory_is_told),
      cmocka_unit_test(metrics_in_a_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
