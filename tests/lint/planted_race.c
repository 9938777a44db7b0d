/* planted_race.c - two threads add to one number without asking. The thread sanitizer must say so; a build in
 * which it stays silent proves nothing about the other tests. */
#include <stdio.h>

#include "copse.h"

static size_t total;

static void add(void *user, size_t chunk, int thread) {
  (void)user;
  (void)thread;
  total += chunk;
}

int main(void) {
  for (int round = 0; round < 20; round++) copse_parallel_for(2, 1000, add, NULL);
  printf("%zu\n", total);
  return 0;
}
