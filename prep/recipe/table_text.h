/* table_text.h - the last table of a fitted recipe as CSV text, for the readers of files. */
#ifndef COPSE_RECIPE_TABLE_TEXT_H
#define COPSE_RECIPE_TABLE_TEXT_H

#include "copse_prep.h"

/* part: -1 all rows, else those of this part of a split, whose column is left out. */
copse_status recipe_table_text(copse_recipe *recipe, const char *const *paths, size_t n_paths,
                               const copse_read_options *options, int part, copse_text *out,
                               copse_error *err);

/* The recipe's file, for messages. */
const char *recipe_path(const copse_recipe *recipe);

/* A label of the rows that a model is trained on: rows to be scored may lack it. Called for each; false: out
 * of memory. */
bool recipe_keep_label(copse_recipe *recipe, const char *name);

#endif
