/* cases.h - what the files of cases share: made-up data, and a function of each that registers its rows.
 *
 * To add a case: a row in the table of its file. To add a file: its function here and in cases.c. */
#ifndef COPSE_BENCH_CASES_H
#define COPSE_BENCH_CASES_H

#include <stddef.h>
#include <stdint.h>

#include "copse.h"
#include "shim.h"

void cases_kernels(void);
void cases_bins(void);
void cases_round(void);
void cases_predict(void);
void cases_parse(void);

/* Memory that stays until the process ends; without it the process ends. */
void *bench_room(size_t count, size_t size);
/* Formatted, to stay. */
const char *bench_name(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the process with the message unless status is COPSE_OK: the cases' own calls must not fail. */
void bench_must(copse_status status, const copse_error *err);

/* A number that depends on key alone, evenly spread (SplitMix64's finaliser, Steele, Lea, Flood 2014). */
static inline uint64_t bench_mix(uint64_t key) {
  key += 0x9E3779B97F4A7C15u;
  key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9u;
  key = (key ^ (key >> 27)) * 0x94D049BB133111EBu;
  return key ^ (key >> 31);
}
/* In [0, 1). */
static inline double bench_uniform(uint64_t key) { return (double)(bench_mix(key) >> 11) * 0x1p-53; }

/* Rows of N_BENCH_FEATURES numbers and a label that they decide: [n_rows * N_BENCH_FEATURES], [n_rows]. */
enum { N_BENCH_FEATURES = 28 };
struct bench_rows {
  uint64_t n_rows;
  double *values;
  float *label;
};
/* The same for the same n_rows: made once. */
const struct bench_rows *bench_rows_of(uint64_t n_rows);
copse_table bench_table(const struct bench_rows *rows);
/* A booster on them, binary, with parameters "key=value key=value". */
copse_booster *bench_booster(const struct bench_rows *rows, const char *parameters);

#endif
