/* recipe_notes.c - see recipe_notes.h. */
#include "recipe_notes.h"

#include "console.h"

void recipe_print_notes(const copse_recipe *recipe) { console_warnings(copse_recipe_notes(recipe)); }
