/* cmd_train.c - train a model on a file and write it.
 *
 * The model file appears only when it is complete; whatever fails before leaves an older file of that name as
 * it was. An interruption is not a failure of what was learned so far: the model of the rounds done is
 * written, and the exit code says that it is not the one asked for. */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "console.h"
#include "drift.h"
#include "idle_keys.h"
#include "model_file.h"
#include "output.h"
#include "phases.h"
#include "quality.h"
#include "snapshot.h"
#include "train_data.h"
#include "train_log.h"

struct train_job {
  struct app *app;
  const char *out;
  struct train_data data;
  struct train_log log;
  struct snapshots snapshots;
  int n_rounds; /* in the end, those of a continued model among them */
  copse_model *model;
  copse_train_report report;
  double started, write_s;
};

enum { MOST_METRICS = 128 };

/* Everything that can be refused without opening a data file. */
static copse_status plan(void *user, copse_error *err) {
  struct train_job *job = user;
  struct app *app = job->app;
  copse_status status = setting_required(app, "data", "data=FILE", err);
  if (status != COPSE_OK) return status;
  status = train_data_plan(app, &job->data, err);
  job->out = setting(app, "output_model");
  if (status == COPSE_OK) warn_idle_keys(app->params, train_data_validates(&job->data));
  return status;
}

static const char *stop_text(const struct train_job *job, char *out, size_t capacity) {
  switch (job->report.reason) {
    case COPSE_STOP_ROUNDS: return "all rounds done";
    case COPSE_STOP_EARLY:
      snprintf(out, capacity, "early stopping, no better %s for %d rounds", job->report.stopped_by,
               (int)copse_params_get_int(job->app->params, "early_stopping_round"));
      return out;
    case COPSE_STOP_NO_SPLIT: return "no leaf can be split any more";
    case COPSE_STOP_TIME: return "time limit";
    case COPSE_STOP_CANCELLED: return "interrupted";
  }
  return "";
}

static void print_label_metrics(const struct train_job *job, int set, int label, const double *values,
                                copse_text *out) {
  char room[256];
  const copse_booster *booster = job->data.booster;
  for (int metric = 0; metric < copse_booster_n_metrics(booster); metric++)
    copse_text_appendf(out, "%s %s: %.10g\n", copse_booster_set_name(booster, set),
                       quality_name_of_label(job->data.schema, label,
                                             copse_booster_metric_name(booster, metric), room, sizeof room),
                       values[metric]);
}

/* The metrics of the rounds kept, `name: value` each. Training metrics that nobody asked for during training
 * cost one evaluation here. */
static void print_metrics(struct train_job *job, copse_text *out) {
  copse_booster *booster = job->data.booster;
  int n_metrics = copse_booster_n_metrics(booster), n_sets = copse_booster_n_sets(booster), round = 0;
  const double *values = train_log_values(&job->log, job->report.best_round, &round);
  bool at_best =
      copse_booster_round(booster) == job->report.best_round && !copse_context_cancelled(job->app->ctx);
  double evaluated[MOST_METRICS];
  for (int set = 0; set < n_sets; set++) {
    const double *of_set = values && !isnan(values[set * n_metrics]) ? values + set * n_metrics : NULL;
    if ((!of_set || round != job->report.best_round) && at_best && n_metrics > 0 &&
        n_metrics <= MOST_METRICS && copse_booster_eval(booster, set, evaluated, NULL) == COPSE_OK) {
      of_set = evaluated;
    }
    for (int metric = 0; of_set && metric < n_metrics; metric++) {
      copse_text_appendf(out, "%s %s: %.10g\n", copse_booster_set_name(booster, set),
                         copse_booster_metric_name(booster, metric), of_set[metric]);
    }
    bool remembered = of_set != NULL && of_set != evaluated;
    for (int k = 0; of_set && k < job->log.n_labels; k++) {
      const double *of_label =
          remembered ? values + (size_t)(k + 1) * job->log.n_values + (size_t)(set * n_metrics) : evaluated;
      if (!remembered && copse_booster_eval_label(booster, set, k, evaluated, NULL) != COPSE_OK) break;
      print_label_metrics(job, set, k, of_label, out);
    }
  }
}

/* What `copse show` can tell about how a model came to be: results only, no clocks, no paths. */
static copse_status store_report(struct train_job *job, copse_error *err) {
  char reason[256];
  copse_text text = {.ctx = job->app->ctx};
  copse_text_appendf(&text, "train_rows: %" PRIu64 "\nrounds_trained: %d\nbest_round: %d\nstopped: %s\n",
                     job->data.n_rows, job->report.rounds_trained, job->report.best_round,
                     stop_text(job, reason, sizeof reason));
  print_metrics(job, &text);
  return model_set_report(job->model, &text, err);
}

/* How raw rows are prepared, and what they were like. */
static copse_status store_recipe(struct train_job *job, copse_error *err) {
  const copse_text *drift = &job->data.drift;
  copse_status status = copse_recipe_store(job->data.recipe, job->model, err);
  if (status != COPSE_OK) return status;
  return copse_model_set_blob(job->model, DRIFT_BLOB, drift->data, drift->length, err);
}

static copse_status write_model(struct train_job *job, copse_error *err) {
  double started = clock_seconds();
  copse_status status = model_store(job->app, job->model, job->out, err);
  job->write_s = clock_seconds() - started;
  return status;
}

static void on_round(void *user, copse_booster *booster, const copse_train_event *event) {
  struct train_job *job = user;
  train_log_round(&job->log, booster, event);
  snapshots_round(&job->snapshots, booster, event->round);
}

/* Ends that the number of rounds asked for does not explain. */
static void print_end(const struct train_job *job) {
  if (job->report.reason == COPSE_STOP_EARLY) {
    console_line("Early stopping at iteration %d, the best iteration round is %d", job->report.rounds_trained,
                 job->report.best_round);
  }
  if (job->report.reason == COPSE_STOP_TIME) {
    console_line("time_limit: %s seconds are over; training ended after round %d of %d",
                 setting(job->app, "time_limit"), job->report.rounds_trained, job->n_rounds);
  }
}

/* Done work that is not what was asked for. */
static void warn_shape(const struct train_job *job, int first_tree) {
  int n_trees = copse_model_n_trees(job->model), most = 0;
  for (int t = 0; t < n_trees; t++)
    if (copse_model_tree_n_leaves(job->model, t) > most) most = copse_model_tree_n_leaves(job->model, t);
  if (n_trees > first_tree && most == 1) {
    console_warning(
        "the model has no split, every row is predicted the same: min_data_in_leaf, "
        "min_gain_to_split, penalties or constraints leave none, or the features say nothing");
    return;
  }
  forced_splits_tell(&job->data.forced_splits, job->data.schema, job->model,
                     setting(job->app, "forcedsplits_filename"), first_tree);
}

static copse_status work(void *user, copse_error *err) {
  struct train_job *job = user;
  copse_status status = output_probe(job->out, err);
  if (status == COPSE_OK) status = train_data_load(&job->data, err);
  if (status != COPSE_OK) return status;
  copse_params *params = job->app->params;
  int n_before = copse_booster_round(job->data.booster);
  job->n_rounds = n_before + (int)copse_params_get_int(params, "num_iterations");
  job->snapshots = (struct snapshots){.app = job->app,
                                      .out = job->out,
                                      .schema = job->data.schema,
                                      .recipe = job->data.recipe,
                                      .freq = (int)copse_params_get_int(params, "snapshot_freq")};
  train_log_open(job->app->ctx, job->data.booster, params, job->data.n_rows, job->data.schema, &job->log);
  status = copse_train(job->data.booster, params, on_round, job, &job->model, &job->report, err);
  if (status != COPSE_OK) return status;
  print_end(job);
  warn_shape(job, n_before * copse_model_n_outputs(job->model));
  status = copse_frame_schema_store(job->data.schema, job->model, err);
  if (status == COPSE_OK && job->data.recipe) status = store_recipe(job, err);
  if (status == COPSE_OK) status = store_report(job, err);
  if (status == COPSE_OK) status = write_model(job, err);
  return status;
}

static void print_summary(const struct train_job *job) {
  struct rusage usage;
  const char *phase;
  double seconds;
  console_line("features: %" PRIu32, job->data.n_features);
  console_line("categorical_features: %" PRIu32, job->data.n_categorical);
  console_line("seconds_read: %.3f", job->data.read_s);
  console_line("seconds_bins: %.3f", job->data.bin_s);
  console_line("seconds_train: %.3f", job->report.elapsed_s);
  for (int i = 0; (phase = copse_booster_phase(job->data.booster, i, &seconds)) != NULL; i++) {
    char name[64];
    snprintf(name, sizeof name, "seconds_train_%s", phase);
    for (char *at = name; *at; at++) *at = *at == ' ' ? '_' : *at;
    console_line("%s: %.3f", name, seconds);
  }
  console_line("seconds_write: %.3f", job->write_s);
  console_line("seconds_total: %.3f", clock_seconds() - job->started);
  console_line("memory_peak_mb: %.1f", (double)copse_context_memory_peak(job->app->ctx) / (1 << 20));
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    console_line("process_peak_mb: %.1f", (double)usage.ru_maxrss / 1024);
  }
  console_line("threads: %d",
               copse_threads_running((int)copse_params_get_int(job->app->params, "num_threads")));
  console_line("cpu_tier: %s", copse_cpu_tier());
  console_line("fingerprint: %016" PRIx64, copse_model_fingerprint(job->model));
  console_line("model: %s", job->out);
}

/* Both exit codes of done work. */
static int finish(void *user) {
  const struct train_job *job = user;
  copse_error err;
  print_summary(job);
  if (job->report.reason != COPSE_STOP_CANCELLED) return EXIT_DONE;
  fail(&err, COPSE_ERR_INTERRUPTED, "interrupted after round %d of %d: the model written to %s has %d rounds",
       job->report.rounds_trained, job->n_rounds, job->out, job->report.best_round);
  return end_failed(&err);
}

int cmd_train(struct app *app) {
  struct train_job job = {.app = app, .started = clock_seconds()};
  int code = run_phases(app, &job, plan, work, finish);
  train_log_close(&job.log);
  copse_model_free(job.model);
  train_data_free(&job.data);
  return code;
}
