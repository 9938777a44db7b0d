/* recipe_file.h - the text of a recipe's file. */
#ifndef COPSE_RECIPE_RECIPE_FILE_H
#define COPSE_RECIPE_RECIPE_FILE_H

#include "copse_prep.h"

/* Appends the lines of the file, each with its '\n', and one '\n' before the first, so that the begin of a
 * line can be told from behind. What is no UTF-8 text, or none at all, is refused in the words of recipes. */
copse_status recipe_file_read(const char *path, copse_text *out, copse_error *err);

#endif
