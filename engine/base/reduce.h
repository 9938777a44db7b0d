/* reduce.h - sums over rows that do not depend on the number of threads. */
#ifndef COPSE_BASE_REDUCE_H
#define COPSE_BASE_REDUCE_H

#include <stdint.h>

enum { REDUCE_MAX_SUMS = 4 };

/* Adds what rows [begin, end) contribute to sums [n_sums], which start at 0. */
typedef void (*reduce_fn)(const void *user, uint64_t begin, uint64_t end, double *sums);

/* sums [n_sums <= REDUCE_MAX_SUMS] over rows [0, n_rows). The rows are cut into blocks whose size depends on
 * n_rows only, and the blocks' sums are added in block order: the same bits for any n_threads (as in
 * copse_parallel_for). Allocates nothing. */
void reduce_rows(int n_threads, uint64_t n_rows, int n_sums, reduce_fn body, const void *user, double *sums);

#endif
