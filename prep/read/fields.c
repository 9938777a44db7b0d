/* fields.c - label, weight and groups from parsed columns.
 *
 * The label of a two-class task is 0 or 1 whatever the file says: {0, 1} stays, {-1, 1} is shifted, two texts
 * get the codes of their bytewise order. In PREDICT a label that cannot be used is no error: the predictions
 * do not need it, and the reason is kept for the caller. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "read/frame.h"

enum { SENTENCE = 360 };

/* The codings that the numbers seen so far allow. */
struct two_classes {
  bool zero_one, minus_one;
};

/* First row that is no label of the coding, UINT64_MAX when all are. */
static uint64_t first_bad_number(const double *numbers, uint64_t n_rows, enum label_coding coding) {
  for (uint64_t row = 0; row < n_rows; row++) {
    double value = numbers[row];
    bool good = fabs(value) <= FLT_MAX;
    if (coding == LABEL_ZERO_ONE) good = value == 0 || value == 1;
    if (coding == LABEL_MINUS_ONE) good = value == -1 || value == 1;
    if (!good) return row;
  }
  return UINT64_MAX;
}

/* Number labels of a two-class training file: which coding they are in, or the first row that fits neither.
 */
static uint64_t choose_coding(const double *numbers, uint64_t n_rows, enum label_coding *coding) {
  uint64_t bad_zero = first_bad_number(numbers, n_rows, LABEL_ZERO_ONE);
  uint64_t bad_minus = first_bad_number(numbers, n_rows, LABEL_MINUS_ONE);
  *coding = bad_zero == UINT64_MAX || bad_minus != UINT64_MAX ? LABEL_ZERO_ONE : LABEL_MINUS_ONE;
  if (bad_zero == UINT64_MAX || bad_minus == UINT64_MAX) return UINT64_MAX;
  return bad_zero > bad_minus ? bad_zero : bad_minus;
}

/* First row of text labels that is missing, unknown or a third class; UINT64_MAX when all are good. */
static uint64_t first_bad_class(const struct read_field *field, uint64_t n_rows) {
  int32_t seen[2] = {-1, -1};
  for (uint64_t row = 0; row < n_rows; row++) {
    int32_t code = field->codes[row];
    if (code < 0) return row;
    int slot = seen[0] < 0 || seen[0] == code ? 0 : 1;
    if (seen[slot] >= 0 && seen[slot] != code) return row;
    seen[slot] = code;
  }
  return UINT64_MAX;
}

static void describe_bad_number(double value, enum label_coding coding, bool two_class, char *out) {
  if (isnan(value))
    snprintf(out, SENTENCE, "the label is missing: found %%s (remove the row, or fill the label in)");
  else if (fabs(value) > FLT_MAX)
    snprintf(out, SENTENCE, "the label is not finite in 32 bits: found %%s (remove the row, or correct it)");
  else if (two_class)
    snprintf(out, SENTENCE,
             "expected a label of two classes, %s, found %%s (recode it, or choose an objective that fits)",
             coding == LABEL_MINUS_ONE ? "-1 or 1" : "0 or 1 (or -1 and 1, or two texts)");
}

static void describe_bad_class(const struct read_job *job, const struct read_field *field, int32_t code,
                               const struct dictionary *classes, char *out) {
  char names[120] = "";
  for (uint32_t i = 0; classes != NULL && i < classes->n && i < 2; i++) {
    size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s\"%.40s\"", i > 0 ? " or " : "",
             show(classes->levels[i].text, classes->levels[i].length).text);
  }
  if (job->applied != NULL)
    snprintf(out, SENTENCE, "expected a label of the training data, %s, found %%s (correct it)", names);
  else if (code < 0)
    snprintf(out, SENTENCE, "the label is missing: found %%s (remove the row, or fill the label in)");
  else
    snprintf(out, SENTENCE,
             "found a third class %%s: there are %u, expected two (merge classes, or choose an objective "
             "that fits)",
             field->levels->n);
}

/* First bad label and its sentence; UINT64_MAX when there is none. */
static uint64_t find_bad(const struct read_job *job, const struct read_field *field,
                         enum label_coding *coding, char *sentence) {
  uint64_t n_rows = job->frame->n_rows, row;
  const copse_frame_schema *schema = job->applied;
  bool two_class =
      schema != NULL ? schema->coding != LABEL_NUMBER : job->options->label_kind == COPSE_LABEL_BINARY;
  if (field->numbers == NULL) {
    *coding = LABEL_TEXT;
    row = first_bad_class(field, n_rows);
    if (row != UINT64_MAX)
      describe_bad_class(job, field, field->codes[row], schema != NULL ? &schema->classes : NULL, sentence);
    return row;
  }
  *coding = schema != NULL ? schema->coding : LABEL_NUMBER;
  uint64_t n_good = field->bad_row < n_rows ? field->bad_row : n_rows; /* behind a text nothing was read */
  if (schema == NULL && two_class)
    row = choose_coding(field->numbers, n_good, coding);
  else
    row = first_bad_number(field->numbers, n_good, *coding);
  if (row != UINT64_MAX) {
    describe_bad_number(field->numbers[row], *coding, two_class, sentence);
  } else if (field->bad_row != UINT64_MAX) {
    row = field->bad_row;
    snprintf(
        sentence, SENTENCE,
        "expected a number as label, found %%s (text labels need a two-class objective, objective=binary)");
  }
  return row;
}

static copse_status give_up_label(struct read_job *job, const struct read_field *field,
                                  const struct read_locator *locator, uint64_t row, const char *sentence,
                                  copse_error *err) {
  struct problem kept = job->problem;
  job->problem.set = false;
  job_problem(job, locator, row, field->column, field->name, sentence);
  size_t length = strlen(job->problem.text);
  char *text = frame_alloc(job->storage, length + 1, 1);
  if (text == NULL) return report_memory(err, "the label", job->source.path);
  job->frame->label_problem = memcpy(text, job->problem.text, length + 1);
  job->problem = kept;
  return COPSE_OK;
}

copse_status fields_set_label(struct read_job *job, const struct read_field *field,
                              const struct read_locator *locator, enum label_coding *coding,
                              copse_error *err) {
  char sentence[SENTENCE] = "";
  uint64_t n_rows = job->frame->n_rows, bad = find_bad(job, field, coding, sentence);
  if (bad != UINT64_MAX) {
    if (job->options->task == COPSE_READ_PREDICT)
      return give_up_label(job, field, locator, bad, sentence, err);
    job_problem(job, locator, bad, field->column, field->name, sentence);
    return COPSE_OK;
  }
  if (field->numbers == NULL && job->applied == NULL && field->levels->n < 2) {
    job_problem(job, locator, 0, field->column, field->name,
                "every label is %s: expected two classes (add rows of the other class)");
    return COPSE_OK;
  }
  float *label = frame_alloc(job->storage, n_rows, sizeof *label);
  if (label == NULL) return report_memory(err, "the label", job->source.path);
  for (uint64_t row = 0; row < n_rows; row++) {
    if (field->numbers == NULL)
      label[row] = (float)field->codes[row];
    else if (*coding == LABEL_MINUS_ONE)
      label[row] = field->numbers[row] > 0 ? 1.0f : 0.0f;
    else
      label[row] = (float)field->numbers[row];
  }
  job->frame->label = label;
  return COPSE_OK;
}

copse_status fields_set_weight(struct read_job *job, const struct read_field *field,
                               const struct read_locator *locator, copse_error *err) {
  uint64_t n_rows = job->frame->n_rows;
  float *weight = frame_alloc(job->storage, n_rows, sizeof *weight);
  if (weight == NULL) return report_memory(err, "the weights", job->source.path);
  for (uint64_t row = 0; row < n_rows; row++) {
    double value = row < field->bad_row ? field->numbers[row] : (double)NAN;
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
