/* objective_custom.c - gradients come from the caller, raw scores are the predictions. */
#include "objective/rows.h"

static void transform(const struct objective *objective, double *raw) {
  (void)objective;
  (void)raw;
}

/* LightGBM leaves the objective line out. */
static void describe(const struct objective *objective, copse_text *out) {
  (void)objective;
  copse_text_append(out, "", 0);
}

const struct objective_row objective_row_custom = {
    .kind = OBJECTIVE_CUSTOM,
    .name = "custom",
    .default_metric = "",
    .output = OUTPUT_RAW,
    .transform = transform,
    .describe = describe,
};
