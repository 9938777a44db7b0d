/* gaps.h - which columns are missing together: the commonest patterns of missing cells, on the sampled rows.
 */
#ifndef COPSE_PROFILE_GAPS_H
#define COPSE_PROFILE_GAPS_H

#include "profile/facts.h"

enum { GAPS_LIST = 12 };

struct gap {
  uint64_t n_rows;   /* of the sample */
  uint32_t *columns; /* [n_columns] that are missing in them, ascending */
  uint32_t n_columns;
};

struct gaps {
  copse_context *ctx;
  size_t n_rows;              /* looked at */
  bool any_together;          /* one of the patterns has several columns */
  struct gap list[GAPS_LIST]; /* [n] commonest first; without those that miss nothing */
  uint32_t n;
  uint64_t n_complete, n_other; /* rows that miss nothing; of all other patterns */
};

/* Columns with their samples, whose facts are known. False: out of memory. */
bool gaps_find(copse_context *ctx, const struct column *columns, const struct column_facts *facts,
               uint32_t n_columns, struct gaps *out);
/* Rows of the whole file, [n_rows], that miss nothing. n_filled of them have no blank cell, n_plain no token
 * either: what tokens are, a column's type says, and where some are missing values and others texts the
 * sample has to tell. after gaps_find; *exact: it did not. */
uint64_t gaps_complete(const struct gaps *gaps, const struct column *columns,
                       const struct column_facts *facts, uint32_t n_columns, uint64_t n_rows,
                       uint64_t n_filled, uint64_t n_plain, bool *exact);
void gaps_release(struct gaps *gaps);

#endif
