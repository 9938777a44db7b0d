/* interactions.h - the numbers of interaction_constraints, from columns of the file to features. */
#ifndef COPSE_CLI_INTERACTIONS_H
#define COPSE_CLI_INTERACTIONS_H

#include "cli.h"

/* A number is a column's index that does not count the label column, as in LightGBM; the engine counts
 * features. They differ where columns are left out, or indices of a LibSVM file begin with 1. Names stay. */
COPSE_MUST_CHECK copse_status interactions_apply(const struct app *app, const copse_frame_schema *schema,
                                                 copse_error *err);

#endif
