/* earlier_profile.h - an earlier profile's JSON, to compare a new one with (check=FILE). */
#ifndef COPSE_CLI_EARLIER_PROFILE_H
#define COPSE_CLI_EARLIER_PROFILE_H

#include "json_file.h"

/* Zero-initialise. */
struct earlier_profile {
  copse_earlier_profile is; /* texts are the document's */
  json_t *root;
  copse_earlier_column *columns; /* [is.n_columns] with their lists */
  copse_earlier_alert *alerts;   /* [is.n_alerts] */
};

/* Reads and checks the file. What is no JSON, or not that of a profile, is an error with its place. *out is
 * to be released also after a failure. */
COPSE_MUST_CHECK copse_status earlier_profile_read(const struct app *app, const char *path,
                                                   struct earlier_profile *out, copse_error *err);
void earlier_profile_release(struct earlier_profile *earlier);

#endif
