/* forced_splits.h - splits that every tree begins with, from a file (forcedsplits_filename):
 *   {"feature": 0, "threshold": 0.5, "left": {"feature": "age", "threshold": 18}, "right": {...}}
 * A feature is a column's index that does not count the label column, as in LightGBM, or its name. The
 * threshold of a categorical feature is the one category that goes left: its code, or its text. */
#ifndef COPSE_CLI_FORCED_SPLITS_H
#define COPSE_CLI_FORCED_SPLITS_H

#include "cli.h"

struct forced_splits {
  struct forced_node *nodes; /* [n] level by level */
  size_t n;
};

/* Reads the file, when one is given. Nothing is known of the data yet. */
COPSE_MUST_CHECK copse_status forced_splits_read(const struct app *app, struct forced_splits *out,
                                                 copse_error *err);
/* Hands the splits to the parameters, now that the columns are known. */
COPSE_MUST_CHECK copse_status forced_splits_apply(const struct app *app, const struct forced_splits *forced,
                                                  const copse_frame_schema *schema, copse_error *err);
/* Warns of splits that `tree` could not begin with. */
void forced_splits_tell(const struct forced_splits *forced, const copse_frame_schema *schema,
                        const copse_model *model, const char *path, int tree);
void forced_splits_free(struct forced_splits *forced);

#endif
