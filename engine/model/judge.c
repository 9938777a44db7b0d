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
  }
  return METRIC_TRANSFORM_IDENTITY;
}

struct metric_data judge_data(const struct objective *objective, const struct metric_params *params) {
  struct metric_data data = {.n_outputs = objective->params.n_outputs,
                             .transform = transform_of(objective),
                             .sigmoid = objective->params.sigmoid};
  if (params != NULL) {
    data.threshold = params->threshold;
    data.alpha = params->alpha;
    data.top_k = params->top_k;
    data.class_weights = params->class_weights;
    data.n_class_weights = params->n_class_weights;
    data.label_gain = params->label_gain;
    data.n_label_gain = params->n_label_gain;
    data.plain_empty_queries = params->plain_empty_queries;
  }
  return data;
}
