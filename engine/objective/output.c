/* output.c - raw score to prediction, operation by operation as LightGBM does it.
 *
 * The platform's exp and log1p are used on purpose: LightGBM calls them, and a model of LightGBM must predict
 * the same bits here as there on the same machine. Training and metrics use kernel_math.h instead. */
#include <math.h>

#include "objective/rows.h"

void output_raw(const struct objective *objective, double *raw) {
  if (!objective->params.reg_sqrt) return;
  double sign = (double)((raw[0] > 0) - (raw[0] < 0));
  raw[0] = sign * raw[0] * raw[0];
}

void output_sigmoid(const struct objective *objective, double *raw) {
  raw[0] = 1.0 / (1.0 + exp(-objective->params.sigmoid * raw[0]));
}

void output_exp(const struct objective *objective, double *raw) {
  (void)objective;
  raw[0] = exp(raw[0]);
}

void output_log1p_exp(const struct objective *objective, double *raw) {
  (void)objective;
  raw[0] = log1p(exp(raw[0]));
}

void output_softmax(const struct objective *objective, double *raw) {
  int n = objective->params.n_outputs;
  double largest = raw[0], sum = 0;
  for (int k = 1; k < n; k++) largest = raw[k] > largest ? raw[k] : largest;
  for (int k = 0; k < n; k++) {
    raw[k] = exp(raw[k] - largest);
    sum += raw[k];
  }
  for (int k = 0; k < n; k++) raw[k] /= sum;
}

void output_sigmoids(const struct objective *objective, double *raw) {
  for (int k = 0; k < objective->params.n_outputs; k++) output_sigmoid(objective, &raw[k]);
}

/* By insertion: they are few, and nearly in order. */
void output_sorted(const struct objective *objective, double *raw) {
  for (int k = 1; k < objective->params.n_outputs; k++) {
    double value = raw[k];
    int at = k;
    for (; at > 0 && raw[at - 1] > value; at--) raw[at] = raw[at - 1];
    raw[at] = value;
  }
}
