/* team.h - one team of threads for a stretch of work that has many short parallel phases. */
#ifndef COPSE_BASE_TEAM_H
#define COPSE_BASE_TEAM_H

#include <stdatomic.h>

#include "copse.h"

/* Threads that a wish gets: those available where it is 0 or less, else as many, up to what can make sense.
 * What is kept per thread is made for so many. */
int team_size(int wish);

/* Runs work(user) on the calling thread while n_threads - 1 others stand by; every copse_parallel_for that
 * `work` calls is then a phase of this team instead of a parallel region of its own. Nested calls and
 * n_threads = 1 just run work. */
void team_run(int n_threads, void (*work)(void *user), void *user);

/* What one thread of a team holds at a time, for some microseconds. Zero: free. */
struct team_lock {
  atomic_bool held;
};
void team_lock(struct team_lock *lock);
void team_unlock(struct team_lock *lock);

/* Lets some time pass; `waits`: how often the caller has waited already. From some time on the core is left
 * to other threads. */
void team_pause(unsigned waits);

/* Time that the calling thread has waited for chunks of its phases that others had claimed, but for waits of
 * some microseconds. */
double team_waited_seconds(void);

/* Time that the calling thread has been on a core. */
double team_processor_seconds(void);

#endif
