/* objective.h - what is minimised: gradients, start score, output transform. One file and one row per
 * objective.
 *
 * Gradients and hessians are computed in double with the engine's own exp and log, then rounded once to
 * float32, as LightGBM does; the same operations in the same order in every CPU tier. Predictions are
 * transformed with the platform's exp and log1p, because LightGBM does so and a loaded model is to give its
 * very bits. */
#ifndef COPSE_OBJECTIVE_OBJECTIVE_H
#define COPSE_OBJECTIVE_OBJECTIVE_H

#include "copse.h"
#include "kernels/kernels.h"
#include "params/params.h"

struct objective_data {
  const float *label;  /* [n_rows]; of multi_regression output-major [n_rows * n_outputs] */
  const float *weight; /* [n_rows] or NULL */
  uint64_t n_rows;
  int n_threads;
  const int32_t *group; /* [n_groups] rows of each query, summing to n_rows; or NULL */
  uint64_t n_groups;
  const int32_t *position; /* [n_rows] from 0, where a row was shown; or NULL */
};

/* One computation of gradients over queries. */
struct query_pass {
  const double *score; /* [n_rows] */
  const double *bias;  /* [positions] added to the scores of rows there; or NULL */
  uint64_t round;      /* of the model: draws belong to it */
  float *gradient, *hessian;
};

/* What the transform does to a raw score, for those who must repeat it with the engine's own exp. */
enum objective_output {
  OUTPUT_RAW,       /* s, or with reg_sqrt sgn(s) s^2 */
  OUTPUT_SIGMOID,   /* 1 / (1 + e^(-sigmoid s)) */
  OUTPUT_EXP,       /* e^s */
  OUTPUT_LOG1P_EXP, /* log(1 + e^s) */
  OUTPUT_SOFTMAX,   /* over all outputs */
  OUTPUT_SIGMOIDS,  /* OUTPUT_SIGMOID of every output */
  OUTPUT_SORTED     /* all outputs in ascending order */
};

struct objective;

/* Room for the rows of a leaf. */
struct renew_scratch {
  double *values;
  uint32_t *rows;
};

/* One row of the table. */
struct objective_row {
  enum objective_kind kind; /* OBJECTIVE_CUSTOM too where this version only predicts (gradients is NULL) */
  const char *name;
  const char *default_metric; /* "" = none */
  enum objective_output output;
  bool takes_sqrt;       /* knows reg_sqrt: the word "sqrt" in its text */
  bool takes_sigmoid;    /* knows sigmoid: the word "sigmoid:S" in its text */
  bool trains_sigmoid;   /* its gradients know sigmoid, its text does not */
  bool learns_positions; /* scores are judged with a bias of their positions, learnt on the way */
  /* A row's gradient depends on all rows: one call of gradients for all of them, in the order of rows. */
  bool whole;
  bool soon_is_high; /* of survival: the larger the score, the earlier the event */
  /* Label rules of the objective; the message names the row (from 1) and the value. NULL: none. */
  copse_status (*check)(const struct objective *objective, copse_error *err);
  /* What start, gradients and trainable need to know of the labels. NULL: nothing. */
  copse_status (*prepare)(copse_context *ctx, struct objective *objective, copse_error *err);
  /* Raw score to start from (boost_from_average) for an output. NULL: 0. */
  double (*start)(const struct objective *objective, int output);
  /* g, h of rows [begin, end) of every output; score is output-major [n_rows * n_outputs], and so are
   * gradient and hessian from row begin on: of one output a stretch of end - begin numbers does. NULL: the
   * gradients are the caller's. */
  void (*gradients)(const struct objective *objective, const double *score, uint64_t begin, uint64_t end,
                    float *gradient, float *hessian);
  /* In place of `gradients` where a row's depend on the others of its query: those of queries [first, end).
   * lane: of the calling thread, below the data's n_threads. */
  void (*query_gradients)(const struct objective *objective, const struct query_pass *pass, uint64_t first,
                          uint64_t end, int lane);
  /* Whether the trees of an output are to be grown (a class that occurs in some rows, but not in all). NULL:
   * always. */
  bool (*trainable)(const struct objective *objective, int output);
  /* A leaf's value in place of the Newton step (before shrinkage): a percentile of target - score over the
   * leaf's rows; score [n_rows] of the output. scratch has room for n numbers each. NULL: no renewal. */
  double (*renew)(const struct objective *objective, int output, const double *score, const uint32_t *rows,
                  uint64_t n, struct renew_scratch scratch);
  /* Raw score -> prediction with the platform's exp, exactly as LightGBM computes it; raw [n_outputs] in
   * place. */
  void (*transform)(const struct objective *objective, double *raw);
  /* LightGBM's objective text, e.g. "binary sigmoid:1". */
  void (*describe)(const struct objective *objective, copse_text *out);
};

struct risk_order;

/* One class against the rest. */
struct objective_class {
  uint64_t n_positive;
  double share;     /* of the class in the sum of weights */
  double weight[2]; /* class weight of negative and positive rows */
};

struct objective_queries;

struct objective {
  const struct objective_row *row;
  const struct kernels *kernels; /* the best tier; tests put another one here */
  struct objective_params params;
  struct objective_data data;
  bool constant_hessian;           /* every hessian is the same number: it is the count */
  struct objective_class *classes; /* [n_outputs] where classes are told apart, else NULL; owned */
  double *starts;                  /* [n_outputs] where they are worked out beforehand, else NULL; owned */
  float *label_weight;             /* [n_rows] where errors count by the label, else NULL; owned */
  double root_hessian;     /* compat 10.3: what a tree's root has for the sum of its hessians; 0: their sum */
  struct risk_order *risk; /* of survival times, else NULL; owned */
  struct objective_queries *queries; /* of objectives over queries, else NULL; owned */
};

/* Checks labels and weights and prepares what depends on them. data is borrowed; data.label may be NULL only
 * for OBJECTIVE_CUSTOM. To be released. */
COPSE_MUST_CHECK copse_status objective_init(copse_context *ctx, const struct objective_params *params,
                                             const struct objective_data *data, struct objective *out,
                                             copse_error *err);
void objective_release(struct objective *objective);
/* Score to start from. */
static inline double objective_start(const struct objective *objective, int output) {
  return objective->row->start != NULL ? objective->row->start(objective, output) : 0;
}
/* The queries that begin in rows [begin, end): the first, and the one behind the last. */
void objective_queries_between(const struct objective *objective, uint64_t begin, uint64_t end,
                               uint64_t *first, uint64_t *behind);
static inline bool objective_trainable(const struct objective *objective, int output) {
  return objective->row->trainable == NULL || objective->row->trainable(objective, output);
}
/* Without data: only transform and describe work, nothing is to be released. text: LightGBM's objective line
 * ("" = custom). All of LightGBM's objective names transform correctly here, so that any loaded model
 * predicts. */
COPSE_MUST_CHECK copse_status objective_from_text(const char *text, int n_outputs, struct objective *out,
                                                  copse_error *err);
const struct objective_row *objective_row_of(enum objective_kind kind);

/* The table, for those who walk over it. */
size_t objective_count(void);
const struct objective_row *objective_at(size_t index);

#endif
