/* metric_ranking.c - how well scores put the relevant rows of each query first, at the ranks of eval_at.
 *
 * ndcg: discounted cumulative gain over the best one that the query's labels allow (Jarvelin and Kekalainen
 * 2002). map: mean over the relevant rows (label above 0.5) of the precision at their ranks, over as many as
 * could be within the rank. Rows of equal score stay in their order. A query weighs the mean of its rows'
 * weights; one without a relevant row counts as 1 (LightGBM's ndcg counts it so whatever its weight: 10.4).
 *
 * Queries are dealt out in fixed chunks, whose sums are added in order: the same bits for any number of
 * threads. */
#include "base/status.h"
#include "base/team.h"
#include "kernels/ranking.h"
#include "metric/rows.h"

enum { CHUNK_QUERIES = 64 };

struct ranking;

/* A query's values at all ranks, out [n_at]; returns whether it has a relevant row. order: its rows by rank.
 */
typedef bool query_fn(const struct ranking *ranking, const float *label, uint64_t n,
                      const struct sort_pair *order, uint64_t *counts, double *out);

struct ranking {
  const struct metric_data *data;
  query_fn *query;
  bool plain_empty; /* see plain_empty_queries */
  uint64_t most;    /* rows of the largest query */
  uint64_t *first;  /* [chunks + 1] row at which each chunk of queries begins */
  size_t n_chunks;
  const double *gains;
  size_t n_gains;
  double *discounts; /* [most] */
  double *sums;      /* [chunks * (n_at + 1)] values, and weight */
  char *scratch;     /* [threads * lane_bytes] */
  size_t lane_bytes;
};

/* ---- one query ---- */

/* At ranks beyond the rows a query's value is that at its last row. */
static bool query_ndcg(const struct ranking *ranking, const float *label, uint64_t n,
                       const struct sort_pair *order, uint64_t *counts, double *out) {
  const struct metric_data *data = ranking->data;
  double sum = 0;
  uint64_t rank = 0;
  for (size_t a = 0; a < data->n_at; a++) {
    uint64_t k = (uint64_t)data->at[a] < n ? (uint64_t)data->at[a] : n;
    double best = ranking_best(label, n, k, ranking->gains, ranking->n_gains, ranking->discounts, counts);
    if (a == 0 && !(best > 0)) return false;
    for (; rank < k; rank++)
      sum += ranking->gains[(size_t)label[order[rank].value]] * ranking->discounts[rank];
    out[a] = sum / best;
  }
  return true;
}

static bool query_map(const struct ranking *ranking, const float *label, uint64_t n,
                      const struct sort_pair *order, uint64_t *counts, double *out) {
  const struct metric_data *data = ranking->data;
  uint64_t n_relevant = 0, hits = 0, rank = 0;
  double sum = 0;
  (void)counts;
  for (uint64_t i = 0; i < n; i++) n_relevant += label[i] > 0.5f;
  if (n_relevant == 0) return false;
  for (size_t a = 0; a < data->n_at; a++) {
    uint64_t k = (uint64_t)data->at[a] < n ? (uint64_t)data->at[a] : n;
    for (; rank < k; rank++) {
      if (!(label[order[rank].value] > 0.5f)) continue;
      hits++;
      sum += (double)hits / (double)(rank + 1);
    }
    out[a] = sum / (double)(n_relevant < k ? n_relevant : k);
  }
  return true;
}

/* ---- all queries ---- */

static double query_weight(const struct metric_data *data, uint64_t begin, uint64_t n) {
  double sum = 0;
  if (data->weight == NULL) return 1;
  for (uint64_t i = begin; i < begin + n; i++) sum += (double)data->weight[i];
  return sum / (double)n;
}

static void add_queries(void *user, size_t chunk, int thread) {
  const struct ranking *ranking = user;
  const struct metric_data *data = ranking->data;
  size_t n_at = data->n_at;
  struct sort_pair *order = (void *)(ranking->scratch + (size_t)thread * ranking->lane_bytes);
  uint64_t *counts = (uint64_t *)(void *)(order + 2 * ranking->most);
  double *values = (double *)(void *)(counts + ranking->n_gains), *sums = values + n_at;
  for (size_t a = 0; a <= n_at; a++) sums[a] = 0;
  uint64_t q = (uint64_t)chunk * CHUNK_QUERIES, end = q + CHUNK_QUERIES, begin = ranking->first[chunk];
  if (end > data->n_groups) end = data->n_groups;
  for (; q < end; q++) {
    uint64_t n = (uint64_t)data->group[q];
    double weight = query_weight(data, begin, n);
    ranking_sort(data->score + begin, n, order);
    bool relevant = ranking->query(ranking, data->label + begin, n, order, counts, values);
    for (size_t a = 0; a < n_at; a++)
      sums[a] += relevant ? values[a] * weight : ranking->plain_empty ? 1 : weight;
    sums[n_at] += weight;
    begin += n;
  }
  for (size_t a = 0; a <= n_at; a++) ranking->sums[chunk * (n_at + 1) + a] = sums[a];
}

static copse_status check(const struct metric_row *row, const struct metric_data *data, copse_error *err) {
  copse_status status = metric_check(data, row->name, ONE_OUTPUT, err);
  if (status != COPSE_OK || data->group != NULL) return status;
  return status_set(err, COPSE_ERR_DATA,
                    "%s judges the order within queries, and the data have none: give their sizes "
                    "(FILE.query beside the data), a column of query numbers (group_column), or qid: in "
                    "LibSVM files",
                    row->name);
}

static copse_status check_gains(const struct metric_row *row, const struct metric_data *data, size_t n_gains,
                                copse_error *err) {
  for (uint64_t i = 0; i < data->n_rows; i++)
    if (ranking_label(data->label[i], n_gains) < 0)
      return status_set(err, COPSE_ERR_DATA,
                        "row %llu: label %.9g: %s takes the relevance labels 0 to %zu, whole numbers (recode "
                        "the label, or give label_gain an entry for each)",
                        (unsigned long long)i + 1, status_float(data->label[i]), row->name, n_gains - 1);
  return COPSE_OK;
}

static copse_status create(struct ranking *ranking, copse_error *err) {
  const struct metric_data *data = ranking->data;
  ranking->gains = ranking_gains(data->label_gain, data->n_label_gain, &ranking->n_gains);
  ranking->n_chunks = (size_t)((data->n_groups + CHUNK_QUERIES - 1) / CHUNK_QUERIES);
  for (uint64_t q = 0; q < data->n_groups; q++)
    if ((uint64_t)data->group[q] > ranking->most) ranking->most = (uint64_t)data->group[q];
  size_t words = 4 * ranking->most + ranking->n_gains + 2 * data->n_at + 1;
  ranking->lane_bytes = (words * sizeof(uint64_t) + 127) / 64 * 64;
  ranking->first = copse_alloc(data->ctx, ranking->n_chunks + 1, sizeof *ranking->first);
  ranking->discounts = copse_alloc(data->ctx, ranking->most, sizeof *ranking->discounts);
  ranking->sums = copse_alloc(data->ctx, ranking->n_chunks * (data->n_at + 1), sizeof *ranking->sums);
  ranking->scratch = copse_alloc(data->ctx, (size_t)team_size(data->n_threads), ranking->lane_bytes);
  if (ranking->first == NULL || ranking->discounts == NULL || ranking->sums == NULL ||
      ranking->scratch == NULL)
    return status_memory(err, "a metric of ranking");
  ranking_discounts(ranking->discounts, ranking->most);
  uint64_t row = 0;
  for (uint64_t q = 0; q < data->n_groups; q++) {
    if (q % CHUNK_QUERIES == 0) ranking->first[q / CHUNK_QUERIES] = row;
    row += (uint64_t)data->group[q];
  }
  return COPSE_OK;
}

static copse_status mean(const struct metric_row *row, struct ranking *ranking, double *out,
                         copse_error *err) {
  const struct metric_data *data = ranking->data;
  size_t n_at = data->n_at;
  copse_parallel_for(data->n_threads, ranking->n_chunks, add_queries, ranking);
  double *total = ranking->sums; /* of chunk 0, and the others added to it */
  for (size_t c = 1; c < ranking->n_chunks; c++)
    for (size_t a = 0; a <= n_at; a++) total[a] += ranking->sums[c * (n_at + 1) + a];
  copse_status status = metric_check_weight(total[n_at], data, row->name, err);
  for (size_t a = 0; a < n_at && status == COPSE_OK; a++) out[a] = total[a] / total[n_at];
  return status;
}

static copse_status value(const struct metric_row *row, struct ranking *ranking, double *out,
                          copse_error *err) {
  copse_status status = create(ranking, err);
  if (status == COPSE_OK) status = mean(row, ranking, out, err);
  copse_free(ranking->first);
  copse_free(ranking->discounts);
  copse_free(ranking->sums);
  copse_free(ranking->scratch);
  return status;
}

copse_status metric_ndcg(const struct metric_row *row, const struct metric_data *data, double *out,
                         copse_error *err) {
  struct ranking ranking = {.data = data, .query = query_ndcg, .plain_empty = data->plain_empty_queries};
  copse_status status = check(row, data, err);
  ranking_gains(data->label_gain, data->n_label_gain, &ranking.n_gains);
  if (status == COPSE_OK) status = check_gains(row, data, ranking.n_gains, err);
  return status == COPSE_OK ? value(row, &ranking, out, err) : status;
}

copse_status metric_map(const struct metric_row *row, const struct metric_data *data, double *out,
                        copse_error *err) {
  struct ranking ranking = {.data = data, .query = query_map};
  copse_status status = check(row, data, err);
  return status == COPSE_OK ? value(row, &ranking, out, err) : status;
}
