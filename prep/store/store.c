/* store.c - opening a file, and SQLite's failures as sentences with a remedy. */
#define _GNU_SOURCE
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read/report.h"
#include "store/store_sql.h"

bool store_split(const char *spec, char path[STORE_PATH_CAPACITY], const char **table) {
  const char *mark = strchr(spec, '#');
  if (mark == NULL || mark == spec) return false;
  size_t length = (size_t)(mark - spec);
  if (length >= STORE_PATH_CAPACITY || access(spec, F_OK) == 0) return false;
  memcpy(path, spec, length);
  path[length] = '\0';
  *table = mark + 1;
  return true;
}

/* Why no file can be made in the folder of a path: 0 when it can. SQLite, which tries to read a file that it
 * cannot make, tells of a file that is not there. */
static int folder_errno(const char *path) {
  char folder[STORE_PATH_CAPACITY];
  const char *slash = strrchr(path, '/');
  snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path + 1) : 1,
           slash != NULL ? path : ".");
  return access(folder, W_OK) == 0 ? 0 : errno;
}

/* What the operating system said, where SQLite heard something. */
static const char *system_reason(const struct store *store) {
  int code = sqlite3_system_errno(store->db);
  return code != 0 ? strerror(code) : sqlite3_errmsg(store->db);
}

copse_status store_failure(const struct store *store, const char *doing, copse_error *err) {
  int code = sqlite3_errcode(store->db) & 0xFF;
  bool full = code == SQLITE_FULL || (code == SQLITE_IOERR && (sqlite3_system_errno(store->db) == ENOSPC ||
                                                               sqlite3_system_errno(store->db) == EDQUOT));
  const char *path = store->path, *colon = doing[0] != '\0' ? ": " : "";
  if (code == SQLITE_CANTOPEN && access(path, F_OK) != 0) {
    int reason = folder_errno(path);
    if (reason == EACCES || reason == EROFS) code = SQLITE_READONLY;
  }
  switch (full ? SQLITE_FULL : code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return report(
          err, COPSE_ERR_IO,
          "%s%s%s: found the database locked by another program for %d seconds, expected it free (try "
          "again when that program is done)",
          path, colon, doing, STORE_BUSY_MS / 1000);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return report(err, COPSE_ERR_IO,
                    "%s%s%s: found a file or folder that may only be read, expected one to write to (allow "
                    "writing, or choose another place)",
                    path, colon, doing);
    case SQLITE_FULL:
      return report(err, COPSE_ERR_IO,
                    "%s%s%s: the disk is full; the tables are as they were (free space, or choose another "
                    "place)",
                    path, colon, doing);
    case SQLITE_NOTADB:
      return report(err, COPSE_ERR_FORMAT,
                    "%s%s%s: found a file that is no SQLite database (name another file)", path, colon,
                    doing);
    case SQLITE_CORRUPT:
      return report(err, COPSE_ERR_FORMAT, "%s%s%s: the database is damaged: %s (restore a copy)", path,
                    colon, doing, sqlite3_errmsg(store->db));
    case SQLITE_CANTOPEN:
      return report(err, COPSE_ERR_IO, "%s%s%s: cannot open: %s (check the path and the permissions)", path,
                    colon, doing, system_reason(store));
    case SQLITE_NOMEM:
      return report(err, COPSE_ERR_MEMORY, "%s%s%s: out of memory (use a smaller table or more memory)", path,
                    colon, doing);
    case SQLITE_IOERR:
      return report(err, COPSE_ERR_IO, "%s%s%s: cannot read or write: %s (check the disk)", path, colon,
                    doing, system_reason(store));
    case SQLITE_TOOBIG:
      return report(err, COPSE_ERR_DATA, "%s%s%s: a row or text is longer than SQLite holds (shorten it)",
                    path, colon, doing);
    default: return report(err, COPSE_ERR_DATA, "%s%s%s: %s", path, colon, doing, sqlite3_errmsg(store->db));
  }
}

void store_quote(copse_text *sql, const char *name) {
  copse_text_append(sql, "\"", 1);
  for (const char *at = name; *at != '\0'; at++) {
    if (*at == '"') copse_text_append(sql, at, 1);
    copse_text_append(sql, at, 1);
  }
  copse_text_append(sql, "\"", 1);
}

copse_status store_prepare(const struct store *store, copse_text *sql, sqlite3_stmt **out, copse_error *err) {
  copse_status status = COPSE_OK;
  *out = NULL;
  if (sql->failed)
    status = report_memory(err, "a statement", store->path);
  else if (sqlite3_prepare_v2(store->db, sql->data, (int)sql->length, out, NULL) != SQLITE_OK)
    status = store_failure(store, "", err);
  copse_text_release(sql);
  return status;
}

copse_status store_execute(const struct store *store, const char *sql, copse_error *err) {
  if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK) return COPSE_OK;
  return store_failure(store, "", err);
}

/* Names that SQLite takes for something else than a file of that name (":memory:", URIs) get a folder. */
static int open_file(const char *path, int flags, sqlite3 **out) {
  char file[STORE_PATH_CAPACITY + 2];
  snprintf(file, sizeof file, "%s%s", path[0] == ':' || strncmp(path, "file:", 5) == 0 ? "./" : "", path);
  return sqlite3_open_v2(file, out, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | flags, NULL);
}

copse_status store_open(copse_context *ctx, const char *path, enum store_mode mode, struct store **out,
                        copse_error *err) {
  struct stat info;
  size_t length = strlen(path);
  *out = NULL;
  if (length >= STORE_PATH_CAPACITY)
    return report(err, COPSE_ERR_ARGUMENT, "%.40s...: the path is longer than %d bytes (move the file)", path,
                  STORE_PATH_CAPACITY - 1);
  /* A reader of a file that is not there would be told of SQLite's own inability only. */
  if (mode == STORE_READ && stat(path, &info) != 0)
    return report(err, COPSE_ERR_IO, "%s: cannot open: %s (check the path and the permissions)", path,
                  strerror(errno));
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
    return report(err, COPSE_ERR_IO, "%s: is a directory (name a file in it)", path);
  bool there = stat(path, &info) == 0;
  struct store *store = copse_alloc_zero(ctx, 1, sizeof *store);
  if (store == NULL) return report_memory(err, "a database", path);
  store->made = !there;
  store->ctx = ctx;
  memcpy(store->path, path, length + 1);
  /* A reader may have to roll back what a crash left behind; where writing is not allowed SQLite reads only.
   */
  copse_status status = COPSE_OK;
  if (open_file(path, mode == STORE_WRITE ? SQLITE_OPEN_CREATE : 0, &store->db) != SQLITE_OK)
    status = store->db == NULL ? report_memory(err, "a database", path) : store_failure(store, "", err);
  if (status == COPSE_OK) {
    sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
    /* Opening reads nothing yet: this does, and tells what is no database. */
    status = store_execute(store, "SELECT count(*) FROM sqlite_master", err);
  }
  if (status == COPSE_OK)
    *out = store;
  else
    store_close(store);
  return status;
}

/* After some failures (a full disk) SQLite leaves the undoing to whoever opens the file next: this one does,
 * so that the disk has its room back and the file may be copied alone. */
static void undo(const struct store *store) {
  sqlite3 *db = NULL;
  if (open_file(store->path, 0, &db) == SQLITE_OK)
    sqlite3_exec(db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
  sqlite3_close_v2(db);
}

void store_close(struct store *store) {
  if (store == NULL) return;
  sqlite3_close_v2(store->db);
  if (store->unfinished) undo(store);
  struct stat info;
  if (store->made && stat(store->path, &info) == 0 && info.st_size == 0) unlink(store->path);
  copse_free(store);
}
