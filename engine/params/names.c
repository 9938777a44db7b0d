/* names.c - comma separated names and their edit distance, for aliases and "did you mean". */
#include "params/names.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST = 64 };

struct name_list names_of(const char *list) {
  return (struct name_list){list};
}

bool names_next(struct name_list *list, struct name *out) {
  if (*list->rest == '\0') return false;
  size_t length = strcspn(list->rest, ",");
  *out = (struct name){list->rest, length};
  list->rest += length;
  if (*list->rest == ',') list->rest++;
  return true;
}

static char fold(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

bool name_equal(struct name name, const char *text, size_t length) {
  return name.length == length && memcmp(name.text, text, length) == 0;
}

bool name_equal_fold(struct name name, const char *text, size_t length) {
  if (name.length != length) return false;
  for (size_t i = 0; i < length; i++)
    if (fold(name.text[i]) != fold(text[i])) return false;
  return true;
}

static size_t smallest(size_t a, size_t b, size_t c) {
  size_t least = a < b ? a : b;
  return least < c ? least : c;
}

size_t name_distance(struct name name, const char *text, size_t length) {
  if (name.length > LONGEST || length > LONGEST) return SIZE_MAX;
  size_t rows[3][LONGEST + 1]; /* row i holds distances of the first i characters of `name` */
  size_t *before = rows[0], *above = rows[1], *now = rows[2];
  for (size_t j = 0; j <= length; j++) above[j] = j;
  for (size_t i = 1; i <= name.length; i++) {
    now[0] = i;
    for (size_t j = 1; j <= length; j++) {
      bool same = fold(name.text[i - 1]) == fold(text[j - 1]);
      now[j] = smallest(above[j] + 1, now[j - 1] + 1, above[j - 1] + !same);
      bool swapped = i > 1 && j > 1 && fold(name.text[i - 1]) == fold(text[j - 2]) &&
                     fold(name.text[i - 2]) == fold(text[j - 1]);
      if (swapped && before[j - 2] + 1 < now[j]) now[j] = before[j - 2] + 1;
    }
    size_t *oldest = before;
    before = above;
    above = now;
    now = oldest;
  }
  return above[length];
}

size_t name_cutoff(size_t length) {
  if (length < 3) return 0;
  if (length < 6) return 1;
  return length < 9 ? 2 : length < 16 ? 3 : 4;
}
