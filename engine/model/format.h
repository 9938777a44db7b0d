/* format.h - the file formats a model can have: one file (or family of files) and one row each. */
#ifndef COPSE_MODEL_FORMAT_H
#define COPSE_MODEL_FORMAT_H

#include "copse.h"

struct model_format {
  const char *name;
  /* Whether a text claims to be of this format, judged by its first line only; `read` finds everything else.
   */
  bool (*detect)(const char *text, size_t length);
  /* place: the file's name in messages. Every index and count is checked here, so that no text can make a
   * later call read out of bounds or loop. */
  copse_status (*read)(copse_context *ctx, const char *text, size_t length, const char *place,
                       copse_model **out, copse_error *err);
  /* Appends rounds [first, last). */
  copse_status (*write)(const copse_model *model, int first, int last, copse_text *out, copse_error *err);
};

/* LightGBM's text model, version 4 */
extern const struct model_format format_text;

#endif
