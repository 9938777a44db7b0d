/* objective_predict_only.c - LightGBM's other objectives: enough to predict with a loaded model. When one is
 * trained here it gets a file of its own and leaves this list. */
#include "objective/rows.h"

#define ROW(NAME, METRIC, OUTPUT, TRANSFORM, SQRT, SIGMOID)                                                 \
  {                                                                                                         \
    .kind = OBJECTIVE_CUSTOM, .name = NAME, .default_metric = METRIC, .output = OUTPUT, .takes_sqrt = SQRT, \
    .takes_sigmoid = SIGMOID, .transform = TRANSFORM, .describe = objective_describe                        \
  }

const struct objective_row objective_rows_predict_only[N_PREDICT_ONLY_ROWS] = {
    ROW("lambdarank", "ndcg", OUTPUT_RAW, output_raw, false, false),
    ROW("rank_xendcg", "ndcg", OUTPUT_RAW, output_raw, false, false),
};
