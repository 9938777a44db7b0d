/* alert.h - the tables of alerts. */
#ifndef COPSE_FINDINGS_ALERT_H
#define COPSE_FINDINGS_ALERT_H

#include "profile/profile.h"

/* One row of the table of what is looked for in a column. */
struct column_check {
  const char *id;
  bool (*find)(const copse_profile *profile, const struct column_facts *column, struct finding *out);
  const char *group; /* sentence for many columns at once, with one %u; NULL: each is told by itself */
  bool ends;         /* nothing more is said about a column with this one */
  const char *drops; /* ids that this one makes superfluous, blank separated */
};
extern const struct column_check column_checks[];
extern const size_t n_column_checks;

/* The same for the table as a whole. columns: room for the columns concerned, *n of them. Asked again for
 * out->turn = 1, 2 ... while it finds something, where there can be several. */
struct table_check {
  const char *id;
  bool (*find)(const copse_profile *profile, struct finding *out, uint32_t *columns, uint32_t *n);
  const char
      *groups;     /* there can be several, each of some columns: what is said of many; NULL: there is one */
  bool other_file; /* it is about the other file of against= */
};
extern const struct table_check table_checks[];
extern const size_t n_table_checks;

/* A share as 12.3 %, a count with its thousands apart: for sentences. */
struct short_text {
  char text[32];
};
struct short_text share_text(double share);
struct short_text count_text(double n);
struct short_text number_text(double x);
/* A name or a value in a sentence, cut at 40 characters. */
struct name_text {
  char text[180];
};
struct name_text name_in_text(const char *name, size_t length);
/* A column as the value of a key: name:NAME, or its number where the file has no header. */
struct name_text key_in_text(const copse_profile *profile, const struct column_facts *column);
struct name_text value_in_text(const struct facts_value *value);

#endif
