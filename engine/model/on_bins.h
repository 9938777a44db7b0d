/* on_bins.h - a model and the bins of a schema that it need not have been grown on: whether they are of its
 * features, which bin a threshold ends, which value stands for a bin. Training that goes on from a model and
 * the prediction of binned rows ask here. */
#ifndef COPSE_MODEL_ON_BINS_H
#define COPSE_MODEL_ON_BINS_H

#include "data/dataset.h"
#include "model/model.h"

#define ON_BINS_NONE UINT32_MAX

/* Features, their names (where both have some) and the encoder must be the same. The two are called in
 * messages "the model to continue" and "the training data". */
COPSE_MUST_CHECK copse_status on_bins_check_schema(const copse_model *model, const copse_schema *schema,
                                                   const char *model_name, const char *data_name,
                                                   copse_error *err);

/* The bin that ends at the threshold of a model, or ON_BINS_NONE. Of a numeric feature that is used. */
uint32_t on_bins_threshold(const struct feature_bins *bins, double threshold);
/* A value that goes where the values of a bin go, at every node whose threshold ends a bin or whose
 * categories have bins. The feature must be used. A bin that reaches across 0 stands for 0, and one that
 * begins below TREE_MOST_THRESHOLD and ends above it for that, as training has them. */
double on_bins_value(const struct feature_bins *bins, uint32_t bin);

#endif
