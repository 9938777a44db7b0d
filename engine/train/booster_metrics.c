/* booster_metrics.c - the metrics of a booster's data sets. */
#include <math.h>

#include "base/status.h"
#include "model/judge.h"
#include "train/booster.h"
#include "train/placed.h"

int copse_booster_n_metrics(const copse_booster *booster) { return booster->n_metrics; }
const char *copse_booster_metric_name(const copse_booster *booster, int metric) {
  int own = metric - booster_n_given_metrics(booster);
  return own >= 0 ? booster->own_metrics[own].name : booster->resolved->metric.printed[metric];
}
bool copse_booster_metric_higher_is_better(const copse_booster *booster, int metric) {
  int own = metric - booster_n_given_metrics(booster);
  return own >= 0 ? booster->own_metrics[own].higher_is_better : booster->metrics[metric]->higher_is_better;
}

/* label: of one of several labels; -1: of all. */
static copse_status eval_set(copse_booster *booster, int set, int label, double *out, copse_error *err) {
  if (set < 0 || set >= booster->n_sets)
    return status_set(err, COPSE_ERR_ARGUMENT, "set %d: expected 0 to %d", set, booster->n_sets - 1);
  if (set == 0) placed_give_back(booster);
  const struct scored_set *scored = &booster->sets[set];
  if (scored->data->label == NULL)
    return status_set(err, COPSE_ERR_STATE, "data set \"%s\" has no label to evaluate against", scored->name);
  copse_status status = booster_check_labels(booster, scored->data, scored->name, err);
  if (status != COPSE_OK) return status;
  double start = workspace_clock();
  struct metric_data data = judge_data(&booster->objective, &booster->resolved->metric);
  data.score = scored->score;
  data.label = scored->data->label;
  data.weight = scored->data->weight;
  data.n_rows = scored->data->n_rows;
  data.n_threads = booster_team_threads(booster);
  data.ctx = booster->ctx;
  data.group = scored->data->group;
  data.n_groups = scored->data->n_groups;
  int n_given = booster_n_given_metrics(booster);
  if (label >= data.n_labels)
    return status_set(err, COPSE_ERR_ARGUMENT, "label %d: expected 0 to %d", label, data.n_labels - 1);
  if (label >= 0) data = metric_one_label(&data, label);
  status = metric_values(booster->metrics, booster->resolved->metric.at, (size_t)n_given, &data, out, err);
  for (int m = n_given; m < booster->n_metrics && status == COPSE_OK; m++) {
    out[m] = (double)NAN;
    if (label < 0) status = own_metric_value(booster, m - n_given, set, &out[m], err);
  }
  booster->eval_s += workspace_clock() - start;
  return status;
}

copse_status copse_booster_eval(copse_booster *booster, int set, double *out, copse_error *err) {
  return eval_set(booster, set, -1, out, err);
}

copse_status copse_booster_eval_label(copse_booster *booster, int set, int label, double *out,
                                      copse_error *err) {
  if (label < 0) return status_set(err, COPSE_ERR_ARGUMENT, "label %d: expected 0 or more", label);
  return eval_set(booster, set, label, out, err);
}
