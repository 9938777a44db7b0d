/* refit.c - new leaf values for an old model's trees, from new rows (algorithms 7.7): the structure stays,
 * each leaf becomes decay * old + (1 - decay) * the best value for the rows that reach it now.
 *
 * Unlike LightGBM: objectives that renew leaves do so here as well, a leaf that no row reaches keeps its
 * value (LightGBM shrinks it; compat=lightgbm copies that), and trees of a random forest are refitted each by
 * itself. Sums are of integers, in fixed point, so that they do not depend on threads. */
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "base/team.h"
#include "data/encoded_table.h"
#include "data/table.h"
#include "model/route_table.h"
#include "train/booster.h"
#include "train/placed.h"
#include "train/refit_linear.h"
#include "train/refit_order.h"
#include "train/split.h"

/* Leaves of so many trees are kept at once. */
enum { LEAVES_BYTES = 1 << 28 };

struct leaf_sum {
  int64_t gradient, hessian;
  uint64_t n_rows;
};

struct refit {
  copse_booster *booster;
  const copse_table *table;
  copse_model *model; /* the copy that is being changed */
  uint64_t n_rows;
  int n_threads, most_leaves;
  double *at;       /* [n_rows * n_outputs] scores that gradients are taken at: a forest's own, else NULL */
  uint32_t *leaves; /* [n_held * n_rows] */
  int n_held;       /* trees whose leaves are held at once, whole rounds */
  struct leaf_sum *sums; /* [n_threads * most_leaves] */
  uint64_t *begin;       /* [most_leaves + 1] first row of a leaf, when leaves are renewed */
  uint32_t *rows;        /* [n_rows] in the order of their leaves */
  const uint32_t *leaf;  /* this tree's part of `leaves` */
  const float *gradient, *hessian;
  double gradient_scale, hessian_scale;
  struct refit_order order;
  struct refit_linear linear;
};

static void for_rows(struct refit *refit, copse_chunk_fn body) {
  copse_parallel_for(refit->n_threads, (size_t)((refit->n_rows + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK),
                     body, refit);
}

static uint64_t chunk_end(const struct refit *refit, size_t chunk) {
  uint64_t end = (uint64_t)(chunk + 1) * WORKSPACE_CHUNK;
  return end < refit->n_rows ? end : refit->n_rows;
}

static void sum_chunk(void *user, size_t chunk, int thread) {
  const struct refit *refit = user;
  struct leaf_sum *sums = refit->sums + (size_t)thread * (size_t)refit->most_leaves;
  for (uint64_t i = (uint64_t)chunk * WORKSPACE_CHUNK; i < chunk_end(refit, chunk); i++) {
    struct leaf_sum *sum = &sums[refit->leaf[i]];
    sum->gradient += llrint((double)refit->gradient[i] * refit->gradient_scale);
    sum->hessian += llrint((double)refit->hessian[i] * refit->hessian_scale);
    sum->n_rows++;
  }
}

/* A power of two that brings sums of the values to at most 2^62. */
static double scale_of(const struct refit *refit, const float *values) {
  float most = refit->booster->workspace.kernels->max_abs(values, refit->n_rows);
  int exponent, bits = 62;
  while (((uint64_t)1 << (62 - bits)) < refit->n_rows) bits--;
  if (!(most > 0)) return 1;
  frexp((double)most, &exponent);
  return ldexp(1, bits - exponent);
}

static void sum_leaves(struct refit *refit) {
  size_t n = (size_t)refit->most_leaves;
  memset(refit->sums, 0, (size_t)refit->n_threads * n * sizeof *refit->sums);
  refit->gradient_scale = scale_of(refit, refit->gradient);
  refit->hessian_scale = scale_of(refit, refit->hessian);
  for_rows(refit, sum_chunk);
  for (size_t t = 1; t < (size_t)refit->n_threads; t++)
    for (size_t l = 0; l < n; l++) {
      refit->sums[l].gradient += refit->sums[t * n + l].gradient;
      refit->sums[l].hessian += refit->sums[t * n + l].hessian;
      refit->sums[l].n_rows += refit->sums[t * n + l].n_rows;
    }
}

/* Rows in the order of their leaves, those of a leaf ascending. */
static void sort_rows(struct refit *refit, int n_leaves) {
  refit->begin[0] = 0;
  for (int l = 0; l < n_leaves; l++) refit->begin[l + 1] = refit->begin[l] + refit->sums[l].n_rows;
  for (uint64_t i = 0; i < refit->n_rows; i++) refit->rows[refit->begin[refit->leaf[i]]++] = (uint32_t)i;
  for (int l = n_leaves; l > 0; l--) refit->begin[l] = refit->begin[l - 1];
  refit->begin[0] = 0;
}

/* The best value of a leaf, before shrinkage. score: of the tree's output, before the tree. */
static double best_value(const struct refit *refit, int output, int leaf, const double *score) {
  const copse_booster *booster = refit->booster;
  const struct leaf_sum *sum = &refit->sums[leaf];
  if (booster->objective.row->renew != NULL) {
    uint64_t begin = refit->begin[leaf];
    struct renew_scratch scratch = {booster->renew.values + begin, booster->renew.rows + begin};
    return sum->n_rows == 0 ? 0
                            : booster->objective.row->renew(&booster->objective, output, score,
                                                            refit->rows + begin, sum->n_rows, scratch);
  }
  struct scan_rules rules = split_rules(&booster->workspace.grow);
  rules.path_smooth = 0;
  double value = leaf_output((double)sum->gradient / refit->gradient_scale,
                             (double)sum->hessian / refit->hessian_scale + SPLIT_EPSILON, (double)sum->n_rows,
                             0, &rules);
  return isnan(value) ? 0 : value;
}

static void renew_values(struct refit *refit, int output, struct tree *tree) {
  const struct boost_params *p = &refit->booster->resolved->boost;
  bool forest = refit->at != NULL;
  const double *score =
      (forest ? refit->at : refit->booster->sets[0].score) + (uint64_t)output * refit->n_rows;
  sum_leaves(refit);
  if (refit->booster->objective.row->renew != NULL || tree->linear != NULL) sort_rows(refit, tree->n_leaves);
  bool ordered = refit->order.sign != NULL;
  for (int l = 0; l < tree->n_leaves; l++) {
    uint64_t n_rows = refit->sums[l].n_rows;
    double best = tree->leaf_value[l];
    if (n_rows > 0 || p->quirks) {
      best = best_value(refit, output, l, score);
      best = forest ? best + refit->booster->start[output] : best * tree->shrinkage;
      if (!ordered) tree->leaf_value[l] = refit_mixture(p->refit_decay_rate, tree->leaf_value[l], best);
    }
    if (tree->linear != NULL) refit->linear.best[l] = best;
    if (!ordered) continue;
    refit->order.best[l] = best;
    refit->order.count[l] = n_rows;
  }
  if (tree->linear != NULL)
    refit_linear_renew(&(struct refit_linear_tree){
        .linear = &refit->linear,
        .tree = tree,
        .begin = refit->begin,
        .rows = refit->rows,
        .gradient = refit->gradient,
        .hessian = refit->hessian,
        .factor = forest ? 1 : tree->shrinkage,
        .start = forest ? refit->booster->start[output] : 0,
    });
  if (!ordered) return;
  refit_order_restore(&refit->order, tree);
  for (int l = 0; l < tree->n_leaves; l++) {
    double old = tree->leaf_value[l], best = refit->order.best[l];
    double value = refit_mixture(p->refit_decay_rate, old, best);
    tree->leaf_value[l] = fmin(fmax(value, fmin(old, best)), fmax(old, best)); /* rounding breaks no order */
  }
}

struct add_job {
  const struct refit *refit;
  const struct tree *tree;
  double *score;
};

static void add_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct add_job *job = user;
  const struct refit *refit = job->refit;
  uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK;
  if (job->tree->linear == NULL)
    for (uint64_t i = begin; i < chunk_end(refit, chunk); i++)
      job->score[i] += job->tree->leaf_value[refit->leaf[i]];
  else
    for (uint64_t i = begin; i < chunk_end(refit, chunk); i++)
      job->score[i] += linear_leaf_predict(job->tree, refit->linear.columns, (int)refit->leaf[i], i);
}

/* All outputs' trees of a round, on the gradients before it. */
static void refit_round(struct refit *refit, int round, int first_held) {
  copse_booster *booster = refit->booster;
  uint64_t n = refit->n_rows;
  size_t n_chunks = (size_t)((n + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK);
  booster_gradients_at(booster, refit->at != NULL ? refit->at : booster->sets[0].score, round);
  for (int k = 0; k < booster->n_outputs; k++) {
    int t = round * booster->n_outputs + k;
    struct tree *tree = &refit->model->trees[t];
    refit->leaf = refit->leaves + (uint64_t)(t - first_held) * n;
    refit->gradient = booster->gradient + (uint64_t)k * n;
    refit->hessian = booster->hessian + (uint64_t)k * n;
    if (objective_trainable(&booster->objective, k)) renew_values(refit, k, tree);
    struct add_job add = {refit, tree, booster->sets[0].score + (uint64_t)k * n};
    copse_parallel_for(refit->n_threads, n_chunks, add_chunk, &add);
  }
}

static copse_status refit_rounds(struct refit *refit, copse_error *err) {
  int per_round = refit->booster->n_outputs, n_trees = refit->model->n_trees;
  for (int first = 0; first < n_trees; first += refit->n_held) {
    int n_held = n_trees - first < refit->n_held ? n_trees - first : refit->n_held;
    copse_status status = route_table(refit->booster->ctx, refit->model->trees + first, n_held, refit->table,
                                      refit->n_threads, refit->leaves, err);
    for (int t = first; t < first + n_held && status == COPSE_OK; t += per_round) {
      status = status_check_cancel(refit->booster->ctx, err);
      if (status == COPSE_OK) refit_round(refit, t / per_round, first);
    }
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

/* A forest's trees are each taken at the starting score of the new rows; scores come to be averages. */
static copse_status begin_forest(struct refit *refit, copse_error *err) {
  copse_booster *booster = refit->booster;
  uint64_t n = refit->n_rows;
  if (booster->sets[0].data->init_score != NULL)
    return status_set(
        err, COPSE_ERR_UNSUPPORTED,
        "the model to refit is a random forest, whose trees take no init scores: leave them out");
  refit->at = copse_alloc(booster->ctx, n * (uint64_t)booster->n_outputs, sizeof *refit->at);
  if (refit->at == NULL) return status_memory(err, "the scores that trees are refitted at");
  booster_find_start(booster, false);
  for (int k = 0; k < booster->n_outputs; k++)
    for (uint64_t i = 0; i < n; i++) refit->at[(uint64_t)k * n + i] = booster->start[k];
  return COPSE_OK;
}

static copse_status allocate(struct refit *refit, copse_error *err) {
  copse_context *ctx = refit->booster->ctx;
  const copse_model *model = refit->model;
  uint64_t n = refit->n_rows;
  refit->most_leaves = 1;
  for (int t = 0; t < model->n_trees; t++)
    if (model->trees[t].n_leaves > refit->most_leaves) refit->most_leaves = model->trees[t].n_leaves;
  uint64_t rounds = LEAVES_BYTES / (n * sizeof *refit->leaves * (uint64_t)refit->booster->n_outputs + 1);
  uint64_t n_rounds = (uint64_t)copse_model_n_rounds(model);
  if (rounds < 1) rounds = 1;
  if (rounds > n_rounds) rounds = n_rounds;
  refit->n_held = (int)rounds * refit->booster->n_outputs;
  refit->leaves = copse_alloc(ctx, (size_t)refit->n_held, n * sizeof *refit->leaves);
  refit->sums = copse_alloc(ctx, (size_t)refit->n_threads, (size_t)refit->most_leaves * sizeof *refit->sums);
  refit->begin = copse_alloc(ctx, (size_t)refit->most_leaves + 1, sizeof *refit->begin);
  refit->rows = copse_alloc(ctx, n, sizeof *refit->rows);
  if (refit->leaves == NULL || refit->sums == NULL || refit->begin == NULL || refit->rows == NULL)
    return status_memory(err, "a refit");
  const struct resolved_params *resolved = refit->booster->resolved;
  refit->linear = (struct refit_linear){.ctx = ctx,
                                        .n_threads = refit->n_threads,
                                        .lambda = resolved->grow.linear.lambda,
                                        .decay = resolved->boost.refit_decay_rate,
                                        .quirks = resolved->boost.quirks};
  copse_status status = refit_linear_create(&refit->linear, model, refit->table, refit->most_leaves, err);
  if (status != COPSE_OK || resolved->boost.quirks) return status; /* LightGBM forgets the order */
  return refit_order_create(ctx, model, refit->most_leaves, &refit->order, err);
}

static copse_status check(const copse_booster *booster, const copse_model *model, const copse_table *table,
                          copse_error *err) {
  const struct objective_row *row = booster->objective.row;
  if (row->gradients == NULL && row->query_gradients == NULL)
    return status_set(err, COPSE_ERR_UNSUPPORTED,
                      "objective=%s has no gradients of its own to refit a model with", row->name);
  if (table->n_rows != booster->sets[0].data->n_rows)
    return status_set(err, COPSE_ERR_DATA, "the table to refit on has %llu rows, the training data have %llu",
                      (unsigned long long)table->n_rows, (unsigned long long)booster->sets[0].data->n_rows);
  if (table->n_cols != copse_model_n_inputs(model))
    return status_set(err, COPSE_ERR_DATA,
                      "the table to refit on has %u columns, the model's features are %u",
                      (unsigned)table->n_cols, (unsigned)copse_model_n_inputs(model));
  copse_text text = {.ctx = booster->ctx};
  copse_text_append(&text, "", 0);
  if (row->describe != NULL) row->describe(&booster->objective, &text);
  copse_status status = text.failed ? status_memory(err, "a refit") : COPSE_OK;
  if (status == COPSE_OK && strcmp(text.data, model->objective) != 0)
    status = status_set(
        err, COPSE_ERR_DATA,
        "the model to refit was trained with objective \"%.80s\", the booster is made for \"%.80s\": use "
        "the model's objective",
        model->objective, text.data);
  copse_text_release(&text);
  if (status == COPSE_OK)
    status = refit_linear_check(model, row->renew != NULL ? row->name : NULL, booster->resolved->boost.quirks,
                                err);
  return status == COPSE_OK ? table_check(table, err) : status;
}

copse_status copse_booster_refit(copse_booster *booster, copse_model *model, const copse_table *table,
                                 copse_model **out, copse_error *err) {
  *out = NULL;
  copse_status status = booster_check_model(booster, model, "refit", err);
  if (status == COPSE_OK) status = check(booster, model, table, err);
  if (status == COPSE_OK) status = booster_refresh_sets(booster, err);
  if (status == COPSE_OK) status = booster_refresh_objective(booster, err);
  if (status == COPSE_OK) status = booster_reserve_gradients(booster, err);
  if (status != COPSE_OK) return status;
  struct refit refit = {.booster = booster, .table = table, .n_rows = table->n_rows};
  refit.n_threads = team_size(booster->resolved->boost.n_threads);
  struct encoded_table encoded;
  if (model->encoder != NULL) {
    status = encoded_table_open(model->encoder, table, false, &encoded, err);
    if (status != COPSE_OK) return status;
    refit.table = &encoded.view;
  }
  if ((status = model_copy(booster->ctx, model, &refit.model, err)) != COPSE_OK) goto done;
  if ((status = allocate(&refit, err)) != COPSE_OK) goto done;
  if (model->average_output && (status = begin_forest(&refit, err)) != COPSE_OK) goto done;
  placed_give_back(booster);
  status = refit_rounds(&refit, err);
  if (status != COPSE_OK) goto done;
  model_clear_dart(refit.model);          /* its values are no multiples of the unit any more */
  copse_free(refit.model->position_bias); /* which the old values taught */
  refit.model->position_bias = NULL;
  refit.model->n_position_biases = 0;
  *out = refit.model;
  refit.model = NULL;
done:
  /* The booster is as it was. */
  memset(booster->start, 0, (size_t)booster->n_outputs * sizeof *booster->start);
  booster_rescore(booster, &booster->sets[0]);
  copse_model_free(refit.model);
  copse_free(refit.at);
  copse_free(refit.leaves);
  copse_free(refit.sums);
  copse_free(refit.begin);
  copse_free(refit.rows);
  refit_order_release(&refit.order);
  refit_linear_release(&refit.linear);
  return status;
}
