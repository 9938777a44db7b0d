/* source.c - a file's bytes, plain or gzip.
 *
 * The file is read whole: the formats then walk one buffer in parallel. Gzip is inflated member by member
 * with zlib's own checks (length and CRC); unlike gzread, bytes behind the last member are an error, not
 * ignored. */
#define _GNU_SOURCE
#include "read/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "read/report.h"

enum { PADDING = 17 };

static bool reserve(copse_context *ctx, char **text, size_t *capacity, size_t need) {
  if (need <= *capacity) return true;
  size_t grown = *capacity < SIZE_MAX / 2 ? *capacity + *capacity / 2 : need;
  if (grown < need) grown = need;
  char *fresh = copse_resize(ctx, *text, grown, 1);
  if (fresh == NULL) return false;
  *text = fresh;
  *capacity = grown;
  return true;
}

static copse_status read_all(copse_context *ctx, const char *path, char **text, size_t *length,
                             copse_error *err) {
  copse_status status = COPSE_OK;
  size_t capacity = 0;
  *text = NULL;
  *length = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return report(err, COPSE_ERR_IO, "%s: cannot open: %s (check the path and the permissions)", path,
                  strerror(errno));
  struct stat info;
  if (fstat(fd, &info) != 0) {
    status = report(err, COPSE_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    goto done;
  }
  if (S_ISDIR(info.st_mode)) {
    status = report(err, COPSE_ERR_IO, "%s: is a directory (name a file in it)", path);
    goto done;
  }
  size_t expected = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size : 1 << 16;
  for (;;) {
    /* One byte more than expected, so that the end shows without growing. */
    size_t need = *length < expected ? expected + 1 : *length + 1;
    if (!reserve(ctx, text, &capacity, need + PADDING)) {
      status = report_memory(err, "the file", path);
      goto done;
    }
    ssize_t n = read(fd, *text + *length, capacity - *length - PADDING);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      status = report(err, COPSE_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
      goto done;
    }
    if (n == 0) break;
    *length += (size_t)n;
  }
done:
  close(fd);
  if (status != COPSE_OK) {
    copse_free(*text);
    *text = NULL;
  }
  return status;
}

static void *zlib_alloc(void *ctx, unsigned count, unsigned size) { return copse_alloc(ctx, count, size); }
static void zlib_free(void *ctx, void *block) {
  (void)ctx;
  copse_free(block);
}

static bool is_gzip(const char *text, size_t length) {
  return length >= 2 && (unsigned char)text[0] == 0x1F && (unsigned char)text[1] == 0x8B;
}

/* Inflates all members of `in`. *text may be set also on failure. */
static copse_status inflate_all(copse_context *ctx, const char *path, const char *in, size_t in_length,
                                char **text, size_t *length, copse_error *err) {
  copse_status status = COPSE_OK;
  z_stream stream = {.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = ctx};
  size_t capacity = 0, used = 0;
  int code = inflateInit2(&stream, 15 + 16);
  if (code != Z_OK) return report_memory(err, "inflating", path);
  /* The last four bytes hold the length modulo 2^32: a good first guess, never trusted beyond 1000 : 1. */
  uint32_t tail = 0;
  if (in_length >= 18)
    for (int i = 0; i < 4; i++) tail |= (uint32_t)(unsigned char)in[in_length - 4 + (size_t)i] << (8 * i);
  size_t guess = tail < in_length * 1000 ? tail : in_length * 4;
  *text = NULL;
  *length = 0;
  for (;;) {
    if (!reserve(ctx, text, &capacity, (*length < guess ? guess : *length) + 1 + PADDING)) {
      status = report_memory(err, "the inflated file", path);
      goto done;
    }
    size_t in_left = in_length - used, room = capacity - *length - PADDING;
    stream.next_in = (Bytef *)(uintptr_t)(in + used);
    stream.avail_in = in_left > 1u << 30 ? 1u << 30 : (uInt)in_left;
    stream.next_out = (Bytef *)(*text + *length);
    stream.avail_out = room > 1u << 30 ? 1u << 30 : (uInt)room;
    uInt offered_in = stream.avail_in, offered_out = stream.avail_out;
    code = inflate(&stream, Z_NO_FLUSH);
    used += offered_in - stream.avail_in;
    *length += offered_out - stream.avail_out;
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
    if (copse_context_cancelled(ctx)) {
      status = report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", path);
      goto done;
    }
  }
done:
  inflateEnd(&stream);
  return status;
}

copse_status source_load_bytes(copse_context *ctx, const char *path, struct source *out, copse_error *err) {
  *out = (struct source){.path = path};
  char *text;
  size_t length;
  copse_status status = read_all(ctx, path, &text, &length, err);
  if (status != COPSE_OK) return status;
  if (is_gzip(text, length)) {
    char *packed = text;
    size_t packed_length = length;
    text = NULL;
    status = inflate_all(ctx, path, packed, packed_length, &text, &length, err);
    copse_free(packed);
    if (status != COPSE_OK) {
      copse_free(text);
      return status;
    }
  }
  if (length > 0 && text[length - 1] != '\n') text[length++] = '\n';
  memset(text + length, 0, PADDING - 1);
  out->text = text;
  out->length = length;
  if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) out->begin = 3;
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

static copse_status check_text(const struct source *source, copse_error *err) {
  const char *text = source->text, *path = source->path;
  bool blank = true;
  for (size_t i = source->begin; i < source->length && blank; i++)
    blank = text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n';
  if (blank) return report(err, COPSE_ERR_DATA, "%s: the file is empty (expected rows of data)", path);
  const char *kind = known_binary(text, source->length);
  if (kind != NULL)
    return report(err, COPSE_ERR_FORMAT,
                  "%s: is %s (expected CSV or LibSVM text, plain or gzip; convert or unpack it)", path, kind);
  const char *bad = memchr(text, '\0', source->length);
  size_t head = source->length < 65536 ? source->length : 65536;
  for (size_t i = 0; i < head && bad == NULL; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v') bad = text + i;
  }
  if (bad != NULL)
    return report(
        err, COPSE_ERR_FORMAT,
        "%s:%llu: found the control byte 0x%02x: a binary file (expected CSV or LibSVM text, plain or "
        "gzip)",
        path, (unsigned long long)source_line(source, (size_t)(bad - text)), (unsigned char)*bad);
  return COPSE_OK;
}

copse_status source_load(copse_context *ctx, const char *path, struct source *out, copse_error *err) {
  copse_status status = source_load_bytes(ctx, path, out, err);
  if (status == COPSE_OK) status = check_text(out, err);
  if (status != COPSE_OK) source_release(out);
  return status;
}

void source_release(struct source *source) {
  copse_free(source->text);
  source->text = NULL;
}

uint64_t source_line(const struct source *source, size_t offset) {
  uint64_t line = 1;
  const char *p = source->text, *end = source->text + offset;
  while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
    line++;
    p++;
  }
  return line;
}

bool source_exists(const char *path) { return access(path, F_OK) == 0; }
