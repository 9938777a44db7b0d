/* What a card shows inside: ends, holes, decimals, rates, the clock, gaps, words; curves and twins among
 * columns; what of it values=common and values=none withhold. */
#define _GNU_SOURCE
#include "profile_support.h"

static const copse_profile_options full = {.values = COPSE_VALUES_FULL};
static const copse_profile_options none = {.values = COPSE_VALUES_NONE};
static const copse_profile_options common = {.target = NULL};

static void assert_value(json_t *json, const char *path, const char *value, int n) {
  json_t *own = at(json, path);
  if (value == NULL)
    assert_true(json_is_null(at(own, "value")));
  else
    assert_string_equal(text_at(own, "value"), value);
  assert_int_equal((int)number_at(own, "n"), n);
}

/* 1000 rows: codes 1 to 20 without 7 and 11 to 13, one row of 40; amounts with at most three decimals. */
static const char *write_numbers(void) {
  begin("shop_code,amount,flag,word,whole,same");
  for (int i = 0; i < 1000; i++) {
    int code = 1 + i % 20;
    if (code == 7 || (code >= 11 && code <= 13)) code = 20;
    fprintf(made, "%d,%s,%d,%s,%d,2.50\n", i == 3 ? 40 : code,
            i % 2   ? "0.125"
            : i % 4 ? "1e-1"
                    : "17",
            i % 5 == 0, i % 8 ? "no" : "yes", i == 3 ? 60 : 1 + i % 30);
  }
  return finish("numbers.csv");
}

static void test_numbers(void **state) {
  (void)state;
  const char *path = write_numbers();
  json_t *json = parsed(path, full), *code = at(json, "columns/0/number");
  assert_value(code, "least/0", "1", 50);
  assert_value(code, "least/4", "5", 50);
  assert_value(code, "greatest/0", "40", 1);
  assert_value(code, "greatest/1", "20", 250);
  assert_int_equal((int)number_at(code, "absent/n"), 4 + 19);
  assert_int_equal((int)number_at(code, "absent/runs"), 3);
  assert_int_equal((int)number_at(code, "absent/list/0/from"), 7);
  assert_int_equal((int)number_at(code, "absent/list/0/to"), 7);
  assert_int_equal((int)number_at(code, "absent/list/1/to"), 13);
  assert_int_equal((int)number_at(code, "absent/list/2/from"), 21);
  assert_int_equal((int)number_at(code, "decimals"), 0);
  assert_int_equal((int)number_at(json, "columns/1/number/decimals"), 3);
  assert_int_equal((int)number_at(json, "columns/5/number/decimals"), 1);
  assert_value(json, "columns/5/number/least/0", "2.5", 1000);
  assert_null(json_object_get(at(json, "columns/1/number"), "absent"));
  json_decref(json);
  /* the row of its own is in no list, and cannot be counted back from what is absent */
  json = parsed(path, common);
  code = at(json, "columns/0/number");
  assert_value(code, "greatest/0", NULL, 1);
  assert_value(code, "greatest/1", "20", 250);
  assert_true(json_is_null(at(code, "absent/n")));
  assert_int_equal((int)json_array_size(at(code, "absent/list")), 2);
  assert_true(json_is_null(at(json, "columns/4/number/absent/n")));
  json_decref(json);
  json = parsed(path, none);
  assert_value(json, "columns/0/number/least/0", NULL, 50);
  assert_int_equal((int)json_array_size(at(json, "columns/0/number/absent/list")), 0);
  json_decref(json);
}

/* Of many numbers neighbours share entries: the ends stay true, and say what they may lack. */
static void test_many_numbers(void **state) {
  (void)state;
  begin("x");
  for (int i = 0; i < 70000; i++) fprintf(made, "%.7f\n", 1 + uniform());
  for (int i = 0; i < 25; i++) fprintf(made, "%d\n", -3);
  json_t *json = parsed(finish("many.csv"), full), *x = at(json, "columns/0/number");
  assert_value(x, "least/0", "-3", 25);
  double greatest = strtod(text_at(x, "greatest/0/value"), NULL);
  assert_near(greatest, number_at(x, "max"), 1e-9, "greatest");
  double known = number_at(x, "greatest/0/n") + number_at(x, "greatest/0/n_error");
  assert_true(known >= 1 && known < 100);
  assert_int_equal((int)number_at(x, "decimals"), 7);
  json_decref(json);
}

static void test_truth(void **state) {
  (void)state;
  json_t *json = parsed(write_numbers(), common);
  assert_int_equal((int)number_at(json, "columns/2/boolean/true"), 200);
  assert_int_equal((int)number_at(json, "columns/2/boolean/false"), 800);
  assert_near(number_at(json, "columns/3/boolean/rate"), 0.125, 0, "rate");
  /* statsmodels.stats.proportion.proportion_confint(200, 1000, method="wilson") */
  assert_near(number_at(json, "columns/2/boolean/rate_ci/0"), 0.17637709, 1e-7, "low");
  assert_near(number_at(json, "columns/2/boolean/rate_ci/1"), 0.22591896, 1e-7, "high");
  json_decref(json);
  char *text = document(write_numbers(), common, COPSE_PROFILE_TEXT);
  assert_non_null(strstr(text, "12.5 % true [10.6 % .. 14.7 %]"));
  free(text);
}

static void test_dates(void **state) {
  (void)state;
  begin("moment");
  for (int i = 0; i < 1200; i++) /* seven days from Monday 2 January 2023 */
    fprintf(made, "2023-01-%02d %02d:10:00\n", 2 + i % 7, i % 12 == 0 ? 23 : 8);
  const char *path = finish("clock.csv");
  json_t *json = parsed(path, common), *clock = at(json, "columns/0/datetime/clock");
  assert_true(json_is_true(at(clock, "exact")));
  assert_int_equal((int)number_at(clock, "weekdays/0"), 172); /* 1200 = 171 * 7 + 3 */
  assert_int_equal((int)number_at(clock, "weekdays/6"), 171);
  assert_int_equal((int)number_at(clock, "hours/23"), 100);
  assert_int_equal((int)number_at(clock, "hours/8"), 1100);
  json_decref(json);
  json = parsed(path, none);
  assert_null(json_object_get(at(json, "columns/0/datetime"), "clock"));
  json_decref(json);
}

/* More moments than have entries of their own, with their zone: the clock is that of the sampled rows. */
static void test_sampled_clock(void **state) {
  (void)state;
  begin("moment");
  for (int i = 0; i < 70000; i++) { /* every one of a first half of an hour, in UTC */
    int second = i % 1800, hour = i / 1800 % 24, day = 1 + i / 43200;
    fprintf(made, "2024-01-%02dT%02d:%02d:%02d.%d+00:00\n", day, hour, second / 60, second % 60, i % 7);
  }
  json_t *json = parsed(finish("moments.csv"), common), *clock = at(json, "columns/0/datetime/clock");
  assert_true(json_is_false(at(clock, "exact")));
  assert_true(number_at(clock, "rows") > 30000 && number_at(clock, "rows") <= 65536);
  double hours = 0;
  for (size_t i = 0; i < 24; i++) hours += json_number_value(json_array_get(at(clock, "hours"), i));
  assert_int_equal((int)hours, (int)number_at(clock, "rows"));
  assert_true(number_at(clock, "weekdays/0") > number_at(clock, "weekdays/1"));
  assert_int_equal((int)number_at(clock, "weekdays/2"), 0);
  json_decref(json);
}

static void test_gaps(void **state) {
  (void)state;
  begin("day,moment");
  for (int i = 0; i < 1200; i++) { /* nothing from 28 January to 1 April */
    int month = i % 2 ? 1 : 4, day = 1 + i % 28;
    fprintf(made, "2023-%02d-%02d,2023-%02d-%02dT09:30:00Z\n", month, day, month, day);
  }
  for (int i = 0; i < 12; i++) fprintf(made, "1900-01-01,1900-01-01T00:00:00Z\n");
  fprintf(made, "2023-07-01,2023-07-01T09:30:00Z\n");
  const char *path = finish("gap.csv");
  json_t *json = parsed(path, full), *gaps = at(json, "columns/0/datetime/gaps");
  assert_int_equal((int)number_at(gaps, "median_step_days"), 2);
  assert_int_equal((int)number_at(gaps, "n"), 2);
  assert_string_equal(text_at(gaps, "list/0/from"), "2023-04-27");
  assert_string_equal(text_at(gaps, "list/0/to"), "2023-07-01");
  assert_string_equal(text_at(gaps, "list/1/from"), "2023-01-28");
  assert_string_equal(text_at(gaps, "list/1/to"), "2023-04-01");
  assert_value(json, "columns/0/datetime/sentinel_dates/0", "1900-01-01", 12);
  assert_value(json, "columns/1/datetime/sentinel_dates/0", "1900-01-01T00:00:00Z", 12);
  assert_string_equal(text_at(json, "columns/1/datetime/gaps/list/0/from"), "2023-04-27"); /* of days */
  json_decref(json);
  json = parsed(path, common); /* the day of one row is nobody's end of a gap */
  assert_int_equal((int)number_at(json, "columns/0/datetime/gaps/n"), 2);
  assert_int_equal((int)json_array_size(at(json, "columns/0/datetime/gaps/list")), 1);
  json_decref(json);
  json = parsed(path, none);
  assert_int_equal((int)json_array_size(at(json, "columns/0/datetime/gaps/list")), 0);
  assert_value(json, "columns/0/datetime/sentinel_dates/0", NULL, 12);
  json_decref(json);
}

static void test_texts(void **state) {
  (void)state;
  begin("note,padded,band,key");
  for (int i = 0; i < 300; i++)
    fprintf(made, "said %03d!%s,%s,%s,k%d\n", i, i % 3 ? "" : " gr\xC3\xBCn", i % 3 ? "\" red\"" : "red",
            i % 2 ? "<=50K" : ">50K", i);
  json_t *json = parsed(finish("texts.csv"), common), *text = at(json, "columns/0/text");
  assert_int_equal((int)number_at(text, "words_median"), 2);
  double all = 300 * 9 + 100 * 5;
  assert_near(number_at(text, "characters/letters"), (300 * 4 + 100 * 3) / all, 1e-12, "letters");
  assert_near(number_at(text, "characters/digits"), 900 / all, 1e-12, "digits");
  assert_near(number_at(text, "characters/blanks"), 400 / all, 1e-12, "blanks");
  assert_near(number_at(text, "characters/marks"), 300 / all, 1e-12, "marks");
  assert_near(number_at(text, "characters/non_ascii"), 100 / all, 1e-12, "others");
  assert_true(has_alert(json, "BLANKS", "padded"));
  assert_non_null(strstr(alert_text(json, "BLANKS"), "200 values"));
  assert_false(has_alert(json, "BLANKS", "note"));
  size_t i;
  json_t *alert;
  json_array_foreach(at(json, "alerts"), i, alert) {
    if (strcmp(text_at(alert, "id"), "BLANKS") != 0) continue;
    assert_int_equal((int)number_at(alert, "data/n"), 200);
    assert_true(json_is_null(at(alert, "flag"))); /* no option strips them */
  }
  assert_true(has_alert(json, "VARIANTS", "padded"));
  assert_false(has_alert(json, "VARIANTS", "band"));
  json_decref(json);
}

/* ---- between columns ---- */

static void test_curves(void **state) {
  enum { N = 2000 };
  (void)state;
  static double x[N], line[N];
  begin("x,bow,line,noise,again");
  for (int i = 0; i < N; i++) {
    x[i] = i % 200;
    double noise = uniform();
    line[i] = 2 * x[i] + floor(200 * uniform());
    fprintf(made, "%g,%.3f,%g,%.3f,%.3f\n", x[i], (x[i] - 99.5) * (x[i] - 99.5) + noise, line[i], noise,
            noise);
  }
  const char *path = finish("curves.csv");
  json_t *json = parsed(path, common), *pairs = at(json, "pairs");
  assert_int_equal((int)json_array_size(at(pairs, "curved")), 1); /* the line rises with x */
  assert_int_equal((int)number_at(pairs, "curved/0/a"), 0);
  assert_int_equal((int)number_at(pairs, "curved/0/b"), 1);
  assert_true(number_at(pairs, "curved/0/u") > 0.6);
  assert_true(fabs(number_at(pairs, "curved/0/spearman")) < 0.1);
  assert_int_equal((int)json_array_size(at(pairs, "same")), 1);
  assert_int_equal((int)number_at(pairs, "same/0/a"), 3);
  assert_int_equal((int)number_at(pairs, "same/0/b"), 4);
  double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (int i = 0; i < N; i++) {
    sx += x[i];
    sy += line[i];
    sxx += x[i] * x[i];
    syy += line[i] * line[i];
    sxy += x[i] * line[i];
  }
  double r = (N * sxy - sx * sy) / sqrt((N * sxx - sx * sx) * (N * syy - sy * sy));
  assert_int_equal((int)number_at(pairs, "list/1/b"), 2);
  assert_near(number_at(pairs, "list/1/pearson"), r, 1e-12, "Pearson");
  assert_int_equal((int)number_at(pairs, "list/1/n"), N);
  /* no cell of fewer than ten rows, unless everything may be shown */
  size_t g, i;
  json_t *grid, *count;
  double rows = 0;
  json_array_foreach(at(pairs, "grids"), g, grid) json_array_foreach(at(grid, "counts"), i, count) {
    double own = json_number_value(count);
    assert_true(own == 0 || own >= 10);
    rows += own;
  }
  assert_true(rows > N);
  json_decref(json);
  char *page = document(path, common, COPSE_PROFILE_HTML);
  assert_non_null(strstr(page, ">curved</strong>"));
  assert_null(strstr(page, "id=\"c4\"")); /* a twin has no card */
  free(page);
}

static void test_folds(void **state) {
  (void)state;
  begin("a,e1,e2,e3,e4,k1,k2,k3,k4,t1,t2,t3,t4");
  for (int i = 0; i < 200; i++) {
    int x = (int)(draw() % 90);
    fprintf(made, "%d,,,,,7,7,8,<b>,%d,%d,%d,%d\n", i % 9, x, x, x, x);
  }
  char *page = document(finish("folds.csv"), common, COPSE_PROFILE_HTML);
  assert_non_null(strstr(page, "4 columns are empty"));
  assert_non_null(strstr(page, "4 columns are constant"));
  assert_non_null(strstr(page, "&lt;b&gt;"));
  assert_null(strstr(page, "<b>,"));
  assert_null(strstr(page, "columns have the cells of another one")); /* three are no crowd */
  assert_null(strstr(page, "<tr id=\"r1\""));
  assert_non_null(strstr(page, "<tr id=\"r10\""));
  assert_null(strstr(page, "<details id=\"c10\""));
  assert_non_null(strstr(page, "<details id=\"c9\""));
  free(page);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbers), cmocka_unit_test(test_many_numbers),  cmocka_unit_test(test_truth),
      cmocka_unit_test(test_dates),   cmocka_unit_test(test_sampled_clock), cmocka_unit_test(test_gaps),
      cmocka_unit_test(test_texts),   cmocka_unit_test(test_curves),        cmocka_unit_test(test_folds),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
