/* predict.c - many rows: blocks of rows in parallel, each by the way that suits the table and the trees.
 * Every way adds a row's leaf values in model order from 0.0: the bits are the same. */
#include "base/status.h"
#include "base/team.h"
#include "data/encoded_table.h"
#include "data/table.h"
#include "predict/block.h"
#include "predict/ways.h"

/* A program takes a block's time whatever the block holds; walking takes it for each row. */
enum { FEW_ROWS = 64, VERY_FEW_ROWS = 4, ALIGNMENT = 64 };

static enum block_way way_of(const struct predict_job *job, size_t n) {
  const struct coded_trees *coded = &job->predictor->coded;
  if (coded->walkable && (job->way == WAY_WALK || (job->way == WAY_AUTO && n < FEW_ROWS))) return BLOCK_WALK;
  return coded->by_bits && job->way != WAY_BYTES ? BLOCK_BITS : BLOCK_BYTES;
}

static void predict_coded_block(const struct predict_job *job, uint64_t begin, size_t n, void *room) {
  const copse_predictor *predictor = job->predictor;
  const struct coded_trees *coded = &predictor->coded;
  size_t width = predictor->width;
  double *out = job->out + (size_t)begin * width;
  struct coded_block block = coded_block_in(coded, predictor->n_outputs, way_of(job, n), n, room);
  if (job->table != NULL)
    coded_block_read(coded, predictor->kernels, job->table, begin, &block);
  else
    coded_block_read_cells(coded, job->codes, begin, &block);
  coded_block_prepare(coded, predictor->kernels, &block);
  if (predictor->kind == COPSE_PREDICT_LEAF) {
    coded_block_leaves(coded, predictor->kernels, &block, out);
    return;
  }
  coded_block_score(coded, predictor->kernels, predictor->n_outputs, &block);
  for (size_t k = 0; k < width; k++)
    for (size_t i = 0; i < n; i++) out[i * width + k] = block.scores[k * REACH_ROWS + i];
}

static void predict_block(void *user, size_t chunk, int thread) {
  const struct predict_job *job = user;
  const copse_predictor *predictor = job->predictor;
  if (copse_context_cancelled(predictor->ctx)) return;
  uint64_t begin = (uint64_t)chunk * job->block_rows;
  uint64_t left = job->n_rows - begin;
  size_t n = left < job->block_rows ? (size_t)left : job->block_rows, width = predictor->width;
  void *room = job->room + (size_t)thread * job->room_bytes;
  if (job->way == WAY_PLAIN)
    predict_plain_block(job, begin, n, room);
  else
    predict_coded_block(job, begin, n, room);
  double *out = job->out + (size_t)begin * width;
  for (size_t i = 0; i < n; i++) predictor_finish(predictor, out + i * width);
}

static copse_status check_table(const copse_predictor *predictor, const copse_table *table,
                                copse_error *err) {
  uint32_t n_inputs = copse_model_n_inputs(predictor->model);
  if (table->n_cols != n_inputs)
    return status_set(err, COPSE_ERR_DATA,
                      "table: expected %u columns, the features of the model in its order, found %u (pass "
                      "every feature, and nothing else)",
                      (unsigned)n_inputs, (unsigned)table->n_cols);
  return table_check(table, err);
}

static void predict_rows(const copse_predictor *predictor, const copse_table *table, double *out) {
  const double *values = table->values;
  for (uint64_t i = 0; i < table->n_rows; i++)
    copse_predictor_row(predictor, values + i * table->row_stride, out + i * predictor->width);
}

copse_status predict_all(struct predict_job *job, int n_threads, copse_error *err) {
  const copse_predictor *predictor = job->predictor;
  bool plain = job->way == WAY_PLAIN;
  job->block_rows = plain ? predict_plain_rows(predictor) : REACH_ROWS;
  job->room_bytes = plain ? job->block_rows * predictor->n_slots * sizeof(double)
                          : coded_block_bytes(&predictor->coded, predictor->n_outputs);
  job->room_bytes = (job->room_bytes / ALIGNMENT + 1) * ALIGNMENT;
  uint64_t n_chunks = (job->n_rows + job->block_rows - 1) / job->block_rows;
  n_threads = team_size(n_threads);
  if ((uint64_t)n_threads > n_chunks) n_threads = (int)n_chunks;
  job->room = copse_alloc(predictor->ctx, (size_t)n_threads, job->room_bytes);
  if (job->room == NULL) return status_memory(err, "the rows of a prediction");
  copse_parallel_for(n_threads, (size_t)n_chunks, predict_block, job);
  copse_free(job->room);
  return status_check_cancel(predictor->ctx, err);
}

copse_status copse_predictor_run(const copse_predictor *predictor, const copse_table *table, int n_threads,
                                 double *out, copse_error *err) {
  copse_status status = check_table(predictor, table, err);
  if (status != COPSE_OK || table->n_rows == 0) return status;
  struct predict_job job = {
      .predictor = predictor, .n_rows = table->n_rows, .table = table, .out = out, .way = predictor->way};
  if (job.way == WAY_AUTO && table->layout == COPSE_ROWS && table->dtype == COPSE_F64 &&
      table->n_rows <= VERY_FEW_ROWS) {
    predict_rows(predictor, table, out);
    return status_check_cancel(predictor->ctx, err);
  }
  struct encoded_table encoded;
  if (predictor->encoder != NULL) {
    status = encoded_table_open(predictor->encoder, table, false, &encoded, err);
    if (status != COPSE_OK) return status;
    job.table = &encoded.view;
  }
  if (!predictor->coded.usable) job.way = WAY_PLAIN;
  return predict_all(&job, n_threads, err);
}
