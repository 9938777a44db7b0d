/* encoder_draft.c - the levels of a column, and the table of a column or a pair of columns: one thread each,
 * in the order of the rows, so that no sum depends on threads. */
#include "data/encoder_draft.h"

#include "base/sort.h"
#include "data/encoded_table.h"

/* ---- levels ---- */

static void gather_codes(const struct fit *fit, uint32_t input, struct sort_pair *pairs, uint64_t *n_seen) {
  double values[ENCODER_BLOCK];
  uint64_t n = 0;
  for (uint64_t first = 0; first < fit->n_rows; first += ENCODER_BLOCK) {
    size_t rows = fit->n_rows - first < ENCODER_BLOCK ? (size_t)(fit->n_rows - first) : ENCODER_BLOCK;
    encoded_table_gather(fit->table, input, first, rows, values);
    for (size_t i = 0; i < rows; i++) {
      if (values[i] == COPSE_CODE_UNSEEN) continue;
      pairs[n++] = (struct sort_pair){(uint64_t)((int64_t)encoder_code(values[i]) + 1), first + i};
    }
  }
  *n_seen = n;
}

void draft_levels(void *user, size_t at, int thread) {
  (void)thread;
  struct fit *fit = user;
  struct level_map *map = &fit->encoder->maps[at];
  uint64_t n;
  struct sort_pair *pairs = copse_alloc(fit->ctx, 2 * fit->n_rows, sizeof *pairs);
  uint32_t *numbers = fit->numbers[at] = copse_alloc(fit->ctx, fit->n_rows, sizeof *numbers);
  if (pairs == NULL || numbers == NULL) {
    fit->drafts[at].failed = true;
    copse_free(pairs);
    return;
  }
  gather_codes(fit, map->input, pairs, &n);
  sort_pairs(pairs, pairs + fit->n_rows, n);
  for (uint64_t i = 0; i < n; i++) map->n_levels += i == 0 || pairs[i].key != pairs[i - 1].key;
  map->codes = copse_alloc(fit->ctx, map->n_levels, sizeof *map->codes);
  fit->drafts[at].failed = map->codes == NULL;
  for (uint64_t row = 0; row < fit->n_rows; row++) numbers[row] = ENCODER_UNSEEN;
  uint32_t level = 0;
  for (uint64_t i = 0; i < n && map->codes != NULL; i++) {
    level += i > 0 && pairs[i].key != pairs[i - 1].key;
    map->codes[level] = (int32_t)((int64_t)pairs[i].key - 1);
    numbers[pairs[i].value] = level;
  }
  copse_free(pairs);
}

/* The average that a row at this place sees: none of its own, nor of the rows behind it. */
static double average_at(const struct fit *fit, uint32_t statistic, uint64_t place) {
  if (place == 0) return 0;
  return fit->before[statistic * N_POWERS + 63 - (uint32_t)__builtin_clzll(place)];
}

/* ---- one table ---- */

/* (key, place) of all rows, by key and then by place; returns how many have one: the rest come last. */
static uint64_t sort_rows(const struct fit *fit, const struct level_table *table, struct sort_pair *pairs) {
  const uint32_t *first = fit->numbers[table->first];
  const uint32_t *second = table->second != ENCODER_NO_MAP ? fit->numbers[table->second] : NULL;
  uint64_t n_second = second != NULL ? fit->encoder->maps[table->second].n_levels : 1, n = 0;
  for (uint64_t place = 0; place < fit->n_rows; place++) {
    uint32_t row = fit->order[place];
    bool seen = first[row] != ENCODER_UNSEEN && (second == NULL || second[row] != ENCODER_UNSEEN);
    uint64_t key = seen ? first[row] * n_second + (second != NULL ? second[row] : 0) : UINT64_MAX;
    n += seen;
    pairs[place] = (struct sort_pair){key, place};
  }
  sort_pairs(pairs, pairs + fit->n_rows, fit->n_rows);
  return n;
}

static bool draft_rooms(const struct fit *fit, struct draft *draft) {
  struct level_table *table = &draft->table;
  uint32_t width = encoder_width(fit->encoder, table);
  draft->ordered = copse_alloc_zero(fit->ctx, width, sizeof *draft->ordered);
  table->values = copse_alloc(fit->ctx, (size_t)table->n_keys * width, sizeof *table->values);
  if (table->second != ENCODER_NO_MAP)
    table->keys = copse_alloc(fit->ctx, table->n_keys, sizeof *table->keys);
  if (draft->ordered == NULL || table->values == NULL) return false;
  for (uint32_t i = 0; i < width; i++) {
    draft->ordered[i] = copse_alloc(fit->ctx, fit->n_rows, sizeof *draft->ordered[i]);
    if (draft->ordered[i] == NULL) return false;
  }
  return table->second == ENCODER_NO_MAP || table->keys != NULL;
}

/* The rows of one level (none of them: those without a level), in their order. */
static void run_level(const struct fit *fit, struct draft *draft, const struct sort_pair *rows, uint64_t n,
                      uint32_t key) {
  const copse_encoder *encoder = fit->encoder;
  struct level_table *table = &draft->table;
  bool seen = key != ENCODER_UNSEEN;
  float *values = seen ? table->values + (size_t)key * encoder_width(encoder, table) : NULL;
  double a = encoder->prior;
  for (uint32_t s = 0; s < encoder->n_statistics; s++) {
    double sum = 0, weights = 0;
    for (uint64_t i = 0; i < n; i++) {
      uint64_t place = rows[i].value;
      uint32_t row = fit->order[place];
      double y = fit_target(fit, row, s), weight = fit_weight(fit, row);
      double value = (sum + a * average_at(fit, s, place)) / (weights + a);
      draft->ordered[s][row] = (float)value;
      draft->error += weight * ((y - value) * (y - value));
      if (!seen) continue;
      sum += weight * y;
      weights += weight;
    }
    if (seen) values[s] = (float)((sum + a * (double)encoder->average[s]) / (weights + a));
  }
  if (!table->counted) return;
  for (uint64_t i = 0; i < n; i++)
    draft->ordered[encoder->n_statistics][fit->order[rows[i].value]] = seen ? (float)n : 0.0F;
  if (seen) values[encoder->n_statistics] = (float)n;
}

static void fill_draft(struct fit *fit, struct draft *draft) {
  struct level_table *table = &draft->table;
  struct sort_pair *pairs = copse_alloc(fit->ctx, 2 * fit->n_rows, sizeof *pairs);
  draft->failed = pairs == NULL;
  if (draft->failed) return;
  uint64_t n = sort_rows(fit, table, pairs);
  for (uint64_t i = 0; i < n; i++) table->n_keys += i == 0 || pairs[i].key != pairs[i - 1].key;
  draft->failed = !draft_rooms(fit, draft);
  uint32_t key = 0;
  for (uint64_t i = 0, end; i < n && !draft->failed; i = end, key++) {
    for (end = i + 1; end < n && pairs[end].key == pairs[i].key;) end++;
    if (table->keys != NULL) table->keys[key] = pairs[i].key;
    run_level(fit, draft, pairs + i, end - i, key);
  }
  if (!draft->failed) run_level(fit, draft, pairs + n, fit->n_rows - n, ENCODER_UNSEEN);
  copse_free(pairs);
}

void draft_fill(void *user, size_t at, int thread) {
  (void)thread;
  struct fit *fit = user;
  if (!copse_context_cancelled(fit->ctx)) fill_draft(fit, &fit->drafts[at]);
}

void draft_release(const struct fit *fit, struct draft *draft) {
  for (uint32_t i = 0; draft->ordered != NULL && i < encoder_width(fit->encoder, &draft->table); i++)
    copse_free(draft->ordered[i]);
  copse_free(draft->ordered);
  level_table_release(&draft->table);
  *draft = (struct draft){.failed = false};
}
