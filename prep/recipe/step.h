/* step.h - what a step of a recipe is: a kind with its options, what it learnt, and the life of both.
 *
 * The life of a step: read (options from the recipe's text) -> open (files beside the recipe are read;
 * fitting only) -> bind (to the columns it gets; says which it gives) -> observe, learn (where it learns from
 * rows; fitting only) -> apply to block after block. What open and learn find is kept as pairs of texts: they
 * are stored with the recipe, and replaying begins with them.
 *
 * A step reads what the one before it gives. `from = TABLE` begins a side line, which reads an earlier table
 * and ends in tables of its own: what is trained on and predicted is the end of the main line. */
#ifndef COPSE_RECIPE_STEP_H
#define COPSE_RECIPE_STEP_H

#include "copse_prep.h"
#include "recipe/block.h"

/* ---- options ---- */

enum option_type {
  OPTION_TEXT,
  OPTION_NUMBER,
  OPTION_COUNT, /* a whole number, 0 or more */
  OPTION_BOOL,
  OPTION_CHOICE,
  OPTION_LIST, /* names, comma separated or one a line; quoted where they hold commas */
  OPTION_FILE, /* beside the recipe, or in maps=DIR */
  OPTION_NAME  /* of a column, as in a list: perhaps in quotes */
};

/* One row of a kind's table of options. */
struct step_option {
  const char *name;
  enum option_type type;
  const char *standard; /* text of the default, NULL: none */
  bool required;
  const char *choices; /* CHOICE: comma separated */
  const char *help;
};

struct option_value {
  const char *text;   /* NULL: not given and no default */
  const char *quoted; /* NAME: as it was written, in quotes; NULL: as text has it */
  int line;           /* 0: not given */
  double number;      /* NUMBER, COUNT, BOOL */
  const char **items; /* [n_items] LIST */
  bool *maybe;        /* [n_items] written with a '?' behind: the column may be missing */
  uint32_t n_items;
};

/* ---- what was learnt ---- */

struct pair {
  const char *a, *b;
};
struct pairs {
  struct pair *items;
  uint32_t n, capacity;
  struct pool texts;
};
bool pairs_add(struct pairs *pairs, const char *a, size_t a_length, const char *b, size_t b_length);
/* The second text of the first pair that begins with `a`; NULL: there is none. */
const char *pairs_second(const struct pairs *pairs, const char *a);
void pairs_release(struct pairs *pairs);

/* ---- steps ---- */

#define NO_STEP SIZE_MAX
struct step {
  const struct step_kind *kind;
  copse_recipe *recipe;
  const char *table;           /* name of the table that it makes; NULL: none */
  int line;                    /* of its section */
  size_t parent;               /* the step whose output it reads; NO_STEP: the raw rows */
  bool aside;                  /* of a side line, that `from` began */
  struct option_value *values; /* [step_n_options] */
  bool opened, learned;
  struct pairs learnt;
  /* while bound */
  const struct shape *in;
  struct pool memory; /* of the state */
  void *state;        /* the kind's */
};

typedef copse_status (*emit_fn)(void *user, struct block *block, copse_error *err);

struct step_kind {
  const char *name;
  const char *help; /* one line */
  const struct step_option *options;
  uint32_t n_options;
  bool serial; /* apply sees the blocks one after the other, in order */
  /* Fitting: checks what options say together, reads files. NULL: nothing to do. */
  copse_status (*open)(struct step *step, copse_error *err);
  /* Fitting: what the columns alone decide, so that rows with other columns do not decide it anew. NULL:
   * nothing. */
  copse_status (*learn_columns)(struct step *step, const struct shape *in, copse_error *err);
  /* Whether the step must see the rows before it can be applied. NULL: never. */
  bool (*learns)(const struct step *step, const struct shape *in);
  /* Makes the state and the shape of what comes out (empty; names.ctx set). What learns is bound before it
   * has learned too: without `out` being used then. */
  copse_status (*bind)(struct step *step, const struct shape *in, struct shape *out, copse_error *err);
  /* Blocks in order, then once learn. */
  copse_status (*observe)(struct step *step, const struct block *block, copse_error *err);
  copse_status (*learn)(struct step *step, copse_error *err);
  /* Row by row; in parallel unless serial. NULL: the step collects. */
  copse_status (*apply)(const struct step *step, struct block *block, copse_error *err);
  /* A step that needs all rows before it gives the first: blocks in order, then once emit. */
  copse_status (*collect)(struct step *step, const struct block *block, copse_error *err);
  copse_status (*emit)(struct step *step, emit_fn emit, void *user, copse_error *err);
  void (*release)(struct step *step); /* of what the state holds beside step->memory; NULL: nothing */
};

const struct step_kind *step_kind_find(const char *name);
const struct step_kind *step_kind_at(size_t index); /* NULL past the last */
const char *step_kind_nearest(const char *name);

/* The options of a kind, then those that every kind has; NULL past the last. */
const struct step_option *step_option_row(const struct step_kind *kind, uint32_t index);
uint32_t step_n_options(const struct step_kind *kind);

/* ---- help for the kinds ---- */

const struct option_value *step_option(const struct step *step, const char *name);
static inline bool step_given(const struct step *step, const char *name) {
  return step_option(step, name)->line > 0;
}
static inline bool step_is(const struct step *step, const char *option, const char *choice) {
  const char *text = step_option(step, option)->text;
  return text != NULL && __builtin_strcmp(text, choice) == 0;
}
/* `RECIPE:LINE: [kind table]: ...` */
copse_status step_fail(const struct step *step, copse_status status, copse_error *err, const char *format,
                       ...) __attribute__((format(printf, 4, 5)));
copse_status step_fail_memory(const struct step *step, copse_error *err);
/* The same with the place of a raw row before it. */
copse_status step_fail_row(const struct step *step, uint64_t row, copse_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Whether a name is that of the label, which rows to be scored do not have. */
bool step_is_label(const struct step *step, const char *name);
/* Index of a column of `in`, -1 (COPSE_OK) where it is missing and may be. */
copse_status step_column(const struct step *step, const struct shape *in, const char *name, bool maybe,
                         int64_t *out, copse_error *err);
/* The same of the option `column`; NAME? may be missing, which is noted. *name [in step->memory] is without
 * the
 * '?'. */
copse_status step_only_column(struct step *step, const struct shape *in, int64_t *out, const char **name,
                              copse_error *err);
/* The columns of a list that are there, the label being one that may be missing: *out [*n], in step->memory.
 */
copse_status step_columns(struct step *step, const char *option, const struct shape *in, uint32_t **out,
                          uint32_t *n, copse_error *err);
/* For every learnt pair the one of the columns [n] that its left text names, -1: none of them. */
copse_status step_pair_columns(struct step *step, const struct shape *in, const uint32_t *columns, uint32_t n,
                               int32_t **out, copse_error *err);
/* A text of a mapping or a list of levels as the cells of a column of that type write it: in a column of
 * numbers "1" and "1.0" are one. Maybe in step->memory; NULL: out of memory. */
const char *step_key(struct step *step, enum value_type type, const char *text);
/* State of `size` bytes, all 0. */
copse_status step_make_state(struct step *step, size_t size, copse_error *err);
/* out becomes in without the columns marked in `gone` [in->n] (NULL: none). */
copse_status step_keep_shape(struct step *step, const struct shape *in, const bool *gone, struct shape *out,
                             copse_error *err);
/* Names for a note that stays one line however many there are: the first few, in quotes. Zero-initialise. */
struct few_names {
  uint32_t n;
  char text[400];
};
void few_names_add(struct few_names *names, const char *name);
/* Something that people should know, once a run: `RECIPE: [kind table]: ...`. */
void step_note(const struct step *step, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The two columns of a mapping file as pairs. A text that comes twice on the left is an error unless
 * `repeats`, where only the same pair twice is one. */
copse_status step_read_mapping(struct step *step, const char *option, bool repeats, copse_error *err);

#endif
