/* row_source.c - see row_source.h: blocks are the chunks of read/csv_stream.h. */
#include "table/row_source.h"

#include <stdio.h>
#include <string.h>

#include "read/csv_fault.h"
#include "read/csv_job.h"

enum { CHUNK_BYTES = 1 << 17, CHUNKS = 48, CHUNKS_PER_THREAD = 8 };

struct visit_result {
  struct csv_fault fault;
  copse_status status;
  copse_error error;
};

struct row_source {
  copse_context *ctx;
  copse_read_options options;
  struct frame_storage storage; /* an empty frame, which opening a CSV notes its findings in */
  struct read_job job;
  struct csv_job csv;
  const char **names; /* [n_columns] */
  copse_text made_names;
  bool libsvm, marked;
  /* of a run */
  row_visit_fn visit;
  void *user;
  struct visit_result *results; /* [n_results] by chunk */
  struct arena *arenas;         /* [n_results] texts with doubled quotes */
  size_t n_results;
};

/* ---- opening ---- */

static bool make_names(struct row_source *source) {
  const struct column_plan *plan = &source->csv.plan;
  source->names = copse_alloc(source->ctx, plan->n_columns, sizeof *source->names);
  if (source->names == NULL) return false;
  size_t *at = copse_alloc(source->ctx, plan->n_columns, sizeof *at);
  for (uint32_t i = 0; at != NULL && i < plan->n_columns; i++) {
    at[i] = source->made_names.length;
    copse_text_appendf(&source->made_names, "Column_%u", i);
    copse_text_append(&source->made_names, "", 1);
  }
  bool ok = at != NULL && !source->made_names.failed;
  for (uint32_t i = 0; ok && i < plan->n_columns; i++)
    source->names[i] = plan->named ? plan->names[i] : source->made_names.data + at[i];
  copse_free(at);
  return ok;
}

static void set_sizes(struct row_source *source, size_t block_bytes) {
  struct csv_stream *stream = &source->csv.stream;
  size_t n_chunks = CHUNKS_PER_THREAD * (size_t)copse_threads_available();
  if (n_chunks < CHUNKS) n_chunks = CHUNKS;
  stream->chunk_bytes = block_bytes > 0 ? block_bytes / 4 + 1 : CHUNK_BYTES;
  stream->batch_bytes = block_bytes > 0 ? block_bytes : CHUNK_BYTES * n_chunks;
}

copse_status row_source_open_files(copse_context *ctx, const char *const *paths, size_t n_paths,
                                   const struct row_source_options *options, struct row_source **out,
                                   copse_error *err) {
  *out = NULL;
  struct row_source *source = copse_alloc_zero(ctx, 1, sizeof *source);
  if (source == NULL) return report_memory(err, "the rows", paths[0]);
  source->ctx = source->storage.ctx = source->made_names.ctx = ctx;
  source->options = copse_read_options_default();
  source->options.format = COPSE_FORMAT_CSV;
  if (options != NULL) {
    source->options.separator = options->separator;
    source->options.header = options->header;
  }
  source->job = (struct read_job){.ctx = ctx,
                                  .options = &source->options,
                                  .missing = missing_tokens_of(NULL),
                                  .rows_only = true,
                                  .known_column = options != NULL ? options->known_column : NULL,
                                  .storage = &source->storage,
                                  .frame = &source->storage.frame};
  source->csv = (struct csv_job){.job = &source->job, .names.ctx = ctx};
  copse_status status = source_open(ctx, paths, n_paths, 0, &source->job.source, err);
  if (status == COPSE_OK) source->marked = source->job.source.parts[0].marked;
  if (status == COPSE_OK) source->libsvm = libsvm_detect(&source->job);
  if (status == COPSE_OK) status = csv_open(&source->csv, err);
  if (status == COPSE_OK && !make_names(source)) status = report_memory(err, "the column names", paths[0]);
  if (status == COPSE_OK) {
    set_sizes(source, options != NULL ? options->block_bytes : 0);
    *out = source;
  } else {
    row_source_close(source);
  }
  return status;
}

copse_status row_source_open(copse_context *ctx, const char *spec, const struct row_source_options *options,
                             struct row_source **out, copse_error *err) {
  return row_source_open_files(ctx, &spec, 1, options, out, err);
}

static void release_results(struct row_source *source) {
  for (size_t i = 0; source->arenas != NULL && i < source->n_results; i++) arena_release(&source->arenas[i]);
  copse_free(source->results);
  copse_free(source->arenas);
  source->results = NULL;
  source->arenas = NULL;
  source->n_results = 0;
}

void row_source_close(struct row_source *source) {
  if (source == NULL) return;
  release_results(source);
  csv_stream_release(&source->csv.stream); /* frees the parts' orders: before the parts */
  roles_release(&source->csv.plan);
  copse_free(source->csv.plan.names);
  copse_text_release(&source->csv.names);
  source_release(&source->job.source);
  copse_free(source->names);
  copse_text_release(&source->made_names);
  copse_free(source);
}

uint32_t row_source_n_columns(const struct row_source *source) { return source->csv.plan.n_columns; }
const char *row_source_name(const struct row_source *source, uint32_t column) {
  return source->names[column];
}
bool row_source_is_named(const struct row_source *source) { return source->csv.plan.named; }
uint64_t row_source_n_rows(const struct row_source *source) { return source->csv.stream.n_rows; }
copse_status row_source_check_rows(const struct row_source *source, copse_error *err) {
  const struct source *files = &source->job.source;
  for (size_t i = 0; i < files->n_parts; i++)
    if (files->parts[i].n_rows == 0)
      return report(err, COPSE_ERR_DATA,
                    "%s: no rows: there is only a header (add rows, or leave the file out)",
                    files->parts[i].path);
  return COPSE_OK;
}
bool row_source_is_libsvm(const struct row_source *source) { return source->libsvm; }
bool row_source_is_table(const struct row_source *source) { return source->job.source.parts[0].table; }
char row_source_separator(const struct row_source *source) { return source->csv.stream.separator; }
bool row_source_is_marked(const struct row_source *source) { return source->marked; }
enum encoding row_source_encoding(const struct row_source *source) {
  return (enum encoding)atomic_load(&source->job.source.parts[0].encoding.kind);
}
size_t row_source_n_files(const struct row_source *source) { return source->job.source.n_parts; }
bool row_source_encoding_note(const struct row_source *source, size_t file, struct encoding_note *out) {
  return source_encoding_note(&source->job.source, file, out);
}
bool row_source_append_notes(const struct row_source *source, copse_text *out) {
  return source_append_notes(&source->job.source, out);
}
const char *row_source_path(const struct row_source *source) { return source->job.source.path; }

/* ---- running ---- */

static bool reserve_results(struct row_source *source) {
  size_t n = source->csv.stream.n_chunks;
  if (n > source->n_results) {
    release_results(source);
    source->results = copse_alloc_zero(source->ctx, n, sizeof *source->results);
    source->arenas = copse_alloc_zero(source->ctx, n, sizeof *source->arenas);
    if (source->results == NULL || source->arenas == NULL) return false;
    source->n_results = n;
    for (size_t i = 0; i < n; i++) source->arenas[i].ctx = source->ctx;
  }
  return true;
}

static void prepare_chunk(void *user, size_t index, int thread) {
  (void)thread;
  struct row_source *source = user;
  struct visit_result *result = &source->results[index];
  result->fault = (struct csv_fault){FAULT_NONE, NULL, 0};
  result->status = COPSE_OK;
  if (!csv_stream_prepare(&source->csv.stream, &source->csv.stream.chunks[index]))
    result->fault.kind = FAULT_MEMORY;
}

/* The cell at p; position behind it, NULL with the fault set. */
static const char *take_cell(struct row_source *source, size_t index, const char *p, struct row_cell *out) {
  const struct csv_stream *stream = &source->csv.stream;
  struct csv_fault *fault = &source->results[index].fault;
  struct csv_cell cell;
  while (csv_blank(*p, stream->separator)) p++;
  bool quoted = *p == '"';
  p = csv_take(p, stream->end, stream->separator, &cell);
  if (p == NULL || cell.length > UINT32_MAX) {
    *fault = (struct csv_fault){.kind = p == NULL ? FAULT_QUOTE : FAULT_MEMORY, .at = cell.text};
    return NULL;
  }
  *out = (struct row_cell){cell.text, (uint32_t)cell.length, quoted, !quoted && cell.length == 0};
  if (!quoted || !cell.escaped) return p;
  char *room = arena_reserve(&source->arenas[index], cell.length);
  if (room == NULL) {
    fault->kind = FAULT_MEMORY;
    return NULL;
  }
  out->text = room;
  out->length = (uint32_t)csv_unescape(&cell, room);
  arena_keep(&source->arenas[index], out->length);
  return p;
}

static bool take_cells(struct row_source *source, size_t index, struct row_cell *cells, size_t n_rows) {
  const struct csv_stream *stream = &source->csv.stream;
  const char *p = stream->chunks[index].begin, *next;
  uint32_t n = stream->n_columns;
  for (size_t row = 0; row < n_rows; row++) {
    while (csv_skip_blank_line(p, stream->separator, &next)) p = next;
    const char *record = p;
    uint32_t i = 0;
    do {
      if (i == n) break;
      p = take_cell(source, index, p, &cells[(size_t)i * n_rows + row]);
      if (p == NULL) return false;
      i++;
    } while (*p++ != '\n');
    if (i != n || p[-1] != '\n') {
      uint32_t found = csv_count_cells(record, stream->end, stream->separator);
      source->results[index].fault = (struct csv_fault){FAULT_CELLS, record, found};
      return false;
    }
  }
  return true;
}

/* Room for a chunk's cells, kept from batch to batch. */
static struct row_cell *reserve_cells(struct row_source *source, struct csv_chunk *chunk) {
  size_t need = (size_t)chunk->n_rows * source->csv.stream.n_columns * sizeof(struct row_cell);
  if (chunk->memory_bytes < need) {
    copse_free(chunk->memory);
    chunk->memory = copse_alloc(source->ctx, need, 1);
    chunk->memory_bytes = chunk->memory != NULL ? need : 0;
  }
  return chunk->memory;
}

/* The first task of a batch reads on. */
static void visit_chunk(void *user, size_t task, int thread) {
  struct row_source *source = user;
  struct csv_stream *stream = &source->csv.stream;
  if (task == 0) {
    csv_stream_fill(stream);
    return;
  }
  size_t index = task - 1;
  struct csv_chunk *chunk = &stream->chunks[index];
  struct visit_result *result = &source->results[index];
  struct row_cell *cells = reserve_cells(source, chunk);
  if (cells == NULL && chunk->n_rows > 0) {
    result->fault.kind = FAULT_MEMORY;
    return;
  }
  if (copse_context_cancelled(source->ctx) || !take_cells(source, index, cells, (size_t)chunk->n_rows))
    return;
  size_t file = stream->batches[stream->n_batches - 1].part;
  struct row_block block = {chunk->row, (size_t)chunk->n_rows, stream->n_columns, cells, index, file};
  if (source->visit != NULL) result->status = source->visit(source->user, &block, thread, &result->error);
}

static copse_status first_failure(const struct row_source *source, copse_error *err) {
  const struct csv_stream *stream = &source->csv.stream;
  for (size_t i = 0; i < stream->n_chunks; i++) {
    const struct visit_result *result = &source->results[i];
    copse_status status = csv_fault_report(stream, &result->fault, err);
    if (status == COPSE_OK && result->status != COPSE_OK)
      status = report(err, result->status, "%s", result->error.message);
    if (status != COPSE_OK) return status;
  }
  if (copse_context_cancelled(source->ctx))
    return report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", row_source_path(source));
  return COPSE_OK;
}

static copse_status run_batch(struct row_source *source, int n_threads, row_settle_fn settle,
                              copse_error *err) {
  struct csv_stream *stream = &source->csv.stream;
  if (!reserve_results(source)) return report_memory(err, "parsing", row_source_path(source));
  copse_parallel_for(n_threads, stream->n_chunks, prepare_chunk, source);
  copse_status status = first_failure(source, err);
  if (status != COPSE_OK) return status;
  csv_stream_count(stream);
  copse_parallel_for(n_threads, stream->n_chunks + 1, visit_chunk, source);
  status = first_failure(source, err);
  if (status == COPSE_OK && settle != NULL) status = settle(source->user, stream->n_chunks, err);
  for (size_t i = 0; i < source->n_results; i++) arena_release(&source->arenas[i]);
  return status;
}

copse_status row_source_run(struct row_source *source, int n_threads, row_visit_fn visit,
                            row_settle_fn settle, void *user, copse_error *err) {
  source->visit = visit;
  source->user = user;
  copse_status status = csv_stream_rewind(&source->csv.stream, err);
  for (bool more = true; status == COPSE_OK;) {
    status = csv_stream_next(&source->csv.stream, &more, err);
    if (status != COPSE_OK || !more) break;
    status = run_batch(source, n_threads, settle, err);
  }
  return status;
}

struct row_place row_source_place(const struct row_source *source, uint64_t row) {
  const struct source *files = &source->job.source;
  struct row_place out;
  uint64_t before = 0;
  size_t part = 0;
  struct source_place place;
  while (part + 1 < files->n_parts && row - before >= files->parts[part].n_rows)
    before += files->parts[part++].n_rows;
  if (files->parts[part].table)
    snprintf(out.text, sizeof out.text, "%.500s: row %llu", files->parts[part].path,
             (unsigned long long)(row - before) + 1);
  else if (csv_stream_locate(&source->csv.stream, row, &place))
    snprintf(out.text, sizeof out.text, "%.500s:%llu", place.path, place.line);
  else
    snprintf(out.text, sizeof out.text, "%.500s", files->parts[part].path);
  return out;
}
