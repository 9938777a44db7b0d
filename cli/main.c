/* main.c - the program: words, parameters, command, and what is left in stdout's buffer. */
#define _XOPEN_SOURCE 700
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "cli.h"
#include "console.h"
#include "output.h"
#include "settings.h"

int end_refused(const struct command *command, const copse_error *err) {
  console_error(err->message);
  if (err->status == COPSE_ERR_MEMORY) return EXIT_FAILED;
  fprintf(stderr, "copse: try `copse help%s%s` for usage, `copse params` for every key\n", command ? " " : "",
          command ? command->name : "");
  return EXIT_USAGE;
}

int end_failed(const copse_error *err) {
  if (!output_pipe_broken()) console_error(err->message);
  return output_pipe_broken() ? EXIT_DONE : EXIT_FAILED;
}

static int run(struct app *app, const struct arguments *args) {
  copse_error err;
  if (args->help) {
    print_help(args->command);
    return EXIT_DONE;
  }
  app->operand = args->operand;
  app->second = args->second;
  app->command = args->command;
  if (!app->command || app->command->takes_settings) {
    copse_status status = copse_params_create(app->ctx, &app->params, &err);
    if (status == COPSE_OK) status = settings_load(app, args, &err);
    if (status != COPSE_OK) return end_refused(app->command, &err);
  }
  return app->command->run(app);
}

/* A file opened while standard output is closed would get its number, and be taken for it. Opened the wrong
 * way round, so that reading and writing still fail. */
static void occupy_standard_files(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

/* The command line as it was: parsing cuts it up. One block holds the pointers and then the texts. */
static char **copy_words(struct app *app, int argc, char **argv) {
  size_t n = argc > 0 ? (size_t)argc - 1 : 0, n_bytes = n * sizeof(char *);
  for (size_t i = 0; i < n; i++) n_bytes += strlen(argv[i + 1]) + 1;
  char **words = copse_alloc(app->ctx, n_bytes, 1), *text = words ? (char *)(words + n) : NULL;
  if (!words) return NULL;
  for (size_t i = 0; i < n; i++) {
    size_t length = strlen(argv[i + 1]) + 1;
    words[i] = memcpy(text, argv[i + 1], length);
    text += length;
  }
  app->words = (const char *const *)words;
  app->n_words = n;
  return words;
}

int main(int argc, char **argv) {
  struct app app = {.ctx = NULL};
  char **words = NULL;
  struct arguments args = {.items = NULL};
  copse_error err;
  int code = EXIT_FAILED;
  occupy_standard_files();
  /* A reader gone or a file at its limit is an error of write, not the end of hours of training. */
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  if (copse_context_create(NULL, &app.ctx, &err) != COPSE_OK) {
    console_error(err.message);
    return EXIT_FAILED;
  }
  words = copy_words(&app, argc, argv);
  if (!words) {
    fail_memory(&err, "the list of arguments");
    code = end_failed(&err);
  } else if (arguments_parse(app.ctx, argc, argv, &args, &err) == COPSE_OK) {
    code = run(&app, &args);
  } else {
    code = end_refused(args.command, &err);
  }
  if (output_flush_stdout(&err) != COPSE_OK && !output_pipe_broken()) {
    console_error(err.message);
    code = EXIT_FAILED;
  }
  copse_free(args.items);
  copse_free(words);
  copse_params_free(app.params);
  copse_context_free(app.ctx);
  return code;
}
