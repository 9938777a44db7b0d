/* objective.c - the table of objectives, and making one: from parameters and data, or from a model's text.
 *
 * How to add an objective: write objective_x.c with one struct objective_row, declare the row in rows.h, and
 * name it in `rows` below; what parameters must know of it is a row of params/meaning.c. The table-driven
 * tests then pick it up: finite differences, sign of the hessian, the start score is a minimum. */
#include "objective/objective.h"

#include <string.h>

#include "base/reduce.h"
#include "base/status.h"
#include "objective/queries.h"
#include "objective/rows.h"
#include "params/meaning.h"

static const struct objective_row *const rows[] = {
    &objective_row_regression,    &objective_row_regression_l1,
    &objective_row_huber,         &objective_row_quantile,
    &objective_row_poisson,       &objective_row_binary,
    &objective_row_cross_entropy, &objective_row_multiclass,
    &objective_row_multiclassova, &objective_row_fair,
    &objective_row_mape,          &objective_row_gamma,
    &objective_row_tweedie,       &objective_row_cross_entropy_lambda,
    &objective_row_lambdarank,    &objective_row_rank_xendcg,
    &objective_row_quantiles,     &objective_row_expectile,
    &objective_row_focal,         &objective_row_cox,
    &objective_row_aft,           &objective_row_multi_regression,
    &objective_row_custom,
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

size_t objective_count(void) { return N_ROWS; }

const struct objective_row *objective_at(size_t index) { return rows[index]; }

const struct objective_row *objective_row_of(enum objective_kind kind) {
  for (size_t i = 0; i < N_ROWS; i++)
    if (rows[i]->kind == kind) return rows[i];
  return NULL;
}

static void add_weight(const void *user, uint64_t begin, uint64_t end, double *sums) {
  const struct objective_data *data = user;
  for (uint64_t i = begin; i < end; i++) sums[0] += (double)data->weight[i];
}

static copse_status check_data(const struct objective *objective, copse_error *err) {
  const struct objective_data *data = &objective->data;
  const char *name = objective->row->name;
  if (data->label == NULL || data->n_rows == 0)
    return status_set(
        err, COPSE_ERR_DATA, "objective=%s needs %s: set the label of the data set", name,
        data->label == NULL ? "a label, and there is none" : "at least one row, and there is none");
  if (data->weight == NULL) return COPSE_OK;
  double sum;
  reduce_rows(data->n_threads, data->n_rows, 1, add_weight, data, &sum);
  if (sum > 0) return COPSE_OK;
  return status_set(
      err, COPSE_ERR_DATA,
      "the weights of all %llu rows sum to %g: objective=%s needs a sum above 0 (check the weights)",
      (unsigned long long)data->n_rows, sum, name);
}

copse_status objective_init(copse_context *ctx, const struct objective_params *params,
                            const struct objective_data *data, struct objective *out, copse_error *err) {
  struct objective made = {
      .row = objective_row_of(params->kind), .kernels = kernels_best(), .params = *params, .data = *data};
  made.params.reg_sqrt = made.row->takes_sqrt && params->reg_sqrt;
  if (!made.row->takes_sigmoid && !made.row->trains_sigmoid) made.params.sigmoid = 1;
  made.constant_hessian = objective_has_trait(params->kind, TRAIT_UNIT_HESSIAN) && data->weight == NULL;
  copse_status status = COPSE_OK;
  if (params->kind != OBJECTIVE_CUSTOM) status = check_data(&made, err);
  if (status == COPSE_OK && made.row->check != NULL) status = made.row->check(&made, err);
  if (status == COPSE_OK && made.row->prepare != NULL) status = made.row->prepare(ctx, &made, err);
  if (status != COPSE_OK) {
    objective_release(&made);
    return status;
  }
  *out = made;
  return COPSE_OK;
}

void objective_release(struct objective *objective) {
  copse_free(objective->classes);
  copse_free(objective->starts);
  copse_free(objective->label_weight);
  risk_order_free(objective->risk);
  objective->classes = NULL;
  queries_release(objective->queries);
  objective->queries = NULL;
  objective->starts = NULL;
  objective->label_weight = NULL;
  objective->risk = NULL;
}

/* LightGBM reads this one number with its plain parser, whole part + fraction / 10^digits, which may miss the
 * nearest double by a step; predicting the same bits takes the same step. Exponents and long fractions:
 * exact. */
static double read_as_lightgbm(const char *text, size_t length, double exact) {
  double whole = 0, fraction = 0, scale = 1;
  size_t i = 0, n_fraction = 0;
  for (; i < length && text[i] >= '0' && text[i] <= '9'; i++) whole = whole * 10 + (text[i] - '0');
  if (i < length && text[i] == '.') i++;
  for (; i < length && text[i] >= '0' && text[i] <= '9'; i++, n_fraction++) {
    fraction = fraction * 10 + (text[i] - '0');
    scale *= 10;
  }
  return i == length && n_fraction <= 22 ? whole + fraction / scale : exact;
}

/* The fewest digits that LightGBM reads back as the same number, or, where none do, that we do. */
void objective_append_number(copse_text *out, double value) {
  char digits[32];
  double back;
  for (int pass = 0; pass < 2; pass++) {
    for (int n = 1; n <= 17; n++) {
      size_t length = copse_format_double_digits(value, n, digits, sizeof digits);
      if (copse_parse_double(digits, length, &back) != length) continue;
      if (pass == 0) back = read_as_lightgbm(digits, length, back);
      if (back == value) {
        copse_text_appendf(out, "%s", digits);
        return;
      }
    }
  }
}

void objective_describe(const struct objective *objective, copse_text *out) {
  copse_text_appendf(out, "%s", objective->row->name);
  if (objective->row->output == OUTPUT_SOFTMAX || objective->row->output == OUTPUT_SIGMOIDS)
    copse_text_appendf(out, " num_class:%d", objective->params.n_outputs);
  if (objective->row->takes_sqrt && objective->params.reg_sqrt) copse_text_appendf(out, " sqrt");
  if (objective->row->takes_sigmoid) {
    copse_text_appendf(out, " sigmoid:");
    objective_append_number(out, objective->params.sigmoid);
  }
}

/* The word's value when it starts with `key` (which ends in ':'), else NULL. */
static const char *value_after(const char *word, size_t length, const char *key) {
  size_t key_length = strlen(key);
  return length > key_length && memcmp(word, key, key_length) == 0 ? word + key_length : NULL;
}

static copse_status refuse_word(const struct objective_row *row, const char *word, size_t length,
                                const char *expected, copse_error *err) {
  return status_set(err, COPSE_ERR_FORMAT, "objective %s: \"%.*s\": expected %s", row->name, (int)length,
                    word, expected);
}

static copse_status read_levels(struct objective *made, const char *word, size_t length, copse_error *err) {
  const char *at = value_after(word, length, "quantiles:"), *end = word + length;
  struct objective_params *params = &made->params;
  int n = 0;
  for (; at != NULL && n < params->n_outputs && n < MAX_QUANTILES; n++) {
    size_t digits = copse_parse_double(at, (size_t)(end - at), &params->quantiles[n]);
    if (digits == 0 || !(params->quantiles[n] > (n > 0 ? params->quantiles[n - 1] : 0)) ||
        !(params->quantiles[n] < 1))
      break;
    at = at + digits < end && at[digits] == ',' ? at + digits + 1 : at + digits == end ? NULL : word;
  }
  if (at == NULL && n == params->n_outputs) return COPSE_OK;
  return refuse_word(made->row, word, length, "ascending levels between 0 and 1, one per tree of a round",
                     err);
}

/* Words of Copse's own objectives: those that judge a prediction. */
static copse_status read_own_word(struct objective *made, const char *word, size_t length, copse_error *err) {
  struct objective_params *params = &made->params;
  const char *value;
  if (made->row->kind == OBJECTIVE_QUANTILES && value_after(word, length, "quantiles:") != NULL)
    return read_levels(made, word, length, err);
  if ((value = value_after(word, length, "aft_distribution:")) != NULL) {
    bool extreme = (size_t)(word + length - value) == 7 && memcmp(value, "extreme", 7) == 0;
    params->aft_distribution = extreme ? AFT_EXTREME : AFT_LOGISTIC;
    return COPSE_OK;
  }
  const struct {
    enum objective_kind kind;
    const char *key;
    double *out;
  } numbers[] = {{OBJECTIVE_EXPECTILE, "alpha:", &params->alpha},
                 {OBJECTIVE_FOCAL, "focal_gamma:", &params->focal_gamma},
                 {OBJECTIVE_AFT, "aft_scale:", &params->aft_scale}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (made->row->kind != numbers[i].kind || (value = value_after(word, length, numbers[i].key)) == NULL)
      continue;
    size_t digits = (size_t)(word + length - value);
    if (copse_parse_double(value, digits, numbers[i].out) != digits || !(*numbers[i].out >= 0))
      return refuse_word(made->row, word, length, "a number above 0", err);
  }
  return COPSE_OK;
}

/* One word after the name. Words that do not change a prediction (alpha:..., tweedie_variance_power:...) say
 * how the model was trained and are passed over. */
static copse_status read_word(struct objective *made, const char *word, size_t length, copse_error *err) {
  const struct objective_row *row = made->row;
  const char *value;
  double number;
  if (row->takes_sqrt && length == 4 && memcmp(word, "sqrt", 4) == 0) made->params.reg_sqrt = true;
  copse_status status = read_own_word(made, word, length, err);
  if (status != COPSE_OK) return status;
  if (row->takes_sigmoid && (value = value_after(word, length, "sigmoid:")) != NULL) {
    size_t digits = length - (size_t)(value - word);
    if (copse_parse_double(value, digits, &number) != digits || !(number > 0))
      return status_set(err, COPSE_ERR_FORMAT, "objective %s: \"%.*s\": expected a sigmoid above 0",
                        row->name, (int)length, word);
    made->params.sigmoid = read_as_lightgbm(value, digits, number);
  }
  if ((value = value_after(word, length, "num_class:")) != NULL) {
    size_t digits = length - (size_t)(value - word);
    if (copse_parse_double(value, digits, &number) != digits || number != made->params.n_outputs)
      return status_set(err, COPSE_ERR_FORMAT, "objective %s: \"%.*s\": the model has %d trees per round",
                        row->name, (int)length, word, made->params.n_outputs);
  }
  return COPSE_OK;
}

static const struct objective_row *find_row(const char *name, size_t length) {
  if (length == 0) return &objective_row_custom;
  for (size_t i = 0; i < objective_count(); i++) {
    const struct objective_row *row = objective_at(i);
    if (strlen(row->name) == length && memcmp(row->name, name, length) == 0) return row;
  }
  return NULL;
}

copse_status objective_from_text(const char *text, int n_outputs, struct objective *out, copse_error *err) {
  const char *blank = " \t\r\n";
  text += strspn(text, blank);
  size_t length = strcspn(text, blank);
  struct objective made = {.row = find_row(text, length),
                           .kernels = kernels_best(),
                           .params = {.kind = OBJECTIVE_CUSTOM,
                                      .n_outputs = n_outputs,
                                      .boost_from_average = true,
                                      .scale_pos_weight = 1,
                                      .sigmoid = 1,
                                      .alpha = 0.9,
                                      .focal_gamma = 2,
                                      .aft_scale = 1}};
  if (made.row == NULL)
    return status_set(err, COPSE_ERR_FORMAT,
                      "objective \"%.*s\" is not an objective of LightGBM 4 or of Copse %s",
                      (int)(length < 100 ? length : 100), text, copse_version());
  /* Several labels per row are written so that LightGBM reads them too (objective_multi_regression.c). */
  if (made.row == &objective_row_regression && n_outputs > 1 && strstr(text, " num_class:") != NULL)
    made.row = &objective_row_multi_regression;
  made.params.kind = made.row->kind;
  bool many = made.row->output == OUTPUT_SOFTMAX || made.row->output == OUTPUT_SIGMOIDS ||
              made.row->output == OUTPUT_SORTED || made.row->kind == OBJECTIVE_MULTI_REGRESSION;
  if (!many && made.row != &objective_row_custom && n_outputs != 1)
    return status_set(err, COPSE_ERR_FORMAT,
                      "objective %s has one output, but the model has %d trees per round", made.row->name,
                      n_outputs);
  for (text += length; *(text += strspn(text, blank)) != '\0'; text += length) {
    length = strcspn(text, blank);
    copse_status status = read_word(&made, text, length, err);
    if (status != COPSE_OK) return status;
  }
  *out = made;
  return COPSE_OK;
}
