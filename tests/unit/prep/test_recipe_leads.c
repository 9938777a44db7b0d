/* The lead-scoring case: leads.recipe gives its tables, on small rows cell by cell, on the real ones by their
 * counts (where COPSE_DATA names the folder with them). */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "recipe_support.h"
#include "store/store.h"

static const char index_columns[] =
    "created_date,city_mapped,first_platform_c,first_utm_medium_c,first_utm_source_c,total_leads_droppped,"
    "referred_lead";
/* The click columns: on the left of the shipped mapping file, which fits the generator's leads. */
enum { N_CLICKS = 37 };
static char clicks[N_CLICKS][80];

static void read_clicks(void) {
  char path[512], line[256];
  snprintf(path, sizeof path, "%s/datasets/leads/interaction_mapping.csv", getenv("COPSE_SOURCE_DIR"));
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_non_null(fgets(line, sizeof line, file));
  int n = 0;
  for (; fgets(line, sizeof line, file) != NULL; n++) {
    assert_true(n < N_CLICKS);
    snprintf(clicks[n], sizeof clicks[n], "%.*s", (int)strcspn(line, ","), line);
  }
  fclose(file);
  assert_int_equal(n, N_CLICKS);
}

/* One raw row: two clicks, of careers and of whatsapp_chat_click, "" for none. */
static void add_row(FILE *file, int number, const char *front, const char *careers, const char *chat,
                    const char *label) {
  fprintf(file, "%d,%s", number, front);
  for (int i = 0; i < N_CLICKS; i++) fprintf(file, ",%s", i == 5 ? careers : i == N_CLICKS - 1 ? chat : "");
  if (label != NULL) fprintf(file, ",%s", label);
  fprintf(file, "\n");
}

static const char *small_leads(bool labelled) {
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, ",%s", index_columns);
  for (int i = 0; i < N_CLICKS; i++) fprintf(file, ",%s", clicks[i]);
  fprintf(file, labelled ? ",app_complete_flag\n" : "\n");
  const char *one = labelled ? "1" : NULL, *zero = labelled ? "0" : NULL;
  add_row(file, 0, "2021-07-02 10:00:00,bigtown,Level0,Level5,Level9,2.0,1.0", "", "", one);
  add_row(file, 1, "2021-07-01 10:00:00,,Level0,Level0,Level0,,", "3.0", "2.0", zero);
  add_row(file, 2, "2021-07-01 10:00:00,\"nan\",Level0,Level0,Level0,0.0,0.0", "4.0", "", zero);
  add_row(file, 3, "2021-07-01 10:00:00,midtown,Level7,,Level1,1.0,0.0", "", "5.0", zero);
  fclose(file);
  const char *path = write_text(labelled ? "leads.csv" : "new_leads.csv", text);
  free(text);
  return path;
}

static void write_maps(void) {
  char *text;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  fprintf(file, "\xEF\xBB\xBFinteraction_type,interaction_mapping");
  for (int i = 0; i < N_CLICKS; i++)
    fprintf(file, "\n%s,%s_interaction", clicks[i],
            i == N_CLICKS - 1 ? "assistance"
            : i % 2           ? "career"
                              : "syllabus");
  fclose(file);
  write_text("interaction_mapping.csv", text);
  free(text);
  write_text("city_tier.csv", "city_mapped,city_tier\nbigtown,1\nmidtown,2\n");
  write_text("significant_levels.csv",
             "column,level\nfirst_platform_c,Level0\nfirst_utm_medium_c,Level0\nfirst_utm_source_c,Level0\n"
             "first_utm_source_c,Level1\n");
}

/* Runs leads.recipe into the database `name` of the scratch folder. */
static copse_recipe *run_leads(const char *raw, const char *maps, const char *name) {
  char path[512];
  copse_error err;
  copse_recipe *recipe;
  snprintf(path, sizeof path, "%s/datasets/leads/leads.recipe", getenv("COPSE_SOURCE_DIR"));
  if (copse_recipe_read(NULL, path, maps, &recipe, &err) != COPSE_OK ||
      copse_recipe_run(recipe, &raw, 1, NULL, scratch_path(name), &err) != COPSE_OK)
    fail_msg("%s", err.message);
  return recipe;
}

static const char *line_of(const char *text, int line) {
  static char out[4096];
  for (; line > 0; line--) text = strchr(text, '\n') + 1;
  snprintf(out, sizeof out, "%.*s", (int)strcspn(text, "\n"), text);
  return out;
}

static void expect_begin(const char *line, const char *begin) {
  if (strncmp(line, begin, strlen(begin)) != 0) fail_msg("found: %s\nexpected: %s", line, begin);
}

static void test_loading(void **unused) {
  (void)unused;
  copse_recipe_free(run_leads(small_leads(true), scratch, "small.db"));
  const char *text = table_of("small.db", "loaded_data");
  expect_begin(line_of(text, 0), "created_date,city_mapped,first_platform_c,");
  assert_non_null(strstr(line_of(text, 0), ",whatsapp_chat_click,app_complete_flag"));
  /* the two counts become 0, the city stays missing, a city may be called nan, clicks stay missing */
  expect_begin(line_of(text, 2), "2021-07-01 10:00:00,,Level0,Level0,Level0,0.0,0.0,,,,,,3.0,,");
  expect_begin(line_of(text, 3), "2021-07-01 10:00:00,\"nan\",Level0,Level0,Level0,0.0,0.0,,,,,,4.0,,");
}

static void test_city_tiers(void **unused) {
  (void)unused;
  const char *text = table_of("small.db", "city_tier_mapped");
  assert_null(strstr(text, "city_mapped"));
  static const char *const tiers[] = {",1.0", ",3.0", ",3.0", ",2.0"};
  assert_string_equal(strrchr(line_of(text, 0), ','), ",city_tier");
  for (int i = 0; i < 4; i++) assert_string_equal(strrchr(line_of(text, i + 1), ','), tiers[i]);
}

static void test_levels(void **unused) {
  (void)unused;
  const char *text = table_of("small.db", "categorical_variables_mapped");
  expect_begin(line_of(text, 1), "2021-07-02 10:00:00,Level0,others,others,2.0,1.0,");
  expect_begin(line_of(text, 4), "2021-07-01 10:00:00,others,others,Level1,1.0,0.0,");
}

static void test_interactions(void **unused) {
  (void)unused;
  const char *columns =
      "created_date,city_tier,first_platform_c,first_utm_medium_c,first_utm_source_c,"
      "total_leads_droppped,referred_lead";
  char expected[1024];
  snprintf(expected, sizeof expected,
           "%s,app_complete_flag,assistance_interaction,career_interaction,syllabus_interaction\n"
           "2021-07-01 10:00:00,2.0,others,others,Level1,1.0,0.0,0,5.0,0.0,0.0\n"
           "2021-07-01 10:00:00,3.0,Level0,Level0,Level0,0.0,0.0,0,2.0,7.0,0.0\n"
           "2021-07-02 10:00:00,1.0,Level0,others,others,2.0,1.0,1,0.0,0.0,0.0\n",
           columns);
  assert_string_equal(table_of("small.db", "interactions_mapped"), expected);
  assert_string_equal(table_of("small.db", "model_input"),
                      "total_leads_droppped,city_tier,referred_lead,first_platform_c,first_utm_medium_c,"
                      "first_utm_source_c,app_complete_flag\n1.0,2.0,0.0,others,others,Level1,0\n"
                      "0.0,3.0,0.0,Level0,Level0,Level0,0\n2.0,1.0,1.0,Level0,others,others,1\n");
  /* without the label it is no index column */
  copse_recipe_free(run_leads(small_leads(false), scratch, "new.db"));
  snprintf(expected, sizeof expected, "%s,assistance_interaction,career_interaction,syllabus_interaction",
           columns);
  assert_string_equal(line_of(table_of("new.db", "interactions_mapped"), 0), expected);
  assert_null(strstr(table_of("new.db", "model_input"), "app_complete_flag"));
}

/* The fixed list of columns: those of the kept levels and of the rest, whatever the rows hold. */
static void test_encoding(void **unused) {
  (void)unused;
  copse_recipe_free(run_leads(small_leads(true), scratch, "encoded.db"));
  const char *columns =
      "total_leads_droppped,referred_lead,city_tier_1.0,city_tier_2.0,city_tier_3.0,first_platform_c_Level0,"
      "first_platform_c_others,first_utm_medium_c_Level0,first_utm_medium_c_others,first_utm_source_c_Level0,"
      "first_utm_source_c_Level1,first_utm_source_c_others";
  const char *text = table_of("encoded.db", "features");
  assert_string_equal(line_of(text, 0), columns);
  assert_string_equal(line_of(text, 1), "1.0,0.0,0,1,0,0,1,0,1,0,1,0");
  assert_string_equal(line_of(text, 2), "0.0,0.0,0,0,1,1,0,1,0,1,0,0");
  assert_string_equal(line_of(text, 3), "2.0,1.0,1,0,0,1,0,0,1,0,0,1");
  assert_string_equal(table_of("encoded.db", "target"), "app_complete_flag\n0\n0\n1\n");
  /* rows without the label have the same columns, and no target: not the one of the rows before either */
  copse_recipe *recipe = run_leads(small_leads(false), scratch, "encoded.db");
  assert_string_equal(line_of(table_of("encoded.db", "features"), 0), columns);
  assert_non_null(strstr(copse_recipe_notes(recipe), "[select target]: these rows have none of its columns"));
  assert_null(strstr(table_of("encoded.db", "copse_tables"), "target,"));
  struct store_feed *feed;
  char spec[512];
  snprintf(spec, sizeof spec, "%s#target", scratch_path("encoded.db"));
  assert_int_equal(store_feed_open(NULL, spec, &feed, NULL), COPSE_ERR_DATA);
  copse_recipe_free(recipe);
}

static void test_missing_raw_column(void **unused) {
  (void)unused;
  char path[512];
  copse_error err;
  copse_recipe *recipe;
  const char *raw = write_text("few.csv", "created_date,city_mapped\n2021-07-02 10:00:00,x\n");
  snprintf(path, sizeof path, "%s/datasets/leads/leads.recipe", getenv("COPSE_SOURCE_DIR"));
  assert_int_equal(copse_recipe_read(NULL, path, scratch, &recipe, &err), COPSE_OK);
  char *before = strdup(table_of("small.db", "model_input"));
  assert_int_equal(copse_recipe_run(recipe, &raw, 1, NULL, scratch_path("small.db"), &err), COPSE_ERR_DATA);
  assert_non_null(strstr(err.message, "[load]: no column \"first_platform_c\""));
  assert_string_equal(table_of("small.db", "model_input"), before);
  free(before);
  copse_recipe_free(recipe);
}

static double sum_of(const char *database, const char *table, uint32_t n_last, int *n_rows) {
  char spec[512];
  copse_read_options o = copse_read_options_default();
  o.label_column = "name:app_complete_flag";
  o.categorical_feature = "auto";
  snprintf(spec, sizeof spec, "%s#%s", scratch_path(database), table);
  copse_frame *frame = read_good(spec, &o);
  double sum = 0;
  *n_rows = 0;
  for (uint64_t row = 0; row < frame->n_rows; row++) {
    double of_row = 0;
    for (uint32_t f = frame->n_features - n_last; f < frame->n_features; f++)
      of_row += cell_of(frame, row, f);
    sum += of_row;
    *n_rows += of_row > 0;
  }
  copse_frame_free(frame);
  return sum;
}

static void test_real_leads(void **unused) {
  (void)unused;
  char raw[640], maps[512];
  const char *data = getenv("COPSE_DATA");
  if (data == NULL) {
    puts("COPSE_DATA is not set: the real leads are skipped");
    skip();
  }
  snprintf(maps, sizeof maps, "%s/codepro_leads", data);
  snprintf(raw, sizeof raw, "%s/leadscoring_25k_labelled.csv.gz", maps);
  struct stat info;
  if (stat(raw, &info) != 0) skip();
  copse_recipe *recipe = run_leads(raw, maps, "real.db");
  static const struct {
    const char *name;
    uint64_t n_rows;
  } tables[] = {{"loaded_data", 24991},
                {"city_tier_mapped", 24991},
                {"categorical_variables_mapped", 24991},
                {"interactions_mapped", 24977},
                {"model_input", 24977},
                {"target", 24977},
                {"features", 24977}};
  assert_int_equal(copse_recipe_n_tables(recipe), 7);
  for (size_t i = 0; i < 7; i++) {
    uint64_t n_rows;
    assert_string_equal(copse_recipe_table(recipe, i, &n_rows), tables[i].name);
    assert_int_equal(n_rows, tables[i].n_rows);
  }
  copse_recipe_free(recipe);
  int n_rows;
  assert_true(sum_of("real.db", "interactions_mapped", 5, &n_rows) == 3817);
  assert_int_equal(n_rows, 23);
  /* the 94 click cells, each of them in its group: the same recipe that counts them */
  copse_text text = {.ctx = NULL};
  char path[512], block[4096];
  snprintf(path, sizeof path, "%s/datasets/leads/leads.recipe", getenv("COPSE_SOURCE_DIR"));
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;) copse_text_append(&text, block, n);
  fclose(file);
  const char *at = strstr(text.data, "file = interaction_mapping.csv");
  assert_non_null(at);
  copse_text counting = {.ctx = NULL};
  copse_text_append(&counting, text.data, (size_t)(at - text.data));
  copse_text_appendf(&counting, "function = count\n%s", at);
  const char *from = raw;
  copse_error err;
  if (copse_recipe_read(NULL, write_text("counting.recipe", counting.data), maps, &recipe, &err) !=
          COPSE_OK ||
      copse_recipe_run(recipe, &from, 1, NULL, scratch_path("count.db"), &err) != COPSE_OK)
    fail_msg("%s", err.message);
  copse_recipe_free(recipe);
  assert_true(sum_of("count.db", "interactions_mapped", 5, &n_rows) == 94);
  copse_text_release(&text);
  copse_text_release(&counting);
}

static int prepare(void **state) {
  if (scratch_make(state) != 0) return 1;
  read_clicks();
  write_maps();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_loading),    cmocka_unit_test(test_city_tiers),
      cmocka_unit_test(test_levels),     cmocka_unit_test(test_interactions),
      cmocka_unit_test(test_encoding),   cmocka_unit_test(test_missing_raw_column),
      cmocka_unit_test(test_real_leads),
  };
  return cmocka_run_group_tests(tests, prepare, scratch_remove);
}
