/* schema_bytes.c - see schema_bytes.h. Numbers lie in the machine's byte order, which the file around them
 * tells. Whatever the bytes say, no later call reads out of bounds. */
#include "data/schema_bytes.h"

#include <inttypes.h>
#include <string.h>

#include "base/status.h"
#include "data/names.h"

/* One feature's numbers; its arrays follow: upper, or category, sorted_category and sorted_bin. */
struct feature_record {
  uint8_t categorical, used, missing, padding[5];
  uint32_t n_bins, default_bin, most_freq_bin, common_bin;
  double min_value, max_value, common_share, default_share;
};

static void append(copse_text *out, const void *bytes, size_t length) {
  copse_text_append(out, bytes, length);
}

static void append_feature(const struct feature_bins *bins, copse_text *out) {
  struct feature_record record = {0};
  record.categorical = bins->categorical;
  record.used = bins->used;
  record.missing = (uint8_t)bins->missing;
  record.n_bins = bins->n_bins;
  record.default_bin = bins->default_bin;
  record.most_freq_bin = bins->most_freq_bin;
  record.common_bin = bins->common_bin;
  record.min_value = bins->min_value;
  record.max_value = bins->max_value;
  record.common_share = bins->common_share;
  record.default_share = bins->default_share;
  append(out, &record, sizeof record);
  if (!bins->used) return;
  if (!bins->categorical) {
    append(out, bins->upper, bins->n_bins * sizeof *bins->upper);
    return;
  }
  append(out, bins->category, bins->n_bins * sizeof *bins->category);
  append(out, bins->sorted_category, (bins->n_bins - 1) * sizeof *bins->sorted_category);
  append(out, bins->sorted_bin, (bins->n_bins - 1) * sizeof *bins->sorted_bin);
}

void schema_write_bytes(const copse_schema *schema, copse_text *out) {
  uint32_t head[3] = {schema->n_features, schema->default_names, schema->bundled};
  append(out, head, sizeof head);
  for (uint32_t f = 0; f < schema->n_features; f++)
    append(out, schema->names[f], strlen(schema->names[f]) + 1);
  for (uint32_t f = 0; f < schema->n_features; f++) append_feature(&schema->features[f], out);
  if (!schema->bundled) return;
  const struct bundles *bundles = &schema->bundles;
  uint32_t sizes[3] = {bundles->n_columns, bundles->n_digits, bundles->n_carriers};
  append(out, sizes, sizeof sizes);
  append(out, bundles->reference, bundles->n_columns * sizeof *bundles->reference);
  append(out, bundles->digit_of, bundles->n_columns * sizeof *bundles->digit_of);
  append(out, bundles->carrier_of, bundles->n_digits * sizeof *bundles->carrier_of);
}

/* What is left to read. */
struct cursor {
  copse_context *ctx;
  const char *p, *end, *place;
};

static copse_status damaged(const struct cursor *cursor, copse_error *err) {
  return status_set(err, COPSE_ERR_FORMAT, "%s: the schema of the data set is damaged", cursor->place);
}

static bool take(struct cursor *cursor, void *out, size_t length) {
  if ((size_t)(cursor->end - cursor->p) < length) return false;
  memcpy(out, cursor->p, length);
  cursor->p += length;
  return true;
}

/* An array of n elements as a block of its own. */
static copse_status take_array(struct cursor *cursor, size_t n, size_t size, void *out, copse_error *err) {
  if ((size_t)(cursor->end - cursor->p) / size < n) return damaged(cursor, err);
  void *block = copse_alloc(cursor->ctx, n, size);
  if (block == NULL) return status_memory(err, "bins");
  memcpy(block, cursor->p, n * size);
  cursor->p += n * size;
  memcpy(out, &block, sizeof block);
  return COPSE_OK;
}

static copse_status take_names(struct cursor *cursor, copse_schema *schema, copse_error *err) {
  const char **names = copse_alloc(cursor->ctx, schema->n_features, sizeof *names);
  if (names == NULL) return status_memory(err, "a schema");
  copse_status status = COPSE_OK;
  for (uint32_t f = 0; f < schema->n_features && status == COPSE_OK; f++) {
    const char *stop = memchr(cursor->p, '\0', (size_t)(cursor->end - cursor->p));
    if (stop == NULL) {
      status = damaged(cursor, err);
      break;
    }
    names[f] = cursor->p;
    cursor->p = stop + 1;
  }
  bool unused;
  if (status == COPSE_OK)
    status = names_copy(cursor->ctx, names, schema->n_features, &schema->names, &unused, err);
  copse_free(names);
  return status;
}

static copse_status take_feature(struct cursor *cursor, struct feature_bins *bins, copse_error *err) {
  struct feature_record record;
  if (!take(cursor, &record, sizeof record)) return damaged(cursor, err);
  bins->categorical = record.categorical != 0;
  bins->used = record.used != 0;
  bins->missing = (enum missing_type)record.missing;
  bins->min_value = record.min_value;
  bins->max_value = record.max_value;
  bins->common_bin = record.common_bin;
  bins->common_share = record.common_share;
  bins->default_share = record.default_share;
  if (record.missing > MISSING_NAN) return damaged(cursor, err);
  if (!bins->used) {
    bins->common_bin = 0;
    return record.n_bins == 0 ? COPSE_OK : damaged(cursor, err);
  }
  if (record.n_bins < 2 || record.n_bins > BINS_MAX || record.default_bin >= record.n_bins ||
      record.most_freq_bin >= record.n_bins || record.common_bin >= record.n_bins)
    return damaged(cursor, err);
  bins->n_bins = record.n_bins;
  bins->default_bin = record.default_bin;
  bins->most_freq_bin = record.most_freq_bin;
  size_t n = bins->n_bins;
  if (!bins->categorical) return take_array(cursor, n, sizeof *bins->upper, &bins->upper, err);
  copse_status status = take_array(cursor, n, sizeof *bins->category, &bins->category, err);
  if (status == COPSE_OK)
    status = take_array(cursor, n - 1, sizeof *bins->sorted_category, &bins->sorted_category, err);
  if (status == COPSE_OK)
    status = take_array(cursor, n - 1, sizeof *bins->sorted_bin, &bins->sorted_bin, err);
  for (size_t i = 0; i + 1 < n && status == COPSE_OK; i++)
    if (bins->sorted_bin[i] >= n) status = damaged(cursor, err);
  return status;
}

/* Numbers 0, 1, 2 ... each in the order of its first place, all below n, and each there. */
static bool numbered(const uint32_t *numbers, uint32_t n_items, uint32_t n) {
  uint32_t seen = 0;
  for (uint32_t i = 0; i < n_items; i++) {
    if (numbers[i] > seen) return false;
    seen += numbers[i] == seen;
  }
  return seen == n;
}

/* Whether the cells that columns share have few enough values. radix [n_digits] and values [n_carriers] are
 * scratch. */
static bool cells_hold(const copse_schema *schema, uint64_t *radix, uint64_t *values) {
  const struct bundles *bundles = &schema->bundles;
  uint32_t c = 0;
  for (uint32_t d = 0; d < bundles->n_digits; d++) radix[d] = 1;
  for (uint32_t k = 0; k < bundles->n_carriers; k++) values[k] = 1;
  for (uint32_t f = 0; f < schema->n_features; f++) {
    const struct feature_bins *bins = &schema->features[f];
    if (!bins->used) continue;
    if (bundles->reference[c] >= bins->n_bins) return false;
    uint64_t *digit = &radix[bundles->digit_of[c++]];
    bool first = *digit == 1;
    *digit += bins->n_bins - 1;
    if (*digit > (first ? (uint64_t)BINS_MAX : (uint64_t)BUNDLE_MOST_VALUES)) return false;
  }
  for (uint32_t d = 0; d < bundles->n_digits; d++) {
    uint64_t *carrier = &values[bundles->carrier_of[d]];
    bool alone = *carrier == 1;
    *carrier *= radix[d];
    if (*carrier > (alone ? (uint64_t)BINS_MAX : (uint64_t)BUNDLE_MOST_VALUES)) return false;
  }
  return true;
}

static copse_status take_bundles(struct cursor *cursor, copse_schema *schema, copse_error *err) {
  struct bundles *bundles = &schema->bundles;
  uint32_t sizes[3], n_used = 0;
  for (uint32_t f = 0; f < schema->n_features; f++) n_used += schema->features[f].used;
  if (!take(cursor, sizes, sizeof sizes) || sizes[0] != n_used || sizes[1] > sizes[0] || sizes[2] > sizes[1])
    return damaged(cursor, err);
  *bundles = (struct bundles){.n_columns = sizes[0], .n_digits = sizes[1], .n_carriers = sizes[2]};
  copse_status status = take_array(cursor, sizes[0], sizeof *bundles->reference, &bundles->reference, err);
  if (status == COPSE_OK)
    status = take_array(cursor, sizes[0], sizeof *bundles->digit_of, &bundles->digit_of, err);
  if (status == COPSE_OK)
    status = take_array(cursor, sizes[1], sizeof *bundles->carrier_of, &bundles->carrier_of, err);
  if (status != COPSE_OK) return status;
  if (!numbered(bundles->digit_of, sizes[0], sizes[1]) || !numbered(bundles->carrier_of, sizes[1], sizes[2]))
    return damaged(cursor, err);
  uint64_t *scratch = copse_alloc(cursor->ctx, (size_t)sizes[1] + sizes[2], sizeof *scratch);
  if (scratch == NULL) return status_memory(err, "a schema");
  schema->bundled = cells_hold(schema, scratch, scratch + sizes[1]);
  copse_free(scratch);
  return schema->bundled ? COPSE_OK : damaged(cursor, err);
}

copse_status schema_parse_bytes(copse_context *ctx, const char *bytes, size_t length, const char *place,
                                copse_schema **out, copse_error *err) {
  struct cursor cursor = {ctx, bytes, bytes + length, place};
  uint32_t head[3];
  *out = NULL;
  if (!take(&cursor, head, sizeof head) || head[0] == 0 || head[0] > length / sizeof(struct feature_record))
    return damaged(&cursor, err);
  copse_schema *schema = copse_alloc_zero(ctx, 1, sizeof *schema);
  if (schema == NULL) return status_memory(err, "a schema");
  schema->ctx = ctx;
  atomic_init(&schema->references, 1);
  schema->n_features = head[0];
  schema->default_names = head[1] != 0;
  schema->features = copse_alloc_zero(ctx, schema->n_features, sizeof *schema->features);
  copse_status status =
      schema->features != NULL ? take_names(&cursor, schema, err) : status_memory(err, "a schema");
  for (uint32_t f = 0; f < schema->n_features && status == COPSE_OK; f++)
    status = take_feature(&cursor, &schema->features[f], err);
  if (status == COPSE_OK && head[2] != 0) status = take_bundles(&cursor, schema, err);
  if (status == COPSE_OK && cursor.p != cursor.end) status = damaged(&cursor, err);
  if (status == COPSE_OK)
    *out = schema;
  else
    copse_schema_free(schema);
  return status;
}
