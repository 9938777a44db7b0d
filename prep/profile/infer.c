/* infer.c - see infer.h. A type needs 99 % of the cells that are there; what does not fit is then counted,
 * shown and alerted, never dropped. No type is guessed from the first rows. */
#include "profile/infer.h"

#include <stdio.h>
#include <string.h>

#define FITS 0.99

const char *const column_type_names[N_COLUMN_TYPES] = {"empty",    "constant", "boolean", "number", "code",
                                                       "category", "datetime", "id",      "text"};

static bool same_word(const char *word, const char *text, size_t length) {
  if (strlen(word) != length) return false;
  for (size_t i = 0; i < length; i++) {
    char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
    if (c != word[i]) return false;
  }
  return true;
}

bool truth_pair(const char *a, size_t n_a, const char *b, size_t n_b, bool *first_true) {
  static const char *const pairs[][2] = {{"true", "false"}, {"yes", "no"}, {"t", "f"},
                                         {"y", "n"},        {"on", "off"}, {"1", "0"}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    *first_true = same_word(pairs[i][0], a, n_a) && same_word(pairs[i][1], b, n_b);
    if (*first_true || (same_word(pairs[i][1], a, n_a) && same_word(pairs[i][0], b, n_b))) return true;
  }
  return false;
}

bool name_ends_code(const char *name) {
  static const char *const ends[] = {"_id", "_code", "_type", "zip", "zipcode", "postcode"};
  size_t length = strlen(name);
  if (same_word("id", name, length)) return true;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    size_t n = strlen(ends[i]);
    if (length >= n && same_word(ends[i], name + length - n, n)) return true;
  }
  return false;
}

/* Days and months change places, or stay: dates and packed dates become one table. False when both orders
 * occur. */
static bool settle_packed(struct column *column, struct column_facts *out) {
  struct values *packed = &column->packed, *dates = &column->dates;
  uint64_t day_first = 0, month_first = 0;
  int a, b, y;
  for (uint32_t i = 0; i < packed->n; i++) {
    date_unpack(packed->entries[i].number.lo, &a, &b, &y);
    day_first += a > 12 ? packed->entries[i].n : 0;
    month_first += b > 12 ? packed->entries[i].n : 0;
  }
  if (day_first > 0 && month_first > 0) return false;
  bool open = day_first + month_first == 0 && packed->n > 0;
  bool month = month_first > 0 || (open && column->date_order == 'm');
  out->date.ambiguous = open && column->date_order == 0;
  out->date.month_first = month;
  out->date.format = month ? "MM/DD/YYYY" : "DD/MM/YYYY";
  values_shape(dates, packed->tally.shape);
  for (uint32_t i = 0; i < packed->n; i++) {
    const struct value *v = &packed->entries[i];
    double seconds = 0;
    date_unpack(v->number.lo, &a, &b, &y);
    if (!date_seconds(y, month ? a : b, month ? b : a, &seconds)) continue;
    uint32_t entry = values_put_number(dates, seconds, v->n);
    if (entry == UINT32_MAX) break;
    values_add_tally(dates, entry, packed, i);
  }
  values_sort(dates);
  return true;
}

/* The form that most dates have; what is read otherwise by another order is told by the order. */
static void choose_format(const uint64_t *n, uint64_t n_dates, struct date_facts *out) {
  uint64_t days = n[CELL_TYPE_DATE], moments = n[CELL_TYPE_TIME] + n[CELL_TYPE_ZONED],
           most = n[CELL_TYPE_DMY];
  if (most == 0 || (!out->ambiguous && (days > most || moments > most))) {
    out->format = moments >= days ? "YYYY-MM-DD hh:mm:ss" : "YYYY-MM-DD";
    most = moments >= days ? moments : days;
  }
  out->format_share = (double)most / (double)n_dates;
}

/* ---- kinds of columns ---- */

static void set_type(struct column_facts *out, enum column_type type, const char *why) {
  out->type = type;
  snprintf(out->why, sizeof out->why, "%s", why);
}

static void infer_number(struct column *column, struct column_facts *out, uint64_t n_there) {
  const struct values *numbers = &column->numbers;
  double distinct = values_distinct(numbers);
  uint64_t n_integer = column->n_types[CELL_TYPE_INTEGER];
  bool integers = column->n_types[CELL_TYPE_DECIMAL] + column->n_types[CELL_TYPE_INFINITE] == 0;
  double lo = numbers->entries[0].number.lo, hi = numbers->entries[numbers->n - 1].number.hi;
  out->consecutive =
      integers && hi - lo + 1 == (double)n_integer && distinct >= 0.95 * (double)n_integer && n_integer > 1;
  if (distinct == 2 && lo == 0 && hi == 1) {
    set_type(out, TYPE_BOOLEAN, "only 0 and 1");
  } else if (integers && n_there >= 500 && out->n_misfits == 0 && distinct >= 0.95 * (double)n_there &&
             (out->consecutive || name_ends_code(column->name) || column->n_up + 1 == n_integer)) {
    set_type(out, TYPE_ID,
             out->consecutive ? "whole numbers without a gap, each once"
                              : "whole numbers, different in every row");
  } else if (integers && distinct > 2 && name_ends_code(column->name)) {
    snprintf(out->why, sizeof out->why, "whole numbers, %.0f distinct, and the name of a code", distinct);
    out->type = TYPE_CODE;
  } else {
    snprintf(out->why, sizeof out->why, "%s, %s%.0f distinct", integers ? "whole numbers" : "numbers",
             numbers->exact ? "" : "about ", distinct);
    out->type = TYPE_NUMBER;
  }
}

/* The texts of a column that holds texts alone. */
static bool infer_truth(const struct column *column, struct column_facts *out, uint64_t n_there) {
  const struct values *texts = &column->texts;
  bool first_true;
  if (texts->n != 2 || !texts->exact || values_total(texts) != n_there) return false;
  const struct value *a = &texts->entries[0], *b = &texts->entries[1];
  if (!truth_pair(texts->bytes + a->text.at, a->text.kept, texts->bytes + b->text.at, b->text.kept,
                  &first_true))
    return false;
  snprintf(out->why, sizeof out->why, "only \"%.*s\" and \"%.*s\"", (int)a->text.kept,
           texts->bytes + a->text.at, (int)b->text.kept, texts->bytes + b->text.at);
  out->type = TYPE_BOOLEAN;
  return true;
}

static void infer_text(const struct column *column, struct column_facts *out, uint64_t n_there) {
  double distinct = out->distinct, unique = distinct / (double)n_there;
  const struct values *texts = &column->texts;
  uint64_t blanks = 0, long_ones = 0, n = 0;
  for (uint32_t i = 0; i < texts->n; i++) {
    const struct value *v = &texts->entries[i];
    n += v->n;
    if (memchr(texts->bytes + v->text.at, ' ', v->text.kept) != NULL) blanks += v->n;
    if (v->text.length > 64) long_ones += v->n;
  }
  if (unique >= 0.95 && n_there >= 100) {
    bool words = 2 * blanks > n || 10 * long_ones > n;
    set_type(out, words ? TYPE_TEXT : TYPE_ID,
             words ? "texts, nearly all different" : "different in nearly every row");
  } else if (2 * long_ones > n && distinct > 20) {
    set_type(out, TYPE_TEXT, "long texts");
  } else if (column->n_types[CELL_TYPE_CODE] > n_there - n_there / 100 * 99 &&
             column->n_types[CELL_TYPE_TEXT] * 100 <= n_there) {
    set_type(out, TYPE_CODE, "digits with leading zeros, a plus sign or more than 15 places");
  } else {
    snprintf(out->why, sizeof out->why, "texts, %s%.0f distinct", out->distinct_exact ? "" : "about ",
             distinct);
    out->type = TYPE_CATEGORY;
  }
}

/* Distinct values of a column whose cells are texts, however some of them look. */
static void count_levels(const struct column *column, struct column_facts *out) {
  const struct values *all[] = {&column->texts, &column->numbers, &column->dates, &column->packed};
  out->distinct = 0;
  out->distinct_exact = true;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    out->distinct += values_distinct(all[i]);
    out->distinct_exact &= all[i]->exact;
  }
}

static void miss_tokens(const struct column *column, struct column_facts *out) {
  out->n_tokens = column->n_types[CELL_TYPE_TOKEN];
  out->n_missing += out->n_tokens;
}

const char *infer_physical(const struct column *column, const struct column_facts *out) {
  const uint64_t *n = column->n_types;
  uint64_t days = n[CELL_TYPE_DATE] + n[CELL_TYPE_DMY], moments = n[CELL_TYPE_TIME] + n[CELL_TYPE_ZONED];
  uint64_t whole = n[CELL_TYPE_INTEGER], numbers = whole + n[CELL_TYPE_DECIMAL] + n[CELL_TYPE_INFINITE];
  uint64_t filled = out->n - out->n_missing;
  bool dated = out->type == TYPE_DATETIME || out->type == TYPE_CONSTANT; /* days and months are told apart */
  if (filled == 0) return "null";
  if (whole == filled) return "int64";
  if (numbers == filled) return "float64";
  if (dated && days == filled) return "date";
  return dated && days + moments == filled ? "timestamp" : "string";
}

void infer_type(struct column *column, struct column_facts *out) {
  const uint64_t *n = column->n_types;
  out->n_null = n[CELL_TYPE_NULL];
  out->n_empty = n[CELL_TYPE_EMPTY];
  out->n_declared = n[CELL_TYPE_DECLARED];
  out->n_missing = out->n_null + out->n_empty + out->n_declared;
  uint64_t there = out->n - out->n_missing, typed = there - n[CELL_TYPE_TOKEN];
  uint64_t numbers = n[CELL_TYPE_INTEGER] + n[CELL_TYPE_DECIMAL] + n[CELL_TYPE_INFINITE];
  uint64_t dates = n[CELL_TYPE_DATE] + n[CELL_TYPE_TIME] + n[CELL_TYPE_ZONED] + n[CELL_TYPE_DMY];
  count_levels(column, out);
  if (there == 0) {
    set_type(out, TYPE_EMPTY, "no cell is filled");
    out->n_missing = out->n;
    out->distinct = 0;
    return;
  }
  uint8_t forced = column->forced;
  bool free = forced == COLUMN_INFER;
  if (forced == TYPE_NUMBER ? numbers > 0 : free && typed > 0 && (double)numbers >= FITS * (double)typed) {
    miss_tokens(column, out);
    out->n_misfits = typed - numbers;
    out->first_misfit = column->first_rows[n[CELL_TYPE_TEXT] > 0 ? CELL_TYPE_TEXT : CELL_TYPE_CODE];
    out->distinct = values_distinct(&column->numbers);
    out->distinct_exact = column->numbers.exact;
    if (out->distinct == 1 && out->n_missing == 0 && out->n_misfits == 0)
      set_type(out, TYPE_CONSTANT, "one value in every row");
    else if (!free)
      set_type(out, TYPE_NUMBER, "type=number");
    else if (n[CELL_TYPE_CODE] > 0)
      set_type(out, TYPE_CODE, "digits, some of them with leading zeros, a plus sign or more than 15 places");
    else
      infer_number(column, out, typed);
    if (out->type == TYPE_CODE && n[CELL_TYPE_CODE] > 0) {
      out->n_misfits = 0;
      count_levels(column, out);
    }
    return;
  }
  bool dated =
      forced == TYPE_DATETIME ? dates > 0 : free && typed > 0 && (double)dates >= FITS * (double)typed;
  if (dated && settle_packed(column, out)) {
    miss_tokens(column, out);
    out->n_misfits = typed - dates;
    out->first_misfit = column->first_rows[n[CELL_TYPE_TEXT] > 0      ? CELL_TYPE_TEXT
                                           : n[CELL_TYPE_INTEGER] > 0 ? CELL_TYPE_INTEGER
                                                                      : CELL_TYPE_CODE];
    out->distinct = values_distinct(&column->dates);
    out->distinct_exact = column->dates.exact;
    choose_format(n, dates, &out->date);
    set_type(out, TYPE_DATETIME, "dates");
    if (!free)
      snprintf(out->why, sizeof out->why, "type=datetime, %s", out->date.format);
    else if (out->date.format != NULL)
      snprintf(out->why, sizeof out->why, "dates, %s", out->date.format);
    if (out->distinct == 1 && out->n_missing == 0 && out->n_misfits == 0)
      set_type(out, TYPE_CONSTANT, "one value in every row");
    return;
  }
  if (out->distinct == 1 && out->n_missing == 0) {
    set_type(out, TYPE_CONSTANT, "one value in every row");
  } else if (!free && forced != TYPE_NUMBER && forced != TYPE_DATETIME) {
    out->type = (enum column_type)forced;
    snprintf(out->why, sizeof out->why, "type=%s", column_type_names[forced]);
  } else if (!infer_truth(column, out, there)) {
    infer_text(column, out, there);
  }
}
