/* values.c - see values.h. */
#include "profile/values.h"

#include <stdlib.h>
#include <string.h>

#include "profile/cell.h"
#include "profile/distinct.h"

enum { FIRST_SLOTS = 32 };

uint64_t number_key(double x) {
  uint64_t bits;
  x += 0.0; /* -0 */
  memcpy(&bits, &x, sizeof bits);
  return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

void values_init(struct values *values, copse_context *ctx, bool texts, uint32_t limit) {
  *values = (struct values){.ctx = ctx, .texts = texts, .exact = true, .limit = limit, .tally = {.ctx = ctx}};
}

static uint32_t *slot_of(const struct values *values, uint64_t key) {
  uint32_t mask = values->n_slots - 1;
  uint64_t h = values->texts ? key : key * 0x9e3779b97f4a7c15u;
  for (uint32_t at = (uint32_t)(h >> 32) & mask;; at = (at + 1) & mask) {
    uint32_t entry = values->slots[at];
    if (entry == 0 || values->entries[entry - 1].key == key) return &values->slots[at];
  }
}

static void fill_slots(struct values *values) {
  memset(values->slots, 0, values->n_slots * sizeof *values->slots);
  for (uint32_t i = 0; i < values->n; i++) *slot_of(values, values->entries[i].key) = i + 1;
}

static void give_up(struct values *values) { values->failed = true; }

/* Room for one entry more. */
static bool grow(struct values *values) {
  if (values->n < values->capacity) return true;
  uint32_t capacity = values->capacity == 0 ? FIRST_SLOTS / 2 : values->capacity * 2;
  struct value *entries = copse_resize(values->ctx, values->entries, capacity, sizeof *entries);
  if (entries == NULL) return false;
  values->entries = entries;
  if (!tally_fit(&values->tally, values->n, capacity, values->tally.shape)) return false;
  uint32_t *slots = copse_alloc(values->ctx, (size_t)capacity * 2, sizeof *slots);
  if (slots == NULL) return false;
  copse_free(values->slots);
  values->slots = slots;
  values->n_slots = capacity * 2;
  values->capacity = capacity;
  fill_slots(values);
  return true;
}

static bool lose_exactness(struct values *values) {
  values->exact = false;
  values->registers = copse_alloc_zero(values->ctx, DISTINCT_REGISTERS, 1);
  if (values->registers == NULL) return false;
  for (uint32_t i = 0; i < values->n; i++)
    distinct_add(values->registers, mix64(values->entries[i].key));
  return true;
}

/* ---- numbers ---- */

/* Sorts order [n] by key, eight bits at a time; positions that are the same in all keys are passed over. */
static bool sort_by_key(const struct values *values, uint32_t *order) {
  uint32_t n = values->n, *from = order, *room = copse_alloc(values->ctx, n, sizeof *room), *to = room;
  if (room == NULL) return false;
  for (uint32_t i = 0; i < n; i++) order[i] = i;
  for (int byte = 0; byte < 64; byte += 8) {
    uint32_t starts[257] = {0};
    for (uint32_t i = 0; i < n; i++) starts[(values->entries[i].key >> byte & 255) + 1]++;
    if (n > 0 && starts[(values->entries[0].key >> byte & 255) + 1] == n) continue;
    for (int d = 0; d < 256; d++) starts[d + 1] += starts[d];
    for (uint32_t i = 0; i < n; i++) to[starts[values->entries[from[i]].key >> byte & 255]++] = from[i];
    uint32_t *other = from;
    from = to;
    to = other;
  }
  if (from != order) memcpy(order, from, n * sizeof *order);
  copse_free(room);
  return true;
}

/* Entries and tally in the given order, those with the same key >> drop as one. */
static bool rebuild(struct values *values, const uint32_t *order, unsigned drop) {
  struct value *entries = copse_alloc(values->ctx, values->capacity, sizeof *entries);
  struct tally fresh = {.ctx = values->ctx};
  const struct tally *old = &values->tally;
  size_t width = (size_t)old->shape.n_classes * TALLY_FOLDS;
  if (entries == NULL || !tally_fit(&fresh, 0, values->capacity, old->shape)) {
    copse_free(entries);
    return false;
  }
  uint32_t n = 0;
  for (uint32_t i = 0; i < values->n; i++) {
    const struct value *v = &values->entries[order[i]];
    uint64_t key = v->key >> drop;
    if (n == 0 || entries[n - 1].key != key) {
      entries[n] = *v;
      entries[n++].key = key;
    } else {
      entries[n - 1].n += v->n;
      entries[n - 1].number.hi = v->number.hi;
    }
    for (size_t c = 0; c < width; c++) fresh.counts[(n - 1) * width + c] += old->counts[order[i] * width + c];
    for (size_t f = 0; f < TALLY_FOLDS && old->shape.sums; f++)
      fresh.sums[(n - 1) * TALLY_FOLDS + f] += old->sums[order[i] * TALLY_FOLDS + f];
  }
  copse_free(values->entries);
  tally_release(&values->tally);
  values->entries = entries;
  values->tally = fresh;
  values->n = n;
  values->shift += drop;
  fill_slots(values);
  return true;
}

/* Leaves out as many low bits as it takes to have at most `most` entries. */
static bool coarsen(struct values *values, uint32_t most) {
  uint32_t *order = copse_alloc(values->ctx, values->n, sizeof *order), borders[65] = {0};
  bool ok = order != NULL && sort_by_key(values, order);
  unsigned drop = 0;
  if (ok) {
    /* two neighbours stay apart until their highest different bit is left out */
    for (uint32_t i = 1; i < values->n; i++) {
      uint64_t different = values->entries[order[i - 1]].key ^ values->entries[order[i]].key;
      borders[63 - __builtin_clzll(different)]++;
    }
    for (uint32_t n = values->n; n > most && drop < 63; drop++) n -= borders[drop];
    ok = rebuild(values, order, drop);
  }
  copse_free(order);
  return ok;
}

static bool coarsen_bit(struct values *values) {
  uint32_t *order = copse_alloc(values->ctx, values->n, sizeof *order);
  bool ok = order != NULL && values->shift < 63 && sort_by_key(values, order) && rebuild(values, order, 1);
  copse_free(order);
  return ok;
}

uint32_t values_add_number(struct values *values, double x, uint64_t n) {
  if (values->failed) return UINT32_MAX;
  uint64_t full = number_key(x);
  if (!values->exact) distinct_add(values->registers, mix64(full));
  for (;;) {
    uint64_t key = full >> values->shift;
    uint32_t *slot = values->n_slots > 0 ? slot_of(values, key) : NULL;
    if (slot != NULL && *slot != 0) {
      struct value *v = &values->entries[*slot - 1];
      v->n += n;
      if (x < v->number.lo) v->number.lo = x;
      if (x > v->number.hi) v->number.hi = x;
      return *slot - 1;
    }
    uint32_t most = values->exact ? values->limit : values->limit / VALUES_NARROW;
    if (values->n >= most) {
      /* bit by bit from there: the fewest that do for all values, this one included */
      bool ok = values->exact ? lose_exactness(values) && coarsen(values, values->limit / VALUES_NARROW)
                              : coarsen_bit(values);
      if (!ok) break;
      distinct_add(values->registers, mix64(full));
      continue;
    }
    if (!grow(values)) break;
    slot = slot_of(values, key);
    values->entries[values->n] = (struct value){.key = key, .n = n, .number = {x + 0.0, x + 0.0}};
    if (values->tally.shape.n_classes > 0) tally_clear(&values->tally, values->n);
    *slot = ++values->n;
    return values->n - 1;
  }
  give_up(values);
  return UINT32_MAX;
}

/* ---- texts ---- */

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
  fill_slots(values);
  return true;
}

/* Length of the text's start that is kept: no UTF-8 character is cut. */
static uint32_t kept_length(const char *text, size_t length) {
  if (length <= VALUES_TEXT_KEPT) return (uint32_t)length;
  uint32_t n = VALUES_TEXT_KEPT;
  while (n > VALUES_TEXT_KEPT - 4 && ((unsigned char)text[n] & 0xC0) == 0x80) n--;
  return n;
}

static bool keep_text(struct values *values, const char *text, size_t length, struct value *out) {
  uint32_t kept = kept_length(text, length);
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
  uint32_t *slot = values->n_slots > 0 ? slot_of(values, hash) : NULL;
  if (slot != NULL && *slot != 0) {
    values->entries[*slot - 1].n += n;
    return *slot - 1;
  }
  if (values->n >= values->limit) {
    bool ok = !values->exact || lose_exactness(values);
    if (ok) distinct_add(values->registers, mix64(hash));
    if (!ok || !prune(values)) {
      give_up(values);
      return UINT32_MAX;
    }
  }
  struct value fresh = {.key = hash, .n = n};
  if (!grow(values) || !keep_text(values, text, length, &fresh)) {
    give_up(values);
    return UINT32_MAX;
  }
  slot = slot_of(values, hash);
  values->entries[values->n] = fresh;
  if (values->tally.shape.n_classes > 0) tally_clear(&values->tally, values->n);
  *slot = ++values->n;
  return values->n - 1;
}

/* ---- both ---- */

void values_shape(struct values *values, struct tally_shape shape) {
  if (shape.n_classes == values->tally.shape.n_classes && shape.sums == values->tally.shape.sums) return;
  if (!tally_fit(&values->tally, values->n, values->capacity, shape)) give_up(values);
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

void values_sort(struct values *values) {
  if (values->failed || values->n == 0) return;
  uint32_t *order = copse_alloc(values->ctx, values->n, sizeof *order);
  bool ok = order != NULL && (values->texts ? order_texts(values, order) : sort_by_key(values, order)) &&
            rebuild(values, order, 0);
  copse_free(order);
  if (!ok) give_up(values);
}

double values_distinct(const struct values *values) {
  return values->exact ? values->n : distinct_estimate(values->registers);
}

uint32_t values_find(const struct values *values, uint64_t key) {
  return values->n_slots > 0 ? *slot_of(values, key) - 1 : UINT32_MAX;
}

uint64_t values_total(const struct values *values) {
  uint64_t n = 0;
  for (uint32_t i = 0; i < values->n; i++) n += values->entries[i].n;
  return n;
}

void values_release(struct values *values) {
  copse_free(values->entries);
  copse_free(values->slots);
  copse_free(values->bytes);
  copse_free(values->registers);
  tally_release(&values->tally);
  values_init(values, values->ctx, values->texts, values->limit);
}
