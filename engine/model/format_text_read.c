/* format_text_read.c - LightGBM's text model, version 3 and 4: header, trees, and what follows them.
 *
 * Strict about everything that is used: each number is checked, each line counted once, and the errors name
 * line and field. Lenient where real files differ: line ends, a missing `tree_sizes`, header keys and
 * trailing sections that others added. Keys that begin with "copse_" are ours; see format_text_write.c. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "model/format.h"
#include "model/format_text.h"
#include "model/model.h"
#include "objective/objective.h"

enum header_key {
  VERSION,
  NUM_CLASS,
  TREES_PER_ROUND,
  LABEL_INDEX,
  MAX_FEATURE,
  OBJECTIVE,
  FEATURE_NAMES,
  MONOTONE,
  FEATURE_INFOS,
  TREE_SIZES,
  COPSE_CONFIG,
  COPSE_BEST_ROUND,
  COPSE_FINGERPRINT,
  COPSE_DART,
  COPSE_ENCODER,
  COPSE_POSITION_BIAS,
  N_KEYS
};

static const char *const keys[N_KEYS] = {
    "version",           "num_class",  "num_tree_per_iteration", "label_index",
    "max_feature_idx",   "objective",  "feature_names",          "monotone_constraints",
    "feature_infos",     "tree_sizes", "copse_config",           "copse_best_round",
    "copse_fingerprint", "copse_dart", "copse_encoder",          "copse_position_bias"};

static const char blob_prefix[] = "copse_blob_";

struct header {
  struct text_slice values[N_KEYS];
  size_t last_line;
  bool average_output;
  uint32_t n_features;
  int trees_per_round, n_class;
};

/* Control characters in a value that is kept would come out as line ends when it is written again. */
static bool has_control(const struct text_slice *value) {
  for (size_t i = 0; i < value->length; i++)
    if ((unsigned char)value->text[i] < 0x20) return true;
  return false;
}

static copse_status read_header_lines(struct text_reader *reader, struct header *header) {
  struct text_slice line, key, value;
  while (text_peek_line(reader, &line) && !text_starts(&line, "Tree=") && !text_is(&line, "end of trees")) {
    text_next_line(reader, &line);
    if (text_is(&line, "average_output")) header->average_output = true;
    if (!text_cut(&line, &key, &value)) continue;
    for (int k = 0; k < N_KEYS; k++) {
      if (!text_is(&key, keys[k])) continue;
      if (header->values[k].text != NULL)
        return text_fail(reader, line.line, keys[k], "expected once, found again in the header");
      if (has_control(&value))
        return text_fail(reader, line.line, keys[k], "expected printable text, found a control character");
      header->values[k] = value;
    }
  }
  header->last_line = reader->line;
  const enum header_key mandatory[] = {NUM_CLASS, LABEL_INDEX, MAX_FEATURE, FEATURE_NAMES, FEATURE_INFOS};
  for (size_t i = 0; i < sizeof mandatory / sizeof mandatory[0]; i++)
    if (header->values[mandatory[i]].text == NULL)
      return text_fail(reader, header->last_line, keys[mandatory[i]],
                       "expected this line in the header, found none");
  return COPSE_OK;
}

static copse_status check_version(const struct text_reader *reader, const struct header *header) {
  const struct text_slice *version = &header->values[VERSION];
  if (version->text == NULL || text_is(version, "v3") || text_is(version, "v4")) return COPSE_OK;
  return status_set(reader->err, COPSE_ERR_UNSUPPORTED,
                    "%s:%zu: version: expected v3 or v4, found \"%.*s\" (save the model with a version of "
                    "LightGBM from 3.0 on)",
                    reader->place, version->line, version->length < 20 ? (int)version->length : 20,
                    version->text);
}

/* Whether a feature's info has one of the forms that inspect.c reads. */
static bool is_info(const struct text_slice *info) {
  if (text_is(info, "none")) return true;
  if (info->length >= 2 && info->text[0] == '[' && info->text[info->length - 1] == ']') {
    const char *at = info->text + 1, *end = info->text + info->length - 1;
    double ignored;
    size_t n = copse_parse_double(at, (size_t)(end - at), &ignored);
    if (n == 0 || at + n == end || at[n] != ':') return false;
    at += n + 1;
    n = copse_parse_double(at, (size_t)(end - at), &ignored);
    return n > 0 && at + n == end;
  }
  size_t digits = 0;
  int64_t code = 0;
  for (size_t i = 0; i <= info->length; i++) {
    char c = i < info->length ? info->text[i] : ':';
    if (c >= '0' && c <= '9') {
      digits++;
      code = code * 10 + (c - '0');
      if (code > INT32_MAX) return false;
    } else if (c == ':') {
      if (digits == 0) return false;
      digits = 0;
      code = 0;
    } else if (c != '-' || digits > 0 || (i > 0 && info->text[i - 1] != ':')) {
      return false;
    }
  }
  return true;
}

static copse_status check_counts(struct text_reader *reader, struct header *header) {
  const int64_t most = 1000000;
  const struct text_slice *values = header->values;
  int64_t max_feature, n_class, per_round;
  copse_status status;
  if ((status = text_integer(reader, keys[NUM_CLASS], &values[NUM_CLASS], 1, most, &n_class)) != COPSE_OK)
    return status;
  per_round = n_class;
  if (values[TREES_PER_ROUND].text != NULL)
    status = text_integer(reader, keys[TREES_PER_ROUND], &values[TREES_PER_ROUND], 1, most, &per_round);
  if (status != COPSE_OK) return status;
  if (per_round != n_class)
    return text_fail(reader, values[TREES_PER_ROUND].line, keys[TREES_PER_ROUND],
                     "expected the number of classes, %lld, found %lld", (long long)n_class,
                     (long long)per_round);
  status = text_integer(reader, keys[MAX_FEATURE], &values[MAX_FEATURE], 0, INT32_MAX - 1, &max_feature);
  if (status != COPSE_OK) return status;
  const enum header_key lists[] = {FEATURE_NAMES, FEATURE_INFOS, MONOTONE};
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    const struct text_slice *list = &values[lists[i]];
    if (list->text == NULL) continue;
    size_t found = text_count_words(list);
    if (found != (size_t)max_feature + 1)
      return text_fail(reader, list->line, keys[lists[i]],
                       "expected %lld words as max_feature_idx says, found %zu", (long long)max_feature + 1,
                       found);
  }
  struct text_slice rest = values[FEATURE_INFOS], word;
  while (text_next_word(&rest, &word))
    if (!is_info(&word))
      return text_fail(reader, word.line, keys[FEATURE_INFOS],
                       "expected none, [min:max] or codes with ':' between them, found \"%.*s\"",
                       word.length < 40 ? (int)word.length : 40, word.text);
  header->n_class = (int)n_class;
  header->trees_per_round = (int)per_round;
  header->n_features = (uint32_t)max_feature + 1;
  return COPSE_OK;
}

/* Splits a list into n texts of its own: the pointers, then the characters. */
static const char **copy_words(struct text_reader *reader, const struct text_slice *list, size_t n) {
  char **words = copse_alloc(reader->ctx, 1, n * sizeof *words + list->length + n);
  if (words == NULL) return NULL;
  char *at = (char *)(words + n);
  struct text_slice rest = *list, word;
  for (size_t i = 0; text_next_word(&rest, &word); i++) {
    words[i] = at;
    memcpy(at, word.text, word.length);
    at[word.length] = '\0';
    at += word.length + 1;
  }
  return (const char **)words;
}

static bool are_default_names(const char *const *names, uint32_t n) {
  for (uint32_t f = 0; f < n; f++) {
    char expected[32];
    snprintf(expected, sizeof expected, "Column_%u", (unsigned)f);
    if (strcmp(names[f], expected) != 0) return false;
  }
  return true;
}

static copse_status set_slice(copse_model *model, char **slot, const struct text_slice *value,
                              copse_error *err) {
  return model_set_text(model->ctx, slot, value->text, value->text != NULL ? value->length : 0, err);
}

static copse_status make_model(struct text_reader *reader, const struct header *header, copse_model **out) {
  copse_status status = COPSE_OK;
  const struct text_slice *values = header->values;
  copse_model *model = NULL;
  const char **infos = NULL;
  const char **names = copy_words(reader, &values[FEATURE_NAMES], header->n_features);
  if (names != NULL) infos = copy_words(reader, &values[FEATURE_INFOS], header->n_features);
  if (infos == NULL) {
    status = status_memory(reader->err, "a model read from a file");
    goto done;
  }
  const struct model_shape shape = {
      .n_features = header->n_features,
      .names = names,
      .default_names = are_default_names(names, header->n_features),
      .infos = infos,
      .trees_per_round = header->trees_per_round,
      .n_class = header->n_class,
      .average_output = header->average_output,
  };
  if ((status = model_create(reader->ctx, &shape, &model, reader->err)) != COPSE_OK) goto done;
  if ((status = set_slice(model, &model->objective, &values[OBJECTIVE], reader->err)) != COPSE_OK) goto done;
  if ((status = set_slice(model, &model->monotone_constraints, &values[MONOTONE], reader->err)) != COPSE_OK)
    goto done;
  *out = model;
  model = NULL;
done:
  copse_model_free(model);
  copse_free(names);
  copse_free(infos);
  return status;
}

static copse_status check_objective(struct text_reader *reader, const struct header *header,
                                    const copse_model *model) {
  struct objective objective;
  copse_error inner;
  copse_status status = objective_from_text(model->objective, model->trees_per_round, &objective, &inner);
  if (status == COPSE_OK) return COPSE_OK;
  return status_set(reader->err, status, "%s:%zu: objective: %.600s", reader->place,
                    header->values[OBJECTIVE].text != NULL ? header->values[OBJECTIVE].line : 1,
                    inner.message);
}

/* Decodes into *slot (a NUL is put behind); *n_out may be NULL. */
static copse_status decode(struct text_reader *reader, const char *key, const struct text_slice *value,
                           char **slot, size_t *n_out) {
  char *decoded = copse_alloc(reader->ctx, value->length + 1, 1);
  if (decoded == NULL) return status_memory(reader->err, "a model read from a file");
  size_t n;
  if (!percent_decode(value->text, value->length, decoded, &n)) {
    copse_free(decoded);
    return text_fail(reader, value->line, key, "expected percent-encoded text");
  }
  decoded[n] = '\0';
  copse_free(*slot);
  *slot = decoded;
  if (n_out != NULL) *n_out = n;
  return COPSE_OK;
}

static copse_status read_blobs(struct text_reader *reader, const struct text_reader *start,
                               copse_model *model) {
  struct text_reader again = *start;
  struct text_slice line, key, value;
  while (text_next_line(&again, &line) && !text_starts(&line, "Tree=") && !text_is(&line, "end of trees")) {
    if (!text_cut(&line, &key, &value) || !text_starts(&key, blob_prefix)) continue;
    char name[256];
    size_t n_name = key.length - (sizeof blob_prefix - 1), n_data = 0;
    if (n_name >= sizeof name) return text_fail(reader, line.line, "copse_blob", "expected a shorter key");
    memcpy(name, key.text + sizeof blob_prefix - 1, n_name);
    name[n_name] = '\0';
    if (copse_model_blob(model, name, NULL) != NULL)
      return text_fail(reader, line.line, "copse_blob", "expected each key once, found one again");
    char *data = NULL;
    copse_status status = decode(reader, "copse_blob", &value, &data, &n_data);
    if (status != COPSE_OK) return status;
    copse_error inner;
    status = copse_model_set_blob(model, name, data, n_data, &inner);
    copse_free(data);
    if (status == COPSE_ERR_MEMORY) return status_memory(reader->err, "a model read from a file");
    if (status != COPSE_OK)
      return text_fail(reader, line.line, "copse_blob", "expected a key of letters, digits and '_'");
  }
  return COPSE_OK;
}

/* The tables of categories, and whether the derived features are those they make. */
static copse_status read_encoder(struct text_reader *reader, const struct text_slice *value,
                                 copse_model *model) {
  copse_error inner;
  if (value->text == NULL) return COPSE_OK;
  copse_status status =
      copse_encoder_parse(reader->ctx, value->text, value->length, keys[COPSE_ENCODER],
                          (const char *const *)model->names, model->n_features, &model->encoder, &inner);
  if (status == COPSE_ERR_MEMORY) return status_memory(reader->err, "a model read from a file");
  if (status != COPSE_OK)
    return status_set(reader->err, status, "%s:%zu: %.800s", reader->place, value->line, inner.message);
  const copse_encoder *encoder = model->encoder;
  bool fits = encoder->n_inputs + encoder->n_derived == model->n_features;
  for (uint32_t d = 0; fits && d < encoder->n_derived; d++)
    fits = strcmp(encoder->names[d], model->names[encoder->n_inputs + d]) == 0;
  if (fits) return COPSE_OK;
  return text_fail(
      reader, value->line, keys[COPSE_ENCODER],
      "expected tables of this model's features, found others (the file was edited; train again)");
}

static copse_status read_own_keys(struct text_reader *reader, const struct text_reader *start,
                                  const struct header *header, copse_model *model) {
  const struct text_slice *values = header->values;
  copse_status status = COPSE_OK;
  int64_t number;
  status = text_integer(reader, keys[LABEL_INDEX], &values[LABEL_INDEX], INT32_MIN, INT32_MAX, &number);
  if (status != COPSE_OK) return status;
  model->label_index = (int)number;
  if (values[COPSE_BEST_ROUND].text != NULL) {
    status = text_integer(reader, keys[COPSE_BEST_ROUND], &values[COPSE_BEST_ROUND], 0, INT_MAX, &number);
    if (status != COPSE_OK) return status;
    model->best_round = (int)number;
  }
  if (values[COPSE_CONFIG].text != NULL)
    status = decode(reader, keys[COPSE_CONFIG], &values[COPSE_CONFIG], &model->config, NULL);
  if (status == COPSE_OK) status = read_encoder(reader, &values[COPSE_ENCODER], model);
  if (status != COPSE_OK) return status;
  return read_blobs(reader, start, model);
}

static copse_status read_trees(struct text_reader *reader, const struct header *header, copse_model *model) {
  struct text_slice line;
  for (;;) {
    do {
      if (!text_peek_line(reader, &line))
        return text_fail(reader, reader->line, "end of trees",
                         "expected this line, found the end of the file");
      if (line.length == 0) text_next_line(reader, &line);
    } while (line.length == 0);
    if (text_is(&line, "end of trees")) break;
    struct tree tree;
    copse_status status = text_read_tree(reader, model->n_trees, (int32_t)model->n_features, &tree);
    if (status == COPSE_OK) status = model_add_tree(model, &tree, reader->err);
    if (status != COPSE_OK) return status;
  }
  const struct text_slice *sizes = &header->values[TREE_SIZES];
  if (sizes->text != NULL && text_count_words(sizes) != (size_t)model->n_trees)
    return text_fail(reader, sizes->line, keys[TREE_SIZES],
                     "expected one size for each of %d trees, found %zu", model->n_trees,
                     text_count_words(sizes));
  if (model->n_trees % model->trees_per_round != 0)
    return text_fail(reader, line.line, "end of trees", "expected a multiple of %d trees, found %d",
                     model->trees_per_round, model->n_trees);
  text_next_line(reader, &line);
  return COPSE_OK;
}

/* Unit (or one per output, 0 where nothing was ever split), starting scores, a weight per round. */
static copse_status read_dart(struct text_reader *reader, const struct header *header, copse_model *model) {
  const struct text_slice *value = &header->values[COPSE_DART];
  size_t n_start = (size_t)model->trees_per_round, n_rounds = (size_t)copse_model_n_rounds(model);
  if (value->text == NULL) return COPSE_OK;
  size_t n_units = text_count_words(value) == 2 * n_start + n_rounds ? n_start : 1;
  size_t n = n_units + n_start + n_rounds;
  double *numbers = copse_alloc(reader->ctx, n, sizeof *numbers);
  double *units = copse_alloc(reader->ctx, n_start, sizeof *units), most = 0;
  copse_status status =
      numbers != NULL && units != NULL ? COPSE_OK : status_memory(reader->err, "a model read from a file");
  if (status == COPSE_OK) status = text_doubles(reader, keys[COPSE_DART], value, n, numbers);
  for (size_t k = 0; k < n_start && status == COPSE_OK; k++) {
    units[k] = numbers[n_units > 1 ? k : 0];
    most = fmax(most, units[k]);
  }
  bool fine = status == COPSE_OK && most > 0;
  for (size_t i = 0; i < n && fine; i++)
    fine = isfinite(numbers[i]) && ((i >= n_units && i < n_units + n_start) || numbers[i] >= 0);
  if (status == COPSE_OK && !fine)
    status = text_fail(reader, value->line, keys[COPSE_DART],
                       "expected a unit above 0, finite starting scores and weights of 0 or more");
  if (status == COPSE_OK)
    status =
        model_set_dart(model, units, numbers + n_units, numbers + n_units + n_start, n_rounds, reader->err);
  copse_free(numbers);
  copse_free(units);
  return status;
}

static copse_status read_position_bias(struct text_reader *reader, const struct header *header,
                                       copse_model *model) {
  const struct text_slice *value = &header->values[COPSE_POSITION_BIAS];
  if (value->text == NULL) return COPSE_OK;
  size_t n = text_count_words(value);
  double *biases = copse_alloc(reader->ctx, n + 1, sizeof *biases);
  if (biases == NULL) return status_memory(reader->err, "a model read from a file");
  copse_status status = text_doubles(reader, keys[COPSE_POSITION_BIAS], value, n, biases);
  bool fine = n > 0;
  for (size_t p = 0; p < n && status == COPSE_OK; p++) fine = fine && isfinite(biases[p]);
  if (status == COPSE_OK && !fine)
    status = text_fail(reader, value->line, keys[COPSE_POSITION_BIAS], "expected finite numbers");
  if (status == COPSE_OK) status = model_set_position_bias(model, biases, n, reader->err);
  copse_free(biases);
  return status;
}

/* Compares with the fingerprint that the writer saw, so that a silently changed file is noticed. */
static copse_status check_fingerprint(struct text_reader *reader, const struct header *header,
                                      const copse_model *model) {
  const struct text_slice *value = &header->values[COPSE_FINGERPRINT];
  if (value->text == NULL) return COPSE_OK;
  char expected[24];
  snprintf(expected, sizeof expected, "%016llx", (unsigned long long)copse_model_fingerprint(model));
  if (text_is(value, expected)) return COPSE_OK;
  return text_fail(reader, value->line, keys[COPSE_FINGERPRINT],
                   "expected %s for the trees of this file, found \"%.*s\": they are not the ones that were "
                   "saved; without this line the file loads as it is",
                   expected, value->length < 20 ? (int)value->length : 20, value->text);
}

/* Keeps the lines up to "end of parameters"; the blank line before that one belongs to the layout. */
static copse_status read_parameters(struct text_reader *reader, copse_model *model) {
  copse_text block = {.ctx = reader->ctx};
  struct text_slice line;
  size_t start = reader->line;
  bool ended = false;
  while (!ended && text_next_line(reader, &line)) {
    ended = text_is(&line, "end of parameters");
    if (ended) break;
    copse_text_append(&block, line.text, line.length);
    copse_text_append(&block, "\n", 1);
  }
  copse_status status = COPSE_OK;
  if (block.failed)
    status = status_memory(reader->err, "a model read from a file");
  else if (!ended)
    status = text_fail(reader, start, "parameters",
                       "expected a line \"end of parameters\", found the end of the file");
  if (status == COPSE_OK && block.length > 0) {
    bool blank =
        block.data[block.length - 1] == '\n' && (block.length == 1 || block.data[block.length - 2] == '\n');
    status = model_set_text(reader->ctx, &model->parameters, block.data, block.length - blank, reader->err);
  }
  copse_text_release(&block);
  return status;
}

static copse_status read_trailer(struct text_reader *reader, copse_model *model) {
  static const char pandas[] = "pandas_categorical:";
  struct text_slice line;
  copse_status status = COPSE_OK;
  bool seen = false;
  while (status == COPSE_OK && text_next_line(reader, &line)) {
    if (!seen && text_is(&line, "parameters:")) {
      seen = true;
      status = read_parameters(reader, model);
    } else if (text_starts(&line, pandas)) {
      size_t n = sizeof pandas - 1;
      status = model_set_text(reader->ctx, &model->pandas_categorical, line.text + n, line.length - n,
                              reader->err);
    }
  }
  return status;
}

static copse_status read_text(copse_context *ctx, const char *text, size_t length, const char *place,
                              copse_model **out, copse_error *err) {
  struct text_reader reader = {
      .ctx = ctx, .place = place, .at = text, .end = text + length, .line = 1, .err = err};
  const struct text_reader start = reader;
  struct header header = {.average_output = false};
  copse_model *model = NULL;
  copse_status status = COPSE_OK;
  const char *nul = memchr(text, '\0', length);
  if (nul != NULL) {
    size_t line = 1;
    for (const char *c = text; c < nul; c++) line += *c == '\n';
    status = text_fail(&reader, line, "text", "expected text, found a NUL byte");
    goto done;
  }
  if ((status = read_header_lines(&reader, &header)) != COPSE_OK) goto done;
  if ((status = check_version(&reader, &header)) != COPSE_OK) goto done;
  if ((status = check_counts(&reader, &header)) != COPSE_OK) goto done;
  if ((status = make_model(&reader, &header, &model)) != COPSE_OK) goto done;
  if ((status = check_objective(&reader, &header, model)) != COPSE_OK) goto done;
  if ((status = read_own_keys(&reader, &start, &header, model)) != COPSE_OK) goto done;
  if ((status = read_trees(&reader, &header, model)) != COPSE_OK) goto done;
  if ((status = read_dart(&reader, &header, model)) != COPSE_OK) goto done;
  if ((status = read_position_bias(&reader, &header, model)) != COPSE_OK) goto done;
  if ((status = check_fingerprint(&reader, &header, model)) != COPSE_OK) goto done;
  if ((status = read_trailer(&reader, model)) != COPSE_OK) goto done;
  *out = model;
  model = NULL;
done:
  copse_model_free(model);
  copse_free(reader.integers);
  return status;
}

static bool detect_text(const char *text, size_t length) {
  return length >= 5 && memcmp(text, "tree", 4) == 0 && (text[4] == '\n' || text[4] == '\r');
}

const struct model_format format_text = {"text", detect_text, read_text, text_write_model};
