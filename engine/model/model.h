/* model.h - the insides of copse_model: trees, and everything a text model says beside them. */
#ifndef COPSE_MODEL_MODEL_H
#define COPSE_MODEL_MODEL_H

#include <stdatomic.h>

#include "copse.h"
#include "data/encoder.h"
#include "model/tree.h"

struct model_blob {
  char *key;
  char *data; /* length bytes and a NUL behind them */
  size_t length;
};

struct copse_model {
  copse_context *ctx;
  atomic_int references;
  uint32_t n_features;    /* of the trees */
  copse_encoder *encoder; /* derives the last of them from the first; NULL: none */
  char **names;           /* [n_features] */
  bool default_names;
  char **infos;       /* [n_features] "none", "[min:max]", "-1:3:0" */
  struct tree *trees; /* [n_trees] owned; tree t belongs to output t % trees_per_round */
  int n_trees, trees_capacity;
  int trees_per_round;
  int n_class;
  int label_index;
  char *objective; /* LightGBM's text: "binary sigmoid:1"; "" = custom */
  bool average_output;
  char *parameters; /* the text between "parameters:" and "end of parameters", verbatim; may be "" */
  char *config;     /* "name=value" lines, may be "" */
  int best_round;   /* 0: not known */
  /* boosting=dart, for training that goes on from the model; NULL: none. [n_rounds] weights of a round's
   * trees, 0 for those that are never dropped, and [trees_per_round] what the first round's trees hold beside
   * their own values, all of which are multiples of the output's dart_unit [trees_per_round]. */
  double *dart_weight, *dart_start, *dart_unit;
  /* objective=lambdarank with positions, likewise: [n_position_biases] the biases after the last round. */
  double *position_bias;
  size_t n_position_biases;
  /* Kept for whoever wrote them, verbatim, "" when absent: the header's line and the file's last line. */
  char *monotone_constraints;
  char *pandas_categorical;
  struct model_blob *blobs; /* [n_blobs] ascending by key */
  size_t n_blobs;
};

/* A model without trees. Everything is copied; a NULL text is "". */
struct model_shape {
  uint32_t n_features;
  const char *const *names;
  bool default_names;
  const char *const *infos; /* NULL: "none" for every feature */
  int trees_per_round, n_class;
  const char *objective;
  bool average_output;
  const char *parameters, *config;
  copse_encoder *encoder; /* or NULL */
};
COPSE_MUST_CHECK copse_status model_create(copse_context *ctx, const struct model_shape *shape,
                                           copse_model **out, copse_error *err);
/* Takes the tree over (also on failure); *tree is emptied. A tree with much unused room is copied into a
 * smaller one, so that a model never holds num_leaves of room for a few leaves. */
COPSE_MUST_CHECK copse_status model_add_tree(copse_model *model, struct tree *tree, copse_error *err);
/* Replaces one of the model's own texts by a copy of length bytes. */
COPSE_MUST_CHECK copse_status model_set_text(copse_context *ctx, char **slot, const char *text, size_t length,
                                             copse_error *err);
/* A copy of everything, with one owner. */
COPSE_MUST_CHECK copse_status model_copy(copse_context *ctx, const copse_model *model, copse_model **out,
                                         copse_error *err);
/* start [trees_per_round], weight [n_rounds] or NULL for zeros; copied. */
COPSE_MUST_CHECK copse_status model_set_dart(copse_model *model, const double *unit, const double *start,
                                             const double *weight, size_t n_rounds, copse_error *err);
void model_clear_dart(copse_model *model);
/* bias [n] is copied; n 0: none. */
COPSE_MUST_CHECK copse_status model_set_position_bias(copse_model *model, const double *bias, size_t n,
                                                      copse_error *err);
/* Resolves "rounds [start, start + count), count <= 0: to the end" against a number of rounds: both results
 * lie within [0, n_rounds]. */
void model_clamp_rounds(int n_rounds, int start, int count, int *first, int *last);
/* Fingerprint of rounds [first, last) with everything that predicts beside them. */
uint64_t model_fingerprint(const copse_model *model, int first, int last);
/* Importance over rounds [first, last); out [n_features]. */
void model_importance(const copse_model *model, int first, int last, bool gain, double *out);
/* feature_infos text of a feature, appended. */
void model_write_info(const struct feature_bins *bins, copse_text *out);

#endif
