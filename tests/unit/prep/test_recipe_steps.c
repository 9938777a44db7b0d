/* Every kind of step on a small table: fitted, stored, read back, replayed, in blocks of any size. */
#define _GNU_SOURCE
#include <math.h>

#include "recipe_support.h"

#define LOAD "[load]\n"

static void test_load(void **unused) {
  (void)unused;
  /* by their cells: a whole number, a number, a text, nothing */
  expect_table(LOAD, "i,r,t,none\n1,1.5,a,\n2,,\"b,c\",\n,3,,\n",
               "i,r,t,none\n1,1.5,a,\n2,,\"b,c\",\n,3.0,,\n");
  expect_table(LOAD "text = t\nreal = r\nskip = x\nother = drop\nmissing_values = -,\n  nan\n",
               "x,r,t,y\n1,2,nan,0\n1,-,5,0\n1,nan,na,0\n", "r,t\n2.0,\n,\"5\"\n,\"na\"\n");
  expect_table(LOAD "real = r, gone?\ntext = t\n", "t,r\n,1\n", "t,r\n,1.0\n");
  /* a whole number that a double rounds stays the text that it is; 2^53 is the last that is not */
  expect_table(LOAD "[dedupe]\n",
               "n,m,r\n9007199254740993,9007199254740992,1e300\n"
               "9007199254740992,-9007199254740992,2\n9007199254740993,9007199254740992,1e300\n",
               "n,m,r\n\"9007199254740993\",9007199254740992,1e+300\n"
               "\"9007199254740992\",-9007199254740992,2.0\n");
  expect_table(LOAD, "n\n-123456789012345678901\n0012\n", "n\n\"-123456789012345678901\"\n\"0012\"\n");
  /* an empty cell is missing, in quotes or not; a text stays one, whatever it looks like */
  expect_table(LOAD "text = t\n[fill]\ncolumns = t\nvalue = none\n", "t,u\n\"\",1\n,2\n007,3\n7x,4\n",
               "t,u\n\"none\",1\n\"none\",2\n\"007\",3\n7x,4\n");
}

static void test_fill(void **unused) {
  (void)unused;
  const char *rows = "a,b,t\n1,,x\n,4,y\n5,8,\n3,,y\n";
  expect_table(LOAD "[fill]\ncolumns = a, t\nvalue = 7\n", rows, "a,b,t\n1,,x\n7,4,y\n5,8,\"7\"\n3,,y\n");
  expect_table(LOAD "real = b\n[fill]\nmethod = median\ncolumns = a, b\n", rows,
               "a,b,t\n1,6.0,x\n3,4.0,y\n5,8.0,\n3,6.0,y\n");
  expect_table(LOAD "[fill]\nmethod = mode\ncolumns = t, gone?\n", rows, "a,b,t\n1,,x\n,4,y\n5,8,y\n3,,y\n");
}

static void test_map(void **unused) {
  (void)unused;
  write_text("tiers.csv", "\xEF\xBB\xBFname,tier\none,1\n\"two, too\",2");
  const char *rows = "c,n\none,1\n\"two, too\",2\nthree,3\n,4\n";
  expect_table(LOAD "[map]\ncolumn = c\nfile = tiers.csv\ninto = t\ntype = real\notherwise = 3\n", rows,
               "c,n,t\none,1,1.0\n\"two, too\",2,2.0\nthree,3,3.0\n,4,3.0\n");
  expect_table(LOAD "[map]\ncolumn = c\nfile = tiers.csv\n", rows, "c,n\n\"1\",1\n\"2\",2\n,3\n,4\n");
  write_text("codes.csv", "from,to\n2,zwei\n");
  expect_table(LOAD "[map]\ncolumn = n\nfile = codes.csv\ninto = c\notherwise = ?\n", rows,
               "c,n\n\"?\",1\nzwei,2\n\"?\",3\n\"?\",4\n");
}

static void test_levels(void **unused) {
  (void)unused;
  const char *rows = "a,b\nx,1\nx,1\nx,2\ny,2\ny,3\nz,1\n,1\n";
  expect_table(LOAD "[levels]\ncolumns = a\nkeep = y, \"z\"\notherwise = rest\n", rows,
               "a,b\nrest,1\nrest,1\nrest,2\ny,2\ny,3\nz,1\nrest,1\n");
  expect_table(LOAD "[levels]\ncolumns = a\ncover = 0.8\nmissing = keep\n", rows,
               "a,b\nx,1\nx,1\nx,2\ny,2\ny,3\nothers,1\n,1\n");
  expect_table(LOAD "[levels]\ncolumns = a, b\nmin_rows = 3\n", rows,
               "a,b\nx,\"1\"\nx,\"1\"\nx,others\nothers,others\nothers,others\nothers,\"1\"\nothers,\"1\"\n");
  write_text("kept.csv", "column,level\na,y\nb,2\na,x\n");
  expect_table(LOAD "[levels]\ncolumns = a\nfile = kept.csv\n", rows,
               "a,b\nx,1\nx,1\nx,2\ny,2\ny,3\nothers,1\nothers,1\n");
}

static void test_rollup(void **unused) {
  (void)unused;
  write_text("groups.csv", "c,g\nc1,z\nc2,a\nc3,z");
  const char *rows = "k,n,c1,c2,c3\nb,2,1,,2\na,1,,5,\nb,2,3,1,\n,9,,,\na,,1,1,1\nb,10,,,4\n";
  char recipe[300];
  static const struct {
    const char *function, *expected;
  } cases[] = {
      {"function = sum", "k,n,a,z\n,9,0.0,0.0\na,,1.0,2.0\na,1,5.0,0.0\nb,2,1.0,6.0\nb,10,0.0,4.0\n"},
      {"function = count", "k,n,a,z\n,9,0,0\na,,1,2\na,1,1,0\nb,2,1,3\nb,10,0,1\n"},
      {"function = mean", "k,n,a,z\n,9,,\na,,1.0,1.0\na,1,5.0,\nb,2,1.0,2.0\nb,10,,4.0\n"},
      {"function = max", "k,n,a,z\n,9,,\na,,1.0,1.0\na,1,5.0,\nb,2,1.0,3.0\nb,10,,4.0\n"},
      {"function = min", "k,n,a,z\n,9,,\na,,1.0,1.0\na,1,5.0,\nb,2,1.0,1.0\nb,10,,4.0\n"},
      {"order = input", "k,n,a,z\nb,2,1.0,6.0\na,1,5.0,0.0\n,9,0.0,0.0\na,,1.0,2.0\nb,10,0.0,4.0\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    snprintf(recipe, sizeof recipe,
             LOAD "real = c1,c2,c3\n[rollup]\nindex = k, n, label?\nfile = groups.csv\n%s\n",
             cases[i].function);
    expect_table(recipe, rows, cases[i].expected);
  }
}

static void test_date(void **unused) {
  (void)unused;
  expect_table(LOAD
               "[date]\ncolumn = d\nparts = hour, year, month, day, weekday, yearday, quarter, minute\n"
               "since = 2024-02-28\n",
               "d,x\n2024-02-29 12:30:00,1\n2023-12-31,2\n,3\n",
               "x,d_year,d_quarter,d_month,d_day,d_weekday,d_yearday,d_hour,d_minute,d_days\n"
               "1,2024,1,2,29,3,60,12,30,1.5208333333333333\n2,2023,4,12,31,6,365,0,0,-59.0\n3,,,,,,,,,\n");
}

/* What is left of what a run has to tell, after fitting on the rows and going through them once. */
static char *notes_of(const char *recipe_text, const char *rows) {
  copse_recipe *recipe = read_recipe(recipe_text, NULL);
  const char *path = write_text("rows.csv", rows);
  copse_error err;
  if (copse_recipe_fit(recipe, &path, 1, NULL, &err) != COPSE_OK) fail_msg("%s", err.message);
  free(replay(recipe, rows, -1, 0));
  const char *notes = copse_recipe_notes(recipe);
  char *copy = strdup(notes != NULL ? notes : "");
  copse_recipe_free(recipe);
  return copy;
}

/* A zone moves a date to UTC, over the ends of days, months and years too; a column of both kinds is told. */
static void test_date_zones(void **unused) {
  (void)unused;
  const char *recipe = LOAD
      "text = d\n[date]\ncolumn = d\nparts = year, month, day, hour, minute\n"
      "since = 2024-01-02T01:00:00+01:00\n";
  expect_table(recipe,
               "d,x\n2024-01-02T03:04:05Z,1\n2024-01-02 03:04:05.25 UTC,2\n2024-01-01T00:30:00+02:00,3\n"
               "2023-12-31 23:59-0530,4\n2024-02-29T12:00:00 +00,5\n\" 2024-03-01T00:00:00z \",6\n",
               "x,d_year,d_month,d_day,d_hour,d_minute,d_days\n1,2024,1,2,3,4,0.12783564814814816\n"
               "2,2024,1,2,3,4,0.12783564814814816\n3,2023,12,31,22,30,-1.0625\n"
               "4,2024,1,1,5,29,-0.7715277777777778\n5,2024,2,29,12,0,58.5\n6,2024,3,1,0,0,59.0\n");
  char *notes = notes_of(recipe, "d\n2024-01-02T03:04:05Z\n2024-01-02T03:04:05\n2024-01-03\n");
  assert_non_null(strstr(
      notes, "r.recipe:3: [date]: column \"d\": 2 dates have no zone, others have one: they count as UTC\n"));
  free(notes);
  notes = notes_of(recipe, "d\n2024-01-02T03:04:05Z\n2024-01-02T03:04:05+02:00\n");
  assert_string_equal(notes, "");
  free(notes);
  static const char *const bad[] = {"2024-01-02Z",
                                    "2024-01-02T03:04:05X",
                                    "2024-01-02T03:04:05+2",
                                    "2024-01-02T03:04:05+02:",
                                    "2024-01-02T03:04:05+24:00",
                                    "2024-01-02T03:04:05+02:60",
                                    "2024-01-02T03:04:05ZZ",
                                    "2024-01-02T03:04:05+02:000",
                                    "2023-02-29"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char rows[80];
    snprintf(rows, sizeof rows, "d\n%s\n", bad[i]);
    expect_failure(recipe, rows,
                   "expected YYYY-MM-DD or YYYY-MM-DD hh:mm:ss, with a zone (Z, +02:00) or without");
  }
}

/* A split by time puts moments in order, not the texts of their zones. */
static void test_split_zones(void **unused) {
  (void)unused;
  const char *rows =
      "d,x\n2024-01-01T23:00:00-05:00,5\n2024-01-02T01:00:00Z,2\n2024-01-02T05:00:00+04:00,3\n"
      "2024-01-02T03:00:00Z,4\n2024-01-02T01:30:00+02:00,1\n";
  copse_recipe *recipe = read_recipe(LOAD "[split]\nmethod = time\ncolumn = d\nvalid = 0.4\n", NULL);
  const char *path = write_text("rows.csv", rows);
  assert_int_equal(copse_recipe_fit(recipe, &path, 1, NULL, NULL), COPSE_OK);
  char *held = replay(recipe, rows, 1, 0);
  assert_string_equal(held, "d,x\n2024-01-01T23:00:00-05:00,5\n2024-01-02T03:00:00Z,4\n");
  free(held);
  copse_recipe_free(recipe);
}

/* Whatever stands between the date and the time of day, and around both. */
static void test_split_ways_of_writing(void **unused) {
  (void)unused;
  const char *rows =
      "d,x\n2024-01-01T10:00:00Z,2\n2024-01-01 12:00,3\n\" 2024-01-01 13:00:00 \",4\n2024-01-01T11:00:00,1\n"
      "2024-01-01,0\n";
  copse_recipe *recipe = read_recipe(LOAD "[split]\nmethod = time\ncolumn = d\nvalid = 0.4\n", NULL);
  const char *path = write_text("rows.csv", rows);
  assert_int_equal(copse_recipe_fit(recipe, &path, 1, NULL, NULL), COPSE_OK);
  char *held = replay(recipe, rows, 1, 0);
  assert_string_equal(held, "d,x\n2024-01-01 12:00,3\n\" 2024-01-01 13:00:00 \",4\n");
  free(held);
  copse_recipe_free(recipe);
}

/* Fits on some rows and replays the stored recipe on others, with columns more or less: the last table. */
static char *replay_stored(const char *recipe_text, const char *rows, const char *others) {
  copse_recipe *recipe = read_recipe(recipe_text, NULL), *stored;
  const char *path = write_text("rows.csv", rows);
  copse_error err;
  copse_text text = {.ctx = NULL};
  if (copse_recipe_fit(recipe, &path, 1, NULL, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_int_equal(copse_recipe_write(recipe, &text, NULL), COPSE_OK);
  if (copse_recipe_parse(NULL, text.data, text.length, "test", &stored, &err) != COPSE_OK)
    fail_msg("%s", err.message);
  char *out = replay(stored, others, -1, 0);
  copse_text_release(&text);
  copse_recipe_free(recipe);
  copse_recipe_free(stored);
  return out;
}

/* Rows to be scored have columns that the fitted ones did not have: formulas mean what they meant, rows that
 * were equal are. */
static void test_later_columns(void **unused) {
  (void)unused;
  static const char *const loads[] = {"[load]\nother = text\n", "[load]\ntext = b\n"};
  for (size_t i = 0; i < 2; i++) {
    char recipe[200];
    snprintf(recipe, sizeof recipe, "%s[filter]\nwhere = b = \"k1\"\n[select]\ncolumns = b\n", loads[i]);
    char *text = replay_stored(recipe, "b\nk1\nk2\n", "k1,b\nk2,k1\nk2,k2\n");
    assert_string_equal(text, "b\nk1\n");
    free(text);
  }
  char *text = replay_stored("[load]\nother = text\n[dedupe]\n", "b,c\nx,1\n", "n,b,c\n1,x,y\n2,x,y\n");
  assert_string_equal(text, "b,c\nx,y\n");
  free(text);
}

/* Blanks in quotes are part of a text; numbers, dates, missing cells and names are told without them. */
static void test_quoted_blanks(void **unused) {
  (void)unused;
  expect_table(LOAD "missing_values = none\n",
               "\" t \",n,u\n\" a \",\" 1 \",\" \"\n a ,2,x\n\" none \",\"  \",\"\"\"q \"\n",
               "t,n,u\n\" a \",1,\na,2,x\n,,\"\"\"q \"\n");
  write_text("m.csv", "from,to\n\" a\",blank\na,plain\n");
  expect_table(LOAD "[map]\ncolumn = t\nfile = m.csv\n", "t,n\n\" a\",1\na,2\n a ,3\n",
               "t,n\nblank,1\nplain,2\nplain,3\n");
  expect_table(LOAD "[filter]\nwhere = t = ' a'\n", "t,n\n\" a\",1\na,2\n", "t,n\n\" a\",1\n");
}

/* A step that learns before rows are held out is told; behind them it is not, nor where it learns nothing. */
static void test_learning_before_split(void **unused) {
  (void)unused;
  static const char split[] = "[split]\nvalid = 0.5\n", fill[] = "[fill]\nmethod = median\ncolumns = a\n";
  const char *rows = "a,b\n1,k1\n2,k2\n3,\n";
  char recipe[200];
  snprintf(recipe, sizeof recipe, LOAD "%s%s", fill, split);
  char *notes = notes_of(recipe, rows);
  assert_non_null(strstr(notes,
                         "r.recipe:2: [fill]: learns from all rows, those too that [split] in line 5 holds "
                         "out (put it behind)\n"));
  free(notes);
  snprintf(recipe, sizeof recipe, LOAD "[fill]\ncolumns = b\nvalue = none\n%s%s", split, fill);
  notes = notes_of(recipe, rows);
  assert_string_equal(notes, "");
  free(notes);
}

/* What a column of texts is compared with may stand in double quotes, unless a column is called so. */
static void test_quoted_texts(void **unused) {
  (void)unused;
  const char *rows = "a,b,k2\n1,k1,k1\n2,k2,x\n3,x y,x y\n";
  expect_table(LOAD "[filter]\nwhere = b = \"k1\"\n", rows, "a,b,k2\n1,k1,k1\n");
  expect_table(LOAD "[filter]\nwhere = b != \"k1\" and not b == \"x y\"\n", rows, "a,b,k2\n2,k2,x\n");
  expect_table(LOAD "[filter]\nwhere = b = \"k2\"\n", rows, "a,b,k2\n1,k1,k1\n3,x y,x y\n");
  expect_table(LOAD "[derive]\ninto = c\nformula = 2 * (b = \"k1\")\n", rows,
               "a,b,k2,c\n1,k1,k1,2.0\n2,k2,x,0.0\n3,x y,x y,0.0\n");
  /* quotes in quotes are doubled */
  const char *quotes = "\"\"\"; drop\",t\n1,it's\n2,\"a \"\"b\"\"\"\n";
  expect_table(LOAD "[filter]\nwhere = \"\"\"; drop\" > 1\n", quotes,
               "\"\"\"; drop\",t\n2,\"a \"\"b\"\"\"\n");
  expect_table(LOAD "[filter]\nwhere = t = 'it''s'\n", quotes, "\"\"\"; drop\",t\n1,it's\n");
  expect_table(LOAD "[filter]\nwhere = t = \"a \"\"b\"\"\"\n[drop]\ncolumns = t\n", quotes,
               "\"\"\"; drop\"\n2\n");
  expect_failure(LOAD "[filter]\nwhere = t = 'it''\n", quotes, "expected a closing quote");
  char *notes = notes_of(LOAD "[filter]\nwhere = b = \"k1\"\n", rows);
  assert_non_null(strstr(notes, "r.recipe:2: [filter]: where: \"k1\" is no column: read as the text 'k1'\n"));
  free(notes);
  expect_failure(LOAD "[filter]\nwhere = a = \"k1\"\n", rows, "no column \"k1\"");
  expect_failure(LOAD "[filter]\nwhere = b = \"k1\"?\n[drop]\ncolumns = z\n", rows, "no column \"z\"");
  expect_failure(LOAD "[filter]\nwhere = b < \"k1\"\n", rows, "no column \"k1\"");
  expect_failure(LOAD "[filter]\nwhere = a = 'k1'\n", rows,
                 "expected numbers on both sides, or texts on both sides of = or != (city = 'Pune')");
}

static void test_cyclic(void **unused) {
  (void)unused;
  expect_table(LOAD "[date]\ncolumn = d\ncyclic = hour\nkeep = true\nprefix = at\n",
               "d,x\n2024-02-29T00:00,1\n2024-02-29T12:00:00.5,1\n",
               "d,x,at_hour_sin,at_hour_cos\n2024-02-29T00:00,1,0.0,1.0\n"
               "2024-02-29T12:00:00.5,1,1.2246467991473532e-16,-1.0\n");
}

static void test_onehot(void **unused) {
  (void)unused;
  const char *rows = "a,n,b\nx,1,1.5\ny,2,2\n,3,2\n";
  expect_table(LOAD "[onehot]\ncolumns = a, b\n", rows,
               "n,a_x,a_y,b_1.5,b_2.0\n1,1,0,1,0\n2,0,1,0,1\n3,0,0,0,1\n");
  copse_recipe *recipe = read_recipe(LOAD "[onehot]\ncolumns = a, b\nnames = b_2.0, a_z, a_x\n", NULL);
  const char *path = write_text("rows.csv", rows);
  assert_int_equal(copse_recipe_fit(recipe, &path, 1, NULL, NULL), COPSE_OK);
  char *text = replay(recipe, "b,a,n\n9,x,1\n2,q,2\n", -1, 0);
  assert_string_equal(text, "n,b_2.0,a_z,a_x\n1,0,0,1\n2,1,0,0\n");
  assert_non_null(strstr(copse_recipe_notes(recipe), "2 cells hold levels that are not in its list"));
  free(text);
  copse_recipe_free(recipe);
}

/* In columns of numbers "1" and "1.0" are one; what is made keeps the name that was asked for. */
static void test_numbers_as_keys(void **unused) {
  (void)unused;
  const char *rows = "r,i,t\n1,1,1\n2.0,2,2.0\n2.5,3,3\n";
  write_text("n.csv", "from,to\n1,a\n2.0,b\n2.50,c\n3.0,d\n");
  expect_table(LOAD
               "real = r\ntext = t\n[map]\ncolumn = r\nfile = n.csv\n[map]\ncolumn = i\nfile = n.csv\n"
               "[map]\ncolumn = t\nfile = n.csv\n",
               rows, "r,i,t\na,a,a\nb,b,b\nc,d,\n");
  expect_table(LOAD "text = t\n[levels]\ncolumns = r, i\nkeep = 1, 2.0\n", rows,
               "r,i,t\n\"1.0\",\"1\",\"1\"\n\"2.0\",\"2\",\"2.0\"\nothers,others,\"3\"\n");
  expect_table(LOAD "text = t\n[onehot]\ncolumns = r, i\nnames = r_1, r_2.0, i_1, i_2.0\n", rows,
               "t,r_1,r_2.0,i_1,i_2.0\n\"1\",1,0,1,0\n\"2.0\",0,1,0,1\n\"3\",0,0,0,0\n");
  write_text("n.csv", "from,to\n1,a\n1.0,b\n");
  expect_failure(LOAD "[map]\ncolumn = r\nfile = n.csv\n", rows, "\"1\" and \"1.0\" are one number");
  expect_table(LOAD "text = r\n[map]\ncolumn = r\nfile = n.csv\n", "r\n1\n1.0\n", "r\na\nb\n");
  expect_failure(LOAD "[onehot]\ncolumns = r\nnames = r_1, r_1.0\n", rows, "of \"r\" comes twice");
}

static void test_derive_and_filter(void **unused) {
  (void)unused;
  const char *rows = "a,b c,t\n1,2,x\n4,0,y\n,3,x\n-2,1,\n";
  expect_table(LOAD "[derive]\ninto = r\nformula = -(a + 1) * 2 / \"b c\"\n", rows,
               "a,b c,t,r\n1,2,x,-2.0\n4,0,y,\n,3,x,\n-2,1,,2.0\n");
  expect_table(
      LOAD
      "[derive]\ninto = a\nformula = max(abs(a), min(\"b c\", 3)) + sqrt(4) - log(exp(1)) + floor(0.5)\n",
      rows, "a,b c,t\n3.0,2,x\n5.0,0,y\n,3,x\n3.0,1,\n");
  expect_table(LOAD "[filter]\nwhere = t = 'x' and not missing(a) or a < -1\n", rows,
               "a,b c,t\n1,2,x\n-2,1,\n");
  expect_table(LOAD "[filter]\nwhere = missing(t) or t != 'x'\n[drop]\ncolumns = t\n", rows,
               "a,b c\n4,0\n-2,1\n");
  expect_table(LOAD "[filter]\nwhere = a >= 1 and a <= 1 or a > 3 and a == 4\n[select]\ncolumns = t, a, z?\n",
               rows, "t,a\nx,1\ny,4\n");
}

/* A column's name may stand in quotes, as in lists and formulas. */
static void test_names_in_quotes(void **unused) {
  (void)unused;
  write_text("m.csv", "from,to\nx,1\n");
  expect_table(LOAD
               "[map]\ncolumn = \"a b\"\nfile = m.csv\ninto = \"\"\"q\"\ntype = real\n"
               "[map]\ncolumn = \"none\"?\nfile = m.csv\n[derive]\ninto = \"a b\"\nformula = \"\"\"q\" + 1\n",
               "a b\nx\ny\n", "a b,\"\"\"q\"\n2.0,1.0\n,\n");
}

/* NAME? where one column is named, and in formulas: with the column, and without it. */
static void test_maybe_missing(void **unused) {
  (void)unused;
  write_text("m.csv", "from,to\nx,1\n");
  const char *text = LOAD
      "text = t?, d?\n[map]\ncolumn = t?\nfile = m.csv\ninto = m\ntype = real\n"
      "[date]\ncolumn = d?\nparts = year\n"
      "[derive]\ninto = z\nformula = max(a, 2) * (1 - missing(\"y\"?))\n"
      "[filter]\nwhere = missing(y?) or y? > 1 or t? = 'x'\n";
  expect_table(text, "a,y,t,d\n1,2,x,2024-01-02\n3,1,q,\n4,1,x,\n",
               "a,y,t,m,d_year,z\n1,2,x,1.0,2024,2.0\n4,1,x,1.0,,4.0\n");
  expect_table(text, "a\n1\n3\n", "a,z\n1,0.0\n3,0.0\n");
  expect_failure(LOAD "[map]\ncolumn = t\nfile = m.csv\n", "a\n1\n",
                 "no column \"t\" (add it, or write \"t?\"");
}

static size_t count_of(const char *text, const char *word) {
  size_t n = 0;
  for (; (text = strstr(text, word)) != NULL; text++) n++;
  return n;
}

/* A header and two rows: n columns whose name begins with `name` and hold `value`. */
static void add_columns(FILE *file, const char *name, const char *value, int n) {
  for (int row = 0; row < 3; row++) {
    for (int i = 0; i < n; i++)
      fprintf(file, "%s%s%d", i > 0 ? "," : "", row == 0 ? name : value, row == 0 ? i : row);
    fprintf(file, "\n");
  }
}

/* A thousand columns in a recipe, and a thousand that it does not know: what is said stays one line. */
static void test_many_columns(void **unused) {
  (void)unused;
  enum { N = 1000 };
  char *text, *rows, *others;
  FILE *file = open_memstream(&text, &(size_t){0});
  fprintf(file, LOAD "[levels]\nmin_rows = 2\ncolumns =");
  for (int i = 0; i < N; i++) fprintf(file, " %s%d,%s", "c", i, i % 10 == 9 ? "\n " : "");
  fprintf(file, "\n[onehot]\ncolumns =");
  for (int i = 0; i < N; i++) fprintf(file, " %s%d,%s", "c", i, i % 10 == 9 ? "\n " : "");
  fprintf(file, "\n");
  fclose(file);
  file = open_memstream(&rows, &(size_t){0});
  add_columns(file, "c", "x", N);
  fclose(file);
  file = open_memstream(&others, &(size_t){0});
  add_columns(file, "other", "x", N);
  fclose(file);
  copse_recipe *recipe = read_recipe(text, NULL);
  const char *path = write_text("rows.csv", rows);
  copse_error err;
  if (copse_recipe_fit(recipe, &path, 1, NULL, &err) != COPSE_OK) fail_msg("%s", err.message);
  const char *notes = copse_recipe_notes(recipe);
  assert_non_null(
      strstr(notes, "no level of 1000 columns is kept (\"c0\", \"c1\", \"c2\", \"c3\", \"c4\" ...)"));
  assert_int_equal(count_of(notes, "\n"), 1);
  char *out = replay(recipe, rows, -1, 0);
  assert_int_equal(count_of(out, "_others"), N);
  copse_text unused_text = {.ctx = NULL};
  path = write_text("rows.csv", others);
  assert_int_equal(recipe_table_text(recipe, &path, 1, NULL, -1, &unused_text, &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "no column \"c0\""));
  assert_true(strlen(err.message) < 600);
  copse_text_release(&unused_text);
  copse_recipe_free(recipe);
  free(out);
  free(text);
  free(rows);
  free(others);
}

static void test_dedupe(void **unused) {
  (void)unused;
  const char *rows = "a,b\n1,x\n2,x\n1,x\n,y\n1,y\n,y\n";
  expect_table(LOAD "[dedupe]\n", rows, "a,b\n1,x\n2,x\n,y\n1,y\n");
  expect_table(LOAD "[dedupe]\ncolumns = b\n[derive]\ninto = c\nformula = a * 2\n", rows,
               "a,b,c\n1,x,2.0\n,y,\n");
}

/* Rows n,s,d: a number, one of two strata, a day. */
static char *many_rows(int first, int n) {
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "n,s,d\n");
  for (int i = first; i < first + n; i++)
    fprintf(file, "%d,%s,2024-01-%02d\n", i, i % 4 ? "m" : "f", i % 31 + 1);
  fclose(file);
  return text;
}

static char *fit_and_replay(const char *recipe_text, const char *rows, int part) {
  copse_recipe *recipe = read_recipe(recipe_text, NULL);
  const char *path = write_text("rows.csv", rows);
  copse_error err;
  if (copse_recipe_fit(recipe, &path, 1, NULL, &err) != COPSE_OK) fail_msg("%s", err.message);
  char *text = replay(recipe, rows, part, 500);
  copse_recipe_free(recipe);
  return text;
}

static void test_split(void **unused) {
  (void)unused;
  char *rows = many_rows(0, 2000), *later = many_rows(1000, 2000), *all, *part, *other;
  /* the parts of all rows, by what they are */
  all = fit_and_replay(LOAD "[split]\nvalid = 0.25\ntest = 0.1\n", rows, -1);
  assert_int_equal(count_of(all, "\n"), 2001); /* the column of the split is none of the table's */
  assert_null(strstr(all, "part"));
  part = fit_and_replay(LOAD "[split]\nvalid = 0.25\ntest = 0.1\n", rows, 1);
  other = fit_and_replay(LOAD "[split]\nvalid = 0.25\ntest = 0.1\n", later, 1);
  assert_in_range(count_of(part, "\n"), 440, 562);
  for (char *line = strtok(part, "\n"); line != NULL; line = strtok(NULL, "\n"))
    if (atoi(line) >= 1000) assert_non_null(strstr(other, line));
  free(all);
  free(part);
  free(other);
  /* strata: exact shares in each; 500 rows are "f" */
  part = fit_and_replay(LOAD "[split]\nmethod = stratified\ncolumn = s\nvalid = 0.3\n", rows, 1);
  assert_int_equal(count_of(part, ",f,"), 150);
  assert_int_equal(count_of(part, ",m,"), 450);
  free(part);
  /* time: the last days */
  part = fit_and_replay(LOAD "[split]\nmethod = time\ncolumn = d\nvalid = 0.2\n", rows, 0);
  other = fit_and_replay(LOAD "[split]\nmethod = time\ncolumn = d\nvalid = 0.2\n", rows, 1);
  assert_in_range(count_of(other, "\n"), 390, 470);
  assert_int_equal(count_of(part, "\n") + count_of(other, "\n"), 2002);
  assert_null(strstr(part, "2024-01-31"));
  assert_null(strstr(other, "2024-01-10"));
  free(part);
  free(other);
  /* groups: all rows of a day are in one part */
  part = fit_and_replay(LOAD "[split]\nby = d\nvalid = 0.5\n", rows, 0);
  other = fit_and_replay(LOAD "[split]\nby = d\nvalid = 0.5\n", rows, 1);
  char day[16];
  int n_both = 0;
  for (int i = 1; i <= 31; i++) {
    snprintf(day, sizeof day, "2024-01-%02d", i);
    n_both += strstr(part, day) != NULL && strstr(other, day) != NULL;
  }
  assert_int_equal(n_both, 0);
  assert_true(count_of(other, "\n") > 1);
  free(part);
  free(other);
  free(rows);
  free(later);
}

/* Without a time nothing is held out, and it is told which part has no row. */
static void test_split_empty_part(void **unused) {
  (void)unused;
  const char *rows = "d,x\n,1\n,2\n";
  copse_recipe *recipe = read_recipe(LOAD "text = d\n[split]\nmethod = time\ncolumn = d\n", NULL);
  const char *path = write_text("rows.csv", rows);
  copse_error err;
  copse_text out = {.ctx = NULL};
  assert_int_equal(copse_recipe_fit(recipe, &path, 1, NULL, NULL), COPSE_OK);
  char *text = replay(recipe, rows, 0, 0);
  assert_string_equal(text, rows);
  assert_int_equal(recipe_table_text(recipe, &path, 1, NULL, 1, &out, &err), COPSE_ERR_DATA);
  assert_non_null(
      strstr(err.message,
             "r.recipe:3: [split]: no row is in the part valid (give more rows or other shares, or "
             "look whether \"d\" is missing)"));
  copse_text_release(&out);
  copse_recipe_free(recipe);
  free(text);
}

/* What a step behind the split learns must not hang on the rows held out. */
static void test_split_hides_rows(void **unused) {
  (void)unused;
  char *rows = many_rows(0, 1000), *clean, *poisoned;
  const char *recipe_text = LOAD
      "real = n\ntext = s, d\n[split]\nby = d\nvalid = 0.4\n[fill]\nmethod = median\ncolumns = n\n"
      "[levels]\ncolumns = s\nmin_rows = 5\n[onehot]\ncolumns = s\n";
  copse_recipe *recipe = read_recipe(recipe_text, NULL);
  const char *path = write_text("rows.csv", rows);
  assert_int_equal(copse_recipe_fit(recipe, &path, 1, NULL, NULL), COPSE_OK);
  char *held = replay(recipe, rows, 1, 0);
  copse_text before = {.ctx = NULL}, after = {.ctx = NULL};
  assert_int_equal(copse_recipe_write(recipe, &before, NULL), COPSE_OK);
  copse_recipe_free(recipe);
  /* other numbers and a level of their own in every row that is held out (the day stays, and so the part) */
  FILE *file = open_memstream(&poisoned, &(size_t){0});
  fprintf(file, "n,s,d\n");
  int n_poisoned = 0;
  for (char *line = strtok(rows, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    if (line[0] == 'n') continue;
    const char *day = strstr(line, "2024");
    bool is_held = strstr(held, day) != NULL;
    if (is_held)
      fprintf(file, "1e9,poison,%s\n", day);
    else
      fprintf(file, "%s\n", line);
    n_poisoned += is_held;
  }
  fclose(file);
  assert_true(n_poisoned > 100);
  recipe = read_recipe(recipe_text, NULL);
  path = write_text("rows.csv", poisoned);
  assert_int_equal(copse_recipe_fit(recipe, &path, 1, NULL, NULL), COPSE_OK);
  assert_int_equal(copse_recipe_write(recipe, &after, NULL), COPSE_OK);
  assert_string_equal(before.data, after.data);
  clean = replay(recipe, poisoned, 0, 0);
  assert_null(strstr(clean, "poison"));
  copse_recipe_free(recipe);
  copse_text_release(&before);
  copse_text_release(&after);
  free(clean);
  free(held);
  free(poisoned);
  free(rows);
}

/* A side line reads an earlier table and learns from it; the last table is the main line's, with rows merged
 * by a step that the side line does not have. */
static void test_side_lines(void **unused) {
  (void)unused;
  write_text("g.csv", "column,group\nn,sum\n");
  const char *rows = "k,s,n\na,x,1\nb,y,2\na,x,4\nb,z,8\n";
  const char *text =
      "[load raw]\n[rollup merged]\nindex = k\nfile = g.csv\n"
      "[levels frequent]\nfrom = raw\ncolumns = s\nmin_rows = 2\n[dedupe once]\ncolumns = s\n"
      "[filter large]\nfrom = merged\nwhere = sum > 6\n";
  expect_table(text, rows, "k,sum\na,5.0\nb,10.0\n");
  copse_recipe *recipe = read_recipe(text, NULL);
  const char *path = write_text("rows.csv", rows);
  copse_error err;
  if (copse_recipe_run(recipe, &path, 1, NULL, scratch_path("side.db"), &err) != COPSE_OK)
    fail_msg("%s", err.message);
  assert_string_equal(table_of("side.db", "frequent"), "k,s,n\na,x,1\nb,others,2\na,x,4\nb,others,8\n");
  assert_string_equal(table_of("side.db", "once"), "k,s,n\na,x,1\nb,others,2\n");
  assert_string_equal(table_of("side.db", "large"), "k,sum\nb,10.0\n");
  copse_recipe_free(recipe);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_load),
      cmocka_unit_test(test_side_lines),
      cmocka_unit_test(test_many_columns),
      cmocka_unit_test(test_maybe_missing),
      cmocka_unit_test(test_fill),
      cmocka_unit_test(test_names_in_quotes),
      cmocka_unit_test(test_date_zones),
      cmocka_unit_test(test_split_zones),
      cmocka_unit_test(test_split_ways_of_writing),
      cmocka_unit_test(test_later_columns),
      cmocka_unit_test(test_learning_before_split),
      cmocka_unit_test(test_quoted_blanks),
      cmocka_unit_test(test_quoted_texts),
      cmocka_unit_test(test_map),
      cmocka_unit_test(test_levels),
      cmocka_unit_test(test_rollup),
      cmocka_unit_test(test_date),
      cmocka_unit_test(test_cyclic),
      cmocka_unit_test(test_onehot),
      cmocka_unit_test(test_dedupe),
      cmocka_unit_test(test_derive_and_filter),
      cmocka_unit_test(test_split),
      cmocka_unit_test(test_split_hides_rows),
      cmocka_unit_test(test_split_empty_part),
      cmocka_unit_test(test_numbers_as_keys),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
