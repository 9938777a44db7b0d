/* own_metric.c - metrics that the caller brings: held behind those of the parameters. */
#include <string.h>

#include "base/status.h"
#include "train/booster.h"

static bool taken(const copse_booster *booster, const char *name) {
  for (int m = 0; m < booster->n_metrics; m++)
    if (strcmp(copse_booster_metric_name(booster, m), name) == 0) return true;
  return false;
}

copse_status copse_booster_add_metric(copse_booster *booster, const char *name, bool higher_is_better,
                                      copse_metric_fn metric, void *user, copse_error *err) {
  if (booster->in_loop)
    return status_set(err, COPSE_ERR_STATE,
                      "metric \"%s\" cannot be added while copse_train is at work: add it before", name);
  if (name[0] == '\0' || taken(booster, name))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "metric \"%s\": expected a name that no metric of this booster has", name);
  size_t n = (size_t)booster->n_own_metrics, length = strlen(name);
  struct own_metric *metrics = copse_resize(booster->ctx, booster->own_metrics, n + 1, sizeof *metrics);
  if (metrics == NULL) return status_memory(err, "the list of metrics");
  booster->own_metrics = metrics;
  char *copy = copse_alloc(booster->ctx, length + 1, 1);
  if (copy == NULL) return status_memory(err, "the list of metrics");
  memcpy(copy, name, length + 1);
  metrics[n] = (struct own_metric){copy, higher_is_better, metric, user};
  booster->n_own_metrics++;
  booster->n_metrics++;
  return COPSE_OK;
}

copse_status own_metric_value(const copse_booster *booster, int index, int set, double *out,
                              copse_error *err) {
  const struct own_metric *metric = &booster->own_metrics[index];
  const struct scored_set *scored = &booster->sets[set];
  copse_metric_input input = {.set = set,
                              .scores = scored->score,
                              .label = scored->data->label,
                              .weight = scored->data->weight,
                              .n_rows = scored->data->n_rows,
                              .n_outputs = booster->n_outputs,
                              .n_labels = (int)scored->data->n_labels};
  copse_error own = {.message = ""};
  copse_status status = metric->value(metric->user, &input, out, &own);
  if (status == COPSE_OK) return COPSE_OK;
  return own.message[0] != '\0'
             ? status_set(err, status, "%s", own.message)
             : status_set(err, status, "metric \"%s\" failed on data set \"%s\"", metric->name, scored->name);
}

void own_metrics_release(copse_booster *booster) {
  for (int m = 0; m < booster->n_own_metrics; m++) copse_free(booster->own_metrics[m].name);
  copse_free(booster->own_metrics);
}
