/* step_split.c - which rows are trained on, and which are held out.
 *
 * A row's part hangs on what the row is, not on where it stands: a fingerprint of its columns (or of some of
 * them, so that rows of one group stay together) and the seed, as a number in [0, 1). Steps behind this one
 * learn from the part `train` alone. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/dictionary.h"
#include "recipe/recipe.h"
#include "table/moment.h"

enum { N_PARTS = 3, CELL_ROOM = 64 };
static const char *const part_names[N_PARTS] = {"train", "valid", "test"};

struct stratum {
  double *places; /* [n] while it learns */
  size_t n, capacity;
  double valid, test; /* a row is held out below `valid`, or else below `test` */
};

struct split_state {
  uint32_t n_by;
  uint32_t *by;       /* [n_by] */
  int64_t column;     /* of strata, or of the time; -1 */
  double valid, test; /* shares */
  uint64_t seed;
  bool passed;             /* all rows go on, and none has a part */
  struct dictionary names; /* of strata */
  struct stratum *strata;  /* [names.n] */
  uint32_t capacity;
  struct row_cell *times; /* while it learns */
  size_t n_times, times_capacity;
  struct pool texts;
  const char *cuts[2]; /* time: from here on valid, from here on test; NULL: never */
};

static bool is_time(const struct step *step) { return step_is(step, "method", "time"); }
static bool is_stratified(const struct step *step) { return step_is(step, "method", "stratified"); }

static copse_status open_split(struct step *step, copse_error *err) {
  double valid = step_option(step, "valid")->number, test = step_option(step, "test")->number;
  bool column = step_given(step, "column");
  if (!(valid >= 0 && test >= 0 && valid + test > 0 && valid + test < 1))
    return step_fail(step, COPSE_ERR_FORMAT, err,
                     "found valid = %g and test = %g, expected shares whose sum is "
                     "above 0 and below 1",
                     valid, test);
  if (column != (is_time(step) || is_stratified(step)))
    return step_fail(step, COPSE_ERR_FORMAT, err,
                     column ? "column is given, but method is random (stratified or time)"
                            : "column is missing: that of the strata, or of the time");
  if (is_time(step) && step_given(step, "by"))
    return step_fail(step, COPSE_ERR_FORMAT, err, "by is given, but method is time (leave it out)");
  return COPSE_OK;
}

static bool learns_split(const struct step *step, const struct shape *in) {
  (void)in;
  return is_time(step) || is_stratified(step);
}

static bool add_stratum(struct split_state *state, const char *name, size_t length, int32_t *code) {
  *code = dictionary_find(&state->names, name, length);
  if (*code >= 0) return true;
  char *copy = pool_text(&state->texts, name, length);
  if (state->names.n == state->capacity) {
    uint32_t capacity = state->capacity == 0 ? 16 : state->capacity * 2;
    struct stratum *strata = copse_resize(state->names.ctx, state->strata, capacity, sizeof *strata);
    if (strata == NULL) return false;
    state->strata = strata;
    state->capacity = capacity;
  }
  *code = copy != NULL ? dictionary_add(&state->names, copy, length) : -1;
  if (*code >= 0) state->strata[*code] = (struct stratum){0};
  return *code >= 0;
}

/* Pairs: time (part, first text of it); stratified (stratum, end of valid) and (stratum, end of test). */
static copse_status bind_learnt(struct step *step, struct split_state *state, copse_error *err) {
  for (uint32_t i = 0; i < step->learnt.n; i++) {
    const struct pair *pair = &step->learnt.items[i];
    if (is_time(step)) {
      state->cuts[strcmp(pair->a, "valid") != 0] = pair->b;
      continue;
    }
    int32_t code;
    double end;
    bool again = dictionary_find(&state->names, pair->a, strlen(pair->a)) >= 0;
    if (!add_stratum(state, pair->a, strlen(pair->a), &code)) return step_fail_memory(step, err);
    if (copse_parse_double(pair->b, strlen(pair->b), &end) == 0)
      return step_fail(step, COPSE_ERR_FORMAT, err, "the stored recipe was edited (train again)");
    if (again)
      state->strata[code].test = end;
    else
      state->strata[code].valid = end;
  }
  return COPSE_OK;
}

/* Rows that are scored have no part, and need not have the columns that say which. */
static bool is_passed(const struct step *step, const struct shape *in) {
  const char *column = step_option(step, "column")->text;
  const struct option_value *by = step_option(step, "by");
  if (!step->recipe->whole) return false;
  bool absent = column != NULL && shape_find(in, column) < 0;
  for (uint32_t i = 0; i < by->n_items && !absent; i++)
    absent = !by->maybe[i] && shape_find(in, by->items[i]) < 0;
  return absent;
}

static copse_status bind_split(struct step *step, const struct shape *in, struct shape *out,
                               copse_error *err) {
  copse_status status = step_make_state(step, sizeof(struct split_state), err);
  if (status != COPSE_OK) return status;
  struct split_state *state = step->state;
  const char *column = step_option(step, "column")->text, *into = step_option(step, "into")->text;
  state->names.ctx = state->texts.ctx = step->recipe->ctx;
  state->valid = step_option(step, "valid")->number;
  state->test = step_option(step, "test")->number;
  state->seed = (uint64_t)step_option(step, "seed")->number;
  state->column = -1;
  state->passed = is_passed(step, in);
  if (state->passed) {
    status = step_keep_shape(step, in, NULL, out, err);
    return status == COPSE_OK && !shape_add(out, into, VALUE_TEXT) ? step_fail_memory(step, err) : status;
  }
  if (column != NULL) status = step_column(step, in, column, false, &state->column, err);
  if (status == COPSE_OK && step_given(step, "by")) {
    status = step_columns(step, "by", in, &state->by, &state->n_by, err);
  } else if (status == COPSE_OK) {
    state->n_by = in->n;
    state->by = pool_alloc(&step->memory, in->n, sizeof *state->by);
    for (uint32_t i = 0; state->by != NULL && i < in->n; i++) state->by[i] = i;
    if (state->by == NULL) status = step_fail_memory(step, err);
  }
  if (status == COPSE_OK) status = bind_learnt(step, state, err);
  if (status == COPSE_OK) status = step_keep_shape(step, in, NULL, out, err);
  if (status == COPSE_OK && !shape_add(out, into, VALUE_TEXT)) status = step_fail_memory(step, err);
  return status;
}

static void release_split(struct step *step) {
  struct split_state *state = step->state;
  for (uint32_t i = 0; i < state->names.n; i++) copse_free(state->strata[i].places);
  copse_free(state->strata);
  copse_free(state->times);
  dictionary_release(&state->names);
  pool_release(&state->texts);
}

/* ---- the place of a row ---- */

static double place_of(const struct step *step, const struct block *block, size_t row, copse_text *key) {
  const struct split_state *state = step->state;
  char room[48];
  uint64_t hash[2];
  key->length = 0;
  for (uint32_t i = 0; i < state->n_by; i++) {
    uint32_t c = state->by[i];
    struct row_cell cell = block_cell(&block->columns[c], step->in->columns[c].type, row, room);
    copse_text_append(key, cell.null ? "\1" : "\2", 1);
    copse_text_append(key, cell.text, cell.length);
    copse_text_append(key, "\0", 1);
  }
  copse_hash(key->data != NULL ? key->data : "", key->length, state->seed, hash);
  return (double)(hash[0] >> 11) * 0x1p-53;
}

/* The cell of the strata or of the time, which blanks around it do not move; a time with a zone is told in
 * UTC. room [CELL_ROOM]. */
static struct row_cell special_cell(const struct step *step, const struct block *block, size_t row,
                                    char *room) {
  const struct split_state *state = step->state;
  enum value_type type = step->in->columns[state->column].type;
  struct row_cell cell = block_cell(&block->columns[state->column], type, row, room);
  if (!is_time(step) || type != VALUE_TEXT || cell.null) return cell;
  cell = row_cell_trimmed(cell);
  if (cell.length >= CELL_ROOM) return cell;
  size_t length = moment_utc_text(cell.text, cell.length, room);
  return length > 0 ? cell_of_text(room, length) : cell;
}

/* Texts bytewise, dates as ISO 8601 writes them; what stands between date and time of day, a blank or T, says
 * nothing of the order. */
static int compare_texts(const struct row_cell *x, const struct row_cell *y) {
  enum { DATE = 10 };
  size_t n = x->length < y->length ? x->length : y->length;
  int order = memcmp(x->text, y->text, n < DATE ? n : DATE);
  if (order == 0 && n > DATE) {
    char a = x->text[DATE], b = y->text[DATE];
    bool same = (a == 'T' && b == ' ') || (a == ' ' && b == 'T');
    order = same ? 0 : (int)(unsigned char)a - (int)(unsigned char)b;
    if (order == 0) order = memcmp(x->text + DATE + 1, y->text + DATE + 1, n - DATE - 1);
  }
  return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

/* Numbers as numbers. */
static int compare_times(const struct row_cell *x, const struct row_cell *y, bool numbers) {
  if (numbers) {
    double a = 0, b = 0;
    copse_parse_double(x->text, x->length, &a);
    copse_parse_double(y->text, y->length, &b);
    return (a > b) - (a < b);
  }
  return compare_texts(x, y);
}

/* ---- learning ---- */

static bool keep_place(copse_context *ctx, struct stratum *stratum, double place) {
  if (stratum->n == stratum->capacity) {
    size_t capacity = stratum->capacity == 0 ? 64 : stratum->capacity * 2;
    double *places = copse_resize(ctx, stratum->places, capacity, sizeof *places);
    if (places == NULL) return false;
    stratum->places = places;
    stratum->capacity = capacity;
  }
  stratum->places[stratum->n++] = place;
  return true;
}

static bool keep_time(struct split_state *state, const struct row_cell *cell) {
  if (cell->null) return true;
  if (state->n_times == state->times_capacity) {
    size_t capacity = state->times_capacity == 0 ? 1024 : state->times_capacity * 2;
    struct row_cell *times = copse_resize(state->names.ctx, state->times, capacity, sizeof *times);
    if (times == NULL) return false;
    state->times = times;
    state->times_capacity = capacity;
  }
  char *copy = pool_text(&state->texts, cell->text, cell->length);
  if (copy != NULL) state->times[state->n_times++] = cell_of_text(copy, cell->length);
  return copy != NULL;
}

static copse_status observe_split(struct step *step, const struct block *block, copse_error *err) {
  struct split_state *state = step->state;
  copse_text key = {.ctx = step->recipe->ctx};
  char room[CELL_ROOM];
  bool ok = true;
  for (size_t row = 0; row < block->n_rows && ok; row++) {
    struct row_cell cell = special_cell(step, block, row, room);
    int32_t code;
    if (is_time(step))
      ok = keep_time(state, &cell);
    else
      ok = add_stratum(state, cell.text, cell.length, &code) &&
           keep_place(step->recipe->ctx, &state->strata[code], place_of(step, block, row, &key));
  }
  ok = ok && !key.failed;
  copse_text_release(&key);
  return ok ? COPSE_OK : step_fail_memory(step, err);
}

static int by_place(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int by_time(const void *a, const void *b, void *user) { return compare_times(a, b, user != NULL); }

/* The place below which lie `count` of the stratum's rows. */
static double end_of(const struct stratum *stratum, double count) {
  size_t n = (size_t)(count + 0.5);
  return n < stratum->n ? stratum->places[n] : 1;
}

static bool learn_end(struct step *step, const struct dictionary_level *name, double end) {
  char text[48];
  size_t length = copse_format_double(end, text, sizeof text);
  return pairs_add(&step->learnt, name->text, name->length, text, length);
}

static copse_status learn_split(struct step *step, copse_error *err) {
  struct split_state *state = step->state;
  bool ok = true;
  if (is_time(step)) {
    int numbers = step->in->columns[state->column].type != VALUE_TEXT;
    size_t n = state->n_times;
    if (n == 0) return COPSE_OK; /* no row has a time: none is held out */
    qsort_r(state->times, n, sizeof *state->times, by_time, numbers ? state : NULL);
    double shares[2] = {state->valid + state->test, state->test};
    for (int p = 0; p < 2 && ok; p++) {
      size_t held = (size_t)(shares[p] * (double)n + 0.5);
      if (held == 0) continue;
      const struct row_cell *cut = &state->times[n - held];
      ok = pairs_add(&step->learnt, part_names[1 + p], strlen(part_names[1 + p]), cut->text, cut->length);
    }
    return ok ? COPSE_OK : step_fail_memory(step, err);
  }
  for (uint32_t i = 0; i < state->names.n && ok; i++) {
    struct stratum *stratum = &state->strata[i];
    const struct dictionary_level *name = &state->names.levels[i];
    qsort(stratum->places, stratum->n, sizeof *stratum->places, by_place);
    double n = (double)stratum->n;
    ok = learn_end(step, name, end_of(stratum, state->valid * n)) &&
         learn_end(step, name, end_of(stratum, (state->valid + state->test) * n));
  }
  return ok ? COPSE_OK : step_fail_memory(step, err);
}

/* ---- rows ---- */

static uint8_t part_by_time(const struct step *step, const struct row_cell *cell) {
  const struct split_state *state = step->state;
  bool numbers = step->in->columns[state->column].type != VALUE_TEXT;
  if (cell->null) return 0;
  for (int p = 1; p >= 0; p--) {
    if (state->cuts[p] == NULL) continue;
    struct row_cell cut = cell_of_text(state->cuts[p], strlen(state->cuts[p]));
    if (compare_times(cell, &cut, numbers) >= 0) return (uint8_t)(p + 1);
  }
  return 0;
}

static copse_status apply_split(const struct step *step, struct block *block, copse_error *err) {
  const struct split_state *state = step->state;
  copse_text key = {.ctx = step->recipe->ctx};
  uint8_t *parts = pool_alloc(block->pool, block->n_rows, sizeof *parts);
  struct row_cell *texts = block_texts(block);
  char room[CELL_ROOM];
  if (parts == NULL || texts == NULL) return step_fail_memory(step, err);
  for (size_t row = 0; row < block->n_rows; row++) {
    if (state->passed) {
      parts[row] = 0;
      texts[row] = cell_null;
      continue;
    }
    struct row_cell cell = state->column >= 0 ? special_cell(step, block, row, room) : cell_null;
    if (is_time(step)) {
      parts[row] = part_by_time(step, &cell);
    } else {
      double place = place_of(step, block, row, &key), valid = state->valid, test = valid + state->test;
      int32_t code = is_stratified(step) ? dictionary_find(&state->names, cell.text, cell.length) : -1;
      if (code >= 0) {
        valid = state->strata[code].valid;
        test = state->strata[code].test;
      }
      parts[row] = place < valid ? 1 : place < test ? 2 : 0;
    }
    texts[row] = cell_of_text(part_names[parts[row]], strlen(part_names[parts[row]]));
  }
  bool failed = key.failed;
  copse_text_release(&key);
  block->parts = parts;
  block->columns = block_with(block, step->in->n, -1, (struct vector){.texts = texts});
  return block->columns != NULL && !failed ? COPSE_OK : step_fail_memory(step, err);
}

static const struct step_option options[] = {
    {"into", OPTION_NAME, "part", false, NULL, "the column that says train, valid or test; no feature"},
    {"method", OPTION_CHOICE, "random", false, "random,stratified,time",
     "by the row's fingerprint; so in every stratum; or the last rows in time"},
    {"valid", OPTION_NUMBER, "0.2", false, NULL, "share of the rows held out for validation"},
    {"test", OPTION_NUMBER, "0", false, NULL, "share of the rows held out for a test"},
    {"column", OPTION_NAME, NULL, false, NULL,
     "the strata, or the time: a number, or texts whose order is time's (dates as YYYY-MM-DD; with a zone "
     "they count in UTC)"},
    {"by", OPTION_LIST, "", false, NULL,
     "columns whose values make a row (a group) what it is; default: all"},
    {"seed", OPTION_COUNT, "42", false, NULL, "another seed, another split"},
};

const struct step_kind step_split = {
    .name = "split",
    .help = "holds rows out by what they are: random, stratified, by group, by time",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .open = open_split,
    .learns = learns_split,
    .bind = bind_split,
    .observe = observe_split,
    .learn = learn_split,
    .apply = apply_split,
    .release = release_split,
};
