/* data_cache.h - save_binary: the binned data of FILE in FILE.bin, used again while nothing has changed that
 * it depends on. */
#ifndef COPSE_CLI_DATA_CACHE_H
#define COPSE_CLI_DATA_CACHE_H

#include "cli.h"
#include "output.h"

/* What the rest of the program wants to know of the files of one data set, read or cached. */
struct data_facts {
  uint64_t n_rows, n_unseen;
  uint32_t n_features, n_categorical;
  char *doubt;                /* lines for warnings, or NULL */
  copse_frame_schema *schema; /* own copy */
};
void data_facts_free(struct data_facts *facts);

struct data_cache {
  const struct app *app;
  bool usable; /* false: nothing is read or written */
  char path[OUTPUT_PATH_CAPACITY];
  copse_text key; /* of the files and of what they are read with */
};

/* FILE.bin into out [OUTPUT_PATH_CAPACITY]; false: the name would be too long. */
bool data_cache_path(const char *file, char *out);

/* The cache of some files, to be released. training: the cache of the training files where these are
 * validation files, else NULL. Says why where there is none. */
void data_cache_plan(struct data_cache *cache, const struct app *app, char *const *paths, size_t n_paths,
                     const copse_read_options *options, const struct data_cache *training);
void data_cache_release(struct data_cache *cache);
/* Data set and facts, when the file holds what the key says. False: they are to be made; a file that is
 * damaged or does not fit, and why, is told in one line. schema: of the training data set, or NULL. */
bool data_cache_load(struct data_cache *cache, copse_schema *schema, struct data_facts *facts,
                     copse_dataset **dataset);
/* A failure is a warning. */
void data_cache_store(const struct data_cache *cache, const struct data_facts *facts,
                      const copse_dataset *dataset);

#endif
