/* source.c - the bytes of files, plain or gzip.
 *
 * The files are read whole, one behind the other: the formats then walk one buffer in parallel. Gzip is
 * inflated member by member with zlib's own checks (length and CRC); unlike gzread, bytes behind the last
 * member are an error, not ignored. */
#define _GNU_SOURCE
#include "read/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "read/report.h"

enum { PADDING = 17, READ_BYTES = 1 << 16, HEAD_BYTES = 1 << 16, WAIT_MS = 200 };

static const char standard_input_name[] = "standard input";

/* The text while it grows. */
struct buffer {
  copse_context *ctx;
  char *text;
  size_t length, capacity;
};

/* Room for `more` bytes behind the present ones, and the padding. */
static bool reserve(struct buffer *buffer, size_t more) {
  size_t need = buffer->length + more + PADDING;
  if (need <= buffer->capacity) return true;
  size_t grown = buffer->capacity < SIZE_MAX / 2 ? buffer->capacity + buffer->capacity / 2 : buffer->capacity;
  if (grown < need) grown = need;
  char *fresh = copse_resize(buffer->ctx, buffer->text, grown, 1);
  if (fresh == NULL) return false;
  buffer->text = fresh;
  buffer->capacity = grown;
  return true;
}

/* What is left to read of a regular file, 0 where nobody knows. */
static copse_status remaining_bytes(int fd, const char *path, size_t *out, copse_error *err) {
  struct stat info;
  *out = 0;
  if (fstat(fd, &info) != 0) return report(err, COPSE_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
  if (S_ISDIR(info.st_mode)) return report(err, COPSE_ERR_IO, "%s: is a directory (name a file in it)", path);
  if (S_ISREG(info.st_mode) && info.st_size > 0) *out = (size_t)info.st_size;
  return COPSE_OK;
}

/* What a file that is no text is, by its first bytes; NULL when unknown. */
static const char *known_binary(const char *text, size_t length) {
  static const struct {
    const char *magic, *name;
  } kinds[] = {{"PK\003\004", "a zip archive or spreadsheet"},
               {"PAR1", "a Parquet file"},
               {"BZh", "compressed with bzip2"},
               {"\375"
                "7zXZ",
                "compressed with xz"},
               {"\050\265\057\375", "compressed with zstd"},
               {"SQLite format 3", "an SQLite database"},
               {"______LightGBM_Binary_File_Token______", "a binary data set of LightGBM"},
               {"\377\376", "UTF-16 text"},
               {"\376\377", "UTF-16 text"}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (length >= strlen(kinds[i].magic) && memcmp(text, kinds[i].magic, strlen(kinds[i].magic)) == 0)
      return kinds[i].name;
  return NULL;
}

static copse_status refuse_control(const char *path, const char *text, const char *bad, copse_error *err) {
  unsigned long long line = 1;
  for (const char *p = text; p < bad; p++) line += *p == '\n';
  return report(
      err, COPSE_ERR_FORMAT,
      "%s:%llu: found the control byte 0x%02x: a binary file (expected CSV or LibSVM text, plain or gzip)",
      path, line, (unsigned char)*bad);
}

/* The first bytes of a file as far as they are there; those before `from` were looked at before. */
static copse_status check_head(const char *path, const char *text, size_t from, size_t length,
                               copse_error *err) {
  const char *bad = NULL;
  for (size_t i = from; i < length && i < HEAD_BYTES && bad == NULL; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v') bad = text + i;
  }
  const char *kind = bad != NULL || from == 0 ? known_binary(text, length) : NULL;
  if (kind != NULL)
    return report(err, COPSE_ERR_FORMAT,
                  "%s: is %s (expected CSV or LibSVM text, plain or gzip; convert or unpack it)", path, kind);
  return bad != NULL ? refuse_control(path, text, bad, err) : COPSE_OK;
}

static bool is_gzip(const char *text, size_t length) {
  return length >= 2 && (unsigned char)text[0] == 0x1F && (unsigned char)text[1] == 0x8B;
}

/* Until there is something to read, or the end. A pipe may never deliver: signals end poll() even where they
 * restart read(), and one that came just before it is seen a moment later. */
static copse_status wait_readable(int fd, const char *path, const copse_context *ctx, copse_error *err) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  for (;;) {
    if (copse_context_cancelled(ctx))
      return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", path);
    int n = poll(&wanted, 1, WAIT_MS);
    if (n > 0) return COPSE_OK;
    if (n < 0 && errno != EINTR)
      return report(err, COPSE_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
  }
}

/* Appends a file's bytes as they are. */
static copse_status append_bytes(int fd, const char *path, struct buffer *buffer, copse_error *err) {
  size_t expected, checked = 0, start = buffer->length;
  copse_status status = remaining_bytes(fd, path, &expected, err);
  if (status != COPSE_OK) return status;
  for (;;) {
    /* One byte more than expected, so that the end shows without growing. */
    size_t done = buffer->length - start, more = done < expected ? expected - done + 1 : 1;
    if (expected == 0 && more < READ_BYTES) more = READ_BYTES;
    if (!reserve(buffer, more)) return report_memory(err, "the file", path);
    status = wait_readable(fd, path, buffer->ctx, err);
    if (status != COPSE_OK) return status;
    ssize_t n = read(fd, buffer->text + buffer->length, buffer->capacity - buffer->length - PADDING);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return report(err, COPSE_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    if (n == 0) return COPSE_OK;
    buffer->length += (size_t)n;
    /* A device or pipe of binary content may have no end. */
    const char *text = buffer->text + start;
    size_t length = buffer->length - start;
    if (checked >= HEAD_BYTES || length < 2 || is_gzip(text, length)) continue;
    status = check_head(path, text, checked, length, err);
    if (status != COPSE_OK) return status;
    checked = length;
  }
}

static void *zlib_alloc(void *ctx, unsigned count, unsigned size) { return copse_alloc(ctx, count, size); }
static void zlib_free(void *ctx, void *block) {
  (void)ctx;
  copse_free(block);
}

/* Appends all members of `in`, inflated. */
static copse_status inflate_all(const char *path, const char *in, size_t in_length, struct buffer *buffer,
                                copse_error *err) {
  copse_status status = COPSE_OK;
  z_stream stream = {.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = buffer->ctx};
  size_t used = 0, start = buffer->length;
  int code = inflateInit2(&stream, 15 + 16);
  if (code != Z_OK) return report_memory(err, "inflating", path);
  /* The last four bytes hold the length modulo 2^32: a good first guess, never trusted beyond 1000 : 1. */
  uint32_t tail = 0;
  if (in_length >= 18)
    for (int i = 0; i < 4; i++) tail |= (uint32_t)(unsigned char)in[in_length - 4 + (size_t)i] << (8 * i);
  size_t guess = tail < in_length * 1000 ? tail : in_length * 4;
  for (;;) {
    size_t done = buffer->length - start;
    if (!reserve(buffer, (done < guess ? guess - done : 0) + 1)) {
      status = report_memory(err, "the inflated file", path);
      goto done;
    }
    size_t in_left = in_length - used, room = buffer->capacity - buffer->length - PADDING;
    stream.next_in = (Bytef *)(uintptr_t)(in + used);
    stream.avail_in = in_left > 1u << 30 ? 1u << 30 : (uInt)in_left;
    stream.next_out = (Bytef *)(buffer->text + buffer->length);
    stream.avail_out = room > 1u << 30 ? 1u << 30 : (uInt)room;
    uInt offered_in = stream.avail_in, offered_out = stream.avail_out;
    code = inflate(&stream, Z_NO_FLUSH);
    used += offered_in - stream.avail_in;
    buffer->length += offered_out - stream.avail_out;
    if (code == Z_STREAM_END) {
      if (used == in_length) break;
      if (!is_gzip(in + used, in_length - used)) {
        status =
            report(err, COPSE_ERR_FORMAT,
                   "%s: %zu bytes follow the end of the gzip data (the file is damaged; compress it again)",
                   path, in_length - used);
        goto done;
      }
      inflateReset(&stream);
    } else if (code == Z_MEM_ERROR) {
      status = report_memory(err, "inflating", path);
      goto done;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      status =
          report(err, COPSE_ERR_FORMAT, "%s: gzip data are damaged near byte %zu: %s (fetch the file again)",
                 path, used, stream.msg != NULL ? stream.msg : "bad data");
      goto done;
    } else if (used == in_length && stream.avail_out != 0) {
      status = report(err, COPSE_ERR_FORMAT,
                      "%s: gzip data end too early, after %zu bytes (the file is cut off; fetch it again)",
                      path, in_length);
      goto done;
    }
    if (copse_context_cancelled(buffer->ctx)) {
      status = report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", path);
      goto done;
    }
  }
done:
  inflateEnd(&stream);
  return status;
}

/* The gzip data at the end of the buffer make room for what they hold. The first file's bytes are most of the
 * memory: they are handed over, not copied. */
static copse_status inflate_part(const char *path, size_t start, struct buffer *buffer, copse_error *err) {
  size_t packed_length = buffer->length - start;
  char *packed = buffer->text;
  if (start == 0) {
    buffer->text = NULL;
    buffer->capacity = 0;
  } else {
    packed = copse_alloc(buffer->ctx, packed_length, 1);
    if (packed == NULL) return report_memory(err, "inflating", path);
    memcpy(packed, buffer->text + start, packed_length);
  }
  buffer->length = start;
  copse_status status = inflate_all(path, packed, packed_length, buffer, err);
  copse_free(packed);
  return status;
}

/* A named pipe is opened at once, with or without a writer: who waits for one is wait_readable (poll() tells
 * no end before the first writer came). */
static int open_waiting(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
  if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  return fd;
}

static copse_status load_part(const char *path, struct source_part *part, struct buffer *buffer,
                              copse_error *err) {
  bool standard_input = strcmp(path, "-") == 0;
  size_t start = buffer->length;
  *part = (struct source_part){.path = standard_input ? standard_input_name : path, .start = start};
  int fd = standard_input ? STDIN_FILENO : open_waiting(path);
  if (fd < 0)
    return report(err, COPSE_ERR_IO, "%s: cannot open: %s (check the path and the permissions)", path,
                  strerror(errno));
  copse_status status = append_bytes(fd, part->path, buffer, err);
  if (!standard_input) close(fd);
  if (status == COPSE_OK && is_gzip(buffer->text + start, buffer->length - start))
    status = inflate_part(part->path, start, buffer, err);
  if (status != COPSE_OK) return status;
  if (buffer->length > start && buffer->text[buffer->length - 1] != '\n') {
    if (!reserve(buffer, 1)) return report_memory(err, "the file", path);
    buffer->text[buffer->length++] = '\n';
  }
  bool marked = buffer->length - start >= 3 && memcmp(buffer->text + start, "\xEF\xBB\xBF", 3) == 0;
  part->begin = start + (marked ? 3 : 0);
  part->end = buffer->length;
  return COPSE_OK;
}

static copse_status check_text(const struct source *source, const struct source_part *part,
                               copse_error *err) {
  const char *text = source->text + part->start, *path = part->path;
  size_t length = part->end - part->start;
  bool blank = true;
  for (size_t i = part->begin - part->start; i < length && blank; i++)
    blank = text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n';
  if (blank) return report(err, COPSE_ERR_DATA, "%s: the file is empty (expected rows of data)", path);
  copse_status status = check_head(path, text, 0, length, err);
  if (status != COPSE_OK) return status;
  const char *bad = memchr(text, '\0', length);
  return bad != NULL ? refuse_control(path, text, bad, err) : COPSE_OK;
}

/* Of the regular files, as they lie on the disk: several files are to be read without moving the first ones.
 */
static size_t total_bytes(const char *const *paths, size_t n_paths) {
  size_t total = n_paths;
  struct stat info;
  for (size_t i = 0; i < n_paths; i++)
    if (stat(paths[i], &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0)
      total += (size_t)info.st_size;
  return total;
}

copse_status source_load(copse_context *ctx, const char *const *paths, size_t n_paths, struct source *out,
                         copse_error *err) {
  copse_status status = COPSE_OK;
  struct buffer buffer = {.ctx = ctx};
  *out = (struct source){.path = paths[0]};
  out->parts = copse_alloc_zero(ctx, n_paths, sizeof *out->parts);
  if (out->parts == NULL) return report_memory(err, "the list of files", paths[0]);
  if (n_paths > 1 && !reserve(&buffer, total_bytes(paths, n_paths)))
    status = report_memory(err, "the files", paths[0]);
  for (size_t i = 0; i < n_paths && status == COPSE_OK; i++) {
    status = load_part(paths[i], &out->parts[i], &buffer, err);
    if (status == COPSE_OK) out->n_parts++;
  }
  out->path = out->parts[0].path;
  out->text = buffer.text;
  out->length = buffer.length;
  for (size_t i = 0; i < out->n_parts && status == COPSE_OK; i++)
    status = check_text(out, &out->parts[i], err);
  if (status == COPSE_OK)
    memset(out->text + out->length, 0, PADDING - 1);
  else
    source_release(out);
  return status;
}

void source_release_text(struct source *source) {
  copse_free(source->text);
  source->text = NULL;
}

void source_release(struct source *source) {
  source_release_text(source);
  copse_free(source->parts);
  source->parts = NULL;
  source->n_parts = 0;
}

struct source_place source_place(const struct source *source, const char *at) {
  const struct source_part *part = source->parts, *end = source->parts + source->n_parts;
  while (part + 1 < end && (size_t)(at - source->text) >= part[1].start) part++;
  struct source_place place = {part->path, 1};
  const char *p = source->text + part->start;
  while ((p = memchr(p, '\n', (size_t)(at - p))) != NULL) {
    place.line++;
    p++;
  }
  return place;
}

bool source_is_file(const struct source_part *part) { return part->path != standard_input_name; }
bool source_exists(const char *path) { return access(path, F_OK) == 0; }
