/* tally.h - what the target was where something was seen: rows by class and fold, or sums of numbers by fold.
 *
 * The classes of the target are found while the file is read, so a tally grows in width: rows of it are kept
 * as [fold][class]. When there are too many classes, and all of them are numbers, sums take their place: up
 * to then they follow from the counts. Folds are five parts of the rows, by a hash of the row's number: what
 * is learned from four of them can be tried on the fifth. */
#ifndef COPSE_PROFILE_TALLY_H
#define COPSE_PROFILE_TALLY_H

#include "copse.h"

enum { TALLY_FOLDS = 5, TALLY_MAX_CLASSES = 20, TALLY_NO_CLASS = 255 };

/* How the target is counted up to now. */
struct tally_shape {
  uint32_t n_classes;         /* width: 0 without a target, 1 when classes are not told apart */
  bool sums;                  /* the target is a number, of too many values for classes */
  const double *class_values; /* numbers of the classes before that, borrowed; or NULL */
};

/* The target in one row. */
struct row_target {
  uint8_t code; /* TALLY_NO_CLASS: missing */
  uint8_t fold;
  double y; /* where sums are taken */
};

/* Zero-initialise with ctx set. */
struct tally {
  copse_context *ctx;
  struct tally_shape shape;
  size_t capacity;  /* things counted at */
  uint32_t *counts; /* [capacity * TALLY_FOLDS * n_classes] */
  double *sums;     /* [capacity * TALLY_FOLDS] */
};

/* Room for `capacity` things in the given shape; what was counted stays. False: out of memory. */
bool tally_fit(struct tally *tally, size_t n, size_t capacity, struct tally_shape shape);
/* Thing `from` in the place of thing `to`. */
void tally_move(struct tally *tally, size_t to, size_t from);
void tally_clear(struct tally *tally, size_t at);
void tally_release(struct tally *tally);

static inline void tally_add(struct tally *tally, size_t at, struct row_target target) {
  if (target.code == TALLY_NO_CLASS) return;
  uint32_t width = tally->shape.n_classes;
  tally->counts[(at * TALLY_FOLDS + target.fold) * width + (width > 1 ? target.code : 0)]++;
  if (tally->shape.sums) tally->sums[at * TALLY_FOLDS + target.fold] += target.y;
}

#endif
