/* category_sort.h - categories in the order of their gradients, as far as the sorted search looks at them. */
#ifndef COPSE_TRAIN_CATEGORY_SORT_H
#define COPSE_TRAIN_CATEGORY_SORT_H

#include <stdint.h>

struct category_key {
  double key; /* not NaN */
  uint32_t bin;
};

/* Items come in ascending order of their bins. Afterwards the first `limit` and the last `limit` are those of
 * all items ordered by (key, bin); what lies between is in no order and may be lost. limit <= (n + 1) / 2;
 * room [n]. */
void category_sort_ends(struct category_key *items, uint32_t n, uint32_t limit, struct category_key *room);

#endif
