/* The schema: applied to validation and prediction files by name and by position, written and parsed,
 * damaged, and taken from a model. */
#define _GNU_SOURCE
#include <math.h>

#include "read_support.h"

static const char train_text[] =
    "id,w,age,job x,y,code\n"
    "a,1,30,clerk,yes,3\n"
    "b,2,40,baker,no,5\n"
    "c,1,,\"co,ok\",yes,-1\n"
    "d,1,50,?,no,3\n";

static copse_read_options train_options(void) {
  copse_read_options o = copse_read_options_default();
  o.label_column = "name:y";
  o.weight_column = "name:w";
  o.ignore_column = "name:id";
  o.categorical_feature = "name:job x,code";
  o.label_kind = COPSE_LABEL_BINARY;
  return o;
}

static copse_frame *read_train(void) {
  copse_read_options o = train_options();
  return read_good(write_text("train.csv", train_text), &o);
}

static copse_read_options applied(copse_read_task task, const copse_frame_schema *schema) {
  copse_read_options o = copse_read_options_default();
  o.task = task;
  o.schema = schema;
  return o;
}

static void expect_refusal(const char *path, const copse_read_options *o, const char *part) {
  copse_frame *frame;
  copse_error err = {.message = ""};
  assert_int_not_equal(copse_frame_read(NULL, path, o, &frame, &err), COPSE_OK);
  assert_null(frame);
  if (strstr(err.message, part) == NULL) fail_msg("no \"%s\" in: %s", part, err.message);
}

static void test_train(void **unused) {
  (void)unused;
  copse_frame *train = read_train();
  assert_int_equal(train->n_features, 3);
  assert_string_equal(train->names[1], "job x");
  assert_string_equal(train->model_names[1], "job_x");
  assert_true(train->categorical[1] && train->categorical[2] && !train->categorical[0]);
  assert_true(cell_of(train, 0, 1) == 1 && cell_of(train, 1, 1) == 0 && cell_of(train, 2, 1) == 2);
  assert_true(isnan(cell_of(train, 3, 1)) && isnan(cell_of(train, 2, 0)) && isnan(cell_of(train, 2, 2)));
  copse_frame_free(train);
}

static void test_by_name(void **unused) {
  (void)unused;
  copse_frame *train = read_train();
  copse_read_options o = applied(COPSE_READ_PREDICT, train->schema);
  /* another order, an extra column with anything, no label */
  copse_frame *frame =
      read_good(write_text("p.csv", "note,code,job x,age\nfree text,5,\"co,ok\",1.5\n,7,smith,\n"), &o);
  assert_int_equal(frame->n_features, 3);
  assert_null(frame->label);
  assert_null(frame->label_problem);
  assert_true(cell_of(frame, 0, 0) == 1.5 && cell_of(frame, 0, 1) == 2 && cell_of(frame, 0, 2) == 5);
  assert_true(isnan(cell_of(frame, 1, 0)) && isnan(cell_of(frame, 1, 1)));
  assert_int_equal(frame->n_unseen, 2);
  copse_frame_free(frame);
  o.unseen = COPSE_UNSEEN_ERROR;
  expect_refusal(scratch_path("p.csv"), &o,
                 "p.csv:3:2: column \"code\": the category \"7\" did not occur in training");
  o.unseen = COPSE_UNSEEN_MISSING;
  expect_refusal(
      write_text("m.csv", "code,job x,agee\n5,clerk,1\n"), &o,
      "m.csv: the model's feature \"age\" is missing from the header (add the column; nearest: \"agee\"");
  expect_refusal(write_text("t.csv", "code,job x,age\n5,clerk,old\n"), &o,
                 "t.csv:2:3: column \"age\": expected a number as in training, found \"old\"");
  /* a label that training did not know is no error in prediction, but in validation */
  const char *path = write_text("v.csv", "y,code,job x,age,w\nyes,5,baker,1,2\nmaybe,5,clerk,2,1\n");
  frame = read_good(path, &o);
  assert_null(frame->label);
  assert_non_null(strstr(
      frame->label_problem,
      "v.csv:3:1: column \"y\": expected a label of the training data, \"no\" or \"yes\", found \"maybe\""));
  copse_frame_free(frame);
  o.task = COPSE_READ_VALID;
  expect_refusal(path, &o, "v.csv:3:1: column \"y\"");
  expect_refusal(scratch_path("p.csv"), &o, "no label column \"y\"");
  frame = read_good(write_text("v.csv", "y,code,job x,age,w\nyes,5,baker,1,2\nno,5,clerk,2,1\n"), &o);
  assert_true(frame->label[0] == 1 && frame->label[1] == 0 && frame->weight[0] == 2);
  copse_frame_free(frame);
  copse_frame_free(train);
}

static void test_by_position(void **unused) {
  (void)unused;
  copse_frame *train = read_train();
  copse_read_options o = applied(COPSE_READ_PREDICT, train->schema);
  o.header = COPSE_HEADER_NO;
  static const struct {
    const char *text;
    bool label;
  } files[] = {{"30,baker,5\n40,clerk,3\n", false}, /* the features */
               {"zz,1,30,baker,yes,5\nzz,2,40,clerk,no,3\n", true} /* as in training */};
  for (int i = 0; i < 2; i++) {
    copse_frame *frame = read_good(write_text("pos.csv", files[i].text), &o);
    assert_true(cell_of(frame, 0, 0) == 30 && cell_of(frame, 0, 1) == 0 && cell_of(frame, 1, 2) == 3);
    assert_int_equal(frame->label != NULL, files[i].label);
    assert_int_equal(frame->weight != NULL, files[i].label);
    if (files[i].label) assert_true(frame->label[0] == 1 && frame->label[1] == 0 && frame->weight[1] == 2);
    copse_frame_free(frame);
  }
  expect_refusal(write_text("pos.csv", "1,2\n"), &o,
                 "found 2 columns, expected 3 (features), 4 (features and label) or 6 (as in training)");
  /* a label's place that is not the training file's is refused, not ignored */
  write_text("pos.csv", files[1].text);
  o.label_column = "4";
  copse_frame *same = read_good(scratch_path("pos.csv"), &o);
  assert_true(same->label[0] == 1 && same->label[1] == 0);
  copse_frame_free(same);
  o.label_column = "1";
  expect_refusal(scratch_path("pos.csv"), &o,
                 "label_column=1, but the file has the training file's 6 columns");
  o.label_column = NULL;
  o.task = COPSE_READ_VALID;
  expect_refusal(write_text("pos.csv", "30,baker,5\n"), &o, "no label column");
  copse_frame_free(train);
  /* features + label, label at its index */
  copse_read_options plain = copse_read_options_default();
  plain.label_column = "1";
  train = read_good(write_text("pos.csv", "5,1,6\n7,0,8\n"), &plain);
  o = applied(COPSE_READ_PREDICT, train->schema);
  copse_frame *frame = read_good(scratch_path("pos.csv"), &o);
  assert_true(frame->label[0] == 1 && cell_of(frame, 1, 0) == 7 && cell_of(frame, 1, 1) == 8);
  copse_frame_free(frame);
  /* ... or where it is declared to be */
  o.label_column = "2";
  frame = read_good(write_text("moved.csv", "5,6,1\n7,8,0\n"), &o);
  assert_true(frame->label[0] == 1 && cell_of(frame, 1, 0) == 7 && cell_of(frame, 1, 1) == 8);
  copse_frame_free(frame);
  o.label_column = "3";
  expect_refusal(scratch_path("moved.csv"), &o, "label_column: index 3, but the last one is 2");
  copse_frame_free(train);
}

static void test_libsvm(void **unused) {
  (void)unused;
  copse_read_options o = copse_read_options_default();
  copse_frame *train = read_good(write_text("t.svm", "1 1:1 3:2\n0 2:5\n"), &o);
  o = applied(COPSE_READ_PREDICT, train->schema);
  /* no label; an index that the model does not know; the base stays 1 although index 0 could not be told
   * apart */
  copse_frame *frame = read_good(write_text("p.svm", "1:4 9:1\n3:7\n\n2:1 3:1 4:1 5:1\n"), &o);
  assert_int_equal(frame->n_features, 3);
  assert_int_equal(frame->n_rows, 3);
  assert_null(frame->label);
  assert_true(cell_of(frame, 0, 0) == 4 && cell_of(frame, 1, 2) == 7 && cell_of(frame, 2, 1) == 1);
  assert_int_equal(frame->table.indptr[3], 4);
  copse_frame_free(frame);
  /* dense rows for the same model, by position */
  frame = read_good(write_text("p.csv", "1,4,0,7\n0,1,2,3\n"), &o);
  assert_true(frame->label[0] == 1 && cell_of(frame, 0, 2) == 7);
  copse_frame_free(frame);
  copse_frame_free(train);
}

static void write_schema(const copse_frame_schema *schema, copse_text *text) {
  *text = (copse_text){.ctx = NULL};
  assert_int_equal(copse_frame_schema_write(schema, text, NULL), COPSE_OK);
}

/* Labels in the order they are asked for: c, a of u,a,b,c,d. */
static copse_frame *read_several(void) {
  copse_read_options o = copse_read_options_default();
  o.label_column = "name:c,a";
  o.weight_column = "2"; /* d: labels are not counted */
  o.label_kind = COPSE_LABEL_NUMBERS;
  return read_good(write_text("several.csv", "u,a,b,c,d\n1,2,3,4,5\n6,7,8,9,10\n"), &o);
}

static void check_labels(const copse_frame *frame) {
  static const float expected[] = {4, 9, 2, 7};
  assert_int_equal(frame->n_labels, 2);
  assert_memory_equal(frame->label, expected, sizeof expected);
  assert_true(frame->weight[0] == 5 && frame->weight[1] == 10);
  assert_true(cell_of(frame, 0, 0) == 1 && cell_of(frame, 1, 1) == 8);
}

static void test_several_labels(void **unused) {
  (void)unused;
  copse_frame *train = read_several(), *frame;
  copse_text text;
  copse_frame_schema *parsed;
  uint32_t column;
  check_labels(train);
  assert_int_equal(copse_frame_schema_n_labels(train->schema), 2);
  assert_string_equal(copse_frame_schema_label(train->schema, 1, &column), "a");
  assert_int_equal(column, 1);
  assert_null(copse_frame_schema_label(train->schema, 2, NULL));
  assert_string_equal(copse_frame_schema_label_name(train->schema), "c");
  assert_int_equal(copse_frame_schema_label_index(train->schema), 3);
  assert_int_equal(copse_frame_schema_find_column(train->schema, 0), 0);
  assert_int_equal(copse_frame_schema_find_column(train->schema, 1), 1);
  assert_int_equal(copse_frame_schema_find_column(train->schema, 2), -1); /* the weight */
  write_schema(train->schema, &text);
  assert_non_null(strstr(text.data, "column label c\ncolumn weight d\nlabels 3 1\nend\n"));
  assert_int_equal(copse_frame_schema_parse(NULL, text.data, text.length, "x", &parsed, NULL), COPSE_OK);
  copse_text_release(&text);

  copse_read_options valid = applied(COPSE_READ_VALID, parsed), predict = applied(COPSE_READ_PREDICT, parsed);
  frame = read_good(scratch_path("several.csv"), &valid);
  check_labels(frame);
  copse_frame_free(frame);
  const char *path = write_text("moved.csv", "d,c,x,b,u,a\n5,4,no,3,1,2\n10,9,no,8,6,7\n");
  frame = read_good(path, &predict);
  check_labels(frame);
  copse_frame_free(frame);
  /* by position: as in training, or features alone */
  frame = read_good(write_text("bare.csv", "1,2,3,4,5\n6,7,8,9,10\n"), &valid);
  check_labels(frame);
  copse_frame_free(frame);
  frame = read_good(write_text("bare.csv", "1,3\n6,8\n"), &predict);
  assert_null(frame->label);
  assert_true(frame->n_labels == 0 && cell_of(frame, 1, 1) == 8);
  copse_frame_free(frame);
  expect_refusal(write_text("bare.csv", "1,3,5\n6,8,9\n"), &predict,
                 "found 3 columns, expected 2 (features) or 5 (as in training)");
  predict.label_column = "1,3";
  expect_refusal(write_text("bare.csv", "1,2,3,4,5\n6,7,8,9,10\n"), &predict,
                 "label_column=1,3, but the file has the training file's 5 columns");
  predict.label_column = "3,1";
  frame = read_good(scratch_path("bare.csv"), &predict);
  check_labels(frame);
  copse_frame_free(frame);
  /* of several labels all or none, but where they are told by other names */
  predict.label_column = NULL;
  path = write_text("one.csv", "u,a,b,d\n1,2,3,5\n6,7,8,10\n");
  frame = read_good(path, &predict);
  assert_true(frame->label == NULL && frame->label_problem == NULL && frame->weight == NULL);
  copse_frame_free(frame);
  expect_refusal(path, &valid, "no label column \"c\" (training and validation need the label)");
  path = write_text("other.csv", "u,v,b,w,d\n1,2,3,4,5\n6,7,8,9,10\n");
  valid.label_column = "name:w,v";
  frame = read_good(path, &valid);
  check_labels(frame);
  copse_frame_free(frame);
  valid.label_column = "name:w";
  expect_refusal(path, &valid, "names 1 column(s), but the model has 2 labels");
  valid.label_column = "name:w,v,u";
  expect_refusal(path, &valid, "already has another role");
  /* one that cannot be used takes the others along */
  path = write_text("bad.csv", "u,a,b,c,d\n1,2,3,4,5\n6,,8,9,10\n");
  frame = read_good(path, &predict);
  assert_true(frame->label == NULL && frame->n_labels == 0);
  assert_non_null(strstr(frame->label_problem, "bad.csv:3:2: column \"a\": the label is missing"));
  copse_frame_free(frame);
  path = write_text("bad.csv", "u,a,b,c,d\n1,2,3,inf,5\n6,7,8,9,10\n");
  frame = read_good(path, &predict);
  assert_true(frame->label == NULL && frame->n_labels == 0);
  assert_non_null(strstr(frame->label_problem, "bad.csv:2:4: column \"c\""));
  copse_frame_free(frame);
  /* LibSVM has one label a row */
  frame = read_good(write_text("p.svm", "1 0:4 1:9\n2 1:7\n"), &predict);
  assert_null(frame->label);
  copse_frame_free(frame);
  valid.label_column = NULL;
  expect_refusal(scratch_path("p.svm"), &valid,
                 "the model has 2 labels per row, and a row of LibSVM has one");
  copse_frame_schema_free(parsed);
  copse_frame_free(train);
  copse_read_options o = copse_read_options_default();
  o.label_kind = COPSE_LABEL_NUMBERS;
  o.label_column = "name:a,a";
  expect_refusal(scratch_path("several.csv"), &o, "names a column twice");
  o.label_column = "name:a,b,c,d,u";
  expect_refusal(scratch_path("several.csv"), &o, "no feature is left");
}

static void test_text_form(void **unused) {
  (void)unused;
  copse_frame *train = read_train();
  copse_text text, again;
  write_schema(train->schema, &text);
  assert_non_null(strstr(text.data, "column text job%20x\nlevel baker\nlevel clerk\nlevel co,ok\n"));
  assert_non_null(strstr(text.data, "column codes code\ncode 3\ncode 5\n"));
  copse_frame_schema *parsed;
  assert_int_equal(copse_frame_schema_parse(NULL, text.data, text.length, "x", &parsed, NULL), COPSE_OK);
  write_schema(parsed, &again);
  assert_string_equal(text.data, again.data);
  copse_read_options one = applied(COPSE_READ_VALID, train->schema), two = applied(COPSE_READ_VALID, parsed);
  copse_frame *a = read_good(scratch_path("train.csv"), &one),
              *b = read_good(scratch_path("train.csv"), &two);
  assert_same_frames(train, a);
  assert_same_frames(a, b);
  copse_frame_free(a);
  copse_frame_free(b);
  copse_frame_schema_free(parsed);
  copse_text_release(&again);
  copse_text_release(&text);
  copse_frame_free(train);
}

/* Cut at every byte, and every byte changed: an error or a schema that can be written again, never more. */
static void check_damaged(const copse_frame_schema *schema) {
  copse_text text, again;
  write_schema(schema, &text);
  copse_frame_schema *parsed;
  copse_error err;
  for (size_t n = 0; n + 1 < text.length; n++) {
    copse_status status = copse_frame_schema_parse(NULL, text.data, n, "cut", &parsed, &err);
    if (status == COPSE_OK) fail_msg("accepted after %zu of %zu bytes", n, text.length);
    assert_null(parsed);
  }
  static const char changes[] = {'\0', '\n', ' ', '%', '9', '\xff', 'x'};
  for (size_t n = 0; n < text.length; n++) {
    char old = text.data[n];
    for (size_t i = 0; i < sizeof changes; i++) {
      text.data[n] = changes[i];
      if (copse_frame_schema_parse(NULL, text.data, text.length, "changed", &parsed, &err) != COPSE_OK)
        continue;
      write_schema(parsed, &again);
      copse_text_release(&again);
      copse_frame_schema_free(parsed);
    }
    text.data[n] = old;
  }
  copse_text_release(&text);
}

static void test_damaged_text(void **unused) {
  (void)unused;
  copse_frame *train = read_train(), *several = read_several();
  copse_frame_schema *parsed;
  copse_error err;
  check_damaged(train->schema);
  check_damaged(several->schema);
  static const char *const bad[] = {
      "",
      "tree\n",
      "copse-frame 2\nend\n",
      "copse-frame 1\nend\n",
      "copse-frame 1\nlevel x\nend\n",
      "copse-frame 1\ncolumn text\nlevel a\nlevel a\nend\n",
      "copse-frame 1\nlabel text\ncolumn number\nend\n",
      "copse-frame 1\ncolumn label\ncolumn label\ncolumn number\nend\n",
      "copse-frame 1\nlabels\ncolumn number\nend\n",
      "copse-frame 1\ncolumn label\ncolumn number\nlabels 0\nend\n",
      "copse-frame 1\ncolumn label\ncolumn label\ncolumn number\nlabels 0 0\nend\n",
      "copse-frame 1\ncolumn label\ncolumn label\ncolumn number\nlabels 0 2\nend\n",
      "copse-frame 1\ncolumn label\ncolumn label\ncolumn number\nlabels 0 1 0\nend\n",
      "copse-frame 1\ncolumn label\ncolumn label\ncolumn number\nlabels 1\nend\n",
      "copse-frame 1\nlabel whole 3\ncolumn label\ncolumn label\ncolumn text\nlabels 1 0\nend\n",
      "copse-frame 1\ncolumn codes\ncode 5\ncode 3\nend\n",
      "copse-frame 1\ncolumn number %zz\nend\n",
      "copse-frame 1\nbase 2\ncolumn number\nend\n"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_int_not_equal(copse_frame_schema_parse(NULL, bad[i], strlen(bad[i]), "bad", &parsed, &err),
                         COPSE_OK);
  copse_frame_free(train);
  copse_frame_free(several);
}

/* A small model file as LightGBM writes it: two features, the second categorical. */
static const char plain_model[] =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=1\nmax_feature_idx=1\n"
    "objective=regression\nfeature_names=%s\nfeature_infos=[0:10] 1:2:3\ntree_sizes=%zu\n\n";
static const char plain_tree[] =
    "Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nsplit_gain=1\nthreshold=5\ndecision_type=2\n"
    "left_child=-1\nright_child=-2\nleaf_value=1 2\nleaf_weight=1 1\nleaf_count=1 1\ninternal_value=0\n"
    "internal_weight=0\ninternal_count=2\nis_linear=0\nshrinkage=1\n\n\n";

static copse_model *parse_model(const char *names) {
  char text[2048];
  int n = snprintf(text, sizeof text, plain_model, names, strlen(plain_tree));
  n += snprintf(text + n, sizeof text - (size_t)n, "%send of trees\n", plain_tree);
  copse_model *model;
  copse_error err;
  if (copse_model_parse(NULL, text, (size_t)n, "plain", &model, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  return model;
}

static void test_plain_model(void **unused) {
  (void)unused;
  copse_error err;
  copse_frame_schema *schema;
  copse_model *model = parse_model("age job_x");
  assert_int_equal(copse_frame_schema_of_model(NULL, model, &schema, &err), COPSE_OK);
  copse_read_options o = applied(COPSE_READ_PREDICT, schema);
  copse_frame *frame =
      read_good(write_text("n.csv", "job x,z,age\n2,hm,7\n"), &o); /* blank and '_' are the same */
  assert_true(cell_of(frame, 0, 0) == 7 && cell_of(frame, 0, 1) == 2);
  assert_null(frame->label);
  copse_frame_free(frame);
  frame = read_good(write_text("n.csv", "age,y,job x\n7,3.5,2\n"),
                    &o); /* one more column, at the label's index */
  assert_true(frame->label[0] == 3.5f);
  copse_frame_free(frame);
  frame = read_good(write_text("n.csv", "7,2\n8,3\n"), &o);
  assert_null(frame->label);
  assert_true(cell_of(frame, 1, 1) == 3);
  copse_frame_free(frame);
  o.label_column = "name:y";
  frame = read_good(write_text("n.csv", "age,b,job x,y\n7,3.5,2,9\n"), &o);
  assert_true(frame->label[0] == 9);
  copse_frame_free(frame);
  o.label_column = "name:age";
  expect_refusal(scratch_path("n.csv"), &o, "already has another role");
  copse_frame_schema_free(schema);
  copse_model_free(model);

  model = parse_model("Column_0 Column_1");
  assert_int_equal(copse_frame_schema_of_model(NULL, model, &schema, &err), COPSE_OK);
  o = applied(COPSE_READ_PREDICT, schema);
  frame = read_good(write_text("n.csv", "u,y,v\n7,1,2\n8,0,3\n"), &o); /* a header, but no names to match */
  assert_true(frame->label[0] == 1 && cell_of(frame, 1, 0) == 8 && cell_of(frame, 1, 1) == 3);
  copse_frame_free(frame);
  copse_frame_schema_free(schema);
  copse_model_free(model);
}

static void test_travels_in_a_model(void **unused) {
  (void)unused;
  copse_error err;
  copse_read_options o = copse_read_options_default();
  o.label_column = "1";
  o.categorical_feature = "auto";
  copse_frame *train = read_good(write_text("m.csv", "age,y,job x\n1,0,b\n2,1,a\n"), &o);
  copse_model *model = parse_model("age job_x"), *other = parse_model("age job");
  assert_int_equal(copse_frame_schema_store(train->schema, model, &err), COPSE_OK);
  copse_frame_schema *schema;
  assert_int_equal(copse_frame_schema_of_model(NULL, model, &schema, &err), COPSE_OK);
  assert_string_equal(copse_frame_schema_name(schema, 1), "job x");
  assert_string_equal(copse_frame_schema_level(schema, 1, 1), "b");
  copse_frame_schema_free(schema);
  assert_int_equal(copse_frame_schema_store(train->schema, other, &err), COPSE_OK);
  assert_int_equal(copse_frame_schema_of_model(NULL, other, &schema, &err), COPSE_ERR_FORMAT);
  assert_null(schema);
  copse_model_free(model);
  copse_model_free(other);
  copse_frame_free(train);
}

static void test_model_names_are_unique(void **unused) {
  (void)unused;
  copse_read_options o = copse_read_options_default();
  copse_frame *frame = read_good(write_text("u.csv", "y,a b,a_b,a:b,,\"q\"\"{}\"\n1,2,3,4,5,6\n"), &o);
  static const char *const expected[] = {"a_b", "a_b_2", "a_b_3", "Column_4", "q___"};
  for (uint32_t f = 0; f < 5; f++) assert_string_equal(frame->model_names[f], expected[f]);
  assert_string_equal(frame->names[4], "q\"{}");
  copse_frame_free(frame);
}

static void test_nothing_leaks(void **unused) {
  (void)unused;
  assert_int_equal(copse_context_memory_used(NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_train),
                                     cmocka_unit_test(test_by_name),
                                     cmocka_unit_test(test_by_position),
                                     cmocka_unit_test(test_libsvm),
                                     cmocka_unit_test(test_several_labels),
                                     cmocka_unit_test(test_text_form),
                                     cmocka_unit_test(test_damaged_text),
                                     cmocka_unit_test(test_plain_model),
                                     cmocka_unit_test(test_travels_in_a_model),
                                     cmocka_unit_test(test_model_names_are_unique),
                                     cmocka_unit_test(test_nothing_leaks)};
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
