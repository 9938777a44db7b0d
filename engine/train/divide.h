/* divide.h - a stable two-way division of a range of workspace.rows by any rule, by one thread or several. */
#ifndef COPSE_TRAIN_DIVIDE_H
#define COPSE_TRAIN_DIVIDE_H

#include "train/workspace.h"

/* Copies rows that go left to left (which may be rows itself) and the others to right, in order; returns how
 * many went left. Both have room for n rows. */
typedef uint64_t (*divide_fn)(const void *user, const uint32_t *rows, uint64_t n, uint32_t *left,
                              uint32_t *right);

/* Rows [begin, begin + n) that go left come first, both sides keep their order. Returns how many went left.
 */
uint64_t divide_rows(struct workspace *ws, uint64_t begin, uint64_t n, divide_fn divide, const void *user,
                     int lane);

#endif
