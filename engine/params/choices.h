/* choices.h - the values of enum parameters: primary names, LightGBM's aliases, and what this version does.
 */
#ifndef COPSE_PARAMS_CHOICES_H
#define COPSE_PARAMS_CHOICES_H

#include <stdbool.h>
#include <stddef.h>

#include "params/params.h"

/* What an objective predicts, and what a metric can judge. */
enum choice_outcome {
  OUTCOME_ANY,         /* objective: the caller knows; other parameters: does not apply */
  OUTCOME_NUMBER,      /* one output of any meaning */
  OUTCOME_PROBABILITY, /* one output, the probability of the positive class */
  OUTCOME_CLASSES,     /* an output per class */
  OUTCOME_NUMBERS,     /* several outputs that are numbers */
  OUTCOME_LABELS,      /* an output per label of a row */
  OUTCOME_EACH_NUMBER, /* metrics: one output of any meaning, or an output per label */
  OUTCOME_ANY_NUMBER,  /* metrics: one output of any meaning, or several numbers */
  OUTCOME_ANY_CLASS    /* metrics: a probability or an output per class */
};

struct param_choice {
  const char *name;    /* NULL ends a table */
  const char *aliases; /* comma separated */
  bool available;      /* false: known, refused by name when parameters are resolved */
  enum choice_outcome outcome;
};

/* One table and one text of the available names ("regression, binary, custom") per enum parameter. The text
 * begins with ", ". (clang-format does not come to rest on this list.) */
/* clang-format off */
#define FOR_EACH_CHOICE_TABLE(T)                                                        \
  T(task) T(objective) T(boosting) T(data_sample_strategy) T(grow_policy) T(tree_learner)\
  T(device_type) T(monotone_constraints_method) T(metric) T(leaf_counts) T(compat)      \
  T(format) T(libsvm_base) T(unseen_category) T(values) T(lint) T(date_order) T(aft_distribution)     \
  T(cat_encoding)
/* clang-format on */
#define DECLARE_CHOICES(table)                        \
  extern const struct param_choice choices_##table[]; \
  extern const char choices_text_##table[];
FOR_EACH_CHOICE_TABLE(DECLARE_CHOICES)
#undef DECLARE_CHOICES

enum {
  MAX_METRICS = 48, /* more than there are rows in the table of metrics */
  MAX_EVAL_AT = 32, /* ranks of a ranking metric, of which there are two */
  MAX_METRIC_VALUES = MAX_METRICS + 2 * MAX_EVAL_AT + MAX_QUANTILES
};

/* Index of a name or alias, in any case; -1 when there is none. */
int choice_find(const struct param_choice *choices, const char *text, size_t length);

/* The name or alias nearest to the text, among available values; NULL when nothing is near. */
const char *choice_nearest(const struct param_choice *choices, const char *text, size_t length);

#endif
