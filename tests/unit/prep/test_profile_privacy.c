/* values=common shows nothing that fewer than ten rows share, values=none nothing of the data: in no output,
 * in no alert, be it text, number, date, class or mean. */
#define _GNU_SOURCE
#include "profile_support.h"

static const copse_profile_format formats[] = {COPSE_PROFILE_JSON, COPSE_PROFILE_HTML, COPSE_PROFILE_TEXT};

/* A number's digits may stand by chance within those of another one. */
static bool has_word(const char *text, const char *word) {
  bool digits = word[0] >= '0' && word[0] <= '9';
  for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
    bool within = at > text && digits && ((at[-1] >= '0' && at[-1] <= '9') || at[-1] == '.');
    if (!within) return true;
  }
  return false;
}

/* Whether one of the outputs has the word. */
static bool is_shown(const char *path, copse_profile_options options, const char *word) {
  bool shown = false;
  for (size_t f = 0; f < 3; f++) {
    char *text = document(path, options, formats[f]);
    shown |= has_word(text, word);
    free(text);
  }
  return shown;
}

/* Extremes, a rare class, a rare spelling, the first and the last day: each of them is a person. */
static const char *write_people(void) {
  begin("salary,born,city,flag,age,grade");
  for (int i = 0; i < 3000; i++) {
    bool high = i == 1234, low = i == 55;
    int day = (int)(draw() % 9000);
    fprintf(made, "%d,%d-%02d-%02d,",
            high  ? 987654
            : low ? 1117
                  : 20000 + (int)(draw() % 9000),
            high  ? 2031
            : low ? 1909
                  : 1950 + day / 360,
            high  ? 12
            : low ? 2
                  : 1 + day / 30 % 12,
            high ? 29 : 1 + day % 28);
    fprintf(made, "%s,%s,%d,%s\n",
            i < 4   ? "Smallville"
            : i % 2 ? "Rome"
                    : "Oslo",
            i < 6 ? "aye" : "nay", high ? 107 : 30 + i % 40,
            i < 5   ? "Hermit"
            : i % 3 ? "usual"
                    : "other");
  }
  return finish("people.csv");
}

static void test_common(void **state) {
  (void)state;
  const char *path = write_people();
  static const char *const hidden[] = {"987654",     "987,654", "1117", "2031-12", "1909-02-29", "1909-02",
                                       "Smallville", "Hermit",  "aye",  ":107",    " 107]"};
  static const char *const targets[] = {"grade", "salary"};
  for (size_t t = 0; t < 2; t++) {
    copse_profile_options options = {.target = targets[t]};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
      if (is_shown(path, options, hidden[i])) fail_msg("%s is shown beside %s", hidden[i], targets[t]);
    assert_true(is_shown(path, options, "Rome"));
  }
  json_t *json = parsed(path, (copse_profile_options){.target = "grade"});
  assert_true(json_is_true(at(json, "columns/0/number/extremes_rounded")));
  assert_true(json_is_true(at(json, "columns/1/datetime/rounded")));
  /* no bar of the extremes alone */
  json_t *bars = at(json, "columns/0/number/histogram/counts");
  assert_true(json_number_value(json_array_get(bars, 0)) >= 10);
  assert_true(json_number_value(json_array_get(bars, json_array_size(bars) - 1)) >= 10);
  /* ages that many share are shown as they are */
  assert_near(number_at(json, "columns/4/number/min"), 30, 0, "least age");
  assert_near(number_at(json, "columns/4/number/quantiles/0.5"), 49, 1, "median age");
  json_decref(json);
  copse_profile_options full = {.values = COPSE_VALUES_FULL};
  assert_true(is_shown(path, full, "987654") && is_shown(path, full, "1909-02") &&
              is_shown(path, full, "Smallville"));
}

/* A mean of the target in a part of the data is a value of it. */
static void test_none(void **state) {
  (void)state;
  begin("town,x,pay");
  for (int i = 0; i < 2000; i++)
    fprintf(made, "town%d,%d,%s\n", i % 4, i % 4, i % 4 == 0 ? "31337.5" : i % 2 ? "41421.5" : "27182.5");
  for (int i = 0; i < 3; i++) fprintf(made, "town9,9,%d\n", 555557);
  for (int i = 0; i < 60; i++) fprintf(made, "town%d,%d,%d.25\n", i % 4, i % 4, 300 + i);
  const char *path = finish("pay.csv");
  copse_profile_options none = {.target = "pay", .values = COPSE_VALUES_NONE};
  json_t *json = parsed(path, none);
  assert_string_equal(text_at(json, "target/kind"), "regression");
  assert_true(json_is_null(at(json, "target/rate")));
  size_t i;
  json_t *bin;
  json_array_foreach(at(json, "columns/0/target/bins"), i, bin) {
    assert_true(json_is_null(at(bin, "rate")) && json_is_null(at(bin, "ci/0")));
    assert_true(json_is_null(at(bin, "median")));
  }
  json_array_foreach(at(json, "columns/1/target/bins"), i, bin) {
    assert_true(json_is_null(at(bin, "rate")));
    if (strcmp(text_at(bin, "kind"), "value") == 0) assert_true(json_is_null(at(bin, "lo")));
  }
  json_decref(json);
  static const char *const hidden[] = {"town0", "town9", "31337", "31,337", "41421", "555557", "555,557"};
  for (i = 0; i < sizeof hidden / sizeof *hidden; i++) assert_false(is_shown(path, none, hidden[i]));
  /* three rows' mean is theirs alone */
  assert_false(is_shown(path, (copse_profile_options){.target = "pay"}, "555557"));
  assert_false(is_shown(path, (copse_profile_options){.target = "pay"}, "555,557"));
}

/* Of fewer than ten values the mean and the sum are those of a few people. */
static void test_few_values(void **state) {
  (void)state;
  begin("bonus,pay,y");
  for (int i = 0; i < 400; i++)
    fprintf(made, "%s,%d,%d\n", i == 7 ? "8123456.75" : "", 100 + i % 20, i * 7 / 3 % 2);
  const char *path = finish("bonus.csv");
  assert_true(is_shown(path, (copse_profile_options){.values = COPSE_VALUES_FULL}, "8123456.75"));
  assert_false(is_shown(path, (copse_profile_options){.target = "y"}, "8123456.75"));
  assert_false(is_shown(path, (copse_profile_options){.target = "bonus"}, "8123456.75"));
  static const char *const members[] = {"mean", "sum", "std", "mad"};
  json_t *json = parsed(path, (copse_profile_options){.target = "y"});
  for (size_t i = 0; i < 4; i++) {
    assert_true(json_is_null(json_object_get(at(json, "columns/0/number"), members[i])));
    assert_true(json_is_number(json_object_get(at(json, "columns/1/number"), members[i])));
  }
  json_decref(json);
  begin("x,price");
  for (int i = 0; i < 3; i++) fprintf(made, "%d,%d.5\n", i, 77123 + 11000 * i);
  path = finish("three.csv");
  assert_false(is_shown(path, (copse_profile_options){.target = "price"}, "88123.5"));
  assert_false(is_shown(path, (copse_profile_options){.target = "price"}, "88124"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_common), cmocka_unit_test(test_none),
                                     cmocka_unit_test(test_few_values)};
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
