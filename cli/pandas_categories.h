/* pandas_categories.h - models that LightGBM trained on a pandas frame with categorical columns. */
#ifndef COPSE_CLI_PANDAS_CATEGORIES_H
#define COPSE_CLI_PANDAS_CATEGORIES_H

#include "cli.h"

/* The trees of such a model know a category by its place in the frame's list, not by the number that a file
 * holds, and no other sign of that is in a file of numbers: a warning says what the cells must hold. text:
 * the model's file, ended by NUL. Nothing is said where place and category are the same. */
void warn_pandas_categories(const char *path, const char *text, const copse_model *model);

#endif
