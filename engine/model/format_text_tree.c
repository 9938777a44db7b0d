/* format_text_tree.c - one tree block of LightGBM's text format, read and written.
 *
 * A block is "Tree=i", one "key=value" line per array, and a blank line. Reading first finds all lines, then
 * checks every number against the array it points into, and last walks the tree: each node and each leaf must
 * be reached exactly once from node 0, so that no later walk can leave the arrays or go round in circles.
 * LightGBM reads at most 22 lines of a block; nothing of our own is ever added to it. */
#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/status.h"
#include "model/format_text.h"

enum field {
  NUM_LEAVES,
  NUM_CAT,
  SPLIT_FEATURE,
  SPLIT_GAIN,
  THRESHOLD,
  DECISION_TYPE,
  LEFT_CHILD,
  RIGHT_CHILD,
  LEAF_VALUE,
  LEAF_WEIGHT,
  LEAF_COUNT,
  INTERNAL_VALUE,
  INTERNAL_WEIGHT,
  INTERNAL_COUNT,
  CAT_BOUNDARIES,
  CAT_THRESHOLD,
  IS_LINEAR,
  LEAF_CONST,
  NUM_FEATURES,
  LEAF_FEATURES,
  LEAF_COEFF,
  SHRINKAGE,
  N_FIELDS
};

static const char *const names[N_FIELDS] = {
    "num_leaves",      "num_cat",        "split_feature",  "split_gain",    "threshold",  "decision_type",
    "left_child",      "right_child",    "leaf_value",     "leaf_weight",   "leaf_count", "internal_value",
    "internal_weight", "internal_count", "cat_boundaries", "cat_threshold", "is_linear",  "leaf_const",
    "num_features",    "leaf_features",  "leaf_coeff",     "shrinkage"};

struct block {
  struct text_slice fields[N_FIELDS];
  size_t line; /* of "Tree=i" */
};

static copse_status read_lines(struct text_reader *reader, int index, struct block *block) {
  struct text_slice line, key, value;
  int64_t found;
  if (!text_next_line(reader, &line)) return text_fail(reader, reader->line, "Tree", "expected a tree");
  block->line = line.line;
  if (!text_cut(&line, &key, &value) || !text_is(&key, "Tree"))
    return text_fail(reader, line.line, "Tree", "expected \"Tree=%d\"", index);
  copse_status status = text_integer(reader, "Tree", &value, 0, INT_MAX, &found);
  if (status != COPSE_OK) return status;
  if (found != index)
    return text_fail(reader, line.line, "Tree", "expected \"Tree=%d\", found tree %lld", index,
                     (long long)found);
  while (text_next_line(reader, &line) && line.length > 0) {
    if (!text_cut(&line, &key, &value))
      return text_fail(reader, line.line, "Tree", "expected \"key=value\" in the block of tree %d", index);
    for (int f = 0; f < N_FIELDS; f++) {
      if (!text_is(&key, names[f])) continue;
      if (block->fields[f].text != NULL)
        return text_fail(reader, line.line, names[f], "expected once, found again in the block of tree %d",
                         index);
      block->fields[f] = value;
    }
  }
  return COPSE_OK;
}

static copse_status need(const struct text_reader *reader, const struct block *block, enum field field) {
  if (block->fields[field].text != NULL) return COPSE_OK;
  return text_fail(reader, block->line, names[field], "expected this line in the tree's block, found none");
}

/* A single number; *out keeps its value when the line is absent. */
static copse_status read_one(const struct text_reader *reader, const struct block *block, enum field field,
                             int64_t low, int64_t high, int64_t *out) {
  if (block->fields[field].text == NULL) return COPSE_OK;
  return text_integer(reader, names[field], &block->fields[field], low, high, out);
}

/* Old files and one-leaf trees leave arrays out that do not predict. */
static bool is_empty(const struct block *block, enum field field) {
  return block->fields[field].text == NULL || text_count_words(&block->fields[field]) == 0;
}

static copse_status read_numbers(const struct text_reader *reader, const struct block *block,
                                 enum field field, size_t n, bool optional, double *out) {
  if (optional && is_empty(block, field)) return COPSE_OK;
  copse_status status = need(reader, block, field);
  if (status != COPSE_OK) return status;
  return text_doubles(reader, names[field], &block->fields[field], n, out);
}

/* The values stand in reader->integers afterwards; *found is false when the line is absent or empty. */
static copse_status read_wholes(struct text_reader *reader, const struct block *block, enum field field,
                                size_t n, int64_t low, int64_t high, bool optional, bool *found) {
  *found = !(optional && is_empty(block, field));
  if (!*found) return COPSE_OK;
  copse_status status = need(reader, block, field);
  if (status != COPSE_OK) return status;
  return text_integers(reader, names[field], &block->fields[field], n, low, high);
}

static copse_status read_leaves(struct text_reader *reader, const struct block *block, struct tree *tree) {
  size_t n = (size_t)tree->n_leaves;
  copse_status status;
  bool found;
  if ((status = read_numbers(reader, block, LEAF_VALUE, n, false, tree->leaf_value)) != COPSE_OK)
    return status;
  if ((status = read_numbers(reader, block, LEAF_WEIGHT, n, true, tree->leaf_weight)) != COPSE_OK)
    return status;
  status = read_wholes(reader, block, LEAF_COUNT, n, 0, INT64_MAX, true, &found);
  if (status != COPSE_OK) return status;
  for (size_t i = 0; found && i < n; i++) tree->leaf_count[i] = reader->integers[i];
  return COPSE_OK;
}

static copse_status read_children(struct text_reader *reader, const struct block *block, enum field field,
                                  const struct tree *tree, int32_t *out) {
  size_t n = (size_t)tree->n_leaves - 1;
  bool found;
  copse_status status =
      read_wholes(reader, block, field, n, -(int64_t)tree->n_leaves, (int64_t)n - 1, false, &found);
  if (status != COPSE_OK) return status;
  for (size_t i = 0; i < n; i++) out[i] = (int32_t)reader->integers[i];
  return COPSE_OK;
}

/* Features, gains, thresholds and children of the nodes; the tree has at least one. */
static copse_status read_nodes(struct text_reader *reader, const struct block *block, int32_t n_features,
                               struct tree *tree) {
  size_t n = (size_t)tree->n_leaves - 1;
  copse_status status;
  bool found;
  status = read_wholes(reader, block, SPLIT_FEATURE, n, 0, n_features - 1, false, &found);
  if (status != COPSE_OK) return status;
  for (size_t i = 0; i < n; i++) tree->split_feature[i] = (int32_t)reader->integers[i];
  if ((status = read_children(reader, block, LEFT_CHILD, tree, tree->left_child)) != COPSE_OK) return status;
  if ((status = read_children(reader, block, RIGHT_CHILD, tree, tree->right_child)) != COPSE_OK)
    return status;
  /* Gains pass through an array that is read after them. */
  status = read_numbers(reader, block, SPLIT_GAIN, n, true, tree->internal_value);
  if (status != COPSE_OK) return status;
  for (size_t i = 0; i < n; i++) tree->split_gain[i] = (float)tree->internal_value[i];
  memset(tree->internal_value, 0, n * sizeof *tree->internal_value);
  status = read_numbers(reader, block, THRESHOLD, n, false, tree->threshold);
  if (status != COPSE_OK) return status;
  status = read_numbers(reader, block, INTERNAL_VALUE, n, true, tree->internal_value);
  if (status != COPSE_OK) return status;
  status = read_numbers(reader, block, INTERNAL_WEIGHT, n, true, tree->internal_weight);
  if (status != COPSE_OK) return status;
  status = read_wholes(reader, block, INTERNAL_COUNT, n, 0, INT64_MAX, true, &found);
  if (status != COPSE_OK) return status;
  for (size_t i = 0; found && i < n; i++) tree->internal_count[i] = reader->integers[i];
  status = read_wholes(reader, block, DECISION_TYPE, n, 0, 11, true, &found);
  if (status != COPSE_OK) return status;
  for (size_t i = 0; found && i < n; i++) tree->decision_type[i] = (uint8_t)reader->integers[i];
  return COPSE_OK;
}

/* The sets of the categorical nodes, and the nodes' indices into them. */
static copse_status read_sets(struct text_reader *reader, const struct block *block, int64_t n_cat,
                              struct tree *tree) {
  int found_cat = 0;
  for (int i = 0; i < tree->n_leaves - 1; i++) {
    if ((tree->decision_type[i] & DECISION_CATEGORICAL) == 0) continue;
    double set = tree->threshold[i];
    if (!(set >= 0 && set < (double)n_cat) || set != (double)(int64_t)set)
      return text_fail(reader, block->fields[THRESHOLD].line, "threshold",
                       "expected the number of a category set from 0 to %lld at categorical node %d",
                       (long long)n_cat - 1, i);
    found_cat++;
  }
  if (found_cat != n_cat)
    return text_fail(reader, block->line, "num_cat",
                     "expected %lld categorical nodes in decision_type, found %d", (long long)n_cat,
                     found_cat);
  if (n_cat == 0) return COPSE_OK;
  bool found;
  size_t n = (size_t)n_cat + 1;
  copse_status status = read_wholes(reader, block, CAT_BOUNDARIES, n, 0, UINT32_MAX, false, &found);
  if (status != COPSE_OK) return status;
  tree->cat_boundaries = copse_alloc(tree->ctx, n, sizeof *tree->cat_boundaries);
  if (tree->cat_boundaries == NULL) return status_memory(reader->err, "a model's category sets");
  tree->cat_boundaries_capacity = n;
  for (size_t i = 0; i < n; i++) {
    if (reader->integers[i] < (i == 0 ? 0 : reader->integers[i - 1]) || (i == 0 && reader->integers[i] != 0))
      return text_fail(reader, block->fields[CAT_BOUNDARIES].line, "cat_boundaries",
                       "expected ascending numbers from 0, found %lld at position %zu",
                       (long long)reader->integers[i], i + 1);
    tree->cat_boundaries[i] = (uint32_t)reader->integers[i];
  }
  size_t n_words = tree->cat_boundaries[n_cat];
  status = read_wholes(reader, block, CAT_THRESHOLD, n_words, 0, UINT32_MAX, false, &found);
  if (status != COPSE_OK) return status;
  tree->cat_words = copse_alloc(tree->ctx, n_words, sizeof *tree->cat_words);
  if (tree->cat_words == NULL) return status_memory(reader->err, "a model's category sets");
  tree->cat_words_capacity = n_words;
  for (size_t i = 0; i < n_words; i++) tree->cat_words[i] = (uint32_t)reader->integers[i];
  tree->n_cat = (int)n_cat;
  return COPSE_OK;
}

/* Walks down from the root and sets leaf_parent and leaf_depth. `pending` [n_leaves] is the stack of nodes to
 * visit; `depth` [n_leaves] of every node seen, -1 before. */
static bool walk(struct tree *tree, int32_t *pending, int32_t *depth) {
  int n_nodes = tree->n_leaves - 1, n_pending = 0, n_seen = 1;
  for (int i = 0; i < n_nodes; i++) depth[i] = -1;
  for (int i = 0; i < tree->n_leaves; i++) tree->leaf_depth[i] = -1;
  depth[0] = 0;
  pending[n_pending++] = 0;
  while (n_pending > 0) {
    int node = pending[--n_pending];
    const int32_t children[2] = {tree->left_child[node], tree->right_child[node]};
    for (int side = 0; side < 2; side++) {
      int child = children[side];
      int32_t *place = child >= 0 ? &depth[child] : &tree->leaf_depth[~child];
      if (*place >= 0) return false;
      *place = depth[node] + 1;
      n_seen++;
      if (child >= 0)
        pending[n_pending++] = child;
      else
        tree->leaf_parent[~child] = node;
    }
  }
  return n_seen == n_nodes + tree->n_leaves;
}

static copse_status check_shape(struct text_reader *reader, const struct block *block, struct tree *tree) {
  int32_t *scratch = copse_alloc(reader->ctx, (size_t)tree->n_leaves * 2, sizeof *scratch);
  if (scratch == NULL) return status_memory(reader->err, "a model read from a file");
  copse_status status = COPSE_OK;
  if (!walk(tree, scratch, scratch + tree->n_leaves))
    status = text_fail(reader, block->fields[LEFT_CHILD].line, "left_child",
                       "expected that left_child and right_child lead to every node and leaf exactly once");
  copse_free(scratch);
  return status;
}

/* The leaves' linear models: terms of all leaves one after the other, num_features of them per leaf. */
static copse_status read_linear(struct text_reader *reader, const struct block *block, int32_t n_features,
                                struct tree *tree) {
  size_t n = (size_t)tree->n_leaves, n_terms = 0;
  bool found;
  copse_status status = read_wholes(reader, block, NUM_FEATURES, n, 0, INT32_MAX, false, &found);
  if (status == COPSE_OK) status = need(reader, block, LEAF_FEATURES);
  if (status != COPSE_OK) return status;
  for (size_t i = 0; i < n; i++) n_terms += (size_t)reader->integers[i];
  /* Nothing is allocated for terms that the text does not really have. */
  size_t n_words = text_count_words(&block->fields[LEAF_FEATURES]);
  if (n_words != n_terms)
    return text_fail(reader, block->fields[LEAF_FEATURES].line, names[LEAF_FEATURES],
                     "expected %zu values as num_features says, found %zu", n_terms, n_words);
  status = leaf_models_create(tree->ctx, tree->n_leaves, n_terms, &tree->linear, reader->err);
  if (status != COPSE_OK) return status;
  struct leaf_models *linear = tree->linear;
  for (size_t i = 0; i < n; i++) linear->begin[i + 1] = linear->begin[i] + (size_t)reader->integers[i];
  status = read_wholes(reader, block, LEAF_FEATURES, n_terms, 0, n_features - 1, false, &found);
  if (status != COPSE_OK) return status;
  for (size_t k = 0; k < n_terms; k++) linear->feature[k] = (int32_t)reader->integers[k];
  status = read_numbers(reader, block, LEAF_CONST, n, false, linear->constant);
  if (status != COPSE_OK) return status;
  return read_numbers(reader, block, LEAF_COEFF, n_terms, false, linear->coefficient);
}

static copse_status read_shrinkage(struct text_reader *reader, const struct block *block, struct tree *tree) {
  return read_numbers(reader, block, SHRINKAGE, 1, true, &tree->shrinkage);
}

copse_status text_read_tree(struct text_reader *reader, int index, int32_t n_features, struct tree *out) {
  memset(out, 0, sizeof *out);
  struct block block = {.line = reader->line};
  int64_t n_leaves = 0, n_cat = 0, linear = 0;
  copse_status status = read_lines(reader, index, &block);
  if (status != COPSE_OK) return status;
  if ((status = need(reader, &block, NUM_LEAVES)) != COPSE_OK) return status;
  if ((status = need(reader, &block, LEAF_VALUE)) != COPSE_OK) return status;
  if ((status = read_one(reader, &block, IS_LINEAR, 0, 1, &linear)) != COPSE_OK) return status;
  /* Nothing is allocated for a number of leaves that the text does not really have. */
  int64_t n_values = (int64_t)text_count_words(&block.fields[LEAF_VALUE]);
  status = read_one(reader, &block, NUM_LEAVES, 1, INT_MAX / 4, &n_leaves);
  if (status != COPSE_OK) return status;
  if (n_leaves != n_values)
    return text_fail(reader, block.fields[LEAF_VALUE].line, "leaf_value",
                     "expected %lld values as num_leaves says, found %lld", (long long)n_leaves,
                     (long long)n_values);
  if ((status = read_one(reader, &block, NUM_CAT, 0, n_leaves - 1, &n_cat)) != COPSE_OK) return status;
  status = tree_create(reader->ctx, (int)n_leaves, false, out, reader->err);
  if (status != COPSE_OK) return status;
  out->n_leaves = (int)n_leaves;
  if ((status = read_leaves(reader, &block, out)) != COPSE_OK) goto done;
  if ((status = read_shrinkage(reader, &block, out)) != COPSE_OK) goto done;
  if (linear != 0 && (status = read_linear(reader, &block, n_features, out)) != COPSE_OK) goto done;
  if (n_leaves == 1) goto done;
  if ((status = read_nodes(reader, &block, n_features, out)) != COPSE_OK) goto done;
  if ((status = read_sets(reader, &block, n_cat, out)) != COPSE_OK) goto done;
  status = check_shape(reader, &block, out);
done:
  if (status != COPSE_OK) tree_release(out);
  return status;
}

static void write_double(double value, int digits, copse_text *out) {
  char text[40];
  copse_text_append(out, text, copse_format_double_digits(value, digits, text, sizeof text));
}

static void write_doubles(enum field field, const double *values, int n, int digits, copse_text *out) {
  copse_text_appendf(out, "%s=", names[field]);
  for (int i = 0; i < n; i++) {
    if (i > 0) copse_text_append(out, " ", 1);
    write_double(values[i], digits, out);
  }
  copse_text_append(out, "\n", 1);
}

/* One writer for every width of whole numbers. */
#define WRITE_WHOLES(field, values, n, out)                                         \
  do {                                                                              \
    copse_text_appendf(out, "%s=", names[field]);                                   \
    for (int i_ = 0; i_ < (n); i_++)                                                \
      copse_text_appendf(out, i_ == 0 ? "%lld" : " %lld", (long long)(values)[i_]); \
    copse_text_append(out, "\n", 1);                                                \
  } while (0)

static void write_sets(const struct tree *tree, copse_text *out) {
  WRITE_WHOLES(CAT_BOUNDARIES, tree->cat_boundaries, tree->n_cat + 1, out);
  WRITE_WHOLES(CAT_THRESHOLD, tree->cat_words, (int)tree->cat_boundaries[tree->n_cat], out);
}

/* One leaf after the other: its words with a blank between them and one behind, then one more blank. */
static void write_terms(const struct leaf_models *linear, bool features, copse_text *out) {
  for (int i = 0; i < linear->n_leaves; i++) {
    for (size_t k = linear->begin[i]; k < linear->begin[i + 1]; k++) {
      if (features)
        copse_text_appendf(out, "%d", (int)linear->feature[k]);
      else
        write_double(linear->coefficient[k], 17, out);
      copse_text_append(out, " ", 1);
    }
    copse_text_append(out, " ", 1);
  }
  copse_text_append(out, "\n", 1);
}

static void write_linear(const struct leaf_models *linear, copse_text *out) {
  write_doubles(LEAF_CONST, linear->constant, linear->n_leaves, 17, out);
  copse_text_appendf(out, "%s=", names[NUM_FEATURES]);
  for (int i = 0; i < linear->n_leaves; i++)
    copse_text_appendf(out, i == 0 ? "%zu" : " %zu", linear->begin[i + 1] - linear->begin[i]);
  copse_text_appendf(out, "\n%s=", names[LEAF_FEATURES]);
  write_terms(linear, true, out);
  copse_text_appendf(out, "%s=", names[LEAF_COEFF]);
  write_terms(linear, false, out);
}

void text_write_tree(const struct tree *tree, int index, copse_text *out) {
  int n = tree->n_leaves, inner = n - 1;
  /* A lone leaf has a count at most, and no weight; LightGBM needs both where it has a linear model. */
  bool lone = n == 1 && tree->linear == NULL;
  int n_weights = lone && tree->leaf_weight[0] == 0 ? 0 : n;
  int n_counts = lone && tree->leaf_count[0] == 0 ? 0 : n;
  copse_text_appendf(out, "Tree=%d\nnum_leaves=%d\nnum_cat=%d\n", index, n, tree->n_cat);
  WRITE_WHOLES(SPLIT_FEATURE, tree->split_feature, inner, out);
  copse_text_appendf(out, "%s=", names[SPLIT_GAIN]);
  for (int i = 0; i < inner; i++) {
    if (i > 0) copse_text_append(out, " ", 1);
    write_double((double)tree->split_gain[i], 6, out);
  }
  copse_text_append(out, "\n", 1);
  write_doubles(THRESHOLD, tree->threshold, inner, 17, out);
  WRITE_WHOLES(DECISION_TYPE, tree->decision_type, inner, out);
  WRITE_WHOLES(LEFT_CHILD, tree->left_child, inner, out);
  WRITE_WHOLES(RIGHT_CHILD, tree->right_child, inner, out);
  write_doubles(LEAF_VALUE, tree->leaf_value, n, 17, out);
  write_doubles(LEAF_WEIGHT, tree->leaf_weight, n_weights, 17, out);
  WRITE_WHOLES(LEAF_COUNT, tree->leaf_count, n_counts, out);
  write_doubles(INTERNAL_VALUE, tree->internal_value, inner, 6, out);
  write_doubles(INTERNAL_WEIGHT, tree->internal_weight, inner, 6, out);
  WRITE_WHOLES(INTERNAL_COUNT, tree->internal_count, inner, out);
  if (tree->n_cat > 0) write_sets(tree, out);
  copse_text_appendf(out, "%s=%d\n", names[IS_LINEAR], tree->linear != NULL);
  if (tree->linear != NULL) write_linear(tree->linear, out);
  copse_text_appendf(out, "%s=", names[SHRINKAGE]);
  write_double(tree->shrinkage, 6, out);
  copse_text_append(out, "\n\n\n", 3);
}
