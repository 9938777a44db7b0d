/* objective_rank_xendcg.c - cross entropy of a query's softmax with randomised gains (XE-NDCG MART: Bruch
 * 2021): the target share of a row is 2^label less a draw from [0, 1). The first gradient is that of the
 * cross entropy; two more terms make it that of the bound on NDCG.
 *
 * A draw belongs to (seed, round, row), whatever is drawn besides. compat=lightgbm takes LightGBM's own
 * numbers: one linear congruential generator for each query, which a power of its step takes to any round. */
#include <math.h>

#include "base/congruence.h"
#include "base/rng.h"
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "objective/queries.h"
#include "objective/rows.h"

static const double eps = 1.0000000036274937e-15; /* float32(1e-15) */

enum { ROW_BYTES = 3 * sizeof(double) };

static copse_status prepare(copse_context *ctx, struct objective *objective, copse_error *err) {
  return queries_create(ctx, objective, ROW_BYTES, err);
}

static void draw_as_lightgbm(int seed, uint64_t query, uint64_t round, uint64_t n, double *out) {
  uint32_t state = congruence_apply(congruence_times(round * n), (uint32_t)seed + (uint32_t)query);
  for (uint64_t i = 0; i < n; i++) {
    state = congruence_apply(congruence_one(), state);
    out[i] = congruence_uniform(state);
  }
}

static void draw(const struct objective *objective, const struct query_pass *pass, uint64_t q, uint64_t begin,
                 uint64_t n, double *out) {
  const struct rank_params *params = &objective->params.rank;
  if (params->lightgbm_math) {
    draw_as_lightgbm(params->seed, q, pass->round, n, out);
    return;
  }
  uint64_t key = rng_bits((uint64_t)params->seed, RNG_GAIN, pass->round);
  for (uint64_t i = 0; i < n; i++) out[i] = (double)(rng_bits(key, RNG_GAIN, begin + i) >> 11) * 0x1p-53;
}

static void softmax(const struct objective *objective, const double *score, uint64_t n, double *less,
                    double *out) {
  double most = score[0], sum = 0;
  for (uint64_t i = 1; i < n; i++) most = score[i] > most ? score[i] : most;
  for (uint64_t i = 0; i < n; i++) less[i] = most;
  objective->kernels->exp_differences(score, less, n, out);
  for (uint64_t i = 0; i < n; i++) sum += out[i];
  for (uint64_t i = 0; i < n; i++) out[i] /= sum;
}

/* 1 - share, which is divided by: not 0 where one row has all of it. */
static double rest(double share) { return 1.0 - share > eps ? 1.0 - share : eps; }

/* share: the softmax of the scores; part: the draws, then what the next term needs. */
static void terms(const float *label, uint64_t n, const double *share, double *part, float *gradient,
                  float *hessian) {
  double total = 0, sum = 0, next = 0;
  for (uint64_t i = 0; i < n; i++) {
    part[i] = ldexp(1.0, (int)label[i]) - part[i];
    total += part[i];
  }
  double inverse = 1.0 / (total > eps ? total : eps);
  for (uint64_t i = 0; i < n; i++) {
    double term = share[i] - part[i] * inverse;
    gradient[i] = (float)term;
    part[i] = term / rest(share[i]);
    sum += part[i];
  }
  for (uint64_t i = 0; i < n; i++) {
    double term = share[i] * (sum - part[i]);
    gradient[i] += (float)term;
    part[i] = term / rest(share[i]);
    next += part[i];
  }
  for (uint64_t i = 0; i < n; i++) {
    gradient[i] += (float)(share[i] * (next - part[i]));
    hessian[i] = (float)(share[i] * (1.0 - share[i]));
  }
}

static void gradients(const struct objective *objective, const struct query_pass *pass, uint64_t first,
                      uint64_t end, int lane) {
  const struct objective_queries *queries = objective->queries;
  double *share = (double *)(void *)(queries->scratch + (size_t)lane * queries->lane_bytes);
  double *part = share + queries->most, *less = part + queries->most;
  for (uint64_t q = first; q < end; q++) {
    uint64_t begin = queries->begin[q], n = queries->begin[q + 1] - begin;
    float *gradient = pass->gradient + begin, *hessian = pass->hessian + begin;
    if (n == 1) {
      gradient[0] = hessian[0] = 0;
      continue;
    }
    softmax(objective, pass->score + begin, n, less, share);
    draw(objective, pass, q, begin, n, part);
    terms(objective->data.label + begin, n, share, part, gradient, hessian);
    for (uint64_t i = 0; i < n && objective->data.weight != NULL; i++) {
      gradient[i] *= objective->data.weight[begin + i];
      hessian[i] *= objective->data.weight[begin + i];
    }
  }
}

const struct objective_row objective_row_rank_xendcg = {
    .kind = OBJECTIVE_RANK_XENDCG,
    .name = "rank_xendcg",
    .default_metric = "ndcg",
    .output = OUTPUT_RAW,
    .check = queries_check,
    .prepare = prepare,
    .query_gradients = gradients,
    .transform = output_raw,
    .describe = objective_describe,
};
