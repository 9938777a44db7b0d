/* continue.c - going on from a model. Where every threshold of its trees is a cut point of the training
 * schema (the same data as before), the trees are put on the bins again and are scored like trees grown here:
 * 60 rounds and 40 more are the bits of 100. Otherwise they stay aside as a prefix, and the caller brings
 * their predictions as init scores. */
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "model/on_bins.h"
#include "train/booster.h"
#include "train/cegb.h"
#include "train/dart.h"
#include "train/position_bias.h"

/* The leaf that node `node` divided: left children keep its number. */
static int leaf_of_node(const struct tree *tree, int node) {
  int child = node;
  while (child >= 0) child = tree->left_child[child];
  return ~child;
}

/* The node's categories as bits over bins; false when one of them has no bin of its own. */
static bool bins_of_categories(const struct feature_bins *bins, const struct tree *tree, int node,
                               uint32_t *bits, size_t n_words) {
  uint32_t first = tree->cat_boundaries[(int)tree->threshold[node]];
  uint32_t end = tree->cat_boundaries[(int)tree->threshold[node] + 1];
  memset(bits, 0, n_words * sizeof *bits);
  for (uint64_t category = 0; category < (uint64_t)(end - first) * 32; category++) {
    if (!(tree->cat_words[first + category / 32] >> (category % 32) & 1)) continue;
    uint32_t bin = bins_of_value(bins, (double)category);
    if (bin == 0) return false;
    bits[bin / 32] |= (uint32_t)1 << (bin % 32);
  }
  return true;
}

/* Makes the node's split on `out`, over bins. *fits tells whether that could be said in bins at all. */
static copse_status split_on_bins(copse_booster *booster, const struct tree *from, int node, struct tree *out,
                                  bool *fits, copse_error *err) {
  const copse_dataset *data = booster->sets[0].data;
  uint32_t feature = (uint32_t)from->split_feature[node], column = data->binned.column_of[feature];
  const struct feature_bins *bins = &data->schema->features[feature];
  bool categorical = (from->decision_type[node] & DECISION_CATEGORICAL) != 0;
  *fits = false;
  if (column == BINNED_NO_COLUMN || categorical != bins->categorical ||
      from->decision_type[node] >> DECISION_MISSING_SHIFT != (int)bins->missing)
    return COPSE_OK;
  struct tree_split split = {.leaf = leaf_of_node(from, node),
                             .feature = (int32_t)feature,
                             .column = column,
                             .gain = from->split_gain[node],
                             .decision_type = from->decision_type[node],
                             .threshold = from->threshold[node]};
  uint32_t *bits = NULL;
  if (categorical) {
    split.n_bin_words = bins->n_bins / 32 + 1;
    bits = copse_alloc(booster->ctx, split.n_bin_words, sizeof *bits);
    if (bits == NULL) return status_memory(err, "a continued tree");
    *fits = bins_of_categories(bins, from, node, bits, split.n_bin_words);
    split.bin_bits = bits;
    uint32_t index = (uint32_t)from->threshold[node];
    split.category_bits = from->cat_words + from->cat_boundaries[index];
    split.n_category_words = from->cat_boundaries[index + 1] - from->cat_boundaries[index];
  } else {
    split.threshold_bin = on_bins_threshold(bins, from->threshold[node]);
    *fits = split.threshold_bin != ON_BINS_NONE;
  }
  int right;
  copse_status status = COPSE_OK;
  if (*fits && split.leaf < out->n_leaves) status = tree_split(out, &split, &right, err);
  copse_free(bits);
  return status;
}

/* Whether the data hold the values of all features that the leaves use. */
static bool has_values(const copse_dataset *data, const struct tree *tree) {
  const struct leaf_models *linear = tree->linear;
  for (size_t k = 0; k < linear->begin[tree->n_leaves]; k++)
    if (data->values[linear->feature[k]] == NULL) return false;
  return true;
}

/* The same tree with its splits over bins as well. */
static copse_status put_on_bins(copse_booster *booster, const struct tree *from, struct tree *out, bool *fits,
                                copse_error *err) {
  copse_status status = tree_create(booster->ctx, from->n_leaves, true, out, err);
  *fits = true;
  for (int node = 0; node < from->n_leaves - 1 && status == COPSE_OK && *fits; node++)
    status = split_on_bins(booster, from, node, out, fits, err);
  if (status != COPSE_OK) {
    tree_release(out);
    return status;
  }
  size_t n = (size_t)from->n_leaves, inner = n - 1;
  /* Nodes in another order than they were made in cannot be rebuilt one after the other. */
  *fits = *fits && out->n_leaves == from->n_leaves &&
          memcmp(out->left_child, from->left_child, inner * sizeof *out->left_child) == 0 &&
          memcmp(out->right_child, from->right_child, inner * sizeof *out->right_child) == 0;
  if (!*fits) {
    tree_release(out);
    return COPSE_OK;
  }
  memcpy(out->leaf_value, from->leaf_value, n * sizeof *out->leaf_value);
  memcpy(out->leaf_weight, from->leaf_weight, n * sizeof *out->leaf_weight);
  memcpy(out->leaf_count, from->leaf_count, n * sizeof *out->leaf_count);
  memcpy(out->internal_value, from->internal_value, inner * sizeof *out->internal_value);
  memcpy(out->internal_weight, from->internal_weight, inner * sizeof *out->internal_weight);
  memcpy(out->internal_count, from->internal_count, inner * sizeof *out->internal_count);
  out->shrinkage = from->shrinkage;
  if (from->linear == NULL) return COPSE_OK;
  status = leaf_models_copy(booster->ctx, from->linear, &out->linear, err);
  *fits = status == COPSE_OK && has_values(booster->sets[0].data, out);
  if (!*fits) tree_release(out);
  return status;
}

copse_status booster_check_model(const copse_booster *booster, const copse_model *model, const char *what,
                                 copse_error *err) {
  const copse_schema *schema = booster->sets[0].data->schema;
  if (booster->started)
    return status_set(err, COPSE_ERR_STATE, "rounds were already made: %s a model before the first of them",
                      what);
  char model_name[64];
  snprintf(model_name, sizeof model_name, "the model to %s", what);
  copse_status status = on_bins_check_schema(model, schema, model_name, "the training data", err);
  if (status != COPSE_OK) return status;
  if (model->trees_per_round != booster->n_outputs)
    return status_set(
        err, COPSE_ERR_DATA,
        "the model to %s has %d trees per round, objective=%s makes %d: use the model's objective", what,
        model->trees_per_round, booster->objective.row->name, booster->n_outputs);
  bool renewed = strcmp(what, "refit") == 0; /* which sees to linear leaves itself */
  for (int t = 0; t < model->n_trees && !renewed && !booster->resolved->grow.linear.on; t++)
    if (model->trees[t].linear != NULL)
      return status_set(err, COPSE_ERR_UNSUPPORTED,
                        "tree %d of the model to %s has linear models in its leaves (linear_tree): set "
                        "linear_tree=true to %s it",
                        t, what, what);
  return COPSE_OK;
}

static copse_status check_fit(const copse_booster *booster, const copse_model *model, copse_error *err) {
  copse_status status = booster_check_model(booster, model, "continue", err);
  if (status != COPSE_OK) return status;
  bool forest = booster_is(booster, BOOSTING_RF);
  if (model->average_output != forest && model->n_trees > 0)
    return status_set(err, COPSE_ERR_UNSUPPORTED,
                      forest
                          ? "the model to continue adds its trees up, boosting=rf averages them: continue it "
                            "with boosting=gbdt or dart"
                          : "the model to continue is a random forest, which averages its trees: continue it "
                            "with boosting=rf");
  return COPSE_OK;
}

copse_status copse_booster_continue(copse_booster *booster, copse_model *model, bool *scored,
                                    copse_error *err) {
  copse_status status = check_fit(booster, model, err);
  if (status != COPSE_OK) return status;
  struct tree *trees = copse_alloc_zero(booster->ctx, (size_t)model->n_trees, sizeof *trees);
  if (trees == NULL) return status_memory(err, "the continued trees");
  bool fits = true;
  int made = 0;
  for (; made < model->n_trees && fits && status == COPSE_OK; made++)
    status = put_on_bins(booster, &model->trees[made], &trees[made], &fits, err);
  if (status != COPSE_OK || !fits) {
    for (int t = 0; t < made; t++) tree_release(&trees[t]);
    copse_free(trees);
    if (status != COPSE_OK) return status;
    if (cegb_counts_rows(&booster->workspace))
      return status_set(err, COPSE_ERR_UNSUPPORTED,
                        "cegb_penalty_feature_lazy asks which rows the model to continue has computed a "
                        "feature for, which only its own training data tell: leave it out");
    booster->prefix = copse_model_ref(model);
  } else {
    copse_free(booster->trees);
    booster->trees = trees;
    booster->n_trees = booster->trees_capacity = model->n_trees;
  }
  booster->n_base_rounds = model->n_trees / booster->n_outputs;
  if (fits && dart_on(booster)) status = dart_continue(booster, model, err);
  if (status == COPSE_OK && fits) status = position_bias_continue(booster, model, err);
  if (status != COPSE_OK) {
    while (booster->n_trees > 0) tree_release(&booster->trees[--booster->n_trees]);
    return status;
  }
  if (booster_is(booster, BOOSTING_RF)) booster_find_start(booster, false);
  booster->started = true; /* no score is boosted from the average any more */
  for (int s = 0; s < booster->n_sets; s++) booster_rescore(booster, &booster->sets[s]);
  if (scored != NULL) *scored = fits;
  return COPSE_OK;
}
