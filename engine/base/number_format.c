/* number_format.c - double to text, the same in every locale.
 *
 * The C library rounds correctly but writes the locale's decimal point, which may be several bytes; whatever
 * is no part of a number in the C locale is replaced by one '.'. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "copse.h"

static bool is_number_byte(char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == 'e'; }

size_t copse_format_double_digits(double value, int digits, char *out, size_t capacity) {
  assert(capacity >= 32 && digits >= 1 && digits <= 17);
  (void)capacity; /* named in the contract, checked only where assertions are on */
  if (!isfinite(value)) {
    const char *word = isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
    size_t length = strlen(word);
    memcpy(out, word, length + 1);
    return length;
  }
  char local[64];
  int n = snprintf(local, sizeof local, "%.*g", digits, value);
  size_t length = 0;
  for (int i = 0; i < n; i++) {
    if (is_number_byte(local[i]))
      out[length++] = local[i];
    else if (i == 0 || is_number_byte(local[i - 1]))
      out[length++] = '.';
  }
  out[length] = '\0';
  return length;
}

size_t copse_format_double(double value, char *out, size_t capacity) {
  return copse_format_double_digits(value, 17, out, capacity);
}
