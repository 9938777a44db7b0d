/* objective_multiclass.c - many classes, an output each. With K classes:
 *   multiclass     p = softmax(s), loss -log p_y: g_k = p_k - [k = y], h_k = K / (K - 1) p_k (1 - p_k)
 *                  (Friedman 2001, with the factor that makes K = 2 agree with the two-class step)
 *   multiclassova  the logistic loss of every class against the rest, each with a class weight of its own */
#include "kernels/kernel_math.h"
#include "objective/rows.h"

enum { CELLS = 4096, MOST_ROWS = 512 };

static const double eps = 1.0000000036274937e-15; /* float32(1e-15) */

/* ---- softmax ---- */

static copse_status prepare_shares(copse_context *ctx, struct objective *objective, copse_error *err) {
  copse_status status = classes_create(ctx, objective, err);
  if (status == COPSE_OK) classes_count(objective);
  return status;
}

static double softmax_start(const struct objective *objective, int output) {
  double share = objective->classes[output].share;
  return kernel_log(share > eps ? share : eps);
}

static bool softmax_trainable(const struct objective *objective, int output) {
  double share = objective->classes[output].share;
  return share > eps && share < 1.0 - eps;
}

/* A few rows of all classes, and what their probabilities have in common. */
struct softmax {
  const struct objective *objective;
  const double *score; /* of the first row and class */
  uint64_t n;          /* rows, at most MOST_ROWS */
  double largest[MOST_ROWS], sum[MOST_ROWS];
};

static void softmax_exps(const struct softmax *in, int k, double *out) {
  const double *score = in->score + (uint64_t)k * in->objective->data.n_rows;
  in->objective->kernels->exp_differences(score, in->largest, in->n, out);
}

/* The exponentials of all classes are kept in exps [CELLS] where they fit. */
static void softmax_sum(struct softmax *in, bool kept, double *exps) {
  int n_classes = in->objective->params.n_outputs;
  for (uint64_t i = 0; i < in->n; i++) {
    in->largest[i] = in->score[i];
    in->sum[i] = 0;
  }
  for (int k = 1; k < n_classes; k++) {
    const double *score = in->score + (uint64_t)k * in->objective->data.n_rows;
    for (uint64_t i = 0; i < in->n; i++)
      in->largest[i] = score[i] > in->largest[i] ? score[i] : in->largest[i];
  }
  for (int k = 0; k < n_classes; k++) {
    double *out = exps + (kept ? (uint64_t)k * in->n : 0);
    softmax_exps(in, k, out);
    for (uint64_t i = 0; i < in->n; i++) in->sum[i] += out[i];
  }
}

static void softmax_rows(struct softmax *in, uint64_t begin, float *gradient, float *hessian) {
  const struct objective_data *data = &in->objective->data;
  int n_classes = in->objective->params.n_outputs;
  double factor = (double)n_classes / ((double)n_classes - 1.0);
  double exps[CELLS];
  bool kept = in->n * (uint64_t)n_classes <= CELLS;
  softmax_sum(in, kept, exps);
  for (int k = 0; k < n_classes; k++) {
    double *e = exps + (kept ? (uint64_t)k * in->n : 0);
    if (!kept) softmax_exps(in, k, e);
    uint64_t first = (uint64_t)k * data->n_rows;
    struct softmax_rows rows = {.exps = e,
                                .sum = in->sum,
                                .label = data->label + begin,
                                .weight = data->weight != NULL ? data->weight + begin : NULL,
                                .class = (float)k,
                                .factor = factor,
                                .n = in->n,
                                .gradient = gradient + first,
                                .hessian = hessian + first};
    in->objective->kernels->grad_softmax(&rows);
  }
}

static void softmax_gradients(const struct objective *objective, const double *score, uint64_t begin,
                              uint64_t end, float *gradient, float *hessian) {
  struct softmax in = {.objective = objective};
  uint64_t step = CELLS / (uint64_t)objective->params.n_outputs;
  step = step < 1 ? 1 : step > MOST_ROWS ? MOST_ROWS : step;
  for (uint64_t at = begin; at < end; at += step) {
    in.score = score + at;
    in.n = end - at < step ? end - at : step;
    softmax_rows(&in, at, gradient + (at - begin), hessian + (at - begin));
  }
}

const struct objective_row objective_row_multiclass = {
    .kind = OBJECTIVE_MULTICLASS,
    .name = "multiclass",
    .default_metric = "multi_logloss",
    .output = OUTPUT_SOFTMAX,
    .check = classes_check,
    .prepare = prepare_shares,
    .start = softmax_start,
    .gradients = softmax_gradients,
    .trainable = softmax_trainable,
    .transform = output_softmax,
    .describe = objective_describe,
};

/* ---- one against the rest ---- */

static copse_status prepare_sides(copse_context *ctx, struct objective *objective, copse_error *err) {
  copse_status status = prepare_shares(ctx, objective, err);
  if (status == COPSE_OK) classes_weigh(objective);
  return status;
}

static void sides_gradients(const struct objective *objective, const double *score, uint64_t begin,
                            uint64_t end, float *gradient, float *hessian) {
  const struct objective_data *data = &objective->data;
  float side[MOST_ROWS];
  for (uint64_t at = begin; at < end; at += MOST_ROWS) {
    uint64_t n = end - at < MOST_ROWS ? end - at : MOST_ROWS;
    for (int k = 0; k < objective->params.n_outputs; k++) {
      uint64_t cell = (uint64_t)k * data->n_rows + at, to = cell - begin;
      for (uint64_t i = 0; i < n; i++) side[i] = data->label[at + i] == (float)k ? 1.0f : 0.0f;
      objective->kernels->grad_logistic(score + cell, side, data->weight != NULL ? data->weight + at : NULL,
                                        n, objective->params.sigmoid, objective->classes[k].weight,
                                        gradient + to, hessian + to);
    }
  }
}

const struct objective_row objective_row_multiclassova = {
    .kind = OBJECTIVE_MULTICLASSOVA,
    .name = "multiclassova",
    .default_metric = "multi_logloss",
    .output = OUTPUT_SIGMOIDS,
    .takes_sigmoid = true,
    .check = classes_check,
    .prepare = prepare_sides,
    .start = class_start,
    .gradients = sides_gradients,
    .trainable = class_trainable,
    .transform = output_sigmoids,
    .describe = objective_describe,
};
