/* on_bins.c - see the header. */
#include "model/on_bins.h"

#include <math.h>
#include <string.h>

#include "base/status.h"

static copse_status check_encoder(const copse_encoder *model, const copse_encoder *data,
                                  const char *model_name, const char *data_name, copse_error *err) {
  if (model == data) return COPSE_OK;
  if (model != NULL && data != NULL && memcmp(model->digest, data->digest, sizeof model->digest) == 0)
    return COPSE_OK;
  return status_set(err, COPSE_ERR_DATA,
                    "%s encodes categories %s, %s %s: make the data set with the model's encoder", model_name,
                    model != NULL ? "by statistics of its own (cat_encoding=ordered)" : "natively", data_name,
                    data == NULL    ? "natively"
                    : model != NULL ? "by others"
                                    : "by statistics");
}

copse_status on_bins_check_schema(const copse_model *model, const copse_schema *schema,
                                  const char *model_name, const char *data_name, copse_error *err) {
  copse_status status = check_encoder(model->encoder, schema->encoder, model_name, data_name, err);
  if (status != COPSE_OK) return status;
  if (model->n_features != schema->n_features)
    return status_set(err, COPSE_ERR_DATA, "%s has %u features, %s have %u", model_name, model->n_features,
                      data_name, schema->n_features);
  for (uint32_t f = 0; f < schema->n_features; f++)
    if (!model->default_names && !schema->default_names && strcmp(model->names[f], schema->names[f]) != 0)
      return status_set(err, COPSE_ERR_DATA,
                        "feature %u is \"%s\" in %s and \"%s\" in %s: give the columns in the model's order",
                        f, model->names[f], model_name, schema->names[f], data_name);
  return COPSE_OK;
}

uint32_t on_bins_threshold(const struct feature_bins *bins, double threshold) {
  uint32_t bin = bins_of_value(bins, threshold);
  if (bin < bins->n_bins && bins->upper[bin] == threshold) return bin;
  /* An infinite bound, unless values beyond go elsewhere than by the number. */
  if (threshold != TREE_MOST_THRESHOLD || bins->max_value > TREE_MOST_THRESHOLD) return ON_BINS_NONE;
  for (uint32_t b = 0; b < bins->n_bins; b++)
    if (bins->upper[b] > TREE_MOST_THRESHOLD) return b;
  return ON_BINS_NONE;
}

double on_bins_value(const struct feature_bins *bins, uint32_t bin) {
  if (bins->categorical) return bins->category[bin];
  if (bins->missing == MISSING_NAN && bin == bins->n_bins - 1) return (double)NAN;
  if (bin == bins->default_bin) return 0.0;
  double upper = bins->upper[bin], lower = bin > 0 ? bins->upper[bin - 1] : (double)-INFINITY;
  if (upper > TREE_MOST_THRESHOLD && lower < TREE_MOST_THRESHOLD) return TREE_MOST_THRESHOLD;
  /* The end of the bin below 0 counts as 0 where values are compared. */
  return fabs(upper) <= BINS_ZERO ? nextafter(-BINS_ZERO, (double)-INFINITY) : upper;
}
