/* Encoders against their definition, row by row; no row knows its own label; the same bits for every layout
 * and number of threads; what is written comes back, and what is damaged is told. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "data/encoder.h"
#include "draw.h"
#include "hooked_allocator.h"
#include "testing.h"

enum { ROWS = 300, INPUTS = 5, CLASSES = 3 };

static const char *const names[INPUTS] = {"city", "amount", "job title", "flag", "code"};
static const bool categorical[INPUTS] = {true, false, true, true, true};

struct world {
  double rows[ROWS]
             [INPUTS]; /* city: 40 levels, some missing; title: 25; flag: 2; code = flag, but for a few */
  float label[ROWS], weight[ROWS];
};

static void world_make(struct world *w, uint64_t seed) {
  struct draw draw = {.seed = seed};
  for (int r = 0; r < ROWS; r++) {
    double city = (double)draw_between(&draw, 0, 39);
    w->rows[r][0] = draw_between(&draw, 0, 9) == 0 ? (r % 2 ? (double)NAN : -3.0) : city;
    w->rows[r][1] = draw_uniform(&draw);
    w->rows[r][2] = (double)(draw_between(&draw, 0, 24) * 1000);
    w->rows[r][3] = (double)draw_between(&draw, 0, 1);
    w->rows[r][4] = w->rows[r][3] + 7 * (double)(draw_between(&draw, 0, 5) == 0);
    w->label[r] = (float)draw_between(&draw, 0, CLASSES - 1);
    w->weight[r] = (float)draw_between(&draw, 0, 3) / 2;
  }
}

static copse_table table_of(const struct world *w) {
  return (copse_table){.layout = COPSE_ROWS,
                       .n_rows = ROWS,
                       .n_cols = INPUTS,
                       .dtype = COPSE_F64,
                       .values = w->rows,
                       .row_stride = INPUTS};
}

static copse_params *params_of(const char *const *pairs) {
  copse_error err;
  copse_params *params;
  assert_int_equal(copse_params_create(NULL, &params, &err), COPSE_OK);
  for (; pairs != NULL && *pairs != NULL; pairs += 2)
    if (copse_params_set(params, pairs[0], pairs[1], COPSE_SOURCE_COMMAND, &err) != COPSE_OK)
      fail_msg("%s", err.message);
  return params;
}

static copse_encoder *fit(const struct world *w, const copse_table *table, const float *weight,
                          const char *const *pairs) {
  copse_error err;
  copse_encoder *encoder;
  copse_params *params = params_of(pairs);
  if (copse_encoder_fit(NULL, table, names, categorical, w->label, weight, params, NULL, &encoder, &err) !=
      COPSE_OK)
    fail_msg("%s", err.message);
  copse_params_free(params);
  return encoder;
}

/* ---- the definition ---- */

static int level_of(double value) { return isnan(value) || value < 0 ? -1 : (int)value; }

struct naive {
  const struct world *w;
  const float *weight;
  int seed;
  double prior;
  int n_classes; /* 0: the label itself, -1: whether it is above 0 */
};

static double target(const struct naive *n, int row, int statistic) {
  double label = (double)n->w->label[row];
  if (n->n_classes < 0) return label > 0;
  return n->n_classes > 0 ? label == statistic : label;
}

static double weight_of(const struct naive *n, int row) {
  return n->weight != NULL ? (double)n->weight[row] : 1.0;
}

static bool comes_before(const struct naive *n, int a, int b) {
  uint64_t x = rng_bits((uint64_t)n->seed, RNG_ENCODING, (uint64_t)a);
  uint64_t y = rng_bits((uint64_t)n->seed, RNG_ENCODING, (uint64_t)b);
  return x < y || (x == y && a < b);
}

static bool same_level(const struct world *w, int a, int b, int first, int second) {
  bool same = level_of(w->rows[a][first]) == level_of(w->rows[b][first]);
  return same && (second < 0 || level_of(w->rows[a][second]) == level_of(w->rows[b][second]));
}

/* Sums of a group of rows in the order of places. */
static void add(const struct naive *n, int row, int statistic, double *sum, double *weights) {
  *sum += weight_of(n, row) * target(n, row, statistic);
  *weights += weight_of(n, row);
}

static int order[ROWS];
static const struct naive *ordering;
static int by_place(const void *a, const void *b) {
  return comes_before(ordering, *(const int *)a, *(const int *)b) ? -1 : 1;
}

static float naive_ordered(const struct naive *n, int place, int first, int second, int statistic) {
  double sum = 0, weights = 0, all = 0, all_weights = 0;
  int seen = 1;
  while (2 * seen <= place) seen *= 2;
  for (int k = 0; k < seen && place > 0; k++) add(n, order[k], statistic, &all, &all_weights);
  for (int k = 0; k < place; k++)
    if (same_level(n->w, order[k], order[place], first, second)) add(n, order[k], statistic, &sum, &weights);
  double average = all_weights > 0 ? all / all_weights : 0;
  return (float)((sum + n->prior * average) / (weights + n->prior));
}

static float naive_full(const struct naive *n, int row, int first, int second, int statistic) {
  double sum = 0, weights = 0, all = 0, all_weights = 0;
  for (int k = 0; k < ROWS; k++) {
    add(n, order[k], statistic, &all, &all_weights);
    if (same_level(n->w, order[k], row, first, second)) add(n, order[k], statistic, &sum, &weights);
  }
  float average = (float)(all / all_weights);
  return (float)((sum + n->prior * (double)average) / (weights + n->prior));
}

static float *applied(const copse_encoder *encoder, const copse_table *table) {
  copse_error err;
  float *out = copse_alloc(NULL, table->n_rows * copse_encoder_n_derived(encoder), sizeof *out);
  if (copse_encoder_apply(encoder, table, 2, out, &err) != COPSE_OK) fail_msg("%s", err.message);
  return out;
}

/* One column of statistics, in training and as prediction has it. */
static void check_column(const struct naive *n, const copse_encoder *encoder, const float *full,
                         uint32_t derived, int first, int second, int statistic) {
  for (int place = 0; place < ROWS; place++) {
    int row = order[place];
    float expected = naive_ordered(n, place, first, second, statistic);
    assert_memory_equal(&copse_encoder_ordered(encoder, derived)[row], &expected, sizeof expected);
    expected = naive_full(n, row, first, second, statistic);
    assert_memory_equal(&full[(size_t)derived * ROWS + (size_t)row], &expected, sizeof expected);
  }
}

static void check_counts(const struct world *w, const copse_encoder *encoder, const float *full,
                         uint32_t derived, int first) {
  for (int row = 0; row < ROWS; row++) {
    float n = 0;
    for (int other = 0; other < ROWS; other++) n += same_level(w, row, other, first, -1);
    assert_true(copse_encoder_ordered(encoder, derived)[row] == n);
    assert_true(full[(size_t)derived * ROWS + (size_t)row] == n);
  }
}

static void check_against_definition(const struct naive *n, const char *const *pairs) {
  static const int combinations[][2] = {{0, -1}, {2, -1}, {0, 2}, {0, 3}, {0, 4}, {2, 3}, {2, 4}};
  const int n_combinations = sizeof combinations / sizeof combinations[0];
  copse_table table = table_of(n->w);
  copse_encoder *encoder = fit(n->w, &table, n->weight, pairs);
  ordering = n;
  for (int i = 0; i < ROWS; i++) order[i] = i;
  qsort(order, ROWS, sizeof *order, by_place);
  float *full = applied(encoder, &table);
  uint32_t derived = 0;
  for (int c = 0; c < n_combinations; c++) {
    int first = combinations[c][0], second = combinations[c][1];
    for (int s = 0; s < (n->n_classes > 0 ? n->n_classes : 1); s++)
      check_column(n, encoder, full, derived++, first, second, s);
    if (second < 0) check_counts(n->w, encoder, full, derived++, first);
  }
  /* flag and code say less of each other than their pair only where code is not flag's alone */
  assert_int_equal(derived, copse_encoder_n_derived(encoder));
  copse_free(full);
  copse_encoder_free(encoder);
}

static void test_definition(void **state) {
  (void)state;
  struct world w;
  world_make(&w, 1);
  struct naive n = {&w, NULL, 1, 1, 0};
  check_against_definition(&n, NULL);
  const char *other[] = {"cat_prior", "2.5", "data_random_seed", "77", NULL};
  n = (struct naive){&w, w.weight, 77, 2.5, 0};
  check_against_definition(&n, other);
  const char *binary[] = {"objective", "binary", NULL};
  n = (struct naive){&w, NULL, 1, 1, -1};
  check_against_definition(&n, binary);
  const char *classes[] = {"objective", "multiclass", "num_class", "3", NULL};
  n = (struct naive){&w, w.weight, 1, 1, CLASSES};
  check_against_definition(&n, classes);
}

static void test_names(void **state) {
  (void)state;
  struct world w;
  world_make(&w, 2);
  copse_table table = table_of(&w);
  const char *classes[] = {"objective", "multiclass", "num_class", "3", NULL};
  copse_encoder *encoder = fit(&w, &table, NULL, NULL);
  assert_string_equal(copse_encoder_name(encoder, 0), "ordered(city)");
  assert_string_equal(copse_encoder_name(encoder, 1), "rows(city)");
  assert_string_equal(copse_encoder_name(encoder, 2), "ordered(job_title)");
  assert_string_equal(copse_encoder_name(encoder, 4), "ordered(city*job_title)");
  assert_true(copse_encoder_replaces(encoder, 0) && copse_encoder_replaces(encoder, 2));
  assert_false(copse_encoder_replaces(encoder, 1) || copse_encoder_replaces(encoder, 3));
  copse_encoder_free(encoder);
  encoder = fit(&w, &table, NULL, classes); /* two columns and five pairs */
  assert_int_equal(copse_encoder_n_derived(encoder), 2 * (3 + 1) + 5 * 3);
  assert_string_equal(copse_encoder_name(encoder, 2), "ordered(city)@2");
  copse_encoder_free(encoder);
}

static void test_fewer_pairs(void **state) {
  (void)state;
  struct world w;
  world_make(&w, 3);
  for (int r = 0; r < ROWS; r++)
    w.label[r] = (float)(level_of(w.rows[r][2]) / 1000 % 3); /* the title decides */
  copse_table table = table_of(&w);
  for (int most = 0; most <= 6; most++) {
    char text[4];
    snprintf(text, sizeof text, "%d", most);
    const char *pairs[] = {"cat_pairs", text, NULL};
    copse_encoder *encoder = fit(&w, &table, NULL, pairs);
    uint32_t n_pairs = copse_encoder_n_derived(encoder) - 4;
    assert_true(n_pairs <= (uint32_t)most);
    for (uint32_t d = 4; d < 4 + n_pairs && most < 6; d++)
      assert_non_null(most < 3 ? strstr(copse_encoder_name(encoder, d), "job_title") : "");
    copse_encoder_free(encoder);
  }
}

/* ---- no row knows its own label ---- */

static void test_own_label(void **state) {
  (void)state;
  struct world w;
  world_make(&w, 4);
  copse_table table = table_of(&w);
  copse_encoder *before = fit(&w, &table, w.weight, NULL);
  struct naive n = {&w, NULL, 1, 1, 0};
  for (int row = 0; row < ROWS; row += 7) {
    float kept = w.label[row];
    w.label[row] = kept + 100;
    copse_encoder *after = fit(&w, &table, w.weight, NULL);
    bool others = false;
    for (uint32_t d = 0; d < copse_encoder_n_derived(before); d++) {
      const float *x = copse_encoder_ordered(before, d), *y = copse_encoder_ordered(after, d);
      for (int other = 0; other < ROWS; other++) {
        if (other == row || comes_before(&n, other, row))
          assert_memory_equal(&x[other], &y[other], sizeof *x);
        others |= x[other] != y[other];
      }
    }
    assert_true(others || w.weight[row] == 0 || comes_before(&n, ROWS - 1, row));
    /* and one without weight teaches nothing */
    if (w.weight[row] == 0) assert_false(others);
    if (w.weight[row] == 0) assert_memory_equal(before->digest, after->digest, sizeof after->digest);
    w.label[row] = kept;
    copse_encoder_free(after);
  }
  copse_encoder_free(before);
}

/* ---- the same bits ---- */

static void assert_equal_encoders(const copse_encoder *a, const copse_encoder *b) {
  assert_memory_equal(a->digest, b->digest, sizeof a->digest);
  assert_int_equal(a->n_derived, b->n_derived);
  for (uint32_t d = 0; d < a->n_derived; d++)
    assert_memory_equal(copse_encoder_ordered(a, d), copse_encoder_ordered(b, d), ROWS * sizeof(float));
}

static void test_threads(void **state) {
  (void)state;
  static const char *const threads[] = {"2", "3", "8"};
  struct world w;
  world_make(&w, 5);
  copse_table table = table_of(&w);
  const char *one[] = {"num_threads", "1", NULL};
  copse_encoder *first = fit(&w, &table, w.weight, one);
  for (size_t i = 0; i < 3; i++) {
    const char *more[] = {"num_threads", threads[i], NULL};
    copse_encoder *other = fit(&w, &table, w.weight, more);
    assert_equal_encoders(first, other);
    copse_encoder_free(other);
  }
  copse_encoder_free(first);
}

struct layouts {
  double by_column[INPUTS][ROWS], csr_values[ROWS * INPUTS], csc_values[ROWS * INPUTS];
  int32_t csr_indices[ROWS * INPUTS], csc_indices[ROWS * INPUTS];
  int64_t csr_indptr[ROWS + 1], csc_indptr[INPUTS + 1];
  copse_column columns[INPUTS];
  copse_table tables[3];
};

static void layouts_make(const struct world *w, struct layouts *l) {
  int64_t n = 0;
  l->csr_indptr[0] = l->csc_indptr[0] = 0;
  for (int r = 0; r < ROWS; r++) {
    for (int c = 0; c < INPUTS; c++) {
      double value = l->by_column[c][r] = w->rows[r][c];
      if (value == 0 && r % 3 > 0) continue;
      l->csr_values[n] = value;
      l->csr_indices[n++] = c;
    }
    l->csr_indptr[r + 1] = n;
  }
  n = 0;
  for (int c = 0; c < INPUTS; c++) {
    l->columns[c] = (copse_column){COPSE_F64, l->by_column[c], 1};
    for (int r = 0; r < ROWS; r++) {
      if (w->rows[r][c] == 0) continue;
      l->csc_values[n] = w->rows[r][c];
      l->csc_indices[n++] = r;
    }
    l->csc_indptr[c + 1] = n;
  }
  l->tables[0] =
      (copse_table){.layout = COPSE_COLUMNS, .n_rows = ROWS, .n_cols = INPUTS, .columns = l->columns};
  l->tables[1] = (copse_table){.layout = COPSE_CSR,
                               .n_rows = ROWS,
                               .n_cols = INPUTS,
                               .dtype = COPSE_F64,
                               .values = l->csr_values,
                               .indptr = l->csr_indptr,
                               .indices = l->csr_indices};
  l->tables[2] = l->tables[1];
  l->tables[2].layout = COPSE_CSC;
  l->tables[2].values = l->csc_values;
  l->tables[2].indptr = l->csc_indptr;
  l->tables[2].indices = l->csc_indices;
}

static void test_layouts(void **state) {
  (void)state;
  static struct layouts l;
  struct world w;
  world_make(&w, 6);
  layouts_make(&w, &l);
  copse_table table = table_of(&w);
  copse_encoder *first = fit(&w, &table, NULL, NULL);
  float *full = applied(first, &table);
  for (size_t i = 0; i < 3; i++) {
    copse_encoder *other = fit(&w, &l.tables[i], NULL, NULL);
    assert_equal_encoders(first, other);
    float *again = applied(other, &l.tables[i]);
    assert_memory_equal(full, again, ROWS * first->n_derived * sizeof *full);
    copse_free(again);
    copse_encoder_free(other);
  }
  copse_free(full);
  copse_encoder_free(first);
}

/* ---- levels that are not there ---- */

static void test_unseen_and_missing(void **state) {
  (void)state;
  struct world w;
  world_make(&w, 7);
  copse_table table = table_of(&w);
  copse_encoder *encoder = fit(&w, &table, NULL, NULL);
  double rows[4][INPUTS] = {{12345, 0, 0, 0, 0},
                            {COPSE_CODE_UNSEEN, 0, 0, 0, 0},
                            {COPSE_CODE_ABSENT, 0, 0, 0, 0},
                            {(double)NAN, 0, 0, 0, 0}};
  copse_table few = {.layout = COPSE_ROWS,
                     .n_rows = 4,
                     .n_cols = INPUTS,
                     .dtype = COPSE_F64,
                     .values = rows,
                     .row_stride = INPUTS};
  float *out = applied(encoder, &few);
  for (uint32_t d = 0; d < encoder->n_derived; d++) {
    const float *column = out + (size_t)d * 4;
    if (strstr(encoder->names[d], "city") == NULL) continue;
    float unseen = strncmp(encoder->names[d], "rows", 4) == 0 ? 0.0F : encoder->average[0];
    assert_true(column[0] == unseen && column[1] == unseen);
    assert_true(column[2] == column[3]);
  }
  assert_true(out[4 + 3] > 0); /* rows(city) of the missing level */
  copse_free(out);
  copse_encoder_free(encoder);
}

/* ---- as text ---- */

static copse_status parse(const char *text, size_t length, copse_encoder **out, copse_error *err) {
  return copse_encoder_parse(NULL, text, length, "model.txt", names, INPUTS, out, err);
}

static void test_round_trip(void **state) {
  (void)state;
  copse_error err;
  struct world w;
  world_make(&w, 8);
  copse_table table = table_of(&w);
  const char *classes[] = {"objective", "multiclass", "num_class", "3", NULL};
  for (int i = 0; i < 2; i++) {
    copse_text text = {.ctx = NULL}, again = {.ctx = NULL};
    copse_encoder *encoder = fit(&w, &table, w.weight, i ? classes : NULL), *parsed;
    assert_int_equal(copse_encoder_write(encoder, &text, &err), COPSE_OK);
    assert_null(strpbrk(text.data, " =%\n\t"));
    if (parse(text.data, text.length, &parsed, &err) != COPSE_OK) fail_msg("%s", err.message);
    assert_int_equal(copse_encoder_write(parsed, &again, &err), COPSE_OK);
    assert_string_equal(text.data, again.data);
    assert_memory_equal(encoder->digest, parsed->digest, sizeof parsed->digest);
    assert_null(copse_encoder_ordered(parsed, 0));
    float *a = applied(encoder, &table), *b = applied(parsed, &table);
    assert_memory_equal(a, b, ROWS * encoder->n_derived * sizeof *a);
    for (uint32_t d = 0; d < encoder->n_derived; d++)
      assert_string_equal(copse_encoder_name(encoder, d), copse_encoder_name(parsed, d));
    copse_free(a);
    copse_free(b);
    copse_text_release(&text);
    copse_text_release(&again);
    copse_encoder_free(encoder);
    copse_encoder_free(parsed);
  }
}

/* Cut anywhere, and with any character changed: an encoder, or a sentence; never a read out of bounds. */
static void test_damaged(void **state) {
  (void)state;
  copse_error err;
  struct world w;
  world_make(&w, 9);
  copse_table table = table_of(&w);
  const char *pairs[] = {"cat_pairs", "1", NULL};
  copse_encoder *encoder = fit(&w, &table, NULL, pairs), *parsed;
  copse_text text = {.ctx = NULL};
  assert_int_equal(copse_encoder_write(encoder, &text, &err), COPSE_OK);
  for (size_t length = 0; length < text.length; length++) {
    char *cut = copse_alloc(NULL, length, 1);
    memcpy(cut, text.data, length);
    copse_status status = parse(cut, length, &parsed, &err);
    if (status == COPSE_OK) { /* the last number lost a digit */
      assert_true(text.data[length] != ',');
      copse_encoder_free(parsed);
    } else {
      assert_int_equal(status, COPSE_ERR_FORMAT);
      assert_non_null(strstr(err.message, "model.txt: the tables of cat_encoding are damaged at character"));
    }
    copse_free(cut);
  }
  for (size_t at = 0; at < text.length; at++) {
    for (const char *c = ",9-0e"; *c != '\0'; c++) {
      char kept = text.data[at];
      text.data[at] = *c;
      if (parse(text.data, text.length, &parsed, &err) == COPSE_OK) {
        float *out = applied(parsed, &table);
        copse_free(out);
        copse_encoder_free(parsed);
      }
      text.data[at] = kept;
    }
  }
  copse_text_release(&text);
  copse_encoder_free(encoder);
}

/* ---- refusals ---- */

static void test_refusals(void **state) {
  (void)state;
  copse_error err;
  struct world w;
  world_make(&w, 10);
  copse_table table = table_of(&w), narrow = table;
  copse_params *params = params_of(NULL);
  copse_encoder *encoder = fit(&w, &table, NULL, NULL), *out;
  narrow.n_cols = INPUTS - 1;
  float values[1];
  assert_int_equal(copse_encoder_apply(encoder, &narrow, 1, values, &err), COPSE_ERR_DATA);
  assert_int_equal(
      copse_encoder_fit(NULL, &narrow, names, categorical, w.label, NULL, params, encoder, &out, &err),
      COPSE_ERR_DATA);
  w.label[5] = (float)NAN;
  assert_int_equal(
      copse_encoder_fit(NULL, &table, names, categorical, w.label, NULL, params, NULL, &out, &err),
      COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "row 5"));
  w.label[5] = 0;
  w.weight[6] = -1;
  assert_int_equal(
      copse_encoder_fit(NULL, &table, names, categorical, w.label, w.weight, params, NULL, &out, &err),
      COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "row 6"));
  copse_encoder_free(encoder);
  copse_params_free(params);
}

static void test_too_many(void **state) {
  (void)state;
  copse_error err;
  struct world w;
  world_make(&w, 11);
  copse_table table = table_of(&w);
  const char *pairs[] = {"objective", "multiclass", "num_class", "5000", NULL};
  copse_params *params = params_of(pairs);
  copse_encoder *out;
  assert_int_equal(
      copse_encoder_fit(NULL, &table, names, categorical, w.label, NULL, params, NULL, &out, &err),
      COPSE_ERR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "8192"));
  copse_params_free(params);
}

/* Like another one: the same rows give the same encoder, whatever params say; other rows another. */
static void test_like(void **state) {
  (void)state;
  copse_error err;
  struct world w;
  world_make(&w, 12);
  copse_table table = table_of(&w);
  const char *pairs[] = {"cat_pairs", "3", "cat_prior", "4", "data_random_seed", "5", NULL};
  copse_params *params = params_of(NULL);
  copse_encoder *encoder = fit(&w, &table, NULL, pairs), *again;
  assert_int_equal(copse_encoder_fit(NULL, &table, names, NULL, w.label, NULL, params, encoder, &again, &err),
                   COPSE_OK);
  assert_equal_encoders(encoder, again);
  copse_encoder_free(again);
  w.label[17] += 1;
  assert_int_equal(copse_encoder_fit(NULL, &table, names, NULL, w.label, NULL, params, encoder, &again, &err),
                   COPSE_OK);
  assert_true(memcmp(encoder->digest, again->digest, sizeof again->digest) != 0);
  copse_encoder_free(again);
  copse_encoder_free(encoder);
  copse_params_free(params);
}

/* Every request for memory refused once: a status, and nothing is left behind. */
static void test_no_memory(void **state) {
  (void)state;
  struct world w;
  world_make(&w, 13);
  copse_table table = table_of(&w);
  const char *pairs[] = {"num_threads", "1", "cat_pairs", "3", NULL};
  copse_params *params = params_of(pairs);
  copse_status status = COPSE_ERR_MEMORY;
  for (size_t fail_at = 1; status != COPSE_OK; fail_at++) {
    struct hooked_allocator hook = {.fail_at = fail_at};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx;
    copse_encoder *encoder = NULL;
    copse_dataset *dataset = NULL;
    copse_error err;
    status = copse_context_create(&allocator, &ctx, &err);
    if (status != COPSE_OK) continue;
    status = copse_encoder_fit(ctx, &table, names, categorical, w.label, NULL, params, NULL, &encoder, &err);
    if (status == COPSE_OK)
      status = copse_dataset_encoded(ctx, &table, names, categorical, w.label, NULL, params, encoder,
                                     &dataset, &err);
    if (status != COPSE_OK) assert_int_equal(status, COPSE_ERR_MEMORY);
    copse_dataset_free(dataset);
    copse_encoder_free(encoder);
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
  }
  copse_params_free(params);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_definition),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_fewer_pairs),
      cmocka_unit_test(test_own_label),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_layouts),
      cmocka_unit_test(test_unseen_and_missing),
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_damaged),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_too_many),
      cmocka_unit_test(test_like),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
