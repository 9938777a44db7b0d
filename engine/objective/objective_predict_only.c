/* objective_predict_only.c - LightGBM's other objectives: enough to predict with a loaded model. When one is
 * trained here it gets a file of its own and leaves this list. */
#include "objective/rows.h"

#define ROW(NAME, METRIC, OUTPUT, TRANSFORM, SQRT, SIGMOID)                                                 \
  {                                                                                                         \
    .kind = OBJECTIVE_CUSTOM, .name = NAME, .default_metric = METRIC, .output = OUTPUT, .takes_sqrt = SQRT, \
    .takes_sigmoid = SIGMOID, .transform = TRANSFORM, .describe = objective_describe                        \
  }

const struct objective_row objective_rows_predict_only[N_PREDICT_ONLY_ROWS] = {
    ROW("fair", "fair", OUTPUT_RAW, output_raw, true, false),
    ROW("mape", "mape", OUTPUT_RAW, output_raw, true, false),
    ROW("gamma", "gamma", OUTPUT_EXP, output_exp, false, false),
    ROW("tweedie", "tweedie", OUTPUT_EXP, output_exp, false, false),
    ROW("cross_entropy_lambda", "cross_entropy_lambda", OUTPUT_LOG1P_EXP, output_log1p_exp, false, false),
};
