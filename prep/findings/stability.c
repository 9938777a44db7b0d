/* stability.c - the population stability index of two samples, and what of it chance explains: with few rows
 * the index of two halves of one file is well over 0.1. */
#include "findings/stability.h"

#include <math.h>

#include "copse_prep.h"

/* What a normal number exceeds with probability p < 0.5 (Hastings 1955). */
static double normal_above(double p) {
  double t = sqrt(-2 * log(p));
  return t -
         (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

static double chi_square_above(double df, double p) { /* Wilson and Hilferty 1931 */
  double a = 2 / (9 * df), x = 1 - a + normal_above(p) * sqrt(a);
  return df * x * x * x;
}

/* Parts of which a sample would have fewer than five rows if both were alike become one: their index is no
 * chi-square. */
static uint32_t pool_sparse(double *before, double *now, uint32_t n_parts) {
  double n_before = 0, n_now = 0, rest_before = 0, rest_now = 0;
  uint32_t n = 0;
  for (uint32_t i = 0; i < n_parts; i++) {
    n_before += before[i];
    n_now += now[i];
  }
  double least = (n_before < n_now ? n_before : n_now) / (n_before + n_now);
  for (uint32_t i = 0; i < n_parts; i++) {
    bool sparse = (before[i] + now[i]) * least < 5;
    if (sparse) {
      rest_before += before[i];
      rest_now += now[i];
    } else {
      before[n] = before[i];
      now[n++] = now[i];
    }
  }
  if (rest_before + rest_now > 0) {
    before[n] = rest_before;
    now[n++] = rest_now;
  }
  return n;
}

copse_stability copse_stability_of(double *before, double *now, uint32_t n_parts, double n_compared) {
  copse_stability out = {.n_parts = pool_sparse(before, now, n_parts)};
  double a = 0, b = 0, k = out.n_parts, chi = 0;
  for (uint32_t i = 0; i < out.n_parts; i++) {
    a += before[i];
    b += now[i];
  }
  for (uint32_t i = 0; i < out.n_parts; i++) {
    double p = (before[i] + 0.5) / (a + 0.5 * k), q = (now[i] + 0.5) / (b + 0.5 * k);
    out.psi += (p - q) * log(p / q);
    double apart = before[i] * sqrt(b / a) - now[i] * sqrt(a / b);
    chi += apart * apart / (before[i] + now[i]);
  }
  if (out.n_parts < 2) return out;
  double unit = 1 / a + 1 / b; /* without drift the index is about chi-square times this; but with few rows a
                                  share of nearly 0 makes it greater, and chi-square itself decides */
  out.chance = unit * chi_square_above(k - 1, 0.05);
  out.excess = out.psi - unit * (k - 1);
  out.beyond_chance = chi > chi_square_above(k - 1, 0.01 / n_compared);
  return out;
}

double copse_stability_rows(uint32_t n_parts, double index) {
  return n_parts < 2 ? 1 : ceil(chi_square_above(n_parts - 1, 0.05) / index);
}

bool stability_shares_differ(double k, double n, double m, double l, double n_compared) {
  double share = (k + m) / (n + l), apart = k / n - m / l;
  double chi = apart * apart / (share * (1 - share) * (1 / n + 1 / l));
  return chi > chi_square_above(1, 0.01 / n_compared); /* nothing or everything in both: NaN */
}
