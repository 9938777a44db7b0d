/* dart.c - see dart.h. LightGBM's starting score lies in the first tree and is dropped with it; here it stays
 * apart and never is, and trees that are dropped when training ends come back (in LightGBM they stay negated;
 * compat=lightgbm copies both). A draw is a hash of (seed, round, round of the tree). */
#include "train/dart.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/status.h"
#include "train/placed.h"

/* Bits of a leaf value below the magnitude of the first tree: leaves 17 bits for sums above it. */
enum { UNIT_BITS = 36 };

/* Without a unit there is nothing but 0 to bring onto the grid. */
static double on_grid(double unit, double value) { return unit > 0 ? rint(value / unit) * unit : value; }

/* Labels have scales of their own: what is fine enough for one is too coarse for another, or too fine to sum
 * its leaves exactly. */
static bool units_apart(const copse_booster *booster) {
  return booster->resolved->objective.kind == OBJECTIVE_MULTI_REGRESSION;
}

int dart_fixed_trees(const copse_booster *booster) { return booster->dart.n_fixed * booster->n_outputs; }

void dart_round_scores(const copse_booster *booster, int output, double *score, uint64_t n) {
  double unit = booster->dart.unit[output];
  if (unit <= 0) return;
  for (uint64_t i = 0; i < n; i++) score[i] = on_grid(unit, score[i]);
}

double dart_linear_unit(const copse_booster *booster, const struct tree *tree, int output) {
  return tree < booster->trees + dart_fixed_trees(booster) ? 0 : booster->dart.unit[output];
}

static int n_rounds_of(const copse_booster *booster) { return booster->n_trees / booster->n_outputs; }

/* ---- a tree's values ---- */

static size_t n_terms_of(const struct tree *tree) {
  return tree->linear != NULL ? tree->linear->begin[tree->n_leaves] : 0;
}

/* As first grown: leaf values, node values, shrinkage; constants and coefficients of linear leaves. */
static double *copy_values(copse_context *ctx, const struct tree *tree) {
  size_t n = (size_t)tree->n_leaves, n_terms = n_terms_of(tree);
  double *values = copse_alloc(ctx, 3 * n + n_terms, sizeof *values);
  if (values == NULL) return NULL;
  memcpy(values, tree->leaf_value, n * sizeof *values);
  memcpy(values + n, tree->internal_value, (n - 1) * sizeof *values);
  values[2 * n - 1] = tree->shrinkage;
  if (tree->linear == NULL) return values;
  memcpy(values + 2 * n, tree->linear->constant, n * sizeof *values);
  memcpy(values + 3 * n, tree->linear->coefficient, n_terms * sizeof *values);
  return values;
}

/* Constants are multiples of the unit like leaf values, so that the starting score comes and goes without a
 * trace; coefficients are what they are, and what a row gets from its leaf is rounded (linear_add). */
static void scale_linear(double unit, double factor, struct tree *tree) {
  struct leaf_models *linear = tree->linear;
  if (linear == NULL) return;
  for (int i = 0; i < tree->n_leaves; i++) linear->constant[i] = on_grid(unit, linear->constant[i] * factor);
  for (size_t k = 0; k < n_terms_of(tree); k++) linear->coefficient[k] *= factor;
}

static void scale_tree(double unit, double factor, struct tree *tree) {
  for (int i = 0; i < tree->n_leaves; i++) tree->leaf_value[i] = on_grid(unit, tree->leaf_value[i] * factor);
  for (int i = 0; i < tree->n_leaves - 1; i++) tree->internal_value[i] *= factor;
  scale_linear(unit, factor, tree);
  tree->shrinkage *= factor;
}

void dart_tree_at(const copse_booster *booster, int t, int n_rounds, struct tree *copy) {
  const struct dart *dart = &booster->dart;
  if (t < dart_fixed_trees(booster)) return;
  size_t n = (size_t)copy->n_leaves;
  const double *values = dart->values[t];
  memcpy(copy->leaf_value, values, n * sizeof *values);
  memcpy(copy->internal_value, values + n, (n - 1) * sizeof *values);
  copy->shrinkage = values[2 * n - 1];
  if (copy->linear != NULL) {
    memcpy(copy->linear->constant, values + 2 * n, n * sizeof *values);
    memcpy(copy->linear->coefficient, values + 3 * n, n_terms_of(copy) * sizeof *values);
  }
  for (size_t i = 0; i < dart->n_drops && dart->drops[i].when < n_rounds; i++)
    if (dart->drops[i].round == t / booster->n_outputs)
      scale_tree(dart->unit[t % booster->n_outputs], dart->drops[i].factor, copy);
}

/* The weight of a round's trees after n_rounds. */
static double weight_at(const struct dart *dart, int round, int n_rounds) {
  double weight = dart->first_weight[round];
  for (size_t i = 0; i < dart->n_drops && dart->drops[i].when < n_rounds; i++)
    if (dart->drops[i].round == round) weight *= fabs(dart->drops[i].factor);
  return weight;
}

/* ---- a round ---- */

static copse_status reserve(copse_booster *booster, int n_rounds, copse_error *err) {
  struct dart *dart = &booster->dart;
  copse_context *ctx = booster->ctx;
  if (n_rounds > dart->capacity) {
    int capacity = n_rounds < 64 ? 64 : 2 * n_rounds;
    size_t n_trees = (size_t)capacity * (size_t)booster->n_outputs;
    double *first = copse_resize(ctx, dart->first_weight, (size_t)capacity, sizeof *first);
    if (first != NULL) dart->first_weight = first;
    double *weight = copse_resize(ctx, dart->weight, (size_t)capacity, sizeof *weight);
    if (weight != NULL) dart->weight = weight;
    int *dropped = copse_resize(ctx, dart->dropped, (size_t)capacity, sizeof *dropped);
    if (dropped != NULL) dart->dropped = dropped;
    double **values = copse_resize(ctx, dart->values, n_trees, sizeof *values);
    if (values != NULL) dart->values = values;
    if (first == NULL || weight == NULL || dropped == NULL || values == NULL)
      return status_memory(err, "the weights of trees");
    size_t n_before = (size_t)dart->capacity * (size_t)booster->n_outputs;
    for (size_t t = n_before; t < n_trees; t++) dart->values[t] = NULL;
    dart->capacity = capacity;
  }
  size_t need = dart->n_drops + (size_t)n_rounds;
  if (need <= dart->drops_capacity) return COPSE_OK;
  struct dart_drop *drops = copse_resize(ctx, dart->drops, 2 * need, sizeof *drops);
  if (drops == NULL) return status_memory(err, "the weights of trees");
  dart->drops = drops;
  dart->drops_capacity = 2 * need;
  return COPSE_OK;
}

/* Chance of a tree of weight 1 to be dropped; with uniform_drop, of every tree. */
static double drop_rate(const struct dart_params *p, int n, double sum, double *per_weight) {
  double rate = p->drop_rate, inverse = (double)n / sum;
  if (p->max_drop > 0) rate = fmin(rate, p->uniform ? (double)p->max_drop / n : p->max_drop * inverse / sum);
  *per_weight = p->uniform ? 0 : rate * inverse;
  return rate;
}

static void choose_dropped(copse_booster *booster) {
  struct dart *dart = &booster->dart;
  const struct dart_params *p = &booster->resolved->boost.dart;
  int round = copse_booster_round(booster), n_rounds = n_rounds_of(booster);
  int n = n_rounds - dart->n_fixed, first = round - n_rounds;
  uint64_t key = rng_bits((uint64_t)p->seed, RNG_DROP, (uint64_t)round);
  dart->n_dropped = 0;
  if (n <= 0 || rng_uniform(rng_bits(key, RNG_DROP, 0)) < p->skip_drop) return;
  int most = p->max_drop > 0 ? p->max_drop : (p->max_drop == 0 && booster->resolved->boost.quirks ? 1 : n);
  double sum = 0, per_weight;
  for (int r = dart->n_fixed; r < n_rounds; r++) sum += dart->weight[r];
  double rate = drop_rate(p, n, sum, &per_weight);
  for (int r = dart->n_fixed; r < n_rounds && dart->n_dropped < most; r++) {
    double chance = p->uniform ? rate : per_weight * dart->weight[r];
    if (rng_uniform(rng_bits(key, RNG_DROP, (uint64_t)(first + r) + 1)) < chance)
      dart->dropped[dart->n_dropped++] = r;
  }
}

static void add_round(copse_booster *booster, struct scored_set *set, int round, double factor) {
  for (int k = 0; k < booster->n_outputs; k++)
    booster_add_scaled(booster, set, &booster->trees[round * booster->n_outputs + k], k, factor);
}

copse_status dart_begin_round(copse_booster *booster, copse_error *err) {
  copse_status status = reserve(booster, n_rounds_of(booster) + 1, err);
  if (status != COPSE_OK) return status;
  choose_dropped(booster);
  for (int i = 0; i < booster->dart.n_dropped; i++)
    add_round(booster, &booster->sets[0], booster->dart.dropped[i], -1);
  return COPSE_OK;
}

static void dart_restore(copse_booster *booster) {
  for (int i = 0; i < booster->dart.n_dropped; i++)
    add_round(booster, &booster->sets[0], booster->dart.dropped[i], 1);
  booster->dart.n_dropped = 0;
}

double dart_learning_rate(const copse_booster *booster) {
  double rate = booster->resolved->boost.learning_rate, k = booster->dart.n_dropped;
  if (booster->resolved->boost.dart.xgboost_mode) return k > 0 ? rate / (rate + k) : rate;
  return rate / (1 + k);
}

static double *scores_of(const copse_booster *booster, int set, int output) {
  bool placed = set == 0 && booster->placed.ahead;
  double *score = placed ? placed_scores(booster) : booster->sets[set].score;
  return score + (uint64_t)output * booster->sets[set].data->n_rows;
}

/* An output's unit for numbers up to `most`; its start and scores come onto the grid. */
static void set_unit(copse_booster *booster, int output, double most) {
  int exponent;
  frexp(most, &exponent);
  booster->dart.unit[output] = ldexp(1, exponent - UNIT_BITS - 1);
  booster->start[output] = on_grid(booster->dart.unit[output], booster->start[output]);
  for (int s = 0; s < booster->n_sets; s++)
    dart_round_scores(booster, output, scores_of(booster, s, output), booster->sets[s].data->n_rows);
}

/* By the first tree that splits, and the scores it came on top of. */
static void choose_unit(copse_booster *booster, int output, const struct tree *tree) {
  const copse_dataset *train = booster->sets[0].data;
  bool apart = units_apart(booster);
  int first = apart ? output : 0, end = apart ? output + 1 : booster->n_outputs;
  double most = 0;
  for (int i = 0; i < tree->n_leaves; i++)
    most = fmax(most, fabs(tree->leaf_value[i]) / dart_learning_rate(booster));
  for (int k = first; k < end; k++) most = fmax(most, fabs(booster->start[k]));
  if (train->init_score != NULL)
    for (uint64_t i = (uint64_t)first * train->n_rows; i < (uint64_t)end * train->n_rows; i++)
      most = fmax(most, fabs(train->init_score[i]));
  for (int k = first; k < end && most > 0; k++) set_unit(booster, k, most);
}

/* Of a label that the first round could not split, so that a later tree does not change scores before it. */
static void choose_unit_without_tree(copse_booster *booster, int output) {
  const copse_dataset *train = booster->sets[0].data;
  const float *label = train->label + (uint64_t)output * train->n_rows;
  const double *score = scores_of(booster, 0, output);
  double most = 0;
  for (uint64_t i = 0; i < train->n_rows; i++)
    most = fmax(most, fmax(fabs((double)label[i]), fabs(score[i])));
  if (most > 0) set_unit(booster, output, most);
}

copse_status dart_keep_tree(copse_booster *booster, struct tree *tree, copse_error *err) {
  struct dart *dart = &booster->dart;
  int output = (booster->n_trees - 1) % booster->n_outputs;
  if (dart->unit[output] <= 0 && tree->n_leaves > 1) choose_unit(booster, output, tree);
  for (int i = 0; i < tree->n_leaves; i++)
    tree->leaf_value[i] = on_grid(dart->unit[output], tree->leaf_value[i]);
  scale_linear(dart->unit[output], 1, tree);
  double *values = copy_values(booster->ctx, tree);
  if (values == NULL) return status_memory(err, "the values of a tree");
  copse_free(dart->values[booster->n_trees - 1]);
  dart->values[booster->n_trees - 1] = values;
  return COPSE_OK;
}

/* LightGBM's way: the first trees carry the starting score from now on. */
static void merge_start(copse_booster *booster) {
  for (int k = 0; k < booster->n_outputs; k++) {
    struct tree *tree = &booster->trees[k];
    double *values = booster->dart.values[k], start = booster->start[k];
    if (start == 0) continue;
    tree_add_bias(tree, start);
    for (int i = 0; i < 2 * tree->n_leaves - 1; i++) values[i] += start;
    for (int i = 0; tree->linear != NULL && i < tree->n_leaves; i++) values[2 * tree->n_leaves + i] += start;
    values[2 * tree->n_leaves - 1] = 1;
    booster->start[k] = 0;
  }
}

static void scale_dropped(copse_booster *booster, int round, double factor) {
  for (int s = 1; s < booster->n_sets; s++) add_round(booster, &booster->sets[s], round, -1);
  for (int k = 0; k < booster->n_outputs; k++)
    scale_tree(booster->dart.unit[k], factor, &booster->trees[round * booster->n_outputs + k]);
  for (int s = 0; s < booster->n_sets; s++) add_round(booster, &booster->sets[s], round, 1);
}

void dart_end_round(copse_booster *booster) {
  struct dart *dart = &booster->dart;
  const struct boost_params *p = &booster->resolved->boost;
  int newest = n_rounds_of(booster) - 1, k = dart->n_dropped;
  for (int o = 0; o < booster->n_outputs && newest == dart->n_fixed && units_apart(booster); o++)
    if (dart->unit[o] <= 0) choose_unit_without_tree(booster, o);
  dart->first_weight[newest] = dart->weight[newest] = dart_learning_rate(booster);
  double factor = k / (k + (p->dart.xgboost_mode ? p->learning_rate : 1));
  for (int i = 0; i < k; i++) {
    int round = dart->dropped[i];
    dart->drops[dart->n_drops++] = (struct dart_drop){newest, round, factor};
    dart->weight[round] *= factor;
    scale_dropped(booster, round, factor);
  }
  dart->n_dropped = 0;
  if (newest == 0 && booster->prefix == NULL && p->quirks) merge_start(booster);
}

void dart_end_without_round(copse_booster *booster) {
  struct dart *dart = &booster->dart;
  if (!booster->resolved->boost.quirks) {
    dart_restore(booster);
    return;
  }
  for (int i = 0; i < dart->n_dropped; i++) {
    dart->drops[dart->n_drops++] = (struct dart_drop){n_rounds_of(booster) - 1, dart->dropped[i], -1};
    scale_dropped(booster, dart->dropped[i], -1);
  }
  dart->n_dropped = 0;
}

void dart_truncate(copse_booster *booster) {
  struct dart *dart = &booster->dart;
  int n_rounds = n_rounds_of(booster);
  dart->n_dropped = 0;
  for (int o = 0; o < booster->n_outputs && n_rounds == 0; o++) dart->unit[o] = 0;
  while (dart->n_drops > 0 && dart->drops[dart->n_drops - 1].when >= n_rounds) dart->n_drops--;
  for (int r = dart->n_fixed; r < n_rounds; r++) dart->weight[r] = weight_at(dart, r, n_rounds);
  for (int t = 0; t < booster->n_trees; t++) dart_tree_at(booster, t, n_rounds, &booster->trees[t]);
}

/* ---- models ---- */

copse_status dart_describe(const copse_booster *booster, int n_rounds, copse_model *model, copse_error *err) {
  const struct dart *dart = &booster->dart;
  int n_prefix = booster->prefix != NULL ? booster->n_base_rounds : 0;
  double most = 0;
  for (int o = 0; o < booster->n_outputs; o++) most = fmax(most, dart->unit[o]);
  if (most <= 0 || n_rounds <= 0) return COPSE_OK;
  copse_status status =
      model_set_dart(model, dart->unit, booster->start, NULL, (size_t)(n_prefix + n_rounds), err);
  for (int r = dart->n_fixed; r < n_rounds && status == COPSE_OK; r++)
    model->dart_weight[n_prefix + r] = weight_at(dart, r, n_rounds);
  return status;
}

copse_status dart_continue(copse_booster *booster, const copse_model *model, copse_error *err) {
  struct dart *dart = &booster->dart;
  int n_rounds = n_rounds_of(booster);
  dart->n_fixed = n_rounds;
  if (model->dart_weight == NULL || n_rounds == 0) return COPSE_OK;
  copse_status status = reserve(booster, n_rounds, err);
  if (status != COPSE_OK) return status;
  memcpy(dart->unit, model->dart_unit, (size_t)booster->n_outputs * sizeof *dart->unit);
  for (dart->n_fixed = 0; dart->n_fixed < n_rounds && model->dart_weight[dart->n_fixed] == 0;)
    dart->n_fixed++;
  for (int r = 0; r < n_rounds; r++) dart->first_weight[r] = dart->weight[r] = model->dart_weight[r];
  for (int k = 0; k < booster->n_outputs; k++) {
    booster->start[k] = model->dart_start[k];
    if (booster->start[k] != 0)
      tree_add_bias(&booster->trees[k], -booster->start[k]); /* exact: both on the grid */
  }
  for (int t = 0; t < booster->n_trees; t++) {
    copse_free(dart->values[t]);
    dart->values[t] = copy_values(booster->ctx, &booster->trees[t]);
    if (dart->values[t] == NULL) return status_memory(err, "the values of a tree");
  }
  return COPSE_OK;
}

void dart_release(copse_booster *booster) {
  struct dart *dart = &booster->dart;
  for (size_t t = 0; t < (size_t)dart->capacity * (size_t)booster->n_outputs; t++)
    copse_free(dart->values[t]);
  copse_free(dart->unit);
  copse_free(dart->values);
  copse_free(dart->first_weight);
  copse_free(dart->weight);
  copse_free(dart->dropped);
  copse_free(dart->drops);
}
