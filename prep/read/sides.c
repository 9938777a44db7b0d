/* sides.c - the files beside a data file: FILE.weight (one number per row), FILE.query (group sizes),
 * FILE.init (initial scores, one column per output). For data.gz they may also be called after data. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "read/frame.h"

/* One line of numbers after another. */
struct number_file {
  double *values;
  uint64_t n_rows;
  uint32_t n_cols;
};

static bool is_gap(char c) { return c == ' ' || c == '\t' || c == ',' || c == '\r'; }

/* Numbers of the line at p into out (NULL: only count); 0 and *bad when something else is found. */
static uint32_t line_numbers(const char *p, double *out, const char **bad) {
  uint32_t n = 0;
  *bad = NULL;
  while (*p != '\n') {
    if (is_gap(*p)) {
      p++;
      continue;
    }
    size_t length = strcspn(p, " \t,\r\n");
    double value;
    if (copse_parse_double(p, length, &value) != length || !(fabs(value) <= DBL_MAX)) {
      *bad = p;
      return 0;
    }
    if (out != NULL) out[n] = value;
    n++;
    p += length;
  }
  return n;
}

copse_status copse_read_numbers(copse_context *ctx, const char *path, double **out, uint64_t *n_rows,
                                uint32_t *n_cols, copse_error *err) {
  struct source source;
  copse_status status = source_load(ctx, path, &source, err);
  if (status != COPSE_OK) return status;
  const char *end = source.text + source.length, *bad;
  double *values = NULL;
  uint64_t rows = 0, filled = 0;
  uint32_t columns = 0;
  for (const char *p = source.text + source.begin; p < end; p = strchr(p, '\n') + 1) rows++;
  for (const char *p = source.text + source.begin; p < end; p = strchr(p, '\n') + 1) {
    uint32_t n = line_numbers(p, NULL, &bad);
    if (bad != NULL) {
      status = report(err, COPSE_ERR_DATA,
                      "%s:%llu: expected a finite number, found \"%s\" (one row of numbers per line)", path,
                      (unsigned long long)source_line(&source, (size_t)(bad - source.text)),
                      show(bad, strcspn(bad, " \t,\r\n")).text);
      goto done;
    }
    if (n == 0) continue;
    if (columns == 0) {
      columns = n;
      values = copse_alloc(ctx, rows * columns, sizeof *values);
      if (values == NULL) {
        status = report_memory(err, "its numbers", path);
        goto done;
      }
    }
    if (n != columns) {
      status = report(err, COPSE_ERR_DATA, "%s:%llu: found %u numbers, expected %u as in the first line",
                      path, (unsigned long long)source_line(&source, (size_t)(p - source.text)), n, columns);
      goto done;
    }
    line_numbers(p, values + filled++ * columns, &bad);
  }
  *out = values;
  *n_rows = filled;
  *n_cols = columns;
  values = NULL;
done:
  copse_free(values);
  source_release(&source);
  return status;
}

/* PATH.suffix, or for PATH = STEM.gz also STEM.suffix, each also with .gz behind. False when there is none.
 */
static bool find_side(const char *path, const char *suffix, char *out, size_t capacity) {
  size_t length = strlen(path);
  bool packed = length > 3 && strcmp(path + length - 3, ".gz") == 0;
  for (int stem = 0; stem <= packed; stem++)
    for (int gz = 0; gz < 2; gz++) {
      int n = snprintf(out, capacity, "%.*s.%s%s", (int)(stem ? length - 3 : length), path, suffix,
                       gz ? ".gz" : "");
      if (n > 0 && (size_t)n < capacity && source_exists(out)) return true;
    }
  return false;
}

static copse_status read_weight(struct read_job *job, const char *path, copse_error *err) {
  struct number_file file;
  copse_frame *frame = job->frame;
  if (frame->weight != NULL)
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: weights are in this file and in a column of %s (remove the file, or weight_column)",
                  path, job->source.path);
  copse_status status = copse_read_numbers(job->ctx, path, &file.values, &file.n_rows, &file.n_cols, err);
  if (status != COPSE_OK) return status;
  float *weight = frame_alloc(job->storage, frame->n_rows, sizeof *weight);
  if (weight == NULL) {
    status = report_memory(err, "the weights", path);
  } else if (file.n_cols != 1 || file.n_rows != frame->n_rows) {
    status = report(err, COPSE_ERR_DATA,
                    "%s: found %llu rows of %u, expected one weight for each of the %llu rows of %s", path,
                    (unsigned long long)file.n_rows, file.n_cols, (unsigned long long)frame->n_rows,
                    job->source.path);
  }
  for (uint64_t row = 0; row < frame->n_rows && status == COPSE_OK; row++) {
    if (file.values[row] < 0 || file.values[row] > FLT_MAX)
      status = report(err, COPSE_ERR_DATA,
                      "%s: row %llu: found the weight %g, expected a finite number of at least 0", path,
                      (unsigned long long)row + 1, file.values[row]);
    weight[row] = (float)file.values[row];
  }
  if (status == COPSE_OK) frame->weight = weight;
  copse_free(file.values);
  return status;
}

static copse_status read_query(struct read_job *job, const char *path, copse_error *err) {
  struct number_file file;
  copse_frame *frame = job->frame;
  if (frame->group != NULL)
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: queries are in this file and in %s itself (remove the file, or group_column, or qid:)",
                  path, job->source.path);
  copse_status status = copse_read_numbers(job->ctx, path, &file.values, &file.n_rows, &file.n_cols, err);
  if (status != COPSE_OK) return status;
  uint64_t n = file.n_rows * file.n_cols, sum = 0;
  int32_t *group = frame_alloc(job->storage, n, sizeof *group);
  if (group == NULL) status = report_memory(err, "the groups", path);
  for (uint64_t i = 0; i < n && status == COPSE_OK; i++) {
    double size = file.values[i];
    if (!(size >= 1 && size <= INT32_MAX && size == floor(size))) {
      status = report(err, COPSE_ERR_DATA,
                      "%s: group %llu: found the size %g, expected a whole number of at least 1", path,
                      (unsigned long long)i + 1, size);
    } else {
      group[i] = (int32_t)size;
      sum += (uint64_t)size;
    }
  }
  if (status == COPSE_OK && sum != frame->n_rows)
    status = report(err, COPSE_ERR_DATA, "%s: the %llu group sizes sum to %llu, expected the %llu rows of %s",
                    path, (unsigned long long)n, (unsigned long long)sum, (unsigned long long)frame->n_rows,
                    job->source.path);
  if (status == COPSE_OK) {
    frame->group = group;
    frame->n_groups = n;
  }
  copse_free(file.values);
  return status;
}

static copse_status read_init(struct read_job *job, const char *path, copse_error *err) {
  struct number_file file;
  copse_frame *frame = job->frame;
  copse_status status = copse_read_numbers(job->ctx, path, &file.values, &file.n_rows, &file.n_cols, err);
  if (status != COPSE_OK) return status;
  double *init = NULL;
  if (file.n_rows != frame->n_rows) {
    status =
        report(err, COPSE_ERR_DATA, "%s: found %llu rows of initial scores, expected the %llu rows of %s",
               path, (unsigned long long)file.n_rows, (unsigned long long)frame->n_rows, job->source.path);
    goto done;
  }
  init = frame_alloc(job->storage, file.n_rows * file.n_cols, sizeof *init);
  if (init == NULL) {
    status = report_memory(err, "the initial scores", path);
    goto done;
  }
  for (uint64_t row = 0; row < file.n_rows; row++)
    for (uint32_t k = 0; k < file.n_cols; k++)
      init[k * file.n_rows + row] = file.values[row * file.n_cols + k];
  frame->init_score = init;
  frame->n_init = file.n_cols;
done:
  copse_free(file.values);
  return status;
}

copse_status sides_read(struct read_job *job, copse_error *err) {
  const copse_read_options *o = job->options;
  bool predict = o->task == COPSE_READ_PREDICT;
  char path[4096];
  copse_status status = COPSE_OK;
  /* In prediction, weights only serve the metrics of a labelled file. */
  if (o->side_files && (!predict || job->frame->label != NULL) &&
      find_side(job->source.path, "weight", path, sizeof path))
    status = read_weight(job, path, err);
  if (status != COPSE_OK || predict) return status;
  if (o->side_files && find_side(job->source.path, "query", path, sizeof path))
    status = read_query(job, path, err);
  if (status != COPSE_OK) return status;
  if (o->init_path != NULL && o->init_path[0] != '\0') return read_init(job, o->init_path, err);
  if (o->side_files && find_side(job->source.path, "init", path, sizeof path))
    status = read_init(job, path, err);
  return status;
}
