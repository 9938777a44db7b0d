/* workspace_round.c - a round's gradients become fixed point, or levels, and the root's sums. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/status.h"
#include "train/workspace.h"

static int ceil_log2(uint64_t n) {
  int bits = 0;
  while (((uint64_t)1 << bits) < n) bits++;
  return bits;
}

/* Power of two that brings numbers of magnitude up to max to at most 2^bits. */
static int scale_exponent(float max, int bits) {
  if (!(max > 0)) return 0;
  int exponent;
  frexp((double)max, &exponent);
  return bits - exponent;
}

struct round_job {
  struct workspace *ws;
  const float *gradient, *hessian;
  struct pack_rule rule; /* quantised */
};

static uint64_t chunk_end(const struct workspace *ws, size_t chunk) {
  uint64_t end = (uint64_t)(chunk + 1) * WORKSPACE_CHUNK;
  return end < ws->data->n_rows ? end : ws->data->n_rows;
}

/* The larger of two magnitudes as max_abs orders them, NaN on top: without a sign as their bits. */
static float larger(float a, float b) {
  int32_t x, y;
  memcpy(&x, &a, sizeof x);
  memcpy(&y, &b, sizeof y);
  return x > y ? a : b;
}

/* Rows that follow those of the same chunk that were measured before. */
static void measure(struct workspace *ws, uint64_t row, const float *gradient, const float *hessian,
                    uint64_t n) {
  struct row_chunk *chunk = &ws->chunks[row / WORKSPACE_CHUNK];
  const bool first = row % WORKSPACE_CHUNK == 0;
  const float most_gradient = ws->kernels->max_abs(gradient, n),
              most_hessian = ws->kernels->max_abs(hessian, n);
  chunk->max_gradient = first ? most_gradient : larger(chunk->max_gradient, most_gradient);
  chunk->max_hessian = first ? most_hessian : larger(chunk->max_hessian, most_hessian);
}

static void measure_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct round_job *job = user;
  uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK;
  measure(job->ws, begin, job->gradient + begin, job->hessian + begin, chunk_end(job->ws, chunk) - begin);
}

/* The processor by itself fetches ahead within a page only: what is written to is fetched a page ahead. */
static void store_pairs(struct row_gradient *rows, const float *gradient, const float *hessian, uint64_t n) {
  enum { LINE = 64 / sizeof *rows, PAGE = 4096 / sizeof *rows, FOR_WRITING = 1 };
  uint64_t i = 0;
  for (; i + LINE <= n; i += LINE) {
    __builtin_prefetch(rows + i + PAGE, FOR_WRITING);
    for (uint64_t k = i; k < i + LINE; k++) rows[k] = (struct row_gradient){gradient[k], hessian[k]};
  }
  for (; i < n; i++) rows[i] = (struct row_gradient){gradient[i], hessian[i]};
}

void workspace_take_gradients(struct workspace *ws, uint64_t row, uint64_t n, const float *gradient,
                              const float *hessian) {
  measure(ws, row, gradient, hessian, n);
  if (ws->gradients != NULL) store_pairs(ws->gradients + row, gradient, hessian, n);
}

static void take_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct round_job *job = user;
  const uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK;
  workspace_take_gradients(job->ws, begin, chunk_end(job->ws, chunk) - begin, job->gradient + begin,
                           job->hessian + begin);
}

/* rows[begin .. end), or the rows themselves when all are in the bag. */
static void sum_packed(const struct workspace *ws, const uint32_t *rows, uint64_t begin, uint64_t end,
                       struct row_chunk *sums) {
  for (uint64_t i = begin; i < end; i++) {
    const int32_t row = ws->packed[rows != NULL ? rows[i] : i];
    sums->gradient += packed_gradient(row);
    sums->hessian += packed_hessian(row);
  }
}

static void sum_pairs(const struct workspace *ws, const uint32_t *rows, uint64_t begin, uint64_t end,
                      struct row_chunk *sums) {
  enum { AT_ONCE = 256 };
  float gradient[AT_ONCE], hessian[AT_ONCE];
  struct hist_pair pairs[AT_ONCE];
  size_t n;
  for (uint64_t at = begin; at < end; at += n) {
    n = end - at < AT_ONCE ? end - at : AT_ONCE;
    for (size_t i = 0; i < n; i++) {
      const struct row_gradient row = ws->gradients[rows != NULL ? rows[at + i] : at + i];
      gradient[i] = row.gradient;
      hessian[i] = row.hessian;
    }
    ws->kernels->quantize(gradient, hessian, n, ws->source.gradient_scale, ws->source.hessian_scale, 0,
                          pairs);
    for (size_t i = 0; i < n; i++) sums->gradient += pairs[i].gradient;
    for (size_t i = 0; i < n; i++) sums->hessian += (int64_t)pairs[i].hessian;
  }
}

static void sum_bag_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct workspace *ws = user;
  const uint32_t *rows = ws->n_bag < ws->data->n_rows ? ws->rows : NULL;
  struct row_chunk *sums = &ws->chunks[chunk];
  uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK, end = chunk_end(ws, chunk);
  if (end > ws->n_bag) end = ws->n_bag;
  sums->gradient = sums->hessian = 0;
  if (ws->packed != NULL)
    sum_packed(ws, rows, begin, end, sums);
  else
    sum_pairs(ws, rows, begin, end, sums);
}

/* Rows are stored in another order than gradients. */
static void gather_gradients(const struct round_job *job, uint64_t begin, uint64_t n, float *gradient,
                             float *hessian) {
  const uint32_t *row_of = job->ws->row_of + begin;
  for (uint64_t i = 0; i < n; i++) gradient[i] = job->gradient[row_of[i]];
  for (uint64_t i = 0; i < n; i++) hessian[i] = job->hessian[row_of[i]];
}

static void round_chunk(void *user, size_t chunk, int thread) {
  struct round_job *job = user;
  struct workspace *ws = job->ws;
  uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK, n = chunk_end(ws, chunk) - begin;
  const float *gradient = job->gradient + begin, *hessian = job->hessian + begin;
  if (ws->row_of != NULL && !ws->gradients_placed) {
    float *room = workspace_chunk_gradients(ws, thread);
    gather_gradients(job, begin, n, room, room + WORKSPACE_CHUNK);
    gradient = room;
    hessian = room + WORKSPACE_CHUNK;
  }
  if (ws->packed != NULL) {
    struct pack_rule rule = job->rule;
    rule.first_row = (uint32_t)begin;
    rule.row_numbers = ws->row_of != NULL ? ws->row_of + begin : NULL;
    ws->kernels->pack(&rule, gradient, hessian, n, ws->packed + begin);
  } else {
    store_pairs(ws->gradients + begin, gradient, hessian, n);
  }
}

static void choose_scales(struct workspace *ws, float max_gradient, float max_hessian) {
  int sum_bits = 62 - ceil_log2(ws->data->n_rows);
  int gradient_exponent = scale_exponent(max_gradient, sum_bits);
  int hessian_exponent = scale_exponent(max_hessian, ws->count_bits > 0 ? HIST_HESSIAN_BITS - 1 : sum_bits);
  ws->source = (struct hist_source){ws->gradients, ldexp(1.0, gradient_exponent),
                                    ldexp(1.0, hessian_exponent), ws->count_bits, sum_bits <= 50};
  ws->gradient_unit = ldexp(1.0, -gradient_exponent);
  ws->hessian_unit = ldexp(1.0, -hessian_exponent);
  ws->count_shift = (unsigned)(hessian_exponent > 0 ? hessian_exponent : 0);
  ws->most_gradient = (int64_t)1 << sum_bits;
}

/* Quantised gradients (algorithms 8.2). */
static void choose_levels(struct workspace *ws, float max_gradient, float max_hessian,
                          struct round_job *job) {
  const struct quant_params *quant = &ws->grow.quant;
  struct pack_rule *rule = &job->rule;
  int half = quant->levels / 2;
  rule->gradient_levels = half;
  rule->hessian_levels = ws->constant_hessian ? 1 : quant->levels;
  rule->gradient_step = max_gradient > 0 ? (double)max_gradient / rule->gradient_levels : 1.0;
  rule->hessian_step = max_hessian > 0 ? (double)max_hessian / rule->hessian_levels : 1.0;
  rule->stochastic = quant->stochastic;
  rule->constant_hessian = ws->constant_hessian;
  uint64_t keys = rng_bits((uint64_t)quant->seed, RNG_ROUNDING, ws->tree_key);
  rule->gradient_key = (uint32_t)keys;
  rule->hessian_key = (uint32_t)(keys >> 32);
  ws->gradient_unit = rule->gradient_step;
  ws->hessian_unit = rule->hessian_step;
  ws->count_shift = 0;
  ws->most_gradient = half;
  int sum_bits = 62 - ceil_log2(ws->data->n_rows);
  ws->true_gradient_scale = ldexp(1.0, scale_exponent(max_gradient, sum_bits));
  ws->true_hessian_scale = ldexp(1.0, scale_exponent(max_hessian, sum_bits));
}

copse_status workspace_begin_tree(struct workspace *ws, const float *gradient, const float *hessian,
                                  copse_error *err) {
  double start = workspace_clock();
  uint64_t n = ws->data->n_rows;
  size_t n_chunks = (size_t)((n + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK);
  struct round_job job = {.ws = ws, .gradient = gradient, .hessian = hessian};
  const bool taken = ws->gradients_taken;
  ws->gradients_taken = false;
  /* What is not rounded here needs no scale: one pass while a chunk is in the cache. */
  const bool as_they_come = ws->packed == NULL && (ws->row_of == NULL || ws->gradients_placed);
  if (!taken) copse_parallel_for(ws->n_threads, n_chunks, as_they_come ? take_chunk : measure_chunk, &job);
  float max_gradient = 0, max_hessian = 0;
  for (size_t c = 0; c < n_chunks; c++) {
    if (!isfinite(ws->chunks[c].max_gradient) || !isfinite(ws->chunks[c].max_hessian))
      return status_set(
          err, COPSE_ERR_DATA,
          "a gradient of this round is beyond the range of float32: the labels, weights or init scores "
          "(with linear_tree the values of a feature too) are too large together (rescale them)");
    max_gradient = fmaxf(max_gradient, ws->chunks[c].max_gradient);
    max_hessian = fmaxf(max_hessian, ws->chunks[c].max_hessian);
  }
  if (ws->packed != NULL)
    choose_levels(ws, max_gradient, max_hessian, &job);
  else
    choose_scales(ws, max_gradient, max_hessian);
  if (ws->packed != NULL || (!taken && !as_they_come))
    copse_parallel_for(ws->n_threads, n_chunks, round_chunk, &job);
  workspace_begin_root(ws);
  ws->phase_s[PHASE_GRADIENT] += workspace_clock() - start;
  return COPSE_OK;
}

void workspace_begin_root(struct workspace *ws) {
  struct leaf *root = &ws->leaves[0];
  root->begin = 0;
  root->n_rows = ws->n_bag;
  root->key = ws->tree_key;
  root->depth = 0;
  root->slot = root->spare[0] = root->spare[1] = root->pending = -1;
  for (int i = 0; i < WORKSPACE_PENDING; i++) ws->pending[i] = ws->grow.num_leaves + 2 * i;
  ws->n_pending = WORKSPACE_PENDING;
  ws->n_slots_used = 0;
  ws->root = NULL;
  if (ws->splittable != NULL) memset(ws->splittable, 1, ws->data->binned.n_columns);
}

void workspace_swap_gradients(struct workspace *ws, struct tree_gradients *others) {
  const struct tree_gradients own = {ws->gradients,    ws->source,      ws->gradient_unit,
                                     ws->hessian_unit, ws->count_shift, ws->most_gradient};
  ws->gradients = others->rows;
  ws->source = others->source;
  ws->gradient_unit = others->gradient_unit;
  ws->hessian_unit = others->hessian_unit;
  ws->count_shift = others->count_shift;
  ws->most_gradient = others->most_gradient;
  *others = own;
}

void workspace_sum_root(struct workspace *ws) {
  double start = workspace_clock();
  size_t n_chunks = (size_t)((ws->data->n_rows + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK);
  copse_parallel_for(ws->n_threads, n_chunks, sum_bag_chunk, ws);
  struct leaf *root = &ws->leaves[0];
  root->total_gradient = root->total_hessian = 0;
  for (size_t c = 0; c < n_chunks; c++) {
    root->total_gradient += ws->chunks[c].gradient;
    root->total_hessian += ws->chunks[c].hessian;
  }
  ws->phase_s[PHASE_GRADIENT] += workspace_clock() - start;
}
