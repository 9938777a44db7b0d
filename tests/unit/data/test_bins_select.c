/* Cut points found by selection against those of a full sort, bit for bit, on data of many kinds. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/rng.h"
#include "data/bins_internal.h"
#include "testing.h"

enum { MOST = 300000, KINDS = 25, MOST_APART = 3 };

struct trial {
  int kind;
  uint64_t seed;
  size_t n;
  int max_bin, min_data_in_bin;
  uint64_t n_zeros;
  bool use_missing, zero_as_missing;
};

static double unit_of(uint64_t bits) { return (double)(bits >> 11) * 0x1p-53; }

static double normal_of(uint64_t bits) {
  double u = ((double)(bits >> 32) + 0.5) * 0x1p-32, v = (double)(bits & 0xffffffff) * 0x1p-32;
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static double ulps_above(double x, uint64_t steps) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits += steps;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static double value_of(const struct trial *trial, uint64_t i) {
  uint64_t bits = rng_bits(trial->seed, 40, i), other = rng_bits(trial->seed, 41, i);
  double unit = unit_of(bits);
  switch (trial->kind) {
    case 0: return unit;
    case 1: return normal_of(bits);
    case 2: return (double)(float)normal_of(bits);
    case 3: return floor(unit * 100000) - 30000;
    case 4: return floor(unit * 1000);
    case 5: return floor(normal_of(bits) * 500) / 1000;
    case 6: return floor(unit * 7) - 3;
    case 7: return 3.25;
    case 8: return exp(normal_of(bits) * 100);
    case 9: return (unit - 0.5) * exp((unit_of(other) - 0.5) * 1400);
    case 10: return 0x1p-1074 * floor(unit * 1e6);
    case 11: return (unit - 0.5) * 1e-34;
    case 12: return ulps_above(1.0, rng_below(bits, 1000000));
    case 13: return -ulps_above(1.0, rng_below(bits, 40000));
    case 14: return ulps_above(unit_of(other & ~(uint64_t)0xffffffffffff) + 1, rng_below(bits, 3));
    case 15: return other % 3 == 0 ? 0.0 : normal_of(bits);
    case 16: return other % 10 == 0 ? NAN : normal_of(bits);
    case 17: return other % 2 == 0 ? -999.0 : unit;
    case 18: return other % 8 < 3 ? floor(unit * 5) / 4 : normal_of(bits); /* big ones among many */
    case 19: return other % 50 == 0 ? normal_of(bits) : floor(unit * 40) * 0.7 - 9;
    case 20: return bits % 1000 == 0 ? (other % 2 ? INFINITY : -INFINITY) : (unit * 2 - 1) * DBL_MAX;
    case 21: return other % 4 == 0 ? 0.5 : unit * unit * unit; /* a big one in a crowded place */
    case 22: return floor(exp(unit * 12));
    case 23:
      return other % 8 == 0 ? -BINS_ZERO : other % 8 == 1 ? BINS_ZERO : other % 8 == 2 ? 0.0 : unit - 0.5;
    default: return other % 16 == 0 ? NAN : other % 16 < 6 ? -unit * 1e6 : other % 16 < 9 ? 0.0 : unit * 1e-3;
  }
}

static bool same_bits(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

/* The codes are the bins of the values one by one. */
static void check_codes(const struct trial *trial, const double *values, size_t stride,
                        const struct feature_bins *bins, struct bins_codes *codes) {
  assert_true((codes->cells != NULL) == (bins->n_bins > 1));
  for (size_t i = 0; i < trial->n && codes->cells != NULL; i++) {
    uint32_t code = codes->wide ? ((const uint16_t *)codes->cells)[i] : ((const uint8_t *)codes->cells)[i];
    if (code != bins_of_value(bins, values[i * stride]))
      fail_msg("kind %d, seed %llu, n %zu, max_bin %d: %.17g is in bin %u, coded %u", trial->kind,
               (unsigned long long)trial->seed, trial->n, trial->max_bin, values[i * stride],
               bins_of_value(bins, values[i * stride]), code);
  }
  copse_free(codes->cells);
}

/* Values `stride` apart. */
static void run(const struct trial *trial, enum bins_way way, const double *values, size_t stride,
                struct feature_bins *bins, struct bins_rows *rows) {
  struct bin_params params = {.max_bin = trial->max_bin,
                              .min_data_in_bin = trial->min_data_in_bin,
                              .use_missing = trial->use_missing,
                              .zero_as_missing = trial->zero_as_missing,
                              .min_data_in_leaf = 1};
  struct bins_request request = {.values = {values, stride, trial->n},
                                 .n_zeros = trial->n_zeros,
                                 .max_bin = trial->max_bin,
                                 .params = &params,
                                 .way = way};
  struct bins_codes codes = {.place = NULL};
  request.codes = &codes;
  /* as a row-major table's columns are found: with buckets that were made elsewhere */
  struct bins_buckets buckets = {.facts = 0};
  if (stride != 1 && buckets_plan(&request.values, &buckets)) {
    uint8_t facts = 0;
    buckets.of_values = copse_alloc(NULL, trial->n, sizeof *buckets.of_values);
    assert_non_null(buckets.of_values);
    kernels_best()->bucket_rows(values, stride, trial->n, &buckets.rule, 1, buckets.of_values, trial->n,
                                &facts);
    buckets.facts = facts;
    request.buckets = &buckets;
  } else if (stride != 1) {
    request.way = BINS_BY_SORT;
  }
  assert_int_equal(bins_cut(NULL, &request, bins, rows, NULL), COPSE_OK);
  copse_free(buckets.of_values);
  check_codes(trial, values, stride, bins, &codes);
}

/* Whether the selection went through without a full sort. The values lie side by side, or apart. */
static bool compare_apart(const struct trial *trial, size_t stride) {
  static double values[MOST], apart[MOST_APART * MOST];
  struct feature_bins expected, found;
  struct bins_rows expected_rows, rows;
  for (size_t i = 0; i < trial->n; i++) apart[i * stride] = values[i] = value_of(trial, i);
  run(trial, BINS_BY_SORT, values, 1, &expected, &expected_rows);
  assert_false(expected_rows.selected);
  run(trial, BINS_BY_SELECTION, apart, stride, &found, &rows);
  bool same = found.n_bins == expected.n_bins && found.missing == expected.missing &&
              same_bits(found.min_value, expected.min_value) &&
              same_bits(found.max_value, expected.max_value);
  for (uint32_t b = 0; same && b < found.n_bins; b++)
    same = same_bits(found.upper[b], expected.upper[b]) && rows.of_bins[b] == expected_rows.of_bins[b];
  if (!same)
    fail_msg("kind %d, seed %llu, n %zu, max_bin %d, min_data_in_bin %d, zeros %llu: other bins", trial->kind,
             (unsigned long long)trial->seed, trial->n, trial->max_bin, trial->min_data_in_bin,
             (unsigned long long)trial->n_zeros);
  copse_free(expected_rows.of_bins);
  copse_free(rows.of_bins);
  bins_release(&expected);
  bins_release(&found);
  return rows.selected;
}

static bool compare(const struct trial *trial) {
  compare_apart(trial, MOST_APART);
  return compare_apart(trial, 1);
}

static struct trial draw_trial(uint64_t t, size_t most) {
  static const int bins[] = {2, 3, 4, 5, 8, 16, 63, 255, 256, 1000, 4000, 65535};
  static const int min_data[] = {1, 2, 3, 5, 20, 50};
  uint64_t a = rng_bits(77, 42, t), b = rng_bits(78, 42, t);
  double log_n = unit_of(rng_bits(79, 42, t)) * log((double)most);
  return (struct trial){.kind = (int)(t % KINDS),
                        .seed = t,
                        .n = (size_t)exp(log_n),
                        .max_bin = bins[rng_below(a, sizeof bins / sizeof *bins)],
                        .min_data_in_bin = min_data[rng_below(b, sizeof min_data / sizeof *min_data)],
                        .n_zeros = b % 4 == 0 ? a % 5000 : 0,
                        .use_missing = a % 5 != 0,
                        .zero_as_missing = b % 7 == 0};
}

static void same_bins_on_drawn_data(void **state) {
  (void)state;
  enum { TRIALS = 6000 };
  int selected = 0;
  for (uint64_t t = 0; t < TRIALS; t++) {
    struct trial trial = draw_trial(t, 3000);
    selected += compare(&trial) ? 1 : 0;
  }
  print_message("%d of %d drawn columns without a full sort\n", selected, TRIALS);
  assert_true(selected > TRIALS / 4);
}

/* Large columns at usual settings: what is drawn from a continuum, or has ties, must not need the sort. */
static void selects_on_large_columns(void **state) {
  (void)state;
  static const int kinds[] = {0, 1, 2, 3, 4, 5, 6, 15, 16, 17, 18, 22};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (int max_bin = 63; max_bin <= 255; max_bin += 192) {
      struct trial trial = {.kind = kinds[k],
                            .seed = 1000 + k,
                            .n = MOST,
                            .max_bin = max_bin,
                            .min_data_in_bin = 3,
                            .use_missing = true};
      if (!compare(&trial)) fail_msg("kind %d, max_bin %d: sorted in full", trial.kind, max_bin);
    }
}

static void same_bins_on_large_columns(void **state) {
  (void)state;
  for (uint64_t t = 0; t < 120; t++) {
    struct trial trial = draw_trial(t, MOST);
    trial.n = MOST / (1 + t / KINDS);
    compare(&trial);
  }
}

/* Nothing may be selected where two neighbours of different buckets could be one value. */
static void neighbours_across_buckets_are_sorted(void **state) {
  (void)state;
  struct trial trial = {.kind = 12, .seed = 5, .n = 20000, .max_bin = 63, .min_data_in_bin = 1};
  assert_false(compare(&trial));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_bins_on_drawn_data),
      cmocka_unit_test(selects_on_large_columns),
      cmocka_unit_test(same_bins_on_large_columns),
      cmocka_unit_test(neighbours_across_buckets_are_sorted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
