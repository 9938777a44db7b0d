/* numbers.c - a plain file of numbers, one row per line. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "read/frame.h"

static bool is_gap(char c) { return c == ' ' || c == '\t' || c == ',' || c == '\r'; }

/* Numbers of the line at p into out (NULL: only count); 0 and *bad when something else is found. */
static uint32_t line_numbers(const char *p, bool nan, double *out, const char **bad) {
  uint32_t n = 0;
  *bad = NULL;
  while (*p != '\n') {
    if (is_gap(*p)) {
      p++;
      continue;
    }
    size_t length = strcspn(p, " \t,\r\n");
    double value;
    bool number = copse_parse_double(p, length, &value) == length;
    if (!number || !(fabs(value) <= DBL_MAX || (nan && isnan(value)))) {
      *bad = p;
      return 0;
    }
    if (out != NULL) out[n] = value;
    n++;
    p += length;
  }
  return n;
}

copse_status numbers_read(copse_context *ctx, const char *path, bool nan, double **out, uint64_t *n_rows,
                          uint32_t *n_cols, copse_error *err) {
  struct source source;
  copse_status status = source_open(ctx, &path, 1, 0, &source, err);
  if (status != COPSE_OK) return status;
  status = source_load_rest(&source, err);
  if (status != COPSE_OK) {
    source_release(&source);
    return status;
  }
  const char *end = source.text + source.length, *bad;
  double *values = NULL;
  uint64_t rows = 0, filled = 0;
  uint32_t columns = 0;
  const char *begin = source.text + source.parts[0].begin;
  for (const char *p = begin; p < end; p = strchr(p, '\n') + 1) rows++;
  for (const char *p = begin; p < end; p = strchr(p, '\n') + 1) {
    uint32_t n = line_numbers(p, nan, NULL, &bad);
    if (bad != NULL) {
      status = report(err, COPSE_ERR_DATA,
                      "%s:%llu: expected a finite number, found \"%s\" (one row of numbers per line)", path,
                      source_place(&source, bad).line, show(bad, strcspn(bad, " \t,\r\n")).text);
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
                      path, source_place(&source, p).line, n, columns);
      goto done;
    }
    line_numbers(p, nan, values + filled++ * columns, &bad);
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

copse_status copse_read_numbers(copse_context *ctx, const char *path, double **out, uint64_t *n_rows,
                                uint32_t *n_cols, copse_error *err) {
  return numbers_read(ctx, path, false, out, n_rows, n_cols, err);
}
