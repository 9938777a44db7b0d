/* bins_categorical.c - which categories of a feature get a bin of their own: the frequent ones, up to 99 % of
 * the rows or the limit of bins, whichever takes more (LightGBM 4.6; algorithms 1.9). Bin 0 stands for
 * everything else: missing, rare, never seen. */
#include <math.h>

#include "base/sort.h"
#include "base/status.h"
#include "data/bins_code.h"
#include "data/bins_internal.h"
#include "data/radix_sort.h"

/* Pairs (rows, category); keys of an order by rows are UINT64_MAX - rows. */
struct categories {
  struct sort_pair *list, *scratch;
  size_t n;
  uint64_t missing_rows; /* NaN, where NaN is missing, and negative values */
};

/* Sorts what is neither zero nor NaN into scratch[0..n) and counts the rest. */
static uint64_t sort_nonzero(const double *values, uint64_t n_values, double *scratch, uint64_t *n_nan) {
  uint64_t n = 0, nan_rows = 0;
  for (uint64_t i = 0; i < n_values; i++) {
    if (isnan(values[i]) || values[i] == COPSE_CODE_ABSENT)
      nan_rows++;
    else if (fabs(values[i]) > BINS_ZERO)
      scratch[n++] = values[i];
  }
  radix_sort_doubles(scratch, scratch + n_values, n);
  *n_nan = nan_rows;
  return n;
}

static void add_category(struct categories *out, double value, uint64_t rows) {
  if (value <= -1.0) {
    out->missing_rows += rows;
    return;
  }
  uint64_t category = (uint64_t)value; /* toward zero */
  if (out->n > 0 && out->list[out->n - 1].value == category)
    out->list[out->n - 1].key -= rows;
  else
    out->list[out->n++] = (struct sort_pair){UINT64_MAX - rows, category};
}

/* Categories in ascending order. Category 0 is listed where zeros occur, and also, without rows, between
 * negative and positive values: it then takes part in the budget of bins, as in LightGBM. */
static void list_categories(const double *sorted, uint64_t n, uint64_t zero_rows, struct categories *out) {
  bool zero_due = zero_rows > 0 || (n > 0 && sorted[0] < 0 && sorted[n - 1] > 0);
  for (uint64_t i = 0; i < n; i++) {
    if (zero_due && sorted[i] > 0) {
      add_category(out, 0.0, zero_rows);
      zero_due = false;
    }
    add_category(out, sorted[i], 1);
  }
  if (zero_due || n == 0) add_category(out, 0.0, zero_rows);
}

static uint64_t rows_of(const struct sort_pair *category) { return UINT64_MAX - category->key; }

/* How many of the ordered categories get a bin; *used_rows: the rows they cover. */
static size_t choose_categories(const struct categories *categories, uint64_t n_sample, int feature_max_bin,
                                int min_data_in_bin, uint64_t *used_rows) {
  /* The product is float32 on purpose. */
  float cover = (float)(n_sample - categories->missing_rows) * 0.99f;
  uint64_t enough = (uint64_t)((double)cover + 0.5);
  uint64_t least = min_data_in_bin > 0 ? (uint64_t)min_data_in_bin : 0;
  size_t budget = categories->n + (categories->missing_rows > 0 ? 1 : 0);
  if ((size_t)feature_max_bin < budget) budget = (size_t)feature_max_bin;
  uint64_t used = 0;
  size_t chosen = 0;
  while (chosen < categories->n && (used < enough || chosen + 1 < budget)) {
    if (rows_of(&categories->list[chosen]) < least && chosen > 1) break;
    used += rows_of(&categories->list[chosen++]);
  }
  *used_rows = used;
  return chosen;
}

/* The lookup: bins of the first n categories by ascending category. Uses up the list. */
static void fill_lookup(const struct categories *categories, size_t n, struct feature_bins *out) {
  struct sort_pair *list = categories->list;
  for (size_t i = 0; i < n; i++) {
    out->category[i + 1] = (int32_t)list[i].value;
    list[i] = (struct sort_pair){list[i].value, i + 1};
  }
  sort_pairs(list, categories->scratch, n);
  for (size_t i = 0; i < n; i++) {
    out->sorted_category[i] = (int32_t)list[i].key;
    out->sorted_bin[i] = (uint32_t)list[i].value;
  }
}

static copse_status make_bins(copse_context *ctx, const struct categories *categories, int feature_max_bin,
                              const struct bins_sample *sample, const struct bin_params *params,
                              struct feature_bins *out, copse_error *err) {
  uint64_t used_rows;
  sort_pairs(categories->list, categories->scratch, categories->n); /* stable: ties by ascending category */
  size_t n =
      choose_categories(categories, sample->n_sample, feature_max_bin, params->min_data_in_bin, &used_rows);
  bool complete = n == categories->n && categories->missing_rows == 0;
  out->missing = complete ? MISSING_NONE : MISSING_NAN;
  out->n_bins = (uint32_t)n + 1;
  out->category = copse_alloc(ctx, n + 1, sizeof *out->category);
  out->sorted_category = copse_alloc(ctx, n, sizeof *out->sorted_category);
  out->sorted_bin = copse_alloc(ctx, n, sizeof *out->sorted_bin);
  uint64_t *bin_rows = copse_alloc(ctx, n + 1, sizeof *bin_rows);
  if (out->category == NULL || out->sorted_category == NULL || out->sorted_bin == NULL || bin_rows == NULL) {
    copse_free(bin_rows);
    return status_memory(err, "bins of categories");
  }
  out->category[0] = -1;
  bin_rows[0] = sample->n_sample - used_rows;
  for (size_t i = 0; i < n; i++) bin_rows[i + 1] = rows_of(&categories->list[i]);
  fill_lookup(categories, n, out);
  bins_settle(out, bin_rows, sample, params);
  copse_free(bin_rows);
  return COPSE_OK;
}

copse_status bins_find_categorical(copse_context *ctx, const struct bins_column *column,
                                   struct feature_bins *out, copse_error *err) {
  const struct bin_params *params = column->params;
  copse_status status = COPSE_OK;
  struct categories categories = {0};
  struct bins_sample sample = {column->n_values + column->n_zeros, column->n_rows};
  *out = (struct feature_bins){.categorical = true};
  if (column->codes != NULL) column->codes->cells = NULL;
  double *scratch = copse_alloc(ctx, column->n_values, 2 * sizeof *scratch);
  if (scratch == NULL) {
    status = status_memory(err, "categories");
    goto done;
  }
  uint64_t nan_rows;
  uint64_t n = sort_nonzero(column->values, column->n_values, scratch, &nan_rows);
  if (n > 0 && scratch[n - 1] >= 2147483648.0) {
    status =
        status_set(err, COPSE_ERR_DATA,
                   "category %.17g: expected at most 2147483647 (number the categories 0, 1, 2 ..., or use "
                   "the column as a number)",
                   scratch[n - 1]);
    goto done;
  }
  bool nan_is_missing = params->use_missing && !params->zero_as_missing;
  categories.missing_rows = nan_is_missing ? nan_rows : 0;
  uint64_t zero_rows = sample.n_sample - n - categories.missing_rows;
  out->min_value = n > 0 && !(zero_rows > 0 && scratch[0] > 0) ? scratch[0] : 0.0;
  out->max_value = n > 0 && !(zero_rows > 0 && scratch[n - 1] < 0) ? scratch[n - 1] : 0.0;

  size_t n_distinct = 2; /* zero, and the first of the others */
  for (uint64_t i = 1; i < n; i++) n_distinct += scratch[i] != scratch[i - 1] ? 1 : 0;
  categories.list = copse_alloc(ctx, n_distinct, sizeof *categories.list);
  categories.scratch = copse_alloc(ctx, n_distinct, sizeof *categories.scratch);
  if (categories.list == NULL || categories.scratch == NULL) {
    status = status_memory(err, "categories");
    goto done;
  }
  list_categories(scratch, n, zero_rows, &categories);
  if (categories.missing_rows == sample.n_sample) goto done; /* nothing to tell apart: not used */
  status = make_bins(ctx, &categories, column->max_bin, &sample, params, out, err);
  if (status == COPSE_OK && column->codes != NULL && out->used && out->n_bins <= BINS_MAX)
    status = bins_code_values(ctx, out, &(struct bins_values){column->values, 1, column->n_values},
                              column->codes, err);

done:
  copse_free(scratch);
  copse_free(categories.list);
  copse_free(categories.scratch);
  if (status != COPSE_OK) bins_release(out);
  return status;
}
