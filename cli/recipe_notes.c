/* recipe_notes.c - see recipe_notes.h. */
#include "recipe_notes.h"

#include <string.h>

#include "console.h"

void recipe_print_notes(const copse_recipe *recipe) {
  for (const char *at = copse_recipe_notes(recipe); *at;) {
    size_t length = strcspn(at, "\n");
    console_warning("%.*s", (int)length, at);
    at += length + (at[length] == '\n');
  }
}
