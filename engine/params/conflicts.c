/* conflicts.c - values that are each fine and cannot stand together. Every refusal names both and the way
 * out.
 *
 * Some of them concern training only. Parameters do not know the command, so these are checked where the
 * objective was given, or where task=train was (the program's train command sets it). */
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "params/interactions.h"
#include "params/internal.h"
#include "params/meaning.h"

static bool trains(const copse_params *params) {
  return slot_given(params, PARAM_task) && slot_is(params, PARAM_task, "train");
}

static bool objective_decided(const copse_params *params) {
  return slot_given(params, PARAM_objective) || trains(params);
}

static const char *objective_name(const copse_params *params) { return slot_text(params, PARAM_objective); }

static copse_status check_switches(const copse_params *params, copse_error *err) {
  if (slot_int(params, PARAM_force_col_wise) && slot_int(params, PARAM_force_row_wise))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%sforce_col_wise=true conflicts with force_row_wise=true: leave one of them out",
                      slot_place(params, PARAM_force_row_wise));
  if (slot_int(params, PARAM_is_unbalance) && fabs(slot_double(params, PARAM_scale_pos_weight) - 1) > 1e-6)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%sscale_pos_weight=%s conflicts with is_unbalance=true: both weigh the positive rows, "
                      "leave one of them out",
                      slot_place(params, PARAM_scale_pos_weight), slot_text(params, PARAM_scale_pos_weight));
  if (slot_int(params, PARAM_predict_raw_score) && slot_int(params, PARAM_predict_leaf_index))
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "%spredict_leaf_index=true conflicts with predict_raw_score=true: predict either the one or "
        "the other",
        slot_place(params, PARAM_predict_leaf_index));
  return COPSE_OK;
}

static enum choice_outcome objective_outcome(const copse_params *params) {
  enum choice_outcome outcome = choices_objective[slot_int(params, PARAM_objective)].outcome;
  bool many = outcome == OUTCOME_ANY && slot_int(params, PARAM_num_class) > 1;
  return many ? OUTCOME_CLASSES : outcome;
}

static const char *outputs_of(enum choice_outcome objective) {
  return objective == OUTCOME_NUMBERS  ? "an output per quantile"
         : objective == OUTCOME_LABELS ? "an output per label"
                                       : "one output";
}

static copse_status check_num_class(const copse_params *params, copse_error *err) {
  if (!objective_decided(params) || slot_is(params, PARAM_objective, "custom")) return COPSE_OK;
  bool one = slot_int(params, PARAM_num_class) == 1;
  if (objective_outcome(params) != OUTCOME_CLASSES)
    return one ? COPSE_OK
               : status_set(
                     err, COPSE_ERR_ARGUMENT,
                     "%snum_class=%s conflicts with objective=%s, which has %s: leave num_class out, or "
                     "use objective=multiclass",
                     slot_place(params, PARAM_num_class), slot_text(params, PARAM_num_class),
                     objective_name(params), outputs_of(objective_outcome(params)));
  if (!one) return COPSE_OK;
  return status_set(err, COPSE_ERR_ARGUMENT,
                    "%sobjective=%s needs the number of classes: set num_class to 2 or more, or use "
                    "objective=binary",
                    slot_place(params, PARAM_objective), objective_name(params));
}

static copse_status check_alpha(const copse_params *params, copse_error *err) {
  bool quantile = slot_is(params, PARAM_objective, "quantile");
  if ((!quantile && !slot_is(params, PARAM_objective, "expectile")) || slot_double(params, PARAM_alpha) < 1)
    return COPSE_OK;
  return status_set(err, COPSE_ERR_ARGUMENT,
                    "%salpha=%s conflicts with objective=%s, where it is the %s: set 0 < alpha < 1",
                    slot_place(params, PARAM_alpha), slot_text(params, PARAM_alpha), objective_name(params),
                    quantile ? "quantile" : "level");
}

static copse_status check_quantiles(const copse_params *params, copse_error *err) {
  const struct param_value *levels = &params->slots[PARAM_quantiles].value;
  const double *level = levels->items;
  bool ascending = levels->n_items > 0;
  for (size_t i = 1; i < levels->n_items; i++) ascending &= level[i] > level[i - 1];
  if (!ascending || levels->n_items > MAX_QUANTILES)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%squantiles=%s: expected 1 to %d ascending levels, none twice",
                      slot_place(params, PARAM_quantiles), slot_text(params, PARAM_quantiles), MAX_QUANTILES);
  bool usual = strcmp(slot_text(params, PARAM_quantiles), param_rows[PARAM_quantiles].default_text) == 0;
  if (usual || !objective_decided(params) || slot_is(params, PARAM_objective, "quantiles")) return COPSE_OK;
  return status_set(err, COPSE_ERR_ARGUMENT,
                    "%squantiles=%s conflicts with objective=%s: set objective=quantiles, or leave it out",
                    slot_place(params, PARAM_quantiles), slot_text(params, PARAM_quantiles),
                    objective_name(params));
}

/* Whether the metric can judge what the objective predicts. */
static bool judges(enum choice_outcome metric, enum choice_outcome objective) {
  if (objective == OUTCOME_ANY) return metric != OUTCOME_CLASSES;
  switch (metric) {
    case OUTCOME_ANY: return true;
    case OUTCOME_NUMBER: return objective == OUTCOME_NUMBER || objective == OUTCOME_PROBABILITY;
    case OUTCOME_EACH_NUMBER:
      return objective == OUTCOME_NUMBER || objective == OUTCOME_PROBABILITY || objective == OUTCOME_LABELS;
    case OUTCOME_ANY_NUMBER: return objective != OUTCOME_CLASSES && objective != OUTCOME_LABELS;
    case OUTCOME_PROBABILITY:
    case OUTCOME_NUMBERS:
    case OUTCOME_LABELS:
    case OUTCOME_CLASSES: return objective == metric;
    case OUTCOME_ANY_CLASS: return objective == OUTCOME_PROBABILITY || objective == OUTCOME_CLASSES;
  }
  return false;
}

static copse_status refuse_metric(const copse_params *params, const struct param_choice *metric,
                                  copse_error *err) {
  enum choice_outcome outcome = objective_outcome(params);
  if (outcome == OUTCOME_NUMBERS || outcome == OUTCOME_LABELS)
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "%smetric=%s conflicts with objective=%s, which has %s: set %s, or leave it out",
        slot_place(params, PARAM_metric), metric->name, objective_name(params), outputs_of(outcome),
        outcome == OUTCOME_LABELS ? "a metric among l1, l2, rmse, r2, mape, huber, fair" : "metric=quantile");
  bool many = objective_outcome(params) == OUTCOME_CLASSES;
  const char *needs = many                                 ? "it compares one prediction per row"
                      : metric->outcome == OUTCOME_CLASSES ? "it needs a prediction per class"
                                                           : "it needs the probability of a class";
  const char *remedy = many ? "choose a metric among multi_logloss, multi_error, accuracy, f1_macro"
                       : metric->outcome == OUTCOME_CLASSES
                           ? "set objective=multiclass and num_class, or choose another metric"
                           : "set objective=binary, or a metric among l1, l2, rmse, auc";
  return status_set(err, COPSE_ERR_ARGUMENT, "%smetric=%s conflicts with objective=%s: %s; %s",
                    slot_place(params, PARAM_metric), metric->name, objective_name(params), needs, remedy);
}

static copse_status check_metrics(const copse_params *params, copse_error *err) {
  const struct param_value *metric = &params->slots[PARAM_metric].value;
  const int *items = metric->items;
  for (size_t i = 0; i < metric->n_items; i++) {
    const struct param_choice *choice = &choices_metric[items[i]];
    if (strcmp(choice->name, "none") == 0 && metric->n_items > 1)
      return status_set(err, COPSE_ERR_ARGUMENT,
                        "%smetric=%s: none stands alone; leave it out, or leave the others out",
                        slot_place(params, PARAM_metric), slot_text(params, PARAM_metric));
    if (objective_decided(params) && !judges(choice->outcome, objective_outcome(params)))
      return refuse_metric(params, choice, err);
  }
  return COPSE_OK;
}

static copse_status check_class_weights(const copse_params *params, copse_error *err) {
  size_t n = params->slots[PARAM_auc_mu_weights].value.n_items;
  size_t n_classes = (size_t)slot_int(params, PARAM_num_class);
  if (n == 0 || n_classes < 2 || n == n_classes * n_classes) return COPSE_OK;
  return status_set(err, COPSE_ERR_ARGUMENT,
                    "%sauc_mu_weights has %zu entries, expected %zu for num_class=%zu: a row for each class",
                    slot_place(params, PARAM_auc_mu_weights), n, n_classes * n_classes, n_classes);
}

static copse_status check_eval_at(const copse_params *params, copse_error *err) {
  size_t n = params->slots[PARAM_eval_at].value.n_items;
  if (n > 0 && n <= MAX_EVAL_AT) return COPSE_OK;
  return status_set(err, COPSE_ERR_ARGUMENT, "%seval_at has %zu ranks, expected 1 to %d",
                    slot_place(params, PARAM_eval_at), n, MAX_EVAL_AT);
}

/* Callers of the library may bring metrics of their own (copse_booster_add_metric): copse_train looks then.
 */
static copse_status check_early_stopping(const copse_params *params, copse_error *err) {
  if (slot_int(params, PARAM_early_stopping_round) <= 0 || !trains(params)) return COPSE_OK;
  const struct param_value *metric = &params->slots[PARAM_metric].value;
  bool none = metric->n_items == 0 ? slot_is(params, PARAM_objective, "custom")
                                   : strcmp(slot_text(params, PARAM_metric), "none") == 0;
  if (!none) return COPSE_OK;
  return status_set(
      err, COPSE_ERR_ARGUMENT,
      "%searly_stopping_round=%s has no metric to look at: set metric (for instance metric=l2 or "
      "metric=auc), or early_stopping_round=0",
      slot_place(params, PARAM_early_stopping_round), slot_text(params, PARAM_early_stopping_round));
}

static copse_status check_files(const copse_params *params, copse_error *err) {
  const char *separator = slot_text(params, PARAM_separator);
  bool libsvm = slot_is(params, PARAM_format, "libsvm"), tsv = slot_is(params, PARAM_format, "tsv");
  if (strcmp(separator, "auto") != 0 && (libsvm || (tsv && separator[0] != '\t')))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%sseparator=%s conflicts with format=%s: leave separator out%s",
                      slot_place(params, PARAM_separator), separator[0] == '\t' ? "tab" : separator,
                      slot_text(params, PARAM_format), tsv ? ", or set format=csv" : "");
  return COPSE_OK;
}

static copse_status check_interactions(const copse_params *params, copse_error *err) {
  const char *text = slot_text(params, PARAM_interaction_constraints), *at = text;
  struct interaction_item item = {0};
  while (interactions_next(&at, &item))
    if (item.bad)
      return status_set(err, COPSE_ERR_ARGUMENT,
                        "%sinteraction_constraints=%.200s: character %zu: expected groups of feature numbers "
                        "or names, as in [0,1],[2,3]",
                        slot_place(params, PARAM_interaction_constraints), text, (size_t)(at - text) + 1);
  return COPSE_OK;
}

static bool by_gradients(const copse_params *params) {
  return slot_is(params, PARAM_boosting, "goss") || !slot_is(params, PARAM_data_sample_strategy, "bagging");
}

static copse_status check_goss(const copse_params *params, copse_error *err) {
  double top = slot_double(params, PARAM_top_rate), other = slot_double(params, PARAM_other_rate);
  if (top > 0 && other > 0 && top + other <= 1) return COPSE_OK;
  return status_set(err, COPSE_ERR_ARGUMENT,
                    "%stop_rate=%s and other_rate=%s: goss needs both above 0 and no more than 1 together",
                    slot_place(params, other > 0 ? PARAM_top_rate : PARAM_other_rate),
                    slot_text(params, PARAM_top_rate), slot_text(params, PARAM_other_rate));
}

/* Queries hold rows of both classes. */
static copse_status check_bagging(const copse_params *params, copse_error *err) {
  static const enum param_id fractions[] = {PARAM_pos_bagging_fraction, PARAM_neg_bagging_fraction};
  char mention[MENTION_CAPACITY];
  if (slot_int(params, PARAM_bagging_freq) <= 0 || !slot_int(params, PARAM_bagging_by_query) ||
      !meaning_has(params, TRAIT_TWO_CLASSES))
    return COPSE_OK;
  for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++)
    if (slot_double(params, fractions[i]) < 1)
      return status_set(err, COPSE_ERR_ARGUMENT,
                        "%s%s conflicts with bagging_by_query=true, which draws whole queries whatever rows "
                        "they have: leave one of them out",
                        slot_place(params, fractions[i]), slot_mention(params, fractions[i], mention));
  return COPSE_OK;
}

/* Rows are drawn in one way only. */
static copse_status check_row_strategy(const copse_params *params, copse_error *err) {
  static const enum param_id fractions[] = {PARAM_bagging_fraction, PARAM_pos_bagging_fraction,
                                            PARAM_neg_bagging_fraction};
  if (!by_gradients(params)) return COPSE_OK;
  bool goss = slot_is(params, PARAM_boosting, "goss"),
       mvs = slot_is(params, PARAM_data_sample_strategy, "mvs");
  const char *strategy = mvs ? "mvs" : "goss";
  char mention[MENTION_CAPACITY];
  if (goss && slot_given(params, PARAM_data_sample_strategy) &&
      !slot_is(params, PARAM_data_sample_strategy, "goss"))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%sdata_sample_strategy=%s conflicts with boosting=goss: leave one of them out",
                      slot_place(params, PARAM_data_sample_strategy),
                      slot_text(params, PARAM_data_sample_strategy));
  if (mvs && slot_double(params, PARAM_bagging_fraction) >= 1)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%sdata_sample_strategy=mvs draws a bagging_fraction of the rows: set one below 1",
                      slot_place(params, PARAM_data_sample_strategy));
  int64_t freq = slot_int(params, PARAM_bagging_freq);
  for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++)
    if (slot_double(params, fractions[i]) < 1 && freq > (mvs && i == 0 ? 1 : 0))
      return status_set(
          err, COPSE_ERR_ARGUMENT,
          "%s%s conflicts with data_sample_strategy=%s, which draws rows by their gradients in every "
          "round: leave bagging_freq out",
          slot_place(params, fractions[i]), slot_mention(params, fractions[i], mention), strategy);
  if (slot_int(params, PARAM_bagging_by_query))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%sbagging_by_query=true conflicts with data_sample_strategy=%s, which draws single "
                      "rows by their gradients: leave one of them out",
                      slot_place(params, PARAM_bagging_by_query), strategy);
  return mvs ? COPSE_OK : check_goss(params, err);
}

/* Trees of a forest differ by what they are grown on alone. */
static copse_status check_boosting(const copse_params *params, copse_error *err) {
  bool rf = slot_is(params, PARAM_boosting, "rf"), dart = slot_is(params, PARAM_boosting, "dart");
  if ((rf || dart) && slot_is(params, PARAM_objective, "custom"))
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "%sboosting=%s conflicts with objective=custom: it takes gradients at scores of its own, "
        "not at those the caller sees (use boosting=gbdt)",
        slot_place(params, PARAM_boosting), slot_text(params, PARAM_boosting));
  if (!rf) return COPSE_OK;
  bool two = meaning_has(params, TRAIT_TWO_CLASSES);
  bool by_class = two && (slot_double(params, PARAM_pos_bagging_fraction) < 1 ||
                          slot_double(params, PARAM_neg_bagging_fraction) < 1);
  bool rows = slot_int(params, PARAM_bagging_freq) > 0 &&
              (slot_double(params, PARAM_bagging_fraction) < 1 || by_class);
  bool columns = slot_double(params, PARAM_feature_fraction) < 1 ||
                 slot_double(params, PARAM_feature_fraction_bynode) < 1 ||
                 slot_int(params, PARAM_extra_trees);
  if (rows || columns || by_gradients(params)) return COPSE_OK;
  return status_set(err, COPSE_ERR_ARGUMENT,
                    "%sboosting=rf grows the same tree in every round unless rows or features are drawn: set "
                    "bagging_freq=1 and bagging_fraction below 1, or feature_fraction below 1",
                    slot_place(params, PARAM_boosting));
}

static bool any_monotone(const copse_params *params) {
  const struct param_value *signs = &params->slots[PARAM_monotone_constraints].value;
  for (size_t i = 0; i < signs->n_items; i++)
    if (((const int *)signs->items)[i] != 0) return true;
  return false;
}

/* What replaces leaf values or bounds them knows nothing of a leaf's coefficients. */
static copse_status check_linear(const copse_params *params, copse_error *err) {
  const char *linear = slot_place(params, PARAM_linear_tree);
  if (!slot_int(params, PARAM_linear_tree)) return COPSE_OK;
  if (objective_decided(params) && meaning_has(params, TRAIT_PERCENTILES))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%slinear_tree=true conflicts with objective=%s, whose leaves are percentiles: leave "
                      "linear_tree out, or use objective=huber",
                      linear, objective_name(params));
  if (slot_int(params, PARAM_zero_as_missing))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%slinear_tree=true conflicts with zero_as_missing=true: a linear model takes 0 as a "
                      "value; leave one of them out",
                      linear);
  if (any_monotone(params))
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "%slinear_tree=true conflicts with monotone_constraints, which coefficients would break: "
        "leave one of them out",
        linear);
  return COPSE_OK;
}

/* A statistic of the label needs to know which one; the roots of labels stand behind LightGBM's transform,
 * which takes one output alone. */
static copse_status check_labels(const copse_params *params, copse_error *err) {
  if (!objective_decided(params) || objective_outcome(params) != OUTCOME_LABELS) return COPSE_OK;
  if (slot_is(params, PARAM_cat_encoding, "ordered"))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%scat_encoding=ordered conflicts with objective=%s: it makes categories statistics of "
                      "the label, and a row has several; leave cat_encoding out",
                      slot_place(params, PARAM_cat_encoding), objective_name(params));
  if (slot_int(params, PARAM_reg_sqrt))
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "%sreg_sqrt=true conflicts with objective=%s, which learns the labels as they are: leave "
        "it out, or give their roots",
        slot_place(params, PARAM_reg_sqrt), objective_name(params));
  return COPSE_OK;
}

copse_status conflicts_check(const copse_params *params, copse_error *err) {
  static copse_status (*const checks[])(const copse_params *, copse_error *) = {
      check_switches,      check_num_class, check_alpha,          check_quantiles, check_metrics,
      check_class_weights, check_eval_at,   check_early_stopping, check_files,     check_interactions,
      check_row_strategy,  check_boosting,  check_bagging,        check_linear,    check_labels};
  for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
    copse_status status = checks[i](params, err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}
