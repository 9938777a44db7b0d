/* bins_code.h - the bins of a whole column, while what its cut points were found with is at hand. Only
 * bins*.c includes this. */
#ifndef COPSE_DATA_BINS_CODE_H
#define COPSE_DATA_BINS_CODE_H

#include "data/bins.h"
#include "data/bins_select.h"

/* out->cells [n_values]: as bins_of_values has them. selection: of the
 * values without zeros and NaN, on which the bounds were found; or NULL. What it knows is lost. */
COPSE_MUST_CHECK copse_status bins_code(copse_context *ctx, const struct feature_bins *bins,
                                        const double *values, uint64_t n_values, struct selection *selection,
                                        struct bins_codes *out, copse_error *err);

#endif
