/* csv_parse.h - from the records of a stream to typed columns. */
#ifndef COPSE_READ_CSV_PARSE_H
#define COPSE_READ_CSV_PARSE_H

#include "read/arena.h"
#include "read/csv_stream.h"
#include "read/dictionary.h"
#include "read/missing.h"
#include "read/packed.h"

enum csv_kind {
  CSV_SKIP,   /* cells may hold anything */
  CSV_NUMBER, /* numbers; what follows the first text of a column is of no account */
  CSV_CODES,  /* numbers; text reads as missing and counts as unseen */
  CSV_LOOKUP, /* a sealed dictionary; unknown text reads as COPSE_CODE_UNSEEN, and counts */
  CSV_TEXT    /* a dictionary to be built */
};

/* Zero-initialise with packed.ctx, levels.ctx and texts.ctx set. */
struct csv_column {
  enum csv_kind kind;
  bool clip;                      /* NUMBER, CODES: infinity becomes +-1e308 */
  bool may_be_text;               /* NUMBER: becomes TEXT when text is found in the first batch */
  const struct dictionary *known; /* LOOKUP */
  /* results */
  struct packed_column
      packed;               /* numbers; LOOKUP: codes; TEXT: codes in order of arrival until it is sealed */
  struct dictionary levels; /* TEXT */
  struct arena texts;       /* TEXT: behind levels until it is sealed */
  uint64_t bad_row;         /* first text (NUMBER, TEXT) or unseen cell (CODES, LOOKUP); UINT64_MAX */
  uint64_t n_unseen;
};

/* Every record of the stream, from its start, in one pass. SKIP columns are passed over, and like those of
 * TEXT columns their bad_row and n_unseen stay. A record with the
 * wrong number of cells or a broken quote is an error: the first in the file. */
copse_status csv_parse(struct csv_stream *stream, const struct missing_tokens *missing,
                       struct csv_column *columns, int n_threads, copse_error *err);

/* Sorts the levels of a TEXT column bytewise and writes its codes to out [n_rows] (-1 = missing); packed is
 * released. False: out of memory. */
bool csv_seal_texts(struct csv_column *column, int32_t *out);

/* ---- the dictionary of a chunk, for csv_parse alone ---- */

/* Local code of a cell, -1 when missing; false: out of memory. */
bool csv_texts_add(const struct missing_tokens *missing, struct arena *arena, struct dictionary *local,
                   const struct csv_cell *cell, int32_t *code);
/* Takes a chunk's levels over into the column's and translates its codes in place. False: out of memory. */
bool csv_texts_unite(struct csv_column *column, const struct dictionary *local, int32_t *codes, size_t n);

#endif
