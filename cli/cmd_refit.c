/* cmd_refit.c - new leaf values for a model, from the rows of a file. */
#include <inttypes.h>
#include <stdio.h>

#include "console.h"
#include "model_file.h"
#include "output.h"
#include "phases.h"
#include "snapshot.h"
#include "train_data.h"

struct refit_job {
  struct app *app;
  const char *out;
  struct train_data data;
  double started;
};

/* Everything that can be refused without opening a data file. */
static copse_status plan(void *user, copse_error *err) {
  struct refit_job *job = user;
  struct app *app = job->app;
  copse_status status = setting_required(app, "input_model", "model=MODEL", err);
  if (status == COPSE_OK) status = setting_required(app, "data", "data=FILE", err);
  if (status == COPSE_OK) status = train_data_plan(app, &job->data, err);
  job->out = setting(app, "output_model");
  job->data.refits = true;
  if (status == COPSE_OK && job->data.n_valid > 0)
    console_warning("valid does nothing in a refit: predict the file with the new model");
  job->data.n_valid = 0;
  return status;
}

/* What `copse show` tells of how the model came to be. */
static copse_status store_report(const struct refit_job *job, copse_error *err) {
  copse_text text = {.ctx = job->app->ctx};
  copse_text_appendf(&text, "refit_rows: %" PRIu64 "\nrefit_decay_rate: %s\n", job->data.n_rows,
                     setting(job->app, "refit_decay_rate"));
  return model_set_report(job->data.refitted, &text, err);
}

static copse_status work(void *user, copse_error *err) {
  struct refit_job *job = user;
  copse_status status = output_probe(job->out, err);
  if (status == COPSE_OK) status = train_data_load(&job->data, err);
  if (status == COPSE_OK) status = store_report(job, err);
  if (status == COPSE_OK) status = model_store(job->app, job->data.refitted, job->out, err);
  if (status != COPSE_OK) return status;
  console_line("rounds: %d", copse_model_n_rounds(job->data.refitted));
  console_line("seconds_total: %.3f", clock_seconds() - job->started);
  console_line("fingerprint: %016" PRIx64, copse_model_fingerprint(job->data.refitted));
  console_line("model: %s", job->out);
  return COPSE_OK;
}

int cmd_refit(struct app *app) {
  struct refit_job job = {.app = app, .started = clock_seconds()};
  int code = run_phases(app, &job, plan, work, NULL);
  train_data_free(&job.data);
  return code;
}
