/* domain.h - how well two files can be told apart by all columns at once: the learner, trained to do so, as a
 * measure of drift that also sees what moves only together. */
#ifndef COPSE_FINDINGS_DOMAIN_H
#define COPSE_FINDINGS_DOMAIN_H

#include "profile/facts.h"
#include "profile/scan.h"

enum { DOMAIN_COLUMNS = 5 };

struct domain {
  double auc, auc_se;                /* on rows that training did not see; NaN: too little to train on */
  uint64_t n_rows, n_other;          /* looked at, of this file and of the other one */
  uint32_t n_columns;                /* that tell the most */
  uint32_t columns[DOMAIN_COLUMNS];  /* [n_columns] the most first */
  double gain_share[DOMAIN_COLUMNS]; /* of all splits' gain */
};

/* Whether chance does not explain it. */
static inline bool domain_is_told(const struct domain *domain) {
  return domain->auc - 0.5 >= 3 * domain->auc_se;
}

/* Columns that both files have, with the same kind of values: numbers and levels. Not the target, nor what
 * differs in every row, nor dates, for time goes on. Both scans' columns are described already. */
copse_status domain_find(copse_context *ctx, const struct scan *here, const struct column_facts *facts,
                         const struct scan *other, const struct column_facts *other_facts, int n_threads,
                         struct domain *out, copse_error *err);

#endif
