/* booster.h - the insides of copse_booster: trees without the starting score, and the scores of every data
 * set. */
#ifndef COPSE_TRAIN_BOOSTER_H
#define COPSE_TRAIN_BOOSTER_H

#include "metric/metric.h"
#include "model/model.h"
#include "objective/objective.h"
#include "train/workspace.h"

/* A data set that is scored along: 0 is the training set. */
struct scored_set {
  copse_dataset *data;
  char *name;
  double *score;    /* raw, output-major [n_rows * n_outputs] */
  double *leaf;     /* [n_rows] scratch of linear trees; else NULL */
  uint64_t version; /* of the data set's fields when the scores were last begun */
  bool from_init;   /* they began at init scores */
};

/* See placed.h. */
struct placed_rows {
  float *label, *weight; /* label: all of a row's, output-major */
  double *score;         /* output-major [n_rows * n_outputs]; NULL: in the set's own memory, while `ahead` */
  uint64_t version;      /* of the fields that label and weight are of */
  bool has_fields, has_scores;
  bool ahead; /* the set's own scores are older, or lie by place */
  int n_given_back;
};

/* See position_bias.c. */
struct position_bias {
  uint64_t n;       /* positions */
  int first_round;  /* of those kept ... */
  int last_round;   /* ... and the newest one that has its biases */
  uint64_t version; /* of the positions they are of */
  double *rounds;   /* [capacity * n] the biases that each round begins with */
  int capacity;
  uint64_t *counts;  /* [n] rows at each position; NULL: nothing is kept */
  double *sums;      /* [2 * n] */
  double *continued; /* [n_continued] what the rounds behind a continued model begin with; NULL: 0 */
  uint64_t n_continued;
};

/* A metric of the caller's own. */
struct own_metric {
  char *name;
  bool higher_is_better;
  copse_metric_fn value;
  void *user;
};

/* See dart.h. Rounds are those of the booster's own trees. */
struct dart_drop {
  int when, round; /* in round `when` the trees of `round` were dropped ... */
  double factor;   /* ... and came back multiplied by this */
};
struct dart {
  double *unit;                  /* [n_outputs] of leaf values and scores; 0: not chosen yet */
  int n_fixed;                   /* first rounds that are never dropped */
  double *first_weight, *weight; /* [capacity] of a round's trees: when they were grown, and now */
  double **values;               /* [capacity * n_outputs] of a tree when it was grown */
  int *dropped, n_dropped;       /* [capacity] in this round */
  int capacity;                  /* rounds */
  struct dart_drop *drops;       /* [n_drops] by falling age */
  size_t n_drops, drops_capacity;
};

struct copse_booster {
  copse_context *ctx;
  copse_params *params;                   /* own copy */
  const struct resolved_params *resolved; /* of that copy */
  struct objective objective;
  int n_outputs; /* trees per round */
  struct workspace workspace;
  uint64_t data_version; /* of the training fields that the objective has seen */
  float *gradient,
      *hessian;  /* [n_rows * n_outputs] output-major; NULL while a chunk's at a time are enough */
  double *start; /* [n_outputs] score before the first tree; merged into the first round's trees in a model */
  double *gain_in_sight; /* [n_outputs] of their last trees, see ahead.h */
  struct dart dart;
  bool started, finished;
  double *forest_score; /* rf: [n_rows * n_outputs] the constants that every tree is grown at; else NULL */
  struct tree *trees;   /* [n_trees] shrunk, without the starting score; tree t: output t % n_outputs */
  int n_trees, trees_capacity;
  int n_base_rounds; /* rounds that came with a continued model: the first of `trees` when they were mapped to
                        bins ... */
  copse_model *prefix; /* ... else this model, whose scores the caller gave as init scores; NULL: none */
  struct renew_scratch renew; /* [n_rows] each, for objectives that renew leaves */
  struct scored_set *sets;
  int n_sets;
  struct placed_rows placed; /* of set 0 */
  struct position_bias position_bias;
  const struct metric_row **metrics; /* [booster_n_given_metrics] of params */
  struct own_metric *own_metrics;    /* [n_own_metrics] the caller's, behind them */
  int n_metrics, n_own_metrics;
  bool in_loop;           /* copse_train is at work, with room for these metrics */
  double valid_s, eval_s; /* seconds spent scoring validation sets, and in metrics */
};

/* Finds the starting scores: of every output the average (if asked for). */
void booster_find_start(copse_booster *booster, bool custom);
/* Starting score (or the set's own init scores), then every tree in order: the bits that training itself
 * makes. */
void booster_rescore(copse_booster *booster, struct scored_set *set);
/* booster_sets.c. One more data set, scored by the trees there are. */
COPSE_MUST_CHECK copse_status booster_add_set(copse_booster *booster, copse_dataset *data, const char *name,
                                              copse_error *err);
/* Fields may have changed since: init scores must still fit, and the scores begin at the present ones. */
COPSE_MUST_CHECK copse_status booster_refresh_sets(copse_booster *booster, copse_error *err);
/* booster_objective.c. Outputs of the objective with these training data. */
int booster_count_outputs(const copse_booster *booster, const copse_dataset *train);
/* As many labels per row as the objective compares with. The caller's own metrics and gradients take any. */
COPSE_MUST_CHECK copse_status booster_check_labels(const copse_booster *booster, const copse_dataset *data,
                                                   const char *name, copse_error *err);
/* Labels or weights may have changed since the objective saw them. */
COPSE_MUST_CHECK copse_status booster_refresh_objective(copse_booster *booster, copse_error *err);
/* The objective of the training data as they are. To be released. */
COPSE_MUST_CHECK copse_status booster_make_objective(const copse_booster *booster, int n_threads,
                                                     struct objective *out, copse_error *err);
/* Whether the trees of a model can be what is done to them here, "continue" or "refit" (for messages), before
 * the first round. */
COPSE_MUST_CHECK copse_status booster_check_model(const copse_booster *booster, const copse_model *model,
                                                  const char *what, copse_error *err);
/* Threads that a team for this booster's rounds is worth: 1 where every loop is too short to be cut, since a
 * team's threads must be started and ended, and on a busy machine that costs more than the round. */
int booster_team_threads(const copse_booster *booster);
/* own_metric.c: value of the caller's metric `index` on a set. */
COPSE_MUST_CHECK copse_status own_metric_value(const copse_booster *booster, int index, int set, double *out,
                                               copse_error *err);
void own_metrics_release(copse_booster *booster);
/* Memory for the gradients of all rows. Without it only those of a chunk exist at a time, where the workspace
 * takes them as they come. */
COPSE_MUST_CHECK copse_status booster_reserve_gradients(copse_booster *booster, copse_error *err);
/* After booster_reserve_gradients: gradients of the training rows at a score, in the order of rows; biases of
 * positions are left out. round: the model's, to which draws belong. */
void booster_gradients_at(copse_booster *booster, const double *score, int round);
/* score += the tree's leaf values over a set's binned rows. */
void booster_add_tree(copse_booster *booster, struct scored_set *set, const struct tree *tree, int output);
/* The same times factor, 1 or -1, to the scores that count: those by place, where they are ahead. */
void booster_add_scaled(copse_booster *booster, struct scored_set *set, const struct tree *tree, int output,
                        double factor);

static inline int booster_n_given_metrics(const copse_booster *booster) {
  return booster->n_metrics - booster->n_own_metrics;
}

static inline bool booster_is(const copse_booster *booster, enum boosting_kind kind) {
  return booster->resolved->boost.boosting == kind;
}

#endif
