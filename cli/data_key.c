/* data_key.c - see data_key.h. */
#include "data_key.h"

#include <inttypes.h>
#include <string.h>

#include "console.h"
#include "output.h"
#include "settings.h"

/* Parameters that decide what the data set is. */
static const char *const key_params[] = {"max_bin",          "max_bin_by_feature",
                                         "min_data_in_bin",  "bin_construct_sample_cnt",
                                         "data_random_seed", "seed",
                                         "enable_bundle",    "use_missing",
                                         "zero_as_missing",  "feature_pre_filter",
                                         "min_data_in_leaf", "compat",
                                         "header",           "label_column",
                                         "weight_column",    "group_column",
                                         "ignore_column",    "categorical_feature",
                                         "missing_values",   "format",
                                         "separator",        "libsvm_base",
                                         "unseen_category"};

/* The other facts, and what is said when one of them is not what it was. */
static const struct {
  const char *name, *changed;
} facts[] = {{"files", "the bytes of the data or of a side file have changed"},
             {"training", "the training data are others"},
             {"labels", "the objective reads the labels in another way"},
             {"forced_bins", "the content of forcedbins_filename has changed"},
             {"version", "it is of another version of Copse"}};
enum { N_FACTS = sizeof facts / sizeof *facts };

/* Empty without a file of that name. */
static copse_status add_file_hash(const struct app *app, const char *path, copse_text *key,
                                  copse_error *err) {
  copse_text content = {.ctx = app->ctx};
  uint64_t hash[2];
  if (!path[0]) return COPSE_OK;
  copse_status status = input_read(app->ctx, path, &content, err);
  if (status == COPSE_OK) {
    copse_hash(content.data, content.length, 0, hash);
    copse_text_appendf(key, "%016" PRIx64 "%016" PRIx64, hash[0], hash[1]);
  }
  copse_text_release(&content);
  return status;
}

copse_status data_key_make(const struct app *app, char *const *paths, size_t n_paths,
                           const copse_read_options *options, const copse_text *training, copse_text *key,
                           copse_error *err) {
  uint64_t hash[2];
  copse_status status = copse_files_hash(app->ctx, (const char *const *)paths, n_paths, options, hash, err);
  if (status != COPSE_OK) return status;
  copse_text_appendf(key, "files=%016" PRIx64 "%016" PRIx64 "\ntraining=", hash[0], hash[1]);
  if (training) { /* its files; the other facts are the same for both */
    const char *value = training->data + strlen("files=");
    copse_text_append(key, value, strcspn(value, "\n"));
  }
  copse_text_appendf(key, "\nlabels=%d of %" PRIu32 "\nforced_bins=", (int)options->label_kind,
                     options->n_classes);
  status = add_file_hash(app, setting(app, "forcedbins_filename"), key, err);
  copse_text_appendf(key, "\nversion=%s\n", copse_version());
  for (size_t i = 0; i < sizeof key_params / sizeof key_params[0]; i++)
    copse_text_appendf(key, "%s=%s\n", key_params[i],
                       copse_params_given(app->params, key_params[i]) ? setting(app, key_params[i]) : "");
  if (status == COPSE_OK && key->failed) status = fail_memory(err, "the key of the binned data");
  return status;
}

/* ---- differences ---- */

struct line {
  const char *text;
  size_t length, name_length; /* name_length == length: no `=` */
};

/* The next line; false at the end. */
static bool next_line(const char **at, const char *end, struct line *line) {
  if (*at == end) return false;
  const char *stop = memchr(*at, '\n', (size_t)(end - *at));
  *line = (struct line){.text = *at, .length = (size_t)((stop ? stop : end) - *at)};
  const char *equals = memchr(line->text, '=', line->length);
  line->name_length = equals ? (size_t)(equals - line->text) : line->length;
  *at = stop ? stop + 1 : end;
  return true;
}

static bool is_named(const struct line *line, const char *name) {
  return line->name_length == strlen(name) && memcmp(line->text, name, line->name_length) == 0;
}

static void append_value(const struct line *line, copse_text *out) {
  size_t length = line->length - line->name_length;
  enum { MOST = 60 };
  if (length <= 1) {
    copse_text_appendf(out, "not given");
    return;
  }
  copse_text_append(out, line->text + line->name_length + 1, length - 1 < MOST ? length - 1 : MOST);
  if (length - 1 > MOST) copse_text_appendf(out, "...");
}

static void append_change(const struct line *was, const struct line *is, copse_text *out) {
  if (out->length > 0) copse_text_appendf(out, ", ");
  for (size_t i = 0; i < N_FACTS; i++) {
    if (!is_named(is, facts[i].name)) continue;
    copse_text_appendf(out, "%s", facts[i].changed);
    return;
  }
  copse_text_append(out, is->text, is->name_length);
  copse_text_appendf(out, " was ");
  append_value(was, out);
  copse_text_appendf(out, " and is ");
  append_value(is, out);
}

void data_key_differences(const char *before, size_t length, const copse_text *now, copse_text *out) {
  const char *was_at = before, *is_at = now->data;
  struct line was, is;
  while (next_line(&was_at, before + length, &was) && next_line(&is_at, now->data + now->length, &is)) {
    if (was.name_length != is.name_length || memcmp(was.text, is.text, is.name_length) != 0) break;
    if (was.length != is.length || memcmp(was.text, is.text, is.length) != 0) append_change(&was, &is, out);
  }
  if (out->length == 0) copse_text_appendf(out, "other data or other parameters"); /* facts of another kind */
}
