/* values.c - see values.h: the table of entries; what differs is in values_number.c and values_text.c. */
#include <string.h>

#include "profile/distinct.h"
#include "profile/values_table.h"

void values_init(struct values *values, copse_context *ctx, bool texts, uint32_t limit) {
  *values = (struct values){.ctx = ctx, .texts = texts, .exact = true, .limit = limit, .tally = {.ctx = ctx}};
}

void values_fill_slots(struct values *values) {
  memset(values->slots, 0, values->n_slots * sizeof *values->slots);
  for (uint32_t i = 0; i < values->n; i++) *values_slot_of(values, values->entries[i].key) = i + 1;
}

/* Room for one entry more. */
bool values_grow(struct values *values) {
  if (values->n < values->capacity) return true;
  uint32_t capacity = values->capacity == 0 ? VALUES_FIRST_SLOTS / 2 : values->capacity * 2;
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
  values_fill_slots(values);
  return true;
}

bool values_fresh_tables(struct values *values, uint32_t capacity) {
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

bool values_lose_exactness(struct values *values) {
  values->exact = false;
  values->registers = copse_alloc_zero(values->ctx, DISTINCT_REGISTERS, 1);
  return values->registers != NULL;
}

void values_add_tally(struct values *values, uint32_t to, const struct values *other, uint32_t from) {
  size_t width = (size_t)values->tally.shape.n_classes * TALLY_FOLDS;
  for (size_t c = 0; c < width; c++)
    values->tally.counts[to * width + c] += other->tally.counts[from * width + c];
  for (size_t f = 0; f < TALLY_FOLDS && values->tally.shape.sums; f++)
    values->tally.sums[to * TALLY_FOLDS + f] += other->tally.sums[from * TALLY_FOLDS + f];
}

void values_shape(struct values *values, struct tally_shape shape) {
  if (shape.n_classes == values->tally.shape.n_classes && shape.sums == values->tally.shape.sums) return;
  if (!tally_fit(&values->tally, values->n, values->capacity, shape)) values_give_up(values);
}

void values_sort(struct values *values) {
  if (!values->texts) values_convert(values);
  if (values->failed || values->n == 0) return;
  bool ok = values->texts ? values_sort_texts(values) : values->ascending || values_sort_numbers(values);
  if (!ok) values_give_up(values);
}

double values_distinct(const struct values *values) {
  return values->exact ? values->n : distinct_estimate(values->registers);
}

uint32_t values_find(const struct values *values, uint64_t key) {
  return values->n_slots > 0 ? *values_slot_of(values, key) - 1 : UINT32_MAX;
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
