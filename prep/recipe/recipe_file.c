/* recipe_file.c - see recipe_file.h. The readers of rows would call a picture a bad CSV file: what is named
 * as a recipe by mistake is told as that. */
#define _POSIX_C_SOURCE 200809L
#include "recipe/recipe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/text_kind.h"
#include "read/report.h"

enum { READ_BYTES = 1 << 14, MOST_BYTES = 1 << 24 };

static copse_status read_all(int fd, const char *path, copse_text *out, copse_error *err) {
  char bytes[READ_BYTES];
  struct stat info;
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode))
    return report(err, COPSE_ERR_IO, "%s: found a directory, expected a recipe (name a file in it)", path);
  while (!out->failed && out->length <= MOST_BYTES) {
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n == 0) return COPSE_OK;
    if (n > 0)
      copse_text_append(out, bytes, (size_t)n);
    else if (errno != EINTR)
      return report(err, COPSE_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
  }
  if (out->failed) return report_memory(err, "the recipe", path);
  return report(err, COPSE_ERR_FORMAT,
                "%s: found more than 16 MB, expected a recipe (rows are named by data= or input=)", path);
}

/* The first byte that no text in UTF-8 has; NULL: there is none. */
static const char *find_foreign(const char *p, const char *end) {
  while (p < end) {
    const char *at = p;
    unsigned char c = (unsigned char)*p;
    bool control = (c < 0x20 && strchr("\t\n\r\f\v", c) == NULL) || c == '\0' || c == 0x7F;
    bool given = c == 0xEF && end - p > 2 && memcmp(p, "\xEF\xBF\xBD", 3) == 0; /* U+FFFD itself */
    if (control || (text_next(&p, end) == 0xFFFD && !given)) return at;
  }
  return NULL;
}

static copse_status check(const char *path, const char *begin, const char *end, copse_error *err) {
  const char *foreign = find_foreign(begin, end);
  unsigned long long line = 1;
  for (const char *p = begin; foreign != NULL && p < foreign; p++) line += *p == '\n';
  if (foreign != NULL)
    return report(
        err, COPSE_ERR_FORMAT,
        "%s:%llu: found the byte 0x%02x, expected a recipe, which is text in UTF-8 (convert it, or name "
        "another file)",
        path, line, (unsigned char)*foreign);
  for (const char *p = begin; p < end; p++)
    if (strchr(" \t\r\n\f\v", *p) == NULL) return COPSE_OK;
  return report(err, COPSE_ERR_FORMAT,
                "%s: found an empty file, expected a recipe (write its first step, [load])", path);
}

copse_status recipe_file_read(const char *path, copse_text *out, copse_error *err) {
  bool standard_input = strcmp(path, "-") == 0;
  int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return report(err, COPSE_ERR_IO, "%s: cannot open: %s, expected a recipe (check the path)", path,
                  strerror(errno));
  copse_text_append(out, "\n", 1);
  copse_status status = read_all(fd, path, out, err);
  if (!standard_input) close(fd);
  if (status != COPSE_OK) return status;
  char *begin = out->data + 1;
  if (out->length > 3 && memcmp(begin, "\xEF\xBB\xBF", 3) == 0) {
    out->length -= 3;
    memmove(begin, begin + 3, out->length - 1);
  }
  status = check(path, begin, out->data + out->length, err);
  if (status == COPSE_OK && out->data[out->length - 1] != '\n') copse_text_append(out, "\n", 1);
  if (status == COPSE_OK && out->failed) status = report_memory(err, "the recipe", path);
  return status;
}
