/* Real files, from text to predictions: each is read with its known shape; of its rows four fifths are
 * trained on with default parameters and the rest predicted. The held-out metric must reach a floor (a
 * measured value less a margin), and the same rows must give the same bits whichever way they come: as the
 * table of training time, from a text file through the schema in a model that went through its own text, with
 * columns turned round, one more or without the label. Needs the data sets under COPSE_DATA. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "file_train.h"
#include "small_train.h"

enum { ROUNDS = 30, MAX_CELLS = 512 };

/* bound: of the held-out AUC (two classes, at least) or RMSE (numbers, at most). Measured once with 30
 * rounds; the bound leaves 0.015 of AUC (agaricus, where it is 1: 0.001), or 5 % of RMSE. */
struct real_file {
  const char *path;
  char separator; /* 0: LibSVM */
  bool header;
  const char *label, *ignore;
  copse_label_kind kind;
  uint64_t n_rows;
  uint32_t n_features;
  uint64_t most_rows; /* so many rows are trained on and predicted, spread over the file */
  double bound;
};

#define BINARY COPSE_LABEL_BINARY
#define NUMBER COPSE_LABEL_NUMBER
static const struct real_file files[] = {
    {"adult/adult-train.csv.gz", ',', false, "14", "", BINARY, 32561, 14, 15000, 0.8887},
    {"bank_marketing/bank-full.csv.gz", ';', true, "name:y", "name:duration", BINARY, 45211, 15, 15000,
     0.7689},
    {"titanic/titanic.csv", ',', true, "name:survived", "name:alive", BINARY, 891, 13, 891, 0.852},
    {"telco_churn/telco-customer-churn-by-IBM.csv.gz", ',', true, "name:Churn", "name:customerID", BINARY,
     7043, 19, 7043, 0.8246},
    {"x_education_leads/Leads.csv.gz", ',', true, "name:Converted",
     "name:Prospect ID,Lead Number,Tags,Lead Quality,Lead Profile,Asymmetrique Activity Index,Asymmetrique "
     "Profile Index,Asymmetrique Activity Score,Asymmetrique Profile Score,Column_37",
     BINARY, 9240, 27, 9240, 0.8834},
    {"credit_german/german.csv", ',', false, "20", "", NUMBER, 1000, 20, 1000, 0.4412},
    {"give_me_some_credit/cs-training.csv.gz", ',', true, "name:SeriousDlqin2yrs", "0", BINARY, 150000, 10,
     20000, 0.8091},
    {"codepro_leads/cleaned_union_145k_labelled.csv.gz", ',', true, "name:app_complete_flag", "name:row",
     BINARY, 145276, 6, 30000, 0.799},
    {"codepro_leads/leadscoring_25k_labelled.csv.gz", ',', true, "name:app_complete_flag", "0,1", BINARY,
     24991, 43, 24991, 0.8004},
    {"a9a/a9a.gz", 0, false, "", "", BINARY, 32561, 123, 15000, 0.8691},
    {"agaricus/agaricus.txt.train.gz", 0, false, "", "", BINARY, 6513, 126, 6513, 0.999},
    {"california_housing/housing.csv.gz", ',', true, "name:median_house_value", "", NUMBER, 20640, 9, 20640,
     57860},
    {"diamonds/diamonds.csv.gz", ',', true, "name:price", "", NUMBER, 53940, 9, 20000, 733},
    {"bike_sharing/hour.csv.gz", ',', true, "name:cnt", "name:instant,dteday,casual,registered", NUMBER,
     17379, 12, 17379, 54.74},
    {"ames/ames.csv.gz", ',', true, "name:Sale_Price", "", NUMBER, 2930, 73, 2930, 22330},
    {"mq2008/S1.txt.gz", 0, false, "", "", NUMBER, 2933, 46, 2933, 0.578},
};

static struct scratch scratch;

/* ------------------------------------------------------------------------------------------------------
 * Text
 * ---------------------------------------------------------------------------------------------------- */

/* Lines of a file, ends cut off; lines[0] is the header where there is one. */
struct lines {
  char *text;
  char **line;
  size_t n;
};

static struct lines read_lines(const char *path) {
  char command[4400];
  assert_true(snprintf(command, sizeof command, "gzip -dcf '%s'", path) < (int)sizeof command);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  struct lines lines = {NULL, NULL, 0};
  size_t length = 0, got, capacity = 0;
  do {
    if (capacity - length < (1 << 20)) lines.text = copse_resize(NULL, lines.text, capacity += 1 << 22, 1);
    assert_non_null(lines.text);
    got = fread(lines.text + length, 1, capacity - length - 1, pipe);
    length += got;
  } while (got > 0);
  assert_int_equal(pclose(pipe), 0);
  lines.text[length] = '\0';
  size_t n_ends = 1;
  for (size_t i = 0; i < length; i++) n_ends += lines.text[i] == '\n';
  lines.line = copse_alloc(NULL, n_ends, sizeof *lines.line);
  assert_non_null(lines.line);
  for (char *at = lines.text; *at != '\0';) {
    size_t end = strcspn(at, "\n"), cut = end > 0 && at[end - 1] == '\r' ? end - 1 : end;
    char *next = at + end + (at[end] == '\n');
    at[cut] = '\0';
    if (cut > 0) lines.line[lines.n++] = at;
    at = next;
  }
  return lines;
}

static void lines_free(struct lines *lines) {
  copse_free(lines->line);
  copse_free(lines->text);
}

struct cell {
  const char *start;
  int length;
};

static size_t split_cells(const char *line, char separator, struct cell *cells) {
  size_t n = 0;
  for (const char *at = line;; at++) {
    assert_true(n < MAX_CELLS);
    cells[n].start = at;
    for (bool quoted = false; *at != '\0' && (quoted || *at != separator); at++) quoted ^= *at == '"';
    cells[n].length = (int)(at - cells[n].start);
    n++;
    if (*at == '\0') return n;
  }
}

/* How a row of the file is written out. */
typedef void (*row_writer)(const struct real_file *file, const char *line, bool is_header, FILE *out);

static void write_same(const struct real_file *file, const char *line, bool is_header, FILE *out) {
  (void)file, (void)is_header;
  fprintf(out, "%s\n", line);
}

/* Columns in reverse order and one that nobody asked for. */
static void write_turned(const struct real_file *file, const char *line, bool is_header, FILE *out) {
  struct cell cells[MAX_CELLS];
  size_t n = split_cells(line, file->separator, cells);
  fputs(is_header ? "one more" : "7", out);
  for (size_t i = n; i-- > 0;) fprintf(out, "%c%.*s", file->separator, cells[i].length, cells[i].start);
  fputc('\n', out);
}

static void write_without_label(const struct real_file *file, const char *line, bool is_header, FILE *out) {
  (void)is_header;
  struct cell cells[MAX_CELLS];
  size_t n = split_cells(line, file->separator, cells), label = (size_t)atoi(file->label);
  assert_true(label + 1 == n);
  for (size_t i = 0; i < label; i++)
    fprintf(out, "%s%.*s", i > 0 ? "," : "", cells[i].length, cells[i].start);
  fputc('\n', out);
}

/* Every fifth of the chosen rows is held out. */
static void write_part(const struct real_file *file, const struct lines *lines, bool held_out,
                       row_writer write, const char *path) {
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  if (file->header) write(file, lines->line[0], true, out);
  uint64_t step = (file->n_rows + file->most_rows - 1) / file->most_rows;
  for (uint64_t row = 0; row < file->n_rows; row += step)
    if ((row / step % 5 == 4) == held_out) write(file, lines->line[row + file->header], false, out);
  assert_int_equal(ferror(out), 0);
  assert_int_equal(fclose(out), 0);
}

/* ------------------------------------------------------------------------------------------------------
 * Training and predicting
 * ---------------------------------------------------------------------------------------------------- */

static copse_read_options options_of(const struct real_file *file) {
  copse_read_options options = copse_read_options_default();
  options.label_column = file->label;
  options.ignore_column = file->ignore;
  options.categorical_feature = file->separator != 0 ? "auto" : "";
  options.label_kind = file->kind;
  return options;
}

static void check_shape(const struct real_file *file, const char *path, const copse_read_options *options) {
  copse_error err;
  copse_frame *frame;
  must(copse_frame_read(NULL, path, options, &frame, &err), &err);
  assert_int_equal(frame->n_rows, file->n_rows);
  assert_int_equal(frame->n_features, file->n_features);
  assert_int_equal(frame->has_header, file->header);
  assert_int_equal(frame->format, file->separator != 0 ? COPSE_FORMAT_CSV : COPSE_FORMAT_LIBSVM);
  if (file->separator != 0) assert_int_equal(frame->separator, file->separator);
  copse_frame_free(frame);
}

static double *predict(copse_model *model, copse_predict_kind kind, const copse_table *table) {
  copse_error err;
  copse_predictor *predictor;
  must(copse_predictor_create(NULL, model, kind, 0, 0, &predictor, &err), &err);
  assert_int_equal(copse_predictor_width(predictor), 1);
  double *out = copse_alloc(NULL, table->n_rows, sizeof *out);
  assert_non_null(out);
  must(copse_predictor_run(predictor, table, 0, out, &err), &err);
  copse_predictor_free(predictor);
  return out;
}

static copse_model *through_text(const copse_model *model) {
  copse_error err;
  copse_text text = {NULL, NULL, 0, 0, false};
  copse_model *back;
  must(copse_model_write(model, 0, 0, &text, &err), &err);
  assert_false(text.failed);
  must(copse_model_parse(NULL, text.data, text.length, "model", &back, &err), &err);
  copse_text_release(&text);
  assert_true(copse_model_fingerprint(back) == copse_model_fingerprint(model));
  return back;
}

/* A text file read with the schema in the model must give the bits of `expected`. */
static void check_file(copse_model *model, const char *name, const double *expected, uint64_t n_rows) {
  copse_error err;
  char path[512];
  scratch_path(&scratch, name, path, sizeof path);
  copse_frame_schema *schema;
  copse_frame *frame;
  must(copse_frame_schema_of_model(NULL, model, &schema, &err), &err);
  copse_read_options options = copse_read_options_default();
  options.task = COPSE_READ_PREDICT;
  options.schema = schema;
  must(copse_frame_read(NULL, path, &options, &frame, &err), &err);
  assert_int_equal(frame->n_rows, n_rows);
  double *found = predict(model, COPSE_PREDICT_VALUE, &frame->table);
  for (uint64_t i = 0; i < n_rows; i++)
    if (memcmp(&found[i], &expected[i], sizeof *found) != 0)
      fail_msg("%s: row %u: %.17g, expected %.17g", name, (unsigned)i, found[i], expected[i]);
  copse_free(found);
  copse_frame_free(frame);
  copse_frame_schema_free(schema);
}

/* Every way in: the training rows and the held-out rows as they were, then with other columns. */
static void check_ways(const struct real_file *file, const struct lines *lines, const copse_model *trained,
                       const struct file_set *train, const struct file_set *valid) {
  char path[512];
  copse_model *model = through_text(trained);
  double *expected = predict(model, COPSE_PREDICT_VALUE, &train->frame->table);
  check_file(model, "train.csv", expected, train->frame->n_rows);
  copse_free(expected);
  expected = predict(model, COPSE_PREDICT_VALUE, &valid->frame->table);
  check_file(model, "valid.csv", expected, valid->frame->n_rows);
  if (file->separator != 0) {
    scratch_path(&scratch, "other.csv", path, sizeof path);
    write_part(file, lines, true, file->header ? write_turned : write_without_label, path);
    check_file(model, "other.csv", expected, valid->frame->n_rows);
  }
  copse_free(expected);
  copse_model_free(model);
}

/* The held-out metric of the trained model, from raw values; the booster's own scores must be the same. */
static double held_out_metric(copse_booster *booster, copse_model *model, const copse_params *params,
                              const struct file_set *valid) {
  copse_error err;
  const char *name;
  size_t n = 0;
  double metric, own;
  double *scores = predict(model, COPSE_PREDICT_RAW, &valid->frame->table);
  uint64_t count;
  const double *binned = copse_booster_scores(booster, 1, &count);
  assert_int_equal(count, valid->frame->n_rows);
  for (uint64_t i = 0; i < count; i++)
    if (fabs(scores[i] - binned[i]) > 1e-12 * fmax(1, fabs(binned[i])))
      fail_msg("row %u: raw %.17g, binned %.17g", (unsigned)i, scores[i], binned[i]);
  must(copse_evaluate(model, params, scores, valid->frame->label, valid->frame->weight, count, 1, &metric,
                      &name, &n, &err),
       &err);
  assert_int_equal(n, 1);
  must(copse_booster_eval(booster, 1, &own, &err), &err);
  assert_true(fabs(own - metric) <= 1e-12 * fabs(own));
  copse_free(scores);
  return metric;
}

static void check_real_file(const struct real_file *file, const char *folder) {
  char path[4096], train_path[512], valid_path[512];
  assert_true(snprintf(path, sizeof path, "%s/%s", folder, file->path) < (int)sizeof path);
  copse_read_options options = options_of(file);
  check_shape(file, path, &options);
  struct lines lines = read_lines(path);
  assert_int_equal(lines.n, file->n_rows + file->header);
  scratch_path(&scratch, "train.csv", train_path, sizeof train_path);
  scratch_path(&scratch, "valid.csv", valid_path, sizeof valid_path);
  write_part(file, &lines, false, write_same, train_path);
  write_part(file, &lines, true, write_same, valid_path);

  bool binary = file->kind == BINARY;
  copse_params *params = small_params(binary ? "objective=binary metric=auc num_iterations=30"
                                             : "objective=regression metric=rmse num_iterations=30");
  struct file_set train = file_load(train_path, &options, params, NULL);
  struct file_set valid = file_load(valid_path, &options, params, &train);
  copse_booster *booster;
  copse_model *model = file_train(&train, &valid, params, &booster);
  double metric = held_out_metric(booster, model, params, &valid);
  print_message("%-52s held-out %s %.6g (bound %.6g)\n", file->path, binary ? "auc" : "rmse", metric,
                file->bound);
  if (binary ? metric < file->bound : metric > file->bound)
    fail_msg("%s: held-out %s %.6g, expected %s %.6g", file->path, binary ? "auc" : "rmse", metric,
             binary ? "at least" : "at most", file->bound);
  check_ways(file, &lines, model, &train, &valid);

  copse_model_free(model);
  copse_booster_free(booster);
  file_set_free(&valid);
  file_set_free(&train);
  copse_params_free(params);
  lines_free(&lines);
}

static void from_text_to_predictions(void **state) {
  (void)state;
  const char *folder = getenv("COPSE_DATA");
  if (folder == NULL) {
    print_message("skipped: COPSE_DATA is not set, so the real data sets are not at hand\n");
    skip();
  }
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) check_real_file(&files[i], folder);
}

static int set_up(void **state) {
  (void)state;
  scratch_create(&scratch);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  scratch_remove(&scratch);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(from_text_to_predictions)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
