/* store.h - tables in an SQLite file. The only room that knows SQLite: everybody else says FILE#TABLE.
 *
 * Names are quoted and values bound, so that any text may be the name of a table or a column. Whatever is
 * written is one transaction: after a failure or a crash the file holds what it held before. */
#ifndef COPSE_STORE_H
#define COPSE_STORE_H

#include "copse.h"

enum { STORE_PATH_CAPACITY = 4096 };

/* Whether spec names a table, `FILE#TABLE` with a table behind the first '#', and is no existing file itself.
 * The file's part goes to path, *table points into spec; a table without a name is refused where it is used,
 * so that no file "leads.db#" comes to be. */
bool store_split(const char *spec, char path[STORE_PATH_CAPACITY], const char **table);

struct store; /* one open file */

enum store_mode { STORE_READ, STORE_WRITE /* made when it is not there */ };

copse_status store_open(copse_context *ctx, const char *path, enum store_mode mode, struct store **out,
                        copse_error *err);
void store_close(struct store *store);

/* ---- writing ---- */

enum store_type { STORE_TEXT, STORE_REAL, STORE_INTEGER };

struct store_column {
  const char *name;
  enum store_type type;
};

/* Before begin: keeps what is written in memory until the commit, so that a reader of the same file is not in
 * the way before. */
copse_status store_hold(struct store *store, copse_error *err);
/* Everything between begin and commit happens at once or not at all; closing without commit undoes it. */
copse_status store_begin(struct store *store, copse_error *err);
copse_status store_commit(struct store *store, copse_error *err);

/* A table while its rows are written, between begin and commit. It replaces a table of that name. Names that
 * begin with sqlite_ or copse_ are refused. */
struct store_table;
copse_status store_table_create(struct store *store, const char *name, const struct store_column *columns,
                                uint32_t n_columns, struct store_table **out, copse_error *err);
/* Removes a table, and what is noted of it; fine where there is none. */
copse_status store_table_drop(struct store *store, const char *name, copse_error *err);
/* The cells of the next row, NULL until they are set; text is borrowed until store_table_row. NaN is NULL. */
void store_table_text(struct store_table *table, uint32_t column, const char *text, size_t length);
void store_table_number(struct store_table *table, uint32_t column, double value);
copse_status store_table_row(struct store_table *table, copse_error *err);
uint64_t store_table_n_rows(const struct store_table *table);
/* Notes name, rows, columns with their types, and where it came from, in the table copse_tables. */
copse_status store_table_record(struct store_table *table, const char *step, const char *origin,
                                copse_error *err);
void store_table_free(struct store_table *table); /* NULL is fine; before store_close */

/* ---- reading ---- */

/* The rows of a table in the order they were written, as CSV: a header, cells separated by commas, texts in
 * quotes where they need them, NULL as an empty cell, an empty text as "". Numbers read back to the same
 * bits; a REAL has a decimal point or an exponent. */
struct store_feed;
copse_status store_feed_open(copse_context *ctx, const char *spec, struct store_feed **out, copse_error *err);
/* Fills out[0..n) as far as there are bytes; *got < n at the end only. */
copse_status store_feed_read(struct store_feed *feed, char *out, size_t n, size_t *got, copse_error *err);
void store_feed_close(struct store_feed *feed);

#endif
