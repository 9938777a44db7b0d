/* row_source.h - the rows of CSV files (plain, gzip, standard input) or of tables of a database (FILE#TABLE)
 * as text, a block of rows at a time.
 *
 * How rows are cut into blocks and blocks into batches is unspecified; the order of rows is the files'. */
#ifndef COPSE_TABLE_ROW_SOURCE_H
#define COPSE_TABLE_ROW_SOURCE_H

#include "copse_prep.h"
#include "read/source.h"

struct row_cell {
  const char *text; /* without quotes, or without the blanks around it where it has none; no NUL behind it */
  uint32_t length;
  bool quoted;
  bool null; /* SQL's NULL, or an empty cell without quotes. A table's only column: quoted and empty */
};

/* Without the blanks that stood inside of its quotes: what numbers, dates and missing cells are read from. */
static inline struct row_cell row_cell_trimmed(struct row_cell cell) {
  if (!cell.quoted) return cell;
  for (; cell.length > 0 && (*cell.text == ' ' || *cell.text == '\t'); cell.length--) cell.text++;
  while (cell.length > 0 && (cell.text[cell.length - 1] == ' ' || cell.text[cell.length - 1] == '\t'))
    cell.length--;
  return cell;
}

/* Some consecutive rows. Cells and texts live until `settle` of the batch has returned. */
struct row_block {
  uint64_t first_row;
  size_t n_rows; /* may be 0 */
  uint32_t n_columns;
  const struct row_cell *cells; /* [column * n_rows + row] */
  size_t index;                 /* of the block within its batch */
  size_t file;                  /* that the rows are in, from 0 */
};

struct row_source_options {
  char separator;           /* of files; 0: detected */
  copse_read_header header; /* of files */
  size_t block_bytes;       /* text of a batch, for tests; 0: some megabytes */
  const char *known_column; /* header AUTO: a first row with this text is one; NULL: none is known */
};

struct row_source;

/* Any number of files and tables as one; the first one's columns, the others' in any order. paths and what
 * they point to are borrowed as long as the source lives. options NULL: everything detected. */
copse_status row_source_open_files(copse_context *ctx, const char *const *paths, size_t n_paths,
                                   const struct row_source_options *options, struct row_source **out,
                                   copse_error *err);
copse_status row_source_open(copse_context *ctx, const char *spec, const struct row_source_options *options,
                             struct row_source **out, copse_error *err);
void row_source_close(struct row_source *source);

uint32_t row_source_n_columns(const struct row_source *source);
/* As in the header; an unnamed column, and all of them without header, Column_0, Column_1 ... */
const char *row_source_name(const struct row_source *source, uint32_t column);
/* Whether the names are the header's. */
bool row_source_is_named(const struct row_source *source);
/* Rows seen so far in this run; after it: how many there are. */
uint64_t row_source_n_rows(const struct row_source *source);
/* Behind a run: that every file had rows. */
copse_status row_source_check_rows(const struct row_source *source, copse_error *err);
/* Whether the first file looks like LibSVM (copse_read_format), whose lines are no cells. */
bool row_source_is_libsvm(const struct row_source *source);
/* Whether the first one is a table of a database, where a number in quotes is a text. */
bool row_source_is_table(const struct row_source *source);
/* Of the first file: what stands between its cells; whether it begins with a byte-order mark. */
char row_source_separator(const struct row_source *source);
bool row_source_is_marked(const struct row_source *source);
/* Of the first file, as struct encoding_facts has it. */
enum encoding row_source_encoding(const struct row_source *source);
/* After a run, as source_encoding_note of each file and source_append_notes of all. */
size_t row_source_n_files(const struct row_source *source);
bool row_source_encoding_note(const struct row_source *source, size_t file, struct encoding_note *out);
bool row_source_append_notes(const struct row_source *source, copse_text *out);
/* The first file, for messages. */
const char *row_source_path(const struct row_source *source);

/* In parallel, thread in [0, n_threads); of several failures the first in the order of rows is told. */
typedef copse_status (*row_visit_fn)(void *user, const struct row_block *block, int thread, copse_error *err);
/* Once a batch, alone, after its blocks 0 .. n_blocks - 1 were visited. */
typedef copse_status (*row_settle_fn)(void *user, size_t n_blocks, copse_error *err);

/* Runs over all rows once, from the first; may be called again. visit or settle may be NULL. A record with
 * another number of cells than the header, or a broken quote, is an error. */
copse_status row_source_run(struct row_source *source, int n_threads, row_visit_fn visit,
                            row_settle_fn settle, void *user, copse_error *err);

/* `file:line` or `file#table: row N` of a row of the run, for messages; from any thread, within `visit` too.
 */
struct row_place {
  char text[600];
};
struct row_place row_source_place(const struct row_source *source, uint64_t row);

#endif
