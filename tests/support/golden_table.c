/* golden_table.c - see the header. */
#include "golden_table.h"

#include <inttypes.h>
#include <string.h>

static bool copy(char *out, size_t capacity, const char *text) {
  size_t length = strlen(text);
  if (length >= capacity) return false;
  memcpy(out, text, length + 1);
  return true;
}

static bool read_value(struct golden_run *run, const char *key, const char *text) {
  if (run->n_values == GOLDEN_MAX_VALUES) return false;
  struct golden_value *value = &run->values[run->n_values++];
  return sscanf(key, "%7s %31s", value->set, value->metric) == 2 &&
         (strcmp(value->set, "train") == 0 || strcmp(value->set, "valid") == 0) &&
         sscanf(text, "%lf, in %lf +- %lf", &value->golden, &value->centre, &value->margin) == 3;
}

static bool read_line(struct golden_table *table, char *line) {
  char *text = strstr(line, ": ");
  if (text == NULL) return false;
  *text = '\0';
  text += 2;
  if (strcmp(line, "run") == 0) {
    if (table->n_runs == GOLDEN_MAX_RUNS) return false;
    struct golden_run *run = &table->runs[table->n_runs++];
    memset(run, 0, sizeof *run);
    return copy(run->name, sizeof run->name, text);
  }
  if (table->n_runs == 0) return false;
  struct golden_run *run = &table->runs[table->n_runs - 1];
  if (strcmp(line, "data") == 0) return copy(run->data, sizeof run->data, text);
  if (strcmp(line, "params") == 0) return copy(run->params, sizeof run->params, text);
  if (strcmp(line, "seed") == 0) return sscanf(text, "%" SCNu64, &run->seed) == 1;
  if (strcmp(line, "fingerprint") == 0) return sscanf(text, "%" SCNx64, &run->fingerprint) == 1;
  return read_value(run, line, text);
}

bool golden_table_read(const char *path, struct golden_table *table) {
  char line[1024];
  bool good = true;
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    fprintf(stderr, "%s: cannot be opened\n", path);
    return false;
  }
  table->n_runs = 0;
  table->comment[0] = '\0';
  for (int number = 1; good && fgets(line, sizeof line, file) != NULL; number++) {
    if (line[0] == '#' && table->n_runs == 0) {
      good = strlen(table->comment) + strlen(line) < sizeof table->comment;
      if (good) strcat(table->comment, line);
    }
    line[strcspn(line, "\n")] = '\0';
    if (good && line[0] != '\0' && line[0] != '#') good = read_line(table, line);
    if (!good) fprintf(stderr, "%s:%d: not a line of a golden table: \"%s\"\n", path, number, line);
  }
  fclose(file);
  return good;
}

void golden_table_write(const struct golden_table *table, FILE *out) {
  fputs(table->comment, out);
  for (size_t i = 0; i < table->n_runs; i++) {
    const struct golden_run *run = &table->runs[i];
    fprintf(out, "\nrun: %s\ndata: %s\nseed: %" PRIu64 "\nparams: %s\nfingerprint: %016" PRIx64 "\n",
            run->name, run->data, run->seed, run->params, run->fingerprint);
    for (size_t v = 0; v < run->n_values; v++) {
      const struct golden_value *value = &run->values[v];
      fprintf(out, "%s %s: %.17g, in %.6g +- %.3g\n", value->set, value->metric, value->golden, value->centre,
              value->margin);
    }
  }
}
