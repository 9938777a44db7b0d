/* sample_lightgbm.c - see sample_lightgbm.h. */
#include "train/sample_lightgbm.h"

#include <math.h>

/* ---- columns of a tree: K of N without replacement ---- */

static uint32_t n_drawn(uint32_t n, double fraction) {
  uint32_t k = (uint32_t)((double)n * fraction + 0.5);
  return k > 0 ? k : n < 1 ? n : 1;
}

static bool draws_for_each(uint32_t n, uint32_t k) {
  return k > 1 && (double)k > (double)n / log2((double)k);
}

static void draw_some(uint32_t n, uint32_t k, uint32_t state, bool *in) {
  const struct congruence one = congruence_one();
  for (uint32_t c = 0; c < n; c++) in[c] = false;
  if (draws_for_each(n, k)) {
    uint32_t kept = 0;
    for (uint32_t c = 0; c < n; c++) {
      state = congruence_apply(one, state);
      in[c] = congruence_uniform(state) < (double)(k - kept) / (double)(n - c);
      kept += in[c];
    }
    return;
  }
  for (uint32_t c = n - k; c < n; c++) {
    state = congruence_apply(one, state);
    uint32_t drawn = congruence_below(state, c + 1);
    in[in[drawn] ? c : drawn] = true;
  }
}

void lightgbm_draw_columns(const struct workspace *ws, uint64_t n_before, bool *in) {
  const uint32_t n = ws->data->binned.n_columns, k = n_drawn(n, ws->sample.feature_fraction);
  const uint64_t draws = draws_for_each(n, k) ? n : k;
  if (k >= n) {
    for (uint32_t c = 0; c < n; c++) in[c] = true;
    return;
  }
  /* one sample is drawn, and never used, before the first tree (10.19) */
  const struct congruence before = congruence_times((n_before + 1) * draws);
  draw_some(n, k, congruence_apply(before, (uint32_t)ws->sample.feature_fraction_seed), in);
}

/* ---- rows ---- */

void lightgbm_begin_bag(struct lightgbm_bag *bag, uint32_t seed, uint64_t n_units, uint64_t n_draws) {
  bag->n_units = n_units;
  bag->n_full = n_units - n_units % LIGHTGBM_BLOCK;
  bag->seed = seed;
  bag->full = congruence_times(n_draws * LIGHTGBM_BLOCK);
  bag->rest = congruence_times(n_draws * (n_units % LIGHTGBM_BLOCK));
  bag->within[0] = congruence_one();
  for (int i = 1; i < LIGHTGBM_BLOCK; i++)
    bag->within[i] = congruence_then(bag->within[i - 1], congruence_one());
}

double lightgbm_bag_draw(const struct lightgbm_bag *bag, uint64_t unit) {
  uint32_t state = bag->seed + (uint32_t)(unit / LIGHTGBM_BLOCK);
  state = congruence_apply(unit < bag->n_full ? bag->full : bag->rest, state);
  return congruence_uniform(congruence_apply(bag->within[unit % LIGHTGBM_BLOCK], state));
}

/* ---- thresholds of extra trees ---- */

void lightgbm_begin_thresholds(struct workspace *ws, uint64_t n_before) {
  if (ws->threshold_state == NULL) return;
  if (n_before != ws->threshold_next_tree || n_before == 0)
    for (uint32_t c = 0; c < ws->data->binned.n_columns; c++)
      ws->threshold_state[c] = (uint32_t)ws->sample.extra_seed + c;
  ws->threshold_next_tree = n_before + 1;
}

void lightgbm_draw_thresholds(struct workspace *ws, int leaf, int n_sides, const int sides[2]) {
  if (ws->threshold_state == NULL) return;
  const uint32_t n = ws->data->binned.n_columns;
  for (uint32_t c = 0; c < n; c++) {
    const struct feature_bins *bins = &ws->data->schema->features[ws->data->binned.columns[c].feature];
    bool open = ws->splittable == NULL || ws->splittable[(size_t)leaf * n + c] != 0;
    for (int s = 0; s < n_sides && ws->column_in_tree[c] && open && !bins->categorical; s++) {
      uint32_t drawn = 0;
      if (bins->n_bins > 2) {
        ws->threshold_state[c] = congruence_apply(congruence_one(), ws->threshold_state[c]);
        drawn = congruence_below(ws->threshold_state[c], bins->n_bins - 2);
      }
      if (sides[s] >= 0) ws->threshold_drawn[(size_t)sides[s] * n + c] = drawn;
    }
  }
}
