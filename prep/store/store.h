/* store.h - tables in an SQLite file. The only room that knows SQLite: everybody else says FILE#TABLE.
 *
 * Names are quoted and values bound, so that any text may be the name of a table or a column. Whatever is
 * written is one transaction: after a failure or a crash the file holds what it held before. */
#ifndef COPSE_STORE_H
#define COPSE_STORE_H

#include "copse.h"

enum { STORE_PATH_CAPACITY = 4096 };

/* Whether spec names a table, `FILE#TABLE` with a table behind the first '#', and is no existing file itself.
 * The file's part goes to path, *table points into spec. */
bool store_split(const char *spec, char path[STORE_PATH_CAPACITY], const char **table);

struct store; /* one open file */

enum store_mode { STORE_READ, STORE_WRITE /* made when it is not there */ };

copse_status store_open(copse_context *ctx, const char *path, enum store_mode mode, struct store **out,
                        copse_error *err);
void store_close(struct store *store);

/* The rows of a table in the order they were written, as CSV: a header, cells separated by commas, texts in
 * quotes where they need them, NULL as an empty cell, an empty text as "". Numbers read back to the same
 * bits; a REAL has a decimal point or an exponent. */
struct store_feed;
copse_status store_feed_open(copse_context *ctx, const char *spec, struct store_feed **out, copse_error *err);
/* Fills out[0..n) as far as there are bytes; *got < n at the end only. */
copse_status store_feed_read(struct store_feed *feed, char *out, size_t n, size_t *got, copse_error *err);
void store_feed_close(struct store_feed *feed);

#endif
