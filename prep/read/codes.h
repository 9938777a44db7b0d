/* codes.h - categories that are whole numbers: a number column of the file as the engine's codes. */
#ifndef COPSE_READ_CODES_H
#define COPSE_READ_CODES_H

#include "read/schema.h"

struct codes_column {
  copse_context *ctx;
  uint64_t n_rows;
  const double *numbers;        /* [n_rows] NaN = missing */
  const struct code_set *known; /* codes of training, or NULL (TRAIN) */
  int32_t *out;                 /* [n_rows] truncated toward zero; negative and missing: -1 */
  /* results */
  struct code_set set; /* TRAIN: the codes that occur; the caller's */
  uint64_t bad_row;    /* first row whose code does not fit (or is not known); UINT64_MAX */
  uint64_t n_unseen;
  bool failed; /* out of memory */
};

void codes_convert(struct codes_column *column);

#endif
