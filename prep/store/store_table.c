/* store_table.c - writing tables, all of a run in one transaction. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "read/report.h"
#include "store/store_sql.h"

struct store_table {
  struct store *store;
  sqlite3_stmt *insert;
  uint32_t n_columns;
  uint64_t n_rows;
  bool *set, *bound; /* [n_columns] in this row; in the statement */
  bool *whole;       /* [n_columns] INTEGER */
  double *last;      /* [n_columns] the number that is bound, NaN where none is: it need not be bound again */
  copse_text name, schema;
};

static const char *const type_names[] = {"TEXT", "REAL", "INTEGER"};

copse_status store_hold(struct store *store, copse_error *err) {
  return store_execute(store, "PRAGMA cache_spill = OFF", err);
}

copse_status store_begin(struct store *store, copse_error *err) {
  /* The lock is taken now: a database in use is told before hours of work. */
  copse_status status = store_execute(store, "BEGIN IMMEDIATE", err);
  store->unfinished = status == COPSE_OK;
  /* Beside a reader pages cannot go to the file before the commit; SQLite would wait for it at every page. */
  if (status == COPSE_OK) sqlite3_busy_timeout(store->db, 0);
  return status;
}

copse_status store_commit(struct store *store, copse_error *err) {
  sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
  copse_status status = store_execute(store, "COMMIT", err);
  if (status == COPSE_OK) store->unfinished = false;
  return status;
}

static copse_status run_and_release(const struct store *store, copse_text *sql, copse_error *err) {
  copse_status status =
      sql->failed ? report_memory(err, "a statement", store->path) : store_execute(store, sql->data, err);
  copse_text_release(sql);
  return status;
}

static copse_status check_name(const struct store *store, const char *name, copse_error *err) {
  bool reserved = strncasecmp(name, "sqlite_", 7) == 0 || strncasecmp(name, "copse_", 6) == 0;
  if (name[0] != '\0' && !reserved) return COPSE_OK;
  return report(err, COPSE_ERR_ARGUMENT,
                "%s: table \"%s\": names that are empty or begin with sqlite_ or copse_ are not free (choose "
                "another)",
                store->path, show(name, strlen(name)).text);
}

static copse_status drop_table(struct store *store, const char *name, copse_error *err) {
  copse_text sql = {.ctx = store->ctx};
  copse_text_appendf(&sql, "DROP TABLE IF EXISTS ");
  store_quote(&sql, name);
  return run_and_release(store, &sql, err);
}

/* SQLite tells no small letters from capitals: it would replace a table of almost that name. Views and
 * indices share the tables' names, and are not ours to drop. */
static copse_status check_free(struct store *store, const char *name, copse_error *err) {
  sqlite3_stmt *find;
  copse_text sql = {.ctx = store->ctx};
  copse_text_appendf(&sql,
                     "SELECT name, type FROM sqlite_master WHERE name = ?1 COLLATE NOCASE AND type <> "
                     "'trigger' AND (name <> ?1 OR type <> 'table')");
  copse_status status = store_prepare(store, &sql, &find, err);
  if (status != COPSE_OK) return status;
  sqlite3_bind_text(find, 1, name, -1, SQLITE_STATIC);
  int code = sqlite3_step(find);
  const char *other = code == SQLITE_ROW ? (const char *)sqlite3_column_text(find, 0) : NULL;
  const char *type = code == SQLITE_ROW ? (const char *)sqlite3_column_text(find, 1) : NULL;
  if (other != NULL && type != NULL && strcmp(type, "table") != 0)
    status = report(
        err, COPSE_ERR_DATA,
        "%s: table \"%s\": found %s of that name, expected a table or none (drop it, or choose another "
        "name)",
        store->path, show(name, strlen(name)).text, strcmp(type, "view") == 0 ? "a view" : "an index");
  else if (other != NULL)
    status = report(err, COPSE_ERR_DATA,
                    "%s: table \"%s\": there is \"%s\" already, and SQLite does not tell small from capital "
                    "letters (choose another name)",
                    store->path, show(name, strlen(name)).text, show(other, strlen(other)).text);
  else if (code != SQLITE_DONE)
    status = store_failure(store, "", err);
  sqlite3_finalize(find);
  return status;
}

static copse_status check_columns(const struct store *store, const char *name,
                                  const struct store_column *columns, uint32_t n_columns, copse_error *err) {
  uint32_t most = (uint32_t)sqlite3_limit(store->db, SQLITE_LIMIT_COLUMN, -1);
  if (n_columns > most)
    return report(err, COPSE_ERR_DATA, "%s: table \"%s\": found %u columns, SQLite holds %u (drop some)",
                  store->path, show(name, strlen(name)).text, n_columns, most);
  for (uint32_t i = 0; i < n_columns; i++)
    for (uint32_t k = 0; k < i; k++)
      if (strcasecmp(columns[i].name, columns[k].name) == 0)
        return report(
            err, COPSE_ERR_DATA,
            "%s: table \"%s\": the columns \"%s\" and \"%s\" are one to SQLite, which does not tell "
            "small from capital letters (drop or rename one)",
            store->path, show(name, strlen(name)).text, show(columns[k].name, strlen(columns[k].name)).text,
            show(columns[i].name, strlen(columns[i].name)).text);
  return COPSE_OK;
}

static copse_status make_table(struct store_table *table, const struct store_column *columns,
                               copse_error *err) {
  struct store *store = table->store;
  copse_text sql = {.ctx = store->ctx};
  copse_status status = drop_table(store, table->name.data, err);
  if (status != COPSE_OK) return status;
  for (uint32_t i = 0; i < table->n_columns; i++) {
    if (i > 0) copse_text_append(&table->schema, ", ", 2);
    store_quote(&table->schema, columns[i].name);
    copse_text_appendf(&table->schema, " %s", type_names[columns[i].type]);
  }
  if (table->schema.failed) return report_memory(err, "a table", store->path);
  copse_text_appendf(&sql, "CREATE TABLE ");
  store_quote(&sql, table->name.data);
  copse_text_appendf(&sql, " (");
  copse_text_append(&sql, table->schema.data, table->schema.length);
  copse_text_appendf(&sql, ")");
  status = run_and_release(store, &sql, err);
  if (status != COPSE_OK) return status;
  copse_text_appendf(&sql, "INSERT INTO ");
  store_quote(&sql, table->name.data);
  for (uint32_t i = 0; i < table->n_columns; i++) copse_text_appendf(&sql, i == 0 ? " VALUES (?" : ", ?");
  copse_text_appendf(&sql, ")");
  return store_prepare(store, &sql, &table->insert, err);
}

copse_status store_table_create(struct store *store, const char *name, const struct store_column *columns,
                                uint32_t n_columns, struct store_table **out, copse_error *err) {
  *out = NULL;
  copse_status status = check_name(store, name, err);
  if (status == COPSE_OK) status = check_free(store, name, err);
  if (status == COPSE_OK) status = check_columns(store, name, columns, n_columns, err);
  if (status != COPSE_OK) return status;
  struct store_table *table = copse_alloc_zero(store->ctx, 1, sizeof *table);
  if (table == NULL) return report_memory(err, "a table", store->path);
  table->store = store;
  table->n_columns = n_columns;
  table->name.ctx = table->schema.ctx = store->ctx;
  copse_text_append(&table->name, name, strlen(name));
  table->set = copse_alloc_zero(store->ctx, n_columns, sizeof *table->set);
  table->bound = copse_alloc_zero(store->ctx, n_columns, sizeof *table->bound);
  table->whole = copse_alloc_zero(store->ctx, n_columns, sizeof *table->whole);
  table->last = copse_alloc(store->ctx, n_columns, sizeof *table->last);
  if (table->set == NULL || table->bound == NULL || table->whole == NULL || table->last == NULL ||
      table->name.failed)
    status = report_memory(err, "a table", store->path);
  if (status == COPSE_OK) {
    for (uint32_t i = 0; i < n_columns; i++) {
      table->whole[i] = columns[i].type == STORE_INTEGER;
      table->last[i] = (double)NAN;
    }
    status = make_table(table, columns, err);
  }
  if (status == COPSE_OK)
    *out = table;
  else
    store_table_free(table);
  return status;
}

void store_table_text(struct store_table *table, uint32_t column, const char *text, size_t length) {
  if (text == NULL) return;
  table->set[column] = true;
  table->last[column] = (double)NAN;
  sqlite3_bind_text64(table->insert, (int)column + 1, text, length, SQLITE_STATIC, SQLITE_UTF8);
}

void store_table_number(struct store_table *table, uint32_t column, double value) {
  if (isnan(value)) return;
  table->set[column] = true;
  if (memcmp(&table->last[column], &value, sizeof value) == 0) return;
  table->last[column] = value;
  if (table->whole[column])
    sqlite3_bind_int64(table->insert, (int)column + 1, (sqlite3_int64)value);
  else
    sqlite3_bind_double(table->insert, (int)column + 1, value);
}

copse_status store_table_row(struct store_table *table, copse_error *err) {
  for (uint32_t i = 0; i < table->n_columns; i++) {
    if (!table->set[i] && table->bound[i]) {
      sqlite3_bind_null(table->insert, (int)i + 1);
      table->last[i] = (double)NAN;
    }
    table->bound[i] = table->set[i];
    table->set[i] = false;
  }
  int code = sqlite3_step(table->insert);
  if (code == SQLITE_DONE) code = sqlite3_reset(table->insert);
  table->n_rows++;
  if (code == SQLITE_OK) return COPSE_OK;
  copse_text doing = {.ctx = table->store->ctx};
  copse_text_appendf(&doing, "table \"%s\"", show(table->name.data, table->name.length).text);
  copse_status status = store_failure(table->store, doing.failed ? "" : doing.data, err);
  copse_text_release(&doing);
  return status;
}

uint64_t store_table_n_rows(const struct store_table *table) { return table->n_rows; }

static copse_status make_notes(struct store *store, copse_error *err) {
  return store_execute(store,
                       "CREATE TABLE IF NOT EXISTS copse_tables (name TEXT PRIMARY KEY, n_rows "
                       "INTEGER, columns TEXT, step TEXT, origin TEXT)",
                       err);
}

static copse_status finish_notes(struct store *store, sqlite3_stmt *statement, copse_error *err) {
  copse_status status = sqlite3_step(statement) == SQLITE_DONE ? COPSE_OK : store_failure(store, "", err);
  sqlite3_finalize(statement);
  return status;
}

copse_status store_table_record(struct store_table *table, const char *step, const char *origin,
                                copse_error *err) {
  struct store *store = table->store;
  sqlite3_stmt *insert;
  copse_text sql = {.ctx = store->ctx};
  copse_status status = make_notes(store, err);
  if (status != COPSE_OK) return status;
  copse_text_appendf(&sql, "INSERT OR REPLACE INTO copse_tables VALUES (?, ?, ?, ?, ?)");
  status = store_prepare(store, &sql, &insert, err);
  if (status != COPSE_OK) return status;
  sqlite3_bind_text(insert, 1, table->name.data, (int)table->name.length, SQLITE_STATIC);
  sqlite3_bind_int64(insert, 2, (sqlite3_int64)table->n_rows);
  sqlite3_bind_text(insert, 3, table->schema.data, (int)table->schema.length, SQLITE_STATIC);
  sqlite3_bind_text(insert, 4, step, -1, SQLITE_STATIC);
  sqlite3_bind_text(insert, 5, origin, -1, SQLITE_STATIC);
  return finish_notes(store, insert, err);
}

copse_status store_table_drop(struct store *store, const char *name, copse_error *err) {
  sqlite3_stmt *forget;
  copse_text sql = {.ctx = store->ctx};
  copse_status status = check_name(store, name, err);
  if (status == COPSE_OK) status = drop_table(store, name, err);
  if (status == COPSE_OK) status = make_notes(store, err);
  if (status != COPSE_OK) return status;
  copse_text_appendf(&sql, "DELETE FROM copse_tables WHERE name = ?");
  status = store_prepare(store, &sql, &forget, err);
  if (status != COPSE_OK) return status;
  sqlite3_bind_text(forget, 1, name, -1, SQLITE_STATIC);
  return finish_notes(store, forget, err);
}

void store_table_free(struct store_table *table) {
  if (table == NULL) return;
  sqlite3_finalize(table->insert);
  copse_text_release(&table->name);
  copse_text_release(&table->schema);
  copse_free(table->set);
  copse_free(table->bound);
  copse_free(table->whole);
  copse_free(table->last);
  copse_free(table);
}
