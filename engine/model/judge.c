/* judge.c - see judge.h. */
#include "model/judge.h"

static enum metric_transform transform_of(const struct objective *objective) {
  switch (objective->row->output) {
    case OUTPUT_RAW:
      return objective->params.reg_sqrt ? METRIC_TRANSFORM_SIGNED_SQUARE : METRIC_TRANSFORM_IDENTITY;
    case OUTPUT_SIGMOID: return METRIC_TRANSFORM_SIGMOID;
    case OUTPUT_EXP: return METRIC_TRANSFORM_EXP;
    case OUTPUT_LOG1P_EXP: return METRIC_TRANSFORM_LOG1P_EXP;
    case OUTPUT_SOFTMAX: return METRIC_TRANSFORM_SOFTMAX;
    case OUTPUT_SIGMOIDS: return METRIC_TRANSFORM_SIGMOIDS;
    case OUTPUT_SORTED: return METRIC_TRANSFORM_SORTED;
  }
  return METRIC_TRANSFORM_IDENTITY;
}

/* What an objective of Copse's own was trained with stands in the model, and judges it. */
static void take_own_settings(const struct objective *objective, struct metric_data *data) {
  const struct objective_params *params = &objective->params;
  if (objective->row->kind == OBJECTIVE_FOCAL) data->focal_gamma = params->focal_gamma;
  if (objective->row->kind == OBJECTIVE_EXPECTILE) data->expectile = params->alpha;
  if (objective->row->kind != OBJECTIVE_AFT) return;
  data->aft_scale = params->aft_scale;
  data->aft_distribution = params->aft_distribution;
}

struct metric_data judge_data(const struct objective *objective, const struct metric_params *params) {
  bool labels = objective->row->kind == OBJECTIVE_MULTI_REGRESSION;
  struct metric_data data = {.n_outputs = objective->params.n_outputs,
                             .n_labels = labels ? objective->params.n_outputs : 1,
                             .transform = transform_of(objective),
                             .sigmoid = objective->params.sigmoid,
                             .levels = objective->params.quantiles,
                             .soon_is_high = objective->row->soon_is_high};
  if (params != NULL) {
    data.threshold = params->threshold;
    data.alpha = params->alpha;
    data.top_k = params->top_k;
    data.class_weights = params->class_weights;
    data.n_class_weights = params->n_class_weights;
    data.label_gain = params->label_gain;
    data.n_label_gain = params->n_label_gain;
    data.plain_empty_queries = params->plain_empty_queries;
    data.fair_c = params->fair_c;
    data.tweedie_variance_power = params->tweedie_variance_power;
    data.focal_gamma = params->focal_gamma;
    data.expectile = params->alpha;
    data.aft_scale = params->aft_scale;
    data.aft_distribution = params->aft_distribution;
  }
  take_own_settings(objective, &data);
  return data;
}
