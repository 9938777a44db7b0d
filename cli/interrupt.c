/* interrupt.c - signal handlers: async-signal-safe calls only. */
#define _POSIX_C_SOURCE 200809L
#include "interrupt.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static copse_context *volatile watched;
static volatile sig_atomic_t n_signals;
static volatile sig_atomic_t has_unfinished;
static char unfinished[PATH_MAX];

static void on_signal(int number) {
  if (n_signals++ == 0 && watched) {
    copse_context_cancel(watched);
    return;
  }
  interrupt_remove_unfinished();
  struct sigaction by_default = {.sa_handler = SIG_DFL};
  sigaction(number, &by_default, NULL);
  raise(number); /* delivered when this handler returns */
}

void interrupt_watch(copse_context *ctx) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  watched = ctx;
  if (!ctx) return;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, old;
    sigemptyset(&action.sa_mask);
    if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
      sigaction(numbers[i], &action, NULL);
    }
  }
}

void interrupt_remove_unfinished(void) {
  if (has_unfinished) unlink(unfinished);
}

void interrupt_set_unfinished(const char *path) {
  has_unfinished = 0;
  if (!path || strlen(path) >= sizeof unfinished) return;
  memcpy(unfinished, path, strlen(path) + 1);
  has_unfinished = 1;
}
