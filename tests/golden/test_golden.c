/* Golden runs (golden.txt): generated data are read, trained on and evaluated; model and metrics must be the
 * table's. Checked at two levels, as Yggdrasil Decision Forests checks its learners: inside a measured
 * margin, which says "as good as it was", and bit for bit, which says "the very same". A tenth more or less
 * learning rate must fail both.
 *
 * `golden_golden measure FILE [RUN ...]` runs everything again, over many seeds, and writes a new table. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "checks.h"
#include "file_train.h"
#include "golden_table.h"
#include "small_train.h"
#include "train/booster.h"

enum { MEASURED_SEEDS = 24 };
#define MARGIN_DEVIATIONS 3.0

static struct golden_table table;
static struct scratch scratch;
static const char *measured_path; /* of the new table */
static char **measured_runs;      /* names, ended by NULL; none: all */

/* What one run gave; values in the order train, valid, and by metric within. */
struct outcome {
  uint64_t fingerprint;
  int team; /* threads that really worked on the rounds */
  size_t n_values;
  struct golden_value values[GOLDEN_MAX_VALUES]; /* centre and margin are not set */
};

static void generate(const char *data, uint64_t seed, const char *train, const char *valid) {
  const char *tool = getenv("COPSE_DATASETS_TOOL");
  assert_non_null(tool);
  char command[2048];
  assert_true(snprintf(command, sizeof command,
                       "exec '%s' %s seed=%" PRIu64 " out='%s' valid='%s' fraction=0.25 2>&1", tool, data,
                       seed, train, valid) < (int)sizeof command);
  int status = system(command);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static copse_read_options options_of(const copse_params *params) {
  copse_read_options options = copse_read_options_default();
  options.label_column = copse_params_get(params, "label_column");
  options.weight_column = copse_params_get(params, "weight_column");
  options.ignore_column = copse_params_get(params, "ignore_column");
  options.categorical_feature = copse_params_get(params, "categorical_feature");
  if (strcmp(copse_params_get(params, "objective"), "binary") == 0) options.label_kind = COPSE_LABEL_BINARY;
  if (strcmp(copse_params_get(params, "objective"), "multi_regression") == 0)
    options.label_kind = COPSE_LABEL_NUMBERS;
  options.n_threads = (int)copse_params_get_int(params, "num_threads");
  return options;
}

static void evaluate(copse_booster *booster, struct outcome *outcome) {
  copse_error err;
  double values[GOLDEN_MAX_VALUES];
  size_t n_metrics = (size_t)copse_booster_n_metrics(booster);
  assert_true(n_metrics > 0 && 2 * n_metrics <= GOLDEN_MAX_VALUES);
  outcome->n_values = 2 * n_metrics;
  for (size_t i = 0; i < outcome->n_values; i++) {
    int set = i < n_metrics ? 0 : 1, metric = (int)(i % n_metrics);
    must(copse_booster_eval(booster, set, values, &err), &err);
    struct golden_value *value = &outcome->values[i];
    snprintf(value->set, sizeof value->set, "%s", set == 0 ? "train" : "valid");
    snprintf(value->metric, sizeof value->metric, "%s", copse_booster_metric_name(booster, metric));
    value->golden = values[metric];
  }
}

/* The run's own learning rate times `factor`: the first mention of a parameter wins. */
static copse_params *params_of(const struct golden_run *run, int n_threads, double factor) {
  char text[1024], rate[64] = "";
  if (factor != 1) {
    copse_params *own = small_params(run->params);
    snprintf(rate, sizeof rate, "learning_rate=%.17g ",
             factor * copse_params_get_double(own, "learning_rate"));
    copse_params_free(own);
  }
  assert_true(snprintf(text, sizeof text, "%snum_threads=%d %s", rate, n_threads, run->params) <
              (int)sizeof text);
  return small_params(text);
}

static struct outcome train(const struct golden_run *run, uint64_t seed, int n_threads, double factor) {
  struct outcome outcome;
  char train_path[512], valid_path[512];
  scratch_path(&scratch, "train.csv", train_path, sizeof train_path);
  scratch_path(&scratch, "valid.csv", valid_path, sizeof valid_path);
  generate(run->data, seed, train_path, valid_path);
  copse_params *params = params_of(run, n_threads, factor);
  copse_read_options options = options_of(params);
  struct file_set train_set = file_load(train_path, &options, params, NULL);
  struct file_set valid_set = file_load(valid_path, &options, params, &train_set);
  copse_booster *booster;
  copse_model *model = file_train(&train_set, &valid_set, params, &booster);
  assert_int_equal(copse_model_n_rounds(model), copse_params_get_int(params, "num_iterations"));
  outcome.fingerprint = copse_model_fingerprint(model);
  outcome.team = booster_team_threads(booster);
  evaluate(booster, &outcome);
  copse_model_free(model);
  copse_booster_free(booster);
  file_set_free(&valid_set);
  file_set_free(&train_set);
  copse_params_free(params);
  return outcome;
}

/* How many of a run's expectations were not met, by level. */
struct misses {
  size_t fingerprint, golden, margin;
};

static struct misses compare(const struct golden_run *run, const struct outcome *found, bool tell) {
  struct misses misses = {0, 0, 0};
  if (found->fingerprint != run->fingerprint) {
    misses.fingerprint++;
    if (tell)
      print_error("%s: fingerprint %016" PRIx64 ", expected %016" PRIx64 "\n", run->name, found->fingerprint,
                  run->fingerprint);
  }
  assert_int_equal(found->n_values, run->n_values);
  for (size_t i = 0; i < run->n_values; i++) {
    const struct golden_value *value = &run->values[i], *now = &found->values[i];
    assert_string_equal(now->set, value->set);
    assert_string_equal(now->metric, value->metric);
    bool golden = now->golden == value->golden, inside = fabs(now->golden - value->centre) <= value->margin;
    misses.golden += !golden;
    misses.margin += !inside;
    if (tell && !(golden && inside))
      print_error("%s: %s %s %.17g, expected %.17g%s\n", run->name, now->set, now->metric, now->golden,
                  value->golden, inside ? "" : ", and it has left its margin");
  }
  return misses;
}

/* Small data are left to one thread: at least so many runs must be large enough to be shared. */
enum { SHARED_RUNS = 3 };

static void check_all(int n_threads) {
  size_t missed = 0, shared = 0;
  for (size_t i = 0; i < table.n_runs; i++) {
    const struct golden_run *run = &table.runs[i];
    struct outcome outcome = train(run, run->seed, n_threads, 1);
    struct misses misses = compare(run, &outcome, true);
    missed += misses.fingerprint + misses.golden + misses.margin;
    shared += outcome.team == n_threads;
  }
  if (missed > 0) fail_msg("%zu expectations were not met", missed);
  assert_true(shared >= SHARED_RUNS);
}

static void one_thread(void **state) {
  (void)state;
  check_all(1);
}

static void two_threads(void **state) {
  (void)state;
  check_all(2);
}

/* Another learning rate must be seen in the fingerprint and in every golden value of every run. Margins are
 * as wide as chance between data sets, so a tenth leaves them only where the training loss falls fast: in at
 * least so many runs (measured: 7 of 17 both ways). */
enum { SEEN_BY_MARGIN = 6 };

static void check_rate(double factor) {
  size_t seen = 0;
  for (size_t i = 0; i < table.n_runs; i++) {
    const struct golden_run *run = &table.runs[i];
    struct outcome outcome = train(run, run->seed, 2, factor);
    struct misses misses = compare(run, &outcome, false);
    if (misses.fingerprint == 0 || misses.golden < run->n_values)
      fail_msg("%s: learning_rate * %g was missed: %zu fingerprints, %zu of %zu golden values", run->name,
               factor, misses.fingerprint, misses.golden, run->n_values);
    seen += misses.margin > 0;
  }
  print_message("learning_rate * %g leaves the margins of %zu runs of %zu\n", factor, seen, table.n_runs);
  assert_true(seen >= SEEN_BY_MARGIN);
}

static void a_tenth_more(void **state) {
  (void)state;
  check_rate(1.1);
}

static void a_tenth_less(void **state) {
  (void)state;
  check_rate(0.9);
}

static void measure_run(struct golden_run *run) {
  struct outcome own = train(run, run->seed, 2, 1);
  double values[MEASURED_SEEDS][GOLDEN_MAX_VALUES];
  for (uint64_t s = 0; s < MEASURED_SEEDS; s++) {
    struct outcome other = train(run, run->seed + 1000 + s, 2, 1);
    for (size_t i = 0; i < own.n_values; i++) values[s][i] = other.values[i].golden;
  }
  run->fingerprint = own.fingerprint;
  run->n_values = own.n_values;
  for (size_t i = 0; i < own.n_values; i++) {
    double mean = 0, square = 0;
    for (int s = 0; s < MEASURED_SEEDS; s++) mean += values[s][i] / MEASURED_SEEDS;
    for (int s = 0; s < MEASURED_SEEDS; s++) square += (values[s][i] - mean) * (values[s][i] - mean);
    run->values[i] = own.values[i];
    run->values[i].centre = mean;
    run->values[i].margin = MARGIN_DEVIATIONS * sqrt(square / (MEASURED_SEEDS - 1));
  }
}

/* Not a check: the checks are what the new table meets afterwards. */
static void measure(void **state) {
  (void)state;
  for (size_t i = 0; i < table.n_runs; i++) {
    bool wanted = measured_runs[0] == NULL;
    for (char **name = measured_runs; *name != NULL; name++) wanted |= strcmp(*name, table.runs[i].name) == 0;
    if (wanted) measure_run(&table.runs[i]);
  }
  FILE *out = fopen(measured_path, "w");
  assert_non_null(out);
  golden_table_write(&table, out);
  assert_int_equal(ferror(out), 0);
  assert_int_equal(fclose(out), 0);
}

static int set_up(void **state) {
  (void)state;
  char path[4096];
  const char *source = getenv("COPSE_SOURCE_DIR");
  if (source == NULL) return -1;
  snprintf(path, sizeof path, "%s/tests/golden/golden.txt", source);
  if (!golden_table_read(path, &table) || table.n_runs == 0) return -1;
  scratch_create(&scratch);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  scratch_remove(&scratch);
  return 0;
}

int main(int argc, char **argv) {
  const struct CMUnitTest checks[] = {cmocka_unit_test(one_thread), cmocka_unit_test(two_threads),
                                      cmocka_unit_test(a_tenth_more), cmocka_unit_test(a_tenth_less)};
  const struct CMUnitTest measuring[] = {cmocka_unit_test(measure)};
  if (argc >= 3 && strcmp(argv[1], "measure") == 0) {
    measured_path = argv[2];
    measured_runs = argv + 3;
    return cmocka_run_group_tests(measuring, set_up, tear_down);
  }
  return cmocka_run_group_tests(checks, set_up, tear_down);
}
