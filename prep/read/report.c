/* report.c - sentences for errors; never cut inside a UTF-8 character. */
#include "read/report.h"

#include <stdio.h>
#include <string.h>

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

static void write_sentence(char *out, const char *format, va_list args) {
  int n = vsnprintf(out, COPSE_ERROR_CAPACITY, format, args);
  if (n < COPSE_ERROR_CAPACITY) return;
  size_t end = COPSE_ERROR_CAPACITY - 4;
  while (end > 0 && continues(out[end])) end--;
  memcpy(out + end, "...", 4);
}

copse_status report(copse_error *err, copse_status status, const char *format, ...) {
  if (err == NULL) return status;
  va_list args;
  va_start(args, format);
  write_sentence(err->message, format, args);
  va_end(args);
  err->status = status;
  return status;
}

copse_status report_memory(copse_error *err, const char *what, const char *path) {
  return report(err, COPSE_ERR_MEMORY, "%s: out of memory for %s (use a smaller file or more memory)", path,
                what);
}

void problem_offer(struct problem *problem, uint64_t row, uint32_t column, const char *format, ...) {
  if (problem->set && (problem->row < row || (problem->row == row && problem->column <= column))) return;
  va_list args;
  va_start(args, format);
  write_sentence(problem->text, format, args);
  va_end(args);
  problem->set = true;
  problem->row = row;
  problem->column = column;
}

struct shown show(const char *text, size_t length) {
  struct shown shown;
  size_t n = length;
  if (n > 40) {
    n = 40;
    while (n > 0 && continues(text[n])) n--;
  }
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)text[i];
    shown.text[i] = c < 0x20 || c == 0x7F ? '?' : text[i];
  }
  memcpy(shown.text + n, "...", 4);
  if (n == length) shown.text[n] = '\0';
  return shown;
}
