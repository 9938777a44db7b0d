/* train_log.c - progress of training. */
#include "train_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "quality.h"

void train_log_open(copse_context *ctx, const copse_booster *booster, const copse_params *params,
                    uint64_t n_rows, const copse_frame_schema *schema, struct train_log *out) {
  uint32_t n_labels = copse_frame_schema_n_labels(schema);
  size_t n_values = (size_t)copse_booster_n_sets(booster) * (size_t)copse_booster_n_metrics(booster);
  *out = (struct train_log){.ctx = ctx,
                            .n_rows = n_rows,
                            .first_round = copse_booster_round(booster),
                            .metric_freq = (int)copse_params_get_int(params, "metric_freq"),
                            .schema = schema,
                            .n_labels = n_labels > 1 ? (int)n_labels : 0,
                            .n_values = n_values,
                            .width = n_values * (n_labels > 1 ? n_labels + 1 : 1)};
}

void train_log_close(struct train_log *log) {
  copse_free(log->rounds);
  copse_free(log->values);
  log->rounds = NULL;
  log->values = NULL;
}

static bool grow(struct train_log *log) {
  size_t capacity = log->capacity ? 2 * log->capacity : 64;
  int *rounds = copse_resize(log->ctx, log->rounds, capacity, sizeof *rounds);
  if (!rounds) return false;
  log->rounds = rounds;
  double *values = copse_resize(log->ctx, log->values, capacity * log->width, sizeof *values);
  if (!values) return false;
  log->values = values;
  log->capacity = capacity;
  return true;
}

/* What the sets that were evaluated have for each label. */
static void evaluate_labels(const struct train_log *log, copse_booster *booster, double *values) {
  int n_metrics = copse_booster_n_metrics(booster);
  for (int k = 0; k < log->n_labels; k++) {
    for (size_t set = 0; set * (size_t)n_metrics < log->n_values; set++) {
      double *of_set = values + (size_t)(k + 1) * log->n_values + set * (size_t)n_metrics;
      bool known = !isnan(values[set * (size_t)n_metrics]) &&
                   copse_booster_eval_label(booster, (int)set, k, of_set, NULL) == COPSE_OK;
      for (int m = 0; m < n_metrics && !known; m++) of_set[m] = (double)NAN;
    }
  }
}

static void remember(struct train_log *log, copse_booster *booster, const copse_train_event *event) {
  if (log->width == 0 || log->truncated) return;
  if (log->n_evaluated == log->capacity && !grow(log)) {
    log->truncated = true;
    console_warning("out of memory for the metrics of every round: the summary may lack them");
    return;
  }
  log->rounds[log->n_evaluated] = event->round;
  double *values = log->values + log->n_evaluated * log->width;
  memcpy(values, event->values, log->n_values * sizeof *values);
  evaluate_labels(log, booster, values);
  log->n_evaluated++;
}

const double *train_log_values(const struct train_log *log, int round, int *evaluated_round) {
  for (size_t i = log->n_evaluated; i-- > 0;) {
    if (log->rounds[i] > round) continue;
    *evaluated_round = log->rounds[i];
    return log->values + i * log->width;
  }
  return NULL;
}

static void print_iteration(const struct train_log *log, const copse_booster *booster,
                            const copse_train_event *event) {
  int round;
  const double *row = log->n_labels > 0 ? train_log_values(log, event->round, &round) : NULL;
  bool labels = row != NULL && round == event->round;
  char room[256];
  for (int set = 0; set < event->n_sets; set++) {
    for (int metric = 0; metric < event->n_metrics; metric++) {
      double value = event->values[set * event->n_metrics + metric];
      if (isnan(value)) continue;
      console_line("Iteration:%d, %s %s : %g", event->round, copse_booster_set_name(booster, set),
                   copse_booster_metric_name(booster, metric), value);
    }
    for (int i = 0; labels && i < log->n_labels * event->n_metrics; i++) {
      int k = i / event->n_metrics, metric = i % event->n_metrics;
      double value = row[(size_t)(k + 1) * log->n_values + (size_t)(set * event->n_metrics + metric)];
      if (isnan(value)) continue;
      console_line("Iteration:%d, %s %s : %g", event->round, copse_booster_set_name(booster, set),
                   quality_name_of_label(log->schema, k, copse_booster_metric_name(booster, metric), room,
                                         sizeof room),
                   value);
    }
  }
}

static void format_duration(double seconds, char *out, size_t capacity) {
  long s = (long)(seconds + 0.5);
  if (s >= 3600) {
    snprintf(out, capacity, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  } else {
    snprintf(out, capacity, "%ld:%02ld", s / 60, s % 60);
  }
}

/* The first metric of the last set that has one: the newest word on how well it goes. */
static void format_metric(const struct train_log *log, const copse_booster *booster, char *out,
                          size_t capacity) {
  int round, n_metrics = copse_booster_n_metrics(booster);
  const double *values = train_log_values(log, copse_booster_round(booster), &round);
  *out = '\0';
  for (int set = copse_booster_n_sets(booster) - 1; values && set >= 0; set--) {
    double value = values[set * n_metrics];
    if (isnan(value)) continue;
    snprintf(out, capacity, "  %s %s %g", copse_booster_set_name(booster, set),
             copse_booster_metric_name(booster, 0), value);
    return;
  }
}

static void show_progress(const struct train_log *log, const copse_booster *booster,
                          const copse_train_event *event) {
  char metric[128], left[32];
  double per_round = event->elapsed_s / (event->round - log->first_round);
  format_metric(log, booster, metric, sizeof metric);
  format_duration(per_round * (event->n_rounds - event->round), left, sizeof left);
  console_status(event->round == event->n_rounds, "round %d/%d%s  %.3g M rows/s  %s left", event->round,
                 event->n_rounds, metric, 1e-6 * (double)log->n_rows / (per_round > 0 ? per_round : 1e-9),
                 left);
}

void train_log_round(void *user, copse_booster *booster, const copse_train_event *event) {
  struct train_log *log = user;
  if (event->evaluated) remember(log, booster, event);
  if (console_has_status()) {
    show_progress(log, booster, event);
  } else if (event->evaluated && event->round % log->metric_freq == 0) {
    print_iteration(log, booster, event);
  }
}
