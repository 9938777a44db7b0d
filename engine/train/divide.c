/* divide.c - one thread writes the left side in place and the right one to the room beside it, and each side
 * gets what is left of either. Where threads share the rows both sides end up in place, the right one behind
 * the left one. Two work from the ends to the middle, chunk by chunk: at the front left rows lie where they
 * belong, at the back right ones, and only the others are copied. More threads divide chunks aside and then
 * copy each chunk's sides to where the counts before it say. */
#include "train/divide.h"

#include <string.h>

#include "train/crowd.h"

enum { MIN_ROWS_PER_THREAD = 1 << 12 };

struct divide_job {
  struct workspace *ws;
  divide_fn divide;
  const void *user;
  const uint32_t *from; /* NULL: all rows of the data set */
  uint32_t *rows, *room;
  uint64_t n_rows, chunk_rows, n_left;
};

static uint64_t chunk_size(const struct divide_job *job, size_t chunk) {
  uint64_t begin = (uint64_t)chunk * job->chunk_rows;
  return job->n_rows - begin < job->chunk_rows ? job->n_rows - begin : job->chunk_rows;
}

static uint64_t divide_part(const struct divide_job *job, uint64_t begin, uint64_t n, uint32_t *left,
                            uint32_t *right) {
  const uint32_t *from = job->from != NULL ? job->from + begin : NULL;
  return job->divide(job->user, from, (uint32_t)begin, n, left, right);
}

static void divide_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct divide_job *job = user;
  uint64_t begin = (uint64_t)chunk * job->chunk_rows;
  job->ws->chunks[chunk].n_left =
      divide_part(job, begin, chunk_size(job, chunk), job->ws->rows_aside + begin, job->room + begin);
}

static void place_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct divide_job *job = user;
  uint64_t begin = (uint64_t)chunk * job->chunk_rows, before = 0;
  for (size_t c = 0; c < chunk; c++) before += job->ws->chunks[c].n_left;
  uint64_t n_left = job->ws->chunks[chunk].n_left, n_right = chunk_size(job, chunk) - n_left;
  memcpy(job->rows + before, job->ws->rows_aside + begin, n_left * sizeof(uint32_t));
  memcpy(job->rows + job->n_left + (begin - before), job->room + begin, n_right * sizeof(uint32_t));
}

struct ends_job {
  struct divide_job job;
  size_t n_chunks;
  atomic_size_t n_claimed;
  size_t n_front;                       /* chunks that were divided at the front */
  uint64_t n_left_front, n_right_front; /* their rows */
};

/* The next chunk of the caller's end, if there is one: either end's are taken in order. */
static bool claim_chunk(struct ends_job *ends) {
  return atomic_fetch_add(&ends->n_claimed, 1) < ends->n_chunks;
}

static void divide_front(struct ends_job *ends) {
  const struct divide_job *job = &ends->job;
  while (claim_chunk(ends)) {
    const uint64_t begin = ends->n_front * job->chunk_rows, n = chunk_size(job, ends->n_front);
    const uint64_t n_left =
        divide_part(job, begin, n, job->rows + ends->n_left_front, job->room + ends->n_right_front);
    ends->n_left_front += n_left;
    ends->n_right_front += n - n_left;
    ends->n_front++;
  }
}

/* Right rows end up within chunks that are divided already. The place for those of one chunk is that of the
 * last whole chunk, which the front does not reach. */
static void divide_back(struct ends_job *ends) {
  const struct divide_job *job = &ends->job;
  uint64_t end = job->n_rows;
  uint32_t *room = NULL;
  for (size_t chunk = ends->n_chunks; claim_chunk(ends);) {
    const uint64_t begin = --chunk * job->chunk_rows, n = chunk_size(job, chunk);
    if (chunk + 3 > ends->n_chunks) room = job->room + begin; /* the last one may be short */
    const uint64_t n_left = divide_part(job, begin, n, job->ws->rows_aside + begin, room);
    job->ws->chunks[chunk].n_left = n_left;
    end -= n - n_left;
    memcpy(job->rows + end, room, (n - n_left) * sizeof *room);
  }
}

static void divide_end(void *user, size_t chunk, int thread) {
  (void)thread;
  if (chunk == 0)
    divide_front(user);
  else
    divide_back(user);
}

/* A front chunk's worth of right rows, or a back chunk's left ones. */
static void place_middle(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct ends_job *ends = user;
  const struct divide_job *job = &ends->job;
  if (chunk < ends->n_front) {
    const uint64_t begin = ends->n_right_front * chunk / ends->n_front,
                   end = ends->n_right_front * (chunk + 1) / ends->n_front;
    memcpy(job->rows + job->n_left + begin, job->room + begin, (end - begin) * sizeof(uint32_t));
    return;
  }
  uint64_t before = ends->n_left_front;
  for (size_t c = ends->n_front; c < chunk; c++) before += job->ws->chunks[c].n_left;
  memcpy(job->rows + before, job->ws->rows_aside + chunk * job->chunk_rows,
         job->ws->chunks[chunk].n_left * sizeof(uint32_t));
}

static uint64_t divide_from_ends(const struct divide_job *job, size_t n_chunks) {
  struct ends_job ends = {.job = *job, .n_chunks = n_chunks};
  copse_parallel_for(2, 2, divide_end, &ends);
  ends.job.n_left = ends.n_left_front;
  for (size_t c = ends.n_front; c < n_chunks; c++) ends.job.n_left += job->ws->chunks[c].n_left;
  copse_parallel_for(2, n_chunks, place_middle, &ends);
  return ends.job.n_left;
}

/* Both sides end up in place. Returns how many went left. */
static uint64_t divide_shared(struct divide_job *job, int n_threads) {
  struct workspace *ws = job->ws;
  const size_t n_chunks = workspace_cut(job->n_rows, WORKSPACE_CHUNK, n_threads, &job->chunk_rows);
  if (n_threads == 2) return divide_from_ends(job, n_chunks);
  copse_parallel_for(n_threads, n_chunks, divide_chunk, job);
  for (size_t c = 0; c < n_chunks; c++) job->n_left += ws->chunks[c].n_left;
  copse_parallel_for(n_threads, n_chunks, place_chunk, job);
  return job->n_left;
}

struct row_sides divide_rows(struct workspace *ws, struct row_area area, uint64_t n, divide_fn divide,
                             const void *user, int lane) {
  uint32_t *rows = area.rows != NULL ? area.rows : ws->rows, *room = area.room;
  struct divide_job job = {
      .ws = ws, .divide = divide, .user = user, .from = area.rows, .rows = rows, .room = room, .n_rows = n};
  uint64_t share = n / MIN_ROWS_PER_THREAD;
  int n_threads = crowd_threads(ws, n);
  if (share < (uint64_t)n_threads) n_threads = (int)share;
  if (lane != ALL_LANES || n_threads <= 1) {
    const uint64_t n_left = divide_part(&job, 0, n, rows, room), n_right = n - n_left;
    return (struct row_sides){n_left, {rows, room + n_right}, {room, rows + n_left}};
  }
  const uint64_t n_left = divide_shared(&job, n_threads);
  return (struct row_sides){n_left, {rows, room}, {rows + n_left, room + n_left}};
}
