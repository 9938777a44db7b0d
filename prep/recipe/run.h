/* run.h - one pass of rows through the steps of a recipe. */
#ifndef COPSE_RECIPE_RUN_H
#define COPSE_RECIPE_RUN_H

#include "recipe/recipe.h"
#include "store/store.h"

/* What becomes of the last table: begin once, then its blocks in order. */
struct run_sink {
  copse_status (*begin)(void *user, const struct shape *shape, copse_error *err);
  copse_status (*block)(void *user, const struct shape *shape, const struct block *block, copse_error *err);
  void *user;
};

/* Fits what is not learned yet, with as many passes as steps learn from rows. */
copse_status run_fit(copse_recipe *recipe, struct row_source *rows, int n_threads, copse_error *err);
/* All steps over all rows; store NULL: no tables; sink NULL: the last table goes nowhere else. part: -1 all
 * rows, else only those of this part of a split. */
copse_status run_apply(copse_recipe *recipe, struct row_source *rows, int n_threads, struct store *store,
                       const struct run_sink *sink, int part, copse_error *err);

#endif
