/* values.c - see values.h. */
#include "profile/values.h"

#include <stdlib.h>
#include <string.h>

#include "profile/cell.h"
#include "profile/distinct.h"

enum { FIRST_SLOTS = 32, DIRECT_PER_ENTRY = 32 };

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

/* A key is looked up in one step instead of some: most numbers of a file take it. */
static void fill_direct(struct values *values) {
  copse_free(values->direct);
  values->direct = NULL;
  if (values->exact || values->n == 0 || values->n > UINT16_MAX) return;
  uint64_t range = values->entries[values->n - 1].key - values->entries[0].key + 1;
  if (range > (uint64_t)values->limit * DIRECT_PER_ENTRY) return;
  values->direct =
      copse_alloc_zero(values->ctx, range, sizeof *values->direct); /* or not: it only saves time */
  if (values->direct == NULL) return;
  values->direct_base = values->entries[0].key;
  values->n_direct = (uint32_t)range;
  for (uint32_t i = 0; i < values->n; i++)
    values->direct[values->entries[i].key - values->direct_base] = (uint16_t)(i + 1);
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

/* ---- numbers ---- */

struct keyed {
  uint64_t key;
  uint32_t at;
};

/* Sorts list [n] by key, eight bits at a time; positions that are the same in all keys are passed over. */
static bool sort_keys(copse_context *ctx, struct keyed *list, uint32_t n) {
  struct keyed *room = copse_alloc(ctx, n, sizeof *room), *from = list, *to = room;
  if (room == NULL) return false;
  for (int byte = 0; byte < 64; byte += 8) {
    uint32_t starts[257] = {0};
    for (uint32_t i = 0; i < n; i++) starts[(from[i].key >> byte & 255) + 1]++;
    if (n > 0 && starts[(from[0].key >> byte & 255) + 1] == n) continue;
    for (int d = 0; d < 256; d++) starts[d + 1] += starts[d];
    for (uint32_t i = 0; i < n; i++) to[starts[from[i].key >> byte & 255]++] = from[i];
    struct keyed *other = from;
    from = to;
    to = other;
  }
  if (from != list) memcpy(list, from, n * sizeof *list);
  copse_free(room);
  return true;
}

/* How many low bits of sorted keys [n] must go for at most `most` different ones to be left. *n_left: how
 * many there are then. */
static unsigned bits_to_drop(const struct keyed *list, uint32_t n, uint32_t most, uint32_t *n_left) {
  uint32_t borders[64] = {0}, left = n > 0;
  unsigned drop = 0;
  /* two neighbours stay apart until their highest different bit is left out */
  for (uint32_t i = 1; i < n; i++) {
    uint64_t different = list[i - 1].key ^ list[i].key;
    if (different == 0) continue;
    borders[63 - __builtin_clzll(different)]++;
    left++;
  }
  for (; left > most && drop < 63; drop++) left -= borders[drop];
  *n_left = left;
  return drop;
}

/* The tables that a fresh set of at most `capacity` entries needs. */
static bool fresh_tables(struct values *values, uint32_t capacity) {
  struct tally tally = {.ctx = values->ctx};
  struct value *entries = copse_alloc(values->ctx, capacity, sizeof *entries);
  uint32_t *slots = copse_alloc(values->ctx, (size_t)capacity * 2, sizeof *slots);
  if (entries == NULL || slots == NULL || !tally_fit(&tally, 0, capacity, values->tally.shape)) {
    copse_free(entries);
    copse_free(slots);
    tally_release(&tally);
    return false;
  }
  copse_free(values->entries);
  copse_free(values->slots);
  tally_release(&values->tally);
  values->entries = entries;
  values->slots = slots;
  values->n_slots = capacity * 2;
  values->capacity = capacity;
  values->tally = tally;
  values->n = 0;
  return true;
}

static uint32_t capacity_for(uint32_t n) {
  uint32_t capacity = FIRST_SLOTS / 2;
  while (capacity < n) capacity *= 2;
  return capacity;
}

/* The next of ascending numbers; returns its entry. */
static uint32_t append(struct values *values, uint64_t key, double lo, double hi, uint64_t n) {
  if (values->n == 0 || values->entries[values->n - 1].key != key)
    values->entries[values->n++] = (struct value){.key = key, .number = {lo, hi}};
  values->entries[values->n - 1].n += n;
  values->entries[values->n - 1].number.hi = hi;
  return values->n - 1;
}

static bool lose_exactness(struct values *values) {
  values->exact = false;
  values->registers = copse_alloc_zero(values->ctx, DISTINCT_REGISTERS, 1);
  return values->registers != NULL;
}

static bool convert(struct values *values) {
  struct pending *pending = &values->pending;
  uint32_t n = pending->n, n_left;
  struct keyed *list = copse_alloc(values->ctx, n, sizeof *list);
  bool ok = list != NULL;
  for (uint32_t i = 0; i < n && ok; i++) list[i] = (struct keyed){number_key(pending->x[i]), i};
  ok = ok && sort_keys(values->ctx, list, n);
  if (ok) {
    unsigned drop = bits_to_drop(list, n, UINT32_MAX, &n_left);
    bool many = n_left > values->limit && n == values->limit * VALUES_NARROW;
    if (many) drop = bits_to_drop(list, n, values->limit / VALUES_NARROW, &n_left);
    ok = fresh_tables(values, capacity_for(n_left)) && (!many || lose_exactness(values));
    values->shift = drop;
  }
  for (uint32_t i = 0; i < n && ok; i++) {
    double x = pending->x[list[i].at] + 0.0;
    uint32_t before = values->n, entry = append(values, list[i].key >> values->shift, x, x, 1);
    if (!values->exact) distinct_add(values->registers, mix64(list[i].key));
    if (values->tally.shape.n_classes == 0) continue;
    if (values->n > before) tally_clear(&values->tally, entry);
    if (pending->targets != NULL) tally_add(&values->tally, entry, pending->targets[list[i].at]);
  }
  if (ok) fill_slots(values);
  if (ok) fill_direct(values);
  copse_free(list);
  copse_free(pending->x);
  copse_free(pending->targets);
  *pending = (struct pending){0};
  values->converted = values->ascending = true;
  return ok;
}

void values_convert(struct values *values) {
  if (!values->converted && !values->failed && !convert(values)) give_up(values);
}

/* Entries in ascending order, with `drop` low bits less. */
static bool coarsen(struct values *values, unsigned drop, uint32_t most) {
  uint32_t n = values->n, n_left = n;
  struct keyed *list = copse_alloc(values->ctx, n, sizeof *list);
  bool ok = list != NULL;
  for (uint32_t i = 0; i < n && ok; i++) list[i] = (struct keyed){values->entries[i].key, i};
  ok = ok && sort_keys(values->ctx, list, n);
  if (ok && most > 0) drop = bits_to_drop(list, n, most, &n_left);
  struct values old = *values;
  if (ok) {
    values->entries = NULL;
    values->slots = NULL;
    values->tally = (struct tally){.ctx = values->ctx, .shape = old.tally.shape};
    uint32_t capacity =
        capacity_for(n_left > values->limit / VALUES_NARROW ? n_left : values->limit / VALUES_NARROW);
    ok = fresh_tables(values, values->exact             ? old.capacity
                              : capacity < old.capacity ? capacity
                                                        : old.capacity);
    if (!ok) *values = old;
  }
  for (uint32_t i = 0; i < n && ok; i++) {
    const struct value *v = &old.entries[list[i].at];
    uint32_t before = values->n, entry = append(values, v->key >> drop, v->number.lo, v->number.hi, v->n);
    if (values->n > before && values->tally.shape.n_classes > 0) tally_clear(&values->tally, entry);
    values_add_tally(values, entry, &old, list[i].at);
  }
  if (ok) {
    values->shift += drop;
    values->ascending = true;
    fill_slots(values);
    fill_direct(values);
    copse_free(old.entries);
    copse_free(old.slots);
    tally_release(&old.tally);
  }
  copse_free(list);
  return ok;
}

void values_add_tally(struct values *values, uint32_t to, const struct values *other, uint32_t from) {
  size_t width = (size_t)values->tally.shape.n_classes * TALLY_FOLDS;
  for (size_t c = 0; c < width; c++)
    values->tally.counts[to * width + c] += other->tally.counts[from * width + c];
  for (size_t f = 0; f < TALLY_FOLDS && values->tally.shape.sums; f++)
    values->tally.sums[to * TALLY_FOLDS + f] += other->tally.sums[from * TALLY_FOLDS + f];
}

static bool keep_pending(struct values *values, double x, struct row_target target) {
  struct pending *pending = &values->pending;
  if (pending->n == pending->capacity) {
    uint32_t capacity = pending->capacity == 0 ? 64 : pending->capacity * 2;
    double *fresh = copse_resize(values->ctx, pending->x, capacity, sizeof *fresh);
    if (fresh == NULL) return false;
    pending->x = fresh;
    if (values->tally.shape.n_classes > 0) {
      struct row_target *targets = copse_resize(values->ctx, pending->targets, capacity, sizeof *targets);
      if (targets == NULL) return false;
      pending->targets = targets;
    }
    pending->capacity = capacity;
  }
  pending->x[pending->n] = x;
  if (pending->targets != NULL) pending->targets[pending->n] = target;
  pending->n++;
  return true;
}

/* Loses exactness when another entry would be one too many. */
static bool narrow(struct values *values) {
  if (!values->exact)
    return values->shift < 63 && coarsen(values, 1, 0); /* bit by bit: no more than it takes */
  if (!lose_exactness(values)) return false;
  for (uint32_t i = 0; i < values->n; i++) distinct_add(values->registers, mix64(values->entries[i].key));
  return coarsen(values, 0, values->limit / VALUES_NARROW);
}

static inline uint32_t count_at(struct values *values, uint32_t entry, double x, uint64_t n) {
  struct value *v = &values->entries[entry];
  v->n += n;
  if (x < v->number.lo) v->number.lo = x;
  if (x > v->number.hi) v->number.hi = x;
  return entry;
}

uint32_t values_put_number(struct values *values, double x, uint64_t n) {
  if (values->failed) return UINT32_MAX;
  uint64_t full = number_key(x);
  if (!values->exact) distinct_add(values->registers, mix64(full));
  for (;;) {
    uint64_t key = full >> values->shift, offset = key - values->direct_base;
    bool direct = values->direct != NULL && offset < values->n_direct;
    if (direct && values->direct[offset] != 0) return count_at(values, values->direct[offset] - 1u, x, n);
    uint32_t *slot = values->n_slots > 0 ? slot_of(values, key) : NULL;
    if (slot != NULL && *slot != 0) return count_at(values, *slot - 1, x, n);
    if (values->n >= (values->exact ? values->limit : values->limit / VALUES_NARROW)) {
      if (!narrow(values)) break;
      distinct_add(values->registers, mix64(full));
      continue;
    }
    if (!grow(values)) break;
    slot = slot_of(values, key);
    values->entries[values->n] = (struct value){.key = key, .n = n, .number = {x + 0.0, x + 0.0}};
    if (values->tally.shape.n_classes > 0) tally_clear(&values->tally, values->n);
    *slot = ++values->n;
    values->ascending = false;
    if (direct) values->direct[offset] = (uint16_t)values->n;
    return values->n - 1;
  }
  give_up(values);
  return UINT32_MAX;
}

void values_add_number(struct values *values, double x, struct row_target target) {
  if (values->converted) {
    uint32_t entry = values_put_number(values, x, 1);
    if (entry != UINT32_MAX && values->tally.shape.n_classes > 0) tally_add(&values->tally, entry, target);
    return;
  }
  if (!keep_pending(values, x, target)) give_up(values);
  if (values->pending.n == values->limit * VALUES_NARROW) values_convert(values);
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
  uint32_t *slot = values->n_slots > 0 ? slot_of(values, hash) : NULL;
  if (slot != NULL && *slot != 0) {
    values->entries[*slot - 1].n += n;
    return *slot - 1;
  }
  if (values->n >= values->limit) {
    bool ok = true;
    if (values->exact) {
      ok = lose_exactness(values);
      for (uint32_t i = 0; i < values->n && ok; i++)
        distinct_add(values->registers, mix64(values->entries[i].key));
    }
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

/* Entries and tally in the given order. */
static bool reorder(struct values *values, const uint32_t *order) {
  struct values old = *values;
  values->entries = NULL;
  values->slots = NULL;
  values->tally = (struct tally){.ctx = values->ctx, .shape = old.tally.shape};
  if (!fresh_tables(values, old.capacity)) {
    *values = old;
    return false;
  }
  for (uint32_t i = 0; i < old.n; i++) {
    values->entries[values->n++] = old.entries[order[i]];
    values_add_tally(values, i, &old, order[i]);
  }
  fill_slots(values);
  copse_free(old.entries);
  copse_free(old.slots);
  tally_release(&old.tally);
  return true;
}

void values_sort(struct values *values) {
  if (!values->texts) values_convert(values);
  if (values->failed || values->n == 0) return;
  bool ok = true;
  if (values->texts) {
    uint32_t *order = copse_alloc(values->ctx, values->n, sizeof *order);
    ok = order != NULL && order_texts(values, order) && reorder(values, order);
    copse_free(order);
  } else if (!values->ascending) {
    ok = coarsen(values, 0, 0);
  }
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
  copse_free(values->direct);
  copse_free(values->pending.x);
  copse_free(values->pending.targets);
  tally_release(&values->tally);
  values_init(values, values->ctx, values->texts, values->limit);
}
