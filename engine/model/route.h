/* route.h - how a row finds its leaf, raw or binned. Lives below both train/ and predict/: one definition
 * serves both. The raw rules are inline: predict/ works out with them what its flat nodes do.
 *
 * Raw value v: |v| <= 1e-35 counts as 0 everywhere (LightGBM never stores such a value). Numeric node: NaN
 * counts as 0 unless the node's missing type is NaN; a missing value (type zero: 0, type NaN: NaN) goes the
 * default way; otherwise left iff v <= threshold. Categorical node: left iff the value, truncated toward
 * zero, is in the set; NaN, negative and values beyond int32 go right. */
#ifndef COPSE_MODEL_ROUTE_H
#define COPSE_MODEL_ROUTE_H

#include <math.h>

#include "model/tree.h"

/* The value as nodes see it. */
static inline double route_value(double value) { return fabs(value) <= BINS_ZERO ? 0.0 : value; }

/* value: a route_value */
static inline bool route_numeric_left(double value, double threshold, unsigned decision_type) {
  unsigned missing = decision_type >> DECISION_MISSING_SHIFT;
  bool is_nan = isnan(value);
  if ((missing == MISSING_NAN && is_nan) || (missing == MISSING_ZERO && (is_nan || value == 0.0)))
    return (decision_type & DECISION_DEFAULT_LEFT) != 0;
  return (is_nan ? 0.0 : value) <= threshold;
}

static inline bool route_in_set(const uint32_t *words, size_t n_words, uint32_t index) {
  return index / 32 < n_words && (words[index / 32] >> (index % 32) & 1) != 0;
}

static inline bool route_categorical_left(double value, const uint32_t *words, size_t n_words) {
  /* False for NaN as well. Values in (-1, 0) truncate to category 0. */
  if (!(value > -1.0 && value < 2147483648.0)) return false;
  return route_in_set(words, n_words, (uint32_t)(int32_t)value);
}

/* The leaf of a binned row; the tree keeps bins. `features` are the schema's, for missing and default bins.
 */
int route_binned(const struct tree *tree, const struct binned *binned, const struct feature_bins *features,
                 uint64_t row);
/* score[i] += factor * leaf value, for rows i in [begin, end). factor is 1 or -1. */
void route_add_binned(const struct tree *tree, const struct binned *binned,
                      const struct feature_bins *features, uint64_t begin, uint64_t end, double factor,
                      double *score);

#endif
