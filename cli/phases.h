/* phases.h - a command that first plans, then works: what is wrong with the command line is told before a
 * data file is opened (exit code 2), and an interruption is heeded while it works. */
#ifndef COPSE_CLI_PHASES_H
#define COPSE_CLI_PHASES_H

#include "cli.h"

typedef copse_status (*phase_fn)(void *job, copse_error *err);

/* Runs both and says what went wrong; returns the exit code. finish: what is said of done work, and its exit
 * code; NULL: EXIT_DONE without a word. The caller releases the job afterwards. */
int run_phases(struct app *app, void *job, phase_fn plan, phase_fn work, int (*finish)(void *job));

#endif
