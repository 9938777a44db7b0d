/* scan.h - the one pass over the rows: blocks are typed in parallel, then every column takes its cells of the
 * batch, in order, the columns in parallel. */
#ifndef COPSE_PROFILE_SCAN_H
#define COPSE_PROFILE_SCAN_H

#include "copse_prep.h"
#include "profile/column.h"
#include "profile/rows.h"
#include "profile/samples.h"

enum { SCAN_SAMPLE = 1 << 16, SCAN_SPARSE_FEATURES = 2000, SCAN_NO_COLUMN = UINT32_MAX };

/* How large the tables may become; each halved as often as the memory asks for. */
struct scan_limits {
  uint32_t entries;    /* of a column's values */
  size_t sample_rows;  /* of the sample */
  uint64_t row_groups; /* of each set of rows */
  unsigned halvings;
};

struct scan {
  copse_context *ctx;
  struct row_source *source;
  int n_threads;
  uint32_t n_columns, target; /* target: SCAN_NO_COLUMN without one */
  struct scan_limits limits;
  struct missing_tokens missing;
  uint64_t n_rows, n_filled, n_plain; /* as in a block */
  struct column *columns;             /* [n_columns] */
  struct rows full, features;         /* features: with a target; without it the same as full would be */
  struct column order;                /* the rows' numbers as a column, with a target */
  /* the target, as it becomes known */
  struct tally_shape shape;
  uint32_t n_classes;
  uint64_t class_keys[TALLY_MAX_CLASSES], class_rows[TALLY_MAX_CLASSES];
  struct row_cell
      class_cells[TALLY_MAX_CLASSES];     /* copies, the first VALUES_TEXT_KEPT bytes in class_texts */
  double class_values[TALLY_MAX_CLASSES]; /* of classes that are numbers, else NaN */
  char class_texts[TALLY_MAX_CLASSES][VALUES_TEXT_KEPT];
  bool too_many_classes, texts_in_target;
  /* sampled rows: those whose hash's low bits are 0 */
  uint64_t *sample_rows; /* [n_sample] */
  size_t n_sample, sample_capacity, n_kept;
  unsigned sample_level;
  uint32_t *kept;             /* [n_kept] of the sample before the batch, that stay */
  uint64_t *fresh;            /* [n_sample - n_kept] block << 32 | row, of the batch */
  struct sample_rows samples; /* rows to be shown */
  /* the batch */
  struct typed_block **blocks;
  size_t n_blocks;
  uint64_t *column_seeds; /* [n_columns] */
  bool marks_trivial;     /* rows' hashes have ROWS_TRIVIAL */
  bool *unhashed;         /* [n_columns] columns that do not count into the rows' hashes */
};

struct scan_options {
  const char *const *paths; /* [n_paths] as row_source_open_files */
  size_t n_paths;
  copse_read_format format;
  struct row_source_options source;
  const char *target;          /* a column's name, or NULL */
  const char *ignored, *types; /* as ignore_column and column_types of copse_profile_options */
  char date_order;             /* as struct column's */
  uint64_t memory_bytes;       /* that the tables may take; 0: as much as is useful */
  bool compared;               /* rows of several files, or with another one's, will be compared */
  bool target_may_lack;        /* it is no error when there is no such column */
  uint32_t n_samples;          /* rows to be shown */
  const char *missing;         /* further missing values */
  const struct scan *like;     /* rows are equal if they are in this one's columns; NULL: in all */
  int n_threads;
};
copse_status scan_run(copse_context *ctx, const struct scan_options *options, struct scan *out,
                      copse_error *err);
/* Rows that are in memory already, at most so many: as evenly spaced pieces of the frame. The label is the
 * last column. Sparse rows of more than SCAN_SPARSE_FEATURES features are not looked at: *any says so. */
copse_status scan_frame(copse_context *ctx, const copse_frame *frame, uint64_t most_rows, int n_threads,
                        struct scan *out, bool *any, copse_error *err);
void scan_release(struct scan *scan);
/* Column of a name, or SCAN_NO_COLUMN. */
uint32_t scan_find(const struct scan *scan, const char *name);

/* Key of the class that a text is. */
uint64_t text_class_key(const char *text);

/* ---- for scan.c and scan_frame.c ---- */

/* How large the tables may become, once n_columns and target are known; *need: the least that they take.
 * False: that is more than memory_bytes. */
bool scan_limit(struct scan *scan, uint64_t memory_bytes, uint64_t *need);
/* Room for everything, after scan_limit. */
bool scan_prepare(struct scan *scan, const char *(*name_of)(const void *user, uint32_t column),
                  const void *user);
bool scan_reserve_block(struct scan *scan, struct typed_block *block, size_t n_rows);
/* Takes in the blocks of a batch. False: out of memory. */
bool scan_settle(struct scan *scan, size_t n_blocks);

#endif
