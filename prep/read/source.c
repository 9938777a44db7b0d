/* source.c - the text of files, plain or gzip: their first lines, or all of it.
 *
 * The first lines of all files, and the whole text of what cannot be read again, lie one behind the other. */
#define _GNU_SOURCE
#include "read/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copse_prep.h"
#include "read/report.h"
#include "read/source_reader.h"
#include "read/utf8.h"
#include "store/store.h"

enum {
  PADDING = SOURCE_PADDING,
  READ_BYTES = 1 << 16,
  HEAD_BYTES = 1 << 16,
  HEAD_LINES = 256,
  WAIT_MS = 200
};

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

static copse_status refuse_control_at(struct source_place place, char bad, copse_error *err) {
  if (copse_names_table(place.path))
    return report(
        err, COPSE_ERR_FORMAT,
        "%s: found a text with the control byte 0x%02x, expected text (replace the byte in the table)",
        place.path, (unsigned char)bad);
  return report(
      err, COPSE_ERR_FORMAT,
      "%s:%llu: found the control byte 0x%02x: a binary file (expected CSV or LibSVM text, plain or gzip)",
      place.path, place.line, (unsigned char)bad);
}

/* text: in that encoding. */
static copse_status refuse_control(const char *path, enum encoding encoding, const char *text,
                                   const char *bad, copse_error *err) {
  struct source_place place = {path, 1};
  size_t size = encoding_is_utf16(encoding) ? 2 : 1;
  for (const char *p = text; p < bad; p += size) place.line += encoding_character(encoding, p) == '\n';
  return refuse_control_at(place, (char)encoding_character(encoding, bad), err);
}

/* The first bytes of a file as far as they are there; those before `from` were looked at before. */
static copse_status check_head(const char *path, enum encoding encoding, const char *text, size_t from,
                               size_t length, copse_error *err) {
  size_t end = length < HEAD_BYTES ? length : HEAD_BYTES;
  const char *bad = from < end ? encoding_find_control(encoding, text + from, end - from) : NULL;
  const char *kind = bad != NULL || from == 0 ? encoding_known_binary(text, length) : NULL;
  if (kind != NULL)
    return report(err, COPSE_ERR_FORMAT,
                  "%s: is %s (expected CSV or LibSVM text, plain or gzip; convert or unpack it)", path, kind);
  return bad != NULL ? refuse_control(path, encoding, text, bad, err) : COPSE_OK;
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

/* Appends what a pipe, device or terminal gives, as it is. */
static copse_status append_stream(int fd, const char *path, struct buffer *buffer, copse_error *err) {
  size_t checked = 0, start = buffer->length;
  for (;;) {
    if (!reserve(buffer, READ_BYTES)) return report_memory(err, "the file", path);
    copse_status status = wait_readable(fd, path, buffer->ctx, err);
    if (status != COPSE_OK) return status;
    ssize_t n = read(fd, buffer->text + buffer->length, buffer->capacity - buffer->length - PADDING);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return report(err, COPSE_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    if (n == 0) return COPSE_OK;
    buffer->length += (size_t)n;
    /* A device or pipe of binary content may have no end. */
    const char *text = buffer->text + start;
    size_t length = buffer->length - start;
    if (checked >= HEAD_BYTES || length < ENCODING_LOOK || source_is_gzip(text, length)) continue;
    status = check_head(path, encoding_look(text, length), text, checked, length, err);
    if (status != COPSE_OK) return status;
    checked = length - length % 2; /* UTF-16 is looked at in pairs */
  }
}

/* Appends all that a reader gives; `guess`: how much that may be. */
static copse_status append_all(struct source_reader *reader, size_t guess, struct buffer *buffer,
                               copse_error *err) {
  size_t start = buffer->length;
  for (;;) {
    /* One byte more than expected, so that the end shows without growing. */
    size_t done = buffer->length - start, more = done < guess ? guess - done + 1 : READ_BYTES, got;
    if (!reserve(buffer, more)) return report_memory(err, "the file", reader->path);
    size_t room = buffer->capacity - buffer->length - PADDING;
    copse_status status = source_reader_read(reader, buffer->text + buffer->length, room, &got, err);
    if (status != COPSE_OK) return status;
    buffer->length += got;
    if (got < room) return COPSE_OK;
  }
}

/* What lies at the end of the buffer, gzip or in another encoding, makes room for the text that it holds. The
 * first file's bytes are most of the memory: they are handed over, not copied. */
static copse_status unpack_part(struct source_part *part, struct buffer *buffer, copse_error *err) {
  size_t start = part->start, packed_length = buffer->length - start;
  char *packed = buffer->text;
  bool gzip = source_is_gzip(packed + start, packed_length);
  if (start == 0) {
    buffer->text = NULL;
    buffer->capacity = 0;
  } else {
    packed = copse_alloc(buffer->ctx, packed_length, 1);
    if (packed == NULL) return report_memory(err, "inflating", part->path);
    memcpy(packed, buffer->text + start, packed_length);
  }
  buffer->length = start;
  struct source_reader reader;
  copse_status status =
      source_reader_open_memory(buffer->ctx, part->path, packed, packed_length, &reader, err);
  if (status == COPSE_OK) {
    source_reader_decode(&reader, &part->encoding);
    status = append_all(&reader, packed_length * (gzip ? 3 : 1), buffer, err);
    source_reader_note(&reader);
    source_reader_close(&reader);
  }
  copse_free(packed);
  return status;
}

/* Text that is UTF-8 as it is, or what is no text. */
static bool is_plain(const char *text, size_t length, struct encoding_facts *facts) {
  enum encoding kind = source_is_gzip(text, length) ? ENCODING_1252 : encoding_look(text, length);
  if (kind == ENCODING_OPEN && utf8_ascii_prefix(text, length) < length) kind = ENCODING_UTF8;
  bool plain = kind == ENCODING_UTF8 ? utf8_prefix(text, length) == length
                                     : kind == ENCODING_OPEN || kind == ENCODING_BINARY;
  if (plain) atomic_store(&facts->kind, (int)kind);
  return plain;
}

/* A named pipe is opened at once, with or without a writer: who waits for one is wait_readable (poll() tells
 * no end before the first writer came). */
static int open_waiting(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
  if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  return fd;
}

static copse_status load_stream(const char *path, struct source_part *part, struct buffer *buffer,
                                copse_error *err) {
  const char *name = part->path;
  bool standard_input = strcmp(path, "-") == 0;
  size_t start = buffer->length;
  struct stat info;
  int fd = standard_input ? STDIN_FILENO : open_waiting(path);
  if (fd < 0)
    return report(err, COPSE_ERR_IO, "%s: cannot open: %s (check the path and the permissions)", path,
                  strerror(errno));
  copse_status status = COPSE_OK;
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode))
    status = report(err, COPSE_ERR_IO, "%s: is a directory (name a file in it)", name);
  if (status == COPSE_OK) status = append_stream(fd, name, buffer, err);
  if (!standard_input) close(fd);
  if (status == COPSE_OK && !is_plain(buffer->text + start, buffer->length - start, &part->encoding))
    status = unpack_part(part, buffer, err);
  return status;
}

static bool is_blank(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (!(text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n')) return false;
  return true;
}

static size_t count_lines(const char *text, size_t length) {
  size_t n = 0;
  for (size_t i = 0; i < length; i++) n += text[i] == '\n';
  return n;
}

/* Appends the first lines of a file, up to the end of one. */
static copse_status load_head(struct source_reader *reader, size_t head_bytes, struct buffer *buffer,
                              bool *whole, copse_error *err) {
  size_t start = buffer->length, n_lines = 0, step = head_bytes < READ_BYTES ? head_bytes : READ_BYTES;
  bool blank = true;
  *whole = false;
  for (;;) {
    size_t got;
    if (!reserve(buffer, step)) return report_memory(err, "the file", reader->path);
    copse_status status = source_reader_read(reader, buffer->text + buffer->length, step, &got, err);
    if (status != COPSE_OK) return status;
    n_lines += count_lines(buffer->text + buffer->length, got);
    blank = blank && is_blank(buffer->text + buffer->length, got);
    buffer->length += got;
    if (got < step) {
      *whole = true;
      return COPSE_OK;
    }
    if (n_lines >= HEAD_LINES && !blank && buffer->length - start >= head_bytes) break;
  }
  while (buffer->text[buffer->length - 1] != '\n') buffer->length--;
  return COPSE_OK;
}

/* A file that may be read again: all of it, or with head_bytes its first lines. */
static copse_status load_file(const char *path, size_t head_bytes, struct source_part *part,
                              struct buffer *buffer, copse_error *err) {
  struct source_reader reader;
  copse_status status = source_reader_open(buffer->ctx, path, &part->identity, &reader, err);
  if (status != COPSE_OK) return status;
  part->whole = true;
  if (!part->table) source_reader_decode(&reader, &part->encoding);
  if (head_bytes > 0)
    status = load_head(&reader, head_bytes, buffer, &part->whole, err);
  else
    status = append_all(&reader, (size_t)reader.n_raw_all * (reader.packed ? 3 : 1), buffer, err);
  source_reader_note(&reader);
  source_reader_close(&reader);
  return status;
}

static copse_status load_part(const char *path, size_t head_bytes, struct source_part *part,
                              struct buffer *buffer, copse_error *err) {
  bool standard_input = strcmp(path, "-") == 0;
  size_t start = buffer->length;
  struct stat info;
  char database[STORE_PATH_CAPACITY];
  const char *table;
  *part = (struct source_part){
      .path = standard_input ? standard_input_name : path, .start = start, .whole = true};
  part->table = !standard_input && store_split(path, database, &table);
  bool file =
      part->table || (!standard_input && stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0);
  copse_status status =
      file ? load_file(path, head_bytes, part, buffer, err) : load_stream(path, part, buffer, err);
  if (status != COPSE_OK) return status;
  if (buffer->length > start && buffer->text[buffer->length - 1] != '\n') {
    if (!reserve(buffer, 1)) return report_memory(err, "the file", path);
    buffer->text[buffer->length++] = '\n';
  }
  bool marked = buffer->length - start >= 3 && memcmp(buffer->text + start, "\xEF\xBB\xBF", 3) == 0;
  part->marked = marked;
  part->begin = start + (marked ? 3 : 0);
  part->end = buffer->length;
  return COPSE_OK;
}

static copse_status check_text(const struct source *source, const struct source_part *part,
                               copse_error *err) {
  const char *text = source->text + part->start, *path = part->path;
  size_t length = part->end - part->start, skipped = part->begin - part->start;
  if (is_blank(text + skipped, length - skipped))
    return report(
        err, COPSE_ERR_DATA,
        "%s: the file is empty (expected rows of data: write it again from its source, or name another file)",
        path);
  copse_status status = check_head(path, ENCODING_OPEN, text, 0, length, err);
  if (status != COPSE_OK) return status;
  const char *bad = memchr(text, '\0', length);
  return bad != NULL ? refuse_control(path, ENCODING_OPEN, text, bad, err) : COPSE_OK;
}

bool source_encoding_note(const struct source *source, size_t index, struct encoding_note *out) {
  const struct source_part *part = &source->parts[index];
  enum encoding kind = (enum encoding)atomic_load(&part->encoding.kind);
  bool utf16 = encoding_is_utf16(kind);
  out->path = part->path;
  out->first_bad = atomic_load(&part->encoding.first_bad);
  out->n_bad = part->encoding.n_bad;
  out->remedy = "save it as UTF-8";
  if (kind == ENCODING_1252) {
    out->remedy = "save it as UTF-8 if texts look wrong";
    snprintf(out->text, sizeof out->text,
             "is not UTF-8 from byte %" PRIu64 " on and was read as Windows-1252", out->first_bad);
  } else if (out->n_bad > 0) {
    snprintf(out->text, sizeof out->text,
             "has %" PRIu64 " broken character%s of %s, at byte %" PRIu64 "%s, which became U+FFFD",
             out->n_bad, out->n_bad == 1 ? "" : "s", utf16 ? "UTF-16" : "UTF-8", out->first_bad,
             out->n_bad == 1 ? "" : " and further on");
  } else if (utf16 && !part->marked) {
    snprintf(out->text, sizeof out->text, "was read as UTF-16, though no byte-order mark says so");
  } else {
    return false;
  }
  return true;
}

bool source_append_notes(const struct source *source, copse_text *out) {
  for (size_t i = 0; i < source->n_parts; i++) {
    struct encoding_note note;
    copse_text line = {.ctx = source->ctx};
    if (!source_encoding_note(source, i, &note)) continue;
    copse_text_appendf(&line, "%s: %s (%s)\n", note.path, note.text, note.remedy);
    bool told = !line.failed && out->length > 0 && strstr(out->data, line.data) != NULL;
    if (!told && !line.failed) copse_text_append(out, line.data, line.length);
    out->failed |= line.failed;
    copse_text_release(&line);
  }
  return !out->failed;
}

copse_status source_check_block(const struct source *source, size_t part, uint64_t offset, const char *text,
                                size_t length, copse_error *err) {
  const char *bad = memchr(text, '\0', length);
  if (bad == NULL) return COPSE_OK;
  return refuse_control_at(source_place_of(source, part, offset + (uint64_t)(bad - text)), '\0', err);
}

copse_status source_open(copse_context *ctx, const char *const *paths, size_t n_paths, size_t head_bytes,
                         struct source *out, copse_error *err) {
  copse_status status = COPSE_OK;
  struct buffer buffer = {.ctx = ctx};
  *out = (struct source){.ctx = ctx, .path = paths[0]};
  out->parts = copse_alloc_zero(ctx, n_paths, sizeof *out->parts);
  if (out->parts == NULL) return report_memory(err, "the list of files", paths[0]);
  if (head_bytes == 0) head_bytes = HEAD_BYTES;
  for (size_t i = 0; i < n_paths && status == COPSE_OK; i++) {
    status = load_part(paths[i], head_bytes, &out->parts[i], &buffer, err);
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

copse_status source_open_text(copse_context *ctx, const char *name, copse_text *text, struct source *out,
                              copse_error *err) {
  char padding[PADDING] = {0};
  *out = (struct source){.ctx = ctx, .path = name, .length = text->length};
  copse_text_append(text, padding, sizeof padding);
  out->parts = text->failed ? NULL : copse_alloc_zero(ctx, 1, sizeof *out->parts);
  if (out->parts == NULL) return report_memory(err, "the rows", name);
  out->parts[0] = (struct source_part){.path = name, .end = out->length, .table = true, .whole = true};
  out->n_parts = 1;
  out->text = text->data;
  *text = (copse_text){.ctx = ctx};
  return COPSE_OK;
}

/* Appends what a part has in memory already. */
static copse_status copy_part(const struct source *source, struct source_part *part, struct buffer *buffer,
                              copse_error *err) {
  size_t length = part->end - part->start, skipped = part->begin - part->start;
  if (!reserve(buffer, length)) return report_memory(err, "the file", part->path);
  memcpy(buffer->text + buffer->length, source->text + part->start, length);
  part->start = buffer->length;
  part->begin = part->start + skipped;
  buffer->length += length;
  part->end = buffer->length;
  return COPSE_OK;
}

copse_status source_load_rest(struct source *source, copse_error *err) {
  struct buffer buffer = {.ctx = source->ctx};
  copse_status status = COPSE_OK;
  size_t n_short = 0, total = source->length;
  for (size_t i = 0; i < source->n_parts; i++) {
    n_short += !source->parts[i].whole;
    if (!source->parts[i].whole) total += (size_t)source->parts[i].identity.size + 1;
  }
  if (n_short == 0) return COPSE_OK;
  if (source->n_parts > 1 && !reserve(&buffer, total)) status = report_memory(err, "the files", source->path);
  for (size_t i = 0; i < source->n_parts && status == COPSE_OK; i++) {
    struct source_part *part = &source->parts[i];
    if (part->whole) {
      status = copy_part(source, part, &buffer, err);
      continue;
    }
    size_t skipped = part->begin - part->start;
    status = load_part(part->path, 0, part, &buffer, err);
    part->begin = part->start + skipped;
  }
  copse_free(source->text);
  source->text = buffer.text;
  source->length = buffer.length;
  for (size_t i = 0; i < source->n_parts && status == COPSE_OK; i++)
    status = check_text(source, &source->parts[i], err);
  if (status == COPSE_OK) memset(source->text + source->length, 0, PADDING - 1);
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

struct source_place source_place_of(const struct source *source, size_t index, uint64_t offset) {
  struct source_place place = {source->parts[index].path, 0};
  struct source_reader reader;
  enum { ROOM = 1 << 16 };
  char *room = copse_alloc(source->ctx, ROOM, 1);
  if (room == NULL) return place;
  if (source_reader_open_part(source, index, &reader, NULL) == COPSE_OK) {
    size_t n_lines = 0, got = 1;
    while (offset > 0 && got > 0) {
      size_t want = offset < ROOM ? (size_t)offset : ROOM;
      if (source_reader_read(&reader, room, want, &got, NULL) != COPSE_OK) break;
      n_lines += count_lines(room, got);
      offset -= got;
    }
    if (offset == 0) place.line = n_lines + 1;
    source_reader_close(&reader);
  }
  copse_free(room);
  return place;
}

bool source_is_file(const struct source_part *part) { return part->path != standard_input_name; }
bool source_exists(const char *path) { return access(path, F_OK) == 0; }
