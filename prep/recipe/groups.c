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
  return (struct row_cell){level->text, level->length, false, false};
}

double groups_number(const struct groups *groups, uint32_t group, uint32_t column) {
  int32_t code = codes_of(groups, group)[column];
  double value = (double)NAN;
  if (code >= 0) memcpy(&value, groups->columns[column].values.levels[code].text, sizeof value);
  return value;
}

/* ---- order ---- */

/* Sorting millions of values through their numbers would wait for memory at every comparison: the first
 * bytes of a text, and the places of a group's first two columns, lie in what is sorted. */
struct value_key {
  uint64_t head[2];
  uint32_t code;
};
struct group_key {
  uint64_t head;
  uint32_t group;
};

/* Eight bytes of a text from `at` on, as a number in their order. */
static uint64_t bytes_from(const struct dictionary_level *level, uint32_t at) {
  uint64_t head = 0;
  for (uint32_t i = at; i < at + 8; i++)
    head = head << 8 | (i < level->length ? (unsigned char)level->text[i] : 0);
  return head;
}

/* A number's bits as a whole number in its order. */
static uint64_t ordered_bits(const struct dictionary_level *level) {
  uint64_t bits;
  memcpy(&bits, level->text, sizeof bits);
  return bits >> 63 ? ~bits : bits | 1ull << 63;
}

static int compare_values(const void *a, const void *b, void *user) {
  const struct value_key *p = a, *q = b;
  const struct group_column *column = user;
  for (int i = 0; i < 2; i++)
    if (p->head[i] != q->head[i]) return p->head[i] < q->head[i] ? -1 : 1;
  if (!column->text) return 0;
  const struct dictionary_level *x = &column->values.levels[p->code], *y = &column->values.levels[q->code];
  int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
  return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

static bool rank_codes(struct group_column *column) {
  uint32_t n = column->values.n;
  struct value_key *keys = copse_alloc(column->values.ctx, n, sizeof *keys);
  column->rank = copse_alloc(column->values.ctx, n, sizeof *column->rank);
  bool ok = keys != NULL && column->rank != NULL;
  for (uint32_t i = 0; ok && i < n; i++) {
    const struct dictionary_level *level = &column->values.levels[i];
    keys[i] = column->text ? (struct value_key){{bytes_from(level, 0), bytes_from(level, 8)}, i}
                           : (struct value_key){{ordered_bits(level), 0}, i};
  }
  if (ok) qsort_r(keys, n, sizeof *keys, compare_values, column);
  for (uint32_t i = 0; ok && i < n; i++) column->rank[keys[i].code] = i;
  copse_free(keys);
  return ok;
}

/* Place of a group's value in its column, missing first. */
static uint32_t place_of(const struct groups *groups, uint32_t group, uint32_t column) {
  int32_t code = column < groups->n_columns ? codes_of(groups, group)[column] : -1;
  return code < 0 ? 0 : groups->columns[column].rank[code] + 1;
}

static int compare_groups(const void *a, const void *b, void *user) {
  const struct groups *groups = user;
  const struct group_key *p = a, *q = b;
  if (p->head != q->head) return p->head < q->head ? -1 : 1;
  for (uint32_t i = 2; i < groups->n_columns; i++) {
    uint32_t x = place_of(groups, p->group, i), y = place_of(groups, q->group, i);
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

uint32_t *groups_order(struct groups *groups) {
  for (uint32_t i = 0; i < groups->n_columns; i++)
    if (!rank_codes(&groups->columns[i])) return NULL;
  uint32_t n = groups->n, *order = copse_alloc(groups->ctx, n, sizeof *order);
  struct group_key *keys = copse_alloc(groups->ctx, n, sizeof *keys);
  for (uint32_t g = 0; keys != NULL && g < n; g++)
    keys[g] = (struct group_key){(uint64_t)place_of(groups, g, 0) << 32 | place_of(groups, g, 1), g};
  if (keys != NULL && order != NULL) {
    qsort_r(keys, n, sizeof *keys, compare_groups, groups);
    for (uint32_t i = 0; i < n; i++) order[i] = keys[i].group;
  } else {
    copse_free(order);
    order = NULL;
  }
  copse_free(keys);
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
