/* parallel.c - the only file that knows OpenMP, and the count of threads the machine really grants.
 *
 * The default is what the container gives: the affinity mask, then the cgroup quota (v2 cpu.max, v1
 * cpu.cfs_quota_us), rounded up. Asking for more threads than that only makes barriers slow. */
#define _GNU_SOURCE
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copse.h"

/* Quota in whole threads, rounded up, or 0 when there is none. */
static int quota_from(const char *path, const char *period_path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  char text[64] = "";
  size_t n = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[n] = '\0';
  char *end = text;
  double quota = (double)strtol(text, &end, 10);
  if (end == text || quota <= 0) return 0; /* "max" or -1 */
  double period = (double)strtol(end, NULL, 10);
  if (period_path != NULL) {
    file = fopen(period_path, "r");
    if (file == NULL) return 0;
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    period = (double)strtol(text, NULL, 10);
  }
  if (period <= 0) return 0;
  double threads = quota / period;
  int whole = (int)threads;
  return whole < threads ? whole + 1 : whole;
}

int copse_threads_available(void) {
  int n = 1;
#ifdef CPU_COUNT
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    n = CPU_COUNT(&set);
  else
    n = omp_get_num_procs();
#else
  n = omp_get_num_procs();
#endif
  int quota = quota_from("/sys/fs/cgroup/cpu.max", NULL);
  if (quota == 0)
    quota = quota_from("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (quota > 0 && quota < n) n = quota;
  return n > 0 ? n : 1;
}

void copse_parallel_for(int n_threads, size_t n_chunks, copse_chunk_fn body, void *user) {
  if (n_threads <= 0) n_threads = copse_threads_available();
  if ((size_t)n_threads > n_chunks) n_threads = (int)n_chunks;
  if (n_threads <= 1 || omp_in_parallel()) {
    for (size_t chunk = 0; chunk < n_chunks; chunk++) body(user, chunk, 0);
    return;
  }
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (size_t chunk = 0; chunk < n_chunks; chunk++) body(user, chunk, omp_get_thread_num());
}

int copse_threads_running(int n_threads) {
  if (n_threads <= 0) n_threads = copse_threads_available();
  int running = 1;
#pragma omp parallel num_threads(n_threads)
  {
#pragma omp single
    running = omp_get_num_threads();
  }
  return running;
}
