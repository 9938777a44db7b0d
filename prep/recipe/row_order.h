/* row_order.h - prepared rows as text in the order of the raw rows they come from: who asks for predictions
 * lays them beside the raw rows, and a rollup sorts. */
#ifndef COPSE_RECIPE_ROW_ORDER_H
#define COPSE_RECIPE_ROW_ORDER_H

#include "copse_prep.h"

struct placed_row {
  uint64_t row;      /* raw; of rows that were merged the first */
  size_t begin, end; /* in the text */
};

/* Zero-initialise with ctx set. */
struct row_order {
  copse_context *ctx;
  struct placed_row *rows; /* [n] */
  size_t n, capacity;
};

/* The next row of the text. False: out of memory. */
bool row_order_add(struct row_order *order, uint64_t row, size_t begin, size_t end);
/* Puts the rows of the text in order; what lies before the first stays. False: out of memory. */
bool row_order_apply(struct row_order *order, copse_text *text);
void row_order_release(struct row_order *order);

#endif
