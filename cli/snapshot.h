/* snapshot.h - writing a model with all that travels in it: once at the end, and every snapshot_freq rounds.
 */
#ifndef COPSE_CLI_SNAPSHOT_H
#define COPSE_CLI_SNAPSHOT_H

#include "cli.h"

/* Writes the model's text under a temporary name and renames it. */
COPSE_MUST_CHECK copse_status model_store(const struct app *app, const copse_model *model, const char *path,
                                          copse_error *err);

struct snapshots {
  const struct app *app;
  const char *out; /* the model's file: snapshots are called <out>.snapshot_iter_<rounds> */
  const copse_frame_schema *schema;
  const copse_recipe *recipe; /* or NULL */
  int freq;                   /* <= 0: none */
};

/* Writes the rounds done so far when they are due. A snapshot that cannot be written is a warning: training
 * goes on. */
void snapshots_round(const struct snapshots *snapshots, copse_booster *booster, int round);

#endif
