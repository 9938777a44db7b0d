/* table.c - params.def as an array, looked up by name. The rows are few, so a walk is fast enough: nothing in
 * a training round asks for a name. */
#include "params/table.h"

#include <math.h>
#include <string.h>

#define GROUP_CORE "Core"
#define GROUP_LEARNING "Learning control"
#define GROUP_DATASET "Data set"
#define GROUP_PREDICT "Prediction"
#define GROUP_CONVERT "Conversion"
#define GROUP_OBJECTIVE "Objective"
#define GROUP_METRIC "Metric"
#define GROUP_NETWORK "Network"
#define GROUP_GPU "GPU"
#define GROUP_COPSE "Copse"

#define ANY \
  { .text = "" }
#define FROM(lo) \
  { .bounded = true, .min = lo, .max = INFINITY, .text = "x >= " #lo }
#define ABOVE(lo) \
  { .bounded = true, .min = lo, .min_open = true, .max = INFINITY, .text = "x > " #lo }
#define FROM_TO(lo, hi) \
  { .bounded = true, .min = lo, .max = hi, .text = #lo " <= x <= " #hi }
#define ABOVE_TO(lo, hi) \
  { .bounded = true, .min = lo, .min_open = true, .max = hi, .text = #lo " < x <= " #hi }
#define FROM_BELOW(lo, hi) \
  { .bounded = true, .min = lo, .max = hi, .max_open = true, .text = #lo " <= x < " #hi }
#define ABOVE_BELOW(lo, hi) \
  { .bounded = true, .min = lo, .min_open = true, .max = hi, .max_open = true, .text = #lo " < x < " #hi }
#define ONE_OF(table) \
  { .choices = choices_##table, .text = choices_text_##table + 2 }

const struct param_row param_rows[PARAM_COUNT] = {
#define PARAM(name, type, default_text, range, group, support, scope, aliases, help)        \
  {#name,         TYPE_##type, default_text, range, GROUP_##group, COPSE_SUPPORT_##support, \
   SCOPE_##scope, aliases,     help},
#include "params/params.def"
#undef PARAM
};

/* LightGBM's order among aliases of one parameter. */
static bool preferred(struct name a, struct name b) {
  if (a.length != b.length) return a.length < b.length;
  return memcmp(a.text, b.text, a.length) < 0;
}

static int alias_rank(const char *aliases, struct name alias) {
  struct name_list list = names_of(aliases);
  struct name other;
  int rank = 1;
  while (names_next(&list, &other)) rank += preferred(other, alias);
  return rank;
}

int param_find(const char *key, size_t length, struct param_spelling *spelling) {
  for (int id = 0; id < PARAM_COUNT; id++) {
    const struct param_row *row = &param_rows[id];
    struct name name = {row->name, strlen(row->name)};
    if (name_equal(name, key, length)) {
      if (spelling != NULL) *spelling = (struct param_spelling){name, 0};
      return id;
    }
    struct name_list aliases = names_of(row->aliases);
    while (names_next(&aliases, &name)) {
      if (!name_equal(name, key, length)) continue;
      if (spelling != NULL) *spelling = (struct param_spelling){name, alias_rank(row->aliases, name)};
      return id;
    }
  }
  return -1;
}

int param_nearest(const char *key, size_t length, struct name *out) {
  int best = -1;
  size_t best_distance = name_cutoff(length) + 1;
  for (int id = 0; id < PARAM_COUNT; id++) {
    struct name name = {param_rows[id].name, strlen(param_rows[id].name)};
    struct name_list aliases = names_of(param_rows[id].aliases);
    do {
      size_t distance = name_distance(name, key, length);
      if (distance >= best_distance) continue;
      best = id;
      best_distance = distance;
      *out = name;
    } while (names_next(&aliases, &name));
  }
  return best;
}

size_t copse_params_count(void) { return PARAM_COUNT; }

bool copse_params_describe(size_t index, copse_params_info *out) {
  static const char *const types[] = {"int", "double", "bool", "string", "enum", "ints", "doubles", "enums"};
  if (index >= PARAM_COUNT) return false;
  const struct param_row *row = &param_rows[index];
  *out = (copse_params_info){row->name,       row->aliases, types[row->type], row->default_text,
                             row->range.text, row->group,   row->help,        row->support};
  return true;
}

int copse_params_find(const char *name) { return param_find(name, strlen(name), NULL); }

const char *copse_params_nearest(const char *name) {
  struct name nearest;
  int id = param_nearest(name, strlen(name), &nearest);
  return id < 0 ? NULL : param_rows[id].name;
}
