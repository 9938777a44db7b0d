/* commands.c - the table of commands and looking one up. */
#include <string.h>

#include "cli.h"

static const struct command commands[] = {
#define COMMAND(name, run, settings, operand, synopsis, summary, keys, examples) \
  {name, run, settings, operand, synopsis, summary, keys, examples},
#include "commands.def"
#undef COMMAND
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

const struct command *command_at(size_t index) { return index < N_COMMANDS ? &commands[index] : NULL; }

const struct command *command_find(const char *name) {
  for (size_t i = 0; i < N_COMMANDS; i++) {
    if (strcmp(commands[i].name, name) == 0) return &commands[i];
  }
  return NULL;
}

#define MAX_WORD 31

/* Levenshtein's distance of two short words. */
static size_t distance(const char *a, const char *b) {
  size_t row[MAX_WORD + 1], n_a = strlen(a), n_b = strlen(b);
  if (n_a > MAX_WORD || n_b > MAX_WORD) return MAX_WORD;
  for (size_t j = 0; j <= n_b; j++) row[j] = j;
  for (size_t i = 1; i <= n_a; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n_b; j++) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      size_t shorter = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
      diagonal = row[j];
      row[j] = replaced < shorter ? replaced : shorter;
    }
  }
  return row[n_b];
}

const char *command_nearest(const char *name) {
  const char *best = NULL;
  size_t best_distance = strlen(name) / 3 + 2;
  for (size_t i = 0; i < N_COMMANDS; i++) {
    size_t d = distance(name, commands[i].name);
    if (d < best_distance) {
      best = commands[i].name;
      best_distance = d;
    }
  }
  return best;
}
