/* planted_race.c - two threads write the same numbers without asking. The thread sanitizer must say so; a
 * build in which it stays silent proves nothing about the other tests. The two chunks wait for each other
 * first, with accesses that order nothing, so that no claim of a later chunk can come between the writes.
 * Then one goes up and the other down: the sanitizer misses two accesses that meet in the same instant, and
 * only one pair here can. */
#include <stdatomic.h>
#include <stdio.h>

#include "copse.h"

enum { N_NUMBERS = 4096 };

static atomic_int arrived;
static size_t numbers[N_NUMBERS];

static void add(void *user, size_t chunk, int thread) {
  (void)user;
  (void)thread;
  atomic_fetch_add_explicit(&arrived, 1, memory_order_relaxed);
  while (atomic_load_explicit(&arrived, memory_order_relaxed) < 2) {
  }
  for (size_t i = 0; i < N_NUMBERS; i++) numbers[chunk == 0 ? i : N_NUMBERS - 1 - i] += chunk + 1;
}

int main(void) {
  copse_parallel_for(2, 2, add, NULL);
  printf("%zu\n", numbers[0]);
  return 0;
}
