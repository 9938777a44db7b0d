#define _GNU_SOURCE
/* Rows as text: every cell of small files, whatever the size of blocks, the number of threads, or gzip. */
#include "read_support.h"
#include "table/row_source.h"

enum { MAX_BLOCKS = 512 };

/* All rows as one text, cells in brackets: [text], "quoted", 0 for null. */
struct collected {
  struct {
    char *text;
    size_t length;
  } blocks[MAX_BLOCKS];
  char *all;
  size_t length;
  uint64_t next_row;
};

static copse_status collect_block(void *user, const struct row_block *block, int thread, copse_error *err) {
  (void)thread, (void)err;
  struct collected *out = user;
  assert_true(block->index < MAX_BLOCKS);
  FILE *file = open_memstream(&out->blocks[block->index].text, &out->blocks[block->index].length);
  for (size_t row = 0; row < block->n_rows; row++) {
    fprintf(file, "%llu:", (unsigned long long)(block->first_row + row));
    for (uint32_t i = 0; i < block->n_columns; i++) {
      const struct row_cell *cell = &block->cells[i * block->n_rows + row];
      if (cell->null)
        fprintf(file, "0");
      else
        fprintf(file, cell->quoted ? "\"%.*s\"" : "[%.*s]", (int)cell->length, cell->text);
    }
    fprintf(file, "\n");
  }
  fclose(file);
  return COPSE_OK;
}

static copse_status settle_blocks(void *user, size_t n_blocks, copse_error *err) {
  (void)err;
  struct collected *out = user;
  for (size_t i = 0; i < n_blocks; i++) {
    out->all = realloc(out->all, out->length + out->blocks[i].length + 1);
    memcpy(out->all + out->length, out->blocks[i].text, out->blocks[i].length);
    out->length += out->blocks[i].length;
    out->all[out->length] = '\0';
    free(out->blocks[i].text);
  }
  return COPSE_OK;
}

static char *collect(const char *path, size_t block_bytes, int n_threads) {
  struct row_source_options options = {.block_bytes = block_bytes};
  struct row_source *source;
  copse_error err;
  if (row_source_open(NULL, path, &options, &source, &err) != COPSE_OK) fail_msg("%s", err.message);
  struct collected first = {0}, again = {0};
  if (row_source_run(source, n_threads, collect_block, settle_blocks, &first, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  assert_int_equal(row_source_run(source, n_threads, collect_block, settle_blocks, &again, &err), COPSE_OK);
  assert_string_equal(first.all, again.all);
  free(again.all);
  row_source_close(source);
  return first.all;
}

static void test_cells(void **unused) {
  (void)unused;
  const char *text = "a,,\"c\"\"d\"\n1, x ,\n\"\",\"two\nlines\",\"say \"\"hi\"\"\"\n\n,,\n";
  const char *expected = "0:[1][x]0\n1:\"\"\"two\nlines\"\"say \"hi\"\"\n2:000\n";
  const char *paths[] = {write_text("cells.csv", text), write_gzip("cells.csv.gz", text)};
  for (int p = 0; p < 2; p++)
    for (size_t bytes = 0; bytes < 40; bytes += 3)
      for (int threads = 1; threads <= 3; threads += 2) {
        char *found = collect(paths[p], bytes, threads);
        assert_string_equal(found, expected);
        free(found);
      }
  struct row_source *source;
  assert_int_equal(row_source_open(NULL, paths[0], NULL, &source, NULL), COPSE_OK);
  assert_int_equal(row_source_n_columns(source), 3);
  assert_string_equal(row_source_name(source, 0), "a");
  assert_string_equal(row_source_name(source, 1), "Column_1");
  assert_string_equal(row_source_name(source, 2), "c\"d");
  row_source_close(source);
}

static void test_one_column(void **unused) {
  (void)unused;
  char *found = collect(write_text("one.csv", "a\nx\n\"\"\ny\n"), 0, 2);
  assert_string_equal(found, "0:[x]\n1:\"\"\n2:[y]\n");
  free(found);
}

static void test_without_header(void **unused) {
  (void)unused;
  const char *path = write_text("bare.csv", "1;2\n3;4\n");
  struct row_source *source;
  assert_int_equal(row_source_open(NULL, path, NULL, &source, NULL), COPSE_OK);
  assert_string_equal(row_source_name(source, 1), "Column_1");
  row_source_close(source);
  char *found = collect(path, 0, 2);
  assert_string_equal(found, "0:[1][2]\n1:[3][4]\n");
  free(found);
}

static void test_many_rows_and_files(void **unused) {
  (void)unused;
  char *text, *found;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "n,text\n");
  for (int i = 0; i < 5000; i++) fprintf(file, "%d,t%d\n", i, i * 7);
  fclose(file);
  const char *paths[] = {write_text("many.csv", text), write_text("more.csv", "text,n\nlast,5000\n")};
  free(text);
  struct row_source_options options = {.block_bytes = 1000};
  struct row_source *source;
  assert_int_equal(row_source_open_files(NULL, paths, 2, &options, &source, NULL), COPSE_OK);
  struct collected all = {0};
  assert_int_equal(row_source_run(source, 2, collect_block, settle_blocks, &all, NULL), COPSE_OK);
  assert_int_equal(row_source_n_rows(source), 5001);
  found = strstr(all.all, "4999:");
  assert_string_equal(found, "4999:[4999][t34993]\n5000:[5000][last]\n");
  assert_string_equal(strrchr(row_source_place(source, 4321).text, '/'), "/many.csv:4323");
  assert_string_equal(strrchr(row_source_place(source, 5000).text, '/'), "/more.csv:2");
  free(all.all);
  row_source_close(source);
}

static copse_status refuse_seven(void *user, const struct row_block *block, int thread, copse_error *err) {
  (void)user, (void)thread;
  for (size_t row = 0; row < block->n_rows; row++)
    if ((block->first_row + row) % 1000 == 7) {
      snprintf(err->message, sizeof err->message, "row %llu", (unsigned long long)(block->first_row + row));
      return err->status = COPSE_ERR_DATA;
    }
  return COPSE_OK;
}

static void test_failures(void **unused) {
  (void)unused;
  copse_error err;
  struct row_source *source;
  const char *ragged = write_text("ragged.csv", "a,b\n1,2\n3\n");
  assert_int_equal(row_source_open(NULL, ragged, NULL, &source, &err), COPSE_OK);
  assert_int_equal(row_source_run(source, 2, NULL, NULL, NULL, &err), COPSE_ERR_FORMAT);
  assert_non_null(strstr(err.message, "ragged.csv:3:2: found 1 cells, expected 2"));
  row_source_close(source);
  assert_int_equal(row_source_open(NULL, scratch_path("none.csv"), NULL, &source, &err), COPSE_ERR_IO);
  assert_null(source);
  /* of several failing blocks the first one is told */
  struct row_source_options options = {.block_bytes = 4000};
  assert_int_equal(row_source_open(NULL, scratch_path("many.csv"), &options, &source, &err), COPSE_OK);
  assert_int_equal(row_source_run(source, 3, refuse_seven, NULL, NULL, &err), COPSE_ERR_DATA);
  assert_string_equal(err.message, "row 7");
  row_source_close(source);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cells),          cmocka_unit_test(test_one_column),
      cmocka_unit_test(test_without_header), cmocka_unit_test(test_many_rows_and_files),
      cmocka_unit_test(test_failures),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
