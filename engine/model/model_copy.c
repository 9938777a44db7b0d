/* model_copy.c - a model of its own, to be changed. */
#include <string.h>

#include "model/model.h"

static copse_status copy_text(copse_model *copy, char **slot, const char *text, copse_error *err) {
  return model_set_text(copy->ctx, slot, text, strlen(text), err);
}

static copse_status copy_trees(const copse_model *model, copse_model *copy, copse_error *err) {
  copse_status status = COPSE_OK;
  for (int t = 0; t < model->n_trees && status == COPSE_OK; t++) {
    struct tree tree;
    status = tree_copy(&model->trees[t], &tree, err);
    if (status == COPSE_OK) status = model_add_tree(copy, &tree, err);
  }
  return status;
}

copse_status model_copy(copse_context *ctx, const copse_model *model, copse_model **out, copse_error *err) {
  struct model_shape shape = {.n_features = model->n_features,
                              .names = (const char *const *)model->names,
                              .default_names = model->default_names,
                              .infos = (const char *const *)model->infos,
                              .trees_per_round = model->trees_per_round,
                              .n_class = model->n_class,
                              .objective = model->objective,
                              .average_output = model->average_output,
                              .parameters = model->parameters,
                              .config = model->config,
                              .encoder = model->encoder};
  copse_model *copy;
  *out = NULL;
  copse_status status = model_create(ctx, &shape, &copy, err);
  if (status != COPSE_OK) return status;
  copy->label_index = model->label_index;
  copy->best_round = model->best_round;
  status = copy_text(copy, &copy->monotone_constraints, model->monotone_constraints, err);
  if (status == COPSE_OK) status = copy_text(copy, &copy->pandas_categorical, model->pandas_categorical, err);
  if (status == COPSE_OK) status = copy_trees(model, copy, err);
  for (size_t b = 0; b < model->n_blobs && status == COPSE_OK; b++)
    status =
        copse_model_set_blob(copy, model->blobs[b].key, model->blobs[b].data, model->blobs[b].length, err);
  if (status == COPSE_OK && model->dart_weight != NULL)
    status = model_set_dart(copy, model->dart_unit, model->dart_start, model->dart_weight,
                            (size_t)copse_model_n_rounds(model), err);
  if (status == COPSE_OK)
    status = model_set_position_bias(copy, model->position_bias, model->n_position_biases, err);
  if (status != COPSE_OK) {
    copse_model_free(copy);
    return status;
  }
  *out = copy;
  return COPSE_OK;
}
