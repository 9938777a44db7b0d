/* small_train.c - see the header. */
#include "small_train.h"

#include <string.h>

#include "base/context.h"
#include "checks.h"

void small_threads(bool every) { context_or_default(NULL)->every_thread = every; }

__attribute__((constructor)) static void begin(void) { small_threads(true); }

copse_params *small_params(const char *text) {
  copse_error err;
  copse_params *params;
  must(copse_params_create(NULL, &params, &err), &err);
  char word[256];
  for (const char *at = text; *at != '\0';) {
    size_t length = strcspn(at, " ");
    assert_true(length < sizeof word);
    memcpy(word, at, length);
    word[length] = '\0';
    at += length + strspn(at + length, " ");
    if (length == 0) continue;
    char *equals = strchr(word, '=');
    assert_non_null(equals);
    *equals = '\0';
    must(copse_params_set(params, word, equals + 1, COPSE_SOURCE_COMMAND, &err), &err);
  }
  must(copse_params_resolve(params, &err), &err);
  return params;
}

copse_table small_table(const struct small_data *data) {
  return (copse_table){.layout = COPSE_ROWS,
                       .n_rows = data->n_rows,
                       .n_cols = data->n_features,
                       .dtype = COPSE_F64,
                       .values = data->x,
                       .row_stride = data->n_features};
}

copse_dataset *small_dataset(const struct small_data *data, const copse_params *params,
                             copse_schema *schema) {
  copse_error err;
  const copse_table table = small_table(data);
  copse_dataset *set;
  must(copse_dataset_from_table(NULL, &table, NULL, data->categorical, params, schema, &set, &err), &err);
  if (data->label != NULL) must(copse_dataset_set(set, COPSE_LABEL, data->label, data->n_rows, &err), &err);
  if (data->weight != NULL)
    must(copse_dataset_set(set, COPSE_WEIGHT, data->weight, data->n_rows, &err), &err);
  return set;
}

copse_model *small_train(const struct small_data *data, const char *text) {
  copse_error err;
  copse_params *params = small_params(text);
  copse_dataset *set = small_dataset(data, params, NULL);
  copse_booster *booster;
  copse_model *model;
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  must(copse_train(booster, params, NULL, NULL, &model, NULL, &err), &err);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_params_free(params);
  return model;
}

double small_predict(copse_model *model, copse_predict_kind kind, const double *row) {
  copse_error err;
  copse_predictor *predictor;
  must(copse_predictor_create(NULL, model, kind, 0, -1, &predictor, &err), &err);
  assert_true(copse_predictor_width(predictor) == 1);
  double out;
  copse_predictor_row(predictor, row, &out);
  copse_predictor_free(predictor);
  return out;
}
