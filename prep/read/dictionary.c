/* dictionary.c - text to code. A column's dictionary is built from the chunks' own ones and then sorted
 * bytewise, so that codes depend neither on the order of rows nor on threads. */
#include "read/dictionary.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_text(const char *text, size_t length) {
  uint64_t hash = 0x9E3779B97F4A7C15u ^ length;
  for (; length >= 8; text += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, text, 8);
    hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
    hash ^= hash >> 32;
  }
  uint64_t word = 0;
  memcpy(&word, text, length);
  hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
  return (uint32_t)(hash ^ hash >> 29 ^ hash >> 47);
}

/* The slot that holds the text, or the free one where it belongs. n_slots > 0. */
static uint32_t find_slot(const struct dictionary *d, const char *text, size_t length, uint32_t hash) {
  uint32_t mask = d->n_slots - 1, slot = hash & mask;
  for (; d->slots[slot] != 0; slot = (slot + 1) & mask) {
    const struct dictionary_level *level = &d->levels[d->slots[slot] - 1];
    if (level->hash == hash && level->length == length && memcmp(level->text, text, length) == 0) break;
  }
  return slot;
}

static void fill_slots(struct dictionary *d) {
  memset(d->slots, 0, d->n_slots * sizeof d->slots[0]);
  for (uint32_t code = 0; code < d->n; code++) {
    uint32_t slot = d->levels[code].hash & (d->n_slots - 1);
    while (d->slots[slot] != 0) slot = (slot + 1) & (d->n_slots - 1);
    d->slots[slot] = code + 1;
  }
}

static bool grow(struct dictionary *d) {
  uint32_t capacity = d->capacity == 0 ? 16 : d->capacity * 2;
  if (capacity > 1u << 30) return false;
  struct dictionary_level *levels = copse_resize(d->ctx, d->levels, capacity, sizeof *levels);
  if (levels == NULL) return false;
  d->levels = levels;
  uint32_t *slots = copse_alloc(d->ctx, (size_t)capacity * 2, sizeof *slots);
  if (slots == NULL) return false;
  copse_free(d->slots);
  d->slots = slots;
  d->n_slots = capacity * 2;
  d->capacity = capacity;
  fill_slots(d);
  return true;
}

int32_t dictionary_find(const struct dictionary *d, const char *text, size_t length) {
  if (d->n == 0) return -1;
  return (int32_t)d->slots[find_slot(d, text, length, hash_text(text, length))] - 1;
}

int32_t dictionary_add(struct dictionary *d, const char *text, size_t length) {
  uint32_t hash = hash_text(text, length);
  if (length > UINT32_MAX || (d->n == d->capacity && !grow(d))) return -1;
  uint32_t slot = find_slot(d, text, length, hash);
  if (d->slots[slot] == 0) {
    d->levels[d->n] = (struct dictionary_level){text, (uint32_t)length, hash};
    d->slots[slot] = ++d->n;
  }
  return (int32_t)d->slots[slot] - 1;
}

struct ranked {
  struct dictionary_level level;
  uint32_t code;
};

static int by_bytes(const void *a, const void *b) {
  const struct dictionary_level *x = &((const struct ranked *)a)->level,
                                *y = &((const struct ranked *)b)->level;
  int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
  return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

bool dictionary_seal(struct dictionary *d, uint32_t *rank) {
  size_t n_bytes = 0;
  for (uint32_t i = 0; i < d->n; i++) n_bytes += (size_t)d->levels[i].length + 1;
  char *bytes = copse_alloc(d->ctx, n_bytes, 1);
  struct ranked *order = copse_alloc(d->ctx, d->n, sizeof *order);
  bool ok = bytes != NULL && order != NULL;
  if (ok) {
    for (uint32_t i = 0; i < d->n; i++) order[i] = (struct ranked){d->levels[i], i};
    qsort(order, d->n, sizeof *order, by_bytes);
    char *next = bytes;
    for (uint32_t i = 0; i < d->n; i++) {
      d->levels[i] = order[i].level;
      d->levels[i].text = memcpy(next, order[i].level.text, order[i].level.length);
      next += order[i].level.length;
      *next++ = '\0';
      if (rank != NULL) rank[order[i].code] = i;
    }
    if (d->n > 0) fill_slots(d);
    copse_free(d->bytes);
    d->bytes = bytes;
  } else {
    copse_free(bytes);
  }
  copse_free(order);
  return ok;
}

void dictionary_release(struct dictionary *d) {
  copse_free(d->levels);
  copse_free(d->slots);
  copse_free(d->bytes);
  *d = (struct dictionary){.ctx = d->ctx};
}
