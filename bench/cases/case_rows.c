/* case_rows.c - the slots that run over rows: partition, gradients, quantising, values to bins. */
#include <math.h>

#include "cases/case_kernels.h"

enum { N_LEAF_ROWS = 1 << 20, N_ROWS = 1 << 22 }; /* four million rows of one number are out of the caches */

const struct bench_leaves *bench_leaves_of(uint64_t n_rows, uint32_t n_leaves) {
  static struct bench_leaves made[8];
  struct bench_leaves *leaves = made;
  while (leaves->rows != NULL && (leaves->n_rows != n_rows || leaves->n_leaves != n_leaves)) leaves++;
  if (leaves->rows != NULL) return leaves;
  *leaves = (struct bench_leaves){n_rows, n_leaves, bench_room(n_rows, sizeof(uint32_t)),
                                  bench_room(n_leaves + 1, sizeof(uint64_t))};
  for (uint64_t r = 0; r < n_rows; r++) leaves->begin[bench_mix(r) % n_leaves + 1]++;
  for (uint32_t i = 0; i < n_leaves; i++) leaves->begin[i + 1] += leaves->begin[i];
  uint64_t *next = bench_room(n_leaves, sizeof *next);
  for (uint32_t i = 0; i < n_leaves; i++) next[i] = leaves->begin[i];
  for (uint64_t r = 0; r < n_rows; r++) leaves->rows[next[bench_mix(r) % n_leaves]++] = (uint32_t)r;
  return leaves;
}

/* ---- partition ---- */

static const void *bins_of_width(uint32_t cell_bytes) {
  static void *made[2];
  if (made[cell_bytes - 1] != NULL) return made[cell_bytes - 1];
  uint8_t *narrow = bench_room(N_LEAF_ROWS + 64, cell_bytes);
  uint16_t *wide = (uint16_t *)narrow;
  for (uint64_t r = 0; r < N_LEAF_ROWS; r++) {
    uint32_t bin = (uint32_t)(bench_uniform(r + 77000000) * 256);
    if (cell_bytes == 1)
      narrow[r] = (uint8_t)bin;
    else
      wide[r] = (uint16_t)bin;
  }
  return made[cell_bytes - 1] = narrow;
}

void bench_partition(struct bench_state *state, const struct kernels *kernels, int argument) {
  static const uint32_t categories[8] = {0xA5A5A5A5u, 0x5A5A5A5Au, 0xFFFF0000u, 0x0000FFFFu,
                                         0x12345678u, 0x9ABCDEF0u, 0xF0F0F0F0u, 0x0F0F0F0Fu};
  uint32_t cell_bytes = argument == PARTITION_TWO_BYTE ? 2 : 1;
  struct split_rule rule = {.cells = bins_of_width(cell_bytes),
                            .cell_bytes = cell_bytes,
                            .categorical = argument == PARTITION_CATEGORIES,
                            .threshold = argument == PARTITION_UNEVEN ? 229 : 127,
                            .missing_bin = argument == PARTITION_MISSING ? 255 : UINT32_MAX,
                            .default_left = true,
                            .bits = categories,
                            .n_words = 8};
  const struct bench_leaves *leaves = bench_leaves_of(N_LEAF_ROWS, argument == PARTITION_256TH ? 256 : 1);
  uint32_t *left = bench_room(N_LEAF_ROWS + 64, sizeof *left), leaf = 0;
  uint32_t *right = bench_room(N_LEAF_ROWS + 64, sizeof *right);
  while (bench_next(state)) {
    uint64_t begin = leaves->begin[leaf];
    const uint32_t *rows = leaves->n_leaves > 1 ? leaves->rows + begin : NULL; /* all rows have no numbers */
    kernels->partition(&rule, rows, 0, leaves->begin[leaf + 1] - begin, left, right);
    leaf = (leaf + 1) % leaves->n_leaves;
  }
  copse_free(left);
  copse_free(right);
  double n = (double)N_LEAF_ROWS / leaves->n_leaves;
  bench_report(state, &(struct bench_work){.items = n,
                                           .floor_cycles = n * (1 + 1.0 / 8) / 2,
                                           .floor = "2 loads a cycle: a bin each row, eight rows at once"});
}

/* ---- gradients ---- */

static struct {
  float *gradient, *hessian, *label, *weight;
  double *score, *exps, *sum;
  struct hist_pair *pairs;
} arrays;

static void make_arrays(void) {
  if (arrays.score != NULL) return;
  arrays.gradient = bench_room(N_ROWS, sizeof(float));
  arrays.hessian = bench_room(N_ROWS, sizeof(float));
  arrays.label = bench_room(N_ROWS, sizeof(float));
  arrays.weight = bench_room(N_ROWS, sizeof(float));
  arrays.score = bench_room(N_ROWS, sizeof(double));
  arrays.exps = bench_room(N_ROWS, sizeof(double));
  arrays.sum = bench_room(N_ROWS, sizeof(double));
  arrays.pairs = bench_room(N_ROWS, sizeof *arrays.pairs);
  for (uint64_t r = 0; r < N_ROWS; r++) {
    arrays.gradient[r] = (float)(bench_uniform(r) - 0.5);
    arrays.hessian[r] = (float)(0.25 * bench_uniform(r + N_ROWS));
    arrays.label[r] = (float)(bench_mix(r) & 1);
    arrays.weight[r] = (float)(0.5 + bench_uniform(r));
    arrays.exps[r] = bench_uniform(r + 3u * N_ROWS);
    arrays.sum[r] = 1.0 + bench_uniform(r + 4u * N_ROWS);
    arrays.score[r] = 8.0 * (bench_uniform(r + 2u * N_ROWS) - 0.5);
  }
}

static void report_memory(struct bench_state *state, double bytes_a_row, const char *floor) {
  bench_report(state, &(struct bench_work){.items = N_ROWS,
                                           .bytes = N_ROWS * bytes_a_row,
                                           .floor_bytes = N_ROWS * bytes_a_row,
                                           .floor = floor});
}

void bench_max_abs(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  make_arrays();
  volatile float most = 0;
  while (bench_next(state)) most = kernels->max_abs(arrays.gradient, N_ROWS);
  (void)most;
  report_memory(state, 4, "memory: 4 bytes read a row");
}

void bench_quantize(struct bench_state *state, const struct kernels *kernels, int argument) {
  make_arrays();
  while (bench_next(state))
    kernels->quantize(arrays.gradient, arrays.hessian, N_ROWS, 0x1p40, 0x1p30, (unsigned)argument,
                      arrays.pairs);
  report_memory(state, 24, "memory: 8 bytes read, 16 written a row");
}

void bench_pack(struct bench_state *state, const struct kernels *kernels, int argument) {
  make_arrays();
  const struct pack_rule rule = {.gradient_step = 1e-3,
                                 .hessian_step = 1e-3,
                                 .gradient_levels = 500,
                                 .hessian_levels = 250,
                                 .stochastic = argument != 0,
                                 .gradient_key = 1,
                                 .hessian_key = 2};
  int32_t *packed = bench_room(N_ROWS, sizeof *packed);
  while (bench_next(state)) kernels->pack(&rule, arrays.gradient, arrays.hessian, N_ROWS, packed);
  copse_free(packed);
  report_memory(state, 12, "memory: 8 bytes read, 4 written a row");
}

static void call_gradient(const struct kernels *kernels, int kind, const float *weight) {
  static const double class_weight[2] = {1.0, 1.0};
  const struct gradient_rows rows = {arrays.score, arrays.label,    weight,
                                     N_ROWS,       arrays.gradient, arrays.hessian};
  const struct softmax_rows softmax = {.exps = arrays.exps,
                                       .sum = arrays.sum,
                                       .label = arrays.label,
                                       .weight = weight,
                                       .class = 1,
                                       .factor = 1.25,
                                       .n = N_ROWS,
                                       .gradient = arrays.gradient,
                                       .hessian = arrays.hessian};
  switch (kind) {
    case GRADIENT_SQUARED:
      kernels->grad_squared(arrays.score, arrays.label, weight, N_ROWS, arrays.gradient, arrays.hessian);
      break;
    case GRADIENT_LOGISTIC:
      kernels->grad_logistic(arrays.score, arrays.label, weight, N_ROWS, 1.0, class_weight, arrays.gradient,
                             arrays.hessian);
      break;
    case GRADIENT_CROSS_ENTROPY: kernels->grad_cross_entropy(&rows); break;
    case GRADIENT_POISSON: kernels->grad_poisson(&rows, 2.0); break;
    case GRADIENT_HUBER: kernels->grad_huber(&rows, 0.9); break;
    case GRADIENT_QUANTILE: kernels->grad_quantile(&rows, 0.1f, -0.9f); break;
    case GRADIENT_ABSOLUTE: kernels->grad_absolute(&rows); break;
    case GRADIENT_SOFTMAX: kernels->grad_softmax(&softmax); break;
    case GRADIENT_FAIR: kernels->grad_fair(&rows, 1.0); break;
    case GRADIENT_PERCENTAGE: kernels->grad_percentage(&rows); break;
    case GRADIENT_EXPECTILE: kernels->grad_expectile(&rows, 0.2, 1.8); break;
    case GRADIENT_GAMMA: kernels->grad_gamma(&rows); break;
    case GRADIENT_TWEEDIE: kernels->grad_tweedie(&rows, 1.5); break;
    case GRADIENT_LAMBDA: kernels->grad_cross_entropy_lambda(&rows); break;
    case GRADIENT_FOCAL: kernels->grad_focal(&rows, 2.0, class_weight); break;
    case GRADIENT_AFT_LOGISTIC: kernels->grad_aft_logistic(&rows, 1.0); break;
    case GRADIENT_AFT_EXTREME: kernels->grad_aft_extreme(&rows, 1.0); break;
  }
}

static void run_gradient(struct bench_state *state, const struct kernels *kernels, int kind, bool weighted) {
  make_arrays();
  while (bench_next(state)) call_gradient(kernels, kind, weighted ? arrays.weight : NULL);
  double bytes = kind == GRADIENT_SOFTMAX ? 16 + 4 + 8 : 8 + 4 + 8;
  report_memory(state, weighted ? bytes + 4 : bytes, "memory: score, label and weight in, 8 bytes out a row");
}

void bench_gradient(struct bench_state *state, const struct kernels *kernels, int argument) {
  run_gradient(state, kernels, argument, false);
}

void bench_gradient_weighted(struct bench_state *state, const struct kernels *kernels, int argument) {
  run_gradient(state, kernels, argument, true);
}

void bench_exp_differences(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  make_arrays();
  while (bench_next(state)) kernels->exp_differences(arrays.score, arrays.sum, N_ROWS, arrays.exps);
  report_memory(state, 24, "memory: 16 bytes read, 8 written a row");
}

/* ---- values to bins ---- */

enum { N_CUT_VALUES = 1 << 20 };

static double *cut_values(void) {
  double *values = bench_room(N_CUT_VALUES, sizeof *values);
  for (uint64_t i = 0; i < N_CUT_VALUES; i++) values[i] = bench_uniform(i) - 0.3;
  return values;
}

static void report_values(struct bench_state *state, double bytes, const char *floor) {
  bench_report(state, &(struct bench_work){.items = N_CUT_VALUES,
                                           .bytes = bytes * N_CUT_VALUES,
                                           .floor_bytes = bytes * N_CUT_VALUES,
                                           .floor = floor});
}

/* A group of the columns of a row-major table. */
void bench_transpose(struct bench_state *state, const struct kernels *kernels, int n_columns) {
  enum { N_TRANSPOSED = 1 << 18, PIECE = 512 };
  double *rows = bench_room((size_t)N_TRANSPOSED * N_BENCH_FEATURES, sizeof *rows);
  double *columns = bench_room((size_t)N_TRANSPOSED * (size_t)n_columns, sizeof *columns);
  for (size_t i = 0; i < (size_t)N_TRANSPOSED * N_BENCH_FEATURES; i++) rows[i] = (double)i;
  while (bench_next(state))
    for (uint64_t start = 0; start < N_TRANSPOSED; start += PIECE)
      kernels->transpose(rows + start * N_BENCH_FEATURES, N_BENCH_FEATURES, PIECE, (uint32_t)n_columns,
                         columns + start, N_TRANSPOSED);
  copse_free(rows);
  copse_free(columns);
  double values = (double)N_TRANSPOSED * n_columns;
  bench_report(state, &(struct bench_work){.items = values,
                                           .bytes = 16 * values,
                                           .floor_bytes = 24 * values,
                                           .floor = "memory: 8 bytes read, 8 written a value, read before"});
}

/* The row-major copy of a chunk of the feature-major one. */
void bench_interleave(struct bench_state *state, const struct kernels *kernels, int n_columns) {
  enum { N_TRANSPOSED = 1024, ROW_BYTES = 32, PASSES = 64 };
  const uint8_t *columns[ROW_BYTES];
  uint8_t *cells = bench_room((size_t)N_TRANSPOSED * (size_t)n_columns, 1),
          *rows = bench_room(N_TRANSPOSED, ROW_BYTES);
  for (int c = 0; c < n_columns; c++) columns[c] = cells + (size_t)c * N_TRANSPOSED;
  while (bench_next(state))
    for (int pass = 0; pass < PASSES; pass++)
      kernels->interleave(columns, (uint32_t)n_columns, N_TRANSPOSED, rows, ROW_BYTES);
  copse_free(cells);
  copse_free(rows);
  double cells_done = (double)N_TRANSPOSED * n_columns * PASSES;
  bench_report(state, &(struct bench_work){.items = cells_done,
                                           .bytes = 2 * cells_done,
                                           .floor_cycles = cells_done / 8,
                                           .floor = "1 store a cycle, of eight cells"});
}

void bench_add_range(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  double *values = cut_values();
  struct number_range range = NUMBER_RANGE_EMPTY;
  while (bench_next(state)) kernels->add_range(values, N_CUT_VALUES, 1e-35, &range);
  copse_free(values);
  report_values(state, 8, "memory: 8 bytes read a value");
}

/* Of numbers from -0.3 to 0.7, some 16,000 buckets. */
static const struct bucket_rule cut_rule = {.shift = 39,
                                            .n_buckets = 24000,
                                            .first_positive = 8000,
                                            .zero = 1e-35,
                                            .offset = 0.5,
                                            .least = {0.5, -0.8},
                                            .most = {1.2, -0.5}};

void bench_find_buckets(struct bench_state *state, const struct kernels *kernels, int argument) {
  (void)argument;
  double *values = cut_values();
  uint16_t *buckets = bench_room(N_CUT_VALUES, sizeof *buckets);
  while (bench_next(state)) kernels->find_buckets(values, N_CUT_VALUES, &cut_rule, buckets);
  copse_free(values);
  copse_free(buckets);
  report_values(state, 10, "memory: 8 bytes read, 2 written a value");
}

/* All columns of a row-major table. */
void bench_bucket_rows(struct bench_state *state, const struct kernels *kernels, int n_columns) {
  enum { N_TABLE_ROWS = 1 << 18, MOST = 64 };
  struct bucket_rule rules[MOST];
  uint8_t facts[MOST] = {0};
  size_t n_values = (size_t)N_TABLE_ROWS * (size_t)n_columns, stride = N_TABLE_ROWS + 64;
  double *rows = bench_room(n_values, sizeof *rows);
  uint16_t *buckets = bench_room(stride * (size_t)n_columns, sizeof *buckets);
  for (int c = 0; c < n_columns; c++) rules[c] = cut_rule;
  for (size_t i = 0; i < n_values; i++) rows[i] = bench_uniform(i) - 0.3;
  while (bench_next(state))
    kernels->bucket_rows(rows, (size_t)n_columns, N_TABLE_ROWS, rules, (uint32_t)n_columns, buckets, stride,
                         facts);
  copse_free(rows);
  copse_free(buckets);
  bench_report(state, &(struct bench_work){.items = (double)n_values,
                                           .bytes = 10 * (double)n_values,
                                           .floor_bytes = 12 * (double)n_values,
                                           .floor = "memory: 8 bytes read, 2 written a value, read before"});
}

/* Bins of buckets, one bucket in `share` with a bound. */
void bench_look_up(struct bench_state *state, const struct kernels *kernels, int share) {
  enum { N_BUCKETS = 16384 };
  uint16_t *buckets = bench_room(N_CUT_VALUES, sizeof *buckets),
           *table = bench_room(N_BUCKETS + 1, sizeof *table);
  uint32_t *list = bench_room(N_CUT_VALUES + BUCKET_LIST_ROOM, sizeof *list);
  uint8_t *cells = bench_room(N_CUT_VALUES, 1);
  for (int b = 0; b <= N_BUCKETS; b++)
    table[b] = (uint16_t)(b * 255 / N_BUCKETS | (b % share == 0 ? BUCKET_MARK : 0));
  for (uint64_t i = 0; i < N_CUT_VALUES; i++) buckets[i] = (uint16_t)(bench_uniform(i) * N_BUCKETS);
  while (bench_next(state)) kernels->look_up(buckets, N_CUT_VALUES, table, cells, 0, list);
  copse_free(buckets);
  copse_free(table);
  copse_free(list);
  copse_free(cells);
  report_values(state, 3, "memory: 2 bytes read, 1 written a value");
}

void bench_bin_numeric(struct bench_state *state, const struct kernels *kernels, int argument) {
  enum { N_VALUES = 1 << 20 };
  uint32_t n_upper = (uint32_t)argument;
  double *upper = bench_room(n_upper, sizeof *upper), *values = bench_room(N_VALUES, sizeof *values);
  uint16_t *bins = bench_room(N_VALUES, sizeof *bins);
  for (uint32_t b = 0; b < n_upper; b++) upper[b] = (b + 1.0) / n_upper;
  upper[n_upper - 1] = INFINITY;
  for (uint64_t i = 0; i < N_VALUES; i++) values[i] = bench_uniform(i);
  while (bench_next(state)) kernels->bin_numeric(upper, n_upper, values, N_VALUES, bins);
  copse_free(upper);
  copse_free(values);
  copse_free(bins);
  bench_report(state, &(struct bench_work){.items = N_VALUES,
                                           .bytes = 10.0 * N_VALUES,
                                           .floor_bytes = 10.0 * N_VALUES,
                                           .floor = "memory: 8 bytes read, 2 written a value"});
}
