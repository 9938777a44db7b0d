/* reduce.c - block sums. Blocks have 4096 rows, or more where there would be too many blocks for the fixed
 * array of partial sums: their borders are a function of the number of rows. */
#include "base/reduce.h"

#include <assert.h>

#include "copse.h"

enum { BLOCK_ROWS = 4096, MAX_BLOCKS = 256 };

struct reduction {
  reduce_fn body;
  const void *user;
  uint64_t n_rows, block_rows;
  double partial[MAX_BLOCKS][REDUCE_MAX_SUMS];
};

static void reduce_block(void *user, size_t block, int thread) {
  (void)thread;
  struct reduction *r = user;
  uint64_t begin = block * r->block_rows;
  uint64_t end = r->n_rows - begin < r->block_rows ? r->n_rows : begin + r->block_rows;
  double sums[REDUCE_MAX_SUMS] = {0}; /* not in place: neighbouring blocks share cache lines */
  r->body(r->user, begin, end, sums);
  for (int s = 0; s < REDUCE_MAX_SUMS; s++) r->partial[block][s] = sums[s];
}

void reduce_rows(int n_threads, uint64_t n_rows, int n_sums, reduce_fn body, const void *user, double *sums) {
  assert(n_sums <= REDUCE_MAX_SUMS);
  struct reduction r = {.body = body, .user = user, .n_rows = n_rows, .block_rows = BLOCK_ROWS};
  if (n_rows / BLOCK_ROWS >= MAX_BLOCKS) r.block_rows = n_rows / MAX_BLOCKS + 1;
  size_t n_blocks = (size_t)((n_rows + r.block_rows - 1) / r.block_rows);
  copse_parallel_for(n_threads, n_blocks, reduce_block, &r);
  for (int s = 0; s < n_sums; s++) sums[s] = 0;
  for (size_t block = 0; block < n_blocks; block++)
    for (int s = 0; s < n_sums; s++) sums[s] += r.partial[block][s];
}
