/* auc.c - rates and ranks: Wilson's interval, the area under the ROC curve and how far it may be off. */
#include <math.h>
#include <stdlib.h>

#include "profile/view.h"

void wilson(uint64_t k, uint64_t n, double *lo, double *hi) {
  const double z = 1.959963984540054;
  double m = (double)n, p = (double)k / m, centre = (p + z * z / (2 * m)) / (1 + z * z / m);
  double half = z / (1 + z * z / m) * sqrt(p * (1 - p) / m + z * z / (4 * m * m));
  *lo = n > 0 && centre > half ? centre - half : 0;
  *hi = n > 0 && centre + half < 1 ? centre + half : 1;
}

static int compare_scored(const void *a, const void *b) {
  const struct scored *x = a, *y = b;
  return x->score < y->score ? -1 : x->score > y->score;
}

double ordered_auc(const struct scored *rows, size_t n) {
  double won = 0, n_pos = 0, n_neg = 0;
  for (size_t i = 0; i < n;) {
    double pos = 0, neg = 0, score = rows[i].score;
    for (; i < n && rows[i].score == score; i++) {
      pos += (double)rows[i].pos;
      neg += (double)rows[i].neg;
    }
    won += pos * (n_neg + 0.5 * neg);
    n_pos += pos;
    n_neg += neg;
  }
  return n_pos > 0 && n_neg > 0 ? won / (n_pos * n_neg) : (double)NAN;
}

double scored_auc(struct scored *rows, size_t n) {
  qsort(rows, n, sizeof *rows, compare_scored);
  return ordered_auc(rows, n);
}

double auc_error(double auc, double n_pos, double n_neg) {
  double q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
  double v = auc * (1 - auc) + (n_pos - 1) * (q1 - auc * auc) + (n_neg - 1) * (q2 - auc * auc);
  return sqrt(v > 0 ? v : 0) / sqrt(n_pos * n_neg);
}
