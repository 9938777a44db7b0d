/* cmd_params.c - the parameters, from the rows of the engine's table. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "console.h"

#define NAME_WIDTH 40

static const char *support_note(copse_params_support support) {
  switch (support) {
    case COPSE_SUPPORT_FULL: return "";
    case COPSE_SUPPORT_INERT: return "accepted, cannot change a result in this version";
    case COPSE_SUPPORT_LATER: return "not in this version: a value that would change the result is refused";
  }
  return "";
}

static void print_all(void) {
  copse_params_info info;
  const char *group = "";
  for (size_t i = 0; i < copse_params_count() && copse_params_describe(i, &info); i++) {
    if (strcmp(group, info.group) != 0) {
      printf("%s%s:\n", i > 0 ? "\n" : "", info.group);
      group = info.group;
    }
    char mark = info.support == COPSE_SUPPORT_FULL ? ' ' : info.support == COPSE_SUPPORT_INERT ? '-' : '!';
    printf("%c %-*s %-8s %-12s %s\n", mark, NAME_WIDTH, info.name, info.type, info.default_value, info.help);
  }
  puts(
      "\n- accepted, cannot change a result in this version   ! refused where it would change the result\n"
      "copse params NAME: aliases, range and meaning of one");
}

static void print_one(const copse_params_info *info) {
  printf("%s\n  %s\n\n", info->name, info->help);
  printf("  aliases: %s\n", info->aliases[0] ? info->aliases : "none");
  printf("  type:    %s\n", info->type);
  printf("  default: %s\n", info->default_value[0] ? info->default_value : "not set");
  if (info->range[0]) printf("  range:   %s\n", info->range);
  printf("  group:   %s\n", info->group);
  if (info->support != COPSE_SUPPORT_FULL) printf("  support: %s\n", support_note(info->support));
}

int cmd_params(struct app *app) {
  copse_params_info info;
  if (!app->operand) {
    print_all();
    return EXIT_DONE;
  }
  int row = copse_params_find(app->operand);
  if (row < 0 || !copse_params_describe((size_t)row, &info)) {
    copse_error err;
    fail_unknown(&err, "parameter", app->operand, copse_params_nearest(app->operand));
    return end_refused(app->command, &err);
  }
  print_one(&info);
  return EXIT_DONE;
}
