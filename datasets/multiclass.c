/* multiclass.c - `classes` classes of unequal size in 20 numeric columns.
 *
 * A class is three round clouds at fixed places in the first ten columns, so no single cut and no straight
 * line separates it; the other ten columns are noise. One label in twenty is drawn anew. 20,000 rows and 100
 * rounds of 31 leaves give accuracy 0.87 on other rows, with classes=2 0.93, with classes=20 0.71. */
#include "generator.h"
#include "random.h"

enum { N_PLACED = 10, N_NOISE = 10, N_CLOUDS = 3 };
enum { TABLE_PLACE = 440 };

static const struct generator_option classes = {
    .name = "classes", .meaning = "number of classes", .smallest = 2, .largest = 1000, .standard = 5};

static const double wrong_rate = 0.05;

static void write_header(const struct generator_settings *settings, struct line *line) {
  (void)settings;
  line_text(line, "label");
  for (uint32_t i = 1; i <= N_PLACED + N_NOISE; i++) line_label(line, "x", i);
}

/* Class k has the share 1 / (k + 2), made to sum to 1. */
static uint32_t draw_class(struct random_stream *random, uint32_t n_classes) {
  double total = 0;
  for (uint32_t i = 0; i < n_classes; i++) total += 1.0 / (i + 2);
  double left = random_uniform(random) * total;
  for (uint32_t i = 0; i + 1 < n_classes; i++) {
    left -= 1.0 / (i + 2);
    if (left < 0) return i;
  }
  return n_classes - 1;
}

static void write_row(const struct generator_settings *settings, uint64_t row, struct line *line) {
  struct random_stream random = random_start(settings->seed, row);
  uint32_t class = draw_class(&random, settings->number);
  uint32_t cloud = class * N_CLOUDS + random_below(&random, N_CLOUDS);
  bool wrong = random_uniform(&random) < wrong_rate;
  uint32_t other = random_below(&random, settings->number);
  line_integer(line, wrong ? other : class);
  for (uint32_t i = 0; i < N_PLACED + N_NOISE; i++) {
    double place = i < N_PLACED ? 2.2 * fixed_effect(TABLE_PLACE, cloud * N_PLACED + i) : 0.0;
    line_decimal(line, place + random_normal(&random), 4);
  }
}

const struct generator generator_multiclass = {
    .name = "multiclass",
    .summary = "label (class number) and 20 numbers x1..x20; classes of unequal size, three clouds each",
    .header = write_header,
    .row = write_row,
    .option = &classes,
    .numeric = true,
};
