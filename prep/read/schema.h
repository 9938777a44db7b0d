/* schema.h - the inside of copse_frame_schema: every column of the training file with its role. */
#ifndef COPSE_READ_SCHEMA_H
#define COPSE_READ_SCHEMA_H

#include <stdatomic.h>

#include "copse_prep.h"
#include "read/dictionary.h"

/* The last three are features. */
enum column_role {
  ROLE_IGNORE = 0,
  ROLE_LABEL,
  ROLE_WEIGHT,
  ROLE_GROUP,
  ROLE_NUMBER,
  ROLE_CODES, /* categorical, whole numbers */
  ROLE_TEXT   /* categorical, a dictionary */
};
enum { N_ROLES = ROLE_TEXT + 1 };
static inline bool role_is_feature(enum column_role role) { return role >= ROLE_NUMBER; }

enum label_coding { LABEL_NUMBER = 0, LABEL_ZERO_ONE, LABEL_MINUS_ONE, LABEL_TEXT, LABEL_WHOLE };
enum { N_LABEL_CODINGS = LABEL_WHOLE + 1 };
enum { MAX_CLASSES = 1 << 16 };

struct label_form {
  enum label_coding coding;
  uint32_t n_classes; /* LABEL_WHOLE: 0 .. n_classes - 1 */
};

/* The whole numbers that a ROLE_CODES column held in training, ascending; unknown (n = 0) for a plain model.
 */
struct code_set {
  int32_t *codes;
  uint32_t n;
};

struct schema_column {
  enum column_role role;
  uint32_t feature; /* its number, when it is one */
  size_t name_at;   /* while building: offset in `pool` */
  const char *name; /* "" only for a label without header */
};

/* Created by frame_schema_create, filled by frame_schema_add_column and by setting fields, then
 * frame_schema_finish; immutable and counted afterwards. */
struct copse_frame_schema {
  copse_context *ctx;
  atomic_uint references;
  copse_read_format format;
  char separator;
  bool named;    /* names come from a header */
  int base;      /* LibSVM */
  char *missing; /* the declared tokens, "" for none */
  struct label_form label;
  struct dictionary classes; /* LABEL_TEXT */
  copse_text class_names;    /* LABEL_WHOLE: the numbers as texts, CLASS_NAME_BYTES each */

  uint32_t n_columns, capacity;
  struct schema_column *columns;
  uint32_t *labels; /* [n_labels] columns, in the order of the model's outputs */
  uint32_t n_labels;
  int32_t label_column; /* the first of them; -1: none */

  uint32_t n_features;
  uint32_t *feature_columns;  /* [n_features] */
  const char **names;         /* [n_features] */
  const char **model_names;   /* [n_features] */
  struct dictionary *levels;  /* [n_features], sealed; empty but for ROLE_TEXT */
  struct code_set *code_sets; /* [n_features] */
  copse_text pool, model_pool;
};

copse_frame_schema *frame_schema_create(copse_context *ctx);
/* name NULL or empty: Column_<i>, i not counting label columns, but "" for a label itself. Labels are in the
 * order of the columns until frame_schema_order_labels. */
bool frame_schema_add_column(copse_frame_schema *schema, enum column_role role, const char *name,
                             size_t length);
bool frame_schema_set_missing(copse_frame_schema *schema, const char *list);
bool frame_schema_set_label(copse_frame_schema *schema, struct label_form form);
/* Another order of the label columns there are: false when these are others. */
bool frame_schema_order_labels(copse_frame_schema *schema, const uint32_t *columns, uint32_t n);
/* Column of a file for an index that does not count the label columns. */
uint64_t labels_step_over(const uint32_t *labels, uint32_t n_labels, uint64_t index);
/* After the last column: names, model names, features, empty dictionaries. False: out of memory. */
bool frame_schema_finish(copse_frame_schema *schema);
copse_frame_schema *frame_schema_ref(const copse_frame_schema *schema);

#endif
