/* A data set predicts the bits of the rows that it was made of: missing values, categories, bundles, wide
 * bins, several outputs, forests and dropped trees; the rows trained on, others, some of them, and a set that
 * was written and read; by every way through the trees and any number of threads. */
#include <float.h>
#include <string.h>

#include "checks.h"
#include "data/dataset.h"
#include "draw.h"
#include "mixed_data.h"
#include "predict/predictor.h"
#include "sparse_data.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SMALL "verbosity=-1 min_data_in_leaf=5 min_data_in_bin=1 learning_rate=0.3 num_iterations=6 "

enum { TRAIN = 3000, OTHERS = 700, FEATURES = 2 * MIXED_COLUMNS };

static const struct setting {
  const char *params;
  int n_classes;  /* of the label; 0: a number */
  bool surprises; /* other rows have values that training never saw */
} settings[] = {
    {SMALL "num_leaves=40", 0, true},
    {SMALL "num_leaves=300 min_data_in_leaf=1", 0, true}, /* more leaves than a byte numbers */
    {SMALL "objective=binary num_leaves=31 compat=lightgbm", 2, true},
    {SMALL "objective=multiclass num_class=3 num_leaves=12", 3, true},
    {SMALL "objective=multiclass num_class=2 max_bin=1000", 2, true}, /* cells of two bytes */
    {SMALL "objective=quantiles quantiles=0.1,0.5,0.9 num_leaves=15", 0, true},
    {SMALL "boosting=rf bagging_freq=1 bagging_fraction=0.5 num_leaves=50", 0, true},
    {SMALL "boosting=dart drop_rate=0.6 skip_drop=0 num_leaves=20", 0, true},
    {SMALL "use_missing=false num_leaves=40", 0, true},
    {SMALL "zero_as_missing=true num_leaves=40", 0, false},
    {SMALL "max_bin=4 num_leaves=20 max_cat_to_onehot=50", 0, true},
    {SMALL "num_iterations=0 objective=binary", 2, true},
};

static const enum predict_way ways[] = {WAY_AUTO, WAY_WALK, WAY_BYTES, WAY_BITS};
static const copse_predict_kind kinds[] = {COPSE_PREDICT_VALUE, COPSE_PREDICT_RAW, COPSE_PREDICT_LEAF,
                                           COPSE_PREDICT_SUM};

/* The rows of the table from both. */
static void compare(copse_model *model, const copse_table *table, const copse_dataset *set,
                    copse_predict_kind kind, int start, int n_rounds) {
  copse_error err;
  copse_predictor *predictor;
  must(copse_predictor_create(NULL, model, kind, start, n_rounds, &predictor, &err), &err);
  size_t n = table->n_rows * copse_predictor_width(predictor);
  double *expected = copse_alloc(NULL, n, sizeof *expected), *out = copse_alloc(NULL, n, sizeof *out);
  must(copse_predictor_run(predictor, table, 2, expected, &err), &err);
  for (size_t w = 0; w < COUNT(ways); w++) {
    predictor->way = ways[w];
    for (int n_threads = 1; n_threads <= 3; n_threads += 2) {
      for (size_t i = 0; i < n; i++) out[i] = -1e9;
      must(copse_predictor_run_dataset(predictor, set, n_threads, out, &err), &err);
      assert_memory_equal(out, expected, n * sizeof *out);
    }
  }
  copse_free(out);
  copse_free(expected);
  copse_predictor_free(predictor);
}

static void compare_all(copse_model *model, const copse_table *table, const copse_dataset *set) {
  for (size_t k = 0; k < COUNT(kinds); k++) compare(model, table, set, kinds[k], 0, 0);
  compare(model, table, set, COPSE_PREDICT_RAW, 2, 3);
}

static copse_status append(void *user, const void *bytes, size_t length, copse_error *err) {
  (void)err;
  copse_text_append(user, bytes, length);
  return COPSE_OK;
}
static copse_status take(void *user, uint64_t offset, void *out, size_t length, copse_error *err) {
  (void)err;
  memcpy(out, ((const copse_text *)user)->data + offset, length);
  return COPSE_OK;
}

/* Written and read; the bytes bring a schema of their own. */
static void compare_stored(copse_model *model, const copse_table *table, const copse_dataset *set) {
  copse_error err;
  copse_dataset *again;
  copse_text text = {0};
  must(copse_dataset_write(set, append, &text, &err), &err);
  must(copse_dataset_read(NULL, "stored", take, &text, text.length, 2, NULL, &again, &err), &err);
  compare(model, table, again, COPSE_PREDICT_VALUE, 0, 0);
  copse_dataset_free(again);
  copse_text_release(&text);
}

/* Every third row. */
static void compare_subset(copse_model *model, const copse_table *table, const copse_dataset *set) {
  copse_error err;
  copse_dataset *some;
  uint32_t *rows = copse_alloc(NULL, table->n_rows, sizeof *rows);
  const double *values = table->values;
  double *chosen = copse_alloc(NULL, table->n_rows * table->n_cols, sizeof *chosen);
  uint64_t n = 0;
  for (uint32_t row = 1; row < table->n_rows; row += 3) {
    memcpy(chosen + n * table->n_cols, values + row * table->row_stride, table->n_cols * sizeof *chosen);
    rows[n++] = row;
  }
  must(copse_dataset_subset(set, rows, n, 2, &some, &err), &err);
  copse_table part = *table;
  part.n_rows = n;
  part.values = chosen;
  part.row_stride = table->n_cols;
  compare(model, &part, some, COPSE_PREDICT_RAW, 0, 0);
  copse_dataset_free(some);
  copse_free(rows);
  copse_free(chosen);
}

/* The same model from its text. */
static copse_model *reread(const copse_model *model) {
  copse_error err;
  copse_model *again;
  copse_text text = {0};
  must(copse_model_write(model, 0, 0, &text, &err), &err);
  must(copse_model_parse(NULL, text.data, text.length, "model", &again, &err), &err);
  copse_text_release(&text);
  return again;
}

static void surprise(struct mixed_data *mixed) {
  static const double values[] = {(double)NAN, 0.0, -0.0, 1e-36, -1e-36, 1e299, -1e299, -5, 77, 2.7, 1e10};
  struct draw draw = {.seed = 9};
  for (uint64_t i = 0; i < mixed->data.n_rows * mixed->data.n_features; i++)
    if (draw_uniform(&draw) < 0.2) mixed->x[i] = values[draw_between(&draw, 0, (int64_t)COUNT(values) - 1)];
}

/* Of the columns with many zeros: the bin of 0 is the last one then, without an end. */
static void make_negative(struct mixed_data *mixed) {
  for (uint64_t row = 0; row < mixed->data.n_rows; row++)
    for (uint32_t f = 2; f < FEATURES; f += MIXED_COLUMNS)
      mixed->x[row * FEATURES + f] = -fabs(mixed->x[row * FEATURES + f]);
}

/* A model, what it was trained on, and other rows in the same bins. */
struct trained {
  copse_params *params;
  copse_dataset *set, *valid;
  copse_booster *booster;
  copse_model *model, *again; /* again: read from its text */
  copse_table table, other;
};

static struct trained train(const char *text, const struct small_data *data,
                            const struct small_data *others) {
  copse_error err;
  struct trained t = {.params = small_params(text), .table = small_table(data), .other = small_table(others)};
  t.set = small_dataset(data, t.params, NULL);
  must(copse_booster_create(NULL, t.set, t.params, &t.booster, &err), &err);
  must(copse_train(t.booster, t.params, NULL, NULL, &t.model, NULL, &err), &err);
  must(copse_dataset_from_table(NULL, &t.other, NULL, NULL, t.params, copse_dataset_schema(t.set), &t.valid,
                                &err),
       &err);
  t.again = reread(t.model);
  return t;
}

static void trained_free(const struct trained *t) {
  copse_model_free(t->again);
  copse_model_free(t->model);
  copse_booster_free(t->booster);
  copse_dataset_free(t->valid);
  copse_dataset_free(t->set);
  copse_params_free(t->params);
}

static void check(const struct setting *s, uint64_t seed) {
  struct mixed_data mixed = mixed_data_make(TRAIN, FEATURES, seed);
  struct mixed_data others = mixed_data_make(OTHERS, FEATURES, seed + 1);
  make_negative(&mixed);
  if (s->surprises)
    surprise(&others);
  else
    make_negative(&others);
  for (uint64_t row = 0; row < TRAIN && s->n_classes > 0; row++)
    mixed.label[row] = s->n_classes == 2 ? mixed.class_label[row]
                                         : fminf(fmaxf(floorf(mixed.label[row]), 0), (float)s->n_classes - 1);
  const struct trained t = train(s->params, &mixed.data, &others.data);
  compare_all(t.model, &t.table, t.set);
  compare_all(t.model, &t.other, t.valid);
  compare_all(t.again, &t.other, t.valid);
  compare_stored(t.again, &t.other, t.valid);
  compare_subset(t.model, &t.other, t.valid);
  trained_free(&t);
  mixed_data_free(&others);
  mixed_data_free(&mixed);
}

static void bins_predict_what_rows_do(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(settings); i++) check(&settings[i], 60 + 2 * i);
}

/* Columns that share cells, and rows in which some of them meet. */
static void bundles_predict_what_rows_do(void **state) {
  (void)state;
  static const char *const texts[] = {SMALL "num_leaves=31 objective=binary",
                                      SMALL "num_leaves=31 zero_as_missing=true objective=binary",
                                      SMALL "num_leaves=31 enable_bundle=false objective=binary",
                                      SMALL "num_leaves=31 bin_construct_sample_cnt=300 objective=binary"};
  for (size_t i = 0; i < COUNT(texts); i++) {
    copse_error err;
    struct sparse_data data = sparse_data_make(TRAIN, 1000, 30 + i), other = sparse_data_make(OTHERS, 50, 3);
    copse_params *params = small_params(texts[i]);
    copse_dataset *set, *valid;
    must(copse_dataset_from_table(NULL, &data.csr, NULL, data.categorical, params, NULL, &set, &err), &err);
    must(copse_dataset_set(set, COPSE_LABEL, data.class_label, TRAIN, &err), &err);
    must(copse_dataset_from_table(NULL, &other.csc, NULL, NULL, params, copse_dataset_schema(set), &valid,
                                  &err),
         &err);
    assert_true(i == 2 || set->binned.n_carriers < set->binned.n_columns);
    copse_booster *booster;
    copse_model *model;
    must(copse_booster_create(NULL, set, params, &booster, &err), &err);
    must(copse_train(booster, params, NULL, NULL, &model, NULL, &err), &err);
    compare_all(model, &data.rows, set);
    compare_all(model, &other.rows, valid);
    compare_stored(model, &other.rows, valid);
    compare_subset(model, &other.rows, valid);
    copse_model_free(model);
    copse_booster_free(booster);
    copse_dataset_free(set);
    copse_dataset_free(valid);
    copse_params_free(params);
    sparse_data_free(&data);
    sparse_data_free(&other);
  }
}

/* ---- the ends of the range of numbers ---- */

enum { EXTREME_COLUMNS = 4 };

static double extreme(struct draw *draw, uint32_t column) {
  static const double values[EXTREME_COLUMNS][10] = {
      {-1.7e308, -1e308, -1e300, -1.5, 0, -0.0, 2, 1e300, 1e308, 1.7e308},
      {5e-324, -5e-324, 1e-310, -1e-310, 1e-36, 1e-34, -1e-34, 0, -0.0, 1},
      {(double)NAN, -DBL_MAX, -1.7e308, -1e308, (double)NAN, 1e308, 1.7e308, DBL_MAX, 3, 3},
      {(double)-INFINITY, -1e308, -7, 1, 1e300, 1e308, (double)INFINITY, (double)NAN, 0, 1.2e300}};
  return values[column][draw_between(draw, 0, 9)];
}

/* Labels that every value has a share in. */
static void extreme_rows(uint64_t n, uint64_t seed, double *x, float *label) {
  struct draw draw = {.seed = seed};
  for (uint64_t row = 0; row < n; row++) {
    double sum = 0;
    for (uint32_t c = 0; c < EXTREME_COLUMNS; c++) {
      double value = extreme(&draw, c), size = isnan(value) ? 77 : fmin(fmax(value, -0x1p1000), 0x1p1000);
      x[row * EXTREME_COLUMNS + c] = value;
      for (int bit = 0; bit < 64; bit += 9)
        sum += sin((double)(c + 1) * (log2(fabs(size) + 0x1p-1070) + bit));
      sum += value > 0 ? 3 : 0;
    }
    label[row] = (float)(sum + draw_uniform(&draw));
  }
}

static void predict_rows(copse_model *model, const double *x, uint64_t n, double *out) {
  for (uint64_t row = 0; row < n; row++)
    out[row] = small_predict(model, COPSE_PREDICT_RAW, x + row * EXTREME_COLUMNS);
}

/* Trained with, read from its text, from bins and from numbers, all at once and one by one. */
static void check_extremes(const char *text, const struct small_data *data, const struct small_data *others) {
  const struct trained t = train(text, data, others);
  compare_all(t.again, &t.table, t.set);
  compare_all(t.again, &t.other, t.valid);
  compare_stored(t.again, &t.other, t.valid);
  double *one_by_one = copse_alloc(NULL, TRAIN, sizeof *one_by_one);
  predict_rows(t.again, data->x, TRAIN, one_by_one);
  const double *scores = copse_booster_scores(t.booster, 0, NULL);
  for (uint64_t row = 0; row < TRAIN; row++) near(one_by_one[row], scores[row]);
  copse_free(one_by_one);
  trained_free(&t);
}

static void ends_of_the_range_predict_what_rows_do(void **state) {
  (void)state;
  static const char *const texts[] = {SMALL "num_leaves=60", SMALL "num_leaves=60 max_bin=5",
                                      SMALL "num_leaves=60 compat=lightgbm", SMALL "use_missing=false",
                                      SMALL "num_leaves=60 extra_trees=true"};
  static double x[TRAIN * EXTREME_COLUMNS], other[OTHERS * EXTREME_COLUMNS];
  static float label[TRAIN], other_label[OTHERS];
  extreme_rows(TRAIN, 5, x, label);
  extreme_rows(OTHERS, 6, other, other_label);
  const struct small_data data = {TRAIN, EXTREME_COLUMNS, x, label, NULL, NULL},
                          others = {OTHERS, EXTREME_COLUMNS, other, other_label, NULL, NULL};
  for (size_t i = 0; i < COUNT(texts); i++) check_extremes(texts[i], &data, &others);
  /* Values beyond all that were trained on. */
  for (uint64_t i = 0; i < (uint64_t)TRAIN * EXTREME_COLUMNS; i++)
    if (fabs(x[i]) > 1e299) x[i] = x[i] > 0 ? 11 : -11;
  for (size_t i = 0; i < COUNT(texts); i++) check_extremes(texts[i], &data, &others);
}

/* With an encoder, rows that it did not learn from; those that it did as training scores them. */
static void encoded_categories_predict_what_training_scores(void **state) {
  (void)state;
  copse_error err;
  struct mixed_data mixed = mixed_data_make(TRAIN, FEATURES, 90),
                    others = mixed_data_make(OTHERS, FEATURES, 91);
  copse_params *params = small_params(SMALL "cat_encoding=ordered cat_pairs=1 num_leaves=20");
  copse_table table = small_table(&mixed.data), other = small_table(&others.data);
  copse_dataset *set, *valid;
  must(copse_dataset_encoded(NULL, &table, NULL, mixed.categorical, mixed.label, NULL, params, NULL, &set,
                             &err),
       &err);
  must(copse_dataset_set(set, COPSE_LABEL, mixed.label, TRAIN, &err), &err);
  must(copse_dataset_from_table(NULL, &other, NULL, NULL, params, copse_dataset_schema(set), &valid, &err),
       &err);
  copse_booster *booster;
  copse_model *model;
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  must(copse_train(booster, params, NULL, NULL, &model, NULL, &err), &err);
  assert_non_null(copse_model_encoder(model));
  compare_all(model, &other, valid);
  copse_predictor *predictor;
  must(copse_predictor_create(NULL, model, COPSE_PREDICT_RAW, 0, 0, &predictor, &err), &err);
  double *out = copse_alloc(NULL, TRAIN, sizeof *out);
  must(copse_predictor_run_dataset(predictor, set, 2, out, &err), &err);
  const double *scores = copse_booster_scores(booster, 0, NULL);
  for (uint64_t row = 0; row < TRAIN; row++) near(out[row], scores[row]);
  copse_free(out);
  copse_predictor_free(predictor);
  copse_model_free(model);
  copse_booster_free(booster);
  copse_dataset_free(set);
  copse_dataset_free(valid);
  copse_params_free(params);
  mixed_data_free(&mixed);
  mixed_data_free(&others);
}

/* A model and a data set under the names given, both of mixed rows. */
struct pair {
  struct mixed_data mixed;
  copse_params *params;
  copse_dataset *set;
  copse_model *model;
};

static struct pair pair_make(uint32_t n_features, uint64_t seed, const char *const *names, const char *text) {
  copse_error err;
  struct pair p = {.mixed = mixed_data_make(TRAIN, n_features, seed), .params = small_params(text)};
  copse_table table = small_table(&p.mixed.data);
  copse_booster *booster;
  must(copse_dataset_from_table(NULL, &table, names, p.mixed.categorical, p.params, NULL, &p.set, &err),
       &err);
  must(copse_dataset_set(p.set, COPSE_LABEL, p.mixed.label, TRAIN, &err), &err);
  must(copse_booster_create(NULL, p.set, p.params, &booster, &err), &err);
  must(copse_train(booster, p.params, NULL, NULL, &p.model, NULL, &err), &err);
  copse_booster_free(booster);
  return p;
}

static void pair_free(struct pair *p) {
  copse_model_free(p->model);
  copse_dataset_free(p->set);
  copse_params_free(p->params);
  mixed_data_free(&p->mixed);
}

static void refuses(copse_model *model, const copse_dataset *set, copse_predict_kind kind,
                    copse_status expected, const char *words) {
  copse_error err;
  copse_predictor *predictor;
  must(copse_predictor_create(NULL, model, kind, 0, 0, &predictor, &err), &err);
  double *out = copse_alloc(NULL, TRAIN * (size_t)copse_predictor_width(predictor), sizeof *out);
  assert_int_equal(copse_predictor_run_dataset(predictor, set, 1, out, &err), expected);
  if (strstr(err.message, words) == NULL) fail_msg("expected \"%s\" in \"%s\"", words, err.message);
  copse_free(out);
  copse_predictor_free(predictor);
}

static void other_data_are_refused(void **state) {
  (void)state;
  static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
  static const char *const turned[] = {"a", "b", "d", "c", "e", "f", "g"};
  struct pair p = pair_make(MIXED_COLUMNS, 70, names, SMALL "num_leaves=20"),
              wide = pair_make(FEATURES, 70, NULL, SMALL "num_leaves=20"),
              other = pair_make(MIXED_COLUMNS, 71, turned, SMALL "num_leaves=20"),
              coarse = pair_make(MIXED_COLUMNS, 70, names, SMALL "num_leaves=20 max_bin=7"),
              zero = pair_make(MIXED_COLUMNS, 70, names, SMALL "num_leaves=20 zero_as_missing=true");
  refuses(p.model, wide.set, COPSE_PREDICT_RAW, COPSE_ERR_DATA,
          "the model has 7 features, the binned data have 14");
  refuses(p.model, other.set, COPSE_PREDICT_RAW, COPSE_ERR_DATA,
          "feature 2 is \"c\" in the model and \"d\" in the binned data");
  refuses(p.model, coarse.set, COPSE_PREDICT_LEAF, COPSE_ERR_DATA, "is no end of a bin");
  refuses(p.model, zero.set, COPSE_PREDICT_RAW, COPSE_ERR_DATA, "other missing values than the model");
  copse_error err;
  copse_dataset *unfinished;
  must(copse_dataset_create(NULL, copse_dataset_schema(p.set), 10, &unfinished, &err), &err);
  refuses(p.model, unfinished, COPSE_PREDICT_RAW, COPSE_ERR_STATE, "before it was finished");
  copse_dataset_free(unfinished);
  pair_free(&p);
  pair_free(&wide);
  pair_free(&other);
  pair_free(&coarse);
  pair_free(&zero);
}

static void linear_leaves_are_refused(void **state) {
  (void)state;
  struct pair p = pair_make(MIXED_COLUMNS, 75, NULL, SMALL "num_leaves=10 linear_tree=true");
  refuses(p.model, p.set, COPSE_PREDICT_RAW, COPSE_ERR_UNSUPPORTED, "has linear models in its leaves");
  pair_free(&p);
}

static void a_cancelled_context_ends_it(void **state) {
  (void)state;
  copse_error err;
  copse_context *ctx;
  copse_predictor *predictor;
  struct pair p = pair_make(MIXED_COLUMNS, 76, NULL, SMALL "num_leaves=10");
  must(copse_context_create(NULL, &ctx, &err), &err);
  must(copse_predictor_create(ctx, p.model, COPSE_PREDICT_RAW, 0, 0, &predictor, &err), &err);
  double *out = copse_alloc(NULL, TRAIN, sizeof *out);
  copse_context_cancel(ctx);
  assert_int_equal(copse_predictor_run_dataset(predictor, p.set, 2, out, &err), COPSE_ERR_INTERRUPTED);
  copse_free(out);
  copse_predictor_free(predictor);
  pair_free(&p);
  copse_context_free(ctx);
}

/* Columns of a map that change under it give other models; the sanitizer sees that nothing else happens. */
static void a_map_that_changes_leads_nowhere(void **state) {
  (void)state;
  static const char *const texts[] = {SMALL "num_leaves=20", SMALL "num_leaves=20 max_bin=1000"};
  for (size_t i = 0; i < COUNT(texts); i++) {
    copse_error err;
    struct pair p = pair_make(FEATURES, 77, NULL, texts[i]);
    copse_text text = {0};
    must(copse_dataset_write(p.set, append, &text, &err), &err);
    char *bytes = copse_alloc(NULL, text.length, 1); /* aligned to 64 */
    memcpy(bytes, text.data, text.length);
    copse_dataset *set, *some;
    must(copse_dataset_map(NULL, "map", bytes, text.length, NULL, NULL, 2, NULL, &set, &err), &err);
    copse_table table = small_table(&p.mixed.data);
    compare(p.model, &table, set, COPSE_PREDICT_RAW, 0, 0);
    uint32_t n_in_place = 0;
    for (uint32_t k = 0; k < set->binned.n_carriers; k++) {
      const struct binned_carrier *carrier = &set->binned.carriers[k];
      n_in_place += carrier->in_place;
      if (carrier->in_place) memset(carrier->cells, 0xFF, (size_t)TRAIN * carrier->cell_bytes);
    }
    assert_true(n_in_place > 4);
    copse_booster *booster;
    must(copse_booster_create(NULL, set, p.params, &booster, &err), &err);
    must(copse_booster_add_valid(booster, set, "itself", &err), &err);
    for (int round = 0; round < 5; round++) must(copse_booster_step(booster, NULL, &err), &err);
    copse_booster_free(booster);
    copse_predictor *predictor;
    double *out = copse_alloc(NULL, TRAIN, sizeof *out);
    must(copse_predictor_create(NULL, p.model, COPSE_PREDICT_RAW, 0, 0, &predictor, &err), &err);
    must(copse_predictor_run_dataset(predictor, set, 2, out, &err), &err);
    static const uint32_t rows[] = {3, 8, 9, 700, TRAIN - 1};
    must(copse_dataset_subset(set, rows, COUNT(rows), 1, &some, &err), &err);
    assert_true(binned_within(&some->binned, 1));
    copse_dataset_free(some);
    copse_text_release(&text);
    must(copse_dataset_write(set, append, &text, &err), &err);
    copse_text_release(&text);
    copse_free(out);
    copse_predictor_free(predictor);
    copse_dataset_free(set);
    copse_free(bytes);
    pair_free(&p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bins_predict_what_rows_do),
      cmocka_unit_test(bundles_predict_what_rows_do),
      cmocka_unit_test(ends_of_the_range_predict_what_rows_do),
      cmocka_unit_test(encoded_categories_predict_what_training_scores),
      cmocka_unit_test(other_data_are_refused),
      cmocka_unit_test(linear_leaves_are_refused),
      cmocka_unit_test(a_cancelled_context_ends_it),
      cmocka_unit_test(a_map_that_changes_leads_nowhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
