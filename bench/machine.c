/* machine.c - calibration loops. Each is the best of several runs: other work on the machine only slows them.
 */
#define _GNU_SOURCE
#include "machine.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "copse.h"

enum { RUNS = 15, ADDS = 1 << 24, DIVISIONS = 1 << 10, DIVISION_REPEATS = 1 << 12 };
#define BUFFER_WORDS ((size_t)1 << 25) /* 256 MB */

/* The compiler must take the value as changed: no two operations on it become one. */
#define KEEP(value) __asm__ volatile("" : "+r"(value))

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* Adds of a register and not of a constant, which some cores fold while renaming. */
static double seconds_of_adds(void) {
  uint64_t sum = 1, step = 3;
  KEEP(step);
  double start = now();
  for (int i = 0; i < ADDS / 4; i++) {
    sum += step;
    KEEP(sum);
    sum += step;
    KEEP(sum);
    sum += step;
    KEEP(sum);
    sum += step;
    KEEP(sum);
  }
  return now() - start;
}

/* Four streams at once, as the loops over rows have several. */
static double seconds_of_reading(const uint64_t *words) {
  const size_t part = BUFFER_WORDS / 4;
  uint64_t sums[4][4] = {{0}};
  double start = now();
  for (size_t i = 0; i < part; i += 4) {
    for (int k = 0; k < 4; k++) sums[0][k] += words[i + k];
    for (int k = 0; k < 4; k++) sums[1][k] += words[part + i + k];
    for (int k = 0; k < 4; k++) sums[2][k] += words[2 * part + i + k];
    for (int k = 0; k < 4; k++) sums[3][k] += words[3 * part + i + k];
  }
  double seconds = now() - start;
  for (int s = 0; s < 4; s++)
    for (int k = 0; k < 4; k++) KEEP(sums[s][k]);
  return seconds;
}

static double seconds_of_divisions(double *top, const double *bottom) {
  double start = now();
  for (int repeat = 0; repeat < DIVISION_REPEATS; repeat++) {
    for (int i = 0; i < DIVISIONS; i++) top[i] = 1.5 / bottom[i];
    __asm__ volatile("" : : "r"(top) : "memory");
  }
  return now() - start;
}

static double least(double a, double b) { return a < b ? a : b; }

static struct machine measure(void) {
  uint64_t *words = copse_alloc_zero(NULL, BUFFER_WORDS, sizeof *words);
  double *numbers = copse_alloc(NULL, 2 * DIVISIONS, sizeof *numbers);
  if (words == NULL || numbers == NULL) {
    fputs("no memory for the calibration\n", stderr);
    exit(1);
  }
  for (size_t i = 0; i < BUFFER_WORDS; i++) words[i] = i;
  for (int i = 0; i < 2 * DIVISIONS; i++) numbers[i] = 1.0 + i;
  double adds = 1e9, reading = 1e9, divisions = 1e9;
  for (int run = 0; run < RUNS; run++) {
    adds = least(adds, seconds_of_adds());
    reading = least(reading, seconds_of_reading(words));
    divisions = least(divisions, seconds_of_divisions(numbers, numbers + DIVISIONS));
  }
  copse_free(words);
  copse_free(numbers);
  struct machine here = {.clock_hz = ADDS / adds,
                         .read_bytes_per_s = (double)(BUFFER_WORDS * sizeof *words) / reading};
  here.division_cycles = divisions / ((double)DIVISIONS * DIVISION_REPEATS) * here.clock_hz;
  return here;
}

const struct machine *machine_measured(void) {
  static struct machine here;
  static bool done;
  if (!done) here = measure();
  done = true;
  return &here;
}
