/* packed.h - columns of numbers in as few bytes as give every double back, bit for bit.
 *
 * A file's numbers are mostly decimals of a few digits. m / 10^e with |m| < 2^31 and e <= 22 is one division
 * of exact doubles, which rounds once: the very double that the text m * 10^-e is read as (Clinger 1990). So
 * a run of rows is kept as integers of 1, 2 or 4 bytes under a common exponent; where that cannot be, as
 * float32 if that is exact, else as doubles. */
#ifndef COPSE_READ_PACKED_H
#define COPSE_READ_PACKED_H

#include "copse.h"

enum packed_kind { PACKED_I8, PACKED_I16, PACKED_I32, PACKED_F32, PACKED_F64 };
enum { PACKED_MAX_EXPONENT = 22 };

/* Consecutive rows in one encoding. Integers: the smallest of the type is NaN (or COPSE_CODE_ABSENT), the
 * next one -0.0. */
struct packed_run {
  enum packed_kind kind;
  unsigned exponent; /* integers: value = integer / 10^exponent */
  const void *data;
  size_t n_rows;
};

/* ---- rows as they are parsed ---- */

/* A run under construction in the caller's memory: integers under the exponent, until a value does not fit;
 * doubles from then on. Rows are written in order. */
struct packed_builder {
  void *slots; /* [rows] of 8 bytes: int32_t while narrow, double when wide */
  unsigned exponent;
  bool wide;
};

extern const double packed_powers[PACKED_MAX_EXPONENT + 1];

void packed_put_decimal_slow(struct packed_builder *builder, size_t row, int64_t m, unsigned exponent);
/* Any double. */
void packed_put(struct packed_builder *builder, size_t row, double value);

/* m / 10^exponent; |m| <= 2^53, exponent <= 22, no -0. */
static inline void packed_put_decimal(struct packed_builder *builder, size_t row, int64_t m,
                                      unsigned exponent) {
  if (!builder->wide && exponent == builder->exponent && m >= -INT32_MAX + 1 && m <= INT32_MAX)
    ((int32_t *)builder->slots)[row] = (int32_t)m;
  else
    packed_put_decimal_slow(builder, row, m, exponent);
}

static inline void packed_put_missing(struct packed_builder *builder, size_t row) {
  if (builder->wide)
    packed_put(builder, row, (double)__builtin_nanf(""));
  else
    ((int32_t *)builder->slots)[row] = INT32_MIN;
}

/* A code: exponent 0 and nothing but codes in the run; COPSE_CODE_ABSENT is allowed. */
static inline void packed_put_code(struct packed_builder *builder, size_t row, int32_t code) {
  ((int32_t *)builder->slots)[row] = code;
}

/* The run of n rows, narrowed in place. */
struct packed_run packed_finish(struct packed_builder *builder, size_t n);

/* ---- whole columns ---- */

struct packed_piece {
  uint64_t first_row;
  struct packed_run run;
};
struct packed_extent;

/* Zero-initialise with ctx set. */
struct packed_column {
  copse_context *ctx;
  struct packed_piece *pieces;
  size_t n_pieces, capacity;
  struct packed_extent *last;
  uint64_t n_rows;
  unsigned exponent; /* of the last run of integers: a good guess for the next */
};

/* Copies a run behind the rows that are there. False: out of memory. */
bool packed_append(struct packed_column *column, const struct packed_run *run);
/* Rows [first_row, first_row + n) as doubles, or as codes. */
void packed_read(const struct packed_column *column, uint64_t first_row, size_t n, double *out);
void packed_read_codes(const struct packed_column *column, uint64_t first_row, size_t n, int32_t *out);
void packed_release(struct packed_column *column);

#endif
