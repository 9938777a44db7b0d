/* source_reader.c - files from their start to their end, gzip unpacked on the way.
 *
 * Gzip is inflated member by member with zlib's own checks (length and CRC); unlike gzread, bytes behind the
 * last member are an error, not ignored. */
#define _GNU_SOURCE
#include "read/source_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read/report.h"
#include "store/store.h"

enum { INPUT_BYTES = 1 << 16 };

static void *zlib_alloc(void *ctx, unsigned count, unsigned size) { return copse_alloc(ctx, count, size); }
static void zlib_free(void *ctx, void *block) {
  (void)ctx;
  copse_free(block);
}

/* Raw bytes; *got < n at the end only. */
static copse_status read_raw(struct source_reader *reader, char *out, size_t n, size_t *got,
                             copse_error *err) {
  *got = 0;
  if (reader->feed != NULL) {
    if (copse_context_cancelled(reader->ctx))
      return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", reader->path);
    return store_feed_read(reader->feed, out, n, got, err);
  }
  if (reader->fd < 0) {
    *got = reader->memory_left < n ? reader->memory_left : n;
    memcpy(out, reader->memory, *got);
    reader->memory += *got;
    reader->memory_left -= *got;
  }
  while (reader->fd >= 0 && *got < n) {
    if (copse_context_cancelled(reader->ctx))
      return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", reader->path);
    ssize_t more = read(reader->fd, out + *got, n - *got);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return report(err, COPSE_ERR_IO, "%s: cannot read: %s", reader->path, strerror(errno));
    if (more == 0) break;
    *got += (size_t)more;
  }
  reader->n_raw += *got;
  return COPSE_OK;
}

/* At least two more raw bytes in the input, unless they end. */
static copse_status refill(struct source_reader *reader, copse_error *err) {
  z_stream *stream = &reader->stream;
  size_t kept = stream->avail_in, got;
  if (kept >= 2 || reader->raw_ended) return COPSE_OK;
  if (kept > 0) reader->input[0] = *stream->next_in;
  copse_status status = read_raw(reader, (char *)reader->input + kept, INPUT_BYTES - kept, &got, err);
  if (status != COPSE_OK) return status;
  reader->raw_ended = got < INPUT_BYTES - kept;
  stream->next_in = reader->input;
  stream->avail_in = (uInt)(kept + got);
  return COPSE_OK;
}

static copse_status start_inflating(struct source_reader *reader, copse_error *err) {
  reader->stream = (z_stream){.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = reader->ctx};
  reader->input = copse_alloc(reader->ctx, INPUT_BYTES, 1);
  if (reader->input == NULL || inflateInit2(&reader->stream, 15 + 16) != Z_OK)
    return report_memory(err, "inflating", reader->path);
  reader->packed = true;
  return COPSE_OK;
}

/* Looks at the first two bytes, which only a file or memory can give again. */
static copse_status start(struct source_reader *reader, copse_error *err) {
  char magic[2];
  size_t got = 0;
  if (reader->fd < 0) {
    got = reader->memory_left < 2 ? reader->memory_left : 2;
    memcpy(magic, reader->memory, got);
  } else {
    ssize_t n = pread(reader->fd, magic, sizeof magic, 0);
    if (n < 0) return report(err, COPSE_ERR_IO, "%s: cannot read: %s", reader->path, strerror(errno));
    got = (size_t)n;
  }
  return source_is_gzip(magic, got) ? start_inflating(reader, err) : COPSE_OK;
}

static struct source_identity identity_of(const struct stat *info) {
  return (struct source_identity){(uint64_t)info->st_dev, (uint64_t)info->st_ino, (uint64_t)info->st_size,
                                  (int64_t)info->st_mtim.tv_sec, (int64_t)info->st_mtim.tv_nsec};
}

/* A table is the same as before when its file is. */
static copse_status open_table(const char *file, struct source_identity *identity, struct source_reader *out,
                               copse_error *err) {
  struct stat info;
  out->fd = -1;
  copse_status status = store_feed_open(out->ctx, out->path, &out->feed, err);
  if (status != COPSE_OK) return status;
  if (stat(file, &info) == 0) {
    out->n_raw_all = (uint64_t)info.st_size;
    if (identity != NULL) *identity = identity_of(&info);
  }
  return COPSE_OK;
}

copse_status source_reader_open(copse_context *ctx, const char *path, struct source_identity *identity,
                                struct source_reader *out, copse_error *err) {
  struct stat info;
  char file[STORE_PATH_CAPACITY];
  const char *table;
  *out = (struct source_reader){.ctx = ctx, .path = path};
  if (store_split(path, file, &table)) return open_table(file, identity, out, err);
  out->fd = open(path, O_RDONLY | O_CLOEXEC);
  if (out->fd < 0)
    return report(err, COPSE_ERR_IO, "%s: cannot open: %s (check the path and the permissions)", path,
                  strerror(errno));
  copse_status status = COPSE_OK;
  if (fstat(out->fd, &info) != 0)
    status = report(err, COPSE_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
  else if (identity != NULL)
    *identity = identity_of(&info);
  if (status == COPSE_OK) {
    out->n_raw_all = (uint64_t)info.st_size;
    status = start(out, err);
  }
  if (status != COPSE_OK) source_reader_close(out);
  return status;
}

copse_status source_reader_open_memory(copse_context *ctx, const char *path, const char *bytes, size_t length,
                                       struct source_reader *out, copse_error *err) {
  *out = (struct source_reader){.ctx = ctx, .path = path, .fd = -1};
  out->memory = out->bytes = bytes;
  out->n_bytes = length;
  out->memory_left = length;
  out->n_raw_all = length;
  copse_status status = start(out, err);
  if (status != COPSE_OK) source_reader_close(out);
  return status;
}

copse_status source_reader_open_part(const struct source *source, size_t index, struct source_reader *out,
                                     copse_error *err) {
  const struct source_part *part = &source->parts[index];
  if (part->whole) { /* as it is: it was inflated and decoded before */
    *out = (struct source_reader){.ctx = source->ctx,
                                  .path = part->path,
                                  .fd = -1,
                                  .memory = source->text + part->start,
                                  .memory_left = part->end - part->start};
    return COPSE_OK;
  }
  struct source_identity now;
  copse_status status = source_reader_open(source->ctx, part->path, &now, out, err);
  if (status != COPSE_OK) return status;
  const struct source_identity *before = &part->identity;
  if (now.device == before->device && now.inode == before->inode && now.size == before->size &&
      now.changed_s == before->changed_s && now.changed_ns == before->changed_ns) {
    if (!part->table) source_reader_decode(out, &source->parts[index].encoding);
    return COPSE_OK;
  }
  source_reader_close(out);
  return report(err, COPSE_ERR_DATA, "%s: the file was changed while it was read (read it again)",
                part->path);
}

/* One step of inflating: *done when out is full or the data end. */
static copse_status inflate_step(struct source_reader *reader, bool *done, copse_error *err) {
  z_stream *stream = &reader->stream;
  copse_status status = refill(reader, err);
  if (status != COPSE_OK) return status;
  int code = inflate(stream, Z_NO_FLUSH);
  unsigned long long used = reader->n_raw - stream->avail_in;
  *done = stream->avail_out == 0;
  if (code == Z_STREAM_END) {
    status = refill(reader, err);
    if (status != COPSE_OK) return status;
    if (stream->avail_in == 0) {
      reader->ended = *done = true;
      return COPSE_OK;
    }
    if (!source_is_gzip((const char *)stream->next_in, stream->avail_in))
      return report(err, COPSE_ERR_FORMAT,
                    "%s: %llu bytes follow the end of the gzip data (the file is damaged; compress it again)",
                    reader->path, (unsigned long long)reader->n_raw_all - used);
    inflateReset(stream);
    return COPSE_OK;
  }
  if (code == Z_MEM_ERROR) return report_memory(err, "inflating", reader->path);
  if (code != Z_OK && code != Z_BUF_ERROR)
    return report(err, COPSE_ERR_FORMAT,
                  "%s: gzip data are damaged near byte %llu: %s (fetch the file again)", reader->path, used,
                  stream->msg != NULL ? stream->msg : "bad data");
  if (reader->raw_ended && stream->avail_in == 0 && stream->avail_out != 0)
    return report(err, COPSE_ERR_FORMAT,
                  "%s: gzip data end too early, after %llu bytes (the file is cut off; fetch it again)",
                  reader->path, (unsigned long long)reader->n_raw_all);
  return COPSE_OK;
}

static copse_status read_unpacked(struct source_reader *reader, char *out, size_t n, size_t *got,
                                  copse_error *err) {
  if (!reader->packed) return read_raw(reader, out, n, got, err);
  *got = 0;
  while (*got < n && !reader->ended) {
    size_t room = n - *got < 1u << 24 ? n - *got : 1u << 24;
    bool done = false;
    if (copse_context_cancelled(reader->ctx))
      return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", reader->path);
    reader->stream.next_out = (Bytef *)(out + *got);
    reader->stream.avail_out = (uInt)room;
    while (!done) {
      copse_status status = inflate_step(reader, &done, err);
      if (status != COPSE_OK) return status;
    }
    *got += room - reader->stream.avail_out;
  }
  return COPSE_OK;
}

/* ---- decoding ---- */

static copse_status pull(void *user, char *out, size_t n, size_t *got, copse_error *err) {
  return read_unpacked(user, out, n, got, err);
}

static copse_status count(void *user, struct decoder_counts *out, copse_error *err);
static const struct decoder_input decoder_input = {pull, count};

/* By a second reader, from the start. */
static copse_status count(void *user, struct decoder_counts *out, copse_error *err) {
  const struct source_reader *reader = user;
  struct source_reader second;
  copse_status status =
      reader->bytes != NULL
          ? source_reader_open_memory(reader->ctx, reader->path, reader->bytes, reader->n_bytes, &second, err)
          : source_reader_open(reader->ctx, reader->path, NULL, &second, err);
  if (status != COPSE_OK) return status;
  status = decoder_count_all(reader->ctx, reader->path, &decoder_input, &second, out, err);
  source_reader_close(&second);
  return status;
}

void source_reader_decode(struct source_reader *reader, struct encoding_facts *facts) {
  reader->facts = facts;
  decoder_open(reader->ctx, reader->path, &decoder_input, (enum encoding)atomic_load(&facts->kind),
               &reader->decoder);
}

void source_reader_note(const struct source_reader *reader) {
  if (reader->facts == NULL) return;
  reader->facts->n_bad = reader->decoder.n_bad;
  if (reader->decoder.n_bad > 0) atomic_store(&reader->facts->first_bad, reader->decoder.first_bad);
}

copse_status source_reader_read(struct source_reader *reader, char *out, size_t n, size_t *got,
                                copse_error *err) {
  struct encoding_facts *facts = reader->facts;
  if (facts == NULL) return read_unpacked(reader, out, n, got, err);
  copse_status status = decoder_read(&reader->decoder, reader, out, n, got, err);
  enum encoding kind = reader->decoder.kind;
  if (status == COPSE_OK && kind != ENCODING_OPEN && atomic_load(&facts->kind) == ENCODING_OPEN) {
    /* first what goes with it */
    atomic_store(&facts->first_bad, reader->decoder.first_bad);
    atomic_store(&facts->kind, (int)kind);
  }
  return status;
}

void source_reader_close(struct source_reader *reader) {
  decoder_close(&reader->decoder);
  if (reader->packed) inflateEnd(&reader->stream);
  copse_free(reader->input);
  store_feed_close(reader->feed);
  if (reader->fd >= 0) close(reader->fd);
  *reader = (struct source_reader){.fd = -1};
}
