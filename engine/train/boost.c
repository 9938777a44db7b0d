/* boost.c - one round of boosting (Friedman 2001), and taking one back. */
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/status.h"
#include "base/team.h"
#include "train/booster.h"
#include "train/dart.h"
#include "train/forest.h"
#include "train/gradient_sample.h"
#include "train/gradients.h"
#include "train/hist_joint.h"
#include "train/output.h"
#include "train/placed.h"
#include "train/position_bias.h"

/* A starting score of this magnitude or less is not applied. */
static const double START_EPSILON = 1.0000000036274937e-15;

static bool may_start_from_average(const copse_booster *booster, bool custom) {
  return !custom && booster->resolved->objective.kind != OBJECTIVE_CUSTOM &&
         (booster->sets[0].data->init_score == NULL || (forest_on(booster) && booster->prefix != NULL));
}

void booster_find_start(copse_booster *booster, bool custom) {
  for (int k = 0; k < booster->n_outputs && may_start_from_average(booster, custom); k++) {
    /* An output whose trees are never grown has nothing but its average. */
    if (!booster->resolved->objective.boost_from_average && objective_trainable(&booster->objective, k))
      continue;
    double start = objective_start(&booster->objective, k);
    booster->start[k] = fabs(start) > START_EPSILON ? start : 0.0;
  }
  if (forest_on(booster)) forest_begin(booster);
}

/* Before the first round: every set's score begins at the average (if asked for) or at its own init scores.
 */
static void start_scores(copse_booster *booster, bool custom) {
  booster_find_start(booster, custom);
  for (int s = 0; s < booster->n_sets; s++) booster_rescore(booster, &booster->sets[s]);
  booster->started = true;
}
static copse_status reserve_trees(copse_booster *booster, copse_error *err) {
  int need = booster->n_trees + booster->n_outputs;
  if (need <= booster->trees_capacity) return COPSE_OK;
  int capacity = booster->trees_capacity < 64 ? 64 : 2 * booster->trees_capacity;
  if (capacity < need) capacity = need;
  struct tree *trees = copse_resize(booster->ctx, booster->trees, (size_t)capacity, sizeof *trees);
  if (trees == NULL) return status_memory(err, "the list of trees");
  booster->trees = trees;
  booster->trees_capacity = capacity;
  return COPSE_OK;
}
static void drop_trees(copse_booster *booster, int n_trees) {
  while (booster->n_trees > n_trees) tree_release(&booster->trees[--booster->n_trees]);
}

/* Nothing could be split. In the very first round the constant trees are the model, and the average is used
 * even where it was not asked for; later the round is dropped. */
static void end_without_split(copse_booster *booster, int first_tree, bool custom) {
  booster->finished = true;
  if (first_tree > 0 || booster->prefix != NULL) {
    drop_trees(booster, first_tree);
    if (dart_on(booster)) dart_end_without_round(booster);
    return;
  }
  if (!may_start_from_average(booster, custom)) return;
  for (int k = 0; k < booster->n_outputs; k++) booster->start[k] = objective_start(&booster->objective, k);
  for (int s = 0; s < booster->n_sets; s++) booster_rescore(booster, &booster->sets[s]);
}

/* Back to n_trees trees, and the very scores they make. */
static void return_to(copse_booster *booster, int n_trees) {
  drop_trees(booster, n_trees);
  if (n_trees == 0) {
    booster->started = false;
    memset(booster->start, 0, (size_t)booster->n_outputs * sizeof *booster->start);
  }
  if (dart_on(booster)) dart_truncate(booster);
  for (int s = 0; s < booster->n_sets; s++) booster_rescore(booster, &booster->sets[s]);
}

static copse_status grow_round(copse_booster *booster, bool custom, bool *finished, copse_error *err) {
  int first_tree = booster->n_trees;
  bool split = false;
  copse_status status = reserve_trees(booster, err);
  hist_joint_forget(&booster->workspace);
  for (int k = 0; k < booster->n_outputs && status == COPSE_OK;) {
    int n_apart = 0;
    status = output_grow_apart(booster, k, custom, &n_apart, err);
    if (status == COPSE_OK && n_apart == 0) status = output_grow(booster, k, custom, err);
    const int end = n_apart > 0 ? k + n_apart : k + 1;
    for (; k < end && status == COPSE_OK; k++)
      status = output_finish(booster, k, custom, n_apart > 0, &split, err);
  }
  if (status != COPSE_OK) {
    return_to(booster, first_tree);
    return status;
  }
  if (!split && !forest_on(booster))
    end_without_split(booster, first_tree, custom);
  else if (dart_on(booster))
    dart_end_round(booster);
  if (finished != NULL) *finished = booster->finished;
  return COPSE_OK;
}

/* While steps are large and gradients say little, goss looks at every row: for 1 / learning_rate rounds, as
 * in LightGBM. */
static void sample_rows(copse_booster *booster) {
  const struct resolved_params *resolved = booster->resolved;
  int round = copse_booster_round(booster);
  booster->workspace.rows_chosen = false;
  bool warms_up = resolved->sample.strategy == ROW_GOSS && (!forest_on(booster) || resolved->boost.quirks);
  if (warms_up && round < (int)(1 / resolved->boost.learning_rate)) return;
  gradient_sample_round(&booster->workspace, round, booster->n_outputs, booster->gradient, booster->hessian);
}

/* A round as one stretch of work for a team of threads. */
struct round {
  copse_booster *booster;
  bool custom, *finished;
  copse_status status;
  copse_error *err;
};

static void run_round(void *user) {
  struct round *round = user;
  copse_booster *booster = round->booster;
  if (!booster->started) start_scores(booster, round->custom);
  bool queries = !round->custom && booster->objective.row->query_gradients != NULL;
  bool placed = !round->custom && !queries && placed_begin(booster);
  if (!placed) {
    placed_give_back(booster);
    placed_forget(booster);
  }
  booster->workspace.gradients_placed = placed;
  booster->workspace.gradients_taken = false;
  if (gradients_kept(booster, round->custom, queries, placed))
    round->status = booster_reserve_gradients(booster, round->err);
  if (round->status == COPSE_OK && dart_on(booster)) round->status = dart_begin_round(booster, round->err);
  if (round->status != COPSE_OK) return;
  if (!round->custom) gradients_compute(booster, queries, placed);
  sample_rows(booster);
  round->status = grow_round(booster, round->custom, round->finished, round->err);
}

static copse_status boost_round(copse_booster *booster, bool custom, bool *finished, copse_error *err) {
  struct round round = {booster, custom, finished, COPSE_OK, err};
  team_run(booster_team_threads(booster), run_round, &round);
  return round.status;
}

copse_status copse_booster_step(copse_booster *booster, bool *finished, copse_error *err) {
  if (booster->resolved->objective.kind == OBJECTIVE_CUSTOM)
    return status_set(err, COPSE_ERR_STATE,
                      "objective=custom has no gradients of its own: step with copse_booster_step_custom");
  if (finished != NULL) *finished = booster->finished;
  if (booster->finished) return COPSE_OK;
  copse_status status = status_check_cancel(booster->ctx, err);
  if (status == COPSE_OK) status = booster_refresh_sets(booster, err);
  if (status == COPSE_OK) status = booster_refresh_objective(booster, err);
  if (status == COPSE_OK) status = position_bias_reserve(booster, err);
  if (status != COPSE_OK) return status;
  return boost_round(booster, false, finished, err);
}

copse_status copse_booster_step_custom(copse_booster *booster, const float *gradient, const float *hessian,
                                       bool *finished, copse_error *err) {
  if (finished != NULL) *finished = booster->finished;
  if (booster->finished) return COPSE_OK;
  copse_status status = status_check_cancel(booster->ctx, err);
  if (status == COPSE_OK) status = booster_refresh_sets(booster, err);
  if (status != COPSE_OK) return status;
  if (!booster_is(booster, BOOSTING_GBDT))
    return status_set(err, COPSE_ERR_UNSUPPORTED,
                      "boosting=rf and dart take gradients at scores of their own, not at those the caller "
                      "sees: make the booster with boosting=gbdt to step with gradients of your own");
  if (booster->objective.constant_hessian)
    return status_set(
        err, COPSE_ERR_STATE,
        "this booster counts rows by its objective's constant hessian: make it with objective=custom to "
        "step with gradients of your own");
  uint64_t cells = booster->sets[0].data->n_rows * (uint64_t)booster->n_outputs;
  for (uint64_t i = 0; i < cells; i++) {
    if (isfinite(gradient[i]) && isfinite(hessian[i]) && hessian[i] >= 0) continue;
    return status_set(err, COPSE_ERR_DATA,
                      "gradient %llu: expected a finite gradient and a finite hessian >= 0, found %g and %g",
                      (unsigned long long)i, (double)gradient[i], (double)hessian[i]);
  }
  if ((status = booster_reserve_gradients(booster, err)) != COPSE_OK) return status;
  memcpy(booster->gradient, gradient, cells * sizeof *gradient);
  memcpy(booster->hessian, hessian, cells * sizeof *hessian);
  return boost_round(booster, true, finished, err);
}

copse_status copse_booster_rollback(copse_booster *booster, copse_error *err) {
  if (booster->n_trees == 0) return status_set(err, COPSE_ERR_STATE, "there is no round to take back");
  copse_status status = booster_refresh_sets(booster, err);
  if (status != COPSE_OK) return status;
  return_to(booster, booster->n_trees - booster->n_outputs);
  booster->finished = false;
  return COPSE_OK;
}
