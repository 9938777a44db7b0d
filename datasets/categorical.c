/* categorical.c - ten numeric columns and eight of texts, with 2 to 1,000 levels each.
 *
 * Every level has a fixed effect, however rare: the more levels a column has, the thinner its evidence, which
 * is what a learner's smoothing of categories is for. Numbers act linearly, by a square, by a product, and by
 * one whose sign depends on a category. Two columns of texts are empty now and then. 20,000 rows and 100
 * trees of 31 leaves give AUC 0.79 on other rows. */
#include "generator.h"
#include "random.h"
#include "word.h"

enum { N_NUMBERS = 10, N_TEXTS = 8 };
enum { TABLE_LEVEL = 400, TABLE_SIGN = 420 };

static const struct {
  uint32_t n_levels;
  double spread; /* of the effects */
  double missing_rate;
} texts[N_TEXTS] = {{2, 0.5, 0},  {5, 0.6, 0},   {12, 0.7, 0.03},  {30, 0.8, 0},
                    {80, 0.8, 0}, {200, 1.0, 0}, {500, 1.0, 0.03}, {1000, 1.2, 0}};

struct record {
  double number[N_NUMBERS];
  uint32_t level[N_TEXTS];
  bool known[N_TEXTS];
};

static void write_header(const struct generator_settings *settings, struct line *line) {
  (void)settings;
  line_text(line, "label");
  for (uint32_t i = 1; i <= N_NUMBERS; i++) line_label(line, "n", i);
  for (uint32_t i = 1; i <= N_TEXTS; i++) line_label(line, "c", i);
}

static struct record draw_record(struct random_stream *random) {
  struct record record;
  for (int i = 0; i < N_NUMBERS; i++) record.number[i] = random_normal(random);
  for (int i = 0; i < N_TEXTS; i++) {
    double share = random_uniform(random); /* level k comes up about k^(-1/2) times as often as level 1 */
    record.level[i] = (uint32_t)(share * share * texts[i].n_levels);
    record.known[i] = random_uniform(random) >= texts[i].missing_rate;
  }
  return record;
}

static double score_of(const struct record *record) {
  const double *x = record->number;
  double score = 0.4 + 0.7 * x[0] - 0.4 * x[1] * x[1] + 0.5 * x[2] * x[3];
  score += fixed_effect(TABLE_SIGN, record->level[3]) < 0 ? -0.6 * x[4] : 0.6 * x[4];
  for (uint32_t i = 0; i < N_TEXTS; i++) {
    if (record->known[i]) score += texts[i].spread * fixed_effect(TABLE_LEVEL + i, record->level[i]);
  }
  return score; /* the last five numbers say nothing */
}

static void write_level(uint32_t column, uint32_t level, struct line *line) {
  if (column == 0) {
    line_text(line, level == 0 ? "no" : "yes");
  } else if (column % 2 == 1) {
    line_label(line, "Level", level);
  } else {
    char word[WORD_CAPACITY];
    invented_word(column * 10000 + level, word);
    line_text(line, word);
  }
}

static void write_row(const struct generator_settings *settings, uint64_t row, struct line *line) {
  struct random_stream random = random_start(settings->seed, row);
  struct record record = draw_record(&random);
  line_integer(line, random_uniform(&random) < portable_sigmoid(1.6 * score_of(&record)));
  for (int i = 0; i < N_NUMBERS; i++) line_decimal(line, record.number[i], 3);
  for (uint32_t i = 0; i < N_TEXTS; i++) {
    if (record.known[i]) {
      write_level(i, record.level[i], line);
    } else {
      line_empty(line);
    }
  }
}

const struct generator generator_categorical = {
    .name = "categorical",
    .summary = "label (0/1), 10 numbers n1..n10 and 8 columns of texts c1..c8 with 2 to 1,000 levels",
    .header = write_header,
    .row = write_row,
};
