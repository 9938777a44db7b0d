/* encoder.c - an encoder's life, its columns, and what they say of a level; see encoder.h. */
#include "data/encoder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/search.h"
#include "base/status.h"
#include "data/encoded_table.h"

copse_status encoder_create(copse_context *ctx, copse_encoder **out, copse_error *err) {
  *out = copse_alloc_zero(ctx, 1, sizeof **out);
  if (*out == NULL) return status_memory(err, "an encoder");
  (*out)->ctx = ctx;
  atomic_init(&(*out)->references, 1);
  return COPSE_OK;
}

void level_table_release(struct level_table *table) {
  copse_free(table->keys);
  copse_free(table->values);
  *table = (struct level_table){.n_keys = 0};
}

copse_encoder *copse_encoder_ref(copse_encoder *encoder) {
  atomic_fetch_add_explicit(&encoder->references, 1, memory_order_relaxed);
  return encoder;
}

void copse_encoder_free(copse_encoder *encoder) {
  if (encoder == NULL) return;
  if (atomic_fetch_sub_explicit(&encoder->references, 1, memory_order_acq_rel) != 1) return;
  copse_encoder_forget(encoder);
  copse_free(encoder->ordered);
  for (uint32_t m = 0; encoder->maps != NULL && m < encoder->n_maps; m++) copse_free(encoder->maps[m].codes);
  for (uint32_t t = 0; encoder->tables != NULL && t < encoder->n_tables; t++)
    level_table_release(&encoder->tables[t]);
  copse_free(encoder->maps);
  copse_free(encoder->tables);
  copse_free(encoder->average);
  copse_free(encoder->table_of);
  copse_free(encoder->replaced);
  copse_free(encoder->names);
  copse_free(encoder);
}

/* ---- columns ---- */

void encoder_spread_groups(const copse_encoder *encoder, uint64_t *of_feature, size_t n_words) {
  if (encoder == NULL) return;
  for (uint32_t d = 0; d < encoder->n_derived; d++) {
    const struct level_table *table = &encoder->tables[encoder->table_of[d]];
    const uint64_t *first = of_feature + encoder->maps[table->first].input * n_words, *second = first;
    if (table->second != ENCODER_NO_MAP) second = of_feature + encoder->maps[table->second].input * n_words;
    for (size_t w = 0; w < n_words; w++)
      of_feature[(encoder->n_inputs + (size_t)d) * n_words + w] |= first[w] & second[w];
  }
}

/* "ordered(a*b)@2", "rows(a)"; out NULL: the length only. */
static size_t derived_name(const copse_encoder *encoder, const char *const *names, uint32_t derived,
                           char *out, size_t capacity) {
  const struct level_table *table = &encoder->tables[encoder->table_of[derived]];
  uint32_t statistic = derived - table->first_derived;
  bool counts = statistic == encoder->n_statistics, pair = table->second != ENCODER_NO_MAP;
  char made[2][24], class_text[16] = "";
  const char *text[2] = {"", ""};
  for (int i = 0; i < 1 + pair; i++) {
    uint32_t input = encoder->maps[i == 0 ? table->first : table->second].input;
    snprintf(made[i], sizeof made[i], "Column_%" PRIu32, input);
    text[i] = names != NULL ? names[input] : made[i];
  }
  if (encoder->n_statistics > 1 && !counts) snprintf(class_text, sizeof class_text, "@%" PRIu32, statistic);
  int length = snprintf(out, capacity, "%s(%s%s%s)%s", counts ? "rows" : "ordered", text[0], pair ? "*" : "",
                        text[1], class_text);
  return length < 0 ? 0 : (size_t)length;
}

static copse_status make_names(copse_encoder *encoder, const char *const *names, copse_error *err) {
  size_t bytes = 0;
  for (uint32_t d = 0; d < encoder->n_derived; d++) bytes += derived_name(encoder, names, d, NULL, 0) + 1;
  encoder->names = copse_alloc(encoder->ctx, encoder->n_derived * sizeof *encoder->names + bytes, 1);
  if (encoder->names == NULL) return status_memory(err, "the names of encoded columns");
  char *text = (char *)(encoder->names + encoder->n_derived);
  for (uint32_t d = 0; d < encoder->n_derived; d++) {
    size_t room = derived_name(encoder, names, d, NULL, 0) + 1;
    derived_name(encoder, names, d, text, room);
    for (char *c = text; *c != '\0'; c++)
      if (*c == ' ') *c = '_';
    encoder->names[d] = text;
    text += room;
  }
  return COPSE_OK;
}

copse_status encoder_number(copse_encoder *encoder, const char *const *names, copse_error *err) {
  uint64_t n = 0;
  encoder->replaced = copse_alloc_zero(encoder->ctx, encoder->n_inputs, sizeof *encoder->replaced);
  if (encoder->replaced == NULL) return status_memory(err, "an encoder");
  for (uint32_t t = 0; t < encoder->n_tables; t++) {
    struct level_table *table = &encoder->tables[t];
    table->first_derived = (uint32_t)n;
    n += encoder_width(encoder, table);
    if (n + encoder->n_inputs > ENCODER_MOST_FEATURES)
      return status_set(err, COPSE_ERR_UNSUPPORTED,
                        "cat_encoding=ordered makes more than %d features of %" PRIu32
                        " columns: lower cat_pairs, or leave columns out",
                        ENCODER_MOST_FEATURES, encoder->n_inputs);
    if (table->second == ENCODER_NO_MAP) encoder->replaced[encoder->maps[table->first].input] = true;
  }
  encoder->n_derived = (uint32_t)n;
  encoder->n_replaced = 0;
  for (uint32_t i = 0; i < encoder->n_inputs; i++) encoder->n_replaced += encoder->replaced[i];
  encoder->table_of = copse_alloc(encoder->ctx, n, sizeof *encoder->table_of);
  if (encoder->table_of == NULL) return status_memory(err, "an encoder");
  for (uint32_t t = 0; t < encoder->n_tables; t++)
    for (uint32_t i = 0; i < encoder_width(encoder, &encoder->tables[t]); i++)
      encoder->table_of[encoder->tables[t].first_derived + i] = t;
  return make_names(encoder, names, err);
}

copse_status encoder_seal(copse_encoder *encoder, copse_error *err) {
  copse_text text = {.ctx = encoder->ctx};
  copse_status status = copse_encoder_write(encoder, &text, err);
  if (status == COPSE_OK) copse_hash(text.data, text.length, 0, encoder->digest);
  copse_text_release(&text);
  return status;
}

uint32_t copse_encoder_n_inputs(const copse_encoder *encoder) { return encoder->n_inputs; }
uint32_t copse_encoder_n_derived(const copse_encoder *encoder) { return encoder->n_derived; }
const char *copse_encoder_name(const copse_encoder *encoder, uint32_t derived) {
  return encoder->names[derived];
}
bool copse_encoder_replaces(const copse_encoder *encoder, uint32_t input) { return encoder->replaced[input]; }

const float *copse_encoder_ordered(const copse_encoder *encoder, uint32_t derived) {
  return encoder->ordered != NULL ? encoder->ordered[derived] : NULL;
}

void copse_encoder_forget(copse_encoder *encoder) {
  for (uint32_t d = 0; encoder->ordered != NULL && d < encoder->n_derived; d++) {
    copse_free(encoder->ordered[d]);
    encoder->ordered[d] = NULL;
  }
}

/* ---- values ---- */

uint32_t level_map_find(const struct level_map *map, double value) {
  if (value == COPSE_CODE_UNSEEN) return ENCODER_UNSEEN;
  int32_t code = encoder_code(value);
  uint32_t at = (uint32_t)search_from_i32(map->codes, map->n_levels, code);
  return at < map->n_levels && map->codes[at] == code ? at : ENCODER_UNSEEN;
}

static uint32_t find_key(const struct level_table *table, uint64_t key) {
  uint32_t at = (uint32_t)search_from_u64(table->keys, table->n_keys, key);
  return at < table->n_keys && table->keys[at] == key ? at : ENCODER_UNSEEN;
}

float encoder_value(const copse_encoder *encoder, uint32_t derived, uint32_t first, uint32_t second) {
  const struct level_table *table = &encoder->tables[encoder->table_of[derived]];
  uint32_t statistic = derived - table->first_derived, key = first;
  if (table->second != ENCODER_NO_MAP) {
    bool seen = first != ENCODER_UNSEEN && second != ENCODER_UNSEEN;
    uint64_t n_levels = encoder->maps[table->second].n_levels;
    key = seen ? find_key(table, first * n_levels + second) : ENCODER_UNSEEN;
  }
  if (key == ENCODER_UNSEEN) return statistic < encoder->n_statistics ? encoder->average[statistic] : 0.0F;
  return table->values[(size_t)key * encoder_width(encoder, table) + statistic];
}

void encoder_row(const copse_encoder *encoder, const double *row, double *derived) {
  uint32_t numbers[ENCODER_MOST_FEATURES]; /* written before they are read */
  for (uint32_t m = 0; m < encoder->n_maps; m++)
    numbers[m] = level_map_find(&encoder->maps[m], row[encoder->maps[m].input]);
  for (uint32_t d = 0; d < encoder->n_derived; d++) {
    const struct level_table *table = &encoder->tables[encoder->table_of[d]];
    uint32_t second = table->second != ENCODER_NO_MAP ? numbers[table->second] : ENCODER_UNSEEN;
    derived[d] = (double)encoder_value(encoder, d, numbers[table->first], second);
  }
}

struct apply_job {
  const struct encoded_table *encoded;
  float *out;
  uint64_t n_rows;
};

static void apply_column(void *user, size_t derived, int thread) {
  (void)thread;
  const struct apply_job *job = user;
  double values[ENCODER_BLOCK];
  for (uint64_t first = 0; first < job->n_rows; first += ENCODER_BLOCK) {
    size_t n = job->n_rows - first < ENCODER_BLOCK ? (size_t)(job->n_rows - first) : ENCODER_BLOCK;
    encoded_table_read(job->encoded, job->encoded->encoder->n_inputs + (uint32_t)derived, first, n, values);
    for (size_t i = 0; i < n; i++) job->out[derived * job->n_rows + first + i] = (float)values[i];
  }
}

copse_status copse_encoder_apply(const copse_encoder *encoder, const copse_table *table, int n_threads,
                                 float *out, copse_error *err) {
  struct encoded_table encoded;
  copse_status status = encoded_table_open(encoder, table, false, &encoded, err);
  if (status != COPSE_OK) return status;
  struct apply_job job = {&encoded, out, table->n_rows};
  copse_parallel_for(n_threads, encoder->n_derived, apply_column, &job);
  return status_check_cancel(encoder->ctx, err);
}
