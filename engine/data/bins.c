/* bins.c - what a feature's bins do once they are found: the test whether they are worth keeping, and the
 * mapping of values.
 *
 * The mapping never depends on the sample beyond the bounds themselves, so training data, validation data and
 * a row at prediction time meet the same bins. */
#include "data/bins.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "data/bins_internal.h"
#include "kernels/kernels.h"

void bins_release(struct feature_bins *bins) {
  copse_free(bins->upper);
  copse_free(bins->category);
  copse_free(bins->sorted_category);
  copse_free(bins->sorted_bin);
  bins->upper = NULL;
  bins->category = bins->sorted_category = NULL;
  bins->sorted_bin = NULL;
  bins->n_bins = 0;
}

/* No threshold leaves min_data_in_leaf rows, scaled down to the sample, on both sides (algorithms 1.11). */
static bool cannot_split(const struct feature_bins *bins, const uint64_t *counts,
                         const struct bins_sample *sample, const struct bin_params *params) {
  if (bins->categorical && bins->n_bins > 2) return false;
  double scaled = (double)params->min_data_in_leaf * (double)sample->n_sample / (double)sample->n_rows;
  uint64_t least = scaled > 0 ? (uint64_t)scaled : 0;
  uint64_t left = 0;
  for (uint32_t b = 0; b + 1 < bins->n_bins; b++) {
    left += counts[b];
    if (left >= least && sample->n_sample - left >= least) return false;
  }
  return true;
}

void bins_settle(struct feature_bins *bins, const uint64_t *counts, const struct bins_sample *sample,
                 const struct bin_params *params) {
  if (bins->n_bins <= 1 || (params->pre_filter && cannot_split(bins, counts, sample, params))) {
    bins_release(bins);
    bins->used = false;
    return;
  }
  bins->used = true;
  bins->default_bin = bins_of_value(bins, 0.0);
  uint32_t most = 0;
  for (uint32_t b = 1; b < bins->n_bins; b++)
    if (counts[b] > counts[most]) most = b;
  bool dominates = (double)counts[most] / (double)sample->n_sample >= 0.7;
  bins->most_freq_bin = dominates ? most : bins->default_bin;
  bins->common_bin = most;
  bins->common_share = (double)counts[most] / (double)sample->n_sample;
  bins->default_share = (double)counts[bins->default_bin] / (double)sample->n_sample;
}

/* Bounds a number is compared with: all but that of the NaN bin. */
static uint32_t n_bounds(const struct feature_bins *bins) {
  return bins->n_bins - (bins->missing == MISSING_NAN ? 1 : 0);
}

static uint32_t bin_of_category(const struct feature_bins *bins, double value) {
  /* Truncation first: -0.5 is category 0. Beyond int32 nothing is known, and NaN fails the comparison. */
  if (!(value > -1.0 && value < 2147483648.0)) return 0;
  int32_t category = (int32_t)value;
  uint32_t low = 0, length = bins->n_bins - 1;
  while (length > 1) {
    uint32_t half = length / 2;
    low += bins->sorted_category[low + half - 1] < category ? half : 0;
    length -= half;
  }
  return length == 1 && bins->sorted_category[low] == category ? bins->sorted_bin[low] : 0;
}

uint32_t bins_of_value(const struct feature_bins *bins, double value) {
  assert(bins->n_bins > 0);
  if (bins->categorical) return bin_of_category(bins, value);
  if (isnan(value)) {
    if (bins->missing == MISSING_NAN) return bins->n_bins - 1;
    value = 0.0;
  }
  uint32_t low = 0, length = n_bounds(bins);
  while (length > 1) {
    uint32_t half = length / 2;
    low += bins->upper[low + half - 1] < value ? half : 0;
    length -= half;
  }
  return low;
}

void bins_of_values(const struct feature_bins *bins, const double *values, size_t n, uint16_t *out) {
  assert(bins->n_bins > 0 && bins->n_bins <= BINS_MAX);
  if (bins->categorical) {
    for (size_t i = 0; i < n; i++) out[i] = (uint16_t)bin_of_category(bins, values[i]);
    return;
  }
  enum { BLOCK = 1024 };
  double numbers[BLOCK];
  bool missing[BLOCK];
  const struct kernels *kernels = kernels_best();
  uint16_t last = (uint16_t)(bins->n_bins - 1);
  for (size_t start = 0; start < n; start += BLOCK) {
    size_t length = n - start < BLOCK ? n - start : BLOCK;
    uint16_t *block = out + start;
    bool any_missing = false;
    for (size_t i = 0; i < length; i++) any_missing |= isnan(values[start + i]);
    if (!any_missing) {
      kernels->bin_numeric(bins->upper, n_bounds(bins), values + start, length, block);
      continue;
    }
    for (size_t i = 0; i < length; i++) {
      missing[i] = isnan(values[start + i]);
      numbers[i] = missing[i] ? 0.0 : values[start + i];
    }
    kernels->bin_numeric(bins->upper, n_bounds(bins), numbers, length, block);
    if (bins->missing == MISSING_NAN)
      for (size_t i = 0; i < length; i++) block[i] = missing[i] ? last : block[i];
  }
}
