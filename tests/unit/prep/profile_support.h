/* profile_support.h - profiles of files made on the spot, read back with jansson. Include after defining
 * _GNU_SOURCE. */
#ifndef COPSE_TESTS_PROFILE_SUPPORT_H
#define COPSE_TESTS_PROFILE_SUPPORT_H

#include <jansson.h>
#include <math.h>

#include "profile/cell.h"
#include "profile/scan.h"
#include "read_support.h"

static uint64_t random_state = 7;
static inline uint64_t draw(void) { return mix64(random_state++ * 0x9e3779b97f4a7c15u); }
static inline double uniform(void) { return (double)(draw() >> 11) / 9007199254740992.0; }

static inline char *document(const char *path, copse_profile_options options, copse_profile_format format) {
  copse_profile *profile;
  copse_error err;
  copse_text text = {.ctx = NULL};
  if (copse_profile_run(NULL, &path, 1, &options, &profile, &err) != COPSE_OK) fail_msg("%s", err.message);
  copse_profile_write(profile, format, &text);
  assert_false(text.failed);
  char *copy = strdup(text.data);
  copse_text_release(&text);
  copse_profile_free(profile);
  return copy;
}

/* Takes out of a JSON document what two runs may differ in. */
static inline char *without_run(char *text) {
  char *from = strstr(text, "\"run\":"), *rest = from != NULL ? strstr(from, "},\"version\"") : NULL;
  if (rest != NULL) memmove(from, rest + 2, strlen(rest + 2) + 1);
  return text;
}

static inline json_t *parsed(const char *path, copse_profile_options options) {
  json_error_t error;
  char *text = document(path, options, COPSE_PROFILE_JSON);
  json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  if (json == NULL) fail_msg("%s at %d: %.60s", error.text, error.position, text + error.position - 30);
  free(text);
  return json;
}

/* A member by a path with dots and positions: "columns.2.number.mean". */
static inline json_t *at(json_t *json, const char *path) {
  char part[64];
  while (*path != '\0') {
    size_t n = strcspn(path, "/");
    snprintf(part, sizeof part, "%.*s", (int)n, path);
    json = json_is_array(json) ? json_array_get(json, (size_t)atol(part)) : json_object_get(json, part);
    if (json == NULL) fail_msg("there is no %s", part);
    path += n + (path[n] == '/');
  }
  return json;
}
static inline double number_at(json_t *json, const char *path) { return json_number_value(at(json, path)); }
static inline const char *text_at(json_t *json, const char *path) {
  return json_string_value(at(json, path));
}

static inline void assert_near(double a, double b, double most, const char *what) {
  if (!(fabs(a - b) <= most)) fail_msg("%s: %.12g, expected %.12g", what, a, b);
}

static inline bool has_alert(json_t *json, const char *id, const char *column) {
  size_t i;
  json_t *alert;
  json_array_foreach(json_object_get(json, "alerts"), i, alert) {
    if (strcmp(text_at(alert, "id"), id) != 0) continue;
    if (column == NULL) return true;
    size_t k;
    json_t *index;
    json_array_foreach(json_object_get(alert, "columns"), k, index) {
      json_t *found = json_array_get(json_object_get(json, "columns"), (size_t)json_integer_value(index));
      if (strcmp(text_at(found, "name"), column) == 0) return true;
    }
  }
  return false;
}

/* A file that is written line by line: begin, then print into `made`, then finish. */
static FILE *made;
static char *made_text;
static size_t made_length;

static inline void begin(const char *header) {
  made = open_memstream(&made_text, &made_length);
  fprintf(made, "%s\n", header);
}
static inline const char *finish(const char *name) {
  fclose(made);
  const char *path = write_text(name, made_text);
  free(made_text);
  return path;
}

/* Sentence and level of the first alert of this name, or "". */
static inline const char *alert_text(json_t *json, const char *id) {
  size_t i;
  json_t *alert;
  json_array_foreach(json_object_get(json, "alerts"), i,
                     alert) if (strcmp(text_at(alert, "id"), id) == 0) return text_at(alert, "text");
  return "";
}
static inline const char *alert_level(json_t *json, const char *id) {
  size_t i;
  json_t *alert;
  json_array_foreach(json_object_get(json, "alerts"), i,
                     alert) if (strcmp(text_at(alert, "id"), id) == 0) return text_at(alert, "level");
  return "";
}

#endif
