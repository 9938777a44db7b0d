/* model.c - a counted ensemble: its life, its trees, its texts and blobs.
 *
 * Every pointer of a model is owned by it alone. Texts are never NULL. Blobs are kept
 * in the order of their keys, so that two models with the same blobs write the same file. */
#include "model/model.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/status.h"

copse_status model_set_text(copse_context *ctx, char **slot, const char *text, size_t length,
                            copse_error *err) {
  char *copy = copse_alloc(ctx, length + 1, 1);
  if (copy == NULL) return status_memory(err, "a model's text");
  if (length > 0) memcpy(copy, text, length);
  copy[length] = '\0';
  copse_free(*slot);
  *slot = copy;
  return COPSE_OK;
}

static copse_status set_string(copse_context *ctx, char **slot, const char *text, copse_error *err) {
  return model_set_text(ctx, slot, text, text != NULL ? strlen(text) : 0, err);
}

static copse_status copy_features(copse_model *model, const struct model_shape *shape, copse_error *err) {
  copse_context *ctx = model->ctx;
  model->names = copse_alloc_zero(ctx, shape->n_features, sizeof *model->names);
  model->infos = copse_alloc_zero(ctx, shape->n_features, sizeof *model->infos);
  if (model->names == NULL || model->infos == NULL) return status_memory(err, "a model's feature names");
  for (uint32_t f = 0; f < shape->n_features; f++) {
    copse_status status = set_string(ctx, &model->names[f], shape->names[f], err);
    if (status != COPSE_OK) return status;
    status = set_string(ctx, &model->infos[f], shape->infos != NULL ? shape->infos[f] : "none", err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

copse_status model_create(copse_context *ctx, const struct model_shape *shape, copse_model **out,
                          copse_error *err) {
  assert(shape->trees_per_round >= 1);
  *out = NULL;
  copse_status status = COPSE_OK;
  copse_model *model = copse_alloc_zero(ctx, 1, sizeof *model);
  if (model == NULL) return status_memory(err, "a model");
  model->ctx = ctx;
  atomic_init(&model->references, 1);
  model->n_features = shape->n_features;
  model->default_names = shape->default_names;
  model->trees_per_round = shape->trees_per_round;
  model->n_class = shape->n_class;
  model->average_output = shape->average_output;
  if (shape->encoder != NULL) model->encoder = copse_encoder_ref(shape->encoder);
  if ((status = copy_features(model, shape, err)) != COPSE_OK) goto done;
  if ((status = set_string(ctx, &model->objective, shape->objective, err)) != COPSE_OK) goto done;
  if ((status = set_string(ctx, &model->parameters, shape->parameters, err)) != COPSE_OK) goto done;
  if ((status = set_string(ctx, &model->config, shape->config, err)) != COPSE_OK) goto done;
  if ((status = set_string(ctx, &model->monotone_constraints, "", err)) != COPSE_OK) goto done;
  if ((status = set_string(ctx, &model->pandas_categorical, "", err)) != COPSE_OK) goto done;
  *out = model;
  model = NULL;
done:
  copse_model_free(model);
  return status;
}

copse_model *copse_model_ref(copse_model *model) {
  atomic_fetch_add(&model->references, 1);
  return model;
}

static void free_texts(char **texts, uint32_t n) {
  if (texts == NULL) return;
  for (uint32_t i = 0; i < n; i++) copse_free(texts[i]);
  copse_free(texts);
}

void copse_model_free(copse_model *model) {
  if (model == NULL || atomic_fetch_sub(&model->references, 1) > 1) return;
  for (int t = 0; t < model->n_trees; t++) tree_release(&model->trees[t]);
  copse_free(model->trees);
  free_texts(model->names, model->n_features);
  free_texts(model->infos, model->n_features);
  copse_free(model->objective);
  copse_free(model->parameters);
  copse_free(model->config);
  copse_free(model->monotone_constraints);
  copse_free(model->pandas_categorical);
  for (size_t i = 0; i < model->n_blobs; i++) {
    copse_free(model->blobs[i].key);
    copse_free(model->blobs[i].data);
  }
  copse_free(model->blobs);
  model_clear_dart(model);
  copse_free(model->position_bias);
  copse_encoder_free(model->encoder);
  copse_free(model);
}

copse_status model_add_tree(copse_model *model, struct tree *tree, copse_error *err) {
  struct tree kept = *tree;
  memset(tree, 0, sizeof *tree);
  if (model->n_trees == model->trees_capacity) {
    int capacity = model->trees_capacity < 16 ? 16 : model->trees_capacity * 2;
    struct tree *trees = model->trees_capacity > INT_MAX / 2
                             ? NULL
                             : copse_resize(model->ctx, model->trees, (size_t)capacity, sizeof *trees);
    if (trees == NULL) {
      tree_release(&kept);
      return status_memory(err, "a model's trees");
    }
    model->trees = trees;
    model->trees_capacity = capacity;
  }
  struct tree smaller;
  if (kept.n_leaves < kept.capacity / 4 * 3 && tree_copy(&kept, &smaller, NULL) == COPSE_OK) {
    tree_release(&kept);
    kept = smaller;
  }
  model->trees[model->n_trees++] = kept;
  return COPSE_OK;
}

copse_status model_set_dart(copse_model *model, const double *unit, const double *start, const double *weight,
                            size_t n_rounds, copse_error *err) {
  size_t n_start = (size_t)model->trees_per_round;
  double *weights = copse_alloc_zero(model->ctx, n_rounds, sizeof *weights);
  double *starts = copse_alloc(model->ctx, n_start, sizeof *starts);
  double *units = copse_alloc(model->ctx, n_start, sizeof *units);
  if (weights == NULL || starts == NULL || units == NULL) {
    copse_free(weights);
    copse_free(starts);
    copse_free(units);
    return status_memory(err, "a model's tree weights");
  }
  if (weight != NULL) memcpy(weights, weight, n_rounds * sizeof *weights);
  memcpy(starts, start, n_start * sizeof *starts);
  memcpy(units, unit, n_start * sizeof *units);
  model_clear_dart(model);
  model->dart_weight = weights;
  model->dart_start = starts;
  model->dart_unit = units;
  return COPSE_OK;
}

void model_clear_dart(copse_model *model) {
  copse_free(model->dart_weight);
  copse_free(model->dart_start);
  copse_free(model->dart_unit);
  model->dart_weight = model->dart_start = model->dart_unit = NULL;
}

copse_status model_set_position_bias(copse_model *model, const double *bias, size_t n, copse_error *err) {
  double *copy = NULL;
  if (n > 0) {
    copy = copse_alloc(model->ctx, n, sizeof *copy);
    if (copy == NULL) return status_memory(err, "a model's position biases");
    memcpy(copy, bias, n * sizeof *copy);
  }
  copse_free(model->position_bias);
  model->position_bias = copy;
  model->n_position_biases = n;
  return COPSE_OK;
}

void model_clamp_rounds(int n_rounds, int start, int count, int *first, int *last) {
  *first = start < 0 ? 0 : start > n_rounds ? n_rounds : start;
  *last = count <= 0 || count > n_rounds - *first ? n_rounds : *first + count;
}

uint32_t copse_model_n_features(const copse_model *model) { return model->n_features; }

uint32_t copse_model_n_inputs(const copse_model *model) {
  return model->encoder != NULL ? model->encoder->n_inputs : model->n_features;
}

copse_encoder *copse_model_encoder(const copse_model *model) { return model->encoder; }

const char *copse_model_feature_name(const copse_model *model, uint32_t feature) {
  assert(feature < model->n_features);
  return model->names[feature];
}

bool copse_model_has_names(const copse_model *model) { return !model->default_names; }

int copse_model_n_trees(const copse_model *model) { return model->n_trees; }

int copse_model_n_rounds(const copse_model *model) { return model->n_trees / model->trees_per_round; }

int copse_model_n_outputs(const copse_model *model) { return model->trees_per_round; }

const char *copse_model_objective(const copse_model *model) { return model->objective; }

int copse_model_label_index(const copse_model *model) { return model->label_index; }

void copse_model_set_label_index(copse_model *model, int index) { model->label_index = index; }

const char *copse_model_config(const copse_model *model) { return model->config; }

/* Index of the first blob whose key is not below `key`; *found when it is that key. */
static size_t find_blob(const copse_model *model, const char *key, bool *found) {
  size_t i = 0;
  while (i < model->n_blobs && strcmp(model->blobs[i].key, key) < 0) i++;
  *found = i < model->n_blobs && strcmp(model->blobs[i].key, key) == 0;
  return i;
}

static void remove_blob(copse_model *model, size_t index) {
  copse_free(model->blobs[index].key);
  copse_free(model->blobs[index].data);
  memmove(&model->blobs[index], &model->blobs[index + 1],
          (model->n_blobs - index - 1) * sizeof *model->blobs);
  model->n_blobs--;
}

static bool is_blob_key(const char *key) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return key[0] != '\0' && key[strspn(key, allowed)] == '\0';
}

copse_status copse_model_set_blob(copse_model *model, const char *key, const void *data, size_t length,
                                  copse_error *err) {
  if (!is_blob_key(key))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "blob key \"%.80s\": expected letters, digits and '_' only (choose another key)", key);
  bool found;
  size_t index = find_blob(model, key, &found);
  if (data == NULL) {
    if (found) remove_blob(model, index);
    return COPSE_OK;
  }
  copse_status status = COPSE_OK;
  struct model_blob fresh = {.length = length};
  status = model_set_text(model->ctx, &fresh.data, data, length, err);
  if (status != COPSE_OK) return status;
  if (found) {
    copse_free(model->blobs[index].data);
    model->blobs[index].data = fresh.data;
    model->blobs[index].length = length;
    return COPSE_OK;
  }
  status = set_string(model->ctx, &fresh.key, key, err);
  if (status != COPSE_OK) goto done;
  struct model_blob *blobs = copse_resize(model->ctx, model->blobs, model->n_blobs + 1, sizeof *blobs);
  if (blobs == NULL) {
    status = status_memory(err, "a model's blobs");
    goto done;
  }
  model->blobs = blobs;
  memmove(&blobs[index + 1], &blobs[index], (model->n_blobs - index) * sizeof *blobs);
  blobs[index] = fresh;
  model->n_blobs++;
  return COPSE_OK;
done:
  copse_free(fresh.key);
  copse_free(fresh.data);
  return status;
}

const void *copse_model_blob(const copse_model *model, const char *key, size_t *length) {
  bool found;
  size_t index = find_blob(model, key, &found);
  if (length != NULL) *length = found ? model->blobs[index].length : 0;
  return found ? model->blobs[index].data : NULL;
}
