/* values_number.c - numbers: kept as they come, then an entry for each, then entries for neighbourhoods. */
#include <string.h>

#include "profile/cell.h"
#include "profile/distinct.h"
#include "profile/values_table.h"

enum { DIRECT_PER_ENTRY = 32 };

uint64_t number_key(double x) {
  uint64_t bits;
  x += 0.0; /* -0 */
  memcpy(&bits, &x, sizeof bits);
  return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
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

bool values_sort_keys(copse_context *ctx, struct keyed *list, uint32_t n) {
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

static uint32_t capacity_for(uint32_t n) {
  uint32_t capacity = VALUES_FIRST_SLOTS / 2;
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

static bool convert(struct values *values) {
  struct pending *pending = &values->pending;
  uint32_t n = pending->n, n_left;
  struct keyed *list = copse_alloc(values->ctx, n, sizeof *list);
  bool ok = list != NULL;
  for (uint32_t i = 0; i < n && ok; i++) list[i] = (struct keyed){number_key(pending->x[i]), i};
  ok = ok && values_sort_keys(values->ctx, list, n);
  if (ok) {
    unsigned drop = bits_to_drop(list, n, UINT32_MAX, &n_left);
    bool many = n_left > values->limit && n == values->limit * VALUES_NARROW;
    if (many) drop = bits_to_drop(list, n, values->limit / VALUES_NARROW, &n_left);
    ok = values_fresh_tables(values, capacity_for(n_left)) && (!many || values_lose_exactness(values));
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
  if (ok) values_fill_slots(values);
  if (ok) fill_direct(values);
  copse_free(list);
  copse_free(pending->x);
  copse_free(pending->targets);
  *pending = (struct pending){0};
  values->converted = values->ascending = true;
  return ok;
}

void values_convert(struct values *values) {
  if (!values->converted && !values->failed && !convert(values)) values_give_up(values);
}

/* Entries in ascending order, with `drop` low bits less. */
static bool coarsen(struct values *values, unsigned drop, uint32_t most) {
  uint32_t n = values->n, n_left = n;
  struct keyed *list = copse_alloc(values->ctx, n, sizeof *list);
  bool ok = list != NULL;
  for (uint32_t i = 0; i < n && ok; i++) list[i] = (struct keyed){values->entries[i].key, i};
  ok = ok && values_sort_keys(values->ctx, list, n);
  if (ok && most > 0) drop = bits_to_drop(list, n, most, &n_left);
  struct values old = *values;
  if (ok) {
    values->entries = NULL;
    values->slots = NULL;
    values->tally = (struct tally){.ctx = values->ctx, .shape = old.tally.shape};
    uint32_t capacity =
        capacity_for(n_left > values->limit / VALUES_NARROW ? n_left : values->limit / VALUES_NARROW);
    ok = values_fresh_tables(values, values->exact             ? old.capacity
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
    values_fill_slots(values);
    fill_direct(values);
    copse_free(old.entries);
    copse_free(old.slots);
    tally_release(&old.tally);
  }
  copse_free(list);
  return ok;
}

bool values_sort_numbers(struct values *values) { return coarsen(values, 0, 0); }

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
  if (!values_lose_exactness(values)) return false;
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
    uint32_t *slot = values->n_slots > 0 ? values_slot_of(values, key) : NULL;
    if (slot != NULL && *slot != 0) return count_at(values, *slot - 1, x, n);
    if (values->n >= (values->exact ? values->limit : values->limit / VALUES_NARROW)) {
      if (!narrow(values)) break;
      distinct_add(values->registers, mix64(full));
      continue;
    }
    if (!values_grow(values)) break;
    slot = values_slot_of(values, key);
    values->entries[values->n] = (struct value){.key = key, .n = n, .number = {x + 0.0, x + 0.0}};
    if (values->tally.shape.n_classes > 0) tally_clear(&values->tally, values->n);
    *slot = ++values->n;
    values->ascending = false;
    if (direct) values->direct[offset] = (uint16_t)values->n;
    return values->n - 1;
  }
  values_give_up(values);
  return UINT32_MAX;
}

void values_add_number(struct values *values, double x, struct row_target target) {
  if (values->converted) {
    uint32_t entry = values_put_number(values, x, 1);
    if (entry != UINT32_MAX && values->tally.shape.n_classes > 0) tally_add(&values->tally, entry, target);
    return;
  }
  if (!keep_pending(values, x, target)) values_give_up(values);
  if (values->pending.n == values->limit * VALUES_NARROW) values_convert(values);
}
