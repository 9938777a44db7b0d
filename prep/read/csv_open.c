/* csv_open.c - the first records of CSV files: separator, headers, and the columns of further files brought
 * into the first one's order. What is found here holds for all rows. */
#include <stdio.h>
#include <string.h>

#include "read/csv_detect.h"
#include "read/csv_job.h"

enum { CHUNK_BYTES = 1 << 18, CHUNK_BYTES_PER_COLUMN = 32, CHUNKS = 16, CHUNKS_PER_THREAD = 4 };

/* Name of a header's cell; an unnamed column is called after its position. Appends it with its NUL. */
static bool append_name(copse_text *names, const struct csv_cell *cell, uint32_t column, char *room) {
  if (cell->length == 0)
    copse_text_appendf(names, "Column_%u", column);
  else
    copse_text_append(names, room, csv_unescape(cell, room));
  copse_text_append(names, "", 1);
  return !names->failed;
}

/* Names of the n cells of the header at p into `names`, pointers to them into list. */
static bool read_names(const struct csv_job *csv, const char *p, uint32_t n, copse_text *names,
                       const char **list) {
  const struct source *source = &csv->job->source;
  const char *end = source->text + source->length;
  struct csv_cell cell;
  size_t *at = copse_alloc(csv->job->ctx, n, sizeof *at);
  char *room =
      copse_alloc(csv->job->ctx, (size_t)(csv_next_record(p, end, csv->stream.separator, true) - p), 1);
  bool ok = at != NULL && room != NULL;
  for (uint32_t i = 0; i < n && ok; i++) {
    p = csv_take(p, end, csv->stream.separator, &cell) + 1;
    cell = csv_trimmed(cell);
    at[i] = names->length;
    ok = append_name(names, &cell, i, room);
  }
  for (uint32_t i = 0; i < n && ok; i++) list[i] = names->data + at[i];
  copse_free(at);
  copse_free(room);
  return ok;
}

/* Start of the part's first record that is not blank. */
static const char *first_record(const struct csv_job *csv, const struct source_part *part) {
  const char *p = csv->job->source.text + part->begin, *end = csv->job->source.text + part->end, *next;
  while (csv_skip_blank_line(p, csv->stream.separator, &next) && next < end) p = next;
  return p;
}

/* Lines that end in CR alone would be one long record. A CR within quotes belongs to its cell. */
static copse_status refuse_lone_cr(const struct csv_job *csv, const struct source_part *part,
                                   copse_error *err) {
  const char *p = first_record(csv, part), *end = csv->job->source.text + part->end;
  struct csv_cell cell;
  for (;; p++) {
    while (csv_blank(*p, csv->stream.separator) && *p != '\r') p++;
    bool quoted = *p == '"';
    const char *begin = p;
    p = csv_take(p, end, csv->stream.separator, &cell);
    for (const char *c = begin; p != NULL && !quoted && c < p; c++)
      if (*c == '\r' && c[1] != '\r' && c[1] != '\n')
        return report(err, COPSE_ERR_FORMAT,
                      "%s:%llu: found CR without LF, expected lines that end in LF or CRLF (convert them: "
                      "tr '\\r' '\\n'; quote a cell that holds CR)",
                      part->path, source_place(&csv->job->source, begin).line);
    if (p == NULL || *p == '\n') return COPSE_OK;
  }
}

/* The first file's header. */
static copse_status open_first(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  const copse_read_options *o = job->options;
  struct source *source = &job->source;
  char separator = csv->stream.separator;
  const char *p = first_record(csv, &source->parts[0]), *end = source->text + source->parts[0].end;
  struct column_plan *plan = &csv->plan;
  plan->n_columns = csv_count_cells(p, end, separator);
  if (plan->n_columns == 0)
    return report(
        err, COPSE_ERR_FORMAT,
        "%s:%llu: a quote in the first row is not closed before the next cell (close it, or double it)",
        source->path, source_place(source, p).line);
  plan->named = source->parts[0].table || o->header == COPSE_HEADER_YES ||
                (o->header == COPSE_HEADER_AUTO && csv_detect_header(job, p, end, separator));
  plan->names = copse_alloc(job->ctx, plan->n_columns, sizeof *plan->names);
  if (plan->names == NULL) return report_memory(err, "the column names", source->path);
  for (uint32_t i = 0; i < plan->n_columns; i++) plan->names[i] = "";
  if (plan->named) {
    if (!read_names(csv, p, plan->n_columns, &csv->names, plan->names))
      return report_memory(err, "the column names", source->path);
    p = csv_next_record(p, end, separator, true);
  }
  source->parts[0].begin = (size_t)(p - source->text);
  return COPSE_OK;
}

/* What a further file's first record says about its columns. */
struct part_header {
  bool same;       /* all of the first file's names, and no other */
  bool in_order;   /* and in its order */
  uint32_t odd;    /* when not the same: the first cell that is none of them, or comes twice */
  char name[64];   /* its name */
  uint32_t *order; /* [n_columns] cell of the first file's column i */
};

static copse_status compare_header(struct csv_job *csv, const char *p, struct part_header *out,
                                   copse_error *err) {
  const struct column_plan *plan = &csv->plan;
  const char *path = source_place(&csv->job->source, p).path;
  uint32_t n = plan->n_columns;
  copse_text names = {.ctx = csv->job->ctx};
  const char **list = copse_alloc(csv->job->ctx, n, sizeof *list);
  bool ok = list != NULL && read_names(csv, p, n, &names, list);
  for (uint32_t i = 0; i < n && ok; i++) out->order[i] = UINT32_MAX;
  out->same = out->in_order = ok;
  for (uint32_t i = 0; i < n && ok && out->same; i++) {
    int32_t column = dictionary_find(&plan->by_name, list[i], strlen(list[i]));
    if (column < 0 || out->order[column] != UINT32_MAX) {
      out->same = false;
      out->odd = i;
      snprintf(out->name, sizeof out->name, "%s", show(list[i], strlen(list[i])).text);
    } else {
      out->order[column] = i;
      out->in_order &= (uint32_t)column == i;
    }
  }
  copse_free(list);
  copse_text_release(&names);
  return ok ? COPSE_OK : report_memory(err, "the column names", path);
}

static copse_status refuse_header(const struct csv_job *csv, const char *p, uint32_t n_cells,
                                  const struct part_header *header, copse_error *err) {
  const struct source *source = &csv->job->source;
  struct source_place place = source_place(source, p);
  if (n_cells != csv->plan.n_columns)
    return report(
        err, COPSE_ERR_DATA,
        "%s:%llu: found a header of %u columns, expected the %u of %s (files read together have the "
        "same columns, in any order)",
        place.path, place.line, n_cells, csv->plan.n_columns, source->path);
  return report(err, COPSE_ERR_DATA,
                "%s:%llu:%u: found the column \"%s\" %s (files read together have the same columns, in any "
                "order; header=false if the first row is data)",
                place.path, place.line, header->odd + 1, header->name,
                dictionary_find(&csv->plan.by_name, header->name, strlen(header->name)) < 0
                    ? "which the first file does not have"
                    : "twice");
}

/* A further file: its header must have the first one's names. A file without header goes by position. */
static copse_status open_further(struct csv_job *csv, struct source_part *part, copse_error *err) {
  struct read_job *job = csv->job;
  struct source *source = &job->source;
  char separator = csv->stream.separator;
  const char *p = first_record(csv, part), *end = source->text + part->end;
  uint32_t n_cells = csv_count_cells(p, end, separator), n = csv->plan.n_columns;
  struct part_header header = {.order = copse_alloc(job->ctx, n, sizeof *header.order)};
  if (header.order == NULL) return report_memory(err, "the column names", part->path);
  copse_status status = n_cells == n ? compare_header(csv, p, &header, err) : COPSE_OK;
  if (status == COPSE_OK && header.same) {
    p = csv_next_record(p, end, separator, true);
    part->begin = (size_t)(p - source->text);
    if (!header.in_order) {
      csv->stream.orders[part - source->parts] = header.order;
      header.order = NULL;
    }
  } else if (status == COPSE_OK && n_cells > 0 &&
             (part->table || job->options->header == COPSE_HEADER_YES ||
              csv_detect_header(job, p, end, separator))) {
    status = refuse_header(csv, p, n_cells, &header, err);
  }
  copse_free(header.order);
  return status;
}

/* How much text is at hand at a time: some chunks for every thread, each of several records. */
static void set_sizes(struct csv_job *csv) {
  struct csv_stream *stream = &csv->stream;
  const copse_read_options *o = csv->job->options;
  size_t n_chunks = CHUNKS, n_threads = (size_t)copse_threads_running(o->n_threads);
  stream->chunk_bytes = (size_t)csv->plan.n_columns * CHUNK_BYTES_PER_COLUMN;
  if (stream->chunk_bytes < CHUNK_BYTES) stream->chunk_bytes = CHUNK_BYTES;
  if (n_chunks < CHUNKS_PER_THREAD * n_threads) n_chunks = CHUNKS_PER_THREAD * n_threads;
  stream->batch_bytes = n_chunks * stream->chunk_bytes;
  if (o->block_bytes == 0) return;
  stream->batch_bytes = o->block_bytes;
  stream->chunk_bytes = o->block_bytes / 4 + 1;
}

copse_status csv_open(struct csv_job *csv, copse_error *err) {
  struct read_job *job = csv->job;
  struct source *source = &job->source;
  struct column_plan *plan = &csv->plan;
  csv->stream.ctx = job->ctx;
  csv->stream.source = source;
  csv->stream.orders = copse_alloc_zero(job->ctx, source->n_parts, sizeof *csv->stream.orders);
  if (csv->stream.orders == NULL) return report_memory(err, "the list of files", source->path);
  copse_status status = COPSE_OK;
  csv->stream.separator = source->parts[0].table    ? ','
                          : job->options->separator ? job->options->separator
                                                    : csv_detect_separator(source);
  for (size_t i = 0; i < source->n_parts && status == COPSE_OK; i++)
    if (!source->parts[i].table) status = refuse_lone_cr(csv, &source->parts[i], err);
  if (status == COPSE_OK) status = open_first(csv, err);
  if (status == COPSE_OK) status = roles_plan(job, plan, err);
  for (size_t i = 1; i < source->n_parts && status == COPSE_OK && plan->named; i++)
    status = open_further(csv, &source->parts[i], err);
  if (status != COPSE_OK) return status;
  csv->stream.n_columns = plan->n_columns;
  set_sizes(csv);
  job->frame->has_header = plan->named;
  job->frame->separator = csv->stream.separator;
  return COPSE_OK;
}
