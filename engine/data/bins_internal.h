/* bins_internal.h - what the numeric and the categorical search share. Only bins*.c includes this. */
#ifndef COPSE_DATA_BINS_INTERNAL_H
#define COPSE_DATA_BINS_INTERNAL_H

#include "data/bins.h"

/* The rows whose values were looked at, and those they stand for. */
struct bins_sample {
  uint64_t n_sample; /* all of them: zeros and missing values included */
  uint64_t n_rows;   /* of the whole data set */
};

/* Decides whether the feature is used (algorithms 1.11) and fills default_bin and most_freq_bin (1.12).
 * counts [n_bins]: sampled rows of each bin. An unused feature keeps its min and max only. */
void bins_settle(struct feature_bins *bins, const uint64_t *counts, const struct bins_sample *sample,
                 const struct bin_params *params);

#endif
