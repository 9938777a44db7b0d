/* step_formula.c - derive and filter: a new column, or the rows that stay, by an expression. */
#include <math.h>
#include <string.h>

#include "recipe/expression.h"
#include "recipe/recipe.h"

struct formula_state {
  struct expression expression;
  int64_t into; /* derive; -1: a new column */
};

/* Which words in double quotes are texts. */
static copse_status learn_derive(struct step *step, const struct shape *in, copse_error *err) {
  struct expression expression;
  return expression_parse(step, "formula", in, &expression, err);
}

static copse_status learn_filter(struct step *step, const struct shape *in, copse_error *err) {
  struct expression expression;
  return expression_parse(step, "where", in, &expression, err);
}

static copse_status bind_derive(struct step *step, const struct shape *in, struct shape *out,
                                copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct formula_state), err);
  if (status != COPSE_OK) return status;
  struct formula_state *state = step->state;
  const char *into = step_option(step, "into")->text;
  status = expression_parse(step, "formula", in, &state->expression, err);
  if (status == COPSE_OK) status = step_keep_shape(step, in, NULL, out, err);
  if (status != COPSE_OK) return status;
  state->into = shape_find(in, into);
  if (state->into >= 0)
    out->columns[state->into].type = VALUE_REAL;
  else if (!shape_add(out, into, VALUE_REAL))
    return step_fail_memory(step, err);
  return COPSE_OK;
}

static copse_status apply_derive(const struct step *step, struct block *block, copse_error *err) {
  const struct formula_state *state = step->state;
  double *numbers = block_numbers(block);
  if (numbers == NULL) return step_fail_memory(step, err);
  for (size_t row = 0; row < block->n_rows; row++)
    numbers[row] = expression_value(&state->expression, block, row);
  block->columns = block_with(block, step->in->n, state->into, (struct vector){.numbers = numbers});
  return block->columns != NULL ? COPSE_OK : step_fail_memory(step, err);
}

static copse_status bind_filter(struct step *step, const struct shape *in, struct shape *out,
                                copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct formula_state), err);
  if (status != COPSE_OK) return status;
  struct formula_state *state = step->state;
  status = expression_parse(step, "where", in, &state->expression, err);
  return status == COPSE_OK ? step_keep_shape(step, in, NULL, out, err) : status;
}

static copse_status apply_filter(const struct step *step, struct block *block, copse_error *err) {
  const struct formula_state *state = step->state;
  bool *keep = pool_alloc(block->pool, block->n_rows, sizeof *keep);
  if (keep == NULL) return step_fail_memory(step, err);
  for (size_t row = 0; row < block->n_rows; row++) {
    double value = expression_value(&state->expression, block, row);
    keep[row] = !isnan(value) && value != 0;
  }
  return block_filter(block, step->in, keep) ? COPSE_OK : step_fail_memory(step, err);
}

static const struct step_option derive_options[] = {
    {"into", OPTION_NAME, NULL, true, NULL, "the column that is made, or replaced"},
    {"formula", OPTION_TEXT, NULL, true, NULL,
     "+ - * / ( ) = != < <= > >= and or not abs log log1p exp sqrt floor min max missing, columns (NAME? may "
     "be "
     "missing, \"a name\" with blanks in double quotes), numbers, and behind a column of texts and = or != a "
     "'text'"},
};
static const struct step_option filter_options[] = {
    {"where", OPTION_TEXT, NULL, true, NULL,
     "the condition of the rows that stay, written as a formula: age > 30 and city != 'Pune'"},
};

const struct step_kind step_derive = {
    .name = "derive",
    .help = "makes a column by a formula",
    .options = derive_options,
    .n_options = sizeof derive_options / sizeof derive_options[0],
    .learn_columns = learn_derive,
    .bind = bind_derive,
    .apply = apply_derive,
};

const struct step_kind step_filter = {
    .name = "filter",
    .help = "keeps the rows that meet a condition",
    .options = filter_options,
    .n_options = 1,
    .learn_columns = learn_filter,
    .bind = bind_filter,
    .apply = apply_filter,
};
