/* The generators' contents: rates of levels, classes, missing values and grades, and where the signal lies.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets_tool.h"
#include "testing.h"

static char output[8 << 20];

/* Rows of a generator, without the line of names. */
static void generate(const char *arguments) {
  char command[256];
  snprintf(command, sizeof command, "%s header=false", arguments);
  assert_int_equal(tool_run(command, output, sizeof output), 0);
}

#define FOR_EACH_LINE(line) for (const char *line = output; *line; line = strchr(line, '\n') + 1)

static double number_at(const char *line, int index) {
  char cell[64];
  tool_cell(line, index, cell);
  return strtod(cell, NULL);
}

static void rates_of_leads(void **state) {
  (void)state;
  enum { N_ROWS = 20000 };
  int label = 0, no_city = 0, city_nan = 0, no_counts = 0, referred = 0, one_lead = 0, clicks = 0;
  generate("leads rows=20000 seed=3");
  FOR_EACH_LINE(line) {
    char city[64], total[64], refer[64];
    tool_cell(line, 2, city);
    tool_cell(line, 6, total);
    tool_cell(line, 7, refer);
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
  generate("higgs rows=5000 seed=3");
  FOR_EACH_LINE(line) {
    char cell[64];
    int class = line[0] == '1';
    signal += class;
    tool_cell(line, 17, cell);
    tight[0] += strcmp(cell, "2.000000") == 0;
    tool_cell(line, 9, cell);
    tight[1] += strcmp(cell, "2.000000") == 0;
    mass[class] += number_at(line, 26);
  }
  assert_in_range(signal, N_ROWS * 0.51, N_ROWS * 0.55);
  assert_true(tight[0] > 3 * tight[1]); /* b jets are tagged, light jets are not */
  assert_true(mass[1] / signal < 0.9 * mass[0] / (N_ROWS - signal)); /* the resonance is below the rest */
}

/* Absolute difference of a column's mean between the classes, in its standard deviation of about 1. */
static double difference(const double sum[2], const int n[2]) {
  double d = sum[1] / n[1] - sum[0] / n[0];
  return d < 0 ? -d : d;
}

static void views_of_wide(void **state) {
  (void)state;
  enum { N_ROWS = 4000, N_COLUMNS = 120 };
  int n[2] = {0, 0}, strong = 0;
  static double sum[N_COLUMNS][2], square[N_COLUMNS];
  generate("wide rows=4000 seed=3 features=120");
  FOR_EACH_LINE(line) {
    int class = line[0] == '1';
    n[class]++;
    const char *at = line + 1;
    for (int i = 0; i < N_COLUMNS; i++) {
      char *end;
      double x = strtod(at + 1, &end);
      at = end;
      sum[i][class] += x;
      square[i] += x * x;
    }
    assert_int_equal(*at, '\n');
  }
  assert_in_range(n[1], N_ROWS * 0.53, N_ROWS * 0.60);
  for (int i = 0; i < N_COLUMNS; i++) {
    assert_in_range(square[i], N_ROWS * 0.9, N_ROWS * 1.1);
    bool apart = difference(sum[i], n) > 0.13; /* four standard errors */
    if (i % 5 != 0) assert_false(apart);
    strong += apart;
  }
  assert_true(strong >= 4); /* eight of the 24 factors act by their sign, some weakly */
}

static void groups_of_onehot(void **state) {
  (void)state;
  enum { N_ROWS = 2000, N_FEATURES = 1000, N_GROUPS = 40 };
  static const int sizes[10] = {60, 3, 20, 100, 2, 10, 15, 4, 30, 6};
  static int group_of[N_FEATURES + 1], seen[N_FEATURES + 1];
  for (int group = 0, feature = 1; group < N_GROUPS; group++) {
    for (int i = 0; i < sizes[group % 10]; i++) group_of[feature++] = group;
  }
  int pairs = 0, ones = 0, used = 0;
  generate("onehot rows=2000 seed=3");
  FOR_EACH_LINE(line) {
    ones += line[0] == '1';
    int last = -1;
    for (const char *at = line + 1; *at == ' ';) {
      char *end;
      long feature = strtol(at + 1, &end, 10);
      assert_in_range(feature, 1, N_FEATURES);
      assert_memory_equal(end, ":1", 2);
      assert_true(group_of[feature] > last); /* at most one of a group */
      last = group_of[feature];
      seen[feature]++;
      pairs++;
      at = end + 2;
    }
  }
  for (int i = 1; i <= N_FEATURES; i++) used += seen[i] > 0;
  assert_in_range(ones, N_ROWS * 0.54, N_ROWS * 0.61);
  assert_in_range(pairs, N_ROWS * N_GROUPS * 0.945, N_ROWS * N_GROUPS * 0.955);
  assert_int_equal(used, N_FEATURES);
  assert_true(seen[1] > 4 * seen[60]); /* levels thin out */
}

/* Number of distinct texts in a column; empty cells are counted apart. */
static int levels_at(int column, int *n_empty) {
  static char levels[1024][64];
  int n = 0;
  *n_empty = 0;
  FOR_EACH_LINE(line) {
    char cell[64];
    tool_cell(line, column, cell);
    if (cell[0] == '\0') {
      ++*n_empty;
      continue;
    }
    int i = 0;
    while (i < n && strcmp(levels[i], cell) != 0) i++;
    assert_true(i < 1024);
    if (i == n) memcpy(levels[n++], cell, sizeof cell);
  }
  return n;
}

static void levels_of_categorical(void **state) {
  (void)state;
  enum { N_ROWS = 8000 };
  static const int most[8] = {2, 5, 12, 30, 80, 200, 500, 1000}, least[8] = {2, 5, 12, 30, 80, 198, 480, 900};
  generate("categorical rows=8000 seed=3");
  for (int i = 0; i < 8; i++) {
    int empty, n = levels_at(11 + i, &empty);
    assert_in_range(n, least[i], most[i]);
    if (i == 2 || i == 6) {
      assert_in_range(empty, N_ROWS * 0.024, N_ROWS * 0.036);
    } else {
      assert_int_equal(empty, 0);
    }
  }
  int ones = 0, level[5][2] = {{0}};
  FOR_EACH_LINE(line) {
    char cell[64];
    tool_cell(line, 12, cell);
    assert_memory_equal(cell, "Level", 5);
    ones += line[0] == '1';
    level[cell[5] - '0'][line[0] - '0']++;
  }
  assert_in_range(ones, N_ROWS * 0.49, N_ROWS * 0.56);
  double low = 1, high = 0;
  for (int i = 0; i < 5; i++) {
    double rate = (double)level[i][1] / (level[i][0] + level[i][1]);
    low = rate < low ? rate : low;
    high = rate > high ? rate : high;
  }
  assert_true(high - low > 0.08); /* the level says something about the label */
}

static void grades_of_rank(void **state) {
  (void)state;
  enum { N_ROWS = 10240, N_QUERIES = 320 };
  static const double shares[5] = {0.52, 0.235, 0.15, 0.07, 0.02};
  int grades[5] = {0}, sizes[N_QUERIES] = {0}, found[2] = {0, 0}, n[2] = {0, 0}, largest = 0, small = 0;
  generate("rank rows=10240 seed=3");
  FOR_EACH_LINE(line) {
    int grade = line[0] - '0', query = (int)number_at(line, 1), relevant = grade >= 2;
    assert_in_range(grade, 0, 4);
    assert_in_range(query, 0, N_QUERIES - 1);
    grades[grade]++;
    sizes[query]++;
    n[relevant]++;
    found[relevant] += number_at(line, 12) > 0;
  }
  for (int i = 0; i < 5; i++) {
    assert_in_range(grades[i], N_ROWS * shares[i] * 0.8, N_ROWS * shares[i] * 1.25);
  }
  for (int i = 0; i < N_QUERIES; i++) {
    assert_true(sizes[i] > 0);
    largest = sizes[i] > largest ? sizes[i] : largest;
    small += sizes[i] <= 10;
  }
  assert_in_range(largest, 120, 500);
  assert_in_range(small, 20, N_QUERIES / 2);
  assert_true((double)found[1] / n[1] > 1.5 * found[0] / n[0]); /* words are found in relevant documents */
}

static void shares_of_multiclass(void **state) {
  (void)state;
  enum { N_ROWS = 10000 };
  static const double shares[5] = {0.338, 0.228, 0.174, 0.142, 0.119}; /* 5% of them drawn anew */
  int n[5] = {0};
  double sum[2][5] = {{0}};
  generate("multiclass rows=10000 seed=3");
  FOR_EACH_LINE(line) {
    int class = line[0] - '0';
    assert_in_range(class, 0, 4);
    n[class]++;
    for (int i = 0; i < 2; i++) sum[i][class] += number_at(line, i == 0 ? 1 : 11);
  }
  double low[2] = {9, 9}, high[2] = {-9, -9};
  for (int i = 0; i < 5; i++) {
    assert_in_range(n[i], N_ROWS * shares[i] * 0.93, N_ROWS * shares[i] * 1.07);
    for (int k = 0; k < 2; k++) {
      double mean = sum[k][i] / n[i];
      low[k] = mean < low[k] ? mean : low[k];
      high[k] = mean > high[k] ? mean : high[k];
    }
  }
  assert_true(high[0] - low[0] > 0.5);  /* x1 places the classes, */
  assert_true(high[1] - low[1] < 0.15); /* x11 is noise */
  bool seen[30] = {false};
  generate("multiclass rows=5000 seed=3 classes=30");
  FOR_EACH_LINE(line) {
    assert_in_range(number_at(line, 0), 0, 29);
    seen[(int)number_at(line, 0)] = true;
  }
  for (int i = 0; i < 30; i++) assert_true(seen[i]);
}

static void reasons_of_missing(void **state) {
  (void)state;
  enum { N_ROWS = 10000, N_COLUMNS = 14 };
  static const char *const words[N_COLUMNS] = {"", "", "", "", "", "", "", "", "", "0", "0", "NA", "nan", ""};
  /* share hidden where the label is 0 and where it is 1 */
  static const double rates[N_COLUMNS][2] = {
      {0, 0},       {0, 0},       {0.05, 0.05}, {0.30, 0.30}, {0.90, 0.90}, {0.14, 0.25}, {0.17, 0.23},
      {0.15, 0.30}, {0.29, 0.46}, {0.40, 0.40}, {0.14, 0.25}, {0.20, 0.20}, {0.10, 0.20}, {1, 1}};
  int n[2] = {0, 0}, hidden[N_COLUMNS][2] = {{0}}, high = 0, far = 0, hidden_by_other[2] = {0, 0};
  generate("missing rows=10000 seed=3");
  FOR_EACH_LINE(line) {
    int label = line[0] - '0';
    assert_in_range(label, 0, 1);
    n[label]++;
    bool positive = number_at(line, 1) > 0;
    for (int i = 0; i < N_COLUMNS; i++) {
      char cell[64];
      tool_cell(line, i + 1, cell);
      bool gone = strcmp(cell, words[i]) == 0;
      hidden[i][label] += gone;
      if (i == 8) hidden_by_other[positive] += gone;
      if (gone) continue;
      double x = strtod(cell, NULL);
      assert_true(x > -6.0 && x < 6.0);
      high += i == 5 && x > 0.8;
      far += i == 6 && (x > 1.2 || x < -1.2);
    }
  }
  assert_in_range(n[1], N_ROWS * 0.48, N_ROWS * 0.52);
  for (int i = 0; i < N_COLUMNS; i++) {
    for (int label = 0; label < 2; label++) {
      double rate = (double)hidden[i][label] / n[label];
      if (rate < rates[i][label] - 0.03 || rate > rates[i][label] + 0.03) {
        fail_msg("column %d, label %d: %g of the values are hidden", i, label, rate);
      }
    }
  }
  assert_in_range(high, N_ROWS * 0.02, N_ROWS * 0.045); /* 0.15 of 0.21 */
  assert_in_range(far, N_ROWS * 0.03, N_ROWS * 0.06);   /* 0.20 of 0.23 */
  assert_true(hidden_by_other[1] > 10 * hidden_by_other[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rates_of_leads),        cmocka_unit_test(rates_of_higgs),
      cmocka_unit_test(views_of_wide),         cmocka_unit_test(groups_of_onehot),
      cmocka_unit_test(levels_of_categorical), cmocka_unit_test(grades_of_rank),
      cmocka_unit_test(shares_of_multiclass),  cmocka_unit_test(reasons_of_missing),
  };
  return cmocka_run_group_tests(tests, tool_folder_make, tool_folder_remove);
}
