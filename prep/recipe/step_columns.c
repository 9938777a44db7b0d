/* step_columns.c - drop and select: which columns go on, and in which order. */
#include <string.h>

#include "recipe/recipe.h"

struct columns_state {
  uint32_t n;
  uint32_t *columns; /* [n] what goes on */
};

static copse_status bind_columns(struct step *step, const struct shape *in, struct shape *out, bool listed,
                                 copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct columns_state), err);
  if (status != COPSE_OK) return status;
  struct columns_state *state = step->state;
  uint32_t *list, n;
  status = step_columns(step, "columns", in, &list, &n, err);
  if (status != COPSE_OK) return status;
  state->columns = list;
  state->n = n;
  if (!listed) {
    state->n = 0;
    state->columns = pool_alloc(&step->memory, in->n, sizeof *state->columns);
    for (uint32_t i = 0; state->columns != NULL && i < in->n; i++) {
      bool gone = false;
      for (uint32_t k = 0; k < n; k++) gone |= list[k] == i;
      if (!gone) state->columns[state->n++] = i;
    }
    if (state->columns == NULL) return step_fail_memory(step, err);
  }
  if (state->n == 0 && !step->aside)
    return step_fail(step, COPSE_ERR_DATA, err, "no column is left (keep one)");
  for (uint32_t i = 0; i < state->n; i++) {
    const struct shape_column *column = &in->columns[state->columns[i]];
    if (!shape_add(out, column->name, column->type)) return step_fail_memory(step, err);
  }
  return COPSE_OK;
}

static copse_status bind_drop(struct step *step, const struct shape *in, struct shape *out,
                              copse_error *err) {
  return bind_columns(step, in, out, false, err);
}

static copse_status bind_select(struct step *step, const struct shape *in, struct shape *out,
                                copse_error *err) {
  return bind_columns(step, in, out, true, err);
}

static copse_status apply_columns(const struct step *step, struct block *block, copse_error *err) {
  const struct columns_state *state = step->state;
  struct vector *columns = block_columns(block, state->n);
  if (columns == NULL) return step_fail_memory(step, err);
  for (uint32_t i = 0; i < state->n; i++) columns[i] = block->columns[state->columns[i]];
  block->columns = columns;
  return COPSE_OK;
}

static const struct step_option drop_options[] = {
    {"columns", OPTION_LIST, NULL, true, NULL, "columns to leave out; NAME? may be missing"}};
static const struct step_option select_options[] = {
    {"columns", OPTION_LIST, NULL, true, NULL, "columns to keep, in this order; NAME? may be missing"}};

const struct step_kind step_drop = {
    .name = "drop",
    .help = "leaves columns out",
    .options = drop_options,
    .n_options = 1,
    .bind = bind_drop,
    .apply = apply_columns,
};

const struct step_kind step_select = {
    .name = "select",
    .help = "keeps the columns that are listed, in their order: the schema of what goes on",
    .options = select_options,
    .n_options = 1,
    .bind = bind_select,
    .apply = apply_columns,
};
