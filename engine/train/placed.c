/* placed.c - once rows are clustered a round has no row to look for: scores, labels and weights lie in the
 * order of the matrix, so that gradients are computed and rounded, and leaf values added, from the front to
 * the back. (Finding each place's gradients cost 21 of 180 ms of a tree of 255 leaves over 1,000,000 rows.)
 * Whoever asks for scores gets them in the order of rows. */
#include "train/placed.h"

#include <string.h>

#include "base/context.h"

static bool allocate(copse_booster *booster) {
  struct placed_rows *placed = &booster->placed;
  const copse_dataset *data = booster->sets[0].data;
  if (placed->label == NULL)
    placed->label =
        context_alloc_streamed(booster->ctx, data->n_rows * data->n_labels, sizeof *placed->label);
  if (placed->weight == NULL && data->weight != NULL)
    placed->weight = context_alloc_streamed(booster->ctx, data->n_rows, sizeof *placed->weight);
  return placed->label != NULL && (data->weight == NULL || placed->weight != NULL);
}

struct move_job {
  const copse_booster *booster;
  bool back;
  const double *from;
  double *to;
};

/* Scores that are turned where they lie, half of each in either room meanwhile. */
struct turn_job {
  const copse_booster *booster;
  bool back;
  double *score;
  uint32_t *low, *high;
};

static uint64_t chunk_of(const copse_booster *booster, size_t chunk, uint64_t *begin) {
  uint64_t n = booster->sets[0].data->n_rows;
  *begin = (uint64_t)chunk * WORKSPACE_CHUNK;
  return n - *begin < WORKSPACE_CHUNK ? n : *begin + WORKSPACE_CHUNK;
}

static void for_chunks(const copse_booster *booster, copse_chunk_fn body, void *user) {
  uint64_t n = booster->sets[0].data->n_rows;
  copse_parallel_for(booster->workspace.n_threads, (size_t)((n + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK),
                     body, user);
}

static void move_fields(void *user, size_t chunk, int thread) {
  (void)thread;
  const copse_booster *booster = user;
  const struct placed_rows *placed = &booster->placed;
  const copse_dataset *data = booster->sets[0].data;
  const uint32_t *row_of = booster->workspace.row_of;
  uint64_t begin, end = chunk_of(booster, chunk, &begin), n = data->n_rows;
  for (uint64_t label = 0; label < data->n_labels; label++)
    for (uint64_t i = begin; i < end; i++) placed->label[label * n + i] = data->label[label * n + row_of[i]];
  for (uint64_t i = begin; i < end && data->weight != NULL; i++) placed->weight[i] = data->weight[row_of[i]];
}

static void move_scores(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct move_job *job = user;
  const uint32_t *row_of = job->booster->workspace.row_of;
  uint64_t begin, end = chunk_of(job->booster, chunk, &begin);
  if (job->back)
    for (uint64_t i = begin; i < end; i++) job->to[row_of[i]] = job->from[i];
  else
    for (uint64_t i = begin; i < end; i++) job->to[i] = job->from[row_of[i]];
}

static void take_scores(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct turn_job *job = user;
  const uint32_t *row_of = job->booster->workspace.row_of;
  uint64_t begin, end = chunk_of(job->booster, chunk, &begin);
  for (uint64_t i = begin; i < end; i++) {
    const uint64_t from = job->back ? i : row_of[i], to = job->back ? row_of[i] : i;
    uint64_t bits;
    memcpy(&bits, &job->score[from], sizeof bits);
    job->low[to] = (uint32_t)bits;
    job->high[to] = (uint32_t)(bits >> 32);
  }
}

static void put_scores(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct turn_job *job = user;
  uint64_t begin, end = chunk_of(job->booster, chunk, &begin);
  for (uint64_t i = begin; i < end; i++) {
    const uint64_t bits = (uint64_t)job->high[i] << 32 | job->low[i];
    memcpy(&job->score[i], &bits, sizeof bits);
  }
}

void placed_turn(const copse_booster *booster, double *score, bool back) {
  const struct workspace *ws = &booster->workspace;
  /* no tree is being grown: what leaves have their rows in is room */
  struct turn_job job = {booster, back, score, ws->rows_beside, ws->rows_aside};
  for_chunks(booster, take_scores, &job);
  for_chunks(booster, put_scores, &job);
}

double *placed_scores(const copse_booster *booster) {
  return booster->placed.score != NULL ? booster->placed.score : booster->sets[0].score;
}

/* Between the set's own scores and those by place. */
static void move(copse_booster *booster, bool back) {
  uint64_t n = booster->sets[0].data->n_rows;
  for (int k = 0; k < booster->n_outputs; k++) {
    double *own = booster->sets[0].score + (uint64_t)k * n;
    double *placed = placed_scores(booster) + (uint64_t)k * n;
    struct move_job job = {booster, back, back ? placed : own, back ? own : placed};
    if (placed == own)
      placed_turn(booster, own, back);
    else
      for_chunks(booster, move_scores, &job);
  }
}

bool placed_begin(copse_booster *booster) {
  struct placed_rows *placed = &booster->placed;
  const copse_dataset *data = booster->sets[0].data;
  if (booster->workspace.row_of == NULL || data->label == NULL || !allocate(booster)) return false;
  bool fields = !placed->has_fields || placed->version != data->version;
  if (fields) for_chunks(booster, move_fields, booster);
  if (!placed->has_scores) move(booster, false);
  placed->has_fields = placed->has_scores = true;
  placed->version = data->version;
  placed->ahead = true; /* of the set's own scores, when the round is over */
  return true;
}

/* Asked for once, when training is over, scores are turned where they lie; asked for again, as they are by
 * metrics of every round, those by place get memory of their own and stay. */
static void keep_apart(copse_booster *booster) {
  const struct scored_set *set = &booster->sets[0];
  uint64_t cells = set->data->n_rows * (uint64_t)booster->n_outputs;
  if (booster->placed.score != NULL || ++booster->placed.n_given_back < 2) return;
  double *score = context_alloc_streamed(booster->ctx, cells, sizeof *score);
  if (score != NULL) memcpy(score, set->score, cells * sizeof *score);
  booster->placed.score = score;
}

void placed_give_back(copse_booster *booster) {
  if (!booster->placed.ahead) return;
  keep_apart(booster);
  move(booster, true);
  booster->placed.has_scores = booster->placed.score != NULL;
  booster->placed.ahead = false;
}

void placed_forget(copse_booster *booster) {
  booster->placed.has_scores = booster->placed.has_fields = booster->placed.ahead = false;
}

void placed_release(copse_booster *booster) {
  copse_free(booster->placed.label);
  copse_free(booster->placed.weight);
  copse_free(booster->placed.score);
}
