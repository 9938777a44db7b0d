/* Block sums: every row once, the same bits for any number of threads. */
#include "base/reduce.h"
#include "testing.h"

static void add_rows(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const double *scale = user;
  for (uint64_t i = begin; i < end; i++) {
    sums[0] += 1;
    sums[1] += (double)i;
    sums[2] += *scale / (double)(i + 1); /* rounds: its bits depend on the order of additions */
  }
}

static void every_row_counts_once(void **state) {
  (void)state;
  static const uint64_t sizes[] = {
      0, 1, 4095, 4096, 4097, 100000, 4096 * 256 - 1, 4096 * 256, 4096 * 256 + 1, 3000000};
  double scale = 0.1;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    double n = (double)sizes[s], one[3], sums[3];
    reduce_rows(1, sizes[s], 3, add_rows, &scale, one);
    assert_true(one[0] == n);
    assert_true(one[1] == (n > 0 ? n * (n - 1) / 2 : 0));
    reduce_rows(3, sizes[s], 3, add_rows, &scale, sums);
    assert_memory_equal(one, sums, sizeof one);
    reduce_rows(8, sizes[s], 3, add_rows, &scale, sums);
    assert_memory_equal(one, sums, sizeof one);
  }
}

static void fewer_sums_than_room(void **state) {
  (void)state;
  double scale = 1, sums[2] = {0, 42};
  reduce_rows(2, 10000, 1, add_rows, &scale, sums);
  assert_true(sums[0] == 10000 && sums[1] == 42);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row_counts_once),
      cmocka_unit_test(fewer_sums_than_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
