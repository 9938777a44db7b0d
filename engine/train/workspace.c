/* workspace.c - sizes and hands out what tree growth borrows. */
#define _POSIX_C_SOURCE 199309L
#include "train/workspace.h"

#include <math.h>
#include <time.h>

#include "base/context.h"
#include "base/status.h"
#include "base/team.h"
#include "train/apart.h"
#include "train/hist_joint.h"
#include "train/sample.h"
#include "train/split_lightgbm.h"

double workspace_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

size_t workspace_cut(uint64_t n_rows, uint64_t most_rows, int n_threads, uint64_t *chunk_rows) {
  const uint64_t share = (uint64_t)n_threads * most_rows;
  const uint64_t n_chunks = (n_rows + share - 1) / share * (uint64_t)n_threads;
  *chunk_rows = (n_rows + n_chunks - 1) / n_chunks;
  return (size_t)((n_rows + *chunk_rows - 1) / *chunk_rows);
}

void workspace_for(int lane, int n_threads, size_t n_chunks, copse_chunk_fn body, void *user) {
  if (lane == ALL_LANES)
    copse_parallel_for(n_threads > 1 ? n_threads : 1, n_chunks, body, user);
  else
    for (size_t chunk = 0; chunk < n_chunks; chunk++) body(user, chunk, lane);
}

void workspace_note(struct workspace *ws, int lane, enum workspace_phase phase, double start) {
  double *phase_s = lane == ALL_LANES ? ws->phase_s : ws->lanes[lane].phase_s;
  phase_s[phase] += workspace_clock() - start;
}

static bool planes_create(copse_context *ctx, uint64_t n_cells, bool counted, struct hist_planes *out) {
  out->gradient = copse_alloc(ctx, n_cells, sizeof *out->gradient);
  out->hessian = copse_alloc(ctx, n_cells, sizeof *out->hessian);
  out->count = counted ? copse_alloc(ctx, n_cells, sizeof *out->count) : NULL;
  return out->gradient != NULL && out->hessian != NULL && (!counted || out->count != NULL);
}

static void planes_release(struct hist_planes *planes) {
  copse_free(planes->gradient);
  copse_free(planes->hessian);
  copse_free(planes->count);
}

uint32_t workspace_block_cells(const struct workspace *ws) {
  const struct binned *binned = &ws->data->binned;
  uint32_t most = 4;
  for (uint32_t b = 0; b < binned->n_blocks; b++) {
    if (binned->blocks[b].n_cells > most) most = binned->blocks[b].n_cells;
    if (binned->blocks[b].n_sums > most) most = binned->blocks[b].n_sums;
  }
  return most;
}

/* Widest bit sets that a categorical column needs, over bins and over category values. */
static void category_sizes(struct workspace *ws, uint32_t *most_bins) {
  const struct binned *binned = &ws->data->binned;
  *most_bins = 1;
  ws->bin_words = ws->category_words = 1;
  for (uint32_t c = 0; c < binned->n_columns; c++) {
    const struct feature_bins *bins = &ws->data->schema->features[binned->columns[c].feature];
    if (!bins->categorical) continue;
    if (bins->n_bins > *most_bins) *most_bins = bins->n_bins;
    int32_t largest = bins->n_bins > 1 ? bins->sorted_category[bins->n_bins - 2] : 0;
    uint32_t words = (uint32_t)largest / 32 + 1;
    if (words > ws->category_words) ws->category_words = words;
  }
  ws->bin_words = *most_bins / 32 + 1;
}

static uint32_t most_bins_of_all(const struct workspace *ws) {
  const struct binned *binned = &ws->data->binned;
  uint32_t most = 1;
  for (uint32_t c = 0; c < binned->n_columns; c++)
    if (binned->columns[c].n_bins > most) most = binned->columns[c].n_bins;
  return most;
}

static bool lanes_create(struct workspace *ws, uint32_t most_bins) {
  uint32_t cells = workspace_block_cells(ws);
  size_t n_columns = ws->data->binned.n_columns;
  ws->lanes = copse_alloc_zero(ws->ctx, (size_t)ws->n_threads, sizeof *ws->lanes);
  if (ws->lanes == NULL) return false;
  for (int t = 0; t < ws->n_threads; t++) {
    struct lane *lane = &ws->lanes[t];
    lane->cells = copse_alloc_zero(ws->ctx, cells, sizeof *lane->cells);
    lane->categories.items = copse_alloc(ws->ctx, most_bins, sizeof *lane->categories.items);
    lane->categories.room = copse_alloc(ws->ctx, most_bins, sizeof *lane->categories.room);
    lane->bits = copse_alloc(ws->ctx, ws->bin_words, sizeof *lane->bits);
    lane->column_in_leaf = copse_alloc(ws->ctx, 2 * n_columns, sizeof *lane->column_in_leaf);
    lane->column_best = copse_alloc(ws->ctx, 2 * n_columns, sizeof *lane->column_best);
    lane->column_bits = copse_alloc(ws->ctx, 2 * n_columns * ws->bin_words, sizeof *lane->column_bits);
    const bool counted = ws->count_kind == COUNT_FIELD;
    const bool planes = planes_create(ws->ctx, cells, counted, &lane->planes) &&
                        planes_create(ws->ctx, most_bins_of_all(ws), counted, &lane->column);
    if (!planes || lane->cells == NULL || lane->categories.items == NULL || lane->categories.room == NULL ||
        lane->bits == NULL || lane->column_in_leaf == NULL || lane->column_best == NULL ||
        lane->column_bits == NULL)
      return false;
    for (size_t i = 0; i < 2 * n_columns; i++)
      lane->column_best[i].bin_bits = lane->column_bits + i * ws->bin_words;
  }
  return true;
}

static bool leaves_create(struct workspace *ws) {
  ws->n_leaves_room = ws->grow.num_leaves + 2 * WORKSPACE_PENDING;
  size_t n_leaves = (size_t)ws->n_leaves_room, n_columns = ws->data->binned.n_columns;
  ws->leaves = copse_alloc_zero(ws->ctx, n_leaves, sizeof *ws->leaves);
  ws->leaf_bits = copse_alloc(ws->ctx, n_leaves * ws->bin_words, sizeof *ws->leaf_bits);
  ws->category_bits = copse_alloc(ws->ctx, ws->category_words, sizeof *ws->category_bits);
  ws->column_hash = copse_alloc(ws->ctx, n_columns, sizeof *ws->column_hash);
  ws->column_in_tree = copse_alloc(ws->ctx, n_columns, sizeof *ws->column_in_tree);
  if (ws->leaves == NULL || ws->leaf_bits == NULL || ws->category_bits == NULL || ws->column_hash == NULL ||
      ws->column_in_tree == NULL)
    return false;
  sample_init(ws);
  if (ws->sample.extra_trees &&
      ws->sample.lightgbm_draws) { /* in the order of the search, one after the other */
    ws->speculative = false;
    ws->threshold_state = copse_alloc_zero(ws->ctx, n_columns, sizeof *ws->threshold_state);
    ws->threshold_drawn = copse_alloc_zero(ws->ctx, 2 * n_columns, sizeof *ws->threshold_drawn);
    if (ws->threshold_state == NULL || ws->threshold_drawn == NULL) return false;
  }
  for (size_t l = 0; l < n_leaves; l++) ws->leaves[l].best.bin_bits = ws->leaf_bits + l * ws->bin_words;
  if (!ws->grow.compat.inherit_unsplittable) return true;
  ws->splittable = copse_alloc(ws->ctx, n_leaves * n_columns, 1);
  return ws->splittable != NULL;
}

/* A hessian beside a count has HIST_HESSIAN_BITS bits: rows that weigh less than 2^-13 of the heaviest would
 * lose more than a millionth of theirs. With such weights hessians get all bits, and counts are added up in a
 * second pass of their own. */
static bool weights_spread(const copse_dataset *data) {
  const double most_spread = 0x1p13;
  float least = INFINITY, most = 0;
  for (uint64_t i = 0; data->weight != NULL && i < data->n_rows; i++) {
    float weight = data->weight[i];
    if (weight > most) most = weight;
    if (weight > 0 && weight < least) least = weight;
  }
  return (double)most > most_spread * (double)least;
}

static uint64_t cell_rows(const struct workspace *ws) {
  const int levels = ws->grow.quant.levels;
  if (ws->grow.quant.on) return hist_packed_rows(levels / 2, ws->constant_hessian ? 1 : levels);
  return ws->count_bits > 0 ? HIST_SPILL_ROWS : UINT64_MAX;
}

/* There are columns for everybody, and counts ride in the hessians. */
static bool can_share_columns(const struct binned *binned, int n_threads, enum count_kind kind,
                              unsigned count_bits) {
  enum { LEAST_COLUMNS = 8 };
  return n_threads > 1 && !(kind == COUNT_FIELD && count_bits == 0) &&
         binned->n_carriers >= LEAST_COLUMNS * (uint32_t)n_threads * binned->n_blocks;
}

/* Two threads from about 1,500 x 28 on where they share columns: 31 leaves of 1,000 x 28 are 1.2 times as
 * quick with them as with one, of 2,000 x 28 1.35 times, of 5,000 x 28 1.4 times. Else from about 6,000 x 28
 * on: 5,000 x 28 are 1.0 to 1.25 times as quick, 10,000 x 28 1.1 times, for twice the processor time. What a
 * row costs by itself, whatever its columns, is about the histograms of 16 columns. */
int workspace_threads(copse_context *ctx, const copse_dataset *data, int wish) {
  int n_threads = team_size(wish);
  const bool shared = can_share_columns(&data->binned, n_threads, COUNT_FIELD, HIST_COUNT_BITS);
  const uint64_t values_per_thread = shared ? 1 << 15 : 1 << 17;
  const uint64_t values_of_row = (uint64_t)data->binned.n_columns + 16;
  uint64_t most = data->n_rows * values_of_row / values_per_thread;
  if (context_or_default(ctx)->every_thread || most >= (uint64_t)n_threads) return n_threads;
  return most > 0 ? (int)most : 1;
}

copse_status workspace_create(copse_context *ctx, const copse_dataset *data, const struct grow_params *grow,
                              const struct sample_params *sample, bool constant_hessian, int n_threads,
                              const struct kernels *kernels, struct workspace *out, copse_error *err) {
  *out = (struct workspace){.ctx = ctx, .data = data, .kernels = kernels, .grow = *grow, .sample = *sample};
  struct workspace *ws = out;
  ws->gain_in_sight = -1;
  ws->n_threads = workspace_threads(ctx, data, n_threads);
  /* A tree cannot have more leaves than rows. */
  if ((uint64_t)ws->grow.num_leaves > data->n_rows && data->n_rows > 0)
    ws->grow.num_leaves = (int)data->n_rows;
  ws->constant_hessian = constant_hessian;
  if (constant_hessian)
    ws->count_kind = COUNT_SHIFT;
  else if (grow->quant.on)
    ws->count_kind = COUNT_SHARE;
  else
    ws->count_kind = grow->compat.hessian_counts ? COUNT_ESTIMATE : COUNT_FIELD;
  ws->count_bits = ws->count_kind == COUNT_FIELD && !weights_spread(data) ? HIST_COUNT_BITS : 0;
  ws->cell_rows = cell_rows(ws);
  ws->shares_columns = can_share_columns(&data->binned, ws->n_threads, ws->count_kind, ws->count_bits);
  uint32_t most_bins;
  category_sizes(ws, &most_bins);
  uint64_t n = data->n_rows;
  if (grow->quant.on)
    ws->packed = copse_alloc(ctx, n, sizeof *ws->packed);
  else
    ws->gradients = copse_alloc(ctx, n, sizeof *ws->gradients);
  ws->rows = context_alloc_streamed(ctx, n + 1, sizeof *ws->rows);
  ws->rows_beside = context_alloc_streamed(ctx, n + 1, sizeof *ws->rows_beside);
  ws->rows_aside = context_alloc_streamed(ctx, n + 1, sizeof *ws->rows_aside);
  ws->gathered = copse_alloc(ctx, (size_t)ws->n_threads * 2 * WORKSPACE_CHUNK, sizeof *ws->gathered);
  ws->chunks =
      copse_alloc(ctx, (size_t)(n / WORKSPACE_CHUNK + 1) + (size_t)ws->n_threads, sizeof *ws->chunks);
  bool by_query = sample->bagging_freq > 0 && sample->bagging_by_query && data->group != NULL;
  if (by_query) ws->query_of_row = copse_alloc(ctx, n, sizeof *ws->query_of_row);
  bool by_gradient = sample->strategy != ROW_BAGGING;
  if (by_gradient) {
    ws->row_strength = copse_alloc(ctx, n, sizeof *ws->row_strength);
    ws->strength_counts =
        copse_alloc(ctx, (size_t)ws->n_threads * GRADIENT_SAMPLE_BINS, sizeof *ws->strength_counts);
  }
  const bool drawn = by_gradient || sample->bagging_freq > 0;
  if (drawn) ws->node_rules = copse_alloc(ctx, (size_t)ws->grow.num_leaves, sizeof *ws->node_rules);
  bool ok = (!drawn || ws->node_rules != NULL) &&
            (!by_gradient || (ws->row_strength != NULL && ws->strength_counts != NULL)) &&
            (!by_query || ws->query_of_row != NULL) && ws->chunks != NULL && ws->gathered != NULL &&
            (ws->gradients != NULL || ws->packed != NULL) && ws->rows != NULL && ws->rows_beside != NULL &&
            ws->rows_aside != NULL;
  copse_status status = COPSE_OK;
  if (ok && lanes_create(ws, most_bins) && workspace_pool_create(ws) && leaves_create(ws) &&
      lightgbm_sums_create(ws))
    status = constrain_create(ws, err);
  else
    status = status_memory(err, "the training workspace");
  if (status != COPSE_OK) workspace_release(ws);
  return status;
}

void workspace_release(struct workspace *ws) {
  apart_release(ws);
  hist_joint_release(ws);
  constrain_release(ws);
  for (int t = 0; ws->lanes != NULL && t < ws->n_threads; t++) {
    struct lane *lane = &ws->lanes[t];
    copse_free(lane->cells);
    planes_release(&lane->planes);
    planes_release(&lane->column);
    copse_free(lane->categories.items);
    copse_free(lane->categories.room);
    copse_free(lane->bits);
    copse_free(lane->column_in_leaf);
    copse_free(lane->column_best);
    copse_free(lane->column_bits);
  }
  copse_free(ws->lanes);
  copse_free(ws->pool);
  copse_free(ws->slots);
  copse_free(ws->slot_leaf);
  copse_free(ws->node_rules);
  copse_free(ws->query_of_row);
  copse_free(ws->row_strength);
  copse_free(ws->strength_counts);
  copse_free(ws->gradients);
  copse_free(ws->packed);
  copse_free(ws->chunks);
  copse_free(ws->rows);
  copse_free(ws->rows_beside);
  copse_free(ws->rows_aside);
  copse_free(ws->leaves);
  copse_free(ws->leaf_bits);
  copse_free(ws->category_bits);
  copse_free(ws->column_hash);
  copse_free(ws->column_in_tree);
  copse_free(ws->threshold_state);
  copse_free(ws->threshold_drawn);
  copse_free(ws->splittable);
  copse_free(ws->rests);
  copse_free(ws->row_of);
  copse_free(ws->gathered);
  binned_release_reordered(&ws->clustered);
  *ws = (struct workspace){0};
}
