/* codes.c - LightGBM's rule for categories: truncate toward zero, negative means missing. */
#include "read/codes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

/* Distinct codes that are not missing. The dictionary borrows the four bytes of each from the column itself.
 */
static bool collect(struct codes_column *column) {
  struct dictionary seen = {.ctx = column->ctx};
  bool ok = true;
  int32_t last = -1;
  for (uint64_t row = 0; row < column->n_rows && ok; row++) {
    if (column->out[row] < 0 || column->out[row] == last) continue;
    last = column->out[row];
    ok = dictionary_add(&seen, (const char *)&column->out[row], sizeof last) >= 0;
  }
  int32_t *codes = ok ? copse_alloc(column->ctx, seen.n, sizeof *codes) : NULL;
  ok = codes != NULL;
  if (ok) {
    for (uint32_t i = 0; i < seen.n; i++) memcpy(&codes[i], seen.levels[i].text, sizeof codes[i]);
    qsort(codes, seen.n, sizeof *codes, ascending);
    column->set = (struct code_set){codes, seen.n};
  }
  dictionary_release(&seen);
  return ok;
}

static bool is_known(const struct code_set *known, int32_t code) {
  return known->n == 0 || bsearch(&code, known->codes, known->n, sizeof code, ascending) != NULL;
}

void codes_convert(struct codes_column *column) {
  column->bad_row = UINT64_MAX;
  for (uint64_t row = 0; row < column->n_rows; row++) {
    double value = column->numbers[row];
    bool fits = value < 2147483648.0, bad = !isnan(value) && !fits;
    column->out[row] = isnan(value) ? COPSE_CODE_ABSENT : !fits || value <= -1 ? -1 : (int32_t)value;
    if (column->known != NULL && column->out[row] >= 0) bad = !is_known(column->known, column->out[row]);
    if (!bad) continue;
    column->n_unseen++;
    if (column->bad_row == UINT64_MAX) column->bad_row = row;
  }
  column->failed = column->known == NULL && !collect(column);
}
