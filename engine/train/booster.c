/* booster.c - making a booster, attaching data sets to it, and looking at it. */
#include "train/booster.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "base/team.h"
#include "model/judge.h"
#include "model/route.h"
#include "train/cluster.h"
#include "train/dart.h"
#include "train/forest.h"
#include "train/linear.h"
#include "train/placed.h"
#include "train/position_bias.h"

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

static copse_status add_set(copse_booster *booster, copse_dataset *data, const char *name, copse_error *err) {
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
  set.score = copse_alloc_zero(booster->ctx, data->n_rows * (uint64_t)booster->n_outputs, sizeof *set.score);
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
  if (booster->start == NULL || booster->dart.unit == NULL) return status_memory(err, "a booster");
  if ((status = add_set(booster, train, "training", err)) != COPSE_OK) return status;
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
  copse_free(booster->forest_score);
  dart_release(booster);
  copse_params_free(booster->params);
  copse_model_free(booster->prefix);
  objective_release(&booster->objective);
  copse_free(booster->renew.values);
  copse_free(booster->renew.rows);
  copse_free(booster);
}

copse_status copse_booster_add_valid(copse_booster *booster, copse_dataset *valid, const char *name,
                                     copse_error *err) {
  if (valid->schema != booster->sets[0].data->schema)
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "validation set \"%s\" has cut points of its own: build it with the training set's schema", name);
  return add_set(booster, valid, name, err);
}

int copse_booster_round(const copse_booster *booster) {
  int prefix = booster->prefix != NULL ? booster->n_base_rounds : 0;
  return prefix + booster->n_trees / booster->n_outputs;
}
int copse_booster_n_sets(const copse_booster *booster) { return booster->n_sets; }
int copse_booster_n_metrics(const copse_booster *booster) { return booster->n_metrics; }
const char *copse_booster_set_name(const copse_booster *booster, int set) { return booster->sets[set].name; }
const char *copse_booster_metric_name(const copse_booster *booster, int metric) {
  int own = metric - booster_n_given_metrics(booster);
  return own >= 0 ? booster->own_metrics[own].name : booster->resolved->metric.printed[metric];
}
bool copse_booster_metric_higher_is_better(const copse_booster *booster, int metric) {
  int own = metric - booster_n_given_metrics(booster);
  return own >= 0 ? booster->own_metrics[own].higher_is_better : booster->metrics[metric]->higher_is_better;
}

const double *copse_booster_scores(copse_booster *booster, int set, uint64_t *count) {
  if (set == 0) placed_give_back(booster);
  if (count != NULL) *count = booster->sets[set].data->n_rows * (uint64_t)booster->n_outputs;
  return booster->sets[set].score;
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

/* label: of one of several labels; -1: of all. */
static copse_status eval_set(copse_booster *booster, int set, int label, double *out, copse_error *err) {
  if (set < 0 || set >= booster->n_sets)
    return status_set(err, COPSE_ERR_ARGUMENT, "set %d: expected 0 to %d", set, booster->n_sets - 1);
  if (set == 0) placed_give_back(booster);
  const struct scored_set *scored = &booster->sets[set];
  if (scored->data->label == NULL)
    return status_set(err, COPSE_ERR_STATE, "data set \"%s\" has no label to evaluate against", scored->name);
  copse_status status = booster_check_labels(booster, scored->data, scored->name, err);
  if (status != COPSE_OK) return status;
  double start = workspace_clock();
  struct metric_data data = judge_data(&booster->objective, &booster->resolved->metric);
  data.score = scored->score;
  data.label = scored->data->label;
  data.weight = scored->data->weight;
  data.n_rows = scored->data->n_rows;
  data.n_threads = booster_team_threads(booster);
  data.ctx = booster->ctx;
  data.group = scored->data->group;
  data.n_groups = scored->data->n_groups;
  int n_given = booster_n_given_metrics(booster);
  if (label >= data.n_labels)
    return status_set(err, COPSE_ERR_ARGUMENT, "label %d: expected 0 to %d", label, data.n_labels - 1);
  if (label >= 0) data = metric_one_label(&data, label);
  status = metric_values(booster->metrics, booster->resolved->metric.at, (size_t)n_given, &data, out, err);
  for (int m = n_given; m < booster->n_metrics && status == COPSE_OK; m++) {
    out[m] = (double)NAN;
    if (label < 0) status = own_metric_value(booster, m - n_given, set, &out[m], err);
  }
  booster->eval_s += workspace_clock() - start;
  return status;
}

copse_status copse_booster_eval(copse_booster *booster, int set, double *out, copse_error *err) {
  return eval_set(booster, set, -1, out, err);
}

copse_status copse_booster_eval_label(copse_booster *booster, int set, int label, double *out,
                                      copse_error *err) {
  if (label < 0) return status_set(err, COPSE_ERR_ARGUMENT, "label %d: expected 0 or more", label);
  return eval_set(booster, set, label, out, err);
}
