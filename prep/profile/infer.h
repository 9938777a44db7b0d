/* infer.h - the type of a column from the kinds of all its cells, with the reason in words. */
#ifndef COPSE_PROFILE_INFER_H
#define COPSE_PROFILE_INFER_H

#include "profile/facts.h"

/* Sets type, why and the counts of missing and misfitting cells; where the column holds days of unknown order
 * they become dates. The tables are sorted. */
void infer_type(struct column *column, struct column_facts *out);

/* What every filled cell can be stored as, once the type is known: facts.h. */
const char *infer_physical(const struct column *column, const struct column_facts *out);

/* Whether two texts are a pair of truth values, in any case; *first_true: which of them is the true one. */
bool truth_pair(const char *a, size_t n_a, const char *b, size_t n_b, bool *first_true);
/* Whether the name ends like one of a code or an identifier. */
bool name_ends_code(const char *name);

#endif
