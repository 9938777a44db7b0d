/* Histogram slots of every tier against plain loops: sums of integers, so every bit counts. Buffers end at
 * guard pages. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "draw.h"
#include "guarded.h"
#include "rounding.h"
#include "testing.h"
#include "tiers.h"

enum { PADDING = 64, MAX_COLUMNS = 64 };

static const uint64_t large_sizes[] = {1000, 4097, 65535};
enum { SMALL_SIZES = 258, N_SIZES = SMALL_SIZES + 3 };
static uint64_t size_at(int i) { return i < SMALL_SIZES ? (uint64_t)i : large_sizes[i - SMALL_SIZES]; }

/* ---- hist_update ---- */

struct update_case {
  uint64_t n_rows; /* rows that exist */
  uint32_t n_columns, cell_bytes, row_bytes, n_cells;
  uint32_t offsets[MAX_COLUMNS], n_bins[MAX_COLUMNS];
  size_t row_area, gradient_area, cell_area;
  uint8_t *rows;
  struct row_gradient *gradients;
  struct hist_source source;
  struct hist_pair *pairs, *cells, *want; /* pairs: of each row, rounded naively */
  uint32_t *list;
  uint64_t n_list;
};

static uint32_t bin_of(const struct update_case *c, uint64_t row, uint32_t column) {
  const uint8_t *at = c->rows + row * c->row_bytes + (size_t)column * c->cell_bytes;
  uint16_t wide;
  if (c->cell_bytes == 1) return *at;
  memcpy(&wide, at, sizeof wide);
  return wide;
}

/* Columns of few bins are walked over more at a time. */
static struct hist_block block_of(const struct update_case *c) {
  uint32_t n_bins = 0;
  for (uint32_t f = 0; f < c->n_columns; f++) n_bins += c->n_bins[f];
  return (struct hist_block){.rows = c->rows,
                             .row_bytes = c->row_bytes,
                             .cell_bytes = c->cell_bytes,
                             .n_columns = c->n_columns,
                             .n_bins = n_bins / c->n_columns,
                             .offsets = c->offsets};
}

static void make_update(struct update_case *c, struct draw *d, uint64_t n_rows, uint32_t n_columns,
                        uint32_t cell_bytes, bool extreme) {
  *c = (struct update_case){.n_rows = n_rows, .n_columns = n_columns, .cell_bytes = cell_bytes};
  for (c->row_bytes = 4; c->row_bytes < n_columns * cell_bytes;) c->row_bytes *= 2;
  const uint32_t most = cell_bytes == 2 ? 700 : draw_between(d, 0, 1) == 0 ? 60 : 256;
  for (uint32_t f = 0; f < n_columns; f++) {
    c->n_bins[f] = (uint32_t)draw_between(d, 1, most);
    c->offsets[f] = cell_bytes == 1 ? f * HIST_STRIDE : c->n_cells;
    c->n_cells = c->offsets[f] + (c->n_bins[f] + 3) / 4 * 4;
  }
  c->row_area = n_rows * c->row_bytes + PADDING;
  c->gradient_area = n_rows * sizeof *c->gradients;
  c->cell_area = c->n_cells * sizeof *c->cells;
  c->rows = guarded_alloc(c->row_area, GUARDED_END);
  c->gradients = guarded_alloc(c->gradient_area, GUARDED_END);
  c->pairs = malloc((n_rows + 1) * sizeof *c->pairs);
  assert_non_null(c->pairs);
  const double scale = n_rows < 4096 ? 0x1p50 : 0x1p46; /* sums stay below 2^63 */
  c->source = (struct hist_source){c->gradients, scale, 0x1p31, HIST_COUNT_BITS, false};
  c->cells = guarded_alloc(c->cell_area, GUARDED_END);
  c->want = guarded_alloc(c->cell_area, GUARDED_FRONT);
  for (uint64_t r = 0; r < n_rows; r++) {
    for (uint32_t f = 0; f < n_columns; f++) {
      uint16_t bin = (uint16_t)draw_between(d, 0, (int64_t)c->n_bins[f] - 1);
      uint8_t narrow = (uint8_t)bin, *at = c->rows + r * c->row_bytes + (size_t)f * cell_bytes;
      memcpy(at, cell_bytes == 1 ? (void *)&narrow : (void *)&bin, cell_bytes);
    }
    struct row_gradient row = {(float)(2 * draw_uniform(d) - 1), (float)draw_uniform(d)};
    if (extreme) row = (struct row_gradient){r % 3 == 0 ? -1.0f : 1.0f, 1.0f};
    if (r % 7 == 6) row.hessian *= 0x1p-40f; /* rounds to nothing, but is something */
    if (extreme) row.hessian = 1.0f;
    c->gradients[r] = row;
    c->pairs[r] = naive_pair(&c->source, row);
  }
  c->list = guarded_alloc(n_rows * sizeof *c->list, GUARDED_END);
  for (uint64_t r = 0; r < n_rows; r++) /* ascending, as a leaf's rows are, and about half of them */
    if (draw_bits(d) & 1) c->list[c->n_list++] = (uint32_t)r;
  memmove(c->list + (n_rows - c->n_list), c->list, c->n_list * sizeof *c->list);
}

static void free_update(struct update_case *c) {
  guarded_free(c->rows, c->row_area, GUARDED_END);
  guarded_free(c->gradients, c->gradient_area, GUARDED_END);
  free(c->pairs);
  guarded_free(c->cells, c->cell_area, GUARDED_END);
  guarded_free(c->want, c->cell_area, GUARDED_FRONT);
  guarded_free(c->list, c->n_rows * sizeof *c->list, GUARDED_END);
}

/* Adds to what is in the cells already: two calls in a row, the first of which knows of the second's rows. */
static void check_calls(struct update_case *c, const struct kernels *k, const uint32_t *rows, uint64_t begin,
                        uint64_t middle, uint64_t end) {
  struct hist_block block = block_of(c);
  memset(c->cells, 0, c->cell_area);
  block.n_behind = end - middle;
  k->hist_update(&block, rows, begin, middle, &c->source, c->cells);
  block.n_behind = 0;
  k->hist_update(&block, rows, middle, end, &c->source, c->cells);
  assert_memory_equal(c->cells, c->want, c->cell_area);
}

/* With more rows in the second call than in the first, and with fewer. */
static void check_update(struct update_case *c, const struct kernels *k, const uint32_t *rows, uint64_t begin,
                         uint64_t end) {
  memset(c->want, 0, c->cell_area);
  for (uint64_t i = begin; i < end; i++) {
    uint64_t row = rows != NULL ? rows[i] : i;
    for (uint32_t f = 0; f < c->n_columns; f++) {
      struct hist_pair *cell = &c->want[c->offsets[f] + bin_of(c, row, f)];
      cell->gradient += c->pairs[row].gradient;
      cell->hessian += c->pairs[row].hessian;
    }
  }
  check_calls(c, k, rows, begin, begin + (end - begin) / 3, end);
  check_calls(c, k, rows, begin, end - (end - begin) / 6, end);
}

static void update_adds_every_row(void **state) {
  (void)state;
  struct draw d = {.seed = 11};
  for (int i = 0; i < N_SIZES - 1; i++) {
    struct update_case c;
    uint32_t cell_bytes = i % 2 == 0 ? 1 : 2, most = cell_bytes == 1 ? 64 : 32;
    uint32_t n_columns = i % 5 == 0 ? most : (uint32_t)draw_between(&d, 1, size_at(i) > 300 ? 9 : most);
    make_update(&c, &d, size_at(i), n_columns, cell_bytes, i % 7 == 0);
    const uint32_t *list = c.list + (c.n_rows - c.n_list);
    FOR_EACH_TIER(k) {
      c.source.small_gradients = true;
      check_update(&c, k, NULL, 0, c.n_rows);
      check_update(&c, k, list, 0, c.n_list);
      c.source.small_gradients = false;
      check_update(&c, k, NULL, 0, c.n_rows);
      check_update(&c, k, list, 0, c.n_list);
      if (c.n_list > 4) check_update(&c, k, list, 3, c.n_list - 1);
      if (c.n_rows > 4) check_update(&c, k, NULL, 1, c.n_rows - 2);
    }
    free_update(&c);
  }
}

/* Every number of columns, in one walk and in several, the rows of the next tile fetched and not. */
static void walks_of_any_number_of_columns(void **state) {
  (void)state;
  struct draw d = {.seed = 16};
  for (uint32_t n_columns = 1; n_columns <= MAX_COLUMNS; n_columns++) {
    struct update_case c;
    make_update(&c, &d, 2 * HIST_TILE_ROWS + 100, n_columns, 1, n_columns % 7 == 0);
    FOR_EACH_TIER(k) {
      check_update(&c, k, NULL, 0, c.n_rows);
      check_update(&c, k, c.list + (c.n_rows - c.n_list), 0, c.n_list);
    }
    free_update(&c);
  }
}

/* Two or four sources at once: each gets the cells that it would get by itself. */
static void sources_are_added_apart(void **state) {
  (void)state;
  struct draw d = {.seed = 14};
  for (int i = 0; i < 2 * (N_SIZES - 1); i++) {
    const int n_sources = i % 2 == 0 ? 2 : 4;
    const uint64_t n_rows = size_at(i / 2);
    struct update_case c;
    uint32_t cell_bytes = i % 8 < 6 ? 1 : 2, n_columns = (uint32_t)draw_between(&d, 1, 40 / cell_bytes);
    make_update(&c, &d, n_rows, n_columns, cell_bytes, i % 7 == 0);
    const struct hist_block block = block_of(&c);
    struct hist_source sources[HIST_MOST_SOURCES] = {c.source, c.source, c.source, c.source};
    sources[1].gradient_scale *= 0.25;
    sources[1].count_bits = 0;
    sources[2].hessian_scale *= 0.5;
    sources[3] = (struct hist_source){.rows = c.gradients}; /* none: every row a hessian that rounds to 0 */
    size_t area = (size_t)n_sources * c.cell_area;
    struct hist_pair *cells = guarded_alloc(area, GUARDED_END);
    FOR_EACH_TIER(k) {
      memset(cells, 0, area);
      k->hist_update_joint(&block, 0, c.n_rows / 3, sources, n_sources, cells);
      k->hist_update_joint(&block, c.n_rows / 3, c.n_rows, sources, n_sources, cells);
      for (int s = 0; s < n_sources; s++) {
        memset(c.cells, 0, c.cell_area);
        kernels_of_tier(CPU_SCALAR)->hist_update(&block, NULL, 0, c.n_rows, &sources[s], c.cells);
        for (uint32_t cell = 0; cell < c.n_cells; cell++)
          assert_memory_equal(&cells[(uint32_t)n_sources * cell + (uint32_t)s], &c.cells[cell],
                              sizeof *cells);
      }
    }
    guarded_free(cells, area, GUARDED_END);
    free_update(&c);
  }
}

/* Without gradients every row is a count. */
static void rows_without_gradients_are_counted(void **state) {
  (void)state;
  struct draw d = {.seed = 13};
  static const struct hist_source counts = {0};
  for (uint32_t cell_bytes = 1; cell_bytes <= 2; cell_bytes++) {
    struct update_case c;
    make_update(&c, &d, 1500, 5, cell_bytes, false);
    const struct hist_block block = block_of(&c);
    const uint32_t *list = c.list + (c.n_rows - c.n_list);
    FOR_EACH_TIER(k) {
      memset(c.cells, 0, c.cell_area);
      memset(c.want, 0, c.cell_area);
      for (uint64_t i = 0; i < c.n_list; i++)
        for (uint32_t f = 0; f < c.n_columns; f++) c.want[c.offsets[f] + bin_of(&c, list[i], f)].hessian++;
      k->hist_update(&block, list, 0, c.n_list, &counts, c.cells);
      assert_memory_equal(c.cells, c.want, c.cell_area);
    }
    free_update(&c);
  }
}

/* HIST_SPILL_ROWS rows of the largest hessian in one cell: the count must not run into the hessian, nor the
 * hessian off the top. */
static void a_full_cell_holds(void **state) {
  (void)state;
  struct draw d = {.seed = 12};
  struct update_case c;
  make_update(&c, &d, HIST_SPILL_ROWS, 3, 1, true);
  memset(c.rows, 0, c.row_area);
  const struct hist_block block = block_of(&c);
  FOR_EACH_TIER(k) {
    int64_t gradient[3 * HIST_STRIDE] = {0}, hessian[3 * HIST_STRIDE] = {0}, g = 0;
    uint32_t count[3 * HIST_STRIDE] = {0};
    memset(c.cells, 0, c.cell_area);
    k->hist_update(&block, NULL, 0, HIST_SPILL_ROWS, &c.source, c.cells);
    struct hist_target target = {.planes = {gradient, hessian, count}};
    k->hist_spill(c.cells, c.n_cells, HIST_COUNT_BITS, &target);
    for (uint64_t r = 0; r < c.n_rows; r++) g += c.pairs[r].gradient;
    for (uint32_t f = 0; f < 3; f++) {
      assert_true(gradient[c.offsets[f]] == g);
      assert_true(hessian[c.offsets[f]] == (int64_t)HIST_SPILL_ROWS << 31);
      assert_int_equal(count[c.offsets[f]], HIST_SPILL_ROWS);
    }
  }
  free_update(&c);
}

/* ---- hist_spill, hist_subtract ---- */

static int64_t any_sum(struct draw *d, int64_t limit) {
  switch (draw_bits(d) % 8) {
    case 0: return limit;
    case 1: return -limit;
    case 2: return 0;
    default: return draw_between(d, -limit, limit);
  }
}

struct planes {
  int64_t *gradient, *hessian;
  uint32_t *count;
  uint64_t n;
};

static struct planes make_planes(uint64_t n, enum guarded_side side) {
  return (struct planes){guarded_alloc(n * 8, side), guarded_alloc(n * 8, side), guarded_alloc(n * 4, side),
                         n};
}
static void free_planes(struct planes *p, enum guarded_side side) {
  guarded_free(p->gradient, p->n * 8, side);
  guarded_free(p->hessian, p->n * 8, side);
  guarded_free(p->count, p->n * 4, side);
}
static void copy_planes(struct planes *to, const struct planes *from) {
  memcpy(to->gradient, from->gradient, from->n * 8);
  memcpy(to->hessian, from->hessian, from->n * 8);
  memcpy(to->count, from->count, from->n * 4);
}
static void same_planes(const struct planes *a, const struct planes *b) {
  assert_memory_equal(a->gradient, b->gradient, a->n * 8);
  assert_memory_equal(a->hessian, b->hessian, a->n * 8);
  assert_memory_equal(a->count, b->count, a->n * 4);
}
static void fill_planes(struct planes *p, struct draw *d) {
  for (uint64_t i = 0; i < p->n; i++) {
    p->gradient[i] = any_sum(d, (int64_t)1 << 61);
    p->hessian[i] = any_sum(d, (int64_t)1 << 61);
    p->count[i] = (uint32_t)(draw_bits(d) >> 33);
  }
}

/* A spill of `source` by the plain rules; the count planes stay as they are where there are no counts. */
static void spill_plainly(const struct hist_pair *source, unsigned bits, bool kept, bool first, bool subtract,
                          struct planes *to, struct planes *parent) {
  for (uint64_t c = 0; c < to->n; c++) {
    int64_t h = (int64_t)(source[c].hessian >> bits);
    uint32_t count = (uint32_t)(source[c].hessian & (((uint64_t)1 << bits) - 1));
    if (kept) {
      to->gradient[c] = (first ? 0 : to->gradient[c]) + source[c].gradient;
      to->hessian[c] = (first ? 0 : to->hessian[c]) + h;
      if (bits > 0) to->count[c] = (first ? 0 : to->count[c]) + count;
    }
    if (!subtract) continue;
    parent->gradient[c] -= source[c].gradient;
    parent->hessian[c] -= h;
    if (bits > 0) parent->count[c] -= count;
  }
}

static void check_spill(const struct kernels *k, const struct hist_pair *source, unsigned bits,
                        const struct planes before[2], enum guarded_side side) {
  uint64_t n = before->n;
  size_t area = n * sizeof *source;
  struct hist_pair *cells = guarded_alloc(area, side), *zero = guarded_alloc(area, side);
  struct planes want[2] = {make_planes(n, side), make_planes(n, side)},
                got[2] = {make_planes(n, side), make_planes(n, side)};
  memset(zero, 0, area);
  enum { KINDS = 6 };
  for (int kind = 0; kind < KINDS; kind++) { /* the last two only take off a parent's */
    bool first = kind & 1, subtract = kind > 1, kept = kind < 4;
    for (int i = 0; i < 2; i++) copy_planes(&want[i], &before[i]), copy_planes(&got[i], &before[i]);
    memcpy(cells, source, area);
    spill_plainly(source, bits, kept, first, subtract, &want[0], &want[1]);
    struct hist_target target = {.first = first};
    if (kept)
      target.planes = (struct hist_planes){got[0].gradient, got[0].hessian, bits > 0 ? got[0].count : NULL};
    if (subtract)
      target.parent = (struct hist_planes){got[1].gradient, got[1].hessian, bits > 0 ? got[1].count : NULL};
    k->hist_spill(cells, n, bits, &target);
    same_planes(&got[0], &want[0]);
    same_planes(&got[1], &want[1]);
    assert_memory_equal(cells, zero, area);
  }
  guarded_free(cells, area, side);
  guarded_free(zero, area, side);
  for (int i = 0; i < 2; i++) free_planes(&want[i], side), free_planes(&got[i], side);
}

/* Added to planes or written into them, taken off a parent's or not. */
static void spill_adds_subtracts_and_zeroes(void **state) {
  (void)state;
  struct draw d = {.seed = 13};
  static const unsigned widths[] = {0, HIST_COUNT_BITS, 1, 20};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i);
    unsigned bits = widths[i % 4];
    enum guarded_side side = i % 3 == 0 ? GUARDED_FRONT : GUARDED_END;
    size_t area = n * sizeof(struct hist_pair);
    struct hist_pair *source = guarded_alloc(area, side);
    struct planes before[2] = {make_planes(n, side), make_planes(n, side)};
    for (int p = 0; p < 2; p++) fill_planes(&before[p], &d);
    for (uint64_t c = 0; c < n; c++) {
      uint64_t h = (uint64_t)any_sum(&d, (int64_t)1 << 61) & (((uint64_t)1 << 61) - 1);
      source[c] = (struct hist_pair){any_sum(&d, (int64_t)1 << 61), bits > 0 ? h * 2 + 1 : h};
    }
    FOR_EACH_TIER(k) check_spill(k, source, bits, before, side);
    guarded_free(source, area, side);
    for (int p = 0; p < 2; p++) free_planes(&before[p], side);
  }
}

static void subtract_takes_the_child_off(void **state) {
  (void)state;
  struct draw d = {.seed = 14};
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t n = size_at(i);
    struct planes parent = make_planes(n, GUARDED_END), child = make_planes(n, GUARDED_END);
    struct planes want = make_planes(n, GUARDED_END), got = make_planes(n, GUARDED_END);
    fill_planes(&parent, &d);
    fill_planes(&child, &d);
    for (int counted = 0; counted < 2; counted++) {
      copy_planes(&want, &parent);
      for (uint64_t c = 0; c < n; c++) {
        want.gradient[c] -= child.gradient[c];
        want.hessian[c] -= child.hessian[c];
        if (counted) want.count[c] -= child.count[c];
      }
      FOR_EACH_TIER(k) {
        copy_planes(&got, &parent);
        k->hist_subtract(got.gradient, got.hessian, counted ? got.count : NULL, child.gradient, child.hessian,
                         counted ? child.count : NULL, n);
        same_planes(&got, &want);
      }
    }
    free_planes(&parent, GUARDED_END);
    free_planes(&child, GUARDED_END);
    free_planes(&want, GUARDED_END);
    free_planes(&got, GUARDED_END);
  }
}

/* ---- what only very large data have ---- */

/* Gradients and hessians at the limit of `bits` for so many rows, all in one cell of each of three columns.
 */
static void make_limits(struct update_case *c, struct draw *d, int sign, unsigned bits, unsigned count_bits) {
  make_update(c, d, HIST_SPILL_ROWS, 3, 1, true);
  memset(c->rows, 0, c->row_area);
  for (uint64_t r = 0; r < c->n_rows; r++) c->gradients[r] = (struct row_gradient){(float)sign, 1.0f};
  c->source = (struct hist_source){c->gradients, ldexp(1.0, (int)bits),
                                   ldexp(1.0, count_bits > 0 ? 31 : (int)bits), count_bits, bits <= 50};
}

/* 2^24 and 2^31 rows in one leaf, each at the limit that the sum over all of them leaves: counts ride along,
 * full cells are spilled, and taken off a parent that ends with nothing. */
static void leaves_of_very_many_rows(void **state) {
  (void)state;
  struct draw d = {.seed = 15};
  enum { SOME = 13 };
  static const unsigned log2_rows[] = {24, 31};
  for (int i = 0; i < 4; i++) {
    struct update_case c;
    const unsigned log2_n = log2_rows[i / 2], bits = 62 - log2_n;
    const int64_t spills = ((int64_t)1 << log2_n) / HIST_SPILL_ROWS;
    const int64_t g = (i % 2 == 0 ? 1 : -1) * ((int64_t)1 << 62), h = (int64_t)1 << (31 + log2_n);
    make_limits(&c, &d, i % 2 == 0 ? 1 : -1, bits, HIST_COUNT_BITS);
    const struct hist_block block = block_of(&c);
    const uint64_t n = c.n_cells < SOME ? c.n_cells : SOME; /* the first column's cell 0 and some more */
    struct planes leaf = make_planes(n, GUARDED_END), parent = make_planes(n, GUARDED_END);
    FOR_EACH_TIER(k) {
      memset(c.want, 0, c.cell_area);
      k->hist_update(&block, NULL, 0, HIST_SPILL_ROWS, &c.source, c.want);
      for (uint64_t cell = 0; cell < n; cell++) {
        bool full = c.want[cell].hessian != 0;
        parent.gradient[cell] = full ? g : 0;
        parent.hessian[cell] = full ? h : 0;
        parent.count[cell] = full ? (uint32_t)1 << log2_n : 0;
      }
      struct hist_target target = {.planes = {leaf.gradient, leaf.hessian, leaf.count},
                                   .parent = {parent.gradient, parent.hessian, parent.count}};
      for (int64_t spill = 0; spill < spills; spill++) {
        memcpy(c.cells, c.want, n * sizeof *c.cells);
        target.first = spill == 0;
        k->hist_spill(c.cells, n, HIST_COUNT_BITS, &target);
      }
      assert_true(leaf.gradient[0] == g && leaf.hessian[0] == h && leaf.count[0] == (uint32_t)1 << log2_n);
      for (uint64_t cell = 0; cell < n; cell++)
        assert_true(parent.gradient[cell] == 0 && parent.hessian[cell] == 0 && parent.count[cell] == 0);
    }
    free_planes(&leaf, GUARDED_END);
    free_planes(&parent, GUARDED_END);
    free_update(&c);
  }
}

/* Without counts cells are not spilled: the last of 2^24 and of 2^31 rows go to cells that hold the others.
 */
static void cells_of_very_many_rows(void **state) {
  (void)state;
  struct draw d = {.seed = 16};
  static const unsigned log2_rows[] = {24, 31};
  for (int i = 0; i < 4; i++) {
    struct update_case c;
    const unsigned log2_n = log2_rows[i / 2], bits = 62 - log2_n;
    const int64_t sign = i % 2 == 0 ? 1 : -1, sum = (int64_t)1 << 62, last = (int64_t)HIST_SPILL_ROWS << bits;
    make_limits(&c, &d, (int)sign, bits, 0);
    const struct hist_block block = block_of(&c);
    FOR_EACH_TIER(k) {
      for (uint64_t cell = 0; cell < c.n_cells; cell++)
        c.cells[cell] = (struct hist_pair){sign * (sum - last), (uint64_t)(sum - last)};
      k->hist_update(&block, NULL, 0, HIST_SPILL_ROWS, &c.source, c.cells);
      for (uint32_t f = 0; f < c.n_columns; f++) {
        const struct hist_pair *cell = &c.cells[c.offsets[f]];
        assert_true(cell->gradient == sign * sum && cell->hessian == (uint64_t)sum);
      }
    }
    free_update(&c);
  }
}

/* Row numbers up to the last that 32 bits have: no tier takes them for signed, nor their offsets for 32 bits.
 * The rows lie in memory that the system gives only where it is touched. */
static void rows_of_large_numbers(void **state) {
  (void)state;
  enum { N = 48, ROW_BYTES = 4 };
  const size_t bytes = ((size_t)UINT32_MAX + 1) * ROW_BYTES + PADDING;
  uint8_t *rows =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (rows == MAP_FAILED) skip(); /* a machine that promises no more memory than it has */
  uint32_t list[N], offsets[2] = {0, HIST_STRIDE};
  for (uint32_t i = 0; i < N; i++)
    list[i] = i < N / 2 ? (uint32_t)INT32_MAX - 11 + i : UINT32_MAX - (N - 1 - i);
  for (uint32_t i = 0; i < N; i++) {
    rows[(size_t)list[i] * ROW_BYTES] = (uint8_t)i;
    rows[(size_t)list[i] * ROW_BYTES + 1] = (uint8_t)(3 * i);
  }
  struct hist_block block = {rows, ROW_BYTES, 1, 2, 256, offsets, 0};
  struct hist_source counts = {0};
  FOR_EACH_TIER(k) {
    struct hist_pair cells[2 * HIST_STRIDE] = {{0}};
    k->hist_update(&block, list, 0, N, &counts, cells);
    for (uint32_t i = 0; i < N; i++)
      assert_true(cells[i].hessian == 1 && cells[HIST_STRIDE + 3 * i].hessian == 1);
  }
  munmap(rows, bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(update_adds_every_row),
      cmocka_unit_test(walks_of_any_number_of_columns),
      cmocka_unit_test(sources_are_added_apart),
      cmocka_unit_test(rows_without_gradients_are_counted),
      cmocka_unit_test(a_full_cell_holds),
      cmocka_unit_test(spill_adds_subtracts_and_zeroes),
      cmocka_unit_test(subtract_takes_the_child_off),
      cmocka_unit_test(leaves_of_very_many_rows),
      cmocka_unit_test(cells_of_very_many_rows),
      cmocka_unit_test(rows_of_large_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
