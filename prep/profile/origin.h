/* origin.h - where a profile comes from: what its files were, and what the caller told of the run. */
#ifndef COPSE_PROFILE_ORIGIN_H
#define COPSE_PROFILE_ORIGIN_H

#include "copse_prep.h"
#include "read/source.h"

struct row_source;

/* Of the files as they lie on the disk. */
struct origin {
  bool sized, hashed; /* not so of what can be read once only, standard input for one */
  uint64_t bytes, hash[2];
  bool table, marked;        /* the first one: a table of a database; it begins with a byte-order mark */
  char separator;            /* of the first one's cells */
  enum encoding encoding;    /* of the first one */
  struct encoding_note note; /* of the first file of which there is one */
  uint32_t n_notes;          /* files with one */
};
/* After the run of `source`, which outlives *out. Reads the files once more, from the start to the end. Fails
 * when memory lacks or when it is interrupted. */
copse_status origin_find(copse_context *ctx, const char *const *paths, size_t n_paths,
                         const struct row_source *source, int n_threads, struct origin *out,
                         copse_error *err);

/* Times are NaN where no clock was given. */
struct run_facts {
  const char *started; /* "" where it was not told */
  const char *command; /* [n_command] words, NUL-terminated one behind the other */
  size_t n_command;
  int n_threads;
  double read_s, stats_s, pairs_s;
  double (*clock)(void);
};
/* The command line, as a shell would take it. */
void run_append_command(const struct run_facts *run, copse_text *out);
/* Seconds of the run's clock. */
double run_seconds(const struct run_facts *run);

#endif
