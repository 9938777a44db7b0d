/* interactions.c - see interactions.h. The text's form is checked already: only its numbers change. */
#include "interactions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "settings.h"

enum { MOST_DIGITS = 10 }; /* more are no column's */

static bool parse_column(const char *item, size_t length, uint64_t *column) {
  *column = 0;
  for (size_t i = 0; i < length; i++) {
    if (item[i] < '0' || item[i] > '9') return false;
    *column = i < MOST_DIGITS ? *column * 10 + (uint64_t)(item[i] - '0') : UINT32_MAX;
  }
  return length > 0;
}

/* A name stays. In a model file's own spelling some characters are others: such a name becomes a number. */
static copse_status translate_name(const char *item, size_t length, const copse_frame_schema *schema,
                                   bool *moved, copse_text *out, copse_error *err) {
  char name[512];
  bool fits = length < sizeof name;
  snprintf(name, sizeof name, "%.*s", (int)(fits ? length : 0), item);
  int64_t feature = fits ? copse_frame_schema_find(schema, name) : -1;
  if (length > 0 && feature < 0)
    return fail(
        err, COPSE_ERR_ARGUMENT,
        "interaction_constraints: no feature is called \"%.*s\" (give the name of a column that is one, "
        "or its number among the file's columns without the label)",
        (int)(length < 100 ? length : 100), item);
  if (strpbrk(name, " \t\":") == NULL) {
    copse_text_append(out, item, length);
    return COPSE_OK;
  }
  *moved = true;
  copse_text_appendf(out, "%" PRId64, feature);
  return COPSE_OK;
}

/* Copies the text up to the end of an item, its number translated; *at is moved on. */
static copse_status translate_item(const char **at, const copse_frame_schema *schema, bool *moved,
                                   copse_text *out, copse_error *err) {
  size_t between = strspn(*at, "[], \t"), length = strcspn(*at + between, "[],");
  const char *item = *at + between;
  uint64_t column;
  copse_text_append(out, *at, between);
  *at = item + length;
  while (length > 0 && (item[length - 1] == ' ' || item[length - 1] == '\t')) length--;
  if (!parse_column(item, length, &column)) return translate_name(item, length, schema, moved, out, err);
  int64_t feature = copse_frame_schema_find_column(schema, column);
  if (feature < 0)
    return fail(
        err, COPSE_ERR_ARGUMENT,
        "interaction_constraints: column %.*s is no feature: ignored, or not in the file (count the file's "
        "columns without the label, or name them)",
        (int)(length < 100 ? length : 100), item);
  *moved |= (uint64_t)feature != column;
  copse_text_appendf(out, "%" PRId64, feature);
  return COPSE_OK;
}

copse_status interactions_apply(const struct app *app, const copse_frame_schema *schema, copse_error *err) {
  copse_text text = {.ctx = app->ctx};
  bool moved = false;
  copse_status status = COPSE_OK;
  for (const char *at = setting(app, "interaction_constraints"); *at && status == COPSE_OK;)
    status = translate_item(&at, schema, &moved, &text, err);
  if (status == COPSE_OK && text.failed) status = fail_memory(err, "interaction_constraints");
  if (status == COPSE_OK && moved)
    status = copse_params_set(app->params, "interaction_constraints", text.data, COPSE_SOURCE_PROGRAM, err);
  copse_text_release(&text);
  return status;
}
