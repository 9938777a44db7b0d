/* console.c - stderr. */
#define _POSIX_C_SOURCE 200809L
#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define UPDATES_PER_SECOND 5

static struct {
  int verbosity;
  bool status_shown;
  double status_at; /* when the status line was last written */
} console = {.verbosity = 1};

double clock_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void console_set_verbosity(int verbosity) { console.verbosity = verbosity; }

bool console_speaks(int verbosity) { return console.verbosity >= verbosity; }

/* Names and classes come from files: one line stays one, and no sequence reaches the terminal. */
static void clean_line(char *line) {
  for (; *line; line++)
    if (((unsigned char)*line < ' ' && *line != '\t') || *line == 0x7F) *line = ' ';
}

static void print_line(const char *prefix, const char *text) {
  char line[2 * COPSE_ERROR_CAPACITY];
  snprintf(line, sizeof line, "%s", text);
  clean_line(line);
  console_status_end();
  fprintf(stderr, "%s%s\n", prefix, line);
}

void console_error(const char *text) { print_line("copse: error: ", text); }

void console_warning(const char *format, ...) {
  if (!console_speaks(0)) return;
  char text[COPSE_ERROR_CAPACITY];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  print_line("copse: warning: ", text);
}

void console_warnings(const char *lines) {
  for (const char *at = lines; at && *at;) {
    size_t length = strcspn(at, "\n");
    console_warning("%.*s", (int)length, at);
    at += length + (at[length] == '\n');
  }
}

void console_line(const char *format, ...) {
  if (!console_speaks(1)) return;
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  char *line = length >= 0 ? copse_alloc(NULL, (size_t)length + 1, 1) : NULL;
  console_status_end();
  if (line != NULL) {
    vsnprintf(line, (size_t)length + 1, format, again);
    clean_line(line);
    fprintf(stderr, "%s\n", line);
  }
  copse_free(line);
  va_end(again);
  va_end(args);
}

void console_log(void *user, copse_log_level level, const char *text) {
  (void)user;
  if (!console_speaks(level)) return;
  print_line(level <= COPSE_LOG_FATAL     ? "copse: error: "
             : level == COPSE_LOG_WARNING ? "copse: warning: "
                                          : "copse: ",
             text);
}

bool console_has_status(void) { return console_speaks(1) && isatty(STDERR_FILENO); }

void console_status(bool always, const char *format, ...) {
  double now = clock_seconds();
  if (!console_has_status()) return;
  if (!always && now - console.status_at < 1.0 / UPDATES_PER_SECOND) return;
  va_list args;
  va_start(args, format);
  fputc('\r', stderr);
  vfprintf(stderr, format, args);
  fputs("\033[K", stderr); /* erase what a longer line left behind */
  va_end(args);
  fflush(stderr);
  console.status_shown = true;
  console.status_at = now;
}

void console_status_end(void) {
  if (!console.status_shown) return;
  fputs("\r\033[K", stderr);
  console.status_shown = false;
}

copse_status fail(copse_error *err, copse_status status, const char *format, ...) {
  if (err == NULL) return status;
  va_list args;
  va_start(args, format);
  err->status = status;
  vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  return status;
}

copse_status fail_unknown(copse_error *err, const char *kind, const char *name, const char *nearest) {
  if (!nearest) return fail(err, COPSE_ERR_ARGUMENT, "unknown %s \"%s\"", kind, name);
  return fail(err, COPSE_ERR_ARGUMENT, "unknown %s \"%s\" (did you mean \"%s\"?)", kind, name, nearest);
}

copse_status fail_memory(copse_error *err, const char *what) {
  return fail(err, COPSE_ERR_MEMORY, "out of memory while making %s", what);
}
