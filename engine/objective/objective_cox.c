/* objective_cox.c - proportional hazards (Cox 1972): the prediction e^s multiplies the risk of an event at
 * any time, whatever that risk is. Minus the log partial likelihood, ties by Breslow: the sum of w_i (log R_i
 * - s_i) over events i, with R_i the sum of w_k e^(s_k) over rows k whose time is not before that of i. Hence
 *
 *   g_k = w_k (e^(s_k) A_k - event_k), h_k = w_k (e^(s_k) A_k - e^(2 s_k) B_k)
 *
 * with A and B the sums of w_i / R_i and w_i / R_i^2 over events i that are not after the time of k; h is
 * what as many copies of the row as it weighs have together. A number added to all scores changes nothing:
 * training starts from 0. Gradients take two walks along the times, in one order whatever the number of
 * threads. */
#include "base/sort.h"
#include "base/status.h"
#include "objective/rows.h"

struct risk_order {
  uint32_t *rows;     /* [n_rows] by time, the latest first */
  double *risk, *sum; /* [n_rows] of this round: e^(s - the largest s) of a row, and R where a row stands */
};

void risk_order_free(struct risk_order *risk) {
  if (risk == NULL) return;
  copse_free(risk->rows);
  copse_free(risk->risk);
  copse_free(risk->sum);
  copse_free(risk);
}

static double time_of(const struct objective *objective, uint64_t row) {
  double label = (double)objective->data.label[row];
  return label < 0 ? -label : label;
}

static void sort_rows(const struct objective *objective, struct sort_pair *pairs) {
  uint64_t n = objective->data.n_rows;
  for (uint64_t i = 0; i < n; i++) pairs[i] = (struct sort_pair){~sort_key_of(time_of(objective, i)), i};
  sort_pairs(pairs, pairs + n, n);
  for (uint64_t i = 0; i < n; i++) objective->risk->rows[i] = (uint32_t)pairs[i].value;
}

static copse_status prepare(copse_context *ctx, struct objective *objective, copse_error *err) {
  uint64_t n = objective->data.n_rows;
  struct sort_pair *pairs = copse_alloc(ctx, n, 2 * sizeof *pairs);
  struct risk_order *risk = objective->risk = copse_alloc_zero(ctx, 1, sizeof *risk);
  copse_status status = COPSE_OK;
  if (risk != NULL) {
    risk->rows = copse_alloc(ctx, n, sizeof *risk->rows);
    risk->risk = copse_alloc(ctx, n, sizeof *risk->risk);
    risk->sum = copse_alloc(ctx, n, sizeof *risk->sum);
  }
  if (pairs == NULL || risk == NULL || risk->rows == NULL || risk->risk == NULL || risk->sum == NULL)
    status = status_memory(err, "the order of the times");
  else
    sort_rows(objective, pairs);
  copse_free(pairs);
  return status;
}

static double weight_of(const struct objective *objective, uint64_t row) {
  return objective->data.weight != NULL ? (double)objective->data.weight[row] : 1.0;
}

static void risks(const struct objective *objective, const double *score) {
  enum { CHUNK = 512 };
  uint64_t n = objective->data.n_rows;
  double largest = score[0], less[CHUNK];
  for (uint64_t i = 1; i < n; i++) largest = score[i] > largest ? score[i] : largest;
  for (int i = 0; i < CHUNK; i++) less[i] = largest;
  for (uint64_t at = 0; at < n; at += CHUNK)
    objective->kernels->exp_differences(score + at, less, n - at < CHUNK ? n - at : CHUNK,
                                        objective->risk->risk + at);
}

/* From the latest time on: all rows of one time are at risk together. */
static void sums_at_risk(const struct objective *objective) {
  const struct risk_order *in = objective->risk;
  double total = 0;
  for (uint64_t i = 0, n = objective->data.n_rows; i < n;) {
    uint64_t first = i;
    double time = time_of(objective, in->rows[i]);
    for (; i < n && time_of(objective, in->rows[i]) == time; i++)
      total += weight_of(objective, in->rows[i]) * in->risk[in->rows[i]];
    for (uint64_t j = first; j < i; j++) in->sum[j] = total;
  }
}

static void gradients(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                      float *gradient, float *hessian) {
  const struct risk_order *in = objective->risk;
  (void)begin;
  risks(objective, score);
  sums_at_risk(objective);
  double once = 0, twice = 0; /* A and B */
  for (uint64_t i = end; i > 0;) {
    uint64_t last = i;
    double events = 0, time = time_of(objective, in->rows[i - 1]), total = in->sum[i - 1];
    for (; i > 0 && time_of(objective, in->rows[i - 1]) == time; i--)
      if (objective->data.label[in->rows[i - 1]] > 0) events += weight_of(objective, in->rows[i - 1]);
    if (events > 0 && total > 0) {
      once += events / total;
      twice += events / total / total;
    }
    for (uint64_t j = i; j < last; j++) {
      uint32_t row = in->rows[j];
      double w = weight_of(objective, row), e = in->risk[row], h = e * once - e * (e * twice);
      gradient[row] = (float)(w * (e * once - (objective->data.label[row] > 0 ? 1.0 : 0.0)));
      hessian[row] = (float)(w * (h > 0 ? h : 0));
    }
  }
}

const struct objective_row objective_row_cox = {
    .kind = OBJECTIVE_COX,
    .name = "cox",
    .default_metric = "cox",
    .output = OUTPUT_EXP,
    .whole = true,
    .soon_is_high = true,
    .check = survival_check,
    .prepare = prepare,
    .gradients = gradients,
    .transform = output_exp,
    .describe = objective_describe,
};
