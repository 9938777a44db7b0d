/* counts.h - how often each text of a column occurs. */
#ifndef COPSE_RECIPE_COUNTS_H
#define COPSE_RECIPE_COUNTS_H

#include "read/dictionary.h"
#include "recipe/step.h"

/* Zero-initialise, then counts_open. */
struct counts {
  struct dictionary levels;
  struct pool texts;
  uint64_t *n; /* [levels.n] */
  uint32_t capacity;
  uint64_t n_rows; /* without missing ones */
};

void counts_open(struct counts *counts, copse_context *ctx);
/* Counts the texts of some columns of a step's blocks, counts[i] those of columns[i]. */
copse_status counts_observe(struct counts *counts, const uint32_t *columns, uint32_t n,
                            const struct step *step, const struct block *block, copse_error *err);
/* False: out of memory. */
bool counts_add(struct counts *counts, const struct row_cell *cells, size_t n);
/* Codes from the most to the least frequent, equal ones bytewise; by_name: bytewise. Freed by the caller;
 * NULL: out of memory. */
uint32_t *counts_order(const struct counts *counts, bool by_name);
void counts_release(struct counts *counts);

#endif
