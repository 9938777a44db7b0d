/* read_csv.c - CSV and TSV into a frame.
 *
 * The order of work: separator and header from the first records; roles from the options or the schema; one
 * pass over the text, batch by batch, that reads every wanted column as numbers (or looks its texts up in the
 * schema's dictionaries); in TRAIN a second pass over the columns whose first text came late; then label,
 * weight, groups and features. */
#include <stdio.h>
#include <string.h>

#include "read/codes.h"
#include "read/csv_job.h"

bool csv_detect(const struct read_job *job) {
  (void)job;
  return true;
}

static bool locate(void *state, uint64_t row, uint32_t column, struct read_cell *out) {
  return csv_stream_find(state, row, column, out);
}

/* ---- columns ---- */

static enum csv_kind kind_of(const struct csv_job *csv, uint32_t i, const struct dictionary **known) {
  const struct read_job *job = csv->job;
  bool predict = job->options->task == COPSE_READ_PREDICT;
  switch (csv->plan.roles[i]) {
    case ROLE_NUMBER: return CSV_NUMBER;
    case ROLE_CODES: return CSV_CODES;
    case ROLE_TEXT: *known = &job->applied->levels[csv->plan.feature[i]]; return CSV_LOOKUP;
    case ROLE_LABEL:
      if (job->applied == NULL || job->applied->label.coding != LABEL_TEXT) return CSV_NUMBER;
      *known = &job->applied->classes;
      return CSV_LOOKUP;
    case ROLE_WEIGHT: return predict && csv->plan.label < 0 ? CSV_SKIP : CSV_NUMBER;
    case ROLE_GROUP: return predict && csv->plan.label < 0 ? CSV_SKIP : CSV_NUMBER;
    default: return CSV_SKIP;
  }
}

/* Whether text makes a dictionary of a column that is read as numbers. */
static bool may_be_text(const struct csv_job *csv, uint32_t i) {
  const struct column_plan *plan = &csv->plan;
  enum column_role role = plan->roles[i];
  if (role == ROLE_GROUP) return true;
  if (csv->job->applied != NULL) return false;
  return (role == ROLE_NUMBER && (plan->categorical[i] || plan->any_text)) ||
         (role == ROLE_LABEL && csv->job->options->label_kind != COPSE_LABEL_NUMBER &&
          csv->job->options->label_kind != COPSE_LABEL_NUMBERS);
}

static copse_status make_columns(struct csv_job *csv, copse_error *err) {
  copse_context *ctx = csv->job->ctx;
  uint32_t n = csv->plan.n_columns;
  csv->columns = copse_alloc_zero(ctx, n, sizeof *csv->columns);
  csv->codes = copse_alloc_zero(ctx, n, sizeof *csv->codes);
  if (csv->columns == NULL || csv->codes == NULL)
    return report_memory(err, "the columns", csv->job->source.path);
  for (uint32_t i = 0; i < n; i++) {
    struct csv_column *column = &csv->columns[i];
    column->packed.ctx = column->levels.ctx = column->texts.ctx = ctx;
    column->kind = kind_of(csv, i, &column->known);
    column->clip = role_is_feature(csv->plan.roles[i]);
    column->may_be_text = column->kind == CSV_NUMBER && may_be_text(csv, i);
    column->bad_row = UINT64_MAX;
  }
  return COPSE_OK;
}

/* Memory for a column's codes. */
static bool add_codes(struct csv_job *csv, uint32_t i) {
  csv->codes[i] = copse_alloc(csv->job->ctx, csv->stream.n_rows, sizeof *csv->codes[i]);
  return csv->codes[i] != NULL;
}

/* The name for messages, "" without header. */
static const char *name_of(const struct csv_job *csv, uint32_t i) { return csv->plan.names[i]; }

static void refuse_text(struct csv_job *csv, uint32_t i) {
  char sentence[560], how[160];
  const struct column_plan *plan = &csv->plan;
  uint32_t index = i;
  for (uint32_t k = 0; k < plan->n_labels; k++) index -= plan->labels[k] < i;
  if (csv->job->applied != NULL)
    snprintf(sentence, sizeof sentence,
             "expected a number as in training, found %%s (correct the cell, or declare a missing token with "
             "missing_values)");
  else {
    if (plan->named)
      snprintf(how, sizeof how, "name:%.100s", show(name_of(csv, i), strlen(name_of(csv, i))).text);
    else
      snprintf(how, sizeof how, "%u", index);
    snprintf(sentence, sizeof sentence,
             "expected a number, found %%s (declare the column with categorical_feature=%s or "
             "categorical_feature=auto, drop it with ignore_column=%s, or declare a missing token with "
             "missing_values)",
             how, how);
  }
  job_problem(csv->job, &csv->locator, csv->columns[i].bad_row, i, name_of(csv, i), sentence);
}

/* Whether more than 95 % of a text column's cells are numbers. */
static bool nearly_numbers(const struct csv_column *column, const int32_t *codes, uint64_t n_rows,
                           bool *is_number) {
  uint64_t n_cells = 0, n_numbers = 0;
  const struct dictionary *levels = &column->levels;
  for (uint32_t k = 0; k < levels->n; k++) {
    double value;
    size_t length = levels->levels[k].length;
    is_number[k] = copse_parse_double(levels->levels[k].text, length, &value) == length;
  }
  for (uint64_t row = 0; row < n_rows; row++) {
    if (codes[row] < 0) continue;
    n_cells++;
    n_numbers += is_number[codes[row]];
  }
  return n_numbers * 100 > n_cells * 95;
}

/* TRAIN, auto, of files: a misspelt cell makes categories of a whole column of numbers. That may be meant; it
 * is said once. */
static copse_status doubt_texts(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  if (!csv->plan.any_text || job->source.parts[0].table) return COPSE_OK; /* a table says what is text */
  for (uint32_t i = 0; i < csv->plan.n_columns; i++) {
    struct csv_column *column = &csv->columns[i];
    if (column->kind != CSV_TEXT || csv->plan.roles[i] != ROLE_NUMBER || csv->plan.categorical[i]) continue;
    bool *is_number = copse_alloc(job->ctx, column->levels.n, sizeof *is_number);
    if (is_number == NULL) return report_memory(err, "the columns", job->source.path);
    bool doubtful = nearly_numbers(column, csv->codes[i], csv->stream.n_rows, is_number);
    copse_free(is_number);
    if (!doubtful) continue;
    struct read_job aside = {.source = job->source};
    job_problem(&aside, &csv->locator, column->bad_row, i, name_of(csv, i),
                "more than 95 % of the column are numbers, but %s makes it categorical "
                "(correct the cell, or declare a missing token with missing_values)");
    size_t size = strlen(aside.problem.text) + 1;
    char *text = frame_alloc(job->storage, size, 1);
    if (text == NULL) return report_memory(err, "the columns", job->source.path);
    job->frame->doubt = memcpy(text, aside.problem.text, size);
    return COPSE_OK;
  }
  return COPSE_OK;
}

/* Columns whose first text came behind the first batch are read a second time. */
static copse_status read_late_texts(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  uint32_t n = csv->plan.n_columns, n_late = 0;
  uint64_t n_rows = csv->stream.n_rows;
  enum csv_kind *kinds = copse_alloc(job->ctx, n, sizeof *kinds);
  if (kinds == NULL) return report_memory(err, "the columns", job->source.path);
  for (uint32_t i = 0; i < n; i++) {
    struct csv_column *column = &csv->columns[i];
    bool late = column->kind == CSV_NUMBER && column->may_be_text && column->bad_row != UINT64_MAX;
    kinds[i] = late ? CSV_TEXT : column->kind;
    column->kind = late ? CSV_TEXT : CSV_SKIP;
    if (late) packed_release(&column->packed);
    n_late += late;
  }
  copse_status status = COPSE_OK;
  if (n_late > 0) status = csv_parse(&csv->stream, &job->missing, csv->columns, job->options->n_threads, err);
  if (status == COPSE_OK && csv->stream.n_rows != n_rows)
    status = report(err, COPSE_ERR_DATA, "%s: the file was changed while it was read (read it again)",
                    job->source.path);
  for (uint32_t i = 0; i < n; i++) csv->columns[i].kind = kinds[i];
  copse_free(kinds);
  return status;
}

/* One task a column; `failed` where memory ran out. */
struct columns_task {
  struct csv_job *csv;
  bool *failed; /* [n_columns] */
  struct codes_column *items;
};

static void seal_column(void *user, size_t i, int thread) {
  (void)thread;
  struct columns_task *task = user;
  struct csv_column *column = &task->csv->columns[i];
  if (column->kind == CSV_TEXT) {
    task->failed[i] = !csv_seal_texts(column, task->csv->codes[i]);
  } else if (column->kind == CSV_LOOKUP) {
    packed_read_codes(&column->packed, 0, column->packed.n_rows, task->csv->codes[i]);
    packed_release(&column->packed);
  }
}

static bool any(const bool *flags, size_t n) { return memchr(flags, true, n * sizeof *flags) != NULL; }

/* Columns in which numbers were looked for and text was found. */
static copse_status resolve_texts(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  uint32_t n = csv->plan.n_columns;
  for (uint32_t i = 0; i < n; i++) {
    struct csv_column *column = &csv->columns[i];
    if (column->kind == CSV_NUMBER && column->bad_row != UINT64_MAX && !column->may_be_text &&
        csv->plan.roles[i] == ROLE_NUMBER)
      refuse_text(csv, i);
  }
  copse_status status = read_late_texts(csv, err);
  if (status != COPSE_OK) return status;
  struct columns_task task = {.csv = csv, .failed = copse_alloc_zero(job->ctx, n, sizeof *task.failed)};
  bool ok = task.failed != NULL;
  for (uint32_t i = 0; i < n && ok; i++)
    if (csv->columns[i].kind == CSV_TEXT || csv->columns[i].kind == CSV_LOOKUP) ok = add_codes(csv, i);
  if (ok) copse_parallel_for(job->options->n_threads, n, seal_column, &task);
  ok = ok && !any(task.failed, n);
  copse_free(task.failed);
  return ok ? doubt_texts(csv, err) : report_memory(err, "dictionaries", job->source.path);
}

/* ---- features ---- */

static void convert_one(void *user, size_t i, int thread) {
  (void)thread;
  struct columns_task *task = user;
  struct codes_column *item = &task->items[i];
  struct packed_column *packed = &task->csv->columns[i].packed;
  if (item->out == NULL) return;
  double *numbers = copse_alloc(item->ctx, item->n_rows, sizeof *numbers);
  item->failed = numbers == NULL;
  if (item->failed) return;
  packed_read(packed, 0, item->n_rows, numbers);
  packed_release(packed);
  item->numbers = numbers;
  codes_convert(item);
  item->numbers = NULL;
  copse_free(numbers);
}

/* Whether a column of numbers is categories. */
static bool is_codes(const struct csv_job *csv, uint32_t i) {
  const struct csv_column *column = &csv->columns[i];
  if (csv->job->applied != NULL) return column->kind == CSV_CODES;
  return csv->plan.roles[i] == ROLE_NUMBER && column->kind == CSV_NUMBER && csv->plan.categorical[i] &&
         column->bad_row == UINT64_MAX;
}

static void take_codes(struct csv_job *csv, uint32_t i, const struct codes_column *item) {
  struct csv_column *column = &csv->columns[i];
  if (item->bad_row < column->bad_row) column->bad_row = item->bad_row;
  column->n_unseen += item->n_unseen;
  if (csv->job->applied == NULL && item->bad_row != UINT64_MAX)
    job_problem(
        csv->job, &csv->locator, item->bad_row, i, name_of(csv, i),
        "category codes are whole numbers below 2^31, found %s (recode the column, or quote its texts)");
}

/* Number columns that are categories become codes, in parallel over columns. sets [n_columns] gets TRAIN's
 * codes. */
static copse_status convert_codes(struct csv_job *csv, struct code_set *sets, copse_error *err) {
  struct read_job *job = csv->job;
  const struct column_plan *plan = &csv->plan;
  uint32_t n = plan->n_columns;
  struct codes_column *items = copse_alloc_zero(job->ctx, n, sizeof *items);
  bool ok = items != NULL;
  for (uint32_t i = 0; i < n && ok; i++) {
    if (!is_codes(csv, i)) continue;
    ok = add_codes(csv, i);
    items[i] = (struct codes_column){
        .ctx = job->ctx,
        .n_rows = csv->stream.n_rows,
        .known = job->applied == NULL ? NULL : &job->applied->code_sets[plan->feature[i]],
        .out = csv->codes[i]};
  }
  if (ok)
    copse_parallel_for(job->options->n_threads, n, convert_one,
                       &(struct columns_task){.csv = csv, .items = items});
  for (uint32_t i = 0; i < n && ok; i++) {
    if (items[i].out == NULL) continue;
    sets[i] = items[i].set;
    ok = !items[i].failed;
    if (ok) take_codes(csv, i, &items[i]);
  }
  copse_free(items);
  return ok ? COPSE_OK : report_memory(err, "categories", job->source.path);
}

enum column_role csv_final_role(const struct csv_job *csv, uint32_t i) {
  enum column_role role = csv->plan.roles[i];
  if (csv->job->applied != NULL || role != ROLE_NUMBER) return role;
  if (csv->columns[i].kind == CSV_TEXT) return ROLE_TEXT;
  return csv->codes[i] != NULL ? ROLE_CODES : ROLE_NUMBER;
}

/* TRAIN: the schema takes over the dictionaries and code sets. */
static copse_status make_schema(struct csv_job *csv, struct label_form form, struct code_set *sets,
                                copse_error *err) {
  struct read_job *job = csv->job;
  const struct column_plan *plan = &csv->plan;
  copse_frame_schema *schema = frame_schema_create(job->ctx);
  bool ok = schema != NULL && frame_schema_set_missing(schema, job->options->missing_values);
  job->frame->schema = schema;
  for (uint32_t i = 0; i < plan->n_columns && ok; i++)
    ok = frame_schema_add_column(schema, csv_final_role(csv, i), plan->names[i], strlen(plan->names[i]));
  ok = ok && frame_schema_order_labels(schema, plan->labels, plan->n_labels); /* which are those columns */
  if (!ok || !frame_schema_set_label(schema, form) || !frame_schema_finish(schema))
    return report_memory(err, "the schema", job->source.path);
  schema->separator = csv->stream.separator;
  schema->named = plan->named;
  for (uint32_t i = 0; i < plan->n_columns; i++) {
    struct csv_column *column = &csv->columns[i];
    struct dictionary *target = NULL;
    if (schema->columns[i].role == ROLE_TEXT) target = &schema->levels[schema->columns[i].feature];
    if (schema->columns[i].role == ROLE_LABEL && form.coding == LABEL_TEXT) target = &schema->classes;
    if (target != NULL) {
      *target = column->levels;
      column->levels = (struct dictionary){.ctx = job->ctx};
    }
    if (schema->columns[i].role == ROLE_CODES) {
      schema->code_sets[schema->columns[i].feature] = sets[i];
      sets[i] = (struct code_set){NULL, 0};
    }
  }
  return COPSE_OK;
}

/* ---- label, weight, groups ---- */

/* A column as a field; its numbers, where it has some, are the caller's to free. False: out of memory. */
static bool field_of(const struct csv_job *csv, int32_t i, struct read_field *out) {
  const struct csv_column *column = &csv->columns[i];
  uint64_t n_rows = csv->stream.n_rows;
  *out = (struct read_field){.column = (uint32_t)i,
                             .name = name_of(csv, (uint32_t)i),
                             .codes = csv->codes[i],
                             .levels = column->known != NULL ? column->known : &column->levels,
                             .bad_row = column->kind == CSV_TEXT ? UINT64_MAX : column->bad_row};
  if (out->codes != NULL) return true;
  out->numbers = copse_alloc(csv->job->ctx, n_rows, sizeof *out->numbers);
  if (out->numbers != NULL) packed_read(&column->packed, 0, n_rows, out->numbers);
  return out->numbers != NULL;
}

enum field_kind { FIELD_LABEL, FIELD_WEIGHT, FIELD_GROUP };

static copse_status set_field(struct csv_job *csv, int32_t i, enum field_kind kind, struct label_place place,
                              struct label_form *form, copse_error *err) {
  struct read_job *job = csv->job;
  struct read_field field;
  copse_status status = COPSE_OK;
  if (i < 0 || csv->columns[i].kind == CSV_SKIP) return COPSE_OK;
  if (!field_of(csv, i, &field)) return report_memory(err, "the columns", job->source.path);
  switch (kind) {
    case FIELD_LABEL: status = fields_set_label(job, &field, place, &csv->locator, form, err); break;
    case FIELD_WEIGHT: status = fields_set_weight(job, &field, &csv->locator, err); break;
    case FIELD_GROUP: status = fields_set_group(job, &field, &csv->locator, err); break;
  }
  copse_free(field.numbers);
  packed_release(&csv->columns[i].packed);
  return status;
}

static copse_status set_fields(struct csv_job *csv, struct label_form *form, copse_error *err) {
  const struct column_plan *plan = &csv->plan;
  struct label_place place = {0, plan->n_labels};
  copse_status status = COPSE_OK;
  for (; place.index < place.n && status == COPSE_OK; place.index++)
    status = set_field(csv, (int32_t)plan->labels[place.index], FIELD_LABEL, place, form, err);
  if (status == COPSE_OK) status = set_field(csv, plan->weight, FIELD_WEIGHT, place, form, err);
  if (status == COPSE_OK) status = set_field(csv, plan->group, FIELD_GROUP, place, form, err);
  return status;
}

/* After the first pass: rows, and that every file has some. */
static copse_status note_rows(const struct csv_job *csv, copse_error *err) {
  const struct source *source = &csv->job->source;
  csv->job->frame->n_rows = csv->stream.n_rows;
  csv->job->frame->n_bytes = csv->stream.n_bytes;
  for (size_t i = 0; i < source->n_parts; i++)
    if (source->parts[i].n_rows == 0)
      return report(err, COPSE_ERR_DATA,
                    "%s: no rows: the file has only a header (add rows, or give header=false)",
                    source->parts[i].path);
  return COPSE_OK;
}

static copse_status read_rows(struct csv_job *csv, struct code_set *sets, copse_error *err) {
  struct read_job *job = csv->job;
  struct label_form form = {.coding = LABEL_NUMBER};
  copse_status status = make_columns(csv, err);
  if (status == COPSE_OK)
    status = csv_parse(&csv->stream, &job->missing, csv->columns, job->options->n_threads, err);
  if (status == COPSE_OK) status = note_rows(csv, err);
  if (status == COPSE_OK) status = resolve_texts(csv, err);
  if (status == COPSE_OK) status = convert_codes(csv, sets, err);
  if (status == COPSE_OK) status = set_fields(csv, &form, err);
  if (status == COPSE_OK && job->applied == NULL && !job->problem.set)
    status = make_schema(csv, form, sets, err);
  if (status == COPSE_OK && job->frame->schema != NULL) status = csv_make_features(csv, err);
  return status == COPSE_OK ? job_check(job, err) : status;
}

copse_status csv_read(struct read_job *job, copse_error *err) {
  struct csv_job csv = {.job = job, .names.ctx = job->ctx};
  csv.locator = (struct read_locator){locate, &csv.stream};
  struct code_set *sets = NULL;
  copse_status status = csv_open(&csv, err);
  if (status == COPSE_OK) {
    sets = copse_alloc_zero(job->ctx, csv.plan.n_columns, sizeof *sets);
    status = sets == NULL ? report_memory(err, "categories", job->source.path) : read_rows(&csv, sets, err);
  }
  for (uint32_t i = 0; i < csv.plan.n_columns; i++) {
    if (csv.columns != NULL) {
      dictionary_release(&csv.columns[i].levels);
      arena_release(&csv.columns[i].texts);
      packed_release(&csv.columns[i].packed);
    }
    if (csv.codes != NULL) copse_free(csv.codes[i]);
    if (sets != NULL) copse_free(sets[i].codes);
  }
  copse_free(sets);
  copse_free(csv.columns);
  copse_free(csv.codes);
  copse_free(csv.plan.names);
  copse_text_release(&csv.names);
  roles_release(&csv.plan);
  csv_stream_release(&csv.stream);
  return status;
}
