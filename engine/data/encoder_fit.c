/* encoder_fit.c - learning an encoder: levels get numbers, then every column and every pair of columns its
 * table, and each training row the values that the rows before it make (see encoder.h). Columns are worked on
 * in parallel, each by one thread in the order of the rows: no sum depends on threads. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/sort.h"
#include "base/status.h"
#include "base/team.h"
#include "data/encoder_draft.h"
#include "data/table.h"
#include "params/params.h"

static copse_status check_rows(const struct fit *fit, copse_error *err) {
  if (fit->n_rows == 0 || fit->n_rows > UINT32_MAX)
    return status_set(err, COPSE_ERR_DATA, "encoder: %" PRIu64 " rows: expected 1 to 4294967295",
                      fit->n_rows);
  for (uint64_t row = 0; row < fit->n_rows; row++) {
    if (!isfinite(fit->label[row]))
      return status_set(err, COPSE_ERR_DATA, "encoder: row %" PRIu64 ": expected a finite label, found %g",
                        row, (double)fit->label[row]);
    if (fit->weight != NULL && !(isfinite(fit->weight[row]) && fit->weight[row] >= 0))
      return status_set(err, COPSE_ERR_DATA,
                        "encoder: row %" PRIu64 ": expected a finite weight >= 0, found %g", row,
                        (double)fit->weight[row]);
  }
  return COPSE_OK;
}

/* ---- the order of the rows, and averages along it ---- */

static copse_status make_order(struct fit *fit, copse_error *err) {
  struct sort_pair *pairs = copse_alloc(fit->ctx, 2 * fit->n_rows, sizeof *pairs);
  fit->order = copse_alloc(fit->ctx, fit->n_rows, sizeof *fit->order);
  if (pairs == NULL || fit->order == NULL) {
    copse_free(pairs);
    return status_memory(err, "the order of the rows");
  }
  for (uint64_t row = 0; row < fit->n_rows; row++)
    pairs[row] = (struct sort_pair){rng_bits((uint64_t)fit->encoder->seed, RNG_ENCODING, row), row};
  sort_pairs(pairs, pairs + fit->n_rows, fit->n_rows);
  for (uint64_t place = 0; place < fit->n_rows; place++) fit->order[place] = (uint32_t)pairs[place].value;
  copse_free(pairs);
  return COPSE_OK;
}

static copse_status make_averages(struct fit *fit, copse_error *err) {
  copse_encoder *encoder = fit->encoder;
  encoder->average = copse_alloc_zero(fit->ctx, encoder->n_statistics, sizeof *encoder->average);
  fit->before = copse_alloc_zero(fit->ctx, (size_t)encoder->n_statistics * N_POWERS, sizeof *fit->before);
  if (encoder->average == NULL || fit->before == NULL) return status_memory(err, "an encoder");
  for (uint32_t s = 0; s < encoder->n_statistics; s++) {
    double sum = 0, weights = 0;
    uint32_t power = 0;
    for (uint64_t place = 0; place < fit->n_rows; place++) {
      double weight = fit_weight(fit, fit->order[place]);
      sum += weight * fit_target(fit, fit->order[place], s);
      weights += weight;
      if (place + 1 == (uint64_t)1 << power)
        fit->before[s * N_POWERS + power++] = weights > 0 ? sum / weights : 0;
    }
    encoder->average[s] = (float)(weights > 0 ? sum / weights : 0);
  }
  return COPSE_OK;
}

/* Fills drafts [first, first + n). */
static copse_status fill_drafts(struct fit *fit, uint32_t first, uint32_t n, copse_error *err) {
  struct draft *all = fit->drafts;
  fit->drafts = all + first;
  copse_parallel_for(fit->n_threads, n, draft_fill, fit);
  fit->drafts = all;
  copse_status status = status_check_cancel(fit->ctx, err);
  for (uint32_t i = first; i < first + n && status == COPSE_OK; i++)
    if (all[i].failed) status = status_memory(err, "the statistics of categories");
  return status;
}

/* ---- which pairs ---- */

/* Marks the maps whose pairs are taken: all, or those that leave the least error, as many as the limit has
 * room for the pairs of; equal ones in their order. */
static void choose_maps(const struct fit *fit, uint64_t most_pairs, bool *chosen) {
  const copse_encoder *encoder = fit->encoder;
  uint32_t n = 0;
  for (uint32_t m = 0; m < encoder->n_maps; m++) {
    chosen[m] = encoder->maps[m].n_levels > 1;
    n += chosen[m];
  }
  while (n > 1 && (uint64_t)n * (n - 1) / 2 > most_pairs) {
    uint32_t worst = ENCODER_NO_MAP;
    for (uint32_t m = 0; m < encoder->n_maps; m++)
      if (chosen[m] && (worst == ENCODER_NO_MAP || fit->drafts[m].error >= fit->drafts[worst].error))
        worst = m;
    chosen[worst] = false;
    n--;
  }
}

static bool says_no_more(const copse_encoder *encoder, const struct level_table *table) {
  return table->n_keys == encoder->maps[table->first].n_levels ||
         table->n_keys == encoder->maps[table->second].n_levels;
}

/* Drafts behind those of the columns: [n_maps, ...). */
static copse_status draft_pairs(struct fit *fit, const struct encode_params *params,
                                const copse_encoder *like, uint32_t *n_drafts, copse_error *err) {
  const copse_encoder *encoder = fit->encoder;
  bool *chosen = copse_alloc_zero(fit->ctx, encoder->n_maps, sizeof *chosen);
  if (chosen == NULL) return status_memory(err, "an encoder");
  uint32_t n = encoder->n_maps;
  if (like == NULL) choose_maps(fit, (uint64_t)params->most_pairs / encoder->n_statistics, chosen);
  for (uint32_t a = 0; a < encoder->n_maps && like == NULL; a++)
    for (uint32_t b = a + 1; b < encoder->n_maps && chosen[a]; b++)
      if (chosen[b]) fit->drafts[n++].table = (struct level_table){.first = a, .second = b};
  for (uint32_t t = 0; like != NULL && t < like->n_tables; t++)
    if (like->tables[t].second != ENCODER_NO_MAP)
      fit->drafts[n++].table =
          (struct level_table){.first = like->tables[t].first, .second = like->tables[t].second};
  copse_free(chosen);
  *n_drafts = n;
  copse_status status = fill_drafts(fit, encoder->n_maps, n - encoder->n_maps, err);
  for (uint32_t i = encoder->n_maps; i < n && status == COPSE_OK && like == NULL; i++)
    if (says_no_more(encoder, &fit->drafts[i].table)) draft_release(fit, &fit->drafts[i]);
  return status;
}

/* ---- all together ---- */

/* Most drafts that there can be: a column each, and the pairs. */
static size_t most_drafts(const struct encode_params *params, const copse_encoder *like, uint32_t n_maps) {
  if (like != NULL) return (size_t)n_maps + like->n_tables;
  uint64_t pairs = (uint64_t)n_maps * (n_maps > 0 ? n_maps - 1 : 0) / 2;
  return n_maps + (size_t)(pairs < (uint64_t)params->most_pairs ? pairs : (uint64_t)params->most_pairs);
}

static copse_status make_maps(struct fit *fit, const bool *categorical, const copse_encoder *like,
                              copse_error *err) {
  copse_encoder *encoder = fit->encoder;
  for (uint32_t i = 0; i < encoder->n_inputs && like == NULL; i++)
    encoder->n_maps += categorical != NULL && categorical[i];
  if (like != NULL) encoder->n_maps = like->n_maps;
  encoder->maps = copse_alloc_zero(fit->ctx, encoder->n_maps, sizeof *encoder->maps);
  fit->numbers = copse_alloc_zero(fit->ctx, encoder->n_maps, sizeof *fit->numbers);
  if (encoder->maps == NULL || fit->numbers == NULL) return status_memory(err, "an encoder");
  uint32_t n = 0;
  for (uint32_t i = 0; i < encoder->n_inputs && like == NULL; i++)
    if (categorical != NULL && categorical[i]) encoder->maps[n++].input = i;
  for (uint32_t m = 0; like != NULL && m < like->n_maps; m++) encoder->maps[m].input = like->maps[m].input;
  return COPSE_OK;
}

static copse_status draft_columns(struct fit *fit, copse_error *err) {
  uint32_t n = fit->encoder->n_maps;
  copse_parallel_for(fit->n_threads, n, draft_levels, fit);
  for (uint32_t m = 0; m < n; m++) {
    if (fit->drafts[m].failed) return status_memory(err, "the levels of a column");
    fit->drafts[m].table = (struct level_table){.first = m, .second = ENCODER_NO_MAP, .counted = true};
  }
  return fill_drafts(fit, 0, n, err);
}

/* Takes the drafts that are wanted over. */
static copse_status keep_drafts(struct fit *fit, const struct encode_params *params,
                                const copse_encoder *like, uint32_t n_drafts, const char *const *names,
                                copse_error *err) {
  copse_encoder *encoder = fit->encoder;
  for (uint32_t m = 0; m < encoder->n_maps; m++) {
    bool wanted = like != NULL ? like->replaced[encoder->maps[m].input]
                               : encoder->maps[m].n_levels > (uint32_t)params->few_levels;
    if (!wanted) draft_release(fit, &fit->drafts[m]);
  }
  encoder->tables = copse_alloc_zero(fit->ctx, n_drafts, sizeof *encoder->tables);
  if (encoder->tables == NULL) return status_memory(err, "an encoder");
  for (uint32_t i = 0; i < n_drafts; i++)
    if (fit->drafts[i].ordered != NULL) encoder->tables[encoder->n_tables++] = fit->drafts[i].table;
  for (uint32_t i = 0; i < n_drafts; i++) {
    fit->drafts[i].table.keys = NULL; /* the encoder's now */
    fit->drafts[i].table.values = NULL;
  }
  copse_status status = encoder_number(encoder, names, err);
  if (status != COPSE_OK) return status;
  encoder->ordered = copse_alloc_zero(fit->ctx, encoder->n_derived, sizeof *encoder->ordered);
  if (encoder->ordered == NULL) return status_memory(err, "an encoder");
  encoder->n_rows = fit->n_rows;
  uint32_t derived = 0;
  for (uint32_t i = 0; i < n_drafts; i++) {
    struct draft *draft = &fit->drafts[i];
    for (uint32_t k = 0; draft->ordered != NULL && k < encoder_width(encoder, &draft->table); k++) {
      encoder->ordered[derived++] = draft->ordered[k];
      draft->ordered[k] = NULL;
    }
  }
  return encoder_seal(encoder, err);
}

static copse_status run_fit(struct fit *fit, const char *const *names, const bool *categorical,
                            const struct encode_params *params, const copse_encoder *like, copse_error *err) {
  uint32_t n_drafts = 0;
  copse_status status = check_rows(fit, err);
  if (status == COPSE_OK && fit->encoder->n_statistics > ENCODER_MOST_FEATURES)
    status = status_set(err, COPSE_ERR_UNSUPPORTED,
                        "cat_encoding=ordered: num_class=%" PRIu32 ": expected at most %d, a feature each",
                        fit->encoder->n_statistics, ENCODER_MOST_FEATURES);
  if (status == COPSE_OK) status = make_maps(fit, categorical, like, err);
  if (status != COPSE_OK) return status;
  size_t most = most_drafts(params, like, fit->encoder->n_maps);
  fit->drafts = copse_alloc_zero(fit->ctx, most, sizeof *fit->drafts);
  if (fit->drafts == NULL) return status_memory(err, "an encoder");
  status = make_order(fit, err);
  if (status == COPSE_OK) status = make_averages(fit, err);
  if (status == COPSE_OK) status = draft_columns(fit, err);
  if (status == COPSE_OK) status = draft_pairs(fit, params, like, &n_drafts, err);
  if (status == COPSE_OK) status = keep_drafts(fit, params, like, n_drafts, names, err);
  for (size_t i = 0; i < most; i++) draft_release(fit, &fit->drafts[i]);
  return status;
}

copse_status copse_encoder_fit(copse_context *ctx, const copse_table *table, const char *const *names,
                               const bool *categorical, const float *label, const float *weight,
                               const copse_params *params, const copse_encoder *like, copse_encoder **out,
                               copse_error *err) {
  const struct resolved_params *resolved;
  *out = NULL;
  copse_status status = params_resolved(params, &resolved, err);
  if (status == COPSE_OK) status = table_check(table, err);
  if (status == COPSE_OK && like != NULL && like->n_inputs != table->n_cols)
    status = status_set(err, COPSE_ERR_DATA,
                        "table: expected %" PRIu32 " columns, those the encoder was made of, found %" PRIu32,
                        like->n_inputs, table->n_cols);
  copse_encoder *encoder = NULL;
  if (status == COPSE_OK) status = encoder_create(ctx, &encoder, err);
  if (status != COPSE_OK) return status;
  enum objective_kind kind = resolved->objective.kind;
  struct fit fit = {.ctx = ctx,
                    .encoder = encoder,
                    .table = table,
                    .label = label,
                    .weight = weight,
                    .binary = kind == OBJECTIVE_BINARY,
                    .classes = kind == OBJECTIVE_MULTICLASS || kind == OBJECTIVE_MULTICLASSOVA,
                    .n_threads = team_size(resolved->boost.n_threads),
                    .n_rows = table->n_rows};
  encoder->n_inputs = table->n_cols;
  encoder->n_statistics = fit.classes ? (uint32_t)resolved->objective.n_outputs : 1;
  encoder->prior = like != NULL ? like->prior : resolved->encode.prior;
  encoder->seed = like != NULL ? like->seed : resolved->encode.seed;
  status = run_fit(&fit, names, categorical, &resolved->encode, like, err);
  for (uint32_t m = 0; fit.numbers != NULL && m < encoder->n_maps; m++) copse_free(fit.numbers[m]);
  copse_free(fit.numbers);
  copse_free(fit.drafts);
  copse_free(fit.order);
  copse_free(fit.before);
  if (status == COPSE_OK)
    *out = encoder;
  else
    copse_encoder_free(encoder);
  return status;
}
