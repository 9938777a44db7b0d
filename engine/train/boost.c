/* boost.c - one round of boosting (Friedman 2001), and taking one back. */
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/status.h"
#include "base/team.h"
#include "train/apart.h"
#include "train/booster.h"
#include "train/cegb.h"
#include "train/cluster.h"
#include "train/dart.h"
#include "train/forest.h"
#include "train/gradient_sample.h"
#include "train/grow.h"
#include "train/hist_joint.h"
#include "train/linear.h"
#include "train/placed.h"
#include "train/position_bias.h"
#include "train/renew.h"
#include "train/sample.h"

/* A starting score of this magnitude or less is not applied. */
static const double START_EPSILON = 1.0000000036274937e-15;

enum { GRADIENT_CHUNK = WORKSPACE_CHUNK, QUERY_CHUNK = 1 << 11 };

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

struct gradient_job {
  struct objective objective; /* of labels and weights in the order of the scores */
  const double *score;
  float *gradient, *hessian; /* of all rows; NULL: the taker's are enough */
  struct workspace *taker;   /* of the gradients, chunk by chunk; or NULL */
};

/* Gradients of a chunk, and what makes a tree's of them while they are in the cache: one pass over scores and
 * labels (1,000,000 rows, 255 leaves, one thread: 8 % of the time of gradients and scores, 0.6 % of a round).
 * Leaf values are added before, leaf by leaf. Put into this pass they would be looked up by a number that has
 * to go to each row first, as scattered as the scores that are added to now: measured, no gain (the pass of
 * 16 bits a row and the look-up took 1 to 2 % of gradients and scores more than they spared), and scores
 * would lag a round behind for whoever asks. */
static void gradient_chunk(void *user, size_t chunk, int thread) {
  const struct gradient_job *job = user;
  uint64_t begin = (uint64_t)chunk * GRADIENT_CHUNK, end = begin + GRADIENT_CHUNK;
  if (end > job->objective.data.n_rows) end = job->objective.data.n_rows;
  float *gradient, *hessian;
  if (job->gradient != NULL) {
    gradient = job->gradient + begin;
    hessian = job->hessian + begin;
  } else {
    gradient = workspace_chunk_gradients(job->taker, thread);
    hessian = gradient + GRADIENT_CHUNK;
  }
  job->objective.row->gradients(&job->objective, job->score, begin, end, gradient, hessian);
  if (job->taker != NULL) workspace_take_gradients(job->taker, chunk, gradient, hessian);
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
    booster->gradient = copse_alloc(booster->ctx, cells, sizeof *booster->gradient);
  if (booster->hessian == NULL) booster->hessian = copse_alloc(booster->ctx, cells, sizeof *booster->hessian);
  if (booster->gradient == NULL || booster->hessian == NULL) return status_memory(err, "gradients");
  return COPSE_OK;
}

/* Whether the gradients are those of one tree, as they are computed. */
static bool may_take(const copse_booster *booster, bool placed) {
  const struct workspace *ws = &booster->workspace;
  return booster->n_outputs == 1 && !booster->objective.row->whole && ws->packed == NULL &&
         ws->sample.strategy == ROW_BAGGING && (ws->row_of == NULL || placed);
}

static void compute_gradients(copse_booster *booster, bool placed) {
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

/* Whether somebody looks at gradients again once they are taken. */
static bool keeps_gradients(const copse_booster *booster, bool custom, bool queries, bool placed) {
  return custom || queries || !may_take(booster, placed) || booster->workspace.grow.linear.on;
}

static const float *of_output(const copse_booster *booster, const float *numbers, int output) {
  return numbers != NULL ? numbers + (uint64_t)output * booster->sets[0].data->n_rows : NULL;
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

/* Trees grown before this one; constant ones are not grown. */
static uint64_t trees_before(const copse_booster *booster, int output, bool custom) {
  uint64_t each = 0, before = 0;
  for (int k = 0; k < booster->n_outputs; k++) {
    bool grown = custom || objective_trainable(&booster->objective, k);
    each += grown;
    before += grown && k < output;
  }
  return (uint64_t)copse_booster_round(booster) * each + before;
}

/* Trees from an output's on whose roots may be built together. */
static int n_together(const copse_booster *booster, int output, bool custom) {
  int n = 0;
  while (n < HIST_MOST_SOURCES && output + n < booster->n_outputs &&
         (custom || objective_trainable(&booster->objective, output + n)))
    n++;
  return n;
}

/* The workspace takes the gradients of an output's tree. */
static copse_status begin_gradients(copse_booster *booster, int output, copse_error *err) {
  return workspace_begin_tree(&booster->workspace, of_output(booster, booster->gradient, output),
                              of_output(booster, booster->hessian, output), err);
}

/* The workspace is ready for the tree of an output but for its gradients; the roots of it and of the next
 * ones' are built together where that saves time. */
static copse_status begin_output(copse_booster *booster, int output, bool custom, copse_error *err) {
  struct workspace *ws = &booster->workspace;
  sample_tree(ws, copse_booster_round(booster), output, trees_before(booster, output, custom));
  ws->root_hessian = custom ? 0 : booster->objective.root_hessian;
  const int n = n_together(booster, output, custom);
  if (hist_joint_waiting(ws) > 0 || n < 2 || !hist_joint_possible(ws, booster->n_outputs)) return COPSE_OK;
  for (int i = 0; i < n; i++) {
    copse_status status = begin_gradients(booster, output + i, err);
    if (status != COPSE_OK) return status;
    hist_joint_keep(ws, i);
  }
  hist_joint_build(ws);
  return COPSE_OK;
}

/* Makes the workspace ready for the tree of an output. */
static copse_status begin_tree(copse_booster *booster, int output, bool custom, copse_error *err) {
  struct workspace *ws = &booster->workspace;
  copse_status status = begin_output(booster, output, custom, err);
  if (status != COPSE_OK) return status;
  struct joint_root *root = hist_joint_next(ws);
  if (root != NULL && hist_joint_begin_tree(ws, root)) return COPSE_OK;
  status = begin_gradients(booster, output, err);
  ws->root = root;
  return status;
}

/* The tree is the newest one. */
static void add_to_training(copse_booster *booster, const struct tree *tree, int output) {
  struct workspace *ws = &booster->workspace;
  uint64_t n = booster->sets[0].data->n_rows;
  double *score =
      (ws->gradients_placed ? placed_scores(booster) : booster->sets[0].score) + (uint64_t)output * n;
  int n_before = forest_size_at(booster, booster->n_trees - 1);
  if (forest_on(booster)) forest_open(booster, n_before, n, score);
  if (tree->linear != NULL)
    booster_add_tree(booster, &booster->sets[0], tree, output);
  else if (tree->n_leaves > 1)
    grow_add_scores(ws, tree, score);
  else
    for (uint64_t i = 0; i < n; i++) score[i] += tree->leaf_value[0];
  if (forest_on(booster)) forest_close(booster, n_before, n, score);
}

/* Leaves of the first round are constants, as in LightGBM; a forest has no first round. */
static bool first_of_all(const copse_booster *booster) {
  return booster->n_trees < booster->n_outputs && booster->prefix == NULL && !forest_on(booster);
}

/* The training matrix where its rows may move: nobody else holds the data set, its cells are its own, and
 * whoever looks at rows here does so by place. */
static struct binned *own_matrix(copse_booster *booster, bool custom) {
  copse_dataset *data = booster->sets[0].data;
  bool by_place = !custom && booster->objective.row->query_gradients == NULL && data->label != NULL &&
                  booster->workspace.constraint.cegb == NULL;
  bool alone = atomic_load_explicit(&data->references, memory_order_acquire) == 1;
  return by_place && alone && binned_owns_cells(&data->binned) ? &data->binned : NULL;
}

/* Grows the tree of one output, booster.trees[n_trees]. */
static copse_status grow_output(copse_booster *booster, int output, bool custom, copse_error *err) {
  struct workspace *ws = &booster->workspace;
  uint64_t n = booster->sets[0].data->n_rows;
  const float *gradient = of_output(booster, booster->gradient, output);
  const float *hessian = of_output(booster, booster->hessian, output);
  struct tree *tree = &booster->trees[booster->n_trees];
  copse_status status = tree_create(booster->ctx, ws->grow.num_leaves, true, tree, err);
  if (status != COPSE_OK) return status;
  if (custom || objective_trainable(&booster->objective, output)) {
    const copse_model *prefix = booster->prefix;
    cegb_follow(ws, booster->trees, booster->n_trees, prefix != NULL ? prefix->trees : NULL,
                prefix != NULL ? prefix->n_trees : 0);
    status = begin_tree(booster, output, custom, err);
    if (status == COPSE_OK) status = grow_tree(ws, tree, err);
    if (status != COPSE_OK) {
      tree_release(tree);
      return status;
    }
    if (tree->n_leaves > 1 && ws->grow.quant.on && ws->grow.quant.renew_leaf)
      renew_quantised_leaves(ws, gradient, hessian, tree);
    if (tree->n_leaves > 1 && !custom && booster->objective.row->renew != NULL)
      renew_leaves(
          ws, &booster->objective, output,
          (forest_on(booster) ? booster->forest_score : booster->sets[0].score) + (uint64_t)output * n,
          booster->renew, tree);
    if (tree->n_leaves > 1 && ws->grow.linear.on &&
        (status = linear_fit(ws, gradient, hessian, first_of_all(booster), tree, err)) != COPSE_OK) {
      tree_release(tree);
      return status;
    }
  }
  return COPSE_OK;
}

/* Grows the trees of this output and of the next ones at once, booster.trees[n_trees] and on, where that is
 * possible: n of them, or none. */
static copse_status grow_apart(copse_booster *booster, int output, bool custom, int *n, copse_error *err) {
  struct workspace *ws = &booster->workspace;
  struct apart_tree trees[HIST_MOST_SOURCES];
  const int most = n_together(booster, output, custom);
  *n = 0;
  if (hist_joint_waiting(ws) > 0 || !apart_possible(booster, most)) return COPSE_OK;
  copse_status status = begin_output(booster, output, custom, err);
  if (status != COPSE_OK || hist_joint_waiting(ws) < most) return status;
  int n_made = 0;
  for (; n_made < most && status == COPSE_OK; n_made++) {
    trees[n_made] = (struct apart_tree){.root = hist_joint_next(ws),
                                        .tree = &booster->trees[booster->n_trees + n_made],
                                        .output = output + n_made,
                                        .n_before = trees_before(booster, output + n_made, custom)};
    status = tree_create(booster->ctx, ws->grow.num_leaves, true, trees[n_made].tree, err);
    if (status != COPSE_OK) break;
  }
  if (status == COPSE_OK) apart_grow(booster, trees, most);
  for (int i = 0; i < n_made && status == COPSE_OK; i++) {
    status = trees[i].status;
    if (status != COPSE_OK && err != NULL) *err = trees[i].err;
  }
  if (status == COPSE_OK) *n = most;
  for (int i = 0; i < n_made && status != COPSE_OK; i++) tree_release(trees[i].tree);
  return status;
}

/* The tree that was grown for an output becomes the newest one and is added to every set's score; apart: to
 * the training set's it was. */
static copse_status finish_output(copse_booster *booster, int output, bool custom, bool apart, bool *split,
                                  copse_error *err) {
  struct workspace *ws = &booster->workspace;
  struct tree *tree = &booster->trees[booster->n_trees++];
  if (tree->n_leaves == 1) { /* a constant tree: the average, if any, is all it will carry */
    tree->leaf_value[0] = 0;
    tree->leaf_weight[0] = 0;
    tree->leaf_count[0] = (int64_t)booster->sets[0].data->n_rows;
  }
  *split |= tree->n_leaves > 1;
  if (forest_on(booster))
    forest_finish_tree(booster, output, tree);
  else if (!apart)
    tree_shrink(tree,
                dart_on(booster) ? dart_learning_rate(booster) : booster->resolved->boost.learning_rate);
  if (dart_on(booster)) {
    copse_status kept = dart_keep_tree(booster, tree, err);
    if (kept != COPSE_OK) return kept;
  }
  if (tree->n_leaves == 1 && !forest_on(booster)) return COPSE_OK;
  if (!apart) add_to_training(booster, tree, output);
  /* Percentiles of residuals and linear models are sums in the order of rows; other gradients need that order
   * too. */
  if (booster->objective.row->renew == NULL && !booster->objective.row->whole && !ws->grow.linear.on &&
      tree->n_leaves > 1)
    cluster_rows(ws, own_matrix(booster, custom));
  double start = workspace_clock();
  for (int s = 1; s < booster->n_sets; s++) {
    struct scored_set *set = &booster->sets[s];
    uint64_t n_rows = set->data->n_rows;
    double *score = set->score + (uint64_t)output * n_rows;
    if (forest_on(booster))
      forest_open(booster, forest_size_at(booster, booster->n_trees - 1), n_rows, score);
    booster_add_tree(booster, set, tree, output);
    if (forest_on(booster))
      forest_close(booster, forest_size_at(booster, booster->n_trees - 1), n_rows, score);
  }
  booster->valid_s += workspace_clock() - start;
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
    status = grow_apart(booster, k, custom, &n_apart, err);
    if (status == COPSE_OK && n_apart == 0) status = grow_output(booster, k, custom, err);
    const int end = n_apart > 0 ? k + n_apart : k + 1;
    for (; k < end && status == COPSE_OK; k++)
      status = finish_output(booster, k, custom, n_apart > 0, &split, err);
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
  if (keeps_gradients(booster, round->custom, queries, placed))
    round->status = booster_reserve_gradients(booster, round->err);
  if (round->status == COPSE_OK && dart_on(booster)) round->status = dart_begin_round(booster, round->err);
  if (round->status != COPSE_OK) return;
  if (queries)
    compute_query_gradients(booster);
  else if (!round->custom)
    compute_gradients(booster, placed);
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
