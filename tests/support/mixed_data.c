/* mixed_data.c - see the header. */
#include "mixed_data.h"

#include <math.h>
#include <string.h>

#include "checks.h"
#include "draw.h"

static double cell(struct draw *d, uint32_t column) {
  switch (column % MIXED_COLUMNS) {
    case 0: return draw_uniform(d) * 10 - 5;
    case 1: return draw_uniform(d) < 0.2 ? NAN : floor(draw_uniform(d) * 30) - 10;
    case 2: return draw_uniform(d) < 0.6 ? 0.0 : draw_uniform(d) - 0.3;
    case 3: return (double)draw_between(d, 0, 3);                               /* few categories */
    case 4: return draw_uniform(d) < 0.1 ? -1 : (double)draw_between(d, 0, 40); /* many */
    case 5: return 7.5;
    default: return exp(6 * draw_uniform(d));
  }
}

static double signal(uint32_t column, double value) {
  if (isnan(value)) return 1.5;
  switch (column % MIXED_COLUMNS) {
    case 3: return value == 2 ? 2 : -0.5;
    case 4: return fmod(value * 7, 5) - 2;
    case 6: return value > 40 ? 1 : 0;
    default: return sin(value * (1 + column));
  }
}

struct mixed_data mixed_data_make(uint64_t n_rows, uint32_t n_features, uint64_t seed) {
  struct mixed_data m = {.x = copse_alloc(NULL, n_rows * n_features, sizeof(double)),
                         .label = copse_alloc(NULL, n_rows, sizeof(float)),
                         .class_label = copse_alloc(NULL, n_rows, sizeof(float)),
                         .weight = copse_alloc(NULL, n_rows, sizeof(float)),
                         .categorical = copse_alloc(NULL, n_features, sizeof(bool))};
  struct draw d = {.seed = seed};
  for (uint32_t f = 0; f < n_features; f++)
    m.categorical[f] = f % MIXED_COLUMNS == 3 || f % MIXED_COLUMNS == 4;
  for (uint64_t r = 0; r < n_rows; r++) {
    double target = draw_uniform(&d);
    for (uint32_t f = 0; f < n_features; f++) {
      double value = m.x[r * n_features + f] = cell(&d, f);
      if (f < 2 * MIXED_COLUMNS) target += signal(f, value);
    }
    m.label[r] = (float)target;
    m.class_label[r] = target > 0.5 ? 1.0f : 0.0f;
    m.weight[r] = (float)draw_between(&d, 1, 8) / 4;
  }
  m.data = (struct small_data){
      .n_rows = n_rows, .n_features = n_features, .x = m.x, .label = m.label, .categorical = m.categorical};
  return m;
}

void mixed_data_free(struct mixed_data *mixed) {
  copse_free(mixed->x);
  copse_free(mixed->label);
  copse_free(mixed->class_label);
  copse_free(mixed->weight);
  copse_free(mixed->categorical);
}

copse_booster *mixed_booster(const struct small_data *data, const char *text) {
  return labels_booster(data, 1, text);
}

copse_booster *labels_booster(const struct small_data *data, uint64_t n_labels, const char *text) {
  copse_error err;
  copse_booster *booster;
  copse_params *params = small_params(text);
  copse_dataset *set = small_dataset(data, params, NULL);
  if (n_labels > 1)
    must(copse_dataset_set(set, COPSE_LABEL, data->label, data->n_rows * n_labels, &err), &err);
  must(copse_booster_create(NULL, set, params, &booster, &err), &err);
  copse_dataset_free(set);
  copse_params_free(params);
  return booster;
}

bool must_step(copse_booster *booster) {
  copse_error err;
  bool finished = false;
  must(copse_booster_step(booster, &finished, &err), &err);
  return finished;
}

char *model_trees(const copse_model *model) {
  copse_error err;
  copse_text text = {0};
  must(copse_model_write(model, 0, -1, &text, &err), &err);
  const char *begin = strstr(text.data, "Tree=0"), *end = strstr(text.data, "end of trees");
  assert_non_null(end);
  if (begin == NULL) begin = end; /* no tree */
  size_t length = (size_t)(end - begin);
  char *trees = copse_alloc(NULL, length + 1, 1);
  memcpy(trees, begin, length);
  trees[length] = '\0';
  copse_text_release(&text);
  return trees;
}

char *booster_trees(copse_booster *booster) {
  copse_error err;
  copse_model *model;
  must(copse_booster_model(booster, 0, &model, &err), &err);
  char *trees = model_trees(model);
  copse_model_free(model);
  return trees;
}
