/* ranking.c - see ranking.h. */
#include "kernels/ranking.h"

#include <string.h>

#include "kernels/kernel_math.h"

enum { USUAL_LABELS = 31 };

#define POWER(l) ((double)((INT64_C(1) << (l)) - 1))
#define POWERS(l) POWER(l), POWER((l) + 1), POWER((l) + 2), POWER((l) + 3), POWER((l) + 4)
static const double usual_gains[USUAL_LABELS] = {POWERS(0),  POWERS(5),  POWERS(10), POWERS(15),
                                                 POWERS(20), POWERS(25), POWER(30)};

const double *ranking_gains(const double *given, size_t n_given, size_t *n) {
  *n = n_given > 0 ? n_given : USUAL_LABELS;
  return n_given > 0 ? given : usual_gains;
}

void ranking_discounts(double *out, uint64_t n) {
  const double ln2 = 0x1.62e42fefa39efp-1;
  for (uint64_t r = 0; r < n; r++) out[r] = ln2 / kernel_log(2.0 + (double)r);
}

void ranking_sort(const double *score, uint64_t n, struct sort_pair *pairs) {
  for (uint64_t i = 0; i < n; i++)
    pairs[i] = (struct sort_pair){~sort_key_of(score[i] + 0.0), i}; /* -0 ties with 0 */
  sort_pairs(pairs, pairs + n, n);
}

double ranking_best(const float *label, uint64_t n, uint64_t k, const double *gains, size_t n_gains,
                    const double *discounts, uint64_t *counts) {
  memset(counts, 0, n_gains * sizeof *counts);
  for (uint64_t i = 0; i < n; i++) counts[(size_t)label[i]]++;
  double sum = 0;
  uint64_t rank = 0;
  if (k > n) k = n;
  for (size_t l = n_gains; l-- > 0 && rank < k;)
    for (uint64_t i = 0; i < counts[l] && rank < k; i++) sum += discounts[rank++] * gains[l];
  return sum;
}
