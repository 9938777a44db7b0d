/* bins_code.c - a column of values becomes a column of bins.
 *
 * Selection has put every value in a bucket, of which there are many more than bins: nearly all lie within
 * one bin, and few bounds fall into the others. So the bucket names the first bin a value may have, and as
 * many comparisons as the fullest bucket has bounds lead to its own; where these are too many the kernel that
 * searches is asked. */
#include "data/bins_code.h"

#include <math.h>

#include "base/status.h"

enum { MOST_STEPS = 2, NARROW_BINS = 256, PIECE = 1024 };

struct map {
  const struct feature_bins *bins;
  struct select_buckets in;
  unsigned steps;
  uint16_t zero_bin, nan_bin;
};

/* First bins of the buckets. False when some bucket holds too many bounds. */
static bool map_buckets(const struct feature_bins *bins, struct selection *selection, struct map *map) {
  *map = (struct map){.bins = bins, .in = select_buckets(selection)};
  const struct select_buckets *in = &map->in;
  uint32_t bin = 0;
  for (uint32_t b = 0; b < in->n_buckets; b++) {
    double edge = select_edge(selection, b);
    while (bins->upper[bin] < edge) bin++;
    in->first_bins[b] = (uint16_t)bin;
  }
  for (uint32_t b = 0; b < in->n_buckets; b++) {
    bool ends = b + 1 == in->n_buckets || b + 1 == in->first_positive; /* the last one of a sign */
    double most = b < in->first_positive ? in->most_negative : in->most_positive;
    uint32_t last = ends ? bins_of_value(bins, most) : in->first_bins[b + 1];
    if (last - in->first_bins[b] > map->steps) map->steps = last - in->first_bins[b];
  }
  map->zero_bin = (uint16_t)bins_of_value(bins, 0.0);
  map->nan_bin = bins->missing == MISSING_NAN ? (uint16_t)(bins->n_bins - 1) : map->zero_bin;
  return map->steps <= MOST_STEPS;
}

/* The bin of the i-th value of the selection. */
static inline uint32_t bin_at(const struct map *map, uint64_t i, unsigned steps) {
  const double *upper = map->bins->upper;
  uint32_t bin = map->in.first_bins[map->in.buckets[i]];
  for (unsigned k = 0; k < steps; k++) bin += upper[bin] < map->in.values[i] ? 1 : 0;
  return bin;
}

/* All values are in the selection, or those beyond zero are, in their order. Numbers within +-zero that are
 * not 0 hardly exist: they are looked for afterwards. */
#define CODE(type, steps)                                                                          \
  do {                                                                                             \
    type *cells = out;                                                                             \
    const struct map local = *map;                                                                 \
    uint64_t at = 0;                                                                               \
    bool tiny = false;                                                                             \
    for (uint64_t i = 0; i < n && n == local.in.n; i++) cells[i] = (type)bin_at(&local, i, steps); \
    for (uint64_t i = 0; i < n && n != local.in.n; i++) {                                          \
      double value = values[i];                                                                    \
      uint32_t kept = fabs(value) > BINS_ZERO ? 1 : 0;                                             \
      uint32_t other = value != value ? local.nan_bin : local.zero_bin;                            \
      cells[i] = (type)(other + ((bin_at(&local, at, steps) - other) & (0 - kept)));               \
      tiny |= (kept == 0) & (value < 0 || value > 0);                                              \
      at += kept;                                                                                  \
    }                                                                                              \
    for (uint64_t i = 0; i < n && tiny; i++)                                                       \
      if (fabs(values[i]) <= BINS_ZERO) cells[i] = (type)bins_of_value(local.bins, values[i]);     \
  } while (0)

static void code_by_buckets(const struct map *map, const double *values, uint64_t n, bool wide, void *out) {
  if (wide && map->steps == 0)
    CODE(uint16_t, 0);
  else if (wide && map->steps == 1)
    CODE(uint16_t, 1);
  else if (wide)
    CODE(uint16_t, MOST_STEPS);
  else if (map->steps == 0)
    CODE(uint8_t, 0);
  else if (map->steps == 1)
    CODE(uint8_t, 1);
  else
    CODE(uint8_t, MOST_STEPS);
}

static void code_by_search(const struct feature_bins *bins, const double *values, uint64_t n, bool wide,
                           void *out) {
  uint16_t block[PIECE];
  if (wide) {
    bins_of_values(bins, values, n, out);
    return;
  }
  for (uint64_t start = 0; start < n; start += PIECE) {
    size_t length = n - start < PIECE ? (size_t)(n - start) : PIECE;
    bins_of_values(bins, values + start, length, block);
    for (size_t i = 0; i < length; i++) ((uint8_t *)out)[start + i] = (uint8_t)block[i];
  }
}

copse_status bins_code(copse_context *ctx, const struct feature_bins *bins, const double *values,
                       uint64_t n_values, struct selection *selection, struct bins_codes *out,
                       copse_error *err) {
  struct map map;
  size_t cell_bytes = bins->n_bins <= NARROW_BINS ? 1 : 2;
  *out = (struct bins_codes){.wide = cell_bytes == 2};
  out->cells = copse_alloc(ctx, n_values, cell_bytes);
  if (out->cells == NULL) return status_memory(err, "the bins of a column");
  if (selection != NULL && map_buckets(bins, selection, &map))
    code_by_buckets(&map, values, n_values, out->wide, out->cells);
  else
    code_by_search(bins, values, n_values, out->wide, out->cells);
  return COPSE_OK;
}
