/* format.c - the table of model formats, and the public read and write that go through it.
 *
 * To add a format: write format_x.c with a `const struct model_format format_x`, declare it in format.h, add
 * its row below (the first row is what copse_model_write writes), and run tests/unit/model: round trip,
 * truncation at every byte and fuzz take every row. */
#include "model/format.h"

#include "base/status.h"
#include "model/model.h"

static const struct model_format *const formats[] = {&format_text};
enum { N_FORMATS = sizeof formats / sizeof formats[0] };

copse_status copse_model_parse(copse_context *ctx, const char *text, size_t length, const char *place,
                               copse_model **out, copse_error *err) {
  *out = NULL;
  if (place == NULL) place = "model";
  for (size_t i = 0; i < N_FORMATS; i++)
    if (formats[i]->detect(text, length)) return formats[i]->read(ctx, text, length, place, out, err);
  return status_set(err, COPSE_ERR_FORMAT,
                    "%s:1: expected a model file, whose first line is \"tree\" (give the file that training "
                    "wrote as output_model)",
                    place);
}

copse_status copse_model_write(const copse_model *model, int start, int count, copse_text *out,
                               copse_error *err) {
  int first, last;
  model_clamp_rounds(copse_model_n_rounds(model), start, count, &first, &last);
  return formats[0]->write(model, first, last, out, err);
}
