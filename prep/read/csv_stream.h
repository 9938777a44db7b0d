/* csv_stream.h - the records of CSV files in batches: a few megabytes of text at a time, cut into chunks of
 * whole records. While the chunks of one batch are worked on, the text of the next one is read. */
#ifndef COPSE_READ_CSV_STREAM_H
#define COPSE_READ_CSV_STREAM_H

#include "read/csv.h"
#include "read/frame.h"
#include "read/source_reader.h"

struct csv_chunk {
  char *begin, *end;
  uint64_t row, n_rows; /* row: of its first record, in all files; known once the batch is counted */
  bool prepared;
  void *memory; /* the parser's, kept from batch to batch */
  size_t memory_bytes;
};

/* Where a batch came from, to find a cell again. */
struct csv_batch {
  size_t part;
  uint64_t offset, length; /* bytes from the part's start */
  uint64_t row, n_rows;
};

struct csv_stream {
  copse_context *ctx;
  struct source *source;
  char separator;
  uint32_t n_columns;
  uint32_t **orders; /* [n_parts] the file's cell for each column, NULL: in order */
  size_t chunk_bytes, batch_bytes;
  uint64_t n_rows, n_bytes;
  /* the batch at hand */
  char *text, *end;
  bool quotes;
  struct csv_chunk *chunks;
  size_t n_chunks, chunk_capacity;
  struct csv_batch *batches; /* [n_batches] up to this one */
  size_t n_batches, batch_capacity;
  /* the text behind it */
  char *buffers[2];
  size_t capacities[2], filled;
  int filling; /* the buffer that is filled */
  struct source_reader reader;
  bool opened, ended; /* of the part */
  size_t part;
  uint64_t offset; /* of the filled text in its part */
  copse_status fill_status;
  copse_error fill_error;
  char *found; /* text around a cell that was looked up */
};

/* To the first record of the first part, whose begin says where it is. */
copse_status csv_stream_rewind(struct csv_stream *stream, copse_error *err);
/* The next batch, its chunks not prepared. *more false: there is none. */
copse_status csv_stream_next(struct csv_stream *stream, bool *more, copse_error *err);
/* Reads on behind the batch; beside other work on its chunks, once a batch. */
void csv_stream_fill(struct csv_stream *stream);
/* Brings a chunk's cells in order and counts its records, unless that is done. False: out of memory. */
bool csv_stream_prepare(const struct csv_stream *stream, struct csv_chunk *chunk);
/* Numbers the rows of the batch, whose chunks are prepared. */
void csv_stream_count(struct csv_stream *stream);
/* Place of a byte of the batch. */
struct source_place csv_stream_place(const struct csv_stream *stream, const char *at);
/* The cell of a row of any batch so far, valid until the next call; false when it cannot be had. */
bool csv_stream_find(struct csv_stream *stream, uint64_t row, uint32_t column, struct read_cell *out);
/* Only where it stands: may be asked for beside other work on the batch, by several threads at once. */
bool csv_stream_locate(const struct csv_stream *stream, uint64_t row, struct source_place *out);
void csv_stream_release(struct csv_stream *stream);

#endif
