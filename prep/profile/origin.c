/* origin.c - see origin.h. */
#include "profile/origin.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "store/store.h"
#include "table/row_source.h"

static bool size_of(const char *path, uint64_t *out) {
  struct stat info;
  char database[STORE_PATH_CAPACITY];
  const char *table;
  if (store_split(path, database, &table)) path = database;
  if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return false;
  *out += (uint64_t)info.st_size;
  return true;
}

copse_status origin_find(copse_context *ctx, const char *const *paths, size_t n_paths,
                         const struct row_source *source, int n_threads, struct origin *out,
                         copse_error *err) {
  copse_read_options options = copse_read_options_default();
  *out = (struct origin){.sized = true,
                         .table = row_source_is_table(source),
                         .marked = row_source_is_marked(source),
                         .separator = row_source_separator(source)};
  out->encoding = row_source_encoding(source);
  for (size_t i = 0; i < row_source_n_files(source); i++) {
    struct encoding_note note;
    if (!row_source_encoding_note(source, i, &note)) continue;
    if (out->n_notes++ == 0) out->note = note;
  }
  options.n_threads = n_threads;
  options.side_files = false;
  for (size_t i = 0; i < n_paths; i++) out->sized = out->sized && size_of(paths[i], &out->bytes);
  if (!out->sized) return COPSE_OK;
  copse_status status = copse_files_hash(ctx, paths, n_paths, &options, out->hash, err);
  out->hashed = status == COPSE_OK;
  return status == COPSE_ERR_MEMORY || status == COPSE_ERR_INTERRUPTED ? status : COPSE_OK;
}

/* In quotes where a shell would see more than a word. */
static void append_word(copse_text *out, const char *word) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%#";
  size_t length = strlen(word);
  if (length > 0 && strspn(word, plain) == length) {
    copse_text_append(out, word, length);
    return;
  }
  copse_text_append(out, "'", 1);
  for (; *word != '\0'; word++) {
    if (*word == '\'')
      copse_text_append(out, "'\\''", 4);
    else
      copse_text_append(out, word, 1);
  }
  copse_text_append(out, "'", 1);
}

void run_append_command(const struct run_facts *run, copse_text *out) {
  const char *word = run->command;
  copse_text_append(out, "copse", 5);
  for (size_t i = 0; i < run->n_command; i++, word += strlen(word) + 1) {
    copse_text_append(out, " ", 1);
    append_word(out, word);
  }
  copse_text_append(out, "", 1);
}

double run_seconds(const struct run_facts *run) { return run->clock != NULL ? run->clock() : (double)NAN; }
