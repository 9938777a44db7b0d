/* constrain.c - takes the caller's lists apart by column, and is where the growth of trees asks. */
#include "train/constrain.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "data/encoder.h"
#include "params/interactions.h"
#include "train/cegb.h"
#include "train/expand.h"
#include "train/force.h"
#include "train/leaves_met.h"
#include "train/monotone.h"
#include "train/monotone_kept.h"

/* An encoder's columns come behind the caller's, who need not know how many there are. */
static copse_status check_length(const struct workspace *ws, const char *name, size_t n, copse_error *err) {
  const copse_schema *schema = ws->data->schema;
  uint32_t n_features = schema->encoder != NULL ? schema->encoder->n_inputs : schema->n_features;
  if (n == 0 || n == n_features || n == schema->n_features) return COPSE_OK;
  return status_set(err, COPSE_ERR_ARGUMENT,
                    "%s has %zu entries, the training data have %u features: give one per feature", name, n,
                    n_features);
}

static copse_status check_lengths(const struct workspace *ws, copse_error *err) {
  const struct constraint_params *p = &ws->grow.constraint;
  copse_status status = check_length(ws, "monotone_constraints", p->n_monotone, err);
  if (status == COPSE_OK) status = check_length(ws, "feature_contri", p->n_contri, err);
  if (status == COPSE_OK) status = check_length(ws, "cegb_penalty_feature_lazy", p->n_cegb_lazy, err);
  if (status == COPSE_OK) status = check_length(ws, "cegb_penalty_feature_coupled", p->n_cegb_coupled, err);
  return status;
}

static copse_status create_contri(struct workspace *ws, copse_error *err) {
  const struct constraint_params *p = &ws->grow.constraint;
  bool any = false;
  for (size_t f = 0; f < p->n_contri; f++) any |= p->contri[f] != 1;
  if (!any) return COPSE_OK;
  uint32_t n_columns = ws->data->binned.n_columns;
  ws->constraint.contri = copse_alloc(ws->ctx, n_columns, sizeof *ws->constraint.contri);
  if (ws->constraint.contri == NULL) return status_memory(err, "feature_contri");
  for (uint32_t c = 0; c < n_columns; c++)
    ws->constraint.contri[c] =
        constrain_entry(p->contri, p->n_contri, ws->data->binned.columns[c].feature, 1);
  ws->constraint.bends_gain = true;
  return COPSE_OK;
}

/* ---- interactions ---- */

static size_t count_groups(const char *text) {
  struct interaction_item item = {0};
  while (interactions_next(&text, &item)) continue;
  return item.n_groups;
}

static copse_status create_groups(struct workspace *ws, copse_error *err) {
  struct constraints *c = &ws->constraint;
  const copse_schema *schema = ws->data->schema;
  const char *at = ws->grow.constraint.interactions;
  size_t n_groups = count_groups(at);
  if (n_groups == 0) return COPSE_OK;
  uint32_t n_columns = ws->data->binned.n_columns;
  c->group_words = (n_groups + 63) / 64;
  c->column_groups = copse_alloc_zero(ws->ctx, n_columns * c->group_words, sizeof *c->column_groups);
  c->leaf_groups = copse_alloc(ws->ctx, (size_t)ws->n_leaves_room * c->group_words, sizeof *c->leaf_groups);
  c->allowed = copse_alloc_zero(ws->ctx, n_columns, sizeof *c->allowed);
  if (c->column_groups == NULL || c->leaf_groups == NULL || c->allowed == NULL)
    return status_memory(err, "interaction constraints");
  struct interaction_item item = {0};
  uint64_t *of_feature = copse_alloc_zero(ws->ctx, schema->n_features * c->group_words, sizeof *of_feature);
  if (of_feature == NULL) return status_memory(err, "interaction constraints");
  while (interactions_next(&at, &item)) {
    int64_t feature = interactions_feature(&item, (const char *const *)schema->names, schema->n_features);
    if (feature < 0) {
      copse_free(of_feature);
      return status_set(err, COPSE_ERR_ARGUMENT,
                        "interaction_constraints: group %zu: \"%.*s\" is no feature of the training data: "
                        "give a number from 0 to %u, or a name",
                        item.group + 1, (int)(item.length < 100 ? item.length : 100), item.name,
                        schema->n_features > 0 ? schema->n_features - 1 : 0);
    }
    of_feature[(size_t)feature * c->group_words + item.group / 64] |= (uint64_t)1 << (item.group % 64);
  }
  encoder_spread_groups(schema->encoder, of_feature, c->group_words);
  for (uint32_t k = 0; k < n_columns; k++) {
    const uint64_t *from = of_feature + (size_t)ws->data->binned.columns[k].feature * c->group_words;
    memcpy(c->column_groups + k * c->group_words, from, c->group_words * sizeof *from);
    for (size_t w = 0; w < c->group_words; w++) c->allowed[k] |= from[w] != 0;
  }
  copse_free(of_feature);
  return COPSE_OK;
}

bool constrain_allows(const struct workspace *ws, int leaf, uint32_t column) {
  const struct constraints *c = &ws->constraint;
  if (c->leaf_groups == NULL) return true;
  const uint64_t *of_leaf = c->leaf_groups + (size_t)leaf * c->group_words;
  const uint64_t *of_column = c->column_groups + (size_t)column * c->group_words;
  for (size_t w = 0; w < c->group_words; w++)
    if (of_leaf[w] & of_column[w]) return true;
  return false;
}

/* ---- life ---- */

copse_status constrain_create(struct workspace *ws, copse_error *err) {
  copse_status status = check_lengths(ws, err);
  if (status == COPSE_OK) status = monotone_create(ws, err);
  if (status == COPSE_OK) status = create_contri(ws, err);
  if (status == COPSE_OK) status = create_groups(ws, err);
  if (status == COPSE_OK) status = cegb_create(ws, err);
  if (status == COPSE_OK) status = force_check(ws, err);
  return status;
}

void constrain_release(struct workspace *ws) {
  monotone_release(ws);
  cegb_release(ws);
  copse_free(ws->constraint.contri);
  copse_free(ws->constraint.column_groups);
  copse_free(ws->constraint.leaf_groups);
  copse_free(ws->constraint.allowed);
  copse_free(ws->constraint.forced_leaf);
}

/* ---- growth ---- */

void constrain_begin_tree(struct workspace *ws, const struct tree *tree) {
  struct constraints *c = &ws->constraint;
  struct leaf *root = &ws->leaves[0];
  c->tree = tree;
  root->lower = -INFINITY;
  root->upper = INFINITY;
  root->part_of = -1;
  if (c->leaf_groups != NULL) memset(c->leaf_groups, 0xFF, c->group_words * sizeof *c->leaf_groups);
  if (c->cegb != NULL) cegb_begin_tree(ws);
  if (c->kept != NULL) kept_begin_tree(ws);
}

void constrain_child(struct workspace *ws, int parent, int child, bool right) {
  struct constraints *c = &ws->constraint;
  struct leaf *to = &ws->leaves[child];
  const struct split *split = &ws->leaves[parent].best;
  to->part_of = parent;
  to->right_part = right;
  monotone_child(ws, &ws->leaves[parent], to, right);
  for (size_t w = 0; w < c->group_words; w++)
    c->leaf_groups[(size_t)child * c->group_words + w] =
        c->leaf_groups[(size_t)parent * c->group_words + w] &
        c->column_groups[(size_t)split->column * c->group_words + w];
  if (c->cegb != NULL) cegb_child(ws, parent, child);
  if (c->kept != NULL) kept_child(ws, parent, child, right);
}

void constrain_settle(struct workspace *ws, int from, int to) {
  struct constraints *c = &ws->constraint;
  ws->leaves[to].part_of = -1;
  for (size_t w = 0; w < c->group_words; w++)
    c->leaf_groups[(size_t)to * c->group_words + w] = c->leaf_groups[(size_t)from * c->group_words + w];
  if (c->cegb != NULL) cegb_settle(ws, from, to);
  if (c->kept != NULL) kept_settle(ws, from, to);
}

void constrain_begin_search(struct workspace *ws, int leaf, int side) {
  if (ws->constraint.sign != NULL && ws->grow.constraint.method == MONOTONE_ADVANCED)
    leaves_met_ranges(ws, leaf, side);
  if (ws->constraint.cegb != NULL) cegb_begin_search(ws, leaf, side);
}

double constrain_gain(const struct workspace *ws, const struct leaf *leaf, int side, uint32_t column,
                      double gain) {
  const struct constraints *c = &ws->constraint;
  if (!c->bends_gain) return gain;
  if (c->contri != NULL) gain *= c->contri[column];
  if (c->cegb != NULL) gain -= cegb_cost(ws, leaf, side, column);
  if (c->sign != NULL && c->sign[column] != 0) gain *= monotone_penalty(ws, leaf->depth);
  return gain;
}

/* What LightGBM smooths the splits of a leaf toward that it searches again (algorithms 4.14): the output that
 * the leaf would have without smoothing. */
static double plain_output(const struct workspace *ws, const struct leaf *leaf) {
  struct scan_rules rules = split_rules(&ws->grow);
  rules.path_smooth = 0;
  return leaf_output(leaf_sum_gradient(ws, leaf), leaf_sum_hessian(ws, leaf), (double)leaf->n_rows, 0,
                     &rules);
}

void constrain_after_split(struct workspace *ws, int above, int left, int right) {
  struct constraints *c = &ws->constraint;
  bool costs = c->cegb != NULL && cegb_costs_changed(ws), around = monotone_looks_around(ws);
  if (around) {
    c->node_parent[c->tree->leaf_parent[left]] = above;
    monotone_after_split(ws, left, right);
  }
  if (!costs && !around) return;
  for (int leaf = 0; leaf < c->tree->n_leaves; leaf++) {
    bool stale = around && c->stale[leaf];
    if (around) c->stale[leaf] = 0;
    if (leaf == left || leaf == right || ws->leaves[leaf].best.gain == -INFINITY) continue;
    if (!stale && !costs) continue;
    struct leaf *again = &ws->leaves[leaf];
    double output = again->output;
    if (stale && ws->grow.compat.keep_limits) again->output = plain_output(ws, again);
    expand_search_again(ws, leaf);
    again->output = output;
  }
}
