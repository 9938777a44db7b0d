/* view_time.c - the target by period of a column of dates. */
#include <math.h>

#include "profile/describe.h"
#include "profile/view.h"

void view_over_time(const struct column *column, const struct target_facts *target,
                    struct column_facts *facts) {
  const struct values *dates = &column->dates;
  struct date_facts *f = &facts->date;
  bool numbers = target->kind == TARGET_NUMBER;
  double sums[FACTS_PERIODS] = {0};
  uint32_t width = dates->tally.shape.n_classes;
  f->has_target = true;
  for (uint32_t i = 0; i < dates->n; i++) {
    const struct value *v = &dates->entries[i];
    uint32_t period = date_period(f, v->number.lo / 2 + v->number.hi / 2);
    for (size_t fold = 0; fold < TALLY_FOLDS; fold++) {
      const uint32_t *counts = dates->tally.counts + (i * TALLY_FOLDS + fold) * width;
      for (uint32_t c = 0; c < width; c++) {
        f->labelled[period] += counts[c];
        if (!numbers && c == target->positive) sums[period] += counts[c];
        if (numbers && !dates->tally.shape.sums && counts[c] > 0)
          sums[period] += counts[c] * dates->tally.shape.class_values[c];
      }
      if (numbers && dates->tally.shape.sums) sums[period] += dates->tally.sums[i * TALLY_FOLDS + fold];
    }
  }
  for (uint32_t i = 0; i < f->n_periods; i++)
    f->rate[i] = f->labelled[i] > 0 ? sums[i] / (double)f->labelled[i] : (double)NAN;
}
