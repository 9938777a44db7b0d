/* case_parse.c - numbers from text, and whole CSV files. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cases/cases.h"
#include "copse_prep.h"

enum { N_NUMBERS = 100000, N_ROWS = 100000, LONGEST = 32 };
static const char *const a_byte_a_cycle = "1 byte a cycle (a thread)";

enum number_kind { SIX_DIGITS, SEVENTEEN_DIGITS, SMALL_WHOLE };

static const struct number_case {
  const char *name;
  enum number_kind kind;
} number_cases[] = {
    {"parse/number/6_digits", SIX_DIGITS},
    {"parse/number/17_digits", SEVENTEEN_DIGITS},
    {"parse/number/whole", SMALL_WHOLE},
};

static size_t write_number(enum number_kind kind, uint64_t i, char *out) {
  double u = bench_uniform(i) * 2 - 1;
  if (kind == SIX_DIGITS) return copse_format_double_digits(u * 10, 6, out, LONGEST);
  if (kind == SEVENTEEN_DIGITS) return copse_format_double(u * 10, out, LONGEST);
  return (size_t)snprintf(out, LONGEST, "%d", (int)(u * 1000));
}

static void run_numbers(struct bench_state *state, const void *argument) {
  const struct number_case *chosen = argument;
  char *text = bench_room(N_NUMBERS, LONGEST);
  size_t length = 0;
  for (uint64_t i = 0; i < N_NUMBERS; i++) {
    length += write_number(chosen->kind, i, text + length);
    text[length++] = ',';
  }
  volatile double sum = 0;
  while (bench_next(state)) {
    double total = 0, value;
    for (size_t at = 0; at < length;) {
      at += copse_parse_double(text + at, length - at, &value) + 1;
      total += value;
    }
    sum = total;
  }
  (void)sum;
  copse_free(text);
  bench_report(state, &(struct bench_work){.items = N_NUMBERS,
                                           .bytes = (double)length,
                                           .floor_cycles = (double)length,
                                           .floor = a_byte_a_cycle});
}

/* A CSV file of the made-up rows in the system's folder for such, removed at the end. */
static double csv_bytes;
static char csv_path[64];

static void remove_csv(void) { unlink(csv_path); }

static void make_csv(void) {
  if (csv_bytes > 0) return;
  snprintf(csv_path, sizeof csv_path, "/tmp/copse-bench-XXXXXX");
  int handle = mkstemp(csv_path);
  FILE *file = handle >= 0 ? fdopen(handle, "w") : NULL;
  if (file == NULL) {
    perror(csv_path);
    exit(1);
  }
  atexit(remove_csv);
  const struct bench_rows *rows = bench_rows_of(N_ROWS);
  for (uint64_t r = 0; r < N_ROWS; r++) {
    csv_bytes += fprintf(file, "%d", (int)rows->label[r]);
    for (uint64_t c = 0; c < N_BENCH_FEATURES; c++) {
      char text[LONGEST];
      copse_format_double_digits(rows->values[r * N_BENCH_FEATURES + c], 6, text, sizeof text);
      csv_bytes += fprintf(file, ",%s", text);
    }
    csv_bytes += fprintf(file, "\n");
  }
  if (fclose(file) != 0) {
    perror(csv_path);
    exit(1);
  }
}

static void run_csv(struct bench_state *state, const void *argument) {
  (void)argument;
  make_csv();
  copse_read_options options = copse_read_options_default();
  options.label_column = "0";
  options.n_threads = 1;
  copse_error err;
  while (bench_next(state)) {
    copse_frame *frame;
    bench_must(copse_frame_read(NULL, csv_path, &options, &frame, &err), &err);
    bench_pause(state);
    copse_frame_free(frame);
    bench_resume(state);
  }
  bench_report(state, &(struct bench_work){.items = (double)N_ROWS * (N_BENCH_FEATURES + 1),
                                           .bytes = csv_bytes,
                                           .floor_cycles = csv_bytes,
                                           .floor = a_byte_a_cycle});
}

void cases_parse(void) {
  for (size_t i = 0; i < sizeof number_cases / sizeof *number_cases; i++)
    bench_register(number_cases[i].name, run_numbers, &number_cases[i]);
  bench_register("parse/csv/100000x29", run_csv, NULL);
}
