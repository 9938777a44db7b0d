/* main.c - copse-datasets: generated data sets as CSV or LibSVM, for the main job, the tests and the
 * benchmarks.
 *
 * Command line, the loop over rows, and the split into a part to train on and a part held out. The bytes
 * written depend on generator, seed and options only. Exit codes: 0 done, 1 the work failed, 2 the command
 * line was wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator.h"
#include "output.h"

#define FRACTION_UNIT 1000000u

struct options {
  const struct generator *generator;
  struct generator_settings settings;
  uint64_t n_rows;
  const char *out, *valid;
  uint64_t fraction; /* of rows held out, in millionths */
  enum line_format format;
  bool fraction_given, header, header_given;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number) { interrupted = number; }

static void print_help(FILE *file) {
  fputs(
      "usage: copse-datasets GENERATOR [rows=N] [seed=S] [out=FILE] [valid=FILE [fraction=F]] [header=BOOL]\n"
      "                      [format=csv|libsvm] [features=N] [classes=K]\n"
      "\n"
      "Writes generated data. The same generator, seed and options give the same bytes everywhere.\n"
      "\n"
      "generators:\n",
      file);
  for (size_t i = 0; generator_at(i); i++) {
    fprintf(file, "  %-12s%s\n", generator_at(i)->name, generator_at(i)->summary);
  }
  fputs(
      "\n"
      "options (key=value, --key=value or --key value):\n"
      "  rows        number of rows, default 10000; row i is the same whatever rows says\n"
      "  seed        0 .. 2^64-1, default 42\n"
      "  out         file to write, \"-\" = standard output (default)\n"
      "  valid       second file: that share of the rows (rank: of the queries) goes there instead of to "
      "out\n"
      "  fraction    share that goes to valid, 0 < fraction < 1, at most 6 decimals, default 0.2\n"
      "  header      true (default) or false: a first line with the column names in every file; CSV only\n"
      "  format      csv, or libsvm where all columns are numbers; features count from 1, zeros are left "
      "out\n",
      file);
  for (size_t i = 0; generator_at(i); i++) {
    const struct generator_option *option = generator_at(i)->option;
    if (!option) continue;
    fprintf(file, "  %-12s%s: %s, %u .. %u, default %u\n", option->name, generator_at(i)->name,
            option->meaning, option->smallest, option->largest, option->standard);
  }
  fputs(
      "\n"
      "exit codes: 0 done, 1 the work failed, 2 the command line was wrong\n",
      file);
}

static bool wrong(const char *key, const char *value, const char *expected) {
  fprintf(stderr, "copse-datasets: %s=%s: expected %s\n", key, value, expected);
  return false;
}

static bool parse_count(const char *key, const char *text, uint64_t *out) {
  char *end = NULL;
  errno = 0;
  unsigned long long value = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
  if (!end || *end != '\0' || errno != 0) return wrong(key, text, "a whole number, 0 or larger, below 2^64");
  *out = value;
  return true;
}

/* decimal digits only, so that 0.2 is exactly 200000 millionths */
static bool parse_fraction(const char *text, uint64_t *out) {
  const char *at = text;
  uint64_t value = 0, unit = FRACTION_UNIT;
  while (*at == '0') at++;
  if (*at == '.') {
    for (at++; *at >= '0' && *at <= '9' && unit > 1; at++) {
      unit /= 10;
      value += (uint64_t)(*at - '0') * unit;
    }
  }
  if (*at != '\0' || value == 0) {
    return wrong("fraction", text, "a decimal number between 0 and 1 with at most 6 decimals, such as 0.2");
  }
  *out = value;
  return true;
}

static bool parse_flag(const char *key, const char *text, bool *out) {
  if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0) {
    *out = true;
  } else if (strcmp(text, "false") == 0 || strcmp(text, "0") == 0) {
    *out = false;
  } else {
    return wrong(key, text, "true or false");
  }
  return true;
}

static bool parse_format(const struct generator *generator, const char *text, enum line_format *out) {
  if (strcmp(text, "csv") == 0) {
    *out = LINE_CSV;
    return true;
  }
  if (strcmp(text, "libsvm") != 0) return wrong("format", text, "csv or libsvm");
  *out = LINE_LIBSVM;
  if (generator->numeric) return true;
  fprintf(stderr,
          "copse-datasets: format=libsvm: %s has texts or missing values, which only format=csv holds\n",
          generator->name);
  return false;
}

static bool parse_own_option(const struct generator_option *option, const char *text, uint32_t *out) {
  uint64_t value;
  if (!parse_count(option->name, text, &value)) return false;
  if (value < option->smallest || value > option->largest) {
    char expected[64];
    snprintf(expected, sizeof expected, "%u .. %u", option->smallest, option->largest);
    return wrong(option->name, text, expected);
  }
  *out = (uint32_t)value;
  return true;
}

static bool set_option(struct options *options, const char *key, const char *value) {
  const struct generator_option *own = options->generator->option;
  if (own && strcmp(key, own->name) == 0) return parse_own_option(own, value, &options->settings.number);
  if (strcmp(key, "rows") == 0) {
    if (!parse_count(key, value, &options->n_rows)) return false;
    return options->n_rows <= UINT64_MAX / FRACTION_UNIT || wrong(key, value, "at most 18446744073709 rows");
  }
  if (strcmp(key, "seed") == 0) return parse_count(key, value, &options->settings.seed);
  if (strcmp(key, "format") == 0) return parse_format(options->generator, value, &options->format);
  if (strcmp(key, "header") == 0) {
    options->header_given = true;
    return parse_flag(key, value, &options->header);
  }
  if (strcmp(key, "fraction") == 0) {
    options->fraction_given = true;
    return parse_fraction(value, &options->fraction);
  }
  if (strcmp(key, "out") == 0 || strcmp(key, "valid") == 0) {
    if (value[0] == '\0') return wrong(key, value, "a file name");
    *(key[0] == 'o' ? &options->out : &options->valid) = value;
    return true;
  }
  fprintf(
      stderr,
      "copse-datasets: unknown option \"%s\" (options: rows, seed, out, valid, fraction, header, format%s%s "
      "with %s; see --help)\n",
      key, own ? ", " : "", own ? own->name : "", options->generator->name);
  return false;
}

/* One argument, or two for "--key value"; returns how many were used, 0 after a message. */
static int parse_argument(struct options *options, int n_left, char **arguments) {
  char key[32];
  const char *text = arguments[0];
  bool dashes = strncmp(text, "--", 2) == 0;
  if (dashes) text += 2;
  const char *equals = strchr(text, '=');
  size_t length = equals ? (size_t)(equals - text) : strlen(text);
  if (length == 0 || length >= sizeof key || (!equals && (!dashes || n_left < 2))) {
    fprintf(stderr, "copse-datasets: \"%s\": expected key=value (see --help)\n", arguments[0]);
    return 0;
  }
  memcpy(key, text, length);
  key[length] = '\0';
  if (!set_option(options, key, equals ? equals + 1 : arguments[1])) return 0;
  return equals ? 1 : 2;
}

static bool parse_command_line(struct options *options, int argc, char **argv) {
  if (argc < 2) {
    print_help(stderr);
    return false;
  }
  options->generator = generator_find(argv[1]);
  if (!options->generator) {
    fprintf(stderr, "copse-datasets: unknown generator \"%s\" (generators:", argv[1]);
    for (size_t i = 0; generator_at(i); i++) fprintf(stderr, " %s", generator_at(i)->name);
    fputs("; see --help)\n", stderr);
    return false;
  }
  options->format = options->generator->format;
  if (options->generator->option) options->settings.number = options->generator->option->standard;
  for (int at = 2, used; at < argc; at += used) {
    used = parse_argument(options, argc - at, argv + at);
    if (used == 0) return false;
  }
  if (options->fraction_given && !options->valid) {
    fputs("copse-datasets: fraction is given without valid=FILE, the file of the part held out\n", stderr);
    return false;
  }
  if (options->format == LINE_LIBSVM && options->header && options->header_given) {
    fputs("copse-datasets: header=true: LibSVM has no line of names (leave it away, or format=csv)\n",
          stderr);
    return false;
  }
  if (options->valid && strcmp(options->valid, options->out) == 0) {
    return wrong("valid", options->valid, "another file than out");
  }
  return true;
}

/* Spreads the held-out units (rows, for most generators) evenly: exactly floor(n * fraction) of the first n.
 * They carry no order, so an even spread is a random split. */
static bool held_out(uint64_t unit, uint64_t fraction) {
  return (unit + 1) * fraction / FRACTION_UNIT != unit * fraction / FRACTION_UNIT;
}

static bool write_rows(const struct options *options, struct output *out, struct output *valid) {
  static struct line line; /* too large for a stack */
  const struct generator *generator = options->generator;
  if (options->header && options->format == LINE_CSV) {
    line_start(&line, options->format);
    generator->header(&options->settings, &line);
    if (!output_line(out, &line)) return false;
    if (options->valid && !output_line(valid, &line)) return false;
  }
  for (uint64_t row = 0; row < options->n_rows; row++) {
    if (interrupted) {
      fprintf(stderr, "copse-datasets: interrupted at row %llu; no file was written\n",
              (unsigned long long)row);
      return false;
    }
    line_start(&line, options->format);
    generator->row(&options->settings, row, &line);
    uint64_t unit = generator->unit ? generator->unit(&options->settings, row) : row;
    bool held = options->valid && held_out(unit, options->fraction);
    if (!output_line(held ? valid : out, &line)) return false;
  }
  return true;
}

static bool run(const struct options *options) {
  struct output out = {.path = NULL}, valid = {.path = NULL};
  bool done = output_open(&out, options->out) && (!options->valid || output_open(&valid, options->valid)) &&
              write_rows(options, &out, &valid) && output_finish(&out) && output_finish(&valid);
  if (!done) {
    output_drop(&out);
    output_drop(&valid);
  }
  return done;
}

int main(int argc, char **argv) {
  if (argc >= 2 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-h") == 0)) {
    print_help(stdout);
    return 0;
  }
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      print_help(stdout);
      return 0;
    }
  }
  struct options options = {
      .n_rows = 10000, .settings = {.seed = 42}, .out = "-", .fraction = FRACTION_UNIT / 5, .header = true};
  if (!parse_command_line(&options, argc, argv)) return 2;
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return run(&options) ? 0 : 1;
}
