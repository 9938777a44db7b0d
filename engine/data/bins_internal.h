/* bins_internal.h - what the numeric and the categorical search share. Only bins*.c and their
 * tests include this. */
#ifndef COPSE_DATA_BINS_INTERNAL_H
#define COPSE_DATA_BINS_INTERNAL_H

#include "data/bins.h"
#include "data/bins_buckets.h"

/* The rows whose values were looked at, and those they stand for. */
struct bins_sample {
  uint64_t n_sample; /* all of them: zeros and missing values included */
  uint64_t n_rows;   /* of the whole data set */
};

/* Decides whether the feature is used (algorithms 1.11) and fills default_bin and most_freq_bin (1.12).
 * counts [n_bins]: sampled rows of each bin. An unused feature keeps its min and max only. */
void bins_settle(struct feature_bins *bins, const uint64_t *counts, const struct bins_sample *sample,
                 const struct bin_params *params);

/* How the values come into order: the result does not depend on it. */
enum bins_way { BINS_BY_SIZE = 0, BINS_BY_SORT, BINS_BY_SELECTION };

struct bins_request {
  struct bins_values values;
  const struct bins_buckets *buckets; /* as in struct bins_column */
  uint64_t n_zeros;
  int max_bin;
  const struct bin_params *params;
  const struct forced_bins *forced; /* NULL: none */
  enum bins_way way;
  struct bins_room *room;   /* NULL: some for this call */
  struct bins_codes *codes; /* NULL: not asked for; else of more than one bin and at most BINS_MAX */
};

struct bins_rows {
  uint64_t *of_bins; /* [n_bins], the caller's to free */
  bool selected;     /* without a full sort */
};

/* Cut points, missing type and range of a numeric feature, before bins_settle. */
COPSE_MUST_CHECK copse_status bins_cut(copse_context *ctx, const struct bins_request *request,
                                       struct feature_bins *out, struct bins_rows *rows, copse_error *err);

#endif
