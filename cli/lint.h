/* lint.h - what is wrong with the training data, told before training. */
#ifndef COPSE_CLI_LINT_H
#define COPSE_CLI_LINT_H

#include "cli.h"

/* A line for every alert that asks for a decision; with lint=error a critical one is the failure; with
 * lint=off nothing is looked at. */
COPSE_MUST_CHECK copse_status lint_frame(const struct app *app, const copse_frame *frame, copse_error *err);
/* Whether training depends on what is found (lint=error): the text is then read even where its bins are kept,
 * as they do not tell. */
bool lint_decides(const struct app *app);

#endif
