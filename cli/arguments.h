/* arguments.h - the command line as words: command, operand, keys and values. Syntax only, nothing is looked
 * up but the command. */
#ifndef COPSE_CLI_ARGUMENTS_H
#define COPSE_CLI_ARGUMENTS_H

#include "cli.h"

struct argument {
  const char *key, *value;
};

struct arguments {
  const struct command *command; /* NULL: none was named (LightGBM's convention), the task decides */
  const char *operand, *second;  /* words behind the command, or NULL */
  struct argument *items;        /* in the order given; release with copse_free */
  size_t n_items;
  bool help; /* -h or --help was among them */
};

/* Cuts argv in place: key=value, --key=value and --key value, in any mixture; --key alone where the key is
 * true or false;
 * `-` in a key after `--` reads as `_`. The strings of *out lie in argv. */
COPSE_MUST_CHECK copse_status arguments_parse(copse_context *ctx, int argc, char **argv,
                                              struct arguments *out, copse_error *err);

#endif
