/* Every mistake a file or an option can hold: one message with the place and what to do, the same at any
 * number of threads, nothing leaked, and nothing wrong when memory runs out at any request. */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "hooked_allocator.h"
#include "read_support.h"

/* Reads and expects a message with all of `parts` (separated by |) in it. */
static void expect_error(const char *path, const copse_read_options *options, copse_status status,
                         const char *parts) {
  for (int threads = 1; threads <= 3; threads += 2) {
    copse_read_options o = *options;
    o.n_threads = threads;
    copse_frame *frame = (copse_frame *)1;
    size_t used = copse_context_memory_used(NULL);
    copse_error err = {.message = ""};
    copse_status found = copse_frame_read(NULL, path, &o, &frame, &err);
    assert_null(frame);
    assert_int_equal(copse_context_memory_used(NULL), used);
    if (found != status) fail_msg("expected status %d (%s), found %d: %s", status, parts, found, err.message);
    assert_int_equal(err.status, status);
    char copy[512];
    assert_true(strlen(parts) < sizeof copy);
    strcpy(copy, parts);
    for (char *rest = copy, *part; (part = strsep(&rest, "|")) != NULL;)
      if (strstr(err.message, part) == NULL) fail_msg("no \"%s\" in: %s", part, err.message);
  }
}

static void test_files(void **unused) {
  (void)unused;
  copse_read_options o = copse_read_options_default();
  expect_error(scratch_path("none.csv"), &o, COPSE_ERR_IO,
               "none.csv: cannot open: No such file|check the path");
  expect_error(scratch, &o, COPSE_ERR_IO, "is a directory");
  expect_error(write_text("empty.csv", ""), &o, COPSE_ERR_DATA, "empty.csv: the file is empty");
  expect_error(write_text("blank.csv", "\n \r\n\n"), &o, COPSE_ERR_DATA, "the file is empty");
  expect_error(write_bytes("nul.csv", "1,2\n0,\0\n", 8), &o, COPSE_ERR_FORMAT, "nul.csv:2: |0x00|binary");
  expect_error(write_bytes("control.csv", "1,2\n\x01,2\n", 8), &o, COPSE_ERR_FORMAT,
               "control.csv:2: |0x01|binary");
  expect_error(write_text("mac.csv", "a,y\r1,0\r2,1\r"), &o, COPSE_ERR_FORMAT,
               "mac.csv:1: |CR without LF|expected lines that end in LF or CRLF");
  expect_error(write_text("mac.csv", "\r\n\"a\rb\",y\"\r1,0\r"), &o, COPSE_ERR_FORMAT,
               "mac.csv:2: |CR without LF");
  expect_error(write_text("zip.csv", "PK\003\004rest"), &o, COPSE_ERR_FORMAT, "a zip archive|unpack");
  expect_error(write_text("bin", "______LightGBM_Binary_File_Token______\n"), &o, COPSE_ERR_FORMAT,
               "binary data set of LightGBM");
  if (geteuid() != 0) {
    write_text("closed.csv", "1,2\n");
    assert_int_equal(chmod(scratch_path("closed.csv"), 0), 0);
    expect_error(scratch_path("closed.csv"), &o, COPSE_ERR_IO, "Permission denied");
  }
}

static void test_gzip(void **unused) {
  (void)unused;
  copse_read_options o = copse_read_options_default();
  copse_text text = {.data = NULL};
  for (int i = 0; i < 3000; i++) copse_text_appendf(&text, "%d,%d\n", i & 1, i * 7919 % 4001);
  const char *path = write_gzip("whole.csv.gz", text.data);
  copse_text_release(&text);
  static char bytes[1 << 16];
  FILE *file = fopen(path, "rb");
  size_t length = fread(bytes, 1, sizeof bytes - 8, file);
  fclose(file);
  expect_error(write_bytes("cut.csv.gz", bytes, length / 2), &o, COPSE_ERR_FORMAT, "end too early|cut off");
  expect_error(write_bytes("cut.csv.gz", bytes, length - 1), &o, COPSE_ERR_FORMAT, "end too early");
  expect_error(write_bytes("cut.csv.gz", bytes, 5), &o, COPSE_ERR_FORMAT, "end too early");
  memcpy(bytes + length, "garbage", 7);
  expect_error(write_bytes("tail.csv.gz", bytes, length + 7), &o, COPSE_ERR_FORMAT, "7 bytes follow the end");
  bytes[length / 2] ^= 0x55;
  expect_error(write_bytes("bad.csv.gz", bytes, length), &o, COPSE_ERR_FORMAT, "damaged");
}

static void test_csv(void **unused) {
  (void)unused;
  static const struct {
    const char *text, *parts;
  } cases[] = {{"y,a\n", "only a header"},
               {"y,a\n1,2\n\n1,2,3\n1\n", "case.csv:4:3: found 3 cells, expected 2"},
               {"y,a\n1,2\n1\n", "case.csv:3:2: found 1 cells, expected 2"},
               {"y,a\n1,2\n0,\"x\n1,3\n", "case.csv:3: a quote is opened here and never closed"},
               {"y,a\n1,2\n0,\"x\"y\n1,3\n", "case.csv:3: text follows a closing quote|y"},
               {"y,age\n1,2\n0,\n1,abc\n1,d\n",
                "case.csv:4:2: column \"age\": expected a number, found "
                "\"abc\"|categorical_feature=name:age|ignore_column=name:age"},
               {"1,2,3\n0,2,ab\n", "case.csv:2:3: expected a number, found \"ab\"|categorical_feature=1"},
               {"y,a\n1,2\nnan,3\n", "case.csv:3:1: column \"y\": the label is missing: found \"nan\""},
               {"y,a\n1,2\n,3\n", "case.csv:3:1: column \"y\": the label is missing: found an empty cell"},
               {"y,a\n1,2\n-inf,3\n", "case.csv:3:1: column \"y\": the label is not finite|-inf"},
               {"y,a\n1,2\n1e39,3\n", "case.csv:3:1: column \"y\": the label is not finite|1e39"},
               {"y,a\n1,2\nyes,3\n",
                "case.csv:3:1: column \"y\": expected a number as label, found \"yes\"|objective=binary"},
               {"y,a,a\n1,2,3\n", "columns 2 and 3 of the header are both called \"a\""},
               {"y\n1\n0\n", "no feature is left"},
               {"1 0:abc\n0 0:1 2:3\n", "no feature is left|format=libsvm"},
               {"1,2\n0,x\nnan,y\n", "case.csv:2:2: "},
               {"1,2\nnan,2\n0,y\n", "case.csv:2:1: "}};
  copse_read_options o = copse_read_options_default();
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *path = write_text("case.csv", cases[i].text);
    copse_status status = strstr(cases[i].parts, "cells") != NULL || strstr(cases[i].parts, "quote") != NULL
                              ? COPSE_ERR_FORMAT
                              : COPSE_ERR_DATA;
    expect_error(path, &o, status, cases[i].parts);
  }
}

static void test_two_class_labels(void **unused) {
  (void)unused;
  static const struct {
    const char *text, *parts;
  } cases[] = {{"1,5\n0,6\n2,7\n", "case.csv:3:1: expected a label of two classes|found \"2\""},
               {"1,5\n-1,6\n0,7\n", "case.csv:3:1: |found \"0\""},
               {"1,5\n1,6\n0.5,7\n", "case.csv:3:1: |found \"0.5\""},
               {"a,5\nb,6\na,7\nc,8\nd,9\n", "case.csv:4:1: found a third class \"c\": there are 4"},
               {"a,5\na,6\n", "case.csv:1:1: every label is \"a\""},
               {"a,5\nb,6\n?,7\n", "case.csv:3:1: the label is missing: found \"?\""},
               {"1,5\n1,6\nb,7\n0,8\n", "case.csv:4:1: found a third class \"0\""}};
  copse_read_options o = copse_read_options_default();
  o.label_kind = COPSE_LABEL_BINARY;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_error(write_text("case.csv", cases[i].text), &o, COPSE_ERR_DATA, cases[i].parts);
}

static void test_options(void **unused) {
  (void)unused;
  const char *path = write_text("options.csv", "y,age,weight,query\n1,2,1,7\n0,3,-1,7\n1,4,x,\n");
  copse_read_options base = copse_read_options_default(), o = base;
  o.label_column = "name:wieght";
  expect_error(path, &o, COPSE_ERR_ARGUMENT,
               "label_column=name:wieght: no column \"wieght\"|nearest: \"weight\"|y, age");
  o.label_column = "4";
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "label_column: index 4, but the last one is 3");
  o.label_column = "age";
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "found \"age\"|label_column=name:age");
  o.label_column = "name:y,age";
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "names more than one column");
  o = base;
  o.weight_column = "3";
  expect_error(path, &o, COPSE_ERR_ARGUMENT,
               "weight_column: index 3, but the last one is 2 (the label column is not counted)");
  o.weight_column = "name:y";
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "column 0 (\"y\") already has another role");
  o.weight_column = "name:weight";
  expect_error(path, &o, COPSE_ERR_DATA,
               "options.csv:3:3: column \"weight\": the weight is negative: found \"-1\"");
  o = base;
  o.ignore_column = "name:weight";
  o.group_column = "name:query";
  expect_error(path, &o, COPSE_ERR_DATA, "options.csv:4:4: column \"query\": the query id is missing");
  o = base;
  o.categorical_feature = "auto,name:y";
  expect_error(path, &o, COPSE_ERR_ARGUMENT,
               "categorical_feature=name:y: column 0 (\"y\") already has another role");
  o.categorical_feature = "1";
  o.weight_column = "1";
  expect_error(path, &o, COPSE_ERR_ARGUMENT,
               "categorical_feature=1: column 2 (\"weight\") already has another role");
  o = base;
  o.ignore_column = "0,name:query";
  expect_error(path, &o, COPSE_ERR_ARGUMENT,
               "ignore_column: found \"name:query\" among indices|ignore_column=name:a,b)");
  o = base;
  o.header = COPSE_HEADER_NO;
  o.label_column = "name:y";
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "label_column=name:y: the file has no header");
  o = base;
  o.separator = '"';
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "separator");
  o = base;
  o.libsvm_base = 2;
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "libsvm_base is 2");
  o = base;
  o.task = COPSE_READ_PREDICT;
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "a schema is needed");
  o = base;
  o.ignore_column = "name:weight";
  o.categorical_feature = "name:age";
  expect_error(write_text("codes.csv", "y,age,weight\n1,2,3\n0,3e9,4\n"), &o, COPSE_ERR_DATA,
               "codes.csv:3:2: column \"age\": category codes are whole numbers below 2^31, found \"3e9\"");
}

static void test_libsvm(void **unused) {
  (void)unused;
  static const struct {
    const char *text, *parts;
  } cases[] = {{"1 1:2\n0 1:2 x\n", "case.svm:2:3: expected index:value, found \"x\""},
               {"1 1:2\n0 1:2 3\n", "case.svm:2:3: expected index:value, found \"3\""},
               {"1 1:2\n0 1:2 3:\n", "case.svm:2:3: expected a number behind the colon, found \"3:\""},
               {"1 1:2\n0 1:2 3:4x\n", "case.svm:2:3: expected a number behind the colon"},
               {"1 1:2\n0 2:2 1:4\n", "case.svm:2:3: indices of a row must ascend"},
               {"1 1:2\n0 2:2 2:4\n", "case.svm:2:3: indices of a row must ascend"},
               {"1 1:2\n0 -1:2\n", "case.svm:2:2: expected index:value"},
               {"1 1:2\n0 4294967296:2\n", "case.svm:2:2: the index is above"},
               {"1 1:2\nx 1:2\n", "case.svm:2:1: expected a number as label, found \"x\""},
               {"1 1:2\n1:2\n", "case.svm:2:1: this row and the first one disagree on having a label"},
               {"1 qid:1 1:2\n1 1:2\n", "case.svm:2:2: expected qid:number"},
               {"1 qid:a 1:2\n", "case.svm:1:2: expected qid:number"},
               {"1 1:2 qid:1\n", "case.svm:1:3: expected qid:number"},
               {"1 1:2\nnan 1:2\n", "case.svm:2:1: the label is missing: found \"nan\""},
               {"# nothing\n", "no rows"},
               {"1\n0\n", "no row has an index:value pair"},
               {"1:2\n2:3\n", "no row has a label"}};
  copse_read_options o = copse_read_options_default();
  /* Detected by its first row, whatever comes later. */
  expect_error(write_text("case.svm", "# a\n1 1:2\n0 1:2\n\n0 2:1 3:abc\n1 1:1\n"), &o, COPSE_ERR_FORMAT,
               "case.svm:5:3: expected a number behind the colon, found \"3:abc\"");
  expect_error(write_text("case.svm", "1 1:2\nx 1:2\n"), &o, COPSE_ERR_FORMAT,
               "case.svm:2:1: expected a number as label, found \"x\"");
  o.format = COPSE_FORMAT_LIBSVM;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    bool data = strstr(cases[i].parts, "no row") != NULL || strstr(cases[i].parts, "missing") != NULL;
    expect_error(write_text("case.svm", cases[i].text), &o, data ? COPSE_ERR_DATA : COPSE_ERR_FORMAT,
                 cases[i].parts);
  }
  o.libsvm_base = 1;
  expect_error(write_text("case.svm", "1 1:2\n0 0:2\n"), &o, COPSE_ERR_FORMAT, "case.svm:2:2: index 0");
  o.libsvm_base = -1;
  o.ignore_column = "0";
  expect_error(write_text("case.svm", "1 1:2\n"), &o, COPSE_ERR_ARGUMENT,
               "case.svm: ignore_column: index 0, but the file's indices begin with 1");
  o.ignore_column = "2";
  expect_error(write_text("case.svm", "1 1:2\n"), &o, COPSE_ERR_ARGUMENT, "index 2, but the last one is 1");
  o.ignore_column = NULL;
  o.weight_column = "0";
  expect_error(write_text("case.svm", "1 1:2\n"), &o, COPSE_ERR_ARGUMENT, "need CSV|case.svm.weight");
  o.weight_column = NULL;
  o.label_column = "2";
  expect_error(scratch_path("case.svm"), &o, COPSE_ERR_ARGUMENT,
               "label_column: index 2, but the last one is 0");
}

static void test_side_files(void **unused) {
  (void)unused;
  const char *path = write_text("side.csv", "y,a,w,q\n1,2,1,1\n0,3,1,1\n1,4,1,2\n");
  copse_read_options o = copse_read_options_default();
  static const struct {
    const char *name, *text, *parts;
  } cases[] = {
      {"side.csv.weight", "1\n1\n", "side.csv.weight: found 2 rows of 1, expected|3 rows of |side.csv"},
      {"side.csv.weight", "1\n1\n-2\n", "side.csv.weight: row 3: found the weight -2"},
      {"side.csv.weight", "1\nx\n1\n", "side.csv.weight:2: expected a finite number, found \"x\""},
      {"side.csv.weight", "1 2\n1\n1\n", "side.csv.weight:2: found 1 numbers, expected 2"},
      {"side.csv.query", "1\n1\n", "side.csv.query: the 2 group sizes sum to 2, expected the 3 rows"},
      {"side.csv.query", "3\n0\n", "side.csv.query: group 2: found the size 0"},
      {"side.csv.query", "4\n-1\n", "side.csv.query: group 2: found the size -1"},
      {"side.csv.group", "2\n2\n", "side.csv.group: the 2 group sizes sum to 4, expected the 3 rows"},
      {"side.csv.position", "top\nmiddle\n",
       "side.csv.position: found 2 positions, expected one for each of the 3 rows of |side.csv"},
      {"side.csv.position", "1\n2\n3\n4\n", "side.csv.position: found 4 positions"},
      {"side.csv.init", "1\n1\n", "side.csv.init: found 2 rows of initial scores, expected the 3 rows"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    write_text(cases[i].name, cases[i].text);
    expect_error(path, &o, COPSE_ERR_DATA, cases[i].parts);
    unlink(scratch_path(cases[i].name));
  }
  write_text("side.csv.weight", "1\n1\n1\n");
  o.weight_column = "name:w";
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "side.csv.weight: weights are in this file and in a column");
  unlink(scratch_path("side.csv.weight"));
  write_text("side.csv.query", "3\n");
  o.group_column = "name:q";
  expect_error(path, &o, COPSE_ERR_ARGUMENT, "side.csv.query: queries are in this file and in ");
  write_text("side.csv.group", "3\n");
  o.group_column = NULL;
  expect_error(path, &o, COPSE_ERR_ARGUMENT,
               "side.csv.group: the sizes of queries are in |side.csv.query, too");
  unlink(scratch_path("side.csv.group"));
  unlink(scratch_path("side.csv.query"));
  o.init_path = "nowhere.init";
  expect_error(path, &o, COPSE_ERR_IO, "nowhere.init: cannot open");
}

/* Two bad places in chunks far apart, and a huge line: always the first place. */
static void test_first_place_wins(void **unused) {
  (void)unused;
  copse_text text = {.data = NULL};
  for (int i = 0; i < 300000; i++)
    copse_text_appendf(&text, i == 170001 || i == 299000 ? "1,2,3,4\n" : "%d,2.5,%d\n", i & 1, i);
  copse_read_options o = copse_read_options_default();
  expect_error(write_bytes("far.csv", text.data, text.length), &o, COPSE_ERR_FORMAT,
               "far.csv:170002:4: found 4 cells");
  copse_text_release(&text);
  for (int i = 0; i < 400000; i++) copse_text_appendf(&text, "%d,", i);
  copse_text_appendf(&text, "1\n1,2\n");
  expect_error(write_bytes("wide.csv", text.data, text.length), &o, COPSE_ERR_FORMAT,
               "wide.csv:2:3: found 2 cells, expected 400001");
  copse_text_release(&text);
}

/* Every request for memory refused in turn: an orderly error and no block left. */
static void test_out_of_memory(void **unused) {
  (void)unused;
  write_text("memory.csv.weight", "1\n1\n1\n");
  const char *paths[] = {write_text("memory.csv", "y,a,b,c\nu,\"x\"\"1\",2,3\nv,y,2.5,4\nu,z,,4\n"),
                         write_gzip("memory.svm.gz", "1 qid:1 1:2 3:4\n0 qid:1 2:2\n1 qid:2 1:3\n")};
  for (int kind = 0; kind < 2; kind++) {
    copse_read_options o = copse_read_options_default();
    o.categorical_feature = kind == 0 ? "auto,name:c" : "";
    o.label_kind = COPSE_LABEL_BINARY;
    o.n_threads = 1;
    bool done = false;
    for (size_t k = 1; !done; k++) {
      struct hooked_allocator hook = {.fail_at = 0};
      copse_allocator allocator = hooked_allocator(&hook);
      copse_context *ctx;
      copse_frame *frame;
      copse_error err;
      assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
      hook.fail_at = hook.calls + k;
      copse_status status = copse_frame_read(ctx, paths[kind], &o, &frame, &err);
      done = hook.refused == 0;
      if (done) {
        assert_int_equal(status, COPSE_OK);
        assert_true(k > 20);
      } else if (status != COPSE_ERR_MEMORY) {
        fail_msg("request %zu: status %d: %s", k, status, err.message);
      }
      copse_frame_free(frame);
      copse_context_free(ctx);
      assert_int_equal(hook.live, 0);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_files),        cmocka_unit_test(test_gzip),
      cmocka_unit_test(test_csv),          cmocka_unit_test(test_two_class_labels),
      cmocka_unit_test(test_options),      cmocka_unit_test(test_libsvm),
      cmocka_unit_test(test_side_files),   cmocka_unit_test(test_first_place_wins),
      cmocka_unit_test(test_out_of_memory)};
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
