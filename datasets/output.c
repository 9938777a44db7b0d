/* output.c - see output.h. */
#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool complain(const struct output *output, const char *what) {
  fprintf(stderr, "copse-datasets: %s: cannot %s: %s\n", output->path, what, strerror(errno));
  return false;
}

bool output_open(struct output *output, const char *path) {
  output->path = path;
  output->temporary[0] = '\0';
  if (strcmp(path, "-") == 0) {
    output->file = stdout;
    return true;
  }
  output->file = NULL;
  struct stat status;
  if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
    errno = S_ISDIR(status.st_mode) ? EISDIR : EEXIST;
    return complain(output, "replace it by a file");
  }
  int length = snprintf(output->temporary, sizeof output->temporary, "%s.tmp%ld", path, (long)getpid());
  if (length < 0 || (size_t)length >= sizeof output->temporary) {
    output->temporary[0] = '\0';
    errno = ENAMETOOLONG;
    return complain(output, "write");
  }
  output->file = fopen(output->temporary, "wb");
  if (!output->file) {
    output->temporary[0] = '\0';
    return complain(output, "write");
  }
  return true;
}

bool output_line(struct output *output, const struct line *line) {
  if (fwrite(line->text, 1, line->length, output->file) != line->length || putc('\n', output->file) == EOF) {
    return complain(output, "write");
  }
  return true;
}

bool output_finish(struct output *output) {
  if (!output->path) return true;
  if (fflush(output->file) != 0) return complain(output, "write");
  if (output->file == stdout) return true;
  int closed = fsync(fileno(output->file));
  if (fclose(output->file) != 0) closed = -1;
  output->file = NULL;
  if (closed != 0) return complain(output, "write");
  if (rename(output->temporary, output->path) != 0) return complain(output, "rename the finished file");
  output->temporary[0] = '\0';
  return true;
}

void output_drop(struct output *output) {
  if (!output->path) return;
  if (output->file && output->file != stdout) fclose(output->file);
  output->file = NULL;
  if (output->temporary[0]) unlink(output->temporary);
  output->temporary[0] = '\0';
}
