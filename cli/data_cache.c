/* data_cache.c - FILE.bin: a head with the key and the facts, then the data set as the engine writes it.
 *
 * The key is a fingerprint of the bytes of the data files and their side files, and of every parameter that
 * bins or roles depend on. Everything in the file is compared with a fingerprint before it is used, and the
 * file is read, not mapped: one that is cut off meanwhile is an error then, not a signal. */
#define _GNU_SOURCE
#include "data_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
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

static const char magic[8] = "COPSEFB";

struct cache_head {
  char magic[8];
  uint64_t key[2];
  uint64_t n_unseen, doubt_bytes, schema_bytes, dataset_bytes;
  uint32_t n_categorical, padding;
  uint64_t hash[2]; /* of all above, then of doubt and schema */
};

void data_facts_free(struct data_facts *facts) {
  copse_free(facts->doubt);
  copse_frame_schema_free(facts->schema);
  *facts = (struct data_facts){0};
}

/* ---- the key ---- */

static copse_status add_file_text(const struct app *app, const char *path, copse_text *text,
                                  copse_error *err) {
  copse_text content = {.ctx = app->ctx};
  if (!path[0]) return COPSE_OK;
  copse_status status = input_read(app->ctx, path, &content, err);
  if (status == COPSE_OK) copse_text_append(text, content.data, content.length);
  copse_text_release(&content);
  return status;
}

static copse_status make_key(struct data_cache *cache, char *const *paths, size_t n_paths,
                             const copse_read_options *options, const struct data_cache *training,
                             copse_error *err) {
  const struct app *app = cache->app;
  uint64_t files[2];
  copse_text text = {.ctx = app->ctx};
  copse_status status = copse_files_hash(app->ctx, (const char *const *)paths, n_paths, options, files, err);
  if (status != COPSE_OK) return status;
  copse_text_appendf(&text, "%s %016" PRIx64 "%016" PRIx64 "\n", copse_version(), files[0], files[1]);
  if (training)
    copse_text_appendf(&text, "valid %016" PRIx64 "%016" PRIx64 "\n", training->key[0], training->key[1]);
  copse_text_appendf(&text, "label %d of %" PRIu32 "\n", (int)options->label_kind, options->n_classes);
  for (size_t i = 0; i < sizeof key_params / sizeof key_params[0]; i++)
    copse_text_appendf(&text, "%s=%s\n", key_params[i],
                       copse_params_given(app->params, key_params[i]) ? setting(app, key_params[i]) : "");
  status = add_file_text(app, setting(app, "forcedbins_filename"), &text, err);
  if (status == COPSE_OK && text.failed) status = fail_memory(err, "the key of the binned data");
  if (status == COPSE_OK) copse_hash(text.data, text.length, 0, cache->key);
  copse_text_release(&text);
  return status;
}

bool data_cache_path(const char *file, char *out) {
  return snprintf(out, OUTPUT_PATH_CAPACITY, "%s.bin", file) < OUTPUT_PATH_CAPACITY;
}

void data_cache_plan(struct data_cache *cache, const struct app *app, char *const *paths, size_t n_paths,
                     const copse_read_options *options, const struct data_cache *training) {
  copse_error err;
  *cache = (struct data_cache){.app = app};
  if (!copse_params_get_bool(app->params, "save_binary")) return;
  if (setting(app, "input_model")[0]) {
    if (!training)
      console_warning("save_binary: training that goes on from a model reads the data files themselves");
    return;
  }
  if (training && !training->usable) return;
  if (!data_cache_path(paths[0], cache->path)) return;
  copse_status status = make_key(cache, paths, n_paths, options, training, &err);
  cache->usable = status == COPSE_OK;
  /* A file that cannot be read is told by who reads it next. */
  if (status == COPSE_ERR_UNSUPPORTED) console_warning("save_binary: %s: nothing is saved", err.message);
}

/* ---- reading ---- */

struct input {
  int fd;
  const char *path;
  uint64_t base; /* offset of the data set */
};

static copse_status read_at(int fd, const char *path, uint64_t offset, void *out, size_t length,
                            copse_error *err) {
  size_t done = 0;
  while (done < length) {
    ssize_t got = pread(fd, (char *)out + done, length - done, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(err, COPSE_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    if (got == 0) return fail(err, COPSE_ERR_FORMAT, "%s: it is cut off", path);
    done += (size_t)got;
  }
  return COPSE_OK;
}

static copse_status read_part(void *user, uint64_t offset, void *out, size_t length, copse_error *err) {
  const struct input *input = user;
  return read_at(input->fd, input->path, input->base + offset, out, length, err);
}

static void hash_head(const struct cache_head *head, const char *texts, uint64_t out[2]) {
  uint64_t part[2];
  copse_hash(head, offsetof(struct cache_head, hash), 0, part);
  copse_hash(texts, (size_t)(head->doubt_bytes + head->schema_bytes), part[0], out);
}

/* The texts behind the head, in a block of their own. */
static copse_status read_texts(const struct input *input, const struct cache_head *head, uint64_t size,
                               copse_context *ctx, char **out, copse_error *err) {
  uint64_t room = size - sizeof *head, hash[2];
  *out = NULL;
  if (head->doubt_bytes > room || head->schema_bytes > room - head->doubt_bytes ||
      head->dataset_bytes != room - head->doubt_bytes - head->schema_bytes)
    return fail(err, COPSE_ERR_FORMAT, "%s: it is cut off, or its head is damaged", input->path);
  size_t length = (size_t)(head->doubt_bytes + head->schema_bytes);
  char *texts = copse_alloc(ctx, length + 1, 1);
  if (!texts) return fail_memory(err, "the binned data");
  copse_status status = read_at(input->fd, input->path, sizeof *head, texts, length, err);
  if (status == COPSE_OK) {
    hash_head(head, texts, hash);
    if (memcmp(hash, head->hash, sizeof hash) != 0)
      status = fail(err, COPSE_ERR_FORMAT, "%s: its head is not what was written", input->path);
  }
  if (status == COPSE_OK)
    *out = texts;
  else
    copse_free(texts);
  return status;
}

static copse_status take_facts(const struct data_cache *cache, const struct cache_head *head,
                               const char *texts, const copse_dataset *dataset, struct data_facts *facts,
                               copse_error *err) {
  copse_context *ctx = cache->app->ctx;
  *facts = (struct data_facts){.n_rows = copse_dataset_n_rows(dataset),
                               .n_unseen = head->n_unseen,
                               .n_features = copse_schema_n_features(copse_dataset_schema(dataset)),
                               .n_categorical = head->n_categorical};
  if (head->doubt_bytes > 0) {
    facts->doubt = copse_alloc_zero(ctx, (size_t)head->doubt_bytes + 1, 1);
    if (!facts->doubt) return fail_memory(err, "the binned data");
    memcpy(facts->doubt, texts, (size_t)head->doubt_bytes);
  }
  copse_status status = copse_frame_schema_parse(ctx, texts + head->doubt_bytes, (size_t)head->schema_bytes,
                                                 cache->path, &facts->schema, err);
  if (status != COPSE_OK) data_facts_free(facts);
  return status;
}

static copse_status load_open(struct data_cache *cache, const struct input *opened, copse_schema *schema,
                              struct data_facts *facts, copse_dataset **dataset, copse_error *err) {
  struct input input = *opened;
  struct cache_head head;
  struct stat info;
  char *texts = NULL;
  copse_context *ctx = cache->app->ctx;
  bool known = fstat(input.fd, &info) == 0 && S_ISREG(info.st_mode);
  if (known && info.st_size == 0) return fail(err, COPSE_ERR_FORMAT, "%s: it is empty", input.path);
  if (!known || info.st_size < (off_t)sizeof magic ||
      read_at(input.fd, input.path, 0, head.magic, sizeof magic, err) != COPSE_OK ||
      memcmp(head.magic, magic, sizeof magic) != 0) {
    cache->usable = false; /* somebody else's file */
    return fail(err, COPSE_ERR_ARGUMENT, "%s: was not written by save_binary of Copse: it stays as it is",
                input.path);
  }
  if (info.st_size < (off_t)sizeof head) return fail(err, COPSE_ERR_FORMAT, "%s: it is cut off", input.path);
  copse_status status = read_at(input.fd, input.path, 0, &head, sizeof head, err);
  if (status == COPSE_OK) status = read_texts(&input, &head, (uint64_t)info.st_size, ctx, &texts, err);
  if (status == COPSE_OK && memcmp(head.key, cache->key, sizeof head.key) != 0)
    status = fail(err, COPSE_ERR_DATA, "%s: other data or other parameters", input.path);
  if (status == COPSE_OK) {
    input.base = sizeof head + head.doubt_bytes + head.schema_bytes;
    status = copse_dataset_read(ctx, input.path, read_part, &input, head.dataset_bytes,
                                (int)copse_params_get_int(cache->app->params, "num_threads"), schema, dataset,
                                err);
  }
  if (status == COPSE_OK) status = take_facts(cache, &head, texts, *dataset, facts, err);
  if (status != COPSE_OK) {
    copse_dataset_free(*dataset);
    *dataset = NULL;
  }
  copse_free(texts);
  return status;
}

bool data_cache_load(struct data_cache *cache, copse_schema *schema, struct data_facts *facts,
                     copse_dataset **dataset) {
  copse_error err;
  *dataset = NULL;
  if (!cache->usable) return false;
  /* a pipe of that name would wait for a writer */
  struct input input = {.fd = open(cache->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .path = cache->path};
  if (input.fd < 0) return false; /* the first time */
  copse_status status = load_open(cache, &input, schema, facts, dataset, &err);
  close(input.fd);
  if (status == COPSE_OK) {
    console_line("binned_data: %s", cache->path);
    return true;
  }
  console_warning("save_binary: %s%s", err.message, cache->usable ? ": the binned data are made again" : "");
  return false;
}

/* ---- writing ---- */

static copse_status write_part(void *user, const void *bytes, size_t length, copse_error *err) {
  return output_write(user, bytes, length, err);
}

static copse_status count_part(void *user, const void *bytes, size_t length, copse_error *err) {
  (void)bytes;
  (void)err;
  *(uint64_t *)user += length;
  return COPSE_OK;
}

static copse_status store(const struct data_cache *cache, const struct data_facts *facts,
                          const copse_dataset *dataset, struct output *out, copse_error *err) {
  copse_text texts = {.ctx = cache->app->ctx};
  struct cache_head head = {.n_unseen = facts->n_unseen, .n_categorical = facts->n_categorical};
  memcpy(head.magic, magic, sizeof magic);
  memcpy(head.key, cache->key, sizeof head.key);
  if (facts->doubt) copse_text_append(&texts, facts->doubt, strlen(facts->doubt));
  head.doubt_bytes = texts.length;
  copse_status status = copse_frame_schema_write(facts->schema, &texts, err);
  if (status == COPSE_OK && texts.failed) status = fail_memory(err, "the binned data");
  head.schema_bytes = texts.length - head.doubt_bytes;
  if (status == COPSE_OK) status = copse_dataset_write(dataset, count_part, &head.dataset_bytes, err);
  if (status == COPSE_OK) {
    hash_head(&head, texts.data, head.hash);
    status = output_open(cache->path, out, err);
  }
  if (status == COPSE_OK) status = output_write(out, (const char *)&head, sizeof head, err);
  if (status == COPSE_OK) status = output_write(out, texts.data, texts.length, err);
  if (status == COPSE_OK) status = copse_dataset_write(dataset, write_part, out, err);
  if (status == COPSE_OK) status = output_commit(out, err);
  copse_text_release(&texts);
  return status;
}

void data_cache_store(const struct data_cache *cache, const struct data_facts *facts,
                      const copse_dataset *dataset) {
  copse_error err;
  struct output out = {.fd = -1};
  if (!cache->usable) return;
  copse_status status = store(cache, facts, dataset, &out, &err);
  output_discard(&out);
  if (status != COPSE_OK)
    console_warning("save_binary: %s: nothing is saved", err.message);
  else
    console_line("binned_data_saved: %s", cache->path);
}
