/* cell.h - what one cell is, by itself: the types of columns are decided later, from counts of these kinds
 * over the whole file. */
#ifndef COPSE_PROFILE_CELL_H
#define COPSE_PROFILE_CELL_H

#include "copse.h"
#include "read/missing.h"

enum cell_type {
  CELL_TYPE_NULL,     /* no cell: empty without quotes, or a database's NULL */
  CELL_TYPE_EMPTY,    /* "" in quotes, or blanks in quotes */
  CELL_TYPE_DECLARED, /* one of missing_values=: missing wherever it stands */
  CELL_TYPE_TOKEN,    /* na, null, ? ...: missing where numbers or dates are */
  CELL_TYPE_INTEGER,  /* value: the number */
  CELL_TYPE_DECIMAL,  /* value: the number */
  CELL_TYPE_INFINITE, /* value: +-infinity */
  CELL_TYPE_CODE,     /* digits that are no number: leading zeros, more than 15 digits, a plus sign */
  CELL_TYPE_DATE,     /* 2024-01-31, value: seconds from 1970 */
  CELL_TYPE_TIME,     /* the same with a time of day */
  CELL_TYPE_DMY,      /* 31/01/2024 or 01/31/2024, value: date_pack */
  CELL_TYPE_TEXT,
  CELL_TYPE_ZONED, /* a time with its zone, value: seconds from 1970 in UTC */
  CELL_N_TYPES
};

/* Type of a cell; blanks around it (inside of its quotes) do not count. *value is written where the type has
 * one. */
enum cell_type cell_type_of(const struct missing_tokens *missing, const char *text, size_t length,
                            double *value);

/* A text's 64-bit hash. */
uint64_t cell_hash(const char *text, size_t length);
/* Every bit of x in every bit of the result. */
uint64_t mix64(uint64_t x);

/* Two parts in an order that only the whole column tells, and the year: one number, and apart again. */
double date_pack(int first, int second, int year);
void date_unpack(double packed, int *first, int *second, int *year);
/* Seconds from 1970 to the start of a day; a day that is none: false. */
bool date_seconds(int year, int month, int day, double *out);
/* The day of a number of seconds. */
void date_of(double seconds, int *year, int *month, int *day);

#endif
