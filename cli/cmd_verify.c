/* cmd_verify.c - what a model promises, and whether it keeps it. Rows that break a promise are printed as
 * CSV, so that they can be predicted. */
#include <inttypes.h>
#include <stdio.h>

#include "cli.h"
#include "console.h"
#include "model_file.h"

struct verify_job {
  const copse_model *model;
  const copse_frame_schema *schema;
  int n_constraints, n_of[3]; /* by verdict */
};

static const char *const verdict_names[] = {"proved", "broken", "not proved"};

static void print_cell(const struct verify_job *job, uint32_t feature, double value) {
  char text[32];
  const char *level = NULL;
  if (value >= 0 && value < copse_frame_schema_n_levels(job->schema, feature))
    level = copse_frame_schema_level(job->schema, feature, (uint32_t)value);
  if (level) {
    fputs(level, stdout);
  } else if (value == value) { /* a missing value is an empty cell */
    copse_format_double(value, text, sizeof text);
    fputs(text, stdout);
  }
  putchar(',');
}

static void print_rows(const struct verify_job *job, const copse_verification *result) {
  char text[32];
  uint32_t n = copse_model_n_features(job->model);
  printf("  ");
  for (uint32_t f = 0; f < n; f++) printf("%s,", copse_frame_schema_name(job->schema, f));
  printf("raw score");
  if (copse_model_n_outputs(job->model) > 1) printf(" of output %d", result->output);
  putchar('\n');
  for (int r = 0; r < result->n_rows; r++) {
    printf("  ");
    for (uint32_t f = 0; f < n; f++) print_cell(job, f, result->rows[(size_t)r * n + f]);
    copse_format_double(result->scores[r], text, sizeof text);
    printf("%s\n", text);
  }
}

static void print_result(void *user, const copse_verification *result) {
  struct verify_job *job = user;
  const char *name = copse_frame_schema_name(job->schema, result->feature);
  job->n_constraints++;
  job->n_of[result->verdict]++;
  if (!result->interaction) {
    printf("%s %s: %s\n", name, result->sign > 0 ? "increasing" : "decreasing",
           verdict_names[result->verdict]);
  } else if (result->verdict == COPSE_PROVED) {
    printf("interactions: proved\n");
  } else if (result->other == UINT32_MAX) {
    printf("interactions: %s (%s is used outside its groups)\n", verdict_names[result->verdict], name);
  } else {
    printf("interactions: %s (%s and %s meet on a path)\n", verdict_names[result->verdict], name,
           copse_frame_schema_name(job->schema, result->other));
  }
  if (result->verdict == COPSE_REFUTED) print_rows(job, result);
}

int cmd_verify(struct app *app) {
  copse_error err;
  copse_model *model = NULL;
  copse_frame_schema *schema = NULL;
  struct verify_job job = {0};
  const char *path;
  if (!model_named(app, &path, &err)) return end_refused(app->command, &err);
  copse_status status = model_load(app, path, &model, &schema, &err);
  job.model = model;
  job.schema = schema;
  if (status == COPSE_OK) status = copse_model_verify(model, 0, print_result, &job, &err);
  if (status == COPSE_OK && job.n_constraints == 0) printf("%s states no constraints\n", path);
  copse_frame_schema_free(schema);
  copse_model_free(model);
  if (status != COPSE_OK) return end_failed(&err);
  if (job.n_of[COPSE_REFUTED] > 0) return EXIT_REFUTED;
  return job.n_of[COPSE_UNDECIDED] > 0 ? EXIT_UNDECIDED : EXIT_DONE;
}
