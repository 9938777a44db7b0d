/* settings.h - from words to parameters, and from parameters to what the readers want. */
#ifndef COPSE_CLI_SETTINGS_H
#define COPSE_CLI_SETTINGS_H

#include "arguments.h"

/* Sets app->params from the command line, then from the configuration file (weaker), output_model and
 * output_result from out=, and app->command from the task where no command was named. Every failure is the
 * caller's mistake, but for lack of memory. */
COPSE_MUST_CHECK copse_status settings_load(struct app *app, const struct arguments *args, copse_error *err);

/* Cross-checks; afterwards the parameters are final and verbosity is in force. */
COPSE_MUST_CHECK copse_status settings_resolve(struct app *app, copse_error *err);

/* Text of a parameter, "" when it has none. */
const char *setting(const struct app *app, const char *name);
/* Fails where the parameter has no value: `data=FILE is missing`. */
COPSE_MUST_CHECK copse_status setting_required(const struct app *app, const char *name, const char *spelling,
                                               copse_error *err);
/* Options of the readers, after settings_resolve. Strings are borrowed from the parameters. */
copse_read_options settings_read_options(const struct app *app, copse_read_task task);

/* The files of a comma separated list. A name may hold commas itself: the longest piece of the list that is
 * called like an existing file is that file. "-" is standard input. *out, with the names, is released with
 * copse_free. */
COPSE_MUST_CHECK copse_status settings_files(const struct app *app, const char *name, char ***out, size_t *n,
                                             copse_error *err);

#endif
