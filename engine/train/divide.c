/* divide.c - one thread writes the left side in place; several divide chunks aside and then copy each chunk's
 * sides to where the counts before it say. */
#include "train/divide.h"

#include <string.h>

enum { MIN_ROWS_PER_THREAD = 1 << 12 };

struct divide_job {
  struct workspace *ws;
  divide_fn divide;
  const void *user;
  uint32_t *rows;
  uint64_t n_rows, chunk_rows, n_left;
};

static uint64_t chunk_size(const struct divide_job *job, size_t chunk) {
  uint64_t begin = (uint64_t)chunk * job->chunk_rows;
  return job->n_rows - begin < job->chunk_rows ? job->n_rows - begin : job->chunk_rows;
}

static void divide_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct divide_job *job = user;
  uint64_t begin = (uint64_t)chunk * job->chunk_rows;
  job->ws->chunks[chunk].n_left = job->divide(job->user, job->rows + begin, chunk_size(job, chunk),
                                              job->ws->rows_left + begin, job->ws->rows_right + begin);
}

static void place_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct divide_job *job = user;
  uint64_t begin = (uint64_t)chunk * job->chunk_rows, before = 0;
  for (size_t c = 0; c < chunk; c++) before += job->ws->chunks[c].n_left;
  uint64_t n_left = job->ws->chunks[chunk].n_left, n_right = chunk_size(job, chunk) - n_left;
  memcpy(job->rows + before, job->ws->rows_left + begin, n_left * sizeof(uint32_t));
  memcpy(job->rows + job->n_left + (begin - before), job->ws->rows_right + begin, n_right * sizeof(uint32_t));
}

uint64_t divide_rows(struct workspace *ws, uint64_t begin, uint64_t n, divide_fn divide, const void *user,
                     int lane) {
  struct divide_job job = {.ws = ws, .divide = divide, .user = user, .rows = ws->rows + begin, .n_rows = n};
  uint64_t share = n / MIN_ROWS_PER_THREAD;
  int n_threads = share < (uint64_t)ws->n_threads ? (int)share : ws->n_threads;
  if (lane != ALL_LANES || n_threads <= 1) {
    uint32_t *right = ws->rows_right + begin; /* other lanes divide other ranges */
    job.n_left = divide(user, job.rows, n, job.rows, right);
    memcpy(job.rows + job.n_left, right, (n - job.n_left) * sizeof(uint32_t));
  } else {
    const size_t n_chunks = workspace_cut(n, WORKSPACE_CHUNK, n_threads, &job.chunk_rows);
    copse_parallel_for(n_threads, n_chunks, divide_chunk, &job);
    for (size_t c = 0; c < n_chunks; c++) job.n_left += ws->chunks[c].n_left;
    copse_parallel_for(n_threads, n_chunks, place_chunk, &job);
  }
  return job.n_left;
}
