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

/* Rows that a thread takes at once; columns of a line of memory. */
enum { SCHEMA_CHUNK = 1 << 14, SCHEMA_LINE_COLUMNS = 8 };

/* schema_rows.c: all features of COPSE_ROWS. */
void schema_find_rows(struct schema_job *job, int n_threads);

/* ---- what it shares with schema_buckets.c ---- */

/* Some columns' numbers side by side. */
struct schema_copies {
  const uint32_t *list; /* [n] features, ascending */
  uint32_t n;
  double *values; /* [n][rows] */
};
/* Of rows [start, start + SCHEMA_PIECE), as far as there are any. */
void schema_copy_piece(const struct schema_job *job, const struct schema_copies *copies, uint64_t start);
void schema_find_copied(struct schema_job *job, const struct schema_copies *copies, uint32_t k, int thread);

size_t schema_n_chunks(const struct schema_job *job);
/* Neighbours in the list from the k-th on that are neighbours in the table, at most so many. */
uint32_t schema_run(const uint32_t *list, uint32_t n, uint32_t k, uint32_t most);
/* Columns of a group of so many bytes. */
uint32_t schema_group_columns(const struct schema_job *job, size_t bytes, size_t column_bytes, int n_threads);
/* Whether a group has room in memory that the request lends, which the system need not clear, and of how many
 * columns then. */
bool schema_may_borrow(const struct schema_job *job, size_t column_bytes, uint32_t n_columns, int n_threads,
                       uint32_t *columns);
/* COPSE_F64: where the column begins, from the row-th of those that are looked at on. */
static inline const double *schema_table_from(const struct schema_job *job, uint32_t column, uint64_t row) {
  return (const double *)job->table->values + (job->rows->first + row) * job->table->row_stride + column;
}

/* list: n_columns features that have rules in columns [n_columns], then those that have none, both ascending.
 * Returns how many it found the bins of: the first ones, perhaps also all others. */
uint32_t schema_find_by_buckets(struct schema_job *job, const uint32_t *list, struct bins_buckets *columns,
                                uint32_t n_columns, int n_threads);

#endif
