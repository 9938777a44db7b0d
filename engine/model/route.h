/* route.h - how a row finds its leaf, raw or binned. Lives below both train/ and predict/: one definition
 * serves both.
 *
 * Numeric node, raw value v: NaN counts as 0 unless the node's missing type is NaN; a missing value (type
 * zero: |v| <= 1e-35, type NaN: NaN) goes the default way; otherwise left iff v <= threshold. Categorical
 * node: left iff the value, truncated toward zero, is in the set; NaN and negative go right. */
#ifndef COPSE_MODEL_ROUTE_H
#define COPSE_MODEL_ROUTE_H

#include "model/tree.h"

/* row: [n_features] values */
int route_raw(const struct tree *tree, const double *row);
/* A binned row. `features` are the schema's, for missing and default bins. */
int route_binned(const struct tree *tree, const struct binned *binned, const struct feature_bins *features,
                 uint64_t row);
/* score[i] += factor * leaf value, for rows [begin, end). factor is 1 or -1. */
void route_add_binned(const struct tree *tree, const struct binned *binned,
                      const struct feature_bins *features, uint64_t begin, uint64_t end, double factor,
                      double *score);

#endif
