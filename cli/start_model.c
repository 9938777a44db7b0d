/* start_model.c - going on from a model: its objective holds on, and where its trees cannot be scored on the
 * bins of the new data (see copse_booster_continue) its predictions become init scores. */
#include "start_model.h"

#include <stdio.h>
#include <string.h>

#include "console.h"
#include "model_file.h"
#include "quality.h"
#include "settings.h"

/* `key` as the model has it. The caller may have said the same, or nothing. */
static copse_status adopt(struct app *app, const char *key, const char *value, copse_error *err) {
  const char *given = setting(app, key), *path = setting(app, "input_model");
  if (!copse_params_given(app->params, key)) {
    return copse_params_set(app->params, key, value, COPSE_SOURCE_COMMAND, err);
  }
  double a, b;
  size_t n_a = strlen(given), n_b = strlen(value);
  bool numbers = copse_parse_double(given, n_a, &a) == n_a && copse_parse_double(value, n_b, &b) == n_b;
  if (numbers ? a == b : strcmp(given, value) == 0) return COPSE_OK;
  return fail(err, COPSE_ERR_ARGUMENT,
              "%s=%s, but input_model=%s was trained with %s=%s, and its scores mean that (leave %s out)",
              key, given, path, key, value, key);
}

/* `binary sigmoid:1`, `multiclass num_class:3`, `regression sqrt`: LightGBM's line. */
static copse_status adopt_objective(struct app *app, const copse_model *model, copse_error *err) {
  char line[256];
  const char *objective = copse_model_objective(model);
  if (!*objective || strcmp(objective, "custom") == 0) {
    return fail(
        err, COPSE_ERR_UNSUPPORTED,
        "input_model=%s was trained with gradients of its caller's own: the program has none to go on "
        "with",
        setting(app, "input_model"));
  }
  if (quality_takes_labels(model)) return adopt(app, "objective", "multi_regression", err);
  snprintf(line, sizeof line, "%s", objective);
  char *rest = strchr(line, ' ');
  if (rest) *rest++ = '\0';
  copse_status status = adopt(app, "objective", line, err);
  while (status == COPSE_OK && rest && *rest) {
    char *word = rest, *colon;
    rest = strchr(word, ' ');
    if (rest) *rest++ = '\0';
    if (strcmp(word, "sqrt") == 0) {
      status = adopt(app, "reg_sqrt", "true", err);
    } else if ((colon = strchr(word, ':')) != NULL) {
      *colon = '\0';
      status = adopt(app, word, colon + 1, err);
    }
  }
  return status;
}

copse_status start_model_open(struct app *app, struct start_model *out, copse_error *err) {
  *out = (struct start_model){.model = NULL};
  const char *path = setting(app, "input_model");
  if (!*path) return COPSE_OK;
  copse_status status = model_load(app, path, &out->model, &out->schema, err);
  if (status == COPSE_OK) status = adopt_objective(app, out->model, err);
  if (status != COPSE_OK) return status;
  return adopt(app, "cat_encoding", copse_model_encoder(out->model) ? "ordered" : "native", err);
}

copse_status start_model_score(const struct app *app, const struct start_model *start,
                               const copse_frame *frame, copse_dataset *dataset, copse_error *err) {
  uint64_t n = frame->n_rows;
  uint32_t width = (uint32_t)copse_model_n_outputs(start->model);
  if (frame->init_score && frame->n_init != width) {
    return fail(err, COPSE_ERR_DATA, "%u init scores per row, expected %u, the outputs of input_model=%s",
                frame->n_init, width, setting(app, "input_model"));
  }
  copse_predictor *predictor = NULL;
  double *raw = copse_alloc(app->ctx, n * width, sizeof *raw);
  double *init = copse_alloc(app->ctx, n * width, sizeof *init);
  copse_status status = raw && init ? COPSE_OK : fail_memory(err, "the scores of input_model");
  if (status == COPSE_OK) {
    status = copse_predictor_create(app->ctx, start->model, COPSE_PREDICT_RAW, 0, 0, &predictor, err);
  }
  if (status == COPSE_OK) {
    int n_threads = (int)copse_params_get_int(app->params, "num_threads");
    status = copse_predictor_run(predictor, &frame->table, n_threads, raw, err);
  }
  for (uint64_t row = 0; status == COPSE_OK && row < n; row++) {
    for (uint64_t k = 0; k < width; k++) {
      double before = frame->init_score ? frame->init_score[k * n + row] : 0;
      init[k * n + row] = before + raw[row * width + k];
    }
  }
  if (status == COPSE_OK) status = copse_dataset_set(dataset, COPSE_INIT_SCORE, init, n * width, err);
  copse_predictor_free(predictor);
  copse_free(raw);
  copse_free(init);
  return status;
}

void start_model_close(struct start_model *start) {
  copse_frame_schema_free(start->schema);
  copse_model_free(start->model);
}
