/* predictor.c - making a predictor: the trees of a range of rounds in their flat form. */
#include "predict/predictor.h"

#include <string.h>

#include "base/status.h"

static void mark_features(const struct copse_predictor *predictor, const struct tree *tree) {
  for (int i = 0; i < tree->n_leaves - 1; i++) predictor->feature_slots[tree->split_feature[i]] = 0;
  if (tree->linear == NULL) return;
  for (size_t k = 0; k < tree->linear->begin[tree->n_leaves]; k++)
    predictor->feature_slots[tree->linear->feature[k]] = 0;
}

/* Numbers the features in use, ascending. */
static copse_status number_slots(struct copse_predictor *predictor, const struct tree *trees,
                                 copse_error *err) {
  predictor->feature_slots =
      copse_alloc(predictor->ctx, predictor->n_features, sizeof *predictor->feature_slots);
  if (predictor->feature_slots == NULL) return status_memory(err, "a predictor");
  for (uint32_t f = 0; f < predictor->n_features; f++) predictor->feature_slots[f] = -1;
  for (int t = 0; t < predictor->n_trees; t++) mark_features(predictor, &trees[t]);
  uint32_t n = 0;
  for (uint32_t f = 0; f < predictor->n_features; f++) n += predictor->feature_slots[f] == 0;
  predictor->slot_features = copse_alloc(predictor->ctx, n, sizeof *predictor->slot_features);
  if (predictor->slot_features == NULL) return status_memory(err, "a predictor");
  for (uint32_t f = 0; f < predictor->n_features; f++) {
    if (predictor->feature_slots[f] < 0) continue;
    predictor->feature_slots[f] = (int32_t)predictor->n_slots;
    predictor->slot_features[predictor->n_slots++] = f;
  }
  return COPSE_OK;
}

static struct flat_node flatten_node(const struct copse_predictor *predictor, const struct tree *tree,
                                     int node, uint32_t first_word) {
  unsigned decision = tree->decision_type[node];
  uint32_t feature = (uint32_t)tree->split_feature[node];
  struct flat_node out = {.child = {tree->right_child[node], tree->left_child[node]},
                          .feature = feature,
                          .slot = (uint32_t)predictor->feature_slots[feature]};
  if (decision & DECISION_CATEGORICAL) {
    int set = (int)tree->threshold[node];
    out.categorical = 1;
    out.rule.set.first_word = first_word + tree->cat_boundaries[set];
    out.rule.set.n_words = tree->cat_boundaries[set + 1] - tree->cat_boundaries[set];
    return out;
  }
  out.rule.threshold = tree->threshold[node];
  out.nan_left = route_numeric_left((double)NAN, tree->threshold[node], decision);
  out.zero_left = route_numeric_left(0.0, tree->threshold[node], decision);
  return out;
}

static size_t words_of(const struct tree *tree) {
  return tree->n_cat > 0 ? tree->cat_boundaries[tree->n_cat] : 0;
}

static copse_status flatten(struct copse_predictor *predictor, const struct tree *trees, copse_error *err) {
  size_t n_nodes = 0, n_leaves = 0, n_words = 0;
  for (int t = 0; t < predictor->n_trees; t++) {
    n_nodes += (size_t)trees[t].n_leaves - 1;
    n_leaves += (size_t)trees[t].n_leaves;
    n_words += words_of(&trees[t]);
  }
  predictor->trees = copse_alloc(predictor->ctx, (size_t)predictor->n_trees, sizeof *predictor->trees);
  predictor->nodes = copse_alloc(predictor->ctx, n_nodes, sizeof *predictor->nodes);
  predictor->leaf_values = copse_alloc(predictor->ctx, n_leaves, sizeof *predictor->leaf_values);
  predictor->words = copse_alloc(predictor->ctx, n_words, sizeof *predictor->words);
  if (predictor->trees == NULL || predictor->nodes == NULL || predictor->leaf_values == NULL ||
      predictor->words == NULL || n_words > UINT32_MAX)
    return status_memory(err, "a predictor");
  struct flat_node *nodes = predictor->nodes;
  double *leaf_values = predictor->leaf_values;
  uint32_t first_word = 0;
  for (int t = 0; t < predictor->n_trees; t++) {
    const struct tree *tree = &trees[t];
    predictor->trees[t] = (struct flat_tree){
        .nodes = nodes, .leaf_values = leaf_values, .n_leaves = tree->n_leaves, .has_sets = tree->n_cat > 0};
    for (int i = 0; i < tree->n_leaves - 1; i++) *nodes++ = flatten_node(predictor, tree, i, first_word);
    memcpy(leaf_values, tree->leaf_value, (size_t)tree->n_leaves * sizeof *leaf_values);
    leaf_values += tree->n_leaves;
    if (tree->n_cat > 0)
      memcpy(predictor->words + first_word, tree->cat_words, words_of(tree) * sizeof *tree->cat_words);
    first_word += (uint32_t)words_of(tree);
  }
  return COPSE_OK;
}

/* The linear models of leaves, where trees have them. */
static copse_status flatten_linear(struct copse_predictor *predictor, const struct tree *trees,
                                   copse_error *err) {
  size_t n_leaves = 0, n_terms = 0;
  for (int t = 0; t < predictor->n_trees; t++) {
    if (trees[t].linear == NULL) continue;
    n_leaves += (size_t)trees[t].n_leaves;
    n_terms += trees[t].linear->begin[trees[t].n_leaves];
  }
  if (n_leaves == 0) return COPSE_OK;
  predictor->linear = copse_alloc(predictor->ctx, n_leaves, sizeof *predictor->linear);
  predictor->terms = copse_alloc(predictor->ctx, n_terms, sizeof *predictor->terms);
  if (predictor->linear == NULL || predictor->terms == NULL) return status_memory(err, "a predictor");
  struct flat_linear *out = predictor->linear;
  struct flat_term *terms = predictor->terms;
  for (int t = 0; t < predictor->n_trees; t++) {
    const struct leaf_models *linear = trees[t].linear;
    if (linear == NULL) continue;
    predictor->trees[t].linear = out;
    for (int i = 0; i < trees[t].n_leaves; i++) {
      *out++ = (struct flat_linear){linear->constant[i], terms, linear->begin[i + 1] - linear->begin[i]};
      for (size_t k = linear->begin[i]; k < linear->begin[i + 1]; k++) {
        uint32_t feature = (uint32_t)linear->feature[k];
        *terms++ =
            (struct flat_term){linear->coefficient[k], feature, (uint32_t)predictor->feature_slots[feature]};
      }
    }
  }
  return COPSE_OK;
}

/* Codes pay for one row when the walk is longer than the search for the row's own codes. */
static bool row_pays(const struct coded_trees *coded) {
  enum { SEARCH = 2 }; /* nodes in the time of one search */
  size_t n_levels = 0;
  for (int t = 0; t < coded->n_trees; t++)
    if (coded->trees[t].n_sets == 0) n_levels += (size_t)coded->trees[t].depth;
  return n_levels > SEARCH * (size_t)coded->n_sources;
}

static copse_status code_trees(struct copse_predictor *predictor, const struct tree *trees,
                               copse_error *err) {
  struct coded_trees *coded = &predictor->coded;
  predictor->kernels = kernels_best();
  copse_status status =
      coded_trees_create(predictor->ctx, predictor->n_features, trees, predictor->n_trees, coded, err);
  if (status != COPSE_OK || !coded->usable) return status;
  for (int t = 0; t < predictor->n_trees; t++) coded->trees[t].leaf_values = predictor->trees[t].leaf_values;
  status = coded_rows_create(coded, err);
  predictor->row_coded = coded->walkable && coded->n_columns <= MOST_ROW_COLUMNS && row_pays(coded);
  return status;
}

copse_status copse_predictor_create(copse_context *ctx, copse_model *model, copse_predict_kind kind,
                                    int start_round, int n_rounds, copse_predictor **out, copse_error *err) {
  _Static_assert(sizeof(struct flat_node) == 32, "two nodes to a cache line");
  *out = NULL;
  if (kind != COPSE_PREDICT_VALUE && kind != COPSE_PREDICT_RAW && kind != COPSE_PREDICT_LEAF &&
      kind != COPSE_PREDICT_SUM)
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "kind of prediction: expected COPSE_PREDICT_VALUE, _RAW, _LEAF or _SUM, found %d (pass one of "
        "these)",
        (int)kind);
  copse_predictor *predictor = copse_alloc_zero(ctx, 1, sizeof *predictor);
  if (predictor == NULL) return status_memory(err, "a predictor");
  copse_status status = COPSE_OK;
  int first, last;
  model_clamp_rounds(copse_model_n_rounds(model), start_round, n_rounds, &first, &last);
  predictor->ctx = ctx;
  predictor->model = copse_model_ref(model);
  predictor->kind = kind;
  predictor->n_features = model->n_features;
  predictor->encoder = model->encoder;
  predictor->n_outputs = model->trees_per_round;
  predictor->n_rounds = last - first;
  predictor->n_trees = (last - first) * model->trees_per_round;
  predictor->width = (uint32_t)(kind == COPSE_PREDICT_LEAF ? predictor->n_trees : predictor->n_outputs);
  const struct tree *trees = model->trees != NULL ? model->trees + first * model->trees_per_round : NULL;
  status = objective_from_text(model->objective, model->trees_per_round, &predictor->objective, err);
  if (status != COPSE_OK) goto done;
  if ((status = number_slots(predictor, trees, err)) != COPSE_OK) goto done;
  if ((status = flatten(predictor, trees, err)) != COPSE_OK) goto done;
  if ((status = flatten_linear(predictor, trees, err)) != COPSE_OK) goto done;
  if ((status = code_trees(predictor, trees, err)) != COPSE_OK) goto done;
  *out = predictor;
  predictor = NULL;
done:
  copse_predictor_free(predictor);
  return status;
}

void copse_predictor_free(copse_predictor *predictor) {
  if (predictor == NULL) return;
  copse_model_free(predictor->model);
  copse_free(predictor->trees);
  copse_free(predictor->nodes);
  copse_free(predictor->leaf_values);
  copse_free(predictor->words);
  copse_free(predictor->linear);
  copse_free(predictor->terms);
  copse_free(predictor->slot_features);
  copse_free(predictor->feature_slots);
  coded_trees_release(&predictor->coded);
  copse_free(predictor);
}

uint32_t copse_predictor_width(const copse_predictor *predictor) { return predictor->width; }
