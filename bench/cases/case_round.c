/* case_round.c - the phases of one boosting round, as the booster itself times them, beside what the trees
 * that came of it needed: rows added to histograms (the smaller side of each split, and the root), rows
 * divided, candidates looked at. */
#include <string.h>

#include "cases/cases.h"
#include "machine.h"

enum { N_ROWS = 500000, N_ROUNDS = 10, WARM_ROUNDS = 2 };
#define PARAMETERS "objective=binary num_leaves=255 num_threads=1 metric=none"

struct tree_work {
  double rows_added, rows_divided, leaves;
};

/* Positions of the floors in phase_cases. */
struct phase_case {
  const char *phase; /* its name in copse_booster_phase */
  const char *name;
  void (*work)(const struct tree_work *trees, struct bench_work *out);
};

static void gradients(const struct tree_work *trees, struct bench_work *out) {
  (void)trees;
  *out = (struct bench_work){.items = N_ROWS,
                             .floor_bytes = (8 + 4 + 8 + 8 + 16 + 8 + 8) * (double)N_ROWS,
                             .floor = "memory: score and label in, gradient, pair and score out"};
}

static void histograms(const struct tree_work *trees, struct bench_work *out) {
  double updates = trees->rows_added * N_BENCH_FEATURES;
  *out =
      (struct bench_work){.items = updates, .floor_cycles = updates, .floor = "1 store a cycle, 1 an update"};
}

static void splits(const struct tree_work *trees, struct bench_work *out) {
  double candidates = (2 * trees->leaves - 1) * N_BENCH_FEATURES * 255;
  *out = (struct bench_work){.items = candidates,
                             .floor_cycles = candidates * machine_measured()->division_cycles,
                             .floor = "1 division a candidate"};
}

static void partition(const struct tree_work *trees, struct bench_work *out) {
  *out = (struct bench_work){.items = trees->rows_divided,
                             .floor_cycles = trees->rows_divided * (1 + 1.0 / 8) / 2,
                             .floor = "2 loads a cycle: a bin each row, eight rows at once"};
}

static const struct phase_case phase_cases[] = {
    {"gradients and scores", "round/gradients_and_scores", gradients},
    {"histograms", "round/histograms", histograms},
    {"split search", "round/split_search", splits},
    {"partition", "round/partition", partition},
};
enum { N_PHASES = sizeof phase_cases / sizeof *phase_cases };

static double seconds_of_phase(const copse_booster *booster, const char *phase) {
  double seconds = 0;
  const char *name;
  for (int i = 0; (name = copse_booster_phase(booster, i, &seconds)) != NULL; i++)
    if (strcmp(name, phase) == 0) return seconds;
  return -1;
}

static int64_t rows_of(const copse_model *model, int tree, int node) {
  copse_node found = {0};
  return copse_model_tree_node(model, tree, node, &found) ? found.count : 0;
}

static struct tree_work work_of(const copse_model *model, int first_tree) {
  struct tree_work sum = {0, 0, 0};
  int n_trees = copse_model_n_trees(model);
  for (int t = first_tree; t < n_trees; t++) {
    int n_leaves = copse_model_tree_n_leaves(model, t);
    sum.leaves += n_leaves;
    sum.rows_added += N_ROWS;
    for (int node = 0; node < n_leaves - 1; node++) {
      copse_node found = {0};
      copse_model_tree_node(model, t, node, &found);
      int64_t left = rows_of(model, t, found.left), right = rows_of(model, t, found.right);
      sum.rows_divided += (double)(left + right);
      sum.rows_added += (double)(left < right ? left : right);
    }
  }
  return (struct tree_work){sum.rows_added / (n_trees - first_tree),
                            sum.rows_divided / (n_trees - first_tree), sum.leaves / (n_trees - first_tree)};
}

/* One training serves all phases: seconds of each round. */
static struct {
  double seconds[N_PHASES][N_ROUNDS];
  struct tree_work work;
  bool done;
} trained;

static void train(void) {
  copse_error err;
  copse_booster *booster = bench_booster(bench_rows_of(N_ROWS), PARAMETERS);
  for (int r = 0; r < WARM_ROUNDS; r++) bench_must(copse_booster_step(booster, NULL, &err), &err);
  for (int r = 0; r < N_ROUNDS; r++) {
    double before[N_PHASES];
    for (int p = 0; p < N_PHASES; p++) before[p] = seconds_of_phase(booster, phase_cases[p].phase);
    bench_must(copse_booster_step(booster, NULL, &err), &err);
    for (int p = 0; p < N_PHASES; p++)
      trained.seconds[p][r] = seconds_of_phase(booster, phase_cases[p].phase) - before[p];
  }
  copse_model *model;
  bench_must(copse_booster_model(booster, 0, &model, &err), &err);
  trained.work = work_of(model, WARM_ROUNDS);
  copse_model_free(model);
  copse_booster_free(booster);
  trained.done = true;
}

static void run(struct bench_state *state, const void *argument) {
  const struct phase_case *chosen = argument;
  if (!trained.done) train();
  int round = 0;
  double sum = 0;
  while (bench_next(state)) {
    double seconds = trained.seconds[chosen - phase_cases][round++ % N_ROUNDS];
    sum += seconds;
    bench_set_seconds(state, seconds);
  }
  if (!(sum > 0)) {
    bench_fail(state, "the booster has no phase of this name");
    return;
  }
  struct bench_work work;
  chosen->work(&trained.work, &work);
  bench_report(state, &work);
}

void cases_round(void) {
  for (int p = 0; p < N_PHASES; p++)
    bench_register_timed(phase_cases[p].name, run, &phase_cases[p], N_ROUNDS);
}
