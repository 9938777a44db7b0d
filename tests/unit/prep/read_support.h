/* read_support.h - small files in a scratch folder, and reading them. */
#ifndef COPSE_TEST_READ_SUPPORT_H
#define COPSE_TEST_READ_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "copse_prep.h"
#include "testing.h"

static char scratch[64];

static inline int scratch_make(void **unused) {
  (void)unused;
  strcpy(scratch, "/tmp/copse-read-XXXXXX");
  return mkdtemp(scratch) == NULL;
}

static inline int scratch_remove(void **unused) {
  (void)unused;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", scratch);
  return system(command);
}

/* Path of a file in the scratch folder; the last 64 results stay valid. */
static inline const char *scratch_path(const char *name) {
  static char paths[64][256];
  static int next;
  char *path = paths[next++ % 64];
  snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
  return path;
}

/* A file whose label is y, so many bytes at a time. */
static inline copse_read_options options_in_blocks(size_t block_bytes, int n_threads) {
  copse_read_options o = copse_read_options_default();
  o.label_column = "name:y";
  o.categorical_feature = "auto";
  o.block_bytes = block_bytes;
  o.n_threads = n_threads;
  return o;
}

static inline const char *write_bytes(const char *name, const void *bytes, size_t length) {
  const char *path = scratch_path(name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, length, file), length);
  assert_int_equal(fclose(file), 0);
  return path;
}

static inline const char *write_text(const char *name, const char *text) {
  return write_bytes(name, text, strlen(text));
}

static inline const char *write_gzip(const char *name, const char *text) {
  const char *path = scratch_path(name);
  gzFile file = gzopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
  assert_int_equal(gzclose(file), Z_OK);
  return path;
}

static inline copse_frame *read_good(const char *path, const copse_read_options *options) {
  copse_frame *frame;
  copse_error err;
  if (copse_frame_read(NULL, path, options, &frame, &err) != COPSE_OK) fail_msg("%s", err.message);
  return frame;
}

/* The value of a feature as a number; NaN when missing. */
static inline double cell_of(const copse_frame *frame, uint64_t row, uint32_t feature) {
  const copse_table *table = &frame->table;
  if (table->layout == COPSE_COLUMNS) {
    const copse_column *column = &table->columns[feature];
    if (column->dtype == COPSE_F64) return ((const double *)column->data)[row * column->stride];
    int32_t code = ((const int32_t *)column->data)[row * column->stride];
    return code < 0 ? (double)__builtin_nanf("") : (double)code;
  }
  for (int64_t i = table->indptr[row]; i < table->indptr[row + 1]; i++)
    if ((uint32_t)table->indices[i] == feature) return ((const double *)table->values)[i];
  return 0;
}

/* Same shape, names, cells, label, weight, groups. */
static inline void assert_same_frames(const copse_frame *a, const copse_frame *b) {
  assert_int_equal(a->n_rows, b->n_rows);
  assert_int_equal(a->n_features, b->n_features);
  assert_int_equal(a->n_groups, b->n_groups);
  assert_int_equal(a->weight != NULL, b->weight != NULL);
  assert_int_equal(a->label != NULL, b->label != NULL);
  for (uint32_t f = 0; f < a->n_features; f++) {
    assert_string_equal(a->names[f], b->names[f]);
    assert_string_equal(a->model_names[f], b->model_names[f]);
    assert_int_equal(a->categorical[f], b->categorical[f]);
  }
  for (uint64_t row = 0; row < a->n_rows; row++) {
    for (uint32_t f = 0; f < a->n_features; f++) {
      double x = cell_of(a, row, f), y = cell_of(b, row, f);
      if (!(x == y || (x != x && y != y)))
        fail_msg("row %llu feature %u: %g and %g", (unsigned long long)row, f, x, y);
    }
    if (a->label != NULL) assert_true(a->label[row] == b->label[row]);
    if (a->weight != NULL) assert_true(a->weight[row] == b->weight[row]);
  }
  for (uint64_t g = 0; g < a->n_groups; g++) assert_int_equal(a->group[g], b->group[g]);
}

#endif
