/* The tables of the lead-scoring case, worked out a second time in the plainest way and compared row by row
 * with what leads.recipe makes: of the case's own rows and mapping tables where COPSE_DATA names the folder
 * with them. Rows are compared in any order, but for interactions_mapped, which is sorted. */
#define _GNU_SOURCE
#include <strings.h>
#include <sys/stat.h>

#include "recipe_support.h"
#include "store/store.h"

enum {
  N_RAW = 46,
  FIRST_CLICK = 8,
  LABEL = 45,
  N_CLICKS = LABEL - FIRST_CLICK,
  MOST_PAIRS = 128,
  MOST_ROWS = 30000
};
enum { DATE = 1, CITY, PLATFORM, MEDIUM, SOURCE, TOTAL, REFERRED }; /* raw columns */

static const char *const groups[] = {"assistance_interaction", "career_interaction", "payment_interaction",
                                     "social_interaction", "syllabus_interaction"};
enum { N_GROUPS = sizeof groups / sizeof groups[0] };

/* The 40 columns of `features`, as the case lists them but for the order. */
static const char *const encoded[] = {"total_leads_droppped",
                                      "referred_lead",
                                      "city_tier_1.0",
                                      "city_tier_2.0",
                                      "city_tier_3.0",
                                      "first_platform_c_Level0",
                                      "first_platform_c_Level1",
                                      "first_platform_c_Level2",
                                      "first_platform_c_Level3",
                                      "first_platform_c_Level7",
                                      "first_platform_c_Level8",
                                      "first_platform_c_others",
                                      "first_utm_medium_c_Level0",
                                      "first_utm_medium_c_Level10",
                                      "first_utm_medium_c_Level11",
                                      "first_utm_medium_c_Level13",
                                      "first_utm_medium_c_Level15",
                                      "first_utm_medium_c_Level16",
                                      "first_utm_medium_c_Level2",
                                      "first_utm_medium_c_Level20",
                                      "first_utm_medium_c_Level26",
                                      "first_utm_medium_c_Level3",
                                      "first_utm_medium_c_Level30",
                                      "first_utm_medium_c_Level33",
                                      "first_utm_medium_c_Level4",
                                      "first_utm_medium_c_Level43",
                                      "first_utm_medium_c_Level5",
                                      "first_utm_medium_c_Level6",
                                      "first_utm_medium_c_Level8",
                                      "first_utm_medium_c_Level9",
                                      "first_utm_medium_c_others",
                                      "first_utm_source_c_Level0",
                                      "first_utm_source_c_Level14",
                                      "first_utm_source_c_Level16",
                                      "first_utm_source_c_Level2",
                                      "first_utm_source_c_Level4",
                                      "first_utm_source_c_Level5",
                                      "first_utm_source_c_Level6",
                                      "first_utm_source_c_Level7",
                                      "first_utm_source_c_others"};
enum { N_ENCODED = sizeof encoded / sizeof encoded[0] };

struct lead {
  char *raw[N_RAW];
  const char *levels[3]; /* platform, medium, source */
  double tier, total, referred, sums[N_GROUPS];
};

struct mapping {
  char *text, *from[MOST_PAIRS], *to[MOST_PAIRS];
  int n;
};

static struct {
  char *text, *header[N_RAW];
  struct lead rows[MOST_ROWS];
  int n;
  struct mapping tiers, levels, clicks;
} real;

static bool found; /* the case's files */

/* ---- reading, without any of the code under test ---- */

static char *whole_file(const char *path) {
  gzFile file = gzopen(path, "rb");
  assert_non_null(file);
  size_t capacity = 1 << 24, n = 0;
  char *text = malloc(capacity);
  for (int got; (got = gzread(file, text + n, 1 << 16)) > 0;) {
    n += (size_t)got;
    assert_true(n + (1 << 16) < capacity);
  }
  gzclose(file);
  text[n] = '\0';
  return text;
}

/* Cuts a line into cells in place; where the next line begins. */
static char *cut(char *line, char **cells, int n) {
  char *stop = line + strcspn(line, "\r\n"), *next = stop + strspn(stop, "\r\n");
  *stop = '\0';
  for (int i = 0; i < n; i++) {
    cells[i] = line;
    line += strcspn(line, ",");
    if (i + 1 < n) assert_int_equal(*line, ',');
    if (*line == ',') *line++ = '\0';
  }
  return next;
}

static void read_mapping(const char *folder, const char *name, struct mapping *out) {
  char path[700], *cells[2];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  out->text = whole_file(path);
  char *at = strchr(out->text, '\n') + 1;
  for (out->n = 0; *at != '\0'; out->n++) {
    at = cut(at, cells, 2);
    out->from[out->n] = cells[0];
    out->to[out->n] = cells[1];
  }
}

static const char *mapped(const struct mapping *mapping, const char *from) {
  for (int i = 0; i < mapping->n; i++)
    if (strcmp(mapping->from[i], from) == 0) return mapping->to[i];
  return NULL;
}

static bool is_kept(const char *column, const char *level) {
  for (int i = 0; i < real.levels.n; i++)
    if (strcmp(real.levels.from[i], column) == 0 && strcmp(real.levels.to[i], level) == 0) return true;
  return false;
}

static double number_or(const char *text, double otherwise) {
  return text[0] != '\0' ? strtod(text, NULL) : otherwise;
}

static void read_leads(const char *folder) {
  char path[700];
  snprintf(path, sizeof path, "%s/leadscoring_25k_labelled.csv.gz", folder);
  read_mapping(folder, "city_tier.csv", &real.tiers);
  read_mapping(folder, "significant_levels.csv", &real.levels);
  read_mapping(folder, "interaction_mapping.csv", &real.clicks);
  real.text = whole_file(path);
  char *at = cut(real.text, real.header, N_RAW);
  for (; *at != '\0'; real.n++) {
    struct lead *lead = &real.rows[real.n];
    at = cut(at, lead->raw, N_RAW);
    const char *tier = mapped(&real.tiers, lead->raw[CITY]);
    lead->tier = number_or(tier != NULL ? tier : "", 3);
    lead->total = number_or(lead->raw[TOTAL], 0);
    lead->referred = number_or(lead->raw[REFERRED], 0);
    for (int i = 0; i < 3; i++) {
      const char *level = lead->raw[PLATFORM + i];
      lead->levels[i] = is_kept(real.header[PLATFORM + i], level) ? level : "others";
    }
    for (int c = FIRST_CLICK; c < LABEL; c++) {
      int g = 0;
      while (strcmp(groups[g], mapped(&real.clicks, real.header[c])) != 0) g++;
      lead->sums[g] += number_or(lead->raw[c], 0);
    }
  }
}

/* ---- tables ---- */

struct table {
  char **lines; /* the header is the first */
  int n;
};

static struct table open_table(void) { return (struct table){calloc(MOST_ROWS + 1, sizeof(char *)), 0}; }

__attribute__((format(printf, 2, 3))) static void add(struct table *table, const char *format, ...) {
  va_list args;
  va_start(args, format);
  assert_true(table->n <= MOST_ROWS && vasprintf(&table->lines[table->n++], format, args) >= 0);
  va_end(args);
}

static void close_table(struct table *table) {
  for (int i = 0; i < table->n; i++) free(table->lines[i]);
  free(table->lines);
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void expect_table_is(const char *name, struct table *expected, bool sorted) {
  char spec[512], *text = malloc(1 << 24), *at = text;
  struct store_feed *feed;
  copse_error err;
  size_t got;
  snprintf(spec, sizeof spec, "%s#%s", scratch_path("real.db"), name);
  if (store_feed_open(NULL, spec, &feed, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_int_equal(store_feed_read(feed, text, (1 << 24) - 1, &got, NULL), COPSE_OK);
  store_feed_close(feed);
  text[got] = '\0';
  struct table made = open_table();
  while (*at != '\0') {
    size_t length = strcspn(at, "\n");
    add(&made, "%.*s", (int)length, at);
    at += length + 1;
  }
  free(text);
  if (!sorted) {
    qsort(made.lines + 1, (size_t)made.n - 1, sizeof(char *), by_text);
    qsort(expected->lines + 1, (size_t)expected->n - 1, sizeof(char *), by_text);
  }
  for (int i = 0; i < made.n && i < expected->n; i++)
    if (strcmp(made.lines[i], expected->lines[i]) != 0)
      fail_msg("%s, row %d:\nfound    %s\nexpected %s", name, i, made.lines[i], expected->lines[i]);
  assert_int_equal(made.n, expected->n);
  close_table(&made);
  close_table(expected);
}

/* Cells [first, last] of the raw rows, clicks and label, behind one another. */
static void tail_of(char *const *cells, char *out, size_t capacity) {
  size_t at = 0;
  for (int c = FIRST_CLICK; c < N_RAW; c++) at += (size_t)snprintf(out + at, capacity - at, ",%s", cells[c]);
}

static void test_row_by_row(void **unused) {
  (void)unused;
  if (!found) skip();
  char tail[4096], head[4096];
  struct table loaded = open_table(), tiers = open_table(), levels = open_table();
  tail_of(real.header, tail, sizeof tail);
  snprintf(head, sizeof head, "%s,%s,%s,%s,%s", real.header[PLATFORM], real.header[MEDIUM],
           real.header[SOURCE], real.header[TOTAL], real.header[REFERRED]);
  add(&loaded, "%s,%s,%s%s", real.header[DATE], real.header[CITY], head, tail);
  add(&tiers, "%s,%s%s,city_tier", real.header[DATE], head, tail);
  add(&levels, "%s,%s%s,city_tier", real.header[DATE], head, tail);
  for (int i = 0; i < real.n; i++) {
    const struct lead *lead = &real.rows[i];
    char *const *raw = lead->raw;
    tail_of(raw, tail, sizeof tail);
    snprintf(head, sizeof head, "%s,%s,%s,%.1f,%.1f", raw[PLATFORM], raw[MEDIUM], raw[SOURCE], lead->total,
             lead->referred);
    bool like_missing = strcasecmp(raw[CITY], "nan") == 0 || strcasecmp(raw[CITY], "na") == 0;
    const char *quote = like_missing ? "\"" : ""; /* a name all the same */
    add(&loaded, "%s,%s%s%s,%s%s", raw[DATE], quote, raw[CITY], quote, head, tail);
    add(&tiers, "%s,%s%s,%.1f", raw[DATE], head, tail, lead->tier);
    add(&levels, "%s,%s,%s,%s,%.1f,%.1f%s,%.1f", raw[DATE], lead->levels[0], lead->levels[1], lead->levels[2],
        lead->total, lead->referred, tail, lead->tier);
  }
  assert_int_equal(real.n, 24991);
  expect_table_is("loaded_data", &loaded, false);
  expect_table_is("city_tier_mapped", &tiers, false);
  expect_table_is("categorical_variables_mapped", &levels, false);
}

/* ---- behind the merging of equal rows ---- */

static int by_index(const void *a, const void *b) {
  const struct lead *x = a, *y = b;
  int order = strcmp(x->raw[DATE], y->raw[DATE]);
  if (order == 0 && x->tier != y->tier) order = x->tier < y->tier ? -1 : 1;
  for (int i = 0; i < 3 && order == 0; i++) order = strcmp(x->levels[i], y->levels[i]);
  if (order == 0 && x->total != y->total) order = x->total < y->total ? -1 : 1;
  if (order == 0 && x->referred != y->referred) order = x->referred < y->referred ? -1 : 1;
  return order != 0 ? order : strcmp(x->raw[LABEL], y->raw[LABEL]);
}

static int merge_equal_rows(void) {
  int n = 0;
  qsort(real.rows, (size_t)real.n, sizeof real.rows[0], by_index);
  for (int i = 0; i < real.n; i++) {
    if (n > 0 && by_index(&real.rows[n - 1], &real.rows[i]) == 0) {
      for (int g = 0; g < N_GROUPS; g++) real.rows[n - 1].sums[g] += real.rows[i].sums[g];
    } else {
      real.rows[n++] = real.rows[i];
    }
  }
  return n;
}

static void add_encoded(struct table *table, const struct lead *lead) {
  char line[1024], one[3][100], tier[32];
  int at = snprintf(line, sizeof line, "%.1f,%.1f", lead->total, lead->referred), n_ones = 0;
  snprintf(tier, sizeof tier, "city_tier_%.1f", lead->tier);
  for (int i = 0; i < 3; i++)
    snprintf(one[i], sizeof one[i], "%s_%s", real.header[PLATFORM + i], lead->levels[i]);
  for (int c = 2; c < N_ENCODED; c++) {
    int is_one = strcmp(encoded[c], tier) == 0;
    for (int i = 0; i < 3; i++) is_one |= strcmp(encoded[c], one[i]) == 0;
    n_ones += is_one;
    at += snprintf(line + at, sizeof line - (size_t)at, ",%d", is_one);
  }
  assert_int_equal(n_ones, 4);
  add(table, "%s", line);
}

static void test_merged_and_encoded(void **unused) {
  (void)unused;
  if (!found) skip();
  struct table merged = open_table(), input = open_table(), target = open_table(), features = open_table();
  int n = merge_equal_rows();
  char header[2048];
  int at = 0;
  add(&merged,
      "created_date,city_tier,first_platform_c,first_utm_medium_c,first_utm_source_c,total_leads_droppped,"
      "referred_lead,app_complete_flag,%s,%s,%s,%s,%s",
      groups[0], groups[1], groups[2], groups[3], groups[4]);
  add(&input,
      "total_leads_droppped,city_tier,referred_lead,first_platform_c,first_utm_medium_c,first_utm_source_c,"
      "app_complete_flag");
  add(&target, "app_complete_flag");
  for (int c = 0; c < N_ENCODED; c++)
    at += snprintf(header + at, sizeof header - (size_t)at, "%s%s", c > 0 ? "," : "", encoded[c]);
  add(&features, "%s", header);
  for (int i = 0; i < n; i++) {
    const struct lead *lead = &real.rows[i];
    char texts[512];
    snprintf(texts, sizeof texts, "%s,%s,%s", lead->levels[0], lead->levels[1], lead->levels[2]);
    add(&merged, "%s,%.1f,%s,%.1f,%.1f,%s,%.1f,%.1f,%.1f,%.1f,%.1f", lead->raw[DATE], lead->tier, texts,
        lead->total, lead->referred, lead->raw[LABEL], lead->sums[0], lead->sums[1], lead->sums[2],
        lead->sums[3], lead->sums[4]);
    add(&input, "%.1f,%.1f,%.1f,%s,%s", lead->total, lead->tier, lead->referred, texts, lead->raw[LABEL]);
    add(&target, "%s", lead->raw[LABEL]);
    add_encoded(&features, lead);
  }
  assert_int_equal(n, 24977);
  expect_table_is("interactions_mapped", &merged, true);
  expect_table_is("model_input", &input, false);
  expect_table_is("target", &target, false);
  expect_table_is("features", &features, false);
}

static int prepare(void **state) {
  char path[640], maps[512];
  const char *data = getenv("COPSE_DATA"), *raw = path;
  struct stat info;
  copse_recipe *recipe;
  copse_error err;
  if (data == NULL) {
    puts("COPSE_DATA is not set: the real leads are skipped");
    return 0;
  }
  snprintf(maps, sizeof maps, "%s/codepro_leads", data);
  snprintf(path, sizeof path, "%s/leadscoring_25k_labelled.csv.gz", maps);
  found = stat(path, &info) == 0;
  if (!found) {
    printf("%s is not there: the real leads are skipped\n", path);
    return 0;
  }
  if (scratch_make(state) != 0) return 1;
  read_leads(maps);
  char recipe_path[512];
  snprintf(recipe_path, sizeof recipe_path, "%s/datasets/leads/leads.recipe", getenv("COPSE_SOURCE_DIR"));
  bool good = copse_recipe_read(NULL, recipe_path, maps, &recipe, &err) == COPSE_OK &&
              copse_recipe_run(recipe, &raw, 1, NULL, scratch_path("real.db"), &err) == COPSE_OK;
  if (!good) printf("%s\n", err.message);
  copse_recipe_free(recipe);
  return !good;
}

static int clean(void **state) {
  free(real.text);
  free(real.tiers.text);
  free(real.levels.text);
  free(real.clicks.text);
  return found ? scratch_remove(state) : 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_row_by_row),
      cmocka_unit_test(test_merged_and_encoded), /* changes the rows: the last one */
  };
  return cmocka_run_group_tests(tests, prepare, clean);
}
