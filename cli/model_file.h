/* model_file.h - a model from its file, and the schema its data are read with. */
#ifndef COPSE_CLI_MODEL_FILE_H
#define COPSE_CLI_MODEL_FILE_H

#include "cli.h"

/* Both are released with their own _free. schema may be NULL: not wanted. */
COPSE_MUST_CHECK copse_status model_load(const struct app *app, const char *path, copse_model **out,
                                         copse_frame_schema **schema, copse_error *err);

/* The one that the operand or input_model names. *path gets that name. False: the command line was wrong. */
COPSE_MUST_CHECK bool model_named(struct app *app, const char **path, copse_error *err);

/* The report that training left in the model (lines `name: value`), as a blob of this name. */
#define MODEL_REPORT_BLOB "train_report"
/* Leaves it there, says it on stderr where lines are wanted, and releases it. */
COPSE_MUST_CHECK copse_status model_set_report(copse_model *model, copse_text *report, copse_error *err);

#endif
