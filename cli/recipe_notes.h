/* recipe_notes.h - what a recipe has to tell, as warnings. */
#ifndef COPSE_CLI_RECIPE_NOTES_H
#define COPSE_CLI_RECIPE_NOTES_H

#include "cli.h"

void recipe_print_notes(const copse_recipe *recipe);

#endif
