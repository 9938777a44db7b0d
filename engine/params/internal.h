/* internal.h - the parameters handle, and what the files of this folder share. */
#ifndef COPSE_PARAMS_INTERNAL_H
#define COPSE_PARAMS_INTERNAL_H

#include <stdatomic.h>

#include "params/params.h"
#include "params/value.h"

/* The value in force and how it got there. */
struct param_slot {
  struct param_value value;
  bool set; /* by a call; false: the row's default */
  copse_params_source source;
  struct param_spelling key;
  char *place; /* "train.conf:12: ", owned; NULL: none */
};

/* A value that follows from others and takes the place of the slot's own in everything that reads. */
struct derived_value {
  enum param_id id;
  int64_t integer;
  char text[24];
};

enum { MAX_DERIVED = 16, RANKED_CAPACITY = 20 };

struct resolution {
  struct resolved_params out;
  const char *metric_names[MAX_METRIC_VALUES], *metric_printed[MAX_METRIC_VALUES];
  int metric_at[MAX_METRIC_VALUES];
  char multi_error[32];             /* "multi_error@3" */
  char quantile[MAX_QUANTILES][40]; /* "quantile@0.1" */
  int eval_at[MAX_EVAL_AT];
  char ndcg[MAX_EVAL_AT][RANKED_CAPACITY], map[MAX_EVAL_AT][RANKED_CAPACITY]; /* "ndcg@5" */
  const char *ndcg_printed[MAX_EVAL_AT];
  struct derived_value derived[MAX_DERIVED];
  size_t n_derived;
};

enum resolve_state { RESOLVE_STALE, RESOLVE_RUNNING, RESOLVE_DONE, RESOLVE_FAILED };

/* Ascending features. */
struct forced_list {
  struct forced_bins *items;
  size_t n;
};

struct copse_params {
  copse_context *ctx;
  struct param_slot slots[PARAM_COUNT];
  struct forced_list forced;
  copse_forced_split *forced_splits; /* [n_forced_splits] */
  size_t n_forced_splits;
  /* Cache. Const calls fill it from any thread: the one that moves `state` from STALE to RUNNING works, the
   * others wait. */
  atomic_int state;
  struct resolution resolution;
  copse_error error; /* when FAILED */
};

/* The slot's own value, before resolving. */
int64_t slot_int(const copse_params *params, enum param_id id);
double slot_double(const copse_params *params, enum param_id id);
const char *slot_text(const copse_params *params, enum param_id id);
bool slot_given(const copse_params *params, enum param_id id);
/* Whether an enum's value is this primary name. */
bool slot_is(const copse_params *params, enum param_id id, const char *choice);

/* "train.conf:12: " or "". */
const char *slot_place(const copse_params *params, enum param_id id);
/* "subsample=0.8 (bagging_fraction)" for messages; returns `out`. */
enum { MENTION_CAPACITY = 200 };
const char *slot_mention(const copse_params *params, enum param_id id, char out[MENTION_CAPACITY]);

/* NULL when the value was not derived. */
const struct derived_value *find_derived(const struct resolution *resolution, enum param_id id);
void derive_int(struct resolution *resolution, enum param_id id, int64_t value);
void derive_choice(struct resolution *resolution, enum param_id id, const char *name);

/* The value in force: derived where it was, the slot's own otherwise. Never NULL. */
const char *effective_text(const copse_params *params, enum param_id id);
int64_t effective_int(const copse_params *params, enum param_id id);

/* resolve.c: fills params->resolution. */
COPSE_MUST_CHECK copse_status resolve_all(copse_params *params, copse_error *err);
/* compat.c */
/* Whether LightGBM's quirks are asked for, of any version. */
bool compat_asked(const copse_params *params);
COPSE_MUST_CHECK copse_status compat_resolve(const copse_params *params, struct resolution *resolution,
                                             copse_error *err);
/* support.c: refuses values that this version knows but does not act on. */
COPSE_MUST_CHECK copse_status support_check(const copse_params *params, copse_error *err);
/* conflicts.c: values that cannot stand together. */
COPSE_MUST_CHECK copse_status conflicts_check(const copse_params *params, copse_error *err);
/* forced.c: `to` may hold a part of the list on failure. */
COPSE_MUST_CHECK copse_status forced_copy(copse_context *ctx, const struct forced_list *from,
                                          struct forced_list *to, copse_error *err);
void forced_release(struct forced_list *list);
/* forced_splits.c: a copy of splits that were checked. */
COPSE_MUST_CHECK copse_status forced_splits_set(copse_params *params, const copse_forced_split *splits,
                                                size_t n, copse_error *err);
/* seed.c: what `seed` makes of the seeds that are not given; 0.3 of the reference. */
enum { N_SEEDS = 6 };
void seeds_derive(int seed,
                  int out[N_SEEDS] /* data_random, bagging, drop, feature_fraction, objective, extra */);

#endif
