/* objective_lambdarank.c - LambdaRank (Burges 2010): within a query each pair of rows with different labels
 * pulls the higher labelled one up and the other one down, by the slope of its logistic loss times the change
 * of NDCG if the two swapped ranks. Pairs whose better ranked row is below the truncation level do not count.
 *
 * The logistic function of a pair, 1 / (1 + e^(sigmoid (s - t))), is taken from the odds e^(sigmoid s) of its
 * rows: an exponential for each row in place of one for each pair. LightGBM reads it from a table of 2^20
 * cells (10.16 of its semantics), which compat=lightgbm copies; the sums are rounded to float32 pair by pair
 * as there. */

#include "base/status.h"
#include "kernels/kernel_math.h"
#include "objective/queries.h"
#include "objective/rows.h"

/* The rows of a query by rank. */
struct ranked {
  struct sort_pair *pairs; /* [2 n] */
  double *adjusted;        /* in data order: score and bias of the position */
  double *score, *gain, *label, *odds, *lambda;
  float *gradient, *hessian, *own_gradient, *own_hessian;
};
enum { ROW_BYTES = 2 * sizeof(struct sort_pair) + 6 * sizeof(double) + 4 * sizeof(float) };

static struct ranked ranked_of(const struct objective_queries *queries, int lane) {
  uint64_t n = queries->most;
  struct ranked ranked = {.pairs = (void *)(queries->scratch + (size_t)lane * queries->lane_bytes)};
  double *numbers = (double *)(void *)(ranked.pairs + 2 * n);
  ranked.adjusted = numbers;
  ranked.score = numbers + n;
  ranked.gain = numbers + 2 * n;
  ranked.label = numbers + 3 * n;
  ranked.odds = numbers + 4 * n;
  ranked.lambda = numbers + 5 * n;
  float *floats = (float *)(void *)(numbers + 6 * n);
  ranked.gradient = floats;
  ranked.hessian = floats + n;
  ranked.own_gradient = floats + 2 * n;
  ranked.own_hessian = floats + 3 * n;
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

/* The rule for a query whose scores run from best to worst. */
static struct rank_rule rule_of(const struct objective *objective, double inverse_best, double best,
                                double worst) {
  const double odds_range = 600; /* e^-600 is far from the end of the numbers, also squared by a sum */
  const double table_range = 25; /* of sigmoid times difference, to each side */
  double sigmoid = objective->params.sigmoid;
  struct rank_rule rule = {.way = sigmoid * (best - worst) < odds_range ? RANK_ODDS : RANK_EXP,
                           .norm = objective->params.rank.norm && best != worst,
                           .sigmoid = sigmoid,
                           .inverse_best = inverse_best};
  if (objective->params.rank.lightgbm_math) {
    rule.way = RANK_CELLS;
    rule.least = -table_range / sigmoid;
    rule.cells_per_score = (double)RANK_N_CELLS / (-rule.least - rule.least);
  }
  return rule;
}

/* Gradients by rank; returns the sum of all pulls. */
static double pull(const struct ranked *ranked, uint64_t n, uint64_t n_heads, const double *discounts,
                   const struct rank_rule *rule, const struct kernels *kernels) {
  double sum = 0;
  for (uint64_t i = 0; i < n_heads; i++) {
    uint64_t next = i + 1;
    struct rank_pairs pairs = {.rule = rule,
                               .score = ranked->score[i],
                               .gain = ranked->gain[i],
                               .discount = discounts[i],
                               .label = ranked->label[i],
                               .own_odds = ranked->odds[i],
                               .scores = ranked->score + next,
                               .gains = ranked->gain + next,
                               .discounts = discounts + next,
                               .labels = ranked->label + next,
                               .odds = ranked->odds + next,
                               .n = n - next,
                               .gradient = ranked->gradient + next,
                               .hessian = ranked->hessian + next,
                               .own_gradient = ranked->own_gradient,
                               .own_hessian = ranked->own_hessian,
                               .lambda = ranked->lambda};
    kernels->rank_pairs(&pairs);
    float gradient = ranked->gradient[i], hessian = ranked->hessian[i];
    for (uint64_t j = 0; j < pairs.n; j++) {
      gradient += ranked->own_gradient[j];
      hessian += ranked->own_hessian[j];
      sum -= 2.0 * ranked->lambda[j];
    }
    ranked->gradient[i] = gradient;
    ranked->hessian[i] = hessian;
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
    ranked->gradient[r] = ranked->hessian[r] = 0;
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
  struct rank_rule rule =
      rule_of(objective, queries->inverse_best[q], ranked->score[0], ranked->score[n - 1]);
  if (rule.way == RANK_ODDS)
    for (uint64_t r = 0; r < n; r++)
      ranked->odds[r] = kernel_exp(rule.sigmoid * (ranked->score[r] - ranked->score[0]));
  uint64_t heads = (uint64_t)objective->params.rank.truncation;
  if (heads > n - 1) heads = n - 1;
  double sum = pull(ranked, n, heads, queries->discounts, &rule, objective->kernels), factor = 1;
  if (objective->params.rank.norm && sum > 0) {
    const double ln2 = 0x1.62e42fefa39efp-1;
    factor = kernel_log(1.0 + sum) / ln2 / sum;
  }
  for (uint64_t r = 0; r < n; r++) {
    uint64_t row = ranked->pairs[r].value;
    float weight = objective->data.weight != NULL ? objective->data.weight[begin + row] : 1.0f;
    gradient[row] = (float)((double)ranked->gradient[r] * factor) * weight;
    hessian[row] = (float)((double)ranked->hessian[r] * factor) * weight;
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
