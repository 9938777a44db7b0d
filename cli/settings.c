/* settings.c - command line before configuration file, LightGBM's conventions, readers' options. */
#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "console.h"
#include "output.h"

const char *setting(const struct app *app, const char *name) {
  const char *value = copse_params_get(app->params, name);
  return value ? value : "";
}

/* LightGBM lets the first of two values win without much noise; here it is at least said. */
static void warn_repeated(const struct app *app, const struct arguments *args, size_t i) {
  int row = copse_params_find(args->items[i].key);
  for (size_t j = 0; j < i && row >= 0; j++) {
    if (copse_params_find(args->items[j].key) != row) continue;
    if (strcmp(args->items[j].value, args->items[i].value) == 0) continue;
    const char *used = copse_params_get(app->params, args->items[i].key);
    if (strcmp(args->items[j].key, args->items[i].key) == 0) {
      console_warning("\"%s\" is given twice; %s is used", args->items[i].key, used);
    } else {
      console_warning("\"%s\" and \"%s\" set the same parameter; %s is used", args->items[j].key,
                      args->items[i].key, used);
    }
    return;
  }
}

static bool same_parameter(const char *key, const char *name) {
  return copse_params_find(key) == copse_params_find(name);
}

/* Warnings come before the parameters are final, and must know whether they are wanted. */
static void apply_verbosity(const struct app *app) {
  double verbosity = COPSE_LOG_INFO;
  const char *text = setting(app, "verbosity");
  if (copse_parse_double(text, strlen(text), &verbosity) > 0) console_set_verbosity((int)verbosity);
}

static copse_status load_command_line(struct app *app, const struct arguments *args, const char **config,
                                      copse_error *err) {
  *config = NULL;
  for (size_t i = 0; i < args->n_items; i++) {
    const struct argument *item = &args->items[i];
    if (same_parameter(item->key, "config")) {
      if (*config && strcmp(*config, item->value) != 0) {
        return fail(err, COPSE_ERR_ARGUMENT, "config: two files, \"%s\" and \"%s\", expected one", *config,
                    item->value);
      }
      *config = item->value;
      continue;
    }
    copse_status status = copse_params_set(app->params, item->key, item->value, COPSE_SOURCE_COMMAND, err);
    if (status != COPSE_OK) return status;
  }
  apply_verbosity(app);
  for (size_t i = 0; i < args->n_items; i++) warn_repeated(app, args, i);
  return COPSE_OK;
}

/* Whether the file's warnings are wanted may stand in the file itself, behind them: a copy is read first, in
 * silence. Mistakes in the file are the second reading's to tell. */
static copse_status look_ahead(const struct app *app, const char *text, size_t length, copse_error *err) {
  copse_params *ahead;
  copse_status status = copse_params_copy(app->params, &ahead, err);
  if (status != COPSE_OK) return status;
  if (copse_params_parse(ahead, text, length, "", COPSE_SOURCE_FILE, NULL) == COPSE_OK)
    apply_verbosity(&(struct app){.params = ahead});
  copse_params_free(ahead);
  return COPSE_OK;
}

static copse_status load_config(struct app *app, const char *path, copse_error *err) {
  copse_text text;
  copse_status status = input_read(app->ctx, path, &text, err);
  if (status != COPSE_OK) return status;
  const char *data = text.data ? text.data : "";
  status = look_ahead(app, data, text.length, err);
  if (status == COPSE_OK) {
    /* Only the file's own repetitions: of the command line's the program itself speaks. */
    copse_context_set_log(app->ctx, console_log, NULL, COPSE_LOG_WARNING);
    status = copse_params_parse(app->params, data, text.length, path, COPSE_SOURCE_FILE, err);
    copse_context_set_log(app->ctx, NULL, NULL, COPSE_LOG_WARNING);
  }
  copse_text_release(&text);
  return status;
}

/* A command and a task must not contradict each other; without a command the task is the command. */
static copse_status choose_command(struct app *app, copse_error *err) {
  const char *task = setting(app, "task");
  const struct command *of_task = command_find(task);
  if (!app->command) {
    if (!of_task) return copse_params_resolve(app->params, err); /* refuses the task by name */
    app->command = of_task;
  } else if (copse_params_given(app->params, "task") && app->command != of_task) {
    return fail(err, COPSE_ERR_ARGUMENT, "command \"%s\" and task=%s contradict each other (leave one out)",
                app->command->name, task);
  }
  /* Some conflicts are mistakes in training only: the task tells the parameters. */
  bool trains = app->command == command_find("train") || app->command == command_find("refit");
  const char *own_task = trains ? "train" : "predict";
  return copse_params_set(app->params, "task", own_task, COPSE_SOURCE_COMMAND, err);
}

static const char *const output_names[] = {"output_model", "output_result"};
#define N_OUTPUTS (sizeof output_names / sizeof output_names[0])

/* out= is the short form of both output files, as strong as the source it came from: set after each source.
 * given: which of them a stronger source had named already. */
static copse_status spread_out(struct app *app, copse_params_source source, const bool given[N_OUTPUTS],
                               copse_error *err) {
  char out[COPSE_ERROR_CAPACITY];
  if (!copse_params_given(app->params, "out")) return COPSE_OK;
  /* A copy: setting anything may move what the parameters hold. */
  if (snprintf(out, sizeof out, "%s", setting(app, "out")) >= (int)sizeof out) {
    return fail(err, COPSE_ERR_ARGUMENT, "out: the name is longer than %zu characters", sizeof out - 1);
  }
  for (size_t i = 0; i < N_OUTPUTS; i++) {
    if (given[i]) continue;
    const char *value = setting(app, output_names[i]);
    if (copse_params_given(app->params, output_names[i]) && strcmp(value, out) != 0) {
      return fail(err, COPSE_ERR_ARGUMENT, "out=%s and %s=%s name two files, expected one (leave one out)",
                  out, output_names[i], value);
    }
    copse_status status = copse_params_set(app->params, output_names[i], out, source, err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

copse_status settings_load(struct app *app, const struct arguments *args, copse_error *err) {
  const char *config;
  app->command = args->command;
  app->operand = args->operand;
  app->second = args->second;
  bool given[N_OUTPUTS] = {false};
  copse_status status = load_command_line(app, args, &config, err);
  if (status == COPSE_OK) status = spread_out(app, COPSE_SOURCE_COMMAND, given, err);
  for (size_t i = 0; i < N_OUTPUTS; i++) given[i] = copse_params_given(app->params, output_names[i]);
  if (status == COPSE_OK && config) {
    status = load_config(app, config, err);
    if (status == COPSE_OK) status = spread_out(app, COPSE_SOURCE_FILE, given, err);
  }
  if (status == COPSE_OK) status = choose_command(app, err);
  return status;
}

/* The forms of a profile are no formats of data. */
static copse_status check_format(const struct app *app, copse_error *err) {
  const char *format = setting(app, "format");
  bool form = strcmp(format, "html") == 0 || strcmp(format, "json") == 0 || strcmp(format, "text") == 0;
  if (!form || strcmp(app->command->name, "profile") == 0) return COPSE_OK;
  return fail(err, COPSE_ERR_ARGUMENT, "format=%s is a form of `copse profile`; data are csv, tsv or libsvm",
              format);
}

copse_status settings_resolve(struct app *app, copse_error *err) {
  copse_status status = check_format(app, err);
  if (status == COPSE_OK) status = copse_params_resolve(app->params, err);
  if (status != COPSE_OK) return status;
  int verbosity = (int)copse_params_get_int(app->params, "verbosity");
  console_set_verbosity(verbosity);
  if (verbosity > COPSE_LOG_DEBUG) verbosity = COPSE_LOG_DEBUG;
  if (verbosity < COPSE_LOG_FATAL) verbosity = COPSE_LOG_FATAL;
  copse_context_set_log(app->ctx, console_log, NULL, (copse_log_level)verbosity);
  return COPSE_OK;
}

copse_status setting_required(const struct app *app, const char *name, const char *spelling,
                              copse_error *err) {
  if (setting(app, name)[0]) return COPSE_OK;
  return fail(err, COPSE_ERR_ARGUMENT, "%s is missing: %s", spelling, app->command->synopsis);
}

static copse_label_kind label_kind(const char *objective) {
  if (strcmp(objective, "binary") == 0 || strcmp(objective, "focal") == 0) return COPSE_LABEL_BINARY;
  if (strcmp(objective, "multi_regression") == 0) return COPSE_LABEL_NUMBERS;
  return strncmp(objective, "multiclass", 10) == 0 ? COPSE_LABEL_CLASS : COPSE_LABEL_NUMBER;
}

copse_read_options settings_read_options(const struct app *app, copse_read_task task) {
  copse_read_options o = copse_read_options_default();
  const char *format = setting(app, "format"), *base = setting(app, "libsvm_base");
  const char *separator = setting(app, "separator");
  bool tsv = strcmp(format, "tsv") == 0, libsvm = strcmp(format, "libsvm") == 0;
  if (strcmp(separator, "auto") != 0) o.separator = separator[0];
  if (tsv) o.separator = '\t';
  if (libsvm) {
    o.format = COPSE_FORMAT_LIBSVM;
  } else if (strcmp(format, "auto") != 0 || o.separator) {
    o.format = COPSE_FORMAT_CSV;
  }
  o.task = task;
  if (copse_params_given(app->params, "header")) {
    o.header = copse_params_get_bool(app->params, "header") ? COPSE_HEADER_YES : COPSE_HEADER_NO;
  }
  o.label_column = setting(app, "label_column");
  o.weight_column = setting(app, "weight_column");
  o.group_column = setting(app, "group_column");
  o.ignore_column = setting(app, "ignore_column");
  o.categorical_feature = setting(app, "categorical_feature");
  o.missing_values = setting(app, "missing_values");
  o.libsvm_base = strcmp(base, "auto") == 0 ? -1 : base[0] - '0';
  o.label_kind = label_kind(setting(app, "objective"));
  if (copse_params_given(app->params, "num_class")) {
    o.n_classes = (uint32_t)copse_params_get_int(app->params, "num_class");
  }
  o.repair = strcmp(setting(app, "compat"), "none") != 0;
  o.unseen =
      strcmp(setting(app, "unseen_category"), "error") == 0 ? COPSE_UNSEEN_ERROR : COPSE_UNSEEN_MISSING;
  o.n_threads = (int)copse_params_get_int(app->params, "num_threads");
  return o;
}

/* Cuts the first file's name off the list at `at`; returns the rest, or NULL at the end. */
static char *take_file(char **at) {
  char *name = *at;
  while (*name == ' ') name++;
  *at = name;
  for (char *end = name + strlen(name); end > name; end--) {
    char cut = *end;
    if (cut != '\0' && cut != ',') continue;
    char *stop = end;
    while (stop > name && stop[-1] == ' ') stop--;
    char kept = *stop;
    *stop = '\0';
    if (!memchr(name, ',', (size_t)(stop - name)) || file_exists(name)) return cut ? end + 1 : NULL;
    *stop = kept;
  }
  return *name ? name + 1 : NULL; /* nothing before the next comma */
}

copse_status settings_files(const struct app *app, const char *name, char ***out, size_t *n,
                            copse_error *err) {
  const char *text = setting(app, name);
  size_t count = 1, length = strlen(text);
  for (const char *at = text; *at; at++) count += *at == ',';
  /* One block: the pointers, then the characters they point into. */
  char **list = copse_alloc(app->ctx, 1, count * sizeof *list + length + 1);
  if (!list) return fail_memory(err, "the list of files");
  char *at = (char *)(list + count);
  memcpy(at, text, length + 1);
  *n = 0;
  while (at) {
    char *file = at, *rest = take_file(&file);
    if (*file && *file != ',') list[(*n)++] = file;
    at = rest;
  }
  if (length > 0 && *n == 0) {
    copse_free(list);
    return fail(err, COPSE_ERR_ARGUMENT, "%s=%s names no file", name, text);
  }
  *out = list;
  return COPSE_OK;
}
