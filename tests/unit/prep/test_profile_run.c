/* The longest run is that of a count of every cell, however the rows are cut into blocks. */
#include "profile/column.h"
#include "testing.h"

enum { N = 400 };

static uint64_t counted(const uint64_t *values, const uint8_t *types) {
  uint64_t longest = 0, run = 0;
  for (size_t i = 0; i < N; i++) {
    run = i > 0 && values[i] == values[i - 1] && types[i] == types[i - 1] ? run + 1 : 1;
    if (!cell_is_blank((enum cell_type)types[i]) && run > longest) longest = run;
  }
  return longest;
}

static void test_runs(void **state) {
  (void)state;
  static uint64_t values[N];
  static uint8_t types[N];
  uint64_t random = 1;
  for (int turn = 0; turn < 3000; turn++) {
    uint64_t stay = mix64(random++) % 50;
    for (size_t i = 0; i < N; i++) {
      bool same = i > 0 && mix64(random++) % 50 < stay;
      values[i] = same ? values[i - 1] : mix64(random++) % 3;
      types[i] = same ? types[i - 1] : mix64(random++) % 3 ? CELL_TYPE_INTEGER : CELL_TYPE_TEXT;
      if (!same && mix64(random++) % 4 == 0) {
        types[i] = CELL_TYPE_NULL;
        values[i] = 0;
      }
    }
    struct longest_run run = {.open = 0};
    for (size_t at = 0; at < N;) {
      size_t n = 1 + mix64(random++) % (turn % 2 ? 9 : 150);
      if (n > N - at) n = N - at;
      longest_run_take(&run, values + at, types + at, n);
      at += n;
    }
    assert_int_equal(longest_run_of(&run), counted(values, types));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_runs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
