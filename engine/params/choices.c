/* choices.c - one table per enum parameter.
 *
 * How to add a value: implement it, then add its row here, or turn its LATER into NOW. Rows are
 * C(name, aliases, NOW or LATER, two_class); parsing, help and refusals follow from them. */
#include "params/choices.h"

#include <string.h>

#include "params/names.h"

/* clang-format off */
#define TASK(C)                                            \
  C("train", "training", NOW, false)                       \
  C("predict", "prediction,test", NOW, false)              \
  C("convert_model", "", LATER, false)                     \
  C("refit", "refit_tree", LATER, false)                   \
  C("save_binary", "", LATER, false)

#define OBJECTIVE(C)                                                                                          \
  C("regression", "regression_l2,l2,mean_squared_error,mse,l2_root,root_mean_squared_error,rmse", NOW, false) \
  C("regression_l1", "l1,mean_absolute_error,mae", LATER, false)                                              \
  C("huber", "", LATER, false)                                                                                \
  C("fair", "", LATER, false)                                                                                 \
  C("poisson", "", LATER, false)                                                                              \
  C("quantile", "", LATER, false)                                                                             \
  C("mape", "mean_absolute_percentage_error", LATER, false)                                                   \
  C("gamma", "", LATER, false)                                                                                \
  C("tweedie", "", LATER, false)                                                                              \
  C("binary", "", NOW, false)                                                                                 \
  C("multiclass", "softmax", LATER, false)                                                                    \
  C("multiclassova", "multiclass_ova,ova,ovr", LATER, false)                                                  \
  C("cross_entropy", "xentropy", LATER, false)                                                                \
  C("cross_entropy_lambda", "xentlambda", LATER, false)                                                       \
  C("lambdarank", "", LATER, false)                                                                           \
  C("rank_xendcg", "xendcg,xe_ndcg,xe_ndcg_mart,xendcg_mart", LATER, false)                                   \
  C("custom", "none,null,na", NOW, false)

#define BOOSTING(C)                     \
  C("gbdt", "gbrt", NOW, false)         \
  C("rf", "random_forest", LATER, false) \
  C("dart", "", LATER, false)           \
  C("goss", "", LATER, false)

#define DATA_SAMPLE_STRATEGY(C) C("bagging", "", NOW, false) C("goss", "", LATER, false)

/* With one machine LightGBM trains serially whatever is asked for. */
#define TREE_LEARNER(C)                    \
  C("serial", "", NOW, false)              \
  C("feature", "feature_parallel", NOW, false) \
  C("data", "data_parallel", NOW, false)   \
  C("voting", "voting_parallel", NOW, false)

#define DEVICE_TYPE(C) C("cpu", "", NOW, false) C("gpu", "", LATER, false) C("cuda", "", LATER, false)

#define MONOTONE_CONSTRAINTS_METHOD(C) \
  C("basic", "", NOW, false)           \
  C("intermediate", "", NOW, false)    \
  C("advanced", "", NOW, false)

#define METRIC(C)                                                                    \
  C("l1", "mean_absolute_error,mae,regression_l1", NOW, false)                       \
  C("l2", "mean_squared_error,mse,regression_l2,regression", NOW, false)             \
  C("rmse", "root_mean_squared_error,l2_root", NOW, false)                           \
  C("r2", "", LATER, false)                                                          \
  C("quantile", "", LATER, false)                                                    \
  C("mape", "mean_absolute_percentage_error", LATER, false)                          \
  C("huber", "", LATER, false)                                                       \
  C("fair", "", LATER, false)                                                        \
  C("poisson", "", LATER, false)                                                     \
  C("gamma", "", LATER, false)                                                       \
  C("gamma_deviance", "", LATER, false)                                              \
  C("tweedie", "", LATER, false)                                                     \
  C("ndcg", "lambdarank,rank_xendcg,xendcg,xe_ndcg,xe_ndcg_mart,xendcg_mart", LATER, false) \
  C("map", "mean_average_precision", LATER, false)                                   \
  C("auc", "", NOW, false)                                                           \
  C("average_precision", "", LATER, false)                                           \
  C("binary_logloss", "binary", NOW, true)                                           \
  C("binary_error", "", NOW, true)                                                   \
  C("auc_mu", "", LATER, false)                                                      \
  C("multi_logloss", "multiclass,softmax,multiclassova,multiclass_ova,ova,ovr", LATER, false) \
  C("multi_error", "", LATER, false)                                                 \
  C("cross_entropy", "xentropy", LATER, false)                                       \
  C("cross_entropy_lambda", "xentlambda", LATER, false)                              \
  C("kullback_leibler", "kldiv", LATER, false)                                       \
  C("accuracy", "", NOW, true)                                                       \
  C("precision", "", NOW, true)                                                      \
  C("recall", "", NOW, true)                                                         \
  C("f1", "", NOW, true)                                                             \
  C("precision_macro", "", NOW, true)                                                \
  C("recall_macro", "", NOW, true)                                                   \
  C("f1_macro", "", NOW, true)                                                       \
  C("none", "na,null,custom", NOW, false)

#define LEAF_COUNTS(C) C("exact", "", NOW, false) C("hessian", "", NOW, false)
#define COMPAT(C) C("none", "", NOW, false) C("lightgbm", "", NOW, false)
#define FORMAT(C) C("auto", "", NOW, false) C("csv", "", NOW, false) C("tsv", "", NOW, false) C("libsvm", "", NOW, false)
#define LIBSVM_BASE(C) C("auto", "", NOW, false) C("0", "", NOW, false) C("1", "", NOW, false)
#define UNSEEN_CATEGORY(C) C("missing", "", NOW, false) C("error", "", NOW, false)
/* clang-format on */

#define AVAILABLE_NOW true
#define AVAILABLE_LATER false
#define LISTED_NOW(name) ", " name
#define LISTED_LATER(name) ""
#define AS_ROW(name, aliases, when, two_class) {name, aliases, AVAILABLE_##when, two_class},
#define AS_TEXT(name, aliases, when, two_class) LISTED_##when(name)
#define DEFINE_CHOICES(table, LIST)                                           \
  const struct param_choice choices_##table[] = {LIST(AS_ROW){.name = NULL}}; \
  const char choices_text_##table[] = LIST(AS_TEXT);

DEFINE_CHOICES(task, TASK)
DEFINE_CHOICES(objective, OBJECTIVE)
DEFINE_CHOICES(boosting, BOOSTING)
DEFINE_CHOICES(data_sample_strategy, DATA_SAMPLE_STRATEGY)
DEFINE_CHOICES(tree_learner, TREE_LEARNER)
DEFINE_CHOICES(device_type, DEVICE_TYPE)
DEFINE_CHOICES(monotone_constraints_method, MONOTONE_CONSTRAINTS_METHOD)
DEFINE_CHOICES(metric, METRIC)
DEFINE_CHOICES(leaf_counts, LEAF_COUNTS)
DEFINE_CHOICES(compat, COMPAT)
DEFINE_CHOICES(format, FORMAT)
DEFINE_CHOICES(libsvm_base, LIBSVM_BASE)
DEFINE_CHOICES(unseen_category, UNSEEN_CATEGORY)

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
