/* samples.h - small models written by hand, and short ways to read and ask them. */
#ifndef COPSE_TESTS_SAMPLES_H
#define COPSE_TESTS_SAMPLES_H

#include <math.h>
#include <string.h>

#include "copse.h"
#include "model/route.h"
#include "testing.h"

#define SAMPLE_HEADER                                                                           \
  "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=2\n" \
  "objective=binary sigmoid:1\nfeature_names=age debt town\n"                                   \
  "feature_infos=[-3:17.5] [-8:9] -1:1:33:70:4\n"

/* age: NaN goes left; debt: zero is missing and goes right; town: 1, 33 and 70 go left */
#define SAMPLE_TREE_0                                                                              \
  "Tree=0\nnum_leaves=4\nnum_cat=1\nsplit_feature=0 1 2\nsplit_gain=10 5.25 2.5\n"                 \
  "threshold=0.5 -1.5 0\ndecision_type=10 4 1\nleft_child=1 -1 -2\nright_child=2 -3 -4\n"          \
  "leaf_value=0.10000000000000001 -0.20000000000000001 0.29999999999999999 -0.40000000000000002\n" \
  "leaf_weight=10 20.5 30 40\nleaf_count=11 21 31 41\ninternal_value=0.5 0.25 -0.125\n"            \
  "internal_weight=100.5 40 60.5\ninternal_count=104 42 62\ncat_boundaries=0 3\n"                  \
  "cat_threshold=2 2 64\nis_linear=0\nshrinkage=1\n\n\n"

#define SAMPLE_TREE_1                                                                             \
  "Tree=1\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\ndecision_type=\n"    \
  "left_child=\nright_child=\nleaf_value=0.0625\nleaf_weight=\nleaf_count=104\ninternal_value=\n" \
  "internal_weight=\ninternal_count=\nis_linear=0\nshrinkage=0.1\n\n\n"

/* debt: no missing type, so NaN counts as 0 */
#define SAMPLE_TREE_2                                                                                  \
  "Tree=2\nnum_leaves=2\nnum_cat=0\nsplit_feature=1\nsplit_gain=3\nthreshold=1.0000000180025095e-35\n" \
  "decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=-1 2\nleaf_weight=50 54.5\n"             \
  "leaf_count=50 54\ninternal_value=0.5\ninternal_weight=104.5\ninternal_count=104\nis_linear=0\n"     \
  "shrinkage=0.1\n\n\n"

#define SAMPLE_TRAILER                                                                             \
  "end of trees\n\nfeature_importances:\ndebt=2\nage=1\ntown=1\n\nparameters:\n[boosting: gbdt]\n" \
  "[data: ]\n\n[num_leaves: 4]\n\nend of parameters\n"

#define SAMPLE_BODY SAMPLE_TREE_0 SAMPLE_TREE_1 SAMPLE_TREE_2 SAMPLE_TRAILER
#define SAMPLE SAMPLE_HEADER "\n" SAMPLE_BODY

/* Linear leaves: tree 0 splits by town and multiplies debt (leaf 0), nothing (leaf 1), age and debt (leaf 2),
 * not in ascending order; tree 1 is a lone leaf with a model; tree 2 is the plain one from above. */
#define SAMPLE_LINEAR_0                                                                           \
  "Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=2 0\nsplit_gain=10 5.25\nthreshold=0 0.5\n"     \
  "decision_type=1 10\nleft_child=1 -1\nright_child=-2 -3\nleaf_value=0.75 -0.5 0.25\n"           \
  "leaf_weight=10 20.5 30\nleaf_count=11 21 31\ninternal_value=0.5 0.25\ninternal_weight=60 40\n" \
  "internal_count=63 42\ncat_boundaries=0 3\ncat_threshold=2 2 64\nis_linear=1\n"                 \
  "leaf_const=0.10000000000000001 -0.5 0.29999999999999999\nnum_features=1 0 2\n"                 \
  "leaf_features=1   1 0  \nleaf_coeff=0.69999999999999996   -1.3 1000000.1  \nshrinkage=1\n\n\n"

#define SAMPLE_LINEAR_1                                                                          \
  "Tree=1\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\ndecision_type=\n"   \
  "left_child=\nright_child=\nleaf_value=0.0625\nleaf_weight=0\nleaf_count=0\ninternal_value=\n" \
  "internal_weight=\ninternal_count=\nis_linear=1\nleaf_const=0.125\nnum_features=1\n"           \
  "leaf_features=0  \nleaf_coeff=2  \nshrinkage=0.1\n\n\n"

#define SAMPLE_LINEAR SAMPLE_HEADER "\n" SAMPLE_LINEAR_0 SAMPLE_LINEAR_1 SAMPLE_TREE_2 SAMPLE_TRAILER

static inline copse_model *sample_parse(copse_context *ctx, const char *text, size_t length) {
  copse_model *model = NULL;
  copse_error err;
  if (copse_model_parse(ctx, text, length, "m.txt", &model, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_non_null(model);
  return model;
}

static inline copse_model *sample_model(const char *text) { return sample_parse(NULL, text, strlen(text)); }

/* The written text; release it. */
static inline copse_text sample_write(const copse_model *model, int start, int count) {
  copse_text text = {0};
  copse_error err;
  if (copse_model_write(model, start, count, &text, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_non_null(text.data);
  return text;
}

static inline copse_predictor *sample_predictor(copse_model *model, copse_predict_kind kind, int start,
                                                int count) {
  copse_predictor *predictor = NULL;
  copse_error err;
  if (copse_predictor_create(NULL, model, kind, start, count, &predictor, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  return predictor;
}

/* The raw score of one row; the model has one output. */
static inline double sample_raw(copse_model *model, const double *row) {
  copse_predictor *predictor = sample_predictor(model, COPSE_PREDICT_RAW, 0, 0);
  double out = NAN;
  assert_int_equal(copse_predictor_width(predictor), 1);
  copse_predictor_row(predictor, row, &out);
  copse_predictor_free(predictor);
  return out;
}

/* The plain walk over a tree's own arrays that every fast one is compared with. */
static inline int sample_leaf(const struct tree *tree, const double *row) {
  int node = tree->n_leaves == 1 ? ~0 : 0;
  while (node >= 0) {
    double value = route_value(row[tree->split_feature[node]]), threshold = tree->threshold[node];
    bool left = route_numeric_left(value, threshold, tree->decision_type[node]);
    if (tree->decision_type[node] & DECISION_CATEGORICAL) {
      uint32_t begin = tree->cat_boundaries[(int)threshold], end = tree->cat_boundaries[(int)threshold + 1];
      left = route_categorical_left(value, tree->cat_words + begin, end - begin);
    }
    node = left ? tree->left_child[node] : tree->right_child[node];
  }
  return ~node;
}

/* A small generator, the same on every machine. */
static inline uint32_t sample_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  uint64_t mixed = *state ^ *state >> 29;
  return (uint32_t)(mixed * 0x9E3779B97F4A7C15u >> 32);
}

#endif
