/* report.h - sentences for a caller-owned error, and the earliest of several bad places. */
#ifndef COPSE_READ_REPORT_H
#define COPSE_READ_REPORT_H

#include <stdarg.h>

#include "copse.h"

/* Writes the sentence and returns `status`, so that `return report(err, ...)` reads well. err may be NULL. */
copse_status report(copse_error *err, copse_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
copse_status report_memory(copse_error *err, const char *what, const char *path);

/* Of several bad cells the one that comes first in the file. */
struct problem {
  bool set;
  uint64_t row;
  uint32_t column;
  char text[COPSE_ERROR_CAPACITY];
};
/* Keeps the sentence when no earlier cell is kept already. */
void problem_offer(struct problem *problem, uint64_t row, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Text of a cell for a message: at most 40 bytes, control characters as '?', cut between characters. */
struct shown {
  char text[64];
};
struct shown show(const char *text, size_t length);

#endif
