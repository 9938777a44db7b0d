/* json_members.h - the members of the JSON output; every one brings its comma. For its files alone. */
#ifndef COPSE_REPORT_JSON_MEMBERS_H
#define COPSE_REPORT_JSON_MEMBERS_H

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "profile/profile.h"
#include "report/escape.h"

static inline void raw(copse_text *out, const char *text) { copse_text_append(out, text, strlen(text)); }

static inline void key(copse_text *out, const char *name) {
  char last = out->length > 0 ? out->data[out->length - 1] : '{';
  copse_text_appendf(out, "%s\"%s\":", last == '{' || out->failed ? "" : ",", name);
}
static inline void begin(copse_text *out, const char *name, const char *bracket) {
  key(out, name);
  raw(out, bracket);
}
/* The next element of an array. */
static inline void item(copse_text *out) {
  if (out->length > 0 && out->data[out->length - 1] != '[') raw(out, ",");
}
/* The next one, which is an object. */
static inline void element(copse_text *out) {
  item(out);
  raw(out, "{");
}
static inline void number(copse_text *out, const char *name, double x) {
  key(out, name);
  append_json_number(out, x);
}
/* Of what a double cannot hold the digits: as a text. */
static inline void count(copse_text *out, const char *name, uint64_t n) {
  const char *quote = n > (uint64_t)1 << 53 ? "\"" : "";
  key(out, name);
  copse_text_appendf(out, "%s%" PRIu64 "%s", quote, n, quote);
}
static inline void truth(copse_text *out, const char *name, bool x) {
  key(out, name);
  raw(out, x ? "true" : "false");
}
static inline void word(copse_text *out, const char *name, const char *text) {
  key(out, name);
  append_json(out, text, strlen(text));
}

static inline void value(copse_text *out, const struct facts_value *v) {
  if (v->withheld)
    raw(out, "null");
  else
    append_json(out, v->text, strlen(v->text));
}

static inline void value_members(copse_text *out, const struct facts_value *v) {
  key(out, "value");
  value(out, v);
  count(out, "n", v->n);
  count(out, "n_error", v->n_lost);
}

static inline void value_list(copse_text *out, const char *name, const struct facts_value *list, uint32_t n) {
  begin(out, name, "[");
  for (uint32_t i = 0; i < n; i++) {
    element(out);
    value_members(out, &list[i]);
    raw(out, "}");
  }
  raw(out, "]");
}

static inline void number_list(copse_text *out, const char *name, const double *list, uint32_t n) {
  begin(out, name, "[");
  for (uint32_t i = 0; i < n; i++) {
    item(out);
    append_json_number(out, list[i]);
  }
  raw(out, "]");
}

static inline void count_list(copse_text *out, const char *name, const uint64_t *list, uint32_t n) {
  begin(out, name, "[");
  for (uint32_t i = 0; i < n; i++) {
    item(out);
    copse_text_appendf(out, "%" PRIu64, list[i]);
  }
  raw(out, "]");
}

static inline void id_list(copse_text *out, const char *name, const uint32_t *list, uint32_t n) {
  begin(out, name, "[");
  for (uint32_t i = 0; i < n; i++) {
    item(out);
    copse_text_appendf(out, "%" PRIu32, list[i]);
  }
  raw(out, "]");
}

static inline void alert_list(copse_text *out, const char *name, const struct alert_list *alerts) {
  static const char *const levels[] = {"note", "warning", "critical"};
  begin(out, name, "[");
  for (uint32_t i = 0; i < alerts->n; i++) {
    const struct alert *a = &alerts->list[i];
    element(out);
    word(out, "id", a->id);
    word(out, "level", levels[a->level]);
    id_list(out, "columns", a->columns, a->n_columns);
    word(out, "text", a->text);
    word(out, "remedy", a->remedy);
    key(out, "flag");
    if (a->flag != NULL)
      append_json(out, a->flag, strlen(a->flag));
    else
      raw(out, "null");
    begin(out, "data", "{");
    for (uint32_t k = 0; k < a->n_data; k++) number(out, a->data[k].name, a->data[k].value);
    raw(out, "}}");
  }
  raw(out, "]");
}

/* A moment, RFC 3339: a day alone, or with its time of day; null where there is none. What has no time zone
 * counts as UTC. */
static inline void moment(copse_text *out, double seconds, bool timed) {
  int year, month, day;
  if (isnan(seconds)) {
    raw(out, "null");
    return;
  }
  date_of(seconds, &year, &month, &day);
  double rest = seconds - floor(seconds / 86400) * 86400;
  int whole = (int)rest, thousandths = (int)((rest - whole) * 1000);
  copse_text_appendf(out, "\"%04d-%02d-%02d", year, month, day);
  if (timed) {
    copse_text_appendf(out, "T%02d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    if (thousandths > 0) copse_text_appendf(out, ".%03d", thousandths);
    raw(out, "Z");
  }
  raw(out, "\"");
}

/* output_json_origin.c. write_s: seconds that the rest of the document took. */
void json_run(copse_text *out, const copse_profile *profile, double write_s);
/* Files read as one. */
struct source_facts {
  const char *path; /* or all names */
  size_t n_files;
  const struct origin *origin;
  bool named; /* there is a header */
  uint64_t n_rows;
  uint32_t n_columns;
};
void json_source(copse_text *out, const char *name, const struct source_facts *source,
                 copse_profile_values values);

/* output_json_column.c */
void json_column(copse_text *out, const copse_profile *profile, uint32_t column);

/* output_json_detail.c: what a card shows inside, and how columns hang together. */
void json_number_detail(copse_text *out, const struct number_detail *detail);
/* timed: moments with their time of day. */
void json_date_detail(copse_text *out, const struct date_detail *detail, bool timed);
void json_column_detail(copse_text *out, const struct column_facts *column);
void json_pairs_detail(copse_text *out, const struct pairs *pairs);

/* output_json_files.c: what there is beside other files, and the rows to be shown. */
void json_drift(copse_text *out, const copse_profile *profile);
void json_since(copse_text *out, const copse_profile *profile);
void json_rows(copse_text *out, const copse_profile *profile);

#endif
