/* The text format: written byte for byte, read whatever real files hold, and refused by line and field
 * otherwise. */
#include <stdio.h>

#include "model/format_text.h"
#include "model/model.h"
#include "samples.h"

enum { TEXT_CAPACITY = 16384 };

/* SAMPLE with the first `from` replaced; the buffer is reused by the next call. */
static const char *sample_with(const char *from, const char *to) {
  static char text[TEXT_CAPACITY];
  const char *at = strstr(SAMPLE, from);
  if (at == NULL) fail_msg("the sample has no \"%s\"", from);
  size_t before = (size_t)(at - SAMPLE);
  assert_true(strlen(SAMPLE) + strlen(to) < sizeof text);
  memcpy(text, SAMPLE, before);
  strcpy(text + before, to);
  strcat(text, at + strlen(from));
  return text;
}

static uint64_t fingerprint_of(const char *text) {
  copse_model *model = sample_model(text);
  uint64_t fingerprint = copse_model_fingerprint(model);
  copse_model_free(model);
  return fingerprint;
}

static void writing_gives_back_what_was_read(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  copse_text text = sample_write(model, 0, 0);
  char expected[TEXT_CAPACITY];
  snprintf(expected, sizeof expected, "%scopse_fingerprint=%016llx\ntree_sizes=%zu %zu %zu\n\n%s",
           SAMPLE_HEADER, (unsigned long long)copse_model_fingerprint(model), strlen(SAMPLE_TREE_0),
           strlen(SAMPLE_TREE_1), strlen(SAMPLE_TREE_2), SAMPLE_BODY);
  assert_string_equal(text.data, expected);
  copse_model *again = sample_model(text.data);
  assert_int_equal(copse_model_fingerprint(again), copse_model_fingerprint(model));
  copse_text twice = sample_write(again, 0, 0);
  assert_string_equal(twice.data, text.data);
  copse_text_release(&text);
  copse_text_release(&twice);
  copse_model_free(again);
  copse_model_free(model);
}

/* Doubles that need all their digits, infinities and signed zeros survive a file bit by bit. */
static void leaf_values_and_thresholds_keep_their_bits(void **state) {
  (void)state;
  const double values[] = {0.1,     -0.0, 5e-324, 1.7976931348623157e308, INFINITY, -INFINITY,
                           1.0 / 3, 1e22, 1e23};
  copse_model *model = sample_model(SAMPLE);
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    model->trees[0].leaf_value[1] = values[i];
    model->trees[2].threshold[0] = values[i];
    model->trees[0].leaf_weight[3] = fabs(values[i]);
    copse_text text = sample_write(model, 0, 0);
    copse_model *again = sample_model(text.data);
    assert_memory_equal(&again->trees[0].leaf_value[1], &values[i], sizeof(double));
    assert_memory_equal(&again->trees[2].threshold[0], &values[i], sizeof(double));
    assert_memory_equal(&again->trees[0].leaf_weight[3], &model->trees[0].leaf_weight[3], sizeof(double));
    copse_model_free(again);
    copse_text_release(&text);
  }
  copse_model_free(model);
}

static void a_range_of_rounds_is_renumbered(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  copse_text text = sample_write(model, 1, 2);
  assert_non_null(strstr(text.data, "\n\nTree=0\nnum_leaves=1\n"));
  assert_non_null(strstr(text.data, "\n\nTree=1\nnum_leaves=2\n"));
  assert_null(strstr(text.data, "Tree=2"));
  assert_non_null(strstr(text.data, "\nfeature_importances:\ndebt=1\n\nparameters:"));
  copse_model *part = sample_model(text.data);
  const double row[3] = {0, 1, 0};
  assert_true(sample_raw(part, row) == 2.0625);
  copse_model_free(part);
  copse_text_release(&text);
  text = sample_write(model, 7, 0); /* nothing left */
  part = sample_model(text.data);
  assert_int_equal(copse_model_n_trees(part), 0);
  copse_model_free(part);
  copse_text_release(&text);
  copse_model_free(model);
}

static void line_ends_may_be_converted(void **state) {
  (void)state;
  static char text[2 * sizeof SAMPLE];
  size_t n = 0;
  for (const char *c = SAMPLE; *c != '\0'; c++) {
    if (*c == '\n') text[n++] = '\r';
    text[n++] = *c;
  }
  text[n] = '\0';
  copse_model *model = sample_model(text), *plain = sample_model(SAMPLE);
  copse_text a = sample_write(model, 0, 0), b = sample_write(plain, 0, 0);
  assert_string_equal(a.data, b.data);
  copse_text_release(&a);
  copse_text_release(&b);
  copse_model_free(model);
  copse_model_free(plain);
}

static void real_files_differ_and_load(void **state) {
  (void)state;
  uint64_t same = fingerprint_of(SAMPLE);
  const char *const harmless[][2] = {
      {"version=v4", "version=v3"},
      {"version=v4\n", ""},
      {"num_tree_per_iteration=1\n", ""},
      {"feature_infos", "tree_sizes=1 2 3\nfeature_infos"}, /* sizes are not trusted */
      {"label_index=0\n", "label_index=0\nsome_key=of=others\nflag\n"},
      {"is_linear=0\n", ""},
      {"is_linear=0\n", "is_linear=0\nleaf_parent=0 0 0 0\n"},
      {"split_gain=10 5.25 2.5\n", ""},
      {"leaf_weight=10 20.5 30 40\nleaf_count=11 21 31 41\ninternal_value=0.5 0.25 -0.125\n", ""},
      {"internal_weight=100.5 40 60.5\ninternal_count=104 42 62\n", "internal_weight=\ninternal_count=\n"},
      {"left_child=1 -1 -2", "left_child= 1  -1 -2 "},
      {"\n\n\nTree=1", "\n\nTree=1"},
      {"end of trees\n\nfeature_importances:\ndebt=2\nage=1\ntown=1\n", "end of trees\n"},
      {"\nparameters:\n", "\nleft over\nparameters\n"},
      {"end of parameters\n", "end of parameters"},
      {"end of parameters\n",
       "end of parameters\n\nparser:\nx=y\nend of parser\n\npandas_categorical:null\n"},
      {"town=1\n\nparameters:\n[boosting: gbdt]\n[data: ]\n\n[num_leaves: 4]\n\nend of parameters\n",
       "town=1\n"},
  };
  for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
    assert_int_equal(fingerprint_of(sample_with(harmless[i][0], harmless[i][1])), same);
}

static void absent_objective_is_custom_and_averages_are_kept(void **state) {
  (void)state;
  copse_model *model = sample_model(sample_with("objective=binary sigmoid:1\n", "average_output\n"));
  assert_string_equal(copse_model_objective(model), "");
  assert_true(model->average_output);
  copse_text text = sample_write(model, 0, 0);
  assert_null(strstr(text.data, "objective="));
  assert_non_null(strstr(text.data, "\nmax_feature_idx=2\naverage_output\nfeature_names="));
  copse_text_release(&text);
  copse_model_free(model);
}

/* What dart needs to go on: unit, a starting score per output, a weight per round; only of whole models. */
static void dart_weights_travel_in_the_header(void **state) {
  (void)state;
  copse_model *model =
      sample_model(sample_with("town\n", "town\ncopse_dart=0.125 -0.5 1 0 0.30000000000000004\n"));
  assert_true(model->dart_unit[0] == 0.125 && model->dart_start[0] == -0.5);
  assert_true(model->dart_weight[0] == 1 && model->dart_weight[1] == 0 &&
              model->dart_weight[2] == 0.30000000000000004);
  copse_model *plain = sample_model(SAMPLE);
  assert_null(plain->dart_weight);
  assert_true(copse_model_fingerprint(plain) == copse_model_fingerprint(model));
  copse_text whole = sample_write(model, 0, 0), part = sample_write(model, 0, 2);
  assert_non_null(strstr(whole.data, "\ncopse_dart=0.125 -0.5 1 0 0.30000000000000004\n"));
  assert_null(strstr(part.data, "copse_dart"));
  copse_text_release(&whole);
  copse_text_release(&part);
  copse_model_free(plain);
  copse_model_free(model);
}

/* saved_feature_importance_type=1: gains, of age 10, of debt 5.25 + 3, of town 2.5. */
static void importances_are_what_was_asked_for(void **state) {
  (void)state;
  copse_model *model = sample_model(sample_with("[data: ]\n", "[saved_feature_importance_type: 1]\n"));
  copse_text text = sample_write(model, 0, 0), last = sample_write(model, 2, 1);
  assert_non_null(strstr(text.data, "\nfeature_importances:\nage=10\ndebt=8\ntown=2\n\nparameters:"));
  assert_non_null(strstr(last.data, "\nfeature_importances:\ndebt=3\n\nparameters:"));
  copse_text_release(&text);
  copse_text_release(&last);
  copse_model_free(model);
}

static void default_names_are_known(void **state) {
  (void)state;
  copse_model *model = sample_model(sample_with("=age debt town", "=Column_0 Column_1 Column_2"));
  assert_false(copse_model_has_names(model));
  copse_model_free(model);
  model = sample_model(sample_with("=age debt town", "=Column_0 Column_1 Column_3"));
  assert_true(copse_model_has_names(model));
  copse_model_free(model);
  model = sample_model(sample_with("=age debt town", "=a=b \xC3\xA4 {}"));
  assert_string_equal(copse_model_feature_name(model, 0), "a=b");
  assert_string_equal(copse_model_feature_name(model, 1), "\xC3\xA4");
  copse_model_free(model);
}

static void others_texts_are_kept(void **state) {
  (void)state;
  copse_model *model = sample_model(
      sample_with("end of parameters\n", "end of parameters\n\npandas_categorical:[[\"a\", \"b\"]]\n"));
  assert_string_equal(model->parameters, "[boosting: gbdt]\n[data: ]\n\n[num_leaves: 4]\n");
  copse_text text = sample_write(model, 0, 0);
  const char *tail = strstr(text.data, "\nparameters:\n");
  assert_string_equal(tail,
                      "\nparameters:\n[boosting: gbdt]\n[data: ]\n\n[num_leaves: 4]\n\nend of parameters\n"
                      "\npandas_categorical:[[\"a\", \"b\"]]\n");
  copse_text_release(&text);
  copse_model_free(model);
  model = sample_model(sample_with("town\n", "town\nmonotone_constraints=0 1 -1\n"));
  text = sample_write(model, 0, 0);
  assert_non_null(strstr(text.data, "town\nmonotone_constraints=0 1 -1\nfeature_infos="));
  copse_text_release(&text);
  copse_model_free(model);
}

static void own_facts_travel_in_the_header(void **state) {
  (void)state;
  char every[256];
  for (int i = 0; i < 256; i++) every[i] = (char)i;
  copse_model *model = sample_model(SAMPLE);
  assert_int_equal(copse_model_set_blob(model, "every", every, 256, NULL), COPSE_OK);
  assert_int_equal(copse_model_set_blob(model, "none", "", 0, NULL), COPSE_OK);
  assert_int_equal(model_set_text(NULL, &model->config, "a=1\nb=x y\n", 10, NULL), COPSE_OK);
  model->best_round = 17;
  copse_text text = sample_write(model, 0, 0);
  /* one '=' a line, printable, before tree_sizes: LightGBM skips such lines */
  const char *sizes = strstr(text.data, "\ntree_sizes=");
  const char *line = strstr(text.data, "\ncopse_");
  assert_true(line != NULL && line < sizes);
  int n_lines = 0;
  while (line < sizes) {
    const char *end = strchr(line + 1, '\n');
    assert_memory_equal(line + 1, "copse_", 6);
    const char *equals = memchr(line + 1, '=', (size_t)(end - line));
    assert_true(equals != NULL && memchr(equals + 1, '=', (size_t)(end - equals - 1)) == NULL);
    for (const char *c = line + 1; c < end; c++) assert_in_range(*c, 0x21, 0x7E);
    line = end;
    n_lines++;
  }
  assert_int_equal(n_lines, 5);
  copse_model *again = sample_model(text.data);
  size_t length = 0;
  assert_memory_equal(copse_model_blob(again, "every", &length), every, 256);
  assert_int_equal(length, 256);
  assert_non_null(copse_model_blob(again, "none", &length));
  assert_int_equal(length, 0);
  assert_string_equal(copse_model_config(again), "a=1\nb=x y\n");
  assert_int_equal(again->best_round, 17);
  copse_model_free(again);
  copse_model_free(model);
  copse_text_release(&text);
}

static void percent_decoding_is_strict(void **state) {
  (void)state;
  char out[16];
  size_t n = 0;
  assert_true(percent_decode("a%3D%0a", 7, out, &n));
  assert_int_equal(n, 3);
  assert_memory_equal(out, "a=\n", 3);
  const char *const bad[] = {"%", "%4", "%G0", "%0x", "a b", "a=b", "a\tb", "\x7F", "\xC3"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_false(percent_decode(bad[i], strlen(bad[i]), out, &n));
}

static void a_changed_file_is_noticed_by_its_fingerprint(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE), *none = NULL;
  copse_text text = sample_write(model, 0, 0);
  char *value = strstr(text.data, "leaf_value=-1 2");
  value[14] = '3';
  copse_error err;
  assert_int_equal(copse_model_parse(NULL, text.data, text.length, "m.txt", &none, &err), COPSE_ERR_FORMAT);
  assert_null(none);
  assert_non_null(strstr(err.message, "m.txt:10: copse_fingerprint: "));
  value[14] = '2';
  copse_model_free(sample_model(text.data));
  copse_text_release(&text);
  copse_model_free(model);
}

struct damage {
  const char *from, *to;
  const char *place, *found; /* both must stand in the message */
};

static void expect_error(const char *text, const struct damage *damage, copse_status expected) {
  copse_error err;
  copse_model *model = (copse_model *)&err;
  copse_status status = copse_model_parse(NULL, text, strlen(text), "m.txt", &model, &err);
  if (status != expected)
    fail_msg("\"%s\": status %d, expected %d: %s", damage->to, (int)status, (int)expected,
             status == COPSE_OK ? "" : err.message);
  assert_null(model);
  if (strstr(err.message, damage->place) == NULL || strstr(err.message, damage->found) == NULL)
    fail_msg("\"%s\" gave: %s", damage->to, err.message);
  assert_int_equal(copse_model_parse(NULL, text, strlen(text), NULL, &model, NULL), expected);
}

static void damage_is_named_by_line_and_field(void **state) {
  (void)state;
  const struct damage damages[] = {
      {"tree\n", "forest\n", "m.txt:1:", "\"tree\""},
      {"num_class=1\n", "", "num_class:", "found none"},
      {"feature_infos=[-3:17.5] [-8:9] -1:1:33:70:4\n", "", "feature_infos:", "found none"},
      {"num_class=1", "num_class=0", "m.txt:3: num_class:", "\"0\""},
      {"num_class=1", "num_class=2000000000", "m.txt:3: num_class:", "\"2000000000\""},
      {"num_class=1", "num_class=2", "m.txt:4: num_tree_per_iteration:", "found 1"},
      {"num_class=1\n", "num_class=1\nnum_class=1\n", "m.txt:4: num_class:", "again"},
      {"label_index=0", "label_index=x", "m.txt:5: label_index:", "\"x\""},
      {"max_feature_idx=2", "max_feature_idx=3", "m.txt:8: feature_names:", "expected 4 words"},
      {"max_feature_idx=2", "max_feature_idx=99999999999999999999", "m.txt:6: max_feature_idx:", "99999"},
      {"max_feature_idx=2", "max_feature_idx=-1", "m.txt:6: max_feature_idx:", "\"-1\""},
      {"objective=binary", "objective=bnary", "m.txt:7: objective:", "bnary"},
      {"age debt town", "age debt", "m.txt:8: feature_names:", "found 2"},
      {"age debt", "age\vdebt", "m.txt:8: feature_names:", "control"},
      {"[-3:17.5] [-8:9]", "[-3:17.5] [-8;9]", "m.txt:9: feature_infos:", "[-8;9]"},
      {"-1:1:33:70:4", "-1:1:99999999999:70:4", "m.txt:9: feature_infos:", "none, [min:max]"},
      {"-1:1:33:70:4", "-1:1::70:4", "m.txt:9: feature_infos:", "-1:1::70:4"},
      {"town\n", "town\nmonotone_constraints=0 1\n", "m.txt:9: monotone_constraints:", "found 2"},
      {"town\n", "town\ntree_sizes=1 2\n", "m.txt:9: tree_sizes:", "found 2"},
      {"town\n", "town\ncopse_config=%4\n", "m.txt:9: copse_config:", "percent"},
      {"town\n", "town\ncopse_best_round=-1\n", "m.txt:9: copse_best_round:", "-1"},
      {"town\n", "town\ncopse_fingerprint=00\n", "m.txt:9: copse_fingerprint:", "\"00\""},
      {"town\n", "town\ncopse_dart=1 0 1 1\n", "m.txt:9: copse_dart:", "expected 5 values, found 4"},
      {"town\n", "town\ncopse_dart=0 0 1 1 1\n", "m.txt:9: copse_dart:", "a unit above 0"},
      {"town\n", "town\ncopse_dart=1 0 1 -1 1\n", "m.txt:9: copse_dart:", "weights of 0 or more"},
      {"town\n", "town\ncopse_dart=1 nan 1 1 1\n", "m.txt:9: copse_dart:", "finite starting scores"},
      {"town\n", "town\ncopse_position_bias=\n", "m.txt:9: copse_position_bias:", "finite numbers"},
      {"town\n", "town\ncopse_position_bias=0 inf\n", "m.txt:9: copse_position_bias:", "finite numbers"},
      {"town\n", "town\ncopse_blob_a-b=1\n", "m.txt:9: copse_blob:", "letters"},
      {"town\n", "town\ncopse_blob_a=1\ncopse_blob_a=2\n", "m.txt:10: copse_blob:", "again"},
      {"town\n", "town\ncopse_blob_a=%zz\n", "m.txt:9: copse_blob:", "percent"},
      {"Tree=1", "Tree=2", "m.txt:32: Tree:", "expected \"Tree=1\""},
      {"num_leaves=4\n", "", "m.txt:11: num_leaves:", "found none"},
      {"num_leaves=4", "num_leaves=2000000000", "num_leaves:", "2000000000"},
      {"num_leaves=4", "num_leaves=400000000", "m.txt:20: leaf_value:", "found 4"},
      {"num_leaves=4", "num_leaves=0", "m.txt:12: num_leaves:", "\"0\""},
      {"num_leaves=4", "num_leaves=4 4", "m.txt:12: num_leaves:", "found more"},
      {"num_leaves=4", "num_leaves=", "m.txt:12: num_leaves:", "found none"},
      {"num_leaves=4", "num_leaves", "m.txt:12: Tree:", "key=value"},
      {"num_cat=1", "num_cat=4", "m.txt:13: num_cat:", "\"4\""},
      {"num_cat=1", "num_cat=0", "m.txt:16: threshold:", "node 2"},
      {"num_cat=1", "num_cat=2", "num_cat:", "found 1"},
      {"split_feature=0 1 2", "split_feature=0 1 3", "m.txt:14: split_feature:", "\"3\""},
      {"split_feature=0 1 2", "split_feature=0 -1 2", "m.txt:14: split_feature:", "\"-1\""},
      {"split_feature=0 1 2", "split_feature=0 1", "m.txt:14: split_feature:", "expected 3 values, found 2"},
      {"split_feature=0 1 2\n", "", "m.txt:11: split_feature:", "found none"},
      {"split_gain=10 ", "split_gain=ten ", "m.txt:15: split_gain:", "\"ten\""},
      {"threshold=0.5 ", "threshold=0.5x ", "m.txt:16: threshold:", "\"0.5x\""},
      {"threshold=0.5 -1.5 0", "threshold=0.5 -1.5 0.5", "m.txt:16: threshold:", "node 2"},
      {"threshold=0.5 -1.5 0", "threshold=0.5 -1.5 nan", "m.txt:16: threshold:", "node 2"},
      {"threshold=0.5 -1.5 0", "threshold=0.5 -1.5 1e300", "m.txt:16: threshold:", "node 2"},
      {"decision_type=10", "decision_type=12", "m.txt:17: decision_type:", "\"12\""},
      {"decision_type=10 4 1", "decision_type=10 4 0", "num_cat:", "found 0"},
      {"decision_type=10 4 1\n", "", "num_cat:", "found 0"},
      {"left_child=1 -1 -2", "left_child=3 -1 -2", "m.txt:18: left_child:", "\"3\""},
      {"left_child=1 -1 -2", "left_child=1 -1 -5", "m.txt:18: left_child:", "\"-5\""},
      {"left_child=1 -1 -2", "left_child=0 -1 -2", "m.txt:18: left_child:", "exactly once"},
      {"left_child=1 -1 -2", "left_child=1 1 -2", "m.txt:18: left_child:", "exactly once"},
      {"left_child=1 -1 -2", "left_child=1 -2 -2", "m.txt:18: left_child:", "exactly once"},
      {"left_child=1 -1 -2\nright_child=2 -3 -4", "left_child=-1 1 -2\nright_child=-3 2 -4",
       "left_child:", "exactly once"},
      {"left_child=1 -1 -2\n", "left_child=1 -1 -2\nleft_child=1 -1 -2\n", "m.txt:19: left_child:", "again"},
      {"leaf_count=11", "leaf_count=-11", "m.txt:22: leaf_count:", "\"-11\""},
      {"leaf_count=11", "leaf_count=1.5", "m.txt:22: leaf_count:", "\"1.5\""},
      {"leaf_weight=10 20.5 30 40", "leaf_weight=10 20.5 30", "m.txt:21: leaf_weight:", "found 3"},
      {"cat_boundaries=0 3", "cat_boundaries=0 4", "m.txt:27: cat_threshold:", "expected 4 values, found 3"},
      {"cat_boundaries=0 3", "cat_boundaries=1 3", "m.txt:26: cat_boundaries:", "found 1"},
      {"cat_boundaries=0 3", "cat_boundaries=0 4294967296", "m.txt:26: cat_boundaries:", "4294967296"},
      {"cat_boundaries=0 3", "cat_boundaries=0 4294967295",
       "m.txt:27: cat_threshold:", "expected 4294967295"},
      {"cat_boundaries=0 3\n", "", "m.txt:11: cat_boundaries:", "found none"},
      {"cat_threshold=2 2 64", "cat_threshold=2 2 4294967296", "m.txt:27: cat_threshold:", "4294967296"},
      {"is_linear=0", "is_linear=2", "is_linear:", "\"2\""},
      {"is_linear=0", "is_linear=1", "m.txt:11: num_features:", "found none"},
      {"shrinkage=1\n", "shrinkage=1 1\n", "m.txt:29: shrinkage:", "found 2"},
      {"end of trees", "end of tree", "m.txt:70: Tree:", "expected \"Tree=3\""},
      {"\nend of parameters\n", "\n", "parameters:", "end of parameters"},
  };
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
    expect_error(sample_with(damages[i].from, damages[i].to), &damages[i], COPSE_ERR_FORMAT);
}

static void what_is_known_but_not_done_is_named(void **state) {
  (void)state;
  const struct damage version = {"version=v4", "version=v2", "m.txt:2: version:", "v2"};
  expect_error(sample_with(version.from, version.to), &version, COPSE_ERR_UNSUPPORTED);
}

static void an_unfinished_round_is_refused(void **state) {
  (void)state;
  copse_error err;
  copse_model *model;
  char text[TEXT_CAPACITY];
  strcpy(
      text,
      "tree\nversion=v4\nnum_class=2\nnum_tree_per_iteration=2\nlabel_index=0\nmax_feature_idx=2\n"
      "objective=multiclass num_class:2\nfeature_names=a b c\nfeature_infos=none none none\n\n" SAMPLE_BODY);
  assert_int_equal(copse_model_parse(NULL, text, strlen(text), "m.txt", &model, &err), COPSE_ERR_FORMAT);
  assert_non_null(strstr(err.message, "multiple of 2 trees, found 3"));
}

static void names_that_would_break_the_file_are_refused(void **state) {
  (void)state;
  copse_model *model = sample_model(SAMPLE);
  assert_int_equal(model_set_text(NULL, &model->names[1], "two words", 9, NULL), COPSE_OK);
  copse_text text = {0};
  copse_error err;
  assert_int_equal(copse_model_write(model, 0, 0, &text, &err), COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(err.message, "two words"));
  copse_text_release(&text);
  copse_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writing_gives_back_what_was_read),
      cmocka_unit_test(leaf_values_and_thresholds_keep_their_bits),
      cmocka_unit_test(a_range_of_rounds_is_renumbered),
      cmocka_unit_test(line_ends_may_be_converted),
      cmocka_unit_test(real_files_differ_and_load),
      cmocka_unit_test(absent_objective_is_custom_and_averages_are_kept),
      cmocka_unit_test(dart_weights_travel_in_the_header),
      cmocka_unit_test(importances_are_what_was_asked_for),
      cmocka_unit_test(default_names_are_known),
      cmocka_unit_test(others_texts_are_kept),
      cmocka_unit_test(own_facts_travel_in_the_header),
      cmocka_unit_test(percent_decoding_is_strict),
      cmocka_unit_test(a_changed_file_is_noticed_by_its_fingerprint),
      cmocka_unit_test(damage_is_named_by_line_and_field),
      cmocka_unit_test(what_is_known_but_not_done_is_named),
      cmocka_unit_test(an_unfinished_round_is_refused),
      cmocka_unit_test(names_that_would_break_the_file_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
