/* moments.h - count, mean and central moments up to the fourth of a stream of numbers.
 *
 * Values are gathered in groups of a fixed size; a group's moments are taken in two sweeps and merged into
 * the total (Chan, Golub and LeVeque 1979; Pebay 2008). A mean is kept as two doubles: the distance of two
 * means has all its digits even where they lie far from 0, as moments of time do. Groups are cut by the
 * values' own count, so the result does not depend on how the stream was cut into blocks. */
#ifndef COPSE_PROFILE_MOMENTS_H
#define COPSE_PROFILE_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

enum { MOMENTS_GROUP = 512 };

/* Zero-initialise. */
struct moments {
  uint64_t n;
  double mean, mean_rest; /* mean: rounded, mean_rest: what the rounding left out */
  double m2, m3, m4;      /* sums of powers of deviations */
  uint32_t n_pending;
  double pending[MOMENTS_GROUP];
};

void moments_flush(struct moments *m);

static inline void moments_add(struct moments *m, double x) {
  m->pending[m->n_pending++] = x;
  if (m->n_pending == MOMENTS_GROUP) moments_flush(m);
}

/* After a flush; NaN where there are too few values or no spread: standard deviation with n - 1, skewness G1
 * and excess kurtosis G2 of Joanes and Gill (1998). */
double moments_std(const struct moments *m);
double moments_skew(const struct moments *m);
double moments_kurtosis(const struct moments *m);

#endif
