/* fields.c - weights and groups from parsed columns. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "read/frame.h"

double repaired_number(double value) {
  if (isnan(value)) return 0;
  return fmin(fmax(value, -1e38), 1e38);
}

copse_status fields_set_weight(struct read_job *job, const struct read_field *field,
                               const struct read_locator *locator, copse_error *err) {
  uint64_t n_rows = job->frame->n_rows;
  float *weight = frame_alloc(job->storage, n_rows, sizeof *weight);
  if (weight == NULL) return report_memory(err, "the weights", job->source.path);
  for (uint64_t row = 0; row < n_rows; row++) {
    double value = row < field->bad_row ? field->numbers[row] : (double)NAN;
    if (job->options->repair && row < field->bad_row) value = repaired_number(value);
    if (!(value >= 0 && value <= FLT_MAX)) {
      job_problem(job, locator, row, field->column, field->name,
                  value < 0 ? "the weight is negative: found %s (weights are finite and at least 0)"
                            : "expected a weight, a finite number of at least 0, found %s");
      return COPSE_OK;
    }
    weight[row] = (float)value;
  }
  job->frame->weight = weight;
  return COPSE_OK;
}

static bool same_group(const struct read_field *field, uint64_t a, uint64_t b) {
  return field->numbers != NULL ? field->numbers[a] == field->numbers[b] : field->codes[a] == field->codes[b];
}

copse_status fields_set_group(struct read_job *job, const struct read_field *field,
                              const struct read_locator *locator, copse_error *err) {
  uint64_t n_rows = job->frame->n_rows, n_groups = n_rows > 0;
  for (uint64_t row = 0; row < n_rows; row++) {
    bool missing = field->numbers != NULL ? isnan(field->numbers[row]) : field->codes[row] < 0;
    if (missing) {
      job_problem(job, locator, row, field->column, field->name,
                  "the query id is missing: found %s (every row belongs to a query)");
      return COPSE_OK;
    }
    n_groups += row > 0 && !same_group(field, row - 1, row);
  }
  int32_t *group = frame_alloc(job->storage, n_groups, sizeof *group);
  if (group == NULL) return report_memory(err, "the groups", job->source.path);
  uint64_t at = 0;
  memset(group, 0, n_groups * sizeof *group);
  for (uint64_t row = 0; row < n_rows; row++) {
    if (row > 0 && !same_group(field, row - 1, row)) at++;
    if (group[at] == INT32_MAX)
      return report(err, COPSE_ERR_DATA, "%s: a query has more than 2^31 rows", job->source.path);
    group[at]++;
  }
  job->frame->group = group;
  job->frame->n_groups = n_groups;
  return COPSE_OK;
}
