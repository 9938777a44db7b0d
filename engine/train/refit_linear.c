/* refit_linear.c - see refit_linear.h. A leaf is one thread's, and its rows are added up in their order, so
 * that threads do not matter. Values are float32, as those that training sees.
 *
 * compat=lightgbm: where rows do not tell the terms LightGBM takes all coefficients away and mixes the
 * constant with the leaf's new value, which is a mixture already. */
#include "train/refit_linear.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "base/team.h"
#include "model/route_table.h"

/* The first tree with linear leaves, or n_trees. */
static int first_linear(const copse_model *model) {
  int t = 0;
  while (t < model->n_trees && model->trees[t].linear == NULL) t++;
  return t;
}

copse_status refit_linear_check(const copse_model *model, const char *percentiles, bool quirks,
                                copse_error *err) {
  int t = first_linear(model);
  if (t == model->n_trees) return COPSE_OK;
  if (percentiles != NULL)
    return status_set(err, COPSE_ERR_UNSUPPORTED,
                      "tree %d of the model to refit has linear models in its leaves, and the leaves of "
                      "objective=%s are percentiles, which coefficients do not keep: refit a model without "
                      "linear_tree",
                      t, percentiles);
  if (!quirks && strpbrk(model->monotone_constraints, "123456789") != NULL)
    return status_set(err, COPSE_ERR_UNSUPPORTED,
                      "tree %d of the model to refit has linear models in its leaves, whose coefficients do "
                      "not keep its monotone_constraints: refit a model without either, or with "
                      "compat=lightgbm, which forgets the order",
                      t);
  return COPSE_OK;
}

/* Which columns are asked for; returns the terms of the leaf that has most. */
static size_t list_columns(const copse_model *model, bool splits, bool *asked) {
  size_t most = 0;
  for (int t = 0; t < model->n_trees; t++) {
    const struct tree *tree = &model->trees[t];
    if (tree->linear == NULL) continue;
    for (size_t k = 0; k < tree->linear->begin[tree->n_leaves]; k++) asked[tree->linear->feature[k]] = true;
    for (int i = 0; splits && i < tree->n_leaves - 1; i++)
      if (!(tree->decision_type[i] & DECISION_CATEGORICAL)) asked[tree->split_feature[i]] = true;
    for (int l = 0; l < tree->n_leaves; l++) {
      size_t n_terms = tree->linear->begin[l + 1] - tree->linear->begin[l];
      if (n_terms > most) most = n_terms;
    }
  }
  return most;
}

struct missing_job {
  const struct refit_linear *linear;
  uint64_t n_rows;
};

static void find_missing(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct missing_job *job = user;
  const float *column = job->linear->columns[chunk];
  bool missing = false;
  for (uint64_t i = 0; column != NULL && i < job->n_rows && !missing; i++) missing = isnan(column[i]);
  job->linear->missing[chunk] = missing;
}

/* missing: the features that are asked for, as of now. */
static copse_status take_columns(struct refit_linear *linear, const copse_table *table, copse_error *err) {
  for (uint32_t f = 0; f < linear->n_features; f++) {
    if (!linear->missing[f]) continue;
    linear->columns[f] = copse_alloc(linear->ctx, table->n_rows, sizeof **linear->columns);
    if (linear->columns[f] == NULL) return status_memory(err, "the values of linear leaves");
  }
  copse_status status = route_table_values(linear->ctx, table, linear->n_threads, linear->columns, err);
  struct missing_job job = {linear, table->n_rows};
  if (status == COPSE_OK) copse_parallel_for(linear->n_threads, linear->n_features, find_missing, &job);
  return status;
}

copse_status refit_linear_create(struct refit_linear *out, const copse_model *model, const copse_table *table,
                                 int most_leaves, copse_error *err) {
  if (first_linear(model) == model->n_trees) return COPSE_OK;
  out->n_features = table->n_cols;
  out->columns = copse_alloc_zero(out->ctx, table->n_cols, sizeof *out->columns);
  out->missing = copse_alloc_zero(out->ctx, table->n_cols, sizeof *out->missing);
  out->best = copse_alloc(out->ctx, (size_t)most_leaves, sizeof *out->best);
  if (out->columns == NULL || out->missing == NULL || out->best == NULL)
    return status_memory(err, "the linear models of leaves");
  size_t most = list_columns(model, out->quirks, out->missing);
  copse_status status = moments_create(out->ctx, out->n_threads, most, &out->moments, err);
  return status == COPSE_OK ? take_columns(out, table, err) : status;
}

void refit_linear_release(struct refit_linear *linear) {
  for (uint32_t f = 0; linear->columns != NULL && f < linear->n_features; f++) copse_free(linear->columns[f]);
  copse_free(linear->columns);
  copse_free(linear->missing);
  copse_free(linear->best);
  copse_free(linear->moments);
}

struct renew_job {
  const struct refit_linear_tree *tree;
  bool count_values; /* see linear_leaf.h; of the new rows */
};

/* The rows do not tell the terms. */
static void renew_constant(const struct refit_linear_tree *job, int leaf) {
  const struct refit_linear *linear = job->linear;
  struct leaf_models *models = job->tree->linear;
  double best = linear->quirks ? job->factor * job->tree->leaf_value[leaf] : linear->best[leaf];
  double kept = linear->quirks ? 0 : linear->decay;
  models->constant[leaf] = refit_mixture(linear->decay, models->constant[leaf], best);
  for (size_t k = models->begin[leaf]; k < models->begin[leaf + 1]; k++) models->coefficient[k] *= kept;
}

static void renew_leaf(void *user, size_t chunk, int thread) {
  const struct renew_job *job = user;
  const struct refit_linear_tree *tree = job->tree;
  const struct refit_linear *linear = tree->linear;
  struct moments *moments = &linear->moments[thread];
  struct leaf_models *models = tree->tree->linear;
  int leaf = (int)chunk;
  size_t first = models->begin[leaf], n_terms = models->begin[leaf + 1] - first;
  struct leaf_rows rows = {tree->rows + tree->begin[leaf],
                           tree->begin[leaf + 1] - tree->begin[leaf],
                           tree->gradient,
                           tree->hessian,
                           linear->columns,
                           job->count_values};
  double constant, *coefficient = moments->value;
  if (rows.n == 0 && !linear->quirks) return;
  if ((n_terms == 0 && !linear->quirks) ||
      !linear_leaf_fit(&rows, models->feature + first, n_terms, linear->lambda, moments, coefficient,
                       &constant)) {
    renew_constant(tree, leaf);
    return;
  }
  models->constant[leaf] =
      refit_mixture(linear->decay, models->constant[leaf], tree->factor * constant + tree->start);
  for (size_t k = 0; k < n_terms; k++)
    models->coefficient[first + k] =
        refit_mixture(linear->decay, models->coefficient[first + k], tree->factor * coefficient[k]);
}

void refit_linear_renew(const struct refit_linear_tree *tree) {
  struct renew_job job = {tree, false};
  for (int i = 0; i < tree->tree->n_leaves - 1; i++)
    job.count_values =
        job.count_values || (tree->linear->quirks && tree->linear->missing[tree->tree->split_feature[i]]);
  copse_parallel_for(tree->linear->n_threads, (size_t)tree->tree->n_leaves, renew_leaf, &job);
}
