/* objective_lambdarank.c - LambdaRank (Burges 2010): within a query each pair of rows with different labels
 * pulls the higher labelled one up and the other one down, by the slope of its logistic loss times the change
 * of NDCG if the two swapped ranks. Pairs whose better ranked row is below the truncation level do not count.
 *
 * The logistic function of a pair, 1 / (1 + e^(sigmoid (s - t))), is taken from the odds e^(sigmoid s) of its
 * rows: an exponential for each row in place of one for each pair. LightGBM reads it from a table of 2^20
 * cells and rounds every addition to float32 (10.16, 10.17 of its semantics): so does compat=lightgbm. */

#include "base/status.h"
#include "kernels/kernel_math.h"
#include "objective/queries.h"
#include "objective/rows.h"

/* The rows of a query by rank. */
struct ranked {
  struct sort_pair *pairs; /* [2 n] */
  double *adjusted;        /* in data order: score and bias of the position */
  double *score, *gain, *label, *odds, *gradient, *hessian;
  struct rank_cells cells; /* compat=lightgbm */
};
enum { N_DOUBLES = 8, N_FLOATS = 4 };
enum { ROW_BYTES = 2 * sizeof(struct sort_pair) + N_DOUBLES * sizeof(double) + N_FLOATS * sizeof(float) };

static struct ranked ranked_of(const struct objective_queries *queries, int lane) {
  uint64_t n = queries->most;
  struct ranked ranked = {.pairs = (void *)(queries->scratch + (size_t)lane * queries->lane_bytes)};
  double *numbers = (double *)(void *)(ranked.pairs + 2 * n);
  double **const doubles[N_DOUBLES] = {&ranked.adjusted, &ranked.score,     &ranked.gain,
                                       &ranked.label,    &ranked.odds,      &ranked.gradient,
                                       &ranked.hessian,  &ranked.cells.pull};
  for (uint64_t i = 0; i < N_DOUBLES; i++) *doubles[i] = numbers + i * n;
  float *floats = (float *)(void *)(numbers + N_DOUBLES * n);
  float **const of_cells[N_FLOATS] = {&ranked.cells.gradient, &ranked.cells.hessian,
                                      &ranked.cells.own_gradient, &ranked.cells.own_hessian};
  for (uint64_t i = 0; i < N_FLOATS; i++) *of_cells[i] = floats + i * n;
  return ranked;
}

static copse_status prepare(copse_context *ctx, struct objective *objective, copse_error *err) {
  copse_status status = queries_create(ctx, objective, ROW_BYTES, err);
  if (status != COPSE_OK) return status;
  struct objective_queries *queries = objective->queries;
  uint64_t *counts = copse_alloc(ctx, queries->n_gains, sizeof *counts);
  queries->discounts = copse_alloc(ctx, queries->most, sizeof *queries->discounts);
  queries->inverse_best = copse_alloc(ctx, queries->n, sizeof *queries->inverse_best);
  if (counts != NULL && queries->discounts != NULL && queries->inverse_best != NULL) {
    ranking_discounts(queries->discounts, queries->most);
    for (uint64_t q = 0; q < queries->n; q++) {
      uint64_t begin = queries->begin[q], n = queries->begin[q + 1] - begin;
      double best =
          ranking_best(objective->data.label + begin, n, (uint64_t)objective->params.rank.truncation,
                       queries->gains, queries->n_gains, queries->discounts, counts);
      queries->inverse_best[q] = best > 0 ? 1.0 / best : 0;
    }
  } else {
    status = status_memory(err, "the queries");
  }
  copse_free(counts);
  return status;
}

/* The rows behind rank i as the kernels take them. */
static struct rank_pairs pairs_of(const struct ranked *ranked, uint64_t i, uint64_t n,
                                  const struct objective *objective, const struct rank_pairs *query_wide) {
  struct rank_pairs pairs = *query_wide;
  const double *discounts = objective->queries->discounts;
  pairs.score = ranked->score[i];
  pairs.gain = ranked->gain[i];
  pairs.discount = discounts[i];
  pairs.label = ranked->label[i];
  pairs.own_odds = ranked->odds[i];
  pairs.scores = ranked->score + i + 1;
  pairs.gains = ranked->gain + i + 1;
  pairs.discounts = discounts + i + 1;
  pairs.labels = ranked->label + i + 1;
  pairs.odds = ranked->odds + i + 1;
  pairs.n = n - i - 1;
  pairs.gradient = ranked->gradient + i + 1;
  pairs.hessian = ranked->hessian + i + 1;
  return pairs;
}

/* Odds of the ranks from i on, those of rank `one` being 1. */
static void set_odds(const struct ranked *ranked, uint64_t i, uint64_t n, uint64_t one, double sigmoid) {
  for (; i < n; i++) ranked->odds[i] = kernel_exp(sigmoid * (ranked->score[i] - ranked->score[one]));
}

/* Gradients by rank; returns the sum of all pulls. Where scores are so far apart that odds would leave the
 * range of numbers, they are taken anew for each row. */
static double pull(const struct objective *objective, const struct ranked *ranked, uint64_t n,
                   uint64_t n_heads, const struct rank_pairs *query_wide) {
  const double odds_range = 600;
  double sum = 0, sums[3], sigmoid = query_wide->sigmoid;
  bool wide = sigmoid * (ranked->score[0] - ranked->score[n - 1]) >= odds_range;
  for (uint64_t r = 0; r < n; r++) ranked->gradient[r] = ranked->hessian[r] = 0;
  set_odds(ranked, 0, n, 0, sigmoid);
  for (uint64_t i = 0; i < n_heads; i++) {
    if (wide) set_odds(ranked, i, n, i, sigmoid);
    struct rank_pairs pairs = pairs_of(ranked, i, n, objective, query_wide);
    objective->kernels->rank_pairs(&pairs, sums);
    ranked->gradient[i] -= sums[0];
    ranked->hessian[i] += sums[1];
    sum += 2.0 * sums[2];
  }
  return sum;
}

/* The same as LightGBM adds it up: in float32, pair by pair. */
static double pull_as_lightgbm(const struct objective *objective, const struct ranked *ranked, uint64_t n,
                               uint64_t n_heads, const struct rank_pairs *query_wide) {
  const double table_range = 25; /* of sigmoid times difference, to each side */
  struct rank_cells cells = ranked->cells;
  float *gradient = cells.gradient, *hessian = cells.hessian;
  double sum = 0;
  cells.least = -table_range / query_wide->sigmoid;
  cells.per_score = (double)RANK_N_CELLS / (-cells.least - cells.least);
  for (uint64_t r = 0; r < n; r++) gradient[r] = hessian[r] = 0;
  for (uint64_t i = 0; i < n_heads; i++) {
    struct rank_pairs pairs = pairs_of(ranked, i, n, objective, query_wide);
    cells.gradient = gradient + i + 1;
    cells.hessian = hessian + i + 1;
    objective->kernels->rank_cells(&pairs, &cells);
    for (uint64_t j = 0; j < pairs.n; j++) {
      gradient[i] += cells.own_gradient[j];
      hessian[i] += cells.own_hessian[j];
      sum += 2.0 * cells.pull[j];
    }
  }
  for (uint64_t r = 0; r < n; r++) {
    ranked->gradient[r] = (double)gradient[r];
    ranked->hessian[r] = (double)hessian[r];
  }
  return sum;
}

/* Ranks the query's rows; false where all have one label. */
static bool rank(const struct objective *objective, const struct query_pass *pass, uint64_t begin, uint64_t n,
                 const struct ranked *ranked) {
  const float *label = objective->data.label + begin;
  const double *score = pass->score + begin;
  bool any = false;
  for (uint64_t i = 1; i < n; i++) any |= label[i] != label[0];
  if (!any) return false;
  if (pass->bias != NULL) {
    for (uint64_t i = 0; i < n; i++)
      ranked->adjusted[i] = score[i] + pass->bias[objective->data.position[begin + i]];
    score = ranked->adjusted;
  }
  ranking_sort(score, n, ranked->pairs);
  for (uint64_t r = 0; r < n; r++) {
    uint64_t row = ranked->pairs[r].value;
    ranked->score[r] = score[row];
    ranked->label[r] = (double)label[row];
    ranked->gain[r] = objective->queries->gains[(size_t)label[row]];
  }
  return true;
}

static void query(const struct objective *objective, const struct query_pass *pass, uint64_t q,
                  const struct ranked *ranked) {
  const struct objective_queries *queries = objective->queries;
  uint64_t begin = queries->begin[q], n = queries->begin[q + 1] - begin;
  float *gradient = pass->gradient + begin, *hessian = pass->hessian + begin;
  if (!rank(objective, pass, begin, n, ranked)) {
    for (uint64_t i = 0; i < n; i++) gradient[i] = hessian[i] = 0;
    return;
  }
  const struct rank_params *params = &objective->params.rank;
  struct rank_pairs query_wide = {.sigmoid = objective->params.sigmoid,
                                  .inverse_best = queries->inverse_best[q],
                                  .norm = params->norm && ranked->score[0] != ranked->score[n - 1]};
  uint64_t heads = (uint64_t)params->truncation;
  if (heads > n - 1) heads = n - 1;
  double factor = 1, sum = params->lightgbm_math ? pull_as_lightgbm(objective, ranked, n, heads, &query_wide)
                                                 : pull(objective, ranked, n, heads, &query_wide);
  if (params->norm && sum > 0) {
    const double ln2 = 0x1.62e42fefa39efp-1;
    factor = kernel_log(1.0 + sum) / ln2 / sum;
  }
  for (uint64_t r = 0; r < n; r++) {
    uint64_t row = ranked->pairs[r].value;
    float weight = objective->data.weight != NULL ? objective->data.weight[begin + row] : 1.0f;
    gradient[row] = (float)(ranked->gradient[r] * factor) * weight;
    hessian[row] = (float)(ranked->hessian[r] * factor) * weight;
  }
}

static void gradients(const struct objective *objective, const struct query_pass *pass, uint64_t first,
                      uint64_t end, int lane) {
  struct ranked ranked = ranked_of(objective->queries, lane);
  for (uint64_t q = first; q < end; q++) query(objective, pass, q, &ranked);
}

const struct objective_row objective_row_lambdarank = {
    .kind = OBJECTIVE_LAMBDARANK,
    .name = "lambdarank",
    .default_metric = "ndcg",
    .output = OUTPUT_RAW,
    .trains_sigmoid = true,
    .learns_positions = true,
    .check = queries_check,
    .prepare = prepare,
    .query_gradients = gradients,
    .transform = output_raw,
    .describe = objective_describe,
};
