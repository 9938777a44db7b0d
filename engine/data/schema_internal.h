/* schema_internal.h - what the searches for a table's bins share. Only schema*.c includes this. */
#ifndef COPSE_DATA_SCHEMA_INTERNAL_H
#define COPSE_DATA_SCHEMA_INTERNAL_H

#include "data/bins_buckets.h"
#include "data/dataset.h"

/* The error of the lowest feature that failed, whatever thread met it first. */
struct first_failure {
  atomic_flag busy;
  uint32_t feature;
  copse_error error;
};

struct schema_job {
  copse_schema *schema;
  const copse_table *table;
  const struct table_rows *rows;
  uint64_t n_rows;
  const bool *categorical;
  const struct schema_request *request;
  const struct bin_params *params;
  struct bins_room *rooms;   /* [threads] */
  struct bins_room *columns; /* [threads] of dense columns that are columns already */
  double *stored;            /* CSR: the stored values of the sampled rows, column after column */
  uint64_t *offsets;         /* CSR: [n_features + 1] into stored */
  struct first_failure failure;
};

/* The values of a feature. */
struct feature_values {
  const double *values; /* [n] */
  size_t stride;        /* from one to the next */
  uint64_t n;
  const struct bins_buckets *buckets; /* of each, or NULL */
  bool dense;                         /* these are its whole column */
};
/* Bins of one feature; a failure is noted. */
void schema_find_feature(struct schema_job *job, uint32_t feature, const struct feature_values *values,
                         int thread);
/* No room for a copy of a feature's values. */
void schema_note_no_memory(struct schema_job *job, uint32_t feature);

enum { SCHEMA_PIECE = 512 }; /* rows of several columns that stay in the nearest cache */
/* The rows to look at from the start-th on, SCHEMA_PIECE at most. */
struct table_rows schema_piece(const struct schema_job *job, uint64_t start);

int schema_max_bin(const struct bin_params *params, uint32_t feature);
const struct forced_bins *schema_forced_bins(const struct bin_params *params, uint32_t feature);

/* schema_rows.c: all features of COPSE_ROWS. */
void schema_find_rows(struct schema_job *job, int n_threads);

#endif
