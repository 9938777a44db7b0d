/* expression.h - arithmetic and conditions on the columns of a row.
 *
 *   or, and, not        conditions; 0 is false, anything else true
 *   = != < <= > >=      numbers; = and != also a column of texts with a 'text', another such column, or a
 *                       "text" in double quotes where no column is called so (which is noted)
 *   + - * / ( )         numbers
 *   abs log log1p exp sqrt floor min max missing(column)
 *
 * Columns are written as they are called, or "in double quotes"; a quote in quotes is doubled. What is
 * missing makes the result missing; a condition that is missing is false. */
#ifndef COPSE_RECIPE_EXPRESSION_H
#define COPSE_RECIPE_EXPRESSION_H

#include "recipe/step.h"

struct expression {
  struct expression_node *nodes;
  uint32_t n, capacity, root;
};

/* Parses an option's text for the columns of `in`; memory comes from the step. */
copse_status expression_parse(struct step *step, const char *option, const struct shape *in,
                              struct expression *out, copse_error *err);
/* NaN: missing. */
double expression_value(const struct expression *expression, const struct block *block, size_t row);

#endif
