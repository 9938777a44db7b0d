/* forest.c - what a random forest does otherwise than boosting (algorithms 7.3). Gradients are taken at the
 * starting score in every round, so that no tree knows of another one; every tree carries that score, and
 * predictions are averages. LightGBM stores a tree that cannot be split as 0, which pulls predictions toward
 * 0; here it is the starting score (compat=lightgbm copies the 0). */
#include "train/forest.h"

struct average_job {
  double *score, factor;
  bool divide;
  uint64_t n;
};

static void average_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct average_job *job = user;
  uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK, end = begin + WORKSPACE_CHUNK;
  if (end > job->n) end = job->n;
  if (job->divide)
    for (uint64_t i = begin; i < end; i++) job->score[i] /= job->factor;
  else
    for (uint64_t i = begin; i < end; i++) job->score[i] *= job->factor;
}

static void run(const copse_booster *booster, struct average_job *job) {
  int n_threads = job->n < (uint64_t)WORKSPACE_CHUNK ? 1 : booster_team_threads(booster);
  copse_parallel_for(n_threads, (size_t)((job->n + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK), average_chunk,
                     job);
}

int forest_size_at(const copse_booster *booster, int t) {
  int n_prefix = booster->prefix != NULL ? booster->n_base_rounds : 0;
  return n_prefix + t / booster->n_outputs;
}

void forest_open(const copse_booster *booster, int n_before, uint64_t n, double *score) {
  struct average_job job = {score, n_before, false, n};
  run(booster, &job);
}

void forest_close(const copse_booster *booster, int n_before, uint64_t n, double *score) {
  struct average_job job = {score, n_before + 1, true, n};
  run(booster, &job);
}

void forest_begin(copse_booster *booster) {
  uint64_t n = booster->sets[0].data->n_rows;
  for (int k = 0; k < booster->n_outputs; k++)
    for (uint64_t i = 0; i < n; i++) booster->forest_score[(uint64_t)k * n + i] = booster->start[k];
}

void forest_finish_tree(const copse_booster *booster, int output, struct tree *tree) {
  if (tree->n_leaves > 1) {
    if (booster->start[output] != 0) tree_add_bias(tree, booster->start[output]);
    return;
  }
  bool quirk = booster->resolved->boost.quirks && objective_trainable(&booster->objective, output);
  tree->leaf_value[0] = quirk ? 0 : booster->start[output];
}
