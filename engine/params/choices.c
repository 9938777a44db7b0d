/* choices.c - one table per enum parameter.
 *
 * How to add a value: implement it, then add its row here, or turn its LATER into NOW. Rows are
 * C(name, aliases, NOW or LATER, outcome); parsing, help and refusals follow from them. */
#include "params/choices.h"

#include <string.h>

#include "params/names.h"

/* clang-format off */
#define TASK(C)                                            \
  C("train", "training", NOW, ANY)                       \
  C("predict", "prediction,test", NOW, ANY)              \
  C("convert_model", "", LATER, ANY)                     \
  C("refit", "refit_tree", NOW, ANY)                   \
  C("save_binary", "", LATER, ANY)

#define OBJECTIVE(C)                                                                                         \
  C("regression", "regression_l2,l2,mean_squared_error,mse,l2_root,root_mean_squared_error,rmse", NOW, NUMBER) \
  C("regression_l1", "l1,mean_absolute_error,mae", NOW, NUMBER)                                              \
  C("huber", "", NOW, NUMBER)                                                                                \
  C("fair", "", NOW, NUMBER)                                                                               \
  C("poisson", "", NOW, NUMBER)                                                                              \
  C("quantile", "", NOW, NUMBER)                                                                             \
  C("mape", "mean_absolute_percentage_error", NOW, NUMBER)                                                 \
  C("gamma", "", NOW, NUMBER)                                                                              \
  C("tweedie", "", NOW, NUMBER)                                                                            \
  C("binary", "", NOW, PROBABILITY)                                                                          \
  C("multiclass", "softmax", NOW, CLASSES)                                                                   \
  C("multiclassova", "multiclass_ova,ova,ovr", NOW, CLASSES)                                                 \
  C("cross_entropy", "xentropy", NOW, PROBABILITY)                                                           \
  C("cross_entropy_lambda", "xentlambda", NOW, NUMBER)                                                     \
  C("lambdarank", "", NOW, NUMBER)                                                                         \
  C("rank_xendcg", "xendcg,xe_ndcg,xe_ndcg_mart,xendcg_mart", NOW, NUMBER)                                 \
  C("quantiles", "", NOW, NUMBERS)                                                                           \
  C("expectile", "", NOW, NUMBER)                                                                            \
  C("focal", "", NOW, PROBABILITY)                                                                           \
  C("cox", "survival_cox", NOW, NUMBER)                                                                      \
  C("aft", "survival_aft", NOW, NUMBER)                                                                      \
  C("multi_regression", "multi_rmse", NOW, LABELS)                                                           \
  C("custom", "none,null,na", NOW, ANY)

#define BOOSTING(C)                     \
  C("gbdt", "gbrt", NOW, ANY)         \
  C("rf", "random_forest", NOW, ANY)  \
  C("dart", "", NOW, ANY)           \
  C("goss", "", NOW, ANY)

#define DATA_SAMPLE_STRATEGY(C) C("bagging", "", NOW, ANY) C("goss", "", NOW, ANY) C("mvs", "", NOW, ANY)
#define GROW_POLICY(C) C("lossguide", "leafwise,leaf_wise", NOW, ANY) C("depthwise", "levelwise,depth_wise", NOW, ANY)

/* With one machine LightGBM trains serially whatever is asked for. */
#define TREE_LEARNER(C)                    \
  C("serial", "", NOW, ANY)              \
  C("feature", "feature_parallel", NOW, ANY) \
  C("data", "data_parallel", NOW, ANY)   \
  C("voting", "voting_parallel", NOW, ANY)

#define DEVICE_TYPE(C) C("cpu", "", NOW, ANY) C("gpu", "", LATER, ANY) C("cuda", "", LATER, ANY)

#define MONOTONE_CONSTRAINTS_METHOD(C) \
  C("basic", "", NOW, ANY)           \
  C("intermediate", "", NOW, ANY)    \
  C("advanced", "", NOW, ANY)

#define METRIC(C)                                                                    \
  C("l1", "mean_absolute_error,mae,regression_l1", NOW, EACH_NUMBER)                 \
  C("l2", "mean_squared_error,mse,regression_l2,regression", NOW, EACH_NUMBER)       \
  C("rmse", "root_mean_squared_error,l2_root", NOW, EACH_NUMBER)                     \
  C("r2", "", NOW, EACH_NUMBER)                                                      \
  C("quantile", "", NOW, ANY_NUMBER)                                                 \
  C("mape", "mean_absolute_percentage_error", NOW, EACH_NUMBER)                    \
  C("huber", "", NOW, EACH_NUMBER)                                                   \
  C("fair", "", NOW, EACH_NUMBER)                                                  \
  C("poisson", "", NOW, NUMBER)                                                      \
  C("gamma", "", NOW, NUMBER)                                                      \
  C("gamma_deviance", "", NOW, NUMBER)                                             \
  C("tweedie", "", NOW, NUMBER)                                                    \
  C("ndcg", "lambdarank,rank_xendcg,xendcg,xe_ndcg,xe_ndcg_mart,xendcg_mart", NOW, NUMBER) \
  C("map", "mean_average_precision", NOW, NUMBER)                                  \
  C("auc", "", NOW, NUMBER)                                                          \
  C("average_precision", "", NOW, NUMBER)                                            \
  C("binary_logloss", "binary", NOW, PROBABILITY)                                    \
  C("binary_error", "", NOW, PROBABILITY)                                            \
  C("auc_mu", "", NOW, CLASSES)                                                      \
  C("multi_logloss", "multiclass,softmax,multiclassova,multiclass_ova,ova,ovr", NOW, CLASSES) \
  C("multi_error", "", NOW, CLASSES)                                                 \
  C("cross_entropy", "xentropy", NOW, PROBABILITY)                                   \
  C("cross_entropy_lambda", "xentlambda", NOW, NUMBER)                             \
  C("kullback_leibler", "kldiv", NOW, PROBABILITY)                                 \
  C("accuracy", "", NOW, ANY_CLASS)                                                  \
  C("precision", "", NOW, ANY_CLASS)                                                 \
  C("recall", "", NOW, ANY_CLASS)                                                    \
  C("f1", "", NOW, ANY_CLASS)                                                        \
  C("precision_macro", "", NOW, ANY_CLASS)                                           \
  C("recall_macro", "", NOW, ANY_CLASS)                                              \
  C("f1_macro", "", NOW, ANY_CLASS)                                                  \
  C("kappa", "cohen_kappa", NOW, ANY_CLASS)                                          \
  C("mcc", "matthews_corrcoef,matthews", NOW, ANY_CLASS)                             \
  C("brier", "brier_score", NOW, ANY_CLASS)                                          \
  C("expectile", "", NOW, NUMBER)                                                    \
  C("focal", "", NOW, PROBABILITY)                                                   \
  C("cox", "", NOW, NUMBER)                                                          \
  C("aft", "", NOW, NUMBER)                                                          \
  C("concordance", "c_index", NOW, NUMBER)                                           \
  C("none", "na,null,custom", NOW, ANY)

#define LEAF_COUNTS(C) C("exact", "", NOW, ANY) C("hessian", "", NOW, ANY)
#define COMPAT(C)                                                            \
  C("none", "", NOW, ANY) C("lightgbm", "lightgbm4.6", NOW, ANY) C("lightgbm4.7", "", NOW, ANY)
/* The last three are forms of a profile, and nothing else takes them. */
#define FORMAT(C)                                                                                        \
  C("auto", "", NOW, ANY)                                                                              \
  C("csv", "", NOW, ANY)                                                                               \
  C("tsv", "", NOW, ANY)                                                                               \
  C("libsvm", "", NOW, ANY)                                                                            \
  C("html", "", NOW, ANY)                                                                              \
  C("json", "", NOW, ANY)                                                                              \
  C("text", "", NOW, ANY)
#define LIBSVM_BASE(C) C("auto", "", NOW, ANY) C("0", "", NOW, ANY) C("1", "", NOW, ANY)
#define UNSEEN_CATEGORY(C) C("missing", "", NOW, ANY) C("error", "", NOW, ANY)
#define VALUES(C) C("common", "", NOW, ANY) C("full", "", NOW, ANY) C("none", "", NOW, ANY)
#define DATE_ORDER(C) C("auto", "", NOW, ANY) C("dmy", "", NOW, ANY) C("mdy", "", NOW, ANY)
#define CAT_ENCODING(C) C("native", "", NOW, ANY) C("ordered", "", NOW, ANY)
#define LINT(C) C("warn", "", NOW, ANY) C("error", "", NOW, ANY) C("off", "", NOW, ANY)
#define AFT_DISTRIBUTION(C) C("logistic", "", NOW, ANY) C("extreme", "weibull", NOW, ANY)
/* clang-format on */

#define AVAILABLE_NOW true
#define AVAILABLE_LATER false
#define LISTED_NOW(name) ", " name
#define LISTED_LATER(name) ""
#define AS_ROW(name, aliases, when, outcome) {name, aliases, AVAILABLE_##when, OUTCOME_##outcome},
#define AS_TEXT(name, aliases, when, outcome) LISTED_##when(name)
#define DEFINE_CHOICES(table, LIST)                                           \
  const struct param_choice choices_##table[] = {LIST(AS_ROW){.name = NULL}}; \
  const char choices_text_##table[] = LIST(AS_TEXT);

DEFINE_CHOICES(task, TASK)
DEFINE_CHOICES(objective, OBJECTIVE)
DEFINE_CHOICES(boosting, BOOSTING)
DEFINE_CHOICES(data_sample_strategy, DATA_SAMPLE_STRATEGY)
DEFINE_CHOICES(grow_policy, GROW_POLICY)
DEFINE_CHOICES(tree_learner, TREE_LEARNER)
DEFINE_CHOICES(device_type, DEVICE_TYPE)
DEFINE_CHOICES(monotone_constraints_method, MONOTONE_CONSTRAINTS_METHOD)
DEFINE_CHOICES(metric, METRIC)
DEFINE_CHOICES(leaf_counts, LEAF_COUNTS)
DEFINE_CHOICES(compat, COMPAT)
DEFINE_CHOICES(format, FORMAT)
DEFINE_CHOICES(libsvm_base, LIBSVM_BASE)
DEFINE_CHOICES(unseen_category, UNSEEN_CATEGORY)
DEFINE_CHOICES(values, VALUES)
DEFINE_CHOICES(date_order, DATE_ORDER)
DEFINE_CHOICES(lint, LINT)
DEFINE_CHOICES(aft_distribution, AFT_DISTRIBUTION)
DEFINE_CHOICES(cat_encoding, CAT_ENCODING)

_Static_assert(sizeof choices_metric / sizeof choices_metric[0] <= MAX_METRICS, "MAX_METRICS has room");

int choice_find(const struct param_choice *choices, const char *text, size_t length) {
  for (int i = 0; choices[i].name != NULL; i++) {
    struct name_list aliases = names_of(choices[i].aliases);
    struct name alias;
    if (name_equal_fold((struct name){choices[i].name, strlen(choices[i].name)}, text, length)) return i;
    while (names_next(&aliases, &alias))
      if (name_equal_fold(alias, text, length)) return i;
  }
  return -1;
}

const char *choice_nearest(const struct param_choice *choices, const char *text, size_t length) {
  const char *best = NULL;
  size_t best_distance = name_cutoff(length) + 1;
  for (int i = 0; choices[i].name != NULL; i++) {
    if (!choices[i].available) continue;
    size_t distance = name_distance((struct name){choices[i].name, strlen(choices[i].name)}, text, length);
    if (distance < best_distance) {
      best = choices[i].name;
      best_distance = distance;
    }
  }
  return best;
}
