/* shim.h - Google Benchmark for C. shim.cc is the only C++ of the project; the cases are C. */
#ifndef COPSE_BENCH_SHIM_H
#define COPSE_BENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench_state;
typedef void (*bench_body)(struct bench_state *state, const void *argument);

/* What one iteration does, and the least that this machine could take for it: the larger of so many cycles of
 * the core, and so many bytes at the speed of reading memory. `floor` says it in words. */
struct bench_work {
  double items, bytes;
  double floor_cycles, floor_bytes;
  const char *floor;
};

/* name and argument must stay. */
void bench_register(const char *name, bench_body body, const void *argument);
/* The body gives the seconds of each iteration itself (bench_set_seconds). */
void bench_register_timed(const char *name, bench_body body, const void *argument, int iterations);
/* Whether to do one more iteration; everything before the first call is not timed. */
bool bench_next(struct bench_state *state);
void bench_pause(struct bench_state *state);
void bench_resume(struct bench_state *state);
void bench_set_seconds(struct bench_state *state, double seconds);
/* After the last iteration: items and bytes a second, cycles an item, and the time in floors ("floors" = 1:
 * the machine can do no more). work is that of one iteration, the mean of them where they differ. */
void bench_report(struct bench_state *state, const struct bench_work *work);
void bench_fail(struct bench_state *state, const char *message);

/* Defined by the cases (cases/cases.c): registers every one. */
void bench_register_all(void);

#ifdef __cplusplus
}
#endif
#endif
