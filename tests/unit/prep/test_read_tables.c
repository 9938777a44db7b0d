/* The same small tables through every reader and every spelling; types, dictionaries, roles, side files,
 * threads. */
#define _GNU_SOURCE
#include <math.h>

#include "read_support.h"

/* label 1 0 1; a = 1.5 -2 0; b = 4 missing 6; c = 0 1e3 -0.25 */
static void check_small(const copse_frame *frame) {
  static const double expected[3][3] = {{1.5, 4, 0}, {-2, NAN, 1e3}, {0, 6, -0.25}};
  assert_int_equal(frame->n_rows, 3);
  assert_int_equal(frame->n_features, 3);
  for (uint64_t row = 0; row < 3; row++) {
    assert_true(frame->label[row] == (row != 1));
    for (uint32_t f = 0; f < 3; f++) {
      double value = cell_of(frame, row, f);
      assert_true(value == expected[row][f] || (isnan(value) && isnan(expected[row][f])));
    }
  }
  assert_null(frame->weight);
  assert_null(frame->group);
  assert_null(frame->init_score);
}

static void test_every_spelling(void **unused) {
  (void)unused;
  static const struct {
    const char *name, *text;
    copse_read_format format;
    bool header;
  } files[] = {
      {"plain.csv", "y,a,b,c\n1,1.5,4,0\n0,-2,,1e3\n1,0,6,-0.25\n", COPSE_FORMAT_CSV, true},
      {"no_header.csv", "1,1.5,4,0\n0,-2,NA,1e3\n1,0,6,-0.25\n", COPSE_FORMAT_CSV, false},
      {"semicolon.csv", "y;a;b;c\n1;1.5;4;0\n0;-2;?;1e3\n1;0;6;-0.25\n", COPSE_FORMAT_CSV, true},
      {"tab.tsv", "1\t1.5\t4\t0\n0\t-2\tnan\t1e3\n1\t0\t6\t-0.25\n", COPSE_FORMAT_CSV, false},
      {"crlf.csv", "y,a,b,c\r\n1,1.5,4,0\r\n0,-2,null,1e3\r\n1,0,6,-0.25\r\n", COPSE_FORMAT_CSV, true},
      {"bom.csv", "\xEF\xBB\xBFy,a,b,c\n1,1.5,4,0\n0,-2,None,1e3\n1,0,6,-0.25\n", COPSE_FORMAT_CSV, true},
      {"no_end.csv", "y,a,b,c\n1,1.5,4,0\n0,-2,n/a,1e3\n1,0,6,-0.25", COPSE_FORMAT_CSV, true},
      {"blank_lines.csv", "\n\ny,a,b,c\n1,1.5,4,0\n  \n0,-2,,1e3\n\r\n1,0,6,-0.25\n\n\n", COPSE_FORMAT_CSV,
       true},
      {"blanks.csv", "y , a, b ,c\n 1, 1.5 ,4 , 0\n0 ,  -2, ,1e3 \n1,0,6,-0.25\t\n", COPSE_FORMAT_CSV, true},
      {"quotes.csv",
       "\"y\",\"a\",\"b\",\"c\"\n\"1\",\"1.5\",\"4\",\"0\"\n0,\"-2\",\"\",1e3\n1, \"0\" ,6,\"-0.25\"\n",
       COPSE_FORMAT_CSV, true},
      {"zero.svm", "1 0:1.5 1:4\n0 0:-2 1:nan 2:1e3\n1 1:6 2:-0.25\n", COPSE_FORMAT_LIBSVM, false},
      {"one.svm", "# made by hand\n1 1:1.5 2:4 # first\n0 1:-2 2:NaN 3:1e3 \n\n1  2:6 3:-0.25",
       COPSE_FORMAT_LIBSVM, false},
      {"crlf.svm", "1 1:1.5 2:4\r\n0 1:-2 2:nan 3:1e3\r\n1 2:6 3:-0.25\r\n", COPSE_FORMAT_LIBSVM, false}};
  copse_read_options options = copse_read_options_default();
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    for (int packed = 0; packed < 2; packed++) {
      const char *path =
          packed ? write_gzip(files[i].name, files[i].text) : write_text(files[i].name, files[i].text);
      copse_frame *frame = read_good(path, &options);
      check_small(frame);
      assert_int_equal(frame->format, files[i].format);
      assert_int_equal(frame->has_header, files[i].header);
      assert_string_equal(frame->names[2], files[i].header ? "c" : "Column_2");
      copse_frame_free(frame);
    }
}

static void test_two_gzip_members(void **unused) {
  (void)unused;
  write_gzip("one.gz", "1,1.5,4,0\n0,-2,,1e3\n");
  write_gzip("two.gz", "1,0,6,-0.25\n");
  char bytes[512];
  size_t length = 0;
  static const char *const names[] = {"one.gz", "two.gz"};
  for (int i = 0; i < 2; i++) {
    FILE *file = fopen(scratch_path(names[i]), "rb");
    length += fread(bytes + length, 1, sizeof bytes - length, file);
    fclose(file);
  }
  copse_read_options options = copse_read_options_default();
  copse_frame *frame = read_good(write_bytes("both.csv.gz", bytes, length), &options);
  check_small(frame);
  copse_frame_free(frame);
}

static void test_colons_fool_nothing(void **unused) {
  (void)unused;
  static const char *const texts[] = {"y,t,x\n1,10:30,1\n0,11:45,2\n", "1,10:30,1\n0,11:45,2\n",
                                      "1\t10:30\t1\n0\t11:45\t2\n", "y;t:x;x\n1;10:30;1\n0;11:45;2\n",
                                      "1\t1:3\t1\n0\t2:4\t2\n"};
  copse_read_options options = copse_read_options_default();
  options.categorical_feature = "auto";
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    copse_frame *frame = read_good(write_text("colon.csv", texts[i]), &options);
    assert_int_equal(frame->format, COPSE_FORMAT_CSV);
    assert_int_equal(frame->n_features, 2);
    assert_true(frame->categorical[0] && !frame->categorical[1]);
    copse_frame_free(frame);
  }
}

/* The first line alone is good LibSVM: a separator further down, and a schema, still say CSV. */
static void test_libsvm_first_line_in_csv(void **unused) {
  (void)unused;
  copse_read_options options = copse_read_options_default();
  options.header = COPSE_HEADER_NO;
  options.categorical_feature = "auto";
  options.label_kind = COPSE_LABEL_BINARY;
  copse_frame *frame = read_good(write_text("first.csv", "1 1:3\n"), &options);
  assert_int_equal(frame->format, COPSE_FORMAT_LIBSVM);
  copse_frame_free(frame);
  options.label_kind = COPSE_LABEL_NUMBER;
  options.label_column = "1";
  frame = read_good(write_text("first.csv", "a 1:3,0\nb 2:4,1\n"), &options);
  copse_read_options apply = copse_read_options_default();
  apply.task = COPSE_READ_PREDICT;
  apply.schema = frame->schema;
  apply.header = COPSE_HEADER_NO;
  copse_frame *rows = read_good(write_text("one.csv", "1 1:3\na 1:3\n"), &apply);
  assert_int_equal(rows->format, COPSE_FORMAT_CSV);
  assert_int_equal(rows->n_rows, 2);
  assert_true(cell_of(rows, 1, 0) == 0);
  copse_frame_free(rows);
  copse_frame_free(frame);
  copse_frame *mixed = NULL;
  copse_error err;
  options.label_column = NULL;
  assert_int_not_equal(
      copse_frame_read(NULL, write_text("mixed.csv", "1 1:3\n0,1\n"), &options, &mixed, &err), COPSE_OK);
  assert_non_null(strstr(err.message, "no feature is left"));
}

static void test_separator_and_header_declared(void **unused) {
  (void)unused;
  copse_read_options options = copse_read_options_default();
  options.separator = '|';
  copse_frame *frame =
      read_good(write_text("pipe.csv", "1|2,3|x\n0|1|y\n"),
                &(copse_read_options){.separator = '|', .categorical_feature = "auto", .libsvm_base = -1});
  assert_int_equal(frame->n_features, 2);
  assert_int_equal(frame->separator, '|');
  copse_frame_free(frame);
  options.header = COPSE_HEADER_YES; /* numbers as names */
  frame = read_good(write_text("years.csv", "y|2019|2020\n1|5|6\n"), &options);
  assert_int_equal(frame->n_rows, 1);
  assert_string_equal(frame->names[1], "2020");
  copse_frame_free(frame);
  options = copse_read_options_default();
  options.header = COPSE_HEADER_NO;
  options.categorical_feature = "auto";
  options.label_kind = COPSE_LABEL_BINARY;
  frame = read_good(write_text("texts.csv", "u,a\nv,b\nu,c\n"), &options);
  assert_int_equal(frame->n_rows, 3);
  assert_int_equal(frame->has_header, false);
  copse_frame_free(frame);
}

static void test_quotes(void **unused) {
  (void)unused;
  copse_read_options options = copse_read_options_default();
  options.categorical_feature = "auto";
  copse_frame *frame =
      read_good(write_text("quotes.csv",
                           "y,\"a, b\",c\n1,\"x,\"\"1\"\"\",5\" pipe\n0,\"two\nlines\",4\n1, \"x,\"\"1\"\"\" "
                           " ,5\" pipe\n0,,\"?\"\n"),
                &options);
  assert_int_equal(frame->n_rows, 4);
  assert_string_equal(frame->names[0], "a, b");
  assert_string_equal(frame->model_names[0], "a__b");
  const copse_frame_schema *schema = frame->schema;
  assert_int_equal(copse_frame_schema_n_levels(schema, 0), 2);
  assert_string_equal(copse_frame_schema_level(schema, 0, 0), "two\nlines");
  assert_string_equal(copse_frame_schema_level(schema, 0, 1), "x,\"1\"");
  assert_string_equal(copse_frame_schema_level(schema, 1, 1), "5\" pipe");
  assert_true(cell_of(frame, 0, 0) == 1 && cell_of(frame, 1, 0) == 0 && cell_of(frame, 2, 0) == 1);
  assert_true(isnan(cell_of(frame, 3, 0)) && isnan(cell_of(frame, 3, 1)));
  copse_frame_free(frame);
}

/* Blanks in quotes are part of a text, as RFC 4180 has it, through the schema too; numbers, names and what is
 * missing are told without them. */
static void test_blanks_in_quotes(void **unused) {
  (void)unused;
  copse_read_options options = copse_read_options_default();
  options.categorical_feature = "auto";
  options.missing_values = "none";
  options.label_kind = COPSE_LABEL_BINARY;
  const char *path = write_text("blanks_in.csv",
                                "\"y\",\" a \",n\n\" no\",\" x \",\" 1.5 \"\nno ,x,\" \"\n"
                                "no,\"x\t\",\" na\"\nno,\" \",2\nno,\" none \",\"\"\n");
  copse_frame *frame = read_good(path, &options);
  const copse_frame_schema *schema = frame->schema;
  assert_string_equal(frame->names[0], "a");
  assert_int_equal(copse_frame_schema_n_levels(schema, 0), 3);
  assert_string_equal(copse_frame_schema_level(schema, 0, 0), " x ");
  assert_string_equal(copse_frame_schema_level(schema, 0, 1), "x");
  assert_string_equal(copse_frame_schema_level(schema, 0, 2), "x\t");
  static const double codes[] = {0, 1, 2};
  for (int i = 0; i < 3; i++) assert_true(cell_of(frame, i, 0) == codes[i]);
  assert_true(isnan(cell_of(frame, 3, 0)) && isnan(cell_of(frame, 4, 0)));
  assert_true(!frame->categorical[1] && cell_of(frame, 0, 1) == 1.5 && cell_of(frame, 3, 1) == 2);
  assert_true(isnan(cell_of(frame, 1, 1)) && isnan(cell_of(frame, 2, 1)) && isnan(cell_of(frame, 4, 1)));
  assert_true(frame->label[0] == 0 && frame->label[1] == 1); /* " no" and "no" */
  copse_read_options apply = copse_read_options_default();
  apply.task = COPSE_READ_PREDICT;
  apply.schema = schema;
  copse_frame *again =
      read_good(write_text("more.csv", "a,n\n\"x\t\",1\n x ,2\n\" x \",3\n\" x\",4\n"), &apply);
  assert_int_equal(again->n_unseen, 1);
  assert_true(cell_of(again, 0, 0) == 2 && cell_of(again, 1, 0) == 1 && cell_of(again, 2, 0) == 0);
  copse_frame_free(again);
  copse_frame_free(frame);
}

static void test_roles(void **unused) {
  (void)unused;
  const char *text = "id,w,x,q,y,z\na\"1,2,10,7,0,3\nb,0.5,20,7,1,4\n\xff,1,30,8,1,-1.5\n";
  copse_read_options options = copse_read_options_default();
  options.label_column = "name:y";
  options.weight_column = "name:w";
  options.group_column = "3"; /* q; z is 4: the label is not counted */
  options.ignore_column = "name:id";
  options.categorical_feature = "4";
  copse_frame *frame = read_good(write_text("roles.csv", text), &options);
  assert_int_equal(frame->n_features, 2);
  assert_string_equal(frame->names[0], "x");
  assert_string_equal(frame->names[1], "z");
  assert_true(!frame->categorical[0] && frame->categorical[1]);
  assert_true(frame->label[0] == 0 && frame->label[2] == 1);
  assert_true(frame->weight[0] == 2 && frame->weight[1] == 0.5f);
  assert_int_equal(frame->n_groups, 2);
  assert_int_equal(frame->group[0], 2);
  assert_int_equal(frame->group[1], 1);
  assert_true(cell_of(frame, 1, 1) == 4 && isnan(cell_of(frame, 2, 1)));
  assert_int_equal(copse_frame_schema_label_index(frame->schema), 4);
  assert_string_equal(copse_frame_schema_label_name(frame->schema), "y");
  copse_frame_free(frame);
  options = copse_read_options_default();
  options.ignore_column = "name:\"a,b\",w";
  frame = read_good(write_text("comma.csv", "y,\"a,b\",w,x\n1,no,no,2\n"), &options);
  assert_int_equal(frame->n_features, 1);
  assert_string_equal(frame->names[0], "x");
  copse_frame_free(frame);
}

static void test_labels(void **unused) {
  (void)unused;
  copse_read_options options = copse_read_options_default();
  options.label_kind = COPSE_LABEL_BINARY;
  static const struct {
    const char *text, *first, *second;
  } files[] = {{"1,5\n0,6\n1,7\n", "0", "1"},
               {"+1,5\n-1,6\n1,7\n", "-1", "1"},
               {">50K,5\n<=50K,6\n>50K,7\n", "<=50K", ">50K"},
               {"T,5\nF,6\nT,7\n", "F", "T"}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    copse_frame *frame = read_good(write_text("labels.csv", files[i].text), &options);
    assert_true(frame->label[0] == 1 && frame->label[1] == 0 && frame->label[2] == 1);
    assert_string_equal(copse_frame_schema_class(frame->schema, 0), files[i].first);
    assert_string_equal(copse_frame_schema_class(frame->schema, 1), files[i].second);
    assert_null(copse_frame_schema_class(frame->schema, 2));
    copse_frame_free(frame);
  }
  options.label_kind = COPSE_LABEL_NUMBER;
  copse_frame *frame = read_good(write_text("labels.csv", "-3.5,5\n1e30,6\n"), &options);
  assert_true(frame->label[0] == -3.5f && frame->label[1] == 1e30f);
  assert_null(copse_frame_schema_class(frame->schema, 0));
  copse_frame_free(frame);
}

static void test_values(void **unused) {
  (void)unused;
  copse_frame *frame =
      read_good(write_text("values.csv", "1,inf,-999\n0,-Infinity,-999.0\n1,unknown,0x\n"),
                &(copse_read_options){.missing_values = "-999,unknown,0x", .libsvm_base = -1});
  assert_true(cell_of(frame, 0, 0) == 1e308 && cell_of(frame, 1, 0) == -1e308 && isnan(cell_of(frame, 2, 0)));
  assert_true(isnan(cell_of(frame, 0, 1)) && cell_of(frame, 1, 1) == -999 && isnan(cell_of(frame, 2, 1)));
  copse_frame_free(frame);
}

static void test_qid_and_base(void **unused) {
  (void)unused;
  copse_read_options options = copse_read_options_default();
  copse_frame *frame = read_good(
      write_text("rank.txt", "2 qid:10 1:0.5 3:1 #docid = 1\n0 qid:10 2:1\n1 qid:11 1:7 # inc = 1\n"),
      &options);
  assert_int_equal(frame->n_groups, 2);
  assert_int_equal(frame->group[0], 2);
  assert_int_equal(frame->n_features, 3);
  copse_frame_free(frame);
  options.libsvm_base = 0;
  frame = read_good(scratch_path("rank.txt"), &options);
  assert_int_equal(frame->n_features, 4);
  assert_true(cell_of(frame, 2, 1) == 7 && cell_of(frame, 2, 0) == 0);
  copse_frame_free(frame);
  options.categorical_feature = "1";
  options.ignore_column = "3";
  frame = read_good(scratch_path("rank.txt"), &options);
  assert_true(frame->categorical[1] && !frame->categorical[0]);
  assert_true(cell_of(frame, 0, 3) == 0);
  copse_frame_free(frame);
  /* Indices of options are those of the file, from 1 too. */
  options.libsvm_base = -1;
  frame = read_good(scratch_path("rank.txt"), &options);
  assert_true(frame->categorical[0] && !frame->categorical[1]);
  assert_true(cell_of(frame, 0, 0) == 0.5 && cell_of(frame, 0, 2) == 0);
  assert_int_equal(copse_frame_schema_find_column(frame->schema, 3), 2);
  assert_int_equal(copse_frame_schema_find_column(frame->schema, 0), -1);
  assert_int_equal(copse_frame_schema_find_column(frame->schema, 4), -1);
  copse_frame_free(frame);
}

static void test_side_files(void **unused) {
  (void)unused;
  write_text("side.csv.weight", "1\n2.5\n0\n");
  write_text("side.csv.query", "1\n2\n");
  write_text("side.csv.init", "0.5\t1\n-0.5\t2\n0\t3\n");
  write_text("side.csv.position", "top 2\r\n\n  7\ntop 2");
  copse_read_options options = copse_read_options_default();
  for (int packed = 0; packed < 2; packed++) { /* data.csv.gz finds the files of data.csv */
    const char *text = "1,5\n0,6\n1,7\n";
    copse_frame *frame =
        read_good(packed ? write_gzip("side.csv.gz", text) : write_text("side.csv", text), &options);
    assert_true(frame->weight[0] == 1 && frame->weight[1] == 2.5f && frame->weight[2] == 0);
    assert_int_equal(frame->n_groups, 2);
    assert_int_equal(frame->group[1], 2);
    assert_true(frame->position[0] == 0 && frame->position[1] == 1 && frame->position[2] == 0);
    assert_int_equal(frame->n_init, 2);
    assert_true(frame->init_score[0] == 0.5 && frame->init_score[3] == 1 && frame->init_score[5] == 3);
    copse_frame_free(frame);
  }
  options.side_files = false;
  options.init_path = write_text("scores.txt", "1\n2\n3\n");
  copse_frame *frame = read_good(scratch_path("side.csv"), &options);
  assert_null(frame->weight);
  assert_null(frame->group);
  assert_null(frame->position);
  assert_int_equal(frame->n_init, 1);
  assert_true(frame->init_score[2] == 3);
  copse_frame_free(frame);
  double *values;
  uint64_t n_rows;
  uint32_t n_cols;
  assert_int_equal(copse_read_numbers(NULL, scratch_path("side.csv.init"), &values, &n_rows, &n_cols, NULL),
                   COPSE_OK);
  assert_int_equal(n_rows, 3);
  assert_int_equal(n_cols, 2);
  assert_true(values[2] == -0.5);
  copse_free(values);
}

/* Several chunks, with quoted line ends, texts and missing cells: any number of threads gives the same frame,
 * and codes do not depend on the order of rows. */
static void test_threads(void **unused) {
  (void)unused;
  copse_text text = {.data = NULL};
  copse_text_appendf(&text, "y,a,b,c\n");
  for (int i = 0; i < 60000; i++)
    copse_text_appendf(&text, "%d,%.7g,\"le\"\"vel\n%d, of it\",%s\n", i % 2, i / 7.0, (i * 7919) % 501,
                       i % 5 == 0 ? "" : "12345678901234567890.5");
  copse_read_options options = copse_read_options_default();
  options.categorical_feature = "auto";
  options.n_threads = 1;
  const char *path = write_bytes("large.csv", text.data, text.length);
  assert_true(text.length > 2 << 20);
  copse_frame *one = read_good(path, &options);
  assert_int_equal(one->n_rows, 60000);
  assert_int_equal(copse_frame_schema_n_levels(one->schema, 1), 501);
  for (uint32_t i = 1; i < 501; i++)
    assert_true(strcmp(copse_frame_schema_level(one->schema, 1, i - 1),
                       copse_frame_schema_level(one->schema, 1, i)) < 0);
  static const int counts[] = {2, 3, 8};
  for (int i = 0; i < 3; i++) {
    options.n_threads = counts[i];
    copse_frame *many = read_good(path, &options);
    assert_same_frames(one, many);
    copse_frame_free(many);
  }
  copse_frame_free(one);
  copse_text_release(&text);
}

static void test_nothing_leaks(void **unused) {
  (void)unused;
  assert_int_equal(copse_context_memory_used(NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_spelling),
                                     cmocka_unit_test(test_two_gzip_members),
                                     cmocka_unit_test(test_colons_fool_nothing),
                                     cmocka_unit_test(test_libsvm_first_line_in_csv),
                                     cmocka_unit_test(test_separator_and_header_declared),
                                     cmocka_unit_test(test_quotes),
                                     cmocka_unit_test(test_blanks_in_quotes),
                                     cmocka_unit_test(test_roles),
                                     cmocka_unit_test(test_labels),
                                     cmocka_unit_test(test_values),
                                     cmocka_unit_test(test_qid_and_base),
                                     cmocka_unit_test(test_side_files),
                                     cmocka_unit_test(test_threads),
                                     cmocka_unit_test(test_nothing_leaks)};
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
