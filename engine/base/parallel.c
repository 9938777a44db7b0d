/* parallel.c - the only file that knows OpenMP, and the count of threads the machine really grants.
 *
 * The default is what the container gives: the affinity mask, then the quota of control groups, rounded up.
 * Asking for more threads than that only makes barriers slow.
 *
 * Growing a tree is thousands of phases of some microseconds. A barrier in each would wait for every thread,
 * and on a busy machine for one that the system has just taken off its core: a time slice lost per phase. So
 * a team stays up for a whole round: a phase is a share of chunks for each thread, which counts down; who is
 * through with its own takes from the others. The thread that publishes a phase works on chunks itself and
 * waits only for chunks that another thread has claimed. A thread that is not running claims nothing. Waiting
 * threads spin for some tens of microseconds, then sleep. */
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

enum { MOST_SHARES = 64, LINE_BYTES = 64 };

/* A stretch of a phase's chunks, its thread's to begin with: what one phase leaves in a core's cache is where
 * the next one looks for it. All that the thread is to know lies in one cache line, and is on its way with
 * the line that it watches. */
struct share {
  /* Phase number in the high half, chunks nobody has claimed in the low half. A claim counts down, so it
   * succeeds only within its own phase, and at 0 the publisher may lay out the next phase in peace. */
  _Alignas(LINE_BYTES) atomic_uint_least64_t ticket;
  atomic_uint_least64_t end; /* behind its last chunk */
  _Atomic(copse_chunk_fn) body;
  _Atomic(void *) user;
  atomic_int n_workers; /* threads that may claim in this phase */
};

struct team {
  struct share shares[MOST_SHARES];
  uint64_t phase;                                    /* the publisher's own */
  _Alignas(LINE_BYTES) atomic_uint_least64_t n_done; /* chunks, by others than the publisher */
  _Alignas(LINE_BYTES) atomic_int n_sleeping;
  atomic_bool over;
  pthread_mutex_t lock;
  pthread_cond_t wake;
};

static _Thread_local struct team *team_of_thread; /* set on the thread that publishes */
static _Thread_local double waited_s;             /* of the same, in all its teams */

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

static struct share *share_of(struct team *team, int thread) { return &team->shares[thread % MOST_SHARES]; }

static uint64_t phase_of(const struct share *share) {
  return atomic_load_explicit(&share->ticket, memory_order_acquire) >> 32;
}

/* The next chunk of a share, if the phase is still on and any is left. */
static bool claim(struct share *share, uint64_t phase, size_t *chunk) {
  uint64_t ticket = atomic_load_explicit(&share->ticket, memory_order_acquire);
  while (ticket >> 32 == phase && (ticket & UINT32_MAX) != 0) {
    if (!atomic_compare_exchange_weak_explicit(&share->ticket, &ticket, ticket - 1, memory_order_acq_rel,
                                               memory_order_acquire))
      continue;
    /* The publisher does not leave the phase before this chunk is done, so all this is the phase's own. */
    *chunk = (size_t)(atomic_load_explicit(&share->end, memory_order_relaxed) - (ticket & UINT32_MAX));
    return true;
  }
  return false;
}

/* Claims and runs chunks of one phase until none is left, the thread's own share first. Returns how many. */
static uint64_t work_phase(struct team *team, uint64_t phase, int n_workers, int thread) {
  const int n_shares = n_workers < MOST_SHARES ? n_workers : MOST_SHARES;
  uint64_t n_done = 0;
  size_t chunk;
  for (int i = 0; i < n_shares; i++) {
    struct share *share = &team->shares[(thread + i) % n_shares];
    for (; claim(share, phase, &chunk); n_done++) {
      copse_chunk_fn body = atomic_load_explicit(&share->body, memory_order_relaxed);
      body(atomic_load_explicit(&share->user, memory_order_relaxed), chunk, thread);
    }
  }
  return n_done;
}

static double seconds_now(void) {
  struct timespec t;
  return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (double)t.tv_sec + 1e-9 * (double)t.tv_nsec : 0;
}

/* Returns when a phase other than `seen` is published, or the team is over. A pause takes 10 to 50 ns, by
 * processor and load, and to be woken takes longer than all that comes between most phases. */
static void wait_for_phase(struct team *team, const struct share *share, uint64_t seen) {
  enum { PAUSES_A_LOOK = 64 };
  const double most_s = 50e-6, start = seconds_now();
  do {
    for (int pause = 0; pause < PAUSES_A_LOOK; pause++) {
      if (phase_of(share) != seen || atomic_load_explicit(&team->over, memory_order_relaxed)) return;
      relax();
    }
  } while (seconds_now() - start < most_s);
  pthread_mutex_lock(&team->lock);
  atomic_fetch_add(&team->n_sleeping, 1);
  while (atomic_load(&share->ticket) >> 32 == seen && !atomic_load(&team->over))
    pthread_cond_wait(&team->wake, &team->lock);
  atomic_fetch_sub(&team->n_sleeping, 1);
  pthread_mutex_unlock(&team->lock);
}

static void serve(struct team *team, int thread) {
  const struct share *share = share_of(team, thread);
  uint64_t seen = 0;
  while (!atomic_load(&team->over)) {
    uint64_t phase = phase_of(share);
    int n_workers = atomic_load_explicit(&share->n_workers, memory_order_relaxed);
    if (phase != seen && thread < n_workers) {
      uint64_t n_done = work_phase(team, phase, n_workers, thread);
      if (n_done > 0) atomic_fetch_add_explicit(&team->n_done, n_done, memory_order_release);
    }
    seen = phase;
    wait_for_phase(team, share, seen);
  }
}

static void wake_all(struct team *team) {
  if (atomic_load(&team->n_sleeping) == 0) return;
  pthread_mutex_lock(&team->lock);
  pthread_cond_broadcast(&team->wake);
  pthread_mutex_unlock(&team->lock);
}

/* Short waits are part of the trade and not looked at. */
static void wait_for_chunks(struct team *team, uint64_t n_chunks) {
  enum { SHORT = 256 };
  double start = 0;
  unsigned spin = 0;
  for (; atomic_load_explicit(&team->n_done, memory_order_acquire) < n_chunks; spin++) {
    if (spin == SHORT) start = seconds_now();
    team_pause(spin);
  }
  if (spin > SHORT) waited_s += seconds_now() - start;
}

double team_waited_seconds(void) { return waited_s; }

static void publish(struct team *team, int n_threads, size_t n_chunks, copse_chunk_fn body, void *user) {
  const uint64_t phase = (team->phase + 1) & UINT32_MAX;
  const int n_shares = n_threads < MOST_SHARES ? n_threads : MOST_SHARES;
  team->phase = phase;
  atomic_store_explicit(&team->n_done, 0, memory_order_relaxed);
  for (int s = n_shares - 1; s >= 0; s--) {
    struct share *share = &team->shares[s];
    uint64_t begin = n_chunks * (uint64_t)s / (uint64_t)n_shares;
    uint64_t end = n_chunks * (uint64_t)(s + 1) / (uint64_t)n_shares;
    atomic_store_explicit(&share->end, end, memory_order_relaxed);
    atomic_store_explicit(&share->body, body, memory_order_relaxed);
    atomic_store_explicit(&share->user, user, memory_order_relaxed);
    atomic_store_explicit(&share->n_workers, n_threads, memory_order_relaxed);
    atomic_store_explicit(&share->ticket, phase << 32 | (end - begin), memory_order_release);
  }
  atomic_thread_fence(memory_order_seq_cst); /* who goes to sleep after this has seen the phase */
  wake_all(team);
  wait_for_chunks(team, n_chunks - work_phase(team, phase, n_threads, 0));
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
