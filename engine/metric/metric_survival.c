/* metric_survival.c - labels are times, positive where something happened then, negative (or 0) where nothing
 * had by then. cox: minus the log partial likelihood by event, ties by Breslow. aft: minus the log likelihood
 * of log t = s + scale * noise, of t itself for events and of outlasting it for the others. concordance: the
 * weighted share of comparable pairs whose predictions are in the order of their events, equal ones counting
 * one half (Harrell et al. 1982); comparable is an event with every row that is known to have lasted longer;
 * 1 where there is none, as for auc. */
#include <math.h>

#include "base/sort.h"
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "metric/rows.h"

static double time_of(const struct metric_data *data, uint64_t row) { return fabs((double)data->label[row]); }

/* Rows by time, the latest first, in pairs [n_rows]; scratch as large. */
static void sort_times(const struct metric_data *data, struct sort_pair *pairs, struct sort_pair *scratch) {
  for (uint64_t i = 0; i < data->n_rows; i++)
    pairs[i] = (struct sort_pair){~sort_key_of(time_of(data, i)), i};
  sort_pairs(pairs, scratch, data->n_rows);
}

/* The rows of one time: pairs [i, end) */
static uint64_t end_of_time(const struct sort_pair *pairs, uint64_t i, uint64_t n) {
  uint64_t key = pairs[i].key;
  while (i < n && pairs[i].key == key) i++;
  return i;
}

/* ---- cox ---- */

static double partial_likelihood(const struct metric_data *data, const struct sort_pair *pairs,
                                 double *events) {
  double largest = -INFINITY, at_risk = 0, sum = 0;
  for (uint64_t i = 0; i < data->n_rows; i++) largest = fmax(largest, data->score[i]);
  *events = 0;
  for (uint64_t i = 0, end; i < data->n_rows; i = end) {
    end = end_of_time(pairs, i, data->n_rows);
    double here = 0, scores = 0;
    for (uint64_t j = i; j < end; j++) {
      uint64_t row = pairs[j].value;
      double w = metric_weight(data, row), s = data->score[row] - largest;
      at_risk += w * kernel_exp(s);
      if (!(data->label[row] > 0)) continue;
      here += w;
      scores += w * s;
    }
    if (here > 0) sum += here * kernel_log(at_risk) - scores;
    *events += here;
  }
  return sum;
}

copse_status metric_cox(const struct metric_row *row, const struct metric_data *data, double *out,
                        copse_error *err) {
  copse_status status = metric_check(data, row->name, ONE_OUTPUT, err);
  if (status != COPSE_OK) return status;
  struct sort_pair *pairs = copse_alloc(data->ctx, data->n_rows, 2 * sizeof *pairs);
  if (pairs == NULL) return status_memory(err, "the sort of a metric");
  sort_times(data, pairs, pairs + data->n_rows);
  double events, sum = partial_likelihood(data, pairs, &events);
  copse_free(pairs);
  status = metric_check_weight(events, data, "metric=cox, among the rows with an event", err);
  if (status == COPSE_OK) *out = sum / events;
  return status;
}

/* ---- accelerated failure time ---- */

static void aft_loss(const struct metric_data *data, uint64_t begin, uint64_t n, double *loss) {
  double scale = data->aft_scale;
  for (uint64_t i = 0; i < n; i++) {
    double log_t = kernel_log(time_of(data, begin + i)), z = (log_t - data->score[begin + i]) / scale;
    bool event = data->label[begin + i] > 0;
    double outlasting = data->aft_distribution == AFT_EXTREME ? kernel_exp(z) : kernel_log1p_exp(z);
    double rest = data->aft_distribution == AFT_EXTREME ? -z : kernel_log1p_exp(-z);
    loss[i] = event ? outlasting + rest + kernel_log(scale) + log_t : outlasting;
  }
}

copse_status metric_aft(const struct metric_row *row, const struct metric_data *data, double *out,
                        copse_error *err) {
  return metric_mean(row, data, ONE_OUTPUT, aft_loss, out, err);
}

/* ---- concordance ---- */

/* Weights by rank of the prediction, summed up to any rank in log n steps (Fenwick 1994). */
struct ranked_weights {
  double *cells; /* [n + 1] */
  uint64_t n;
  double total;
};

static void add_weight(struct ranked_weights *in, uint64_t rank, double weight) {
  in->total += weight;
  for (; rank <= in->n; rank += rank & (0 - rank)) in->cells[rank] += weight;
}

static double weight_up_to(const struct ranked_weights *in, uint64_t rank) {
  double sum = 0;
  for (; rank > 0; rank -= rank & (0 - rank)) sum += in->cells[rank];
  return sum;
}

/* ranks[row] from 1, by how late the event is predicted; equal predictions have equal ranks. */
static void rank_rows(const struct metric_data *data, struct sort_pair *pairs, struct sort_pair *scratch,
                      uint64_t *ranks) {
  for (uint64_t i = 0; i < data->n_rows; i++) {
    double late = data->soon_is_high ? -data->score[i] : data->score[i];
    pairs[i] = (struct sort_pair){sort_key_of(late + 0.0), i};
  }
  sort_pairs(pairs, scratch, data->n_rows);
  for (uint64_t i = 0, rank = 0; i < data->n_rows; i++) {
    if (i == 0 || pairs[i].key != pairs[i - 1].key) rank++;
    ranks[pairs[i].value] = rank;
  }
}

static double ordered_share(const struct metric_data *data, const struct sort_pair *pairs,
                            const uint64_t *ranks, struct ranked_weights *later) {
  double ordered = 0, all = 0;
  for (uint64_t i = 0, end; i < data->n_rows; i = end) {
    end = end_of_time(pairs, i, data->n_rows);
    for (int pass = 0; pass < 3; pass++) /* those that outlast the time, its events, and they to come */
      for (uint64_t j = i; j < end; j++) {
        uint64_t row = pairs[j].value;
        double w = metric_weight(data, row);
        bool event = data->label[row] > 0;
        if (pass == 1 && event) {
          double up_to = weight_up_to(later, ranks[row]), below = weight_up_to(later, ranks[row] - 1);
          ordered += w * (later->total - up_to + 0.5 * (up_to - below));
          all += w * later->total;
        } else if (pass != 1 && event == (pass == 2)) {
          add_weight(later, ranks[row], w);
        }
      }
  }
  return all > 0 ? ordered / all : 1.0;
}

copse_status metric_concordance(const struct metric_row *row, const struct metric_data *data, double *out,
                                copse_error *err) {
  copse_status status = metric_check(data, row->name, ONE_OUTPUT, err);
  if (status != COPSE_OK) return status;
  struct sort_pair *pairs = copse_alloc(data->ctx, data->n_rows, 2 * sizeof *pairs);
  uint64_t *ranks = copse_alloc(data->ctx, data->n_rows, sizeof *ranks);
  struct ranked_weights later = {.n = data->n_rows};
  later.cells = copse_alloc_zero(data->ctx, data->n_rows + 1, sizeof *later.cells);
  if (pairs == NULL || ranks == NULL || later.cells == NULL) {
    status = status_memory(err, "the sort of a metric");
  } else {
    rank_rows(data, pairs, pairs + data->n_rows, ranks);
    sort_times(data, pairs, pairs + data->n_rows);
    *out = ordered_share(data, pairs, ranks, &later);
  }
  copse_free(pairs);
  copse_free(ranks);
  copse_free(later.cells);
  return status;
}
