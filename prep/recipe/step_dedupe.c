/* step_dedupe.c - of rows that are equal in some columns the first one stays. */
#include "recipe/groups.h"
#include "recipe/recipe.h"

struct dedupe_state {
  uint32_t n;
  uint32_t *columns; /* [n] */
  struct groups groups;
};

static copse_status bind_dedupe(struct step *step, const struct shape *in, struct shape *out,
                                copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct dedupe_state), err);
  if (status != COPSE_OK) return status;
  struct dedupe_state *state = step->state;
  if (step_given(step, "columns")) {
    status = step_columns(step, "columns", in, &state->columns, &state->n, err);
  } else {
    state->n = in->n;
    state->columns = pool_alloc(&step->memory, in->n, sizeof *state->columns);
    for (uint32_t i = 0; state->columns != NULL && i < in->n; i++) state->columns[i] = i;
    if (state->columns == NULL) status = step_fail_memory(step, err);
  }
  if (status == COPSE_OK && !groups_open(&state->groups, in->names.ctx, state->n, 0))
    status = step_fail_memory(step, err);
  return status == COPSE_OK ? step_keep_shape(step, in, NULL, out, err) : status;
}

static void release_dedupe(struct step *step) {
  groups_release(&((struct dedupe_state *)step->state)->groups);
}

static copse_status apply_dedupe(const struct step *step, struct block *block, copse_error *err) {
  struct dedupe_state *state = step->state;
  bool *keep = pool_alloc(block->pool, block->n_rows, sizeof *keep);
  if (keep == NULL) return step_fail_memory(step, err);
  for (size_t row = 0; row < block->n_rows; row++) {
    bool ok = true;
    for (uint32_t i = 0; i < state->n && ok; i++) {
      const struct vector *vector = &block->columns[state->columns[i]];
      ok = step->in->columns[state->columns[i]].type == VALUE_TEXT
               ? groups_key_text(&state->groups, i, &vector->texts[row])
               : groups_key_number(&state->groups, i, vector->numbers[row]);
    }
    if (!ok || groups_find(&state->groups, &keep[row]) < 0) return step_fail_memory(step, err);
  }
  return block_filter(block, step->in, keep) ? COPSE_OK : step_fail_memory(step, err);
}

static const struct step_option options[] = {
    {"columns", OPTION_LIST, NULL, false, NULL, "columns that make rows equal; default: all"}};

const struct step_kind step_dedupe = {
    .name = "dedupe",
    .help = "of rows that are equal in some columns the first one stays",
    .options = options,
    .n_options = 1,
    .serial = true,
    .bind = bind_dedupe,
    .apply = apply_dedupe,
    .release = release_dedupe,
};
