/* What is wrong with a recipe, its files or its rows is told in one sentence: place, found, expected, remedy.
 */
#define _GNU_SOURCE
#include "recipe_support.h"

#define LOAD "[load]\n"
static const char rows[] = "a,b,t\n1,2,x\n3,4,y\n";

static void test_reading(void **unused) {
  (void)unused;
  expect_failure("# nothing\n", rows, "r.recipe: no step (a recipe begins with [load])");
  expect_failure("x = 1\n" LOAD, rows, "r.recipe:1: an option before the first step");
  expect_failure(LOAD "\n[fil]\ncolumns = a\n", rows, "r.recipe:3: unknown step \"fil\" (did you mean \"fil");
  expect_failure(LOAD "[fill t]\n# c\ncolums = a\n", rows,
                 "r.recipe:4: [fill] has no option \"colums\" (did you mean \"columns\"? options: columns, "
                 "method, value, from)");
  expect_failure(LOAD "[fill]\nvalue = 1\n", rows, "r.recipe:2: [fill]: columns is missing");
  expect_failure(LOAD "[fill]\ncolumns =\n\nvalue = 1\n", rows,
                 "r.recipe:3: [fill] columns: found \"\", expected at least one");
  expect_failure(LOAD "[drop]\n  columns = a\n", rows,
                 "r.recipe:3: a line that begins with a blank goes on with an option, and there is none yet");
  expect_failure(LOAD "nonsense\n", rows, "r.recipe:2: expected [STEP TABLE], option = value");
  expect_failure(LOAD "other = auto\nother = drop\n", rows,
                 "r.recipe:3: [load] other was given in line 2 already");
  expect_failure(LOAD "other = perhaps\n", rows,
                 "r.recipe:2: [load] other: found \"perhaps\", expected one of auto,text");
  expect_failure(LOAD "[split]\nseed = 1.5\n", rows,
                 "r.recipe:3: [split] seed: found \"1.5\", expected a whole number");
  expect_failure("[drop]\ncolumns = a\n", rows, "expected [load] as the first step");
  expect_failure(LOAD "[drop x]\ncolumns = a\n[drop x]\ncolumns = b\n", rows,
                 "the step in line 2 makes the table \"x\" (choose another name)");
  expect_failure(
      LOAD "[drop x]\ncolumns = a\n[drop X]\ncolumns = b\n", rows,
      "r.recipe:4: [drop X]: the step in line 2 makes the table \"x\" (choose another name; SQLite does "
      "not tell small from capital letters)");
  char line[400];
  snprintf(line, sizeof line, LOAD "text = %0300d\n", 0);
  expect_failure(line, rows, "r.recipe:2: the line is longer than 195 bytes");
}

/* What is no recipe at all is told in the words of recipes. */
static void test_no_recipe(void **unused) {
  (void)unused;
  static const struct {
    const char *bytes;
    size_t n;
    const char *expected;
  } cases[] = {
      {"", 0, "r.recipe: found an empty file, expected a recipe (write its first step, [load])"},
      {" \n\n", 3, "r.recipe: found an empty file, expected a recipe"},
      {"\xEF\xBB\xBF", 3, "r.recipe: found an empty file, expected a recipe"},
      {"[load]\n\0", 8,
       "r.recipe:2: found the byte 0x00, expected a recipe, which is text in UTF-8 (convert it, or"},
      {"\x7F"
       "ELF\2",
       5, "r.recipe:1: found the byte 0x7f, expected a recipe"},
      {"\xFF\xFE[\0", 4, "r.recipe:1: found the byte 0xff, expected a recipe"},
      {"[load]\n# caf\xE9\n", 14, "r.recipe:2: found the byte 0xe9, expected a recipe"},
      {"[load]\n# \xC0\xAF\n", 12, "r.recipe:2: found the byte 0xc0, expected a recipe"},
      {"# \xF0\x9F\x8C\xB2 \xEF\xBF\xBD\n", 11, "r.recipe: no step (a recipe begins with [load])"},
      {"\xEF\xBB\xBF[loat]", 9, "r.recipe:1: unknown step \"loat\""},
  };
  copse_recipe *recipe;
  copse_error err;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *path = write_bytes("r.recipe", cases[i].bytes, cases[i].n);
    assert_int_equal(copse_recipe_read(NULL, path, NULL, &recipe, &err), COPSE_ERR_FORMAT);
    if (strstr(err.message, cases[i].expected) == NULL)
      fail_msg("found: %s\nexpected: %s", err.message, cases[i].expected);
  }
  assert_int_equal(copse_recipe_read(NULL, "/", NULL, &recipe, &err), COPSE_ERR_IO);
  assert_string_equal(err.message, "/: found a directory, expected a recipe (name a file in it)");
  assert_int_equal(copse_recipe_read(NULL, "/dev/zero", NULL, &recipe, &err), COPSE_ERR_FORMAT);
  assert_non_null(strstr(err.message, "found more than 16 MB, expected a recipe"));
  assert_int_equal(copse_recipe_read(NULL, scratch_path("none.recipe"), NULL, &recipe, &err), COPSE_ERR_IO);
  assert_non_null(
      strstr(err.message, "cannot open: No such file or directory, expected a recipe (check the path)"));
}

/* Lines beside the one that is trained on. */
static void test_side_lines(void **unused) {
  (void)unused;
  expect_failure(
      "[load raw]\n[drop]\nfrom = rwa\ncolumns = a\n", rows,
      "r.recipe:2: [drop]: from: found \"rwa\", expected a table made before (did you mean \"raw\"?)");
  expect_failure("[load raw]\n[drop x]\nfrom = y\ncolumns = a\n[drop y]\ncolumns = b\n", rows,
                 "from: found \"y\", expected a table made before");
  expect_failure("[load raw]\nfrom = raw\n", rows, "[load] has no option \"from\"");
  expect_failure("[load raw]\n[drop]\nfrom = raw\ncolumns = a\n[split]\n", rows,
                 "r.recipe:5: [split]: stands in a side line");
  expect_failure(LOAD "[split parts]\n[dedupe]\nfrom = parts\n", rows,
                 "r.recipe:3: [dedupe]: stands behind [split] in line 2");
  expect_table("[load raw]\n[split parts]\n[dedupe]\nfrom = raw\n", "a\n1\n", "a\n1\n");
}

static void test_continued_lines(void **unused) {
  (void)unused;
  expect_table(LOAD "text = t,\n  a\n  ; a comment\n\treal?\n[drop]\ncolumns = b\n", rows,
               "a,t\n\"1\",x\n\"3\",y\n");
}

/* Behind a value too, but not inside of quotes. */
static void test_comments(void **unused) {
  (void)unused;
  const char *texts = "a,t\n1,x # y\n2,x#y\n3,z\n";
  expect_table(LOAD "other = auto # c\n[levels] ; c\n  # c\ncolumns = t ; c\nkeep = \"x # y\", x#y # c\n",
               texts, "a,t\n1,x # y\n2,x#y\n3,others\n");
  expect_failure(LOAD "[levels]\ncolumns = t\nkeep = \"x ; y\"\n", texts,
                 "r.recipe:4: a \";\" behind a blank begins a comment, in quotes too");
}

static void test_mapping_files(void **unused) {
  (void)unused;
  const char *recipe = LOAD "[map]\ncolumn = t\nfile = m.csv\n";
  expect_failure(
      recipe, rows,
      "m.csv: cannot open: No such file or directory (it is not beside the recipe: name its folder with "
      "maps=DIR)");
  copse_recipe *read = read_recipe(recipe, "/none");
  const char *data = write_text("rows.csv", rows);
  copse_error err;
  assert_int_equal(copse_recipe_fit(read, &data, 1, NULL, &err), COPSE_ERR_IO);
  assert_non_null(strstr(err.message,
                         "[map]: file: /none/m.csv: cannot open: No such file or directory "
                         "(maps=DIR names the folder of the mapping files: correct it)"));
  copse_recipe_free(read);
  expect_failure(
      LOAD "[map]\ncolumn = t\nfile = /none/m.csv\n", rows,
      "file: /none/m.csv: cannot open: No such file or directory (correct the path in the recipe)");
  write_text("m.csv", "from,to\nx,1\ny,2\nx,3\n");
  expect_failure(recipe, rows, "m.csv:4: found \"x\" a second time, expected every text on the left once");
  write_text("m.csv", "from,to,more\nx,1,2\n");
  expect_failure(recipe, rows, "found 3 columns, expected two");
  write_text("m.csv", "from,to\nx,one\n");
  expect_failure(LOAD "[map]\ncolumn = t\nfile = m.csv\ntype = real\n", rows,
                 "\"x\" is mapped to \"one\", expected a number (type = real)");
}

static void test_columns_and_cells(void **unused) {
  (void)unused;
  expect_failure(LOAD "real = aa\n", rows,
                 "[load]: no column \"aa\" (add it, or write \"aa?\" in the recipe where it may be missing; "
                 "nearest: \"a\"; "
                 "columns: a, b, t)");
  expect_failure(LOAD "real = t\n", rows, "rows.csv:2: ");
  expect_failure(LOAD "real = t\n", rows, "column \"t\": found \"x\", expected a number (correct the cell");
  expect_failure(LOAD "integer = a\n", "a,b\n1,2\n1.5,3\n", "rows.csv:3: ");
  expect_failure(LOAD "integer = a\n", "a,b\n9007199254740992,2\n9007199254740993,3\n",
                 "column \"a\": found \"9007199254740993\", which is beyond 2^53; load it as text");
  expect_failure(LOAD "integer = a\n", "a,b\n1e20,2\n", "which is beyond 2^53; load it as text");
  expect_failure(LOAD "[derive]\ninto = z\nformula = a + c\n", rows, "no column \"c\"");
  expect_failure(LOAD "[derive]\ninto = z\nformula = a + t\n", rows, "expected numbers on both sides");
  expect_failure(LOAD "[derive]\ninto = z\nformula = (a + 1\n", rows, "formula: at \"the end\": expected )");
  expect_failure(LOAD "[fill]\ncolumns = a\nvalue = x\n", rows,
                 "found \"x\" for the column \"a\", expected a whole number");
  expect_failure(LOAD "[fill]\ncolumns = t\nmethod = median\n", rows, "holds texts, which have no median");
  expect_failure(LOAD "[date]\ncolumn = t\nparts = year\n", rows, "found \"x\", expected YYYY-MM-DD");
  expect_failure(LOAD "[date]\ncolumn = a\nparts = year\n", rows,
                 "the column \"a\" holds numbers, expected dates (list it as text in [load])");
  expect_failure(LOAD "[derive]\ninto =\nformula = 1\n", rows,
                 "[derive] into: found \"\", expected a column's name");
  expect_failure(LOAD "[derive]\ninto = \"\"\nformula = 1\n", rows,
                 "into: found \"\"\"\", expected a column's name");
  expect_failure(LOAD "[derive]\ninto = \"z\nformula = 1\n", rows,
                 "into: found \"\"z\", expected a column's name");
  expect_failure(LOAD "[split]\ninto =\n", rows, "[split] into: found \"\", expected a column's name");
  expect_failure(LOAD "[drop]\ncolumns = a, b, t\n", rows, "no column is left");
  expect_failure(LOAD "[select]\ncolumns = a, a\n", rows, "comes twice");
  expect_failure(LOAD "[levels]\ncolumns = t\nkeep = x\ncover = 0.5\n", rows,
                 "found 2 of file, keep, cover and min_rows");
  expect_failure(LOAD "[split]\nvalid = 1\n", rows, "whose sum is above 0 and below 1");
  expect_failure(
      LOAD "[split]\n[drop]\ncolumns = b\n[dedupe]\n", rows,
      "r.recipe:5: [dedupe]: stands behind [split] in line 2, where rows held out would decide which "
      "rows are trained on (put it before the split)");
  write_text("g.csv", "c,g\na,z\n");
  expect_failure(LOAD "[split]\n[rollup]\nindex = b\nfile = g.csv\n", rows,
                 "stands behind [split] in line 2");
}

/* A column that is a number when the recipe is fitted must be one later; order and further columns are free.
 */
static void test_replay_policy(void **unused) {
  (void)unused;
  copse_recipe *recipe = read_recipe(LOAD, NULL);
  const char *path = write_text("rows.csv", rows);
  copse_error err;
  copse_text out = {.ctx = NULL};
  assert_int_equal(copse_recipe_fit(recipe, &path, 1, NULL, NULL), COPSE_OK);
  char *text = replay(recipe, "t,extra,b,a\nx,1,2,3\n", -1, 0);
  assert_string_equal(text, "t,b,a\nx,2,3\n");
  assert_non_null(
      strstr(copse_recipe_notes(recipe), "column \"extra\" is not one of the recipe's: left out\n"));
  free(text);
  path = write_text("other.csv", "a,b,t\n1,2,x\nseven,2,x\n");
  assert_int_equal(recipe_table_text(recipe, &path, 1, NULL, -1, &out, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "other.csv:3: "));
  assert_non_null(strstr(err.message, "column \"a\": found \"seven\", expected a whole number"));
  path = write_text("other.csv", "a,t\n1,x\n");
  assert_int_equal(recipe_table_text(recipe, &path, 1, NULL, -1, &out, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "other.csv: "));
  assert_non_null(strstr(err.message,
                         "[load]: no column \"b\" (add it, or write \"b?\" in the recipe where it may be "
                         "missing; nearest: \"a\"; columns: a, t)"));
  copse_text_release(&out);
  copse_recipe_free(recipe);
}

/* Many bad cells in many blocks at once: the first one is told, from any number of threads. */
static void test_first_of_many(void **unused) {
  (void)unused;
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "a,b,t\n");
  for (int i = 0; i < 3000; i++) fprintf(file, i < 1000 ? "%d,1,x\n" : "n%d,1,x\n", i);
  fclose(file);
  const char *path = write_text("many.csv", text);
  free(text);
  copse_recipe *recipe = read_recipe(LOAD "real = a\n", NULL);
  copse_error err;
  copse_text out = {.ctx = NULL};
  copse_read_options options = copse_read_options_default();
  assert_int_equal(recipe_table_text(recipe, &path, 1, &options, -1, &out, &err), COPSE_ERR_STATE);
  assert_int_equal(copse_recipe_fit(recipe, &path, 1, NULL, NULL), COPSE_OK);
  options.block_bytes = 20000;
  for (options.n_threads = 1; options.n_threads <= 4; options.n_threads++) {
    assert_int_equal(recipe_table_text(recipe, &path, 1, &options, -1, &out, &err), COPSE_ERR_DATA);
    assert_non_null(strstr(err.message, "many.csv:1002: "));
    assert_non_null(strstr(err.message, "found \"n1000\""));
  }
  copse_text_release(&out);
  copse_recipe_free(recipe);
}

/* A stored recipe that was cut off or changed anywhere is refused or read, never more. */
static void test_damaged_text(void **unused) {
  (void)unused;
  write_text("m.csv", "from,to\nx,1\ny,2\n");
  copse_recipe *recipe =
      read_recipe(LOAD "[map t]\ncolumn = t\nfile = m.csv\n[split]\n[fill]\ncolumns = a\nvalue = 1\n", NULL);
  const char *path = write_text("rows.csv", rows);
  copse_text text = {.ctx = NULL};
  assert_int_equal(copse_recipe_fit(recipe, &path, 1, NULL, NULL), COPSE_OK);
  assert_int_equal(copse_recipe_write(recipe, &text, NULL), COPSE_OK);
  copse_recipe_free(recipe);
  for (size_t i = 0; i < text.length; i++) {
    copse_error err;
    if (copse_recipe_parse(NULL, text.data, i, "test", &recipe, &err) == COPSE_OK) copse_recipe_free(recipe);
    char kept = text.data[i];
    text.data[i] ^= 5;
    if (copse_recipe_parse(NULL, text.data, text.length, "test", &recipe, &err) == COPSE_OK)
      copse_recipe_free(recipe);
    text.data[i] = kept;
  }
  copse_text_release(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_recipe),         cmocka_unit_test(test_side_lines),
      cmocka_unit_test(test_comments),          cmocka_unit_test(test_reading),
      cmocka_unit_test(test_continued_lines),   cmocka_unit_test(test_mapping_files),
      cmocka_unit_test(test_columns_and_cells), cmocka_unit_test(test_replay_policy),
      cmocka_unit_test(test_damaged_text),      cmocka_unit_test(test_first_of_many),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
