/* dataset_encoded.c - a data set with an encoder's columns behind those of the table. */
#include <stdio.h>

#include "base/status.h"
#include "data/dataset.h"
#include "data/encoded_table.h"

/* Names and kinds of all columns. A replaced column is a constant, and so no feature; its name stays. */
struct wide_columns {
  const char **names; /* NULL: Column_0 ... and the encoder's */
  bool *categorical;
};

static copse_status widen(copse_context *ctx, const copse_encoder *encoder, const char *const *names,
                          const bool *categorical, struct wide_columns *out, copse_error *err) {
  uint32_t n = encoder->n_inputs + encoder->n_derived;
  char(*made)[24];
  out->names = copse_alloc(ctx, n * (sizeof *out->names + sizeof *made), 1);
  out->categorical = copse_alloc_zero(ctx, n, sizeof *out->categorical);
  if (out->names == NULL || out->categorical == NULL)
    return status_memory(err, "the names of encoded columns");
  made = (char(*)[24])(void *)(out->names + n);
  for (uint32_t i = 0; i < encoder->n_inputs; i++) {
    snprintf(made[i], sizeof made[i], "Column_%u", (unsigned)i);
    out->names[i] = names != NULL ? names[i] : made[i];
    out->categorical[i] = categorical != NULL && categorical[i] && !encoder->replaced[i];
  }
  for (uint32_t d = 0; d < encoder->n_derived; d++) out->names[encoder->n_inputs + d] = encoder->names[d];
  return COPSE_OK;
}

/* The encoder of the rows: learned from them; of a model that is continued, if those are the rows it learned
 * from, else the model's own, which then has not seen their labels. */
static copse_status make_encoder(copse_context *ctx, const copse_table *table, const char *const *names,
                                 const bool *categorical, const float *label, const float *weight,
                                 const copse_params *params, copse_encoder *start, copse_encoder **out,
                                 copse_error *err) {
  copse_status status =
      copse_encoder_fit(ctx, table, names, categorical, label, weight, params, start, out, err);
  if (status != COPSE_OK || start == NULL) return status;
  if ((*out)->digest[0] == start->digest[0] && (*out)->digest[1] == start->digest[1]) return COPSE_OK;
  copse_encoder_free(*out);
  *out = copse_encoder_ref(start);
  return COPSE_OK;
}

copse_status copse_dataset_encoded(copse_context *ctx, const copse_table *table, const char *const *names,
                                   const bool *categorical, const float *label, const float *weight,
                                   const copse_params *params, copse_encoder *start, copse_dataset **out,
                                   copse_error *err) {
  copse_encoder *encoder;
  struct encoded_table encoded;
  struct wide_columns columns = {0};
  copse_dataset *dataset = NULL;
  *out = NULL;
  copse_status status =
      make_encoder(ctx, table, names, categorical, label, weight, params, start, &encoder, err);
  if (status != COPSE_OK) return status;
  if (encoder->n_derived == 0) { /* nothing to encode */
    copse_encoder_free(encoder);
    return copse_dataset_from_table(ctx, table, names, categorical, params, NULL, out, err);
  }
  if ((status = widen(ctx, encoder, names, categorical, &columns, err)) != COPSE_OK) goto done;
  if ((status = encoded_table_open(encoder, table, encoder->ordered != NULL && encoder != start, &encoded,
                                   err)) != COPSE_OK)
    goto done;
  status = copse_dataset_from_table(ctx, &encoded.view, columns.names, columns.categorical, params, NULL,
                                    &dataset, err);
  if (status != COPSE_OK) goto done;
  if (encoder != start) copse_encoder_forget(encoder);
  dataset->schema->encoder = copse_encoder_ref(encoder);
  *out = dataset;
done:
  copse_free(columns.names);
  copse_free(columns.categorical);
  copse_encoder_free(encoder);
  return status;
}
