/* drift.c - see drift.h. */
#include "drift.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "output.h"
#include "settings.h"

enum { N_QUANTILES = 10, MOST_CODES = 1000, MOST_SAMPLED = 100000 };
static const char first_line[] = "copse_drift 2\n";
static const double usual_limit = 0.25;    /* the usual reading of an index above it: another population */
static const double frequent_share = 0.01; /* parts with less do not decide how many rows are few */

/* Bins of one input: n_cuts + 1 of them, and the missing rows behind. */
struct bins {
  uint32_t n_cuts;
  double *cuts;   /* [n_cuts] ascending: a value above k of them lies in bin k */
  double *shares; /* [n_cuts + 2] */
};

static bool bins_alloc(const struct app *app, uint32_t n_cuts, struct bins *out) {
  *out = (struct bins){.n_cuts = n_cuts};
  out->cuts = copse_alloc(app->ctx, (size_t)2 * n_cuts + 2, sizeof *out->cuts);
  out->shares = out->cuts + n_cuts;
  return out->cuts != NULL;
}

static void read_column(const copse_table *table, uint32_t f, uint64_t first, size_t n, double *out) {
  if (table->layout == COPSE_SOURCE) {
    const copse_column_source *source = table->values;
    source->read(source->user, f, first, n, out);
    return;
  }
  const copse_column *column = &table->columns[f];
  for (size_t i = 0; i < n; i++) {
    size_t at = (first + i) * column->stride;
    out[i] =
        column->dtype == COPSE_F64 ? ((const double *)column->data)[at] : ((const int32_t *)column->data)[at];
  }
}

/* All values of an input; a category's missing code becomes NaN. To be freed. */
static double *column_values(const struct app *app, const copse_frame *frame, uint32_t f) {
  double *values = copse_alloc(app->ctx, frame->n_rows, sizeof *values);
  if (!values) return NULL;
  read_column(&frame->table, f, 0, frame->n_rows, values);
  for (uint64_t i = 0; frame->categorical[f] && i < frame->n_rows; i++)
    if (values[i] < 0) values[i] = (double)NAN;
  return values;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Different quantiles of evenly spread rows. */
static bool find_cuts(const struct app *app, const double *values, uint64_t n, double *cuts,
                      uint32_t *n_cuts) {
  uint64_t step = n / MOST_SAMPLED + 1, n_sampled = 0;
  double *sample = copse_alloc(app->ctx, n / step + 1, sizeof *sample);
  if (!sample) return false;
  for (uint64_t i = 0; i < n; i += step)
    if (!isnan(values[i])) sample[n_sampled++] = values[i];
  qsort(sample, n_sampled, sizeof *sample, by_value);
  *n_cuts = 0;
  for (uint64_t q = 1; q < N_QUANTILES && n_sampled > 0; q++) {
    double cut = sample[q * n_sampled / N_QUANTILES];
    bool fresh = *n_cuts == 0 || cut > cuts[*n_cuts - 1];
    if (fresh && cut < sample[n_sampled - 1]) cuts[(*n_cuts)++] = cut;
  }
  copse_free(sample);
  return true;
}

static void take_shares(const double *values, uint64_t n, struct bins *bins) {
  for (uint32_t b = 0; b < bins->n_cuts + 2; b++) bins->shares[b] = 0;
  for (uint64_t i = 0; i < n; i++) {
    uint32_t low = 0, high = bins->n_cuts;
    while (low < high) {
      uint32_t middle = (low + high) / 2;
      if (values[i] > bins->cuts[middle])
        low = middle + 1;
      else
        high = middle;
    }
    bins->shares[isnan(values[i]) ? bins->n_cuts + 1 : low]++;
  }
  for (uint32_t b = 0; b < bins->n_cuts + 2; b++) bins->shares[b] /= (double)n;
}

static copse_status append_feature(const struct app *app, const copse_frame *frame, uint32_t f,
                                   copse_text *out, copse_error *err) {
  double *values = column_values(app, frame, f), largest = -1;
  uint32_t n_cuts = N_QUANTILES;
  struct bins bins = {0};
  for (uint64_t i = 0; values && frame->categorical[f] && i < frame->n_rows; i++)
    if (values[i] > largest) largest = values[i];
  if (frame->categorical[f]) n_cuts = largest < MOST_CODES ? (uint32_t)(largest + 1) : MOST_CODES;
  bool ok = values && bins_alloc(app, n_cuts, &bins);
  if (ok && frame->categorical[f])
    for (uint32_t k = 0; k < n_cuts; k++) bins.cuts[k] = k;
  else if (ok)
    ok = find_cuts(app, values, frame->n_rows, bins.cuts, &bins.n_cuts);
  if (ok) {
    bins.shares = bins.cuts + bins.n_cuts;
    take_shares(values, frame->n_rows, &bins);
    copse_text_appendf(out, "%" PRIu32, bins.n_cuts);
    for (uint32_t i = 0; i < 2 * bins.n_cuts + 2; i++) {
      copse_text_append(out, " ", 1);
      copse_text_append_double(out, bins.cuts[i]);
    }
    copse_text_append(out, "\n", 1);
  }
  copse_free(bins.cuts);
  copse_free(values);
  return ok && !out->failed ? COPSE_OK : fail_memory(err, "the reference for drift");
}

copse_status drift_reference(const struct app *app, const copse_frame *frame, copse_text *out,
                             copse_error *err) {
  copse_status status = COPSE_OK;
  copse_text_append(out, first_line, strlen(first_line));
  copse_text_appendf(out, "%" PRIu64 "\n", frame->n_rows);
  for (uint32_t f = 0; f < frame->n_features && status == COPSE_OK; f++)
    status = append_feature(app, frame, f, out, err);
  return status;
}

/* ---- comparing ---- */

/* A line of the file: what, which (a name of the data, which may hold line ends, here as \u000A), value. */
static void append_line(copse_text *out, const char *what, const char *name, double value) {
  copse_text_append(out, what, strlen(what));
  for (; *name; name++) {
    if ((unsigned char)*name < ' ' || *name == 0x7F)
      copse_text_appendf(out, "\\u%04X", (unsigned)*name);
    else
      copse_text_append(out, name, 1);
  }
  copse_text_appendf(out, ": %.6f\n", value);
}

/* The next number of the reference; false: there is none. */
static bool take_number(const char **at, const char *end, double *out) {
  while (*at < end && (**at == ' ' || **at == '\n')) (*at)++;
  size_t used = copse_parse_double(*at, (size_t)(end - *at), out);
  *at += used;
  return used > 0;
}

static copse_status refuse_damaged(const struct app *app, copse_error *err) {
  return fail(err, COPSE_ERR_FORMAT, "%s: its %s is damaged (train again)", setting(app, "input_model"),
              DRIFT_BLOB);
}

/* What is known of the reference, and of the rows beside it. */
struct comparison {
  const struct app *app;
  const copse_frame *frame;
  const char *at, *end; /* of the reference's text, where it goes on */
  double n_before;
  double limit;       /* above which an index is much */
  double rows_needed; /* for chance to stay below it in every input */
};

static copse_status compare_feature(struct comparison *all, uint32_t f, copse_stability *out,
                                    copse_error *err) {
  double n_cuts, *values = NULL;
  struct bins before = {0}, now = {0};
  bool good = take_number(&all->at, all->end, &n_cuts) && n_cuts >= 0 && n_cuts <= MOST_CODES;
  if (!good) return refuse_damaged(all->app, err);
  copse_status status = COPSE_OK;
  uint64_t n_rows = all->frame->n_rows;
  if (!bins_alloc(all->app, (uint32_t)n_cuts, &before) || !bins_alloc(all->app, (uint32_t)n_cuts, &now) ||
      !(values = column_values(all->app, all->frame, f)))
    status = fail_memory(err, "the shares of an input");
  for (uint32_t i = 0; status == COPSE_OK && i < 2 * before.n_cuts + 2; i++)
    if (!take_number(&all->at, all->end, &before.cuts[i])) status = refuse_damaged(all->app, err);
  if (status == COPSE_OK) {
    uint32_t n_parts = before.n_cuts + 2, n_frequent = 0;
    memcpy(now.cuts, before.cuts, before.n_cuts * sizeof *now.cuts);
    take_shares(values, n_rows, &now);
    for (uint32_t i = 0; i < n_parts; i++) {
      n_frequent += before.shares[i] >= frequent_share;
      before.shares[i] *= all->n_before;
      now.shares[i] *= (double)n_rows;
    }
    double needed = copse_stability_rows(n_frequent, all->limit);
    if (needed > all->rows_needed) all->rows_needed = needed;
    *out = copse_stability_of(before.shares, now.shares, n_parts, all->frame->n_features);
  }
  copse_free(before.cuts);
  copse_free(now.cuts);
  copse_free(values);
  return status;
}

static copse_status write_file(const struct app *app, const copse_text *text, copse_error *err) {
  struct output out = {.fd = -1};
  if (text->failed) return fail_memory(err, "the drift file");
  copse_status status = output_open(setting(app, "drift"), &out, err);
  if (status == COPSE_OK) status = output_write(&out, text->data, text->length, err);
  if (status == COPSE_OK) status = output_commit(&out, err);
  output_discard(&out);
  return status;
}

static const char *reference_of(const struct app *app, const copse_model *model, size_t *length,
                                copse_error *err) {
  const char *at = copse_model_blob(model, DRIFT_BLOB, length);
  if (at && *length >= strlen(first_line) && memcmp(at, first_line, strlen(first_line)) == 0) return at;
  fail(err, COPSE_ERR_DATA, "%s: holds no reference for drift (train with recipe=FILE)",
       setting(app, "input_model"));
  return NULL;
}

copse_status drift_check(const struct app *app, const copse_model *model, copse_error *err) {
  size_t length;
  return reference_of(app, model, &length, err) ? COPSE_OK : COPSE_ERR_DATA;
}

/* The lines of the inputs, and the one that has moved most. */
static copse_status compare_features(struct comparison *all, copse_text *lines, struct drift_result *out,
                                     copse_error *err) {
  copse_text chances = {.ctx = all->app->ctx};
  copse_status status = COPSE_OK;
  for (uint32_t f = 0; f < all->frame->n_features && status == COPSE_OK; f++) {
    copse_stability s = {0};
    status = compare_feature(all, f, &s, err);
    if (f == 0 || s.psi > out->psi) {
      out->psi = s.psi;
      out->feature = f;
    }
    if (s.beyond_chance && s.excess > out->excess) {
      out->excess = s.excess;
      out->moved = f;
    }
    append_line(lines, "psi ", all->frame->names[f], s.psi);
    append_line(&chances, "psi_by_chance ", all->frame->names[f], s.chance);
  }
  copse_text_append(lines, chances.data ? chances.data : "", chances.length);
  if (chances.failed) lines->failed = true;
  copse_text_release(&chances);
  return status;
}

copse_status drift_write(const struct app *app, const struct drift_input *input, struct drift_result *out,
                         copse_error *err) {
  size_t length;
  const char *at = reference_of(app, input->model, &length, err);
  if (!at) return COPSE_ERR_DATA;
  double limit = copse_params_get_double(app->params, "drift_threshold");
  struct comparison all = {.app = app,
                           .frame = input->frame,
                           .at = at + strlen(first_line),
                           .end = at + length,
                           .limit = limit > 0 ? limit : usual_limit,
                           .rows_needed = 1};
  *out = (struct drift_result){0};
  if (!take_number(&all.at, all.end, &all.n_before) || !(all.n_before >= 1)) return refuse_damaged(app, err);
  copse_text text = {.ctx = app->ctx}, lines = {.ctx = app->ctx};
  copse_status status = compare_features(&all, &lines, out, err);
  uint64_t n_rows = input->frame->n_rows;
  out->rows_needed = all.rows_needed;
  out->limit = all.limit;
  copse_text_appendf(&text, "rows: %" PRIu64 "\nrows_needed: %.0f\n", n_rows, all.rows_needed);
  copse_text_appendf(&text, "few_rows: %s\n", (double)n_rows < all.rows_needed ? "yes" : "no");
  for (uint32_t k = 0; k < input->n_classes; k++) {
    const char *name = copse_frame_schema_class(input->schema, k);
    append_line(&text, "share ", name ? name : "", (double)input->class_counts[k] / (double)n_rows);
  }
  copse_text_appendf(&text, "psi_largest: %.6f\n", out->psi);
  copse_text_append(&text, lines.data ? lines.data : "", lines.length);
  if (lines.failed) text.failed = true;
  if (status == COPSE_OK) status = write_file(app, &text, err);
  copse_text_release(&lines);
  copse_text_release(&text);
  return status;
}
