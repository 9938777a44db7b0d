/* Real files have the shape that is known of them. Needs COPSE_DATA, the folder that holds them. */
#define _GNU_SOURCE
#include "read_support.h"

struct known {
  const char *path, *label, *categorical, *ignore;
  copse_label_kind kind;
  uint64_t n_rows;
  uint32_t n_features, n_categorical;
  bool header;
  char separator; /* 0: LibSVM */
  double label_mean;
};

static const struct known files[] = {
    {"adult/adult-train.csv.gz", "14", "auto", NULL, COPSE_LABEL_BINARY, 32561, 14, 8, false, ',', 0.24081},
    {"codepro_leads/leadscoring_25k_labelled.csv.gz", "name:app_complete_flag", "auto", "name:Column_0",
     COPSE_LABEL_BINARY, 24991, 44, 5, true, ',', 0.50014},
    {"codepro_leads/cleaned_union_145k_labelled.csv.gz", "name:app_complete_flag", "auto", "name:row",
     COPSE_LABEL_BINARY, 145276, 6, 3, true, ',', 0.502795},
    {"codepro_leads/city_tier.csv", "1", "auto", NULL, COPSE_LABEL_NUMBER, 76, 1, 1, true, ',', 2.46053},
    {"x_education_leads/Leads.csv.gz", "name:Converted", "auto", NULL, COPSE_LABEL_BINARY, 9240, 37, 30, true,
     ',', 0.38539},
    {"titanic/titanic.csv", "0", "auto", NULL, COPSE_LABEL_BINARY, 891, 14, 9, true, ',', 0.383838},
    {"bank_marketing/bank-additional-full.csv.gz", "name:y", "auto", NULL, COPSE_LABEL_BINARY, 41188, 20, 10,
     true, ';', 0.112654},
    {"bank_marketing/bank-full.csv.gz", "name:y", "auto", NULL, COPSE_LABEL_BINARY, 45211, 16, 9, true, ';',
     0.116985},
    {"credit_german/german.csv", "20", "auto", NULL, COPSE_LABEL_NUMBER, 1000, 20, 13, false, ',', 1.3},
    {"covtype_20k/covtype.20k.data.gz", "54", NULL, NULL, COPSE_LABEL_NUMBER, 20000, 54, 0, false, ',', -1},
    {"amazon_access/train.csv.gz", "name:ACTION", "0,1,2,3,4,5,6,7,8", NULL, COPSE_LABEL_BINARY, 32769, 9, 9,
     true, ',', 0.94211},
    {"telco_churn/telco-customer-churn-by-IBM.csv.gz", "name:Churn", "auto", "name:customerID",
     COPSE_LABEL_BINARY, 7043, 19, 15, true, ',', 0.26537},
    {"freMTPL2/freMTPL2sev.csv.gz", "1", NULL, NULL, COPSE_LABEL_NUMBER, 26639, 1, 0, true, ',', -1},
    {"a9a/a9a.gz", "", NULL, NULL, COPSE_LABEL_BINARY, 32561, 123, 0, false, 0, 0.24081},
    {"agaricus/agaricus.txt.train.gz", "", NULL, NULL, COPSE_LABEL_BINARY, 6513, 126, 0, false, 0, 0.482113},
    {"mq2008/S1.txt.gz", "", NULL, NULL, COPSE_LABEL_NUMBER, 2933, 46, 0, false, 0, 0.275145},
    {"lightgbm_examples/binary_classification/binary.train.gz", "", NULL, NULL, COPSE_LABEL_BINARY, 7000, 28,
     0, false, '\t', 0.530857},
    {"lightgbm_examples/multiclass_classification/multiclass.train.gz", "", NULL, NULL, COPSE_LABEL_NUMBER,
     7000, 28, 0, false, '\t', 1.99329},
    {"lightgbm_examples/lambdarank/rank.train.gz", "", NULL, NULL, COPSE_LABEL_NUMBER, 3005, 300, 0, false, 0,
     1.28752}};

static const char *data_root;

static const char *data_path(const char *name) {
  static char path[1024];
  snprintf(path, sizeof path, "%s/%s", data_root, name);
  return path;
}

static void test_shapes(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    const struct known *known = &files[i];
    copse_read_options o = copse_read_options_default();
    o.label_column = known->label;
    o.categorical_feature = known->categorical;
    o.ignore_column = known->ignore;
    o.label_kind = known->kind;
    copse_frame *frame = read_good(data_path(known->path), &o);
    uint32_t n_categorical = 0;
    double sum = 0;
    for (uint32_t f = 0; f < frame->n_features; f++) n_categorical += frame->categorical[f];
    for (uint64_t row = 0; row < frame->n_rows; row++) sum += (double)frame->label[row];
    if (frame->n_rows != known->n_rows || frame->n_features != known->n_features ||
        n_categorical != known->n_categorical || frame->has_header != known->header ||
        frame->separator != known->separator)
      fail_msg("%s: %llu rows, %u features, %u categorical, header %d, separator %d", known->path,
               (unsigned long long)frame->n_rows, frame->n_features, n_categorical, frame->has_header,
               frame->separator);
    double gap = sum / (double)frame->n_rows - known->label_mean;
    if (known->label_mean >= 0 && (gap > 2e-5 || gap < -2e-5))
      fail_msg("%s: mean label %g", known->path, sum / (double)frame->n_rows);
    copse_frame_free(frame);
  }
}

static void test_side_files(void **unused) {
  (void)unused;
  copse_read_options o = copse_read_options_default();
  copse_frame *frame = read_good(data_path("lightgbm_examples/binary_classification/binary.train.gz"), &o);
  assert_non_null(frame->weight);
  assert_null(frame->group);
  copse_frame_free(frame);
  frame = read_good(data_path("lightgbm_examples/lambdarank/rank.train.gz"), &o);
  assert_int_equal(frame->n_groups, 201);
  copse_frame_free(frame);
  frame = read_good(data_path("lightgbm_examples/regression/regression.train.gz"), &o);
  assert_int_equal(frame->n_init, 1);
  copse_frame_free(frame);
  frame = read_good(data_path("mq2008/S1.txt.gz"), &o);
  assert_int_equal(frame->n_groups, 157);
  copse_frame_free(frame);
}

/* The labels of adult's test file end with a dot: no error in prediction, and the reason is told. */
static void test_prediction(void **unused) {
  (void)unused;
  copse_read_options o = copse_read_options_default();
  o.label_column = "14";
  o.categorical_feature = "auto";
  o.label_kind = COPSE_LABEL_BINARY;
  copse_frame *train = read_good(data_path("adult/adult-train.csv.gz"), &o);
  copse_read_options predict = copse_read_options_default();
  predict.task = COPSE_READ_PREDICT;
  predict.schema = train->schema;
  copse_frame *frame = read_good(data_path("adult/adult-test.csv.gz"), &predict);
  assert_int_equal(frame->n_rows, 16281);
  assert_int_equal(frame->n_features, 14);
  assert_null(frame->label);
  assert_non_null(strstr(frame->label_problem, ":1:15: "));
  assert_non_null(strstr(frame->label_problem, "\"<=50K.\""));
  copse_frame_free(frame);
  copse_frame_free(train);
  assert_int_equal(copse_context_memory_used(NULL), 0);
}

int main(void) {
  data_root = getenv("COPSE_DATA");
  if (data_root == NULL || *data_root == '\0') {
    printf("skipped: COPSE_DATA is not set\n");
    return 77;
  }
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes), cmocka_unit_test(test_side_files),
                                     cmocka_unit_test(test_prediction)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
