/* frame.h - a frame under construction, and what the formats share while they fill it. */
#ifndef COPSE_READ_FRAME_H
#define COPSE_READ_FRAME_H

#include "copse_prep.h"
#include "read/missing.h"
#include "read/packed.h"
#include "read/report.h"
#include "read/schema.h"
#include "read/source.h"

/* The public frame first, then what it owns. */
struct frame_storage {
  copse_frame frame;
  copse_context *ctx;
  void **owned;
  size_t n_owned, capacity;
  struct packed_column *packed; /* [n_features] compact tables: numbers; of other features empty */
  int32_t **codes;              /* [n_features] categories, else NULL; each a block of its own */
  copse_column_source source;
};
/* Hands a block to the frame; returns it, or NULL (and frees it) when that needs memory that is not there. */
void *frame_keep(struct frame_storage *storage, void *block);
void *frame_alloc(struct frame_storage *storage, size_t count, size_t size);
/* Gives the table that reads from packed and codes. */
void frame_set_compact(struct frame_storage *storage);

/* One reading of one file. */
struct read_job {
  copse_context *ctx;
  const copse_read_options *options;
  const copse_frame_schema *applied; /* options->schema */
  struct source source;
  struct missing_tokens missing;
  struct frame_storage *storage;
  copse_frame *frame;
  struct problem problem;
  bool rows_only;           /* cells as texts: no column has a role */
  const char *known_column; /* a first row with this text is a header; NULL: none is known */
};

/* A label, weight or group column as it was parsed: numbers, or codes into levels where it holds text. */
struct read_field {
  uint32_t column;  /* raw index */
  const char *name; /* "" without header */
  double *numbers;  /* [n_rows], NaN = missing; NULL when codes are set */
  int32_t *codes;   /* [n_rows], -1 = missing or unknown */
  const struct dictionary *levels;
  uint64_t bad_row; /* first row whose cell is text among numbers, or unknown among codes; UINT64_MAX */
};

/* What LightGBM makes of a label or weight that is no number (copse_read_options.repair). */
double repaired_number(double value);

/* As copse_read_numbers; nan: a cell may say nan. */
copse_status numbers_read(copse_context *ctx, const char *path, bool nan, double **out, uint64_t *n_rows,
                          uint32_t *n_cols, copse_error *err);

struct read_cell {
  const char *text;
  size_t length;
  struct source_place place;
};
/* Finds a cell for a message; false when there is no such cell. */
typedef bool (*read_locate_fn)(void *state, uint64_t row, uint32_t column, struct read_cell *out);
struct read_locator {
  read_locate_fn find;
  void *state;
};

/* Offers `file:line:column: column "name": <sentence>` for a cell to job->problem. The sentence may hold one
 * %s, which becomes the cell's text. */
void job_problem(struct read_job *job, const struct read_locator *locator, uint64_t row, uint32_t column,
                 const char *name, const char *sentence);
/* The error in job->problem, if there is one; interruption if the context was cancelled. */
copse_status job_check(const struct read_job *job, copse_error *err);

/* Which of a row's labels. They are set in turn, the first one first. */
struct label_place {
  uint32_t index, n;
};

/* Label, weight and groups of the frame from parsed columns. Bad cells go to job->problem; the status tells
 * memory and conflicts. TRAIN: *form describes the label; otherwise it comes from the schema. */
copse_status fields_set_label(struct read_job *job, const struct read_field *field, struct label_place place,
                              const struct read_locator *locator, struct label_form *form, copse_error *err);
copse_status fields_set_weight(struct read_job *job, const struct read_field *field,
                               const struct read_locator *locator, copse_error *err);
copse_status fields_set_group(struct read_job *job, const struct read_field *field,
                              const struct read_locator *locator, copse_error *err);

/* FILE.weight, FILE.query, FILE.position, FILE.init; after the fields of the file itself. */
copse_status sides_read(struct read_job *job, copse_error *err);

/* One row of the table of formats. */
struct read_format {
  copse_read_format format;
  bool (*detect)(const struct read_job *job);
  copse_status (*read)(struct read_job *job, copse_error *err);
};
bool libsvm_detect(const struct read_job *job);
copse_status libsvm_read(struct read_job *job, copse_error *err);
bool csv_detect(const struct read_job *job);
copse_status csv_read(struct read_job *job, copse_error *err);

#endif
