/* status.c - status names and the one place that formats an error. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *copse_version(void) { return COPSE_VERSION; }

const char *copse_status_name(copse_status status) {
  switch (status) {
    case COPSE_OK: return "ok";
    case COPSE_ERR_ARGUMENT: return "bad argument";
    case COPSE_ERR_DATA: return "bad data";
    case COPSE_ERR_FORMAT: return "bad format";
    case COPSE_ERR_IO: return "input/output error";
    case COPSE_ERR_MEMORY: return "out of memory";
    case COPSE_ERR_UNSUPPORTED: return "not supported";
    case COPSE_ERR_STATE: return "call out of order";
    case COPSE_ERR_INTERRUPTED: return "interrupted";
  }
  return "unknown status";
}

copse_status status_set(copse_error *err, copse_status status, const char *format, ...) {
  if (err == NULL) return status;
  err->status = status;
  va_list args;
  va_start(args, format);
  int n = vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  if (n >= (int)sizeof err->message) {
    /* Cut back to a character's start: the message stays valid UTF-8. */
    size_t end = sizeof err->message - 1;
    while (end > 0 && ((unsigned char)err->message[end - 1] & 0xC0) == 0x80) end--;
    if (end > 0 && (unsigned char)err->message[end - 1] >= 0xC0) end--;
    err->message[end] = '\0';
  }
  return status;
}

copse_status status_memory(copse_error *err, const char *what) {
  return status_set(
      err, COPSE_ERR_MEMORY,
      "out of memory while making %s: use fewer rows, features, bins or leaves, or raise the memory limit",
      what);
}

copse_status status_check_cancel(const copse_context *ctx, copse_error *err) {
  if (!copse_context_cancelled(ctx)) return COPSE_OK;
  return status_set(err, COPSE_ERR_INTERRUPTED, "interrupted");
}

double status_float(float value) {
  for (int digits = 6; digits < 9; digits++) {
    char text[32];
    double shorter;
    size_t n = (size_t)snprintf(text, sizeof text, "%.*g", digits, (double)value);
    if (copse_parse_double(text, n, &shorter) == n && (float)shorter == value) return shorter;
  }
  return (double)value;
}
