/* row_loop.c - predicts rows one at a time through a function pointer and takes the time: the loop that an
 * interpreter would otherwise drown. Compiled by row_loop.py into a shared object.
 *
 * LightGBM's function is called with the types of its c_api.h: LGBM_BoosterPredictForMatSingleRowFast takes
 * the handle of a FastConfig, the row, and where length and values go. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef void (*copse_row)(const void *predictor, const double *features, double *out);
typedef int (*lightgbm_row)(void *config, const void *row, int64_t *length, double *out);

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* Seconds of predicting the n_rows rows `repeats` times, one value a row; a negative number on failure. */
__attribute__((visibility("default"))) double time_copse(copse_row call, const void *predictor,
                                                         const double *rows, size_t n_rows, size_t n_columns,
                                                         size_t repeats, double *out);
__attribute__((visibility("default"))) double time_lightgbm(lightgbm_row call, void *config,
                                                            const double *rows, size_t n_rows,
                                                            size_t n_columns, size_t repeats, double *out);

double time_copse(copse_row call, const void *predictor, const double *rows, size_t n_rows, size_t n_columns,
                  size_t repeats, double *out) {
  double start = now();
  for (size_t repeat = 0; repeat < repeats; repeat++) {
    for (size_t row = 0; row < n_rows; row++) call(predictor, rows + row * n_columns, out + row);
  }
  return now() - start;
}

double time_lightgbm(lightgbm_row call, void *config, const double *rows, size_t n_rows, size_t n_columns,
                     size_t repeats, double *out) {
  double start = now();
  for (size_t repeat = 0; repeat < repeats; repeat++) {
    for (size_t row = 0; row < n_rows; row++) {
      int64_t length;
      if (call(config, rows + row * n_columns, &length, out + row) != 0 || length != 1) return -1.0;
    }
  }
  return now() - start;
}
