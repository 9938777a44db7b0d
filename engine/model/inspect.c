/* inspect.c - a model as data: nodes of its trees, and what it knows about a feature's values.
 *
 * Feature infos have three forms: "none" (the feature was constant), "[min:max]" of a numeric feature, and
 * "-1:3:0" of a categorical one, its category codes in bin order, -1 standing for the missing bin. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

int copse_model_tree_n_leaves(const copse_model *model, int tree) {
  assert(tree >= 0 && tree < model->n_trees);
  return model->trees[tree].n_leaves;
}

static void inspect_leaf(const struct tree *tree, int leaf, copse_node *out) {
  out->feature = -1;
  out->value = tree->leaf_value[leaf];
  out->weight = tree->leaf_weight[leaf];
  out->count = tree->leaf_count[leaf];
}

static void inspect_inner(const struct tree *tree, int node, copse_node *out) {
  unsigned decision = tree->decision_type[node];
  out->feature = tree->split_feature[node];
  out->categorical = (decision & DECISION_CATEGORICAL) != 0;
  out->default_left = (decision & DECISION_DEFAULT_LEFT) != 0;
  out->missing = (int)(decision >> DECISION_MISSING_SHIFT);
  out->left = tree->left_child[node];
  out->right = tree->right_child[node];
  out->gain = (double)tree->split_gain[node];
  out->value = tree->internal_value[node];
  out->weight = tree->internal_weight[node];
  out->count = tree->internal_count[node];
  if (!out->categorical) {
    out->threshold = tree->threshold[node];
    return;
  }
  int set = (int)tree->threshold[node];
  out->categories = tree->cat_words + tree->cat_boundaries[set];
  out->n_category_words = tree->cat_boundaries[set + 1] - tree->cat_boundaries[set];
}

bool copse_model_tree_node(const copse_model *model, int tree, int node, copse_node *out) {
  if (tree < 0 || tree >= model->n_trees) return false;
  const struct tree *inspected = &model->trees[tree];
  if (node >= inspected->n_leaves - 1 || (node < 0 && ~node >= inspected->n_leaves)) return false;
  memset(out, 0, sizeof *out);
  if (node < 0)
    inspect_leaf(inspected, ~node, out);
  else
    inspect_inner(inspected, node, out);
  return true;
}

uint32_t copse_model_categories(const copse_model *model, uint32_t feature, int32_t *out) {
  assert(feature < model->n_features);
  const char *info = model->infos[feature];
  if (strcmp(info, "none") == 0 || info[0] == '[') return 0;
  uint32_t n = 0;
  for (const char *at = info; *at != '\0';) {
    char *end;
    long code = strtol(at, &end, 10);
    if (end == at) break;
    if (code >= 0) {
      if (out != NULL) out[n] = (int32_t)code;
      n++;
    }
    at = *end == ':' ? end + 1 : end;
  }
  return n;
}

void model_write_info(const struct feature_bins *bins, copse_text *out) {
  if (!bins->used) {
    copse_text_append(out, "none", 4);
  } else if (bins->categorical) {
    for (uint32_t b = 0; b < bins->n_bins; b++)
      copse_text_appendf(out, b == 0 ? "%d" : ":%d", (int)bins->category[b]);
  } else {
    copse_text_append(out, "[", 1);
    copse_text_append_double(out, bins->min_value);
    copse_text_append(out, ":", 1);
    copse_text_append_double(out, bins->max_value);
    copse_text_append(out, "]", 1);
  }
}
