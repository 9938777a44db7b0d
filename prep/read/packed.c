/* packed.c - see packed.h. Pieces that lie side by side in one encoding grow together, so that a column of
 * one kind of numbers is a handful of pieces whatever the size of the runs it came in. */
#include "read/packed.h"

#include <assert.h>
#include <math.h>
#include <string.h>

const double packed_powers[PACKED_MAX_EXPONENT + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum { NOT_A_NUMBER = INT32_MIN, MINUS_ZERO = INT32_MIN + 1, LEAST = INT32_MIN + 2 };
enum { FIRST_EXTENT = 256, LARGEST_EXTENT = 1 << 20, SHORT_RUN = 512 };

static double value_of(int32_t m, double power) {
  return m == NOT_A_NUMBER ? (double)NAN : m == MINUS_ZERO ? -0.0 : (double)m / power;
}

/* ---- rows as they are parsed ---- */

/* The rows so far become doubles, from the last one on: each double covers integers already read. */
static void widen(struct packed_builder *builder, size_t n) {
  char *slots = builder->slots;
  double power = packed_powers[builder->exponent];
  for (size_t i = n; i-- > 0;) {
    int32_t m;
    memcpy(&m, slots + i * sizeof m, sizeof m);
    double value = value_of(m, power);
    memcpy(slots + i * sizeof value, &value, sizeof value);
  }
  builder->wide = true;
}

static bool fits(int64_t m) { return m >= LEAST && m <= INT32_MAX; }

/* Brings the rows so far under a larger exponent, where all of them still fit. */
static bool raise_exponent(struct packed_builder *builder, size_t n, unsigned exponent) {
  int32_t *slots = builder->slots;
  if (exponent - builder->exponent > 9) {
    for (size_t i = 0; i < n; i++)
      if (slots[i] >= LEAST && slots[i] != 0) return false;
    builder->exponent = exponent;
    return true;
  }
  int64_t factor = (int64_t)packed_powers[exponent - builder->exponent];
  for (size_t i = 0; i < n; i++)
    if (slots[i] >= LEAST && !fits(slots[i] * factor)) return false;
  for (size_t i = 0; i < n; i++)
    if (slots[i] >= LEAST) slots[i] = (int32_t)(slots[i] * factor);
  builder->exponent = exponent;
  return true;
}

void packed_put_decimal_slow(struct packed_builder *builder, size_t row, int64_t m, unsigned exponent) {
  if (!builder->wide) {
    int64_t scaled = m;
    bool fitting = fits(m);
    if (fitting && exponent < builder->exponent) {
      unsigned up = builder->exponent - exponent;
      fitting = m == 0 || up <= 9;
      if (m != 0 && fitting) fitting = fits(scaled = m * (int64_t)packed_powers[up]);
    } else if (fitting && exponent > builder->exponent) {
      fitting = raise_exponent(builder, row, exponent);
    }
    if (fitting) {
      ((int32_t *)builder->slots)[row] = (int32_t)scaled;
      return;
    }
    widen(builder, row);
  }
  ((double *)builder->slots)[row] = (double)m / packed_powers[exponent];
}

void packed_put(struct packed_builder *builder, size_t row, double value) {
  if (!builder->wide) {
    if (isnan(value)) {
      ((int32_t *)builder->slots)[row] = NOT_A_NUMBER;
      return;
    }
    if (value == 0 && signbit(value)) {
      ((int32_t *)builder->slots)[row] = MINUS_ZERO;
      return;
    }
    if (fabs(value) < INT32_MAX && value == trunc(value)) {
      packed_put_decimal_slow(builder, row, (int64_t)value, 0);
      return;
    }
    widen(builder, row);
  }
  ((double *)builder->slots)[row] = value;
}

/* int32 -> int16 or int8 in place, front to back. */
static struct packed_run narrow_integers(const struct packed_builder *builder, size_t n) {
  int32_t *slots = builder->slots, low = 0, high = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t m = slots[i] < LEAST ? 0 : slots[i];
    low = m < low ? m : low;
    high = m > high ? m : high;
  }
  struct packed_run run = {PACKED_I32, builder->exponent, slots, n};
  if (low >= INT8_MIN + 2 && high <= INT8_MAX) {
    int8_t *to = builder->slots;
    run.kind = PACKED_I8;
    for (size_t i = 0; i < n; i++) {
      int32_t m = slots[i];
      to[i] = (int8_t)(m < LEAST ? m - INT32_MIN + INT8_MIN : m);
    }
  } else if (low >= INT16_MIN + 2 && high <= INT16_MAX) {
    char *to = builder->slots;
    run.kind = PACKED_I16;
    for (size_t i = 0; i < n; i++) {
      int32_t m = slots[i];
      int16_t narrow = (int16_t)(m < LEAST ? m - INT32_MIN + INT16_MIN : m);
      memcpy(to + i * sizeof narrow, &narrow, sizeof narrow);
    }
  }
  return run;
}

struct packed_run packed_finish(struct packed_builder *builder, size_t n) {
  if (!builder->wide) return narrow_integers(builder, n);
  const double *values = builder->slots;
  char *to = builder->slots;
  for (size_t i = 0; i < n; i++)
    if (!(isnan(values[i]) || (fabs(values[i]) < 0x1p127 && (double)(float)values[i] == values[i])))
      return (struct packed_run){PACKED_F64, 0, values, n};
  for (size_t i = 0; i < n; i++) {
    float narrow = (float)values[i];
    memcpy(to + i * sizeof narrow, &narrow, sizeof narrow);
  }
  return (struct packed_run){PACKED_F32, 0, to, n};
}

/* ---- whole columns ---- */

struct packed_extent {
  struct packed_extent *before;
  size_t used, capacity;
  _Alignas(64) char bytes[];
};

static size_t cell_bytes(enum packed_kind kind) {
  static const size_t sizes[] = {1, 2, 4, 4, 8};
  return sizes[kind];
}

/* Room for `bytes` aligned ones; NULL: out of memory. *continues: right behind those before. */
static char *reserve(struct packed_column *column, size_t bytes, size_t alignment, bool *continues) {
  struct packed_extent *last = column->last;
  size_t at = last != NULL ? (last->used + alignment - 1) / alignment * alignment : 0;
  *continues = last != NULL && at == last->used && at + bytes <= last->capacity;
  if (last == NULL || at + bytes > last->capacity) {
    size_t capacity = last != NULL ? last->capacity * 2 : FIRST_EXTENT;
    if (capacity > LARGEST_EXTENT) capacity = LARGEST_EXTENT;
    if (capacity < bytes) capacity = bytes;
    struct packed_extent *fresh = copse_alloc(column->ctx, sizeof *fresh + capacity, 1);
    if (fresh == NULL) return NULL;
    *fresh = (struct packed_extent){last, 0, capacity};
    column->last = fresh;
    at = 0;
  }
  column->last->used = at + bytes;
  return column->last->bytes + at;
}

static int32_t integer_at(const struct packed_run *run, size_t i) {
  int32_t m = run->kind == PACKED_I8    ? ((const int8_t *)run->data)[i]
              : run->kind == PACKED_I16 ? ((const int16_t *)run->data)[i]
                                        : ((const int32_t *)run->data)[i];
  int32_t least = run->kind == PACKED_I8 ? INT8_MIN : run->kind == PACKED_I16 ? INT16_MIN : INT32_MIN;
  return m < least + 2 ? m - least + INT32_MIN : m;
}

static void copy_run(const struct packed_run *run, enum packed_kind kind, char *to) {
  if (kind == run->kind) {
    memcpy(to, run->data, run->n_rows * cell_bytes(kind));
    return;
  }
  for (size_t i = 0; i < run->n_rows; i++) {
    int32_t m = integer_at(run, i);
    int16_t narrow = (int16_t)(m < LEAST ? m - INT32_MIN + INT16_MIN : m);
    if (kind == PACKED_I32)
      memcpy(to + i * sizeof m, &m, sizeof m);
    else
      memcpy(to + i * sizeof narrow, &narrow, sizeof narrow);
  }
}

bool packed_append(struct packed_column *column, const struct packed_run *run) {
  struct packed_piece *before = column->n_pieces > 0 ? &column->pieces[column->n_pieces - 1] : NULL;
  enum packed_kind kind = run->kind;
  column->exponent = kind <= PACKED_I32 ? run->exponent : 0;
  bool same_scale = before != NULL && before->run.exponent == run->exponent;
  /* a short run is not worth a piece of its own */
  if (same_scale && run->n_rows < SHORT_RUN && before->run.kind <= PACKED_I32 && kind < before->run.kind)
    kind = before->run.kind;
  bool continues;
  char *to = reserve(column, run->n_rows * cell_bytes(kind), cell_bytes(kind), &continues);
  if (to == NULL) return false;
  copy_run(run, kind, to);
  if (continues && same_scale && before->run.kind == kind) {
    before->run.n_rows += run->n_rows;
  } else {
    if (column->n_pieces == column->capacity) {
      size_t capacity = column->capacity == 0 ? 4 : column->capacity * 2;
      struct packed_piece *pieces = copse_resize(column->ctx, column->pieces, capacity, sizeof *pieces);
      if (pieces == NULL) return false;
      column->pieces = pieces;
      column->capacity = capacity;
    }
    column->pieces[column->n_pieces++] =
        (struct packed_piece){column->n_rows, {kind, run->exponent, to, run->n_rows}};
  }
  column->n_rows += run->n_rows;
  return true;
}

/* The piece that holds a row. */
static const struct packed_piece *piece_of(const struct packed_column *column, uint64_t row) {
  size_t low = 0, high = column->n_pieces;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (column->pieces[middle].first_row <= row)
      low = middle;
    else
      high = middle;
  }
  return &column->pieces[low];
}

#define DECODE_INTEGERS(type, least)                     \
  do {                                                   \
    const type *from = (const type *)run->data + first;  \
    for (size_t i = 0; i < n; i++) {                     \
      double value = (double)from[i] / power;            \
      value = from[i] == (least) + 1 ? -0.0 : value;     \
      out[i] = from[i] == (least) ? (double)NAN : value; \
    }                                                    \
  } while (0)

static void decode(const struct packed_run *run, size_t first, size_t n, double *out) {
  const double power = packed_powers[run->exponent];
  switch (run->kind) {
    case PACKED_I8: DECODE_INTEGERS(int8_t, INT8_MIN); break;
    case PACKED_I16: DECODE_INTEGERS(int16_t, INT16_MIN); break;
    case PACKED_I32: DECODE_INTEGERS(int32_t, INT32_MIN); break;
    case PACKED_F32:
      for (size_t i = 0; i < n; i++) out[i] = (double)((const float *)run->data)[first + i];
      break;
    case PACKED_F64: memcpy(out, (const double *)run->data + first, n * sizeof *out); break;
  }
}

void packed_read(const struct packed_column *column, uint64_t first_row, size_t n, double *out) {
  assert(first_row + n <= column->n_rows);
  if (n == 0) return;
  for (const struct packed_piece *piece = piece_of(column, first_row); n > 0; piece++) {
    size_t first = (size_t)(first_row - piece->first_row), here = piece->run.n_rows - first;
    if (here > n) here = n;
    decode(&piece->run, first, here, out);
    out += here;
    n -= here;
    first_row += here;
  }
}

void packed_read_codes(const struct packed_column *column, uint64_t first_row, size_t n, int32_t *out) {
  assert(first_row + n <= column->n_rows);
  if (n == 0) return;
  for (const struct packed_piece *piece = piece_of(column, first_row); n > 0; piece++) {
    size_t first = (size_t)(first_row - piece->first_row), here = piece->run.n_rows - first;
    if (here > n) here = n;
    assert(piece->run.kind <= PACKED_I32 && piece->run.exponent == 0);
    for (size_t i = 0; i < here; i++) out[i] = integer_at(&piece->run, first + i);
    out += here;
    n -= here;
    first_row += here;
  }
}

void packed_release(struct packed_column *column) {
  while (column->last != NULL) {
    struct packed_extent *before = column->last->before;
    copse_free(column->last);
    column->last = before;
  }
  copse_free(column->pieces);
  *column = (struct packed_column){.ctx = column->ctx};
}
