/* dataset.h - the insides of copse_schema and copse_dataset, for the layers above. */
#ifndef COPSE_DATA_DATASET_H
#define COPSE_DATA_DATASET_H

#include <stdatomic.h>

#include "copse.h"
#include "data/binned.h"
#include "data/bins.h"
#include "data/table.h"

struct copse_schema {
  copse_context *ctx;
  atomic_int references;
  uint32_t n_features;
  char **names;                  /* [n_features], never NULL; one block with its texts */
  bool default_names;            /* every name is Column_<index> */
  struct feature_bins *features; /* [n_features] */
  struct bundles bundles;        /* how data sets of this schema store them */
  bool bundled;                  /* false: each on its own */
  bool keep_values;              /* data sets hold the values of numeric features too */
  copse_encoder *encoder;        /* makes the last features of a table's columns; or NULL: there are none */
};

struct copse_dataset {
  copse_context *ctx;
  atomic_int references;
  copse_schema *schema;
  uint64_t n_rows;
  struct binned binned;
  /* With keep_values: [n_features] columns [n_rows] as their leaves' linear models see them, NULL where a
   * feature is categorical or unused. Else NULL. */
  float **values;
  bool finished;
  atomic_uint_least64_t rows_pushed;
  float *label;      /* label by label [n_labels * n_rows], or NULL */
  uint64_t n_labels; /* of a row */
  float *weight;
  double *init_score;
  uint64_t n_init_score;
  int32_t *group;
  uint64_t n_groups;
  int32_t *position;         /* [n_rows] or NULL */
  uint64_t position_version; /* `version` when it was last set */
  copse_release_fn release;  /* of what columns of the matrix lie in; or NULL */
  void *release_user;
  uint64_t version; /* grows with every change of a field, so that a trainer sees it */
};

/* copse_dataset_create; in_place as in binned_create, or room as in binned_create_in, or both NULL. */
COPSE_MUST_CHECK copse_status dataset_create(copse_context *ctx, copse_schema *schema, uint64_t n_rows,
                                             const void *const *in_place, struct binned_room *room,
                                             copse_dataset **out, copse_error *err);

/* dataset_values.c: the columns of `values`, not yet filled; one row of them per row of the table. */
COPSE_MUST_CHECK copse_status dataset_values_create(copse_dataset *dataset, copse_error *err);
/* Fills rows [start_row + first, start_row + first + n) from the table's rows [first, first + n), where n is
 * at most BINNED_CHUNK. */
void dataset_values_store(copse_dataset *dataset, const copse_table *table, uint64_t start_row,
                          uint64_t first, size_t n);
/* Fills rows [first, first + n) with those of another data set of the same schema. */
void dataset_values_gather(const copse_dataset *from, const uint32_t *rows, copse_dataset *to, uint64_t first,
                           size_t n);
/* A value as linear leaves see it. */
float dataset_value_of(double value);
void dataset_values_release(copse_dataset *dataset);

/* What cut points are asked for. */
struct schema_request {
  const copse_table *table;
  const struct table_rows *rows; /* of the table, ascending: those to look at */
  uint64_t n_rows;               /* that they stand for */
  const char *const *names;
  const bool *categorical;
  const copse_params *params;
  /* Called when a feature is done, by the thread that found its bins; or NULL. codes: of all `rows`, now the
   * callee's. Dense layouts only. */
  void (*then)(void *user, uint32_t feature, const struct bins_codes *codes);
  void *user;
  uint8_t *cells; /* where codes of one byte are to go, columns cells_stride apart; or NULL. May be written
                   * anywhere meanwhile */
  size_t cells_stride;
  uint32_t
      *places;   /* [n_features] the column of cells that is a feature's: as is found best; NULL as cells */
  void *scratch; /* [scratch_bytes] of no other use meanwhile; or NULL */
  size_t scratch_bytes;
  /* Where the bins of all rows are when all are found: a source's columns are gone by then. NULL: the table.
   */
  bins_read_fn bins_of;
  const void *bins_user;
};
COPSE_MUST_CHECK copse_status schema_create(copse_context *ctx, const struct schema_request *request,
                                            copse_schema **out, copse_error *err);

/* The bins of one feature in all rows: all of them, or those that are not the common one. */
struct column_cells {
  const void *cells; /* uint8_t up to 256 bins, else uint16_t; of the rows, or [n_listed] */
  bool wide;         /* uint16_t */
  bool listed;       /* cells are those of `rows`, every other row has `common` */
  uint16_t common;
  uint64_t n_listed;
  const uint32_t *rows; /* [n_listed] ascending */
};

/* A block of its own for each used feature. */
struct dataset_columns {
  uint32_t n;
  struct column_cells *columns; /* [n] */
  void **blocks;                /* [n] own what is in the columns; NULL: not used */
  const void **whole;           /* [n] the cells where they are those of all rows; or NULL */
  struct binned_room room;      /* where cells of one byte are, if it has any */
};
COPSE_MUST_CHECK copse_status dataset_columns_create(copse_context *ctx, uint32_t n,
                                                     struct dataset_columns *out, copse_error *err);

/* Schema and bins of a dense table; the columns of a COPSE_SOURCE are released one by one. request: all rows,
 * `then` unset. Release `out` in any case. */
COPSE_MUST_CHECK copse_status dataset_columns_read(copse_context *ctx, const struct schema_request *request,
                                                   copse_schema **schema, struct dataset_columns *out,
                                                   copse_error *err);
/* Stores the bins in the matrix of the same schema. */
void dataset_columns_move(const struct dataset_columns *columns, struct binned *binned, int n_threads);
/* Bins of a feature in rows [first_row, first_row + n): a bins_read_fn. */
void dataset_columns_bins(const void *columns, uint32_t feature, uint64_t first_row, size_t n,
                          uint16_t *bins);
void dataset_columns_release(struct dataset_columns *columns);

#endif
