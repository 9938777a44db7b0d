/* describe.c - see describe.h. */
#include "profile/describe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profile/infer.h"

struct facts_value facts_text(const struct values *texts, const struct value *value) {
  struct facts_value out = {
      .length = value->text.length, .number = (double)NAN, .n = value->n, .n_lost = value->text.n_lost};
  memcpy(out.text, texts->bytes + value->text.at, value->text.kept);
  return out;
}

struct facts_value facts_number(double x, uint64_t n) {
  struct facts_value out = {.number = x, .n = n};
  out.length = (uint32_t)copse_format_double_digits(x, 15, out.text, sizeof out.text);
  return out;
}

struct facts_value facts_date(double seconds, uint64_t n) {
  struct facts_value out = {.number = seconds, .n = n};
  int year, month, day;
  date_of(seconds, &year, &month, &day);
  long rest = (long)(seconds - floor(seconds / 86400) * 86400);
  int length = snprintf(out.text, sizeof out.text, "%04d-%02d-%02d", year, month, day);
  if (rest != 0)
    length += snprintf(out.text + length, sizeof out.text - (size_t)length, " %02ld:%02ld:%02ld", rest / 3600,
                       rest / 60 % 60, rest % 60);
  out.length = (uint32_t)length;
  return out;
}

/* Texts among numbers or dates, and texts that mean missing. */
static void list_strangers(const struct column *column, struct column_facts *out) {
  const struct values *texts = &column->texts;
  const struct missing_tokens usual = {.list = NULL};
  bool typed = out->type == TYPE_NUMBER || out->type == TYPE_DATETIME || out->type == TYPE_BOOLEAN ||
               out->type == TYPE_CODE || out->type == TYPE_ID;
  for (uint32_t i = 0; i < texts->n; i++) {
    const struct value *v = &texts->entries[i];
    double ignored;
    const char *text = texts->bytes + v->text.at;
    if (cell_type_of(&usual, text, v->text.kept, &ignored) == CELL_TYPE_TOKEN) {
      if (out->n_token_texts < FACTS_TOKENS) out->tokens[out->n_token_texts++] = facts_text(texts, v);
    } else if (typed && out->n_misfits > 0 && out->misfit.n == 0) {
      out->misfit = facts_text(texts, v);
    }
  }
}

static void find_order(const struct column *column, struct column_facts *out) {
  uint64_t steps = column->n_up + column->n_down;
  out->order = steps == 0 || out->n_misfits > 0 ? ""
               : column->n_down == 0            ? "ascending"
               : column->n_up == 0              ? "descending"
                                                : "";
}

bool column_is_exact(const struct column_facts *c) {
  return c->distinct_exact && (!c->has_number || c->number.exact) && (!c->has_levels || c->levels.exact);
}

bool describe_column(struct column *column, struct column_facts *out) {
  struct values *all[] = {&column->numbers, &column->texts, &column->dates, &column->packed};
  out->name = column->name;
  out->n = 0;
  out->view.pure_bin = -1;
  for (int i = 0; i < CELL_N_TYPES; i++) out->n += column->n_types[i];
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    values_sort(all[i]);
    column->failed |= all[i]->failed;
  }
  if (column->failed) return false;
  infer_type(column, out);
  out->physical = infer_physical(column, out);
  if (column->dates.failed) return false; /* other dates were added to it */
  double most = (double)(out->n - out->n_missing);
  if (out->distinct > most) out->distinct = most; /* an estimate may be more */
  out->n_bytes = column->n_bytes;
  out->longest_run = longest_run_of(&column->run);
  find_order(column, out);
  list_strangers(column, out);
  bool numeric = column->numbers.n > 0 && column->n_types[CELL_TYPE_CODE] == 0 &&
                 (out->type == TYPE_NUMBER || out->type == TYPE_ID || out->type == TYPE_BOOLEAN ||
                  out->type == TYPE_CODE || out->type == TYPE_CONSTANT);
  if (numeric && values_total(&column->texts) <= out->n_tokens + out->n_misfits) {
    if (!describe_number(column, out)) return false;
  } else if (out->type == TYPE_DATETIME || (out->type == TYPE_CONSTANT && column->dates.n > 0)) {
    describe_dates(column, out);
  } else if (out->type != TYPE_EMPTY && !describe_levels(column, out)) {
    return false;
  }
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) column->failed |= all[i]->failed;
  if (!column->failed) detail_find(column, out);
  return !column->failed;
}
