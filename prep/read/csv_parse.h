/* csv_parse.h - from chunks of text to typed columns. */
#ifndef COPSE_READ_CSV_PARSE_H
#define COPSE_READ_CSV_PARSE_H

#include "read/csv.h"
#include "read/dictionary.h"
#include "read/missing.h"

enum csv_kind {
  CSV_SKIP,   /* cells may hold anything */
  CSV_NUMBER, /* numbers; a chunk stops reading the column at its first text */
  CSV_CODES,  /* numbers; text reads as missing and counts as unseen */
  CSV_LOOKUP, /* a sealed dictionary; unknown text reads as -1 and counts as unseen */
  CSV_TEXT    /* a dictionary to be built */
};

struct csv_column {
  enum csv_kind kind;
  bool clip;                      /* NUMBER, CODES: infinity becomes +-1e308 */
  double *numbers;                /* [n_rows] NUMBER, CODES */
  int32_t *codes;                 /* [n_rows] LOOKUP, TEXT */
  const struct dictionary *known; /* LOOKUP */
  struct dictionary levels;       /* TEXT: sealed when done */
  /* results */
  uint64_t bad_row; /* first text (NUMBER) or unseen cell (CODES, LOOKUP); UINT64_MAX when none */
  uint64_t n_unseen;
};

/* NUMBER, CODES and LOOKUP columns in one pass; TEXT and SKIP ones are passed over. A record with the wrong
 * number of cells or a broken quote is an error: the first in the file. */
copse_status csv_parse(copse_context *ctx, const struct csv_table *table,
                       const struct missing_tokens *missing, struct csv_column *columns, uint32_t n_columns,
                       int n_threads, copse_error *err);

/* Builds the dictionaries of the TEXT columns, sorted bytewise, and fills their codes (-1 = missing). Only
 * after csv_parse has found every record whole. */
copse_status csv_parse_texts(copse_context *ctx, const struct csv_table *table,
                             const struct missing_tokens *missing, struct csv_column *columns,
                             uint32_t n_columns, int n_threads, copse_error *err);

#endif
