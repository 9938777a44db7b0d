/* encoder_text.c - an encoder as text, for a line of a model file or a recipe, and back.
 *
 * Numbers separated by ',' in one line, without blanks; ascending ones as distances. Statistics are numbers
 * of a list that has each value once, the frequent ones first: most levels of a large table are rare, and
 * share a few values. In order: version, n_inputs, n_statistics, seed, prior, averages [n_statistics] n_maps,
 * of each: input, n_levels, codes n_values, values n_tables, of each: first, second + 1 (0: none), counted,
 * n_keys, keys (of a pair), numbers of values What is read is checked: no text can make a later call read out
 * of bounds. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "base/status.h"
#include "data/encoder.h"

enum { VERSION = 1, FLOAT_DIGITS = 9 };

/* ---- writing ---- */

/* The values of all tables, each once. */
struct value_list {
  uint32_t n;
  uint32_t *bits; /* [n] ascending, of float32 */
  uint32_t *rank; /* [n] its number in the file */
  uint32_t *at;   /* [n] the other way round */
};

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static size_t n_values_of(const copse_encoder *encoder) {
  size_t n = 0;
  for (uint32_t t = 0; t < encoder->n_tables; t++)
    n += (size_t)encoder->tables[t].n_keys * encoder_width(encoder, &encoder->tables[t]);
  return n;
}

/* pairs [2 * all] is scratch, and has the bits of all values as keys. */
static bool count_values(const copse_encoder *encoder, struct sort_pair *pairs, size_t all,
                         struct value_list *out) {
  sort_pairs(pairs, pairs + all, all);
  size_t n = 0;
  for (size_t i = 0, end; i < all; i = end) {
    for (end = i + 1; end < all && pairs[end].key == pairs[i].key;) end++;
    pairs[n++] = (struct sort_pair){pairs[i].key, end - i};
  }
  out->n = (uint32_t)n;
  out->bits = copse_alloc(encoder->ctx, 3 * n, sizeof *out->bits);
  if (out->bits == NULL) return false;
  out->rank = out->bits + n;
  out->at = out->rank + n;
  for (size_t i = 0; i < n; i++) {
    out->bits[i] = (uint32_t)pairs[i].key;
    pairs[i] = (struct sort_pair){UINT64_MAX - pairs[i].value, i};
  }
  sort_pairs(pairs, pairs + all, n);
  for (size_t i = 0; i < n; i++) {
    out->at[i] = (uint32_t)pairs[i].value;
    out->rank[pairs[i].value] = (uint32_t)i;
  }
  return true;
}

static copse_status list_values(const copse_encoder *encoder, struct value_list *out, copse_error *err) {
  size_t all = n_values_of(encoder), n = 0;
  *out = (struct value_list){.n = 0};
  struct sort_pair *pairs = all < UINT32_MAX ? copse_alloc(encoder->ctx, 2 * all, sizeof *pairs) : NULL;
  bool ok = pairs != NULL;
  for (uint32_t t = 0; ok && t < encoder->n_tables; t++) {
    const struct level_table *table = &encoder->tables[t];
    for (size_t i = 0; i < (size_t)table->n_keys * encoder_width(encoder, table); i++)
      pairs[n++] = (struct sort_pair){bits_of(table->values[i]), 0};
  }
  ok = ok && count_values(encoder, pairs, all, out);
  copse_free(pairs);
  return ok ? COPSE_OK : status_memory(err, "the text of an encoder");
}

static int by_bits(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static uint32_t rank_of(const struct value_list *list, float value) {
  uint32_t bits = bits_of(value);
  const uint32_t *found = bsearch(&bits, list->bits, list->n, sizeof bits, by_bits);
  return list->rank[found - list->bits];
}

/* ",number" */
static void put_integer(copse_text *out, uint64_t value) {
  char digits[24];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  digits[--at] = ',';
  copse_text_append(out, digits + at, sizeof digits - at);
}

static void put_float(copse_text *out, float value) {
  char text[40];
  text[0] = ',';
  size_t length = copse_format_double_digits((double)value, FLOAT_DIGITS, text + 1, sizeof text - 1);
  copse_text_append(out, text, length + 1);
}

static void put_table(const copse_encoder *encoder, const struct level_table *table,
                      const struct value_list *list, copse_text *out) {
  put_integer(out, table->first);
  put_integer(out, (uint32_t)(table->second + 1)); /* none: 0 */
  put_integer(out, table->counted);
  put_integer(out, table->n_keys);
  for (uint32_t k = 0; table->keys != NULL && k < table->n_keys; k++)
    put_integer(out, table->keys[k] - (k > 0 ? table->keys[k - 1] : 0));
  for (size_t i = 0; i < (size_t)table->n_keys * encoder_width(encoder, table); i++)
    put_integer(out, rank_of(list, table->values[i]));
}

copse_status copse_encoder_write(const copse_encoder *encoder, copse_text *out, copse_error *err) {
  struct value_list list;
  copse_status status = list_values(encoder, &list, err);
  if (status != COPSE_OK) return status;
  copse_text_appendf(out, "%d", VERSION);
  put_integer(out, encoder->n_inputs);
  put_integer(out, encoder->n_statistics);
  put_integer(out, (uint32_t)encoder->seed);
  copse_text_append(out, ",", 1);
  copse_text_append_double(out, encoder->prior);
  for (uint32_t s = 0; s < encoder->n_statistics; s++) put_float(out, encoder->average[s]);
  put_integer(out, encoder->n_maps);
  for (uint32_t m = 0; m < encoder->n_maps; m++) {
    const struct level_map *map = &encoder->maps[m];
    put_integer(out, map->input);
    put_integer(out, map->n_levels);
    for (uint32_t k = 0; k < map->n_levels; k++)
      put_integer(out, (uint64_t)((int64_t)map->codes[k] - (k > 0 ? map->codes[k - 1] : ENCODER_MISSING)));
  }
  put_integer(out, list.n);
  for (uint32_t i = 0; i < list.n; i++) {
    float value;
    memcpy(&value, &list.bits[list.at[i]], sizeof value);
    put_float(out, value);
  }
  put_integer(out, encoder->n_tables);
  for (uint32_t t = 0; t < encoder->n_tables; t++) put_table(encoder, &encoder->tables[t], &list, out);
  copse_free(list.bits);
  return out->failed ? status_memory(err, "the text of an encoder") : COPSE_OK;
}

/* ---- reading ---- */

struct cursor {
  const char *text, *at, *end, *place;
  bool bad; /* an error was set, and nothing more is read */
  copse_status status;
  copse_error *err;
};

static void spoiled(struct cursor *cursor, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void spoiled(struct cursor *cursor, const char *format, ...) {
  char what[200];
  va_list args;
  if (cursor->bad) return;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  cursor->bad = true;
  cursor->status = status_set(cursor->err, COPSE_ERR_FORMAT,
                              "%s: the tables of cat_encoding are damaged at character %zu: expected %s (the "
                              "file was cut or edited; train again)",
                              cursor->place, (size_t)(cursor->at - cursor->text), what);
}

static void no_memory(struct cursor *cursor) {
  if (!cursor->bad) cursor->status = status_memory(cursor->err, "an encoder");
  cursor->bad = true;
}

static bool take_comma(struct cursor *cursor) {
  if (cursor->at == cursor->text) return true;
  if (cursor->at == cursor->end || *cursor->at != ',') return false;
  cursor->at++;
  return true;
}

static uint64_t take_integer(struct cursor *cursor, uint64_t low, uint64_t high) {
  uint64_t value = 0;
  bool ok = !cursor->bad && take_comma(cursor);
  const char *start = cursor->at;
  while (ok && cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
    ok = !__builtin_mul_overflow(value, (uint64_t)10, &value) &&
         !__builtin_add_overflow(value, (uint64_t)(*cursor->at - '0'), &value);
    cursor->at++;
  }
  if (ok && cursor->at > start && value >= low && value <= high) return value;
  spoiled(cursor, "a whole number from %" PRIu64 " to %" PRIu64, low, high);
  return low;
}

static double take_number(struct cursor *cursor) {
  double value = 0;
  size_t used = 0;
  if (!cursor->bad && take_comma(cursor))
    used = copse_parse_double(cursor->at, (size_t)(cursor->end - cursor->at), &value);
  if (used == 0 || !isfinite(value)) {
    spoiled(cursor, "a finite number");
    return 0;
  }
  cursor->at += used;
  return value;
}

/* A number of things that follow: each takes two characters at least. */
static uint32_t take_count(struct cursor *cursor, uint64_t low) {
  uint64_t room = (uint64_t)(cursor->end - cursor->at) / 2;
  if (room < low) room = low;
  return (uint32_t)take_integer(cursor, low, room < UINT32_MAX ? room : UINT32_MAX - 1);
}

static void *take_room(struct cursor *cursor, copse_context *ctx, size_t n, size_t size) {
  void *room = cursor->bad ? NULL : copse_alloc_zero(ctx, n, size);
  if (room == NULL) no_memory(cursor);
  return room;
}

static void take_map(struct cursor *cursor, const copse_encoder *encoder, struct level_map *map,
                     uint32_t least_input) {
  map->input = (uint32_t)take_integer(cursor, least_input, encoder->n_inputs - 1);
  uint32_t n = take_count(cursor, 0);
  map->codes = take_room(cursor, encoder->ctx, n, sizeof *map->codes);
  int64_t code = ENCODER_MISSING;
  for (uint32_t k = 0; k < n && !cursor->bad; k++) {
    code += (int64_t)take_integer(cursor, k > 0, (uint64_t)(INT32_MAX - code));
    map->codes[k] = (int32_t)code;
  }
  map->n_levels = cursor->bad ? 0 : n;
}

static void take_keys(struct cursor *cursor, const copse_encoder *encoder, struct level_table *table,
                      uint32_t n) {
  uint64_t most = (uint64_t)encoder->maps[table->first].n_levels * encoder->maps[table->second].n_levels;
  table->keys = take_room(cursor, encoder->ctx, n, sizeof *table->keys);
  uint64_t key = 0;
  for (uint32_t k = 0; k < n && !cursor->bad; k++) {
    if (most == 0 || key > most - 1) break;
    key += take_integer(cursor, k > 0, most - 1 - key);
    table->keys[k] = key;
  }
  if (n > 0 && most == 0) spoiled(cursor, "no pairs of columns without levels");
}

static void take_table(struct cursor *cursor, const copse_encoder *encoder, const float *values,
                       uint32_t n_values, struct level_table *table) {
  if (encoder->n_maps == 0) {
    spoiled(cursor, "columns before their tables");
    return;
  }
  table->first = (uint32_t)take_integer(cursor, 0, encoder->n_maps - 1);
  uint32_t second = (uint32_t)take_integer(cursor, 0, encoder->n_maps);
  table->second = second > 0 ? second - 1 : ENCODER_NO_MAP;
  table->counted = take_integer(cursor, 0, 1) != 0;
  uint32_t n = take_count(cursor, 0), width = encoder_width(encoder, table);
  if (cursor->bad) return;
  if (second == 0 && n != encoder->maps[table->first].n_levels)
    spoiled(cursor, "statistics of %" PRIu32 " levels", encoder->maps[table->first].n_levels);
  if (second > 0) take_keys(cursor, encoder, table, n);
  if ((uint64_t)n * width > (uint64_t)(cursor->end - cursor->at) / 2) spoiled(cursor, "more text");
  table->values = take_room(cursor, encoder->ctx, (size_t)n * width, sizeof *table->values);
  for (size_t i = 0; i < (size_t)n * width && !cursor->bad; i++)
    table->values[i] = n_values > 0 ? values[take_integer(cursor, 0, n_values - 1)] : 0.0F;
  table->n_keys = cursor->bad ? 0 : n;
}

static void take_all(struct cursor *cursor, copse_encoder *encoder) {
  copse_context *ctx = encoder->ctx;
  take_integer(cursor, VERSION, VERSION);
  encoder->n_inputs = (uint32_t)take_integer(cursor, 1, ENCODER_MOST_FEATURES);
  encoder->n_statistics = (uint32_t)take_integer(cursor, 1, ENCODER_MOST_FEATURES);
  encoder->seed = (int)(uint32_t)take_integer(cursor, 0, UINT32_MAX);
  encoder->prior = take_number(cursor);
  if (!(encoder->prior > 0)) spoiled(cursor, "a prior above 0");
  encoder->average = take_room(cursor, ctx, encoder->n_statistics, sizeof *encoder->average);
  for (uint32_t s = 0; s < encoder->n_statistics && !cursor->bad; s++)
    encoder->average[s] = (float)take_number(cursor);
  uint32_t n = (uint32_t)take_integer(cursor, 0, encoder->n_inputs);
  encoder->maps = take_room(cursor, ctx, n, sizeof *encoder->maps);
  if (encoder->maps != NULL) encoder->n_maps = n;
  for (uint32_t m = 0; m < n && !cursor->bad; m++)
    take_map(cursor, encoder, &encoder->maps[m], m > 0 ? encoder->maps[m - 1].input + 1 : 0);
  uint32_t n_values = take_count(cursor, 0);
  float *values = take_room(cursor, ctx, n_values, sizeof *values);
  for (uint32_t i = 0; i < n_values && !cursor->bad; i++) values[i] = (float)take_number(cursor);
  n = (uint32_t)take_integer(cursor, 0, ENCODER_MOST_FEATURES);
  encoder->tables = take_room(cursor, ctx, n, sizeof *encoder->tables);
  if (encoder->tables != NULL) encoder->n_tables = n;
  for (uint32_t t = 0; t < n && !cursor->bad; t++)
    take_table(cursor, encoder, values, n_values, &encoder->tables[t]);
  if (!cursor->bad && cursor->at != cursor->end) spoiled(cursor, "the end of the text");
  copse_free(values);
}

copse_status copse_encoder_parse(copse_context *ctx, const char *text, size_t length, const char *place,
                                 const char *const *names, uint32_t n_inputs, copse_encoder **out,
                                 copse_error *err) {
  struct cursor cursor = {.text = text, .at = text, .end = text + length, .place = place, .err = err};
  copse_encoder *encoder = NULL;
  *out = NULL;
  copse_status status = encoder_create(ctx, &encoder, err);
  if (status != COPSE_OK) return status;
  take_all(&cursor, encoder);
  if (encoder->n_inputs > n_inputs)
    spoiled(&cursor, "at most %" PRIu32 " columns, found %" PRIu32, n_inputs, encoder->n_inputs);
  status = cursor.status;
  if (status == COPSE_OK) status = encoder_number(encoder, names, err);
  if (status == COPSE_OK) status = encoder_seal(encoder, err);
  if (status == COPSE_OK)
    *out = encoder;
  else
    copse_encoder_free(encoder);
  return status;
}
