/* importance.c - what the splits say about the features: numbers of splits and sums of gains.
 *
 * Only splits with positive gain count (forced splits may have none). Gains are the stored float32 values,
 * added in model order in double. */
#include <string.h>

#include "model/model.h"

void model_importance(const copse_model *model, int first, int last, bool gain, double *out) {
  memset(out, 0, model->n_features * sizeof *out);
  for (int t = first * model->trees_per_round; t < last * model->trees_per_round; t++) {
    const struct tree *tree = &model->trees[t];
    for (int i = 0; i < tree->n_leaves - 1; i++)
      if (tree->split_gain[i] > 0) out[tree->split_feature[i]] += gain ? (double)tree->split_gain[i] : 1.0;
  }
}

void copse_model_importance(const copse_model *model, bool gain, double *out) {
  model_importance(model, 0, copse_model_n_rounds(model), gain, out);
}

bool copse_model_uses_feature(const copse_model *model, uint32_t feature) {
  for (int t = 0; t < model->n_trees; t++) {
    const struct tree *tree = &model->trees[t];
    for (int i = 0; i < tree->n_leaves - 1; i++)
      if ((uint32_t)tree->split_feature[i] == feature) return true;
  }
  return false;
}
