/* bundle.h - which features share a stored cell: see binned.h for what such a cell holds.
 *
 * Exclusive features, of which no row has two away from their reference bins, share a digit (exclusive
 * feature bundling: Ke et al., NIPS 2017, but without their tolerance for conflicts). Digits of few values
 * share a cell as the digits of a number: one histogram of the joint cell, whose marginals are the features'.
 */
#ifndef COPSE_DATA_BUNDLE_H
#define COPSE_DATA_BUNDLE_H

#include "copse.h"
#include "data/bins.h"
#include "data/table.h"

enum { BUNDLE_MOST_VALUES = 256 }; /* of a bundled cell */

struct bundles {
  uint32_t n_columns; /* used features, in ascending order */
  uint32_t n_digits, n_carriers;
  uint32_t *reference;  /* [n_columns] bin that is 0 of the digit */
  uint32_t *digit_of;   /* [n_columns]; digits and carriers are numbered by their first column */
  uint32_t *carrier_of; /* [n_digits] */
};

/* Rows to look at, and how their values become bins. */
struct bundle_search {
  const copse_table *table;
  const struct table_rows *rows; /* of the table, which stand for n_rows */
  uint64_t n_rows;
  bins_read_fn bins_of; /* NULL: from the table; else `rows` are all */
  const void *bins_user;
  int n_threads;
  const struct feature_bins *features;
  uint32_t n_features;
};

/* The result depends on nothing but those rows and the bins. */
COPSE_MUST_CHECK copse_status bundles_find(copse_context *ctx, const struct bundle_search *search,
                                           struct bundles *out, copse_error *err);
void bundles_release(struct bundles *bundles);

#endif
