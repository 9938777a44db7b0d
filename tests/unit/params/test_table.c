/* test_table.c - the rows of params.def: complete, unambiguous, consistent with themselves. */
#include <string.h>

#include "copse.h"
#include "params/table.h"
#include "testing.h"

/* Names of all rows, each followed by its aliases, into `out`; returns their count. */
static size_t all_names(struct name *out, size_t capacity) {
  size_t n = 0;
  for (int id = 0; id < PARAM_COUNT; id++) {
    assert_true(n < capacity);
    out[n++] = (struct name){param_rows[id].name, strlen(param_rows[id].name)};
    struct name_list list = names_of(param_rows[id].aliases);
    struct name alias;
    while (names_next(&list, &alias)) {
      assert_true(n < capacity);
      out[n++] = alias;
    }
  }
  return n;
}

static void test_counts(void **state) {
  (void)state;
  assert_int_equal(PARAM_FIRST_OWN, 141);
  assert_string_equal(param_rows[PARAM_FIRST_OWN - 1].name, "num_gpu");
  assert_string_equal(param_rows[PARAM_FIRST_OWN].group, "Copse");
  assert_int_equal(copse_params_count(), PARAM_COUNT);
}

static void test_rows_are_complete(void **state) {
  (void)state;
  for (size_t i = 0; i < copse_params_count(); i++) {
    copse_params_info info;
    assert_true(copse_params_describe(i, &info));
    size_t help = strlen(info.help);
    assert_true(help > 10 && help < 160);
    assert_int_equal(info.help[help - 1], '.');
    assert_true(info.name[0] != '\0' && info.type[0] != '\0' && info.group[0] != '\0');
    bool is_enum = strncmp(info.type, "enum", 4) == 0;
    assert_int_equal(is_enum, param_rows[i].range.choices != NULL);
    if (is_enum) assert_true(info.range[0] != '\0' && info.range[0] != ',');
  }
  copse_params_info info;
  assert_false(copse_params_describe(copse_params_count(), &info));
}

static void test_names_are_unique_and_found(void **state) {
  (void)state;
  struct name names[600];
  size_t n = all_names(names, 600);
  for (size_t i = 0; i < n; i++) {
    assert_true(names[i].length > 0);
    for (size_t c = 0; c < names[i].length; c++)
      assert_non_null(strchr("abcdefghijklmnopqrstuvwxyz0123456789_", names[i].text[c]));
    for (size_t j = 0; j < i; j++) assert_false(name_equal(names[i], names[j].text, names[j].length));
  }
  for (int id = 0; id < PARAM_COUNT; id++) {
    assert_int_equal(copse_params_find(param_rows[id].name), id);
    struct name_list list = names_of(param_rows[id].aliases);
    struct name alias;
    while (names_next(&list, &alias)) {
      struct param_spelling spelling;
      assert_int_equal(param_find(alias.text, alias.length, &spelling), id);
      assert_true(spelling.rank > 0);
    }
  }
  assert_int_equal(copse_params_find("model"), PARAM_input_model);
  assert_int_equal(copse_params_find("max_seconds"), PARAM_time_limit);
  assert_int_equal(copse_params_find("no_such_thing"), -1);
  assert_int_equal(copse_params_find("Num_Leaves"), -1);
}

static void test_alias_order(void **state) {
  (void)state;
  /* Shorter first, then alphabetical: eta before shrinkage_rate; num_tree before num_round ... */
  struct param_spelling a, b;
  param_find("eta", 3, &a);
  assert_int_equal(a.rank, 1);
  param_find("shrinkage_rate", 14, &b);
  assert_int_equal(b.rank, 2);
  param_find("nrounds", 7, &a);
  param_find("num_tree", 8, &b);
  assert_true(a.rank < b.rank);
  param_find("max_iter", 8, &a);
  assert_true(a.rank < b.rank);
}

static void test_nearest(void **state) {
  (void)state;
  assert_string_equal(copse_params_nearest("num_leafs"), "num_leaves");
  assert_string_equal(copse_params_nearest("learning-rate"), "learning_rate");
  assert_string_equal(copse_params_nearest("laerning_rate"), "learning_rate");
  assert_string_equal(copse_params_nearest("LEARNING_RATE"), "learning_rate");
  assert_string_equal(copse_params_nearest("num_treess"), "num_iterations");
  assert_string_equal(copse_params_nearest("objetive"), "objective");
  assert_string_equal(copse_params_nearest("ouput_model"), "output_model");
  assert_null(copse_params_nearest("quetzalcoatl"));
  assert_null(copse_params_nearest(""));
  assert_null(copse_params_nearest("zz"));
  char key[200];
  memset(key, 'a', sizeof key);
  key[199] = '\0';
  assert_null(copse_params_nearest(key));
}

static size_t distance(const char *a, const char *b) {
  return name_distance((struct name){a, strlen(a)}, b, strlen(b));
}

static void test_distance(void **state) {
  (void)state;
  assert_int_equal(distance("", ""), 0);
  assert_int_equal(distance("abc", ""), 3);
  assert_int_equal(distance("", "abc"), 3);
  assert_int_equal(distance("kitten", "sitting"), 3);
  assert_int_equal(distance("ab", "ba"), 1);
  assert_int_equal(distance("ca", "abc"), 3); /* optimal string alignment; unrestricted it would be 2 */
  assert_int_equal(distance("seed", "SEED"), 0);
}

static void test_choices(void **state) {
  (void)state;
  for (int id = 0; id < PARAM_COUNT; id++) {
    const struct param_choice *choices = param_rows[id].range.choices;
    if (choices == NULL) continue;
    bool any = false;
    for (int i = 0; choices[i].name != NULL; i++) {
      any = any || choices[i].available;
      assert_int_equal(choice_find(choices, choices[i].name, strlen(choices[i].name)), i);
      struct name_list list = names_of(choices[i].aliases);
      struct name alias;
      while (names_next(&list, &alias)) assert_int_equal(choice_find(choices, alias.text, alias.length), i);
      /* The range lists exactly what is available. */
      size_t length = strlen(choices[i].name);
      bool listed = false;
      for (const char *at = param_rows[id].range.text; at != NULL && !listed; at = strchr(at, ',')) {
        at += at[0] == ',' ? 2 : 0;
        listed = strncmp(at, choices[i].name, length) == 0 && (at[length] == ',' || at[length] == '\0');
      }
      assert_int_equal(listed, choices[i].available);
    }
    assert_true(any);
  }
  assert_int_equal(choice_find(choices_objective, "MSE", 3), 0);
  assert_string_equal(choice_nearest(choices_objective, "binry", 5), "binary");
  assert_string_equal(choice_nearest(choices_boosting, "dar", 3), "dart");
  assert_null(choice_nearest(choices_device_type, "gpus", 4)); /* not available: not suggested */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counts),
      cmocka_unit_test(test_rows_are_complete),
      cmocka_unit_test(test_names_are_unique_and_found),
      cmocka_unit_test(test_alias_order),
      cmocka_unit_test(test_nearest),
      cmocka_unit_test(test_distance),
      cmocka_unit_test(test_choices),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
