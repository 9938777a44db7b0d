/* meaning.h - what the name of an objective stands for, as far as parameters must know before there is an
 * objective. Its gradients, start and transform are objective/objective.h's. */
#ifndef COPSE_PARAMS_MEANING_H
#define COPSE_PARAMS_MEANING_H

#include "params/params.h"

enum objective_trait {
  TRAIT_UNIT_HESSIAN = 1, /* a row's hessian is its weight: without weights hessians count rows */
  TRAIT_PERCENTILES = 2,  /* leaves are percentiles of residuals, not Newton steps: the row has `renew` */
  TRAIT_TWO_CLASSES = 4   /* a row is positive or negative: by label > 0 */
};

struct objective_meaning {
  const char *name;
  enum objective_kind kind;
  const char *metric; /* its own one; NULL: none */
  unsigned traits;    /* of enum objective_trait */
};

/* Of objective=name; every available objective has one. */
const struct objective_meaning *meaning_of(const copse_params *params);
bool meaning_has(const copse_params *params, enum objective_trait trait);
/* By kind, for what is made of resolved parameters. */
bool objective_has_trait(enum objective_kind kind, enum objective_trait trait);

#endif
