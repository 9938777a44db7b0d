/* booster_objective.c - the objective that a booster has for its training data as they are: how many outputs
 * there are, which with several labels per row the data tell, and that every set has the labels it asks for.
 */
#include "base/status.h"
#include "train/booster.h"

static bool learns_all_labels(const copse_booster *booster) {
  return booster->resolved->objective.kind == OBJECTIVE_MULTI_REGRESSION;
}

int booster_count_outputs(const copse_booster *booster, const copse_dataset *train) {
  bool counted = learns_all_labels(booster) && train->label != NULL;
  return counted ? (int)train->n_labels : booster->resolved->objective.n_outputs;
}

copse_status booster_check_labels(const copse_booster *booster, const copse_dataset *data, const char *name,
                                  copse_error *err) {
  bool custom = booster->resolved->objective.kind == OBJECTIVE_CUSTOM;
  if (data->label == NULL)
    return custom ? COPSE_OK
                  : status_set(err, COPSE_ERR_STATE, "data set \"%s\" has no label: set COPSE_LABEL first",
                               name);
  if (custom && booster->resolved->metric.n_names == 0) return COPSE_OK;
  uint64_t want = learns_all_labels(booster) ? (uint64_t)booster->n_outputs : 1;
  if (data->n_labels == want) return COPSE_OK;
  if (want == 1 && !learns_all_labels(booster))
    return status_set(err, COPSE_ERR_DATA,
                      "data set \"%s\" has %llu labels per row, objective=%s takes one: give one label, or "
                      "use objective=multi_regression",
                      name, (unsigned long long)data->n_labels,
                      objective_row_of(booster->resolved->objective.kind)->name);
  return status_set(err, COPSE_ERR_DATA,
                    "data set \"%s\" has %llu labels per row, the training data have %llu: give the same "
                    "labels in the same order",
                    name, (unsigned long long)data->n_labels, (unsigned long long)want);
}

static struct objective_data objective_data_of(const copse_booster *booster, int n_threads) {
  const copse_dataset *train = booster->sets[0].data;
  return (struct objective_data){.label = train->label,
                                 .weight = train->weight,
                                 .n_rows = train->n_rows,
                                 .n_threads = n_threads,
                                 .group = train->group,
                                 .n_groups = train->n_groups,
                                 .position = train->position};
}

copse_status booster_make_objective(const copse_booster *booster, int n_threads, struct objective *out,
                                    copse_error *err) {
  struct objective_params params = booster->resolved->objective;
  struct objective_data data = objective_data_of(booster, n_threads);
  params.n_outputs = booster_count_outputs(booster, booster->sets[0].data);
  return objective_init(booster->ctx, &params, &data, out, err);
}

copse_status booster_refresh_objective(copse_booster *booster, copse_error *err) {
  const copse_dataset *train = booster->sets[0].data;
  if (train->version == booster->data_version) return COPSE_OK;
  bool constant = booster->objective.constant_hessian;
  struct objective fresh;
  copse_status status = booster_make_objective(booster, booster->workspace.n_threads, &fresh, err);
  if (status != COPSE_OK) return status;
  if (constant && !fresh.constant_hessian) {
    objective_release(&fresh);
    return status_set(err, COPSE_ERR_STATE,
                      "weights were set after the booster was made: make a new booster");
  }
  fresh.constant_hessian = constant;
  objective_release(&booster->objective);
  booster->objective = fresh;
  booster->data_version = train->version;
  return COPSE_OK;
}
