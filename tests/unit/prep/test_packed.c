/* Packed columns: every double comes back with its own bits, whatever runs it came in; decimals take the
 * bytes of their integers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "read/packed.h"
#include "testing.h"

enum { ROWS = 5000 };

static void assert_same_bits(double found, double expected, size_t row) {
  if (isnan(found) && isnan(expected)) return;
  if (memcmp(&found, &expected, sizeof found) != 0)
    fail_msg("row %zu: %.17g, not %.17g", row, found, expected);
}

/* Row `row` of one kind of column. */
static double value_of(int kind, size_t row) {
  uint64_t bits = (row + 1) * 0x9E3779B97F4A7C15u ^ (uint64_t)kind << 40;
  bits ^= bits >> 29;
  bits *= 0xBF58476D1CE4E5B9u;
  bits ^= bits >> 32;
  double whole = (double)(int64_t)(bits % 2000001) - 1000000;
  if (bits % 97 == 0) return (double)NAN;
  if (bits % 89 == 0) return -0.0;
  switch (kind) {
    case 0: return (double)(int64_t)(bits % 201) - 100;
    case 1: return (double)(int64_t)(bits % 30001) / 100;
    case 2: return whole / 1e6;
    case 3: return bits % 3 == 0 ? whole : bits % 3 == 1 ? whole / 10 : whole / 1000; /* decimals grow */
    case 4: return (double)(float)(whole / 3);
    case 5: return whole / 3;
    case 6: return row < 2000 ? whole : row < 3000 ? whole / 7 : whole / 1e9; /* every kind in turn */
    case 7: return bits % 2 ? 2147483647.0 : -2147483647.0;
    case 8: return bits % 5 == 0 ? 1e308 : whole / 100;
    case 9: return bits % 1000 == 1 ? 1e-300 : 0.0;
    default: return (double)NAN;
  }
}

/* As the parser does: decimals as integers, the rest as doubles. */
static void put(struct packed_builder *builder, size_t at, int kind, size_t row) {
  double value = value_of(kind, row);
  for (unsigned e = 0; kind <= 3 && e <= 6 && fabs(value) > 0; e++) {
    int64_t m = (int64_t)rint(value * packed_powers[e]);
    if ((double)m / packed_powers[e] != value) continue;
    packed_put_decimal(builder, at, m, e);
    return;
  }
  packed_put(builder, at, value);
}

static struct packed_column pack(int kind, size_t step) {
  struct packed_column column = {0};
  double slots[ROWS];
  for (size_t row = 0; row < ROWS; row += step) {
    size_t n = ROWS - row < step ? ROWS - row : step;
    struct packed_builder builder = {.slots = slots, .exponent = column.exponent};
    for (size_t i = 0; i < n; i++) put(&builder, i, kind, row + i);
    struct packed_run run = packed_finish(&builder, n);
    assert_true(packed_append(&column, &run));
  }
  assert_int_equal(column.n_rows, ROWS);
  return column;
}

static void test_round_trip(void **unused) {
  (void)unused;
  const size_t steps[] = {1, 7, 600, ROWS};
  static double out[ROWS];
  for (int kind = 0; kind <= 10; kind++)
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
      struct packed_column column = pack(kind, steps[s]);
      packed_read(&column, 0, ROWS, out);
      for (size_t row = 0; row < ROWS; row++) assert_same_bits(out[row], value_of(kind, row), row);
      for (size_t first = 0; first < ROWS; first += 333) {
        size_t n = ROWS - first < 100 ? ROWS - first : 100;
        packed_read(&column, first, n, out);
        for (size_t i = 0; i < n; i++) assert_same_bits(out[i], value_of(kind, first + i), first + i);
      }
      packed_release(&column);
    }
}

/* m / 10^e is what the text is read as, for every number of digits and decimals that is packed. */
static void test_decimals_are_the_parsed_doubles(void **unused) {
  (void)unused;
  char text[64];
  double slot, expected;
  for (unsigned exponent = 0; exponent <= PACKED_MAX_EXPONENT; exponent++)
    for (int64_t m = 3; m < INT32_MAX; m = m * 7 + 1) {
      struct packed_column column = {0};
      struct packed_builder builder = {.slots = &slot, .exponent = exponent};
      packed_put_decimal(&builder, 0, -m, exponent);
      struct packed_run run = packed_finish(&builder, 1);
      assert_true(run.kind <= PACKED_I32);
      assert_true(packed_append(&column, &run));
      int n = snprintf(text, sizeof text, "-%llde-%u", (long long)m, exponent);
      assert_int_equal(copse_parse_double(text, (size_t)n, &expected), n);
      packed_read(&column, 0, 1, &slot);
      assert_same_bits(slot, expected, 0);
      packed_release(&column);
    }
}

/* Bytes a row, but for the lists. */
static void test_sizes(void **unused) {
  (void)unused;
  const double most[] = {1.3, 2.3, 4.6, 4.6, 4.6, 8.6};
  for (int kind = 0; kind < 6; kind++) {
    size_t before = copse_context_memory_used(NULL);
    struct packed_column column = pack(kind, 1000);
    double bytes = 0;
    for (size_t i = 0; i < column.n_pieces; i++) {
      static const size_t sizes[] = {1, 2, 4, 4, 8};
      bytes += (double)(column.pieces[i].run.n_rows * sizes[column.pieces[i].run.kind]);
    }
    if (bytes > most[kind] * ROWS) fail_msg("kind %d: %g bytes a row", kind, bytes / ROWS);
    assert_true(column.n_pieces <= ROWS / 1000 + 12);
    packed_release(&column);
    assert_int_equal(copse_context_memory_used(NULL), before);
  }
}

static void test_codes(void **unused) {
  (void)unused;
  static int32_t out[ROWS];
  for (int32_t most = 100; most < 2000000; most *= 120) {
    struct packed_column column = {0};
    double slots[100];
    for (size_t row = 0; row < ROWS; row += 100) {
      struct packed_builder builder = {.slots = slots};
      for (size_t i = 0; i < 100; i++) {
        size_t k = row + i;
        packed_put_code(&builder, i,
                        k % 11 == 0   ? -1
                        : k % 13 == 0 ? COPSE_CODE_ABSENT
                                      : (int32_t)(k * 7919) % most);
      }
      struct packed_run run = packed_finish(&builder, 100);
      assert_true(packed_append(&column, &run));
    }
    packed_read_codes(&column, 0, ROWS, out);
    for (size_t k = 0; k < ROWS; k++)
      assert_int_equal(out[k], k % 11 == 0   ? -1
                               : k % 13 == 0 ? COPSE_CODE_ABSENT
                                             : (int32_t)(k * 7919) % most);
    packed_release(&column);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_decimals_are_the_parsed_doubles),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
