/* step_levels.c - the levels of a column that are kept; all the rest become one. */
#include <string.h>

#include "recipe/counts.h"
#include "recipe/recipe.h"

struct levels_state {
  uint32_t n;
  uint32_t *columns;       /* [n] */
  struct dictionary *kept; /* [n] */
  struct counts *counts;   /* [n] while it learns */
  struct row_cell rest;
};

static const char *const ways[] = {"file", "keep", "cover", "min_rows"};

static copse_status open_levels(struct step *step, copse_error *err) {
  int n = 0;
  for (size_t i = 0; i < 4; i++) n += step_given(step, ways[i]);
  if (n != 1)
    return step_fail(step, COPSE_ERR_FORMAT, err,
                     "found %d of file, keep, cover and min_rows, expected one of them to say what is kept",
                     n);
  double cover = step_given(step, "cover") ? step_option(step, "cover")->number : 1;
  if (!(cover > 0 && cover <= 1))
    return step_fail(step, COPSE_ERR_FORMAT, err,
                     "cover: found %g, expected a share of the rows, 0 < cover <= 1", cover);
  if (step_given(step, "file")) return step_read_mapping(step, "file", true, err);
  const struct option_value *keep = step_option(step, "keep"), *columns = step_option(step, "columns");
  for (uint32_t c = 0; c < columns->n_items; c++)
    for (uint32_t k = 0; k < keep->n_items; k++)
      if (!pairs_add(&step->learnt, columns->items[c], strlen(columns->items[c]), keep->items[k],
                     strlen(keep->items[k])))
        return step_fail_memory(step, err);
  return COPSE_OK;
}

static bool learns_levels(const struct step *step, const struct shape *in) {
  (void)in;
  return step_given(step, "cover") || step_given(step, "min_rows");
}

static copse_status bind_kept(struct step *step, const struct shape *in, copse_error *err) {
  struct levels_state *state = step->state;
  struct few_names none = {0};
  int32_t *from;
  copse_status status = step_pair_columns(step, in, state->columns, state->n, &from, err);
  if (status != COPSE_OK) return status;
  for (uint32_t c = 0; c < state->n; c++) state->kept[c].ctx = step->recipe->ctx;
  for (uint32_t i = 0; i < step->learnt.n; i++) {
    if (from[i] < 0) continue;
    const char *key = step_key(step, in->columns[state->columns[from[i]]].type, step->learnt.items[i].b);
    if (key == NULL || dictionary_add(&state->kept[from[i]], key, strlen(key)) < 0)
      return step_fail_memory(step, err);
  }
  for (uint32_t c = 0; c < state->n; c++)
    if (state->kept[c].n == 0) few_names_add(&none, in->columns[state->columns[c]].name);
  if (none.n == 1) step_note(step, "no level of the column %s is kept: it has one value now", none.text);
  if (none.n > 1)
    step_note(step, "no level of %u columns is kept (%s): each has one value now", none.n, none.text);
  return COPSE_OK;
}

static copse_status bind_levels(struct step *step, const struct shape *in, struct shape *out,
                                copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct levels_state), err);
  if (status != COPSE_OK) return status;
  struct levels_state *state = step->state;
  uint32_t n;
  status = step_columns(step, "columns", in, &state->columns, &n, err);
  if (status != COPSE_OK) return status;
  const char *rest = step_option(step, "otherwise")->text;
  state->rest = cell_of_text(rest, strlen(rest));
  state->kept = pool_alloc(&step->memory, n, sizeof *state->kept);
  state->counts = pool_alloc(&step->memory, n, sizeof *state->counts);
  if (state->kept == NULL || state->counts == NULL) return step_fail_memory(step, err);
  memset(state->kept, 0, n * sizeof *state->kept);
  for (uint32_t i = 0; i < n; i++) counts_open(&state->counts[i], step->recipe->ctx);
  state->n = n;
  if (!step->learned && learns_levels(step, in)) return COPSE_OK;
  status = bind_kept(step, in, err);
  if (status == COPSE_OK) status = step_keep_shape(step, in, NULL, out, err);
  for (uint32_t i = 0; i < n && status == COPSE_OK; i++) out->columns[state->columns[i]].type = VALUE_TEXT;
  return status;
}

static void release_levels(struct step *step) {
  struct levels_state *state = step->state;
  for (uint32_t i = 0; i < state->n; i++) {
    dictionary_release(&state->kept[i]);
    counts_release(&state->counts[i]);
  }
}

static copse_status observe_levels(struct step *step, const struct block *block, copse_error *err) {
  struct levels_state *state = step->state;
  return counts_observe(state->counts, state->columns, state->n, step, block, err);
}

/* cover: from the most frequent on, as many as hold that share of the cells that are not missing. */
static copse_status learn_levels(struct step *step, copse_error *err) {
  struct levels_state *state = step->state;
  double least = step_given(step, "min_rows") ? step_option(step, "min_rows")->number : 0;
  double share = step_given(step, "cover") ? step_option(step, "cover")->number : 1;
  for (uint32_t c = 0; c < state->n; c++) {
    struct counts *counts = &state->counts[c];
    const char *name = step->in->columns[state->columns[c]].name;
    uint32_t *order = counts_order(counts, false);
    uint64_t covered = 0;
    bool ok = order != NULL;
    for (uint32_t i = 0; ok && i < counts->levels.n; i++) {
      const struct dictionary_level *level = &counts->levels.levels[order[i]];
      if ((double)counts->n[order[i]] < least || (double)covered >= share * (double)counts->n_rows) break;
      covered += counts->n[order[i]];
      ok = pairs_add(&step->learnt, name, strlen(name), level->text, level->length);
    }
    copse_free(order);
    if (!ok) return step_fail_memory(step, err);
  }
  return COPSE_OK;
}

static copse_status apply_levels(const struct step *step, struct block *block, copse_error *err) {
  const struct levels_state *state = step->state;
  bool keep_missing = step_is(step, "missing", "keep");
  uint32_t n = step->in->n;
  struct vector *columns = block_columns(block, n);
  if (columns == NULL) return step_fail_memory(step, err);
  memcpy(columns, block->columns, n * sizeof *columns);
  for (uint32_t k = 0; k < state->n; k++) {
    uint32_t c = state->columns[k];
    const struct row_cell *cells = block_as_texts(block, &columns[c], step->in->columns[c].type);
    struct row_cell *texts = block_texts(block);
    if (cells == NULL || texts == NULL) return step_fail_memory(step, err);
    for (size_t i = 0; i < block->n_rows; i++) {
      bool kept = cells[i].null ? keep_missing
                                : dictionary_find(&state->kept[k], cells[i].text, cells[i].length) >= 0;
      texts[i] = kept ? cells[i] : state->rest;
    }
    columns[c] = (struct vector){.texts = texts};
  }
  block->columns = columns;
  return COPSE_OK;
}

static const struct step_option options[] = {
    {"columns", OPTION_LIST, NULL, true, NULL, "columns of levels"},
    {"file", OPTION_FILE, NULL, false, NULL, "CSV with a header: column, level that is kept; one a line"},
    {"keep", OPTION_LIST, "", false, NULL, "the levels that are kept"},
    {"cover", OPTION_NUMBER, NULL, false, NULL,
     "keeps the most frequent levels that hold this share of the rows"},
    {"min_rows", OPTION_COUNT, NULL, false, NULL, "keeps the levels of at least so many rows"},
    {"otherwise", OPTION_TEXT, "others", false, NULL, "the name of the rest"},
    {"missing", OPTION_CHOICE, "rest", false, "rest,keep",
     "missing cells: part of the rest, or still missing"},
};

const struct step_kind step_levels = {
    .name = "levels",
    .help = "keeps some levels of a column; the rest become one",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .open = open_levels,
    .learns = learns_levels,
    .bind = bind_levels,
    .observe = observe_levels,
    .learn = learn_levels,
    .apply = apply_levels,
    .release = release_levels,
};
