/* store_sql.h - what the files of this room share: SQLite's handle, and its failures as sentences. */
#ifndef COPSE_STORE_SQL_H
#define COPSE_STORE_SQL_H

#include <sqlite3.h>

#include "store/store.h"

enum { STORE_BUSY_MS = 2000 }; /* how long a lock of others is waited for */

struct store {
  copse_context *ctx;
  sqlite3 *db;
  char path[STORE_PATH_CAPACITY];
  bool unfinished; /* begun, not committed */
  bool made;       /* the file was not there before */
};

/* The last failure of the store as a status and a sentence; `doing` says at what ("table \"x\""), "" is fine.
 */
copse_status store_failure(const struct store *store, const char *doing, copse_error *err);
/* Appends a name in double quotes, those inside doubled. */
void store_quote(copse_text *sql, const char *name);
/* Compiles the statement in `sql`, which is released. */
copse_status store_prepare(const struct store *store, copse_text *sql, sqlite3_stmt **out, copse_error *err);
/* Runs one statement without results. */
copse_status store_execute(const struct store *store, const char *sql, copse_error *err);

#endif
