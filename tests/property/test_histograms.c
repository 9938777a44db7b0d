/* What must hold of histograms, leaves and routes whatever the data: every feature's histogram sums to the
 * leaf; parent = left + right; the leaves share out the rows; a row finds its leaf by its bins, by its values
 * and by the partition alike. Integers throughout, so equal means equal. */
#include <stdio.h>
#include <string.h>

#include "mixed_data.h"
#include "model/route.h"
#include "rounding.h"
#include "testing.h"
#include "train/grow.h"
#include "train/hist.h"
#include "train/hist_form.h"
#include "train/hist_slots.h"
#include "train/partition.h"
#include "train/split.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct setting {
  const char *params;
  uint64_t n_rows;
  uint32_t n_features;
  bool weighted, binary;
};

#define SMALL \
  "num_threads=2 verbosity=-1 min_data_in_leaf=5 min_data_in_bin=1 learning_rate=0.3 num_leaves=24 "

#define QUANTISED "use_quantized_grad=true objective=binary "

static const struct setting settings[] = {
    {SMALL, 700, 7, false, false},                                       /* counts by shift */
    {SMALL, 700, 7, true, false},                                        /* counts apart */
    {"objective=binary " SMALL, 700, 7, false, true},                    /* and small hessians */
    {"objective=binary leaf_counts=hessian " SMALL, 700, 7, true, true}, /* estimated */
    {"zero_as_missing=true " SMALL, 700, 7, true, false},                /* zeros are missing */
    {"use_missing=false " SMALL, 700, 7, false, false},                  /* nothing is */
    {"max_bin=2000 " SMALL, 3000, 14, true, false},                      /* one- and two-byte cells */
    {"max_bin=15 " SMALL, 300, 150, false, false},                       /* several blocks */
    {"max_bin=2000 max_cat_to_onehot=50 " SMALL, 1500, 80, true, false}, /* all of it */
    {"histogram_pool_size=0.0001 " SMALL, 700, 14, true, false},         /* two slots */
    {"min_data_per_group=2 cat_smooth=1 cat_l2=0 " SMALL, 700, 5, true, false},
    {"min_data_per_group=2 cat_smooth=1 path_smooth=3 lambda_l1=0.4 max_delta_step=0.8 " SMALL, 700, 7, true,
     false},
    {SMALL, 40000, 7, true, false}, /* more than one spill */
};

struct trained {
  struct mixed_data mixed;
  copse_booster *booster;
};

static struct trained train(const struct setting *s, uint64_t seed) {
  struct trained t = {.mixed = mixed_data_make(s->n_rows, s->n_features, seed)};
  if (s->weighted) t.mixed.data.weight = t.mixed.weight;
  if (s->binary) t.mixed.data.label = t.mixed.class_label;
  t.booster = mixed_booster(&t.mixed.data, s->params);
  return t;
}

static void release(struct trained *t) {
  copse_booster_free(t->booster);
  mixed_data_free(&t->mixed);
}

static uint64_t first_cell(const struct workspace *ws, const struct binned_column *column) {
  return ws->data->binned.blocks[column->block].first_cell + column->hist_offset;
}

/* The histogram of the leaf's rows, cell by cell, from the feature-major copy. */
static void naive_histogram(const struct workspace *ws, const struct leaf *leaf, struct hist_planes *out) {
  const struct binned *binned = &ws->data->binned;
  memset(out->gradient, 0, binned->n_cells * sizeof *out->gradient);
  memset(out->hessian, 0, binned->n_cells * sizeof *out->hessian);
  memset(out->count, 0, binned->n_cells * sizeof *out->count);
  for (uint32_t c = 0; c < binned->n_columns; c++) {
    const struct binned_column *column = &binned->columns[c];
    for (uint64_t i = 0; i < leaf->n_rows; i++) {
      uint32_t row = leaf->area.rows != NULL ? leaf->area.rows[i] : (uint32_t)i; /* NULL: all */
      uint64_t cell = first_cell(ws, column) + binned_cell(column, row);
      out->count[cell]++;
      if (ws->packed != NULL) {
        out->gradient[cell] += packed_gradient(ws->packed[row]);
        out->hessian[cell] += packed_hessian(ws->packed[row]);
        continue;
      }
      struct hist_pair pair = naive_pair(&ws->source, ws->gradients[row]);
      out->gradient[cell] += pair.gradient;
      out->hessian[cell] += (int64_t)(pair.hessian >> ws->count_bits);
    }
  }
}

/* The leaf's slot is that of its rows, and every feature's cells sum to the leaf. */
static void check_histogram(struct workspace *ws, int leaf, struct hist_planes *scratch) {
  const struct binned *binned = &ws->data->binned;
  const struct leaf *l = &ws->leaves[leaf];
  naive_histogram(ws, l, scratch);
  for (uint32_t c = 0; c < binned->n_columns; c++) {
    int64_t gradient = 0, hessian = 0;
    uint64_t first = first_cell(ws, &binned->columns[c]), n = 0;
    size_t n_bins = binned->columns[c].n_bins; /* cells between columns hold nothing */
    const struct hist_planes got = hist_column(ws, l, c, 0);
    assert_true((got.count != NULL) == (ws->count_kind == COUNT_FIELD));
    assert_memory_equal(got.gradient, scratch->gradient + first, n_bins * sizeof *got.gradient);
    assert_memory_equal(got.hessian, scratch->hessian + first, n_bins * sizeof *got.hessian);
    if (got.count != NULL) assert_memory_equal(got.count, scratch->count + first, n_bins * sizeof *got.count);
    for (size_t b = 0; b < n_bins; b++) {
      gradient += got.gradient[b];
      hessian += got.hessian[b];
      n += got.count != NULL ? got.count[b] : scratch->count[first + b];
      if (ws->count_kind == COUNT_SHIFT)
        assert_true(got.hessian[b] >> ws->count_shift == scratch->count[first + b]);
    }
    assert_true(gradient == l->total_gradient && hessian == l->total_hessian && n == l->n_rows);
  }
}

/* The leaf becomes its left child and `right` is new, as the trainer does it. */
static void divide(struct workspace *ws, int leaf, int right) {
  struct leaf *l = &ws->leaves[leaf], *r = &ws->leaves[right];
  partition_leaf(ws, l, &l->best, ALL_LANES, l, r);
  r->total_gradient = l->total_gradient - l->best.left_gradient;
  r->total_hessian = l->total_hessian - l->best.left_hessian;
  r->output = l->best.right_output;
  r->slot = -1;
  l->total_gradient = l->best.left_gradient;
  l->total_hessian = l->best.left_hessian;
  l->output = l->best.left_output;
}

/* Root, then its two children: each child once built from its rows and once as parent minus sibling. */
static void check_sums(const struct setting *setting, uint64_t seed, uint64_t cell_rows) {
  struct trained t = train(setting, seed);
  struct workspace *ws = &t.booster->workspace;
  copse_error err;
  uint64_t cells = ws->data->binned.n_cells;
  assert_int_equal(booster_reserve_gradients(t.booster, &err), COPSE_OK);
  must_step(t.booster);   /* leaves gradients behind */
  ws->gain_in_sight = -1; /* no leaf loses its slot for want of a gain */
  if (cell_rows > 0) ws->cell_rows = cell_rows;
  struct hist_planes scratch = {copse_alloc(NULL, cells, sizeof(int64_t)),
                                copse_alloc(NULL, cells, sizeof(int64_t)),
                                copse_alloc(NULL, cells, sizeof(uint32_t))};
  for (int built = 0; built < 2; built++) {
    assert_int_equal(workspace_begin_tree(ws, t.booster->gradient, t.booster->hessian, &err), COPSE_OK);
    workspace_sum_root(ws);
    const struct leaf by_rows = ws->leaves[0];
    ws->leaves[0].output = 0;
    hist_acquire(ws, 0);
    struct split_search search = split_search_begin(ws, (int[2]){0, -1}, ALL_LANES);
    hist_build(ws, &(struct hist_task){.leaf = 0, .sibling = -1, .search = &search}, ALL_LANES);
    split_search_end(&search);
    check_histogram(ws, 0, &scratch);
    assert_true(ws->leaves[0].best.gain > 0);
    hist_sum(ws, 0); /* what the trainer takes for the sums by rows */
    assert_true(ws->leaves[0].total_gradient == by_rows.total_gradient);
    assert_true(ws->leaves[0].total_hessian == by_rows.total_hessian);
    divide(ws, 0, 1);
    int other = 1 - built;
    if (built == 0) hist_move(ws, 0, 1); /* the left child gives the parent's slot away */
    hist_acquire(ws, built);
    /* by all threads once, then on a lane */
    hist_build(ws, &(struct hist_task){.leaf = built, .sibling = other}, built == 0 ? ALL_LANES : 0);
    check_histogram(ws, built, &scratch);
    check_histogram(ws, other, &scratch);
  }
  copse_free(scratch.gradient);
  copse_free(scratch.hessian);
  copse_free(scratch.count);
  release(&t);
}

static void histograms_sum_to_their_leaf(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(settings); i++) check_sums(&settings[i], 40 + i, 0);
}

/* Root and children are packed cells; children alone; none of them. */
static void packed_histograms_sum_to_their_leaf(void **state) {
  (void)state;
  static const struct setting packed[] = {
      {QUANTISED SMALL, 700, 7, false, true},
      {QUANTISED SMALL, 40000, 7, true, true},
      {QUANTISED "max_bin=2000 max_cat_to_onehot=50 " SMALL, 1500, 80, true, true},
      {"use_quantized_grad=true " SMALL, 700, 7, false, false}, /* counts by hessian */
  };
  for (size_t i = 0; i < COUNT(packed); i++) {
    check_sums(&packed[i], 60 + i, 0);
    check_sums(&packed[i], 60 + i, packed[i].n_rows - 1);
    check_sums(&packed[i], 60 + i, 50);
  }
}

/* ---- cells and planes ---- */

static char *trees_with_room(const struct setting *s, const char *threads, uint64_t cell_rows) {
  struct mixed_data mixed = mixed_data_make(s->n_rows, s->n_features, 51);
  if (s->weighted) mixed.data.weight = mixed.weight;
  if (s->binary) mixed.data.label = mixed.class_label;
  char params[512];
  snprintf(params, sizeof params, "%s %s", s->params, threads);
  copse_booster *booster = mixed_booster(&mixed.data, params);
  struct workspace *ws = &booster->workspace;
  assert_true(ws->cell_rows > s->n_rows && ws->packed != NULL);
  if (cell_rows > 0) ws->cell_rows = cell_rows;
  for (int round = 0; round < 2; round++) must_step(booster);
  char *trees = booster_trees(booster);
  copse_booster_free(booster);
  mixed_data_free(&mixed);
  return trees;
}

/* All leaves as cells; from some way down on; none: the same trees. */
static void any_room_in_cells(void **state) {
  (void)state;
#define LARGER QUANTISED "verbosity=-1 min_data_in_leaf=5 min_data_in_bin=1 learning_rate=0.3 num_leaves=31 "
  static const struct setting quantised[] = {
      {LARGER, 40000, 7, true, true},
      {LARGER "num_grad_quant_bins=4", 20000, 20, false, true},
      {LARGER "max_bin=2000 max_cat_to_onehot=50", 3000, 80, true, true}, /* blocks, shared cells */
      {LARGER "histogram_pool_size=0.1", 9000, 14, false, true},          /* built again */
      {LARGER "monotone_constraints=1,-1,0,0,0,0,0 monotone_constraints_method=advanced", 9000, 7, false,
       true},
      {LARGER "extra_trees=true feature_fraction_bynode=0.5", 9000, 7, false, true},
      {"use_quantized_grad=true compat=lightgbm verbosity=-1 num_leaves=31 ", 9000, 14, false, false},
  };
  static const uint64_t rooms[] = {8000, 1000, 100, 1};
  static const char *const threads[] = {"num_threads=1", "num_threads=2", "num_threads=3"};
  for (size_t i = 0; i < COUNT(quantised); i++) {
    char *want = trees_with_room(&quantised[i], threads[0], 0);
    for (size_t r = 0; r <= COUNT(rooms); r++) {
      char *got =
          trees_with_room(&quantised[i], threads[(i + r) % COUNT(threads)], r < COUNT(rooms) ? rooms[r] : 0);
      assert_string_equal(got, want);
      copse_free(got);
    }
    copse_free(want);
  }
}

/* ---- roots of several trees ---- */

static char *trees_of_classes(const struct setting *s, const char *threads, bool together, int n_helpers) {
  struct mixed_data mixed = mixed_data_make(s->n_rows, s->n_features, 50);
  float *label = copse_alloc(NULL, s->n_rows, sizeof *label);
  const bool many = strstr(s->params, "num_class=3") == NULL;
  for (uint64_t i = 0; i < s->n_rows; i++)
    label[i] = mixed.class_label[i] + (float)(i % 3 == 0) + (many ? (float)(i % 4) : 0);
  mixed.data.label = label;
  if (s->weighted) mixed.data.weight = mixed.weight;
  char params[512];
  snprintf(params, sizeof params, "%s %s", s->params, threads);
  copse_booster *booster = mixed_booster(&mixed.data, params);
  booster->workspace.joint.tried = !together;
  for (int round = 0; round < 3; round++) must_step(booster);
  assert_true(booster->workspace.joint.possible == together);
  assert_int_equal(booster->workspace.n_helpers, n_helpers);
  if (s->n_rows * s->n_features > (uint64_t)1 << 22) assert_non_null(booster->workspace.row_of);
  char *trees = booster_trees(booster);
  copse_booster_free(booster);
  mixed_data_free(&mixed);
  copse_free(label);
  return trees;
}

/* Three outputs: all roots come together, in the places of four. Six: four, then two. Ten (of which four are
 * never met and have no trees): four, then two. */
static void joint_roots_are_those_of_their_trees(void **state) {
  (void)state;
#define CLASSES "objective=multiclass num_class=3 verbosity=-1 min_data_in_leaf=5 num_leaves=12 "
#define SIX "objective=multiclass num_class=6 verbosity=-1 min_data_in_leaf=5 num_leaves=12 "
#define TEN "objective=multiclass num_class=10 verbosity=-1 min_data_in_leaf=5 num_leaves=12 "
  static const struct setting classes[] = {
      {CLASSES, 5000, 7, false, false},
      {CLASSES "max_bin=2000", 5000, 14, true, false}, /* one- and two-byte cells */
      {CLASSES "max_bin=15", 4500, 150, false, false}, /* several blocks */
      {CLASSES "leaf_counts=hessian", 40000, 5, false, false},
      {CLASSES, 40000, 5, true, false},            /* more than one spill */
      {SIX "max_bin=63", 18000, 400, true, false}, /* rows get another order after the first tree */
      {TEN "max_bin=2000", 5000, 14, false, false},
  };
  static const char *const threads[] = {"num_threads=1", "num_threads=2", "num_threads=3"};
  for (size_t i = 0; i < COUNT(classes); i++) {
    char *apart = trees_of_classes(&classes[i], threads[0], false, 0);
    for (size_t t = 0; t < COUNT(threads); t++) {
      const bool each_has_some = strstr(classes[i].params, "num_class=3") != NULL ? t == 2 : t == 1;
      char *together = trees_of_classes(&classes[i], threads[t], true, each_has_some ? (int)t : 0);
      assert_string_equal(together, apart);
      copse_free(together);
    }
    copse_free(apart);
  }
}

/* What a workspace keeps of a tree, each of those that grow trees at once keeps for itself. */
static void trees_grow_apart_as_one_by_one(void **state) {
  (void)state;
  static const char *const params[] = {
      SIX "feature_fraction=0.5 feature_fraction_bynode=0.6",
      SIX "extra_trees=true",
      SIX "monotone_constraints=1,-1,0,0,0,0,0 monotone_constraints_method=advanced",
      SIX "interaction_constraints=[0,1,2],[2,3,4,5,6]",
      SIX "compat=lightgbm",
      SIX "bagging_freq=2 bagging_fraction=0.7", /* all together in no round */
      SIX "min_sum_hessian_in_leaf=200",         /* some have one leaf */
      "objective=multiclassova num_class=6 verbosity=-1 num_leaves=12 max_depth=4",
  };
  for (size_t i = 0; i < COUNT(params); i++) {
    const struct setting s = {params[i], 5000, 7, i % 2 == 0, false};
    const bool bags = strstr(params[i], "bagging") != NULL, draws = strstr(params[i], "lightgbm") != NULL;
    char *one = trees_of_classes(&s, "num_threads=1", !bags, 0);
    char *two = trees_of_classes(&s, "num_threads=2", !bags, draws ? 0 : 1);
    assert_string_equal(two, one);
    copse_free(one);
    copse_free(two);
  }
}

/* ---- leaves ---- */

static void check_leaves(const struct workspace *ws, const struct tree *tree, int *leaf_of_row) {
  uint64_t n = ws->data->n_rows, at = 0;
  for (uint64_t r = 0; r < n; r++) leaf_of_row[r] = -1;
  for (int l = 0; l < tree->n_leaves; l++) {
    const struct leaf *leaf = &ws->leaves[l];
    int64_t gradient = 0, hessian = 0;
    assert_true(leaf->begin + leaf->n_rows <= n);
    assert_true(leaf->n_rows > 0);
    for (uint64_t i = 0; i < leaf->n_rows; i++) {
      uint32_t row = leaf->area.rows[i];
      assert_true(row < n && leaf_of_row[row] == -1);
      /* stable: ascending, but in a leaf that was divided ahead and never came to its turn */
      if (i > 0 && leaf->pending < 0) assert_true(leaf->area.rows[i - 1] < row);
      leaf_of_row[row] = l;
      struct hist_pair pair = naive_pair(&ws->source, ws->gradients[row]);
      gradient += pair.gradient;
      hessian += (int64_t)(pair.hessian >> ws->count_bits);
    }
    assert_true(gradient == leaf->total_gradient && hessian == leaf->total_hessian);
    assert_true(tree->leaf_count[l] == (int64_t)leaf->n_rows);
    assert_true(tree->leaf_weight[l] == (double)hessian * ws->hessian_unit);
    at += leaf->n_rows;
  }
  assert_true(at == n);
}

static int64_t count_of(const struct tree *tree, int child) {
  return child >= 0 ? tree->internal_count[child] : tree->leaf_count[~child];
}
static double weight_of(const struct tree *tree, int child) {
  return child >= 0 ? tree->internal_weight[child] : tree->leaf_weight[~child];
}

static void check_nodes(const struct workspace *ws, const struct tree *tree) {
  for (int node = 0; node < tree->n_leaves - 1; node++) {
    int left = tree->left_child[node], right = tree->right_child[node];
    assert_true(tree->internal_count[node] == count_of(tree, left) + count_of(tree, right));
    assert_true(tree->internal_weight[node] == weight_of(tree, left) + weight_of(tree, right));
    assert_true(tree->split_gain[node] > 0);
    assert_true((left < 0 || left > node) && (right < 0 || right > node));
    assert_int_equal(ws->data->binned.columns[tree->split_column[node]].feature, tree->split_feature[node]);
  }
  if (tree->n_leaves > 1) assert_true(tree->internal_count[0] == (int64_t)ws->data->n_rows);
}

static void check_routes(const struct trained *t, const struct tree *tree, const int *leaf_of_row) {
  const copse_dataset *data = t->booster->sets[0].data;
  uint32_t n_features = t->mixed.data.n_features;
  copse_error err;
  copse_model *model;
  copse_predictor *predictor;
  int round = copse_booster_round(t->booster) - 1;
  assert_int_equal(copse_booster_model(t->booster, 0, &model, &err), COPSE_OK);
  assert_int_equal(copse_predictor_create(NULL, model, COPSE_PREDICT_LEAF, round, 1, &predictor, &err),
                   COPSE_OK);
  for (uint64_t r = 0; r < data->n_rows; r++) {
    int by_bins = route_binned(tree, &data->binned, data->schema->features, r);
    double by_values;
    copse_predictor_row(predictor, t->mixed.x + r * n_features, &by_values);
    if (by_bins != leaf_of_row[r] || by_values != leaf_of_row[r])
      fail_msg("row %llu: leaf %d by partition, %d by bins, %g by values", (unsigned long long)r,
               leaf_of_row[r], by_bins, by_values);
  }
  copse_predictor_free(predictor);
  copse_model_free(model);
}

static void every_row_finds_one_leaf(void **state) {
  (void)state;
  int categorical = 0, default_left = 0, default_right = 0;
  for (size_t i = 0; i < COUNT(settings); i++) {
    struct trained t = train(&settings[i], 60 + i);
    int *leaf_of_row = copse_alloc(NULL, settings[i].n_rows, sizeof *leaf_of_row);
    for (int round = 0; round < 4; round++) {
      assert_false(must_step(t.booster));
      const struct tree *tree = &t.booster->trees[t.booster->n_trees - 1];
      assert_true(tree->n_leaves > 8);
      check_leaves(&t.booster->workspace, tree, leaf_of_row);
      check_nodes(&t.booster->workspace, tree);
      check_routes(&t, tree, leaf_of_row);
      for (int node = 0; node < tree->n_leaves - 1; node++) {
        unsigned decision = tree->decision_type[node];
        categorical += (decision & DECISION_CATEGORICAL) != 0;
        if (decision >> DECISION_MISSING_SHIFT != MISSING_NONE && !(decision & DECISION_CATEGORICAL))
          decision &DECISION_DEFAULT_LEFT ? default_left++ : default_right++;
      }
    }
    copse_free(leaf_of_row);
    release(&t);
  }
  assert_true(categorical > 50 && default_left > 20 && default_right > 20); /* every kind of node was met */
}

/* min_data_in_leaf and max_depth are kept wherever rows are counted exactly. */
static void limits_are_kept(void **state) {
  (void)state;
  static const char *const limits[] = {"min_data_in_leaf=40 ", "max_depth=3 min_data_in_leaf=11 ",
                                       "min_sum_hessian_in_leaf=25 min_data_in_leaf=1 ",
                                       "min_data_in_leaf=23 use_quantized_grad=true leaf_counts=exact "};
  for (size_t i = 0; i < COUNT(limits); i++) {
    bool packed = strstr(limits[i], "use_quantized_grad") != NULL; /* counts without weights only */
    for (int weighted = 0; weighted < (packed ? 1 : 2); weighted++) {
      char params[512];
      strcpy(params, limits[i]);
      strcat(params, SMALL);
      struct setting s = {params, 900, 7, weighted, false};
      struct trained t = train(&s, 80 + i);
      const struct grow_params *grow = &t.booster->workspace.grow;
      for (int round = 0; round < 3; round++) {
        must_step(t.booster);
        const struct tree *tree = &t.booster->trees[round];
        for (int l = 0; l < tree->n_leaves; l++) {
          assert_true(tree->leaf_count[l] >= grow->min_data_in_leaf);
          assert_true(tree->leaf_weight[l] >= grow->min_sum_hessian_in_leaf - 1e-9);
          if (grow->max_depth > 0) assert_true(tree->leaf_depth[l] <= grow->max_depth);
        }
      }
      release(&t);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(histograms_sum_to_their_leaf),
      cmocka_unit_test(packed_histograms_sum_to_their_leaf),
      cmocka_unit_test(any_room_in_cells),
      cmocka_unit_test(joint_roots_are_those_of_their_trees),
      cmocka_unit_test(trees_grow_apart_as_one_by_one),
      cmocka_unit_test(every_row_finds_one_leaf),
      cmocka_unit_test(limits_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
