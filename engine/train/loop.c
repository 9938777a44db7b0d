/* loop.c - copse_train: rounds, evaluation, early stopping, the wall-clock limit. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/status.h"
#include "base/team.h"
#include "train/booster.h"

/* What early stopping remembers of one metric on one validation set. */
struct watch {
  double best;
  int best_round; /* 0: none yet */
};

struct loop {
  copse_booster *booster;
  struct boost_params params;
  copse_train_fn on_round;
  void *user;
  copse_train_report report;
  double start_s;
  int n_sets;          /* those there were at the start: the callback may add more */
  double *values;      /* [n_sets * n_metrics] */
  struct watch *watch; /* [n_sets * n_metrics] */
  int n_values;
};

static double score_of(const struct loop *loop, int metric, double value) {
  return copse_booster_metric_higher_is_better(loop->booster, metric) ? value : -value;
}

static copse_status evaluate(struct loop *loop, copse_error *err) {
  int n_metrics = loop->booster->n_metrics;
  for (int s = 0; s < loop->n_sets; s++) {
    double *values = loop->values + s * n_metrics;
    if (s == 0 && !loop->params.training_metric) {
      for (int m = 0; m < n_metrics; m++) values[m] = NAN;
      continue;
    }
    copse_status status = copse_booster_eval(loop->booster, s, values, err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

/* Of a ranking metric's ranks the last one alone is watched (10.22 of LightGBM's semantics), and of the
 * caller's own metrics every one. */
static bool is_watched(const copse_booster *booster, int metric) {
  return metric + 1 >= booster_n_given_metrics(booster) || !metric_is_ranked(booster->metrics[metric]) ||
         booster->metrics[metric + 1] != booster->metrics[metric];
}

static int first_watched(const copse_booster *booster) {
  int metric = 0;
  while (!is_watched(booster, metric)) metric++;
  return metric;
}

/* Updates every watched metric; true when one has not improved for early_stopping_round rounds (any one
 * stops, as in LightGBM; only the first metric with first_metric_only). */
static bool stalled(struct loop *loop, int round) {
  int n_metrics = loop->booster->n_metrics;
  int end = loop->params.first_metric_only ? first_watched(loop->booster) + 1 : n_metrics;
  for (int s = 1; s < loop->n_sets; s++) {
    for (int m = 0; m < end; m++) {
      if (!is_watched(loop->booster, m)) continue;
      struct watch *watch = &loop->watch[s * n_metrics + m];
      double score = score_of(loop, m, loop->values[s * n_metrics + m]);
      bool first = watch->best_round == 0 || (isnan(watch->best) && !isnan(score));
      if (first || score - watch->best > loop->params.early_stopping_min_delta) {
        watch->best = score;
        watch->best_round = round;
      } else if (round - watch->best_round >= loop->params.early_stopping_round) {
        loop->report.reason = COPSE_STOP_EARLY;
        loop->report.best_round = watch->best_round;
        snprintf(loop->report.stopped_by, sizeof loop->report.stopped_by, "%s %s",
                 copse_booster_set_name(loop->booster, s), copse_booster_metric_name(loop->booster, m));
        return true;
      }
    }
  }
  return false;
}

static void report_round(struct loop *loop, int round, bool evaluated) {
  if (loop->on_round == NULL) return;
  copse_train_event event = {.round = round,
                             .n_rounds = loop->booster->n_base_rounds + loop->params.num_iterations,
                             .elapsed_s = workspace_clock() - loop->start_s,
                             .evaluated = evaluated,
                             .n_sets = loop->n_sets,
                             .n_metrics = loop->booster->n_metrics,
                             .values = loop->values};
  loop->on_round(loop->user, loop->booster, &event);
}

/* A forest does not get worse by more trees. */
static bool never_stops_early(const struct loop *loop) {
  return loop->params.boosting == BOOSTING_RF ||
         (loop->params.boosting == BOOSTING_DART && loop->params.quirks);
}

static bool stopping_early(const struct loop *loop) {
  return !never_stops_early(loop) && loop->params.early_stopping_round > 0 && loop->n_sets > 1 &&
         loop->booster->n_metrics > 0;
}

static copse_status run_rounds(struct loop *loop, copse_error *err) {
  copse_booster *booster = loop->booster;
  loop->report.reason = COPSE_STOP_ROUNDS;
  while (copse_booster_round(booster) - booster->n_base_rounds < loop->params.num_iterations) {
    bool finished = false;
    copse_status status = copse_booster_step(booster, &finished, err);
    if (status == COPSE_ERR_INTERRUPTED) {
      loop->report.reason = COPSE_STOP_CANCELLED;
      return COPSE_OK;
    }
    if (status != COPSE_OK) return status;
    int round = copse_booster_round(booster);
    if (finished) {
      loop->report.reason = COPSE_STOP_NO_SPLIT;
      return COPSE_OK;
    }
    bool due = round % loop->params.metric_freq == 0 && loop->n_values > 0;
    bool evaluated = due || stopping_early(loop);
    if (evaluated && (status = evaluate(loop, err)) != COPSE_OK) return status;
    report_round(loop, round, evaluated);
    if (stopping_early(loop) && stalled(loop, round)) return COPSE_OK;
    if (loop->params.time_limit_s > 0 && workspace_clock() - loop->start_s >= loop->params.time_limit_s) {
      loop->report.reason = COPSE_STOP_TIME;
      return COPSE_OK;
    }
  }
  return COPSE_OK;
}

/* All rounds are one stretch of work for a team of threads; the callback runs on the calling thread. */
struct rounds {
  struct loop *loop;
  copse_error *err;
  copse_status status;
};

static void run_team(void *user) {
  struct rounds *rounds = user;
  rounds->status = run_rounds(rounds->loop, rounds->err);
}

/* Rounds the model keeps. Early stopping that never fired still keeps the best round: of the first metric on
 * the first validation set (LightGBM keeps every round then; compat does as well). */
static int rounds_to_keep(const struct loop *loop) {
  int rounds = copse_booster_round(loop->booster);
  if (loop->report.reason == COPSE_STOP_EARLY) return loop->report.best_round;
  if (!stopping_early(loop) || loop->params.keep_all_rounds) return rounds;
  int best = loop->watch[loop->booster->n_metrics + first_watched(loop->booster)].best_round;
  return best > 0 ? best : rounds;
}

copse_status copse_train(copse_booster *booster, const copse_params *params, copse_train_fn on_round,
                         void *user, copse_model **out, copse_train_report *report, copse_error *err) {
  *out = NULL;
  const struct resolved_params *resolved;
  copse_status status = params_resolved(params, &resolved, err);
  if (status != COPSE_OK) return status;
  if (resolved->boost.early_stopping_round > 0 && booster->n_metrics == 0)
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "early_stopping_round=%d has no metric to look at: set metric (for instance metric=l2 or "
        "metric=auc), add one of your own, or set early_stopping_round=0",
        resolved->boost.early_stopping_round);
  struct loop loop = {.booster = booster, .params = resolved->boost, .on_round = on_round, .user = user};
  loop.n_sets = booster->n_sets;
  loop.n_values = loop.n_sets * booster->n_metrics;
  loop.start_s = workspace_clock();
  loop.values = copse_alloc(booster->ctx, (size_t)loop.n_values, sizeof *loop.values);
  loop.watch = copse_alloc_zero(booster->ctx, (size_t)loop.n_values, sizeof *loop.watch);
  if (loop.values == NULL || loop.watch == NULL) {
    status = status_memory(err, "the table of metric values");
    goto done;
  }
  for (int v = 0; v < loop.n_values; v++) loop.values[v] = NAN;
  if (loop.params.early_stopping_round > 0 && never_stops_early(&loop))
    context_log(context_or_default(booster->ctx), COPSE_LOG_WARNING,
                "early_stopping_round does nothing with boosting=%s%s: every round is kept",
                loop.params.boosting == BOOSTING_RF ? "rf" : "dart",
                loop.params.boosting == BOOSTING_RF ? "" : " and compat=lightgbm");
  struct rounds rounds = {&loop, err, COPSE_OK};
  booster->in_loop = true;
  team_run(booster_team_threads(booster), run_team, &rounds);
  booster->in_loop = false;
  if ((status = rounds.status) != COPSE_OK) goto done;
  loop.report.rounds_trained = copse_booster_round(booster);
  loop.report.best_round = rounds_to_keep(&loop);
  loop.report.elapsed_s = workspace_clock() - loop.start_s;
  if (loop.report.reason == COPSE_STOP_CANCELLED && loop.report.best_round == 0) {
    status = status_set(err, COPSE_ERR_INTERRUPTED,
                        "interrupted before the first round was done; there is no model");
    goto done;
  }
  status = copse_booster_model(booster, loop.report.best_round, out, err);
  if (status == COPSE_OK) (*out)->best_round = loop.report.best_round;
  if (status == COPSE_OK && report != NULL) *report = loop.report;
done:
  copse_free(loop.values);
  copse_free(loop.watch);
  return status;
}
