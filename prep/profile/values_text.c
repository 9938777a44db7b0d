/* values_text.c - texts: when the table is full the rarer half goes. */
#include <stdlib.h>
#include <string.h>

#include "profile/cell.h"
#include "profile/distinct.h"
#include "profile/values_table.h"

static int compare_counts(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

/* The rarer half of the texts goes, with all that are as rare. */
static bool prune(struct values *values) {
  uint64_t *counts = copse_alloc(values->ctx, values->n, sizeof *counts);
  if (counts == NULL) return false;
  for (uint32_t i = 0; i < values->n; i++) counts[i] = values->entries[i].n;
  qsort(counts, values->n, sizeof *counts, compare_counts);
  uint64_t most = counts[values->n / 2];
  copse_free(counts);
  uint32_t n = 0;
  size_t n_bytes = 0;
  for (uint32_t i = 0; i < values->n; i++) { /* texts lie in the order of the entries */
    struct value *v = &values->entries[i];
    uint64_t lost = v->n + v->text.n_lost;
    if (v->n <= most) {
      if (lost > values->n_lost) values->n_lost = lost > UINT32_MAX ? UINT32_MAX : (uint32_t)lost;
      continue;
    }
    memmove(values->bytes + n_bytes, values->bytes + v->text.at, v->text.kept);
    v->text.at = (uint32_t)n_bytes;
    n_bytes += v->text.kept;
    values->entries[n] = *v;
    tally_move(&values->tally, n++, i);
  }
  values->n = n;
  values->n_bytes = n_bytes;
  values_fill_slots(values);
  return true;
}

uint32_t values_kept_length(const char *text, size_t length) {
  if (length <= VALUES_TEXT_KEPT) return (uint32_t)length;
  uint32_t n = VALUES_TEXT_KEPT;
  while (n > VALUES_TEXT_KEPT - 4 && ((unsigned char)text[n] & 0xC0) == 0x80) n--;
  return n;
}

static bool keep_text(struct values *values, const char *text, size_t length, struct value *out) {
  uint32_t kept = values_kept_length(text, length);
  if (values->n_bytes + kept > values->bytes_capacity) {
    size_t capacity = values->bytes_capacity == 0 ? 256 : values->bytes_capacity * 2;
    while (capacity < values->n_bytes + kept) capacity *= 2;
    char *bytes = copse_resize(values->ctx, values->bytes, capacity, 1);
    if (bytes == NULL) return false;
    values->bytes = bytes;
    values->bytes_capacity = capacity;
  }
  memcpy(values->bytes + values->n_bytes, text, kept);
  out->text.at = (uint32_t)values->n_bytes;
  out->text.kept = kept;
  out->text.length = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
  out->text.n_lost = values->n_lost;
  values->n_bytes += kept;
  return true;
}

uint32_t values_add_text(struct values *values, uint64_t hash, const char *text, size_t length, uint64_t n) {
  if (values->failed) return UINT32_MAX;
  if (!values->exact) distinct_add(values->registers, mix64(hash));
  uint32_t *slot = values->n_slots > 0 ? values_slot_of(values, hash) : NULL;
  if (slot != NULL && *slot != 0) {
    values->entries[*slot - 1].n += n;
    return *slot - 1;
  }
  if (values->n >= values->limit) {
    bool ok = true;
    if (values->exact) {
      ok = values_lose_exactness(values);
      for (uint32_t i = 0; i < values->n && ok; i++)
        distinct_add(values->registers, mix64(values->entries[i].key));
    }
    if (ok) distinct_add(values->registers, mix64(hash));
    if (!ok || !prune(values)) {
      values_give_up(values);
      return UINT32_MAX;
    }
  }
  struct value fresh = {.key = hash, .n = n};
  if (!values_grow(values) || !keep_text(values, text, length, &fresh)) {
    values_give_up(values);
    return UINT32_MAX;
  }
  slot = values_slot_of(values, hash);
  values->entries[values->n] = fresh;
  if (values->tally.shape.n_classes > 0) tally_clear(&values->tally, values->n);
  *slot = ++values->n;
  return values->n - 1;
}

struct ranked {
  uint64_t n;
  const char *text;
  uint32_t kept, entry;
};

static int compare_ranked(const void *a, const void *b) {
  const struct ranked *x = a, *y = b;
  if (x->n != y->n) return x->n > y->n ? -1 : 1;
  int c = memcmp(x->text, y->text, x->kept < y->kept ? x->kept : y->kept);
  if (c != 0) return c;
  return x->kept < y->kept ? -1 : x->kept > y->kept;
}

static bool order_texts(const struct values *values, uint32_t *order) {
  struct ranked *ranked = copse_alloc(values->ctx, values->n, sizeof *ranked);
  if (ranked == NULL) return false;
  for (uint32_t i = 0; i < values->n; i++) {
    const struct value *v = &values->entries[i];
    ranked[i] = (struct ranked){v->n, values->bytes + v->text.at, v->text.kept, i};
  }
  qsort(ranked, values->n, sizeof *ranked, compare_ranked);
  for (uint32_t i = 0; i < values->n; i++) order[i] = ranked[i].entry;
  copse_free(ranked);
  return true;
}

/* Entries and tally in the given order. */
static bool reorder(struct values *values, const uint32_t *order) {
  struct values old = *values;
  values->entries = NULL;
  values->slots = NULL;
  values->tally = (struct tally){.ctx = values->ctx, .shape = old.tally.shape};
  if (!values_fresh_tables(values, old.capacity)) {
    *values = old;
    return false;
  }
  for (uint32_t i = 0; i < old.n; i++) {
    values->entries[values->n++] = old.entries[order[i]];
    values_add_tally(values, i, &old, order[i]);
  }
  values_fill_slots(values);
  copse_free(old.entries);
  copse_free(old.slots);
  tally_release(&old.tally);
  return true;
}

bool values_sort_texts(struct values *values) {
  uint32_t *order = copse_alloc(values->ctx, values->n, sizeof *order);
  bool ok = order != NULL && order_texts(values, order) && reorder(values, order);
  copse_free(order);
  return ok;
}
