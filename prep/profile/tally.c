/* tally.c - see tally.h. */
#include "profile/tally.h"

#include <string.h>

static size_t width_of(struct tally_shape shape) { return (size_t)shape.n_classes * TALLY_FOLDS; }

bool tally_fit(struct tally *tally, size_t n, size_t capacity, struct tally_shape shape) {
  uint32_t old = tally->shape.n_classes, fresh = shape.n_classes, *old_counts = NULL;
  if (!shape.sums && tally->sums != NULL) {
    copse_free(tally->sums);
    tally->sums = NULL;
  }
  if (fresh == old && capacity <= tally->capacity && shape.sums == tally->shape.sums) return true;
  if (capacity < tally->capacity) capacity = tally->capacity;
  if (fresh > 0) {
    uint32_t *counts = copse_alloc_zero(tally->ctx, capacity * width_of(shape), sizeof *counts);
    if (counts == NULL) return false;
    if (fresh == old && n > 0) memcpy(counts, tally->counts, n * width_of(shape) * sizeof *counts);
    for (size_t at = 0; at < n * TALLY_FOLDS && fresh != old; at++)
      for (uint32_t c = 0; c < old; c++)
        counts[at * fresh + (c < fresh && fresh > 1 ? c : 0)] += tally->counts[at * old + c];
    old_counts = tally->counts;
    tally->counts = counts;
  }
  if (shape.sums) {
    double *sums = copse_alloc_zero(tally->ctx, capacity * TALLY_FOLDS, sizeof *sums);
    if (sums == NULL) {
      copse_free(old_counts);
      return false;
    }
    if (tally->sums != NULL) memcpy(sums, tally->sums, n * TALLY_FOLDS * sizeof *sums);
    for (size_t at = 0; at < n * TALLY_FOLDS && tally->sums == NULL && old_counts != NULL; at++)
      for (uint32_t c = 0; c < old && shape.class_values != NULL; c++)
        sums[at] += old_counts[at * old + c] * shape.class_values[c];
    copse_free(tally->sums);
    tally->sums = sums;
  }
  copse_free(old_counts);
  tally->capacity = capacity;
  tally->shape = shape;
  return true;
}

void tally_move(struct tally *tally, size_t to, size_t from) {
  size_t width = width_of(tally->shape);
  if (to == from) return;
  if (width > 0) memcpy(tally->counts + to * width, tally->counts + from * width, width * sizeof(uint32_t));
  if (tally->shape.sums)
    memcpy(tally->sums + to * TALLY_FOLDS, tally->sums + from * TALLY_FOLDS, TALLY_FOLDS * sizeof(double));
}

void tally_clear(struct tally *tally, size_t at) {
  size_t width = width_of(tally->shape);
  if (width > 0) memset(tally->counts + at * width, 0, width * sizeof(uint32_t));
  if (tally->shape.sums) memset(tally->sums + at * TALLY_FOLDS, 0, TALLY_FOLDS * sizeof(double));
}

void tally_release(struct tally *tally) {
  copse_free(tally->counts);
  copse_free(tally->sums);
  *tally = (struct tally){.ctx = tally->ctx};
}
