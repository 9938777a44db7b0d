/* dataset.h - the insides of copse_schema and copse_dataset, for the layers above. */
#ifndef COPSE_DATA_DATASET_H
#define COPSE_DATA_DATASET_H

#include <stdatomic.h>

#include "copse.h"
#include "data/binned.h"
#include "data/bins.h"

struct copse_schema {
  copse_context *ctx;
  atomic_int references;
  uint32_t n_features;
  char **names;                  /* [n_features], never NULL */
  bool default_names;            /* Column_0 ... */
  struct feature_bins *features; /* [n_features] */
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

#endif
