/* store_feed.c - a table as CSV text, so that it is read by the very code that reads files. */
#include <string.h>

#include "read/report.h"
#include "store/store_sql.h"
#include "table/cell_text.h"

enum { AHEAD_BYTES = 1 << 16 };

struct store_feed {
  struct store *store;
  sqlite3_stmt *rows;
  int n_columns;
  uint64_t n_rows;
  bool ended;
  char spec[STORE_PATH_CAPACITY * 2];
  copse_text text; /* what was made and not yet taken */
  size_t taken;
};

static copse_status append_row(struct store_feed *feed, copse_error *err) {
  copse_text *out = &feed->text;
  char number[48];
  for (int i = 0; i < feed->n_columns; i++) {
    if (i > 0) copse_text_append(out, ",", 1);
    switch (sqlite3_column_type(feed->rows, i)) {
      case SQLITE_NULL:
        if (feed->n_columns == 1) copse_text_append(out, "\"\"", 2); /* a blank line would be no row */
        break;
      case SQLITE_FLOAT:
        copse_text_append(out, number, cell_format_real(sqlite3_column_double(feed->rows, i), number));
        break;
      case SQLITE_BLOB:
        return report(err, COPSE_ERR_DATA,
                      "%s: row %llu: column \"%s\": found a blob, expected a number or a text (leave the "
                      "column out of the table)",
                      feed->spec, (unsigned long long)feed->n_rows + 1, sqlite3_column_name(feed->rows, i));
      case SQLITE_INTEGER:
        copse_text_appendf(out, "%lld", (long long)sqlite3_column_int64(feed->rows, i));
        break;
      default: {
        const char *text = (const char *)sqlite3_column_text(feed->rows, i);
        if (text == NULL) return report_memory(err, "a row", feed->spec);
        cell_append_text(out, text, (size_t)sqlite3_column_bytes(feed->rows, i));
      }
    }
  }
  copse_text_append(out, "\n", 1);
  feed->n_rows++;
  return COPSE_OK;
}

/* Rows until some text lies ahead. */
static copse_status make_text(struct store_feed *feed, copse_error *err) {
  feed->text.length = 0;
  feed->taken = 0;
  while (!feed->ended && feed->text.length < AHEAD_BYTES) {
    int code = sqlite3_step(feed->rows);
    copse_status status = COPSE_OK;
    if (code == SQLITE_DONE)
      feed->ended = true;
    else
      status = code == SQLITE_ROW ? append_row(feed, err) : store_failure(feed->store, "", err);
    if (status != COPSE_OK) return status;
  }
  return feed->text.failed ? report_memory(err, "a row", feed->spec) : COPSE_OK;
}

copse_status store_feed_read(struct store_feed *feed, char *out, size_t n, size_t *got, copse_error *err) {
  *got = 0;
  while (*got < n) {
    size_t ahead = feed->text.length - feed->taken, wanted = n - *got;
    if (ahead == 0) {
      if (feed->ended) break;
      copse_status status = make_text(feed, err);
      if (status != COPSE_OK) return status;
      continue;
    }
    size_t taken = ahead < wanted ? ahead : wanted;
    memcpy(out + *got, feed->text.data + feed->taken, taken);
    feed->taken += taken;
    *got += taken;
  }
  return COPSE_OK;
}

/* The names of the tables there are, for a sentence; ends early when there are many. */
static void list_tables(const struct store *store, copse_text *out) {
  sqlite3_stmt *names;
  const char *sql =
      "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE "
      "'\\' ORDER BY name";
  copse_text_append(out, "", 0);
  if (sqlite3_prepare_v2(store->db, sql, -1, &names, NULL) != SQLITE_OK) return;
  while (sqlite3_step(names) == SQLITE_ROW && out->length < 300) {
    if (out->length > 0) copse_text_append(out, ", ", 2);
    const char *name = (const char *)sqlite3_column_text(names, 0);
    copse_text_appendf(out, "%s", show(name, strlen(name)).text);
  }
  sqlite3_finalize(names);
}

static copse_status check_table(const struct store *store, const char *table, copse_error *err) {
  sqlite3_stmt *find;
  copse_text sql = {.ctx = store->ctx}, there = {.ctx = store->ctx};
  copse_text_appendf(&sql, "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1");
  copse_status status = store_prepare(store, &sql, &find, err);
  if (status != COPSE_OK) return status;
  sqlite3_bind_text(find, 1, table, -1, SQLITE_STATIC);
  int code = sqlite3_step(find);
  sqlite3_finalize(find);
  if (code == SQLITE_ROW) return COPSE_OK;
  if (code != SQLITE_DONE) return store_failure(store, "", err);
  list_tables(store, &there);
  status =
      report(err, COPSE_ERR_DATA, "%s: has no table \"%s\" (%s%s)", store->path,
             show(table, strlen(table)).text, there.length > 0 ? "its tables: " : "it has no table at all",
             there.failed || there.length == 0 ? "" : there.data);
  copse_text_release(&there);
  return status;
}

static void append_header(struct store_feed *feed) {
  for (int i = 0; i < feed->n_columns; i++) {
    const char *name = sqlite3_column_name(feed->rows, i);
    if (i > 0) copse_text_append(&feed->text, ",", 1);
    if (name != NULL) cell_append_name(&feed->text, name, strlen(name));
  }
  copse_text_append(&feed->text, "\n", 1);
}

copse_status store_feed_open(copse_context *ctx, const char *spec, struct store_feed **out,
                             copse_error *err) {
  char path[STORE_PATH_CAPACITY];
  const char *table;
  *out = NULL;
  if (!store_split(spec, path, &table) || strlen(spec) >= sizeof(*out)->spec)
    return report(err, COPSE_ERR_ARGUMENT, "%s: expected FILE#TABLE", spec);
  struct store_feed *feed = copse_alloc_zero(ctx, 1, sizeof *feed);
  if (feed == NULL) return report_memory(err, "a table", spec);
  feed->text.ctx = ctx;
  memcpy(feed->spec, spec, strlen(spec) + 1);
  copse_status status = store_open(ctx, path, STORE_READ, &feed->store, err);
  if (status == COPSE_OK) status = check_table(feed->store, table, err);
  if (status == COPSE_OK) {
    copse_text sql = {.ctx = ctx};
    copse_text_appendf(&sql, "SELECT * FROM ");
    store_quote(&sql, table);
    status = store_prepare(feed->store, &sql, &feed->rows, err);
  }
  if (status == COPSE_OK) {
    feed->n_columns = sqlite3_column_count(feed->rows);
    append_header(feed);
    if (feed->text.failed) status = report_memory(err, "a table", spec);
  }
  if (status == COPSE_OK)
    *out = feed;
  else
    store_feed_close(feed);
  return status;
}

void store_feed_close(struct store_feed *feed) {
  if (feed == NULL) return;
  sqlite3_finalize(feed->rows);
  store_close(feed->store);
  copse_text_release(&feed->text);
  copse_free(feed);
}
