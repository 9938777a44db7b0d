/* golden_table.h - the table of golden runs: what is trained and what came out, as a text file.
 *
 * A run is a block of lines `key: value`, blocks are parted by blank lines, `#` starts a comment line:
 *   run: name
 *   data: generator and its options        seed: the generator's seed
 *   params: key=value ..., the reader's columns among them
 *   fingerprint: 16 hexadecimal digits
 *   SET METRIC: golden value, in centre +- margin     (SET: train, valid)
 */
#ifndef COPSE_TESTS_GOLDEN_TABLE_H
#define COPSE_TESTS_GOLDEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { GOLDEN_MAX_RUNS = 32, GOLDEN_MAX_VALUES = 8 };

struct golden_value {
  char set[8], metric[32];
  double golden, centre, margin;
};

struct golden_run {
  char name[64], data[128], params[512];
  uint64_t seed, fingerprint;
  size_t n_values;
  struct golden_value values[GOLDEN_MAX_VALUES];
};

struct golden_table {
  char comment[4096]; /* the lines before the first run, kept when the table is written anew */
  size_t n_runs;
  struct golden_run runs[GOLDEN_MAX_RUNS];
};

/* Prints what is wrong with the file and returns false. */
bool golden_table_read(const char *path, struct golden_table *table);
void golden_table_write(const struct golden_table *table, FILE *out);

#endif
