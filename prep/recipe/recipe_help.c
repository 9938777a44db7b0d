/* recipe_help.c - the reference of the steps, from their tables of options. */
#include <string.h>

#include "recipe/recipe.h"

static void append_options(const struct step_kind *kind, copse_text *out) {
  static const char *const types[] = {"text", "number", "count", "true|false", "", "list", "file", "name"};
  for (uint32_t i = 0; i < step_n_options(kind); i++) {
    const struct step_option *option = step_option_row(kind, i);
    copse_text_appendf(out, "  %-15s", option->name);
    for (const char *c = option->choices != NULL ? option->choices : types[option->type]; *c != '\0'; c++)
      copse_text_append(out, *c == ',' ? "|" : c, 1);
    if (option->required)
      copse_text_appendf(out, ", required");
    else if (option->standard != NULL && option->standard[0] != '\0')
      copse_text_appendf(out, ", default %s", option->standard);
    copse_text_appendf(out, "\n                 %s\n", option->help);
  }
}

bool copse_recipe_help(const char *step, copse_text *out) {
  const struct step_kind *one = step != NULL ? step_kind_find(step) : NULL;
  if (step != NULL && one == NULL) return false;
  for (size_t i = 0; one == NULL && step_kind_at(i) != NULL; i++)
    copse_text_appendf(out, "  %-8s %s\n", step_kind_at(i)->name, step_kind_at(i)->help);
  if (one != NULL) {
    copse_text_appendf(out, "[%s TABLE] - %s\n", one->name, one->help);
    append_options(one, out);
  }
  return true;
}
