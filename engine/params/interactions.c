/* interactions.c - walks the groups of interaction_constraints. */
#include "params/interactions.h"

#include <string.h>

static void skip_blanks(const char **at) {
  while (**at == ' ' || **at == '\t') ++*at;
}

static bool broken(struct interaction_item *item) {
  item->bad = true;
  return true;
}

/* Up to the first feature of the next group. False: there is no further group. */
static bool open_group(const char **at, struct interaction_item *item) {
  skip_blanks(at);
  if (item->n_groups > 0) {
    if (**at == '\0') return false;
    if (**at != ',') return broken(item);
    ++*at;
    skip_blanks(at);
  } else if (**at == '\0') {
    return false;
  }
  if (**at != '[') return broken(item);
  ++*at;
  item->group = item->n_groups++;
  item->inside = true;
  return true;
}

bool interactions_next(const char **at, struct interaction_item *item) {
  if (item->bad) return false;
  if (!item->inside && (!open_group(at, item) || item->bad)) return item->bad;
  skip_blanks(at);
  const char *begin = *at;
  size_t length = strcspn(begin, ",[]");
  *at += length;
  while (length > 0 && (begin[length - 1] == ' ' || begin[length - 1] == '\t')) length--;
  if (length == 0 || **at == '[' || **at == '\0') return broken(item);
  item->name = begin;
  item->length = length;
  item->inside = **at == ',';
  ++*at;
  return true;
}

int64_t interactions_feature(const struct interaction_item *item, const char *const *names,
                             uint32_t n_features) {
  uint64_t number = 0;
  size_t i = 0;
  for (; i < item->length && item->name[i] >= '0' && item->name[i] <= '9' && number < UINT32_MAX; i++)
    number = number * 10 + (uint64_t)(item->name[i] - '0');
  if (i == item->length) return number < n_features ? (int64_t)number : -1;
  for (uint32_t f = 0; f < n_features; f++)
    if (strlen(names[f]) == item->length && memcmp(names[f], item->name, item->length) == 0) return f;
  return -1;
}
