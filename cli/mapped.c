/* mapped.c - see the header. */
#define _GNU_SOURCE
#include "mapped.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "interrupt.h"

/* All of them. The handler walks it while no thread opens or closes one: these read no map. */
static struct mapped *volatile first;

static const struct mapped *at_address(const void *address) {
  for (const struct mapped *m = first; m; m = m->next)
    if ((uintptr_t)address - (uintptr_t)m->bytes < m->length) return m;
  return NULL;
}

static void say(const char *text) {
  ssize_t written = write(STDERR_FILENO, text, strlen(text));
  (void)written; /* there is nobody to tell */
}

/* Async-signal-safe calls only. */
static void on_bus_error(int number, siginfo_t *info, void *context) {
  (void)context;
  const struct mapped *m = at_address(info->si_addr);
  if (m) {
    say("copse: error: ");
    say(m->path);
    say(": it was cut off or could no longer be read while it was in use: nothing is written (run again; let "
        "nothing but copse write there)\n");
    interrupt_remove_unfinished();
    _exit(1);
  }
  struct sigaction by_default = {.sa_handler = SIG_DFL};
  sigaction(number, &by_default, NULL); /* the same access comes again */
}

static void watch(void) {
  struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, NULL);
}

struct mapped *mapped_open(copse_context *ctx, int fd, size_t length, const char *path) {
  size_t path_bytes = strlen(path) + 1;
  if (length == 0) return NULL;
  struct mapped *m = copse_alloc(ctx, sizeof *m + path_bytes, 1);
  if (!m) return NULL;
  void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) {
    copse_free(m);
    return NULL;
  }
  *m = (struct mapped){.next = first, .bytes = bytes, .length = length};
  memcpy(m->path, path, path_bytes);
  first = m;
  watch();
  return m;
}

void mapped_let_go(const struct mapped *mapped) {
  madvise((void *)(uintptr_t)mapped->bytes, mapped->length, MADV_DONTNEED); /* a wish */
}

void mapped_close(void *mapped) {
  struct mapped *m = mapped;
  if (!m) return;
  if (first == m) {
    first = m->next;
  } else {
    struct mapped *before = first;
    while (before->next != m) before = before->next;
    before->next = m->next;
  }
  munmap((void *)(uintptr_t)m->bytes, m->length);
  copse_free(m);
}
