/* step_rollup.c - many columns are summed up in groups of columns, and rows that are equal in the index
 * columns become one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/groups.h"
#include "recipe/recipe.h"

enum { EMITTED_ROWS = 4096 };
enum function { SUM, MEAN, MAX, MIN, COUNT };

/* A group of columns has one number in every row: the sum or the count of its cells; or two: the sum, the
 * largest or the smallest, and how many cells there were. */
struct rollup_state {
  uint32_t n_index, n_from, n_groups;
  uint32_t *index;     /* [n_index] columns */
  uint32_t *from, *to; /* [n_from] a column, and its group */
  const char **names;  /* [n_groups] ascending */
  enum function function;
  uint32_t width; /* numbers */
  struct groups groups;
  uint64_t *first; /* [first_capacity] raw row that a group began with, when the recipe keeps them */
  size_t first_capacity;
};

static copse_status open_rollup(struct step *step, copse_error *err) {
  return step_read_mapping(step, "file", false, err);
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static copse_status bind_groups(struct step *step, const struct shape *in, copse_error *err) {
  struct rollup_state *state = step->state;
  uint32_t n = step->learnt.n;
  state->from = pool_alloc(&step->memory, n, sizeof *state->from);
  state->to = pool_alloc(&step->memory, n, sizeof *state->to);
  state->names = pool_alloc(&step->memory, n, sizeof *state->names);
  if (state->from == NULL || state->to == NULL || state->names == NULL) return step_fail_memory(step, err);
  memset(state->to, 0, n * sizeof *state->to);
  for (uint32_t i = 0; i < n; i++) state->names[i] = step->learnt.items[i].b;
  qsort(state->names, n, sizeof *state->names, by_name);
  for (uint32_t i = 0; i < n; i++)
    if (state->n_groups == 0 || strcmp(state->names[state->n_groups - 1], state->names[i]) != 0)
      state->names[state->n_groups++] = state->names[i];
  for (uint32_t i = 0; i < n; i++) {
    const struct pair *pair = &step->learnt.items[i];
    int64_t column;
    copse_status status = step_column(step, in, pair->a, false, &column, err);
    if (status != COPSE_OK) return status;
    if (in->columns[column].type == VALUE_TEXT)
      return step_fail(step, COPSE_ERR_DATA, err, "the column \"%s\" holds texts, expected numbers", pair->a);
    state->from[i] = (uint32_t)column;
    while (strcmp(state->names[state->to[i]], pair->b) != 0) state->to[i]++;
  }
  state->n_from = n;
  return COPSE_OK;
}

static copse_status bind_rollup(struct step *step, const struct shape *in, struct shape *out,
                                copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct rollup_state), err);
  if (status != COPSE_OK) return status;
  struct rollup_state *state = step->state;
  static const char *const functions[] = {"sum", "mean", "max", "min", "count"};
  while (strcmp(functions[state->function], step_option(step, "function")->text) != 0) state->function++;
  state->width = state->function == SUM || state->function == COUNT ? 1 : 2;
  status = step_columns(step, "index", in, &state->index, &state->n_index, err);
  if (status == COPSE_OK) status = bind_groups(step, in, err);
  if (status != COPSE_OK) return status;
  if (!groups_open(&state->groups, step->recipe->ctx, state->n_index, state->width * state->n_groups))
    return step_fail_memory(step, err);
  for (uint32_t i = 0; i < state->n_index; i++) {
    const struct shape_column *column = &in->columns[state->index[i]];
    if (!shape_add(out, column->name, column->type)) return step_fail_memory(step, err);
  }
  for (uint32_t i = 0; i < state->n_groups; i++)
    if (!shape_add(out, state->names[i], state->function == COUNT ? VALUE_INTEGER : VALUE_REAL))
      return step_fail_memory(step, err);
  return COPSE_OK;
}

static void release_rollup(struct step *step) {
  struct rollup_state *state = step->state;
  groups_release(&state->groups);
  copse_free(state->first);
}

static bool keep_first(const struct step *step, uint32_t group, uint64_t row) {
  struct rollup_state *state = step->state;
  if (!step->recipe->keeps_rows) return true;
  if (group >= state->first_capacity) {
    size_t capacity = state->first_capacity == 0 ? 1024 : state->first_capacity * 2;
    uint64_t *first = copse_resize(step->recipe->ctx, state->first, capacity, sizeof *first);
    if (first == NULL) return false;
    state->first = first;
    state->first_capacity = capacity;
  }
  state->first[group] = row;
  return true;
}

static void add_value(enum function function, double *cell, double value) {
  if (isnan(value)) return;
  if (function == SUM || function == COUNT)
    cell[0] += function == SUM ? value : 1;
  else if (cell[1]++ == 0)
    cell[0] = value;
  else if (function == MEAN)
    cell[0] += value;
  else if (function == MAX ? value > cell[0] : function == MIN && value < cell[0])
    cell[0] = value;
}

static copse_status collect_rollup(struct step *step, const struct block *block, copse_error *err) {
  struct rollup_state *state = step->state;
  for (size_t row = 0; row < block->n_rows; row++) {
    bool ok = true, fresh;
    for (uint32_t i = 0; i < state->n_index && ok; i++) {
      const struct vector *vector = &block->columns[state->index[i]];
      ok = step->in->columns[state->index[i]].type == VALUE_TEXT
               ? groups_key_text(&state->groups, i, &vector->texts[row])
               : groups_key_number(&state->groups, i, vector->numbers[row]);
    }
    int64_t group = ok ? groups_find(&state->groups, &fresh) : -1;
    if (group < 0 || (fresh && !keep_first(step, (uint32_t)group, block_row(block, row))))
      return step_fail_memory(step, err);
    double *sums = groups_sums(&state->groups, (uint32_t)group);
    for (uint32_t i = 0; i < state->n_from; i++)
      add_value(state->function, sums + (size_t)state->width * state->to[i],
                block->columns[state->from[i]].numbers[row]);
  }
  return COPSE_OK;
}

/* Nothing but missing cells: a sum and a count of 0, and no mean, largest or smallest. */
static double result_of(enum function function, const double *cell) {
  if (function == COUNT || function == SUM) return cell[0];
  if (cell[1] == 0) return (double)NAN;
  return function == MEAN ? cell[0] / cell[1] : cell[0];
}

static bool make_block(const struct step *step, const uint32_t *order, size_t n, struct block *block) {
  const struct rollup_state *state = step->state;
  const struct groups *groups = &state->groups;
  struct vector *columns = block_columns(block, state->n_index + state->n_groups);
  block->columns = columns;
  block->n_rows = n;
  if (columns == NULL) return false;
  if (state->first != NULL) {
    uint64_t *rows = pool_alloc(block->pool, n, sizeof *rows);
    if (rows == NULL) return false;
    for (size_t i = 0; i < n; i++) rows[i] = state->first[order[i]];
    block->rows = rows;
  }
  for (uint32_t c = 0; c < state->n_index; c++) {
    bool text = step->in->columns[state->index[c]].type == VALUE_TEXT;
    struct row_cell *texts = text ? block_texts(block) : NULL;
    double *numbers = text ? NULL : block_numbers(block);
    if (texts == NULL && numbers == NULL) return false;
    for (size_t i = 0; i < n; i++) {
      if (text)
        texts[i] = groups_text(groups, order[i], c);
      else
        numbers[i] = groups_number(groups, order[i], c);
    }
    columns[c] = (struct vector){.texts = texts, .numbers = numbers};
  }
  for (uint32_t g = 0; g < state->n_groups; g++) {
    double *numbers = block_numbers(block);
    if (numbers == NULL) return false;
    for (size_t i = 0; i < n; i++)
      numbers[i] = result_of(state->function, groups_sums(groups, order[i]) + (size_t)state->width * g);
    columns[state->n_index + g] = (struct vector){.numbers = numbers};
  }
  return true;
}

static uint32_t *as_they_came(const struct groups *groups) {
  uint32_t *order = copse_alloc(groups->ctx, groups->n, sizeof *order);
  for (uint32_t i = 0; order != NULL && i < groups->n; i++) order[i] = i;
  return order;
}

static copse_status emit_rollup(struct step *step, emit_fn emit, void *user, copse_error *err) {
  struct rollup_state *state = step->state;
  struct pool pool = {.ctx = step->recipe->ctx};
  uint32_t n = state->groups.n;
  uint32_t *order =
      step_is(step, "order", "index") ? groups_order(&state->groups) : as_they_came(&state->groups);
  copse_status status = order != NULL ? COPSE_OK : step_fail_memory(step, err);
  for (uint32_t at = 0; at < n && status == COPSE_OK; at += EMITTED_ROWS) {
    struct block block = {.first_row = NO_ROW, .pool = &pool};
    uint32_t n_rows = n - at < EMITTED_ROWS ? n - at : EMITTED_ROWS;
    status =
        make_block(step, order + at, n_rows, &block) ? emit(user, &block, err) : step_fail_memory(step, err);
    pool_reset(&pool);
  }
  copse_free(order);
  pool_release(&pool);
  return status;
}

static const struct step_option options[] = {
    {"index", OPTION_LIST, NULL, true, NULL, "columns that stay; rows equal in all of them become one"},
    {"file", OPTION_FILE, NULL, true, NULL, "CSV of two columns with a header: column, its group"},
    {"function", OPTION_CHOICE, "sum", false, "sum,mean,max,min,count",
     "what a group's column holds of its cells that are not missing"},
    {"order", OPTION_CHOICE, "index", false, "index,input",
     "rows sorted by the index columns, or as they came"},
};

const struct step_kind step_rollup = {
    .name = "rollup",
    .help = "sums columns up in groups of columns, over rows that are equal in the index columns",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .open = open_rollup,
    .bind = bind_rollup,
    .collect = collect_rollup,
    .emit = emit_rollup,
    .release = release_rollup,
};
