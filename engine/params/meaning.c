/* meaning.c - the one table of what objectives are to the parameters and to the learner around them.
 * tests/unit/objective/test_objective.c holds each row against the objective's gradients. */
#include "params/meaning.h"

#include "params/internal.h"

enum { UNIT = TRAIT_UNIT_HESSIAN, PERCENTILES = TRAIT_UNIT_HESSIAN | TRAIT_PERCENTILES };

static const struct objective_meaning meanings[] = {
    {"regression", OBJECTIVE_REGRESSION, "l2", UNIT},
    {"regression_l1", OBJECTIVE_REGRESSION_L1, "l1", PERCENTILES},
    {"huber", OBJECTIVE_HUBER, "huber", UNIT},
    {"poisson", OBJECTIVE_POISSON, "poisson", 0},
    {"quantile", OBJECTIVE_QUANTILE, "quantile", PERCENTILES},
    {"binary", OBJECTIVE_BINARY, "binary_logloss", TRAIT_TWO_CLASSES},
    {"multiclass", OBJECTIVE_MULTICLASS, "multi_logloss", 0},
    {"multiclassova", OBJECTIVE_MULTICLASSOVA, "multi_logloss", 0},
    {"cross_entropy", OBJECTIVE_CROSS_ENTROPY, "cross_entropy", 0},
    {"lambdarank", OBJECTIVE_LAMBDARANK, "ndcg", 0},
    {"rank_xendcg", OBJECTIVE_RANK_XENDCG, "ndcg", 0},
    {"fair", OBJECTIVE_FAIR, "fair", 0},
    {"mape", OBJECTIVE_MAPE, "mape", PERCENTILES},
    {"gamma", OBJECTIVE_GAMMA, "gamma", 0},
    {"tweedie", OBJECTIVE_TWEEDIE, "tweedie", 0},
    {"cross_entropy_lambda", OBJECTIVE_CROSS_ENTROPY_LAMBDA, "cross_entropy_lambda", 0},
    {"quantiles", OBJECTIVE_QUANTILES, "quantile", PERCENTILES},
    {"expectile", OBJECTIVE_EXPECTILE, "expectile", 0},
    {"focal", OBJECTIVE_FOCAL, "focal", TRAIT_TWO_CLASSES},
    {"cox", OBJECTIVE_COX, "cox", 0},
    {"aft", OBJECTIVE_AFT, "aft", 0},
    {"multi_regression", OBJECTIVE_MULTI_REGRESSION, "l2", UNIT},
    {"custom", OBJECTIVE_CUSTOM, NULL, 0}};

const struct objective_meaning *meaning_of(const copse_params *params) {
  size_t i = 0;
  while (!slot_is(params, PARAM_objective, meanings[i].name)) i++; /* support_check refused all others */
  return &meanings[i];
}

bool meaning_has(const copse_params *params, enum objective_trait trait) {
  return (meaning_of(params)->traits & trait) != 0;
}

bool objective_has_trait(enum objective_kind kind, enum objective_trait trait) {
  size_t i = 0;
  while (meanings[i].kind != kind) i++; /* every kind has a row */
  return (meanings[i].traits & trait) != 0;
}
