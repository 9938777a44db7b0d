/* domain.c - see domain.h. Sampled rows of both files are the rows of two classes. Each file is cut into
 * pieces of rows that follow each other; a model of every other piece ranks the rest, and the other way
 * round. Neighbours are often of one kind (a day, a customer): drawn by chance, they would be known again,
 * and two halves of one file could be told apart. */
#include "findings/domain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "findings/drift.h"
#include "profile/view.h"
#include "read/report.h"

/* CELLS bounds the memory: 16 MB of values, more only where LEAST_ROWS of many columns ask for it. */
enum {
  CELLS = 1 << 21,
  MOST_ROWS = 8192,
  LEAST_ROWS = 512,
  LEAST_SAMPLE = 50,
  PIECES = 8,
  ROUNDS = 50,
  FREQUENT = 5
};

static const char settings[] =
    "objective=binary\nmetric=auc\nnum_leaves=15\nmin_data_in_leaf=20\n"
    "learning_rate=0.1\nmax_bin=63\nverbosity=-1\n";

/* A column of both files. */
struct common {
  uint32_t here, other;
  bool levels;
};

/* One of the two files, and which of its sampled rows are looked at: the sample is in the order of the file,
 * rows are taken from all over it. */
struct side {
  const struct scan *scan;
  size_t n;
};

struct domain_job {
  copse_context *ctx;
  struct side sides[2];
  uint32_t n_columns;
  struct common *columns; /* [n_columns] */
  double *values;         /* [n_columns * rows] column after column, this file's rows first */
  copse_column *table;    /* [n_columns] */
  bool *categorical;      /* [n_columns] */
  float *labels;          /* [rows] */
  uint32_t *rows;         /* [rows] of a fold */
  double *gains;          /* [n_columns] */
  double *model_gains;    /* [n_columns] of one model */
  int n_threads;
};

static size_t n_rows(const struct domain_job *job) { return job->sides[0].n + job->sides[1].n; }

/* ---- columns ---- */

static bool differs_in_each(enum column_type type) { return type == TYPE_ID || type == TYPE_TEXT; }

/* Kind of what both have; of a column that is empty in one file, that of the other. */
static enum drift_kind kind_of(const struct column_facts *a, const struct column_facts *b) {
  enum drift_kind x = drift_kind_of(a), y = drift_kind_of(b);
  if (differs_in_each(a->type) || differs_in_each(b->type)) return DRIFT_EMPTY;
  return x == DRIFT_EMPTY ? y : y == DRIFT_EMPTY || x == y ? x : DRIFT_EMPTY;
}

static void choose_columns(struct domain_job *job, const struct column_facts *facts,
                           const struct column_facts *other_facts) {
  const struct scan *here = job->sides[0].scan, *other = job->sides[1].scan;
  for (uint32_t i = 0; i < here->n_columns; i++) {
    uint32_t same = scan_find(other, here->columns[i].name);
    if (same == SCAN_NO_COLUMN || i == here->target) continue;
    enum drift_kind kind = kind_of(&facts[i], &other_facts[same]);
    if (kind == DRIFT_NUMBER || kind == DRIFT_TEXT)
      job->columns[job->n_columns++] = (struct common){i, same, kind == DRIFT_TEXT};
  }
}

/* ---- values ---- */

static size_t sampled(const struct side *side, size_t row) { return row * side->scan->n_sample / side->n; }

static double number_of(const struct column *column, size_t row) {
  enum cell_type type = column->sample_types[row];
  double x = (double)NAN;
  if (type == CELL_TYPE_INTEGER || type == CELL_TYPE_DECIMAL || type == CELL_TYPE_INFINITE)
    memcpy(&x, &column->sample[row], sizeof x);
  return x;
}

/* The frequent levels of either file have a code each. The others are one level: another file of the same
 * kind brings new rare ones, and that is no drift. */
struct codes {
  uint32_t n;
  uint64_t keys[2 * DRIFT_LEVELS];
};

static void add_frequent(const struct values *texts, struct codes *codes) {
  for (uint32_t i = 0; i < texts->n && i < DRIFT_LEVELS && texts->entries[i].n >= FREQUENT; i++) {
    uint32_t k = 0;
    while (k < codes->n && codes->keys[k] != texts->entries[i].key) k++;
    if (k == codes->n) codes->keys[codes->n++] = texts->entries[i].key;
  }
}

static double code_of(const struct column *column, size_t row, const struct codes *codes) {
  enum cell_type type = column->sample_types[row];
  uint32_t k = 0;
  if (cell_is_blank(type)) return (double)NAN;
  while (k < codes->n && !(cell_is_text(type) && codes->keys[k] == column->sample[row])) k++;
  return k;
}

static void fill_column(void *user, size_t index, int thread) {
  struct domain_job *job = user;
  const struct common *common = &job->columns[index];
  const struct column *columns[2] = {&job->sides[0].scan->columns[common->here],
                                     &job->sides[1].scan->columns[common->other]};
  struct codes codes = {.n = 0};
  double *out = job->values + index * n_rows(job);
  (void)thread;
  for (int side = 0; side < 2 && common->levels; side++) add_frequent(&columns[side]->texts, &codes);
  for (int side = 0; side < 2; side++)
    for (size_t i = 0; i < job->sides[side].n; i++) {
      size_t row = sampled(&job->sides[side], i);
      *out++ = common->levels ? code_of(columns[side], row, &codes) : number_of(columns[side], row);
    }
  job->categorical[index] = common->levels;
  job->table[index] = (copse_column){COPSE_F64, job->values + index * n_rows(job), 1};
}

static void label_rows(struct domain_job *job) {
  for (size_t i = 0; i < n_rows(job); i++) job->labels[i] = i >= job->sides[0].n;
}

/* Rows of every other piece of both files. */
static uint32_t choose_rows(struct domain_job *job, uint32_t fold) {
  uint32_t n = 0, at = 0;
  for (int side = 0; side < 2; side++)
    for (size_t i = 0; i < job->sides[side].n; i++, at++)
      if (i * PIECES / job->sides[side].n % 2 == fold) job->rows[n++] = at;
  return n;
}

/* ---- training ---- */

static copse_status train(struct domain_job *job, copse_dataset *learned, copse_dataset *ranked,
                          const copse_params *params, double *auc, copse_error *err) {
  copse_booster *booster = NULL;
  copse_model *model = NULL;
  bool finished = false;
  copse_status status = copse_booster_create(job->ctx, learned, params, &booster, err);
  if (status == COPSE_OK) status = copse_booster_add_valid(booster, ranked, "ranked", err);
  for (int round = 0; round < ROUNDS && status == COPSE_OK && !finished; round++)
    status = copse_booster_step(booster, &finished, err);
  if (status == COPSE_OK) status = copse_booster_eval(booster, 1, auc, err);
  if (status == COPSE_OK) status = copse_booster_model(booster, 0, &model, err);
  if (status == COPSE_OK) {
    copse_model_importance(model, true, job->model_gains);
    for (uint32_t i = 0; i < job->n_columns; i++) job->gains[i] += job->model_gains[i];
  }
  copse_model_free(model);
  copse_booster_free(booster);
  return status;
}

static copse_status train_folds(struct domain_job *job, copse_dataset *all, const copse_params *params,
                                double *auc, copse_error *err) {
  copse_dataset *folds[2] = {NULL, NULL};
  copse_status status = COPSE_OK;
  double found[2] = {0, 0};
  for (uint32_t i = 0; i < 2 && status == COPSE_OK; i++) {
    uint32_t n = choose_rows(job, i);
    status = copse_dataset_subset(all, job->rows, n, job->n_threads, &folds[i], err);
  }
  for (int i = 0; i < 2 && status == COPSE_OK; i++)
    status = train(job, folds[i], folds[1 - i], params, &found[i], err);
  *auc = (found[0] + found[1]) / 2;
  copse_dataset_free(folds[0]);
  copse_dataset_free(folds[1]);
  return status;
}

static copse_status set_threads(copse_params *params, int n_threads, copse_error *err) {
  copse_text text = {.ctx = NULL};
  copse_text_appendf(&text, "%d", n_threads);
  copse_status status = text.failed
                            ? COPSE_OK /* as many as there are: the model is the same */
                            : copse_params_set(params, "num_threads", text.data, COPSE_SOURCE_FILE, err);
  copse_text_release(&text);
  return status;
}

static copse_status tell_apart(struct domain_job *job, double *auc, copse_error *err) {
  copse_params *params = NULL;
  copse_dataset *all = NULL;
  copse_table table = {
      .layout = COPSE_COLUMNS, .n_rows = n_rows(job), .n_cols = job->n_columns, .columns = job->table};
  copse_parallel_for(job->n_threads, job->n_columns, fill_column, job);
  label_rows(job);
  copse_status status = copse_params_create(job->ctx, &params, err);
  if (status == COPSE_OK)
    status =
        copse_params_parse(params, settings, sizeof settings - 1, "the settings", COPSE_SOURCE_FILE, err);
  if (status == COPSE_OK && job->n_threads > 0) status = set_threads(params, job->n_threads, err);
  if (status == COPSE_OK) status = copse_params_resolve(params, err);
  if (status == COPSE_OK)
    status = copse_dataset_from_table(job->ctx, &table, NULL, job->categorical, params, NULL, &all, err);
  if (status == COPSE_OK) status = copse_dataset_set(all, COPSE_LABEL, job->labels, n_rows(job), err);
  if (status == COPSE_OK) status = train_folds(job, all, params, auc, err);
  copse_dataset_free(all);
  copse_params_free(params);
  return status;
}

/* ---- the result ---- */

static void keep_strongest(const struct domain_job *job, struct domain *out) {
  double all = 0;
  for (uint32_t i = 0; i < job->n_columns; i++) all += job->gains[i];
  while (out->n_columns < DOMAIN_COLUMNS) {
    uint32_t most = 0;
    for (uint32_t i = 1; i < job->n_columns; i++)
      if (job->gains[i] > job->gains[most]) most = i;
    if (!(job->gains[most] > 0)) return;
    out->columns[out->n_columns] = job->columns[most].here;
    out->gain_share[out->n_columns++] = job->gains[most] / all;
    job->gains[most] = 0;
  }
}

static size_t rows_of(const struct scan *scan, size_t most) {
  return scan->n_sample < most ? scan->n_sample : most;
}

static bool reserve(struct domain_job *job) {
  size_t n = n_rows(job), p = job->n_columns;
  job->values = copse_alloc(job->ctx, n * p, sizeof *job->values);
  job->table = copse_alloc(job->ctx, p, sizeof *job->table);
  job->categorical = copse_alloc(job->ctx, p, sizeof *job->categorical);
  job->labels = copse_alloc(job->ctx, n, sizeof *job->labels);
  job->rows = copse_alloc(job->ctx, n, sizeof *job->rows);
  job->gains = copse_alloc_zero(job->ctx, p, sizeof *job->gains);
  job->model_gains = copse_alloc_zero(job->ctx, p, sizeof *job->model_gains);
  return job->values && job->table && job->categorical && job->labels && job->rows && job->gains &&
         job->model_gains;
}

static void release(struct domain_job *job) {
  copse_free(job->columns);
  copse_free(job->values);
  copse_free(job->table);
  copse_free(job->categorical);
  copse_free(job->labels);
  copse_free(job->rows);
  copse_free(job->gains);
  copse_free(job->model_gains);
}

copse_status domain_find(copse_context *ctx, const struct scan *here, const struct column_facts *facts,
                         const struct scan *other, const struct column_facts *other_facts, int n_threads,
                         struct domain *out, copse_error *err) {
  struct domain_job job = {.ctx = ctx, .sides = {{.scan = here}, {.scan = other}}, .n_threads = n_threads};
  *out = (struct domain){.auc = (double)NAN, .auc_se = (double)NAN};
  job.columns = copse_alloc(ctx, here->n_columns, sizeof *job.columns);
  copse_status status =
      job.columns != NULL ? COPSE_OK : report_memory(err, "telling files apart,", "columns");
  if (status == COPSE_OK) choose_columns(&job, facts, other_facts);
  size_t least = here->n_sample < other->n_sample ? here->n_sample : other->n_sample;
  if (status == COPSE_OK && job.n_columns > 0 && least >= LEAST_SAMPLE) {
    size_t most = (CELLS >> here->limits.halvings) / (2 * (size_t)job.n_columns);
    most = most > MOST_ROWS ? MOST_ROWS : most < LEAST_ROWS ? LEAST_ROWS : most;
    out->n_rows = job.sides[0].n = rows_of(here, most);
    out->n_other = job.sides[1].n = rows_of(other, most);
    status = reserve(&job) ? tell_apart(&job, &out->auc, err)
                           : report_memory(err, "telling files apart,", "sampled rows");
    if (status == COPSE_OK) {
      out->auc_se = auc_error(out->auc > 0.5 ? out->auc : 0.5, (double)out->n_other, (double)out->n_rows);
      keep_strongest(&job, out);
    }
  }
  release(&job);
  return status;
}
