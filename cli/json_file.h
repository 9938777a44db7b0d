/* json_file.h - a file with JSON in it. */
#ifndef COPSE_CLI_JSON_FILE_H
#define COPSE_CLI_JSON_FILE_H

#include <jansson.h>

#include "cli.h"

/* *out: released with json_decref. A file that is not JSON is an error with line and column. */
COPSE_MUST_CHECK copse_status json_file_read(const struct app *app, const char *path, json_t **out,
                                             copse_error *err);
/* The value that a text begins with, or NULL. */
json_t *json_text_read(const char *text);

#endif
