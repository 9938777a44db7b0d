/* step_load.c - raw texts become typed columns: the schema check. Every column that is listed must be there
 * (but for those with a '?' behind their name) and hold what its type says; the others follow `other`. */
#include <math.h>
#include <string.h>

#include "read/missing.h"
#include "read/report.h"
#include "recipe/recipe.h"

static const double largest_whole = 0x1p53; /* up to here all whole numbers are exact */

struct load_state {
  uint32_t n;             /* columns that come out */
  uint32_t *from;         /* [n] */
  enum value_type *types; /* [n] */
  struct missing_tokens missing, declared;
  /* while it learns */
  uint8_t *seen; /* [in->n] SEEN_... */
};

enum { SEEN_NOTHING, SEEN_INTEGER, SEEN_REAL, SEEN_TEXT };

static const struct {
  const char *option;
  enum value_type type;
} lists[] = {{"text", VALUE_TEXT}, {"real", VALUE_REAL}, {"integer", VALUE_INTEGER}};

static bool contains(const struct option_value *list, const char *name) {
  for (uint32_t i = 0; i < list->n_items; i++)
    if (strcmp(list->items[i], name) == 0) return true;
  return false;
}

/* Type of a listed column, -1 when it is not listed. */
static int listed_type(const struct step *step, const char *name) {
  for (size_t i = 0; i < 3; i++)
    if (contains(step_option(step, lists[i].option), name)) return (int)lists[i].type;
  return -1;
}

static bool is_skipped(const struct step *step, const char *name) {
  return contains(step_option(step, "skip"), name);
}

/* Type of a column of the rows that were learned from, -1: they have none of that name. */
static int learnt_type(const struct step *step, const char *name) {
  const char *found = pairs_second(&step->learnt, name);
  for (int type = VALUE_TEXT; found != NULL && type <= VALUE_INTEGER; type++)
    if (strcmp(found, value_type_name((enum value_type)type)) == 0) return type;
  return -1;
}

/* Type of a column that is not skipped; -1: it is left out. A column that came later is not looked at, which
 * would make rows apart that were equal. */
static int type_of(const struct step *step, const char *name) {
  int type = listed_type(step, name);
  if (type >= 0) return type;
  if (step_is(step, "other", "auto") || step->learnt.n > 0) return learnt_type(step, name);
  for (size_t i = 0; i < 3; i++)
    if (step_is(step, "other", lists[i].option)) return (int)lists[i].type;
  return -1;
}

static copse_status open_load(struct step *step, copse_error *err) {
  for (size_t i = 0; i < 3; i++) {
    const struct option_value *list = step_option(step, lists[i].option);
    for (uint32_t k = 0; k < list->n_items; k++) {
      int n = 0;
      for (size_t j = 0; j < 3; j++) n += contains(step_option(step, lists[j].option), list->items[k]);
      if (n > 1)
        return step_fail(step, COPSE_ERR_FORMAT, err, "the column \"%s\" has two types (list it once)",
                         list->items[k]);
    }
  }
  return COPSE_OK;
}

static bool learns_load(const struct step *step, const struct shape *in) {
  if (!step_is(step, "other", "auto")) return false;
  for (uint32_t i = 0; i < in->n; i++)
    if (listed_type(step, in->columns[i].name) < 0 && !is_skipped(step, in->columns[i].name)) return true;
  return false;
}

/* Of columns that `other` gives a type: which there are. */
static copse_status learn_names(struct step *step, const struct shape *in, copse_error *err) {
  bool ok = true;
  const char *type = step_option(step, "other")->text;
  if (step_is(step, "other", "auto") || step_is(step, "other", "drop")) return COPSE_OK;
  for (uint32_t i = 0; i < in->n && ok; i++) {
    const char *name = in->columns[i].name;
    if (listed_type(step, name) >= 0 || is_skipped(step, name)) continue;
    ok = pairs_add(&step->learnt, name, strlen(name), type, strlen(type));
  }
  return ok ? COPSE_OK : step_fail_memory(step, err);
}

static copse_status check_required(const struct step *step, const struct shape *in, copse_error *err) {
  int64_t column;
  copse_status status = COPSE_OK;
  for (size_t i = 0; i < 3; i++) {
    const struct option_value *list = step_option(step, lists[i].option);
    for (uint32_t k = 0; k < list->n_items && status == COPSE_OK; k++) {
      bool maybe = list->maybe[k] || step_is_label(step, list->items[k]);
      status = step_column(step, in, list->items[k], maybe, &column, err);
    }
  }
  for (uint32_t k = 0; k < step->learnt.n && status == COPSE_OK && step_is(step, "other", "auto"); k++) {
    const char *name = step->learnt.items[k].a;
    status = step_column(step, in, name, step_is_label(step, name), &column, err);
  }
  return status;
}

/* The tokens, however their list was broken into lines, as the readers of numbers want them. */
static copse_status join_tokens(struct step *step, struct missing_tokens *out, copse_error *err) {
  const struct option_value *tokens = step_option(step, "missing_values");
  char *list = pool_alloc(&step->memory, strlen(tokens->text) + 1, 1), *to = list;
  if (list == NULL) return step_fail_memory(step, err);
  for (uint32_t i = 0; i < tokens->n_items; i++) {
    if (i > 0) *to++ = ',';
    size_t length = strlen(tokens->items[i]);
    memcpy(to, tokens->items[i], length);
    to += length;
  }
  *to = '\0';
  *out = missing_tokens_of(list);
  return COPSE_OK;
}

static copse_status bind_load(struct step *step, const struct shape *in, struct shape *out,
                              copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct load_state), err);
  if (status == COPSE_OK) status = check_required(step, in, err);
  if (status != COPSE_OK) return status;
  struct load_state *state = step->state;
  status = join_tokens(step, &state->declared, err);
  if (status != COPSE_OK) return status;
  state->missing = state->declared;
  state->from = pool_alloc(&step->memory, in->n, sizeof *state->from);
  state->types = pool_alloc(&step->memory, in->n, sizeof *state->types);
  state->seen = pool_alloc(&step->memory, in->n, 1);
  if (state->from == NULL || state->types == NULL || state->seen == NULL) return step_fail_memory(step, err);
  memset(state->seen, SEEN_NOTHING, in->n);
  struct few_names left_out = {0};
  for (uint32_t i = 0; i < in->n; i++) {
    const char *name = in->columns[i].name;
    if (is_skipped(step, name)) continue;
    int type = type_of(step, name);
    if (type < 0) {
      few_names_add(&left_out, name);
      continue;
    }
    state->from[state->n] = i;
    state->types[state->n++] = (enum value_type)type;
    if (!shape_add(out, name, (enum value_type)type)) return step_fail_memory(step, err);
  }
  if (step->learned && left_out.n == 1)
    step_note(step, "column %s is not one of the recipe's: left out", left_out.text);
  if (step->learned && left_out.n > 1)
    step_note(step, "%u columns are not the recipe's: left out (%s)", left_out.n, left_out.text);
  if (state->n == 0 && step->learned)
    return step_fail(step, COPSE_ERR_DATA, err, "no column is left (list some, or other = auto)");
  return COPSE_OK;
}

/* ---- types from the rows ---- */

static bool is_missing(const struct load_state *state, const struct row_cell *cell) {
  return cell->null || missing_is(&state->missing, cell->text, cell->length);
}

static bool is_whole(double value) { return fabs(value) <= largest_whole && value == (double)(int64_t)value; }

/* Whether a cell is written in digits alone: *digits without sign and leading zeros, [*n]. */
static bool is_digits(const struct row_cell *cell, const char **digits, size_t *n) {
  size_t i = 0;
  if (cell->length > 0 && (cell->text[0] == '-' || cell->text[0] == '+')) i++;
  size_t first = i;
  while (i < cell->length && cell->text[i] >= '0' && cell->text[i] <= '9') i++;
  if (i == first || i < cell->length) return false;
  while (first + 1 < i && cell->text[first] == '0') first++;
  *digits = cell->text + first;
  *n = i - first;
  return true;
}

/* Whether a number is too large for whole numbers to be told apart. 2^53 + 1 is 2^53 by then, so that there
 * the text decides. */
static bool is_beyond(const struct row_cell *cell, double value) {
  static const char largest[] = "9007199254740992";
  const char *digits;
  size_t n;
  if (fabs(value) != largest_whole) return fabs(value) > largest_whole;
  return !is_digits(cell, &digits, &n) || n != sizeof largest - 1 || memcmp(digits, largest, n) != 0;
}

/* Whole numbers that would be rounded are names of something, which only a text keeps apart. */
static uint8_t seen_of(const struct row_cell *cell) {
  double value;
  const char *digits;
  size_t n;
  if (copse_parse_double(cell->text, cell->length, &value) != cell->length || isnan(value)) return SEEN_TEXT;
  if (is_beyond(cell, value)) return is_digits(cell, &digits, &n) ? SEEN_TEXT : SEEN_REAL;
  return is_whole(value) && memchr(cell->text, '.', cell->length) == NULL ? SEEN_INTEGER : SEEN_REAL;
}

static copse_status observe_load(struct step *step, const struct block *block, copse_error *err) {
  struct load_state *state = step->state;
  bool typed = row_source_is_table(step->recipe->rows);
  (void)err;
  for (uint32_t c = 0; c < step->in->n; c++) {
    for (size_t i = 0; i < block->n_rows && state->seen[c] != SEEN_TEXT; i++) {
      struct row_cell cell = row_cell_trimmed(block->columns[c].texts[i]);
      bool text = typed && cell.quoted && cell.length > 0;
      if (!text && is_missing(state, &cell)) continue;
      uint8_t found = text ? SEEN_TEXT : seen_of(&cell);
      if (found > state->seen[c]) state->seen[c] = found;
    }
  }
  return COPSE_OK;
}

static copse_status learn_load(struct step *step, copse_error *err) {
  const struct load_state *state = step->state;
  static const enum value_type types[] = {VALUE_REAL, VALUE_INTEGER, VALUE_REAL, VALUE_TEXT};
  for (uint32_t c = 0; c < step->in->n; c++) {
    const char *name = step->in->columns[c].name, *type = value_type_name(types[state->seen[c]]);
    if (listed_type(step, name) >= 0 || is_skipped(step, name)) continue;
    if (!pairs_add(&step->learnt, name, strlen(name), type, strlen(type))) return step_fail_memory(step, err);
  }
  return COPSE_OK;
}

/* ---- rows ---- */

static copse_status refuse_cell(const struct step *step, const struct block *block, size_t row, uint32_t from,
                                enum value_type type, copse_error *err) {
  const struct row_cell *cell = &block->columns[from].texts[row];
  const char *name = step->in->columns[from].name;
  return step_fail_row(
      step, block_row(block, row), err,
      "column \"%s\": found \"%s\", expected %s (correct the cell, list it in missing_values, "
      "or give the column another type)",
      show(name, strlen(name)).text, show(cell->text, cell->length).text,
      type == VALUE_INTEGER ? "a whole number" : "a number");
}

static copse_status refuse_beyond(const struct step *step, const struct block *block, size_t row,
                                  uint32_t from, copse_error *err) {
  const struct row_cell *cell = &block->columns[from].texts[row];
  const char *name = step->in->columns[from].name;
  return step_fail_row(step, block_row(block, row), err,
                       "column \"%s\": found \"%s\", which is beyond 2^53; load it as text (text = %s)",
                       show(name, strlen(name)).text, show(cell->text, cell->length).text,
                       show(name, strlen(name)).text);
}

static copse_status load_numbers(const struct step *step, const struct block *block, uint32_t from,
                                 enum value_type type, struct vector *out, copse_error *err) {
  const struct load_state *state = step->state;
  const struct row_cell *cells = block->columns[from].texts;
  double *numbers = block_numbers(block);
  if (numbers == NULL) return step_fail_memory(step, err);
  for (size_t i = 0; i < block->n_rows; i++) {
    double value = (double)NAN;
    if (cells[i].null) {
      numbers[i] = value;
      continue;
    }
    struct row_cell cell = row_cell_trimmed(cells[i]);
    bool number =
        copse_parse_double(cell.text, cell.length, &value) == cell.length && !isnan(value) && cell.length > 0;
    if ((!number || state->declared.numeric) && is_missing(state, &cell))
      value = (double)NAN;
    else if (number && type == VALUE_INTEGER && is_beyond(&cell, value) && !isinf(value))
      return refuse_beyond(step, block, i, from, err);
    else if (!number || (type == VALUE_INTEGER && !is_whole(value)))
      return refuse_cell(step, block, i, from, type, err);
    numbers[i] = value;
  }
  *out = (struct vector){.numbers = numbers};
  return COPSE_OK;
}

/* Texts are missing where the cell is empty or blank, in quotes or not, or a token that was declared: "nan"
 * may be the name of a city. Blanks inside of quotes are part of a text that has more than them. */
static copse_status load_texts(const struct step *step, const struct block *block, uint32_t from,
                               struct vector *out, copse_error *err) {
  *out = block->columns[from];
  const struct option_value *tokens = step_option(step, "missing_values");
  struct row_cell *texts = block_texts(block);
  if (texts == NULL) return step_fail_memory(step, err);
  for (size_t i = 0; i < block->n_rows; i++) {
    texts[i] = out->texts[i];
    struct row_cell trimmed = row_cell_trimmed(texts[i]);
    texts[i].null = trimmed.length == 0;
    for (uint32_t k = 0; k < tokens->n_items && !texts[i].null; k++)
      texts[i].null = strlen(tokens->items[k]) == trimmed.length &&
                      memcmp(tokens->items[k], trimmed.text, trimmed.length) == 0;
  }
  *out = (struct vector){.texts = texts};
  return COPSE_OK;
}

static copse_status apply_load(const struct step *step, struct block *block, copse_error *err) {
  const struct load_state *state = step->state;
  struct vector *columns = block_columns(block, state->n);
  if (columns == NULL) return step_fail_memory(step, err);
  for (uint32_t i = 0; i < state->n; i++) {
    columns[i] = (struct vector){0};
    copse_status status = state->types[i] == VALUE_TEXT
                              ? load_texts(step, block, state->from[i], &columns[i], err)
                              : load_numbers(step, block, state->from[i], state->types[i], &columns[i], err);
    if (status != COPSE_OK) return status;
  }
  block->columns = columns;
  return COPSE_OK;
}

static const struct step_option options[] = {
    {"text", OPTION_LIST, "", false, NULL, "columns of texts; NAME? may be missing"},
    {"real", OPTION_LIST, "", false, NULL, "columns of numbers; NAME? may be missing"},
    {"integer", OPTION_LIST, "", false, NULL, "columns of whole numbers; NAME? may be missing"},
    {"skip", OPTION_LIST, "", false, NULL, "columns to leave out, there or not"},
    {"other", OPTION_CHOICE, "auto", false, "auto,text,real,integer,drop",
     "type of the columns that are not listed; auto: by their cells (a table's texts are texts)"},
    {"missing_values", OPTION_LIST, "", false, NULL,
     "cells that count as missing beside the empty one, quoted or not (numbers: also na, n/a, nan, null, "
     "none, ?)"},
};

const struct step_kind step_load = {
    .name = "load",
    .help = "the first step: columns and their types; a missing column or a cell of another type is an error",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .open = open_load,
    .learn_columns = learn_names,
    .learns = learns_load,
    .bind = bind_load,
    .observe = observe_load,
    .learn = learn_load,
    .apply = apply_load,
};
