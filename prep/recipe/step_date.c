/* step_date.c - a column of dates, YYYY-MM-DD with or without hh:mm:ss, becomes numbers. */
#include <math.h>
#include <string.h>

#include "read/report.h"
#include "recipe/recipe.h"

enum { MOST_PARTS = 24 };

struct moment {
  int year, month, day, hour, minute, second;
  int64_t days; /* since 1970-01-01 */
};

/* Days since 1970-01-01 of a date of the Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms", 2013). */
static int64_t days_of(int year, int month, int day) {
  int64_t y = year - (month <= 2);
  int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static double get_year(const struct moment *m) { return m->year; }
static double get_quarter(const struct moment *m) { return (m->month + 2) / 3; }
static double get_month(const struct moment *m) { return m->month; }
static double get_day(const struct moment *m) { return m->day; }
static double get_weekday(const struct moment *m) { return (double)((m->days % 7 + 10) % 7); } /* Monday 0 */
static double get_yearday(const struct moment *m) { return (double)(m->days - days_of(m->year, 1, 1) + 1); }
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
};

static bool take_digits(const char **at, const char *end, int n, int *out) {
  *out = 0;
  if (end - *at < n) return false;
  for (int i = 0; i < n; i++) {
    char c = *(*at)++;
    if (c < '0' || c > '9') return false;
    *out = *out * 10 + (c - '0');
  }
  return true;
}

static bool take_char(const char **at, const char *end, char c) { return *at < end && *(*at)++ == c; }

static int days_in(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

static bool parse_moment(const char *text, size_t length, struct moment *m) {
  const char *at = text, *end = text + length;
  *m = (struct moment){0};
  if (!take_digits(&at, end, 4, &m->year) || !take_char(&at, end, '-') ||
      !take_digits(&at, end, 2, &m->month) || !take_char(&at, end, '-') || !take_digits(&at, end, 2, &m->day))
    return false;
  if (m->month < 1 || m->month > 12 || m->day < 1 || m->day > days_in(m->year, m->month)) return false;
  m->days = days_of(m->year, m->month, m->day);
  if (at == end) return true;
  if (*at != ' ' && *at != 'T') return false;
  at++;
  if (!take_digits(&at, end, 2, &m->hour) || !take_char(&at, end, ':') ||
      !take_digits(&at, end, 2, &m->minute))
    return false;
  if (at < end && (!take_char(&at, end, ':') || !take_digits(&at, end, 2, &m->second))) return false;
  if (at < end && *at == '.') /* parts of a second */
    for (at++; at < end && *at >= '0' && *at <= '9';) at++;
  return at == end && m->hour < 24 && m->minute < 60 && m->second <= 60;
}

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
  if (since != NULL && !parse_moment(since, strlen(since), &moment))
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
    return step_fail(step, COPSE_ERR_DATA, err, "the column \"%s\" holds numbers, expected texts (dates)",
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
  if (text != NULL && status == COPSE_OK && parse_moment(text, strlen(text), &state->since))
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
  const struct date_state *state = step->state;
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
  for (size_t row = 0; row < block->n_rows; row++) {
    struct moment moment;
    if (!cells[row].null && !parse_moment(cells[row].text, cells[row].length, &moment))
      return step_fail_row(step, block_row(block, row), err,
                           "column \"%s\": found \"%s\", expected YYYY-MM-DD or YYYY-MM-DD hh:mm:ss",
                           step->in->columns[state->column].name,
                           show(cells[row].text, cells[row].length).text);
    for (uint32_t k = 0; k < state->n_made; k++)
      made[k][row] = cells[row].null ? (double)NAN : value_of(state, &state->made[k], &moment);
  }
  block->columns = columns;
  return COPSE_OK;
}

static const struct step_option options[] = {
    {"column", OPTION_TEXT, NULL, true, NULL, "the column of dates; NAME? may be missing"},
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
};
