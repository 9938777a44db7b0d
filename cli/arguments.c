/* arguments.c - from argv to words. */
#include "arguments.h"

#include <string.h>
#include <strings.h>

#include "console.h"

static bool is_help(const char *word) { return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0; }

static bool is_setting(const char *word) {
  return strncmp(word, "--", 2) == 0 || (word[0] != '-' && strchr(word, '=') != NULL);
}

/* The command, when the first word names one. *used: words taken. */
static copse_status parse_command(int argc, char **argv, struct arguments *out, int *used, copse_error *err) {
  *used = 0;
  if (argc < 2) return fail(err, COPSE_ERR_ARGUMENT, "no command given (train, predict, show ...)");
  const char *word = argv[1];
  if (strcmp(word, "--version") == 0) {
    word = "version";
  } else if (is_help(word)) {
    word = "help";
  } else if (is_setting(word)) {
    return COPSE_OK;
  }
  *used = 1;
  out->command = command_find(word);
  if (out->command) return COPSE_OK;
  return fail_unknown(err, "command", word, command_nearest(word));
}

/* --auto is --auto=true, as is every key that is true or false. */
static bool is_switch(const char *key) {
  copse_params_info info;
  char name[64];
  size_t length = 0;
  for (; key[length] && length + 1 < sizeof name; length++)
    name[length] = key[length] == '-' ? '_' : key[length];
  name[length] = '\0';
  int at = copse_params_find(name);
  return at >= 0 && copse_params_describe((size_t)at, &info) && strcmp(info.type, "bool") == 0;
}

static bool is_truth(const char *word) {
  static const char *const truths[] = {"true", "false", "+", "-"};
  for (size_t i = 0; word && i < sizeof truths / sizeof *truths; i++) {
    if (strcasecmp(word, truths[i]) == 0) return true;
  }
  return false;
}

/* One setting from word, or from word and the one after it. *used: words taken. */
static copse_status parse_setting(char *word, char *next, struct argument *out, int *used, copse_error *err) {
  bool dashed = strncmp(word, "--", 2) == 0;
  char *key = dashed ? word + 2 : word;
  char *equals = strchr(key, '=');
  *used = 1;
  if (equals == key || *key == '\0') {
    return fail(err, COPSE_ERR_ARGUMENT, "\"%s\": expected key=value, found no key", word);
  }
  if (equals) {
    *equals = '\0';
    out->value = equals + 1;
  } else if (is_switch(key) && !is_truth(next)) {
    out->value = "true";
  } else {
    if (next == NULL || strncmp(next, "--", 2) == 0) {
      return fail(err, COPSE_ERR_ARGUMENT, "\"%s\": expected a value after it, found %s (write %s=VALUE)",
                  word, next ? next : "the end of the line", word);
    }
    *used = 2;
    out->value = next;
  }
  for (char *at = key; dashed && *at; at++) {
    if (*at == '-') *at = '_';
  }
  out->key = key;
  return COPSE_OK;
}

copse_status arguments_parse(copse_context *ctx, int argc, char **argv, struct arguments *out,
                             copse_error *err) {
  int used;
  *out = (struct arguments){.command = NULL};
  copse_status status = parse_command(argc, argv, out, &used, err);
  if (status != COPSE_OK) return status;
  out->items = copse_alloc(ctx, (size_t)argc, sizeof *out->items);
  if (!out->items) return fail_memory(err, "the list of arguments");
  for (int i = 1 + used; i < argc; i += used) {
    used = 1;
    if (is_help(argv[i])) {
      out->help = true;
    } else if (is_setting(argv[i])) {
      if (out->command && !out->command->takes_settings) {
        return fail(err, COPSE_ERR_ARGUMENT, "unexpected argument \"%s\": %s takes no keys", argv[i],
                    out->command->name);
      }
      status =
          parse_setting(argv[i], i + 1 < argc ? argv[i + 1] : NULL, &out->items[out->n_items], &used, err);
      if (status != COPSE_OK) return status;
      out->n_items++;
    } else if (out->command && out->command->operand[0] && !out->operand) {
      out->operand = argv[i];
    } else if (out->command && strchr(out->command->operand, ' ') && !out->second) {
      out->second = argv[i];
    } else {
      return fail(err, COPSE_ERR_ARGUMENT, "unexpected argument \"%s\" (expected key=value%s)", argv[i],
                  command_find(argv[i]) ? "; the command comes first" : "");
    }
  }
  return COPSE_OK;
}
