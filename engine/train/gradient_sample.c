/* gradient_sample.c - gradient-based one-side sampling (Ke et al. 2017: the top_rate of rows with the largest
 * |g h| is kept, an other_rate of the rest is drawn and weighed up to stand for all of it) and minimal
 * variance sampling (Ibragimov and Gusev 2019: a row is in with probability min(1, strength / mu) and weighed
 * by its inverse, strength = sqrt(g^2 + lambda h^2)).
 *
 * LightGBM takes the largest of each thread's rows, one after the other, so that its model depends on the
 * number of threads. Here both thresholds are those of all rows, found by counting rows by the bits of their
 * strength, and a draw is a hash of (seed, round, row): neither threads nor the order of rows matter. Rows
 * tied at the threshold have the same chance each. */
#include "train/gradient_sample.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

struct sample_job {
  struct workspace *ws;
  int n_outputs;
  float *gradient, *hessian;
  uint32_t high; /* of the second count: the upper half of a strength's bits */
  uint64_t key;
  uint32_t threshold; /* goss: bits of the weakest row kept for itself */
  double tie_share;   /* goss: of the rows that strong, kept for themselves */
  double rest_share;  /* goss: of the other rows, drawn */
  double mu;          /* mvs */
};

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static float value_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint64_t chunk_end(const struct workspace *ws, size_t chunk) {
  uint64_t end = (uint64_t)(chunk + 1) * WORKSPACE_CHUNK;
  return end < ws->data->n_rows ? end : ws->data->n_rows;
}

static float strength_of(const struct sample_job *job, uint64_t row) {
  const struct sample_params *p = &job->ws->sample;
  uint64_t n = job->ws->data->n_rows;
  float goss = 0;
  double mvs = 0;
  for (int k = 0; k < job->n_outputs; k++) {
    float g = job->gradient[(uint64_t)k * n + row], h = job->hessian[(uint64_t)k * n + row];
    goss += fabsf(g * h);
    mvs += (double)g * (double)g + p->mvs_lambda * ((double)h * (double)h);
  }
  return p->strategy == ROW_GOSS ? goss : (float)sqrt(mvs);
}

static void measure_chunk(void *user, size_t chunk, int thread) {
  const struct sample_job *job = user;
  struct workspace *ws = job->ws;
  uint32_t *counts = ws->strength_counts + (size_t)thread * GRADIENT_SAMPLE_BINS;
  for (uint64_t i = (uint64_t)chunk * WORKSPACE_CHUNK; i < chunk_end(ws, chunk); i++) {
    float strength = strength_of(job, i);
    ws->row_strength[i] = strength;
    counts[bits_of(strength) >> 16]++;
  }
}

static void count_low_chunk(void *user, size_t chunk, int thread) {
  const struct sample_job *job = user;
  struct workspace *ws = job->ws;
  uint32_t *counts = ws->strength_counts + (size_t)thread * GRADIENT_SAMPLE_BINS;
  for (uint64_t i = (uint64_t)chunk * WORKSPACE_CHUNK; i < chunk_end(ws, chunk); i++) {
    uint32_t bits = bits_of(ws->row_strength[i]);
    if (bits >> 16 == job->high) counts[bits & 0xFFFF]++;
  }
}

static void for_chunks(struct sample_job *job, copse_chunk_fn body) {
  struct workspace *ws = job->ws;
  size_t n_chunks = (size_t)((ws->data->n_rows + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK);
  copse_parallel_for(ws->n_threads, n_chunks, body, job);
}

/* Rows by one half of the bits of their strength, over all threads. */
static const uint32_t *count_rows(struct sample_job *job, copse_chunk_fn body) {
  uint32_t *counts = job->ws->strength_counts;
  size_t n_threads = (size_t)job->ws->n_threads;
  memset(counts, 0, n_threads * GRADIENT_SAMPLE_BINS * sizeof *counts);
  for_chunks(job, body);
  for (size_t t = 1; t < n_threads; t++)
    for (size_t b = 0; b < GRADIENT_SAMPLE_BINS; b++) counts[b] += counts[t * GRADIENT_SAMPLE_BINS + b];
  return counts;
}

/* The bin in which the n-th row from the top lies; *above: rows in the bins over it. */
static uint32_t bin_from_top(const uint32_t *counts, uint64_t n, uint64_t *above) {
  uint32_t bin = GRADIENT_SAMPLE_BINS - 1;
  for (*above = 0; bin > 0 && *above + counts[bin] < n; bin--) *above += counts[bin];
  return bin;
}

/* ---- goss ---- */

static void scale_row(const struct sample_job *job, uint64_t row, double factor) {
  uint64_t n = job->ws->data->n_rows;
  for (int k = 0; k < job->n_outputs; k++) {
    job->gradient[(uint64_t)k * n + row] = (float)((double)job->gradient[(uint64_t)k * n + row] * factor);
    job->hessian[(uint64_t)k * n + row] = (float)((double)job->hessian[(uint64_t)k * n + row] * factor);
  }
}

static double draw(const struct sample_job *job, uint64_t place) {
  const struct workspace *ws = job->ws;
  uint64_t row = ws->gradients_placed ? ws->row_of[place] : place;
  return rng_uniform(rng_bits(job->key, RNG_GRADIENT_ROW, row));
}

static void choose_goss(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct sample_job *job = user;
  struct workspace *ws = job->ws;
  for (uint64_t i = (uint64_t)chunk * WORKSPACE_CHUNK; i < chunk_end(ws, chunk); i++) {
    uint32_t bits = bits_of(ws->row_strength[i]);
    if (bits > job->threshold) continue;
    double own = bits == job->threshold ? job->tie_share : 0, u = draw(job, i);
    if (u < own) continue;
    if (u < own + (1 - own) * job->rest_share)
      scale_row(job, i, 1 / job->rest_share);
    else
      ws->row_strength[i] = -1;
  }
}

static void sample_goss(struct sample_job *job) {
  const struct sample_params *p = &job->ws->sample;
  double n = (double)job->ws->data->n_rows;
  uint64_t top = (uint64_t)(n * p->top_rate), other = (uint64_t)(n * p->other_rate), above, above_low;
  if (top < 1) top = 1;
  if ((double)(top + other) >= n) {
    job->ws->rows_chosen = false;
    return;
  }
  job->high = bin_from_top(count_rows(job, measure_chunk), top, &above);
  const uint32_t *counts = count_rows(job, count_low_chunk);
  uint32_t low = bin_from_top(counts, top - above, &above_low);
  job->threshold = job->high << 16 | low;
  job->tie_share = (double)(top - above - above_low) / (double)counts[low];
  job->rest_share = (double)other / (n - (double)top);
  for_chunks(job, choose_goss);
}

/* ---- mvs ---- */

static void choose_mvs(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct sample_job *job = user;
  struct workspace *ws = job->ws;
  for (uint64_t i = (uint64_t)chunk * WORKSPACE_CHUNK; i < chunk_end(ws, chunk); i++) {
    double strength = (double)ws->row_strength[i];
    if (strength >= job->mu) continue;
    if (draw(job, i) * job->mu < strength)
      scale_row(job, i, job->mu / strength);
    else
      ws->row_strength[i] = -1;
  }
}

/* mu such that the sum of min(1, strength / mu) is the number of rows wanted, each strength taken as the
 * middle of its bin (1/256 wide): weights are the inverse of the very probabilities, so only the size of the
 * sample is that inexact. 0 where no row has any strength. */
static double find_mu(const uint32_t *counts, double wanted) {
  double below = 0, sure = 0;
  const uint32_t n_finite = 0x7F80;
  for (uint32_t b = 0; b < n_finite; b++) below += counts[b] * (double)value_of(b << 16 | 0x8000);
  for (uint32_t b = n_finite; b-- > 0;) {
    double middle = (double)value_of(b << 16 | 0x8000);
    if (counts[b] == 0) continue;
    if (wanted - sure > 0 && middle * (wanted - sure) <= below) break;
    below -= counts[b] * middle;
    sure += counts[b];
  }
  return wanted > sure && below > 0 ? below / (wanted - sure) : 0;
}

static void sample_mvs(struct sample_job *job) {
  double wanted = (double)job->ws->data->n_rows * job->ws->sample.mvs_fraction;
  job->mu = find_mu(count_rows(job, measure_chunk), wanted);
  job->ws->rows_chosen = job->mu > 0;
  if (job->ws->rows_chosen) for_chunks(job, choose_mvs);
}

void gradient_sample_round(struct workspace *ws, int round, int n_outputs, float *gradient, float *hessian) {
  ws->rows_chosen = ws->row_strength != NULL;
  if (!ws->rows_chosen) return;
  double start = workspace_clock();
  struct sample_job job = {.ws = ws, .n_outputs = n_outputs, .gradient = gradient, .hessian = hessian};
  job.key = rng_bits((uint64_t)ws->sample.bagging_seed, RNG_GRADIENT_ROW, (uint64_t)round);
  if (ws->sample.strategy == ROW_GOSS)
    sample_goss(&job);
  else
    sample_mvs(&job);
  ws->phase_s[PHASE_GRADIENT] += workspace_clock() - start;
}
