/* hold_out.c - a draw belongs to its row (or group) alone: rows added behind it change nothing, and neither
 * do threads. */
#include "hold_out.h"

#include <inttypes.h>

#include "console.h"
#include "settings.h"

struct parts {
  uint32_t *rows; /* those that are kept from its front, those that are held out from its end, backwards */
  uint64_t n_train, n_valid;
};

static bool is_held_out(uint64_t unit, uint64_t seed, double share) {
  uint64_t bits[2];
  copse_hash(&unit, sizeof unit, seed, bits);
  return (double)(bits[0] >> 11) * 0x1p-53 < share;
}

/* The unit that is drawn as a whole: a group, or a row. */
static void draw(const copse_dataset *data, uint64_t seed, double share, struct parts *out) {
  uint64_t n_rows = copse_dataset_n_rows(data), n_groups, group = 0, end = 0;
  const int32_t *sizes = copse_dataset_get(data, COPSE_GROUP, &n_groups);
  out->n_train = out->n_valid = 0;
  for (uint64_t row = 0; row < n_rows; row++) {
    while (sizes && row == end) end += (uint64_t)sizes[group++];
    bool held = is_held_out(sizes ? group : row, seed, share);
    if (held) {
      out->rows[n_rows - ++out->n_valid] = (uint32_t)row;
    } else {
      out->rows[out->n_train++] = (uint32_t)row;
    }
  }
  uint32_t *valid = out->rows + out->n_train;
  for (uint64_t i = 0; i < out->n_valid / 2; i++) {
    uint32_t row = valid[i];
    valid[i] = valid[out->n_valid - 1 - i];
    valid[out->n_valid - 1 - i] = row;
  }
}

copse_status hold_out_weights(const struct app *app, const copse_frame *frame, float **out,
                              copse_error *err) {
  double share = copse_params_get_double(app->params, "valid_fraction");
  uint64_t seed = (uint64_t)copse_params_get_int(app->params, "data_random_seed"), group = 0, end = 0;
  *out = copse_alloc(app->ctx, frame->n_rows, sizeof **out);
  if (!*out) return fail_memory(err, "the rows held out");
  for (uint64_t row = 0; row < frame->n_rows; row++) {
    while (frame->group && row == end) end += (uint64_t)frame->group[group++];
    bool held = share > 0 && is_held_out(frame->group ? group : row, seed, share);
    (*out)[row] = held ? 0 : frame->weight ? frame->weight[row] : 1;
  }
  return COPSE_OK;
}

copse_status hold_out(struct app *app, const copse_dataset *data, copse_dataset **train,
                      copse_dataset **valid, copse_error *err) {
  double share = copse_params_get_double(app->params, "valid_fraction");
  uint64_t seed = (uint64_t)copse_params_get_int(app->params, "data_random_seed");
  int n_threads = (int)copse_params_get_int(app->params, "num_threads");
  uint64_t n_rows = copse_dataset_n_rows(data);
  struct parts parts = {.rows = copse_alloc(app->ctx, n_rows, sizeof *parts.rows)};
  *train = *valid = NULL;
  if (!parts.rows) return fail_memory(err, "the rows held out");
  draw(data, seed, share, &parts);
  copse_status status = COPSE_OK;
  if (parts.n_train == 0 || parts.n_valid == 0) {
    status = fail(err, COPSE_ERR_DATA,
                  "valid_fraction=%g leaves %" PRIu64 " rows to train on and %" PRIu64
                  " to validate on, of %" PRIu64
                  ": expected some of both (another fraction, or a validation file: valid=FILE)",
                  share, parts.n_train, parts.n_valid, n_rows);
  }
  if (status == COPSE_OK)
    status = copse_dataset_subset(data, parts.rows, parts.n_train, n_threads, train, err);
  if (status == COPSE_OK) {
    status = copse_dataset_subset(data, parts.rows + parts.n_train, parts.n_valid, n_threads, valid, err);
  }
  if (status == COPSE_OK) console_line("held_out_rows: %" PRIu64 " of %" PRIu64, parts.n_valid, n_rows);
  copse_free(parts.rows);
  return status;
}
