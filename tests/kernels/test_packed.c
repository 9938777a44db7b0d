/* Packed histograms in every tier against plain loops, and at the limits of their fields. Buffers end at
 * guard pages. */
#include <math.h>
#include <string.h>

#include "draw.h"
#include "guarded.h"
#include "testing.h"
#include "tiers.h"

enum { MOST_COLUMNS = 64, BINS = 37, CELLS = MOST_COLUMNS * HIST_STRIDE, PADDING = 64, MOST_ROWS = 5000 };

static int64_t packed_of(int64_t gradient, int64_t hessian) {
  return gradient * ((int64_t)1 << 32) + hessian;
}

static int32_t row_of(int64_t gradient, int64_t hessian) {
  return (int32_t)(gradient * ((int64_t)1 << 16) + hessian);
}

/* Every fourth row is at a limit of either field. */
static int64_t some_gradient(struct draw *d) {
  const int64_t ends[] = {-HIST_PACKED_GRADIENT, -1, 0, HIST_PACKED_GRADIENT};
  if (draw_between(d, 0, 3) == 0) return ends[draw_between(d, 0, 3)];
  return draw_between(d, -HIST_PACKED_GRADIENT, HIST_PACKED_GRADIENT);
}

static int64_t some_hessian(struct draw *d) {
  const int64_t ends[] = {0, 32767, 32768, HIST_PACKED_HESSIAN};
  if (draw_between(d, 0, 3) == 0) return ends[draw_between(d, 0, 3)];
  return draw_between(d, 0, HIST_PACKED_HESSIAN);
}

static uint32_t bin_at(const uint8_t *row, uint32_t cell_bytes, uint32_t column) {
  uint16_t wide;
  memcpy(&wide, row + (size_t)2 * column, sizeof wide);
  return cell_bytes == 1 ? row[column] : wide;
}

/* Sums of rows taken one by one are what the slots' cells hold, after a spill on top of what was there. */
static void check_sums(const struct kernels *k, struct draw *d, uint32_t n, uint32_t cell_bytes,
                       uint32_t n_columns) {
  uint32_t row_bytes = 4;
  while (row_bytes < n_columns * cell_bytes) row_bytes *= 2;
  const size_t row_area = (size_t)n * row_bytes + PADDING, packed_area = n * sizeof(int32_t),
               list_area = n * sizeof(uint32_t);
  uint8_t *rows = guarded_alloc(row_area, GUARDED_END);
  int32_t *packed = guarded_alloc(packed_area, GUARDED_END);
  int64_t levels[MOST_ROWS][2];
  uint32_t *list = guarded_alloc(list_area, GUARDED_END), offsets[MOST_COLUMNS], n_list = 0;
  memset(rows, 0, row_area);
  for (uint32_t c = 0; c < n_columns; c++) offsets[c] = c * HIST_STRIDE;
  for (uint32_t r = 0; r < n; r++) {
    for (uint32_t c = 0; c < n_columns; c++) {
      uint16_t bin = (uint16_t)draw_between(d, 0, BINS - 1);
      uint8_t narrow = (uint8_t)bin;
      memcpy(rows + (size_t)r * row_bytes + (size_t)c * cell_bytes, cell_bytes == 1 ? (void *)&narrow : &bin,
             cell_bytes);
    }
    levels[r][0] = some_gradient(d);
    levels[r][1] = some_hessian(d);
    packed[r] = row_of(levels[r][0], levels[r][1]);
    if (draw_between(d, 0, 2) > 0) list[n_list++] = r;
  }
  uint32_t *chosen = list + (n - n_list); /* up to the guarded page */
  memmove(chosen, list, n_list * sizeof *list);
  int64_t cells[CELLS] = {0}, gradient[CELLS], hessian[CELLS], want_g[CELLS], want_h[CELLS];
  for (int i = 0; i < CELLS; i++) want_g[i] = gradient[i] = -i, want_h[i] = hessian[i] = (int64_t)i << 33;
  /* told to have so many bins that several walks are made of them, or so few that one is */
  const uint32_t n_bins = n % 2 == 0 ? BINS : 256;
  struct hist_block block = {rows, row_bytes, cell_bytes, n_columns, n_bins, offsets, 0};
  k->hist_update_packed(&block, NULL, 0, n, packed, cells);
  const uint32_t n_last = n_list / 6; /* another call's, known to the first */
  block.n_behind = n_last;
  k->hist_update_packed(&block, chosen, 0, n_list - n_last, packed, cells);
  block.n_behind = 0;
  k->hist_update_packed(&block, chosen, n_list - n_last, n_list, packed, cells);
  k->hist_spill_packed(cells, CELLS, &(struct hist_target){.planes = {gradient, hessian, NULL}});
  for (uint32_t i = 0; i < n + n_list; i++) {
    uint32_t row = i < n ? i : chosen[i - n];
    for (uint32_t c = 0; c < n_columns; c++) {
      uint32_t cell = offsets[c] + bin_at(rows + (size_t)row * row_bytes, cell_bytes, c);
      want_g[cell] += levels[row][0];
      want_h[cell] += levels[row][1];
    }
  }
  assert_memory_equal(gradient, want_g, sizeof gradient);
  assert_memory_equal(hessian, want_h, sizeof hessian);
  for (int i = 0; i < CELLS; i++) assert_true(cells[i] == 0);
  guarded_free(rows, row_area, GUARDED_END);
  guarded_free(packed, packed_area, GUARDED_END);
  guarded_free(list, list_area, GUARDED_END);
}

static void sums_of_rows(void **state) {
  (void)state;
  static const uint32_t sizes[] = {1, 2, 7, 8, 63, 511, 512, 513, 1025, MOST_ROWS};
  struct draw d = {.seed = 31};
  FOR_EACH_TIER(k) {
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
      check_sums(k, &d, sizes[s], 1, 13);
      check_sums(k, &d, sizes[s], 2, 13);
    }
    /* every number of columns of a walk, and every size of a row */
    for (uint32_t n_columns = 1; n_columns <= MOST_COLUMNS; n_columns += n_columns < 34 ? 1 : 5) {
      check_sums(k, &d, 700, 1, n_columns);
      check_sums(k, &d, 701, 1, n_columns);
      if (2 * n_columns <= MOST_COLUMNS) check_sums(k, &d, 700, 2, n_columns);
    }
    check_sums(k, &d, 700, 1, MOST_COLUMNS);
  }
}

/* HIST_PACKED_ROWS rows at the limits in one cell, the gradient at either end. */
static void a_full_cell_holds(void **state) {
  (void)state;
  enum { ROW_BYTES = 4 };
  static uint8_t rows[HIST_PACKED_ROWS * ROW_BYTES + PADDING];
  static int32_t packed[HIST_PACKED_ROWS];
  const uint32_t offsets[1] = {0};
  struct hist_block block = {rows, ROW_BYTES, 1, 1, 1, offsets, 0};
  for (int sign = -1; sign <= 1; sign += 2) {
    for (int r = 0; r < HIST_PACKED_ROWS; r++)
      packed[r] = row_of((int64_t)sign * HIST_PACKED_GRADIENT, HIST_PACKED_HESSIAN);
    FOR_EACH_TIER(k) {
      int64_t cells[256] = {0}, gradient[256] = {0}, hessian[256] = {0};
      k->hist_update_packed(&block, NULL, 0, HIST_PACKED_ROWS, packed, cells);
      k->hist_spill_packed(cells, 256, &(struct hist_target){.planes = {gradient, hessian, NULL}});
      assert_true(gradient[0] == (int64_t)sign * HIST_PACKED_GRADIENT * HIST_PACKED_ROWS);
      assert_true(hessian[0] == (int64_t)HIST_PACKED_HESSIAN * HIST_PACKED_ROWS);
    }
  }
}

/* Full cells spilled 2^16 times: 2^31 rows at the limits in one leaf, and off its parent. */
static void as_many_rows_as_two_to_the_31(void **state) {
  (void)state;
  enum { N = 13, SPILLS = 1 << 16 };
  static const int64_t per_spill = HIST_PACKED_ROWS;
  for (int sign = -1; sign <= 1; sign += 2) FOR_EACH_TIER(k) {
      const int64_t g = sign * HIST_PACKED_GRADIENT * per_spill, h = HIST_PACKED_HESSIAN * per_spill;
      int64_t cells[N], sums[4][N];
      for (int i = 0; i < N; i++) sums[2][i] = g * SPILLS, sums[3][i] = h * SPILLS;
      struct hist_target target = {.planes = {sums[0], sums[1], NULL}, .parent = {sums[2], sums[3], NULL}};
      for (int spill = 0; spill < SPILLS; spill++) {
        for (int i = 0; i < N; i++) cells[i] = packed_of(g, h);
        target.first = spill == 0;
        k->hist_spill_packed(cells, N, &target);
      }
      for (int i = 0; i < N; i++) {
        assert_true(sums[0][i] == g * SPILLS && sums[1][i] == h * SPILLS);
        assert_true(sums[2][i] == 0 && sums[3][i] == 0);
      }
    }
}

/* Added to planes or written into them, taken off a parent's or not: every size up to some vectors. */
static void spill_of_every_kind(void **state) {
  (void)state;
  enum { MOST = 70 };
  struct draw d = {.seed = 33};
  FOR_EACH_TIER(k)
  for (uint64_t n = 0; n <= MOST; n++)
    for (int kind = 0; kind < 6; kind++) { /* the last two only take off a parent's */
      bool first = kind & 1, subtract = kind > 1, kept = kind < 4;
      int64_t want[4][MOST], *got[4], *cells = guarded_alloc(n * 8, GUARDED_END);
      for (int p = 0; p < 4; p++) {
        got[p] = guarded_alloc(n * 8, GUARDED_END);
        for (uint64_t i = 0; i < n; i++)
          got[p][i] = want[p][i] = draw_between(&d, -((int64_t)1 << 60), (int64_t)1 << 60);
      }
      for (uint64_t i = 0; i < n; i++) {
        int64_t g = draw_between(&d, INT32_MIN, INT32_MAX), h = draw_between(&d, 0, UINT32_MAX);
        cells[i] = packed_of(g, h);
        if (kept) {
          want[0][i] = (first ? 0 : want[0][i]) + g;
          want[1][i] = (first ? 0 : want[1][i]) + h;
        }
        want[2][i] -= subtract ? g : 0;
        want[3][i] -= subtract ? h : 0;
      }
      struct hist_target target = {.first = first};
      if (kept) target.planes = (struct hist_planes){got[0], got[1], NULL};
      if (subtract) target.parent = (struct hist_planes){got[2], got[3], NULL};
      k->hist_spill_packed(cells, n, &target);
      for (int p = 0; p < 4; p++) {
        assert_memory_equal(got[p], want[p], n * 8);
        guarded_free(got[p], n * 8, GUARDED_END);
      }
      for (uint64_t i = 0; i < n; i++) assert_true(cells[i] == 0);
      guarded_free(cells, n * 8, GUARDED_END);
    }
}

/* Numbers of the ends of both fields, and any. */
static int64_t any_packed(struct draw *d) {
  const int64_t g = draw_between(d, INT32_MIN, INT32_MAX), h = draw_between(d, 0, UINT32_MAX);
  switch (draw_between(d, 0, 7)) {
    case 0: return packed_of(INT32_MIN, h);
    case 1: return packed_of(INT32_MAX, UINT32_MAX);
    case 2: return packed_of(INT32_MIN, UINT32_MAX);
    case 3: return packed_of(-1, 0);
    case 4: return 0;
    default: return packed_of(g, h);
  }
}

/* Cells to cells: written or added, taken off a parent's or not. Of a parent's planes that became cells only
 * what is left has room: the parent's own sums may be any 64 bits. */
static void spill_of_every_kind_as_cells(void **state) {
  (void)state;
  enum { MOST = 70 };
  struct draw d = {.seed = 35};
  FOR_EACH_TIER(k)
  for (uint64_t n = 1; n <= MOST; n++)
    for (int kind = 0; kind < 6; kind++) { /* the last two only take off a parent's */
      const bool first = kind & 1, subtract = kind > 1, kept = kind < 4;
      int64_t want[2][MOST], *got[2], *cells = guarded_alloc(n * 8, GUARDED_END);
      for (int p = 0; p < 2; p++) got[p] = guarded_alloc(n * 8, GUARDED_END);
      for (uint64_t i = 0; i < n; i++) {
        const int64_t before = draw_between(&d, -((int64_t)1 << 30), (int64_t)1 << 30), left = any_packed(&d);
        cells[i] = kept && !first ? draw_between(&d, 0, (int64_t)1 << 60) : any_packed(&d);
        got[0][i] = before;
        got[1][i] = (int64_t)((uint64_t)left + (uint64_t)cells[i]);
        want[0][i] = !kept ? before : first ? cells[i] : before + cells[i];
        want[1][i] = subtract ? left : got[1][i];
      }
      struct hist_target target = {.first = first};
      if (kept) target.planes.gradient = got[0];
      if (subtract) target.parent.gradient = got[1];
      k->hist_spill_packed(cells, n, &target);
      for (int p = 0; p < 2; p++) {
        assert_memory_equal(got[p], want[p], n * 8);
        guarded_free(got[p], n * 8, GUARDED_END);
      }
      for (uint64_t i = 0; i < n; i++) assert_true(cells[i] == 0);
      guarded_free(cells, n * 8, GUARDED_END);
    }
}

static void unpacked_cells_are_their_planes(void **state) {
  (void)state;
  enum { MOST = 70 };
  struct draw d = {.seed = 36};
  FOR_EACH_TIER(k)
  for (uint64_t n = 0; n <= MOST; n++) {
    int64_t *cells = guarded_alloc(n * 8, GUARDED_END), *gradient = guarded_alloc(n * 8, GUARDED_END),
            *hessian = guarded_alloc(n * 8, GUARDED_END);
    for (uint64_t i = 0; i < n; i++) cells[i] = any_packed(&d);
    k->hist_unpack(cells, n, gradient, hessian);
    for (uint64_t i = 0; i < n; i++) {
      assert_true(gradient[i] >= INT32_MIN && gradient[i] <= INT32_MAX);
      assert_true(hessian[i] >= 0 && hessian[i] <= UINT32_MAX);
      assert_true(packed_of(gradient[i], hessian[i]) == cells[i]);
    }
    guarded_free(cells, n * 8, GUARDED_END);
    guarded_free(gradient, n * 8, GUARDED_END);
    guarded_free(hessian, n * 8, GUARDED_END);
  }
}

/* As many rows as are promised have room, at either end; one more has not. */
static void rows_that_cells_have_room_for(void **state) {
  (void)state;
  static const int64_t levels[] = {1, 2, 3, 7, 100, 4096, HIST_PACKED_GRADIENT};
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
    for (int64_t hessian = 1; hessian <= 2 * levels[i]; hessian += 2 * levels[i] - 1) {
      const int64_t rows = (int64_t)hist_packed_rows(levels[i], hessian), more = rows + 1;
      assert_true(rows * levels[i] <= INT32_MAX && rows * hessian <= UINT32_MAX);
      assert_true(more * levels[i] > INT32_MAX || more * hessian > UINT32_MAX);
    }
  assert_true(hist_packed_rows(HIST_PACKED_GRADIENT, HIST_PACKED_HESSIAN) >= HIST_PACKED_ROWS);
}

/* Levels against the formula; random rounding stays between the neighbours and is without bias. */
static void rounding_to_levels(void **state) {
  (void)state;
  enum { N = 4001 };
  static float g[N], h[N];
  static int32_t packed[N], first[N];
  static uint32_t numbers[N];
  for (uint32_t i = 0; i < N; i++) numbers[i] = 5 + i;
  struct draw d = {.seed = 32};
  for (int i = 0; i < N; i++) {
    g[i] = (float)draw_between(&d, -1000000, 1000000) * 1e-6f;
    h[i] = (float)draw_between(&d, 0, 1000000) * 1e-6f;
  }
  g[0] = -1, g[1] = 1, g[2] = 0, h[0] = 1, h[1] = 0;
  static const int some_levels[] = {2, 4, 11, 56, 281, 1406, 7031, 35156, 65533, HIST_PACKED_HESSIAN};
  for (size_t l = 0; l < sizeof some_levels / sizeof *some_levels; l++) {
    const int levels = some_levels[l];
    struct pack_rule rule = {.gradient_step = 1.0 / (levels / 2),
                             .hessian_step = 1.0 / levels,
                             .gradient_levels = levels / 2,
                             .hessian_levels = levels,
                             .first_row = 5};
    for (int stochastic = 0; stochastic < 2; stochastic++) {
      rule.stochastic = stochastic;
      rule.gradient_key = 77, rule.hessian_key = 78;
      double bias = 0;
      kernels_of_tier(CPU_SCALAR)->pack(&rule, g, h, N, first);
      for (int i = 0; i < N; i++) {
        int64_t low = first[i] & 0xFFFF, high = (first[i] - low) / 65536;
        double x = (double)g[i] / rule.gradient_step, y = (double)h[i] / rule.hessian_step;
        assert_true(fabs((double)high - x) < (stochastic ? 1.0 : 0.5000001));
        assert_true(fabs((double)low - y) < (stochastic ? 1.0 : 0.5000001));
        assert_true(fabs((double)high) <= levels / 2 && low <= levels);
        bias += (double)high - x;
      }
      assert_true(fabs(bias / N) < 0.04);
      FOR_EACH_TIER(k) {
        memset(packed, 0, sizeof packed);
        struct pack_rule later = rule, named = rule;
        later.first_row = 7;
        named.row_numbers = numbers + 2;
        k->pack(&rule, g, h, 2, packed);
        k->pack(&later, g + 2, h + 2, N - 2, packed + 2); /* a row's draw is the row's */
        assert_memory_equal(packed, first, sizeof packed);
        memset(packed + 2, 0, sizeof packed - 2 * sizeof *packed);
        k->pack(&named, g + 2, h + 2, N - 2, packed + 2);
        assert_memory_equal(packed, first, sizeof packed);
      }
    }
  }
  struct pack_rule constant = {.gradient_step = 0.5,
                               .hessian_step = 1,
                               .gradient_levels = 2,
                               .hessian_levels = 1,
                               .constant_hessian = true};
  FOR_EACH_TIER(k) {
    k->pack(&constant, g, h, 3, packed);
    assert_true(packed[0] == row_of(-2, 1) && packed[1] == row_of(2, 1) && packed[2] == row_of(0, 1));
  }
}

static int64_t level_of(float value, double step, double shift, double most) {
  double level = fabs((double)value / step) + shift;
  return (int64_t)(level < most ? level : most);
}

/* Quotients that end, with half a level added, at a whole number or a last place beside it; of gradients of
 * common size, and of steps that have no reciprocal with all its bits as a float. */
static void sums_beside_whole_numbers(void **state) {
  (void)state;
  enum { MOST = 35 };
  struct draw d = {.seed = 34};
  for (int round = 0; round < 3000; round++) {
    const uint64_t n = (uint64_t)draw_between(&d, 1, MOST);
    const int64_t most = round % 2 == 0 ? 256 : HIST_PACKED_GRADIENT; /* floats tell few levels */
    const int64_t levels = draw_between(&d, 1, most), at = draw_between(&d, 1, levels);
    const int exponent = round % 8 == 2 ? -147 : round % 8 == 4 ? 103 : -30;
    const float value = ldexpf((float)draw_between(&d, 1, 1 << 24), exponent);
    double step = (double)value / ((double)at - 0.5);
    for (int64_t places = draw_between(&d, -3, 3); places != 0; places += places < 0 ? 1 : -1)
      step = nextafter(step, places < 0 ? 0 : 1);
    const struct pack_rule rule = {.gradient_step = step,
                                   .hessian_step = step,
                                   .gradient_levels = (double)levels,
                                   .hessian_levels = (double)levels};
    float g[MOST], h[MOST];
    int32_t want[MOST], got[MOST];
    for (uint64_t i = 0; i < n; i++) {
      h[i] = i % 3 == 2 ? value / 2 : value;
      g[i] = i % 2 == 1 ? -h[i] : h[i];
      const int64_t level = level_of(h[i], step, 0.5, (double)levels);
      want[i] = row_of(i % 2 == 1 ? -level : level, level);
    }
    FOR_EACH_TIER(k) {
      k->pack(&rule, g, h, n, got);
      assert_memory_equal(got, want, n * sizeof *want);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_of_rows),
      cmocka_unit_test(spill_of_every_kind),
      cmocka_unit_test(spill_of_every_kind_as_cells),
      cmocka_unit_test(unpacked_cells_are_their_planes),
      cmocka_unit_test(rows_that_cells_have_room_for),
      cmocka_unit_test(a_full_cell_holds),
      cmocka_unit_test(as_many_rows_as_two_to_the_31),
      cmocka_unit_test(rounding_to_levels),
      cmocka_unit_test(sums_beside_whole_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
