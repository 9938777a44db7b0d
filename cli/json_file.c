/* json_file.c - the one place of the program that parses JSON. */
#include "json_file.h"

#include "console.h"
#include "output.h"

copse_status json_file_read(const struct app *app, const char *path, json_t **out, copse_error *err) {
  copse_text text;
  json_error_t where;
  *out = NULL;
  copse_status status = input_read(app->ctx, path, &text, err);
  if (status != COPSE_OK) return status;
  *out = json_loadb(text.data ? text.data : "", text.length, JSON_REJECT_DUPLICATES, &where);
  copse_text_release(&text);
  if (*out) return COPSE_OK;
  return fail(err, COPSE_ERR_FORMAT, "%s:%d:%d: not JSON: %s", path, where.line, where.column, where.text);
}

json_t *json_text_read(const char *text) { return json_loads(text, JSON_DISABLE_EOF_CHECK, NULL); }
