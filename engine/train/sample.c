/* sample.c - bagging (Breiman 1996), column subsets per tree and per node, thresholds of extremely randomised
 * trees (Geurts 2006). A row or column is in with a probability of its own, independently of the others; of
 * columns at least one is. */
#include "train/sample.h"

#include <string.h>

#include "base/rng.h"
#include "train/divide.h"
#include "train/sample_lightgbm.h"

void sample_init(struct workspace *ws) {
  const copse_dataset *data = ws->data;
  for (uint32_t c = 0; c < data->binned.n_columns; c++) {
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (const char *at = data->schema->names[data->binned.columns[c].feature]; *at != '\0'; at++)
      hash = (hash ^ (uint8_t)*at) * 0x100000001b3u;
    ws->column_hash[c] = hash;
  }
}

uint64_t sample_child_key(uint64_t parent, bool right) { return rng_bits(parent, RNG_NODE, right); }

/* Keeps each candidate column with the given probability; when none is kept, the one that came closest. */
static void draw_columns(const struct workspace *ws, uint64_t key, enum rng_stream stream, double fraction,
                         const bool *candidates, bool *in) {
  uint32_t n = ws->data->binned.n_columns, closest = UINT32_MAX;
  double least = 2;
  bool any = false;
  for (uint32_t c = 0; c < n; c++) {
    bool candidate = candidates == NULL || candidates[c]; /* which may be `in` itself */
    in[c] = false;
    if (!candidate) continue;
    double u = rng_uniform(rng_bits(key, stream, ws->column_hash[c]));
    in[c] = u < fraction;
    any |= in[c];
    if (u < least) {
      least = u;
      closest = c;
    }
  }
  if (!any && closest != UINT32_MAX) in[closest] = true;
}

void sample_leaf_columns(const struct workspace *ws, const struct leaf *leaf, bool *in) {
  uint32_t n = ws->data->binned.n_columns;
  memcpy(in, ws->column_in_tree, n * sizeof *in);
  for (uint32_t c = 0; ws->constraint.allowed != NULL && c < n; c++)
    in[c] = in[c] && constrain_allows(ws, (int)(leaf - ws->leaves), c);
  if (ws->sample.feature_fraction_bynode < 1) {
    uint64_t key = rng_bits((uint64_t)ws->sample.feature_fraction_seed, RNG_NODE_COLUMN, leaf->key);
    draw_columns(ws, key, RNG_NODE_COLUMN, ws->sample.feature_fraction_bynode, in, in);
  }
}

uint32_t sample_threshold(const struct workspace *ws, const struct leaf *leaf, int side, uint32_t column,
                          uint32_t n) {
  bool categorical = ws->data->schema->features[ws->data->binned.columns[column].feature].categorical;
  if (ws->threshold_drawn != NULL && !categorical)
    return ws->threshold_drawn[(size_t)side * ws->data->binned.n_columns + column];
  uint64_t key = rng_bits((uint64_t)ws->sample.extra_seed, RNG_THRESHOLD, leaf->key);
  return (uint32_t)rng_below(rng_bits(key, RNG_THRESHOLD, ws->column_hash[column]), n);
}

/* ---- rows ---- */

struct bag_job {
  struct workspace *ws;
  uint64_t key;
  const int32_t *query_of_row;         /* or NULL */
  const struct lightgbm_bag *lightgbm; /* or NULL */
};

static bool in_bag(const struct bag_job *job, uint32_t place) {
  const struct sample_params *p = &job->ws->sample;
  const uint32_t row = workspace_row(job->ws, place);
  double fraction = p->bagging_fraction;
  if (p->bagging_by_class)
    fraction = job->ws->data->label[row] > 0 ? p->pos_bagging_fraction : p->neg_bagging_fraction;
  uint64_t unit = job->query_of_row != NULL ? (uint64_t)job->query_of_row[row] : row;
  if (job->lightgbm != NULL) return lightgbm_bag_draw(job->lightgbm, unit) < fraction;
  return rng_uniform(rng_bits(job->key, RNG_BAGGING, unit)) < fraction;
}

/* All rows are divided: they have no numbers yet. */
static uint64_t divide_bag(const void *user, const uint32_t *rows, uint32_t first, uint64_t n, uint32_t *left,
                           uint32_t *right) {
  (void)rows;
  const struct bag_job *job = user;
  uint64_t n_left = 0, n_right = 0;
  for (uint64_t i = 0; i < n; i++) {
    const uint32_t row = first + (uint32_t)i;
    bool in = in_bag(job, row);
    left[n_left] = row;
    right[n_right] = row;
    n_left += in;
    n_right += !in;
  }
  return n_left;
}

/* With queries instead of rows as units, every row carries its query's number. */
static const int32_t *queries(struct workspace *ws) {
  if (!ws->sample.bagging_by_query || ws->data->group == NULL) return NULL;
  uint64_t row = 0;
  for (uint64_t q = 0; q < ws->data->n_groups; q++)
    for (int32_t i = 0; i < ws->data->group[q]; i++) ws->query_of_row[row++] = (int32_t)q;
  return ws->query_of_row;
}

/* Rows that gradient_sample_round has kept. */
static uint64_t divide_kept(const void *user, const uint32_t *rows, uint32_t first, uint64_t n,
                            uint32_t *left, uint32_t *right) {
  (void)rows;
  const struct workspace *ws = user;
  uint64_t n_left = 0, n_right = 0;
  for (uint64_t i = 0; i < n; i++) {
    const uint32_t row = first + (uint32_t)i;
    bool in = ws->row_strength[workspace_gradient_row(ws, row)] >= 0;
    left[n_left] = row;
    right[n_right] = row;
    n_left += in;
    n_right += !in;
  }
  return n_left;
}

static void choose_columns(struct workspace *ws, uint64_t n_before) {
  const struct sample_params *p = &ws->sample;
  bool *in = ws->column_in_tree;
  const bool *allowed = ws->constraint.allowed;
  if (!p->lightgbm_draws || p->feature_fraction >= 1) {
    draw_columns(ws, rng_bits((uint64_t)p->feature_fraction_seed, RNG_COLUMN, ws->tree_key), RNG_COLUMN,
                 p->feature_fraction < 1 ? p->feature_fraction : 2, allowed, in);
    return;
  }
  lightgbm_draw_columns(ws, n_before, in);
  for (uint32_t c = 0; allowed != NULL && c < ws->data->binned.n_columns; c++) in[c] = in[c] && allowed[c];
}

static void fill_bag(struct workspace *ws, divide_fn divide, const void *user) {
  const struct row_sides sides =
      divide_rows(ws, (struct row_area){NULL, ws->rows_beside}, ws->data->n_rows, divide, user, ALL_LANES);
  ws->n_bag = sides.n_left;
  ws->bag = sides.left;
  ws->rows_out = sides.right.rows;
}

static void choose_rows(struct workspace *ws, int round) {
  const struct sample_params *p = &ws->sample;
  const uint64_t n = ws->data->n_rows;
  int n_draws = round / p->bagging_freq;
  uint64_t drawn = (uint64_t)n_draws * (uint64_t)p->bagging_freq;
  struct lightgbm_bag bag;
  struct bag_job job = {ws, rng_bits((uint64_t)p->bagging_seed, RNG_BAGGING, drawn), queries(ws), NULL};
  if (p->lightgbm_draws) {
    lightgbm_begin_bag(&bag, (uint32_t)p->bagging_seed, job.query_of_row != NULL ? ws->data->n_groups : n,
                       (uint64_t)n_draws);
    job.lightgbm = &bag;
  }
  fill_bag(ws, divide_bag, &job);
}

void sample_tree(struct workspace *ws, int round, int output, uint64_t n_before) {
  ws->tree_key = rng_bits((uint64_t)round, RNG_NODE, (uint64_t)output);
  choose_columns(ws, n_before);
  lightgbm_begin_thresholds(ws, n_before);
  ws->n_bag = ws->data->n_rows;
  ws->bag = (struct row_area){NULL, ws->rows_beside};
  ws->rows_out = NULL;
  if (ws->rows_chosen) fill_bag(ws, divide_kept, ws);
  if (ws->sample.bagging_freq > 0) choose_rows(ws, round);
}
