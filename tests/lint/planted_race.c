/* planted_race.c - two threads write one number without asking. The thread sanitizer must say so; a build in
 * which it stays silent proves nothing about the other tests. The two chunks wait for each other first, with
 * accesses that order nothing, so that no claim of a later chunk can come between the writes. */
#include <stdatomic.h>
#include <stdio.h>

#include "copse.h"

static atomic_int arrived;
static size_t total;

static void add(void *user, size_t chunk, int thread) {
  (void)user;
  (void)thread;
  atomic_fetch_add_explicit(&arrived, 1, memory_order_relaxed);
  while (atomic_load_explicit(&arrived, memory_order_relaxed) < 2) {
  }
  total += chunk;
}

int main(void) {
  copse_parallel_for(2, 2, add, NULL);
  printf("%zu\n", total);
  return 0;
}
