/* pairs_closer.c - what is looked at of few pairs: Pearson's correlation beside Spearman's of the strongest,
 * pairs of numbers that go together in a curve, and rows in cells for pictures.
 *
 * A curve: one column tells the other, but they hardly rise or fall together. Mutual information of quantile
 * bins tells (less its bias, Miller 1955); few rows in few bins sort out first which pairs are worth it. */
#include <math.h>
#include <stdlib.h>

#include "profile/pairs_job.h"

enum {
  SCREEN_ROWS = 256,
  SCREEN_BINS = 8,
  BINS = 16,
  NO_BIN = 255,
  MOST_PAIRS = 50000,
  LEAST_ROWS = 50,
  LEAST_VALUES = 8
};
#define FLAT 0.3 /* Spearman's, at most */
#define TOLD 0.2

/* ---- numbers ---- */

static void correlate(const struct pairs_job *job, struct pair *pair) {
  double n = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  const struct pair_view *a = &job->views[pair->a], *b = &job->views[pair->b];
  bool numeric = a->numeric && b->numeric;
  for (size_t i = 0; i < job->n; i++) {
    size_t row = sampled_row(job, i);
    double x = 0, y = 0;
    bool there = !cell_is_blank(job->columns[pair->a].sample_types[row]) &&
                 !cell_is_blank(job->columns[pair->b].sample_types[row]);
    if (numeric)
      there = has_number(&job->columns[pair->a], row, &x) && has_number(&job->columns[pair->b], row, &y) &&
              isfinite(x) && isfinite(y);
    if (!there) continue;
    n++;
    double dx = x - mx, dy = y - my; /* Welford 1962 */
    mx += dx / n;
    my += dy / n;
    xx += dx * (x - mx);
    yy += dy * (y - my);
    xy += dx * (y - my);
  }
  pair->n = (uint64_t)n;
  if (!numeric || !(xx > 0) || !(yy > 0)) return;
  double r = xy / (sqrt(xx) * sqrt(yy));
  pair->pearson = r > 1 ? 1 : r < -1 ? -1 : r;
}

/* ---- curves ---- */

struct curving {
  const struct pairs_job *job;
  const uint32_t *columns; /* [n] of numbers */
  uint32_t n;
  uint8_t *coarse; /* [n * SCREEN_ROWS] */
  double *weigh;   /* [rows + 1] x log x */
  float *told;     /* [n * n] of a < b, 0 where there is no curve */
};

/* Ranks lie around 0, from -1/2 to 1/2. */
static uint8_t bin_of(const struct pair_view *view, size_t row, int bins) {
  if (view->there[row] == 0) return NO_BIN;
  int bin = (int)((view->ranks[row] + 0.5) * bins);
  return (uint8_t)(bin < bins ? bin : bins - 1);
}

static void fill_coarse(void *user, size_t k, int thread) {
  struct curving *c = user;
  (void)thread;
  for (size_t i = 0; i < SCREEN_ROWS; i++)
    c->coarse[k * SCREEN_ROWS + i] =
        bin_of(&c->job->views[c->columns[k]], i * c->job->n / SCREEN_ROWS, SCREEN_BINS);
}

/* Mutual information less `bias` for each cell beyond the margins, as a share of the lesser entropy. */
static double share_told(const uint32_t *counts, uint32_t bins, const double *weigh, bool unbias) {
  uint32_t rows[BINS] = {0}, columns[BINS] = {0}, n = 0, r = 0, k = 0;
  double cells = 0, a = 0, b = 0;
  for (uint32_t i = 0; i < bins; i++)
    for (uint32_t j = 0; j < bins; j++) {
      uint32_t m = counts[i * bins + j];
      rows[i] += m;
      columns[j] += m;
      n += m;
      cells += weigh[m];
    }
  for (uint32_t i = 0; i < bins; i++) {
    a += weigh[rows[i]];
    b += weigh[columns[i]];
    r += rows[i] > 0;
    k += columns[i] > 0;
  }
  if (n < LEAST_ROWS) return 0;
  double whole = weigh[n], least = a > b ? whole - a : whole - b; /* all of them times n */
  double information = cells - a - b + whole - (unbias ? (r - 1.0) * (k - 1.0) / 2 : 0);
  return least > 0 ? information / least : 0;
}

static double look_fine(const struct curving *c, uint32_t a, uint32_t b) {
  const struct pair_view *x = &c->job->views[a], *y = &c->job->views[b];
  uint32_t counts[BINS * BINS] = {0};
  for (size_t i = 0; i < c->job->n; i++) {
    uint8_t u = bin_of(x, i, BINS), v = bin_of(y, i, BINS);
    if (u != NO_BIN && v != NO_BIN) counts[u * BINS + v]++;
  }
  return share_told(counts, BINS, c->weigh, true);
}

static void find_curves(void *user, size_t k, int thread) {
  struct curving *c = user;
  const float *matrix = c->job->out->matrix;
  (void)thread;
  for (size_t m = k + 1; m < c->n; m++) {
    uint32_t a = c->columns[k], b = c->columns[m], counts[SCREEN_BINS * SCREEN_BINS] = {0};
    const uint8_t *x = c->coarse + k * SCREEN_ROWS, *y = c->coarse + m * SCREEN_ROWS;
    if (!(fabsf(matrix[(size_t)a * c->job->n_columns + b]) < (float)FLAT)) continue;
    for (size_t i = 0; i < SCREEN_ROWS; i++)
      if (x[i] != NO_BIN && y[i] != NO_BIN) counts[x[i] * SCREEN_BINS + y[i]]++;
    if (share_told(counts, SCREEN_BINS, c->weigh, false) < TOLD) continue;
    double told = look_fine(c, a, b);
    if (told >= TOLD) c->told[k * c->n + m] = (float)told;
  }
}

static void rank_curve(struct pairs *out, struct curved curved) {
  uint32_t at = out->n_curved < PAIRS_CURVED ? out->n_curved++ : PAIRS_CURVED;
  for (; at > 0 && curved.told > out->curved[at - 1].told; at--)
    if (at < PAIRS_CURVED) out->curved[at] = out->curved[at - 1];
  if (at < PAIRS_CURVED) out->curved[at] = curved;
}

static bool look_for_curves(struct pairs_job *job, int n_threads) {
  uint32_t *columns = copse_alloc(job->ctx, job->n_columns, sizeof *columns);
  struct curving c = {.job = job, .columns = columns};
  struct pairs *out = job->out;
  if (columns == NULL) return false;
  for (uint32_t i = 0; i < job->n_columns; i++)
    if (job->views[i].numeric && job->views[i].n_there >= SCREEN_ROWS) columns[c.n++] = i;
  out->curved_skipped = (uint64_t)c.n * (c.n + 1) / 2 > MOST_PAIRS || job->n < SCREEN_ROWS;
  bool ok = true, any = c.n > 1 && !out->curved_skipped;
  if (any) {
    c.coarse = copse_alloc(job->ctx, (size_t)c.n * SCREEN_ROWS, 1);
    c.weigh = copse_alloc(job->ctx, job->n + 1, sizeof *c.weigh);
    c.told = copse_alloc_zero(job->ctx, (size_t)c.n * c.n, sizeof *c.told);
    ok = c.coarse != NULL && c.weigh != NULL && c.told != NULL;
  }
  if (any && ok) {
    c.weigh[0] = 0;
    for (size_t i = 1; i <= job->n; i++) c.weigh[i] = (double)i * log((double)i);
    copse_parallel_for(n_threads, c.n, fill_coarse, &c);
    copse_parallel_for(n_threads, c.n, find_curves, &c);
    for (uint32_t k = 0; k < c.n; k++)
      for (uint32_t m = k + 1; m < c.n; m++)
        if (c.told[(size_t)k * c.n + m] > 0)
          rank_curve(out,
                     (struct curved){columns[k], columns[m],
                                     (double)out->matrix[(size_t)columns[k] * job->n_columns + columns[m]],
                                     (double)c.told[(size_t)k * c.n + m]});
  }
  copse_free(columns);
  copse_free(c.coarse);
  copse_free(c.weigh);
  copse_free(c.told);
  return ok;
}

/* ---- pictures ---- */

static bool pictured(const struct column_facts *f) {
  return f->has_number && f->distinct >= LEAST_VALUES &&
         f->number.quantiles[FACTS_QUANTILES - 1] > f->number.quantiles[0];
}

/* The cell of a value, from the 1st to the 99th percentile; what lies beyond has none. */
static int cell_of(const struct number_facts *f, double x, uint32_t size) {
  double lo = f->quantiles[0], hi = f->quantiles[FACTS_QUANTILES - 1];
  if (!(x >= lo && x <= hi)) return -1;
  int cell = (int)((x - lo) / (hi - lo) * size);
  return cell < (int)size ? cell : (int)size - 1;
}

static void add_grid(const struct pairs_job *job, uint32_t a, uint32_t b, double value, bool is_curved) {
  struct pairs *out = job->out;
  const struct column_facts *x = &job->facts[a], *y = &job->facts[b];
  if (out->n_grids == PAIRS_GRIDS || !pictured(x) || !pictured(y)) return;
  struct pair_grid *grid = &out->grids[out->n_grids++];
  double size = floor(sqrt((double)job->n / 10));
  *grid = (struct pair_grid){.a = a, .b = b, .value = value, .curved = is_curved};
  grid->size = size < 6 ? 6 : size > PAIRS_CELLS ? PAIRS_CELLS : (uint32_t)size;
  for (size_t i = 0; i < job->n; i++) {
    size_t row = sampled_row(job, i);
    double u, v;
    if (!has_number(&job->columns[a], row, &u) || !has_number(&job->columns[b], row, &v)) continue;
    int across = cell_of(&x->number, u, grid->size), up = cell_of(&y->number, v, grid->size);
    if (across >= 0 && up >= 0) grid->counts[(uint32_t)up * grid->size + (uint32_t)across]++;
  }
}

bool pairs_look_closer(struct pairs_job *job, int n_threads) {
  enum { MOST_CURVES = 3 };
  struct pairs *out = job->out;
  for (uint32_t i = 0; i < out->n_list; i++) correlate(job, &out->list[i]);
  if (!look_for_curves(job, n_threads)) return false;
  out->grids = copse_alloc(job->ctx, PAIRS_GRIDS, sizeof *out->grids);
  if (out->grids == NULL) return false;
  for (uint32_t i = 0; i < out->n_curved && i < MOST_CURVES; i++)
    add_grid(job, out->curved[i].a, out->curved[i].b, out->curved[i].rank, true);
  for (uint32_t i = 0; i < out->n_list; i++)
    if (fabs(out->list[i].value) < 0.99995)
      add_grid(job, out->list[i].a, out->list[i].b, out->list[i].value, false);
  return true;
}

void pairs_guard(struct pairs *pairs, const struct column_facts *facts, uint64_t common) {
  uint32_t left = 0;
  for (uint32_t g = 0; g < pairs->n_grids; g++) {
    struct pair_grid *grid = &pairs->grids[g];
    for (uint32_t i = 0; i < grid->size * grid->size; i++)
      if (grid->counts[i] < common) grid->counts[i] = 0;
    if (!facts[grid->a].sensitive && !facts[grid->b].sensitive) pairs->grids[left++] = *grid;
  }
  pairs->n_grids = left;
}
