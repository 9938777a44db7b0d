/* cmd_show.c - a model in words: size, report of its training, features with importance, categories,
 * configuration. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "console.h"
#include "model_file.h"

static void print_size(const copse_model *model) {
  int64_t n_leaves = 0;
  int n_trees = copse_model_n_trees(model);
  const char *objective = copse_model_objective(model);
  for (int tree = 0; tree < n_trees; tree++) n_leaves += copse_model_tree_n_leaves(model, tree);
  printf("objective: %s\n", objective[0] ? objective : "custom");
  printf("outputs: %d\n", copse_model_n_outputs(model));
  printf("rounds: %d\n", copse_model_n_rounds(model));
  printf("trees: %d\n", n_trees);
  printf("leaves: %" PRId64 "\n", n_leaves);
  uint32_t n_inputs = copse_model_n_inputs(model), n_features = copse_model_n_features(model);
  printf("features: %" PRIu32 "\n", n_inputs);
  if (n_features > n_inputs) printf("encoded_features: %" PRIu32 "\n", n_features - n_inputs);
  printf("fingerprint: %016" PRIx64 "\n", copse_model_fingerprint(model));
}

static void print_label(const copse_frame_schema *schema) {
  const char *name = copse_frame_schema_label_name(schema);
  if (copse_frame_schema_n_labels(schema) <= 1)
    printf("label: column %d%s%s\n", copse_frame_schema_label_index(schema), name[0] ? ", " : "", name);
  for (uint32_t k = 0; k < copse_frame_schema_n_labels(schema) && copse_frame_schema_n_labels(schema) > 1;
       k++) {
    uint32_t column;
    name = copse_frame_schema_label(schema, k, &column);
    printf("label %" PRIu32 ": column %" PRIu32 "%s%s\n", k, column, name[0] ? ", " : "", name);
  }
  for (uint32_t i = 0; copse_frame_schema_class(schema, i); i++) {
    printf("class %" PRIu32 ": %s\n", i, copse_frame_schema_class(schema, i));
  }
}

struct ranked {
  double gain;
  uint32_t feature;
};

/* By falling gain, equal ones in the model's order. */
static int compare_ranked(const void *a, const void *b) {
  const struct ranked *x = a, *y = b;
  if (x->gain != y->gain) return x->gain > y->gain ? -1 : 1;
  return x->feature < y->feature ? -1 : x->feature > y->feature;
}

/* Features that stand for categories say so, and so do the columns they stand for. */
static const char *kind_of(const copse_model *model, const copse_frame_schema *schema, uint32_t feature) {
  const copse_encoder *encoder = copse_model_encoder(model);
  if (feature >= copse_model_n_inputs(model)) return "statistic";
  if (encoder && copse_encoder_replaces(encoder, feature)) return "encoded";
  bool levels = copse_frame_schema_n_levels(schema, feature) > 0;
  return levels || copse_model_categories(model, feature, NULL) ? "categorical" : "numeric";
}

static copse_status print_features(const struct app *app, const copse_model *model,
                                   const copse_frame_schema *schema, copse_error *err) {
  uint32_t n = copse_model_n_features(model), n_inputs = copse_model_n_inputs(model);
  copse_status status = COPSE_OK;
  double *gain = copse_alloc(app->ctx, n, sizeof *gain), *splits = copse_alloc(app->ctx, n, sizeof *splits);
  struct ranked *ranked = copse_alloc(app->ctx, n, sizeof *ranked);
  if (!gain || !splits || !ranked) {
    status = fail_memory(err, "the feature importance");
    goto done;
  }
  copse_model_importance(model, true, gain);
  copse_model_importance(model, false, splits);
  for (uint32_t f = 0; f < n; f++) ranked[f] = (struct ranked){gain[f], f};
  qsort(ranked, n, sizeof *ranked, compare_ranked);
  printf("\nfeatures by gain (gain, splits, kind, name):\n");
  for (uint32_t i = 0; i < n; i++) {
    uint32_t f = ranked[i].feature;
    printf("%12.6g %8.0f  %-11s  %s\n", gain[f], splits[f], kind_of(model, schema, f),
           f < n_inputs ? copse_frame_schema_name(schema, f) : copse_model_feature_name(model, f));
  }
done:
  copse_free(gain);
  copse_free(splits);
  copse_free(ranked);
  return status;
}

/* The dictionaries of text features, in the order of their codes. */
static void print_categories(const copse_frame_schema *schema) {
  bool first = true;
  for (uint32_t f = 0; f < copse_frame_schema_n_features(schema); f++) {
    uint32_t n_levels = copse_frame_schema_n_levels(schema, f);
    if (n_levels == 0) continue;
    if (first) printf("\ncategories:\n");
    first = false;
    printf("  %s (%" PRIu32 "):", copse_frame_schema_name(schema, f), n_levels);
    for (uint32_t code = 0; code < n_levels; code++) {
      printf("%s %s", code ? "," : "", copse_frame_schema_level(schema, f, code));
    }
    putchar('\n');
  }
}

static void print_indented(const char *text, size_t length) {
  const char *end = text + length;
  while (text < end) {
    const char *line_end = memchr(text, '\n', (size_t)(end - text));
    if (!line_end) line_end = end;
    printf("  %.*s\n", (int)(line_end - text), text);
    text = line_end + 1;
  }
}

static copse_status show(const struct app *app, const copse_model *model, const copse_frame_schema *schema,
                         copse_error *err) {
  size_t length;
  print_size(model);
  print_label(schema);
  const char *report = copse_model_blob(model, MODEL_REPORT_BLOB, &length);
  if (report) {
    printf("\ntraining:\n");
    print_indented(report, length);
  }
  copse_status status = print_features(app, model, schema, err);
  if (status != COPSE_OK) return status;
  print_categories(schema);
  const char *config = copse_model_config(model);
  if (config && config[0]) {
    printf("\nconfiguration:\n");
    print_indented(config, strlen(config));
  }
  return COPSE_OK;
}

int cmd_show(struct app *app) {
  copse_error err;
  copse_model *model = NULL;
  copse_frame_schema *schema = NULL;
  const char *path;
  if (!model_named(app, &path, &err)) return end_refused(app->command, &err);
  copse_status status = model_load(app, path, &model, &schema, &err);
  if (status == COPSE_OK) status = show(app, model, schema, &err);
  copse_frame_schema_free(schema);
  copse_model_free(model);
  return status == COPSE_OK ? EXIT_DONE : end_failed(&err);
}
