/* refine.h - neighbourhoods of numbers that hold many rows, told apart by the sampled rows: a value that a
 * third of the rows have shares its entry with its neighbours (values.h), and the ranks around it would be
 * off by as much. */
#ifndef COPSE_PROFILE_REFINE_H
#define COPSE_PROFILE_REFINE_H

#include "profile/column.h"

struct refined {
  copse_context *ctx;
  const struct value *entries; /* [n] the column's own, or `list` */
  struct value *list;          /* what was made; counts of what was told apart are estimates */
  uint32_t n;
  double rank_error; /* of a quantile, at most; with 99 % where there is a list */
};

/* The column's sorted numbers. False: out of memory. */
bool refine_numbers(const struct column *column, struct refined *out);
void refine_release(struct refined *refined);

#endif
