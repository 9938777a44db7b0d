/* forced_splits.c - a tree of objects becomes a list of splits, level by level. */
#include "forced_splits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "json_file.h"
#include "settings.h"

struct forced_node {
  const json_t *object; /* while the file is read */
  char *name;           /* of the feature, owned, or NULL: column counts */
  int64_t column;       /* the label column is not counted */
  char *category;       /* the threshold as text, owned, or NULL: threshold counts */
  double threshold;
  int above; /* split it is a side of, -1: none */
  bool right;
  int left_node, right_node;
};

/* "left.right" for messages; "root". Long paths keep their end. */
static const char *place_of(const struct forced_splits *forced, size_t node, char out[256]) {
  char *at = out + 255;
  *at = '\0';
  for (int i = (int)node; forced->nodes[i].above >= 0 && at - out > 8; i = forced->nodes[i].above) {
    const char *side = forced->nodes[i].right ? "right" : "left";
    if (*at != '\0') *--at = '.';
    at -= strlen(side);
    memcpy(at, side, strlen(side));
  }
  return *at ? at : "root";
}

static copse_status bad_node(const char *path, const struct forced_splits *forced, size_t node,
                             const char *what, copse_error *err) {
  char place[256];
  return fail(err, COPSE_ERR_FORMAT,
              "%s: %s: %s (expected {\"feature\": index or name, \"threshold\": number, \"left\": {...}, "
              "\"right\": {...}}, the sides only where they are split)",
              path, place_of(forced, node, place), what);
}

static char *copy_text(const struct app *app, const json_t *text) {
  size_t length = json_string_length(text);
  char *copy = copse_alloc(app->ctx, length + 1, 1);
  if (copy) memcpy(copy, json_string_value(text), length + 1);
  return copy;
}

static copse_status add_node(const struct app *app, struct forced_splits *out, const json_t *object,
                             int above, bool right, copse_error *err) {
  struct forced_node *nodes = copse_resize(app->ctx, out->nodes, out->n + 1, sizeof *nodes);
  if (!nodes) return fail_memory(err, "the forced splits");
  out->nodes = nodes;
  nodes[out->n] = (struct forced_node){
      .object = object, .above = above, .right = right, .left_node = -1, .right_node = -1};
  if (above >= 0) *(right ? &nodes[above].right_node : &nodes[above].left_node) = (int)out->n;
  out->n++;
  return COPSE_OK;
}

static copse_status check_keys(const char *path, const struct forced_splits *forced, size_t node,
                               copse_error *err) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)forced->nodes[node].object, key, value) {
    char what[160];
    if (!strcmp(key, "feature") || !strcmp(key, "threshold") || !strcmp(key, "left") || !strcmp(key, "right"))
      continue;
    snprintf(what, sizeof what, "unknown key \"%.100s\"", key);
    return bad_node(path, forced, node, what, err);
  }
  return COPSE_OK;
}

static copse_status take_node(const struct app *app, const char *path, struct forced_splits *out, size_t node,
                              copse_error *err) {
  const json_t *object = out->nodes[node].object;
  if (!json_is_object(object)) return bad_node(path, out, node, "no object", err);
  copse_status status = check_keys(path, out, node, err);
  if (status != COPSE_OK) return status;
  const json_t *feature = json_object_get(object, "feature"),
               *threshold = json_object_get(object, "threshold");
  struct forced_node *to = &out->nodes[node];
  if (json_is_string(feature)) {
    if (!(to->name = copy_text(app, feature))) return fail_memory(err, "the forced splits");
  } else if (json_is_integer(feature) && json_integer_value(feature) >= 0) {
    to->column = json_integer_value(feature);
  } else {
    return bad_node(path, out, node, feature ? "the feature is no index from 0 and no name" : "no feature",
                    err);
  }
  if (json_is_string(threshold)) {
    if (!(to->category = copy_text(app, threshold))) return fail_memory(err, "the forced splits");
  } else if (json_is_number(threshold)) {
    to->threshold = json_number_value(threshold);
  } else {
    return bad_node(path, out, node, threshold ? "the threshold is no number and no text" : "no threshold",
                    err);
  }
  for (int right = 0; right < 2 && status == COPSE_OK; right++) {
    const json_t *side = json_object_get(object, right ? "right" : "left");
    if (side) status = add_node(app, out, side, (int)node, right, err);
  }
  return status;
}

copse_status forced_splits_read(const struct app *app, struct forced_splits *out, copse_error *err) {
  json_t *root;
  *out = (struct forced_splits){NULL, 0};
  const char *path = setting(app, "forcedsplits_filename");
  if (!*path) return COPSE_OK;
  copse_status status = json_file_read(app, path, &root, err);
  if (status != COPSE_OK) return status;
  status = add_node(app, out, root, -1, false, err);
  for (size_t node = 0; node < out->n && status == COPSE_OK; node++)
    status = take_node(app, path, out, node, err);
  json_decref(root);
  return status;
}

/* The code of a category that is written as text. */
static bool find_level(const copse_frame_schema *schema, uint32_t feature, const char *text, double *code) {
  for (uint32_t i = 0; i < copse_frame_schema_n_levels(schema, feature); i++) {
    if (strcmp(copse_frame_schema_level(schema, feature, i), text) != 0) continue;
    *code = i;
    return true;
  }
  return false;
}

static copse_status resolve_node(const char *path, const struct forced_splits *forced, size_t node,
                                 const copse_frame_schema *schema, copse_forced_split *out,
                                 copse_error *err) {
  const struct forced_node *from = &forced->nodes[node];
  char place[256];
  int64_t feature = from->name ? copse_frame_schema_find(schema, from->name)
                               : copse_frame_schema_find_column(schema, (uint64_t)from->column);
  if (feature < 0 && from->name)
    return fail(err, COPSE_ERR_DATA, "%s: %s: no feature is called \"%.100s\" (give a column that is one)",
                path, place_of(forced, node, place), from->name);
  if (feature < 0)
    return fail(err, COPSE_ERR_DATA,
                "%s: %s: column %" PRId64 " is no feature (indices from 0, the label column is not counted)",
                path, place_of(forced, node, place), from->column);
  *out = (copse_forced_split){(uint32_t)feature, from->threshold, from->left_node, from->right_node};
  if (!from->category || find_level(schema, (uint32_t)feature, from->category, &out->threshold))
    return COPSE_OK;
  bool levels = copse_frame_schema_n_levels(schema, (uint32_t)feature) > 0;
  return fail(err, COPSE_ERR_DATA, "%s: %s: \"%.100s\" is no category of \"%.100s\"%s", path,
              place_of(forced, node, place), from->category,
              copse_frame_schema_name(schema, (uint32_t)feature),
              levels ? " (give one that its column has)" : ", which has none: the threshold is a number");
}

copse_status forced_splits_apply(const struct app *app, const struct forced_splits *forced,
                                 const copse_frame_schema *schema, copse_error *err) {
  if (forced->n == 0) return COPSE_OK;
  copse_forced_split *splits = copse_alloc(app->ctx, forced->n, sizeof *splits);
  if (!splits) return fail_memory(err, "the forced splits");
  copse_status status = COPSE_OK;
  for (size_t i = 0; i < forced->n && status == COPSE_OK; i++)
    status = resolve_node(setting(app, "forcedsplits_filename"), forced, i, schema, &splits[i], err);
  if (status == COPSE_OK) status = copse_params_set_forced_splits(app->params, splits, forced->n, err);
  copse_free(splits);
  return status;
}

/* Whether a node is what the split asks for. */
static bool is_made(const struct forced_node *forced, const copse_node *node,
                    const copse_frame_schema *schema) {
  int64_t feature = forced->name ? copse_frame_schema_find(schema, forced->name)
                                 : copse_frame_schema_find_column(schema, (uint64_t)forced->column);
  return node->feature == feature && (node->categorical || node->threshold >= forced->threshold);
}

void forced_splits_tell(const struct forced_splits *forced, const copse_frame_schema *schema,
                        const copse_model *model, const char *path, int tree) {
  int *at = copse_alloc(NULL, forced->n, sizeof *at);
  if (!at || forced->n == 0 || tree >= copse_model_n_trees(model)) {
    copse_free(at);
    return;
  }
  size_t n_missing = 0, first = 0;
  for (size_t i = 0; i < forced->n; i++) {
    const struct forced_node *from = &forced->nodes[i];
    if (i == 0) at[0] = copse_model_tree_n_leaves(model, tree) > 1 ? 0 : -1;
    copse_node node = {.feature = -1, .left = -1, .right = -1};
    bool made =
        at[i] >= 0 && copse_model_tree_node(model, tree, at[i], &node) && is_made(from, &node, schema);
    if (!made && n_missing++ == 0) first = i;
    if (from->left_node >= 0) at[from->left_node] = made ? node.left : -1;
    if (from->right_node >= 0) at[from->right_node] = made ? node.right : -1;
  }
  char place[256];
  if (n_missing > 0)
    console_warning(
        "%s: %s: not made in the first tree, and %zu of %zu splits so: all rows are on one side, or "
        "it gains nothing, or num_leaves or max_depth are reached",
        path, place_of(forced, first, place), n_missing, forced->n);
  copse_free(at);
}

void forced_splits_free(struct forced_splits *forced) {
  for (size_t i = 0; i < forced->n; i++) {
    copse_free(forced->nodes[i].name);
    copse_free(forced->nodes[i].category);
  }
  copse_free(forced->nodes);
}
