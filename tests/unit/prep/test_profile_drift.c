/* Another file beside this one: columns that went, came or changed their type, rows of both, and that chance
 * is not told as drift, however many columns there are. */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "profile_support.h"

static json_t *compared(const char *here, const char *there, const char *target) {
  return parsed(here, (copse_profile_options){.target = target, .against = &there, .n_against = 1});
}

static void test_columns(void **state) {
  (void)state;
  begin("same,size,day,gone,lost,y");
  for (int i = 0; i < 500; i++)
    fprintf(made, "%d,%.3f,2024-01-%02d,%d,%d,%d\n", i % 7, uniform(), 1 + i % 28, i % 5, i % 3, i % 2);
  const char *here = finish("columns.csv");
  begin("size,fresh,same,day,y");
  for (int i = 0; i < 500; i++)
    fprintf(made, "%s,%d,%d,%d,%d\n", i % 3 ? "small" : "large", i % 4, i % 7, i % 28, i % 2);
  const char *there = finish("columns_there.csv");
  json_t *json = compared(here, there, "y");
  assert_true(has_alert(json, "GONE", "gone") && has_alert(json, "GONE", "lost"));
  assert_string_equal(alert_level(json, "GONE"), "critical");
  assert_true(has_alert(json, "TYPE_CHANGED", "size") && has_alert(json, "TYPE_CHANGED", "day"));
  assert_string_equal(alert_level(json, "TYPE_CHANGED"), "critical");
  assert_false(has_alert(json, "TYPE_CHANGED", "same"));
  assert_non_null(strstr(alert_text(json, "NEW_COLUMNS"), "`fresh`"));
  assert_string_equal(text_at(json, "drift/columns_new/0"), "fresh");
  assert_true(json_is_null(at(json, "drift/rows_known_share"))); /* half of the columns would be compared */
  json_decref(json);
  /* a target that is not known yet is no column that went */
  begin("same,size,day,gone,lost");
  for (int i = 0; i < 500; i++)
    fprintf(made, "%d,%.3f,2024-01-%02d,%d,%d\n", i % 7, uniform(), 1 + i % 28, i % 5, i % 3);
  json = compared(here, finish("unlabelled.csv"), "y");
  assert_false(has_alert(json, "GONE", NULL) || has_alert(json, "NEW_COLUMNS", NULL));
  json_decref(json);
}

/* Rows of both files are found whether or not the other one has the target, further columns, or another
 * order. */
static void test_rows_of_both(void **state) {
  (void)state;
  enum { N = 1000, BOTH = 50 };
  static double x[N];
  begin("x,z,y");
  for (int i = 0; i < N; i++) {
    x[i] = round(uniform() * 1e6) / 1e6;
    fprintf(made, "%.6f,%d,%d\n", x[i], i % 3, i % 2);
  }
  const char *here = finish("train.csv");
  static const char *const headers[] = {"x,z,y", "x,z", "z,x,y,extra"};
  for (int form = 0; form < 3; form++) {
    begin(headers[form]);
    for (int i = 0; i < N; i++) {
      double v = i < BOTH ? x[i] : 2 + uniform();
      if (form == 0) fprintf(made, "%.6f,%d,%d\n", v, i % 3, i % 2);
      if (form == 1) fprintf(made, "%.6f,%d\n", v, i % 3);
      if (form == 2) fprintf(made, "%d,%.6f,%d,%d\n", i % 3, v, i % 2, i);
    }
    json_t *json = compared(here, finish("valid.csv"), "y");
    assert_near(number_at(json, "drift/rows_known_share"), (double)BOTH / N, 1e-12, headers[form]);
    assert_true(has_alert(json, "SPLIT_DUP", NULL));
    assert_string_equal(alert_level(json, "SPLIT_DUP"), "critical");
    json_decref(json);
  }
}

/* Empty forms are alike in every file: rows of both are also told without rows of up to three values. */
static void test_trivial(void **state) {
  (void)state;
  const char *paths[2];
  for (int part = 0; part < 2; part++) {
    begin("a,b,c,d,y");
    for (int i = 0; i < 100; i++)
      if (i < 40)
        fprintf(made, "0,,%d,0,%d\n", i % 2 * 7, i % 3 == 0); /* up to two values, in both */
      else
        fprintf(made, "%d,%d.5,x%d,2024-01-%02d,%d\n", i, i, i < 46 ? i : 1000 * part + i, 1 + i % 28,
                i % 3 == 0);
    paths[part] = finish(part ? "trivial_there.csv" : "trivial.csv");
  }
  json_t *json = compared(paths[0], paths[1], "y");
  assert_near(number_at(json, "drift/rows_known_share"), 0.46, 1e-12, "all");
  assert_near(number_at(json, "drift/rows_known_share_without_trivial"), 0.1, 1e-12, "six of sixty");
  assert_non_null(
      strstr(alert_text(json, "SPLIT_DUP"), "(46 %; without rows of up to 3 different values: 10 %)"));
  json_decref(json);
  copse_profile *profile;
  copse_error err;
  copse_text text = {.ctx = NULL};
  copse_profile_options options = {.target = "y"};
  assert_int_equal(copse_profile_run(NULL, paths, 2, &options, &profile, &err), COPSE_OK);
  copse_profile_write(profile, COPSE_PROFILE_JSON, &text);
  json = json_loadb(text.data, text.length, 0, NULL);
  assert_near(number_at(json, "table/rows_duplicate/in_several_files_share_without_trivial"), 0.1, 1e-12,
              "both");
  json_decref(json);
  copse_text_release(&text);
  copse_profile_free(profile);
}

/* 500 columns and 120 rows a file, drawn alike; then one of the columns moves. */
static void test_chance(void **state) {
  (void)state;
  enum { COLUMNS = 500, ROWS = 120 };
  const char *paths[3];
  for (int part = 0; part < 3; part++) {
    static const char *const names[] = {"first.csv", "second.csv", "third.csv"};
    char header[COLUMNS * 6] = "c0";
    for (int c = 1; c < COLUMNS; c++) snprintf(header + strlen(header), 7, ",c%d", c);
    begin(header);
    for (int i = 0; i < ROWS; i++) {
      for (int c = 0; c < COLUMNS; c++)
        if (c % 2 == 0)
          fprintf(made, "%s%.5f", c > 0 ? "," : "", uniform() + (part == 2 && c == 250 ? 0.8 : 0));
        else
          fprintf(made, ",level%d", (int)(draw() % 12));
      fputc('\n', made);
    }
    paths[part] = finish(names[part]);
  }
  json_t *json = compared(paths[0], paths[1], NULL);
  assert_false(has_alert(json, "DRIFT", NULL));
  json_decref(json);
  json = compared(paths[0], paths[2], NULL);
  assert_true(has_alert(json, "DRIFT", "c250"));
  assert_string_equal(alert_level(json, "DRIFT"), "critical");
  assert_false(has_alert(json, "DRIFT", "c0") || has_alert(json, "DRIFT", "c1"));
  json_decref(json);
}

/* Columns that move only together: alone each is as before, and a model tells the files apart all the same.
 * Drawn alike they cannot be told, not even where rows that stand together are of one kind. */
static void test_domain(void **state) {
  (void)state;
  enum { ROWS = 1600 };
  const char *paths[3];
  for (int part = 0; part < 3; part++) {
    static const char *const names[] = {"one.csv", "two.csv", "other.csv"};
    begin("a,b,noise,kind,batch,id,day");
    double batch = 0;
    for (int i = 0; i < ROWS; i++) {
      double a = uniform(), b = uniform();
      if (part == 2) b = a + 0.04 * uniform();
      if (b > 1) b -= 1;
      if (i % 10 == 0) batch = uniform();
      double noise = uniform(); /* one draw after the other: arguments have no order */
      int kind = (int)(draw() % 300);
      fprintf(made, "%.5f,%.5f,%.4f,k%d,%.5f,%d,%d-01-01\n", a, b, noise, kind, batch, part * ROWS + i,
              2000 + part);
    }
    paths[part] = finish(names[part]);
  }
  json_t *json = compared(paths[0], paths[1], NULL);
  double se = number_at(json, "drift/domain/auc_se");
  assert_near(number_at(json, "drift/domain_auc"), 0.5, 4 * se, "alike");
  assert_true(se > 0 && se < 0.03);
  assert_int_equal(number_at(json, "drift/domain/sample_rows_other"), ROWS);
  assert_false(has_alert(json, "DOMAIN", NULL));
  json_decref(json);
  json = compared(paths[0], paths[2], NULL);
  assert_true(number_at(json, "drift/domain_auc") > 0.75);
  assert_false(has_alert(json, "DRIFT", NULL));
  assert_true(has_alert(json, "DOMAIN", "a") && has_alert(json, "DOMAIN", "b"));
  assert_string_equal(alert_level(json, "DOMAIN"), "warning");
  size_t place;
  json_t *column;
  json_array_foreach(at(json, "drift/domain/columns"), place, column)
      assert_true(number_at(column, "id") < 5); /* neither what counts the rows on nor the day */
  char *one =
      document(paths[0], (copse_profile_options){.against = &paths[2], .n_against = 1, .n_threads = 1},
               COPSE_PROFILE_JSON);
  char *three =
      document(paths[0], (copse_profile_options){.against = &paths[2], .n_against = 1, .n_threads = 3},
               COPSE_PROFILE_JSON);
  assert_string_equal(without_run(one), without_run(three));
  free(one);
  free(three);
  /* where the other file came from */
  struct stat info;
  assert_int_equal(stat(paths[2], &info), 0);
  assert_string_equal(text_at(json, "drift/against/path"), paths[2]);
  assert_int_equal(number_at(json, "drift/against/rows"), ROWS);
  assert_int_equal(number_at(json, "drift/against/columns"), 7);
  assert_int_equal(number_at(json, "drift/against/bytes"), info.st_size);
  json_t *own = parsed(paths[2], (copse_profile_options){.target = NULL});
  assert_string_equal(text_at(json, "drift/against/copse_hash"), text_at(own, "source/copse_hash"));
  assert_string_not_equal(text_at(json, "drift/against/copse_hash"), text_at(json, "source/copse_hash"));
  json_decref(own);
  json_decref(json);
  /* too few rows to train on */
  begin("a,b");
  for (int i = 0; i < 20; i++) fprintf(made, "%d,%d\n", i % 7, i % 3);
  json = compared(paths[0], finish("few.csv"), NULL);
  assert_true(json_is_null(at(json, "drift/domain_auc")));
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns), cmocka_unit_test(test_rows_of_both),
                                     cmocka_unit_test(test_trivial), cmocka_unit_test(test_chance),
                                     cmocka_unit_test(test_domain)};
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
