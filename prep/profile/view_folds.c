/* view_folds.c - how well parts of a column's values tell the target of rows that they were not learned from.
 */
#include "profile/view_folds.h"

#include <math.h>

#define PRIOR_ROWS 20.0

struct totals totals_of(const struct parts *parts) {
  struct totals t = {.n = 0};
  for (uint32_t i = 0; i < parts->n; i++) {
    for (int f = 0; f < TALLY_FOLDS; f++) {
      for (uint32_t c = 0; c < parts->n_classes; c++) {
        double n = (double)parts->list[i].counts[f][c];
        t.counts[f][c] += n;
        t.folds[f] += n;
        t.classes[c] += n;
        t.n += n;
      }
      t.sums[f] += parts->list[i].sums[f];
      t.sum += parts->list[i].sums[f];
    }
  }
  return t;
}

double auc_out_of_fold(const struct parts *parts, const struct totals *t, uint32_t code,
                       struct scored *room) {
  double sum = 0;
  int n_folds = 0;
  for (int f = 0; f < TALLY_FOLDS; f++) {
    double base = (t->classes[code] - t->counts[f][code]) / (t->n - t->folds[f]);
    for (uint32_t i = 0; i < parts->n; i++) {
      const struct part *part = &parts->list[i];
      uint64_t in = 0, all = part_rows(parts, part), pos = part_class(part, code);
      for (uint32_t c = 0; c < parts->n_classes; c++) in += part->counts[f][c];
      double rate =
          ((double)(pos - part->counts[f][code]) + PRIOR_ROWS * base) / ((double)(all - in) + PRIOR_ROWS);
      room[i] = (struct scored){rate, part->counts[f][code], in - part->counts[f][code]};
    }
    double auc = scored_auc(room, parts->n);
    if (isnan(auc)) continue;
    sum += auc;
    n_folds++;
  }
  return n_folds > 0 ? sum / n_folds : (double)NAN;
}

uint64_t errors_out_of_fold(const struct parts *parts, const struct totals *t) {
  uint64_t errors = 0;
  for (int f = 0; f < TALLY_FOLDS; f++) {
    uint32_t common = 0;
    for (uint32_t c = 1; c < parts->n_classes; c++)
      if (t->classes[c] - t->counts[f][c] > t->classes[common] - t->counts[f][common]) common = c;
    for (uint32_t i = 0; i < parts->n; i++) {
      const struct part *part = &parts->list[i];
      uint64_t in = 0, most = 0;
      uint32_t guess = common;
      for (uint32_t c = 0; c < parts->n_classes; c++) {
        uint64_t out = part_class(part, c) - part->counts[f][c];
        in += part->counts[f][c];
        if (out > most) {
          most = out;
          guess = c;
        }
      }
      errors += in - part->counts[f][guess];
    }
  }
  return errors;
}

double r2_out_of_fold(const struct parts *parts, const struct totals *t, double m2) {
  double mean = t->sum / t->n, error = m2;
  for (int f = 0; f < TALLY_FOLDS; f++) {
    double base = (t->sum - t->sums[f]) / (t->n - t->folds[f]) - mean;
    for (uint32_t i = 0; i < parts->n; i++) {
      const struct part *part = &parts->list[i];
      double all = 0, sum = 0, in = (double)part->counts[f][0];
      for (int g = 0; g < TALLY_FOLDS; g++) {
        all += (double)part->counts[g][0];
        sum += part->sums[g];
      }
      double in_sum = part->sums[f] - in * mean, out = all - in, out_sum = sum - part->sums[f] - out * mean;
      double guess = (out_sum + base) / (out + 1);
      error += guess * (in * guess - 2 * in_sum);
    }
  }
  return m2 > 0 ? 1 - error / m2 : (double)NAN;
}
