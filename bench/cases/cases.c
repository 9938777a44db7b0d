/* cases.c - the list of the files of cases, and what they share. */
#include "cases/cases.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_register_all(void) {
  cases_kernels();
  cases_bins();
  cases_round();
  cases_predict();
  cases_parse();
}

static _Noreturn void give_up(const char *message) {
  fprintf(stderr, "copse-bench: %s\n", message);
  exit(1);
}

void *bench_room(size_t count, size_t size) {
  void *room = copse_alloc_zero(NULL, count, size);
  if (room == NULL) give_up("no memory");
  return room;
}

const char *bench_name(const char *format, ...) {
  enum { CAPACITY = 96 };
  char *name = bench_room(CAPACITY, 1);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, CAPACITY, format, arguments);
  va_end(arguments);
  return name;
}

void bench_must(copse_status status, const copse_error *err) {
  if (status != COPSE_OK) give_up(err->message);
}

const struct bench_rows *bench_rows_of(uint64_t n_rows) {
  static struct bench_rows made[8];
  size_t at = 0;
  while (at < 8 && made[at].n_rows != 0 && made[at].n_rows != n_rows) at++;
  if (at == 8) give_up("more sizes of rows than there is room for");
  struct bench_rows *rows = &made[at];
  if (rows->n_rows == n_rows) return rows;
  *rows = (struct bench_rows){n_rows, bench_room(n_rows * N_BENCH_FEATURES, sizeof(double)),
                              bench_room(n_rows, sizeof(float))};
  for (uint64_t r = 0; r < n_rows; r++) {
    double *x = rows->values + r * N_BENCH_FEATURES;
    for (uint64_t c = 0; c < N_BENCH_FEATURES; c++) x[c] = bench_uniform(r * 64 + c);
    double score = x[0] * x[1] + (x[2] - 0.5) * (x[3] > 0.3 ? 1 : -1) + x[4] * x[4] - 0.5 * x[5];
    rows->label[r] = score + 0.8 * (bench_uniform(r * 64 + 63) - 0.5) > 0.35;
  }
  return rows;
}

copse_table bench_table(const struct bench_rows *rows) {
  return (copse_table){.layout = COPSE_ROWS,
                       .n_rows = rows->n_rows,
                       .n_cols = N_BENCH_FEATURES,
                       .dtype = COPSE_F64,
                       .values = rows->values,
                       .row_stride = N_BENCH_FEATURES};
}

static copse_params *params_of(const char *text) {
  copse_error err;
  copse_params *params;
  bench_must(copse_params_create(NULL, &params, &err), &err);
  while (*text != '\0') {
    size_t length = strcspn(text, " "), key = strcspn(text, "=");
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    word[key] = '\0';
    bench_must(copse_params_set(params, word, word + key + 1, COPSE_SOURCE_COMMAND, &err), &err);
    text += length;
    text += strspn(text, " ");
  }
  bench_must(copse_params_resolve(params, &err), &err);
  return params;
}

copse_booster *bench_booster(const struct bench_rows *rows, const char *parameters) {
  copse_error err;
  copse_params *params = params_of(parameters);
  copse_table table = bench_table(rows);
  copse_dataset *data;
  copse_booster *booster;
  bench_must(copse_dataset_from_table(NULL, &table, NULL, NULL, params, NULL, &data, &err), &err);
  bench_must(copse_dataset_set(data, COPSE_LABEL, rows->label, rows->n_rows, &err), &err);
  bench_must(copse_booster_create(NULL, data, params, &booster, &err), &err);
  copse_dataset_free(data);
  copse_params_free(params);
  return booster;
}
