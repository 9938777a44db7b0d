/* interactions.h - the text of interaction_constraints: groups of features, "[0,1],[2,3]" or "[age,income]".
 */
#ifndef COPSE_PARAMS_INTERACTIONS_H
#define COPSE_PARAMS_INTERACTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A feature of a group. Begins as {0}. */
struct interaction_item {
  size_t group; /* from 0 */
  const char *name;
  size_t length;
  bool bad;        /* the text breaks off here: it is none of groups */
  size_t n_groups; /* so far; what is behind the last item is all of them */
  bool inside;     /* a group is open */
};

/* The next feature, from *at, which is moved on; false at the end. */
bool interactions_next(const char **at, struct interaction_item *item);

/* The feature that an item names: its number, or a name. -1: there is none. */
int64_t interactions_feature(const struct interaction_item *item, const char *const *names,
                             uint32_t n_features);

#endif
