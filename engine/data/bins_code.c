/* bins_code.c - a column of values becomes a column of bins.
 *
 * Selection has put every value in a bucket, of which there are many more than bins: nearly all lie within
 * one bin, and their values' bins are looked up. The values of the few others, in which a bound lies, are
 * listed meanwhile and compared. */
#include "data/bins_code.h"

#include "base/status.h"

enum { NARROW_BINS = 256, PIECE = 8192, SEARCHED = 1024, AHEAD = 16 };

/* Where the bounds lie among the buckets. */
struct map {
  const struct feature_bins *bins;
  struct select_buckets in;
  uint16_t *first; /* [n_buckets + 3] bin of a bucket's values, or of the least it can hold */
  uint16_t
      *marked; /* [n_buckets + 3] BUCKET_MARK where values of another bin may be, with the bin if it fits */
};

static void map_buckets(const struct feature_bins *bins, struct selection *selection, struct map *map) {
  *map = (struct map){.bins = bins, .in = select_buckets(selection)};
  map->first = map->in.tables[0];
  map->marked = map->in.tables[1];
  const struct bucket_rule *rule = &map->in.buckets->rule;
  const uint32_t n = rule->n_buckets, top = bins->n_bins - 1 - (bins->missing == MISSING_NAN ? 1 : 0);
  uint32_t bin = 0;
  for (uint32_t b = 0; b < n; b++) {
    double only, least = bucket_floor(rule, b);
    while (bins->upper[bin] < least) bin++;
    map->first[b] = (uint16_t)bin;
    bool ends = b + 1 == n || b + 1 == rule->first_positive; /* the last one of a sign */
    bool several = ends ? bin < top : bins->upper[bin] < bucket_ceiling(rule, b);
    map->marked[b] = several ? BUCKET_MARK : 0;
    if (!several || !select_only_value(selection, b, &only)) continue;
    while (bins->upper[bin] < only) bin++;
    map->first[b] = (uint16_t)bin;
    map->marked[b] = 0;
  }
  map->first[n] = (uint16_t)bins_of_value(bins, 0.0);
  map->first[n + 1] = bins->missing == MISSING_NAN ? (uint16_t)(bins->n_bins - 1) : map->first[n];
  map->first[n + 2] = 0;
  for (uint32_t b = n; b < n + 3; b++) map->marked[b] = 0;
}

/* The values that share a bucket with a bound. */
static void compare_listed(const struct map *map, const uint32_t *list, uint64_t n, void *out, bool wide) {
  const struct bins_values *values = map->in.values;
  const double *upper = map->bins->upper;
  for (uint64_t k = 0; k < n && k < AHEAD; k++) __builtin_prefetch(values->at + list[k] * values->stride);
  for (uint64_t k = 0; k < n; k++) {
    if (k + AHEAD < n) __builtin_prefetch(values->at + list[k + AHEAD] * values->stride);
    const uint64_t i = list[k];
    const double value = values->at[i * values->stride];
    /* the bin of the bucket is there; narrow cells may lie where the bucket was */
    uint32_t bin = wide ? ((const uint16_t *)out)[i] : ((const uint8_t *)out)[i];
    while (upper[bin] < value) bin++;
    if (wide)
      ((uint16_t *)out)[i] = (uint16_t)bin;
    else
      ((uint8_t *)out)[i] = (uint8_t)bin;
  }
}

static void code_by_buckets(const struct map *map, bool wide, void *out) {
  const uint16_t *buckets = map->in.buckets->of_values;
  const struct kernels *kernels = kernels_best();
  uint32_t list[PIECE + BUCKET_LIST_ROOM];
  uint16_t *table = map->marked;
  for (uint32_t b = 0; b < map->in.buckets->rule.n_buckets + 3 && !wide; b++) table[b] |= map->first[b];
  for (uint64_t start = 0; start < map->in.values->n; start += PIECE) {
    const uint64_t left = map->in.values->n - start, n = left < PIECE ? left : PIECE;
    uint16_t *wide_cells = (uint16_t *)out + start;
    for (uint64_t i = 0; i < n && wide; i++) wide_cells[i] = map->first[buckets[start + i]];
    const uint64_t n_listed = kernels->look_up(buckets + start, n, table,
                                               wide ? NULL : (uint8_t *)out + start, (uint32_t)start, list);
    compare_listed(map, list, n_listed, out, wide);
  }
}

static copse_status take_cells(copse_context *ctx, const struct feature_bins *bins, uint64_t n,
                               struct bins_codes *out, copse_error *err) {
  size_t cell_bytes = bins->n_bins <= NARROW_BINS ? 1 : 2;
  out->wide = cell_bytes == 2;
  out->cells = out->place != NULL && !out->wide ? out->place : copse_alloc(ctx, n, cell_bytes);
  return out->cells != NULL ? COPSE_OK : status_memory(err, "the bins of a column");
}

copse_status bins_code(copse_context *ctx, const struct feature_bins *bins, struct selection *selection,
                       struct bins_codes *out, copse_error *err) {
  struct map map;
  copse_status status = take_cells(ctx, bins, select_buckets(selection).values->n, out, err);
  if (status != COPSE_OK) return status;
  map_buckets(bins, selection, &map);
  code_by_buckets(&map, out->wide, out->cells);
  return COPSE_OK;
}

copse_status bins_code_values(copse_context *ctx, const struct feature_bins *bins,
                              const struct bins_values *values, struct bins_codes *out, copse_error *err) {
  double piece[SEARCHED];
  uint16_t found[SEARCHED];
  copse_status status = take_cells(ctx, bins, values->n, out, err);
  if (status != COPSE_OK) return status;
  for (uint64_t start = 0; start < values->n; start += SEARCHED) {
    const size_t n = values->n - start < SEARCHED ? (size_t)(values->n - start) : SEARCHED;
    for (size_t i = 0; i < n; i++) piece[i] = values->at[(start + i) * values->stride];
    bins_of_values(bins, piece, n, found);
    for (size_t i = 0; i < n && !out->wide; i++) ((uint8_t *)out->cells)[start + i] = (uint8_t)found[i];
    for (size_t i = 0; i < n && out->wide; i++) ((uint16_t *)out->cells)[start + i] = found[i];
  }
  return COPSE_OK;
}

void bins_codes_release(struct bins_codes *codes) {
  if (codes->cells != codes->place) copse_free(codes->cells);
  codes->cells = NULL;
}
