/* data_key.h - what binned data depend on, as text: one fact a line, so that a cache can say which has
 * changed. */
#ifndef COPSE_CLI_DATA_KEY_H
#define COPSE_CLI_DATA_KEY_H

#include "cli.h"

/* Appends the facts: a fingerprint of the bytes of the data files and their side files, and every parameter
 * that bins or roles depend on. training: the key of the training data where these are validation files, else
 * NULL.
 */
COPSE_MUST_CHECK copse_status data_key_make(const struct app *app, char *const *paths, size_t n_paths,
                                            const copse_read_options *options, const copse_text *training,
                                            copse_text *key, copse_error *err);

/* Says in words what is in `now` and not in before [length], and the other way round. */
void data_key_differences(const char *before, size_t length, const copse_text *now, copse_text *out);

#endif
