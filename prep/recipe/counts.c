/* counts.c - see counts.h. */
#define _GNU_SOURCE
#include "recipe/counts.h"

#include <stdlib.h>
#include <string.h>

void counts_open(struct counts *counts, copse_context *ctx) {
  *counts = (struct counts){.levels.ctx = ctx, .texts.ctx = ctx};
}

static int64_t add_level(struct counts *counts, const struct row_cell *cell) {
  char *text = pool_text(&counts->texts, cell->text, cell->length);
  if (text == NULL) return -1;
  if (counts->levels.n == counts->capacity) {
    uint32_t capacity = counts->capacity == 0 ? 64 : counts->capacity * 2;
    uint64_t *n = copse_resize(counts->texts.ctx, counts->n, capacity, sizeof *n);
    if (n == NULL) return -1;
    counts->n = n;
    counts->capacity = capacity;
  }
  int32_t code = dictionary_add(&counts->levels, text, cell->length);
  if (code >= 0) counts->n[code] = 0;
  return code;
}

bool counts_add(struct counts *counts, const struct row_cell *cells, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (cells[i].null) continue;
    int64_t code = dictionary_find(&counts->levels, cells[i].text, cells[i].length);
    if (code < 0) code = add_level(counts, &cells[i]);
    if (code < 0) return false;
    counts->n[code]++;
    counts->n_rows++;
  }
  return true;
}

copse_status counts_observe(struct counts *counts, const uint32_t *columns, uint32_t n,
                            const struct step *step, const struct block *block, copse_error *err) {
  for (uint32_t i = 0; i < n; i++) {
    uint32_t c = columns[i];
    const struct row_cell *cells = block_as_texts(block, &block->columns[c], step->in->columns[c].type);
    if (cells == NULL || !counts_add(&counts[i], cells, block->n_rows)) return step_fail_memory(step, err);
  }
  return COPSE_OK;
}

static int by_bytes(const struct dictionary_level *x, const struct dictionary_level *y) {
  int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
  return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

static int compare_names(const void *a, const void *b, void *user) {
  const struct counts *counts = user;
  return by_bytes(&counts->levels.levels[*(const uint32_t *)a], &counts->levels.levels[*(const uint32_t *)b]);
}

static int compare_counts(const void *a, const void *b, void *user) {
  const struct counts *counts = user;
  uint64_t x = counts->n[*(const uint32_t *)a], y = counts->n[*(const uint32_t *)b];
  return x != y ? (x < y) - (x > y) : compare_names(a, b, user);
}

uint32_t *counts_order(const struct counts *counts, bool by_name) {
  uint32_t n = counts->levels.n, *order = copse_alloc(counts->texts.ctx, n, sizeof *order);
  for (uint32_t i = 0; order != NULL && i < n; i++) order[i] = i;
  if (order != NULL)
    qsort_r(order, n, sizeof *order, by_name ? compare_names : compare_counts, (void *)(uintptr_t)counts);
  return order;
}

void counts_release(struct counts *counts) {
  dictionary_release(&counts->levels);
  pool_release(&counts->texts);
  copse_free(counts->n);
  counts->n = NULL;
}
