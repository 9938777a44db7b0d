/* value.c - text to value and back. A value is accepted whole or not at all: no trailing characters, no NaN,
 * no infinity, nothing outside the row's range. */
#include "params/value.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

/* "a whole number with x > 0", "one of csv, tsv" ... */
static void describe_expected(const struct param_row *row, char *out, size_t capacity) {
  const char *range = row->range.text, *with = range[0] != '\0' ? " with " : "";
  switch (row->type) {
    case TYPE_INT:
      snprintf(out, capacity, "a whole number%s%s", with, range);
      if (!row->range.bounded || isinf(row->range.max))
        snprintf(out + strlen(out), capacity - strlen(out), ", at most %d", INT_MAX);
      break;
    case TYPE_DOUBLE: snprintf(out, capacity, "a finite number%s%s", with, range); break;
    case TYPE_BOOL: snprintf(out, capacity, "true or false (1 and 0 will do)"); break;
    case TYPE_ENUM: snprintf(out, capacity, "one of: %s", range); break;
    case TYPE_INTS: snprintf(out, capacity, "whole numbers, comma separated%s%s", with, range); break;
    case TYPE_DOUBLES: snprintf(out, capacity, "finite numbers, comma separated%s%s", with, range); break;
    case TYPE_ENUMS: snprintf(out, capacity, "a comma separated list of: %s", range); break;
    case TYPE_STRING:
      snprintf(out, capacity,
               row == &param_rows[PARAM_separator]
                   ? "auto, comma, semicolon, tab, space, pipe, or one ASCII character that is no quote"
                   : "a text without line breaks and control characters");
      break;
  }
}

static copse_status refuse(const struct param_row *row, const struct param_mention *mention, const char *text,
                           size_t length, struct name element, copse_error *err) {
  char expected[512], found[128] = "", hint[96] = "";
  describe_expected(row, expected, sizeof expected);
  if (element.text != text || element.length != length)
    snprintf(found, sizeof found, ", found \"%.*s\" in the list",
             (int)(element.length < 80 ? element.length : 80), element.text);
  else if (length == 0)
    snprintf(found, sizeof found, ", found nothing");
  if (row->range.choices != NULL) {
    const char *nearest = choice_nearest(row->range.choices, element.text, element.length);
    if (nearest != NULL) snprintf(hint, sizeof hint, "; did you mean \"%s\"?", nearest);
  }
  bool by_alias = mention->key.rank > 0;
  return status_set(err, COPSE_ERR_ARGUMENT, "%s%.*s=%.*s%s%s%s: expected %s%s%s", mention->place,
                    (int)mention->key.name.length, mention->key.name.text, (int)(length < 200 ? length : 200),
                    text, by_alias ? " (" : "", by_alias ? row->name : "", by_alias ? ")" : "", expected,
                    found, hint);
}

static bool in_range(const struct param_range *range, double x) {
  if (!range->bounded) return true;
  return (range->min_open ? x > range->min : x >= range->min) &&
         (range->max_open ? x < range->max : x <= range->max);
}

static bool parse_int(const struct param_row *row, struct name text, int *out) {
  size_t i = 0;
  bool negative = text.length > 0 && text.text[0] == '-';
  if (text.length > 0 && (text.text[0] == '-' || text.text[0] == '+')) i++;
  if (i == text.length) return false;
  int64_t value = 0;
  for (; i < text.length; i++) {
    if (text.text[i] < '0' || text.text[i] > '9') return false;
    value = value * 10 + (text.text[i] - '0');
    if (value > (int64_t)INT_MAX + 1) return false;
  }
  if (negative) value = -value;
  if (value > INT_MAX || !in_range(&row->range, (double)value)) return false;
  *out = (int)value;
  return true;
}

static bool parse_number(const struct param_row *row, struct name text, double *out) {
  double value;
  size_t used = copse_parse_double(text.text, text.length, &value);
  if (used == 0 || used != text.length || !isfinite(value) || !in_range(&row->range, value)) return false;
  *out = value + 0.0; /* -0 becomes 0 */
  return true;
}

static bool parse_bool(struct name text, bool *out) {
  static const char *const words[2] = {"false,-,0,no", "true,+,1,yes"};
  for (int value = 0; value < 2; value++) {
    struct name_list list = names_of(words[value]);
    struct name word;
    while (names_next(&list, &word)) {
      if (!name_equal_fold(word, text.text, text.length)) continue;
      *out = value == 1;
      return true;
    }
  }
  return false;
}

static bool is_list(const struct param_row *row) {
  return row->type == TYPE_INTS || row->type == TYPE_DOUBLES || row->type == TYPE_ENUMS;
}

/* One number, switch or choice; lists pass their elements. */
static bool parse_scalar(const struct param_row *row, struct name text, int *integer, double *number) {
  bool flag;
  switch (row->type) {
    case TYPE_INT:
    case TYPE_INTS:
      if (!parse_int(row, text, integer)) return false;
      *number = *integer;
      return true;
    case TYPE_DOUBLE:
    case TYPE_DOUBLES: return parse_number(row, text, number);
    case TYPE_BOOL:
      if (!parse_bool(text, &flag)) return false;
      *integer = flag;
      return true;
    case TYPE_ENUM:
    case TYPE_ENUMS: *integer = choice_find(row->range.choices, text.text, text.length); return *integer >= 0;
    case TYPE_STRING: break;
  }
  return false;
}

static struct name trimmed(const char *text, size_t length) {
  while (length > 0 && (text[0] == ' ' || text[0] == '\t')) text++, length--;
  while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) length--;
  return (struct name){text, length};
}

static bool holds_choice(const int *items, size_t n, int choice) {
  for (size_t i = 0; i < n; i++)
    if (items[i] == choice) return true;
  return false;
}

/* Comma separated elements into out->items; a choice that comes twice is kept once. */
static copse_status parse_list(copse_context *ctx, const struct param_row *row, const char *text,
                               size_t length, const struct param_mention *mention, struct param_value *out,
                               copse_error *err) {
  size_t n = 1;
  for (size_t i = 0; i < length; i++) n += text[i] == ',';
  size_t size = row->type == TYPE_DOUBLES ? sizeof(double) : sizeof(int);
  out->items = copse_alloc(ctx, n, size);
  if (out->items == NULL) return status_memory(err, row->name);
  int *ints = out->items;
  double *doubles = out->items;
  for (const char *at = text, *end = text + length; at <= end;) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    if (comma == NULL) comma = end;
    struct name element = trimmed(at, (size_t)(comma - at));
    int integer = 0;
    double number = 0;
    if (!parse_scalar(row, element, &integer, &number))
      return refuse(row, mention, text, length, element, err);
    if (row->type == TYPE_DOUBLES)
      doubles[out->n_items++] = number;
    else if (row->type == TYPE_INTS || !holds_choice(ints, out->n_items, integer))
      ints[out->n_items++] = integer;
    at = comma + 1;
  }
  return COPSE_OK;
}

/* separator: a word or one character becomes "auto" or that character. */
static bool parse_separator(struct name text, struct name *out) {
  static const struct {
    const char *word, *character;
  } words[] = {{"auto", "auto"}, {"comma", ","}, {"semicolon", ";"}, {"tab", "\t"},
               {"\\t", "\t"},    {"space", " "}, {"pipe", "|"}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (!name_equal_fold(text, words[i].word, strlen(words[i].word))) continue;
    *out = (struct name){words[i].character, strlen(words[i].character)};
    return true;
  }
  *out = text;
  return text.length == 1 && (unsigned char)text.text[0] < 0x80 && text.text[0] != '"';
}

static bool has_control_character(struct name text) {
  for (size_t i = 0; i < text.length; i++) {
    unsigned char c = (unsigned char)text.text[i];
    if ((c < 0x20 && c != '\t') || c == 0x7F) return true;
  }
  return false;
}

void text_append_shortest(copse_text *text, double value) {
  char digits[40];
  for (int n = 6; n <= 17; n++) { /* 6 as LightGBM writes */
    size_t length = copse_format_double_digits(value, n, digits, sizeof digits);
    double back;
    if (n < 17 && (copse_parse_double(digits, length, &back) != length || back != value)) continue;
    copse_text_append(text, digits, length);
    return;
  }
}

static void append_scalar(copse_text *text, const struct param_row *row, int64_t integer, double number) {
  switch (row->type) {
    case TYPE_INT:
    case TYPE_INTS: copse_text_appendf(text, "%lld", (long long)integer); break;
    case TYPE_DOUBLE:
    case TYPE_DOUBLES: text_append_shortest(text, number); break;
    case TYPE_BOOL: copse_text_appendf(text, "%s", integer != 0 ? "true" : "false"); break;
    case TYPE_ENUM:
    case TYPE_ENUMS: copse_text_appendf(text, "%s", row->range.choices[integer].name); break;
    case TYPE_STRING: break;
  }
}

/* Writes the canonical text of everything but strings. */
static copse_status set_text(copse_context *ctx, const struct param_row *row, struct param_value *value,
                             copse_error *err) {
  copse_text text = {.ctx = ctx};
  copse_text_append(&text, "", 0);
  if (!is_list(row)) append_scalar(&text, row, value->integer, value->number);
  for (size_t i = 0; i < value->n_items; i++) {
    if (i > 0) copse_text_append(&text, ",", 1);
    if (row->type == TYPE_DOUBLES)
      append_scalar(&text, row, 0, ((double *)value->items)[i]);
    else
      append_scalar(&text, row, ((int *)value->items)[i], 0);
  }
  value->text = text.data;
  if (!text.failed) return COPSE_OK;
  return status_memory(err, row->name);
}

static copse_status set_string(copse_context *ctx, const struct param_row *row, struct name text,
                               struct param_value *value, copse_error *err) {
  value->text = copse_alloc(ctx, text.length + 1, 1);
  if (value->text == NULL) return status_memory(err, row->name);
  memcpy(value->text, text.text, text.length);
  value->text[text.length] = '\0';
  return COPSE_OK;
}

copse_status value_parse(copse_context *ctx, enum param_id id, const char *text, size_t length,
                         const struct param_mention *mention, struct param_value *out, copse_error *err) {
  const struct param_row *row = &param_rows[id];
  struct name whole = {text, length}, string = whole;
  struct param_value value = {0};
  copse_status status = COPSE_OK;
  if (row->type == TYPE_STRING) {
    bool fits = id == PARAM_separator ? parse_separator(whole, &string) : !has_control_character(whole);
    status =
        fits ? set_string(ctx, row, string, &value, err) : refuse(row, mention, text, length, whole, err);
  } else if (length == 0 && (is_list(row) || row->default_text[0] == '\0')) {
    status = set_string(ctx, row, whole, &value, err);
  } else if (is_list(row)) {
    status = parse_list(ctx, row, text, length, mention, &value, err);
    if (status == COPSE_OK) status = set_text(ctx, row, &value, err);
  } else {
    int integer = 0;
    if (!parse_scalar(row, whole, &integer, &value.number))
      return refuse(row, mention, text, length, whole, err);
    value.integer = integer;
    status = set_text(ctx, row, &value, err);
  }
  if (status == COPSE_OK)
    *out = value;
  else
    value_release(&value);
  return status;
}

copse_status value_default(copse_context *ctx, enum param_id id, struct param_value *out, copse_error *err) {
  const struct param_row *row = &param_rows[id];
  struct param_value value = {0};
  size_t length = strlen(row->default_text);
  if (length == 0 || row->type == TYPE_STRING) {
    *out = value;
    return COPSE_OK;
  }
  struct param_mention mention = {"", {{row->name, strlen(row->name)}, 0}};
  copse_status status = COPSE_OK;
  int integer = 0;
  if (is_list(row)) {
    status = parse_list(ctx, row, row->default_text, length, &mention, &value, err);
  } else if (!parse_scalar(row, (struct name){row->default_text, length}, &integer, &value.number)) {
    status = refuse(row, &mention, row->default_text, length, (struct name){row->default_text, length}, err);
  }
  value.integer = integer;
  if (status == COPSE_OK)
    *out = value;
  else
    value_release(&value);
  return status;
}

copse_status value_copy(copse_context *ctx, enum param_id id, const struct param_value *from,
                        struct param_value *out, copse_error *err) {
  const struct param_row *row = &param_rows[id];
  struct param_value value = *from;
  value.text = NULL;
  value.items = NULL;
  copse_status status = COPSE_OK;
  if (from->items != NULL) {
    size_t size = row->type == TYPE_DOUBLES ? sizeof(double) : sizeof(int);
    value.items = copse_alloc(ctx, from->n_items, size);
    if (value.items == NULL) return status_memory(err, row->name);
    memcpy(value.items, from->items, from->n_items * size);
  }
  if (from->text != NULL)
    status = set_string(ctx, row, (struct name){from->text, strlen(from->text)}, &value, err);
  if (status == COPSE_OK)
    *out = value;
  else
    value_release(&value);
  return status;
}

void value_release(struct param_value *value) {
  copse_free(value->items);
  copse_free(value->text);
  *value = (struct param_value){0};
}

const char *value_text(enum param_id id, const struct param_value *value) {
  return value->text != NULL ? value->text : param_rows[id].default_text;
}
