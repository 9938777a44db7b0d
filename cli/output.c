/* output.c - temporary name, flush, rename; and reading a small file whole. */
#define _XOPEN_SOURCE 700
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "copse_prep.h"
#include "interrupt.h"

_Static_assert(OUTPUT_PATH_CAPACITY >= PATH_MAX, "realpath has room");

static bool pipe_broken;

bool output_pipe_broken(void) { return pipe_broken; }

static copse_status fail_write(const struct output *out, int error, copse_error *err) {
  if (out->fd == STDOUT_FILENO) {
    if (error == EPIPE) pipe_broken = true;
    return fail(err, COPSE_ERR_IO, "standard output: cannot be written: %s", strerror(error));
  }
  return fail(err, COPSE_ERR_IO, "%s: cannot be written: %s%s", out->path, strerror(error),
              error == ENOSPC || error == EDQUOT ? " (free space, or choose another place)"
                                                 : " (choose another place)");
}

/* mkstemp gives 0600: the file gets the mode of the one it replaces, or what the umask leaves of 0666. */
static mode_t final_mode(const struct stat *old) {
  if (old) return old->st_mode & 07777;
  mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

static copse_status open_temporary(struct output *out, const struct stat *old, copse_error *err) {
  int n = snprintf(out->temporary, sizeof out->temporary, "%s.tmp.XXXXXX", out->target);
  if (n < 0 || (size_t)n >= sizeof out->temporary) return fail_write(out, ENAMETOOLONG, err);
  out->fd = mkstemp(out->temporary);
  if (out->fd < 0) return fail_write(out, errno, err);
  out->renames = true;
  interrupt_set_unfinished(out->temporary);
  /* Some file systems have no modes; the content matters more. */
  if (fchmod(out->fd, final_mode(old)) != 0) errno = 0;
  return COPSE_OK;
}

copse_status output_open(const char *path, struct output *out, copse_error *err) {
  out->fd = -1;
  out->renames = false;
  out->path = path;
  if (strcmp(path, "-") == 0) {
    out->fd = STDOUT_FILENO;
    return COPSE_OK;
  }
  if (*path == '\0') return fail(err, COPSE_ERR_IO, "no file to write to: its name is empty (out=FILE)");
  struct stat old;
  bool exists = stat(path, &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) return fail_write(out, EISDIR, err);
  if (exists && !S_ISREG(old.st_mode)) {
    out->fd = open(path, O_WRONLY | O_NOCTTY);
    return out->fd < 0 ? fail_write(out, errno, err) : COPSE_OK;
  }
  if (exists && access(path, W_OK) != 0) return fail_write(out, errno, err);
  if (!exists || !realpath(path, out->target)) {
    if (strlen(path) >= sizeof out->target) return fail_write(out, ENAMETOOLONG, err);
    memcpy(out->target, path, strlen(path) + 1);
  }
  return open_temporary(out, exists ? &old : NULL, err);
}

copse_status output_probe(const char *path, copse_error *err) {
  struct output out;
  struct stat old;
  /* A pipe would wait for its reader, and then give it an empty file. */
  if (strcmp(path, "-") == 0 || (stat(path, &old) == 0 && S_ISFIFO(old.st_mode))) return COPSE_OK;
  copse_status status = output_open(path, &out, err);
  if (status == COPSE_OK) output_discard(&out);
  return status;
}

copse_status output_write(struct output *out, const char *data, size_t length, copse_error *err) {
  while (length > 0) {
    ssize_t n = write(out->fd, data, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_write(out, errno, err);
    data += n;
    length -= (size_t)n;
  }
  return COPSE_OK;
}

/* The rename itself survives a power cut only once the folder is on the disk; where folders cannot be opened
 * or flushed there is nothing more to do. */
static void flush_folder(const char *target) {
  char folder[OUTPUT_PATH_CAPACITY] = ".";
  const char *slash = strrchr(target, '/');
  if (slash) {
    size_t length = slash == target ? 1 : (size_t)(slash - target);
    memcpy(folder, target, length);
    folder[length] = '\0';
  }
  int fd = open(folder, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

copse_status output_commit(struct output *out, copse_error *err) {
  if (out->fd == STDOUT_FILENO) {
    out->fd = -1;
    return COPSE_OK;
  }
  int error = 0;
  if (out->renames && fsync(out->fd) != 0 && errno != EINVAL) error = errno;
  if (close(out->fd) != 0 && error == 0) error = errno;
  out->fd = -1;
  if (out->renames) {
    if (error == 0 && rename(out->temporary, out->target) != 0) error = errno;
    if (error != 0) unlink(out->temporary);
    interrupt_set_unfinished(NULL);
    if (error == 0) flush_folder(out->target);
  }
  return error ? fail_write(out, error, err) : COPSE_OK;
}

void output_discard(struct output *out) {
  if (out->fd >= 0 && out->fd != STDOUT_FILENO) {
    close(out->fd);
    if (out->renames) unlink(out->temporary);
    interrupt_set_unfinished(NULL);
  }
  out->fd = -1;
}

bool file_exists(const char *path) { return access(path, F_OK) == 0; }

static bool same_entry(const char *a, const char *b) {
  struct stat at_a, at_b;
  return stat(a, &at_a) == 0 && stat(b, &at_b) == 0 && at_a.st_dev == at_b.st_dev &&
         at_a.st_ino == at_b.st_ino;
}

/* The folder of a path, and the name in it. */
static const char *split_path(const char *path, char folder[OUTPUT_PATH_CAPACITY]) {
  const char *slash = strrchr(path, '/');
  if (slash == NULL)
    snprintf(folder, OUTPUT_PATH_CAPACITY, ".");
  else
    snprintf(folder, OUTPUT_PATH_CAPACITY, "%.*s/", (int)(slash - path), path);
  return slash == NULL ? path : slash + 1;
}

bool same_file(const char *a, const char *b) {
  char folder_a[OUTPUT_PATH_CAPACITY], folder_b[OUTPUT_PATH_CAPACITY];
  if (strcmp(a, b) == 0 || same_entry(a, b)) return true;
  return strcmp(split_path(a, folder_a), split_path(b, folder_b)) == 0 && same_entry(folder_a, folder_b);
}

/* The file that a table lies in, or the file itself. */
static const char *file_of(const char *place, char file[OUTPUT_PATH_CAPACITY]) {
  if (!copse_names_table(place)) return place;
  snprintf(file, OUTPUT_PATH_CAPACITY, "%.*s", (int)strcspn(place, "#"), place);
  return file;
}

/* Two tables of one database are two places, and SQLite takes their names in any case; a table and the file
 * that it lies in are one. */
static bool same_place(const char *a, const char *b) {
  char file_a[OUTPUT_PATH_CAPACITY], file_b[OUTPUT_PATH_CAPACITY];
  const char *in_a = file_of(a, file_a), *in_b = file_of(b, file_b);
  if (!same_file(in_a, in_b)) return false;
  return in_a == a || in_b == b || strcasecmp(strchr(a, '#'), strchr(b, '#')) == 0;
}

static bool is_device(const char *path) {
  struct stat at;
  return strcmp(path, "-") == 0 || (stat(path, &at) == 0 && !S_ISREG(at.st_mode));
}

copse_status output_differs(const char *output_name, const char *output, const char *input_name,
                            const char *input, copse_error *err) {
  if (is_device(output) || !same_place(output, input)) return COPSE_OK;
  return fail(err, COPSE_ERR_ARGUMENT, "%s=%s would replace the file that %s=%s reads (choose another name)",
              output_name, output, input_name, input);
}

copse_status outputs_differ(const char *first_name, const char *first, const char *second_name,
                            const char *second, copse_error *err) {
  bool both_stdout = strcmp(first, "-") == 0 && strcmp(second, "-") == 0;
  if (!both_stdout && (is_device(first) || is_device(second) || !same_place(first, second))) return COPSE_OK;
  return fail(err, COPSE_ERR_ARGUMENT, "%s=%s and %s=%s would be written to one place (choose another name)",
              first_name, first, second_name, second);
}

copse_status output_is_file(const char *name, const char *path, copse_error *err) {
  if (!copse_names_table(path)) return COPSE_OK;
  return fail(err, COPSE_ERR_ARGUMENT,
              "%s=%s names a table, but it is written as a file (choose a name without #)", name, path);
}

copse_status output_flush_stdout(copse_error *err) {
  struct output out = {.fd = STDOUT_FILENO};
  if (fflush(stdout) == 0 && !ferror(stdout)) return COPSE_OK;
  return fail_write(&out, errno ? errno : EIO, err);
}

copse_status input_read(copse_context *ctx, const char *path, copse_text *out, copse_error *err) {
  char block[65536];
  size_t n;
  *out = (copse_text){.ctx = ctx};
  errno = 0;
  FILE *file = fopen(path, "rb");
  if (!file)
    return fail(err, COPSE_ERR_IO, "%s: cannot be opened: %s (check its name and permissions)", path,
                strerror(errno));
  while ((n = fread(block, 1, sizeof block, file)) > 0) copse_text_append(out, block, n);
  int error = ferror(file) ? errno : 0;
  fclose(file);
  copse_status status = COPSE_OK;
  if (error) {
    status =
        fail(err, COPSE_ERR_IO, "%s: cannot be read: %s (name a file that can be)", path, strerror(error));
  } else if (out->failed) {
    status = fail_memory(err, "a copy of the file");
  }
  if (status != COPSE_OK) copse_text_release(out);
  return status;
}
