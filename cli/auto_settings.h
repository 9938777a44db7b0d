/* auto_settings.h - values for what a run of `copse train --auto` was not told. */
#ifndef COPSE_CLI_AUTO_SETTINGS_H
#define COPSE_CLI_AUTO_SETTINGS_H

#include "cli.h"

/* Before any data are read: the share of rows to hold out where nothing else is there to validate on. */
COPSE_MUST_CHECK copse_status auto_settings_plan(struct app *app, bool has_validation, copse_error *err);
/* Once the rows are known. Says on stderr what was chosen, resolves the parameters again. Does nothing
 * without auto=true. */
COPSE_MUST_CHECK copse_status auto_settings_choose(struct app *app, uint64_t n_rows, copse_error *err);

#endif
