/* limit_runs.c - see limit_runs.h */
#include "train/limit_runs.h"

#include <math.h>
#include <string.h>

enum { NO_RUN = 0 }; /* run 0 begins a column, it follows none */

bool limit_runs_create(struct limit_runs *runs, copse_context *ctx, uint32_t n_columns, size_t n_leaves) {
  size_t room = n_columns + 2 * n_leaves;
  *runs = (struct limit_runs){.room = room, .n_columns = n_columns};
  runs->start = copse_alloc_zero(ctx, room, sizeof *runs->start);
  runs->next = copse_alloc(ctx, room, sizeof *runs->next);
  runs->lower = copse_alloc(ctx, n_leaves * room, sizeof *runs->lower);
  runs->upper = copse_alloc(ctx, n_leaves * room, sizeof *runs->upper);
  return runs->start != NULL && runs->next != NULL && runs->lower != NULL && runs->upper != NULL;
}

void limit_runs_release(struct limit_runs *runs) {
  copse_free(runs->start);
  copse_free(runs->next);
  copse_free(runs->lower);
  copse_free(runs->upper);
}

void limit_runs_begin_tree(struct limit_runs *runs) {
  runs->n_runs = runs->n_columns;
  for (size_t r = 0; r < runs->n_runs; r++) {
    runs->next[r] = NO_RUN;
    runs->lower[r] = -INFINITY;
    runs->upper[r] = INFINITY;
  }
}

void limit_runs_begin(struct limit_runs *runs, uint32_t column, uint32_t bin, size_t n_leaves) {
  uint32_t before = column;
  while (runs->next[before] != NO_RUN && runs->start[runs->next[before]] <= bin) before = runs->next[before];
  if (runs->start[before] == bin) return;
  uint32_t run = (uint32_t)runs->n_runs++;
  runs->start[run] = bin;
  runs->next[run] = runs->next[before];
  runs->next[before] = run;
  for (size_t at = 0; at < n_leaves * runs->room; at += runs->room) {
    runs->lower[at + run] = runs->lower[at + before];
    runs->upper[at + run] = runs->upper[at + before];
  }
}

static double *limits_of(struct limit_runs *runs, size_t leaf, bool below) {
  return (below ? runs->lower : runs->upper) + leaf * runs->room;
}

void limit_runs_copy(struct limit_runs *runs, size_t from, size_t to) {
  for (int below = 0; below < 2; below++)
    memcpy(limits_of(runs, to, below != 0), limits_of(runs, from, below != 0), runs->n_runs * sizeof(double));
}

void limit_runs_clear(struct limit_runs *runs, size_t leaf, uint32_t column, bool below) {
  double *limits = limits_of(runs, leaf, below);
  uint32_t run = column;
  do {
    limits[run] = below ? -INFINITY : INFINITY;
    run = runs->next[run];
  } while (run != NO_RUN);
}

static void tighten(double *limit, double output, bool below) {
  *limit = below ? fmax(*limit, output) : fmin(*limit, output);
}

void limit_runs_tighten_all(struct limit_runs *runs, size_t leaf, double output, bool below) {
  double *limits = limits_of(runs, leaf, below);
  for (size_t r = 0; r < runs->n_runs; r++) tighten(&limits[r], output, below);
}

void limit_runs_tighten(struct limit_runs *runs, size_t leaf, uint32_t column, uint32_t first, uint32_t end,
                        double output, bool below) {
  double *limits = limits_of(runs, leaf, below);
  uint32_t run = column;
  do {
    if (runs->start[run] >= first && runs->start[run] < end) tighten(&limits[run], output, below);
    run = runs->next[run];
  } while (run != NO_RUN);
}

void limit_runs_unroll(const struct limit_runs *runs, size_t leaf, uint32_t column, uint32_t n_bins,
                       double *lower, double *upper) {
  const double *from_lower = runs->lower + leaf * runs->room, *from_upper = runs->upper + leaf * runs->room;
  uint32_t run = column, bin = 0;
  do {
    uint32_t next = runs->next[run], end = next != NO_RUN ? runs->start[next] : n_bins;
    for (; bin < end; bin++) {
      lower[bin] = from_lower[run];
      upper[bin] = from_upper[run];
    }
    run = next;
  } while (run != NO_RUN);
}
