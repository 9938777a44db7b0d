/* groups.c - see groups.h. */
#define _GNU_SOURCE
#include "recipe/groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool groups_open(struct groups *groups, copse_context *ctx, uint32_t n_columns, uint32_t n_sums) {
  *groups = (struct groups){.ctx = ctx, .n_columns = n_columns, .n_sums = n_sums};
  groups->columns = copse_alloc_zero(ctx, n_columns, sizeof *groups->columns);
  groups->key = copse_alloc_zero(ctx, n_columns, sizeof *groups->key);
  groups->n_slots = 1024;
  groups->slots = copse_alloc_zero(ctx, groups->n_slots, sizeof *groups->slots);
  for (uint32_t i = 0; groups->columns != NULL && i < n_columns; i++)
    groups->columns[i].values.ctx = groups->columns[i].texts.ctx = ctx;
  return groups->columns != NULL && groups->key != NULL && groups->slots != NULL;
}

/* Code of some bytes, which are kept when they are new. */
static bool code_of(struct group_column *column, const char *bytes, size_t length, int32_t *out) {
  *out = dictionary_find(&column->values, bytes, length);
  if (*out >= 0) return true;
  char *copy = arena_reserve(&column->texts, length + 1);
  if (copy == NULL) return false;
  if (length > 0) memcpy(copy, bytes, length);
  arena_keep(&column->texts, length + 1);
  *out = dictionary_add(&column->values, copy, length);
  return *out >= 0;
}

bool groups_key_text(struct groups *groups, uint32_t column, const struct row_cell *cell) {
  groups->columns[column].text = true;
  groups->key[column] = -1;
  return cell->null || code_of(&groups->columns[column], cell->text, cell->length, &groups->key[column]);
}

bool groups_key_number(struct groups *groups, uint32_t column, double value) {
  char bytes[sizeof value];
  groups->key[column] = -1;
  if (isnan(value)) return true;
  if (value == 0) value = 0; /* one zero */
  memcpy(bytes, &value, sizeof value);
  return code_of(&groups->columns[column], bytes, sizeof bytes, &groups->key[column]);
}

static int32_t *codes_of(const struct groups *groups, uint32_t group) {
  return groups->codes[group / GROUP_PIECE] + (size_t)(group % GROUP_PIECE) * groups->n_columns;
}

double *groups_sums(const struct groups *groups, uint32_t group) {
  return groups->sums[group / GROUP_PIECE] + (size_t)(group % GROUP_PIECE) * groups->n_sums;
}

static uint64_t hash_codes(const int32_t *codes, uint32_t n) {
  uint64_t hash = 0x9E3779B97F4A7C15u;
  for (uint32_t i = 0; i < n; i++) {
    hash = (hash ^ (uint32_t)codes[i]) * 0xFF51AFD7ED558CCDu;
    hash ^= hash >> 32;
  }
  return hash;
}

static bool grow_slots(struct groups *groups) {
  uint32_t n_slots = groups->n_slots * 2;
  uint32_t *slots = copse_alloc_zero(groups->ctx, n_slots, sizeof *slots);
  if (slots == NULL || n_slots == 0) return false;
  for (uint32_t g = 0; g < groups->n; g++) {
    uint32_t slot = (uint32_t)hash_codes(codes_of(groups, g), groups->n_columns) & (n_slots - 1);
    while (slots[slot] != 0) slot = (slot + 1) & (n_slots - 1);
    slots[slot] = g + 1;
  }
  copse_free(groups->slots);
  groups->slots = slots;
  groups->n_slots = n_slots;
  return true;
}

static bool add_piece(struct groups *groups) {
  if (groups->n_pieces == groups->capacity) {
    size_t capacity = groups->capacity == 0 ? 16 : groups->capacity * 2;
    int32_t **codes = copse_resize(groups->ctx, groups->codes, capacity, sizeof(int32_t *));
    if (codes == NULL) return false;
    groups->codes = codes;
    double **sums = copse_resize(groups->ctx, groups->sums, capacity, sizeof(double *));
    if (sums == NULL) return false;
    groups->sums = sums;
    groups->capacity = capacity;
  }
  int32_t *codes = copse_alloc(groups->ctx, GROUP_PIECE, groups->n_columns * sizeof *codes);
  double *sums = copse_alloc_zero(groups->ctx, GROUP_PIECE, groups->n_sums * sizeof *sums);
  if (codes == NULL || sums == NULL) {
    copse_free(codes);
    copse_free(sums);
    return false;
  }
  groups->codes[groups->n_pieces] = codes;
  groups->sums[groups->n_pieces++] = sums;
  return true;
}

int64_t groups_find(struct groups *groups, bool *fresh) {
  size_t bytes = groups->n_columns * sizeof *groups->key;
  if (groups->n >= groups->n_slots / 2 + groups->n_slots / 4 && !grow_slots(groups)) return -1;
  uint32_t mask = groups->n_slots - 1, slot = (uint32_t)hash_codes(groups->key, groups->n_columns) & mask;
  for (; groups->slots[slot] != 0; slot = (slot + 1) & mask)
    if (memcmp(codes_of(groups, groups->slots[slot] - 1), groups->key, bytes) == 0) {
      *fresh = false;
      return groups->slots[slot] - 1;
    }
  if (groups->n == INT32_MAX || (groups->n / GROUP_PIECE == groups->n_pieces && !add_piece(groups)))
    return -1;
  memcpy(codes_of(groups, groups->n), groups->key, bytes);
  *fresh = true;
  groups->slots[slot] = groups->n + 1;
  return groups->n++;
}

struct row_cell groups_text(const struct groups *groups, uint32_t group, uint32_t column) {
  int32_t code = codes_of(groups, group)[column];
  if (code < 0) return cell_null;
  const struct dictionary_level *level = &groups->columns[column].values.levels[code];
  return cell_of_text(level->text, level->length);
}

double groups_number(const struct groups *groups, uint32_t group, uint32_t column) {
  int32_t code = codes_of(groups, group)[column];
  double value = (double)NAN;
  if (code >= 0) memcpy(&value, groups->columns[column].values.levels[code].text, sizeof value);
  return value;
}

/* ---- order ---- */

static int compare_codes(const void *a, const void *b, void *user) {
  const struct group_column *column = user;
  const struct dictionary_level *x = &column->values.levels[*(const uint32_t *)a],
                                *y = &column->values.levels[*(const uint32_t *)b];
  if (!column->text) {
    double p, q;
    memcpy(&p, x->text, sizeof p);
    memcpy(&q, y->text, sizeof q);
    return (p > q) - (p < q);
  }
  int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
  return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

static bool rank_codes(struct group_column *column) {
  uint32_t n = column->values.n, *order = copse_alloc(column->values.ctx, n, sizeof *order);
  column->rank = copse_alloc(column->values.ctx, n, sizeof *column->rank);
  bool ok = order != NULL && column->rank != NULL;
  for (uint32_t i = 0; ok && i < n; i++) order[i] = i;
  if (ok) qsort_r(order, n, sizeof *order, compare_codes, column);
  for (uint32_t i = 0; ok && i < n; i++) column->rank[order[i]] = i;
  copse_free(order);
  return ok;
}

static int compare_groups(const void *a, const void *b, void *user) {
  const struct groups *groups = user;
  const int32_t *x = codes_of(groups, *(const uint32_t *)a), *y = codes_of(groups, *(const uint32_t *)b);
  for (uint32_t i = 0; i < groups->n_columns; i++) {
    if (x[i] == y[i]) continue;
    const uint32_t *rank = groups->columns[i].rank;
    int64_t p = x[i] < 0 ? -1 : (int64_t)rank[x[i]], q = y[i] < 0 ? -1 : (int64_t)rank[y[i]];
    return (p > q) - (p < q);
  }
  return 0;
}

uint32_t *groups_order(struct groups *groups) {
  for (uint32_t i = 0; i < groups->n_columns; i++)
    if (!rank_codes(&groups->columns[i])) return NULL;
  uint32_t *order = copse_alloc(groups->ctx, groups->n, sizeof *order);
  for (uint32_t g = 0; order != NULL && g < groups->n; g++) order[g] = g;
  if (order != NULL) qsort_r(order, groups->n, sizeof *order, compare_groups, groups);
  return order;
}

void groups_release(struct groups *groups) {
  for (uint32_t i = 0; groups->columns != NULL && i < groups->n_columns; i++) {
    dictionary_release(&groups->columns[i].values);
    arena_release(&groups->columns[i].texts);
    copse_free(groups->columns[i].rank);
  }
  for (size_t i = 0; i < groups->n_pieces; i++) {
    copse_free(groups->codes[i]);
    copse_free(groups->sums[i]);
  }
  copse_free(groups->columns);
  copse_free(groups->codes);
  copse_free(groups->sums);
  copse_free(groups->slots);
  copse_free(groups->key);
  *groups = (struct groups){0};
}
