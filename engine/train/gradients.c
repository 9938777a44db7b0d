/* gradients.c - the gradients of a round (Friedman 2001): of rows each or of queries, in the order of rows or
 * of places, kept or handed to the workspace as they are made. */
#include "train/gradients.h"

#include "base/context.h"
#include "base/status.h"
#include "base/team.h"
#include "train/forest.h"
#include "train/placed.h"
#include "train/position_bias.h"

enum { GRADIENT_CHUNK = WORKSPACE_CHUNK, GRADIENT_PIECE = 1 << 10, QUERY_CHUNK = 1 << 11 };

struct gradient_job {
  struct objective objective; /* of labels and weights in the order of the scores */
  const double *score;
  float *gradient, *hessian; /* of all rows; NULL: the taker's are enough */
  struct workspace *taker;   /* of the gradients, chunk by chunk; or NULL */
};

/* Gradients of some rows of a chunk, and what makes a tree's of them while they are in the cache. */
static void gradient_piece(const struct gradient_job *job, uint64_t begin, uint64_t end, int thread) {
  float *gradient, *hessian;
  if (job->gradient != NULL) {
    gradient = job->gradient + begin;
    hessian = job->hessian + begin;
  } else {
    gradient = workspace_chunk_gradients(job->taker, thread);
    hessian = gradient + GRADIENT_PIECE;
  }
  job->objective.row->gradients(&job->objective, job->score, begin, end, gradient, hessian);
  if (job->taker != NULL) workspace_take_gradients(job->taker, begin, end - begin, gradient, hessian);
}

static void gradient_chunk(void *user, size_t chunk, int thread) {
  const struct gradient_job *job = user;
  uint64_t begin = (uint64_t)chunk * GRADIENT_CHUNK, end = begin + GRADIENT_CHUNK;
  if (end > job->objective.data.n_rows) end = job->objective.data.n_rows;
  /* those that are kept leave the L1 cache anyway, and pieces cost a twelfth of the time */
  const uint64_t piece = job->gradient == NULL ? GRADIENT_PIECE : GRADIENT_CHUNK;
  for (uint64_t at = begin; at < end; at += piece)
    gradient_piece(job, at, end - at < piece ? end : at + piece, thread);
}

struct query_job {
  const struct objective *objective;
  struct query_pass pass;
};

/* Queries are whole: a chunk has those that begin in its rows. */
static void query_chunk(void *user, size_t chunk, int thread) {
  const struct query_job *job = user;
  uint64_t first, behind, begin = (uint64_t)chunk * QUERY_CHUNK;
  objective_queries_between(job->objective, begin, begin + QUERY_CHUNK, &first, &behind);
  job->objective->row->query_gradients(job->objective, &job->pass, first, behind, thread);
}

static void query_gradients_at(copse_booster *booster, const double *score, const double *bias, int round) {
  struct query_job job = {&booster->objective,
                          {.score = score,
                           .bias = bias,
                           .round = (uint64_t)round,
                           .gradient = booster->gradient,
                           .hessian = booster->hessian}};
  uint64_t n = booster->sets[0].data->n_rows;
  copse_parallel_for(booster->workspace.n_threads, (size_t)((n + QUERY_CHUNK - 1) / QUERY_CHUNK), query_chunk,
                     &job);
}

static void row_gradients(copse_booster *booster, const struct gradient_job *job) {
  uint64_t n = booster->sets[0].data->n_rows;
  int n_threads = n < 4 * GRADIENT_CHUNK ? 1 : booster->workspace.n_threads;
  if (job->objective.row->whole)
    job->objective.row->gradients(&job->objective, job->score, 0, n, job->gradient, job->hessian);
  else
    copse_parallel_for(n_threads, (size_t)((n + GRADIENT_CHUNK - 1) / GRADIENT_CHUNK), gradient_chunk,
                       (void *)job);
}

void booster_gradients_at(copse_booster *booster, const double *score, int round) {
  struct gradient_job job = {booster->objective, score, booster->gradient, booster->hessian, NULL};
  if (booster->objective.row->query_gradients != NULL)
    query_gradients_at(booster, score, NULL, round);
  else
    row_gradients(booster, &job);
}

static void compute_query_gradients(copse_booster *booster) {
  double start = workspace_clock();
  query_gradients_at(booster, forest_on(booster) ? booster->forest_score : booster->sets[0].score,
                     position_bias_now(booster), copse_booster_round(booster));
  position_bias_learn(booster);
  booster->workspace.phase_s[PHASE_GRADIENT] += workspace_clock() - start;
}

copse_status booster_reserve_gradients(copse_booster *booster, copse_error *err) {
  uint64_t cells = booster->sets[0].data->n_rows * (uint64_t)booster->n_outputs;
  if (booster->gradient == NULL)
    booster->gradient = context_alloc_streamed(booster->ctx, cells, sizeof *booster->gradient);
  if (booster->hessian == NULL)
    booster->hessian = context_alloc_streamed(booster->ctx, cells, sizeof *booster->hessian);
  if (booster->gradient == NULL || booster->hessian == NULL) return status_memory(err, "gradients");
  return COPSE_OK;
}

/* Whether the gradients are those of one tree, as they are computed; quantised ones are only measured then,
 * in any order. */
static bool may_take(const copse_booster *booster, bool placed) {
  const struct workspace *ws = &booster->workspace;
  return booster->n_outputs == 1 && !booster->objective.row->whole && ws->sample.strategy == ROW_BAGGING &&
         (ws->packed != NULL || ws->row_of == NULL || placed);
}

static void compute_row_gradients(copse_booster *booster, bool placed) {
  double start = workspace_clock();
  struct gradient_job job = {booster->objective, booster->sets[0].score, booster->gradient, booster->hessian,
                             may_take(booster, placed) ? &booster->workspace : NULL};
  if (placed) {
    job.objective.data.label = booster->placed.label;
    if (job.objective.data.weight != NULL) job.objective.data.weight = booster->placed.weight;
    job.score = placed_scores(booster);
  }
  if (forest_on(booster)) job.score = booster->forest_score; /* constants: in any order of rows */
  row_gradients(booster, &job);
  booster->workspace.gradients_taken = job.taker != NULL;
  booster->workspace.phase_s[PHASE_GRADIENT] += workspace_clock() - start;
}

bool gradients_kept(const copse_booster *booster, bool custom, bool queries, bool placed) {
  return custom || queries || !may_take(booster, placed) || booster->workspace.packed != NULL ||
         booster->workspace.grow.linear.on;
}

void gradients_compute(copse_booster *booster, bool queries, bool placed) {
  if (queries)
    compute_query_gradients(booster);
  else
    compute_row_gradients(booster, placed);
}
