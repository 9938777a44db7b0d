/* snapshot.c - model files. A snapshot is a whole model: it predicts, and training can go on from it. */
#include "snapshot.h"

#include <stdio.h>

#include "console.h"
#include "output.h"

copse_status model_store(const struct app *app, const copse_model *model, const char *path,
                         copse_error *err) {
  struct output out = {.fd = -1};
  copse_text text = {.ctx = app->ctx};
  copse_status status = copse_model_write(model, 0, 0, &text, err);
  if (status == COPSE_OK && text.failed) status = fail_memory(err, "the model's text");
  if (status == COPSE_OK) status = output_open(path, &out, err);
  if (status == COPSE_OK) status = output_write(&out, text.data, text.length, err);
  if (status == COPSE_OK) status = output_commit(&out, err);
  output_discard(&out);
  copse_text_release(&text);
  return status;
}

void snapshots_round(const struct snapshots *snapshots, copse_booster *booster, int round) {
  char path[OUTPUT_PATH_CAPACITY];
  copse_model *model = NULL;
  copse_error err;
  if (snapshots->freq <= 0 || round % snapshots->freq != 0) return;
  int length = snprintf(path, sizeof path, "%s.snapshot_iter_%d", snapshots->out, round);
  copse_status status = length < (int)sizeof path
                            ? copse_booster_model(booster, 0, &model, &err)
                            : fail(&err, COPSE_ERR_IO, "%.100s...: the name is too long", snapshots->out);
  if (status == COPSE_OK) status = copse_frame_schema_store(snapshots->schema, model, &err);
  if (status == COPSE_OK && snapshots->recipe) status = copse_recipe_store(snapshots->recipe, model, &err);
  if (status == COPSE_OK) status = model_store(snapshots->app, model, path, &err);
  if (status != COPSE_OK) console_warning("no snapshot after round %d: %s", round, err.message);
  copse_model_free(model);
}
