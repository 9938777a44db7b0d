/* position_bias.c - rows shown at the top are clicked more often than they deserve: each position has a bias,
 * which is added to the scores of its rows while gradients are computed, and which takes a Newton step of its
 * own after every round (unbiased LambdaMART after Hu 2019, in LightGBM's form). Predictions leave it out.
 *
 * The biases of every round are kept, so that a round taken back and made again has the same bits. A model
 * carries the last ones: going on from it with the same data goes on with them (LightGBM begins at 0 again).
 * Positions that were set anew begin with none. */
#include "train/position_bias.h"

#include <string.h>

#include "base/status.h"

static bool learns(const copse_booster *booster) {
  return booster->objective.row->learns_positions && booster->sets[0].data->position != NULL;
}

static uint64_t count_positions(const copse_dataset *data) {
  int32_t most = 0;
  for (uint64_t i = 0; i < data->n_rows; i++)
    if (data->position[i] > most) most = data->position[i];
  return (uint64_t)most + 1;
}

/* All but what a continued model has. */
static void clear(copse_booster *booster) {
  struct position_bias *bias = &booster->position_bias;
  struct position_bias rest = {.continued = bias->continued, .n_continued = bias->n_continued};
  copse_free(bias->rounds);
  copse_free(bias->counts);
  copse_free(bias->sums);
  *bias = rest;
}

/* The biases of the rounds from `round` on begin at 0, or where the model to continue has come to: at 0 for
 * positions that it did not know. */
static void set_first(copse_booster *booster, double *first) {
  const struct position_bias *bias = &booster->position_bias;
  memset(first, 0, bias->n * sizeof *first);
  if (bias->continued == NULL || bias->first_round != booster->n_base_rounds) return;
  uint64_t known = bias->n < bias->n_continued ? bias->n : bias->n_continued;
  memcpy(first, bias->continued, known * sizeof *first);
}

static copse_status begin(copse_booster *booster, int round, copse_error *err) {
  struct position_bias *bias = &booster->position_bias;
  const copse_dataset *data = booster->sets[0].data;
  clear(booster);
  bias->n = count_positions(data);
  bias->first_round = bias->last_round = round;
  bias->version = data->position_version;
  bias->counts = copse_alloc_zero(booster->ctx, bias->n, sizeof *bias->counts);
  bias->sums = copse_alloc(booster->ctx, bias->n, 2 * sizeof *bias->sums);
  if (bias->counts == NULL || bias->sums == NULL) {
    clear(booster);
    return status_memory(err, "the position biases");
  }
  for (uint64_t i = 0; i < data->n_rows; i++) bias->counts[data->position[i]]++;
  return COPSE_OK;
}

copse_status position_bias_reserve(copse_booster *booster, copse_error *err) {
  struct position_bias *bias = &booster->position_bias;
  int round = copse_booster_round(booster);
  if (!learns(booster)) return COPSE_OK;
  if (bias->counts == NULL || bias->version != booster->sets[0].data->position_version ||
      round < bias->first_round || round > bias->last_round /* others were made by another objective */) {
    copse_status status = begin(booster, round, err);
    if (status != COPSE_OK) return status;
  }
  int need = round - bias->first_round + 2;
  if (need <= bias->capacity) return COPSE_OK;
  int capacity = bias->capacity < 32 ? 64 : 2 * bias->capacity;
  if (capacity < need) capacity = need;
  double *rounds = copse_resize(booster->ctx, bias->rounds, (size_t)capacity * bias->n, sizeof *rounds);
  if (rounds == NULL) return status_memory(err, "the position biases");
  if (bias->capacity == 0) set_first(booster, rounds);
  bias->rounds = rounds;
  bias->capacity = capacity;
  return COPSE_OK;
}

static double *biases_of(const copse_booster *booster, int ahead) {
  const struct position_bias *bias = &booster->position_bias;
  return bias->rounds + (size_t)(copse_booster_round(booster) - bias->first_round + ahead) * bias->n;
}

const double *position_bias_now(const copse_booster *booster) {
  return learns(booster) ? biases_of(booster, 0) : NULL;
}

void position_bias_learn(copse_booster *booster) {
  struct position_bias *bias = &booster->position_bias;
  const copse_dataset *data = booster->sets[0].data;
  if (!learns(booster)) return;
  double rate = booster->resolved->boost.learning_rate;
  double regularization = booster->objective.params.rank.bias_regularization;
  double *gradient = bias->sums, *hessian = bias->sums + bias->n;
  memset(bias->sums, 0, 2 * bias->n * sizeof *bias->sums);
  for (uint64_t i = 0; i < data->n_rows; i++) {
    gradient[data->position[i]] -= (double)booster->gradient[i];
    hessian[data->position[i]] -= (double)booster->hessian[i];
  }
  const double *now = biases_of(booster, 0);
  double *next = biases_of(booster, 1);
  bias->last_round = copse_booster_round(booster) + 1;
  for (uint64_t p = 0; p < bias->n; p++) {
    double count = (double)bias->counts[p];
    double first = gradient[p] - now[p] * regularization * count;
    double second = hessian[p] - regularization * count;
    next[p] = now[p] + rate * first / ((second < 0 ? -second : second) + 0.001);
  }
}

copse_status position_bias_describe(const copse_booster *booster, int n_rounds, copse_model *model,
                                    copse_error *err) {
  const struct position_bias *bias = &booster->position_bias;
  if (bias->rounds == NULL || n_rounds <= bias->first_round || n_rounds > bias->last_round) return COPSE_OK;
  return model_set_position_bias(model, bias->rounds + (size_t)(n_rounds - bias->first_round) * bias->n,
                                 (size_t)bias->n, err);
}

copse_status position_bias_continue(copse_booster *booster, const copse_model *model, copse_error *err) {
  struct position_bias *bias = &booster->position_bias;
  if (model->position_bias == NULL) return COPSE_OK;
  double *copy = copse_alloc(booster->ctx, model->n_position_biases, sizeof *copy);
  if (copy == NULL) return status_memory(err, "the position biases");
  memcpy(copy, model->position_bias, model->n_position_biases * sizeof *copy);
  copse_free(bias->continued);
  bias->continued = copy;
  bias->n_continued = model->n_position_biases;
  return COPSE_OK;
}

void position_bias_release(copse_booster *booster) {
  clear(booster);
  copse_free(booster->position_bias.continued);
  booster->position_bias = (struct position_bias){0};
}
