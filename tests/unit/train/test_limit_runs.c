/* Limits as runs are those of one number a bin, whatever is done to them, for a fraction of the memory. */
#include <math.h>

#include "draw.h"
#include "testing.h"
#include "train/limit_runs.h"

enum { COLUMNS = 3, BINS = 20, LEAVES = 6 };

struct plain {
  double lower[LEAVES][COLUMNS][BINS], upper[LEAVES][COLUMNS][BINS];
};

static double tighter(double limit, double output, bool below) {
  return below ? fmax(limit, output) : fmin(limit, output);
}

static void tighten_plain(struct plain *plain, int leaf, int column, int first, int end, double output,
                          bool below) {
  for (int b = first; b < end; b++) {
    double *limit = below ? &plain->lower[leaf][column][b] : &plain->upper[leaf][column][b];
    *limit = tighter(*limit, output, below);
  }
}

static void begin_plain(struct plain *plain) {
  for (int c = 0; c < COLUMNS; c++)
    for (int b = 0; b < BINS; b++) {
      plain->lower[0][c][b] = -INFINITY;
      plain->upper[0][c][b] = INFINITY;
    }
}

static void compare(const struct limit_runs *runs, const struct plain *plain, int n_leaves) {
  for (int leaf = 0; leaf < n_leaves; leaf++)
    for (int c = 0; c < COLUMNS; c++) {
      double lower[BINS], upper[BINS];
      limit_runs_unroll(runs, (size_t)leaf, (uint32_t)c, BINS, lower, upper);
      for (int b = 0; b < BINS; b++)
        if (lower[b] != plain->lower[leaf][c][b] || upper[b] != plain->upper[leaf][c][b])
          fail_msg("leaf %d, column %d, bin %d: %g .. %g", leaf, c, b, lower[b], upper[b]);
    }
}

/* Bounds of ranges are the ends of the column or thresholds that were begun, of any leaf. */
static int bound(struct draw *draw, const bool *begun, int otherwise) {
  int b = (int)draw_between(draw, 0, BINS - 1);
  return begun[b] ? b : otherwise;
}

static void one_tree(struct limit_runs *runs, struct draw *draw) {
  struct plain plain;
  bool begun[COLUMNS][BINS] = {{false}};
  limit_runs_begin_tree(runs);
  begin_plain(&plain);
  for (int n_leaves = 1; n_leaves < LEAVES; n_leaves++) {
    int from = (int)draw_between(draw, 0, n_leaves - 1), at = (int)draw_between(draw, 0, COLUMNS - 1);
    int threshold = (int)draw_between(draw, 0, BINS - 2);
    for (int b = threshold; b <= threshold + 1; b++) {
      limit_runs_begin(runs, (uint32_t)at, (uint32_t)b, (size_t)n_leaves);
      begun[at][b] = true;
    }
    limit_runs_copy(runs, (size_t)from, (size_t)n_leaves);
    for (int c = 0; c < COLUMNS; c++)
      for (int b = 0; b < BINS; b++) {
        plain.lower[n_leaves][c][b] = plain.lower[from][c][b];
        plain.upper[n_leaves][c][b] = plain.upper[from][c][b];
      }
    for (int i = 0; i < 8; i++) {
      int leaf = (int)draw_between(draw, 0, n_leaves), c = (int)draw_between(draw, 0, COLUMNS - 1);
      bool below = draw_between(draw, 0, 1) == 1;
      double output = (double)draw_between(draw, 0, 99) / 10 - 5;
      if (i % 4 == 0) {
        limit_runs_tighten_all(runs, (size_t)leaf, output, below);
        for (int k = 0; k < COLUMNS; k++) tighten_plain(&plain, leaf, k, 0, BINS, output, below);
      } else if (i == 1) {
        limit_runs_clear(runs, (size_t)leaf, (uint32_t)c, below);
        for (int b = 0; b < BINS; b++)
          (below ? plain.lower : plain.upper)[leaf][c][b] = below ? -INFINITY : INFINITY;
      } else {
        int first = bound(draw, begun[c], 0), end = bound(draw, begun[c], BINS);
        limit_runs_tighten(runs, (size_t)leaf, (uint32_t)c, (uint32_t)first, (uint32_t)end, output, below);
        tighten_plain(&plain, leaf, c, first, end, output, below);
      }
    }
    compare(runs, &plain, n_leaves + 1);
  }
}

static void runs_are_limits_of_bins(void **state) {
  (void)state;
  struct limit_runs runs;
  struct draw draw = {11, 0};
  assert_true(limit_runs_create(&runs, NULL, COLUMNS, LEAVES));
  for (int tree = 0; tree < 300; tree++) one_tree(&runs, &draw);
  limit_runs_release(&runs);
}

/* A number for each bin of 255 would be 1 GB. */
static void many_columns_take_little_memory(void **state) {
  (void)state;
  copse_context *ctx;
  copse_error err;
  struct limit_runs runs;
  assert_int_equal(copse_context_create(NULL, &ctx, &err), COPSE_OK);
  assert_true(limit_runs_create(&runs, ctx, 1000, 257));
  size_t peak = copse_context_memory_peak(ctx);
  limit_runs_release(&runs);
  copse_context_free(ctx);
  if (peak > 7000000) fail_msg("%zu bytes", peak);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(runs_are_limits_of_bins),
                                     cmocka_unit_test(many_columns_take_little_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
