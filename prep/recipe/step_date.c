/* step_date.c - a column of dates, YYYY-MM-DD with or without hh:mm:ss, becomes numbers.
 *
 * Dates with a zone are moved to UTC, so that one moment gives one row of numbers wherever it was written
 * down. Dates without one are taken as they stand; where a column has both, that is told. */
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "read/report.h"
#include "recipe/recipe.h"
#include "table/moment.h"

enum { MOST_PARTS = 24 };

static double get_year(const struct moment *m) { return m->year; }
static double get_quarter(const struct moment *m) { return (m->month + 2) / 3; }
static double get_month(const struct moment *m) { return m->month; }
static double get_day(const struct moment *m) { return m->day; }
static double get_weekday(const struct moment *m) { return (double)((m->days % 7 + 10) % 7); } /* Monday 0 */
static double get_yearday(const struct moment *m) {
  int64_t first = m->days;
  moment_days(m->year, 1, 1, &first);
  return (double)(m->days - first + 1);
}
static double get_hour(const struct moment *m) { return m->hour; }
static double get_minute(const struct moment *m) { return m->minute; }

static const struct part {
  const char *name;
  double (*get)(const struct moment *moment);
  double first, period; /* 0: not cyclic */
} parts[] = {
    {"year", get_year, 0, 0},  {"quarter", get_quarter, 1, 4}, {"month", get_month, 1, 12},
    {"day", get_day, 1, 31},   {"weekday", get_weekday, 0, 7}, {"yearday", get_yearday, 1, 366},
    {"hour", get_hour, 0, 24}, {"minute", get_minute, 0, 60},
};

struct made {
  const struct part *part; /* NULL: days since */
  enum { AS_IT_IS, AS_SINE, AS_COSINE } form;
};

struct date_state {
  bool absent; /* its column: nothing is done */
  const char *prefix;
  uint32_t column, n_made;
  struct made made[MOST_PARTS];
  struct moment since;
  bool keep;
  atomic_uint_fast64_t n_zoned, n_unzoned;
};

static double days_since(const struct moment *since, const struct moment *m) {
  int64_t seconds = (int64_t)(m->hour - since->hour) * 3600 + (m->minute - since->minute) * 60 +
                    (m->second - since->second);
  return (double)((m->days - since->days) * 86400 + seconds) / 86400.0;
}

static copse_status open_date(struct step *step, copse_error *err) {
  struct moment moment;
  const char *since = step_option(step, "since")->text;
  static const char *const options[] = {"parts", "cyclic"};
  uint32_t n = since != NULL;
  if (since != NULL && !moment_parse(since, strlen(since), &moment))
    return step_fail(step, COPSE_ERR_FORMAT, err, "since: found \"%s\", expected YYYY-MM-DD", since);
  for (int o = 0; o < 2; o++) {
    const struct option_value *list = step_option(step, options[o]);
    for (uint32_t i = 0; i < list->n_items; i++) {
      size_t p = 0;
      while (p < sizeof parts / sizeof parts[0] && strcmp(parts[p].name, list->items[i]) != 0) p++;
      if (p == sizeof parts / sizeof parts[0] || (o == 1 && parts[p].period == 0))
        return step_fail(step, COPSE_ERR_FORMAT, err,
                         "%s: found \"%s\", expected %squarter, month, day, weekday, "
                         "yearday, hour, minute",
                         options[o], list->items[i], o == 0 ? "year, " : "");
      n += 1 + (uint32_t)o;
    }
  }
  if (n == 0 || n > MOST_PARTS)
    return step_fail(step, COPSE_ERR_FORMAT, err,
                     "found %u columns to make, expected 1 to %d (parts, cyclic, since)", n, MOST_PARTS);
  return COPSE_OK;
}

static copse_status add_made(struct step *step, struct shape *out, const struct part *part, int form,
                             copse_error *err) {
  struct date_state *state = step->state;
  static const char *const endings[] = {"", "_sin", "_cos"};
  copse_text name = {.ctx = step->recipe->ctx};
  copse_text_appendf(&name, "%s_%s%s", state->prefix, part != NULL ? part->name : "days", endings[form]);
  bool whole = part != NULL && form == AS_IT_IS;
  bool ok = !name.failed && shape_add(out, name.data, whole ? VALUE_INTEGER : VALUE_REAL);
  copse_text_release(&name);
  state->made[state->n_made].part = part;
  state->made[state->n_made++].form = form;
  return ok ? COPSE_OK : step_fail_memory(step, err);
}

static copse_status bind_date(struct step *step, const struct shape *in, struct shape *out,
                              copse_error *err) {
  int64_t column;
  copse_status status = step_make_state(step, sizeof(struct date_state), err);
  struct date_state *state = step->state;
  if (status == COPSE_OK) status = step_only_column(step, in, &column, &state->prefix, err);
  if (status != COPSE_OK) return status;
  state->absent = column < 0;
  if (state->absent) return step_keep_shape(step, in, NULL, out, err);
  if (step_given(step, "prefix")) state->prefix = step_option(step, "prefix")->text;
  state->column = (uint32_t)column;
  state->keep = step_option(step, "keep")->number != 0;
  if (in->columns[column].type != VALUE_TEXT)
    return step_fail(step, COPSE_ERR_DATA, err,
                     "the column \"%s\" holds numbers, expected dates (list it as text in [load])",
                     in->columns[column].name);
  bool *gone = pool_alloc(&step->memory, in->n, sizeof *gone);
  if (gone == NULL) return step_fail_memory(step, err);
  memset(gone, 0, in->n);
  gone[column] = !state->keep;
  status = step_keep_shape(step, in, gone, out, err);
  const struct option_value *plain = step_option(step, "parts"), *cyclic = step_option(step, "cyclic");
  for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
    for (uint32_t i = 0; i < plain->n_items && status == COPSE_OK; i++)
      if (strcmp(plain->items[i], parts[p].name) == 0) status = add_made(step, out, &parts[p], AS_IT_IS, err);
    for (uint32_t i = 0; i < cyclic->n_items && status == COPSE_OK; i++)
      if (strcmp(cyclic->items[i], parts[p].name) == 0) {
        status = add_made(step, out, &parts[p], AS_SINE, err);
        if (status == COPSE_OK) status = add_made(step, out, &parts[p], AS_COSINE, err);
      }
  }
  const char *text = step_option(step, "since")->text;
  if (text != NULL && status == COPSE_OK && moment_parse(text, strlen(text), &state->since))
    status = add_made(step, out, NULL, AS_IT_IS, err);
  return status;
}

static double value_of(const struct date_state *state, const struct made *made, const struct moment *m) {
  static const double two_pi = 6.283185307179586;
  if (made->part == NULL) return days_since(&state->since, m);
  double value = made->part->get(m);
  if (made->form == AS_IT_IS) return value;
  double angle = two_pi * (value - made->part->first) / made->part->period;
  return made->form == AS_SINE ? sin(angle) : cos(angle);
}

static copse_status apply_date(const struct step *step, struct block *block, copse_error *err) {
  struct date_state *state = step->state;
  if (state->absent) return COPSE_OK;
  const struct row_cell *cells = block->columns[state->column].texts;
  uint32_t n = 0;
  struct vector *columns = block_columns(block, step->in->n + state->n_made);
  double *made[MOST_PARTS];
  if (columns == NULL) return step_fail_memory(step, err);
  for (uint32_t i = 0; i < step->in->n; i++)
    if (state->keep || i != state->column) columns[n++] = block->columns[i];
  for (uint32_t k = 0; k < state->n_made; k++) {
    made[k] = block_numbers(block);
    if (made[k] == NULL) return step_fail_memory(step, err);
    columns[n++] = (struct vector){.numbers = made[k]};
  }
  uint64_t n_zoned = 0, n_unzoned = 0;
  for (size_t row = 0; row < block->n_rows; row++) {
    struct moment moment = {.zoned = false};
    if (!cells[row].null && !moment_parse(cells[row].text, cells[row].length, &moment))
      return step_fail_row(
          step, block_row(block, row), err,
          "column \"%s\": found \"%s\", expected YYYY-MM-DD or YYYY-MM-DD hh:mm:ss, with a zone "
          "(Z, +02:00) or without (correct the cell, or make it missing)",
          step->in->columns[state->column].name, show(cells[row].text, cells[row].length).text);
    n_zoned += moment.zoned;
    n_unzoned += !cells[row].null && !moment.zoned;
    for (uint32_t k = 0; k < state->n_made; k++)
      made[k][row] = cells[row].null ? (double)NAN : value_of(state, &state->made[k], &moment);
  }
  atomic_fetch_add(&state->n_zoned, n_zoned);
  atomic_fetch_add(&state->n_unzoned, n_unzoned);
  block->columns = columns;
  return COPSE_OK;
}

static void release_date(struct step *step) {
  struct date_state *state = step->state;
  uint64_t n_unzoned = atomic_load(&state->n_unzoned);
  if (n_unzoned > 0 && atomic_load(&state->n_zoned) > 0)
    step_note(step, "column \"%s\": %" PRIu64 " dates have no zone, others have one: they count as UTC",
              step_option(step, "column")->text, n_unzoned);
}

static const struct step_option options[] = {
    {"column", OPTION_NAME, NULL, true, NULL,
     "the column of dates, YYYY-MM-DD [hh:mm[:ss]] [Z|+hh:mm]; with a zone moved to UTC, without one as they "
     "stand; NAME? may be missing"},
    {"parts", OPTION_LIST, "", false, NULL,
     "year, quarter, month, day, weekday (Monday 0), yearday, hour, minute: a column COLUMN_PART each"},
    {"cyclic", OPTION_LIST, "", false, NULL,
     "parts as sine and cosine of their angle: COLUMN_PART_sin, _cos"},
    {"since", OPTION_TEXT, NULL, false, NULL, "a date: COLUMN_days, the days since then with their fraction"},
    {"prefix", OPTION_TEXT, NULL, false, NULL, "what the names begin with; default: the column's name"},
    {"keep", OPTION_BOOL, "false", false, NULL, "whether the column itself stays"},
};

const struct step_kind step_date = {
    .name = "date",
    .help = "makes numbers of a date: parts, cyclic parts, days since",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .open = open_date,
    .bind = bind_date,
    .apply = apply_date,
    .release = release_date,
};
