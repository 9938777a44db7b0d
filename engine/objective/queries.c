/* queries.c - see queries.h. */
#include "objective/queries.h"

#include "base/search.h"
#include "base/status.h"
#include "base/team.h"

copse_status queries_check(const struct objective *objective, copse_error *err) {
  const struct objective_data *data = &objective->data;
  const char *name = objective->row->name;
  size_t n_gains;
  ranking_gains(objective->params.rank.label_gain, objective->params.rank.n_label_gain, &n_gains);
  if (data->group == NULL)
    return status_set(err, COPSE_ERR_DATA,
                      "objective=%s ranks the rows of a query, and the data have no queries: give their "
                      "sizes (FILE.query beside the data), a column of query numbers (group_column), or qid: "
                      "in LibSVM files",
                      name);
  for (uint64_t i = 0; i < data->n_rows; i++)
    if (ranking_label(data->label[i], n_gains) < 0)
      return status_set(err, COPSE_ERR_DATA,
                        "row %llu: label %.9g: objective=%s takes the relevance labels 0 to %zu, whole "
                        "numbers (recode the label, or give label_gain an entry for each)",
                        (unsigned long long)i + 1, status_float(data->label[i]), name, n_gains - 1);
  return COPSE_OK;
}

copse_status queries_create(copse_context *ctx, struct objective *objective, size_t bytes_per_row,
                            copse_error *err) {
  const struct objective_data *data = &objective->data;
  struct objective_queries *queries = copse_alloc_zero(ctx, 1, sizeof *queries);
  if (queries == NULL) return status_memory(err, "the queries");
  objective->queries = queries;
  queries->ctx = ctx;
  queries->n = data->n_groups;
  queries->begin = copse_alloc(ctx, data->n_groups + 1, sizeof *queries->begin);
  if (queries->begin == NULL) return status_memory(err, "the queries");
  queries->begin[0] = 0;
  for (uint64_t q = 0; q < queries->n; q++) {
    uint64_t size = (uint64_t)data->group[q];
    queries->begin[q + 1] = queries->begin[q] + size;
    if (size > queries->most) queries->most = size;
  }
  queries->gains = ranking_gains(objective->params.rank.label_gain, objective->params.rank.n_label_gain,
                                 &queries->n_gains);
  queries->lane_bytes = (bytes_per_row * queries->most + 127) / 64 * 64; /* lanes share no cache line */
  queries->scratch = copse_alloc(ctx, (size_t)team_size(data->n_threads), queries->lane_bytes);
  return queries->scratch != NULL ? COPSE_OK : status_memory(err, "the queries");
}

void queries_release(struct objective_queries *queries) {
  if (queries == NULL) return;
  copse_free(queries->begin);
  copse_free(queries->discounts);
  copse_free(queries->inverse_best);
  copse_free(queries->scratch);
  copse_free(queries);
}

/* The first query that begins at the row or behind it. */
static uint64_t query_from(const struct objective_queries *queries, uint64_t row) {
  return search_from_u64(queries->begin, queries->n, row);
}

void objective_queries_between(const struct objective *objective, uint64_t begin, uint64_t end,
                               uint64_t *first, uint64_t *behind) {
  *first = query_from(objective->queries, begin);
  *behind = query_from(objective->queries, end);
}
