/* choice.c - see choice.h. ignore_column is LightGBM's list, as training takes it; type= is a list of
 * COLUMN:TYPE, whose names may hold commas and colons: an item ends where it has a type. */
#include "profile/choice.h"

#include <string.h>

#include "read/report.h"
#include "read/roles.h"

struct choosing {
  const struct row_source *source;
  const struct choice_options *options;
  const char **names; /* [n] of the file */
  uint32_t n, target; /* target: n without one */
  bool *ignored;      /* [n] */
  uint8_t *forced;    /* [n] */
};

static uint32_t find(const struct choosing *c, const char *name, size_t length) {
  uint32_t i = 0;
  while (i < c->n && (strlen(c->names[i]) != length || memcmp(c->names[i], name, length) != 0)) i++;
  return i;
}

static copse_status refuse_name(const struct choosing *c, const char *what, const char *list,
                                const char *name, copse_error *err) {
  char columns[512];
  roles_describe_columns(name, c->names, c->n, columns, sizeof columns);
  return report(err, COPSE_ERR_ARGUMENT, "%s: %s=%.200s: there is no column \"%.100s\" (%s)",
                row_source_path(c->source), what, list, name, columns);
}

static void ignore_index(void *user, uint64_t index) {
  struct choosing *c = user;
  index += c->target < c->n && index >= c->target;
  if (index < c->n) c->ignored[index] = true;
}

static copse_status ignore(struct choosing *c, copse_error *err) {
  const char *list = c->options->ignored, *path = row_source_path(c->source);
  char item[512];
  if (list == NULL || *list == '\0') return COPSE_OK;
  if (strncmp(list, "name:", 5) != 0 || !row_source_is_named(c->source)) {
    struct read_job job = {.source = {.path = path}};
    uint64_t n = c->n - (c->target < c->n);
    return roles_indices(&job, list, "ignore_column", n, ignore_index, c, err);
  }
  for (const char *rest = list + 5; roles_next_item(&rest, item, sizeof item);) {
    uint32_t i = find(c, item, strlen(item));
    if (i < c->n && i == c->target)
      return report(
          err, COPSE_ERR_ARGUMENT,
          "%s: ignore_column=%.200s: \"%.100s\" is the target, expected other columns (leave one of "
          "the two out)",
          path, list, item);
    if (i < c->n)
      c->ignored[i] = true;
    else if (!c->options->may_lack)
      return refuse_name(c, "ignore_column", list, item, err);
  }
  return COPSE_OK;
}

static uint8_t type_of(const char *name, size_t length) {
  static const enum column_type types[] = {TYPE_NUMBER, TYPE_CATEGORY, TYPE_DATETIME,
                                           TYPE_CODE,   TYPE_ID,       TYPE_TEXT};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    const char *type = column_type_names[types[i]];
    if (strlen(type) == length && memcmp(type, name, length) == 0) return (uint8_t)types[i];
  }
  return COLUMN_INFER;
}

/* End of the item at `at`: where a type stands behind its last colon, *colon. NULL: nowhere. */
static const char *end_of_item(const char *at, const char **colon) {
  for (const char *end = at; *end != '\0'; end++) {
    end += strcspn(end, ",");
    *colon = end;
    while (*colon > at && **colon != ':') --*colon;
    if (*colon > at && type_of(*colon + 1, (size_t)(end - *colon - 1)) != COLUMN_INFER) return end;
    if (*end == '\0') break;
  }
  return NULL;
}

static copse_status force_types(struct choosing *c, copse_error *err) {
  const char *list = c->options->types, *colon;
  for (const char *at = list; at != NULL && *at != '\0';) {
    char name[512];
    const char *end = end_of_item(at, &colon);
    if (end == NULL)
      return report(err, COPSE_ERR_ARGUMENT,
                    "%s: type=%.200s: found \"%.100s\", expected COLUMN:TYPE with one of the types number, "
                    "category, datetime, code, id, text (as type=zip:code,age:number)",
                    row_source_path(c->source), list, at);
    size_t length = (size_t)(colon - at);
    uint32_t i = find(c, at, length);
    if (i == c->n && !c->options->may_lack) {
      if (length >= sizeof name) length = sizeof name - 1;
      memcpy(name, at, length);
      name[length] = '\0';
      return refuse_name(c, "type", list, name, err);
    }
    uint8_t type = type_of(colon + 1, (size_t)(end - colon - 1));
    if (i < c->n && c->forced[i] != COLUMN_INFER && c->forced[i] != type)
      return report(err, COPSE_ERR_ARGUMENT,
                    "%s: type=%.200s: found the types %s and %s for \"%s\", expected one (leave one out)",
                    row_source_path(c->source), list, column_type_names[c->forced[i]],
                    column_type_names[type], show(at, length).text);
    if (i < c->n) c->forced[i] = type;
    at = *end == ',' ? end + 1 : end;
  }
  return COPSE_OK;
}

static copse_status keep(const struct choosing *c, copse_context *ctx, struct choice *out, copse_error *err) {
  const char *path = row_source_path(c->source);
  out->sources = copse_alloc(ctx, c->n, sizeof *out->sources);
  out->forced = copse_alloc(ctx, c->n, sizeof *out->forced);
  if (out->sources == NULL || out->forced == NULL) return report_memory(err, "the profile of", path);
  for (uint32_t i = 0; i < c->n; i++) {
    if (c->ignored[i]) continue;
    out->sources[out->n] = i;
    out->forced[out->n++] = c->forced[i];
  }
  if (out->n > 0) return COPSE_OK;
  return report(err, COPSE_ERR_ARGUMENT,
                "%s: ignore_column=%.200s names every column, expected one to be left", path,
                c->options->ignored);
}

copse_status choose_columns(copse_context *ctx, const struct row_source *source,
                            const struct choice_options *options, struct choice *out, copse_error *err) {
  uint32_t n = row_source_n_columns(source);
  struct choosing c = {.source = source, .options = options, .n = n, .target = n};
  *out = (struct choice){.n = 0};
  c.names = copse_alloc(ctx, n, sizeof *c.names);
  c.ignored = copse_alloc_zero(ctx, n, sizeof *c.ignored);
  c.forced = copse_alloc(ctx, n, sizeof *c.forced);
  copse_status status = COPSE_OK;
  if (c.names == NULL || c.ignored == NULL || c.forced == NULL) {
    status = report_memory(err, "the profile of", row_source_path(source));
  } else {
    for (uint32_t i = 0; i < n; i++) c.names[i] = row_source_name(source, i);
    memset(c.forced, COLUMN_INFER, n);
    if (options->target != NULL && *options->target != '\0')
      c.target = find(&c, options->target, strlen(options->target));
    status = ignore(&c, err);
    if (status == COPSE_OK) status = force_types(&c, err);
    if (status == COPSE_OK) status = keep(&c, ctx, out, err);
  }
  copse_free(c.names);
  copse_free(c.ignored);
  copse_free(c.forced);
  return status;
}
