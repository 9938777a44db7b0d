/* read_csv.c - CSV and TSV into a frame.
 *
 * The order of work: separator and header from the first records; roles from the options or the schema;
 * chunks; one parallel pass that reads every wanted column as numbers (or looks its texts up in the schema's
 * dictionaries); in TRAIN a second pass over the columns that turned out to hold text; then label, weight,
 * groups and features. */
#include <stdio.h>
#include <string.h>

#include "read/codes.h"
#include "read/csv_job.h"

bool csv_detect(const struct read_job *job) {
  (void)job;
  return true;
}

static bool locate(const void *state, uint64_t row, uint32_t column, const char **text, size_t *length) {
  struct csv_cell cell;
  if (!csv_locate(state, row, column, &cell)) return false;
  *text = cell.text;
  *length = cell.length;
  return true;
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
    case ROLE_GROUP: return predict ? CSV_SKIP : CSV_NUMBER;
    default: return CSV_SKIP;
  }
}

/* Columns start in different cache sets: a row is written to all of them at once. */
static copse_status make_columns(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  uint32_t n = csv->plan.n_columns;
  uint64_t n_rows = csv->table.n_rows;
  csv->columns = copse_alloc_zero(job->ctx, n, sizeof *csv->columns);
  csv->blocks = copse_alloc_zero(job->ctx, n, sizeof *csv->blocks);
  if (csv->columns == NULL || csv->blocks == NULL) goto failed;
  for (uint32_t i = 0; i < n; i++) {
    struct csv_column *column = &csv->columns[i];
    column->kind = kind_of(csv, i, &column->known);
    column->clip = role_is_feature(csv->plan.roles[i]);
    if (column->kind == CSV_LOOKUP) {
      column->codes = frame_alloc(job->storage, n_rows, sizeof *column->codes);
      if (column->codes == NULL) goto failed;
    } else if (column->kind != CSV_SKIP) {
      size_t skew = i % 32 * 8;
      csv->blocks[i] = copse_alloc(job->ctx, n_rows + skew, sizeof *column->numbers);
      if (csv->blocks[i] == NULL) goto failed;
      column->numbers = (double *)csv->blocks[i] + skew;
    }
  }
  return COPSE_OK;
failed:
  return report_memory(err, "the columns", job->source.path);
}

/* The name for messages, "" without header. */
static const char *name_of(const struct csv_job *csv, uint32_t i) { return csv->plan.names[i]; }

static void refuse_text(struct csv_job *csv, uint32_t i) {
  char sentence[560], how[160];
  const struct column_plan *plan = &csv->plan;
  uint32_t index = plan->label >= 0 && i > (uint32_t)plan->label ? i - 1 : i;
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
static bool nearly_numbers(const struct csv_column *column, uint64_t n_rows, bool *is_number) {
  uint64_t n_cells = 0, n_numbers = 0;
  const struct dictionary *levels = &column->levels;
  for (uint32_t k = 0; k < levels->n; k++) {
    double value;
    size_t length = levels->levels[k].length;
    is_number[k] = copse_parse_double(levels->levels[k].text, length, &value) == length;
  }
  for (uint64_t row = 0; row < n_rows; row++) {
    if (column->codes[row] < 0) continue;
    n_cells++;
    n_numbers += is_number[column->codes[row]];
  }
  return n_numbers * 100 > n_cells * 95;
}

/* TRAIN, auto: a misspelt cell makes categories of a whole column of numbers. That may be meant; it is said
 * once. */
static copse_status doubt_texts(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  if (!csv->plan.any_text) return COPSE_OK;
  for (uint32_t i = 0; i < csv->plan.n_columns; i++) {
    struct csv_column *column = &csv->columns[i];
    if (column->kind != CSV_TEXT || csv->plan.roles[i] != ROLE_NUMBER || csv->plan.categorical[i]) continue;
    bool *is_number = copse_alloc(job->ctx, column->levels.n, sizeof *is_number);
    if (is_number == NULL) return report_memory(err, "the columns", job->source.path);
    bool doubtful = nearly_numbers(column, csv->table.n_rows, is_number);
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

/* Columns in which numbers were looked for and text was found. */
static copse_status resolve_texts(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  const struct column_plan *plan = &csv->plan;
  for (uint32_t i = 0; i < plan->n_columns; i++) {
    struct csv_column *column = &csv->columns[i];
    if (column->kind != CSV_NUMBER || column->bad_row == UINT64_MAX) continue;
    enum column_role role = plan->roles[i];
    bool dictionary = role == ROLE_GROUP;
    if (job->applied == NULL)
      dictionary |= (role == ROLE_NUMBER && (plan->categorical[i] || plan->any_text)) ||
                    (role == ROLE_LABEL && job->options->label_kind != COPSE_LABEL_NUMBER);
    if (!dictionary) {
      if (role == ROLE_NUMBER) refuse_text(csv, i);
      continue;
    }
    copse_free(csv->blocks[i]);
    csv->blocks[i] = column->numbers = NULL;
    column->kind = CSV_TEXT;
    column->codes = frame_alloc(job->storage, csv->table.n_rows, sizeof *column->codes);
    if (column->codes == NULL) return report_memory(err, "the columns", job->source.path);
  }
  copse_status status = csv_parse_texts(job->ctx, &csv->table, &job->missing, csv->columns, plan->n_columns,
                                        job->options->n_threads, err);
  return status == COPSE_OK ? doubt_texts(csv, err) : status;
}

/* ---- features ---- */

struct codes_task {
  struct codes_column *items;
};

static void convert_one(void *user, size_t index, int thread) {
  (void)thread;
  codes_convert(&((struct codes_task *)user)->items[index]);
}

/* Number columns that are categories become codes, in parallel over columns. sets [n_columns] gets TRAIN's
 * codes. */
static copse_status convert_codes(struct csv_job *csv, struct code_set *sets, copse_error *err) {
  struct read_job *job = csv->job;
  const struct column_plan *plan = &csv->plan;
  copse_status status = COPSE_OK;
  uint32_t n = 0;
  struct codes_column *items = copse_alloc_zero(job->ctx, plan->n_columns, sizeof *items);
  uint32_t *where = copse_alloc(job->ctx, plan->n_columns, sizeof *where);
  if (items == NULL || where == NULL) {
    status = report_memory(err, "categories", job->source.path);
    goto done;
  }
  for (uint32_t i = 0; i < plan->n_columns; i++) {
    struct csv_column *column = &csv->columns[i];
    bool train = plan->roles[i] == ROLE_NUMBER && column->kind == CSV_NUMBER && plan->categorical[i] &&
                 column->bad_row == UINT64_MAX && job->applied == NULL;
    if (!train && column->kind != CSV_CODES) continue;
    column->codes = frame_alloc(job->storage, csv->table.n_rows, sizeof *column->codes);
    if (column->codes == NULL) {
      status = report_memory(err, "categories", job->source.path);
      goto done;
    }
    items[n] = (struct codes_column){.ctx = job->ctx,
                                     .n_rows = csv->table.n_rows,
                                     .numbers = column->numbers,
                                     .known = train ? NULL : &job->applied->code_sets[plan->feature[i]],
                                     .out = column->codes};
    where[n++] = i;
  }
  copse_parallel_for(job->options->n_threads, n, convert_one, &(struct codes_task){items});
  for (uint32_t k = 0; k < n; k++) {
    uint32_t i = where[k];
    struct csv_column *column = &csv->columns[i];
    sets[i] = items[k].set;
    if (items[k].failed) status = report_memory(err, "categories", job->source.path);
    if (items[k].bad_row < column->bad_row) column->bad_row = items[k].bad_row;
    column->n_unseen += items[k].n_unseen;
    if (job->applied == NULL && items[k].bad_row != UINT64_MAX)
      job_problem(
          job, &csv->locator, items[k].bad_row, i, name_of(csv, i),
          "category codes are whole numbers below 2^31, found %s (recode the column, or quote its texts)");
    copse_free(csv->blocks[i]);
    csv->blocks[i] = column->numbers = NULL;
  }
done:
  copse_free(items);
  copse_free(where);
  return status;
}

static enum column_role final_role(const struct csv_job *csv, uint32_t i) {
  enum column_role role = csv->plan.roles[i];
  if (csv->job->applied != NULL || role != ROLE_NUMBER) return role;
  if (csv->columns[i].kind == CSV_TEXT) return ROLE_TEXT;
  return csv->columns[i].codes != NULL ? ROLE_CODES : ROLE_NUMBER;
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
    ok = frame_schema_add_column(schema, final_role(csv, i), plan->names[i], strlen(plan->names[i]));
  if (!ok || !frame_schema_set_label(schema, form) || !frame_schema_finish(schema))
    return report_memory(err, "the schema", job->source.path);
  schema->separator = csv->table.separator;
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

static void check_unseen(struct csv_job *csv, uint32_t i) {
  const struct csv_column *column = &csv->columns[i];
  csv->job->frame->n_unseen += column->n_unseen;
  if (column->bad_row != UINT64_MAX && csv->job->options->unseen == COPSE_UNSEEN_ERROR)
    job_problem(csv->job, &csv->locator, column->bad_row, i, name_of(csv, i),
                "the category %s did not occur in training (correct it, or read it as missing with "
                "unseen_category=missing)");
}

static copse_status make_features(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  copse_frame *frame = job->frame;
  const copse_frame_schema *schema = frame->schema;
  const struct column_plan *plan = &csv->plan;
  copse_column *columns = frame_alloc(job->storage, schema->n_features, sizeof *columns);
  frame->categorical = frame_alloc(job->storage, schema->n_features, sizeof *frame->categorical);
  if (columns == NULL || frame->categorical == NULL)
    return report_memory(err, "the features", job->source.path);
  for (uint32_t i = 0; i < plan->n_columns; i++) {
    struct csv_column *column = &csv->columns[i];
    enum column_role role = final_role(csv, i);
    if (!role_is_feature(role)) continue;
    uint32_t f = job->applied != NULL ? plan->feature[i] : schema->columns[i].feature;
    frame->categorical[f] = role != ROLE_NUMBER;
    if (role != ROLE_NUMBER) {
      columns[f] = (copse_column){COPSE_I32, column->codes, 1};
      if (job->applied != NULL) check_unseen(csv, i);
      continue;
    }
    void *block = csv->blocks[i];
    csv->blocks[i] = NULL;
    if (frame_keep(job->storage, block) == NULL) return report_memory(err, "the features", job->source.path);
    columns[f] = (copse_column){COPSE_F64, column->numbers, 1};
  }
  frame->n_features = schema->n_features;
  frame->names = schema->names;
  frame->model_names = schema->model_names;
  frame->table = (copse_table){
      .layout = COPSE_COLUMNS, .n_rows = frame->n_rows, .n_cols = frame->n_features, .columns = columns};
  return COPSE_OK;
}

/* ---- label, weight, groups ---- */

static struct read_field field_of(const struct csv_job *csv, int32_t i) {
  const struct csv_column *column = &csv->columns[i];
  return (struct read_field){.column = (uint32_t)i,
                             .name = name_of(csv, (uint32_t)i),
                             .numbers = column->codes == NULL ? column->numbers : NULL,
                             .codes = column->codes,
                             .levels = column->known != NULL ? column->known : &column->levels,
                             .bad_row = column->kind == CSV_TEXT ? UINT64_MAX : column->bad_row};
}

static copse_status set_fields(struct csv_job *csv, struct label_form *form, copse_error *err) {
  struct read_job *job = csv->job;
  const struct column_plan *plan = &csv->plan;
  copse_status status = COPSE_OK;
  if (plan->label >= 0) {
    struct read_field field = field_of(csv, plan->label);
    status = fields_set_label(job, &field, &csv->locator, form, err);
  }
  if (status == COPSE_OK && plan->weight >= 0 && csv->columns[plan->weight].kind != CSV_SKIP) {
    struct read_field field = field_of(csv, plan->weight);
    status = fields_set_weight(job, &field, &csv->locator, err);
  }
  if (status == COPSE_OK && plan->group >= 0 && csv->columns[plan->group].kind != CSV_SKIP) {
    struct read_field field = field_of(csv, plan->group);
    status = fields_set_group(job, &field, &csv->locator, err);
  }
  return status;
}

static copse_status read_rows(struct csv_job *csv, struct code_set *sets, copse_error *err) {
  struct read_job *job = csv->job;
  struct label_form form = {.coding = LABEL_NUMBER};
  copse_status status = make_columns(csv, err);
  if (status == COPSE_OK)
    status = csv_parse(job->ctx, &csv->table, &job->missing, csv->columns, csv->plan.n_columns,
                       job->options->n_threads, err);
  if (status == COPSE_OK) status = resolve_texts(csv, err);
  if (status == COPSE_OK) status = convert_codes(csv, sets, err);
  if (status == COPSE_OK) status = set_fields(csv, &form, err);
  if (status == COPSE_OK && job->applied == NULL && !job->problem.set)
    status = make_schema(csv, form, sets, err);
  if (status == COPSE_OK && job->frame->schema != NULL) status = make_features(csv, err);
  return status == COPSE_OK ? job_check(job, err) : status;
}

copse_status csv_read(struct read_job *job, copse_error *err) {
  struct csv_job csv = {.job = job, .names.ctx = job->ctx};
  csv.locator = (struct read_locator){locate, &csv.table};
  struct code_set *sets = NULL;
  copse_status status = csv_open(&csv, err);
  if (status == COPSE_OK) {
    sets = copse_alloc_zero(job->ctx, csv.plan.n_columns, sizeof *sets);
    status = sets == NULL ? report_memory(err, "categories", job->source.path) : read_rows(&csv, sets, err);
  }
  for (uint32_t i = 0; i < csv.plan.n_columns; i++) {
    if (csv.columns != NULL) dictionary_release(&csv.columns[i].levels);
    if (csv.blocks != NULL) copse_free(csv.blocks[i]);
    if (sets != NULL) copse_free(sets[i].codes);
  }
  copse_free(sets);
  copse_free(csv.columns);
  copse_free(csv.blocks);
  copse_free(csv.plan.names);
  copse_text_release(&csv.names);
  roles_release(&csv.plan);
  csv_table_release(&csv.table);
  return status;
}
