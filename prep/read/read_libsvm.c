/* read_libsvm.c - LibSVM rows into CSR, never expanded: `label [qid:q] index:value ... [# comment]`.
 *
 * Two parallel passes over chunks of lines: the first counts rows and pairs and finds the smallest and
 * largest index, which decide the base and the number of features; the second writes each chunk into its
 * place. Indices ascend within a row. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "read/csv.h"
#include "read/frame.h"
#include "read/roles.h"

enum { CHUNK_BYTES = 1 << 20, DETECT_LINES = 32 };

/* What is wrong with a line. */
enum line_fault {
  LINE_GOOD,
  LINE_LABEL,    /* the label is no number */
  LINE_NO_LABEL, /* pairs only, while other rows have a label */
  LINE_PAIR,     /* not index:value */
  LINE_VALUE,    /* the value is no number */
  LINE_ORDER,    /* indices do not ascend */
  LINE_BASE,     /* index 0 with base 1 */
  LINE_LARGE,    /* index beyond 2^31 - 2 */
  LINE_QID       /* qid: without a whole number, or not before the pairs, or only in some rows */
};

struct svm_chunk {
  const char *begin, *end;
  size_t part; /* of the source */
  uint64_t row, n_rows, pair, n_pairs;
  int64_t min_index, max_index; /* of all pairs; min INT64_MAX and max -1 without pairs */
  uint64_t n_labels, n_qids;
  enum line_fault fault;
  const char *at; /* bad token */
  uint32_t token; /* its number in the line, from 1 */
};

struct svm_job {
  struct read_job *job;
  size_t n_chunks;
  struct svm_chunk *chunks;
  uint64_t n_rows, n_pairs;
  bool has_label, has_qid;
  int base;
  int64_t n_features;
  int64_t *indptr;
  int32_t *indices;
  double *values, *labels, *qids;
};

static bool gap(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static bool line_end(char c) { return c == '\n' || c == '#'; }
static bool token_end(char c) { return gap(c) || line_end(c); }

static const char *skip_gaps(const char *p) {
  while (gap(*p)) p++;
  return p;
}

static size_t token_length(const char *p) {
  size_t n = 0;
  while (!token_end(p[n])) n++;
  return n;
}

static const char *next_line(const char *p) { return strchr(p, '\n') + 1; }

/* A whole token that is a number. */
static bool parse_number(const char *p, double *value) {
  size_t length = token_length(p);
  return length > 0 && copse_parse_double(p, length, value) == length;
}

/* Digits before a colon; -1 when p does not start so. */
static int64_t parse_index(const char *p, const char **colon) {
  int64_t index = 0;
  const char *start = p;
  for (; *p >= '0' && *p <= '9'; p++)
    if (index < INT64_C(1) << 40) index = index * 10 + (*p - '0');
  if (p == start || *p != ':') return -1;
  *colon = p;
  return index;
}

static bool is_qid(const char *p) { return strncmp(p, "qid:", 4) == 0; }

/* A pair at p of a line whose last index is `before`. */
static enum line_fault take_pair(const char **p, int64_t before, int64_t *index, double *value) {
  const char *colon;
  *index = parse_index(*p, &colon);
  if (*index < 0) return is_qid(*p) ? LINE_QID : LINE_PAIR;
  if (*index <= before) return LINE_ORDER;
  if (*index > INT32_MAX - 1) return LINE_LARGE;
  const char *text = colon + 1;
  size_t used = copse_parse_double(text, token_length(text), value);
  if (used == 0 || !token_end(text[used])) return LINE_VALUE;
  *p = skip_gaps(text + used);
  return LINE_GOOD;
}

/* Label and qid at the start of a line; NAN where absent. */
static enum line_fault take_head(const char **p, bool *has_label, double *label, bool *has_qid, double *qid,
                                 uint32_t *token) {
  size_t length = token_length(*p);
  *has_label = memchr(*p, ':', length) == NULL;
  *has_qid = false;
  *label = *qid = (double)NAN;
  if (*has_label) {
    if (!parse_number(*p, label)) return LINE_LABEL;
    *p = skip_gaps(*p + length);
    ++*token;
  }
  if (is_qid(*p)) {
    *has_qid = true;
    if (!parse_number(*p + 4, qid) || !isfinite(*qid) || *qid != floor(*qid)) return LINE_QID;
    *p = skip_gaps(*p + token_length(*p));
    ++*token;
  }
  return LINE_GOOD;
}

static void scan_chunk(void *user, size_t index, int thread) {
  (void)thread;
  const struct svm_job *svm = user;
  struct svm_chunk *chunk = &svm->chunks[index];
  chunk->min_index = INT64_MAX;
  chunk->max_index = -1;
  if (copse_context_cancelled(svm->job->ctx)) return;
  for (const char *p = chunk->begin; p < chunk->end; p = next_line(p)) {
    p = skip_gaps(p);
    if (line_end(*p)) continue;
    bool has_label, has_qid;
    double label, qid;
    uint32_t token = 1;
    chunk->fault = take_head(&p, &has_label, &label, &has_qid, &qid, &token);
    int64_t last = -1;
    while (chunk->fault == LINE_GOOD && !line_end(*p)) {
      const char *colon;
      int64_t at = parse_index(p, &colon);
      if (at < 0 || at > INT32_MAX - 1 || at <= last) { /* told exactly by the pair's own parser */
        double value;
        chunk->fault = take_pair(&p, last, &at, &value);
        break;
      }
      if (at < chunk->min_index) chunk->min_index = at;
      last = at;
      p = skip_gaps(colon + token_length(colon));
      chunk->n_pairs++;
      token++;
    }
    if (chunk->fault != LINE_GOOD) {
      chunk->at = p;
      chunk->token = token;
      return;
    }
    if (last > chunk->max_index) chunk->max_index = last;
    chunk->n_rows++;
    chunk->n_labels += has_label;
    chunk->n_qids += has_qid;
  }
}

static void fill_chunk(void *user, size_t index, int thread) {
  (void)thread;
  const struct svm_job *svm = user;
  struct svm_chunk *chunk = &svm->chunks[index];
  uint64_t row = chunk->row, pair = chunk->pair;
  if (copse_context_cancelled(svm->job->ctx)) return;
  for (const char *p = chunk->begin; p < chunk->end; p = next_line(p)) {
    p = skip_gaps(p);
    if (line_end(*p)) continue;
    bool has_label, has_qid;
    double label, qid, value;
    uint32_t token = 1;
    int64_t last = -1, at;
    chunk->fault = take_head(&p, &has_label, &label, &has_qid, &qid, &token);
    if (has_label != svm->has_label) chunk->fault = LINE_NO_LABEL;
    if (has_qid != svm->has_qid) chunk->fault = LINE_QID;
    while (chunk->fault == LINE_GOOD && !line_end(*p)) {
      const char *start = p;
      chunk->fault = take_pair(&p, last, &at, &value);
      last = at;
      if (chunk->fault == LINE_GOOD && at < svm->base) chunk->fault = LINE_BASE;
      if (chunk->fault != LINE_GOOD) {
        p = start;
        break;
      }
      token++;
      if (at - svm->base >= svm->n_features) continue; /* the model does not know it */
      if (isinf(value)) value = copysign(1e308, value);
      svm->indices[pair] = (int32_t)(at - svm->base);
      svm->values[pair++] = value;
    }
    if (chunk->fault != LINE_GOOD) {
      chunk->at = p;
      chunk->token = token;
      return;
    }
    svm->labels[row] = label;
    svm->qids[row] = qid;
    svm->indptr[++row] = (int64_t)pair;
  }
  chunk->n_pairs = pair - chunk->pair;
}

static copse_status first_fault(const struct svm_job *svm, copse_error *err) {
  static const char *const sentences[] = {
      [LINE_LABEL] = "expected a number as label, found",
      [LINE_NO_LABEL] =
          "this row and the first one disagree on having a label (write it first in every row): found",
      [LINE_PAIR] = "expected index:value, found",
      [LINE_VALUE] = "expected a number behind the colon, found",
      [LINE_ORDER] = "indices of a row must ascend (sort the row, and name an index once), found",
      [LINE_BASE] = "index 0, but the file was declared or trained with indices from 1 (libsvm_base), found",
      [LINE_LARGE] = "the index is above 2147483646, found",
      [LINE_QID] = "expected qid:number directly after the label, in every row or in none, found"};
  const struct source *source = &svm->job->source;
  for (size_t i = 0; i < svm->n_chunks; i++) {
    const struct svm_chunk *chunk = &svm->chunks[i];
    if (chunk->fault == LINE_GOOD) continue;
    struct source_place place = source_place(source, chunk->at);
    return report(err, COPSE_ERR_FORMAT, "%s:%llu:%u: %s \"%s\" (format LibSVM)", place.path, place.line,
                  chunk->token, sentences[chunk->fault], show(chunk->at, token_length(chunk->at)).text);
  }
  return job_check(svm->job, err);
}

/* Where a row's label stands, for messages. */
static bool locate(void *state, uint64_t row, uint32_t column, struct read_cell *out) {
  const struct svm_job *svm = state;
  (void)column;
  size_t index = 0;
  while (index + 1 < svm->n_chunks && svm->chunks[index + 1].row <= row) index++;
  uint64_t at = svm->chunks[index].row;
  for (const char *p = svm->chunks[index].begin; p < svm->chunks[index].end; p = next_line(p)) {
    p = skip_gaps(p);
    if (line_end(*p) || at++ != row) continue;
    *out = (struct read_cell){p, token_length(p), source_place(&svm->job->source, p)};
    return true;
  }
  return false;
}

/* ---- detection ---- */

/* One line of LibSVM with a label; pairs: whether it has any. */
static bool is_labelled_row(const char *p, bool *pairs) {
  bool has_label, has_qid;
  double label, qid, value;
  uint32_t token = 1;
  int64_t last = -1;
  if (take_head(&p, &has_label, &label, &has_qid, &qid, &token) != LINE_GOOD || !has_label) return false;
  *pairs = !line_end(*p);
  while (!line_end(*p))
    if (take_pair(&p, last, &last, &value) != LINE_GOOD) return false;
  return true;
}

/* In training a good first row with a pair decides: a mistake further down is then told with its place. A
 * schema of a CSV keeps every line in the question: its file may have one column of texts with blanks. */
bool libsvm_detect(const struct read_job *job) {
  const struct source *source = &job->source;
  const char *p = source->text + source->parts[0].begin, *end = source->text + source->parts[0].end;
  bool lenient = job->applied != NULL && job->applied->format == COPSE_FORMAT_LIBSVM;
  bool pairs = false;
  int lines = 0;
  for (; p < end && lines < DETECT_LINES; p = next_line(p)) {
    p = skip_gaps(p);
    if (line_end(*p)) continue;
    lines++;
    size_t content = strcspn(p, "#\n");
    if (memchr(p, ',', content) != NULL || memchr(p, ';', content) != NULL ||
        memchr(p, '\t', content) != NULL)
      return false;
    if (lenient) continue;
    bool row_pairs = false;
    if (!is_labelled_row(p, &row_pairs)) return false;
    lenient = lines == 1 && row_pairs && job->applied == NULL;
    pairs |= row_pairs;
  }
  return lenient ? lines > 0 : pairs;
}

/* ---- assembly ---- */

static copse_status split(struct svm_job *svm, copse_error *err) {
  const struct source *source = &svm->job->source;
  size_t capacity = 0;
  for (size_t i = 0; i < source->n_parts; i++)
    capacity += (source->parts[i].end - source->parts[i].begin) / CHUNK_BYTES + 1;
  svm->chunks = copse_alloc_zero(svm->job->ctx, capacity, sizeof *svm->chunks);
  if (svm->chunks == NULL) return report_memory(err, "the list of chunks", source->path);
  for (size_t i = 0; i < source->n_parts; i++) {
    const char *p = source->text + source->parts[i].begin, *end = source->text + source->parts[i].end;
    while (p < end) {
      const char *next = end - p > CHUNK_BYTES ? next_line(p + CHUNK_BYTES) : end;
      svm->chunks[svm->n_chunks++] = (struct svm_chunk){.begin = p, .end = next, .part = i};
      p = next;
    }
  }
  copse_parallel_for(svm->job->options->n_threads, svm->n_chunks, scan_chunk, svm);
  return first_fault(svm, err);
}

/* Rows, base and number of features from the chunks' counts. */
static copse_status sum_up(struct svm_job *svm, copse_error *err) {
  struct read_job *job = svm->job;
  const copse_read_options *o = job->options;
  int64_t min_index = INT64_MAX, max_index = -1;
  uint64_t n_labels = 0, n_qids = 0;
  for (size_t i = 0; i < svm->n_chunks; i++) {
    struct svm_chunk *chunk = &svm->chunks[i];
    chunk->row = svm->n_rows;
    chunk->pair = svm->n_pairs;
    svm->n_rows += chunk->n_rows;
    job->source.parts[chunk->part].n_rows += chunk->n_rows;
    svm->n_pairs += chunk->n_pairs;
    n_labels += chunk->n_labels;
    n_qids += chunk->n_qids;
    if (chunk->min_index < min_index) min_index = chunk->min_index;
    if (chunk->max_index > max_index) max_index = chunk->max_index;
  }
  if (svm->n_rows == 0)
    return report(err, COPSE_ERR_DATA, "%s: no rows: there are only comments and blank lines",
                  job->source.path);
  svm->has_label = n_labels > 0;
  svm->has_qid = n_qids > 0;
  if (!svm->has_label && o->task != COPSE_READ_PREDICT)
    return report(err, COPSE_ERR_DATA, "%s: no row has a label (write it first in every row)",
                  job->source.path);
  svm->base = min_index == 0 ? 0 : 1;
  if (job->applied != NULL) svm->base = job->applied->base;
  if (o->libsvm_base >= 0) svm->base = o->libsvm_base;
  svm->n_features = job->applied != NULL ? (int64_t)job->applied->n_features : max_index + 1 - svm->base;
  if (svm->n_features < 1)
    return report(err, COPSE_ERR_DATA, "%s: no row has an index:value pair", job->source.path);
  return COPSE_OK;
}

/* Indices beyond the model's were left out: the chunks' pairs move together. */
static void close_gaps(struct svm_job *svm) {
  uint64_t pair = 0;
  for (size_t i = 0; i < svm->n_chunks; i++) {
    struct svm_chunk *chunk = &svm->chunks[i];
    uint64_t shift = chunk->pair - pair;
    if (shift > 0) {
      memmove(svm->indices + pair, svm->indices + chunk->pair, chunk->n_pairs * sizeof *svm->indices);
      memmove(svm->values + pair, svm->values + chunk->pair, chunk->n_pairs * sizeof *svm->values);
      for (uint64_t row = chunk->row + 1; row <= chunk->row + chunk->n_rows; row++)
        svm->indptr[row] -= (int64_t)shift;
    }
    pair += chunk->n_pairs;
  }
}

static copse_status fill(struct svm_job *svm, copse_error *err) {
  struct frame_storage *storage = svm->job->storage;
  svm->indptr = frame_alloc(storage, svm->n_rows + 1, sizeof *svm->indptr);
  svm->indices = frame_alloc(storage, svm->n_pairs, sizeof *svm->indices);
  svm->values = frame_alloc(storage, svm->n_pairs, sizeof *svm->values);
  svm->labels = copse_alloc(svm->job->ctx, svm->n_rows, sizeof *svm->labels);
  svm->qids = copse_alloc(svm->job->ctx, svm->n_rows, sizeof *svm->qids);
  if (svm->indptr == NULL || svm->indices == NULL || svm->values == NULL || svm->labels == NULL ||
      svm->qids == NULL)
    return report_memory(err, "the rows", svm->job->source.path);
  svm->indptr[0] = 0;
  copse_parallel_for(svm->job->options->n_threads, svm->n_chunks, fill_chunk, svm);
  copse_status status = first_fault(svm, err);
  if (status == COPSE_OK) close_gaps(svm);
  return status;
}

/* Features that a list names by their indices, as the file has them. */
struct svm_list {
  bool *named; /* [n_features] */
  uint64_t base;
  bool below; /* an index below the base was named */
};

static void mark(void *user, uint64_t index) {
  struct svm_list *list = user;
  if (index < list->base)
    list->below = true;
  else
    list->named[index - list->base] = true;
}

static copse_status mark_list(const struct svm_job *svm, const char *text, const char *what, bool *named,
                              copse_error *err) {
  struct svm_list list = {named, (uint64_t)svm->base, false};
  uint64_t n = (uint64_t)svm->n_features + list.base;
  copse_status status = roles_indices(svm->job, text, what, n, mark, &list, err);
  if (status != COPSE_OK || !list.below) return status;
  return report(err, COPSE_ERR_ARGUMENT,
                "%s: %s: index 0, but the file's indices begin with 1 (give them as the file does, or "
                "libsvm_base=0)",
                svm->job->source.path, what);
}

static void keep_index(void *user, uint64_t index) { *(uint64_t *)user = index; }

/* TRAIN: columns are the label and the features. Ignored features keep their number and lose their values. */
static copse_status make_schema(struct svm_job *svm, struct label_form form, copse_error *err) {
  struct read_job *job = svm->job;
  const copse_read_options *o = job->options;
  uint64_t n = (uint64_t)svm->n_features, label = 0;
  bool *categorical = frame_alloc(job->storage, n, sizeof *categorical);
  bool *ignored = frame_alloc(job->storage, n, sizeof *ignored);
  if (categorical == NULL || ignored == NULL) return report_memory(err, "the schema", job->source.path);
  memset(categorical, 0, n * sizeof *categorical);
  memset(ignored, 0, n * sizeof *ignored);
  const char *list = o->categorical_feature;
  if (list != NULL && strncmp(list, "auto", 4) == 0) list += list[4] == ',' ? 5 : 4; /* no text here */
  copse_status status = roles_indices(job, o->label_column, "label_column", 1, keep_index, &label, err);
  if (status == COPSE_OK) status = mark_list(svm, list, "categorical_feature", categorical, err);
  if (status == COPSE_OK) status = mark_list(svm, o->ignore_column, "ignore_column", ignored, err);
  if (status != COPSE_OK) return status;
  if ((o->weight_column != NULL && *o->weight_column != '\0') ||
      (o->group_column != NULL && *o->group_column != '\0'))
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: weight_column and group_column need CSV (use %s.weight, and %s.query or qid:)",
                  job->source.path, job->source.path, job->source.path);
  for (uint64_t i = 0; i < svm->n_pairs; i++)
    if (ignored[svm->indices[i]]) svm->values[i] = 0;
  copse_frame_schema *schema = frame_schema_create(job->ctx);
  job->frame->schema = schema;
  bool ok = schema != NULL && frame_schema_set_missing(schema, o->missing_values) &&
            frame_schema_add_column(schema, ROLE_LABEL, "", 0);
  for (uint64_t f = 0; f < n && ok; f++)
    ok = frame_schema_add_column(schema, categorical[f] ? ROLE_CODES : ROLE_NUMBER, "", 0);
  if (!ok || !frame_schema_set_label(schema, form) || !frame_schema_finish(schema))
    return report_memory(err, "the schema", job->source.path);
  schema->format = COPSE_FORMAT_LIBSVM;
  schema->base = svm->base;
  return COPSE_OK;
}

static copse_status set_fields(struct svm_job *svm, struct label_form *form, copse_error *err) {
  struct read_job *job = svm->job;
  struct read_locator locator = {locate, svm};
  struct read_field label = {.name = "", .numbers = svm->labels, .bad_row = UINT64_MAX};
  struct read_field qid = {.name = "", .numbers = svm->qids, .bad_row = UINT64_MAX};
  copse_status status = COPSE_OK;
  if (job->applied != NULL && job->applied->n_labels > 1 && job->options->task == COPSE_READ_VALID)
    return report(err, COPSE_ERR_DATA,
                  "%s: the model has %u labels per row, and a row of LibSVM has one (give the rows as CSV)",
                  job->source.path, job->applied->n_labels);
  if (job->applied != NULL && job->applied->n_labels > 1) return COPSE_OK; /* no metrics */
  if (job->applied != NULL && job->applied->label.coding == LABEL_TEXT && svm->has_label)
    return report(err, COPSE_ERR_DATA,
                  "%s: the model's labels are texts (\"%s\", \"%s\" ...), which LibSVM cannot hold",
                  job->source.path, copse_frame_schema_class(job->applied, 0),
                  copse_frame_schema_class(job->applied, 1));
  if (svm->has_label) status = fields_set_label(job, &label, (struct label_place){0, 1}, &locator, form, err);
  if (status == COPSE_OK && svm->has_qid) status = fields_set_group(job, &qid, &locator, err);
  return status == COPSE_OK ? job_check(job, err) : status;
}

static copse_status check_categories(const struct svm_job *svm, copse_error *err) {
  const copse_frame_schema *schema = svm->job->frame->schema;
  for (uint32_t f = 0; f < schema->n_features; f++)
    if (schema->columns[schema->feature_columns[f]].role == ROLE_TEXT)
      return report(
          err, COPSE_ERR_DATA,
          "%s: the model's feature \"%s\" holds texts, which LibSVM cannot hold (give the rows as CSV)",
          svm->job->source.path, schema->names[f]);
  return COPSE_OK;
}

static copse_status make_frame(struct svm_job *svm, copse_error *err) {
  struct read_job *job = svm->job;
  copse_frame *frame = job->frame;
  struct label_form form = {.coding = LABEL_NUMBER};
  frame->n_rows = svm->n_rows;
  copse_status status = set_fields(svm, &form, err);
  if (status == COPSE_OK)
    status = job->applied == NULL ? make_schema(svm, form, err) : check_categories(svm, err);
  if (status != COPSE_OK) return status;
  const copse_frame_schema *schema = frame->schema;
  frame->categorical = frame_alloc(job->storage, schema->n_features, sizeof *frame->categorical);
  if (frame->categorical == NULL) return report_memory(err, "the features", job->source.path);
  for (uint32_t f = 0; f < schema->n_features; f++)
    frame->categorical[f] = schema->columns[schema->feature_columns[f]].role != ROLE_NUMBER;
  frame->n_features = schema->n_features;
  frame->names = schema->names;
  frame->model_names = schema->model_names;
  frame->table = (copse_table){.layout = COPSE_CSR,
                               .n_rows = svm->n_rows,
                               .n_cols = schema->n_features,
                               .dtype = COPSE_F64,
                               .values = svm->values,
                               .indptr = svm->indptr,
                               .indices = svm->indices};
  return COPSE_OK;
}

copse_status libsvm_read(struct read_job *job, copse_error *err) {
  struct svm_job svm = {.job = job};
  copse_status status = source_load_rest(&job->source, err);
  job->frame->n_bytes = job->source.length;
  if (status == COPSE_OK) status = split(&svm, err);
  if (status == COPSE_OK) status = sum_up(&svm, err);
  if (status == COPSE_OK) status = fill(&svm, err);
  if (status == COPSE_OK) status = make_frame(&svm, err);
  copse_free(svm.chunks);
  copse_free(svm.labels);
  copse_free(svm.qids);
  return status;
}
