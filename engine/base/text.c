/* text.c - growing text. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "copse.h"

static bool text_reserve(copse_text *text, size_t extra) {
  if (text->failed) return false;
  size_t need = text->length + extra + 1;
  if (need <= text->capacity) return true;
  size_t capacity = text->capacity < 256 ? 256 : text->capacity;
  while (capacity < need) {
    if (__builtin_mul_overflow(capacity, (size_t)2, &capacity)) {
      text->failed = true;
      return false;
    }
  }
  char *data = copse_resize(text->ctx, text->data, capacity, 1);
  if (data == NULL) {
    text->failed = true;
    return false;
  }
  text->data = data;
  text->capacity = capacity;
  return true;
}

void copse_text_append(copse_text *text, const char *bytes, size_t length) {
  if (!text_reserve(text, length)) return;
  memcpy(text->data + text->length, bytes, length);
  text->length += length;
  text->data[text->length] = '\0';
}

void copse_text_appendf(copse_text *text, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (n >= 0 && text_reserve(text, (size_t)n)) {
    vsnprintf(text->data + text->length, (size_t)n + 1, format, again);
    text->length += (size_t)n;
  } else {
    text->failed = true;
  }
  va_end(again);
}

void copse_text_append_double(copse_text *text, double value) {
  char digits[40];
  copse_text_append(text, digits, copse_format_double(value, digits, sizeof digits));
}

void copse_text_release(copse_text *text) {
  copse_free(text->data);
  text->data = NULL;
  text->length = text->capacity = 0;
  text->failed = false;
}
