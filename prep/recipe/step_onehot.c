/* step_onehot.c - a column per level, 1 where a row has it. The list of levels is fixed when the recipe is
 * fitted: a level that is not in it gives zeros, so that the columns never drift. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/counts.h"
#include "recipe/recipe.h"

struct onehot_state {
  uint32_t n, n_made;
  uint32_t *columns;         /* [n] that are taken apart */
  struct dictionary *levels; /* [n] */
  uint32_t **made;           /* [n][levels] the made column of a level */
  struct counts *counts;     /* [n] while it learns */
  uint32_t *kept, n_kept;    /* columns that go on */
  atomic_uint_fast64_t n_unseen;
};

/* `names` says columns and levels in one: COLUMN_LEVEL. */
static copse_status open_names(struct step *step, copse_error *err) {
  const struct option_value *names = step_option(step, "names"), *columns = step_option(step, "columns");
  for (uint32_t i = 0; i < names->n_items; i++) {
    const char *name = names->items[i], *column = NULL;
    for (uint32_t c = 0; c < columns->n_items; c++) {
      size_t length = strlen(columns->items[c]);
      if (strncmp(name, columns->items[c], length) == 0 && name[length] == '_' &&
          (column == NULL || length > strlen(column)))
        column = columns->items[c];
    }
    if (column == NULL)
      return step_fail(step, COPSE_ERR_FORMAT, err,
                       "names: found \"%s\", expected COLUMN_LEVEL with one of the columns", name);
    const char *level = name + strlen(column) + 1;
    if (!pairs_add(&step->learnt, column, strlen(column), level, strlen(level)))
      return step_fail_memory(step, err);
  }
  return COPSE_OK;
}

static int by_names(const void *a, const void *b) {
  const struct pair *x = a, *y = b;
  int order = strcmp(x->a, y->a);
  return order != 0 ? order : strcmp(x->b, y->b);
}

static copse_status open_onehot(struct step *step, copse_error *err) {
  copse_status status = open_names(step, err);
  if (status == COPSE_OK && step_given(step, "file")) status = step_read_mapping(step, "file", true, err);
  if (status == COPSE_OK && step->learnt.n > 1 && step_is(step, "order", "name"))
    qsort(step->learnt.items, step->learnt.n, sizeof *step->learnt.items, by_names);
  return status;
}

static bool learns_onehot(const struct step *step, const struct shape *in) {
  (void)in;
  return !step_given(step, "file") && !step_given(step, "names");
}

/* Room for the columns that the levels of each column make. */
static bool open_made(struct step *step, const int32_t *from) {
  struct onehot_state *state = step->state;
  uint32_t *n_levels = pool_alloc(&step->memory, state->n, sizeof *n_levels);
  state->made = pool_alloc(&step->memory, state->n, sizeof *state->made);
  if (n_levels == NULL || state->made == NULL) return false;
  memset(n_levels, 0, state->n * sizeof *n_levels);
  for (uint32_t i = 0; i < step->learnt.n; i++)
    if (from[i] >= 0) n_levels[from[i]]++;
  for (uint32_t c = 0; c < state->n; c++) {
    state->made[c] = pool_alloc(&step->memory, n_levels[c], sizeof **state->made);
    if (state->made[c] == NULL) return false;
  }
  return true;
}

/* One made column per pair, in the order of the pairs. */
static copse_status bind_levels(struct step *step, const struct shape *in, struct shape *out,
                                copse_error *err) {
  struct onehot_state *state = step->state;
  int32_t *from;
  copse_status status = step_pair_columns(step, in, state->columns, state->n, &from, err);
  if (status == COPSE_OK && !open_made(step, from)) status = step_fail_memory(step, err);
  if (status != COPSE_OK) return status;
  for (uint32_t i = 0; i < step->learnt.n; i++) {
    const struct pair *pair = &step->learnt.items[i];
    if (from[i] < 0) continue; /* a file may know more columns */
    struct dictionary *levels = &state->levels[from[i]];
    copse_text name = {.ctx = step->recipe->ctx};
    copse_text_appendf(&name, "%s_%s", pair->a, pair->b);
    uint32_t n = levels->n;
    state->made[from[i]][n] = state->n_made++;
    const char *key = step_key(step, in->columns[state->columns[from[i]]].type, pair->b);
    bool ok = !name.failed && key != NULL && shape_add(out, name.data, VALUE_INTEGER) &&
              dictionary_add(levels, key, strlen(key)) >= 0;
    copse_text_release(&name);
    if (!ok) return step_fail_memory(step, err);
    if (levels->n == n)
      return step_fail(step, COPSE_ERR_DATA, err,
                       "the level \"%s\" of \"%s\" comes twice, perhaps written in two ways (list it once)",
                       pair->b, pair->a);
  }
  return COPSE_OK;
}

static copse_status bind_onehot(struct step *step, const struct shape *in, struct shape *out,
                                copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct onehot_state), err);
  if (status != COPSE_OK) return status;
  struct onehot_state *state = step->state;
  uint32_t n;
  status = step_columns(step, "columns", in, &state->columns, &n, err);
  if (status != COPSE_OK) return status;
  state->levels = pool_alloc(&step->memory, n, sizeof *state->levels);
  state->counts = pool_alloc(&step->memory, n, sizeof *state->counts);
  state->kept = pool_alloc(&step->memory, in->n, sizeof *state->kept);
  if (state->levels == NULL || state->counts == NULL || state->kept == NULL)
    return step_fail_memory(step, err);
  for (uint32_t i = 0; i < n; i++) {
    state->levels[i] = (struct dictionary){.ctx = step->recipe->ctx};
    counts_open(&state->counts[i], step->recipe->ctx);
  }
  state->n = n;
  if (!step->learned && learns_onehot(step, in)) return COPSE_OK;
  bool *taken = pool_alloc(&step->memory, in->n, sizeof *taken);
  if (taken == NULL) return step_fail_memory(step, err);
  memset(taken, 0, in->n);
  for (uint32_t c = 0; c < n; c++) taken[state->columns[c]] = true;
  for (uint32_t i = 0; i < in->n; i++) {
    if (taken[i]) continue;
    state->kept[state->n_kept++] = i;
    if (!shape_add(out, in->columns[i].name, in->columns[i].type)) return step_fail_memory(step, err);
  }
  return bind_levels(step, in, out, err);
}

static void release_onehot(struct step *step) {
  struct onehot_state *state = step->state;
  uint64_t n_unseen = atomic_load(&state->n_unseen);
  if (n_unseen > 0)
    step_note(step, "%" PRIu64 " cells hold levels that are not in its list: zeros in all of its columns",
              n_unseen);
  for (uint32_t i = 0; i < state->n; i++) {
    dictionary_release(&state->levels[i]);
    counts_release(&state->counts[i]);
  }
}

static copse_status observe_onehot(struct step *step, const struct block *block, copse_error *err) {
  struct onehot_state *state = step->state;
  return counts_observe(state->counts, state->columns, state->n, step, block, err);
}

static copse_status learn_onehot(struct step *step, copse_error *err) {
  struct onehot_state *state = step->state;
  for (uint32_t c = 0; c < state->n; c++) {
    const struct counts *counts = &state->counts[c];
    const char *name = step->in->columns[state->columns[c]].name;
    uint32_t *order = counts_order(counts, true);
    bool ok = order != NULL;
    for (uint32_t i = 0; ok && i < counts->levels.n; i++) {
      const struct dictionary_level *level = &counts->levels.levels[order[i]];
      ok = pairs_add(&step->learnt, name, strlen(name), level->text, level->length);
    }
    copse_free(order);
    if (!ok) return step_fail_memory(step, err);
  }
  return COPSE_OK;
}

static copse_status apply_onehot(const struct step *step, struct block *block, copse_error *err) {
  struct onehot_state *state = step->state;
  size_t n = block->n_rows;
  struct vector *columns = block_columns(block, state->n_kept + state->n_made);
  double *numbers = pool_alloc(block->pool, n * state->n_made, sizeof *numbers);
  if (columns == NULL || numbers == NULL) return step_fail_memory(step, err);
  memset(numbers, 0, n * state->n_made * sizeof *numbers);
  for (uint32_t i = 0; i < state->n_kept; i++) columns[i] = block->columns[state->kept[i]];
  for (uint32_t i = 0; i < state->n_made; i++)
    columns[state->n_kept + i] = (struct vector){.numbers = numbers + n * i};
  uint64_t n_unseen = 0;
  for (uint32_t c = 0; c < state->n; c++) {
    uint32_t from = state->columns[c];
    const struct row_cell *cells = block_as_texts(block, &block->columns[from], step->in->columns[from].type);
    if (cells == NULL) return step_fail_memory(step, err);
    for (size_t row = 0; row < n; row++) {
      if (cells[row].null) continue;
      int32_t level = dictionary_find(&state->levels[c], cells[row].text, cells[row].length);
      if (level >= 0)
        numbers[n * state->made[c][level] + row] = 1;
      else
        n_unseen++;
    }
  }
  if (n_unseen > 0) atomic_fetch_add(&state->n_unseen, n_unseen);
  block->columns = columns;
  return COPSE_OK;
}

static const struct step_option options[] = {
    {"columns", OPTION_LIST, NULL, true, NULL, "columns to take apart; they are replaced"},
    {"names", OPTION_LIST, "", false, NULL, "the columns to make, COLUMN_LEVEL each"},
    {"file", OPTION_FILE, NULL, false, NULL,
     "CSV with a header: column, level; one a line, behind the names. Without both: the levels of the rows"},
    {"order", OPTION_CHOICE, "list", false, "list,name", "the columns made as they are listed, or by name"},
};

const struct step_kind step_onehot = {
    .name = "onehot",
    .help = "makes a column COLUMN_LEVEL of zeros and ones for every level; an unseen level gives zeros",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .open = open_onehot,
    .learns = learns_onehot,
    .bind = bind_onehot,
    .observe = observe_onehot,
    .learn = learn_onehot,
    .apply = apply_onehot,
    .release = release_onehot,
};
