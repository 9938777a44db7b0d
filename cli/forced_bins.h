/* forced_bins.h - cut points from a file (forcedbins_filename):
 *   [{"feature": 0, "bin_upper_bound": [0.5, 2]}, {"feature": "age", "bin_upper_bound": [18, 65]}]
 * A feature is a column's index that does not count the label column, as in LightGBM, or its name. */
#ifndef COPSE_CLI_FORCED_BINS_H
#define COPSE_CLI_FORCED_BINS_H

#include "cli.h"

struct forced_bins {
  struct forced_feature *features; /* [n] in the file's order */
  size_t n;
};

/* Reads the file, when one is given. Nothing is known of the data yet. */
COPSE_MUST_CHECK copse_status forced_bins_read(const struct app *app, struct forced_bins *out,
                                               copse_error *err);
/* Hands the cut points to the parameters, now that the columns are known. Categorical ones take none. */
COPSE_MUST_CHECK copse_status forced_bins_apply(const struct app *app, const struct forced_bins *forced,
                                                const copse_frame *frame, copse_error *err);
void forced_bins_free(struct forced_bins *forced);

#endif
