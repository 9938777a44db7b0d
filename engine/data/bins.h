/* bins.h - the only place a value becomes a bin: cut points of one feature and the mapping they define.
 *
 * Semantics: LightGBM 4.6 (Ke et al., NIPS 2017), down to the last bit of every cut point. A numeric value
 * belongs to the first bin whose upper bound is >= it; a missing value to the last bin when the feature has
 * one. A category belongs to its own bin, or to bin 0 (missing, rare or unseen). */
#ifndef COPSE_DATA_BINS_H
#define COPSE_DATA_BINS_H

#include "copse.h"
#include "data/bins_room.h"
#include "kernels/kernels.h"
#include "params/params.h"

/* |v| <= BINS_ZERO counts as zero: float32(1e-35), held as a double. */
#define BINS_ZERO 1.0000000180025095e-35

enum { BINS_MAX = 65536 }; /* of one feature: a cell of the binned matrix has 16 bits at most */

enum missing_type { MISSING_NONE = 0, MISSING_ZERO = 1, MISSING_NAN = 2 };

struct bins_buckets; /* bins_buckets.h */

struct feature_bins {
  bool categorical;
  bool used; /* false: constant in the sample, or dropped by the pre-filter: no bins; only min and max are set
              */
  enum missing_type missing;
  uint32_t n_bins;
  double *upper;               /* numeric [n_bins], ascending, the last of a number +inf; NaN bin: NaN */
  int32_t *category;           /* categorical [n_bins]: value of each bin, category[0] = -1 */
  int32_t *sorted_category;    /* categorical [n_bins - 1] ascending, for lookup */
  uint32_t *sorted_bin;        /* bin of sorted_category[i] */
  double min_value, max_value; /* of the sample, zero included where it occurred; 0 and 0 of no values */
  uint32_t default_bin;        /* bin of 0.0 */
  uint32_t most_freq_bin;      /* bin with the largest sampled count, see algorithms 1.12 */
  uint32_t common_bin;         /* that bin, whatever its share */
  double common_share, default_share; /* of the sampled rows in common_bin, in default_bin */
};

/* The bins of a column's values. */
struct bins_codes {
  uint8_t *place; /* [values] where cells of one byte are to go; or NULL */
  void *cells;    /* [values] uint8_t up to 256 bins, else uint16_t; NULL: the feature is not used
                   */
  bool wide;      /* uint16_t */
};

/* Frees cells that are not in their place. */
void bins_codes_release(struct bins_codes *codes);

/* One feature's sampled values. Sample size is n_values + n_zeros. */
struct bins_column {
  const double *values;               /* [n_values] in any order; NaN = missing, zeros included or not */
  size_t stride;                      /* numeric: from one to the next; 0 as 1 */
  const struct bins_buckets *buckets; /* numeric: of the values, where known; or NULL */
  uint64_t n_values;
  uint64_t n_zeros; /* zeros that are not among values (sparse input) */
  uint64_t n_rows;  /* of the whole data set, for the pre-filter */
  int max_bin;      /* this feature's own limit */
  const struct bin_params *params;
  const struct forced_bins *forced; /* numeric: cut points of the caller's own; or NULL */
  struct bins_room *room;           /* or NULL: some for this call */
  struct bins_codes *codes;         /* filled with the values' bins; or NULL: not asked for */
};
COPSE_MUST_CHECK copse_status bins_find_numeric(copse_context *ctx, const struct bins_column *column,
                                                struct feature_bins *out, copse_error *err);
COPSE_MUST_CHECK copse_status bins_find_categorical(copse_context *ctx, const struct bins_column *column,
                                                    struct feature_bins *out, copse_error *err);
void bins_release(struct feature_bins *bins);

/* The feature must be used. */
uint32_t bins_of_value(const struct feature_bins *bins, double value);
/* out[i] = bins_of_value(bins, values[i]), at the speed of the kernels; n_bins <= BINS_MAX. */
void bins_of_values(const struct feature_bins *bins, const double *values, size_t n, uint16_t *out);

/* Gives the bins of a feature in rows [first_row, first_row + n), wherever they come from. Called from
 * several threads at once. */
typedef void (*bins_read_fn)(const void *user, uint32_t feature, uint64_t first_row, size_t n,
                             uint16_t *bins);

#endif
