/* train_arrays.c - trains a classifier on plain arrays, stops early on held-out rows, writes the model.
 *
 *   train_arrays MODEL
 */
#include <copse.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 4000, FEATURES = 4, HELD_OUT = 1000 };

static float x[ROWS][FEATURES]; /* row after row */
static float label[ROWS];

/* Who buys: the first two columns and their product decide, the others are noise. */
static void make_data(void) {
  uint32_t state = 1;
  for (int i = 0; i < ROWS; i++) {
    for (int f = 0; f < FEATURES; f++) {
      state = state * 1664525u + 1013904223u;
      x[i][f] = (float)(state >> 8) / 16777216.0f;
    }
    label[i] = x[i][0] + x[i][1] + 4 * x[i][0] * x[i][1] > 2 + x[i][2] / 4;
  }
}

static void check(copse_status status, const copse_error *err) {
  if (status == COPSE_OK) return;
  fprintf(stderr, "%s: %s\n", copse_status_name(status), err->message);
  exit(1);
}

/* n rows from `first` on, with their labels. schema NULL: cut points are found on these rows. */
static copse_dataset *make_dataset(size_t first, size_t n, const copse_params *params, copse_schema *schema) {
  static const char *const names[FEATURES] = {"age", "income", "visits", "noise"};
  copse_table table = {.layout = COPSE_ROWS,
                       .n_rows = n,
                       .n_cols = FEATURES,
                       .dtype = COPSE_F32,
                       .values = x[first],
                       .row_stride = FEATURES};
  copse_dataset *dataset;
  copse_error err;
  check(copse_dataset_from_table(NULL, &table, names, NULL, params, schema, &dataset, &err), &err);
  check(copse_dataset_set(dataset, COPSE_LABEL, label + first, n, &err), &err);
  return dataset;
}

static void write_model(const copse_model *model, const char *path) {
  copse_text text = {0};
  copse_error err;
  check(copse_model_write(model, 0, 0, &text, &err), &err);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(text.data, 1, text.length, file) != text.length || fclose(file) != 0) {
    perror(path);
    exit(1);
  }
  copse_text_release(&text);
}

int main(int argc, char **argv) {
  static const char config[] =
      "objective = binary\n"
      "metric = auc, binary_logloss\n"
      "num_iterations = 200\n"
      "learning_rate = 0.2\n"
      "early_stopping_round = 5\n";
  copse_params *params;
  copse_booster *booster;
  copse_model *model;
  copse_train_report report;
  copse_error err;
  if (argc != 2) {
    fprintf(stderr, "usage: train_arrays MODEL\n");
    return 2;
  }
  make_data();
  check(copse_params_create(NULL, &params, &err), &err);
  check(copse_params_parse(params, config, sizeof config - 1, "config", COPSE_SOURCE_FILE, &err), &err);

  copse_dataset *train = make_dataset(HELD_OUT, ROWS - HELD_OUT, params, NULL);
  copse_dataset *valid = make_dataset(0, HELD_OUT, params, copse_dataset_schema(train));
  check(copse_booster_create(NULL, train, params, &booster, &err), &err);
  check(copse_booster_add_valid(booster, valid, "valid", &err), &err);
  check(copse_train(booster, params, NULL, NULL, &model, &report, &err), &err);

  printf("%d rounds kept%s\n", report.best_round, report.reason == COPSE_STOP_EARLY ? ", stopped early" : "");
  double importance[FEATURES];
  copse_model_importance(model, true, importance);
  for (uint32_t f = 0; f < copse_model_n_features(model); f++)
    printf("%-8s %.0f\n", copse_model_feature_name(model, f), importance[f]);
  write_model(model, argv[1]);

  copse_model_free(model);
  copse_booster_free(booster);
  copse_dataset_free(valid);
  copse_dataset_free(train);
  copse_params_free(params);
  return 0;
}
