/* status.h - filling a caller-owned error. */
#ifndef COPSE_BASE_STATUS_H
#define COPSE_BASE_STATUS_H

#include "copse.h"

/* Writes the sentence and returns `status`, so that `return status_set(err, ...)` reads well. err may be
 * NULL. */
copse_status status_set(copse_error *err, copse_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "out of memory" with what was being made. */
copse_status status_memory(copse_error *err, const char *what);

/* COPSE_ERR_INTERRUPTED when the context was cancelled, COPSE_OK otherwise. */
copse_status status_check_cancel(const copse_context *ctx, copse_error *err);

/* For %.9g: the shortest decimal that is this float, so that 0.1f is told as 0.1. */
double status_float(float value);

#endif
