/* random_parameters.c - runs of the program with parameters drawn at random, valid and invalid ones.
 *
 *   random_parameters PROGRAM FIRST COUNT
 *
 * Each run must end with a complete model of at least one tree and exit code 0, or with a sentence on
 * standard error, exit code 1 or 2 and no model. A signal, a sanitizer's report, a run that does not end, and
 * a model whose predictions are not numbers are failures; each is printed as the command that repeats it. A
 * model is refitted on the same data, with the same parameters, to another one or a sentence.
 * What can be drawn is read from the table of parameters: a new one takes part by itself. Run i is the same
 * whoever runs it. */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "draw.h"
#include "params/table.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { MAX_WORDS = 24, WORD_CAPACITY = 200, N_ROWS = 90, PATIENCE_S = 300, TEXT_CAPACITY = 1 << 18 };

struct run {
  char words[MAX_WORDS][WORD_CAPACITY];
  int n_words;
};

/* ---- the data: a label of each kind over the same five columns */

static const char *const labels[] = {"number", "count", "two", "three", "grade"};

static void write_data(const char *name, int kind, uint64_t seed) {
  struct draw draw = {seed, 0};
  FILE *file = fopen(name, "w");
  if (!file) exit(3);
  fputs("y,a,b,c,d,e\n", file);
  for (int row = 0; row < N_ROWS; row++) {
    double a = draw_uniform(&draw) * 10 - 5, b = (double)draw_between(&draw, 0, 3);
    int level = (int)draw_between(&draw, 0, 4);
    double signal = a + 2 * b + (level == 2 ? 4 : 0) + draw_uniform(&draw);
    switch (kind) {
      case 0: fprintf(file, "%.3f", signal); break;
      case 1: fprintf(file, "%d", (int)fmax(1, signal + 6)); break;
      case 2: fprintf(file, "%d", signal > 2); break;
      case 3: fprintf(file, "%d", signal > 4 ? 2 : signal > 0); break;
      default: fprintf(file, "%d", signal > 5 ? 3 : signal > 2 ? 2 : signal > 0); break;
    }
    fprintf(file, ",%.2f,%.0f,L%d,", a, b, level);
    if (draw_uniform(&draw) < 0.3) {
      fputs(",", file);
    } else {
      fprintf(file, "%.3g,", draw_uniform(&draw) < 0.5 ? 0 : signal * a);
    }
    fprintf(file, "%d\n", row % 7);
  }
  fclose(file);
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(name, "w");
  if (!file || fputs(text, file) < 0) exit(3);
  fclose(file);
}

static void write_files(void) {
  char name[64];
  for (size_t kind = 0; kind < COUNT(labels); kind++) {
    snprintf(name, sizeof name, "%s.csv", labels[kind]);
    write_data(name, (int)kind, 10 + kind);
    snprintf(name, sizeof name, "%s-valid.csv", labels[kind]);
    write_data(name, (int)kind, 20 + kind);
  }
  write_text("grade.csv.query", "30\n10\n1\n49\n");
  write_text("grade-valid.csv.query", "45\n45\n");
  write_text("splits.json",
             "{\"feature\": 0, \"threshold\": 0.5, \"left\": {\"feature\": 1, \"threshold\": 1}}");
  write_text("categorical-split.json", "{\"feature\": 2, \"threshold\": 1}");
  write_text("bins.json", "[{\"feature\": 0, \"bin_upper_bound\": [-1, 0, 2.5]}]");
  write_text("broken.json", "{\"feature\": 0, \"threshold\": ");
}

/* ---- one value of one parameter */

static double number_for(struct draw *draw, const struct param_range *range, bool whole) {
  static const double usual[] = {0, 1, 2, 3, 5, 20, 0.1, 0.5, 0.9, -1, 100, 255, 1e-3, 7};
  if (draw_uniform(draw) < 0.05) {
    static const double rare[] = {1e300, -1e300, 1e-300, 2147483647, -2147483648.0, 4294967296.0, 1e18};
    return rare[draw_between(draw, 0, COUNT(rare) - 1)];
  }
  double value = usual[draw_between(draw, 0, COUNT(usual) - 1)];
  if (draw_uniform(draw) < 0.3) value = draw_uniform(draw) * 4;
  if (range->bounded && draw_uniform(draw) < 0.8) {
    double low = isfinite(range->min) ? range->min : -10, high = isfinite(range->max) ? range->max : low + 60;
    if (high > low + 60) high = low + 60;
    value = low + (high - low) * draw_uniform(draw);
    if (draw_uniform(draw) < 0.2) value = low;
    if (draw_uniform(draw) < 0.1) value = high;
  }
  return whole ? floor(value) : value;
}

static void append_number(struct draw *draw, const struct param_row *row, bool whole, char *out) {
  char number[64];
  double value = number_for(draw, &row->range, whole);
  snprintf(number, sizeof number, whole ? "%.0f" : "%.6g", value);
  strcat(out, number);
}

static void append_choice(struct draw *draw, const struct param_row *row, char *out) {
  int n = 0;
  while (row->range.choices[n].name) n++;
  strcat(out, row->range.choices[draw_between(draw, 0, n - 1)].name);
}

static void append_list(struct draw *draw, const struct param_row *row, char *out) {
  int64_t n = draw_uniform(draw) < 0.6 ? 5 : draw_between(draw, 0, 8);
  for (int64_t i = 0; i < n; i++) {
    if (i > 0) strcat(out, ",");
    if (row->type == TYPE_ENUMS) {
      append_choice(draw, row, out);
    } else {
      append_number(draw, row, row->type == TYPE_INTS, out);
    }
  }
}

static const char *const texts[] = {"0",
                                    "name:c",
                                    "name:a,b",
                                    "1,2",
                                    "[0,1],[2,3,4]",
                                    "[0],[0,1]",
                                    "[[",
                                    "nothing",
                                    "",
                                    "splits.json",
                                    "categorical-split.json",
                                    "bins.json",
                                    "broken.json",
                                    "name:nothing",
                                    "-1",
                                    "9999",
                                    "L1",
                                    "y"};
static const char *const nonsense[] = {"",         "x",    "nan",    "inf",  "-inf",
                                       "1e",       "true", "1,2,,3", "0x10", "99999999999999999999",
                                       "\xff\xfe", "1 2",  "-",      "==",   "none"};

static void append_value(struct draw *draw, const struct param_row *row, char *out) {
  if (draw_uniform(draw) < 0.06) {
    strcat(out, nonsense[draw_between(draw, 0, COUNT(nonsense) - 1)]);
    return;
  }
  switch (row->type) {
    case TYPE_INT: append_number(draw, row, true, out); break;
    case TYPE_DOUBLE: append_number(draw, row, false, out); break;
    case TYPE_BOOL: strcat(out, draw_uniform(draw) < 0.7 ? "true" : "false"); break;
    case TYPE_STRING: strcat(out, texts[draw_between(draw, 0, COUNT(texts) - 1)]); break;
    case TYPE_ENUM: append_choice(draw, row, out); break;
    case TYPE_INTS:
    case TYPE_DOUBLES:
    case TYPE_ENUMS: append_list(draw, row, out); break;
  }
}

/* ---- one run */

/* What says where to read and write, or how long to work, is not drawn. */
static bool may_be_drawn(enum param_id id) {
  static const enum param_id never[] = {
      PARAM_config,      PARAM_task,           PARAM_objective,     PARAM_data,
      PARAM_valid,       PARAM_num_iterations, PARAM_num_threads,   PARAM_output_model,
      PARAM_input_model, PARAM_output_result,  PARAM_convert_model, PARAM_out,
      PARAM_recipe,      PARAM_maps,           PARAM_input,         PARAM_db,
      PARAM_drift,       PARAM_against,        PARAM_save_binary,   PARAM_time_limit,
      PARAM_verbosity,   PARAM_snapshot_freq,  PARAM_time_out};
  for (size_t i = 0; i < COUNT(never); i++) {
    if (never[i] == id) return false;
  }
  return true;
}

static char *new_word(struct run *run, const char *text) {
  char *word = run->words[run->n_words++];
  snprintf(word, WORD_CAPACITY, "%s", text);
  return word;
}

/* Half of the runs take a label that suits the objective. */
static const char *label_for(struct draw *draw, const struct param_choice *objective) {
  const char *any = labels[draw_between(draw, 0, COUNT(labels) - 1)];
  if (draw_uniform(draw) < 0.3) return any;
  switch (objective->outcome) {
    case OUTCOME_PROBABILITY: return "two";
    case OUTCOME_CLASSES: return "three";
    default: break;
  }
  return strstr(objective->name, "rank") ? "grade" : draw_uniform(draw) < 0.5 ? "count" : "number";
}

/* Ways of boosting with what each of them needs, which single draws seldom bring together. */
static void add_mode(struct draw *draw, struct run *run) {
  static const char *const modes[][3] = {
      {"boosting=dart", "skip_drop=0", "drop_rate=0.5"},
      {"boosting=rf", "bagging_freq=1", "bagging_fraction=0.7"},
      {"boosting=goss", "learning_rate=1", "other_rate=0.3"},
      {"data_sample_strategy=mvs", "bagging_fraction=0.5", "learning_rate=1"},
      {"grow_policy=depthwise", "max_depth=3", "min_gain_to_split=0"},
      {"linear_tree=true", "linear_lambda=0.1", "refit_decay_rate=0.5"}};
  const char *const *mode = modes[draw_between(draw, 0, COUNT(modes) - 1)];
  for (int i = 0; i < 3; i++) new_word(run, mode[i]);
}

static struct run run_draw(uint64_t index) {
  struct draw draw = {4201, index << 16};
  struct run run = {.n_words = 0};
  const struct param_choice *choices = param_rows[PARAM_objective].range.choices;
  int n_choices = 0;
  while (choices[n_choices].name) n_choices++;
  const struct param_choice *objective = &choices[draw_between(&draw, 0, n_choices - 1)];
  const char *label = label_for(&draw, objective);
  strcat(strcat(new_word(&run, "objective="), objective->name), "");
  strcat(strcat(new_word(&run, "data="), label), ".csv");
  if (draw_uniform(&draw) < 0.4) strcat(strcat(new_word(&run, "valid="), label), "-valid.csv");
  sprintf(new_word(&run, ""), "num_iterations=%d", (int)draw_between(&draw, 1, 4));
  if (draw_uniform(&draw) < 0.8) new_word(&run, "min_data_in_leaf=3");
  if (draw_uniform(&draw) < 0.95) new_word(&run, "categorical_feature=auto");
  if (objective->outcome == OUTCOME_CLASSES && draw_uniform(&draw) < 0.7) new_word(&run, "num_class=3");
  if (objective->outcome == OUTCOME_LABELS && draw_uniform(&draw) < 0.7) new_word(&run, "label=0,2,1");
  if (draw_uniform(&draw) < 0.4) add_mode(&draw, &run);
  int64_t n_drawn = draw_between(&draw, 0, 7);
  for (int64_t i = 0; i < n_drawn; i++) {
    enum param_id id = (enum param_id)draw_between(&draw, 0, PARAM_COUNT - 1);
    if (!may_be_drawn(id)) continue;
    append_value(&draw, &param_rows[id], strcat(new_word(&run, param_rows[id].name), "="));
  }
  return run;
}

/* ---- running it */

/* Exit status as of waitpid; -1: it did not end. */
static int start(char *const argv[], const char *errors) {
  pid_t child = fork();
  if (child == 0) {
    int file = open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0600), none = open("/dev/null", O_RDWR);
    dup2(none, 0);
    dup2(none, 1);
    dup2(file, 2);
    execv(argv[0], argv);
    _exit(127);
  }
  for (int waited_ms = 0; waited_ms < PATIENCE_S * 1000; waited_ms += waited_ms < 100 ? 1 : 20) {
    int status;
    if (waitpid(child, &status, WNOHANG) == child) return status;
    usleep(waited_ms < 100 ? 1000 : 20000);
  }
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return -1;
}

static void slurp(const char *path, char *out) {
  FILE *file = fopen(path, "rb");
  size_t n = file ? fread(out, 1, TEXT_CAPACITY - 1, file) : 0;
  out[n] = '\0';
  if (file) fclose(file);
}

static char errors_text[TEXT_CAPACITY], model_text[TEXT_CAPACITY], predictions[TEXT_CAPACITY];

static const char *check_predictions(const char *program, const struct run *run) {
  char data[WORD_CAPACITY];
  char *argv[] = {(char *)program,       "predict",      "model=model.txt",        data,
                  "out=predictions.txt", "verbosity=-1", "predict_raw_score=true", NULL};
  for (int i = 0; i < run->n_words; i++) {
    if (strncmp(run->words[i], "data=", 5) == 0) snprintf(data, sizeof data, "%s", run->words[i]);
  }
  int status = start(argv, "predict-errors.txt");
  slurp("predict-errors.txt", errors_text);
  if (status != 0) return "its model does not predict the training file";
  slurp("predictions.txt", predictions);
  if (strstr(predictions, "nan") || strstr(predictions, "inf")) return "raw scores are not finite";
  return NULL;
}

static bool has_sentence(const char *text) {
  const char *at = strstr(text, "copse: error: ");
  return at && strlen(at) > 30;
}

/* first: what stands before the run's words, ended by NULL. */
static int start_command(const char *program, const char *const *first, struct run *run, const char *errors) {
  char *argv[MAX_WORDS + 8] = {(char *)program};
  int n = 1;
  while (*first) argv[n++] = (char *)*first++;
  for (int i = 0; i < run->n_words; i++) argv[n++] = run->words[i];
  argv[n] = NULL;
  return start(argv, errors);
}

static const char *check_refit(const char *program, struct run *run) {
  static const char *const first[] = {"refit", "model=model.txt", "out=refitted.txt", "num_threads=2", NULL};
  unlink("refitted.txt");
  int status = start_command(program, first, run, "refit-errors.txt");
  slurp("refit-errors.txt", errors_text);
  if (strstr(errors_text, "Sanitizer") || strstr(errors_text, "runtime error:"))
    return "a sanitizer's report of its refit";
  if (status == -1 || !WIFEXITED(status)) return "its refit ended with a signal, or not at all";
  bool made = access("refitted.txt", F_OK) == 0;
  if (WEXITSTATUS(status) == 0) return made ? NULL : "its refit has exit code 0 and no model";
  if (WEXITSTATUS(status) > 2) return "its refit has an exit code of neither 0, 1 nor 2";
  if (made) return "its refit failed, and left a model";
  return has_sentence(errors_text) ? NULL : "its refit failed without a sentence";
}

static const char *check_model(const char *program, struct run *run) {
  slurp("model.txt", model_text);
  if (strncmp(model_text, "tree\n", 5) != 0) return "exit code 0 without a model";
  if (!strstr(model_text, "\nTree=0\n")) return "exit code 0 with a model that has no tree";
  const char *wrong = check_predictions(program, run);
  return wrong ? wrong : check_refit(program, run);
}

/* What is wrong, or NULL. */
static const char *run_once(const char *program, struct run *run, int *code) {
  static const char *const first[] = {"train", "out=model.txt", "num_threads=2", NULL};
  unlink("model.txt");
  int status = start_command(program, first, run, "errors.txt");
  slurp("errors.txt", errors_text);
  *code = status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (status == -1) return "did not end";
  if (WIFSIGNALED(status)) return strsignal(WTERMSIG(status));
  if (strstr(errors_text, "Sanitizer") || strstr(errors_text, "runtime error:"))
    return "a sanitizer's report";
  if (*code == 0) return check_model(program, run);
  if (*code != 1 && *code != 2) return "an exit code of neither 0, 1 nor 2";
  if (access("model.txt", F_OK) == 0) return "failed, and left a model";
  return has_sentence(errors_text) ? NULL : "failed without a sentence";
}

static void print_failure(const char *what, uint64_t index, const struct run *run) {
  printf("run %" PRIu64 ": %s\n  copse train out=model.txt num_threads=2", index, what);
  for (int i = 0; i < run->n_words; i++) printf(" '%s'", run->words[i]);
  printf("\n%.3000s\n", errors_text);
}

int main(int argc, char **argv) {
  char folder[] = "/tmp/copse-random-XXXXXX";
  if (argc != 4) {
    fputs("usage: random_parameters PROGRAM FIRST COUNT\n", stderr);
    return 2;
  }
  uint64_t first = strtoull(argv[2], NULL, 10), n_runs = strtoull(argv[3], NULL, 10), n_failed = 0,
           ends[3] = {0};
  if (!mkdtemp(folder) || chdir(folder) != 0) return 3;
  write_files();
  for (uint64_t i = first; i < first + n_runs; i++) {
    struct run run = run_draw(i);
    int code;
    const char *wrong = run_once(argv[1], &run, &code);
    if (wrong) {
      print_failure(wrong, i, &run);
      n_failed++;
    } else {
      ends[code]++;
    }
  }
  printf("%" PRIu64 " runs: %" PRIu64 " models, %" PRIu64 " failed with a sentence, %" PRIu64
         " refused with a sentence, %" PRIu64 " wrong\n",
         n_runs, ends[0], ends[1], ends[2], n_failed);
  if (chdir("/") != 0) return 3;
  char remove[64];
  snprintf(remove, sizeof remove, "rm -rf %s", folder);
  if (system(remove) != 0) return 3;
  /* Where next to nothing trains, or nothing is refused, the draws have lost their point. */
  bool varied = n_runs < 100 || (ends[0] * 5 >= n_runs && (ends[1] + ends[2]) * 10 >= n_runs);
  if (!varied) puts("the draws give too few models, or too few refusals");
  return n_failed == 0 && varied ? 0 : 1;
}
