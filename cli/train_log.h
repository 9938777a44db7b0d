/* train_log.h - what is seen of training while it runs, and the metrics remembered for its summary. */
#ifndef COPSE_CLI_TRAIN_LOG_H
#define COPSE_CLI_TRAIN_LOG_H

#include "copse.h"
#include "copse_prep.h"

struct train_log {
  copse_context *ctx;
  uint64_t n_rows;
  int first_round;                  /* rounds of a continued model */
  int metric_freq;                  /* rounds between two printed evaluations */
  const copse_frame_schema *schema; /* names the labels */
  int n_labels;                     /* of a row, where there are several, else 0 */
  size_t n_values;                  /* sets times metrics */
  size_t width;   /* values per evaluated round: n_values of all labels, then as many of each */
  int *rounds;    /* [n_evaluated] ascending */
  double *values; /* [n_evaluated * width], NaN where a set was not evaluated */
  size_t n_evaluated, capacity;
  bool truncated; /* memory ran out: later rounds are not remembered */
};

void train_log_open(copse_context *ctx, const copse_booster *booster, const copse_params *params,
                    uint64_t n_rows, const copse_frame_schema *schema, struct train_log *out);
void train_log_close(struct train_log *log);

/* A copse_train_fn; user is the log. On a terminal one line that updates: round, newest metric, speed, time
 * left. Otherwise, every metric_freq rounds, LightGBM's lines:
 *   Iteration:10, valid_1 auc : 0.8312
 * and with several labels one for each beside:
 *   Iteration:10, valid_1 l2@price : 7.25 */
void train_log_round(void *user, copse_booster *booster, const copse_train_event *event);

/* Values [width] of the last evaluated round that is not after `round`; NULL when there is none. */
const double *train_log_values(const struct train_log *log, int round, int *evaluated_round);

#endif
