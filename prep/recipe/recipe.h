/* recipe.h - the inside of copse_recipe, for the files of this room. */
#ifndef COPSE_RECIPE_RECIPE_H
#define COPSE_RECIPE_RECIPE_H

#include "recipe/step.h"

struct recipe_table {
  const char *name; /* the step's */
  uint64_t n_rows;
};

struct copse_recipe {
  copse_context *ctx;
  const char *path;    /* of the recipe, for messages */
  const char **labels; /* [n_labels] of the rows that were trained on; new rows need not have them */
  size_t n_labels;
  const char *maps; /* folder of mapping files; NULL: beside the recipe */
  struct step *steps;
  size_t n_steps, capacity;
  struct pool texts;
  copse_text notes;            /* lines */
  struct recipe_table *tables; /* of the last run into a database */
  size_t n_tables;
  bool whole;              /* while it runs: nobody asks for a part of the split */
  struct row_source *rows; /* while it runs: for the places of rows */
  bool keeps_rows;         /* while it runs: blocks know their raw rows behind a rollup too */
  uint64_t *raw_rows;      /* [n_raw_rows] of the rows that were read last for predictions */
  size_t n_raw_rows;
};

copse_recipe *recipe_create(copse_context *ctx, const char *path, const char *maps);
/* NULL: out of memory. */
struct step *recipe_add_step(copse_recipe *recipe, const struct step_kind *kind, const char *table, int line);
/* Checks a value and keeps it. */
copse_status recipe_set_option(struct step *step, const char *name, const char *text, int line,
                               copse_error *err);
/* After the last option: defaults, and that what is required is there. */
copse_status recipe_finish_step(struct step *step, copse_error *err);
/* Order of steps, names of tables; what each step reads. */
copse_status recipe_check(copse_recipe *recipe, copse_error *err);
/* The last step of the main line. */
size_t recipe_end(const copse_recipe *recipe);
/* The split step, or NULL. */
const struct step *recipe_split(const copse_recipe *recipe);

#endif
