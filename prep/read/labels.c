/* labels.c - the label from a parsed column.
 *
 * The label of a task with classes is the class's number whatever the file says. Two classes: {0, 1} stays,
 * {-1, 1} is shifted. Many: whole numbers from 0 stay. Texts get the codes of their bytewise order. In
 * PREDICT a label that cannot be used is no error: the predictions do not need it, and the reason is kept for
 * the caller. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "read/frame.h"

enum { SENTENCE = 400 };

struct label_job {
  struct read_job *job;
  const struct read_field *field;
  uint64_t n_rows; /* those that were read as the field's kind: behind a text among numbers nothing was */
  copse_label_kind kind;
  uint32_t n_wanted;      /* classes; 0: as many as are found */
  struct label_form form; /* result */
  uint64_t bad_row;       /* result: first row that is no label, UINT64_MAX when all are */
  char sentence[SENTENCE];
};

static bool is_whole(double value, double end) { return value >= 0 && value < end && value == floor(value); }

/* First row that is no label of the form, UINT64_MAX when all are. */
static uint64_t first_bad_number(const struct label_job *label, struct label_form form) {
  const double *numbers = label->field->numbers;
  for (uint64_t row = 0; row < label->n_rows; row++) {
    double value = numbers[row];
    bool good = fabs(value) <= FLT_MAX;
    if (form.coding == LABEL_ZERO_ONE) good = value == 0 || value == 1;
    if (form.coding == LABEL_MINUS_ONE) good = value == -1 || value == 1;
    if (form.coding == LABEL_WHOLE) good = is_whole(value, (double)form.n_classes);
    if (!good) return row;
  }
  return UINT64_MAX;
}

/* ---- sentences ---- */

static bool no_number(struct label_job *label, double value) {
  if (isnan(value))
    snprintf(label->sentence, SENTENCE,
             "the label is missing: found %%s (remove the row, or fill the label in)");
  else if (fabs(value) > FLT_MAX)
    snprintf(label->sentence, SENTENCE,
             "the label is not finite in 32 bits: found %%s (remove the row, or correct it)");
  else
    return false;
  return true;
}

/* The largest label when all are whole numbers from 0, else -1. */
static double largest_class(const struct label_job *label) {
  double most = -1;
  for (uint64_t row = 0; row < label->n_rows; row++) {
    double value = label->field->numbers[row];
    if (!is_whole(value, MAX_CLASSES)) return -1;
    if (value > most) most = value;
  }
  return most;
}

static void describe_bad_number(struct label_job *label, double value) {
  uint32_t n = label->form.n_classes;
  if (no_number(label, value)) return;
  if (label->form.coding != LABEL_WHOLE) {
    snprintf(label->sentence, SENTENCE,
             "expected a label of two classes, %s, found %%s (recode it, or choose an objective that fits)",
             label->form.coding == LABEL_MINUS_ONE ? "-1 or 1" : "0 or 1 (or -1 and 1, or two texts)");
    return;
  }
  double most = label->job->applied == NULL ? largest_class(label) : -1;
  char remedy[120] = "recode it: classes are the whole numbers from 0, or texts";
  if (most >= n)
    snprintf(remedy, sizeof remedy, "set num_class=%.0f; classes are the whole numbers from 0", most + 1);
  snprintf(label->sentence, SENTENCE, "expected a class, a whole number from 0 to %u, found %%s (%s)", n - 1,
           remedy);
}

/* "a", "b", "c" ... 7 in all */
static void list_classes(const struct dictionary *classes, char *out, size_t capacity) {
  size_t used = 0;
  uint32_t shown = classes->n <= 4 ? classes->n : 3;
  for (uint32_t i = 0; i < shown; i++) {
    const char *gap = i == 0 ? "" : i + 1 == classes->n ? " or " : ", ";
    used += (size_t)snprintf(out + used, capacity - used, "%s\"%.40s\"", gap,
                             show(classes->levels[i].text, classes->levels[i].length).text);
  }
  if (shown < classes->n) snprintf(out + used, capacity - used, " ... %u in all", classes->n);
}

static void describe_bad_class(struct label_job *label, int32_t code) {
  char names[240] = "";
  uint32_t n = label->field->levels->n;
  if (label->job->applied != NULL) {
    list_classes(&label->job->applied->classes, names, sizeof names);
    snprintf(label->sentence, SENTENCE, "expected a label of the training data, %s, found %%s (correct it)",
             names);
  } else if (code < 0) {
    snprintf(label->sentence, SENTENCE,
             "the label is missing: found %%s (remove the row, or fill the label in)");
  } else if (label->kind == COPSE_LABEL_BINARY) {
    snprintf(label->sentence, SENTENCE,
             "found a third class %%s: there are %u, expected two (merge classes, or choose an objective "
             "that fits)",
             n);
  } else if (n > MAX_CLASSES) {
    snprintf(label->sentence, SENTENCE, "found the class %%s: there are %u, expected at most %d", n,
             MAX_CLASSES);
  } else {
    snprintf(label->sentence, SENTENCE,
             "found one class more, %%s: there are %u, num_class is %u (set num_class=%u, or merge classes)",
             n, label->n_wanted, n);
  }
}

/* ---- numbers ---- */

/* Two classes: which coding the numbers are in, or the first row that fits neither. */
static void choose_two(struct label_job *label) {
  uint64_t bad_zero = first_bad_number(label, (struct label_form){LABEL_ZERO_ONE, 0});
  uint64_t bad_minus = first_bad_number(label, (struct label_form){LABEL_MINUS_ONE, 0});
  bool minus = bad_minus == UINT64_MAX && bad_zero != UINT64_MAX;
  label->form.coding = minus ? LABEL_MINUS_ONE : LABEL_ZERO_ONE;
  label->bad_row = UINT64_MAX;
  if (bad_zero != UINT64_MAX && bad_minus != UINT64_MAX)
    label->bad_row = bad_zero > bad_minus ? bad_zero : bad_minus;
}

/* Classes are to be counted: each number from 0 to the largest must come. */
static copse_status count_classes(struct label_job *label, copse_error *err) {
  double most = largest_class(label);
  label->form = (struct label_form){LABEL_WHOLE, most < 0 ? MAX_CLASSES : (uint32_t)most + 1};
  label->bad_row = first_bad_number(label, label->form);
  if (label->bad_row != UINT64_MAX || label->n_rows == 0) return COPSE_OK;
  bool *seen = copse_alloc_zero(label->job->ctx, label->form.n_classes, sizeof *seen);
  if (seen == NULL) return report_memory(err, "the classes", label->job->source.path);
  uint64_t largest_row = 0;
  for (uint64_t row = label->n_rows; row-- > 0;) {
    seen[(size_t)label->field->numbers[row]] = true;
    if (label->field->numbers[row] == most) largest_row = row;
  }
  const bool *gap = memchr(seen, false, label->form.n_classes);
  if (gap != NULL) {
    label->bad_row = largest_row;
    snprintf(label->sentence, SENTENCE,
             "found the class %%s, but class %u never comes (recode: classes are the numbers from 0 without "
             "gaps; or set num_class=%u)",
             (unsigned)(gap - seen), label->form.n_classes);
  } else if (label->form.n_classes < 2) {
    label->bad_row = 0;
    snprintf(label->sentence, SENTENCE,
             "every label is %%s: expected two classes (add rows of another class)");
  }
  copse_free(seen);
  return COPSE_OK;
}

/* As LightGBM takes labels. */
static void repair_numbers(const struct label_job *label) {
  bool whole =
      label->job->applied == NULL ? label->kind == COPSE_LABEL_CLASS : label->form.coding == LABEL_WHOLE;
  double *numbers = label->field->numbers;
  for (uint64_t row = 0; row < label->n_rows; row++) {
    double value = repaired_number(numbers[row]);
    numbers[row] = whole ? trunc(value) : value;
  }
}

/* As LightGBM tells two classes apart where neither coding fits. */
static void repair_two(struct label_job *label) {
  double *numbers = label->field->numbers, low = label->form.coding == LABEL_MINUS_ONE ? -1 : 0;
  for (uint64_t row = 0; row < label->n_rows; row++) numbers[row] = numbers[row] > 0 ? 1 : low;
  label->bad_row = UINT64_MAX;
}

static copse_status check_numbers(struct label_job *label, copse_error *err) {
  const struct read_field *field = label->field;
  const copse_frame_schema *schema = label->job->applied;
  bool repair = label->job->options->repair;
  if (field->bad_row < label->n_rows) label->n_rows = field->bad_row;
  if (repair) repair_numbers(label);
  if (schema == NULL && label->kind == COPSE_LABEL_BINARY) {
    choose_two(label);
  } else if (schema == NULL && label->kind == COPSE_LABEL_CLASS && label->n_wanted == 0) {
    copse_status status = count_classes(label, err);
    if (status != COPSE_OK) return status;
  } else {
    if (schema == NULL && label->kind == COPSE_LABEL_CLASS)
      label->form = (struct label_form){LABEL_WHOLE, label->n_wanted};
    label->bad_row = first_bad_number(label, label->form);
  }
  bool two = label->form.coding == LABEL_ZERO_ONE || label->form.coding == LABEL_MINUS_ONE;
  if (repair && two && label->bad_row != UINT64_MAX) repair_two(label);
  if (label->bad_row != UINT64_MAX) {
    if (label->sentence[0] == '\0') describe_bad_number(label, field->numbers[label->bad_row]);
  } else if (field->bad_row != UINT64_MAX) {
    label->bad_row = field->bad_row;
    snprintf(label->sentence, SENTENCE, "expected a number as label, found %%s (%s)",
             label->form.coding == LABEL_NUMBER
                 ? "text labels need an objective with classes: objective=binary or multiclass"
                 : "the training data had numbers");
  }
  return COPSE_OK;
}

/* ---- texts ---- */

/* First row whose label is missing, unknown, or the first of a class beyond the number wanted. */
static copse_status check_classes(struct label_job *label, copse_error *err) {
  const struct read_field *field = label->field;
  uint32_t n = field->levels->n, limit = label->n_wanted > 0 ? label->n_wanted : MAX_CLASSES, n_seen = 0;
  if (label->job->applied != NULL) limit = n;
  label->form = (struct label_form){.coding = LABEL_TEXT};
  label->bad_row = UINT64_MAX;
  bool *seen = copse_alloc_zero(label->job->ctx, n, sizeof *seen);
  if (seen == NULL) return report_memory(err, "the classes", label->job->source.path);
  for (uint64_t row = 0; row < label->n_rows; row++) {
    int32_t code = field->codes[row];
    if (code >= 0 && !seen[code]) {
      seen[code] = true;
      n_seen++;
    }
    if (code >= 0 && n_seen <= limit) continue;
    label->bad_row = row;
    describe_bad_class(label, code);
    break;
  }
  copse_free(seen);
  if (label->bad_row != UINT64_MAX || label->job->applied != NULL) return COPSE_OK;
  if (n < 2) {
    label->bad_row = 0;
    snprintf(label->sentence, SENTENCE,
             "every label is %%s: expected two classes (add rows of the other class)");
  } else if (n < label->n_wanted) {
    label->bad_row = 0;
    snprintf(
        label->sentence, SENTENCE,
        "the labels are texts of %u classes, num_class is %u (set num_class=%u; a class without rows has "
        "no name)",
        n, label->n_wanted, n);
  }
  return COPSE_OK;
}

/* ---- the frame's label ---- */

static copse_status give_up_label(struct read_job *job, const struct read_locator *locator,
                                  const struct label_job *label, copse_error *err) {
  struct problem kept = job->problem;
  job->problem.set = false;
  job_problem(job, locator, label->bad_row, label->field->column, label->field->name, label->sentence);
  size_t length = strlen(job->problem.text);
  char *text = frame_alloc(job->storage, length + 1, 1);
  if (text == NULL) return report_memory(err, "the label", job->source.path);
  job->frame->label_problem = memcpy(text, job->problem.text, length + 1);
  job->frame->label = NULL;
  job->frame->n_labels = 0;
  job->problem = kept;
  return COPSE_OK;
}

/* The first label makes room for all. */
static copse_status fill_label(struct read_job *job, const struct label_job *label, struct label_place place,
                               copse_error *err) {
  const struct read_field *field = label->field;
  if (place.index == 0) {
    job->frame->label = frame_alloc(job->storage, job->frame->n_rows * place.n, sizeof *job->frame->label);
    if (job->frame->label == NULL) return report_memory(err, "the label", job->source.path);
    job->frame->n_labels = place.n;
  }
  if (job->frame->label == NULL) return COPSE_OK; /* another label of the row cannot be used */
  float *out = job->frame->label + place.index * job->frame->n_rows;
  for (uint64_t row = 0; row < job->frame->n_rows; row++) {
    if (field->numbers == NULL)
      out[row] = (float)field->codes[row];
    else if (label->form.coding == LABEL_MINUS_ONE)
      out[row] = field->numbers[row] > 0 ? 1.0f : 0.0f;
    else
      out[row] = (float)field->numbers[row];
  }
  return COPSE_OK;
}

copse_status fields_set_label(struct read_job *job, const struct read_field *field, struct label_place place,
                              const struct read_locator *locator, struct label_form *form, copse_error *err) {
  const copse_read_options *o = job->options;
  struct label_job label = {.job = job,
                            .field = field,
                            .n_rows = job->frame->n_rows,
                            .kind = o->label_kind,
                            .n_wanted = o->label_kind == COPSE_LABEL_CLASS ? o->n_classes : 2};
  if (job->applied != NULL) label.form = job->applied->label;
  copse_status status = field->numbers == NULL ? check_classes(&label, err) : check_numbers(&label, err);
  *form = label.form;
  if (status != COPSE_OK) return status;
  if (label.bad_row == UINT64_MAX) return fill_label(job, &label, place, err);
  if (o->task == COPSE_READ_PREDICT) return give_up_label(job, locator, &label, err);
  job_problem(job, locator, label.bad_row, field->column, field->name, label.sentence);
  return COPSE_OK;
}
