/* gradient_loops.h - gradients and hessians of every objective as loops over rows; included by each tier.
 *
 * A tier's copy is compiled for that tier's instruction set: kernel_math.h has no jumps, so the compiler
 * makes vectors of any width of these loops, and since nothing is contracted or reassociated each lane does
 * the very operations of the scalar tier. Choices are made on bits: what may divide is never put behind a
 * jump. */
#ifndef COPSE_KERNELS_GRADIENT_LOOPS_H
#define COPSE_KERNELS_GRADIENT_LOOPS_H

#include "kernels/kernel_math.h"
#include "kernels/kernels.h"
#include "kernels/rank_loops.h"

#define GRADIENT_INLINE static inline __attribute__((always_inline))
/* A loop without weights and one with them: `loop` takes them, or NULL, behind its other arguments. */
#define GRADIENT_BY_WEIGHT(loop, ...)  \
  do {                                 \
    if (rows->weight == NULL)          \
      loop(__VA_ARGS__, NULL);         \
    else                               \
      loop(__VA_ARGS__, rows->weight); \
  } while (0)

/* All ones where x <= bound, a negative number: by bits, which every tier compares. */
static inline uint64_t gradient_mask_below(double x, double bound) {
  uint64_t bits = kernel_bits_of(x), magnitude = kernel_bits_of(-bound);
  return ~kernel_mask_less(bits & ~KERNEL_SIGN_BIT, magnitude) & -(bits >> 63);
}

static inline double gradient_choose(uint64_t mask, double a, double b) {
  return kernel_double_of(kernel_select(mask, kernel_bits_of(a), kernel_bits_of(b)));
}

#include "kernels/gradient_log_loops.h"

/* ---- squared error ---- */

static void grad_squared(const double *score, const float *label, const float *weight, uint64_t n,
                         float *restrict gradient, float *restrict hessian) {
  if (weight == NULL) {
    for (uint64_t i = 0; i < n; i++) {
      gradient[i] = (float)(score[i] - (double)label[i]);
      hessian[i] = 1.0f;
    }
  } else {
    for (uint64_t i = 0; i < n; i++) {
      gradient[i] = (float)(score[i] - (double)label[i]) * weight[i];
      hessian[i] = weight[i];
    }
  }
}

/* ---- logistic ---- */

static void grad_logistic(const double *score, const float *label, const float *weight, uint64_t n,
                          double sigmoid, const double class_weight[2], float *restrict gradient,
                          float *restrict hessian) {
  const double c[2] = {class_weight[0], class_weight[1]};
  double g, h;
  if (weight == NULL) {
    for (uint64_t i = 0; i < n; i++) {
      kernel_logistic(score[i], label[i], sigmoid, c, &g, &h);
      gradient[i] = (float)g;
      hessian[i] = (float)h;
    }
  } else {
    for (uint64_t i = 0; i < n; i++) {
      kernel_logistic(score[i], label[i], sigmoid, c, &g, &h);
      gradient[i] = (float)(g * (double)weight[i]);
      hessian[i] = (float)(h * (double)weight[i]);
    }
  }
}

/* ---- cross entropy ---- */

GRADIENT_INLINE void cross_entropy_rows(const struct gradient_rows *rows, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double y = (double)label[i], w = weight != NULL ? (double)weight[i] : 1.0;
    uint64_t tail = gradient_mask_below(score[i], -37.0); /* here p = e^s to the last bit */
    double t = kernel_exp(gradient_choose(tail, score[i], -score[i]));
    double rest = (double)(1.0f - label[i]); /* rounded to float32, as in LightGBM */
    double g = gradient_choose(tail, t - y, (rest - y * t) / (1.0 + t));
    double h = gradient_choose(tail, t, t / ((1.0 + t) * (1.0 + t)));
    gradient[i] = (float)(g * w);
    hessian[i] = (float)(h * w);
  }
}

static void grad_cross_entropy(const struct gradient_rows *rows) {
  GRADIENT_BY_WEIGHT(cross_entropy_rows, rows);
}

/* ---- poisson ---- */

GRADIENT_INLINE void poisson_rows(const struct gradient_rows *rows, double step, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double rate = kernel_exp(score[i]), w = weight != NULL ? (double)weight[i] : 1.0;
    gradient[i] = (float)((rate - (double)label[i]) * w);
    hessian[i] = (float)(rate * step * w);
  }
}

static void grad_poisson(const struct gradient_rows *rows, double step) {
  GRADIENT_BY_WEIGHT(poisson_rows, rows, step);
}

/* ---- huber ---- */

GRADIENT_INLINE void huber_rows(const struct gradient_rows *rows, double alpha, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double d = score[i] - (double)label[i], w = weight != NULL ? (double)weight[i] : 1.0;
    double below = d < -alpha ? -alpha : d;
    double cut = d > alpha ? alpha : below;
    gradient[i] = (float)(cut * w);
    hessian[i] = (float)w;
  }
}

static void grad_huber(const struct gradient_rows *rows, double alpha) {
  GRADIENT_BY_WEIGHT(huber_rows, rows, alpha);
}

/* ---- quantile and absolute error ---- */

GRADIENT_INLINE void quantile_rows(const struct gradient_rows *rows, float above, float below,
                                   const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    float d = (float)(score[i] - (double)label[i]), slope = d >= 0 ? above : below;
    float w = weight != NULL ? weight[i] : 1.0f;
    gradient[i] = slope * w;
    hessian[i] = w;
  }
}

static void grad_quantile(const struct gradient_rows *rows, float above, float below) {
  GRADIENT_BY_WEIGHT(quantile_rows, rows, above, below);
}

GRADIENT_INLINE void absolute_rows(const struct gradient_rows *rows, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double d = score[i] - (double)label[i];
    double over = d > 0 ? 1.0 : 0.0, under = d < 0 ? 1.0 : 0.0;
    float w = weight != NULL ? weight[i] : 1.0f;
    gradient[i] = (float)(over - under) * w;
    hessian[i] = w;
  }
}

static void grad_absolute(const struct gradient_rows *rows) { GRADIENT_BY_WEIGHT(absolute_rows, rows); }

/* ---- fair ---- */

GRADIENT_INLINE void fair_rows(const struct gradient_rows *rows, double c, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double d = score[i] - (double)label[i], w = weight != NULL ? (double)weight[i] : 1.0;
    double reach = kernel_double_of(kernel_bits_of(d) & ~KERNEL_SIGN_BIT) + c;
    gradient[i] = (float)(c * d / reach * w);
    hessian[i] = (float)(c * c / (reach * reach) * w);
  }
}

static void grad_fair(const struct gradient_rows *rows, double c) { GRADIENT_BY_WEIGHT(fair_rows, rows, c); }

/* ---- absolute percentage error ---- */

GRADIENT_INLINE void percentage_rows(const struct gradient_rows *rows, const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double d = score[i] - (double)label[i];
    double over = d > 0 ? 1.0 : 0.0, under = d < 0 ? 1.0 : 0.0;
    float w = weight != NULL ? weight[i] : 1.0f;
    gradient[i] = (float)(over - under) * (kernel_share_of(label[i]) * w);
    hessian[i] = w;
  }
}

static void grad_percentage(const struct gradient_rows *rows) { GRADIENT_BY_WEIGHT(percentage_rows, rows); }

/* ---- expectile ---- */

GRADIENT_INLINE void expectile_rows(const struct gradient_rows *rows, double above, double below,
                                    const float *weight) {
  const double *score = rows->score;
  const float *label = rows->label;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double d = score[i] - (double)label[i], w = weight != NULL ? (double)weight[i] : 1.0;
    double h = (d > 0 ? above : below) * w;
    gradient[i] = (float)(h * d);
    hessian[i] = (float)h;
  }
}

static void grad_expectile(const struct gradient_rows *rows, double above, double below) {
  GRADIENT_BY_WEIGHT(expectile_rows, rows, above, below);
}

/* ---- softmax ---- */

static void exp_differences(const double *values, const double *less, uint64_t n, double *restrict out) {
  for (uint64_t i = 0; i < n; i++) out[i] = kernel_exp(values[i] - less[i]);
}

GRADIENT_INLINE void softmax_rows(const struct softmax_rows *rows, const float *weight) {
  const double *exps = rows->exps, *sum = rows->sum;
  const float *label = rows->label;
  const double factor = rows->factor, class = (double)rows->class;
  float *restrict gradient = rows->gradient, *restrict hessian = rows->hessian;
  for (uint64_t i = 0; i < rows->n; i++) {
    double p = exps[i] / sum[i], w = weight != NULL ? (double)weight[i] : 1.0;
    uint64_t apart = kernel_bits_of((double)label[i] - class) & ~KERNEL_SIGN_BIT; /* 0 where equal */
    double target = kernel_double_of(kernel_mask_less(apart, 1) & KERNEL_ONE_BITS);
    gradient[i] = (float)((p - target) * w);
    hessian[i] = (float)(factor * p * (1.0 - p) * w);
  }
}

static void grad_softmax(const struct softmax_rows *rows) { GRADIENT_BY_WEIGHT(softmax_rows, rows); }

static inline void gradient_slots(struct kernels *slots) {
  slots->grad_squared = grad_squared;
  slots->grad_logistic = grad_logistic;
  slots->grad_cross_entropy = grad_cross_entropy;
  slots->grad_poisson = grad_poisson;
  slots->grad_huber = grad_huber;
  slots->grad_quantile = grad_quantile;
  slots->grad_absolute = grad_absolute;
  slots->grad_fair = grad_fair;
  slots->grad_percentage = grad_percentage;
  slots->grad_expectile = grad_expectile;
  slots->exp_differences = exp_differences;
  slots->grad_softmax = grad_softmax;
  slots->rank_pairs = rank_pairs;
  slots->rank_cells = rank_cells;
  gradient_log_slots(slots);
}

#endif
