/* case_hist.c - the slots of histograms and of the split search.
 *
 * hist_update walks leaves of a matrix of a million rows in turn, so that a sparse leaf's rows are not in the
 * caches; a call adds at most HIST_SPILL_ROWS rows, as in training. */
#include "cases/case_kernels.h"
#include "machine.h"

enum { N_ROWS = 1 << 20, N_CELLS = 28 * 256 };

/* ---- hist_update ---- */

static const struct {
  uint32_t n_leaves, n_columns, row_bytes, cell_bytes, n_bins;
} variants[] = {
    [HIST_ROOT] = {1, 28, 32, 1, 255},           [HIST_HALF] = {2, 28, 32, 1, 255},
    [HIST_SIXTEENTH] = {16, 28, 32, 1, 255},     [HIST_256TH] = {256, 28, 32, 1, 255},
    [HIST_ROOT_63] = {1, 28, 32, 1, 63},         [HIST_ROOT_WIDE] = {1, 64, 64, 1, 255},
    [HIST_ROOT_TWO_BYTE] = {1, 28, 64, 2, 1000},
};

struct matrix {
  struct hist_block block;
  struct row_gradient *gradients;
  struct hist_pair *cells;
  int32_t *packed;
  int64_t *packed_cells;
  struct hist_pair *joint_cells;
};

static const struct matrix *matrix_of(int variant) {
  static struct matrix made[sizeof variants / sizeof *variants];
  struct matrix *m = &made[variant];
  if (m->gradients != NULL) return m;
  const uint32_t n_columns = variants[variant].n_columns, row_bytes = variants[variant].row_bytes;
  const uint32_t n_bins = variants[variant].n_bins, padding = 64;
  uint8_t *rows = bench_room((size_t)N_ROWS * row_bytes + padding, 1);
  uint32_t *offsets = bench_room(n_columns, sizeof *offsets), n_cells = 0;
  const uint32_t room = variants[variant].cell_bytes == 1 ? HIST_STRIDE : (n_bins + 7) / 4 * 4;
  for (uint32_t c = 0; c < n_columns; c++, n_cells += room) offsets[c] = n_cells;
  m->gradients = bench_room(N_ROWS, sizeof *m->gradients);
  m->cells = bench_room(n_cells, sizeof *m->cells);
  m->packed = bench_room(N_ROWS, sizeof *m->packed);
  m->packed_cells = bench_room(n_cells, sizeof *m->packed_cells);
  m->joint_cells = bench_room(HIST_MOST_SOURCES * (size_t)n_cells, sizeof *m->joint_cells);
  for (uint64_t r = 0; r < N_ROWS; r++) {
    m->packed[r] = (int32_t)(bench_mix(r) & 0xFF) + 1;
    m->gradients[r] = (struct row_gradient){(float)(bench_mix(r) & 0xFFFF) - 0x8000, 1};
    for (uint32_t c = 0; c < n_columns; c++) {
      uint32_t bin = (uint32_t)(bench_uniform(r * 64 + c) * n_bins);
      if (variants[variant].cell_bytes == 1)
        rows[r * row_bytes + c] = (uint8_t)bin;
      else
        ((uint16_t *)(rows + r * row_bytes))[c] = (uint16_t)bin;
    }
  }
  m->block =
      (struct hist_block){rows, row_bytes, variants[variant].cell_bytes, n_columns, n_bins, offsets, 0};
  return m;
}

/* Leaf after leaf of the matrix, in the plain or the packed form. */
static void run_update(struct bench_state *state, const struct kernels *kernels, int variant, bool packed) {
  const struct matrix *m = matrix_of(variant);
  const struct bench_leaves *leaves = bench_leaves_of(N_ROWS, variants[variant].n_leaves);
  const struct hist_source source = {m->gradients, 1, 1, HIST_COUNT_BITS, true};
  const uint32_t *rows = leaves->n_leaves > 1 ? leaves->rows : NULL;
  uint32_t leaf = 0;
  while (bench_next(state)) {
    uint64_t begin = leaves->begin[leaf], end = leaves->begin[leaf + 1];
    for (uint64_t at = begin; at < end; at += HIST_SPILL_ROWS) {
      uint64_t stop = end - at > HIST_SPILL_ROWS ? at + HIST_SPILL_ROWS : end;
      if (packed)
        kernels->hist_update_packed(&m->block, rows, at, stop, m->packed, m->packed_cells);
      else
        kernels->hist_update(&m->block, rows, at, stop, &source, m->cells);
    }
    leaf = (leaf + 1) % leaves->n_leaves;
  }
  double updates = (double)N_ROWS / leaves->n_leaves * m->block.n_columns;
  bench_report(state,
               &(struct bench_work){
                   .items = updates, .floor_cycles = updates, .floor = "1 store a cycle, 1 store an update"});
}

void bench_hist_update(struct bench_state *state, const struct kernels *kernels, int argument) {
  run_update(state, kernels, argument, false);
}

/* As hist_update at the root, four sources at once. */
void bench_hist_update_joint(struct bench_state *state, const struct kernels *kernels, int argument) {
  const struct matrix *m = matrix_of(argument);
  const struct hist_source source = {m->gradients, 1, 1, HIST_COUNT_BITS, true},
                           sources[] = {source, source, source, source};
  while (bench_next(state))
    for (uint64_t at = 0; at < N_ROWS; at += HIST_SPILL_ROWS)
      kernels->hist_update_joint(&m->block, at, N_ROWS - at > HIST_SPILL_ROWS ? at + HIST_SPILL_ROWS : N_ROWS,
                                 sources, HIST_MOST_SOURCES, m->joint_cells);
  double updates = (double)N_ROWS * m->block.n_columns;
  bench_report(state, &(struct bench_work){.items = HIST_MOST_SOURCES * updates,
                                           .floor_cycles = 2 * updates,
                                           .floor = "1 store a cycle, 1 store two updates"});
}

void bench_hist_update_packed(struct bench_state *state, const struct kernels *kernels, int argument) {
  run_update(state, kernels, argument, true);
}

/* ---- spilling and subtracting: 28 features of 256 cells, in the caches as in training ---- */

static struct hist_planes planes[2];
static struct hist_pair *cells;

static void make_planes(void) {
  if (cells != NULL) return;
  cells = bench_room(N_CELLS, sizeof *cells);
  for (int i = 0; i < 2; i++) {
    planes[i].gradient = bench_room(N_CELLS, sizeof(int64_t));
    planes[i].hessian = bench_room(N_CELLS, sizeof(int64_t));
    planes[i].count = bench_room(N_CELLS, sizeof(uint32_t));
  }
}

void bench_hist_spill(struct bench_state *state, const struct kernels *kernels, int argument) {
  make_planes();
  struct hist_target target = {.planes = planes[0], .parent = planes[1], .first = true};
  while (bench_next(state)) kernels->hist_spill(cells, N_CELLS, (unsigned)argument, &target);
  double stored = argument > 0 ? 56 : 48; /* bytes a cell: both leaves' planes, and the zeroed cell */
  bench_report(state, &(struct bench_work){.items = N_CELLS,
                                           .floor_cycles = N_CELLS * stored / 32,
                                           .floor = "one 32-byte store a cycle"});
}

/* A child that cannot be split is only taken off its parent. */
void bench_hist_spill_off(struct bench_state *state, const struct kernels *kernels, int argument) {
  make_planes();
  struct hist_target target = {.parent = planes[1]};
  while (bench_next(state)) kernels->hist_spill(cells, N_CELLS, (unsigned)argument, &target);
  bench_report(state, &(struct bench_work){.items = N_CELLS,
                                           .floor_cycles = N_CELLS * 36.0 / 32,
                                           .floor = "one 32-byte store a cycle"});
}

void bench_hist_spill_packed(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  make_planes();
  int64_t *packed = bench_room(N_CELLS, sizeof *packed);
  struct hist_target target = {.planes = planes[0], .parent = planes[1], .first = true};
  while (bench_next(state)) kernels->hist_spill_packed(packed, N_CELLS, &target);
  copse_free(packed);
  bench_report(state, &(struct bench_work){.items = N_CELLS,
                                           .floor_cycles = N_CELLS * 40.0 / 32,
                                           .floor = "one 32-byte store a cycle"});
}

void bench_hist_subtract(struct bench_state *state, const struct kernels *kernels, int argument) {
  make_planes();
  while (bench_next(state))
    kernels->hist_subtract(planes[0].gradient, planes[0].hessian, argument ? planes[0].count : NULL,
                           planes[1].gradient, planes[1].hessian, argument ? planes[1].count : NULL, N_CELLS);
  double stored = argument ? 20 : 16;
  bench_report(state, &(struct bench_work){.items = N_CELLS,
                                           .floor_cycles = N_CELLS * stored / 32,
                                           .floor = "one 32-byte store a cycle"});
}

/* ---- scan_numeric: 64 features in turn ---- */

enum { N_FEATURES = 64, STRIDE = 256, UNIT_BITS = 20 };

static struct scan_input *scan_inputs(int variant) {
  struct scan_input *inputs = bench_room(N_FEATURES, sizeof *inputs);
  uint32_t n_bins = variant == SCAN_63 ? 63 : 255;
  for (uint64_t f = 0; f < N_FEATURES; f++) {
    int64_t *gradient = bench_room(STRIDE, sizeof *gradient), *hessian = bench_room(STRIDE, sizeof *hessian);
    uint32_t *count = bench_room(STRIDE, sizeof *count);
    struct scan_input in = {gradient, hessian, count, .n_bins = n_bins, .only_threshold = UINT32_MAX};
    in.count_kind = variant == SCAN_SHIFT      ? COUNT_SHIFT
                    : variant == SCAN_ESTIMATE ? COUNT_ESTIMATE
                                               : COUNT_FIELD;
    for (uint32_t b = 0; b < n_bins; b++) {
      uint64_t drawn = bench_mix(f * STRIDE + b);
      count[b] = variant == SCAN_SMALL ? (drawn % 2 == 0 ? 0 : drawn / 2 % 4) : 50 + (uint32_t)(drawn % 100);
      hessian[b] = (int64_t)count[b] << UNIT_BITS;
      gradient[b] = (int64_t)((bench_uniform(f * STRIDE + b + 1000000) - 0.5) * (double)hessian[b]);
      in.total_gradient += gradient[b];
      in.total_hessian += hessian[b];
      in.n_rows += count[b];
    }
    in.count_shift = UNIT_BITS;
    in.gradient_unit = in.hessian_unit = 1.0 / (1 << UNIT_BITS);
    in.missing = variant == SCAN_MISSING ? 2 : 0; /* NaN: both directions are scanned */
    in.most_gradient = in.n_rows << UNIT_BITS;
    in.min_gain_shift = variant == SCAN_BEATEN ? 1e6 : 0; /* another column has that much */
    inputs[f] = in;
  }
  return inputs;
}

void bench_scan(struct bench_state *state, const struct kernels *kernels, int argument) {
  static struct scan_input *made[SCAN_63 + 1];
  if (made[argument] == NULL) made[argument] = scan_inputs(argument);
  const struct scan_rules rules = {.min_data = 20, .min_sum_hessian = 1e-3};
  struct scan_result found = {0};
  while (bench_next(state))
    for (int f = 0; f < N_FEATURES; f++) kernels->scan_numeric(&made[argument][f], &rules, &found);
  double candidates = (double)N_FEATURES * made[argument][0].n_bins * (argument == SCAN_MISSING ? 2 : 1);
  bench_report(state, &(struct bench_work){.items = candidates,
                                           .floor_cycles = candidates * machine_measured()->division_cycles,
                                           .floor = "1 division a candidate"});
}
