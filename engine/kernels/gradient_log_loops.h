/* gradient_log_loops.h - a part of gradient_loops.h: losses of a rate, a chance or a time, whose scores are
 * logarithms or log-odds.
 *
 * Where a formula cancels for small numbers it is written so that it does not; scores are kept within
 * +-GRADIENT_MOST_SCORE where a power of theirs would overflow into inf / inf. */
#ifndef COPSE_KERNELS_GRADIENT_LOG_LOOPS_H
#define COPSE_KERNELS_GRADIENT_LOG_LOOPS_H

#define GRADIENT_MOST_SCORE 300.0

/* ---- gamma ---- */

GRADIENT_INLINE void gamma_rows(const struct gradient_rows *rows, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double share = (double)label[i] * kernel_exp(-score[i]), w = weight != NULL ? (double)weight[i] : 1.0;
    gradient[i] = (float)((1.0 - share) * w);
    hessian[i] = (float)(share * w);
  }
}

static void grad_gamma(const struct gradient_rows *rows) { GRADIENT_BY_WEIGHT(gamma_rows, rows); }

/* ---- tweedie ---- */

GRADIENT_INLINE void tweedie_rows(const struct gradient_rows *rows, double power, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  const double one = 1.0 - power, two = 2.0 - power;
  for (uint64_t i = 0; i < rows->n; i++) {
    double y = (double)label[i], w = weight != NULL ? (double)weight[i] : 1.0;
    double first = kernel_exp(one * score[i]), second = kernel_exp(two * score[i]);
    gradient[i] = (float)((-y * first + second) * w);
    hessian[i] = (float)((-y * one * first + two * second) * w);
  }
}

static void grad_tweedie(const struct gradient_rows *rows, double power) {
  GRADIENT_BY_WEIGHT(tweedie_rows, rows, power);
}

/* ---- cross entropy with intensities ---- */

/* With w = 1: z = p. */
static inline void lambda_plain(double s, double y, double *g, double *h) {
  double z = kernel_sigmoid(s);
  *g = z - y;
  *h = z * (1.0 - z);
}

/* E = e^s, L = log(1 + E), z = 1 - e^(-w L): g = (1 - y / z) w p, h = w p / (1 + E) (1 + y b) with
 * b = (w E (1 - z) - z) / z^2 (LightGBM's, its powers of 1 / (1 - z) multiplied out). For small E the
 * difference vanishes and b = (1 - w) / (2 w) + ... */
static inline void lambda_weighted(double score, double y, double w, double *g, double *h) {
  double s = kernel_clamp(score, GRADIENT_MOST_SCORE);
  double e = kernel_exp(s), l = kernel_log1p_exp(s), p = 1.0 / (1.0 + 1.0 / e);
  double x = w * l, q = kernel_exp(-x), z = kernel_one_minus_exp(x);
  uint64_t small = kernel_mask_less(kernel_bits_of(e), kernel_bits_of(1e-7)) &
                   kernel_mask_less(kernel_bits_of(w * e), kernel_bits_of(1e-7));
  double series = (1.0 - w) / (2.0 * w) + e * (1.0 - w * w) / (6.0 * w);
  double b = gradient_choose(small, series, (w * e * q - z) / (z * z));
  *g = (1.0 - y / z) * w * p;
  *h = w * p / (1.0 + e) * (1.0 + y * b);
}

static void grad_cross_entropy_lambda(const struct gradient_rows *rows) {
  const double *score = rows->score;
  const float *label = rows->label, *weight = rows->weight;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  double g, h;
  if (weight == NULL) {
    for (uint64_t i = 0; i < rows->n; i++) {
      lambda_plain(score[i], (double)label[i], &g, &h);
      gradient[i] = (float)g;
      hessian[i] = (float)h;
    }
  } else {
    for (uint64_t i = 0; i < rows->n; i++) {
      lambda_weighted(score[i], (double)label[i], (double)weight[i], &g, &h);
      gradient[i] = (float)g;
      hessian[i] = (float)h;
    }
  }
}

/* ---- focal ---- */

GRADIENT_INLINE void focal_rows(const struct gradient_rows *rows, double gamma, const double class_weight[2],
                                const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  const double c0 = class_weight[0], c1 = class_weight[1];
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    uint64_t label_bits = kernel_bits_of((double)label[i]);
    uint64_t positive = kernel_mask_less(0, label_bits & ~KERNEL_SIGN_BIT) & ((label_bits >> 63) - 1);
    uint64_t flip = ~positive & KERNEL_SIGN_BIT; /* z: the score toward the row's own class */
    double z = kernel_double_of(kernel_bits_of(kernel_clamp(score[i], GRADIENT_MOST_SCORE)) ^ flip);
    double w = weight != NULL ? (double)weight[i] : 1.0, slope, bend;
    kernel_focal(z, gamma, &slope, &bend);
    w *= kernel_double_of(kernel_select(positive, kernel_bits_of(c1), kernel_bits_of(c0)));
    gradient[i] = (float)(kernel_double_of(kernel_bits_of(slope) ^ flip) * w);
    hessian[i] = (float)(bend * w);
  }
}

static void grad_focal(const struct gradient_rows *rows, double gamma, const double class_weight[2]) {
  GRADIENT_BY_WEIGHT(focal_rows, rows, gamma, class_weight);
}

/* ---- accelerated failure time ---- */

/* Logarithm of the time that a label stands for, and 1 where something happened then (label > 0). */
static inline double survival_log(float label) {
  return kernel_log(kernel_double_of(kernel_bits_of((double)label) & ~KERNEL_SIGN_BIT));
}

static inline double survival_event(float label) {
  return kernel_double_of(((kernel_bits_of((double)label) >> 63) - 1) & KERNEL_ONE_BITS);
}

GRADIENT_INLINE void aft_logistic_rows(const struct gradient_rows *rows, double scale, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double z = (survival_log(label[i]) - score[i]) / scale, d = survival_event(label[i]);
    double w = weight != NULL ? (double)weight[i] : 1.0;
    double below = kernel_sigmoid(z), above = kernel_sigmoid(-z);
    gradient[i] = (float)((d - (1.0 + d) * below) / scale * w);
    hessian[i] = (float)((1.0 + d) * below * above / (scale * scale) * w);
  }
}

static void grad_aft_logistic(const struct gradient_rows *rows, double scale) {
  GRADIENT_BY_WEIGHT(aft_logistic_rows, rows, scale);
}

/* Beyond e^30 the loss goes on as a straight line: a row that far off must not drown the others. */
GRADIENT_INLINE void aft_extreme_rows(const struct gradient_rows *rows, double scale, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double z = (survival_log(label[i]) - score[i]) / scale, d = survival_event(label[i]);
    double e = kernel_exp(kernel_smaller(z, 30.0)), w = weight != NULL ? (double)weight[i] : 1.0;
    gradient[i] = (float)((d - e) / scale * w);
    hessian[i] = (float)(e / (scale * scale) * w);
  }
}

static void grad_aft_extreme(const struct gradient_rows *rows, double scale) {
  GRADIENT_BY_WEIGHT(aft_extreme_rows, rows, scale);
}

static inline void gradient_log_slots(struct kernels *slots) {
  slots->grad_gamma = grad_gamma;
  slots->grad_tweedie = grad_tweedie;
  slots->grad_cross_entropy_lambda = grad_cross_entropy_lambda;
  slots->grad_focal = grad_focal;
  slots->grad_aft_logistic = grad_aft_logistic;
  slots->grad_aft_extreme = grad_aft_extreme;
}

#endif
