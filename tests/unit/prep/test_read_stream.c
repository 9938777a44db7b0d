/* Text in blocks: the same frame and the same messages whatever fits in memory at a time, from plain and
 * packed files, with quotes over the ends of blocks, texts that come late, and columns in another order. */
#define _GNU_SOURCE
#include <math.h>

#include "hooked_allocator.h"
#include "read_support.h"

enum { ROWS = 900 };
static const size_t blocks[] = {40, 700, 5000, 1 << 20};
enum { N_BLOCKS = sizeof blocks / sizeof blocks[0] };

/* Columns y, number, city (quoted, some over two lines), late (its first text in row `late`), id. turned: the
 * other way round. */
static void append_rows(copse_text *text, int first, int n, int late, bool turned) {
  static const char *const cities[] = {"Rome", "\"New\nYork\"", "\"a \"\"b\"\", c\"", "", "\"Oslo\""};
  for (int row = first; row < first + n; row++) {
    char tail[32];
    snprintf(tail, sizeof tail, row >= late && row % 7 == 0 ? "x%d" : "%d", row % 5);
    if (turned)
      copse_text_appendf(text, "%d,%s,%s,%d.%03d,%d\n", row * 3, tail, cities[row % 5], row % 90, row % 999,
                         row % 2);
    else
      copse_text_appendf(text, "%d,%d.%03d,%s,%s,%d\r\n", row % 2, row % 90, row % 999, cities[row % 5], tail,
                         row * 3);
    if (row % 100 == 50) copse_text_append(text, "\n", 1);
  }
}

static const char *write_rows(const char *name, int first, int n, int late, bool turned) {
  copse_text text = {0};
  const char *head = turned ? "id,late,city,number,y\n" : "y,number,city,late,id\n";
  copse_text_append(&text, head, strlen(head));
  append_rows(&text, first, n, late, turned);
  const char *path = strstr(name, ".gz") != NULL ? write_gzip(name, text.data) : write_text(name, text.data);
  copse_text_release(&text);
  return path;
}

static copse_frame *read_files(const char *const *paths, size_t n, const copse_read_options *o) {
  copse_frame *frame;
  copse_error err;
  if (copse_frame_read_files(NULL, paths, n, o, &frame, &err) != COPSE_OK) fail_msg("%s", err.message);
  return frame;
}

static void assert_same_schema(const copse_frame *a, const copse_frame *b) {
  copse_text x = {0}, y = {0};
  assert_int_equal(copse_frame_schema_write(a->schema, &x, NULL), COPSE_OK);
  assert_int_equal(copse_frame_schema_write(b->schema, &y, NULL), COPSE_OK);
  assert_string_equal(x.data, y.data);
  copse_text_release(&x);
  copse_text_release(&y);
}

static void assert_read_alike(const char *const *paths, size_t n, const copse_frame *expected) {
  for (size_t b = 0; b < N_BLOCKS; b++) {
    copse_read_options o = options_in_blocks(blocks[b], blocks[b] < 5000 ? 1 : 3);
    copse_frame *frame = read_files(paths, n, &o);
    assert_same_frames(expected, frame);
    assert_same_schema(expected, frame);
    if (expected->doubt != NULL) assert_non_null(frame->doubt);
    copse_frame_free(frame);
  }
}

static void test_blocks(void **unused) {
  (void)unused;
  const int lates[] = {0, 400, 890, ROWS};
  for (int i = 0; i < 4; i++) {
    const char *plain = write_rows("blocks.csv", 0, ROWS, lates[i], false);
    const char *packed = write_rows("blocks.csv.gz", 0, ROWS, lates[i], false);
    copse_read_options o = options_in_blocks(0, 2);
    copse_frame *expected = read_files(&plain, 1, &o);
    assert_int_equal(expected->n_rows, ROWS);
    assert_int_equal(expected->n_features, 4);
    assert_true(cell_of(expected, 700, 0) == 700 % 90 + (700 % 999) / 1000.0);
    assert_int_equal(expected->categorical[2], lates[i] < ROWS);
    assert_read_alike(&plain, 1, expected);
    assert_read_alike(&packed, 1, expected);
    copse_frame_free(expected);
  }
}

static void test_blocks_of_files(void **unused) {
  (void)unused;
  const char *one = write_rows("one.csv", 0, ROWS, 700, false);
  const char *const parts[] = {write_rows("p1.csv", 0, 500, 700, false),
                               write_rows("p2.csv", 500, 300, 700, true),
                               write_rows("p3.csv.gz", 800, 100, 700, true)};
  copse_read_options o = options_in_blocks(0, 2);
  copse_frame *expected = read_files(&one, 1, &o);
  assert_read_alike(parts, 3, expected);
  copse_frame_free(expected);
}

/* The message for a file with one more line, which has the number `line`. */
static void expect_message(const char *line, const char *sentence) {
  copse_text text = {0};
  copse_text_appendf(&text, "y,number,city,late,id\n");
  append_rows(&text, 0, ROWS, ROWS, false);
  unsigned long long n_lines = 1;
  for (const char *p = text.data; *p != '\0'; p++) n_lines += *p == '\n';
  copse_text_append(&text, line, strlen(line));
  append_rows(&text, 0, 50, ROWS, false);
  const char *const paths[] = {write_text("bad.csv", text.data), write_gzip("bad.csv.gz", text.data)};
  char expected[400];
  for (int kind = 0; kind < 2; kind++)
    for (size_t b = 0; b < N_BLOCKS; b++) {
      copse_read_options o = options_in_blocks(blocks[b], 1);
      copse_frame *frame;
      copse_error err;
      o.categorical_feature = "name:city";
      snprintf(expected, sizeof expected, "%s:%llu:%s", paths[kind], n_lines, sentence);
      size_t used = copse_context_memory_used(NULL);
      assert_int_not_equal(copse_frame_read(NULL, paths[kind], &o, &frame, &err), COPSE_OK);
      if (strncmp(err.message, expected, strlen(expected)) != 0)
        fail_msg("expected %s, found %s", expected, err.message);
      assert_int_equal(copse_context_memory_used(NULL), used);
    }
  copse_text_release(&text);
}

static void test_messages(void **unused) {
  (void)unused;
  expect_message("1,2,Rome\n", "4: found 3 cells, expected 5 as in the first row");
  expect_message("1,2,Rome,3,4,5\n", "6: found 6 cells, expected 5");
  expect_message("1,abc,Rome,3,4\n", "2: column \"number\": expected a number, found \"abc\"");
  expect_message("1,2,\"Ro\"me,3,4\n", " text follows a closing quote");
  expect_message("z,2,Rome,3,4\n", "1: column \"y\": ");
}

/* Lack of memory and cancelling at any moment end in a status, and nothing stays behind. */
static void test_lack_of_memory(void **unused) {
  (void)unused;
  const char *path = write_rows("memory.csv.gz", 0, ROWS, 800, true);
  copse_read_options o = options_in_blocks(3000, 1);
  o.categorical_feature = "name:city,late";
  bool done = false;
  for (size_t fail_at = 1; !done; fail_at += 1 + fail_at / 40) {
    struct hooked_allocator hook = {.fail_at = fail_at};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx;
    copse_frame *frame;
    copse_error err;
    if (copse_context_create(&allocator, &ctx, &err) != COPSE_OK) continue;
    copse_status status = copse_frame_read(ctx, path, &o, &frame, &err);
    done = hook.refused == 0;
    assert_int_equal(status, done ? COPSE_OK : COPSE_ERR_MEMORY);
    copse_frame_free(frame);
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
  }
}

static void read_compact(const copse_frame *frame, uint32_t feature, double *out) {
  const copse_column_source *source = frame->table.values;
  for (uint64_t row = 0; row < frame->n_rows; row += 77) {
    size_t n = frame->n_rows - row < 77 ? (size_t)(frame->n_rows - row) : 77;
    source->read(source->user, feature, row, n, out + row);
  }
}

/* A compact table holds the same values in fewer bytes, which go column by column. */
static void test_compact(void **unused) {
  (void)unused;
  const char *path = write_rows("compact.csv", 0, ROWS, 700, false);
  copse_read_options o = options_in_blocks(900, 2);
  static double out[ROWS];
  copse_frame *arrays = read_good(path, &o);
  o.compact = true;
  size_t before = copse_context_memory_used(NULL);
  copse_frame *frame = read_good(path, &o);
  const copse_column_source *source = frame->table.values;
  assert_int_equal(frame->table.layout, COPSE_SOURCE);
  assert_int_equal(frame->table.n_cols, 4);
  for (uint32_t f = 0; f < 4; f++) {
    read_compact(frame, f, out);
    for (uint64_t row = 0; row < ROWS; row++) {
      double expected = cell_of(arrays, row, f);
      if (isnan(expected)) expected = arrays->categorical[f] ? -1 : expected;
      if (!(out[row] == expected || (isnan(out[row]) && isnan(expected))))
        fail_msg("row %d feature %u: %g, not %g", (int)row, f, out[row], expected);
    }
    size_t with = copse_context_memory_used(NULL);
    source->release(source->user, f);
    assert_true(copse_context_memory_used(NULL) + ROWS <= with);
  }
  copse_frame_free(frame);
  assert_int_equal(copse_context_memory_used(NULL), before);
  copse_frame_free(arrays);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_blocks),   cmocka_unit_test(test_blocks_of_files),
      cmocka_unit_test(test_messages), cmocka_unit_test(test_lack_of_memory),
      cmocka_unit_test(test_compact),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
