/* idle_keys.c - LightGBM accepts such keys in silence, and its configurations are full of them: so they are
 * not refused, but whoever set one learns that it does nothing. */
#include "idle_keys.h"

#include <stdio.h>
#include <string.h>

#include "console.h"

struct idle_key {
  const char *key, *nothing; /* a value that asks for nothing, or NULL */
  const char *needs,
      *off;           /* the key does nothing while this one has the value `off` (!x,y: any but these) ... */
  const char *remedy; /* ... and would with this */
};

static const struct idle_key idle_keys[] = {
    {"learning_rate", NULL, "boosting", "rf", "boosting=gbdt or dart"},
    {"drop_rate", NULL, "boosting", "!dart", "boosting=dart"},
    {"max_drop", NULL, "boosting", "!dart", "boosting=dart"},
    {"skip_drop", NULL, "boosting", "!dart", "boosting=dart"},
    {"uniform_drop", "false", "boosting", "!dart", "boosting=dart"},
    {"xgboost_dart_mode", "false", "boosting", "!dart", "boosting=dart"},
    {"top_rate", NULL, "data_sample_strategy", "!goss", "data_sample_strategy=goss"},
    {"other_rate", NULL, "data_sample_strategy", "!goss", "data_sample_strategy=goss"},
    {"mvs_lambda", NULL, "data_sample_strategy", "!mvs", "data_sample_strategy=mvs"},
    {"pos_bagging_fraction", "1", "objective", "!binary,focal", "objective=binary"},
    {"neg_bagging_fraction", "1", "objective", "!binary,focal", "objective=binary"},
    {"is_unbalance", "false", "objective", "!binary,focal,multiclassova",
     "objective=binary or multiclassova"},
    {"scale_pos_weight", "1", "objective", "!binary,focal,multiclassova",
     "objective=binary or multiclassova"},
    {"sigmoid", "1", "objective", "!binary,multiclassova,lambdarank",
     "objective=binary, multiclassova or lambdarank"},
    {"reg_sqrt", "false", "objective", "!regression,regression_l1,fair,quantile,mape",
     "objective=regression, regression_l1, fair, quantile or mape"},
    {"poisson_max_delta_step", NULL, "objective", "!poisson", "objective=poisson"},
    {"lambdarank_truncation_level", NULL, "objective", "!lambdarank", "objective=lambdarank"},
    {"lambdarank_norm", NULL, "objective", "!lambdarank", "objective=lambdarank"},
    {"lambdarank_position_bias_regularization", "0", "objective", "!lambdarank", "objective=lambdarank"},
    {"label_gain", NULL, "objective", "!lambdarank,rank_xendcg", "objective=lambdarank"},
    {"alpha", NULL, "objective", "!huber,quantile,expectile", "objective=huber, quantile or expectile"},
    {"fair_c", NULL, "objective", "!fair", "objective=fair"},
    {"tweedie_variance_power", NULL, "objective", "!tweedie", "objective=tweedie"},
    {"focal_gamma", NULL, "objective", "!focal", "objective=focal"},
    {"aft_scale", NULL, "objective", "!aft", "objective=aft"},
    {"aft_distribution", NULL, "objective", "!aft", "objective=aft"},
    {"linear_lambda", "0", "linear_tree", "false", "linear_tree=true"},
    {"monotone_penalty", "0", "monotone_constraints", "", "monotone_constraints"},
    {"num_grad_quant_bins", NULL, "use_quantized_grad", "false", "use_quantized_grad=true"},
    {"stochastic_rounding", NULL, "use_quantized_grad", "false", "use_quantized_grad=true"},
    {"quant_train_renew_leaf", "false", "use_quantized_grad", "false", "use_quantized_grad=true"},
    {"bagging_fraction", "1", "bagging_freq", "0", "bagging_freq=1"},
    {"pos_bagging_fraction", "1", "bagging_freq", "0", "bagging_freq=1"},
    {"neg_bagging_fraction", "1", "bagging_freq", "0", "bagging_freq=1"},
    {"cat_pairs", NULL, "cat_encoding", "native", "cat_encoding=ordered"},
    {"cat_prior", NULL, "cat_encoding", "native", "cat_encoding=ordered"},
};

/* Whether a value stands in a list of values, comma separated. */
static bool is_among(const char *value, const char *list) {
  size_t length = strlen(value);
  for (const char *at = list; at != NULL; at = strchr(at, ',')) {
    at += *at == ',';
    if (strncmp(at, value, length) == 0 && (at[length] == ',' || at[length] == '\0')) return true;
  }
  return false;
}

static bool is_off(const copse_params *params, const struct idle_key *idle) {
  const char *found = copse_params_get(params, idle->needs);
  if (idle->off[0] == '!') return !is_among(found, idle->off + 1);
  bool sampled_otherwise = strcmp(idle->key, "bagging_fraction") == 0 &&
                           strcmp(copse_params_get(params, "data_sample_strategy"), "mvs") == 0;
  return strcmp(found, idle->off) == 0 && !sampled_otherwise;
}

/* Keys of an objective that metrics look at as well. */
static const struct {
  const char *key, *metrics;
} measured_keys[] = {{"alpha", "huber,quantile,expectile"},
                     {"fair_c", "fair"},
                     {"tweedie_variance_power", "tweedie"},
                     {"focal_gamma", "focal"},
                     {"aft_scale", "aft"},
                     {"aft_distribution", "aft"},
                     {"label_gain", "ndcg"}};

/* Whether one of the metrics that were given looks at the key. */
static bool is_measured(const copse_params *params, const char *key) {
  const char *metrics = "";
  for (size_t i = 0; i < sizeof measured_keys / sizeof *measured_keys; i++)
    if (strcmp(measured_keys[i].key, key) == 0) metrics = measured_keys[i].metrics;
  for (const char *given = copse_params_given(params, "metric") ? copse_params_get(params, "metric") : "";
       *metrics && *given;) {
    char one[64];
    size_t length = strcspn(given, ",");
    snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : 0), given);
    if (length > 0 && is_among(one, metrics)) return true;
    given += length + (given[length] == ',');
  }
  return false;
}

void warn_idle_keys(const copse_params *params, bool has_validation) {
  if (copse_params_get_int(params, "early_stopping_round") > 0 && !has_validation)
    console_warning(
        "early_stopping_round has no effect without rows to validate on (valid=FILE or valid_fraction=0.1)");
  for (size_t i = 0; i < sizeof idle_keys / sizeof *idle_keys; i++) {
    const struct idle_key *idle = &idle_keys[i];
    if (!copse_params_given(params, idle->key) || !is_off(params, idle) || is_measured(params, idle->key))
      continue;
    const char *value = copse_params_get(params, idle->key);
    if (idle->nothing == NULL || strcmp(value, idle->nothing) != 0)
      console_warning("%s=%s has no effect without %s", idle->key, value, idle->remedy);
  }
}
