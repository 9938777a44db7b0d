/* coded_sources.c - the cut points and categories that a model's nodes name, feature by feature. */
#include <math.h>
#include <string.h>

#include "base/sort.h"
#include "base/status.h"
#include "predict/coded.h"

/* route_value(v) <= threshold iff v <= the cut. */
double coded_cut(double threshold) {
  if (threshold >= 0.0) return threshold < BINS_ZERO ? BINS_ZERO : threshold;
  return threshold >= -BINS_ZERO ? nextafter(-BINS_ZERO, (double)-INFINITY) : threshold;
}

enum code_version coded_version(unsigned decision_type) {
  bool left = (decision_type & DECISION_DEFAULT_LEFT) != 0;
  switch (decision_type >> DECISION_MISSING_SHIFT) {
    case MISSING_NAN: return left ? CODES_NAN_LEFT : CODES_NAN_RIGHT;
    case MISSING_ZERO: return left ? CODES_ZERO_LEFT : CODES_ZERO_RIGHT;
    default: return CODES_PLAIN;
  }
}

/* What all nodes name: (source, cut or category) pairs, source by source. */
struct names {
  uint64_t *first;         /* [2 * n_features + 1] */
  struct sort_pair *pairs; /* key in order, value: the number's bits */
  struct sort_pair *scratch;
};

static uint32_t source_index(const struct tree *tree, int node) {
  return 2 * (uint32_t)tree->split_feature[node] + ((tree->decision_type[node] & DECISION_CATEGORICAL) != 0);
}

/* Calls visit for each number that a node names. */
typedef void (*visit_fn)(struct names *names, uint32_t source, uint64_t key, uint64_t value);

static void visit_node(const struct tree *tree, int node, visit_fn visit, struct names *names) {
  uint32_t source = source_index(tree, node);
  if (!(source & 1)) {
    double cut = coded_cut(tree->threshold[node]);
    uint64_t bits;
    memcpy(&bits, &cut, sizeof bits);
    visit(names, source, sort_key_of(cut), bits);
    return;
  }
  int set = (int)tree->threshold[node];
  uint32_t begin = tree->cat_boundaries[set], end = tree->cat_boundaries[set + 1];
  for (uint32_t w = begin; w < end; w++)
    for (uint32_t bits = tree->cat_words[w]; bits != 0; bits &= bits - 1) {
      uint32_t category = 32 * (w - begin) + (uint32_t)__builtin_ctz(bits);
      if (category <= INT32_MAX) visit(names, source, category, category);
    }
}

static void visit_all(const struct coded_trees *coded, const struct tree *trees, visit_fn visit,
                      struct names *names) {
  for (int t = 0; t < coded->n_trees; t++)
    for (int node = 0; node < trees[t].n_leaves - 1; node++) visit_node(&trees[t], node, visit, names);
}

static void count_name(struct names *names, uint32_t source, uint64_t key, uint64_t value) {
  (void)key;
  (void)value;
  names->first[source + 1]++;
}

static void put_name(struct names *names, uint32_t source, uint64_t key, uint64_t value) {
  names->pairs[names->first[source]++] = (struct sort_pair){key, value};
}

/* Sorted and distinct; returns how many are left. */
static uint32_t settle(struct sort_pair *pairs, struct sort_pair *scratch, uint64_t n) {
  sort_pairs(pairs, scratch, n);
  uint64_t kept = 0;
  for (uint64_t i = 0; i < n; i++)
    if (kept == 0 || pairs[kept - 1].key != pairs[i].key) pairs[kept++] = pairs[i];
  return kept > MOST_CODES ? UINT32_MAX : (uint32_t)kept;
}

/* Most cuts in one cell, with the map's scale. */
static uint32_t most_in_cell(const struct code_map *map) {
  uint32_t most = 0, run = 0, before = UINT32_MAX;
  for (uint32_t i = 0; i < map->n_cuts; i++) {
    uint32_t cell = code_cell(map, map->cuts[i]);
    run = cell == before ? run + 1 : 1;
    before = cell;
    if (run > most) most = run;
  }
  return most;
}

static bool scale_to(struct code_map *map, uint32_t skip, uint32_t n_cells) {
  uint32_t first = skip, last = map->n_cuts - 1 - skip;
  double low = map->cuts[first], range = map->cuts[last] - low;
  map->n_cells = n_cells;
  map->low = low;
  map->scale = (double)n_cells / range;
  return isfinite(low) && range > 0.0 && isfinite(range) && isfinite(map->scale) && map->scale > 0.0;
}

enum { FEW_STEPS = 2, MOST_STEPS = CODE_MOST_STEPS, FEWEST_CELLS = 256, MOST_CELLS = 4096 };

/* The scale with the fewest comparisons: over all cuts, or over the middle ones where a few lie far away; as
 * few cells as do. */
static void choose_scale(struct code_map *map) {
  struct code_map best = {.steps = MOST_STEPS + 1};
  for (uint32_t n_cells = FEWEST_CELLS; n_cells <= MOST_CELLS && best.steps > FEW_STEPS; n_cells *= 2)
    for (uint32_t part = 0; part < 3; part++) {
      struct code_map tried = *map;
      if (!scale_to(&tried, part == 0 ? 0 : map->n_cuts / (part == 1 ? 64 : 16), n_cells)) continue;
      tried.steps = most_in_cell(&tried);
      if (tried.steps < best.steps) best = tried;
    }
  if (best.steps <= MOST_STEPS)
    *map = best;
  else
    map->n_cells = map->steps = 0;
}

static void fill_cells(const struct code_map *map, uint16_t *first) {
  uint32_t cell = 0;
  for (uint32_t i = 0; i < map->n_cuts; i++)
    for (uint32_t own = code_cell(map, map->cuts[i]); cell <= own; cell++) first[cell] = (uint16_t)i;
  for (; cell < map->n_cells; cell++) first[cell] = (uint16_t)map->n_cuts;
}

static void number_columns(struct coded_trees *coded) {
  for (uint32_t s = 0; s < coded->n_sources; s++) {
    struct coded_source *source = &coded->sources[s];
    if (source->categorical) {
      source->category_column = coded->n_categorical++;
      continue;
    }
    source->n_columns = (source->map.n_cuts + COLUMN_CUTS - 1) / COLUMN_CUTS;
    for (unsigned v = 0; v < CODE_VERSIONS; v++) {
      if (!(source->versions >> v & 1)) continue;
      source->first_column[v] = coded->n_columns;
      coded->n_columns += source->n_columns;
      source->line[v] = coded->n_lines++;
      source->first_condition[v] = coded->n_conditions;
      coded->n_conditions += source->map.n_cuts + 1;
    }
  }
}

static copse_status take_sources(struct coded_trees *coded, uint32_t n_features, struct names *names,
                                 copse_error *err) {
  uint64_t n_numbers = names->first[2 * (size_t)n_features];
  coded->sources = copse_alloc_zero(coded->ctx, coded->n_sources, sizeof *coded->sources);
  coded->cuts =
      copse_alloc(coded->ctx, n_numbers + coded->n_sources * (size_t)(MOST_STEPS + 1), sizeof *coded->cuts);
  coded->categories = copse_alloc(coded->ctx, n_numbers, sizeof *coded->categories);
  if (coded->sources == NULL || coded->cuts == NULL || coded->categories == NULL)
    return status_memory(err, "a predictor");
  double *cuts = coded->cuts;
  int32_t *categories = coded->categories;
  size_t n_cells = 0;
  for (uint32_t i = 0; i < 2 * n_features; i++) {
    if (coded->source_of[i] == UINT32_MAX) continue;
    struct coded_source *source = &coded->sources[coded->source_of[i]];
    struct sort_pair *pairs = names->pairs + names->first[i];
    uint32_t n = settle(pairs, names->scratch, names->first[i + 1] - names->first[i]);
    if (n == UINT32_MAX) return COPSE_OK; /* stays unusable */
    source->feature = i / 2;
    source->categorical = (i & 1) != 0;
    if (source->categorical) {
      source->categories = categories;
      source->n_categories = n;
      for (uint32_t k = 0; k < n; k++) *categories++ = (int32_t)pairs[k].value;
      continue;
    }
    source->map.cuts = cuts;
    source->map.n_cuts = n;
    for (uint32_t k = 0; k < n; k++) memcpy(cuts++, &pairs[k].value, sizeof *cuts);
    for (uint32_t k = 0; k <= MOST_STEPS; k++) *cuts++ = (double)INFINITY;
    choose_scale(&source->map);
    n_cells += source->map.n_cells;
  }
  coded->firsts = copse_alloc(coded->ctx, n_cells, sizeof *coded->firsts);
  if (coded->firsts == NULL) return status_memory(err, "a predictor");
  uint16_t *first = coded->firsts;
  for (uint32_t s = 0; s < coded->n_sources; s++) {
    struct code_map *map = &coded->sources[s].map;
    map->first = first;
    fill_cells(map, first);
    first += map->n_cells;
  }
  coded->usable = true;
  return COPSE_OK;
}

static void mark_versions(struct coded_trees *coded, const struct tree *trees) {
  for (int t = 0; t < coded->n_trees; t++)
    for (int node = 0; node < trees[t].n_leaves - 1; node++) {
      struct coded_source *source = &coded->sources[coded->source_of[source_index(&trees[t], node)]];
      source->versions |= 1u << coded_version(trees[t].decision_type[node]);
    }
}

copse_status coded_sources_create(struct coded_trees *coded, uint32_t n_features, const struct tree *trees,
                                  copse_error *err) {
  size_t n = 2 * (size_t)n_features;
  copse_status status = COPSE_OK;
  struct names names = {.first = copse_alloc_zero(coded->ctx, n + 2, sizeof *names.first)};
  coded->source_of = copse_alloc(coded->ctx, n, sizeof *coded->source_of);
  if (names.first == NULL || coded->source_of == NULL) {
    status = status_memory(err, "a predictor");
    goto done;
  }
  visit_all(coded, trees, count_name, &names);
  memset(coded->source_of, 0xFF, n * sizeof *coded->source_of);
  for (int t = 0; t < coded->n_trees; t++) /* a set may be empty: its feature is a source all the same */
    for (int node = 0; node < trees[t].n_leaves - 1; node++)
      coded->source_of[source_index(&trees[t], node)] = 0;
  for (size_t i = 0; i < n; i++) {
    names.first[i + 1] += names.first[i];
    if (coded->source_of[i] == 0) coded->source_of[i] = coded->n_sources++;
  }
  names.pairs = copse_alloc(coded->ctx, names.first[n], sizeof *names.pairs);
  names.scratch = copse_alloc(coded->ctx, names.first[n], sizeof *names.scratch);
  if (names.pairs == NULL || names.scratch == NULL) {
    status = status_memory(err, "a predictor");
    goto done;
  }
  visit_all(coded, trees, put_name, &names);
  for (size_t i = n; i > 0; i--) names.first[i] = names.first[i - 1]; /* put_name moved each to its end */
  names.first[0] = 0;
  status = take_sources(coded, n_features, &names, err);
  if (status != COPSE_OK || !coded->usable) goto done;
  mark_versions(coded, trees);
  number_columns(coded);
done:
  copse_free(names.first);
  copse_free(names.pairs);
  copse_free(names.scratch);
  return status;
}
