/* parallel.c - the only file that knows OpenMP, and the count of threads the machine really grants.
 *
 * The default is what the container gives: the affinity mask, then the quota of control groups, rounded up.
 * Asking for more threads than that only makes barriers slow.
 *
 * Growing a tree is thousands of phases of some microseconds. A barrier in each would wait for every thread,
 * and on a busy machine for one that the system has just taken off its core: a time slice lost per phase. So
 * a team stays up for a whole round: a phase is a counter of chunks, the thread that publishes it works on
 * chunks itself and waits only for chunks that another thread has claimed. A thread that is not running
 * claims nothing. Waiting threads spin for some tens of microseconds, then sleep. */
#define _GNU_SOURCE
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "base/quota.h"
#include "base/team.h"
#include "copse.h"

/* Looked up once: a prediction of a few rows takes less time than the files. */
static int quota_of_process(void) {
  static atomic_int known = -1; /* racing look-ups write the same value */
  int quota = atomic_load_explicit(&known, memory_order_relaxed);
  if (quota < 0) {
    quota = quota_threads("");
    atomic_store_explicit(&known, quota, memory_order_relaxed);
  }
  return quota;
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
  int quota = quota_of_process();
  if (quota > 0 && quota < n) n = quota;
  return n > 0 ? n : 1;
}

/* More threads than the machine has only wait for each other, and the runtime ends the process when the
 * system refuses one. */
int team_size(int wish) {
  enum { ALWAYS_GRANTED = 64 };
  if (wish <= 0) return copse_threads_available();
  if (wish <= ALWAYS_GRANTED) return wish;
  int most = omp_get_num_procs();
  if (most < ALWAYS_GRANTED) most = ALWAYS_GRANTED;
  return wish < most ? wish : most;
}

struct team {
  /* Phase number in the high half, chunks nobody has claimed in the low half. A claim counts down, so it
   * succeeds only within its own phase, and at 0 the publisher may lay out the next phase in peace. */
  atomic_uint_least64_t ticket;
  atomic_uint_least64_t n_chunks; /* of the phase, at most 2^32 - 1 */
  _Atomic(copse_chunk_fn) body;
  _Atomic(void *) user;
  atomic_uint_least64_t n_done;
  atomic_int n_workers; /* threads that may claim in this phase */
  atomic_bool over;
  atomic_int n_sleeping;
  pthread_mutex_t lock;
  pthread_cond_t wake;
};

static _Thread_local struct team *team_of_thread; /* set on the thread that publishes */

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void team_pause(unsigned waits) {
  relax();
  if (waits % 1024 == 1023) sched_yield();
}

void team_lock(struct team_lock *lock) {
  unsigned waits = 0;
  while (atomic_exchange_explicit(&lock->held, true, memory_order_acquire))
    while (atomic_load_explicit(&lock->held, memory_order_relaxed)) team_pause(waits++);
}

void team_unlock(struct team_lock *lock) { atomic_store_explicit(&lock->held, false, memory_order_release); }

double team_processor_seconds(void) {
  struct timespec t;
  return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0 ? (double)t.tv_sec + 1e-9 * (double)t.tv_nsec : 0;
}

/* Claims and runs chunks of one phase until none is left. */
static void work_phase(struct team *team, uint64_t phase, int thread) {
  for (;;) {
    uint64_t ticket = atomic_load(&team->ticket), unclaimed = ticket & UINT32_MAX;
    if (ticket >> 32 != phase || unclaimed == 0) return;
    if (!atomic_compare_exchange_weak(&team->ticket, &ticket, ticket - 1)) continue;
    /* The publisher does not leave the phase before this chunk is done, so all this is the phase's own. */
    copse_chunk_fn body = atomic_load(&team->body);
    body(atomic_load(&team->user), (size_t)(atomic_load(&team->n_chunks) - unclaimed), thread);
    atomic_fetch_add(&team->n_done, 1);
  }
}

/* Returns when a phase other than `seen` is published, or the team is over. */
static void wait_for_phase(struct team *team, uint64_t seen) {
  enum { SPINS = 2000 };
  for (int spin = 0; spin < SPINS; spin++) {
    if (atomic_load(&team->ticket) >> 32 != seen || atomic_load(&team->over)) return;
    relax();
  }
  pthread_mutex_lock(&team->lock);
  atomic_fetch_add(&team->n_sleeping, 1);
  while (atomic_load(&team->ticket) >> 32 == seen && !atomic_load(&team->over))
    pthread_cond_wait(&team->wake, &team->lock);
  atomic_fetch_sub(&team->n_sleeping, 1);
  pthread_mutex_unlock(&team->lock);
}

static void serve(struct team *team, int thread) {
  uint64_t seen = 0;
  while (!atomic_load(&team->over)) {
    uint64_t phase = atomic_load(&team->ticket) >> 32;
    if (phase != seen && thread < atomic_load(&team->n_workers)) work_phase(team, phase, thread);
    seen = phase;
    wait_for_phase(team, seen);
  }
}

static void wake_all(struct team *team) {
  if (atomic_load(&team->n_sleeping) == 0) return;
  pthread_mutex_lock(&team->lock);
  pthread_cond_broadcast(&team->wake);
  pthread_mutex_unlock(&team->lock);
}

static void publish(struct team *team, int n_threads, size_t n_chunks, copse_chunk_fn body, void *user) {
  uint64_t phase = (atomic_load(&team->ticket) >> 32) + 1;
  atomic_store(&team->n_chunks, n_chunks);
  atomic_store(&team->body, body);
  atomic_store(&team->user, user);
  atomic_store(&team->n_done, 0);
  atomic_store(&team->n_workers, n_threads);
  atomic_store(&team->ticket, phase << 32 | n_chunks);
  wake_all(team);
  work_phase(team, phase, 0);
  for (unsigned spin = 0; atomic_load(&team->n_done) < n_chunks; spin++) team_pause(spin);
}

void team_run(int n_threads, void (*work)(void *user), void *user) {
  n_threads = team_size(n_threads);
  if (n_threads <= 1 || team_of_thread != NULL || omp_in_parallel()) {
    work(user);
    return;
  }
  struct team team = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
#pragma omp parallel num_threads(n_threads)
  {
    int thread = omp_get_thread_num();
    if (thread == 0) {
      team_of_thread = &team;
      work(user);
      team_of_thread = NULL;
      atomic_store(&team.over, true);
      pthread_mutex_lock(&team.lock);
      pthread_cond_broadcast(&team.wake);
      pthread_mutex_unlock(&team.lock);
    } else {
      serve(&team, thread);
    }
  }
  pthread_cond_destroy(&team.wake);
  pthread_mutex_destroy(&team.lock);
}

void copse_parallel_for(int n_threads, size_t n_chunks, copse_chunk_fn body, void *user) {
  struct team *team = team_of_thread;
  n_threads = team_size(n_threads);
  if ((size_t)n_threads > n_chunks) n_threads = (int)n_chunks;
  if (n_threads > 1 && team != NULL && n_chunks < UINT32_MAX) {
    team_of_thread = NULL; /* a nested call runs alone */
    publish(team, n_threads, n_chunks, body, user);
    team_of_thread = team;
    return;
  }
  if (n_threads <= 1 || team != NULL || omp_in_parallel()) {
    for (size_t chunk = 0; chunk < n_chunks; chunk++) body(user, chunk, 0);
    return;
  }
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (size_t chunk = 0; chunk < n_chunks; chunk++) body(user, chunk, omp_get_thread_num());
}

int copse_threads_running(int n_threads) {
  n_threads = team_size(n_threads);
  int running = 1;
#pragma omp parallel num_threads(n_threads)
  {
#pragma omp single
    running = omp_get_num_threads();
  }
  return running;
}
