/* case_predict.c - a batch of rows in memory, as numbers and as bins, and one row at a time. */
#include "cases/cases.h"
#include "train/booster.h"

enum { N_TRAIN = 50000, N_BATCH = 20000, N_TREES = 100 };

static const struct predict_case {
  const char *name, *parameters;
  int n_leaves;
  enum { BATCH, BINNED, ALONE } how;
} predict_cases[] = {
    {"predict/batch/255_leaves", "objective=binary num_leaves=255 metric=none", 255, BATCH},
    {"predict/batch/31_leaves", "objective=binary num_leaves=31 metric=none", 31, BATCH},
    {"predict/binned/255_leaves", "objective=binary num_leaves=255 metric=none", 255, BINNED},
    {"predict/binned/31_leaves", "objective=binary num_leaves=31 metric=none", 31, BINNED},
    {"predict/row/255_leaves", "objective=binary num_leaves=255 metric=none", 255, ALONE},
    {"predict/row/31_leaves", "objective=binary num_leaves=31 metric=none", 31, ALONE},
};

struct trained {
  copse_predictor *predictor;
  copse_dataset *batch; /* N_BATCH rows on the bins of training */
  double mean_depth;    /* of a row's leaf in a tree */
};

/* Sum over the rows of a tree of the nodes on their way. */
static double visits(const copse_model *model, int tree) {
  double sum = 0;
  for (int node = 0; node < copse_model_tree_n_leaves(model, tree) - 1; node++) {
    copse_node found = {0};
    copse_model_tree_node(model, tree, node, &found);
    sum += (double)found.count;
  }
  return sum;
}

static const struct trained *trained_of(const struct predict_case *chosen) {
  static struct trained made[256];
  struct trained *out = &made[chosen->n_leaves];
  if (out->predictor != NULL) return out;
  copse_error err;
  copse_model *model;
  copse_table batch = bench_table(bench_rows_of(N_BATCH));
  copse_booster *booster = bench_booster(bench_rows_of(N_TRAIN), chosen->parameters);
  copse_schema *schema = booster->sets[0].data->schema;
  bench_must(copse_dataset_from_table(NULL, &batch, NULL, NULL, NULL, schema, &out->batch, &err), &err);
  for (int t = 0; t < N_TREES; t++) bench_must(copse_booster_step(booster, NULL, &err), &err);
  bench_must(copse_booster_model(booster, 0, &model, &err), &err);
  bench_must(copse_predictor_create(NULL, model, COPSE_PREDICT_RAW, 0, 0, &out->predictor, &err), &err);
  for (int t = 0; t < N_TREES; t++) out->mean_depth += visits(model, t) / N_TRAIN / N_TREES;
  copse_model_free(model);
  copse_booster_free(booster);
  return out;
}

static void run(struct bench_state *state, const void *argument) {
  const struct predict_case *chosen = argument;
  const struct trained *trained = trained_of(chosen);
  const struct bench_rows *rows = bench_rows_of(N_BATCH);
  copse_table table = bench_table(rows);
  copse_error err;
  double *out = bench_room(N_BATCH, sizeof *out);
  while (bench_next(state)) {
    if (chosen->how == BATCH)
      bench_must(copse_predictor_run(trained->predictor, &table, 1, out, &err), &err);
    else if (chosen->how == BINNED)
      bench_must(copse_predictor_run_dataset(trained->predictor, trained->batch, 1, out, &err), &err);
    else
      for (uint64_t r = 0; r < N_BATCH; r++)
        copse_predictor_row(trained->predictor, rows->values + r * N_BENCH_FEATURES, out + r);
  }
  copse_free(out);
  double walks = (double)N_BATCH * N_TREES; /* a row in a tree */
  struct bench_work work = {.items = walks};
  if (chosen->how == ALONE) {
    work.floor_cycles = walks * trained->mean_depth;
    work.floor = "1 node a cycle on the way to the leaf";
  } else { /* masks of the rows that reach each node, one bit a row */
    work.floor_cycles = walks * (chosen->n_leaves - 1) / 256 + walks;
    work.floor =
        "every node for 256 rows at once, one store a cycle; 2 loads a cycle: number and value of a leaf";
  }
  bench_report(state, &work);
}

void cases_predict(void) {
  for (size_t i = 0; i < sizeof predict_cases / sizeof *predict_cases; i++)
    bench_register(predict_cases[i].name, run, &predict_cases[i]);
}
