/* partition.c - a stable two-way division. One thread writes the left side in place; several divide chunks
 * aside and then copy each chunk's sides to where the counts before it say. */
#include "train/partition.h"

#include <string.h>

enum { MIN_ROWS_PER_THREAD = 1 << 15 };

struct partition_job {
  struct workspace *ws;
  struct split_rule rule;
  uint32_t *rows; /* of the leaf */
  uint64_t n_rows, n_left;
};

static struct split_rule rule_of(const struct workspace *ws, const struct split *split) {
  const struct binned_column *column = &ws->data->binned.columns[split->column];
  const struct feature_bins *bins = &ws->data->schema->features[column->feature];
  struct split_rule rule = {
      .cells = column->cells, .cell_bytes = column->cell_bytes, .missing_bin = UINT32_MAX};
  if (split->categorical) {
    rule.categorical = true;
    rule.bits = split->bin_bits;
    rule.n_words = ws->bin_words;
    return rule;
  }
  rule.threshold = split->threshold_bin;
  rule.default_left = split->default_left;
  if (bins->missing == MISSING_NAN) rule.missing_bin = bins->n_bins - 1;
  if (bins->missing == MISSING_ZERO) rule.missing_bin = bins->default_bin;
  return rule;
}

static uint64_t chunk_size(const struct partition_job *job, size_t chunk) {
  uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK;
  return job->n_rows - begin < WORKSPACE_CHUNK ? job->n_rows - begin : WORKSPACE_CHUNK;
}

static void divide_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct partition_job *job = user;
  uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK;
  job->ws->chunks[chunk].n_left =
      job->ws->kernels->partition(&job->rule, job->rows + begin, chunk_size(job, chunk),
                                  job->ws->rows_left + begin, job->ws->rows_right + begin);
}

static void place_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct partition_job *job = user;
  uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK, before = 0;
  for (size_t c = 0; c < chunk; c++) before += job->ws->chunks[c].n_left;
  uint64_t n_left = job->ws->chunks[chunk].n_left, n_right = chunk_size(job, chunk) - n_left;
  memcpy(job->rows + before, job->ws->rows_left + begin, n_left * sizeof(uint32_t));
  memcpy(job->rows + job->n_left + (begin - before), job->ws->rows_right + begin, n_right * sizeof(uint32_t));
}

uint64_t partition_leaf(struct workspace *ws, const struct leaf *leaf, const struct split *split) {
  double start = workspace_clock();
  struct partition_job job = {.ws = ws, .rule = rule_of(ws, split), .rows = ws->rows + leaf->begin};
  job.n_rows = leaf->n_rows;
  uint64_t share = leaf->n_rows / MIN_ROWS_PER_THREAD;
  int n_threads = share < (uint64_t)ws->n_threads ? (int)share : ws->n_threads;
  if (n_threads <= 1) {
    job.n_left = ws->kernels->partition(&job.rule, job.rows, job.n_rows, job.rows, ws->rows_right);
    memcpy(job.rows + job.n_left, ws->rows_right, (job.n_rows - job.n_left) * sizeof(uint32_t));
  } else {
    size_t n_chunks = (size_t)((job.n_rows + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK);
    copse_parallel_for(n_threads, n_chunks, divide_chunk, &job);
    for (size_t c = 0; c < n_chunks; c++) job.n_left += ws->chunks[c].n_left;
    copse_parallel_for(n_threads, n_chunks, place_chunk, &job);
  }
  ws->phase_s[PHASE_PARTITION] += workspace_clock() - start;
  return job.n_left;
}
