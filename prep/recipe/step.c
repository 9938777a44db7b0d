/* step.c - the table of kinds of steps, and what the kinds share.
 *
 * How to add a kind: write step_x.c with its options and a `const struct step_kind step_x` (step.h says what
 * its functions owe), declare it below and add it to the table. A kind that learns adds pairs to step->learnt
 * and reads them in bind; nothing else of it is stored. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "read/dictionary.h"
#include "read/report.h"
#include "read/roles.h"
#include "recipe/recipe.h"
#include "table/cell_text.h"

extern const struct step_kind step_load, step_fill, step_map, step_levels, step_rollup, step_date,
    step_onehot, step_derive, step_drop, step_select, step_filter, step_dedupe, step_split;

static const struct step_kind *const kinds[] = {
    &step_load,   &step_fill, &step_map,    &step_levels, &step_rollup, &step_date,  &step_onehot,
    &step_derive, &step_drop, &step_select, &step_filter, &step_dedupe, &step_split,
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

const struct step_kind *step_kind_at(size_t index) { return index < N_KINDS ? kinds[index] : NULL; }

const struct step_kind *step_kind_find(const char *name) {
  for (size_t i = 0; i < N_KINDS; i++)
    if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
  return NULL;
}

const char *step_kind_nearest(const char *name) {
  const char *names[N_KINDS];
  for (size_t i = 0; i < N_KINDS; i++) names[i] = kinds[i]->name;
  return roles_nearest(name, names, N_KINDS);
}

static const struct step_option common[] = {
    {"from", OPTION_TEXT, NULL, false, NULL,
     "an earlier table: begins a side line that reads it and is not trained on; default: the step before"},
};
enum { N_COMMON = sizeof common / sizeof common[0] };

/* [load] reads the raw rows. */
uint32_t step_n_options(const struct step_kind *kind) {
  return kind->n_options + (kind != &step_load ? N_COMMON : 0);
}

const struct step_option *step_option_row(const struct step_kind *kind, uint32_t index) {
  if (index < kind->n_options) return &kind->options[index];
  return index < step_n_options(kind) ? &common[index - kind->n_options] : NULL;
}

const struct option_value *step_option(const struct step *step, const char *name) {
  uint32_t i = 0;
  while (strcmp(step_option_row(step->kind, i)->name, name) != 0) i++;
  return &step->values[i];
}

bool pairs_add(struct pairs *pairs, const char *a, size_t a_length, const char *b, size_t b_length) {
  if (pairs->n == pairs->capacity) {
    uint32_t capacity = pairs->capacity == 0 ? 64 : pairs->capacity * 2;
    struct pair *items = copse_resize(pairs->texts.ctx, pairs->items, capacity, sizeof *items);
    if (items == NULL) return false;
    pairs->items = items;
    pairs->capacity = capacity;
  }
  struct pair pair = {pool_text(&pairs->texts, a, a_length), pool_text(&pairs->texts, b, b_length)};
  if (pair.a == NULL || pair.b == NULL) return false;
  pairs->items[pairs->n++] = pair;
  return true;
}

const char *pairs_second(const struct pairs *pairs, const char *a) {
  for (uint32_t i = 0; i < pairs->n; i++)
    if (strcmp(pairs->items[i].a, a) == 0) return pairs->items[i].b;
  return NULL;
}

void pairs_release(struct pairs *pairs) {
  copse_free(pairs->items);
  pool_release(&pairs->texts);
  *pairs = (struct pairs){.texts.ctx = pairs->texts.ctx};
}

/* ---- messages ---- */

/* The place of a step, and what there is to say of it. */
struct message {
  char text[COPSE_ERROR_CAPACITY + 480];
};

__attribute__((format(printf, 2, 0))) static struct message compose(const struct step *step,
                                                                    const char *format, va_list args) {
  struct message out;
  int n = snprintf(out.text, sizeof out.text, "%.300s:%d: [%s%s%.100s]: ", step->recipe->path, step->line,
                   step->kind->name, step->table != NULL ? " " : "", step->table != NULL ? step->table : "");
  vsnprintf(out.text + n, sizeof out.text - (size_t)n, format, args);
  return out;
}

copse_status step_fail(const struct step *step, copse_status status, copse_error *err, const char *format,
                       ...) {
  va_list args;
  va_start(args, format);
  struct message message = compose(step, format, args);
  va_end(args);
  return report(err, status, "%s", message.text);
}

copse_status step_fail_memory(const struct step *step, copse_error *err) {
  return step_fail(step, COPSE_ERR_MEMORY, err, "out of memory (use fewer rows or more memory)");
}

copse_status step_fail_row(const struct step *step, uint64_t row, copse_error *err, const char *format, ...) {
  va_list args;
  va_start(args, format);
  struct message message = compose(step, format, args);
  va_end(args);
  if (step->recipe->rows == NULL || row == NO_ROW) return report(err, COPSE_ERR_DATA, "%s", message.text);
  return report(err, COPSE_ERR_DATA, "%s: %s", row_source_place(step->recipe->rows, row).text, message.text);
}

/* The same with the file of the rows before it. */
__attribute__((format(printf, 4, 5))) static copse_status step_fail_rows(const struct step *step,
                                                                         copse_status status,
                                                                         copse_error *err, const char *format,
                                                                         ...) {
  va_list args;
  va_start(args, format);
  struct message message = compose(step, format, args);
  va_end(args);
  return report(err, status, "%s: %s", row_source_path(step->recipe->rows), message.text);
}

void step_note(const struct step *step, const char *format, ...) {
  va_list args;
  va_start(args, format);
  struct message message = compose(step, format, args);
  va_end(args);
  copse_text *notes = &step->recipe->notes, line = {.ctx = step->recipe->ctx};
  copse_text_appendf(&line, "%s\n", message.text);
  bool known = line.failed || (notes->data != NULL && strstr(notes->data, line.data) != NULL);
  if (!known) copse_text_append(notes, line.data, line.length); /* steps are bound more than once */
  copse_text_release(&line);
}

void few_names_add(struct few_names *names, const char *name) {
  enum { MOST = 5 };
  size_t at = strlen(names->text);
  if (names->n < MOST)
    snprintf(names->text + at, sizeof names->text - at, "%s\"%s\"", names->n > 0 ? ", " : "",
             show(name, strlen(name)).text);
  else if (names->n == MOST)
    snprintf(names->text + at, sizeof names->text - at, " ...");
  names->n++;
}

/* ---- columns ---- */

static copse_status refuse_column(const struct step *step, const struct shape *in, const char *name,
                                  copse_error *err) {
  const char **names = copse_alloc(step->recipe->ctx, in->n, sizeof *names);
  if (names == NULL) return step_fail_memory(step, err);
  char list[300] = "";
  size_t at = 0;
  for (uint32_t i = 0; i < in->n; i++) {
    names[i] = in->columns[i].name;
    struct shown shown = show(names[i], strlen(names[i]));
    if (at < 200) at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i > 0 ? ", " : "", shown.text);
    if (at >= 200 && i + 1 < in->n) snprintf(list + at, sizeof list - at, " ...");
  }
  const char *nearest = roles_nearest(name, names, in->n);
  /* [load] speaks of the rows' file. */
  bool raw = step->kind == &step_load && step->recipe->rows != NULL;
  copse_status status = (raw ? step_fail_rows : step_fail)(
      step, COPSE_ERR_DATA, err,
      "no column \"%s\" (add it, or write \"%s?\" in the recipe where it may be missing; %s%s%scolumns: %s)",
      show(name, strlen(name)).text, show(name, strlen(name)).text, nearest != NULL ? "nearest: \"" : "",
      nearest != NULL ? show(nearest, strlen(nearest)).text : "", nearest != NULL ? "\"; " : "", list);
  copse_free(names);
  return status;
}

bool step_is_label(const struct step *step, const char *name) {
  const struct copse_recipe *recipe = step->recipe;
  for (size_t k = 0; k < recipe->n_labels; k++)
    if (strcmp(recipe->labels[k], name) == 0) return true;
  return false;
}

copse_status step_column(const struct step *step, const struct shape *in, const char *name, bool maybe,
                         int64_t *out, copse_error *err) {
  *out = shape_find(in, name);
  return *out >= 0 || maybe ? COPSE_OK : refuse_column(step, in, name, err);
}

copse_status step_only_column(struct step *step, const struct shape *in, int64_t *out, const char **name,
                              copse_error *err) {
  const char *text = step_option(step, "column")->text;
  size_t length = strlen(text);
  bool maybe = length > 1 && text[length - 1] == '?' && shape_find(in, text) < 0;
  *name = pool_text(&step->memory, text, maybe ? length - 1 : length);
  if (*name == NULL) return step_fail_memory(step, err);
  copse_status status = step_column(step, in, *name, maybe, out, err);
  if (status == COPSE_OK && *out < 0)
    step_note(step, "the column \"%s\" is missing: the step does nothing", show(*name, strlen(*name)).text);
  return status;
}

copse_status step_columns(struct step *step, const char *option, const struct shape *in, uint32_t **out,
                          uint32_t *n, copse_error *err) {
  const struct option_value *value = step_option(step, option);
  *n = 0;
  *out = pool_alloc(&step->memory, value->n_items, sizeof **out);
  if (*out == NULL) return step_fail_memory(step, err);
  for (uint32_t i = 0; i < value->n_items; i++) {
    int64_t column;
    bool maybe = value->maybe[i] || step_is_label(step, value->items[i]);
    copse_status status = step_column(step, in, value->items[i], maybe, &column, err);
    if (status != COPSE_OK) return status;
    for (uint32_t j = 0; j < *n; j++)
      if ((*out)[j] == column)
        return step_fail(step, COPSE_ERR_FORMAT, err, "%s: the column \"%s\" comes twice (name it once)",
                         option, show(value->items[i], strlen(value->items[i])).text);
    if (column >= 0) (*out)[(*n)++] = (uint32_t)column;
  }
  return COPSE_OK;
}

copse_status step_pair_columns(struct step *step, const struct shape *in, const uint32_t *columns, uint32_t n,
                               int32_t **out, copse_error *err) {
  struct dictionary by_name = {.ctx = step->recipe->ctx};
  int32_t *from = *out = pool_alloc(&step->memory, step->learnt.n, sizeof *from);
  bool ok = from != NULL;
  for (uint32_t c = 0; c < n && ok; c++) {
    const char *name = in->columns[columns[c]].name;
    ok = dictionary_add(&by_name, name, strlen(name)) == (int32_t)c;
  }
  for (uint32_t i = 0; i < step->learnt.n && ok; i++) {
    const char *name = step->learnt.items[i].a;
    from[i] = dictionary_find(&by_name, name, strlen(name));
  }
  dictionary_release(&by_name);
  return ok ? COPSE_OK : step_fail_memory(step, err);
}

const char *step_key(struct step *step, enum value_type type, const char *text) {
  size_t length = strlen(text);
  double value;
  char room[48];
  if (type == VALUE_TEXT || length == 0 || copse_parse_double(text, length, &value) != length || isnan(value))
    return text;
  bool whole = fabs(value) <= 0x1p53 && value == (double)(int64_t)value;
  if (type == VALUE_INTEGER && !whole) return text; /* no cell is that */
  length = type == VALUE_REAL ? cell_format_real(value, room) : cell_format_integer(value, room);
  return pool_text(&step->memory, room, length);
}

copse_status step_make_state(struct step *step, size_t size, copse_error *err) {
  step->state = pool_alloc(&step->memory, 1, size);
  if (step->state == NULL) return step_fail_memory(step, err);
  memset(step->state, 0, size);
  return COPSE_OK;
}

copse_status step_keep_shape(struct step *step, const struct shape *in, const bool *gone, struct shape *out,
                             copse_error *err) {
  for (uint32_t i = 0; i < in->n; i++)
    if (gone == NULL || !gone[i])
      if (!shape_add(out, in->columns[i].name, in->columns[i].type)) return step_fail_memory(step, err);
  return COPSE_OK;
}
