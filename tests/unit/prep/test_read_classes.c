/* Labels of many classes: numbers and texts, given and found counts, the dictionary that travels in the
 * schema and in a model, and every mistake with its place and remedy. */
#define _GNU_SOURCE
#include "read_support.h"

static copse_read_options classes(uint32_t n) {
  copse_read_options o = copse_read_options_default();
  o.label_kind = COPSE_LABEL_CLASS;
  o.n_classes = n;
  return o;
}

static void assert_labels(const copse_frame *frame, const char *digits) {
  assert_non_null(frame->label);
  assert_int_equal(frame->n_rows, strlen(digits));
  for (size_t i = 0; digits[i] != '\0'; i++) assert_true(frame->label[i] == (float)(digits[i] - '0'));
}

static void assert_classes(const copse_frame_schema *schema, const char *const *names, uint32_t n) {
  assert_int_equal(copse_frame_schema_n_classes(schema), n);
  for (uint32_t i = 0; i < n; i++) assert_string_equal(copse_frame_schema_class(schema, i), names[i]);
  assert_null(copse_frame_schema_class(schema, n));
}

/* The schema after its own text. */
static copse_frame_schema *travelled(const copse_frame_schema *schema) {
  copse_text text = {.data = NULL};
  copse_frame_schema *out;
  copse_error err;
  assert_int_equal(copse_frame_schema_write(schema, &text, NULL), COPSE_OK);
  if (copse_frame_schema_parse(NULL, text.data, text.length, "text", &out, &err) != COPSE_OK)
    fail_msg("%s in\n%s", err.message, text.data);
  copse_text_release(&text);
  return out;
}

static void expect_error(const char *path, const copse_read_options *o, const char *parts) {
  copse_frame *frame;
  copse_error err = {.message = ""};
  size_t used = copse_context_memory_used(NULL);
  assert_int_equal(copse_frame_read(NULL, path, o, &frame, &err), COPSE_ERR_DATA);
  assert_int_equal(copse_context_memory_used(NULL), used);
  char copy[512];
  strcpy(copy, parts);
  for (char *rest = copy, *part; (part = strsep(&rest, "|")) != NULL;)
    if (strstr(err.message, part) == NULL) fail_msg("no \"%s\" in: %s", part, err.message);
}

static void test_numbers(void **unused) {
  (void)unused;
  static const char *const names[] = {"0", "1", "2", "3"};
  const char *path = write_text("numbers.csv", "y,a\n2,1\n0,2\n1,3\n2,4\n");
  for (uint32_t given = 0; given <= 4; given += given == 0 ? 3 : 1) {
    copse_read_options o = classes(given);
    copse_frame *frame = read_good(path, &o);
    assert_labels(frame, "2012");
    uint32_t n = given > 0 ? given : 3;
    assert_classes(frame->schema, names, n);
    copse_frame_schema *schema = travelled(frame->schema);
    copse_frame_free(frame);
    assert_classes(schema, names, n);
    o.task = COPSE_READ_VALID;
    o.schema = schema;
    frame = read_good(write_text("valid.csv", "a,y\n1,1\n2,2\n"), &o);
    assert_labels(frame, "12");
    copse_frame_free(frame);
    expect_error(write_text("bad.csv", "a,y\n1,1\n2,4\n"), &o,
                 "bad.csv:3:2: column \"y\": |whole number|\"4\"");
    copse_frame_schema_free(schema);
  }
}

static void test_texts(void **unused) {
  (void)unused;
  static const char *const names[] = {"10", "9", "iris setosa", "versicolor"};
  const char *path =
      write_text("texts.csv", "a,y\n1,versicolor\n2,10\n3,\"iris setosa\"\n4,9\n5,versicolor\n");
  for (uint32_t given = 0; given <= 4; given += 4) {
    copse_read_options o = classes(given);
    o.label_column = "name:y";
    copse_frame *frame = read_good(path, &o);
    assert_labels(frame, "30213");
    copse_frame_schema *schema = travelled(frame->schema);
    copse_frame_free(frame);
    assert_classes(schema, names, 4);
    o = classes(0);
    o.task = COPSE_READ_PREDICT;
    o.schema = schema;
    frame = read_good(write_text("new.csv", "y,a\n9,1\nversicolor,2\n"), &o);
    assert_labels(frame, "13");
    assert_null(frame->label_problem);
    copse_frame_free(frame);
    /* An unknown class is a problem of the label, not of the prediction; for validation it is an error. */
    path = write_text("unknown.csv", "y,a\n9,1\nvirginica,2\n");
    frame = read_good(path, &o);
    assert_null(frame->label);
    assert_non_null(strstr(frame->label_problem,
                           "unknown.csv:3:1: column \"y\": expected a label of the "
                           "training data, \"10\", \"9\", \"iris setosa\" or "
                           "\"versicolor\", found \"virginica\""));
    copse_frame_free(frame);
    o.task = COPSE_READ_VALID;
    expect_error(path, &o, "unknown.csv:3:1: |\"virginica\"");
    copse_frame_schema_free(schema);
    path = scratch_path("texts.csv");
  }
}

static void test_mistakes(void **unused) {
  (void)unused;
  static const struct {
    uint32_t n_classes;
    const char *text, *parts;
  } cases[] = {
      {3, "y,a\n1,1\n2,1\n3,1\n", "case.csv:4:1: column \"y\": |from 0 to 2, found \"3\"|set num_class=4"},
      {3, "y,a\n0,1\n1.5,1\n3,1\n", "case.csv:3:1: |whole number|found \"1.5\"|recode"},
      {3, "y,a\n0,1\n-1,1\n3,1\n", "case.csv:3:1: |found \"-1\""},
      {3, "y,a\n0,1\n,1\n2,1\n", "case.csv:3:1: |the label is missing"},
      {3, "y,a\nred,1\nblue,1\ngreen,1\ngrey,2\nred,1\n",
       "case.csv:5:1: |one class more, \"grey\": there are 4, num_class is 3 (set num_class=4"},
      {5, "y,a\nred,1\nblue,1\ngreen,1\n", "texts of 3 classes, num_class is 5 (set num_class=3"},
      {3, "y,a\nred,1\n,1\ngreen,1\n", "case.csv:3:1: |the label is missing"},
      {0, "y,a\n0,1\n1,1\n5,1\n3,1\n2,1\n",
       "case.csv:4:1: |found the class \"5\"|class 4 never comes|num_class=6"},
      {0, "y,a\n1,1\n2,1\n3,1\n", "case.csv:4:1: |class 0 never comes"},
      {0, "y,a\n0,1\n0,1\n", "every label is \"0\""},
      {0, "y,a\n0.5,1\n0,1\n", "case.csv:2:1: |found \"0.5\""},
      {0, "y,a\nred,1\nred,1\n", "every label is \"red\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    copse_read_options o = classes(cases[i].n_classes);
    expect_error(write_text("case.csv", cases[i].text), &o, cases[i].parts);
  }
}

static void test_libsvm(void **unused) {
  (void)unused;
  copse_read_options o = classes(0);
  copse_frame *frame = read_good(write_text("rows.svm", "2 1:1\n0 2:1\n1 1:3\n"), &o);
  assert_int_equal(frame->format, COPSE_FORMAT_LIBSVM);
  assert_labels(frame, "201");
  assert_int_equal(copse_frame_schema_n_classes(frame->schema), 3);
  copse_frame_free(frame);
  o = classes(2);
  expect_error(scratch_path("rows.svm"), &o, "rows.svm:1:1: |\"2\"|set num_class=3");
}

/* Damaged schemas: what the parser must not accept. */
static void test_schema_texts(void **unused) {
  (void)unused;
  static const char *const texts[] = {
      "copse-frame 1\nlabel whole\ncolumn label y\ncolumn number a\nend\n",
      "copse-frame 1\nlabel whole 1\ncolumn label y\ncolumn number a\nend\n",
      "copse-frame 1\nlabel whole 99999999\ncolumn label y\ncolumn number a\nend\n",
      "copse-frame 1\nlabel number 3\ncolumn label y\ncolumn number a\nend\n",
      "copse-frame 1\nlabel text\nclass a\ncolumn label y\ncolumn number a\nend\n",
      "copse-frame 1\nlabel text\nclass a\nclass a\ncolumn label y\ncolumn number a\nend\n",
      "copse-frame 1\nlabel text\nclass a\nclass b\ncolumn label y\ncolumn text a\nlevel x\nclass c\nend\n",
      "copse-frame 1\nlabel number\nclass a\nclass b\ncolumn label y\ncolumn number a\nend\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    copse_frame_schema *schema;
    copse_error err;
    assert_int_equal(copse_frame_schema_parse(NULL, texts[i], strlen(texts[i]), "text", &schema, &err),
                     COPSE_ERR_FORMAT);
    assert_null(schema);
    assert_non_null(strstr(err.message, "text:"));
  }
}

static void test_option(void **unused) {
  (void)unused;
  copse_read_options o = classes(1);
  copse_frame *frame;
  copse_error err;
  assert_int_equal(copse_frame_read(NULL, write_text("one.csv", "0,1\n"), &o, &frame, &err),
                   COPSE_ERR_ARGUMENT);
  assert_non_null(strstr(err.message, "num_class"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers),      cmocka_unit_test(test_texts),
                                     cmocka_unit_test(test_mistakes),     cmocka_unit_test(test_libsvm),
                                     cmocka_unit_test(test_schema_texts), cmocka_unit_test(test_option)};
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
