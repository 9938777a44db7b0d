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
};

struct copse_dataset {
  copse_context *ctx;
  atomic_int references;
  copse_schema *schema;
  uint64_t n_rows;
  struct binned binned;
  bool finished;
  atomic_uint_least64_t rows_pushed;
  float *label; /* [n_rows] or NULL */
  float *weight;
  double *init_score;
  uint64_t n_init_score;
  int32_t *group;
  uint64_t n_groups;
  uint64_t version; /* grows with every change of a field, so that a trainer sees it */
};

/* copse_schema_create on some rows of a table: rows of `table` in ascending order, standing for n_rows. */
COPSE_MUST_CHECK copse_status schema_create(copse_context *ctx, const copse_table *table,
                                            const struct table_rows *rows, uint64_t n_rows,
                                            const char *const *names, const bool *categorical,
                                            const copse_params *params, copse_schema **out, copse_error *err);

#endif
