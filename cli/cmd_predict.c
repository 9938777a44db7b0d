/* cmd_predict.c - predict the rows of a file.
 *
 * The file is read whole, then predicted, formatted and written in batches, so that beside the rows
 * themselves memory stays small however wide a prediction is (leaf indices: one value per tree). */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <string.h>

#include "console.h"
#include "drift.h"
#include "interrupt.h"
#include "model_file.h"
#include "output.h"
#include "predictions.h"
#include "quality.h"
#include "recipe_notes.h"
#include "settings.h"
#include "table_slice.h"

#define BATCH_VALUES (1 << 20)

struct predict_job {
  struct app *app;
  const char *out_path;
  char **files; /* [n_files] read as one */
  size_t n_files;
  copse_predict_kind kind;
  copse_read_options options;
  int n_threads;

  copse_model *model;
  copse_frame_schema *schema;
  copse_recipe *recipe; /* of the model; NULL: rows are as they are */
  copse_frame *frame;
  uint32_t n_classes;     /* that predictions are counted by; 0: they are not */
  uint64_t *class_counts; /* [n_classes] */
  copse_predictor *predictor;
  copse_predictor *scorer; /* raw scores for the metrics; NULL: none, or predictor gives them already */
  double *scores;          /* raw, output-major [n_rows * outputs]; NULL when no metrics are asked for */
  double read_s, predict_s, write_s;
};

static copse_status plan_drift(const struct predict_job *job, copse_error *err) {
  const struct app *app = job->app;
  const char *drift = setting(app, "drift");
  if (!*drift && copse_params_get_double(app->params, "drift_threshold") > 0) {
    return fail(err, COPSE_ERR_ARGUMENT,
                "drift_threshold=%s judges nothing without drift=FILE (name a file, or leave it out)",
                setting(app, "drift_threshold"));
  }
  if (!*drift) return COPSE_OK;
  copse_status status = output_is_file("drift", drift, err);
  if (status == COPSE_OK) status = outputs_differ("output_result", job->out_path, "drift", drift, err);
  if (status == COPSE_OK)
    status = output_differs("drift", drift, "input_model", setting(app, "input_model"), err);
  for (size_t i = 0; i < job->n_files && status == COPSE_OK; i++)
    status = output_differs("drift", drift, "data", job->files[i], err);
  return status;
}

static copse_status plan(struct predict_job *job, copse_error *err) {
  struct app *app = job->app;
  copse_status status = setting_required(app, "input_model", "model=MODEL", err);
  if (status == COPSE_OK) status = setting_required(app, "data", "data=FILE", err);
  if (status == COPSE_OK) status = settings_resolve(app, err);
  if (status != COPSE_OK) return status;
  job->out_path = setting(app, "output_result");
  status = settings_files(app, "data", &job->files, &job->n_files, err);
  for (size_t i = 0; i < job->n_files && status == COPSE_OK; i++) {
    status = output_differs("output_result", job->out_path, "data", job->files[i], err);
  }
  if (status == COPSE_OK) {
    status = output_differs("output_result", job->out_path, "input_model", setting(app, "input_model"), err);
  }
  if (status == COPSE_OK) status = plan_drift(job, err);
  if (status != COPSE_OK) return status;
  const char *recipe = setting(app, "recipe");
  if (*recipe && strcmp(recipe, "none") != 0) {
    return fail(
        err, COPSE_ERR_ARGUMENT,
        "recipe=%s, expected none, for rows that are prepared already, or nothing (the model holds its "
        "recipe)",
        recipe);
  }
  bool raw = copse_params_get_bool(app->params, "predict_raw_score");
  bool leaf = copse_params_get_bool(app->params, "predict_leaf_index");
  job->options = settings_read_options(app, COPSE_READ_PREDICT);
  bool sum = strcmp(setting(app, "compat"), "none") != 0; /* whose raw scores of a forest are sums */
  job->kind = leaf  ? COPSE_PREDICT_LEAF
              : raw ? (sum ? COPSE_PREDICT_SUM : COPSE_PREDICT_RAW)
                    : COPSE_PREDICT_VALUE;
  job->n_threads = (int)copse_params_get_int(app->params, "num_threads");
  if (*setting(app, "drift") && job->kind != COPSE_PREDICT_VALUE) {
    return fail(err, COPSE_ERR_ARGUMENT,
                "drift=%s counts predicted classes, but raw scores or leaves are asked for",
                setting(app, "drift"));
  }
  return COPSE_OK;
}

static copse_status create_predictor(const struct predict_job *job, copse_predict_kind kind,
                                     copse_predictor **out, copse_error *err) {
  int start = (int)copse_params_get_int(job->app->params, "start_iteration_predict");
  int count = (int)copse_params_get_int(job->app->params, "num_iteration_predict");
  return copse_predictor_create(job->app->ctx, job->model, kind, start > 0 ? start : 0, count, out, err);
}

/* Rounds of the model that took part. */
static int rounds_used(const struct predict_job *job) {
  int start = (int)copse_params_get_int(job->app->params, "start_iteration_predict");
  int count = (int)copse_params_get_int(job->app->params, "num_iteration_predict");
  int left = copse_model_n_rounds(job->model) - (start > 0 ? start : 0);
  if (left < 0) left = 0;
  return count > 0 && count < left ? count : left;
}

static void warn_no_round(const struct predict_job *job) {
  int n = copse_model_n_rounds(job->model);
  if (n == 0 || rounds_used(job) > 0) return;
  console_warning("start_iteration_predict=%s, but the model has the rounds 0 to %d: no tree takes part",
                  setting(job->app, "start_iteration_predict"), n - 1);
}

/* Whether metrics are printed, and why not. */
static bool wants_metrics(const struct predict_job *job) {
  if (job->frame->label_problem) {
    console_warning("no metrics: %s", job->frame->label_problem);
    return false;
  }
  if (!job->frame->label || !console_speaks(1)) return false;
  if (quality_takes_labels(job->model) && job->frame->n_labels != (uint32_t)copse_model_n_outputs(job->model))
    return false; /* of a model without its schema: the file's labels are not known */
  return strcmp(setting(job->app, "metric"), "none") != 0;
}

static copse_status load(struct predict_job *job, copse_error *err) {
  struct app *app = job->app;
  const char *path = job->files[0];
  double started = clock_seconds();
  copse_status status = model_load(app, setting(app, "input_model"), &job->model, &job->schema, err);
  if (status == COPSE_OK && *setting(app, "drift")) status = drift_check(app, job->model, err);
  if (status == COPSE_OK) status = create_predictor(job, job->kind, &job->predictor, err);
  if (status != COPSE_OK) return status;
  warn_no_round(job);
  if (!*setting(app, "recipe")) status = copse_recipe_of_model(app->ctx, job->model, &job->recipe, err);
  if (status != COPSE_OK) return status;
  job->options.recipe = job->recipe;
  if (job->kind == COPSE_PREDICT_VALUE) job->n_classes = (uint32_t)copse_model_n_classes(job->model);
  job->class_counts = copse_alloc_zero(app->ctx, job->n_classes, sizeof *job->class_counts);
  if (!job->class_counts) return fail_memory(err, "the predicted classes");
  console_status(true, "reading %s", path);
  job->options.schema = job->schema;
  status = copse_frame_read_files(app->ctx, (const char *const *)job->files, job->n_files, &job->options,
                                  &job->frame, err);
  if (status == COPSE_ERR_DATA && job->recipe)
    console_line("the rows went through the model's recipe (recipe=none: they are prepared already)");
  if (status != COPSE_OK) return status;
  if (job->recipe) recipe_print_notes(job->recipe);
  console_warnings(job->frame->encoding);
  if (job->frame->n_unseen > 0) {
    console_warning("%s: %" PRIu64 " cells hold categories that training never saw; they count as %s", path,
                    job->frame->n_unseen, copse_model_encoder(job->model) ? "average" : "missing");
  }
  if (wants_metrics(job)) {
    uint64_t n_scores = job->frame->n_rows * (uint64_t)copse_model_n_outputs(job->model);
    job->scores = copse_alloc(app->ctx, n_scores, sizeof *job->scores);
    if (!job->scores) return fail_memory(err, "the raw scores");
    if (job->kind != COPSE_PREDICT_RAW) status = create_predictor(job, COPSE_PREDICT_RAW, &job->scorer, err);
  }
  job->read_s = clock_seconds() - started;
  return status;
}

/* One batch: predictions to `values`, raw scores to job->scores; raw [rows * outputs] is for the scorer. */
static copse_status predict_batch(struct predict_job *job, const copse_table *rows, uint64_t start,
                                  double *values, double *raw, copse_error *err) {
  copse_status status = copse_predictor_run(job->predictor, rows, job->n_threads, values, err);
  if (status != COPSE_OK || !job->scores) return status;
  if (job->scorer) status = copse_predictor_run(job->scorer, rows, job->n_threads, raw, err);
  if (status != COPSE_OK) return status;
  const double *from = job->scorer ? raw : values;
  uint64_t n_outputs = (uint64_t)copse_model_n_outputs(job->model), n_all = job->frame->n_rows;
  for (uint64_t row = 0; row < rows->n_rows; row++)
    for (uint64_t k = 0; k < n_outputs; k++) job->scores[k * n_all + start + row] = from[row * n_outputs + k];
  return COPSE_OK;
}

/* The class of every row: the positive one above the threshold, or the most likely one. */
static void choose_classes(struct predict_job *job, const double *values, uint32_t width, uint64_t n_rows,
                           uint32_t *out) {
  double threshold = copse_params_get_double(job->app->params, "decision_threshold");
  for (uint64_t row = 0; job->n_classes > 0 && row < n_rows; row++) {
    const double *of_row = values + row * width;
    uint32_t best = 0;
    for (uint32_t k = 1; k < width; k++) best = of_row[k] > of_row[best] ? k : best;
    if (width == 1) best = of_row[0] > threshold;
    out[row] = best;
    job->class_counts[best]++;
  }
}

/* Rows that are predicted at a time. */
static uint64_t batch_rows(const struct predict_job *job) {
  uint64_t width = copse_predictor_width(job->predictor), n_rows = job->frame->n_rows;
  uint64_t n_outputs = (uint64_t)copse_model_n_outputs(job->model);
  uint64_t widest = width > n_outputs ? width : n_outputs;
  uint64_t batch = widest < BATCH_VALUES ? BATCH_VALUES / widest : 1;
  return batch > n_rows ? n_rows : batch;
}

static copse_status predict(struct predict_job *job, struct predictions *out, copse_error *err) {
  copse_context *ctx = job->app->ctx;
  const copse_table *whole = &job->frame->table;
  uint32_t width = copse_predictor_width(job->predictor);
  uint64_t n_outputs = (uint64_t)copse_model_n_outputs(job->model), batch = batch_rows(job);
  struct table_slice slice = {.columns = NULL};
  double *values = copse_alloc(ctx, batch * width, sizeof *values);
  double *raw = copse_alloc(ctx, job->scorer ? batch * n_outputs : 0, sizeof *raw);
  uint32_t *classes = copse_alloc(ctx, job->n_classes > 0 ? batch : 0, sizeof *classes);
  copse_status status = values && raw && classes ? COPSE_OK : fail_memory(err, "the predictions");
  if (status == COPSE_OK) status = table_slice_open(ctx, whole, batch, &slice, err);
  for (uint64_t start = 0; status == COPSE_OK && start < whole->n_rows; start += batch) {
    uint64_t n_rows = whole->n_rows - start < batch ? whole->n_rows - start : batch;
    if (copse_context_cancelled(ctx)) {
      status = fail(err, COPSE_ERR_INTERRUPTED, "interrupted: nothing was written");
      break;
    }
    double started = clock_seconds();
    table_slice_set(&slice, whole, start, n_rows);
    status = predict_batch(job, &slice.table, start, values, raw, err);
    double predicted = clock_seconds();
    if (status == COPSE_OK) {
      choose_classes(job, values, width, n_rows, classes);
      status = predictions_write(out, values, classes, n_rows, err);
    }
    job->predict_s += predicted - started;
    job->write_s += clock_seconds() - predicted;
    console_status(false, "predicted %" PRIu64 " of %" PRIu64 " rows", start + n_rows, whole->n_rows);
  }
  table_slice_close(&slice);
  copse_free(classes);
  copse_free(raw);
  copse_free(values);
  return status;
}

/* The drift file; too much of it is the failure of a run whose predictions are written. */
static copse_status report_drift(struct predict_job *job, copse_error *err) {
  double limit = copse_params_get_double(job->app->params, "drift_threshold");
  struct drift_result drift;
  if (!*setting(job->app, "drift")) return COPSE_OK;
  struct drift_input input = {job->model, job->schema, job->frame, job->class_counts, job->n_classes};
  copse_status status = drift_write(job->app, &input, &drift, err);
  if (status != COPSE_OK) return status;
  console_line("psi_largest: %.6f (%s)", drift.psi, job->frame->names[drift.feature]);
  if ((double)job->frame->n_rows < drift.rows_needed)
    console_warning("drift: found few rows, %" PRIu64
                    ", expected %.0f or more: chance alone brings an index above %g of "
                    "them (judge more rows together)",
                    job->frame->n_rows, drift.rows_needed, drift.limit);
  if (limit == 0 || drift.excess <= limit) return COPSE_OK;
  return fail(
      err, COPSE_ERR_DATA,
      "drift: the index of \"%s\" is %.4f beyond chance, expected at most drift_threshold=%g (see %s; "
      "train on newer rows)",
      job->frame->names[drift.moved], drift.excess, limit, setting(job->app, "drift"));
}

static copse_status work(struct predict_job *job, copse_error *err) {
  struct predictions out;
  copse_status status = load(job, err);
  if (status != COPSE_OK) return status;
  status = predictions_open(job->app, job->out_path, batch_rows(job), copse_predictor_width(job->predictor),
                            job->n_classes > 0, &out, err);
  size_t n_raw;
  if (status == COPSE_OK && job->recipe) out.raw_rows = copse_recipe_raw_rows(job->recipe, &n_raw);
  if (status == COPSE_OK) status = predict(job, &out, err);
  double started = clock_seconds();
  if (status == COPSE_OK) status = predictions_commit(&out, job->files[0], err);
  predictions_close(&out);
  job->write_s += clock_seconds() - started;
  if (status != COPSE_OK) return status;
  console_line("rows: %" PRIu64, job->frame->n_rows);
  if (job->scores) {
    struct quality_input input = {job->model,        job->schema,         job->scores,
                                  job->frame->label, job->frame->weight,  job->frame->n_rows,
                                  job->frame->group, job->frame->n_groups};
    status = quality_print(job->app, &input, err);
  }
  return status == COPSE_OK ? report_drift(job, err) : status;
}

int cmd_predict(struct app *app) {
  copse_error err;
  struct predict_job job = {.app = app};
  int code = EXIT_DONE;
  bool planned = plan(&job, &err) == COPSE_OK;
  if (planned) interrupt_watch(app->ctx);
  if (!planned) {
    code = end_refused(app->command, &err);
  } else if (work(&job, &err) == COPSE_OK) {
    console_line("rounds: %d", rounds_used(&job));
    console_line("seconds_read: %.3f", job.read_s);
    console_line("seconds_predict: %.3f", job.predict_s);
    console_line("seconds_write: %.3f", job.write_s);
    console_line("memory_peak_mb: %.1f", (double)copse_context_memory_peak(app->ctx) / (1 << 20));
    console_line("fingerprint: %016" PRIx64, copse_model_fingerprint(job.model));
    console_line("predictions: %s", job.out_path);
  } else {
    code = end_failed(&err);
  }
  interrupt_watch(NULL);
  copse_free(job.files);
  copse_free(job.scores);
  copse_free(job.class_counts);
  copse_recipe_free(job.recipe);
  copse_predictor_free(job.scorer);
  copse_predictor_free(job.predictor);
  copse_frame_free(job.frame);
  copse_frame_schema_free(job.schema);
  copse_model_free(job.model);
  return code;
}
