/* prep/report/profile.schema.json describes what is written: every document keeps to it and to its order,
 * has no member that it lacks, and it has none that no document has. The checker knows what the schema uses,
 * nothing else, and says so where the schema uses more. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "profile_support.h"

static json_t *schema;
static char complaint[300];

static bool complain(const char *where, const char *what) {
  if (complaint[0] == '\0') snprintf(complaint, sizeof complaint, "%s: %s", where, what);
  return false;
}

static json_t *resolved(json_t *rule) {
  const char *name = json_string_value(json_object_get(rule, "$ref"));
  if (name == NULL) return rule;
  assert_memory_equal(name, "#/$defs/", 8);
  return at(schema, name + 2);
}

static bool is_of_type(const json_t *value, const char *type) {
  return strcmp(type, "object") == 0    ? json_is_object(value)
         : strcmp(type, "array") == 0   ? json_is_array(value)
         : strcmp(type, "string") == 0  ? json_is_string(value)
         : strcmp(type, "integer") == 0 ? json_is_integer(value)
         : strcmp(type, "number") == 0  ? json_is_number(value)
         : strcmp(type, "boolean") == 0 ? json_is_boolean(value)
                                        : json_is_null(value);
}

static bool has_type(const json_t *value, const json_t *types) {
  size_t i;
  json_t *type;
  bool found = json_is_string(types) && is_of_type(value, json_string_value(types));
  json_array_foreach(types, i, type) found |= is_of_type(value, json_string_value(type));
  return found;
}

static bool keeps_to(json_t *value, json_t *rule, const char *where);

/* Members come in the order of the schema. */
static bool in_order(json_t *value, json_t *rule) {
  const char *name;
  json_t *own;
  void *next = json_object_iter(value);
  json_object_foreach(json_object_get(rule, "properties"), name, own) {
    if (next != NULL && strcmp(json_object_iter_key(next), name) == 0)
      next = json_object_iter_next(value, next);
  }
  return next == NULL;
}

static bool members_keep(json_t *value, json_t *rule, const char *where) {
  char place[200];
  const char *name;
  size_t i;
  json_t *member, *required;
  json_array_foreach(json_object_get(rule, "required"), i, required) {
    snprintf(place, sizeof place, "%.100s/%.60s", where, json_string_value(required));
    if (json_object_get(value, json_string_value(required)) == NULL) return complain(place, "lacks");
  }
  json_object_foreach(value, name, member) {
    json_t *own = json_object_get(json_object_get(rule, "properties"), name);
    snprintf(place, sizeof place, "%.100s/%.60s", where, name);
    if (own == NULL) return complain(place, "the schema does not know it");
    json_object_set_new(own, "x-seen", json_true());
    if (!keeps_to(member, own, place)) return false;
  }
  return in_order(value, rule) || complain(where, "another order than the schema's");
}

static bool keeps_to(json_t *value, json_t *rule, const char *where) {
  const char *word;
  size_t i;
  json_t *operand, *item;
  rule = resolved(rule);
  json_object_foreach(rule, word, operand) {
    bool good = true;
    if (strcmp(word, "type") == 0) {
      good = has_type(value, operand);
    } else if (strcmp(word, "enum") == 0) {
      good = false;
      json_array_foreach(operand, i, item) good |= json_equal(item, value);
    } else if (strcmp(word, "minimum") == 0) {
      good = !json_is_number(value) || json_number_value(value) >= json_number_value(operand);
    } else if (strcmp(word, "maximum") == 0) {
      good = !json_is_number(value) || json_number_value(value) <= json_number_value(operand);
    } else if (strcmp(word, "items") == 0) {
      json_array_foreach(value, i, item) if (!keeps_to(item, operand, where)) return false;
    } else if (strcmp(word, "properties") == 0) {
      if (!members_keep(value, rule, where)) return false;
    } else if (strcmp(word, "required") != 0 && strcmp(word, "description") != 0 &&
               strcmp(word, "title") != 0 && word[0] != '$' && strcmp(word, "x-seen") != 0) {
      fail_msg("the schema uses \"%s\", which this test does not know", word);
    }
    if (!good) return complain(where, word);
  }
  return true;
}

static bool is_valid(json_t *document) {
  complaint[0] = '\0';
  return keeps_to(document, schema, "");
}

static void assert_valid(const char *path, copse_profile_options options) {
  json_t *json = parsed(path, options);
  if (!is_valid(json)) fail_msg("%s", complaint);
  json_decref(json);
}

/* ---- documents of every kind ---- */

static const char *write_all_types(const char *name) {
  begin("id,mail,phone,age,wild,when,at,flag,kind,code,same,gone,note,pay,y,three,again,bow");
  for (int i = 0; i < 1200; i++) {
    fprintf(made, "A%06d,p%d@example.org,+49 170 %07d,%d,%s,", i * 7, i, i * 13, i % 61 + (i % 61 > 30),
            i == 7   ? "inf"
            : i == 8 ? "oops"
            : i < 40 ? "NA"
                     : "1.5e3");
    fprintf(made, "%d-%02d-%02d,2024-01-01 %02d:%02d:07,%s,%s,%04d,x,,", i % 12 < 11 ? 2023 : 2024,
            1 + i % 12, 1 + i % 28, i % 24, i % 60, i % 2 ? "yes" : "no",
            i % 3 ? i % 5 ? "red" : "Red" : "gr\xC3\xBCn", i % 300);
    fprintf(made, "%s,%.3f,%d,%s,%d,%d\n",
            i % 4   ? ""
            : i % 8 ? "word word"
                    : "na",
            100 * uniform(), (int)(draw() % 2),
            i % 3 == 0   ? "low"
            : i % 3 == 1 ? "mid"
                         : "high",
            i % 61 + (i % 61 > 30), (i % 61 - 30) * (i % 61 - 30));
  }
  return finish(name);
}

static void assert_seen(json_t *rule, const char *where) {
  char place[200];
  const char *name;
  json_t *own;
  if (json_is_array(rule)) return;
  json_object_foreach(json_object_get(rule, "properties"), name, own) {
    snprintf(place, sizeof place, "%.100s/%.60s", where, name);
    if (json_object_get(own, "x-seen") == NULL) fail_msg("no document has %s", place);
    assert_seen(own, place);
    assert_seen(json_object_get(own, "items"), place);
  }
}

static void test_documents(void **state) {
  (void)state;
  const char *path = write_all_types("types.csv"), *paths[] = {path, path};
  const char *others[] = {write_all_types("others.csv")};
  static const char *const levels[] = {"red"};
  static const uint64_t rows[] = {1000};
  static const char *const starts[] = {"2024-01-01", "2024-01-02"};
  static const double edges[] = {0, 10, 20};
  static const uint64_t bars[] = {500, 500};
  const copse_earlier_column columns[] = {
      {.name = "lost", .type = "text", .n = 1000, .has_levels = true},
      {.name = "kind",
       .type = "category",
       .n = 1000,
       .has_levels = true,
       .n_levels = 1,
       .levels = levels,
       .level_rows = rows},
      {.name = "age",
       .type = "number",
       .n = 1000,
       .n_missing = 500,
       .has_number = true,
       .n_bars = 2,
       .edges = edges,
       .bars = bars},
      {.name = "at",
       .type = "datetime",
       .n = 1000,
       .has_date = true,
       .first = "2024-01-01",
       .last = "2024-01-02",
       .granularity = "day",
       .n_periods = 2,
       .period_starts = starts,
       .period_rows = bars},
  };
  const copse_earlier_profile earlier = {
      .path = "old.json", .n_rows = 1000, .columns = columns, .n_columns = 4};
  static const char *const targets[] = {NULL, "y", "three", "pay", "same", "id"};
  for (size_t t = 0; t < sizeof targets / sizeof *targets; t++)
    for (int values = COPSE_VALUES_COMMON; values <= COPSE_VALUES_NONE; values++)
      assert_valid(path, (copse_profile_options){.target = targets[t],
                                                 .values = (copse_profile_values)values,
                                                 .against = t % 2 ? others : NULL,
                                                 .n_against = t % 2,
                                                 .earlier = t < 3 ? &earlier : NULL,
                                                 .n_samples = 3,
                                                 .command = &path,
                                                 .n_command = 1,
                                                 .started = "2024-01-31T00:00:00Z"});
  /* more than is exact, and several files */
  begin("x,text");
  for (int i = 0; i < 70000; i++) fprintf(made, "%.9f,t%llu\n", uniform(), (unsigned long long)draw());
  const char *many = finish("many.csv");
  assert_valid(many, (copse_profile_options){.target = NULL});
  copse_profile *profile;
  copse_error err;
  copse_text text = {.ctx = NULL};
  assert_int_equal(
      copse_profile_run(NULL, paths, 2, &(copse_profile_options){.target = NULL}, &profile, &err), COPSE_OK);
  copse_profile_write(profile, COPSE_PROFILE_JSON, &text);
  json_t *json = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, NULL);
  if (!is_valid(json)) fail_msg("%s", complaint);
  json_decref(json);
  copse_text_release(&text);
  copse_profile_free(profile);
  /* what the schema has, some document has */
  assert_seen(schema, "");
  const char *name;
  json_t *def;
  json_object_foreach(json_object_get(schema, "$defs"), name, def) assert_seen(def, name);
}

/* The checker refuses what is not so. */
static void test_refuses(void **state) {
  (void)state;
  json_t *json = parsed(write_all_types("types.csv"), (copse_profile_options){.target = "y"});
  assert_true(is_valid(json));
  json_t *column = at(json, "columns/3");
  json_object_set_new(column, "type", json_string("integer"));
  assert_false(is_valid(json));
  json_object_set_new(column, "type", json_string("number"));
  assert_true(is_valid(json));
  json_object_set_new(at(column, "missing"), "share", json_real(1.5));
  assert_false(is_valid(json));
  json_object_set_new(at(column, "missing"), "share", json_real(0));
  json_object_set_new(at(column, "missing"), "extra", json_real(0));
  assert_false(is_valid(json));
  json_object_del(at(column, "missing"), "extra");
  assert_true(is_valid(json));
  json_t *id = json_incref(json_object_get(column, "id"));
  json_object_del(column, "id");
  json_object_set_new(column, "id", id);
  assert_false(is_valid(json));
  assert_string_equal(complaint, "/columns: another order than the schema's");
  json_object_del(column, "n");
  assert_false(is_valid(json));
  assert_string_equal(complaint, "/columns/n: lacks");
  json_decref(json);
}

static int load(void **state) {
  char path[4096];
  json_error_t error;
  snprintf(path, sizeof path, "%s/prep/report/profile.schema.json", getenv("COPSE_SOURCE_DIR"));
  schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  if (schema == NULL) fprintf(stderr, "%s: %s\n", path, error.text);
  return schema == NULL ? -1 : scratch_make(state);
}

static int unload(void **state) {
  json_decref(schema);
  return scratch_remove(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_documents), cmocka_unit_test(test_refuses)};
  return cmocka_run_group_tests(tests, load, unload);
}
