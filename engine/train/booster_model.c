/* booster_model.c - the model of a booster: copies of its trees, and what a model says beside them. */
#include <string.h>

#include "base/status.h"
#include "train/booster.h"
#include "train/dart.h"
#include "train/forest.h"
#include "train/position_bias.h"

static copse_status shape_texts(copse_booster *booster, copse_text *infos, copse_text *objective,
                                copse_text *parameters, copse_text *config, copse_error *err) {
  const copse_schema *schema = booster->sets[0].data->schema;
  for (uint32_t f = 0; f < schema->n_features; f++) {
    model_write_info(&schema->features[f], infos);
    copse_text_append(infos, "", 1);
  }
  copse_text_append(objective, "", 0);
  if (booster->objective.row->describe != NULL)
    booster->objective.row->describe(&booster->objective, objective);
  params_write_model_block(booster->params, parameters);
  params_write_config(booster->params, config);
  if (infos->failed || objective->failed || parameters->failed || config->failed)
    return status_memory(err, "a model");
  return COPSE_OK;
}

/* Tree `index` of the model: those of a model that was continued aside come first. */
static copse_status copy_tree(const copse_booster *booster, int index, int n_rounds, double bias,
                              copse_model *model, copse_error *err) {
  int n_prefix = booster->prefix != NULL ? booster->prefix->n_trees : 0;
  struct tree tree;
  copse_status status = tree_copy(
      index < n_prefix ? &booster->prefix->trees[index] : &booster->trees[index - n_prefix], &tree, err);
  if (status != COPSE_OK) return status;
  if (dart_on(booster) && index >= n_prefix) dart_tree_at(booster, index - n_prefix, n_rounds, &tree);
  if (bias != 0) tree_add_bias(&tree, bias);
  return model_add_tree(model, &tree, err);
}

/* Copies the trees of the first n_rounds rounds, those of a model that was continued first; the starting
 * score goes into the first round's. */
static copse_status copy_trees(const copse_booster *booster, int n_rounds, copse_model *model,
                               copse_error *err) {
  const copse_model *prefix = booster->prefix;
  int n_prefix = prefix != NULL ? prefix->n_trees : 0, n_trees = n_prefix + booster->n_trees;
  if (n_rounds > 0 && n_rounds < copse_booster_round(booster)) n_trees = n_rounds * booster->n_outputs;
  int n_own_rounds = (n_trees - n_prefix) / booster->n_outputs;
  copse_status status = COPSE_OK;
  for (int t = 0; t < n_trees && status == COPSE_OK; t++) {
    bool first_round =
        t < booster->n_outputs && !forest_on(booster); /* each tree of a forest has it already */
    status = copy_tree(booster, t, n_own_rounds, first_round ? booster->start[t] : 0, model, err);
  }
  if (status == COPSE_OK && dart_on(booster)) status = dart_describe(booster, n_own_rounds, model, err);
  if (status == COPSE_OK) status = position_bias_describe(booster, n_trees / booster->n_outputs, model, err);
  return status;
}

copse_status copse_booster_model(copse_booster *booster, int n_rounds, copse_model **out, copse_error *err) {
  *out = NULL;
  const copse_schema *schema = booster->sets[0].data->schema;
  copse_text infos = {.ctx = booster->ctx}, objective = {.ctx = booster->ctx};
  copse_text parameters = {.ctx = booster->ctx}, config = {.ctx = booster->ctx};
  copse_text monotone = {.ctx = booster->ctx};
  const char **info_list = copse_alloc(booster->ctx, schema->n_features, sizeof *info_list);
  copse_model *model = NULL;
  copse_status status = info_list != NULL
                            ? shape_texts(booster, &infos, &objective, &parameters, &config, err)
                            : status_memory(err, "a model");
  if (status != COPSE_OK) goto done;
  const struct constraint_params *constraint = &booster->resolved->grow.constraint;
  for (size_t f = 0; f < constraint->n_monotone; f++)
    copse_text_appendf(&monotone, f == 0 ? "%d" : " %d", constraint->monotone[f]);
  for (size_t f = constraint->n_monotone; constraint->n_monotone > 0 && f < schema->n_features; f++)
    copse_text_appendf(&monotone, " 0");
  if (monotone.failed) status = status_memory(err, "a model");
  if (status != COPSE_OK) goto done;
  const char *info = infos.data;
  for (uint32_t f = 0; f < schema->n_features; f++, info += strlen(info) + 1) info_list[f] = info;
  struct model_shape shape = {.n_features = schema->n_features,
                              .names = (const char *const *)schema->names,
                              .default_names = schema->default_names,
                              .infos = info_list,
                              .trees_per_round = booster->n_outputs,
                              .n_class = booster->n_outputs,
                              .objective = objective.data != NULL ? objective.data : "",
                              .average_output = forest_on(booster),
                              .parameters = parameters.data != NULL ? parameters.data : "",
                              .config = config.data != NULL ? config.data : "",
                              .encoder = schema->encoder};
  if ((status = model_create(booster->ctx, &shape, &model, err)) != COPSE_OK) goto done;
  status = model_set_text(booster->ctx, &model->monotone_constraints,
                          monotone.data != NULL ? monotone.data : "", monotone.length, err);
  if (status != COPSE_OK) goto done;
  if ((status = copy_trees(booster, n_rounds, model, err)) != COPSE_OK) goto done;
  *out = model;
  model = NULL;
done:
  copse_model_free(model);
  copse_free(info_list);
  copse_text_release(&infos);
  copse_text_release(&objective);
  copse_text_release(&parameters);
  copse_text_release(&config);
  copse_text_release(&monotone);
  return status;
}
