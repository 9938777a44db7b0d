/* Several files read as the rows of one, and standard input: the same frame as from one file whatever the
 * headers' order, the compression and the threads; side files go with their file; messages name the file. */
#define _GNU_SOURCE
#include <fcntl.h>

#include "hooked_allocator.h"
#include "read_support.h"

#define HEAD "y,size,colour,city\n"
#define ROWS_A "1,2.5,red,\"New\nYork\"\n0,3,blue,Rome\n"
#define ROWS_B "1,7,green,Oslo\n\n0,,red,\"a \"\"b\"\" c\"\n1,9,blue,Rome\n"

static copse_read_options train(int n_threads) {
  copse_read_options o = copse_read_options_default();
  o.label_column = "name:y";
  o.categorical_feature = "auto";
  o.n_threads = n_threads;
  return o;
}

static copse_frame *read_files(const char *const *paths, size_t n, const copse_read_options *o) {
  copse_frame *frame;
  copse_error err;
  if (copse_frame_read_files(NULL, paths, n, o, &frame, &err) != COPSE_OK) fail_msg("%s", err.message);
  return frame;
}

static void expect_error(const char *const *paths, size_t n, const copse_read_options *o, const char *parts) {
  copse_frame *frame;
  copse_error err = {.message = ""};
  size_t used = copse_context_memory_used(NULL);
  assert_int_not_equal(copse_frame_read_files(NULL, paths, n, o, &frame, &err), COPSE_OK);
  assert_null(frame);
  assert_int_equal(copse_context_memory_used(NULL), used);
  char copy[512];
  strcpy(copy, parts);
  for (char *rest = copy, *part; (part = strsep(&rest, "|")) != NULL;)
    if (strstr(err.message, part) == NULL) fail_msg("no \"%s\" in: %s", part, err.message);
}

/* Every way to write the second file gives the frame of one file. */
static void test_same_as_one(void **unused) {
  (void)unused;
  const char *const seconds[] = {
      write_text("same.csv", HEAD ROWS_B),
      write_text("bare.csv", ROWS_B),
      write_gzip("packed.csv.gz", HEAD ROWS_B),
      write_text("mark.csv", "\xEF\xBB\xBF" HEAD ROWS_B),
      write_text("turned.csv",
                 "city,y,size,colour\r\nOslo,1,7,green\r\n\r\n\"a \"\"b\"\" c\",0,,red\r\n"
                 "Rome,1,9,blue"),
  };
  const char *one = write_text("one.csv", HEAD ROWS_A ROWS_B), *first = write_text("a.csv", HEAD ROWS_A);
  for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
    for (int threads = 1; threads <= 3; threads += 2) {
      copse_read_options o = train(threads);
      const char *paths[] = {first, seconds[i]};
      copse_frame *whole = read_good(one, &o), *parts = read_files(paths, 2, &o);
      assert_int_equal(parts->n_rows, 5);
      assert_same_frames(whole, parts);
      copse_text a = {.data = NULL}, b = {.data = NULL};
      assert_int_equal(copse_frame_schema_write(whole->schema, &a, NULL), COPSE_OK);
      assert_int_equal(copse_frame_schema_write(parts->schema, &b, NULL), COPSE_OK);
      assert_string_equal(a.data, b.data);
      copse_text_release(&a);
      copse_text_release(&b);
      /* and as rows to predict */
      copse_read_options p = o;
      p.task = COPSE_READ_PREDICT;
      p.schema = whole->schema;
      copse_frame *again = read_files(paths, 2, &p);
      assert_same_frames(whole, again);
      copse_frame_free(again);
      copse_frame_free(whole);
      copse_frame_free(parts);
    }
  }
}

/* Many rows, so that files have several chunks each. */
static void test_large(void **unused) {
  (void)unused;
  copse_text all = {.data = NULL}, part[3] = {{.data = NULL}};
  uint32_t state = 1;
  copse_text_appendf(&all, "y,a,b\n");
  for (int k = 0; k < 3; k++) {
    copse_text_appendf(&part[k], k == 1 ? "b,y,a\n" : "y,a,b\n");
    for (int i = 0; i < 90000 + 10000 * k; i++) {
      state = state * 1664525 + 1013904223;
      unsigned a = state >> 8, b = state % 97;
      copse_text_appendf(&all, "%u,%u,t%u\n", a & 1, a, b);
      if (k == 1)
        copse_text_appendf(&part[k], "t%u,%u,%u\n", b, a & 1, a);
      else
        copse_text_appendf(&part[k], "%u,%u,t%u\n", a & 1, a, b);
    }
  }
  copse_read_options o = train(2);
  const char *one = write_text("all.csv", all.data);
  const char *paths[] = {write_text("p0.csv", part[0].data), write_gzip("p1.csv.gz", part[1].data),
                         write_text("p2.csv", part[2].data)};
  copse_frame *whole = read_good(one, &o), *parts = read_files(paths, 3, &o);
  assert_int_equal(parts->n_rows, 300000);
  assert_same_frames(whole, parts);
  copse_frame_free(whole);
  copse_frame_free(parts);
  copse_text_release(&all);
  for (int k = 0; k < 3; k++) copse_text_release(&part[k]);
}

static void test_libsvm(void **unused) {
  (void)unused;
  copse_read_options o = copse_read_options_default();
  const char *paths[] = {write_text("a.svm", "1 1:2 3:4\n0 2:1"),
                         write_text("b.svm", "# more\n1 5:1\n0 1:7\n")};
  const char *one = write_text("one.svm", "1 1:2 3:4\n0 2:1\n1 5:1\n0 1:7\n");
  copse_frame *whole = read_good(one, &o), *parts = read_files(paths, 2, &o);
  assert_same_frames(whole, parts);
  copse_frame_free(whole);
  copse_frame_free(parts);
  paths[1] = write_text("bad.svm", "1 5:1\n0 1:x\n");
  expect_error(paths, 2, &o, "bad.svm:2:2: |\"1:x\"");
}

static void test_sides(void **unused) {
  (void)unused;
  copse_read_options o = copse_read_options_default();
  const char *paths[] = {write_text("s1.csv", "1,2\n0,3\n"), write_text("s2.csv", "1,4\n0,5\n1,6\n")};
  write_text("s1.csv.weight", "1\n2\n");
  expect_error(paths, 2, &o, "s2.csv.weight is missing|s1.csv has such a file");
  write_text("s2.csv.weight", "3\n4\n5\n");
  write_text("s1.csv.init", "0.5 1\n1.5 2\n");
  write_text("s2.csv.init", "2.5 3\n3.5 4\n4.5 5\n");
  write_text("s1.csv.query", "2\n");
  write_text("s2.csv.query", "1\n2\n");
  write_text("s1.csv.position", "first\nsecond\n");
  write_text("s2.csv.position", "second\nthird\nfirst\n");
  copse_frame *frame = read_files(paths, 2, &o);
  assert_int_equal(frame->n_init, 2);
  assert_int_equal(frame->n_groups, 3);
  assert_int_equal(frame->group[0], 2);
  assert_int_equal(frame->group[2], 2);
  static const int32_t positions[5] = {0, 1, 1, 2, 0}; /* ids mean the same in all files */
  assert_memory_equal(frame->position, positions, sizeof positions);
  for (int row = 0; row < 5; row++) {
    assert_true(frame->weight[row] == (float)(row + 1));
    assert_true(frame->init_score[row] == row + 0.5);
    assert_true(frame->init_score[5 + row] == row + 1);
  }
  copse_frame_free(frame);
  /* The sum of the lines fits, the files do not. */
  write_text("s1.csv.weight", "1\n2\n3\n");
  write_text("s2.csv.weight", "4\n5\n");
  expect_error(paths, 2, &o, "s1.csv.weight: found 3 rows|2 rows of |s1.csv");
  write_text("s1.csv.weight", "1\n2\n");
  write_text("s2.csv.weight", "4\n5\n-1\n");
  expect_error(paths, 2, &o, "s2.csv.weight: row 3: |-1");
  write_text("s2.csv.weight", "4\n5\n1\n");
  write_text("s2.csv.query", "1\n1\n");
  expect_error(paths, 2, &o, "s2.csv.query: |sum to 2|3 rows of");
  write_text("s2.csv.query", "1\n2\n");
  write_text("s2.csv.init", "2.5\n3.5\n4.5\n");
  expect_error(paths, 2, &o, "s2.csv.init: found 1 initial scores in a row, expected 2");
}

static void test_mistakes(void **unused) {
  (void)unused;
  const char *first = write_text("m.csv", "y,a,b\n1,2,3\n0,4,5\n");
  static const struct {
    const char *text, *parts;
  } cases[] = {
      {"y,a,c\n1,2,3\n", "n.csv:1:3: found the column \"c\" which the first file does not have"},
      {"y,a,a\n1,2,3\n", "n.csv:1:3: found the column \"a\" twice"},
      {"y,a,b,c\n1,2,3,4\n", "n.csv:1: found a header of 4 columns, expected the 3 of |m.csv"},
      {"1,2,3\n1,x,3\n", "n.csv:2:2: column \"a\": |found \"x\""},
      {"b,a,y\n1,2,3\n3,x,1\n", "n.csv:3:2: column \"a\": |found \"x\""},
      {"b,y,a\n1,2,3\n3,1\n", "n.csv:3:3: found 2 cells, expected 3"},
      {"1,2,3\n1,2\n", "n.csv:2:3: found 2 cells"},
      {"1,2,3\n1,\"2,3\n", "n.csv:2: a quote is opened here and never closed"},
      {"y,a,b\n", "n.csv: no rows"},
      {"", "n.csv: the file is empty"},
      {"1,2,3\nz,2,3\n", "n.csv:2:1: column \"y\": expected a number as label, found \"z\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    copse_read_options o = copse_read_options_default();
    const char *paths[] = {first, write_text("n.csv", cases[i].text)};
    expect_error(paths, 2, &o, cases[i].parts);
  }
  copse_read_options o = copse_read_options_default();
  const char *paths[] = {first, scratch_path("none.csv")};
  expect_error(paths, 2, &o, "none.csv: cannot open");
  /* A quote that the next file would close is open in its own. */
  const char *quotes[] = {write_text("q1.csv", "1,\"2\n"), write_text("q2.csv", "3\",4\n")};
  expect_error(quotes, 2, &o, "q1.csv:1: |quote");
}

/* Standard input: plain and packed, alone and among files; it has no side files. */
static void test_standard_input(void **unused) {
  (void)unused;
  int saved = dup(0);
  const char *rows[] = {write_text("in.csv", HEAD ROWS_B), write_gzip("in.csv.gz", HEAD ROWS_B)};
  const char *first = write_text("a.csv", HEAD ROWS_A), *one = write_text("one.csv", HEAD ROWS_A ROWS_B);
  copse_read_options o = train(1);
  for (int packed = 0; packed < 2; packed++) {
    for (int alone = 0; alone < 2; alone++) {
      char command[512];
      snprintf(command, sizeof command, "sleep 0.01; cat '%s'", rows[packed]);
      FILE *pipe = popen(command, "r");
      assert_non_null(pipe);
      assert_true(dup2(fileno(pipe), 0) >= 0);
      const char *paths[] = {first, "-"};
      copse_frame *whole = read_good(alone ? rows[0] : one, &o);
      copse_frame *parts = alone ? read_good("-", &o) : read_files(paths, 2, &o);
      assert_same_frames(whole, parts);
      copse_frame_free(whole);
      copse_frame_free(parts);
      pclose(pipe);
    }
  }
  int fd = open(write_text("in.csv", "y,a\n1,2\n0,x\n"), O_RDONLY);
  assert_true(dup2(fd, 0) >= 0);
  close(fd);
  o = copse_read_options_default();
  const char *path = "-";
  expect_error(&path, 1, &o, "standard input:3:2: column \"a\"");
  expect_error(&path, 1, &o, "standard input: the file is empty");
  assert_true(dup2(saved, 0) >= 0);
  close(saved);
}

/* Refused at every request: one message, nothing kept. */
static void test_out_of_memory(void **unused) {
  (void)unused;
  const char *paths[] = {write_text("o1.csv", "kind,a,b\nred,1,x\nblue,2,\"y \"\"z\"\"\"\n"),
                         write_gzip("o2.csv.gz", "b,kind,a\nx,green,3\nq,red,4\n")};
  write_text("o1.csv.weight", "1\n2\n");
  write_text("o2.csv.gz.weight", "3\n4\n");
  write_text("o1.csv.query", "2\n");
  write_text("o2.csv.gz.query", "1\n1\n");
  write_text("o1.csv.position", "a\nb\n");
  write_text("o2.csv.gz.position", "b\nc\n");
  write_text("o1.csv.init", "1 1 1\n2 2 2\n");
  write_text("o2.csv.gz.init", "3 3 3\n4 4 4\n");
  bool done = false;
  for (size_t k = 1; !done; k++) {
    struct hooked_allocator hook = {.fail_at = 0};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_read_options o = copse_read_options_default();
    o.label_kind = COPSE_LABEL_CLASS;
    o.label_column = "name:kind";
    o.categorical_feature = "auto";
    o.n_threads = 1;
    copse_context *ctx;
    copse_frame *frame;
    copse_error err;
    assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
    hook.fail_at = hook.calls + k;
    copse_status status = copse_frame_read_files(ctx, paths, 2, &o, &frame, &err);
    done = hook.refused == 0;
    if (done) {
      assert_int_equal(status, COPSE_OK);
      assert_true(k > 40);
      assert_int_equal(copse_frame_schema_n_classes(frame->schema), 3);
    } else if (status != COPSE_ERR_MEMORY) {
      fail_msg("request %zu: status %d: %s", k, status, err.message);
    }
    copse_frame_free(frame);
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_as_one),  cmocka_unit_test(test_large),
      cmocka_unit_test(test_libsvm),       cmocka_unit_test(test_sides),
      cmocka_unit_test(test_mistakes),     cmocka_unit_test(test_standard_input),
      cmocka_unit_test(test_out_of_memory)};
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
