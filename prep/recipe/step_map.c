/* step_map.c - a column's values are looked up in a mapping file. */
#include <math.h>
#include <string.h>

#include "read/dictionary.h"
#include "read/report.h"
#include "recipe/recipe.h"

struct map_state {
  bool absent; /* its column: nothing is done */
  uint32_t column;
  int64_t into; /* -1: a new column */
  enum value_type type;
  struct dictionary from;
  struct row_cell *texts; /* [from.n + 1] the last one: otherwise */
  double *numbers;
};

static copse_status open_map(struct step *step, copse_error *err) {
  return step_read_mapping(step, "file", false, err);
}

static copse_status set_value(const struct step *step, struct map_state *state, uint32_t at, const char *from,
                              const char *text, copse_error *err) {
  if (state->type == VALUE_TEXT) {
    state->texts[at] = cell_of_text(text, strlen(text));
    return COPSE_OK;
  }
  size_t length = strlen(text);
  double *out = &state->numbers[at];
  bool good = length > 0 && copse_parse_double(text, length, out) == length && !isnan(*out);
  if (good && (state->type == VALUE_REAL || *out == (double)(int64_t)*out)) return COPSE_OK;
  return step_fail(step, COPSE_ERR_DATA, err, "\"%s\" is mapped to \"%s\", expected %s (type = %s)",
                   show(from, strlen(from)).text, show(text, length).text,
                   state->type == VALUE_REAL ? "a number" : "a whole number", value_type_name(state->type));
}

static copse_status bind_values(struct step *step, struct map_state *state, copse_error *err) {
  uint32_t n = step->learnt.n;
  const char *otherwise = step_option(step, "otherwise")->text;
  state->from.ctx = step->recipe->ctx;
  state->texts = pool_alloc(&step->memory, (size_t)n + 1, sizeof *state->texts);
  state->numbers = pool_alloc(&step->memory, (size_t)n + 1, sizeof *state->numbers);
  if (state->texts == NULL || state->numbers == NULL) return step_fail_memory(step, err);
  for (uint32_t i = 0; i < n; i++) {
    const struct pair *pair = &step->learnt.items[i];
    const char *key = step_key(step, step->in->columns[state->column].type, pair->a);
    int32_t code = key != NULL ? dictionary_add(&state->from, key, strlen(key)) : -1;
    if (code < 0) return step_fail_memory(step, err);
    if (code != (int32_t)i)
      return step_fail(step, COPSE_ERR_DATA, err,
                       "\"%s\" and \"%s\" are one number, expected every number once (remove one)",
                       show(step->learnt.items[code].a, strlen(step->learnt.items[code].a)).text,
                       show(pair->a, strlen(pair->a)).text);
    copse_status status = set_value(step, state, i, pair->a, pair->b, err);
    if (status != COPSE_OK) return status;
  }
  state->texts[n] = cell_null;
  state->numbers[n] = (double)NAN;
  return otherwise != NULL ? set_value(step, state, n, "otherwise", otherwise, err) : COPSE_OK;
}

static copse_status bind_map(struct step *step, const struct shape *in, struct shape *out, copse_error *err) {
  int64_t column;
  const char *from, *into = step_option(step, "into")->text;
  copse_status status = step_make_state(step, sizeof(struct map_state), err);
  if (status == COPSE_OK) status = step_only_column(step, in, &column, &from, err);
  if (status != COPSE_OK) return status;
  struct map_state *state = step->state;
  state->absent = column < 0;
  if (state->absent) return step_keep_shape(step, in, NULL, out, err);
  const char *type = step_option(step, "type")->text;
  state->column = (uint32_t)column;
  state->type = strcmp(type, "text") == 0   ? VALUE_TEXT
                : strcmp(type, "real") == 0 ? VALUE_REAL
                                            : VALUE_INTEGER;
  state->into = into == NULL ? column : shape_find(in, into);
  status = bind_values(step, state, err);
  if (status == COPSE_OK) status = step_keep_shape(step, in, NULL, out, err);
  if (status != COPSE_OK) return status;
  if (state->into >= 0)
    out->columns[state->into].type = state->type;
  else if (!shape_add(out, into, state->type))
    return step_fail_memory(step, err);
  return COPSE_OK;
}

static void release_map(struct step *step) { dictionary_release(&((struct map_state *)step->state)->from); }

static copse_status apply_map(const struct step *step, struct block *block, copse_error *err) {
  const struct map_state *state = step->state;
  if (state->absent) return COPSE_OK;
  const struct row_cell *cells =
      block_as_texts(block, &block->columns[state->column], step->in->columns[state->column].type);
  struct row_cell *texts = state->type == VALUE_TEXT ? block_texts(block) : NULL;
  double *numbers = state->type != VALUE_TEXT ? block_numbers(block) : NULL;
  if (cells == NULL || (texts == NULL && numbers == NULL)) return step_fail_memory(step, err);
  for (size_t i = 0; i < block->n_rows; i++) {
    int32_t code = cells[i].null ? -1 : dictionary_find(&state->from, cells[i].text, cells[i].length);
    uint32_t at = code < 0 ? state->from.n : (uint32_t)code;
    if (texts != NULL)
      texts[i] = state->texts[at];
    else
      numbers[i] = state->numbers[at];
  }
  struct vector vector = {.texts = texts, .numbers = numbers};
  block->columns = block_with(block, step->in->n, state->into, vector);
  return block->columns != NULL ? COPSE_OK : step_fail_memory(step, err);
}

static const struct step_option options[] = {
    {"column", OPTION_NAME, NULL, true, NULL, "the column that is looked up; NAME? may be missing"},
    {"file", OPTION_FILE, NULL, true, NULL, "CSV of two columns with a header: from, to"},
    {"into", OPTION_NAME, NULL, false, NULL, "the column that is made; default: in place"},
    {"type", OPTION_CHOICE, "text", false, "text,real,integer", "type of what it becomes"},
    {"otherwise", OPTION_TEXT, NULL, false, NULL,
     "what becomes of values that are missing or not in the file; default: missing"},
};

const struct step_kind step_map = {
    .name = "map",
    .help = "looks the values of a column up in a file of two columns",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .open = open_map,
    .bind = bind_map,
    .apply = apply_map,
    .release = release_map,
};
