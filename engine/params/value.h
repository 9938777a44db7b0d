/* value.h - one parameter's value: from text, checked against its row, and back to text. */
#ifndef COPSE_PARAMS_VALUE_H
#define COPSE_PARAMS_VALUE_H

#include "params/table.h"

struct param_value {
  int64_t integer; /* INT, BOOL, ENUM (index of the choice) */
  double number;   /* DOUBLE; INT as well */
  void *items;     /* owned. INTS, ENUMS: int [n_items]; DOUBLES: double [n_items] */
  size_t n_items;
  char *text; /* owned, in canonical form ("" when there is no value); NULL: the row's default text */
};

/* What a message says about where a value comes from: "train.conf:12: num_trees=ten (num_iterations)". */
struct param_mention {
  const char *place; /* "train.conf:12: " or "" */
  struct param_spelling key;
};

COPSE_MUST_CHECK copse_status value_parse(copse_context *ctx, enum param_id id, const char *text,
                                          size_t length, const struct param_mention *mention,
                                          struct param_value *out, copse_error *err);
COPSE_MUST_CHECK copse_status value_default(copse_context *ctx, enum param_id id, struct param_value *out,
                                            copse_error *err);
COPSE_MUST_CHECK copse_status value_copy(copse_context *ctx, enum param_id id, const struct param_value *from,
                                         struct param_value *out, copse_error *err);
void value_release(struct param_value *value);
/* Valid as long as the value. */
const char *value_text(enum param_id id, const struct param_value *value);

/* Fewest digits, 6 at least, that read back as the same double. */
void text_append_shortest(copse_text *text, double value);

#endif
