/* Groups of rows beside a naive list: the same groups, sums and order, for texts with long common beginnings
 * and numbers of both signs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/groups.h"
#include "testing.h"

enum { ROWS = 3000, COLUMNS = 4 };

struct row {
  char texts[2][24]; /* columns 0 and 2; "-" is missing */
  double numbers[2]; /* columns 1 and 3 */
};

static uint32_t state = 12345;
static uint32_t draw(uint32_t bound) {
  state = state * 1664525u + 1013904223u;
  return (state >> 16) % bound;
}

static void draw_text(char *out) {
  static const char *const begins[] = {"", "2021-08-", "2021-08-26 15:26:", "\xC3\xA9t\xC3\xA9"};
  size_t length = (size_t)sprintf(out, "%s", begins[draw(4)]), more = draw(4);
  for (size_t i = 0; i < more; i++) out[length++] = draw(2) ? 'a' : '\x7F';
  out[length] = '\0';
  if (draw(20) == 0) strcpy(out, "-");
}

static double draw_number(void) {
  static const double numbers[] = {-1e300, -2, -0.5, 0, 1e-9, 3, 1e17};
  uint32_t i = draw(8);
  return i < 7 ? numbers[i] : (double)NAN;
}

static int compare_texts(const char *a, const char *b) {
  bool no_a = strcmp(a, "-") == 0, no_b = strcmp(b, "-") == 0;
  return no_a || no_b ? no_b - no_a : strcmp(a, b);
}

static int compare_numbers(double a, double b) {
  if (isnan(a) || isnan(b)) return (isnan(b) != 0) - (isnan(a) != 0);
  return (a > b) - (a < b);
}

static int compare_rows(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  int order = compare_texts(x->texts[0], y->texts[0]);
  if (order == 0) order = compare_numbers(x->numbers[0], y->numbers[0]);
  if (order == 0) order = compare_texts(x->texts[1], y->texts[1]);
  return order != 0 ? order : compare_numbers(x->numbers[1], y->numbers[1]);
}

static void test_against_a_list(void **unused) {
  (void)unused;
  static struct row rows[ROWS];
  struct groups groups;
  assert_true(groups_open(&groups, NULL, COLUMNS, 1));
  for (int i = 0; i < ROWS; i++) {
    bool fresh;
    for (int k = 0; k < 2; k++) {
      draw_text(rows[i].texts[k]);
      rows[i].numbers[k] = draw_number();
      struct row_cell cell = cell_of_text(rows[i].texts[k], strlen(rows[i].texts[k]));
      cell.null = strcmp(rows[i].texts[k], "-") == 0;
      assert_true(groups_key_text(&groups, 2 * k, &cell));
      assert_true(groups_key_number(&groups, 2 * k + 1, rows[i].numbers[k]));
    }
    int64_t group = groups_find(&groups, &fresh);
    assert_true(group >= 0);
    assert_int_equal(fresh, (uint32_t)group + 1 == groups.n && groups_sums(&groups, (uint32_t)group)[0] == 0);
    groups_sums(&groups, (uint32_t)group)[0] += 1;
  }
  qsort(rows, ROWS, sizeof *rows, compare_rows);
  uint32_t *order = groups_order(&groups), n = 0;
  assert_non_null(order);
  for (int i = 0, next; i < ROWS; i = next, n++) {
    for (next = i + 1; next < ROWS && compare_rows(&rows[i], &rows[next]) == 0;) next++;
    assert_true(groups_sums(&groups, order[n])[0] == next - i);
    for (uint32_t k = 0; k < 2; k++) {
      struct row_cell cell = groups_text(&groups, order[n], 2 * k);
      double number = groups_number(&groups, order[n], 2 * k + 1);
      assert_int_equal(cell.null, strcmp(rows[i].texts[k], "-") == 0);
      if (!cell.null) {
        assert_int_equal(cell.length, strlen(rows[i].texts[k]));
        assert_memory_equal(cell.text, rows[i].texts[k], cell.length);
      }
      assert_int_equal(compare_numbers(number, rows[i].numbers[k]), 0);
    }
  }
  assert_int_equal(n, groups.n);
  assert_true(n > 500);
  copse_free(order);
  groups_release(&groups);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_a_list)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
