/* booster_sets.c - the data sets of a booster and their scores. */
#include <assert.h>
#include <string.h>

#include "base/context.h"
#include "base/status.h"
#include "base/team.h"
#include "model/route.h"
#include "train/booster.h"
#include "train/dart.h"
#include "train/forest.h"
#include "train/linear.h"
#include "train/placed.h"

enum { SCORE_CHUNK = 1 << 12 };

static char *copy_text(copse_context *ctx, const char *text) {
  size_t length = strlen(text) + 1;
  char *copy = copse_alloc(ctx, length, 1);
  if (copy != NULL) memcpy(copy, text, length);
  return copy;
}

struct add_job {
  const struct tree *tree;
  const copse_dataset *data;
  const struct binned *binned;
  double *score, factor, *leaf, unit;
};

static void add_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  struct add_job *job = user;
  uint64_t begin = (uint64_t)chunk * SCORE_CHUNK, end = begin + SCORE_CHUNK;
  if (end > job->data->n_rows) end = job->data->n_rows;
  if (job->tree->linear != NULL) {
    linear_add(job->tree, job->data, begin, end, job->factor, job->unit, job->leaf, job->score);
    return;
  }
  route_add_binned(job->tree, job->binned, job->data->schema->features, begin, end, job->factor, job->score);
}

void booster_add_tree(copse_booster *booster, struct scored_set *set, const struct tree *tree, int output) {
  booster_add_scaled(booster, set, tree, output, 1);
}

/* The scores lie in the order of the matrix that they are read from. */
static void add_scaled(copse_booster *booster, struct scored_set *set, const struct tree *tree, int output,
                       double factor) {
  if (tree->n_leaves == 1 && tree->leaf_value[0] == 0) return;
  uint64_t n = set->data->n_rows;
  bool placed = set == &booster->sets[0] && booster->placed.ahead;
  struct add_job job = {tree,      set->data, &set->data->binned, set->score + (uint64_t)output * n, factor,
                        set->leaf, 0};
  assert(tree->linear == NULL || !placed); /* values are in the order of rows, which are not clustered */
  if (tree->linear != NULL && dart_on(booster)) job.unit = dart_linear_unit(booster, tree, output);
  if (placed) {
    job.binned = workspace_matrix(&booster->workspace);
    job.score = placed_scores(booster) + (uint64_t)output * n;
  }
  int n_threads = n < 4 * SCORE_CHUNK ? 1 : booster_team_threads(booster);
  copse_parallel_for(n_threads, (size_t)((n + SCORE_CHUNK - 1) / SCORE_CHUNK), add_chunk, &job);
}

/* Whether the rows of a set's matrix are elsewhere than its scores are. */
static bool rows_moved(const copse_booster *booster, const struct scored_set *set) {
  return set == &booster->sets[0] && booster->workspace.clustered_in_place && !booster->placed.ahead;
}

void booster_add_scaled(copse_booster *booster, struct scored_set *set, const struct tree *tree, int output,
                        double factor) {
  bool moved = rows_moved(booster, set);
  double *score = set->score + (uint64_t)output * set->data->n_rows;
  if (moved) placed_turn(booster, score, false);
  add_scaled(booster, set, tree, output, factor);
  if (moved) placed_turn(booster, score, true);
}

static void round_scores(const copse_booster *booster, const struct scored_set *set) {
  uint64_t n = set->data->n_rows;
  for (int k = 0; k < booster->n_outputs; k++) dart_round_scores(booster, k, set->score + (uint64_t)k * n, n);
}

void booster_rescore(copse_booster *booster, struct scored_set *set) {
  if (set == &booster->sets[0]) placed_forget(booster);
  uint64_t n = set->data->n_rows;
  for (int k = 0; k < booster->n_outputs; k++) {
    double *score = set->score + (uint64_t)k * n;
    if (set->data->init_score != NULL)
      memcpy(score, set->data->init_score + (uint64_t)k * n, n * sizeof *score);
    else
      for (uint64_t i = 0; i < n; i++) score[i] = 0;
    /* The trees of a forest each have the start, those behind the init scores too. */
    if (booster->start[k] != 0 && !(forest_on(booster) && booster->prefix != NULL))
      for (uint64_t i = 0; i < n; i++) score[i] += booster->start[k];
  }
  bool moved = rows_moved(booster, set) && booster->n_trees > 0;
  for (int k = 0; k < booster->n_outputs && moved; k++)
    placed_turn(booster, set->score + (uint64_t)k * n, false);
  for (int t = 0; t < booster->n_trees; t++) {
    if (dart_on(booster) && t == dart_fixed_trees(booster)) round_scores(booster, set);
    int output = t % booster->n_outputs, n_before = forest_size_at(booster, t);
    if (forest_on(booster)) forest_open(booster, n_before, n, set->score + (uint64_t)output * n);
    add_scaled(booster, set, &booster->trees[t], output, 1);
    if (forest_on(booster)) forest_close(booster, n_before, n, set->score + (uint64_t)output * n);
  }
  if (dart_on(booster) && booster->n_trees <= dart_fixed_trees(booster)) round_scores(booster, set);
  for (int k = 0; k < booster->n_outputs && moved; k++)
    placed_turn(booster, set->score + (uint64_t)k * n, true);
  set->version = set->data->version;
  set->from_init = set->data->init_score != NULL;
}

static copse_status check_init_score(const copse_booster *booster, const copse_dataset *data,
                                     copse_error *err) {
  uint64_t want = data->n_rows * (uint64_t)booster->n_outputs;
  if (data->init_score == NULL || data->n_init_score == want) return COPSE_OK;
  return status_set(
      err, COPSE_ERR_DATA,
      "init scores: expected %llu (rows times outputs), found %llu: give one score per row and output",
      (unsigned long long)want, (unsigned long long)data->n_init_score);
}

copse_status booster_refresh_sets(copse_booster *booster, copse_error *err) {
  for (int s = 0; s < booster->n_sets; s++) {
    copse_status status = check_init_score(booster, booster->sets[s].data, err);
    if (status == COPSE_OK)
      status = booster_check_labels(booster, booster->sets[s].data, booster->sets[s].name, err);
    if (status != COPSE_OK) return status;
  }
  for (int s = 0; s < booster->n_sets && forest_on(booster) && booster->prefix == NULL; s++)
    if (booster->sets[s].data->init_score != NULL)
      return status_set(
          err, COPSE_ERR_UNSUPPORTED,
          "data set \"%s\" has init scores, but boosting=rf averages trees that are grown without "
          "regard to any score: leave the init scores out, or use boosting=gbdt",
          booster->sets[s].name);
  for (int s = 0; s < booster->n_sets; s++) {
    struct scored_set *set = &booster->sets[s];
    bool init = set->from_init || set->data->init_score != NULL;
    if (init && set->version != set->data->version) booster_rescore(booster, set);
  }
  return COPSE_OK;
}

/* A large validation set is worth threads of its own. */
int booster_team_threads(const copse_booster *booster) {
  enum { MIN_ROWS = 1 << 14 };
  uint64_t most_rows = 0;
  for (int s = 1; s < booster->n_sets; s++)
    if (booster->sets[s].data->n_rows > most_rows) most_rows = booster->sets[s].data->n_rows;
  int all = team_size(booster->resolved->boost.n_threads);
  return most_rows < MIN_ROWS ? booster->workspace.n_threads : all;
}

copse_status booster_add_set(copse_booster *booster, copse_dataset *data, const char *name,
                             copse_error *err) {
  if (!data->finished)
    return status_set(err, COPSE_ERR_STATE,
                      "data set \"%s\" is not finished: call copse_dataset_finish first", name);
  copse_status status = booster_check_labels(booster, data, name, err);
  if (status != COPSE_OK) return status;
  bool linear = booster->resolved->grow.linear.on;
  if (linear && data->values == NULL)
    return status_set(err, COPSE_ERR_STATE,
                      "data set \"%s\" does not hold the values that linear_tree=true needs: make it (or its "
                      "schema) with linear_tree=true",
                      name);
  if ((status = check_init_score(booster, data, err)) != COPSE_OK) return status;
  struct scored_set *sets =
      copse_resize(booster->ctx, booster->sets, (size_t)booster->n_sets + 1, sizeof *sets);
  if (sets == NULL) return status_memory(err, "a data set's scores");
  booster->sets = sets;
  struct scored_set set = {.data = data, .name = copy_text(booster->ctx, name)};
  set.score =
      context_alloc_streamed(booster->ctx, data->n_rows * (uint64_t)booster->n_outputs, sizeof *set.score);
  if (linear) set.leaf = copse_alloc(booster->ctx, data->n_rows, sizeof *set.leaf);
  if (set.name == NULL || set.score == NULL || (linear && set.leaf == NULL)) {
    copse_free(set.name);
    copse_free(set.score);
    copse_free(set.leaf);
    return status_memory(err, "a data set's scores");
  }
  copse_dataset_ref(data);
  booster->sets[booster->n_sets++] = set;
  booster_rescore(booster, &booster->sets[booster->n_sets - 1]);
  return COPSE_OK;
}

copse_status copse_booster_add_valid(copse_booster *booster, copse_dataset *valid, const char *name,
                                     copse_error *err) {
  if (valid->schema != booster->sets[0].data->schema)
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "validation set \"%s\" has cut points of its own: build it with the training set's schema", name);
  return booster_add_set(booster, valid, name, err);
}

int copse_booster_n_sets(const copse_booster *booster) { return booster->n_sets; }
const char *copse_booster_set_name(const copse_booster *booster, int set) { return booster->sets[set].name; }

const double *copse_booster_scores(copse_booster *booster, int set, uint64_t *count) {
  if (set == 0) placed_give_back(booster);
  if (count != NULL) *count = booster->sets[set].data->n_rows * (uint64_t)booster->n_outputs;
  return booster->sets[set].score;
}
