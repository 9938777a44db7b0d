/* parallel-for visits every chunk once whatever the number of threads, and threads really run. */
#include <limits.h>
#include <stdatomic.h>

#include "base/team.h"
#include "copse.h"
#include "testing.h"

enum { MAX_CHUNKS = 1000 };

struct visit {
  atomic_int count[MAX_CHUNKS];
  atomic_int per_thread[8];
  int n_threads;
  atomic_int bad_thread;
};

static void visit_chunk(void *user, size_t chunk, int thread) {
  struct visit *visit = user;
  if (thread < 0 || thread >= visit->n_threads)
    atomic_fetch_add(&visit->bad_thread, 1);
  else
    atomic_fetch_add(&visit->per_thread[thread], 1);
  atomic_fetch_add(&visit->count[chunk], 1);
}

static void every_chunk_is_visited_once(void **state) {
  (void)state;
  const int threads[] = {1, 2, 3, 8};
  const size_t chunks[] = {0, 1, 2, 7, 8, 9, MAX_CHUNKS};
  for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
    for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
      struct visit visit = {.n_threads = threads[t]};
      copse_parallel_for(threads[t], chunks[c], visit_chunk, &visit);
      for (size_t i = 0; i < MAX_CHUNKS; i++) assert_int_equal(visit.count[i], i < chunks[c] ? 1 : 0);
      assert_int_equal(visit.bad_thread, 0);
      int sum = 0;
      for (int i = 0; i < threads[t]; i++) sum += visit.per_thread[i];
      assert_int_equal(sum, chunks[c]);
    }
  }
}

static void the_default_count_covers_too(void **state) {
  (void)state;
  int available = copse_threads_available();
  assert_true(available >= 1);
  struct visit visit = {.n_threads = available < 8 ? available : 8};
  copse_parallel_for(visit.n_threads == available ? 0 : 8, 100, visit_chunk, &visit);
  for (size_t i = 0; i < 100; i++) assert_int_equal(visit.count[i], 1);
  assert_int_equal(visit.bad_thread, 0);
}

static void one_thread_keeps_the_order(void *user, size_t chunk, int thread) {
  size_t *next = user;
  assert_int_equal(thread, 0);
  assert_int_equal(chunk, *next);
  ++*next;
}

static void one_thread_runs_in_order(void **state) {
  (void)state;
  size_t next = 0;
  copse_parallel_for(1, 50, one_thread_keeps_the_order, &next);
  assert_int_equal(next, 50);
}

static void nested_body(void *user, size_t chunk, int thread) {
  (void)chunk;
  (void)thread;
  copse_parallel_for(2, 10, visit_chunk, user);
}

static void a_nested_call_runs_serially_and_completely(void **state) {
  (void)state;
  struct visit visit = {.n_threads = 2};
  copse_parallel_for(2, 5, nested_body, &visit);
  for (size_t i = 0; i < 10; i++) assert_int_equal(visit.count[i], 5);
  assert_int_equal(visit.bad_thread, 0);
}

/* Two bodies that wait for each other end only when two threads run at once. */
static void meet(void *user, size_t chunk, int thread) {
  (void)chunk;
  (void)thread;
  atomic_int *arrived = user;
  atomic_fetch_add(arrived, 1);
  while (atomic_load(arrived) < 2) {
  }
}

static void two_threads_really_run(void **state) {
  (void)state;
  assert_int_equal(copse_threads_running(1), 1);
  assert_int_equal(copse_threads_running(2), 2);
  assert_int_equal(copse_threads_running(3), 3);
  /* A senseless wish gets fewer threads, not the runtime's abort. */
  assert_in_range(copse_threads_running(INT_MAX), 2, 100000);
  atomic_int arrived = 0;
  copse_parallel_for(2, 2, meet, &arrived);
  assert_int_equal(arrived, 2);
}

/* Phases of one team, of any number of chunks, one after the other. */
struct phases {
  struct visit *visit;
  size_t n_chunks;
  int n_phases;
};

static void run_phases(void *user) {
  struct phases *phases = user;
  for (int p = 0; p < phases->n_phases; p++)
    copse_parallel_for(phases->visit->n_threads, phases->n_chunks, visit_chunk, phases->visit);
}

static void a_team_visits_every_chunk_of_every_phase(void **state) {
  (void)state;
  const int threads[] = {2, 3, 8};
  const size_t chunks[] = {1, 2, 7, 8, MAX_CHUNKS};
  for (size_t t = 0; t < sizeof threads / sizeof *threads; t++)
    for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
      struct visit visit = {.n_threads = threads[t]};
      struct phases phases = {&visit, chunks[c], 20};
      team_run(threads[t], run_phases, &phases);
      for (size_t i = 0; i < MAX_CHUNKS; i++) assert_int_equal(visit.count[i], i < chunks[c] ? 20 : 0);
      assert_int_equal(visit.bad_thread, 0);
    }
}

/* Whoever has the first chunk keeps it until the others are done, of which one is of the same share: the
 * other thread takes it. */
static void waits_for_others(void *user, size_t chunk, int thread) {
  (void)thread;
  atomic_int *n_run = user;
  while (chunk == 0 && atomic_load(n_run) < 3) {
  }
  atomic_fetch_add(n_run, 1);
}

static void run_waiting(void *user) { copse_parallel_for(2, 4, waits_for_others, user); }

static void chunks_are_taken_from_other_threads(void **state) {
  (void)state;
  atomic_int n_run = 0;
  team_run(2, run_waiting, &n_run);
  assert_int_equal(n_run, 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_chunk_is_visited_once),
      cmocka_unit_test(the_default_count_covers_too),
      cmocka_unit_test(one_thread_runs_in_order),
      cmocka_unit_test(a_nested_call_runs_serially_and_completely),
      cmocka_unit_test(two_threads_really_run),
      cmocka_unit_test(a_team_visits_every_chunk_of_every_phase),
      cmocka_unit_test(chunks_are_taken_from_other_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
