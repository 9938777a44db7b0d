/* Columns that tell the target, or are made from it: for two classes, for more, and for numbers; and columns
 * that merely go with it, which must not be told. */
#define _GNU_SOURCE
#include "profile_support.h"

enum { N = 4000 };

static void assert_told(json_t *json, const char *column, bool expected) {
  const char *const ids[] = {"LEAK_EXACT", "LEAK_AUC", "LEAK_MISSING"};
  bool told = false;
  for (size_t i = 0; i < 3; i++) told |= has_alert(json, ids[i], column);
  if (told != expected) fail_msg("%s: %s", column, told ? "told without need" : "not told");
}

static double normal(void) {
  double sum = -6;
  for (int i = 0; i < 12; i++) sum += uniform();
  return sum;
}

/* Functions of a number: rising, falling, with a turn, coarse; as texts; filled with the target alone. */
static void test_number(void **state) {
  (void)state;
  begin("same,inverse,square,band,upper,rounded,late,strong,weak,noise,kind,y");
  for (int i = 0; i < N; i++) {
    double y = 50 + 20 * normal(), turned = fabs(y - 55);
    fprintf(made, "%.9g,%.9g,%.9g,%s,%d,%.0f,", 2 * y + 7, 1 / (y + 200), turned,
            y < 40   ? "low"
            : y < 60 ? "mid"
                     : "high",
            y > 70, y / 2);
    fprintf(made, y > 55 ? "%.3f," : ",", uniform());
    fprintf(made, "%.6g,%.6g,%.6g,%s,%.9g\n", y + 6 * normal(), y + 30 * normal(), normal(),
            uniform() < 0.5 + 0.01 * (y - 50) ? "a" : "b", y);
  }
  json_t *json = parsed(finish("number.csv"), (copse_profile_options){.target = "y"});
  assert_string_equal(text_at(json, "target/kind"), "regression");
  const char *const leaks[] = {"same", "inverse", "square", "band", "upper", "rounded", "late"};
  for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++) assert_told(json, leaks[i], true);
  const char *const clean[] = {"strong", "weak", "noise", "kind"};
  for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) assert_told(json, clean[i], false);
  assert_near(number_at(json, "columns/0/target/spearman"), 1, 1e-12, "rank correlation");
  assert_near(number_at(json, "columns/9/target/gives_target"), 0, 0.06, "noise gives nothing");
  assert_near(number_at(json, "columns/9/target/follows_target"), 0, 0.06, "noise follows nothing");
  json_decref(json);
}

/* Functions of one of five classes, one of which is rare. */
static void test_classes(void **state) {
  (void)state;
  begin("number,name,merged,spread,late,strong,noise,kind,y");
  for (int i = 0; i < N; i++) {
    int y = (int)(draw() % 4);
    if (i % 80 == 7) y = 4;
    static const char *const names[] = {"new", "open", "won", "lost", "void"};
    fprintf(made, "%d,is %s,%s,%.6f,", (y * 3 + 1) % 5, names[y], y == 2 ? "customer" : "none",
            y + 0.999 * uniform());
    fprintf(made, y >= 2 ? "2024-01-%02d," : ",", 1 + i % 28);
    fprintf(made, "%.5f,%.5f,%s,class %s\n", y + 1.5 * normal(), normal(), uniform() < 0.2 * y ? "a" : "b",
            names[y]);
  }
  json_t *json = parsed(finish("classes.csv"), (copse_profile_options){.target = "y"});
  assert_string_equal(text_at(json, "target/kind"), "multiclass");
  const char *const leaks[] = {"number", "name", "merged", "spread", "late"};
  for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++) assert_told(json, leaks[i], true);
  const char *const clean[] = {"strong", "noise", "kind"};
  for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) assert_told(json, clean[i], false);
  double sum = 0;
  size_t n = json_array_size(at(json, "target/classes"));
  assert_int_equal(json_array_size(at(json, "columns/0/target/auc_classes")), n);
  for (size_t i = 0; i < n; i++)
    sum += json_number_value(json_array_get(at(json, "columns/0/target/auc_classes"), i));
  assert_near(sum / (double)n, number_at(json, "columns/0/target/auc_oof"), 1e-12, "mean over the classes");
  json_decref(json);
}

static void test_two_classes(void **state) {
  (void)state;
  begin("number,name,spread,inside,late,strong,noise,y");
  for (int i = 0; i < N; i++) {
    int y = draw() % 9 == 0;
    double far = y ? uniform() : (uniform() < 0.5 ? -1 : 1) * (1.1 + uniform());
    fprintf(made, "%d,%s,%.6f,%.6f,%s,%.5f,%.5f,%d\n", 7 - 2 * y, y ? "won" : "open", y + 0.999 * uniform(),
            far, y ? "x" : "", y + normal(), normal(), y);
  }
  json_t *json = parsed(finish("two.csv"), (copse_profile_options){.target = "y"});
  const char *const leaks[] = {"number", "name", "spread", "inside", "late"};
  for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++) assert_told(json, leaks[i], true);
  assert_told(json, "strong", false);
  assert_told(json, "noise", false);
  json_decref(json);
}

/* A day's figure that drifts with time is near yesterday's: time gives it, and that is no leak. */
static void test_series(void **state) {
  (void)state;
  begin("day,number,y");
  double y = 0;
  for (int i = 0; i < N; i++) {
    y += normal();
    fprintf(made, "%d-%02d-%02d,%d,%.5f\n", 2000 + i / 336, 1 + i / 28 % 12, 1 + i % 28, 100 + 2 * i, y);
  }
  json_t *json = parsed(finish("series.csv"), (copse_profile_options){.target = "y"});
  assert_true(number_at(json, "columns/0/target/gives_target") > 0.9);
  assert_told(json, "day", false);
  assert_told(json, "number", false);
  json_decref(json);
}

/* Rate and mean by month of the dates. */
static void test_over_time(void **state) {
  (void)state;
  begin("day,y,amount");
  for (int i = 0; i < 2400; i++) {
    int month = i % 24;
    fprintf(made, "%d-%02d-%02d,%s,%d\n", 2022 + month / 12, 1 + month % 12, 1 + i / 24 % 28,
            (i / 24) % 10 < (month < 12 ? 2 : 4) ? "yes" : "no", 1000 * month + i / 24);
  }
  const char *path = finish("time.csv");
  json_t *json = parsed(path, (copse_profile_options){.target = "y", .values = COPSE_VALUES_FULL});
  json_t *per = at(json, "columns/0/datetime/per");
  assert_string_equal(text_at(per, "unit"), "month");
  assert_int_equal(json_array_size(at(per, "rate")), 24);
  for (int m = 0; m < 24; m++) {
    assert_near(json_number_value(json_array_get(at(per, "labelled"), (size_t)m)), 100, 0, "rows of a month");
    assert_near(json_number_value(json_array_get(at(per, "rate"), (size_t)m)), m < 12 ? 0.2 : 0.4, 1e-12,
                "rate");
  }
  json_decref(json);
  json = parsed(path, (copse_profile_options){.target = "amount"});
  per = at(json, "columns/0/datetime/per");
  for (int m = 0; m < 24; m++)
    assert_near(json_number_value(json_array_get(at(per, "rate"), (size_t)m)), 1000 * m + 49.5, 1e-6, "mean");
  json_decref(json);
  char *page = document(path, (copse_profile_options){.target = "y"}, COPSE_PROFILE_HTML);
  assert_non_null(strstr(page, "Target per month, from 20 % to 40 %"));
  free(page);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_number), cmocka_unit_test(test_classes),
                                     cmocka_unit_test(test_two_classes), cmocka_unit_test(test_series),
                                     cmocka_unit_test(test_over_time)};
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
