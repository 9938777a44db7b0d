/* booster.c - making a booster and changing its parameters. */
#include "train/booster.h"

#include "base/status.h"
#include "train/cluster.h"
#include "train/dart.h"
#include "train/forest.h"
#include "train/placed.h"
#include "train/position_bias.h"

static copse_status find_metrics(copse_booster *booster, copse_error *err) {
  const struct metric_params *params = &booster->resolved->metric;
  booster->metrics = copse_alloc(booster->ctx, params->n_names, sizeof *booster->metrics);
  if (booster->metrics == NULL) return status_memory(err, "the list of metrics");
  for (size_t m = 0; m < params->n_names; m++) {
    const struct metric_row *row = metric_find(params->names[m]);
    if (row == NULL)
      return status_set(err, COPSE_ERR_UNSUPPORTED,
                        "metric=%s is known, but this version does not compute it", params->names[m]);
    booster->metrics[booster->n_metrics++] = row;
  }
  return COPSE_OK;
}

/* A metric that was not given is the objective's, and follows it: but not to another number of them, nor
 * under the eyes of copse_train, which compares each with its best value so far. */
static copse_status check_metrics_follow(const copse_booster *booster, copse_error *err) {
  const struct metric_params *params = &booster->resolved->metric;
  if (params->n_names != (size_t)booster_n_given_metrics(booster))
    return status_set(err, COPSE_ERR_STATE,
                      "the number of metrics cannot change between rounds: give metric when the booster is "
                      "made, so that it does not follow the objective");
  for (size_t m = 0; m < params->n_names; m++)
    if (booster->in_loop && metric_find(params->names[m]) != booster->metrics[m])
      return status_set(err, COPSE_ERR_STATE,
                        "metric %s cannot become %s while copse_train is at work: give metric when the "
                        "booster is made, so that it does not follow the objective",
                        booster->metrics[m]->name, params->names[m]);
  return COPSE_OK;
}

/* The objective for the training data as they are, and the scratch that it needs. */
static copse_status init_objective(copse_booster *booster, struct objective *out, copse_error *err) {
  const copse_dataset *train = booster->sets[0].data;
  copse_status status = booster_make_objective(
      booster, workspace_threads(booster->ctx, train, booster->resolved->boost.n_threads), out, err);
  if (status != COPSE_OK || out->row->renew == NULL || booster->renew.values != NULL) return status;
  booster->renew.values = copse_alloc(booster->ctx, train->n_rows, sizeof *booster->renew.values);
  booster->renew.rows = copse_alloc(booster->ctx, train->n_rows, sizeof *booster->renew.rows);
  if (booster->renew.values != NULL && booster->renew.rows != NULL) return COPSE_OK;
  objective_release(out);
  return status_memory(err, "leaf renewal");
}

/* A step takes this much off what the same split gains with a squared loss; and where a tree stops differs
 * from tree to tree: with 0.95 for 0.75 one thread gains 1 % more, two lose 1 % to leaves that are built
 * again. */
static double least_in_sight(const copse_booster *booster) {
  const double rate = forest_on(booster) ? 0 : booster->resolved->boost.learning_rate;
  return rate < 1 ? 0.75 * (1 - rate) * (1 - rate) : 0;
}

static copse_status make_workspace(const copse_booster *booster, const struct objective *objective,
                                   struct workspace *out, copse_error *err) {
  const struct sample_params *sample = &booster->resolved->sample;
  if (sample->bagging_freq > 0 && sample->bagging_by_query && booster->sets[0].data->group == NULL)
    return status_set(err, COPSE_ERR_DATA,
                      "bagging_by_query=true draws whole queries, but the training data have none: give "
                      "group_column (or COPSE_GROUP), or leave bagging_by_query out");
  /* A row that is drawn for others as well has their hessians too. */
  bool constant_hessian = objective->constant_hessian && sample->strategy == ROW_BAGGING;
  if (booster->resolved->grow.quant.exact_counts && !constant_hessian)
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "leaf_counts=exact conflicts with use_quantized_grad=true where rows have weights or are "
        "drawn by their gradients: packed histograms have room for counts only where all "
        "hessians are 1: leave one of them out");
  copse_status status =
      workspace_create(booster->ctx, booster->sets[0].data, &booster->resolved->grow, sample,
                       constant_hessian, booster->resolved->boost.n_threads, kernels_best(), out, err);
  /* Percentiles of residuals and linear models are sums in the order of a leaf's rows, which a division ahead
   * of its turn changes. */
  if (objective->row->renew != NULL || booster->resolved->grow.linear.on) out->speculative = false;
  out->least_in_sight = least_in_sight(booster);
  return status;
}

static copse_status booster_init(copse_booster *booster, copse_dataset *train, const copse_params *params,
                                 copse_error *err) {
  copse_status status = copse_params_copy(params, &booster->params, err);
  if (status == COPSE_OK) status = params_resolved(booster->params, &booster->resolved, err);
  if (status != COPSE_OK) return status;
  if (train->n_rows == 0) return status_set(err, COPSE_ERR_DATA, "the training data set has no rows");
  if (train->n_rows > UINT32_MAX)
    return status_set(
        err, COPSE_ERR_UNSUPPORTED,
        "the training data set has %llu rows; at most 4294967295 can be trained on: sample the rows",
        (unsigned long long)train->n_rows);
  booster->n_outputs = booster_count_outputs(booster, train);
  booster->start = copse_alloc_zero(booster->ctx, (size_t)booster->n_outputs, sizeof *booster->start);
  booster->dart.unit = copse_alloc_zero(booster->ctx, (size_t)booster->n_outputs, sizeof(double));
  booster->gain_in_sight = copse_alloc(booster->ctx, (size_t)booster->n_outputs, sizeof(double));
  if (booster->start == NULL || booster->dart.unit == NULL || booster->gain_in_sight == NULL)
    return status_memory(err, "a booster");
  for (int k = 0; k < booster->n_outputs; k++) booster->gain_in_sight[k] = -1;
  if ((status = booster_add_set(booster, train, "training", err)) != COPSE_OK) return status;
  if ((status = init_objective(booster, &booster->objective, err)) != COPSE_OK) return status;
  booster->data_version = train->version;
  if ((status = find_metrics(booster, err)) != COPSE_OK) return status;
  uint64_t cells = train->n_rows * (uint64_t)booster->n_outputs;
  if (forest_on(booster)) {
    booster->forest_score = copse_alloc_zero(booster->ctx, cells, sizeof *booster->forest_score);
    if (booster->forest_score == NULL) return status_memory(err, "the scores that trees are grown at");
  }
  return make_workspace(booster, &booster->objective, &booster->workspace, err);
}

/* Objective and workspace for the parameters just put in place. */
static copse_status rebuild(copse_booster *booster, copse_error *err) {
  if (booster_count_outputs(booster, booster->sets[0].data) != booster->n_outputs)
    return status_set(err, COPSE_ERR_STATE, "the number of outputs cannot change between rounds");
  struct objective objective;
  struct workspace workspace;
  copse_status status = check_metrics_follow(booster, err);
  for (int s = 0; s < booster->n_sets && status == COPSE_OK; s++)
    status = booster_check_labels(booster, booster->sets[s].data, booster->sets[s].name, err);
  if (status == COPSE_OK) status = init_objective(booster, &objective, err);
  if (status != COPSE_OK) return status;
  status = make_workspace(booster, &objective, &workspace, err);
  if (status != COPSE_OK) {
    objective_release(&objective);
    return status;
  }
  placed_give_back(booster);
  placed_forget(booster);
  objective_release(&booster->objective);
  booster->objective = objective;
  booster->data_version = booster->sets[0].data->version; /* not sooner: the old one borrows older fields */
  cluster_undo(&booster->workspace, &booster->sets[0].data->binned);
  workspace_release(&booster->workspace);
  booster->workspace = workspace;
  for (size_t m = 0; m < booster->resolved->metric.n_names; m++)
    booster->metrics[m] = metric_find(booster->resolved->metric.names[m]);
  booster->finished = false; /* other settings may find another split */
  return COPSE_OK;
}

copse_status copse_booster_set_param(copse_booster *booster, const char *key, const char *value,
                                     copse_error *err) {
  copse_params *changed, *before = booster->params;
  const struct resolved_params *resolved = booster->resolved;
  copse_status status = params_change(before, key, value, &changed, err);
  if (status != COPSE_OK) return status;
  booster->params = changed;
  status = params_resolved(changed, &booster->resolved, err);
  if (status == COPSE_OK) status = rebuild(booster, err);
  if (status != COPSE_OK) {
    booster->params = before;
    booster->resolved = resolved;
    copse_params_free(changed);
    return status;
  }
  copse_params_free(before);
  return COPSE_OK;
}

copse_status copse_booster_create(copse_context *ctx, copse_dataset *train, const copse_params *params,
                                  copse_booster **out, copse_error *err) {
  *out = NULL;
  copse_booster *booster = copse_alloc_zero(ctx, 1, sizeof *booster);
  if (booster == NULL) return status_memory(err, "a booster");
  booster->ctx = ctx;
  copse_status status = booster_init(booster, train, params, err);
  if (status != COPSE_OK) {
    copse_booster_free(booster);
    return status;
  }
  *out = booster;
  return COPSE_OK;
}

void copse_booster_free(copse_booster *booster) {
  if (booster == NULL) return;
  placed_release(booster);
  position_bias_release(booster);
  workspace_release(&booster->workspace);
  for (int s = 0; s < booster->n_sets; s++) {
    copse_free(booster->sets[s].name);
    copse_free(booster->sets[s].score);
    copse_free(booster->sets[s].leaf);
    copse_dataset_free(booster->sets[s].data);
  }
  for (int t = 0; t < booster->n_trees; t++) tree_release(&booster->trees[t]);
  copse_free(booster->sets);
  copse_free(booster->trees);
  own_metrics_release(booster);
  copse_free(booster->metrics);
  copse_free(booster->gradient);
  copse_free(booster->hessian);
  copse_free(booster->start);
  copse_free(booster->gain_in_sight);
  copse_free(booster->forest_score);
  dart_release(booster);
  copse_params_free(booster->params);
  copse_model_free(booster->prefix);
  objective_release(&booster->objective);
  copse_free(booster->renew.values);
  copse_free(booster->renew.rows);
  copse_free(booster);
}

int copse_booster_round(const copse_booster *booster) {
  int prefix = booster->prefix != NULL ? booster->n_base_rounds : 0;
  return prefix + booster->n_trees / booster->n_outputs;
}
const char *copse_booster_phase(const copse_booster *booster, int phase, double *seconds) {
  const double *p = booster->workspace.phase_s;
  const struct {
    const char *name;
    double seconds;
  } phases[] = {{"gradients and scores", p[PHASE_GRADIENT]},
                {"histograms", p[PHASE_HISTOGRAM]},
                {"split search", p[PHASE_SPLIT]},
                {"partition", p[PHASE_PARTITION]},
                {"validation scores", booster->valid_s},
                {"metrics", booster->eval_s}};
  if (phase < 0 || (size_t)phase >= sizeof phases / sizeof phases[0]) return NULL;
  if (seconds != NULL) *seconds = phases[phase].seconds;
  return phases[phase].name;
}
