/* The generator of data sets, through its command line: pinned bytes, shape, rates, split, errors. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets_tool.h"
#include "testing.h"

static char output[4 << 20], second[4 << 20];

/* The bytes are a contract: golden results and published figures were made from them. */
static void pinned_bytes(void **state) {
  (void)state;
  static const struct {
    const char *arguments;
    uint64_t checksum;
  } cases[] = {
      {"leads rows=1000 seed=7", 0x607f34b87f7802f3u},
      {"higgs rows=1000 seed=7", 0xc768fd2b81f663a9u},
      {"higgs rows=1000 seed=7 format=libsvm", 0xad468bab0f8b19eau},
      {"wide rows=200 seed=7", 0x0aa5537246f62623u},
      {"onehot rows=1000 seed=7", 0x0fbad1c7dc0f5573u},
      {"onehot rows=100 seed=7 format=csv", 0x355dcfad67912ef6u},
      {"categorical rows=1000 seed=7", 0x9bbab1c583ff734du},
      {"rank rows=3000 seed=7", 0x80359ddd1addcedau},
      {"rank rows=1000 seed=7 format=libsvm", 0xeff60d1a2dee6770u},
      {"multiclass rows=1000 seed=7", 0x79d53173cf36f5cbu},
      {"multiclass rows=1000 seed=7 classes=300", 0x9e624d53dcde6f68u},
      {"missing rows=1000 seed=7", 0x63b37b77c3f1b034u},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(tool_run(cases[i].arguments, output, sizeof output), 0);
    uint64_t checksum = tool_checksum(output);
    if (checksum != cases[i].checksum) {
      fail_msg("%s: 0x%llxu", cases[i].arguments, (unsigned long long)checksum);
    }
  }
}

static void seed_and_rows_decide(void **state) {
  (void)state;
  assert_int_equal(tool_run("leads rows=200 seed=1", output, sizeof output), 0);
  assert_int_equal(tool_run("leads --rows 100 --seed=1", second, sizeof second), 0);
  assert_int_equal(strncmp(output, second, strlen(second)), 0); /* the first rows do not depend on rows= */
  assert_int_equal(tool_run("leads rows=100 seed=2", output, sizeof output), 0);
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
  assert_int_equal(tool_run("leads rows=500", output, sizeof output), 0);
  same_cells_in_every_line(output, 501, 46);
  assert_memory_equal(output, ",created_date,city_mapped,first_platform_c,", 43);
  assert_non_null(strstr(output, ",whatsapp_chat_click,app_complete_flag\n0,202"));
  static const struct {
    const char *arguments;
    size_t n_cells;
    const char *names; /* how the first line begins */
  } cases[] = {
      {"higgs rows=200", 29, "label,lepton_pt,"},
      {"wide rows=200", 501, "label,f1,f2,"},
      {"wide rows=200 features=1", 2, "label,f1\n"},
      {"onehot rows=200 format=csv", 1001, "label,g1_1,g1_2,"},
      {"categorical rows=200", 19, "label,n1,n2,n3,n4,n5,n6,n7,n8,n9,n10,c1,c2,c3,c4,c5,c6,c7,c8\n"},
      {"rank rows=200", 30, "relevance,query,f1,"},
      {"multiclass rows=200", 21, "label,x1,"},
      {"missing rows=200", 15, "label,complete_1,"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char arguments[128];
    assert_int_equal(tool_run(cases[i].arguments, output, sizeof output), 0);
    same_cells_in_every_line(output, 201, cases[i].n_cells);
    assert_memory_equal(output, cases[i].names, strlen(cases[i].names));
    snprintf(arguments, sizeof arguments, "%s header=false", cases[i].arguments);
    assert_int_equal(tool_run(arguments, second, sizeof second), 0);
    assert_string_equal(strchr(output, '\n') + 1, second);
  }
}

static void split(void **state) {
  (void)state;
  assert_int_equal(tool_run("leads rows=1000 seed=9 header=false", second, sizeof second), 0);
  assert_int_equal(
      tool_run("leads rows=1000 seed=9 out=t.csv valid=v.csv fraction=0.25", output, sizeof output), 0);
  assert_string_equal(output, "");
  tool_read("t.csv", output, sizeof output);
  assert_int_equal(tool_count(output, '\n'), 751);
  const char *line = strchr(output, '\n') + 1, *held;
  tool_read("v.csv", output + (1 << 20), sizeof output - (1 << 20));
  held = output + (1 << 20);
  assert_int_equal(tool_count(held, '\n'), 251);
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

/* Column j is the same however many there are. */
static void more_columns(void **state) {
  (void)state;
  assert_int_equal(tool_run("wide rows=50 features=30", output, sizeof output), 0);
  assert_int_equal(tool_run("wide rows=50 features=70", second, sizeof second), 0);
  const char *few = output, *many = second;
  for (; *few; few = strchr(few, '\n') + 1, many = strchr(many, '\n') + 1) {
    size_t length = strcspn(few, "\n");
    assert_int_equal(strncmp(few, many, length), 0);
    assert_int_equal(many[length], ',');
  }
}

static bool is_zero(const char *cell) { return strspn(cell, "-0.") == strlen(cell); }

/* A line of CSV as LibSVM has it; `qid`: the second cell is the query. */
static size_t line_as_libsvm(const char *line, bool qid, char *out) {
  char cell[64];
  tool_cell(line, 0, cell);
  size_t length = (size_t)sprintf(out, "%s", cell), end = strcspn(line, "\n");
  int number = 1, column = 1;
  for (const char *at = memchr(line, ',', end); at; at = memchr(at, ',', (size_t)(line + end - at))) {
    size_t width = strcspn(++at, ",\n");
    memcpy(cell, at, width);
    cell[width] = '\0';
    if (qid && column++ == 1) {
      length += (size_t)sprintf(out + length, " qid:%s", cell);
    } else if (is_zero(cell)) {
      number++;
    } else {
      length += (size_t)sprintf(out + length, " %d:%s", number++, cell);
    }
  }
  out[length++] = '\n';
  return length;
}

static void libsvm_has_the_same_numbers(void **state) {
  (void)state;
  static char expected[4 << 20];
  static const char *const cases[] = {"higgs", "wide features=40", "onehot", "rank", "multiclass classes=9"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char arguments[128];
    snprintf(arguments, sizeof arguments, "%s rows=300 header=false format=csv", cases[i]);
    assert_int_equal(tool_run(arguments, output, sizeof output), 0);
    size_t length = 0;
    for (const char *line = output; *line; line = strchr(line, '\n') + 1) {
      length += line_as_libsvm(line, i == 3, expected + length);
    }
    expected[length] = '\0';
    snprintf(arguments, sizeof arguments, "%s rows=300 format=libsvm", cases[i]);
    assert_int_equal(tool_run(arguments, second, sizeof second), 0);
    if (strcmp(expected, second) != 0) fail_msg("%s differs as LibSVM", cases[i]);
  }
}

/* Queries of a file in order; checks that each comes in one piece. */
static size_t queries_of(const char *text, bool seen[], size_t capacity) {
  size_t n = 0;
  long last = -1;
  for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
    char cell[64];
    tool_cell(line, 1, cell);
    long query = strtol(cell, NULL, 10);
    assert_in_range(query, 0, capacity - 1);
    if (query == last) continue;
    assert_true(query > last);
    seen[query] = true;
    last = query;
    n++;
  }
  return n;
}

static void queries_are_held_out_whole(void **state) {
  (void)state;
  enum { N_QUERIES = 320 }; /* of 10 blocks of 1,024 rows */
  const char *arguments = "rank rows=10240 seed=5 header=false out=t.csv valid=v.csv fraction=0.25";
  bool in_train[N_QUERIES] = {false}, in_valid[N_QUERIES] = {false};
  assert_int_equal(tool_run(arguments, output, sizeof output), 0);
  tool_read("t.csv", output, sizeof output);
  tool_read("v.csv", second, sizeof second);
  assert_int_equal(tool_count(output, '\n') + tool_count(second, '\n'), 10240);
  assert_int_equal(queries_of(output, in_train, N_QUERIES), 240);
  assert_int_equal(queries_of(second, in_valid, N_QUERIES), 80);
  for (int i = 0; i < N_QUERIES; i++) assert_int_equal(in_train[i] + in_valid[i], 1);
}

static void wrong_command_lines(void **state) {
  (void)state;
  assert_int_equal(tool_run("--help", output, sizeof output), 0);
  assert_non_null(strstr(output, "  higgs "));
  assert_non_null(strstr(output, "  features    wide: number of columns, 1 .. 50000, default 500\n"));
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
      {"leads features=5",
       "unknown option \"features\" (options: rows, seed, out, valid, fraction, header, format "
       "with leads; see --help)"},
      {"wide classes=5", "header, format, features with wide; see --help)"},
      {"wide features=0", "features=0: expected 1 .. 50000"},
      {"wide features=50001", "features=50001: expected 1 .. 50000"},
      {"wide features=4294967297", "features=4294967297: expected 1 .. 50000"},
      {"multiclass classes=1", "classes=1: expected 2 .. 1000"},
      {"multiclass classes=x", "classes=x: expected a whole number"},
      {"wide format=arff", "format=arff: expected csv or libsvm"},
      {"missing format=libsvm", "format=libsvm: missing has texts or missing values, which only format=csv"},
      {"onehot header=true", "header=true: LibSVM has no line of names"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(tool_run(cases[i].arguments, output, sizeof output), 2);
    if (!strstr(output, cases[i].message)) fail_msg("%s: %s", cases[i].arguments, output);
  }
  assert_false(tool_exists("a"));
}

static void failures_leave_nothing(void **state) {
  (void)state;
  assert_int_equal(tool_run("leads rows=5 out=absent/x.csv", output, sizeof output), 1);
  assert_non_null(strstr(output, "absent/x.csv: cannot write: No such file"));
  assert_int_equal(tool_run("leads rows=5 out=.", output, sizeof output), 1);
  assert_non_null(strstr(output, "Is a directory"));
  assert_int_equal(tool_run("leads rows=5 out=ok.csv valid=absent/y.csv", output, sizeof output), 1);
  assert_false(tool_exists("ok.csv"));
  assert_int_equal(tool_run("leads rows=5 > /dev/full", output, sizeof output), 1);
  char command[640];
  snprintf(command, sizeof command, "test -z \"$(ls %s | grep tmp)\"", tool_path("."));
  assert_int_equal(system(command), 0); /* no temporary file stays behind */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pinned_bytes),
      cmocka_unit_test(seed_and_rows_decide),
      cmocka_unit_test(shapes),
      cmocka_unit_test(more_columns),
      cmocka_unit_test(libsvm_has_the_same_numbers),
      cmocka_unit_test(split),
      cmocka_unit_test(queries_are_held_out_whole),
      cmocka_unit_test(wrong_command_lines),
      cmocka_unit_test(failures_leave_nothing),
  };
  return cmocka_run_group_tests(tests, tool_folder_make, tool_folder_remove);
}
