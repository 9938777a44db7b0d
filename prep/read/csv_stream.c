/* csv_stream.c - see csv_stream.h. A batch never reaches from one part into the next; its chunks depend on
 * the text alone, and nothing that is made of them depends on how it was cut. */
#include "read/csv_stream.h"

#include <string.h>

/* ---- filling ---- */

/* Room for `capacity` bytes in a buffer, its first `kept` bytes kept. */
static bool make_room(struct csv_stream *stream, int which, size_t capacity) {
  if (stream->capacities[which] >= capacity) return true;
  char *fresh = copse_resize(stream->ctx, stream->buffers[which], capacity + SOURCE_PADDING, 1);
  if (fresh == NULL) return false;
  stream->buffers[which] = fresh;
  stream->capacities[which] = capacity;
  return true;
}

/* Reads on to a byte of the part; false when it ends before. */
static copse_status skip_to(struct source_reader *reader, uint64_t offset, copse_error *err) {
  char room[4096];
  size_t got;
  while (offset > 0) {
    size_t want = offset < sizeof room ? (size_t)offset : sizeof room;
    copse_status status = source_reader_read(reader, room, want, &got, err);
    if (status != COPSE_OK) return status;
    if (got < want)
      return report(err, COPSE_ERR_DATA, "%s: the file was changed while it was read (read it again)",
                    reader->path);
    offset -= got;
  }
  return COPSE_OK;
}

static copse_status open_part(struct csv_stream *stream, copse_error *err) {
  const struct source_part *part = &stream->source->parts[stream->part];
  copse_status status = source_reader_open_part(stream->source, stream->part, &stream->reader, err);
  if (status != COPSE_OK) return status;
  stream->opened = true;
  stream->ended = false;
  stream->filled = 0;
  stream->offset = part->begin - part->start;
  return skip_to(&stream->reader, stream->offset, err);
}

/* Reads behind what the filling buffer holds, up to its end or that of the part. */
static copse_status fill(struct csv_stream *stream, copse_error *err) {
  copse_status status = COPSE_OK;
  size_t got = 0;
  if (!make_room(stream, stream->filling, stream->batch_bytes))
    return report_memory(err, "the file", stream->source->path);
  if (!stream->opened) status = open_part(stream, err);
  if (status != COPSE_OK || stream->ended) return status;
  char *buffer = stream->buffers[stream->filling];
  size_t room = stream->capacities[stream->filling] - stream->filled;
  status = source_reader_read(&stream->reader, buffer + stream->filled, room, &got, err);
  if (status == COPSE_OK)
    status = source_check_block(stream->source, stream->part, stream->offset + stream->filled,
                                buffer + stream->filled, got, err);
  if (status != COPSE_OK) return status;
  stream->filled += got;
  stream->n_bytes += got;
  if (got < room) {
    stream->ended = true;
    source_reader_note(&stream->reader);
    if (stream->filled > 0 && buffer[stream->filled - 1] != '\n') buffer[stream->filled++] = '\n';
  }
  memset(buffer + stream->filled, 0, SOURCE_PADDING - 1);
  return COPSE_OK;
}

void csv_stream_fill(struct csv_stream *stream) { stream->fill_status = fill(stream, &stream->fill_error); }

static void close_part(struct csv_stream *stream) {
  if (stream->opened) source_reader_close(&stream->reader);
  stream->opened = false;
}

copse_status csv_stream_rewind(struct csv_stream *stream, copse_error *err) {
  close_part(stream);
  stream->part = 0;
  stream->n_batches = stream->n_chunks = 0;
  stream->n_rows = stream->n_bytes = 0;
  stream->ended = false;
  for (size_t i = 0; i < stream->source->n_parts; i++) {
    const struct source_part *part = &stream->source->parts[i];
    stream->n_bytes += part->begin - part->start;
    stream->source->parts[i].n_rows = 0;
  }
  stream->fill_status = COPSE_OK;
  return fill(stream, err);
}

/* ---- cutting ---- */

static copse_status refuse_quote(const struct csv_stream *stream, const char *open, copse_error *err) {
  struct source_place place = csv_stream_place(stream, open);
  return report(err, COPSE_ERR_FORMAT,
                "%s:%llu: a quote is opened here and never closed (close it, or double it inside a cell)",
                place.path, place.line);
}

static bool add_chunk(struct csv_stream *stream, char *begin, char *end) {
  if (stream->n_chunks == stream->chunk_capacity) {
    size_t capacity = stream->chunk_capacity == 0 ? 16 : stream->chunk_capacity * 2;
    struct csv_chunk *chunks = copse_resize(stream->ctx, stream->chunks, capacity, sizeof *chunks);
    if (chunks == NULL) return false;
    memset(chunks + stream->chunk_capacity, 0, (capacity - stream->chunk_capacity) * sizeof *chunks);
    stream->chunks = chunks;
    stream->chunk_capacity = capacity;
  }
  struct csv_chunk *chunk = &stream->chunks[stream->n_chunks++];
  chunk->begin = begin;
  chunk->end = end;
  chunk->n_rows = 0;
  chunk->prepared = false;
  return true;
}

/* The last '\n' but not the last record may be cut off by the buffer's end. */
static char *last_line_end(char *text, char *end) {
  while (end > text && end[-1] != '\n') end--;
  return end;
}

/* Chunks of the whole records in [text, text + filled); stream->end is behind the last one. */
static copse_status cut(struct csv_stream *stream, copse_error *err) {
  char *p = stream->text, *end = last_line_end(p, p + stream->filled);
  const char *open = NULL;
  size_t step = stream->chunk_bytes;
  stream->n_chunks = 0;
  stream->quotes = memchr(p, '"', (size_t)(end - p)) != NULL;
  while (p < end) {
    char *target = (size_t)(end - p) > step ? p + step : end - 1;
    const char *next = csv_record_end(p, target, stream->text, end, stream->separator, stream->quotes, &open);
    if (next == NULL) { /* a quote that reaches beyond: as many records as there are before it */
      if (step == 0) break;
      step = 0;
      continue;
    }
    char *stop = p + (next - p);
    bool joined = step == 0 && stream->n_chunks > 0 &&
                  (size_t)(stop - stream->chunks[stream->n_chunks - 1].begin) <= stream->chunk_bytes;
    if (joined)
      stream->chunks[stream->n_chunks - 1].end = stop;
    else if (!add_chunk(stream, p, stop))
      return report_memory(err, "the list of chunks", stream->source->path);
    p = stop;
  }
  stream->end = p;
  return p < end && stream->ended ? refuse_quote(stream, open, err) : COPSE_OK;
}

static bool note_batch(struct csv_stream *stream) {
  if (stream->n_batches == stream->batch_capacity) {
    size_t capacity = stream->batch_capacity == 0 ? 16 : stream->batch_capacity * 2;
    struct csv_batch *batches = copse_resize(stream->ctx, stream->batches, capacity, sizeof *batches);
    if (batches == NULL) return false;
    stream->batches = batches;
    stream->batch_capacity = capacity;
  }
  stream->batches[stream->n_batches++] =
      (struct csv_batch){stream->part, stream->offset, (uint64_t)(stream->end - stream->text), 0, 0};
  return true;
}

/* The text behind the batch moves to the other buffer, where reading goes on. */
static copse_status turn_buffers(struct csv_stream *stream, copse_error *err) {
  size_t used = (size_t)(stream->end - stream->text), rest = stream->filled - used;
  stream->filling ^= 1;
  if (!make_room(stream, stream->filling, rest)) return report_memory(err, "the file", stream->source->path);
  if (rest > 0) memcpy(stream->buffers[stream->filling], stream->end, rest);
  stream->filled = rest;
  stream->offset += used;
  return COPSE_OK;
}

copse_status csv_stream_next(struct csv_stream *stream, bool *more, copse_error *err) {
  *more = false;
  for (;;) {
    if (stream->fill_status != COPSE_OK)
      return report(err, stream->fill_status, "%s", stream->fill_error.message);
    if (copse_context_cancelled(stream->ctx))
      return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", stream->source->path);
    copse_status status = COPSE_OK;
    if (stream->ended && stream->filled == 0) {
      close_part(stream);
      if (++stream->part >= stream->source->n_parts) return COPSE_OK;
      status = fill(stream, err);
      if (status != COPSE_OK) return status;
      continue;
    }
    stream->text = stream->buffers[stream->filling];
    /* the batch is noted first: a place in it may be asked for */
    stream->end = stream->text;
    if (!note_batch(stream)) return report_memory(err, "the list of batches", stream->source->path);
    status = cut(stream, err);
    if (status != COPSE_OK) return status;
    stream->batches[stream->n_batches - 1].length = (uint64_t)(stream->end - stream->text);
    if (stream->end > stream->text) {
      *more = true;
      return turn_buffers(stream, err);
    }
    stream->n_batches--;
    if (!make_room(stream, stream->filling, stream->capacities[stream->filling] * 2))
      return report_memory(err, "the file", stream->source->path);
    status = fill(stream, err);
    if (status != COPSE_OK) return status;
  }
}

struct source_place csv_stream_place(const struct csv_stream *stream, const char *at) {
  const struct csv_batch *batch = &stream->batches[stream->n_batches - 1];
  return source_place_of(stream->source, batch->part, batch->offset + (uint64_t)(at - stream->text));
}

/* ---- chunks ---- */

/* Puts the cells of every record of [p, end) in the first file's order, in place: it has the same cells and
 * the same separators. Records that do not have n cells stay as they are; the parser will refuse them. */
static bool reorder_cells(const struct csv_stream *stream, char *p, const char *end, const uint32_t *order) {
  uint32_t n = stream->n_columns;
  char separator = stream->separator;
  const char **starts = copse_alloc(stream->ctx, (size_t)n + 1, sizeof *starts), *next;
  copse_text copy = {.ctx = stream->ctx};
  bool ok = starts != NULL;
  for (; p < end && ok; p = (char *)(uintptr_t)next) {
    struct csv_cell cell;
    if (csv_skip_blank_line(p, separator, &next)) continue;
    next = csv_next_record(p, end, separator, true);
    if (csv_count_cells(p, end, separator) != n) continue;
    starts[0] = p;
    for (uint32_t i = 0; i < n; i++) starts[i + 1] = csv_take(starts[i], end, separator, &cell) + 1;
    copy.length = 0;
    for (uint32_t i = 0; i < n; i++) {
      const char *start = starts[order[i]], *stop = starts[order[i] + 1] - 1;
      if (i > 0) copse_text_append(&copy, &separator, 1);
      copse_text_append(&copy, start, (size_t)(stop - start));
    }
    ok = !copy.failed;
    if (ok && copy.length > 0) memcpy(p, copy.data, copy.length);
  }
  copse_free(starts);
  copse_text_release(&copy);
  return ok;
}

bool csv_stream_prepare(const struct csv_stream *stream, struct csv_chunk *chunk) {
  if (chunk->prepared) return true;
  const uint32_t *order = stream->orders[stream->batches[stream->n_batches - 1].part];
  if (order != NULL && !reorder_cells(stream, chunk->begin, chunk->end, order)) return false;
  const char *p = chunk->begin, *next;
  uint64_t n = 0;
  while (p < chunk->end) {
    if (!csv_skip_blank_line(p, stream->separator, &next)) {
      n++;
      next = csv_next_record(p, chunk->end, stream->separator, stream->quotes);
    }
    p = next;
  }
  chunk->n_rows = n;
  chunk->prepared = true;
  return true;
}

void csv_stream_count(struct csv_stream *stream) {
  struct csv_batch *batch = &stream->batches[stream->n_batches - 1];
  batch->row = stream->n_rows;
  for (size_t i = 0; i < stream->n_chunks; i++) {
    stream->chunks[i].row = stream->n_rows;
    stream->n_rows += stream->chunks[i].n_rows;
  }
  batch->n_rows = stream->n_rows - batch->row;
  stream->source->parts[batch->part].n_rows += batch->n_rows;
}

/* ---- finding a cell again ---- */

/* The batch's text once more; to be freed, NULL when it cannot be had. */
static char *load_batch(const struct csv_stream *stream, const struct csv_batch *batch) {
  struct source_reader reader;
  size_t got = 0, length = (size_t)batch->length;
  char *text = copse_alloc_zero(stream->ctx, length + SOURCE_PADDING, 1);
  if (text == NULL) return NULL;
  bool ok = source_reader_open_part(stream->source, batch->part, &reader, NULL) == COPSE_OK;
  if (ok) {
    ok = skip_to(&reader, batch->offset, NULL) == COPSE_OK &&
         source_reader_read(&reader, text, length, &got, NULL) == COPSE_OK;
    source_reader_close(&reader);
  }
  if (ok && got + 1 == length) text[got++] = '\n'; /* the one that the file lacks */
  ok = ok && got == length;
  if (ok && stream->orders[batch->part] != NULL)
    ok = reorder_cells(stream, text, text + length, stream->orders[batch->part]);
  if (ok) return text;
  copse_free(text);
  return NULL;
}

/* The row's batch, its text and the row's start in it; the text is to be freed. */
static const struct csv_batch *find_row(const struct csv_stream *stream, uint64_t row, char **text,
                                        const char **at) {
  const struct csv_batch *batch = stream->batches, *last = batch + stream->n_batches;
  while (batch < last && row - batch->row >= batch->n_rows) batch++;
  *text = batch < last ? load_batch(stream, batch) : NULL;
  if (*text == NULL) return NULL;
  const char *p = *text, *end = p + batch->length, *next;
  uint64_t here = batch->row;
  for (; p < end; p = next) {
    if (csv_skip_blank_line(p, stream->separator, &next)) continue;
    if (here++ == row) break;
    next = csv_next_record(p, end, stream->separator, true);
  }
  *at = p;
  return p < end ? batch : NULL;
}

static struct source_place place_in(const struct csv_stream *stream, const struct csv_batch *batch,
                                    const char *text, const char *at) {
  return source_place_of(stream->source, batch->part, batch->offset + (uint64_t)(at - text));
}

bool csv_stream_find(struct csv_stream *stream, uint64_t row, uint32_t column, struct read_cell *out) {
  const char *p;
  copse_free(stream->found);
  const struct csv_batch *batch = find_row(stream, row, &stream->found, &p);
  if (batch == NULL) return false;
  const char *end = stream->found + batch->length;
  struct csv_cell cell;
  for (uint32_t i = 0;; i++) {
    p = csv_take(p, end, stream->separator, &cell);
    if (p == NULL) return false;
    if (i == column) break;
    if (*p++ == '\n') return false;
  }
  *out = (struct read_cell){cell.text, cell.length, place_in(stream, batch, stream->found, cell.text)};
  return true;
}

bool csv_stream_locate(const struct csv_stream *stream, uint64_t row, struct source_place *out) {
  char *text;
  const char *at;
  const struct csv_batch *batch = find_row(stream, row, &text, &at);
  if (batch != NULL) *out = place_in(stream, batch, text, at);
  copse_free(text);
  return batch != NULL;
}

void csv_stream_release(struct csv_stream *stream) {
  close_part(stream);
  for (size_t i = 0; i < stream->chunk_capacity; i++) copse_free(stream->chunks[i].memory);
  for (size_t i = 0; stream->orders != NULL && i < stream->source->n_parts; i++)
    copse_free(stream->orders[i]);
  copse_free(stream->orders);
  copse_free(stream->chunks);
  copse_free(stream->batches);
  copse_free(stream->buffers[0]);
  copse_free(stream->buffers[1]);
  copse_free(stream->found);
  *stream = (struct csv_stream){0};
}
