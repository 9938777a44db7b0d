/* predict_row.c - loads a model and predicts one row at a time, as a server would: the predictor is made once
 * and may be used by any number of threads.
 *
 *   predict_row MODEL VALUE...     one value per feature, "nan" where it is missing
 */
#include <copse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(copse_status status, const copse_error *err) {
  if (status == COPSE_OK) return;
  fprintf(stderr, "%s: %s\n", copse_status_name(status), err->message);
  exit(1);
}

static copse_model *read_model(const char *path) {
  copse_text text = {0};
  copse_model *model;
  copse_error err;
  char buffer[1 << 14];
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, file)) > 0;) copse_text_append(&text, buffer, n);
  if (ferror(file) || text.failed) {
    fprintf(stderr, "%s: cannot be read\n", path);
    exit(1);
  }
  fclose(file);
  check(copse_model_parse(NULL, text.data, text.length, path, &model, &err), &err);
  copse_text_release(&text);
  return model;
}

int main(int argc, char **argv) {
  copse_predictor *predictor;
  copse_error err;
  if (argc < 2) {
    fprintf(stderr, "usage: predict_row MODEL VALUE...\n");
    return 2;
  }
  copse_model *model = read_model(argv[1]);
  uint32_t n_features = copse_model_n_inputs(model);
  if ((uint32_t)argc - 2 != n_features) {
    fprintf(stderr, "%d values: expected %u, one for each of", argc - 2, (unsigned)n_features);
    for (uint32_t f = 0; f < n_features; f++) fprintf(stderr, " %s", copse_model_feature_name(model, f));
    fputc('\n', stderr);
    return 2;
  }
  check(copse_predictor_create(NULL, model, COPSE_PREDICT_VALUE, 0, 0, &predictor, &err), &err);
  copse_model_free(model); /* the predictor keeps what it needs */

  uint32_t width = copse_predictor_width(predictor);
  double *row = copse_alloc(NULL, n_features, sizeof *row), *out = copse_alloc(NULL, width, sizeof *out);
  if (row == NULL || out == NULL) {
    fprintf(stderr, "out of memory\n");
    return 1;
  }
  for (uint32_t f = 0; f < n_features; f++) {
    const char *text = argv[2 + f];
    if (copse_parse_double(text, strlen(text), &row[f]) != strlen(text) || *text == '\0') {
      fprintf(stderr, "\"%s\": expected a number\n", text);
      return 2;
    }
  }
  copse_predictor_row(predictor, row, out);
  for (uint32_t k = 0; k < width; k++) printf("%.6f\n", out[k]);

  copse_free(row);
  copse_free(out);
  copse_predictor_free(predictor);
  return 0;
}
