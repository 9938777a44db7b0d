/* bins_code.h - the bins of a whole column, while what its cut points were found with is at hand. Only
 * bins*.c includes this. */
#ifndef COPSE_DATA_BINS_CODE_H
#define COPSE_DATA_BINS_CODE_H

#include "data/bins.h"
#include "data/bins_select.h"

/* out->cells [n]: as bins_of_values has them. selection: of all values, on which the bounds were found; what
 * it knows is lost. */
COPSE_MUST_CHECK copse_status bins_code(copse_context *ctx, const struct feature_bins *bins,
                                        struct selection *selection, struct bins_codes *out,
                                        copse_error *err);
/* The same without one. */
COPSE_MUST_CHECK copse_status bins_code_values(copse_context *ctx, const struct feature_bins *bins,
                                               const struct bins_values *values, struct bins_codes *out,
                                               copse_error *err);

#endif
