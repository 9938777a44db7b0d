/* match_lines.c - compares a file with an expected one, line by line.
 *
 *   match_lines EXPECTED ACTUAL
 *
 * In an expected line '*' stands for any run of characters, everything else for itself; an expected line that
 * is just "..." stands for any number of lines. Exits 0 when the whole file matches; otherwise prints the
 * first line that does not and exits 1. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lines {
  char *text;
  char **line; /* into text */
  size_t count;
};

static struct lines read_lines(const char *path) {
  struct lines lines = {NULL, NULL, 0};
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(2);
  }
  char *text = NULL;
  size_t length = 0, n;
  do {
    text = realloc(text, length + 65537);
    if (text == NULL) exit(2);
    n = fread(text + length, 1, 65536, file);
    length += n;
  } while (n > 0);
  fclose(file);
  text[length] = '\0';
  lines.text = text;
  for (size_t start = 0; start < length;) {
    char *end = memchr(text + start, '\n', length - start);
    size_t stop = end != NULL ? (size_t)(end - text) : length;
    text[stop] = '\0';
    lines.line = realloc(lines.line, (lines.count + 1) * sizeof *lines.line);
    if (lines.line == NULL) exit(2);
    lines.line[lines.count++] = text + start;
    start = stop + 1;
  }
  return lines;
}

/* Greedy with one point to go back to: the last '*'. */
static bool line_matches(const char *pattern, const char *text) {
  const char *star = NULL, *resume = NULL;
  while (*text != '\0') {
    if (*pattern == '*') {
      star = pattern++;
      resume = text;
    } else if (*pattern == *text) {
      pattern++;
      text++;
    } else if (star != NULL) {
      pattern = star + 1;
      text = ++resume;
    } else {
      return false;
    }
  }
  while (*pattern == '*') pattern++;
  return *pattern == '\0';
}

static bool lines_match(struct lines expected, struct lines actual) {
  size_t e = 0, a = 0, skip_e = SIZE_MAX, skip_a = 0; /* after the last "...", and where it resumed */
  while (a < actual.count || e < expected.count) {
    if (e < expected.count && strcmp(expected.line[e], "...") == 0) {
      skip_e = ++e;
      skip_a = a;
    } else if (e < expected.count && a < actual.count && line_matches(expected.line[e], actual.line[a])) {
      e++;
      a++;
    } else if (skip_e != SIZE_MAX && skip_a < actual.count) {
      e = skip_e;
      a = ++skip_a;
    } else {
      if (skip_e != SIZE_MAX) e = skip_e; /* the block after "..." is nowhere */
      printf("expected line %zu: %s\nfound line %zu: %s\n", e + 1,
             e < expected.count ? expected.line[e] : "(end)", a + 1,
             a < actual.count ? actual.line[a] : "(end)");
      return false;
    }
  }
  return true;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: match_lines EXPECTED ACTUAL\n");
    return 2;
  }
  struct lines expected = read_lines(argv[1]), actual = read_lines(argv[2]);
  bool same = lines_match(expected, actual);
  free(expected.line);
  free(expected.text);
  free(actual.line);
  free(actual.text);
  return !same;
}
