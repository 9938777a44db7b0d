/* divide.h - a stable two-way division of rows by any rule, by one thread or several. */
#ifndef COPSE_TRAIN_DIVIDE_H
#define COPSE_TRAIN_DIVIDE_H

#include "train/workspace.h"

/* Copies rows that go left to left (which may be rows itself) and the others to right, in order; returns how
 * many went left. rows NULL: those from `first` on. Both sides have room for n rows. */
typedef uint64_t (*divide_fn)(const void *user, const uint32_t *rows, uint32_t first, uint64_t n,
                              uint32_t *left, uint32_t *right);

struct row_sides {
  uint64_t n_left;
  struct row_area left, right; /* parts of the area divided: [n_left], [n - n_left] */
};

/* Both sides keep the order of rows. Several lanes may divide areas that have nothing in common. */
struct row_sides divide_rows(struct workspace *ws, struct row_area area, uint64_t n, divide_fn divide,
                             const void *user, int lane);

#endif
