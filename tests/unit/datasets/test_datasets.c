/* The generator of data sets, through its command line: pinned bytes, shape, rates, split, errors. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

static char folder[] = "/tmp/copse-datasets-XXXXXX";

/* Runs the tool with these arguments in `folder`; its output of both kinds goes to `text`. */
static int run(const char *arguments, char *text, size_t capacity) {
  const char *tool = getenv("COPSE_DATASETS_TOOL");
  assert_non_null(tool);
  char command[1024];
  assert_true(snprintf(command, sizeof command, "cd %s && '%s' %s 2>&1", folder, tool, arguments) <
              (int)sizeof command);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  size_t length = fread(text, 1, capacity - 1, pipe);
  assert_true(length < capacity - 1);
  text[length] = '\0';
  int status = pclose(pipe);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static char output[4 << 20], second[4 << 20];

static uint64_t checksum(const char *text) { /* FNV-1a */
  uint64_t hash = 0xcbf29ce484222325u;
  for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
  return hash;
}

static size_t count(const char *text, char wanted) {
  size_t n = 0;
  for (; *text; text++) n += *text == wanted;
  return n;
}

static void read_file(const char *name, char *text, size_t capacity) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t length = fread(text, 1, capacity - 1, file);
  assert_true(length < capacity - 1);
  text[length] = '\0';
  fclose(file);
}

static bool exists(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return access(path, F_OK) == 0;
}

/* The bytes are a contract: golden results and published figures were made from them. */
static void pinned_bytes(void **state) {
  (void)state;
  assert_int_equal(run("leads rows=1000 seed=7", output, sizeof output), 0);
  assert_int_equal(checksum(output), 0x607f34b87f7802f3u);
  assert_int_equal(run("higgs rows=1000 seed=7", output, sizeof output), 0);
  assert_int_equal(checksum(output), 0xc768fd2b81f663a9u);
}

static void seed_and_rows_decide(void **state) {
  (void)state;
  assert_int_equal(run("leads rows=200 seed=1", output, sizeof output), 0);
  assert_int_equal(run("leads --rows 100 --seed=1", second, sizeof second), 0);
  assert_int_equal(strncmp(output, second, strlen(second)), 0); /* the first rows do not depend on rows= */
  assert_int_equal(run("leads rows=100 seed=2", output, sizeof output), 0);
  assert_string_not_equal(output, second);
}

static void same_cells_in_every_line(const char *text, size_t n_lines, size_t n_cells) {
  size_t lines = 0;
  for (const char *line = text; *line; lines++) {
    const char *end = strchr(line, '\n');
    assert_non_null(end);
    size_t commas = 0;
    for (const char *at = line; at < end; at++) commas += *at == ',';
    assert_int_equal(commas + 1, n_cells);
    line = end + 1;
  }
  assert_int_equal(lines, n_lines);
}

static void shapes(void **state) {
  (void)state;
  assert_int_equal(run("leads rows=500", output, sizeof output), 0);
  same_cells_in_every_line(output, 501, 46);
  assert_memory_equal(output, ",created_date,city_mapped,first_platform_c,", 43);
  assert_non_null(strstr(output, ",whatsapp_chat_click,app_complete_flag\n0,202"));
  assert_int_equal(run("higgs rows=500 header=false", output, sizeof output), 0);
  same_cells_in_every_line(output, 500, 29);
}

/* Column `index` of a line, copied. */
static void cell_of(const char *line, int index, char cell[64]) {
  for (; index > 0; index--) line = strchr(line, ',') + 1;
  size_t length = strcspn(line, ",\n");
  assert_true(length < 64);
  memcpy(cell, line, length);
  cell[length] = '\0';
}

static void rates_of_leads(void **state) {
  (void)state;
  enum { N_ROWS = 20000 };
  int label = 0, no_city = 0, city_nan = 0, no_counts = 0, referred = 0, one_lead = 0, clicks = 0;
  assert_int_equal(run("leads rows=20000 seed=3 header=false", output, sizeof output), 0);
  for (const char *line = output; *line; line = strchr(line, '\n') + 1) {
    char city[64], total[64], refer[64];
    cell_of(line, 2, city);
    cell_of(line, 6, total);
    cell_of(line, 7, refer);
    const char *end = strchr(line, '\n');
    label += end[-1] == '1';
    no_city += city[0] == '\0';
    city_nan += strcmp(city, "nan") == 0;
    no_counts += total[0] == '\0';
    assert_int_equal(total[0] == '\0', refer[0] == '\0');
    referred += strcmp(refer, "1.0") == 0;
    one_lead += strcmp(total, "1.0") == 0;
    int commas = 0;
    for (const char *at = end - 3; *at == ','; at--) commas++; /* an unclicked row ends in empty cells */
    clicks += commas < 36;
  }
  assert_in_range(label, N_ROWS * 0.48, N_ROWS * 0.52);
  assert_in_range(no_city, N_ROWS * 0.020, N_ROWS * 0.030);
  assert_in_range(city_nan, N_ROWS * 0.009, N_ROWS * 0.016);
  assert_in_range(no_counts, N_ROWS * 0.0020, N_ROWS * 0.0055);
  assert_in_range(referred, N_ROWS * 0.028, N_ROWS * 0.038);
  assert_in_range(one_lead, N_ROWS * 0.60, N_ROWS * 0.63);
  assert_in_range(clicks, 1, N_ROWS * 0.003);
}

static void rates_of_higgs(void **state) {
  (void)state;
  enum { N_ROWS = 5000 };
  int signal = 0, tight[2] = {0, 0};
  double mass[2] = {0, 0};
  assert_int_equal(run("higgs rows=5000 seed=3 header=false", output, sizeof output), 0);
  for (const char *line = output; *line; line = strchr(line, '\n') + 1) {
    char cell[64];
    int class = line[0] == '1';
    signal += class;
    cell_of(line, 17, cell);
    tight[0] += strcmp(cell, "2.000000") == 0;
    cell_of(line, 9, cell);
    tight[1] += strcmp(cell, "2.000000") == 0;
    cell_of(line, 26, cell);
    mass[class] += strtod(cell, NULL);
  }
  assert_in_range(signal, N_ROWS * 0.51, N_ROWS * 0.55);
  assert_true(tight[0] > 3 * tight[1]); /* b jets are tagged, light jets are not */
  assert_true(mass[1] / signal < 0.9 * mass[0] / (N_ROWS - signal)); /* the resonance is below the rest */
}

static void split(void **state) {
  (void)state;
  assert_int_equal(run("leads rows=1000 seed=9 header=false", second, sizeof second), 0);
  assert_int_equal(run("leads rows=1000 seed=9 out=t.csv valid=v.csv fraction=0.25", output, sizeof output),
                   0);
  assert_string_equal(output, "");
  read_file("t.csv", output, sizeof output);
  assert_int_equal(count(output, '\n'), 751);
  const char *line = strchr(output, '\n') + 1, *held;
  read_file("v.csv", output + (1 << 20), sizeof output - (1 << 20));
  held = output + (1 << 20);
  assert_int_equal(count(held, '\n'), 251);
  held = strchr(held, '\n') + 1;
  for (const char *whole = second; *whole;
       whole = strchr(whole, '\n') + 1) { /* every row is in one of the two */
    size_t length = strcspn(whole, "\n") + 1;
    const char **from = strncmp(whole, line, length) == 0 ? &line : &held;
    assert_int_equal(strncmp(whole, *from, length), 0);
    *from += length;
  }
  assert_string_equal(line, "");
  assert_string_equal(held, "");
}

static void wrong_command_lines(void **state) {
  (void)state;
  assert_int_equal(run("--help", output, sizeof output), 0);
  assert_non_null(strstr(output, "  higgs "));
  static const struct {
    const char *arguments, *message;
  } cases[] = {
      {"", "usage: copse-datasets"},
      {"leeds", "unknown generator \"leeds\" (generators: leads higgs"},
      {"leads row=5", "unknown option \"row\" (options: rows"},
      {"leads rows", "\"rows\": expected key=value"},
      {"leads --rows", "\"--rows\": expected key=value"},
      {"leads rows=-1", "rows=-1: expected a whole number"},
      {"leads rows=1e3", "rows=1e3: expected a whole number"},
      {"leads rows=18446744073709551615", "expected at most 18446744073709 rows"},
      {"leads seed=18446744073709551616", "expected a whole number"},
      {"leads header=yes", "header=yes: expected true or false"},
      {"leads fraction=0.5", "fraction is given without valid=FILE"},
      {"leads out=a valid=b fraction=1", "fraction=1: expected a decimal number between 0 and 1"},
      {"leads out=a valid=b fraction=0", "fraction=0: expected a decimal number between 0 and 1"},
      {"leads out=a valid=b fraction=0.1234567", "fraction=0.1234567: expected a decimal"},
      {"leads out=a valid=a", "valid=a: expected another file than out"},
      {"leads out=", "out=: expected a file name"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(run(cases[i].arguments, output, sizeof output), 2);
    if (!strstr(output, cases[i].message)) fail_msg("%s: %s", cases[i].arguments, output);
  }
  assert_false(exists("a"));
}

static void failures_leave_nothing(void **state) {
  (void)state;
  assert_int_equal(run("leads rows=5 out=absent/x.csv", output, sizeof output), 1);
  assert_non_null(strstr(output, "absent/x.csv: cannot write: No such file"));
  assert_int_equal(run("leads rows=5 out=.", output, sizeof output), 1);
  assert_non_null(strstr(output, "Is a directory"));
  assert_int_equal(run("leads rows=5 out=ok.csv valid=absent/y.csv", output, sizeof output), 1);
  assert_false(exists("ok.csv"));
  assert_int_equal(run("leads rows=5 > /dev/full", output, sizeof output), 1);
  char command[64];
  snprintf(command, sizeof command, "test -z \"$(ls %s | grep tmp)\"", folder);
  assert_int_equal(system(command), 0); /* no temporary file stays behind */
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  static const char *const files[] = {"t.csv", "v.csv"};
  char path[256];
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, files[i]);
    unlink(path);
  }
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pinned_bytes),
      cmocka_unit_test(seed_and_rows_decide),
      cmocka_unit_test(shapes),
      cmocka_unit_test(rates_of_leads),
      cmocka_unit_test(rates_of_higgs),
      cmocka_unit_test(split),
      cmocka_unit_test(wrong_command_lines),
      cmocka_unit_test(failures_leave_nothing),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
