/* mapped.h - a file mapped for reading.
 *
 * Where another program cuts the file while it is mapped, or its disk fails, reading it is a SIGBUS: the
 * program ends then as work that failed, with a line that names the file, and without an unfinished file. A
 * file that is replaced by renaming stays what it was. */
#ifndef COPSE_CLI_MAPPED_H
#define COPSE_CLI_MAPPED_H

#include "cli.h"

struct mapped {
  struct mapped *next;
  const char *bytes; /* [length] */
  size_t length;
  char path[]; /* as it is named in the message */
};

/* NULL: the file system does not map, or there is no memory. fd may be closed afterwards. From one thread. */
struct mapped *mapped_open(copse_context *ctx, int fd, size_t length, const char *path);
/* Its pages leave the process until they are read again: what was copied from them is not held twice. */
void mapped_let_go(const struct mapped *mapped);
/* mapped: of mapped_open, or NULL. Its address is that of a copse_release_fn. */
void mapped_close(void *mapped);

#endif
