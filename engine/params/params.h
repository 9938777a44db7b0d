/* params.h - the resolved configuration as small structs, one per consumer. No consumer sees the whole.
 *
 * params.def holds one row per parameter, choices.c the values of enums; table.c finds rows, value.c turns
 * text into values and back, params.c is the handle; support.c and conflicts.c refuse, resolve.c and seed.c
 * derive and fill the structs below, compat.c is the one place that switches LightGBM's quirks on, write.c
 * prints. */
#ifndef COPSE_PARAMS_PARAMS_H
#define COPSE_PARAMS_PARAMS_H

#include "copse.h"

enum objective_kind {
  OBJECTIVE_REGRESSION,
  OBJECTIVE_BINARY,
  OBJECTIVE_CUSTOM,
  OBJECTIVE_LAMBDARANK,
  OBJECTIVE_RANK_XENDCG,
  OBJECTIVE_REGRESSION_L1,
  OBJECTIVE_HUBER,
  OBJECTIVE_QUANTILE,
  OBJECTIVE_POISSON,
  OBJECTIVE_CROSS_ENTROPY,
  OBJECTIVE_MULTICLASS,
  OBJECTIVE_MULTICLASSOVA,
  OBJECTIVE_FAIR,
  OBJECTIVE_MAPE,
  OBJECTIVE_GAMMA,
  OBJECTIVE_TWEEDIE,
  OBJECTIVE_CROSS_ENTROPY_LAMBDA,
  OBJECTIVE_QUANTILES,
  OBJECTIVE_EXPECTILE,
  OBJECTIVE_FOCAL,
  OBJECTIVE_COX,
  OBJECTIVE_AFT,
  OBJECTIVE_MULTI_REGRESSION /* its outputs are the labels that a row has: the data tell how many */
};

/* Noise of the logarithm of a time. */
enum aft_distribution { AFT_LOGISTIC, AFT_EXTREME };

enum { MAX_QUANTILES = 32 };

/* algorithms.md of LightGBM 4.6, section 10: what compat=lightgbm copies although better is known. */
struct compat_params {
  bool hessian_counts; /* 10.1: leaf counts estimated from the hessian share (also leaf_counts=hessian) */
  bool inherit_unsplittable; /* 10.8: a feature without a valid candidate is never tried again below that leaf
                              */
  bool split_on_rounding; /* a gain that is nothing but rounding splits a leaf, and keeps a feature splittable
                           */
  bool double_sums;       /* 10.18: sums rounded as doubles are, see train/split_lightgbm.h */
  bool forward_skips_bin0; /* 10.9: zero_as_missing, dominating bin 0 that is not the zero bin */
  bool keep_limits;        /* 4.14, 10.23: monotone constraints, see train/monotone_kept.h */
  bool forcing_ends;       /* 4.16: a forced split without gain ends the forcing of all others in its tree */
  bool linear_counts;      /* 8.1: what LightGBM takes for the usable rows of a linear leaf, see
                              train/linear_leaf.h */
  bool keep_all_rounds;    /* B1: early stopping that never fires keeps every round, not the best one */
};

/* Cut points that a numeric feature's bins are to have, in the caller's order. */
struct forced_bins {
  uint32_t feature;
  double *bounds; /* [n] finite */
  size_t n;
};

struct bin_params {
  int max_bin;
  const int *max_bin_by_feature; /* [n_max_bin_by_feature] or NULL; borrowed from the params */
  size_t n_max_bin_by_feature;
  int min_data_in_bin;
  int64_t sample_count; /* <= 0: all rows */
  int sample_seed;
  bool use_missing, zero_as_missing;
  bool keep_values; /* of numeric features, for linear leaves */
  bool pre_filter;
  bool bundle;                      /* features may share stored cells; no result depends on it */
  int min_data_in_leaf;             /* for the pre-filter */
  const struct forced_bins *forced; /* [n_forced] ascending features; borrowed from the params */
  size_t n_forced;
};

/* Objectives over queries. */
struct rank_params {
  int truncation;             /* lambdarank: ranks at the top whose pairs count */
  bool norm;                  /* lambdarank */
  double bias_regularization; /* lambdarank with positions */
  const double
      *label_gain; /* [n_label_gain] of labels 0, 1 ..; NULL: 2^label - 1. Borrowed from the params */
  size_t n_label_gain;
  int seed;           /* rank_xendcg */
  bool lightgbm_math; /* compat 10.16: LightGBM's cells of the sigmoid, and its generator of draws */
};

/* Categories as statistics of the label (data/encoder.h). */
struct encode_params {
  bool ordered;   /* false: as LightGBM has them */
  int most_pairs; /* features for pairs of columns */
  double prior;   /* rows that the average counts for */
  int seed;       /* of the order of the rows */
  int few_levels; /* a column of so many at most stays as it is */
};

/* Which number a percentile of weighted rows is: objective/percentile.h. */
enum percentile_rule { PERCENTILE_BETWEEN, PERCENTILE_LIGHTGBM46, PERCENTILE_LIGHTGBM47 };

struct objective_params {
  enum objective_kind kind;
  int n_outputs;
  bool boost_from_average;
  bool is_unbalance;
  double scale_pos_weight;
  double sigmoid;
  bool reg_sqrt;
  double alpha;                    /* huber, quantile, expectile */
  double poisson_max_delta_step;   /* poisson */
  enum percentile_rule percentile; /* compat 10.2 */
  struct rank_params rank;
  bool gamma_takes_zero;   /* compat 10.10: labels of 0 for objective=gamma */
  bool mape_first_hessian; /* compat 10.3: objective=mape takes the first row's weight for every hessian */
  double fair_c, tweedie_variance_power, focal_gamma, aft_scale;
  enum aft_distribution aft_distribution;
  double quantiles[MAX_QUANTILES]; /* [n_outputs] of objective=quantiles, ascending */
};

enum row_strategy { ROW_BAGGING, ROW_GOSS, ROW_MVS };

/* Which rows and columns take part in a tree. Draws are hashes of (seed, absolute round, row number or column
 * name). */
struct sample_params {
  int bagging_freq; /* 0: no bagging */
  double bagging_fraction, pos_bagging_fraction, neg_bagging_fraction;
  bool bagging_by_class; /* the two fractions by label > 0 instead of the common one */
  bool bagging_by_query;
  int bagging_seed;
  enum row_strategy strategy;  /* not ROW_BAGGING: every round by its gradients, and bagging_freq is 0 */
  double top_rate, other_rate; /* goss */
  double mvs_fraction, mvs_lambda;
  double feature_fraction, feature_fraction_bynode;
  int feature_fraction_seed;
  bool extra_trees;
  int extra_seed;
  bool lightgbm_draws; /* compat 10.19: LightGBM's generators, see train/sample_lightgbm.h */
};

/* Gradients rounded to levels (algorithms 8.2). */
struct quant_params {
  bool on;
  int levels; /* of a hessian; a gradient has half as many on each side of 0 */
  bool stochastic;
  bool renew_leaf;   /* leaf outputs from the gradients as they were */
  bool exact_counts; /* asked for: refused unless every hessian is 1, so that their sum is the count */
  int seed;
};

enum monotone_method { MONOTONE_BASIC, MONOTONE_INTERMEDIATE, MONOTONE_ADVANCED };

/* What trees must not do, must do, and what splits cost. Everything is borrowed from the params; lists go by
 * feature and are compared with the number of features when a workspace is made. */
struct constraint_params {
  const int *monotone; /* [n_monotone] -1, 0, 1; NULL: none */
  size_t n_monotone;
  enum monotone_method method;
  double monotone_penalty;
  const char *interactions;         /* "[0,1],[2,3]", see interactions.h; "": none */
  const copse_forced_split *forced; /* [n_forced] */
  size_t n_forced;
  const double *contri; /* [n_contri] factors on gains; NULL: none */
  size_t n_contri;
  double cegb_tradeoff, cegb_split;
  const double *cegb_lazy, *cegb_coupled; /* [n] each; NULL: none */
  size_t n_cegb_lazy, n_cegb_coupled;
};

/* Linear models in leaves (algorithms 8.1). */
struct linear_params {
  bool on;
  double lambda;
};

struct grow_params {
  int num_leaves; /* already lowered to 2^max_depth where that applies */
  int max_depth;  /* <= 0: unlimited */
  bool depthwise; /* the shallowest leaf is split next, not the one that gains most */
  int min_data_in_leaf;
  double min_sum_hessian_in_leaf;
  double lambda_l1, lambda_l2;
  double min_gain_to_split;
  double max_delta_step; /* <= 0: none */
  double path_smooth;
  int min_data_per_group;
  int max_cat_threshold;
  double cat_l2, cat_smooth;
  int max_cat_to_onehot;
  double histogram_pool_mb; /* < 0: no limit */
  struct compat_params compat;
  struct quant_params quant;
  struct linear_params linear;
  struct constraint_params constraint;
};

enum boosting_kind { BOOSTING_GBDT, BOOSTING_RF, BOOSTING_DART };

struct dart_params {
  double drop_rate, skip_drop;
  int max_drop; /* <= 0: no limit, but see boost_params.quirks */
  bool xgboost_mode, uniform;
  int seed;
};

struct boost_params {
  enum boosting_kind boosting;
  struct dart_params dart;
  /* compat: 10.5 dart's starting score belongs to the first tree, and trees dropped when training ends
   * stay negated; 10.7 a tree of rf that cannot be split is
   * 0; 10.20 dart never stops early, and max_drop=0 drops one; 10.21 refit of a leaf without rows */
  bool quirks;
  double refit_decay_rate;
  int num_iterations;
  double learning_rate;
  int early_stopping_round;
  double early_stopping_min_delta;
  bool first_metric_only;
  int metric_freq;
  bool training_metric;
  double time_limit_s; /* <= 0: none */
  bool keep_all_rounds;
  int n_threads; /* <= 0: available */
};

struct metric_params {
  const char *const *names; /* [n_names] primary names, in the order asked for; empty = metric=none */
  size_t n_names;
  const char *const *printed; /* [n_names] the same as shown to people: "multi_error@3" */
  /* [n_names] where it is taken: ranks at the top that a ranking metric looks at; from 1 the number of a
   * quantile; 0: not so */
  const int *at;
  const int *eval_at; /* [n_eval_at] all ranks, ascending */
  size_t n_eval_at;
  const char *const *ndcg_printed; /* [n_eval_at] "ndcg@5", also where ndcg is not asked for */
  bool defaulted;                  /* no metric given: names holds the objective's own */
  double threshold;                /* decision threshold of what counts classes, for one probability */
  double alpha;                    /* huber, quantile */
  int top_k;                       /* multi_error */
  double fair_c, tweedie_variance_power, focal_gamma, aft_scale;
  enum aft_distribution aft_distribution;
  const double *class_weights; /* auc_mu: [n_class_weights] or NULL; borrowed from the params */
  size_t n_class_weights;
  const double *label_gain; /* ndcg: as in rank_params */
  size_t n_label_gain;
  bool plain_empty_queries; /* compat 10.4: a query without relevant rows counts 1 whatever its weight */
};

struct resolved_params {
  struct bin_params bin;
  struct encode_params encode;
  struct objective_params objective;
  struct sample_params sample;
  struct grow_params grow;
  struct boost_params boost;
  struct metric_params metric;
};

/* Resolves when that has not been done since the last set; the result lives as long as params stays
 * unchanged. */
COPSE_MUST_CHECK copse_status params_resolved(const copse_params *params, const struct resolved_params **out,
                                              copse_error *err);

/* A copy with one parameter changed between rounds; refused, with the reason, for what a data set or a
 * booster was made from. */
COPSE_MUST_CHECK copse_status params_change(const copse_params *params, const char *key, const char *value,
                                            copse_params **out, copse_error *err);

/* The effective configuration without what cannot change a model (threads, paths, verbosity, prediction):
 * as "[name: value]\n" lines for the model file's parameters block (LightGBM's form), or as "name=value\n".
 */
void params_write_model_block(const copse_params *params, copse_text *out);
void params_write_config(const copse_params *params, copse_text *out);

#endif
