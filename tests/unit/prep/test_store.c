#define _GNU_SOURCE
/* Tables in SQLite: what is written reads back, names are only names, and failures leave the old tables. */
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "read_support.h"
#include "store/store.h"

static struct store *open_good(const char *path, enum store_mode mode) {
  struct store *store;
  copse_error err;
  if (store_open(NULL, path, mode, &store, &err) != COPSE_OK) fail_msg("%s", err.message);
  return store;
}

/* One table with one number per row; not committed. */
static void write_numbers(struct store *store, const char *name, double first, int n) {
  struct store_column column = {"n", STORE_REAL};
  struct store_table *table;
  copse_error err;
  if (store_table_create(store, name, &column, 1, &table, &err) != COPSE_OK) fail_msg("%s", err.message);
  for (int i = 0; i < n; i++) {
    store_table_number(table, 0, first + i);
    assert_int_equal(store_table_row(table, NULL), COPSE_OK);
  }
  assert_int_equal(store_table_n_rows(table), n);
  assert_int_equal(store_table_record(table, "test", "here", NULL), COPSE_OK);
  store_table_free(table);
}

static char *text_of(const char *path, const char *table) {
  static char text[4096];
  char spec[512];
  struct store_feed *feed;
  copse_error err;
  size_t got, n = 0;
  snprintf(spec, sizeof spec, "%s#%s", path, table);
  if (store_feed_open(NULL, spec, &feed, &err) != COPSE_OK) fail_msg("%s", err.message);
  do {
    assert_int_equal(store_feed_read(feed, text + n, 3, &got, NULL), COPSE_OK);
    n += got;
  } while (got == 3);
  text[n] = '\0';
  store_feed_close(feed);
  return text;
}

static void test_round_trip(void **unused) {
  (void)unused;
  const char *path = scratch_path("round.db"), *name = "\"; drop table x; --";
  struct store *store = open_good(path, STORE_WRITE);
  struct store_column columns[] = {{"a\"b", STORE_TEXT}, {"; drop", STORE_REAL}, {"whole", STORE_INTEGER}};
  struct store_table *table;
  assert_int_equal(store_begin(store, NULL), COPSE_OK);
  assert_int_equal(store_table_create(store, name, columns, 3, &table, NULL), COPSE_OK);
  store_table_text(table, 0, "x,\"y\"", 5);
  store_table_number(table, 1, 0.1);
  store_table_number(table, 2, 9007199254740991.0);
  assert_int_equal(store_table_row(table, NULL), COPSE_OK);
  store_table_text(table, 0, "", 0);
  store_table_number(table, 1, NAN);
  assert_int_equal(store_table_row(table, NULL), COPSE_OK);
  store_table_text(table, 0, NULL, 0);
  store_table_number(table, 1, 1e300);
  store_table_number(table, 2, -3);
  assert_int_equal(store_table_row(table, NULL), COPSE_OK);
  assert_int_equal(store_table_record(table, "load", "a.csv", NULL), COPSE_OK);
  store_table_free(table);
  assert_int_equal(store_commit(store, NULL), COPSE_OK);
  store_close(store);
  assert_string_equal(text_of(path, name),
                      "\"a\"\"b\",; drop,whole\n\"x,\"\"y\"\"\",0.1,9007199254740991\n\"\",,\n,1e+300,-3\n");
  assert_non_null(strstr(text_of(path, "copse_tables"), "\"\"\"; drop table x; --\",3,"));
}

static void test_all_or_nothing(void **unused) {
  (void)unused;
  const char *path = scratch_path("old.db");
  struct store *store = open_good(path, STORE_WRITE);
  assert_int_equal(store_begin(store, NULL), COPSE_OK);
  write_numbers(store, "t", 1, 2);
  assert_int_equal(store_commit(store, NULL), COPSE_OK);
  assert_int_equal(store_begin(store, NULL), COPSE_OK);
  write_numbers(store, "t", 5, 3);
  write_numbers(store, "u", 5, 3);
  store_close(store);
  assert_string_equal(text_of(path, "t"), "n\n1.0\n2.0\n");
  copse_error err;
  struct store_feed *feed;
  char spec[300];
  snprintf(spec, sizeof spec, "%s#u", path);
  assert_int_equal(store_feed_open(NULL, spec, &feed, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "has no table \"u\" (its tables: copse_tables, t)"));
}

/* A process that dies between begin and commit, after its pages went to the disk. */
static void test_crash(void **unused) {
  (void)unused;
  const char *path = scratch_path("crash.db");
  struct store *store = open_good(path, STORE_WRITE);
  assert_int_equal(store_begin(store, NULL), COPSE_OK);
  write_numbers(store, "t", 1, 2);
  assert_int_equal(store_commit(store, NULL), COPSE_OK);
  store_close(store);
  pid_t child = fork();
  if (child == 0) {
    store = open_good(path, STORE_WRITE);
    if (store_begin(store, NULL) != COPSE_OK) _exit(1);
    write_numbers(store, "t", 7, 600000);
    _exit(7);
  }
  int code;
  assert_int_equal(waitpid(child, &code, 0), child);
  assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 7);
  assert_string_equal(text_of(path, "t"), "n\n1.0\n2.0\n");
}

static void test_refusals(void **unused) {
  (void)unused;
  copse_error err;
  struct store *store, *other;
  const char *text = write_text("text.db", "this is no database, only a text of some length\n");
  assert_int_equal(store_open(NULL, text, STORE_WRITE, &store, &err), COPSE_ERR_FORMAT);
  assert_non_null(
      strstr(err.message, "text.db: found a file that is no SQLite database (name another file)"));
  assert_int_equal(store_open(NULL, scratch_path("none.db"), STORE_READ, &store, &err), COPSE_ERR_IO);
  assert_int_equal(store_open(NULL, scratch_path("none/x.db"), STORE_WRITE, &store, &err), COPSE_ERR_IO);
  assert_non_null(strstr(err.message, "cannot open"));
  assert_int_equal(store_open(NULL, scratch, STORE_WRITE, &store, &err), COPSE_ERR_IO);
  const char *path = scratch_path("locked.db");
  store = open_good(path, STORE_WRITE);
  write_numbers(store, "t", 1, 1);
  store_close(store);
  other = open_good(path, STORE_WRITE);
  assert_int_equal(store_begin(other, NULL), COPSE_OK);
  store = open_good(path, STORE_WRITE);
  assert_int_equal(store_begin(store, &err), COPSE_ERR_IO);
  assert_non_null(strstr(err.message, "locked.db: found the database locked by another program"));
  store_close(other);
  assert_int_equal(store_begin(store, &err), COPSE_OK);
  struct store_column column = {"n", STORE_REAL};
  struct store_table *table;
  assert_int_equal(store_table_create(store, "copse_tables", &column, 1, &table, &err), COPSE_ERR_ARGUMENT);
  store_close(store);
}

/* Somebody else reads while much is written: no page waits for the reader, and the commit does a short while.
 */
static void test_reader_beside(void **unused) {
  (void)unused;
  const char *path = scratch_path("read.db");
  char spec[300], text[16];
  size_t got;
  copse_error err;
  struct store_feed *feed;
  struct store *store = open_good(path, STORE_WRITE);
  assert_int_equal(store_begin(store, NULL), COPSE_OK);
  write_numbers(store, "t", 1, 50000);
  assert_int_equal(store_commit(store, NULL), COPSE_OK);
  snprintf(spec, sizeof spec, "%s#t", path);
  assert_int_equal(store_feed_open(NULL, spec, &feed, &err), COPSE_OK);
  assert_int_equal(store_feed_read(feed, text, sizeof text, &got, NULL), COPSE_OK);
  assert_int_equal(store_begin(store, NULL), COPSE_OK);
  time_t begun = time(NULL);
  write_numbers(store, "u", 1, 600000); /* more than SQLite's cache holds */
  assert_int_equal(store_commit(store, &err), COPSE_ERR_IO);
  assert_non_null(strstr(err.message, "read.db: found the database locked by another program for 2 seconds"));
  assert_true(time(NULL) - begun < 60);
  store_feed_close(feed);
  assert_int_equal(store_commit(store, &err), COPSE_OK);
  store_close(store);
}

/* A file that was made for nothing goes. */
static void test_no_empty_file(void **unused) {
  (void)unused;
  const char *path = scratch_path("made.db");
  struct store *store = open_good(path, STORE_WRITE);
  assert_int_equal(store_begin(store, NULL), COPSE_OK);
  store_close(store);
  assert_int_equal(access(path, F_OK), -1);
  write_text("made.db", ""); /* somebody else's stays */
  store = open_good(path, STORE_WRITE);
  store_close(store);
  assert_int_equal(access(path, F_OK), 0);
}

/* SQLite tells small letters from capitals nowhere. */
static void test_folded_names(void **unused) {
  (void)unused;
  copse_error err;
  struct store_table *table;
  struct store_column columns[] = {{"n", STORE_REAL}, {"N", STORE_REAL}};
  struct store *store = open_good(scratch_path("folded.db"), STORE_WRITE);
  assert_int_equal(store_begin(store, NULL), COPSE_OK);
  write_numbers(store, "t", 1, 2);
  assert_int_equal(store_table_create(store, "T", columns, 1, &table, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "table \"T\": there is \"t\" already"));
  assert_int_equal(store_table_create(store, "u", columns, 2, &table, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "the columns \"n\" and \"N\" are one to SQLite"));
  write_numbers(store, "t", 5, 1);
  assert_int_equal(store_commit(store, NULL), COPSE_OK);
  store_close(store);
}

/* What others put into the database stays, and is told where it is in the way. */
copse_status store_execute(const struct store *store, const char *sql, copse_error *err); /* of store_sql.h */

static void test_foreign_objects(void **unused) {
  (void)unused;
  copse_error err;
  struct store_table *table;
  struct store_column column = {"n", STORE_REAL};
  const char *path = scratch_path("foreign.db");
  struct store *store = open_good(path, STORE_WRITE);
  assert_int_equal(store_begin(store, NULL), COPSE_OK);
  write_numbers(store, "t", 1, 2);
  assert_int_equal(store_execute(store, "CREATE VIEW v AS SELECT * FROM t", NULL), COPSE_OK);
  assert_int_equal(store_execute(store, "CREATE INDEX i ON t(n)", NULL), COPSE_OK);
  assert_int_equal(
      store_execute(store, "CREATE TRIGGER t AFTER INSERT ON t BEGIN SELECT RAISE(ABORT, 'no'); END", NULL),
      COPSE_OK);
  assert_int_equal(store_execute(store, "CREATE TABLE z(n)", NULL), COPSE_OK);
  assert_int_equal(store_execute(store, "INSERT INTO z VALUES (CAST(x'610062' AS TEXT))", NULL), COPSE_OK);
  assert_int_equal(store_table_create(store, "V", &column, 1, &table, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message,
                         "foreign.db: table \"V\": found a view of that name, expected a table or none "
                         "(drop it, or choose another name)"));
  assert_int_equal(store_table_create(store, "i", &column, 1, &table, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "table \"i\": found an index of that name"));
  write_numbers(store, "t", 5, 1); /* with its trigger and index */
  assert_int_equal(store_commit(store, NULL), COPSE_OK);
  store_close(store);
  assert_string_equal(text_of(path, "v"), "n\n5.0\n");
  /* a text that no CSV has */
  char spec[512];
  const char *paths[] = {spec};
  copse_frame *frame;
  copse_read_options options = copse_read_options_default();
  snprintf(spec, sizeof spec, "%s#z", path);
  assert_int_equal(copse_frame_read_files(NULL, paths, 1, &options, &frame, &err), COPSE_ERR_FORMAT);
  assert_non_null(strstr(err.message,
                         "foreign.db#z: found a text with the control byte 0x00, expected text "
                         "(replace the byte in the table)"));
}

static void test_split(void **unused) {
  (void)unused;
  char path[STORE_PATH_CAPACITY];
  const char *table;
  assert_true(store_split("a.db#t#u", path, &table));
  assert_string_equal(path, "a.db");
  assert_string_equal(table, "t#u");
  assert_false(store_split("a.csv", path, &table));
  assert_false(store_split("#t", path, &table));
  assert_true(store_split("a#", path, &table));
  assert_string_equal(table, "");
  assert_false(store_split(write_text("odd#name.csv", "a\n1\n"), path, &table));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_all_or_nothing),
      cmocka_unit_test(test_crash),           cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_split),           cmocka_unit_test(test_reader_beside),
      cmocka_unit_test(test_no_empty_file),   cmocka_unit_test(test_folded_names),
      cmocka_unit_test(test_foreign_objects),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
