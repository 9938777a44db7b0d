/* placed.c - once rows are clustered a round has no row to look for: scores, labels and weights lie in the
 * order of the matrix, so that gradients are computed and rounded, and leaf values added, from the front to
 * the back. (Finding each place's gradients cost 21 of 180 ms of a tree of 255 leaves over 1,000,000 rows.)
 * Whoever asks for scores gets them in the order of rows. */
#include "train/placed.h"

static bool allocate(copse_booster *booster) {
  struct placed_rows *placed = &booster->placed;
  const copse_dataset *data = booster->sets[0].data;
  if (placed->score == NULL)
    placed->score =
        copse_alloc(booster->ctx, data->n_rows * (uint64_t)booster->n_outputs, sizeof *placed->score);
  if (placed->label == NULL)
    placed->label = copse_alloc(booster->ctx, data->n_rows * data->n_labels, sizeof *placed->label);
  if (placed->weight == NULL && data->weight != NULL)
    placed->weight = copse_alloc(booster->ctx, data->n_rows, sizeof *placed->weight);
  return placed->score != NULL && placed->label != NULL && (data->weight == NULL || placed->weight != NULL);
}

struct move_job {
  copse_booster *booster;
  bool fields, scores, back;
};

static void move_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct move_job *job = user;
  const copse_booster *booster = job->booster;
  const struct placed_rows *placed = &booster->placed;
  const struct scored_set *set = &booster->sets[0];
  const uint32_t *row_of = booster->workspace.row_of;
  uint64_t n = set->data->n_rows, begin = (uint64_t)chunk * WORKSPACE_CHUNK, end = begin + WORKSPACE_CHUNK;
  if (end > n) end = n;
  if (job->fields) {
    for (uint64_t label = 0; label < set->data->n_labels; label++)
      for (uint64_t i = begin; i < end; i++)
        placed->label[label * n + i] = set->data->label[label * n + row_of[i]];
    for (uint64_t i = begin; i < end && set->data->weight != NULL; i++)
      placed->weight[i] = set->data->weight[row_of[i]];
  }
  for (int k = 0; k < booster->n_outputs && job->scores; k++) {
    double *own = set->score + (uint64_t)k * n, *score = placed->score + (uint64_t)k * n;
    if (job->back)
      for (uint64_t i = begin; i < end; i++) own[row_of[i]] = score[i];
    else
      for (uint64_t i = begin; i < end; i++) score[i] = own[row_of[i]];
  }
}

static void move(copse_booster *booster, bool fields, bool scores, bool back) {
  struct move_job job = {booster, fields, scores, back};
  uint64_t n = booster->sets[0].data->n_rows;
  copse_parallel_for(booster->workspace.n_threads, (size_t)((n + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK),
                     move_chunk, &job);
}

bool placed_begin(copse_booster *booster) {
  struct placed_rows *placed = &booster->placed;
  const copse_dataset *data = booster->sets[0].data;
  if (booster->workspace.row_of == NULL || data->label == NULL || !allocate(booster)) return false;
  bool fields = !placed->has_fields || placed->version != data->version;
  move(booster, fields, !placed->has_scores, false);
  placed->has_fields = placed->has_scores = true;
  placed->version = data->version;
  placed->ahead = true; /* of the set's own scores, when the round is over */
  return true;
}

void placed_give_back(copse_booster *booster) {
  if (!booster->placed.ahead) return;
  move(booster, false, true, true);
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
