/* judge.h - joins the tables of objectives and metrics: metrics read raw scores through the output transform
 * of the objective that made them. */
#ifndef COPSE_MODEL_JUDGE_H
#define COPSE_MODEL_JUDGE_H

#include "metric/metric.h"
#include "objective/objective.h"

/* What metrics need to know besides scores, labels and rows, which are the caller's to fill. params NULL: no
 * settings of metrics. */
struct metric_data judge_data(const struct objective *objective, const struct metric_params *params);

#endif
