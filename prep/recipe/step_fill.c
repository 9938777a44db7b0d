/* step_fill.c - missing cells become a constant, the column's median or its most frequent value. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "read/report.h"
#include "recipe/counts.h"
#include "recipe/recipe.h"

struct filling {
  uint32_t column;
  bool known; /* something was learnt: a column of nothing but missing cells has no median */
  double number;
  const char *text;
};

/* A column that is learned from: all its values for the median, else how often each comes. */
struct sample {
  double *values;
  size_t n, capacity;
  struct counts counts;
};

struct fill_state {
  uint32_t n;
  uint32_t *columns;        /* [n] */
  struct filling *fillings; /* [n] */
  struct sample *samples;   /* [n] while it learns */
};

static copse_status open_fill(struct step *step, copse_error *err) {
  bool constant = step_is(step, "method", "constant");
  const struct option_value *value = step_option(step, "value"), *list = step_option(step, "columns");
  if (constant != (value->line > 0))
    return step_fail(step, COPSE_ERR_FORMAT, err,
                     constant ? "value is missing (or method = median or mode)"
                              : "value is given, but method is not constant (leave one out)");
  for (uint32_t i = 0; constant && i < list->n_items; i++)
    if (!pairs_add(&step->learnt, list->items[i], strlen(list->items[i]), value->text, strlen(value->text)))
      return step_fail_memory(step, err);
  return COPSE_OK;
}

static bool learns_fill(const struct step *step, const struct shape *in) {
  (void)in;
  return !step_is(step, "method", "constant");
}

static copse_status set_filling(struct step *step, const struct shape *in, struct filling *filling,
                                copse_error *err) {
  const struct shape_column *column = &in->columns[filling->column];
  for (uint32_t i = 0; i < step->learnt.n; i++) {
    if (strcmp(step->learnt.items[i].a, column->name) != 0) continue;
    filling->known = true;
    filling->text = step->learnt.items[i].b;
    if (column->type == VALUE_TEXT) return COPSE_OK;
    size_t length = strlen(filling->text);
    bool good = length > 0 && copse_parse_double(filling->text, length, &filling->number) == length;
    if (!good || (column->type == VALUE_INTEGER && filling->number != (double)(int64_t)filling->number))
      return step_fail(step, COPSE_ERR_FORMAT, err, "value: found \"%s\" for the column \"%s\", expected %s",
                       show(filling->text, length).text, column->name,
                       column->type == VALUE_INTEGER ? "a whole number" : "a number");
  }
  return COPSE_OK;
}

static copse_status open_samples(struct step *step, const struct shape *in, copse_error *err) {
  struct fill_state *state = step->state;
  state->samples = pool_alloc(&step->memory, state->n, sizeof *state->samples);
  if (state->samples == NULL) return step_fail_memory(step, err);
  memset(state->samples, 0, state->n * sizeof *state->samples);
  for (uint32_t i = 0; i < state->n; i++) {
    counts_open(&state->samples[i].counts, step->recipe->ctx);
    if (step_is(step, "method", "median") && in->columns[state->columns[i]].type == VALUE_TEXT)
      return step_fail(step, COPSE_ERR_DATA, err,
                       "the column \"%s\" holds texts, which have no median (method = mode)",
                       in->columns[state->columns[i]].name);
  }
  return COPSE_OK;
}

static copse_status bind_fill(struct step *step, const struct shape *in, struct shape *out,
                              copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct fill_state), err);
  if (status != COPSE_OK) return status;
  struct fill_state *state = step->state;
  status = step_columns(step, "columns", in, &state->columns, &state->n, err);
  if (status != COPSE_OK) return status;
  if (!step->learned && learns_fill(step, in)) return open_samples(step, in, err);
  state->fillings = pool_alloc(&step->memory, state->n, sizeof *state->fillings);
  if (state->fillings == NULL) return step_fail_memory(step, err);
  for (uint32_t i = 0; i < state->n && status == COPSE_OK; i++) {
    state->fillings[i] = (struct filling){.column = state->columns[i]};
    status = set_filling(step, in, &state->fillings[i], err);
  }
  return status == COPSE_OK ? step_keep_shape(step, in, NULL, out, err) : status;
}

/* ---- learning ---- */

static bool take_values(copse_context *ctx, struct sample *sample, const double *numbers, size_t n) {
  if (sample->n + n > sample->capacity) {
    size_t capacity = sample->n + n > sample->capacity * 3 / 2 ? sample->n + n : sample->capacity * 3 / 2;
    double *values = copse_resize(ctx, sample->values, capacity, sizeof *values);
    if (values == NULL) return false;
    sample->values = values;
    sample->capacity = capacity;
  }
  for (size_t i = 0; i < n; i++)
    if (!isnan(numbers[i])) sample->values[sample->n++] = numbers[i];
  return true;
}

static copse_status observe_fill(struct step *step, const struct block *block, copse_error *err) {
  struct fill_state *state = step->state;
  bool median = step_is(step, "method", "median"), ok = true;
  for (uint32_t i = 0; i < state->n && ok; i++) {
    const struct vector *vector = &block->columns[state->columns[i]];
    if (median) {
      ok = take_values(step->recipe->ctx, &state->samples[i], vector->numbers, block->n_rows);
    } else {
      const struct row_cell *cells = block_as_texts(block, vector, step->in->columns[state->columns[i]].type);
      ok = cells != NULL && counts_add(&state->samples[i].counts, cells, block->n_rows);
    }
  }
  return ok ? COPSE_OK : step_fail_memory(step, err);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static copse_status learn_fill(struct step *step, copse_error *err) {
  struct fill_state *state = step->state;
  bool median = step_is(step, "method", "median");
  struct few_names empty = {0};
  for (uint32_t i = 0; i < state->n; i++) {
    struct sample *sample = &state->samples[i];
    const struct shape_column *column = &step->in->columns[state->columns[i]];
    char number[48];
    const char *text = number;
    if (median ? sample->n == 0 : sample->counts.n_rows == 0) {
      few_names_add(&empty, column->name);
      continue;
    }
    if (median) {
      qsort(sample->values, sample->n, sizeof *sample->values, by_value);
      double low = sample->values[(sample->n - 1) / 2], high = sample->values[sample->n / 2];
      double middle = low + (high - low) / 2;
      copse_format_double(column->type == VALUE_INTEGER ? floor(middle) : middle, number, sizeof number);
    } else {
      uint32_t *order = counts_order(&sample->counts, false);
      if (order == NULL) return step_fail_memory(step, err);
      text = sample->counts.levels.levels[order[0]].text;
      copse_free(order);
    }
    if (!pairs_add(&step->learnt, column->name, strlen(column->name), text, strlen(text)))
      return step_fail_memory(step, err);
  }
  if (empty.n > 0) step_note(step, "no value to learn from: the missing cells stay (%s)", empty.text);
  return COPSE_OK;
}

static void release_fill(struct step *step) {
  struct fill_state *state = step->state;
  for (uint32_t i = 0; state->samples != NULL && i < state->n; i++) {
    copse_free(state->samples[i].values);
    counts_release(&state->samples[i].counts);
  }
}

/* ---- rows ---- */

static bool fill_column(struct block *block, const struct filling *filling, bool text, struct vector *out) {
  if (text) {
    struct row_cell *texts = block_texts(block);
    for (size_t i = 0; texts != NULL && i < block->n_rows; i++)
      texts[i] = out->texts[i].null ? cell_of_text(filling->text, strlen(filling->text)) : out->texts[i];
    *out = (struct vector){.texts = texts};
    return texts != NULL;
  }
  double *numbers = block_numbers(block);
  for (size_t i = 0; numbers != NULL && i < block->n_rows; i++)
    numbers[i] = isnan(out->numbers[i]) ? filling->number : out->numbers[i];
  *out = (struct vector){.numbers = numbers};
  return numbers != NULL;
}

static copse_status apply_fill(const struct step *step, struct block *block, copse_error *err) {
  const struct fill_state *state = step->state;
  uint32_t n = step->in->n;
  struct vector *columns = block_columns(block, n);
  if (columns == NULL) return step_fail_memory(step, err);
  memcpy(columns, block->columns, n * sizeof *columns);
  for (uint32_t i = 0; i < state->n; i++) {
    const struct filling *filling = &state->fillings[i];
    bool text = step->in->columns[filling->column].type == VALUE_TEXT;
    if (filling->known && !fill_column(block, filling, text, &columns[filling->column]))
      return step_fail_memory(step, err);
  }
  block->columns = columns;
  return COPSE_OK;
}

static const struct step_option options[] = {
    {"columns", OPTION_LIST, NULL, true, NULL, "columns whose missing cells are filled"},
    {"method", OPTION_CHOICE, "constant", false, "constant,median,mode",
     "what with: value, or the median or the most frequent value of the rows that are fitted"},
    {"value", OPTION_TEXT, NULL, false, NULL, "the constant"},
};

const struct step_kind step_fill = {
    .name = "fill",
    .help = "missing cells become a constant, the median or the most frequent value",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .open = open_fill,
    .learns = learns_fill,
    .bind = bind_fill,
    .observe = observe_fill,
    .learn = learn_fill,
    .apply = apply_fill,
    .release = release_fill,
};
