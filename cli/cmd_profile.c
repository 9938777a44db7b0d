/* cmd_profile.c - describe a table: one pass, then one document. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli.h"
#include "console.h"
#include "earlier_profile.h"
#include "output.h"
#include "phases.h"
#include "settings.h"

struct profile_job {
  struct app *app;
  const char *out;
  char **files, **against;
  size_t n_files, n_against;
  copse_profile_format format;
  copse_profile_options options;
  bool changed; /* since the profile of check= */
  char started[32];
};

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcasecmp(text + n - m, end) == 0;
}

/* What format= says, else what the output's name says, else text. */
static copse_profile_format choose_form(const char *format, const char *out) {
  if (strcmp(format, "html") == 0) return COPSE_PROFILE_HTML;
  if (strcmp(format, "json") == 0) return COPSE_PROFILE_JSON;
  if (strcmp(format, "text") == 0) return COPSE_PROFILE_TEXT;
  if (ends_with(out, ".html") || ends_with(out, ".htm")) return COPSE_PROFILE_HTML;
  return ends_with(out, ".json") ? COPSE_PROFILE_JSON : COPSE_PROFILE_TEXT;
}

static copse_profile_values values_of(const char *word) {
  if (strcmp(word, "full") == 0) return COPSE_VALUES_FULL;
  return strcmp(word, "none") == 0 ? COPSE_VALUES_NONE : COPSE_VALUES_COMMON;
}

static char order_of(const char *word) { return strcmp(word, "auto") == 0 ? '\0' : word[0]; }

static uint64_t memory_of(const struct app *app) {
  return (uint64_t)ceil(copse_params_get_double(app->params, "memory") * (1 << 20));
}

/* The word behind the command and data= are the same list. */
static copse_status take_files(struct app *app, struct profile_job *job, copse_error *err) {
  const char *data = setting(app, "data");
  if (app->operand && data[0] && strcmp(app->operand, data) != 0)
    return fail(err, COPSE_ERR_ARGUMENT, "%s and data=%s name two files, expected one (leave one out)",
                app->operand, data);
  copse_status status = output_is_file("out", job->out, err);
  if (status == COPSE_OK && app->operand)
    status = copse_params_set(app->params, "data", app->operand, COPSE_SOURCE_COMMAND, err);
  if (status == COPSE_OK) status = settings_files(app, "data", &job->files, &job->n_files, err);
  if (status == COPSE_OK && setting(app, "against")[0])
    status = settings_files(app, "against", &job->against, &job->n_against, err);
  for (size_t i = 0; i < job->n_files && status == COPSE_OK; i++)
    status = output_differs("out", job->out, "data", job->files[i], err);
  for (size_t i = 0; i < job->n_against && status == COPSE_OK; i++)
    status = output_differs("out", job->out, "against", job->against[i], err);
  if (status == COPSE_OK && setting(app, "check")[0])
    status = output_differs("out", job->out, "check", setting(app, "check"), err);
  return status;
}

/* Keys that would do nothing. */
static copse_status refuse_idle(const struct app *app, copse_error *err) {
  if (setting(app, "positive")[0] && !setting(app, "target")[0])
    return fail(err, COPSE_ERR_ARGUMENT, "positive=%s names a class of no target (target=NAME)",
                setting(app, "positive"));
  static const char *const files[] = {"check", "against"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    if (copse_params_given(app->params, files[i]) && !setting(app, files[i])[0])
      return fail(err, COPSE_ERR_ARGUMENT, "%s= names no file, expected one (leave %s out for none)",
                  files[i], files[i]);
  }
  if (strcmp(setting(app, "lint"), "off") == 0)
    return fail(err, COPSE_ERR_ARGUMENT,
                "lint=off: alerts are what a profile is for, expected error or nothing (lint=error ends with "
                "code 1 where one is critical)");
  if (copse_params_get_int(app->params, "samples") > 0 && strcmp(setting(app, "values"), "full") != 0)
    return fail(err, COPSE_ERR_ARGUMENT,
                "samples=%s shows rows as they are, which values=%s withholds (values=full shows them)",
                setting(app, "samples"), setting(app, "values"));
  return COPSE_OK;
}

static bool is_among(const char *name, const char *list) {
  size_t length = strlen(name);
  for (const char *at = list; at; at = strchr(at, ',')) {
    at += *at == ',';
    if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) return true;
  }
  return false;
}

/* A configuration of training may be given whole: what of it a profile does not look at is told in a line. */
static void warn_idle(const struct app *app) {
  copse_text list = {.ctx = app->ctx};
  copse_params_info info;
  size_t n = 0;
  for (size_t i = 0; i < copse_params_count() && copse_params_describe(i, &info); i++) {
    bool counts = is_among(info.name, app->command->keys) ||
                  is_among(info.name, "config,task,seed,output_model,output_result");
    if (counts || !copse_params_given(app->params, info.name)) continue;
    copse_text_appendf(&list, "%s%s", n++ > 0 ? ", " : "", info.name);
  }
  if (n > 0 && !list.failed)
    console_warning("no effect on a profile: %s%s", list.data,
                    copse_params_given(app->params, "weight_column") ? " (every row counts once)" : "");
  copse_text_release(&list);
}

/* The moment, in UTC, as RFC 3339 has it. */
static void note_start(struct profile_job *job) {
  time_t now = time(NULL);
  struct tm parts;
  if (gmtime_r(&now, &parts) != NULL)
    strftime(job->started, sizeof job->started, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static copse_status plan(void *user, copse_error *err) {
  struct profile_job *job = user;
  struct app *app = job->app;
  copse_status status = app->operand ? COPSE_OK : setting_required(app, "data", "FILE", err);
  if (status == COPSE_OK) status = settings_resolve(app, err);
  if (status == COPSE_OK) status = refuse_idle(app, err);
  if (status != COPSE_OK) return status;
  warn_idle(app);
  if (setting(app, "out")[0]) job->out = setting(app, "out");
  if (strcmp(setting(app, "format"), "libsvm") == 0)
    return fail(err, COPSE_ERR_UNSUPPORTED,
                "format=libsvm: a profile reads CSV files and tables of a database");
  status = take_files(app, job, err);
  if (status != COPSE_OK) return status;
  job->format = choose_form(setting(app, "format"), job->out);
  copse_read_options read = settings_read_options(app, COPSE_READ_TRAIN);
  bool csv = read.separator != 0 || strcmp(setting(app, "format"), "csv") == 0;
  job->options = (copse_profile_options){.target = setting(app, "target"),
                                         .positive = setting(app, "positive"),
                                         .against = (const char *const *)job->against,
                                         .n_against = job->n_against,
                                         .n_samples = (uint32_t)copse_params_get_int(app->params, "samples"),
                                         .missing_values = read.missing_values,
                                         .ignore_column = read.ignore_column,
                                         .column_types = setting(app, "type"),
                                         .date_order = order_of(setting(app, "date_order")),
                                         .memory_bytes = memory_of(app),
                                         .format = csv ? COPSE_FORMAT_CSV : COPSE_FORMAT_AUTO,
                                         .separator = read.separator,
                                         .header = read.header,
                                         .values = values_of(setting(app, "values")),
                                         .n_threads = read.n_threads,
                                         .command = app->words,
                                         .n_command = app->n_words,
                                         .started = job->started,
                                         .clock = clock_seconds};
  return COPSE_OK;
}

static copse_status write_document(const struct profile_job *job, const copse_text *text, copse_error *err) {
  struct output out;
  copse_status status = output_open(job->out, &out, err);
  if (status == COPSE_OK) status = output_write(&out, text->data, text->length, err);
  if (status == COPSE_OK) status = output_commit(&out, err);
  output_discard(&out);
  return status;
}

/* lint=error: the document is written all the same. */
static copse_status judge(const struct app *app, const copse_profile *profile, copse_error *err) {
  uint32_t n = 0, n_alerts = copse_profile_n_alerts(profile);
  while (n < n_alerts && copse_profile_alert_level(profile, n) == COPSE_ALERT_CRITICAL) n++;
  if (n == 0 || strcmp(setting(app, "lint"), "error") != 0) return COPSE_OK;
  return fail(err, COPSE_ERR_DATA, "%u critical: %s", n, copse_profile_alert_text(profile, 0));
}

/* What the document says at its place is said here too when the document is a file. */
static void tell_changes(struct profile_job *job, const copse_profile *profile) {
  uint32_t n = copse_profile_n_changes(profile);
  bool file = strcmp(job->out, "-") != 0;
  for (uint32_t i = 0; i < n; i++) {
    if (copse_profile_change_level(profile, i) == COPSE_ALERT_NOTE) continue;
    job->changed = true;
    if (file) console_warning("changed: %s", copse_profile_change_text(profile, i));
  }
  if (file && setting(job->app, "check")[0]) console_line("changes: %u", n);
}

static copse_status make_document(struct profile_job *job, copse_profile *profile, copse_error *err) {
  copse_text text = {.ctx = job->app->ctx};
  copse_profile_write(profile, job->format, &text);
  copse_status status = text.failed ? fail_memory(err, "the profile") : write_document(job, &text, err);
  copse_text_release(&text);
  return status;
}

static copse_status work(void *user, copse_error *err) {
  struct profile_job *job = user;
  struct app *app = job->app;
  double started = clock_seconds();
  note_start(job);
  copse_profile *profile = NULL;
  struct earlier_profile earlier = {.root = NULL};
  copse_status status = output_probe(job->out, err);
  if (status == COPSE_OK && setting(app, "check")[0]) {
    status = earlier_profile_read(app, setting(app, "check"), &earlier, err);
    job->options.earlier = &earlier.is;
  }
  if (status == COPSE_OK) {
    console_status(true, "profiling %s", job->files[0]);
    status = copse_profile_run(app->ctx, (const char *const *)job->files, job->n_files, &job->options,
                               &profile, err);
    console_status_end();
  }
  if (status == COPSE_OK) status = make_document(job, profile, err);
  if (status == COPSE_OK) tell_changes(job, profile);
  if (status == COPSE_OK && strcmp(job->out, "-") != 0) {
    console_line("alerts: %u", copse_profile_n_alerts(profile));
    console_line("seconds_total: %.3f", clock_seconds() - started);
    console_line("memory_peak_mb: %.1f", (double)copse_context_memory_peak(app->ctx) / (1 << 20));
    console_line("profile: %s", job->out);
  }
  if (status == COPSE_OK) status = judge(app, profile, err);
  copse_profile_free(profile);
  earlier_profile_release(&earlier);
  return status;
}

static int finish(void *user) {
  const struct profile_job *job = user;
  return job->changed ? EXIT_CHANGED : EXIT_DONE;
}

int cmd_profile(struct app *app) {
  struct profile_job job = {.app = app, .out = "-"};
  int code = run_phases(app, &job, plan, work, finish);
  copse_free(job.files);
  copse_free(job.against);
  return code;
}
