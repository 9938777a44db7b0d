/* case_bins.c - cut points of one feature, and a whole data set from a matrix in memory. */
#include <math.h>
#include <string.h>

#include "cases/cases.h"
#include "data/bins.h"

enum { N_VALUES = 1000000, N_TABLE_ROWS = 200000 };

enum value_kind { ALL_DISTINCT, FEW_DISTINCT, MANY_ZEROS };

static const struct cut_case {
  const char *name;
  enum value_kind kind;
} cut_cases[] = {
    {"bins/cut_points/distinct", ALL_DISTINCT},
    {"bins/cut_points/hundred_values", FEW_DISTINCT},
    {"bins/cut_points/seven_tenths_zero", MANY_ZEROS},
};

static double value_at(enum value_kind kind, uint64_t i) {
  double u = bench_uniform(i);
  if (kind == ALL_DISTINCT) return u * u - 0.3;
  if (kind == FEW_DISTINCT) return floor(u * 100);
  return u < 0.7 ? 0.0 : u;
}

/* As for a column of a data set: the room is kept. */
static void run_cut_points(struct bench_state *state, const void *argument) {
  const struct cut_case *chosen = argument;
  const struct bin_params params = {
      .max_bin = 255, .min_data_in_bin = 3, .use_missing = true, .pre_filter = true, .min_data_in_leaf = 20};
  double *values = bench_room(N_VALUES, sizeof *values);
  struct bins_room room = {0};
  const struct bins_column column = {.values = values,
                                     .n_values = N_VALUES,
                                     .n_rows = N_VALUES,
                                     .max_bin = 255,
                                     .params = &params,
                                     .room = &room};
  for (uint64_t i = 0; i < N_VALUES; i++) values[i] = value_at(chosen->kind, i);
  while (bench_next(state)) {
    struct feature_bins bins;
    copse_error err;
    bench_must(bins_find_numeric(NULL, &column, &bins, &err), &err);
    bench_pause(state);
    bins_release(&bins);
    bench_resume(state);
  }
  copse_free(values);
  bins_room_release(&room);
  bench_report(state, &(struct bench_work){.items = N_VALUES,
                                           .bytes = 8.0 * N_VALUES,
                                           .floor_bytes = 8.0 * N_VALUES,
                                           .floor = "memory: every value read once"});
}

/* Cut points and bins of all features, one thread. */
static void run_dataset(struct bench_state *state, const void *argument) {
  (void)argument;
  const struct bench_rows *rows = bench_rows_of(N_TABLE_ROWS);
  copse_table table = bench_table(rows);
  copse_error err;
  copse_params *params;
  bench_must(copse_params_create(NULL, &params, &err), &err);
  bench_must(copse_params_set(params, "num_threads", "1", COPSE_SOURCE_COMMAND, &err), &err);
  while (bench_next(state)) {
    copse_dataset *data;
    bench_must(copse_dataset_from_table(NULL, &table, NULL, NULL, params, NULL, &data, &err), &err);
    bench_pause(state);
    copse_dataset_free(data);
    bench_resume(state);
  }
  copse_params_free(params);
  double values = (double)N_TABLE_ROWS * N_BENCH_FEATURES;
  bench_report(state, &(struct bench_work){.items = values,
                                           .bytes = 8 * values,
                                           .floor_bytes = (8 + 8 + 2) * values,
                                           .floor = "memory: every value read twice, two bytes written"});
}

void cases_bins(void) {
  for (size_t i = 0; i < sizeof cut_cases / sizeof *cut_cases; i++)
    bench_register(cut_cases[i].name, run_cut_points, &cut_cases[i]);
  bench_register("bins/dataset/200000x28", run_dataset, NULL);
}
