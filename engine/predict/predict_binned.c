/* predict_binned.c - the rows of a data set. Where every threshold of a model ends a bin, a bin's values all
 * have one code (coded.h): a row's cells become its codes by a list of each source, whether its column shares
 * them with others or not, and from there it goes the way of all rows. */
#include "base/status.h"
#include "model/on_bins.h"
#include "predict/block.h"
#include "predict/ways.h"

static copse_status check_dataset(const copse_predictor *predictor, const copse_dataset *dataset,
                                  copse_error *err) {
  if (!dataset->finished)
    return status_set(err, COPSE_ERR_STATE,
                      "data set: predicted before it was finished (call copse_dataset_finish first)");
  for (int t = 0; t < predictor->n_trees; t++)
    if (predictor->trees[t].linear != NULL)
      return status_set(err, COPSE_ERR_UNSUPPORTED,
                        "tree %d of the predictor has linear models in its leaves (linear_tree), which need "
                        "values and not bins: predict from the rows themselves",
                        t);
  return on_bins_check_schema(predictor->model, dataset->schema, "the model", "the binned data", err);
}

static copse_status refuse(const copse_predictor *predictor, uint32_t feature, const char *what,
                           copse_error *err) {
  return status_set(err, COPSE_ERR_DATA,
                    "feature %u, \"%s\": %s: bin the rows with the schema that the model was trained on, or "
                    "predict from the rows themselves",
                    feature, predictor->model->names[feature], what);
}

/* The version of a feature's codes that its bins tell. */
static unsigned told_versions(const struct feature_bins *bins) {
  switch (bins->missing) {
    case MISSING_NAN: return 1u << CODES_NAN_LEFT | 1u << CODES_NAN_RIGHT;
    case MISSING_ZERO: return 1u << CODES_ZERO_LEFT | 1u << CODES_ZERO_RIGHT;
    default: return 1u << CODES_PLAIN;
  }
}

/* Whether a cut of a source ends a bin; cuts at the ends of what counts as 0 may be thresholds within it. */
static bool ends_bin(const struct feature_bins *bins, double cut) {
  return on_bins_threshold(bins, cut) != ON_BINS_NONE ||
         (cut == coded_cut(-BINS_ZERO) && on_bins_threshold(bins, -BINS_ZERO) != ON_BINS_NONE);
}

/* Whether all values of each bin have one code. */
static copse_status check_source(const copse_predictor *predictor, const struct coded_source *source,
                                 const struct feature_bins *bins, copse_error *err) {
  if (!bins->used || bins->categorical != source->categorical)
    return refuse(predictor, source->feature,
                  !bins->used           ? "trees divide by it, and the data set has no bins of it"
                  : source->categorical ? "categorical in the model, and numeric in the data set"
                                        : "numeric in the model, and categorical in the data set",
                  err);
  bool told = source->categorical || (source->versions & ~told_versions(bins)) == 0;
  if (!told)
    return refuse(predictor, source->feature, "the bins have other missing values than the model", err);
  for (uint32_t i = 0; i < source->n_categories; i++) told &= bins_of_value(bins, source->categories[i]) != 0;
  if (!told)
    return refuse(predictor, source->feature, "a category of the model has no bin in the data set", err);
  for (uint32_t i = 0; i < source->map.n_cuts; i++) told &= ends_bin(bins, source->map.cuts[i]);
  if (!told)
    return refuse(predictor, source->feature, "a threshold of the model is no end of a bin of the data set",
                  err);
  return COPSE_OK;
}

static void list_codes(const struct coded_source *source, const struct feature_bins *bins,
                       const struct binned_column *column, uint32_t n_cells, const struct cell_codes *codes) {
  for (uint32_t cell = 0; cell < n_cells; cell++) {
    double value = on_bins_value(bins, binned_bin(column, cell));
    if (source->categorical) {
      codes->of_cell[0][cell] = (uint16_t)category_code(source, value);
      continue;
    }
    uint32_t plain = code_of(&source->map, value);
    for (unsigned versions = source->versions; versions != 0; versions &= versions - 1) {
      enum code_version v = (enum code_version)__builtin_ctz(versions);
      codes->of_cell[v][cell] = (uint16_t)version_code(v, value, plain, source->map.n_cuts);
    }
  }
}

static copse_status make_codes(const copse_predictor *predictor, const copse_dataset *dataset,
                               const struct coded_source *source, struct cell_codes *out, copse_error *err) {
  const struct binned *binned = &dataset->binned;
  const struct feature_bins *bins = &dataset->schema->features[source->feature];
  copse_status status = check_source(predictor, source, bins, err);
  if (status != COPSE_OK) return status;
  const struct binned_column *column = &binned->columns[binned->column_of[source->feature]];
  const struct binned_carrier *carrier = &binned->carriers[column->carrier];
  /* Cells in a map may change under it: any of them has a place. */
  uint32_t n_cells = carrier->n_values, n_places = carrier->cell_bytes == 1 ? UINT8_MAX + 1 : UINT16_MAX + 1;
  if (!carrier->in_place) n_places = n_cells;
  out->cells = column->cells;
  out->wide = column->cell_bytes == 2;
  unsigned versions = source->categorical ? 1 : source->versions;
  for (; versions != 0; versions &= versions - 1) {
    uint16_t **of_cell = &out->of_cell[__builtin_ctz(versions)];
    *of_cell = copse_alloc_zero(predictor->ctx, n_places, sizeof **of_cell);
    if (*of_cell == NULL) return status_memory(err, "the codes of the bins");
  }
  list_codes(source, bins, column, n_cells, out);
  return COPSE_OK;
}

copse_status copse_predictor_run_dataset(const copse_predictor *predictor, const copse_dataset *dataset,
                                         int n_threads, double *out, copse_error *err) {
  const struct coded_trees *coded = &predictor->coded;
  copse_status status = check_dataset(predictor, dataset, err);
  if (status != COPSE_OK) return status;
  if (!coded->usable)
    return status_set(
        err, COPSE_ERR_DATA,
        "the model has more thresholds than bins can have, or one that is no number: predict from "
        "the rows themselves");
  struct cell_codes *codes = copse_alloc_zero(predictor->ctx, coded->n_sources, sizeof *codes);
  if (codes == NULL) return status_memory(err, "the codes of the bins");
  for (uint32_t s = 0; s < coded->n_sources && status == COPSE_OK; s++)
    status = make_codes(predictor, dataset, &coded->sources[s], &codes[s], err);
  struct predict_job job = {.predictor = predictor,
                            .n_rows = dataset->n_rows,
                            .codes = codes,
                            .out = out,
                            .way = predictor->way == WAY_PLAIN ? WAY_AUTO : predictor->way};
  if (status == COPSE_OK) status = predict_all(&job, n_threads, err);
  for (uint32_t s = 0; s < coded->n_sources; s++)
    for (unsigned v = 0; v < CODE_VERSIONS; v++) copse_free(codes[s].of_cell[v]);
  copse_free(codes);
  return status;
}
