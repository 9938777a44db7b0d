/* What the caller says of the columns of a profile: which are looked at, as what, and with how much memory.
 */
#define _GNU_SOURCE
#include "profile_support.h"

static const char *write_table(void) {
  begin("id,zip,size,day,note,y");
  for (int i = 0; i < 600; i++)
    fprintf(made, "%d,%05d,%s,%02d/%02d/2024,n%d,%d\n", i * 3, i % 40 * 7,
            i % 2   ? "1.50"
            : i % 4 ? "none"
                    : "tall",
            1 + i % 12, 1 + i % 9, i % 7, i % 3 == 0);
  return finish("table.csv");
}

static json_t *column_called(json_t *json, const char *name) {
  size_t i;
  json_t *column;
  json_array_foreach(at(json, "columns"), i,
                     column) if (strcmp(text_at(column, "name"), name) == 0) return column;
  return NULL;
}

/* A type that is said wins over what would be inferred; texts keep their spelling. */
static void test_types(void **state) {
  (void)state;
  const char *path = write_table();
  json_t *json = parsed(path, (copse_profile_options){.target = NULL});
  assert_string_equal(text_at(column_called(json, "zip"), "type"), "code");
  assert_string_equal(text_at(column_called(json, "size"), "type"), "category");
  json_decref(json);
  json = parsed(path, (copse_profile_options){.column_types = "zip:number,size:number,id:category,day:text"});
  json_t *zip = column_called(json, "zip"), *size = column_called(json, "size"),
         *id = column_called(json, "id");
  assert_string_equal(text_at(zip, "type"), "number");
  assert_string_equal(text_at(zip, "physical"), "int64");
  assert_near(number_at(zip, "number/mean"), 136.5, 0, "zip");
  assert_string_equal(text_at(size, "type"), "number");
  assert_int_equal((int)number_at(size, "mismatched/n"), 150); /* tall; none is missing among numbers */
  assert_int_equal((int)number_at(size, "missing/n"), 150);
  assert_near(number_at(size, "number/mean"), 1.5, 0, "size");
  assert_string_equal(text_at(id, "type"), "category");
  assert_string_equal(text_at(id, "why"), "type=category");
  assert_string_equal(text_at(id, "physical"), "string");
  assert_int_equal((int)number_at(id, "distinct/n"), 600);
  assert_null(json_object_get(id, "number"));
  assert_string_equal(text_at(column_called(json, "day"), "type"), "text");
  json_decref(json);
  json = parsed(path, (copse_profile_options){.column_types = "size:code", .values = COPSE_VALUES_FULL});
  assert_string_equal(text_at(column_called(json, "size"), "category/top/0/value"), "1.50");
  json_decref(json);
}

static void assert_refused(const char *path, copse_profile_options options, const char *message) {
  copse_profile *profile;
  copse_error err;
  assert_int_not_equal(copse_profile_run(NULL, &path, 1, &options, &profile, &err), COPSE_OK);
  if (strstr(err.message, message) == NULL) fail_msg("\"%s\" lacks \"%s\"", err.message, message);
}

static void test_refused(void **state) {
  (void)state;
  const char *path = write_table();
  assert_refused(path, (copse_profile_options){.column_types = "zip:integer"},
                 "found \"zip:integer\", expected COLUMN:TYPE");
  assert_refused(path, (copse_profile_options){.column_types = "zip"}, "expected COLUMN:TYPE");
  assert_refused(path, (copse_profile_options){.column_types = "zap:code"},
                 "there is no column \"zap\" (nearest: \"zip\"");
  assert_refused(path, (copse_profile_options){.column_types = "note:number"},
                 "none of its values is a number");
  assert_refused(path, (copse_profile_options){.column_types = "note:datetime"},
                 "none of its values is a date");
  assert_refused(path, (copse_profile_options){.ignore_column = "name:zap"}, "nearest: \"zip\"");
  assert_refused(path, (copse_profile_options){.ignore_column = "6"}, "the last one is 5");
  assert_refused(path, (copse_profile_options){.ignore_column = "5", .target = "y"}, "the last one is 4");
  assert_refused(path, (copse_profile_options){.ignore_column = "name:y", .target = "y"}, "is the target");
  assert_refused(path, (copse_profile_options){.memory_bytes = 1 << 18}, "the tables of 6 columns take");
  begin("mixed");
  for (int i = 0; i < 30; i++) fprintf(made, "%s\n", i % 2 ? "31/01/2024" : "01/31/2024");
  assert_refused(finish("mixed.csv"), (copse_profile_options){.column_types = "mixed:datetime"},
                 "in some dates the day comes first");
}

/* What is not looked at counts nowhere: not in the cells, not in what makes rows equal; the rows shown and
 * the places of misfits keep to the file. */
static void test_ignored(void **state) {
  (void)state;
  const char *path = write_table();
  json_t *json = parsed(path, (copse_profile_options){.target = "y", .ignore_column = "name:id,size"});
  assert_int_equal((int)number_at(json, "source/columns"), 4);
  assert_null(column_called(json, "id"));
  assert_int_equal((int)number_at(column_called(json, "note"), "distinct/n"), 7);
  assert_near(number_at(json, "target/rate"), 1 / 3.0, 1e-12, "rate");
  json_decref(json);
  /* without the target, and by number where it is not counted */
  json = parsed(path, (copse_profile_options){.target = "id", .ignore_column = "0,1,2,3"});
  assert_int_equal((int)number_at(json, "source/columns"), 2);
  assert_string_equal(text_at(json, "columns/0/name"), "id");
  assert_string_equal(text_at(json, "columns/1/name"), "y");
  json_decref(json);
  json = parsed(path, (copse_profile_options){
                          .ignore_column = "name:id,zip", .values = COPSE_VALUES_FULL, .n_samples = 1000});
  assert_string_equal(text_at(json, "rows/3/cells/0"), "1.50");
  assert_string_equal(text_at(json, "rows/3/cells/2"), "n3");
  json_decref(json);
  begin("k,a");
  for (int i = 0; i < 100; i++) fprintf(made, "%d,%d\n", i, i % 4);
  json = parsed(finish("equal.csv"), (copse_profile_options){.ignore_column = "name:k"});
  assert_int_equal((int)number_at(json, "table/rows_duplicate/n"), 96);
  json_decref(json);
}

/* Of 01/02/2024 the caller may say which is the day; a column that tells it itself does not listen. */
static void test_date_order(void **state) {
  (void)state;
  begin("open,told");
  for (int i = 0; i < 100; i++)
    fprintf(made, "%02d/%02d/2024,%02d/03/2024\n", 1 + i % 12, 1 + i % 3, 1 + i % 28);
  const char *path = finish("dates.csv");
  for (int i = 0; i < 3; i++) {
    json_t *json = parsed(path, (copse_profile_options){.date_order = i == 0   ? 0
                                                                      : i == 1 ? 'd'
                                                                               : 'm',
                                                        .values = COPSE_VALUES_FULL});
    assert_string_equal(text_at(json, "columns/0/datetime/format"), i < 2 ? "DD/MM/YYYY" : "MM/DD/YYYY");
    assert_string_equal(text_at(json, "columns/0/datetime/last"), i < 2 ? "2024-03-12" : "2024-12-03");
    assert_int_equal(has_alert(json, "AMBIGUOUS_DATE", "open"), i == 0);
    assert_string_equal(text_at(json, "columns/1/datetime/format"), "DD/MM/YYYY");
    assert_string_equal(text_at(json, "columns/1/datetime/last"), "2024-03-28");
    json_decref(json);
  }
}

/* With less memory more is estimated, within the errors that are told; and less is taken. */
static void test_memory(void **state) {
  (void)state;
  begin("x,text,y");
  double sum = 0;
  for (int i = 0; i < 60000; i++) {
    double x = uniform();
    sum += x;
    fprintf(made, "%.9f,t%d,%d\n", x, i % 3000, i % 2);
  }
  const char *path = finish("memory.csv");
  copse_error err;
  size_t peaks[2];
  for (int i = 0; i < 2; i++) {
    copse_context *ctx;
    copse_profile *profile;
    copse_text text = {.ctx = NULL};
    copse_profile_options options = {.target = "y", .n_threads = 1, .memory_bytes = i * (8 << 20)};
    assert_int_equal(copse_context_create(NULL, &ctx, &err), COPSE_OK);
    assert_int_equal(copse_profile_run(ctx, &path, 1, &options, &profile, &err), COPSE_OK);
    copse_profile_write(profile, COPSE_PROFILE_JSON, &text);
    json_t *json = json_loadb(text.data, text.length, 0, NULL);
    json_t *x = column_called(json, "x");
    assert_int_equal(json_is_true(at(x, "number/exact")), i == 0);
    assert_int_equal((int)number_at(json, "table/limits/halvings") > 0, i);
    assert_int_equal((int)number_at(x, "n"), 60000);
    assert_near(number_at(x, "number/sum"), sum, 1e-6, "sum");
    assert_near(number_at(x, "number/quantiles/0.5"), 0.5, 0.02, "median");
    assert_near(number_at(x, "distinct/n"), 60000, i > 0 ? 1500 : 10, "distinct");
    peaks[i] = copse_context_memory_peak(ctx);
    json_decref(json);
    copse_text_release(&text);
    copse_profile_free(profile);
    copse_context_free(ctx);
  }
  if (peaks[1] * 10 > peaks[0] * 9) fail_msg("%zu bytes, without a limit %zu", peaks[1], peaks[0]);
}

/* Of some moments the zone is told, of others not: said, and alerted. */
static void test_zones(void **state) {
  (void)state;
  begin("mixed,all,bare,day");
  for (int i = 0; i < 200; i++)
    fprintf(made, "2024-01-%02d 10:00:00%s,2024-01-%02dT10:00:00+01:00,2024-01-%02d 10:00:00,2024-01-%02d\n",
            1 + i % 28, i % 4 ? "" : "Z", 1 + i % 28, 1 + i % 28, 1 + i % 28);
  json_t *json = parsed(finish("zones.csv"), (copse_profile_options){.values = COPSE_VALUES_FULL});
  static const char *const zones[] = {"mixed", "all", "none", "none"};
  static const char *const firsts[] = {"2024-01-01T10:00:00Z", "2024-01-01T09:00:00Z", "2024-01-01T10:00:00Z",
                                       "2024-01-01"};
  for (size_t i = 0; i < 4; i++) {
    json_t *column = json_array_get(at(json, "columns"), i);
    assert_string_equal(text_at(column, "datetime/zone"), zones[i]);
    assert_string_equal(text_at(column, "datetime/first"), firsts[i]);
    assert_string_equal(text_at(column, "physical"), i < 3 ? "timestamp" : "date");
    assert_near(number_at(column, "datetime/format_share"), 1, 0, "share");
    assert_int_equal(has_alert(json, "MIXED_ZONES", text_at(column, "name")), i == 0);
  }
  json_decref(json);
}

/* The option of an alert can be pasted: names as the file has them, in one list for columns told together. */
static void test_flags(void **state) {
  (void)state;
  begin("\"a,b\",c,d,e,f");
  for (int i = 0; i < 300; i++) fprintf(made, "1,2,3,4,%s\n", i < 2 ? "oops" : i % 2 ? "7" : "8");
  const char *path = finish("flags.csv");
  json_t *json = parsed(path, (copse_profile_options){.values = COPSE_VALUES_FULL});
  size_t i;
  json_t *alert;
  int found = 0;
  json_array_foreach(at(json, "alerts"), i, alert) {
    if (strcmp(text_at(alert, "id"), "CONSTANT") == 0) {
      assert_string_equal(text_at(alert, "flag"), "ignore_column=name:\"a,b\",c,d,e");
      assert_int_equal((int)number_at(alert, "data/columns"), 4);
      json_t *rest = parsed(path, (copse_profile_options){.ignore_column = text_at(alert, "flag") + 14});
      assert_int_equal((int)number_at(rest, "source/columns"), 1);
      json_decref(rest);
      found++;
    }
    if (strcmp(text_at(alert, "id"), "MISMATCH") == 0) {
      assert_string_equal(text_at(alert, "flag"), "missing_values=oops");
      assert_int_equal((int)number_at(alert, "data/n"), 2);
      found++;
    }
  }
  assert_int_equal(found, 2);
  json_decref(json);
}

/* Texts that mean missing: read so among numbers, values among texts, and said so. */
static void test_spellings(void **state) {
  (void)state;
  begin("amount,kind");
  for (int i = 0; i < 300; i++)
    fprintf(made, "%s,%s\n",
            i % 10   ? "7"
            : i % 20 ? "NA"
                     : "null",
            i % 4       ? "red"
            : i % 8     ? "n/a"
            : i % 3 > 0 ? "None"
                        : "");
  const char *path = finish("spellings.csv");
  json_t *json = parsed(path, (copse_profile_options){.target = NULL});
  size_t i;
  json_t *alert;
  int found = 0;
  json_array_foreach(at(json, "alerts"), i, alert) {
    if (strcmp(text_at(alert, "id"), "NULL_LIKE") != 0) continue;
    found++;
    if (number_at(alert, "columns/0") == 0) {
      assert_non_null(strstr(text_at(alert, "text"), "; all of them are read as missing."));
      assert_true(json_is_null(at(alert, "flag")));
      assert_int_equal((int)number_at(json, "columns/0/missing/n"), 30);
    } else {
      const char *flag = text_at(alert, "flag"), *key = "missing_values=";
      assert_non_null(strstr(text_at(alert, "text"), "; only the empty ones are read as missing"));
      assert_int_equal((int)number_at(alert, "data/spellings"), 3);
      assert_int_equal((int)number_at(json, "columns/1/missing/n"), 13);
      assert_int_equal(strncmp(flag, key, strlen(key)), 0);
      json_t *declared = parsed(path, (copse_profile_options){.missing_values = flag + strlen(key)});
      assert_int_equal((int)number_at(declared, "columns/1/missing/n"), 75);
      json_decref(declared);
    }
  }
  assert_int_equal(found, 2);
  json_decref(json);
  json = parsed(path, (copse_profile_options){.values = COPSE_VALUES_NONE}); /* no value in an option */
  json_array_foreach(at(json, "alerts"), i, alert) if (strcmp(text_at(alert, "id"), "NULL_LIKE") == 0)
      assert_true(json_is_null(at(alert, "flag")));
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_types),      cmocka_unit_test(test_refused),   cmocka_unit_test(test_ignored),
      cmocka_unit_test(test_date_order), cmocka_unit_test(test_memory),    cmocka_unit_test(test_zones),
      cmocka_unit_test(test_flags),      cmocka_unit_test(test_spellings),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
