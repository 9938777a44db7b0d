/* resolve.c - from the slots to the structs of params.h: checks, then derived values, then the fields. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "params/internal.h"
#include "params/meaning.h"

/* ---- derived values ---- */

const struct derived_value *find_derived(const struct resolution *resolution, enum param_id id) {
  for (size_t i = 0; i < resolution->n_derived; i++)
    if (resolution->derived[i].id == id) return &resolution->derived[i];
  return NULL;
}

void derive_int(struct resolution *resolution, enum param_id id, int64_t value) {
  struct derived_value *derived = &resolution->derived[resolution->n_derived++];
  derived->id = id;
  derived->integer = value;
  snprintf(derived->text, sizeof derived->text, "%lld", (long long)value);
}

void derive_choice(struct resolution *resolution, enum param_id id, const char *name) {
  struct derived_value *derived = &resolution->derived[resolution->n_derived++];
  derived->id = id;
  derived->integer = choice_find(param_rows[id].range.choices, name, strlen(name));
  snprintf(derived->text, sizeof derived->text, "%s", name);
}

static void resolve_seeds(const copse_params *params, struct resolution *resolution) {
  static const enum param_id ids[N_SEEDS] = {PARAM_data_random_seed, PARAM_bagging_seed,
                                             PARAM_drop_seed,        PARAM_feature_fraction_seed,
                                             PARAM_objective_seed,   PARAM_extra_seed};
  int seeds[N_SEEDS];
  bool derived = slot_text(params, PARAM_seed)[0] != '\0';
  if (derived) seeds_derive((int)slot_int(params, PARAM_seed), seeds);
  for (int i = 0; i < N_SEEDS; i++) {
    if (!derived || slot_given(params, ids[i]))
      seeds[i] = (int)slot_int(params, ids[i]);
    else
      derive_int(resolution, ids[i], seeds[i]);
  }
  resolution->out.bin.sample_seed = resolution->out.encode.seed = seeds[0];
  resolution->out.sample.bagging_seed = seeds[1];
  resolution->out.boost.dart.seed = seeds[2];
  resolution->out.sample.feature_fraction_seed = seeds[3];
  resolution->out.sample.extra_seed = seeds[5];
  resolution->out.objective.rank.seed = seeds[4];
}

/* A tree of depth d has at most 2^d leaves, whatever num_leaves says. Grown level by level it may have them
 * all, where no number was asked for. */
static int resolve_num_leaves(const copse_params *params, struct resolution *resolution) {
  enum { MOST_LEVELS = 17 }; /* of the largest num_leaves */
  int num_leaves = (int)slot_int(params, PARAM_num_leaves);
  int64_t max_depth = slot_int(params, PARAM_max_depth);
  bool whole_levels =
      slot_is(params, PARAM_grow_policy, "depthwise") && !slot_given(params, PARAM_num_leaves);
  if (max_depth <= 0) return num_leaves;
  if (max_depth > MOST_LEVELS) max_depth = MOST_LEVELS;
  if (!whole_levels && (1 << max_depth) >= num_leaves) return num_leaves;
  num_leaves = 1 << max_depth;
  derive_int(resolution, PARAM_num_leaves, num_leaves);
  return num_leaves;
}

/* Smoothing divides by row counts and an empty leaf has no output, so at least 2, at least 1 rows. */
static int resolve_min_data(const copse_params *params, struct resolution *resolution) {
  const double tiny = 1e-15f;
  int min_data = (int)slot_int(params, PARAM_min_data_in_leaf), least = 0;
  if (slot_double(params, PARAM_path_smooth) > tiny)
    least = 2;
  else if (slot_double(params, PARAM_min_sum_hessian_in_leaf) <= tiny)
    least = 1;
  if (min_data >= least) return min_data;
  derive_int(resolution, PARAM_min_data_in_leaf, least);
  return least;
}

static int by_value(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

/* The ranks of eval_at, ascending and each once, and what ranking metrics are called there. */
static void resolve_eval_at(const copse_params *params, struct resolution *resolution) {
  const struct param_value *given = &params->slots[PARAM_eval_at].value;
  struct metric_params *metric = &resolution->out.metric;
  int *at = resolution->eval_at;
  size_t n = 0; /* conflicts_check has seen to it that there is room */
  memcpy(at, given->items, given->n_items * sizeof *at);
  qsort(at, given->n_items, sizeof *at, by_value);
  for (size_t i = 0; i < given->n_items; i++)
    if (n == 0 || at[i] != at[n - 1]) at[n++] = at[i];
  for (size_t i = 0; i < n; i++) {
    snprintf(resolution->ndcg[i], sizeof resolution->ndcg[i], "ndcg@%d", at[i]);
    snprintf(resolution->map[i], sizeof resolution->map[i], "map@%d", at[i]);
    resolution->ndcg_printed[i] = resolution->ndcg[i];
  }
  metric->eval_at = at;
  metric->n_eval_at = n;
  metric->ndcg_printed = resolution->ndcg_printed;
}

/* A metric that is one of its own for each `at`. */
static void add_taken_at(struct resolution *resolution, const char *name, const char *printed, int at) {
  struct metric_params *metric = &resolution->out.metric;
  resolution->metric_printed[metric->n_names] = printed;
  resolution->metric_at[metric->n_names] = at;
  resolution->metric_names[metric->n_names++] = name;
}

/* Of several quantiles a metric each. */
static void add_quantiles(const copse_params *params, struct resolution *resolution, const char *name) {
  const struct param_value *levels = &params->slots[PARAM_quantiles].value;
  for (size_t i = 0; i < levels->n_items; i++) {
    char digits[32], *printed = resolution->quantile[i];
    copse_format_double_digits(((const double *)levels->items)[i], 15, digits, sizeof digits);
    snprintf(printed, sizeof resolution->quantile[i], "%s@%s", name, digits);
    add_taken_at(resolution, name, printed, (int)i + 1);
  }
}

static void add_metric(const copse_params *params, struct resolution *resolution, const char *name) {
  struct metric_params *metric = &resolution->out.metric;
  if (strcmp(name, "ndcg") == 0 || strcmp(name, "map") == 0) {
    for (size_t i = 0; i < metric->n_eval_at; i++)
      add_taken_at(resolution, name, name[0] == 'n' ? resolution->ndcg[i] : resolution->map[i],
                   metric->eval_at[i]);
    return;
  }
  if (strcmp(name, "quantile") == 0 && slot_is(params, PARAM_objective, "quantiles")) {
    add_quantiles(params, resolution, name);
    return;
  }
  bool ranked = strcmp(name, "multi_error") == 0 && metric->top_k > 1;
  if (ranked) {
    snprintf(resolution->multi_error, sizeof resolution->multi_error, "%s@%d", name, metric->top_k);
    resolution->metric_printed[metric->n_names] = resolution->multi_error;
  } else {
    resolution->metric_printed[metric->n_names] = name;
  }
  resolution->metric_names[metric->n_names++] = name;
}

static enum aft_distribution distribution_of(const copse_params *params) {
  return slot_is(params, PARAM_aft_distribution, "extreme") ? AFT_EXTREME : AFT_LOGISTIC;
}

static void resolve_metrics(const copse_params *params, struct resolution *resolution) {
  const struct param_value *given = &params->slots[PARAM_metric].value;
  struct metric_params *metric = &resolution->out.metric;
  metric->names = resolution->metric_names;
  metric->printed = resolution->metric_printed;
  metric->at = resolution->metric_at;
  metric->label_gain = params->slots[PARAM_label_gain].value.items;
  metric->n_label_gain = params->slots[PARAM_label_gain].value.n_items;
  metric->threshold = slot_double(params, PARAM_decision_threshold);
  metric->alpha = slot_double(params, PARAM_alpha);
  metric->fair_c = slot_double(params, PARAM_fair_c);
  metric->tweedie_variance_power = slot_double(params, PARAM_tweedie_variance_power);
  metric->focal_gamma = slot_double(params, PARAM_focal_gamma);
  metric->aft_scale = slot_double(params, PARAM_aft_scale);
  metric->aft_distribution = distribution_of(params);
  metric->top_k = (int)slot_int(params, PARAM_multi_error_top_k);
  metric->class_weights = params->slots[PARAM_auc_mu_weights].value.items;
  metric->n_class_weights = params->slots[PARAM_auc_mu_weights].value.n_items;
  resolve_eval_at(params, resolution);
  metric->defaulted = given->n_items == 0;
  if (metric->defaulted) {
    const char *own = meaning_of(params)->metric;
    if (own == NULL) return;
    add_metric(params, resolution, own);
    derive_choice(resolution, PARAM_metric, own);
    return;
  }
  for (size_t i = 0; i < given->n_items; i++) {
    const char *name = choices_metric[((const int *)given->items)[i]].name;
    if (strcmp(name, "none") != 0) add_metric(params, resolution, name);
  }
}

/* ---- the structs ---- */

static void fill_bin(const copse_params *params, struct bin_params *out, int min_data_in_leaf) {
  const struct param_value *by_feature = &params->slots[PARAM_max_bin_by_feature].value;
  out->max_bin = (int)slot_int(params, PARAM_max_bin);
  out->max_bin_by_feature = by_feature->items;
  out->n_max_bin_by_feature = by_feature->n_items;
  out->min_data_in_bin = (int)slot_int(params, PARAM_min_data_in_bin);
  out->use_missing = slot_int(params, PARAM_use_missing);
  out->zero_as_missing = slot_int(params, PARAM_zero_as_missing);
  out->keep_values = slot_int(params, PARAM_linear_tree);
  out->pre_filter = slot_int(params, PARAM_feature_pre_filter);
  out->bundle = slot_int(params, PARAM_enable_bundle);
  out->min_data_in_leaf = min_data_in_leaf;
  out->forced = params->forced.items;
  out->n_forced = params->forced.n;
}

static void fill_encode(const copse_params *params, struct encode_params *out) {
  out->ordered = slot_is(params, PARAM_cat_encoding, "ordered");
  out->most_pairs = (int)slot_int(params, PARAM_cat_pairs);
  out->prior = slot_double(params, PARAM_cat_prior);
  out->few_levels = (int)slot_int(params, PARAM_max_cat_to_onehot);
}

static void fill_objective(const copse_params *params, struct objective_params *out) {
  out->kind = meaning_of(params)->kind;
  out->n_outputs = (int)slot_int(params, PARAM_num_class);
  out->boost_from_average = slot_int(params, PARAM_boost_from_average);
  out->is_unbalance = slot_int(params, PARAM_is_unbalance);
  out->scale_pos_weight = slot_double(params, PARAM_scale_pos_weight);
  out->sigmoid = slot_double(params, PARAM_sigmoid);
  out->reg_sqrt = slot_int(params, PARAM_reg_sqrt);
  out->alpha = slot_double(params, PARAM_alpha);
  out->poisson_max_delta_step = slot_double(params, PARAM_poisson_max_delta_step);
  out->rank.truncation = (int)slot_int(params, PARAM_lambdarank_truncation_level);
  out->rank.norm = slot_int(params, PARAM_lambdarank_norm);
  out->rank.bias_regularization = slot_double(params, PARAM_lambdarank_position_bias_regularization);
  out->rank.label_gain = params->slots[PARAM_label_gain].value.items;
  out->rank.n_label_gain = params->slots[PARAM_label_gain].value.n_items;
  out->fair_c = slot_double(params, PARAM_fair_c);
  out->tweedie_variance_power = slot_double(params, PARAM_tweedie_variance_power);
  out->focal_gamma = slot_double(params, PARAM_focal_gamma);
  out->aft_scale = slot_double(params, PARAM_aft_scale);
  out->aft_distribution = distribution_of(params);
  if (out->kind != OBJECTIVE_QUANTILES) return;
  const struct param_value *levels = &params->slots[PARAM_quantiles].value;
  out->n_outputs = (int)levels->n_items; /* conflicts_check has seen to it that there is room */
  memcpy(out->quantiles, levels->items, levels->n_items * sizeof *out->quantiles);
}

/* boosting=goss is LightGBM's older way of asking for gbdt with goss. */
static void resolve_strategy(const copse_params *params, struct resolution *resolution) {
  struct sample_params *sample = &resolution->out.sample;
  bool goss = slot_is(params, PARAM_boosting, "goss");
  if (goss) {
    derive_choice(resolution, PARAM_boosting, "gbdt");
    derive_choice(resolution, PARAM_data_sample_strategy, "goss");
  }
  if (goss || slot_is(params, PARAM_data_sample_strategy, "goss")) sample->strategy = ROW_GOSS;
  if (slot_is(params, PARAM_data_sample_strategy, "mvs")) sample->strategy = ROW_MVS;
  sample->top_rate = slot_double(params, PARAM_top_rate);
  sample->other_rate = slot_double(params, PARAM_other_rate);
  sample->mvs_fraction = slot_double(params, PARAM_bagging_fraction);
  sample->mvs_lambda = slot_double(params, PARAM_mvs_lambda);
}

/* Bagging without a fraction below 1 is no bagging. The seeds were filled with their derivation. */
static void fill_sample(const copse_params *params, struct sample_params *out) {
  out->bagging_fraction = slot_double(params, PARAM_bagging_fraction);
  out->pos_bagging_fraction = slot_double(params, PARAM_pos_bagging_fraction);
  out->neg_bagging_fraction = slot_double(params, PARAM_neg_bagging_fraction);
  out->bagging_by_class = meaning_has(params, TRAIT_TWO_CLASSES) &&
                          (out->pos_bagging_fraction < 1 || out->neg_bagging_fraction < 1);
  bool draws = out->strategy == ROW_BAGGING && (out->bagging_by_class || out->bagging_fraction < 1);
  int64_t freq = slot_int(params, PARAM_bagging_freq);
  out->bagging_freq = draws && freq > 0 ? (int)freq : 0;
  out->bagging_by_query = slot_int(params, PARAM_bagging_by_query);
  out->feature_fraction = slot_double(params, PARAM_feature_fraction);
  out->feature_fraction_bynode = slot_double(params, PARAM_feature_fraction_bynode);
  out->extra_trees = slot_int(params, PARAM_extra_trees);
}

static void fill_grow(const copse_params *params, struct grow_params *out, int num_leaves,
                      int min_data_in_leaf) {
  out->num_leaves = num_leaves;
  out->max_depth = (int)slot_int(params, PARAM_max_depth);
  out->depthwise = slot_is(params, PARAM_grow_policy, "depthwise");
  out->min_data_in_leaf = min_data_in_leaf;
  out->min_sum_hessian_in_leaf = slot_double(params, PARAM_min_sum_hessian_in_leaf);
  out->lambda_l1 = slot_double(params, PARAM_lambda_l1);
  out->lambda_l2 = slot_double(params, PARAM_lambda_l2);
  out->min_gain_to_split = slot_double(params, PARAM_min_gain_to_split);
  out->max_delta_step = slot_double(params, PARAM_max_delta_step);
  out->path_smooth = slot_double(params, PARAM_path_smooth);
  out->min_data_per_group = (int)slot_int(params, PARAM_min_data_per_group);
  out->max_cat_threshold = (int)slot_int(params, PARAM_max_cat_threshold);
  out->cat_l2 = slot_double(params, PARAM_cat_l2);
  out->cat_smooth = slot_double(params, PARAM_cat_smooth);
  out->max_cat_to_onehot = (int)slot_int(params, PARAM_max_cat_to_onehot);
  out->histogram_pool_mb = slot_double(params, PARAM_histogram_pool_size);
  out->linear = (struct linear_params){.on = slot_int(params, PARAM_linear_tree),
                                       .lambda = slot_double(params, PARAM_linear_lambda)};
}

/* A list whose elements all change nothing is none, but for its length, which is looked at all the same. */
static void fill_constraints(const copse_params *params, struct constraint_params *out) {
  const struct param_value *monotone = &params->slots[PARAM_monotone_constraints].value;
  const struct param_value *contri = &params->slots[PARAM_feature_contri].value;
  const struct param_value *lazy = &params->slots[PARAM_cegb_penalty_feature_lazy].value;
  const struct param_value *coupled = &params->slots[PARAM_cegb_penalty_feature_coupled].value;
  *out = (struct constraint_params){
      .monotone = monotone->items,
      .n_monotone = monotone->n_items,
      .method = (enum monotone_method)slot_int(params, PARAM_monotone_constraints_method),
      .monotone_penalty = slot_double(params, PARAM_monotone_penalty),
      .interactions = slot_text(params, PARAM_interaction_constraints),
      .forced = params->forced_splits,
      .n_forced = params->n_forced_splits,
      .contri = contri->items,
      .n_contri = contri->n_items,
      .cegb_tradeoff = slot_double(params, PARAM_cegb_tradeoff),
      .cegb_split = slot_double(params, PARAM_cegb_penalty_split),
      .cegb_lazy = lazy->items,
      .n_cegb_lazy = lazy->n_items,
      .cegb_coupled = coupled->items,
      .n_cegb_coupled = coupled->n_items};
}

enum { FINEST_LEVELS = 65534, LIGHTGBM_LEVELS = 4 };

static void fill_quant(const copse_params *params, struct resolution *resolution) {
  struct quant_params *out = &resolution->out.grow.quant;
  out->on = slot_int(params, PARAM_use_quantized_grad);
  out->stochastic = slot_int(params, PARAM_stochastic_rounding);
  out->renew_leaf = slot_int(params, PARAM_quant_train_renew_leaf);
  out->seed = slot_text(params, PARAM_seed)[0] != '\0' ? (int)slot_int(params, PARAM_seed) : 0;
  if (slot_text(params, PARAM_num_grad_quant_bins)[0] != '\0') {
    out->levels = (int)slot_int(params, PARAM_num_grad_quant_bins);
  } else {
    out->levels = compat_asked(params) ? LIGHTGBM_LEVELS : FINEST_LEVELS;
    if (out->on) derive_int(resolution, PARAM_num_grad_quant_bins, out->levels);
  }
}

static void fill_dart(const copse_params *params, struct resolution *resolution) {
  struct dart_params *out = &resolution->out.boost.dart;
  out->drop_rate = slot_double(params, PARAM_drop_rate);
  out->skip_drop = slot_double(params, PARAM_skip_drop);
  out->max_drop = (int)slot_int(params, PARAM_max_drop);
  out->xgboost_mode = slot_int(params, PARAM_xgboost_dart_mode);
  out->uniform = slot_int(params, PARAM_uniform_drop);
}

static void fill_boost(const copse_params *params, struct boost_params *out) {
  out->boosting = slot_is(params, PARAM_boosting, "rf")     ? BOOSTING_RF
                  : slot_is(params, PARAM_boosting, "dart") ? BOOSTING_DART
                                                            : BOOSTING_GBDT;
  out->quirks = compat_asked(params);
  out->refit_decay_rate = slot_double(params, PARAM_refit_decay_rate);
  out->num_iterations = (int)slot_int(params, PARAM_num_iterations);
  out->learning_rate = slot_double(params, PARAM_learning_rate);
  out->early_stopping_round = (int)slot_int(params, PARAM_early_stopping_round);
  out->early_stopping_min_delta = slot_double(params, PARAM_early_stopping_min_delta);
  out->first_metric_only = slot_int(params, PARAM_first_metric_only);
  out->metric_freq = (int)slot_int(params, PARAM_metric_freq);
  out->training_metric = slot_int(params, PARAM_is_provide_training_metric);
  out->time_limit_s = slot_double(params, PARAM_time_limit);
  out->n_threads = (int)slot_int(params, PARAM_num_threads);
}

copse_status resolve_all(copse_params *params, copse_error *err) {
  copse_status status = support_check(params, err);
  if (status == COPSE_OK) status = conflicts_check(params, err);
  if (status != COPSE_OK) return status;
  struct resolution *resolution = &params->resolution;
  memset(resolution, 0, sizeof *resolution);
  resolve_seeds(params, resolution);
  int num_leaves = resolve_num_leaves(params, resolution);
  int min_data_in_leaf = resolve_min_data(params, resolution);
  resolve_metrics(params, resolution);
  fill_bin(params, &resolution->out.bin, min_data_in_leaf);
  fill_encode(params, &resolution->out.encode);
  fill_objective(params, &resolution->out.objective);
  resolve_strategy(params, resolution);
  fill_sample(params, &resolution->out.sample);
  fill_grow(params, &resolution->out.grow, num_leaves, min_data_in_leaf);
  fill_constraints(params, &resolution->out.grow.constraint);
  fill_quant(params, resolution);
  fill_boost(params, &resolution->out.boost);
  fill_dart(params, resolution);
  return compat_resolve(params, resolution, err);
}
