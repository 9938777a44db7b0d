/* ranking.h - what objectives and metrics of ranking share: worth of a relevance label, discount of a rank,
 * the order of scores, and the best discounted cumulative gain (Jarvelin and Kekalainen 2002). */
#ifndef COPSE_KERNELS_RANKING_H
#define COPSE_KERNELS_RANKING_H

#include <stddef.h>
#include <stdint.h>

#include "base/sort.h"

/* Gains of the labels 0, 1 ..: those given, or with n_given = 0 the usual 2^label - 1 of 31 labels. *n gets
 * their number. */
const double *ranking_gains(const double *given, size_t n_given, size_t *n);
/* out[r] = 1 / log2(2 + r), r the rank from 0. */
void ranking_discounts(double *out, uint64_t n);
/* The number that a label is, or -1 where it is none of 0 .. n - 1. */
static inline int64_t ranking_label(float label, size_t n) {
  if (!(label >= 0 && label < (float)n)) return -1;
  int64_t whole = (int64_t)label;
  return (float)whole == label ? whole : -1;
}
/* pairs[r].value = the row at rank r: by descending score, equal ones in their order. pairs has room for 2 n.
 */
void ranking_sort(const double *score, uint64_t n, struct sort_pair *pairs);
/* The largest DCG of the first k ranks: labels in descending order. discounts [>= min(k, n)]; labels are
 * numbers below n_gains; counts [n_gains] is scratch. */
double ranking_best(const float *label, uint64_t n, uint64_t k, const double *gains, size_t n_gains,
                    const double *discounts, uint64_t *counts);

#endif
