/* auto_settings.c - a rule, not a search: the same rows and keys give the same values, so a run with them
 * written out gives the same model. Keys that were given are kept.
 *
 * - rounds: a budget of num_iterations (2000 when not given), ended by early stopping.
 * - step: learning_rate = 60 / rounds, within [0.01, 0.3]. They reach as far as 600 of 0.1.
 * - patience: early_stopping_round = 4 / learning_rate, within [20, 300].
 * - leaves: num_leaves = sqrt(rows) / 3, within [8, 255]: they grow as the data do.
 * - rows: min_data_in_leaf = rows / 1000, within [5, 20]: so do the rows of each.
 * - sample: every tree sees 0.8 of the rows and 0.7 of the features, so that trees differ.
 * - shrinkage: lambda_l2 = 1, against leaves of few rows.
 * - levels: up to 20 categories are tried one against the others.
 * - proof: a tenth of the rows is held out where no validation rows are given.
 *
 * Found on other splits of the sets of bench/compare --auto: each choice alone lowers the mean held-out loss.
 */
#include "auto_settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "settings.h"

struct choice {
  const char *name;
  double value;
};

static double within(double low, double x, double high) { return x < low ? low : (x > high ? high : x); }

static copse_status choose(struct app *app, const struct choice *choice, copse_text *said, copse_error *err) {
  char number[32];
  if (copse_params_given(app->params, choice->name)) return COPSE_OK;
  snprintf(number, sizeof number, "%.6g", choice->value);
  copse_text_appendf(said, " %s=%s", choice->name, number);
  return copse_params_set(app->params, choice->name, number, COPSE_SOURCE_COMMAND, err);
}

static bool is_wanted(const struct app *app) { return copse_params_get_bool(app->params, "auto"); }

copse_status auto_settings_plan(struct app *app, bool has_validation, copse_error *err) {
  if (!is_wanted(app) || has_validation || copse_params_given(app->params, "valid_fraction")) return COPSE_OK;
  return copse_params_set(app->params, "valid_fraction", "0.1", COPSE_SOURCE_COMMAND, err);
}

copse_status auto_settings_choose(struct app *app, uint64_t n_rows, copse_error *err) {
  const copse_params *params = app->params;
  if (!is_wanted(app)) return COPSE_OK;
  double rounds = copse_params_given(params, "num_iterations")
                      ? fmax(1, (double)copse_params_get_int(params, "num_iterations"))
                      : 2000;
  double step = copse_params_given(params, "learning_rate") ? copse_params_get_double(params, "learning_rate")
                                                            : within(0.01, 60 / rounds, 0.3);
  const struct choice choices[] = {
      {"num_iterations", rounds},
      {"learning_rate", step},
      {"early_stopping_round", floor(within(20, 4 / step, 300))},
      {"num_leaves", floor(within(8, sqrt((double)n_rows) / 3, 255))},
      {"min_data_in_leaf", floor(within(5, (double)n_rows / 1000, 20))},
      {"feature_fraction", 0.7},
      {"lambda_l2", 1},
      {"max_cat_to_onehot", 20},
      {"bagging_fraction", 0.8},
      {"bagging_freq", 1},
  };
  /* GOSS draws its rows itself. */
  bool draws = strcmp(setting(app, "data_sample_strategy"), "goss") == 0 ||
               strcmp(setting(app, "boosting"), "goss") == 0;
  size_t n_choices = sizeof choices / sizeof *choices - (draws ? 2 : 0);
  copse_text said = {.ctx = app->ctx};
  copse_status status = COPSE_OK;
  for (size_t i = 0; i < n_choices && status == COPSE_OK; i++) status = choose(app, &choices[i], &said, err);
  if (status == COPSE_OK && said.failed) status = fail_memory(err, "the chosen parameters");
  if (status == COPSE_OK && said.length > 0) console_line("auto:%s", said.data);
  copse_text_release(&said);
  return status == COPSE_OK ? settings_resolve(app, err) : status;
}
