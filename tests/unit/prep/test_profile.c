/* Whole profiles: figures against naive loops, alerts that must and must not come, texts that would like to
 * be markup, the same bytes for every number of threads. JSON is read with jansson, not with our own eyes. */
#define _GNU_SOURCE
#include "profile_support.h"

/* ---- figures ---- */

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void test_figures(void **state) {
  enum { N = 3000 };
  static double x[N], sorted[N];
  static int y[N], missing[N];
  char *text;
  size_t length;
  (void)state;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "x,level,y\n");
  int n = 0, n_pos = 0;
  for (int i = 0; i < N; i++) {
    y[i] = uniform() < 0.3;
    missing[i] = i % 10 == 3;
    x[i] = round((uniform() + 0.4 * y[i]) * 10000) / 100;
    if (missing[i])
      fprintf(file, ",");
    else
      fprintf(file, "%.2f,", x[i]);
    fprintf(file, "%s,%d\n", i % 4 == 0 ? "often" : i % 7 == 0 ? "\xC3\xA9t\xC3\xA9" : "most", y[i]);
    if (!missing[i]) sorted[n++] = x[i];
    n_pos += y[i];
  }
  fclose(file);
  const char *path = write_text("figures.csv", text);
  json_t *json = parsed(path, (copse_profile_options){.target = "y", .values = COPSE_VALUES_FULL});
  qsort(sorted, (size_t)n, sizeof *sorted, compare_doubles);
  double mean = 0, m2 = 0, won = 0, pairs = 0;
  for (int i = 0; i < n; i++) mean += sorted[i] / n;
  for (int i = 0; i < n; i++) m2 += (sorted[i] - mean) * (sorted[i] - mean);
  for (int i = 0; i < N; i++) {
    for (int k = 0; k < N && y[i] && !missing[i]; k++) {
      if (y[k] || missing[k]) continue;
      won += x[i] > x[k] ? 1 : x[i] == x[k] ? 0.5 : 0;
      pairs++;
    }
  }
  json_t *column = at(json, "columns/0");
  assert_string_equal(text_at(column, "type"), "number");
  assert_int_equal((int)number_at(column, "missing/n"), N - n);
  assert_near(number_at(column, "number/mean"), mean, 1e-8, "mean");
  assert_near(number_at(column, "number/std"), sqrt(m2 / (n - 1)), 1e-8, "std");
  const char *const names[] = {"0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99"};
  for (int i = 0; i < 7; i++) {
    char where[40];
    double q = strtod(names[i], NULL) * (n - 1);
    int below = (int)q;
    snprintf(where, sizeof where, "number/quantiles/%s", names[i]);
    double expected = sorted[below] + (q - below) * (sorted[below + (below + 1 < n)] - sorted[below]);
    assert_near(number_at(column, where), expected, 1e-9, names[i]);
  }
  double counted = number_at(column, "number/histogram/below") + number_at(column, "number/histogram/above");
  size_t i;
  json_t *count;
  json_array_foreach(at(column, "number/histogram/counts"), i, count) counted += json_number_value(count);
  assert_near(counted, n, 0, "rows in the histogram");
  assert_near(number_at(column, "target/auc"), won / pairs, 1e-9, "AUC");
  assert_near(number_at(json, "target/rate"), (double)n_pos / N, 1e-9, "rate");
  /* Wilson's interval of the target, from the formula with z = 1.96 */
  double p = (double)n_pos / N, z = 1.959963984540054, d = 1 + z * z / N;
  double half = z / d * sqrt(p * (1 - p) / N + z * z / (4.0 * N * N));
  assert_near(number_at(json, "target/rate_ci/0"), (p + z * z / (2.0 * N)) / d - half, 1e-9, "interval");
  /* parts add up, and the information value is the sum over them */
  double rows = 0, iv = 0, parts = (double)json_array_size(at(column, "target/bins"));
  json_t *bin;
  json_array_foreach(at(column, "target/bins"), i, bin) {
    double pos = number_at(bin, "n_pos"), all = number_at(bin, "n");
    rows += all;
    double a = (pos + 0.5) / (n_pos + 0.5 * parts), b = (all - pos + 0.5) / (N - n_pos + 0.5 * parts);
    assert_near(number_at(bin, "woe"), log(a / b), 1e-9, "weight of evidence");
    iv += (a - b) * log(a / b);
  }
  assert_near(rows, N, 0, "rows in the parts");
  assert_near(number_at(column, "target/iv"), iv, 1e-9, "information value");
  column = at(json, "columns/1");
  assert_string_equal(text_at(column, "type"), "category");
  assert_string_equal(text_at(column, "category/top/0/value"), "most");
  assert_int_equal((int)number_at(column, "category/length/min"), 3); /* characters, not bytes */
  assert_near(number_at(column, "target/auc_oof"), 0.5, 0.03, "a column that says nothing");
  json_decref(json);
  free(text);
}

/* ---- types ---- */

static void check_column(json_t *json, int index, const char *type) {
  char where[32];
  snprintf(where, sizeof where, "columns/%d/type", index);
  if (strcmp(text_at(json, where), type) != 0) {
    snprintf(where, sizeof where, "columns/%d/name", index);
    const char *name = text_at(json, where);
    snprintf(where, sizeof where, "columns/%d/type", index);
    fail_msg("%s: %s, expected %s", name, text_at(json, where), type);
  }
}

static void test_types(void **state) {
  (void)state;
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "empty,one,yes,bit,number,zip,day,slash,late,row,word,mixed,uuid\n");
  for (int i = 0; i < 1000; i++) {
    fprintf(file, ",same,%s,%d,%d.5,%05d,2024-01-%02d,%02d/%02d/2024,", i % 3 ? "Yes" : "no", i % 2, i % 77,
            i % 500, 1 + i % 31, 1 + i % 28, 1 + i % 12);
    /* the first text comes in the last row: no prefix would have told */
    fprintf(file, "%s,%d,w%d,%s,%08x-0000-4000-8000-%012x\n", i == 999 ? "C536379" : "17", i + 1, i % 9,
            i % 20 ? "12" : "twelve", (unsigned)(i * 7919), (unsigned)i);
  }
  fclose(file);
  json_t *json = parsed(write_text("types.csv", text), (copse_profile_options){.target = NULL});
  const char *const types[] = {"empty",    "constant", "boolean", "boolean",  "number",   "code", "datetime",
                               "datetime", "number",   "id",      "category", "category", "id"};
  for (int i = 0; i < 13; i++) check_column(json, i, types[i]);
  assert_true(has_alert(json, "MISMATCH", "late"));
  assert_true(has_alert(json, "CODE", "zip"));
  assert_true(has_alert(json, "ID_LIKE", "row"));
  assert_string_equal(text_at(json, "columns/7/datetime/format"), "DD/MM/YYYY");
  assert_true(json_is_true(at(json, "columns/9/sensitive")));
  json_decref(json);
  free(text);
}

/* ---- leakage ---- */

static void test_leaks(void **state) {
  (void)state;
  enum { N = 4000 };
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "stage,score,contract_date,refund,noise,color,lead,sold\n");
  for (int i = 0; i < N; i++) {
    int y = uniform() < 0.4;
    fprintf(file, "%s,%.4f,", y ? "customer" : i % 2 ? "open" : "dead", y * 0.9 + uniform());
    fprintf(file, y ? "2024-03-%02d," : ",", 1 + i % 28);
    fprintf(file, "%d,%.5f,c%d,L%06d,%d\n", y && i % 9 == 0 ? 40 : 0, uniform(), (int)(draw() % 6), i, y);
  }
  fclose(file);
  json_t *json = parsed(write_text("leaks.csv", text), (copse_profile_options){.target = "sold"});
  assert_true(has_alert(json, "LEAK_EXACT", "stage"));
  assert_true(has_alert(json, "LEAK_AUC", "score"));
  assert_true(has_alert(json, "LEAK_EXACT", "contract_date") ||
              has_alert(json, "LEAK_MISSING", "contract_date"));
  assert_true(has_alert(json, "LEAK_PART", "refund"));
  const char *const ids[] = {"LEAK_EXACT", "LEAK_AUC", "LEAK_MISSING", "LEAK_PART", "LEAK_ID"};
  const char *const clean[] = {"noise", "color", "lead"}; /* an identifier decides every row it has seen */
  for (size_t i = 0; i < 5; i++)
    for (size_t k = 0; k < 3; k++) assert_false(has_alert(json, ids[i], clean[k]));
  assert_true(has_alert(json, "ID_LIKE", "lead"));
  assert_false(has_alert(json, "LEAK_ORDER", NULL));
  json_decref(json);
  free(text);
}

static void test_clean_is_quiet(void **state) {
  (void)state;
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "a,b,c,d,y\n");
  for (int i = 0; i < 5000; i++) {
    double a = uniform(), b = uniform();
    fprintf(file, "%.6f,%.6f,%s,%d,%d\n", a, b, (int)(draw() % 3) ? "red" : "blue", (int)(draw() % 9),
            a + b + uniform() > 1.5);
  }
  fclose(file);
  json_t *json = parsed(write_text("clean.csv", text), (copse_profile_options){.target = "y"});
  assert_int_equal(json_array_size(json_object_get(json, "alerts")), 0);
  json_decref(json);
  free(text);
}

static void test_targets(void **state) {
  (void)state;
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "x,z,kind,amount\n");
  for (int i = 0; i < 3000; i++) {
    int k = (int)(draw() % 3);
    double x = k + uniform(), z = uniform();
    fprintf(file, "%.5f,%.5f,%s,%.5f\n", x, z, k == 0 ? "gold" : k == 1 ? "iron" : "tin", 3 * x + uniform());
  }
  fclose(file);
  const char *path = write_text("targets.csv", text);
  json_t *json = parsed(path, (copse_profile_options){.target = "kind", .positive = "iron"});
  assert_string_equal(text_at(json, "target/kind"), "multiclass");
  assert_string_equal(text_at(json, "target/positive"), "iron");
  assert_true(has_alert(json, "LEAK_EXACT", "x") || number_at(json, "columns/0/target/auc_oof") > 0.95);
  assert_near(number_at(json, "columns/1/target/auc_oof"), 0.5, 0.04, "noise");
  json_decref(json);
  json = parsed(path, (copse_profile_options){.target = "amount"});
  assert_string_equal(text_at(json, "target/kind"), "regression");
  assert_true(number_at(json, "columns/0/target/r2_oof") > 0.97);
  assert_near(number_at(json, "columns/1/target/r2_oof"), 0, 0.05, "noise");
  json_decref(json);
  copse_profile *profile;
  copse_error err;
  copse_profile_options wrong = {.target = "no such"};
  assert_int_equal(copse_profile_run(NULL, &path, 1, &wrong, &profile, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "there is no column \"no such\""));
  wrong = (copse_profile_options){.target = "kind", .positive = "lead"};
  assert_int_equal(copse_profile_run(NULL, &path, 1, &wrong, &profile, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "\"lead\""));
  free(text);
}

/* What a bin says of a target of numbers, against the rows [n] that it holds. */
static void assert_spread(json_t *bin, double *y, int n) {
  double mean = 0, m2 = 0;
  qsort(y, (size_t)n, sizeof *y, compare_doubles);
  for (int i = 0; i < n; i++) mean += y[i] / n;
  for (int i = 0; i < n; i++) m2 += (y[i] - mean) * (y[i] - mean);
  double half = 1.959963984540054 * sqrt(m2 / (n - 1) / n);
  assert_int_equal((int)number_at(bin, "n"), n);
  assert_int_equal((int)number_at(bin, "sample_rows"), n);
  assert_near(number_at(bin, "rate"), mean, 1e-9 * fabs(mean), "mean");
  assert_near(number_at(bin, "ci/0"), mean - half, 1e-9 * fabs(mean), "interval");
  assert_near(number_at(bin, "ci/1"), mean + half, 1e-9 * fabs(mean), "interval");
  assert_near(number_at(bin, "median"), (y[(n - 1) / 2] + y[n / 2]) / 2, 1e-9 * fabs(mean), "median");
}

/* Mean, interval and median of a target of numbers in ranges, levels, days, missing and mistyped cells. */
static void test_spread(void **state) {
  enum { N = 1500 };
  static double x[N], y[N], in[N];
  static const char *const levels[] = {"red", "7", "02/11/2023", "green"};
  (void)state;
  begin("x,level,day,amount");
  for (int i = 0; i < N; i++) {
    x[i] = i % 9 == 0 ? (double)NAN : (double)(draw() % 100000) / 8;
    y[i] = 1e6 + (double)(draw() % 100000) / 16 + i % 4 * 1000;
    if (i == 100)
      fprintf(made, "oops,");
    else if (isnan(x[i]))
      fprintf(made, i % 2 ? "," : "NA,");
    else
      fprintf(made, "%.3f,", x[i]);
    fprintf(made, "%s,%02d/%02d/2023,%.4f\n", levels[i % 4], 1 + i % 28, 1 + i % 4, y[i]);
  }
  x[100] = (double)INFINITY;
  const char *path = finish("spread.csv");
  json_t *json = parsed(path, (copse_profile_options){.target = "amount", .values = COPSE_VALUES_FULL}), *bin;
  assert_string_equal(text_at(json, "target/kind"), "regression");
  size_t b, n_ranges = 0;
  json_array_foreach(at(json, "columns/0/target/bins"), b, bin) {
    int n = 0;
    bool range = strcmp(text_at(bin, "kind"), "range") == 0,
         missing = !strcmp(text_at(bin, "kind"), "missing");
    for (int i = 0; i < N; i++)
      if (range ? x[i] >= number_at(bin, "lo") && x[i] <= number_at(bin, "hi") : missing && isnan(x[i]))
        in[n++] = y[i];
    if (range || missing) assert_spread(bin, in, n);
    n_ranges += range;
  }
  assert_true(n_ranges >= 8);
  assert_string_equal(text_at(json, "columns/0/target/bins/11/kind"), "mismatched");
  assert_near(number_at(json, "columns/0/target/bins/11/median"), y[100], 1e-6, "one row");
  assert_true(json_is_null(at(json, "columns/0/target/bins/11/ci/0")));
  json_array_foreach(at(json, "columns/1/target/bins"), b, bin) {
    int n = 0;
    for (int i = 0; i < N; i++)
      if (strcmp(levels[i % 4], text_at(bin, "value")) == 0) in[n++] = y[i];
    assert_spread(bin, in, n);
  }
  assert_int_equal((int)b, 4);
  assert_string_equal(text_at(json, "columns/2/datetime/format"), "DD/MM/YYYY");
  int n_rows = 0;
  json_array_foreach(at(json, "columns/2/target/bins"), b, bin) {
    assert_int_equal((int)number_at(bin, "sample_rows"), (int)number_at(bin, "n"));
    assert_true(number_at(bin, "ci/0") < number_at(bin, "median") + 1500);
    n_rows += (int)number_at(bin, "n");
  }
  assert_int_equal(n_rows, N);
  json_decref(json);
  char *page = document(path, (copse_profile_options){.target = "amount"}, COPSE_PROFILE_HTML);
  assert_non_null(strstr(page, "mean (95 % interval)</th><th scope=\"col\">median</th>"));
  free(page);
  /* a median is some row's own */
  json = parsed(path, (copse_profile_options){.target = "amount"});
  double median = number_at(json, "columns/1/target/bins/0/median");
  assert_near(median, round(median / 1e4) * 1e4, 1e-3, "three digits");
  assert_true(json_is_null(at(json, "columns/0/target/bins/11/median")));
  json_decref(json);
}

/* A target of twelve numbers, fewer than are counted as classes, has means all the same. */
static void test_few_numbers(void **state) {
  (void)state;
  static double in[900];
  begin("town,day,y");
  for (int i = 0; i < 900; i++)
    fprintf(made, "%s,2024-01-%02d,%d.5\n", i % 3 ? "Oslo" : "Bonn", 1 + i % 9, i % 3 + 4 * (i / 3 % 4));
  json_t *json =
      parsed(finish("few.csv"), (copse_profile_options){.target = "y", .values = COPSE_VALUES_FULL});
  assert_string_equal(text_at(json, "target/kind"), "regression");
  for (int bonn = 0; bonn < 2; bonn++) {
    int n = 0;
    for (int i = 0; i < 900; i++)
      if ((i % 3 == 0) == bonn) in[n++] = i % 3 + 4 * (i / 3 % 4) + 0.5;
    assert_spread(at(json, bonn ? "columns/0/target/bins/1" : "columns/0/target/bins/0"), in, n);
  }
  double sum = 0;
  int n = 0;
  for (int i = 0; i < 900; i += 9, n++) sum += i % 3 + 4 * (i / 3 % 4) + 0.5;
  assert_near(number_at(json, "columns/1/datetime/per/rate/0"), sum / n, 1e-9, "mean of the first day");
  json_decref(json);
}

/* ---- another file ---- */

static void test_against(void **state) {
  (void)state;
  char *texts[2];
  size_t length;
  for (int part = 0; part < 2; part++) {
    FILE *file = open_memstream(&texts[part], &length);
    fprintf(file, part ? "y,moved,calm,source\n" : "calm,moved,source,y\n");
    for (int i = 0; i < 4000; i++) {
      bool known = part && i < 400; /* rows of the first file once more */
      random_state = known ? (uint64_t)i * 8 + 1000 : (uint64_t)(part * 100000 + i) * 8 + 1000;
      double calm = uniform(), moved = uniform() + (part && !known ? 0.7 : 0);
      int y = draw() % 2;
      const char *source = part && i % 5 == 4 ? "new" : draw() % 2 ? "web" : "mail";
      if (part)
        fprintf(file, "%d,%.6f,%.6f,%s\n", y, moved, calm, source);
      else
        fprintf(file, "%.6f,%.6f,%s,%d\n", calm, moved, source, y);
    }
    fclose(file);
  }
  const char *here = write_text("here.csv", texts[0]), *there = write_text("there.csv", texts[1]);
  json_t *json = parsed(here, (copse_profile_options){.target = "y", .against = &there, .n_against = 1});
  assert_near(number_at(json, "drift/rows_known_share"), 0.08, 0.001,
              "rows of both"); /* a fifth of them got a new level */
  assert_true(json_is_true(at(json, "drift/columns/1/moved")));
  /* 0.7 further on for nine rows of ten, of a deviation of 1 / sqrt(12) */
  assert_near(number_at(json, "drift/columns/1/w1"), 0.7 * 0.9 * sqrt(12), 0.06, "moved");
  assert_near(number_at(json, "drift/columns/0/w1"), 0, 0.06, "calm");
  assert_false(json_is_true(at(json, "drift/columns/0/moved")));
  assert_true(has_alert(json, "SPLIT_DUP", NULL));
  assert_true(has_alert(json, "DRIFT", "moved"));
  assert_true(has_alert(json, "NEW_LEVELS", "source"));
  char cell[64],
      *page = document(here, (copse_profile_options){.against = &there, .n_against = 1}, COPSE_PROFILE_HTML);
  snprintf(cell, sizeof cell, ">%.3f</td>", number_at(json, "drift/columns/1/w1"));
  assert_non_null(strstr(page, ">W1</button>"));
  assert_non_null(strstr(strstr(page, ">W1</button>"), cell));
  free(page);
  page = document(here, (copse_profile_options){.against = &there, .n_against = 1}, COPSE_PROFILE_TEXT);
  snprintf(cell, sizeof cell, "  %6.3f  ", number_at(json, "drift/columns/1/w1"));
  assert_non_null(strstr(page, cell));
  free(page);
  json_decref(json);
  json = parsed(here, (copse_profile_options){.target = "y", .against = &here, .n_against = 1});
  assert_near(number_at(json, "drift/rows_known_share"), 1, 0, "the same file");
  assert_false(has_alert(json, "DRIFT", NULL));
  json_decref(json);
  free(texts[0]);
  free(texts[1]);
}

/* ---- between columns ---- */

static void test_pairs(void **state) {
  (void)state;
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "a,square,other,country,code,n1,n2,n3\n");
  for (int i = 0; i < 3000; i++) {
    double a = uniform();
    int k = (int)(draw() % 4);
    const char *gap = i % 6 == 0 ? "" : "1.5";
    fprintf(file, "%.6f,%.9f,%.6f,land%d,L%d,%s%s,%s%s,%s%s\n", a, a * a, uniform(), k, k, gap,
            *gap ? "1" : "", gap, *gap ? "2" : "", gap, *gap && i % 2 ? "3" : "");
  }
  fclose(file);
  json_t *json = parsed(write_text("pairs.csv", text), (copse_profile_options){.target = NULL});
  assert_true(has_alert(json, "DUP_COLUMNS", "square"));
  assert_true(has_alert(json, "DUP_COLUMNS", "code"));
  assert_false(has_alert(json, "DUP_COLUMNS", "other") || has_alert(json, "CORRELATED", "other"));
  assert_true(has_alert(json, "CO_MISSING", "n3"));
  assert_near(number_at(json, "pairs/list/0/value"), 1, 1e-6, "the strongest pair");
  json_decref(json);
  free(text);
}

/* Quartiles of about 25 and 75: five beyond 150, three of them beyond 225. */
static void test_outliers(void **state) {
  (void)state;
  begin("x");
  for (int i = 0; i < 1000; i++) fprintf(made, "%d\n", i % 100);
  fprintf(made, "180\n-90\n1000\n260\n-300\n140\n");
  json_t *json = parsed(finish("outliers.csv"), (copse_profile_options){.header = COPSE_HEADER_YES});
  assert_int_equal(number_at(json, "columns/0/number/n_far"), 5);
  assert_int_equal(number_at(json, "columns/0/number/n_extreme"), 3);
  json_decref(json);
}

/* ---- missing together ---- */

/* Rows that miss nothing, of many more than are sampled: exact, but where a word means two things. */
static void test_complete(void **state) {
  enum { N = 70001 };
  (void)state;
  static const char *const words[] = {"", "NA", "2.5"};
  for (int form = 0; form < 4; form++) { /* NA: nowhere, missing, a text, both */
    int n_complete = 0;
    begin("a,word,y");
    for (int i = 0; i < N; i++) {
      uint64_t which = draw() % 16;
      const char *a = which < 2 ? words[form % 2 == 1 ? which : 0] : words[2];
      const char *word = draw() % 8 == 0 ? form >= 2 ? "NA" : "Bonn" : draw() % 9 == 0 ? "" : "Oslo";
      fprintf(made, "%s,%s,%d\n", a, word, i % 2);
      n_complete += a == words[2] && *word != '\0';
    }
    json_t *json = parsed(finish("complete.csv"), (copse_profile_options){.target = "y", .n_threads = 2});
    assert_true(json_is_false(at(json, "missing_sample/exact")));
    if (form < 3) assert_int_equal((int)number_at(json, "table/rows_complete"), n_complete);
    assert_near(number_at(json, "table/rows_complete"), n_complete, 0.01 * N, "rows without a missing cell");
    assert_int_equal(json_is_true(at(json, "table/rows_complete_exact")), form < 3);
    json_decref(json);
  }
  begin("x,lost");
  for (int i = 0; i < 20; i++) fprintf(made, "%d,\n", i);
  json_t *json = parsed(finish("complete.csv"), (copse_profile_options){.target = NULL});
  assert_int_equal((int)number_at(json, "table/rows_complete"), 0); /* no row has a cell of an empty column */
  json_decref(json);
}

/* Patterns of missing cells, the commonest first; those of few rows are no one's business. */
static void test_gaps(void **state) {
  (void)state;
  begin("a,b,c,word");
  for (int i = 0; i < 1000; i++) {
    bool both = i % 5 == 0, alone = i % 5 == 1, few = i == 7;
    fprintf(made, "%s,%s,%s,%s\n", both || few ? "NA" : "1.5", both ? "" : "2.5", alone || few ? "" : "3.5",
            i % 2 ? "NA" : "Oslo");
  }
  const char *path = finish("gaps.csv");
  for (int full = 0; full < 2; full++) {
    json_t *json =
        parsed(path, (copse_profile_options){.values = full ? COPSE_VALUES_FULL : COPSE_VALUES_COMMON});
    json_t *list = at(json, "missing_patterns");
    assert_int_equal(json_array_size(list), full ? 3 : 2);
    assert_int_equal(number_at(json, "missing_sample/rows"), 1000);
    assert_int_equal(number_at(json, "missing_sample/rows_complete"), 599);
    assert_int_equal(number_at(json, "table/rows_complete"), 599); /* NA is a text in one column of two */
    assert_true(json_is_true(at(json, "table/rows_complete_exact")));
    assert_int_equal(number_at(json, "missing_sample/rows_other"), full ? 0 : 1);
    assert_int_equal(number_at(list, "0/rows"), 200); /* NA of a column of texts is a text */
    assert_int_equal(json_array_size(at(list, "0/columns")), 2);
    assert_int_equal(number_at(list, "0/columns/1"), 1);
    assert_int_equal(number_at(list, "1/rows"), 200);
    assert_int_equal(number_at(list, "1/columns/0"), 2);
    json_decref(json);
  }
  char *page = document(path, (copse_profile_options){.target = NULL}, COPSE_PROFILE_HTML);
  assert_non_null(strstr(page, "id=\"missing\""));
  free(page);
}

/* ---- threads ---- */

static void test_threads(void **state) {
  (void)state;
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "x,id,city,when,y\n");
  for (int i = 0; i < 80000; i++)
    fprintf(file, "%.9g,id%llu,city%d,2024-%02d-%02d,%d\n", exp(10 * uniform()), (unsigned long long)draw(),
            (int)(draw() % 3000), 1 + i / 10000 % 12, 1 + i % 28, (int)(draw() % 2));
  fclose(file);
  const char *path = write_text("threads.csv", text);
  static const copse_profile_format formats[] = {COPSE_PROFILE_JSON, COPSE_PROFILE_HTML, COPSE_PROFILE_TEXT};
  for (int f = 0; f < 3; f++) {
    char *first = document(path, (copse_profile_options){.target = "y", .n_threads = 1}, formats[f]);
    for (int threads = 2; threads<9; threads += f> 0 ? 9 : threads == 2 ? 1 : 5) {
      char *other = document(path, (copse_profile_options){.target = "y", .n_threads = threads}, formats[f]);
      assert_string_equal(without_run(first), without_run(other));
      free(other);
    }
    free(first);
  }
  free(text);
}

/* ---- texts that would like to be something else ---- */

static const char *const hostile[] = {
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\" onmouseover=\"alert(3)",
    "' onfocus='alert(4)",
    "]]>",
    "&#60;b&#62;",
    "$$x$$",
    "`rm -rf`",
    "; drop table x; --",
    "\xE2\x80\xAEright to left",
    "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",
    "zero\xE2\x80\x8Bwidth",
    "bad \xFF\xFE bytes",
    "half \xE2\x82",
    "1Day",
    "~ =",
    "{{ name }}",
    "%s%n%d",
    "javascript:alert(5)",
    "\xEF\xBF\xBE",
};
enum { N_HOSTILE = sizeof hostile / sizeof *hostile };

static void put_quoted(FILE *file, const char *text) {
  fputc('"', file);
  for (; *text != '\0'; text++) {
    if (*text == '"') fputc('"', file);
    fputc(*text, file);
  }
  fputc('"', file);
}

static const char *write_hostile(void) {
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  for (int i = 0; i < N_HOSTILE; i++) {
    put_quoted(file, hostile[i]);
    fputc(',', file);
  }
  for (int i = 0; i < 10000; i++) fputc('n', file); /* a name of 10 KB */
  fprintf(file, ",y\n");
  for (int row = 0; row < 400; row++) {
    for (int i = 0; i < N_HOSTILE; i++) {
      put_quoted(file, hostile[(i + row) % 12 % N_HOSTILE]);
      fputc(',', file);
    }
    fprintf(file, "%d,%d\n", row % 17, row % 2);
  }
  fclose(file);
  const char *path = write_text("hostile <b>.csv", text);
  free(text);
  return path;
}

static size_t count_of(const char *text, const char *what) {
  size_t n = 0;
  for (; (text = strstr(text, what)) != NULL; text++) n++;
  return n;
}

static void test_hostile(void **state) {
  (void)state;
  const char *path = write_hostile();
  copse_profile_options options = {.target = "y",
                                   .header = COPSE_HEADER_YES,
                                   .values = COPSE_VALUES_FULL,
                                   .against = &path,
                                   .n_against = 1};
  json_t *json = parsed(path, options);
  assert_string_equal(text_at(json, "columns/0/name"), hostile[0]);
  assert_string_equal(text_at(json, "columns/2/name"), hostile[2]);
  assert_string_equal(text_at(json, "columns/12/name"), "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes");
  json_decref(json);
  char *page = document(path, options, COPSE_PROFILE_HTML);
  assert_int_equal(count_of(page, "<script"), 1);
  assert_int_equal(count_of(page, "</script"), 1);
  assert_null(strstr(page, "<img"));
  assert_null(strstr(page, "<b>.csv"));
  assert_null(strstr(page, "\" onmouseover"));
  assert_null(strstr(page, "' onfocus"));
  assert_null(strstr(page, "\xE2\x80\xAE"));
  assert_null(strstr(page, "\xE2\x80\x8B"));
  assert_null(strstr(page, "\xFF\xFE"));
  assert_null(strstr(page, "href=\"javascript"));
  assert_non_null(strstr(page, "&lt;img src=x onerror=alert(2)&gt;"));
  assert_non_null(strstr(page, "\\u202E"));
  /* links lead into the page, nothing is fetched */
  for (const char *p = page; (p = strstr(p, "href=\"")) != NULL; p += 6)
    assert_true(p[6] == '#' || strncmp(p + 6, "data:,", 6) == 0);
  assert_null(strstr(page, "src=\""));
  assert_null(strstr(page, "http://"));
  assert_null(strstr(page, "https://"));
  /* nothing of the page is a name's part */
  for (const char *p = page; (p = strstr(p, " id=\"c")) != NULL; p += 6)
    if (p[6] >= '0' && p[6] <= '9') assert_int_equal(p[6 + strspn(p + 6, "0123456789")], '"');
  free(page);
  char *text = document(path, options, COPSE_PROFILE_TEXT);
  for (const char *p = text; *p != '\0'; p++) assert_true((unsigned char)*p >= 0x20 || *p == '\n');
  free(text);
}

/* ---- privacy ---- */

static void test_privacy(void **state) {
  (void)state;
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "lead,email,city,salary,y\n");
  for (int i = 0; i < 2000; i++)
    fprintf(file, "LEADID%06d,person%d@example.org,%s,%d,%d\n", i * 7, i,
            i < 5   ? "Smallville"
            : i % 2 ? "Rome"
                    : "Oslo",
            20000 + (int)(draw() % 9999), (int)(draw() % 2));
  fclose(file);
  const char *path = write_text("people.csv", text);
  static const copse_profile_format formats[] = {COPSE_PROFILE_JSON, COPSE_PROFILE_HTML, COPSE_PROFILE_TEXT};
  for (int f = 0; f < 3; f++) {
    char *common = document(path, (copse_profile_options){.target = "y"}, formats[f]);
    assert_null(strstr(common, "LEADID"));
    assert_null(strstr(common, "@example"));
    assert_null(strstr(common, "Smallville"));
    assert_non_null(strstr(common, formats[f] == COPSE_PROFILE_TEXT ? "city" : "Rome"));
    free(common);
    char *none =
        document(path, (copse_profile_options){.target = "y", .values = COPSE_VALUES_NONE}, formats[f]);
    assert_null(strstr(none, "Rome"));
    assert_null(strstr(none, "Oslo"));
    free(none);
    char *full =
        document(path, (copse_profile_options){.target = "y", .values = COPSE_VALUES_FULL}, formats[f]);
    if (formats[f] != COPSE_PROFILE_TEXT) assert_non_null(strstr(full, "Smallville"));
    free(full);
  }
  free(text);
}

/* ---- odd tables ---- */

static void test_odd(void **state) {
  (void)state;
  static const char *const tables[] = {
      "a\n1\n",
      "a,b\n1,2\n",
      "a,y\n,1\n,0\n",
      "a,y\n1,1\n2,1\n",
      "a,y\n1,\n2,\n",
      "a,y\ninf,1\n-inf,0\n",
      "a,y\n1e308,1\n-1e308,0\n1e-308,1\n",
      "a,y\n9999-12-31,1\n0001-01-01,0\n",
      "a,y\n\"\",1\n\"\",0\n",
  };
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    const char *path = write_text("odd.csv", tables[i]);
    const char *target = strstr(tables[i], ",y\n") != NULL ? "y" : NULL;
    for (int values = 0; values < 3; values++) {
      copse_profile_options options = {.target = target,
                                       .header = COPSE_HEADER_YES,
                                       .values = (copse_profile_values)values,
                                       .against = &path,
                                       .n_against = 1};
      json_decref(parsed(path, options));
      free(document(path, options, COPSE_PROFILE_HTML));
      free(document(path, options, COPSE_PROFILE_TEXT));
    }
  }
}

/* 600 columns: a page that a browser opens, all of them in its table. */
static void test_wide(void **state) {
  (void)state;
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  for (int i = 0; i < 600; i++) fprintf(file, "column_%d,", i);
  fprintf(file, "y\n");
  for (int row = 0; row < 300; row++) {
    for (int i = 0; i < 600; i++) fprintf(file, "%.3f,", uniform());
    fprintf(file, "%d\n", row % 2);
  }
  fclose(file);
  char *page =
      document(write_text("wide.csv", text), (copse_profile_options){.target = "y"}, COPSE_PROFILE_HTML);
  assert_int_equal(count_of(page, "<tr id=\"r"), 601);
  assert_int_equal(count_of(page, "<details id="), 300);
  assert_int_equal(count_of(page, "open data-n"), 0);
  assert_true(strlen(page) < 2000000);
  free(page);
  free(text);
}

/* More columns than are compared pair by pair: the page says so, and columns that are the same are told. */
static void test_very_wide(void **state) {
  (void)state;
  enum { COLUMNS = 1100 };
  char header[COLUMNS * 7] = "";
  for (int c = 0; c < COLUMNS; c++) snprintf(header + strlen(header), 8, "%sc%d", c > 0 ? "," : "", c);
  begin(header);
  for (int i = 0; i < 200; i++) {
    double kept = 0;
    for (int c = 0; c < COLUMNS; c++) {
      double x = c == 1050 ? kept : uniform();
      if (c == 7) kept = x;
      fprintf(made, "%s%.5f", c > 0 ? "," : "", x);
    }
    fputc('\n', made);
  }
  const char *path = finish("very_wide.csv");
  json_t *json = parsed(path, (copse_profile_options){.target = NULL});
  assert_true(has_alert(json, "DUP_COLUMNS", "c7") && has_alert(json, "DUP_COLUMNS", "c1050"));
  assert_false(has_alert(json, "DUP_COLUMNS", "c8"));
  assert_string_equal(text_at(json, "pairs/skipped"),
                      "more than 1000 columns: only equal ones are looked for");
  json_decref(json);
  char *page = document(path, (copse_profile_options){.target = NULL}, COPSE_PROFILE_HTML);
  assert_non_null(strstr(page, "more than 1,000 columns"));
  free(page);
}

/* What goes together in the first rows alone does not go together in the file. */
static void test_pairs_whole_file(void **state) {
  (void)state;
  begin("a,b,c");
  for (int i = 0; i < 60000; i++) {
    double a = uniform(), b = uniform();
    fprintf(made, "%.5f,%.5f,%d\n", a, i < 20000 ? a : b, i % 7);
  }
  json_t *json = parsed(finish("parts.csv"), (copse_profile_options){.target = NULL});
  assert_false(has_alert(json, "DUP_COLUMNS", "a") || has_alert(json, "CORRELATED", "a"));
  assert_near(number_at(json, "pairs/list/0/value"), 1.0 / 3, 0.03, "a third of the rows");
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_figures),
      cmocka_unit_test(test_types),
      cmocka_unit_test(test_leaks),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_spread),
      cmocka_unit_test(test_few_numbers),
      cmocka_unit_test(test_clean_is_quiet),
      cmocka_unit_test(test_against),
      cmocka_unit_test(test_pairs),
      cmocka_unit_test(test_outliers),
      cmocka_unit_test(test_gaps),
      cmocka_unit_test(test_complete),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_hostile),
      cmocka_unit_test(test_privacy),
      cmocka_unit_test(test_odd),
      cmocka_unit_test(test_wide),
      cmocka_unit_test(test_very_wide),
      cmocka_unit_test(test_pairs_whole_file),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
