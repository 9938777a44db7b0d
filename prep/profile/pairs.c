/* pairs.c - see pairs.h. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profile/pairs_job.h"
#include "profile/values_table.h"

enum { LEVELS = 32, NO_LEVEL = 255, MOST_ROWS = 16384, LEAST_ROWS = 4096, LEAST_PRESENT = 50 };
#define BUDGET 5e8
#define SHOWN 0.3

/* ---- columns ---- */

static bool rank_column(const struct pairs_job *job, const struct column *column, struct pair_view *view) {
  struct keyed *list = copse_alloc(job->ctx, job->n, sizeof *list);
  view->ranks = copse_alloc_zero(job->ctx, job->n, sizeof *view->ranks);
  view->there = copse_alloc_zero(job->ctx, job->n, sizeof *view->there);
  bool ok = list != NULL && view->ranks != NULL && view->there != NULL;
  uint32_t n = 0;
  for (size_t row = 0; row < job->n && ok; row++) {
    double x;
    if (has_number(column, sampled_row(job, row), &x))
      list[n++] = (struct keyed){number_key(x), (uint32_t)row};
  }
  ok = ok && values_sort_keys(job->ctx, list, n);
  for (size_t i = 0, end; i < n && ok; i = end) {
    for (end = i + 1; end < n && list[end].key == list[i].key;) end++;
    double rank = ((double)(i + end - 1) / 2 - (double)(n - 1) / 2) / (double)n;
    for (size_t k = i; k < end; k++) {
      view->ranks[list[k].at] = rank;
      view->there[list[k].at] = 1;
      view->squares += rank * rank;
    }
  }
  view->n_there = n;
  view->numeric = ok;
  copse_free(list);
  return ok;
}

/* The most frequent levels by number, the others as one. */
static bool code_column(const struct pairs_job *job, const struct column *column, struct pair_view *view) {
  const struct values *texts = &column->texts;
  view->codes = copse_alloc(job->ctx, job->n, 1);
  if (view->codes == NULL) return false;
  for (size_t row = 0; row < job->n; row++) {
    size_t at = sampled_row(job, row);
    enum cell_type type = column->sample_types[at];
    uint8_t code = LEVELS - 1;
    for (uint32_t i = 0; i < texts->n && i < LEVELS - 1 && cell_is_text(type); i++) {
      if (texts->entries[i].key != column->sample[at]) continue;
      code = (uint8_t)i;
      break;
    }
    view->codes[row] = cell_is_blank(type) ? NO_LEVEL : code;
    view->n_there += !cell_is_blank(type);
  }
  view->levels = true;
  return true;
}

static void look_at_column(void *user, size_t index, int thread) {
  struct pairs_job *job = user;
  const struct column_facts *f = &job->facts[index];
  struct pair_view *view = &job->views[index];
  (void)thread;
  bool ok = true;
  if (f->type == TYPE_CONSTANT || f->type == TYPE_EMPTY || f->type == TYPE_TEXT || f->type == TYPE_ID) return;
  if (f->has_number || f->has_date)
    ok = rank_column(job, &job->columns[index], view);
  else if (f->distinct <= 1000)
    ok = code_column(job, &job->columns[index], view);
  job->failed[index] = !ok;
}

/* ---- pairs ---- */

/* Nothing missing: ranks have mean 0, and one product is left. Four sums, in fixed order. */
static double spearman_complete(const struct pair_view *a, const struct pair_view *b, size_t n) {
  double sums[4] = {0}, saa = a->squares, sbb = b->squares;
  size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (size_t k = 0; k < 4; k++) sums[k] += a->ranks[i + k] * b->ranks[i + k];
  for (; i < n; i++) sums[0] += a->ranks[i] * b->ranks[i];
  if (n < LEAST_PRESENT || saa <= 1e-9 || sbb <= 1e-9) return (double)NAN;
  double r = (sums[0] + sums[1] + (sums[2] + sums[3])) / sqrt(saa * sbb);
  return r > 1 ? 1 : r < -1 ? -1 : r;
}

static double spearman(const struct pair_view *a, const struct pair_view *b, size_t n) {
  if (a->n_there == n && b->n_there == n) return spearman_complete(a, b, n);
  double m = 0, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  for (size_t i = 0; i < n; i++) {
    double x = a->ranks[i], y = b->ranks[i], p = a->there[i], q = b->there[i];
    m += p * q;
    sa += x * q;
    sb += y * p;
    saa += x * x * q;
    sbb += y * y * p;
    sab += x * y;
  }
  double va = saa - sa * sa / m, vb = sbb - sb * sb / m;
  if (m < LEAST_PRESENT || va <= 1e-9 || vb <= 1e-9) return (double)NAN;
  double r = (sab - sa * sb / m) / sqrt(va * vb);
  return r > 1 ? 1 : r < -1 ? -1 : r;
}

static double cramers_v(const struct pair_view *a, const struct pair_view *b, size_t n) {
  uint32_t counts[LEVELS][LEVELS] = {{0}}, rows[LEVELS] = {0}, columns[LEVELS] = {0}, m = 0;
  double chi = 0, r = 0, k = 0;
  for (size_t i = 0; i < n; i++) {
    if (a->codes[i] == NO_LEVEL || b->codes[i] == NO_LEVEL) continue;
    counts[a->codes[i]][b->codes[i]]++;
    rows[a->codes[i]]++;
    columns[b->codes[i]]++;
    m++;
  }
  for (int i = 0; i < LEVELS; i++) {
    r += rows[i] > 0;
    k += columns[i] > 0;
    for (int j = 0; j < LEVELS; j++) {
      double expected = (double)rows[i] * columns[j] / m, d = counts[i][j] - expected;
      if (expected > 0) chi += d * d / expected;
    }
  }
  double w = m - 1.0, phi2 = chi / m - (r - 1) * (k - 1) / w;
  double rr = r - (r - 1) * (r - 1) / w, kk = k - (k - 1) * (k - 1) / w, least = rr < kk ? rr : kk;
  if (m < LEAST_PRESENT || r < 2 || k < 2 || least <= 1) return (double)NAN;
  double v = sqrt((phi2 > 0 ? phi2 : 0) / (least - 1));
  return v > 1 ? 1 : v;
}

static double correlation_ratio(const struct pair_view *number, const struct pair_view *level, size_t n) {
  double sums[LEVELS] = {0}, counts[LEVELS] = {0}, m = 0, sum = 0, squares = 0, between = 0, k = 0;
  for (size_t i = 0; i < n; i++) {
    if (level->codes[i] == NO_LEVEL || number->there[i] == 0) continue;
    double y = number->ranks[i];
    sums[level->codes[i]] += y;
    counts[level->codes[i]]++;
    sum += y;
    squares += y * y;
    m++;
  }
  double total = squares - sum * sum / m;
  for (int i = 0; i < LEVELS; i++) {
    if (counts[i] == 0) continue;
    double d = sums[i] / counts[i] - sum / m;
    between += counts[i] * d * d;
    k++;
  }
  if (m < LEAST_PRESENT || k < 2 || total <= 1e-9 || m <= k) return (double)NAN;
  double e2 = 1 - (1 - between / total) * (m - 1) / (m - k);
  return e2 > 0 ? sqrt(e2) : 0;
}

static double measure(const struct pair_view *a, const struct pair_view *b, size_t n, const char **name) {
  if (a->numeric && b->numeric) {
    *name = "spearman";
    return spearman(a, b, n);
  }
  if (a->levels && b->levels) {
    *name = "cramers_v";
    return cramers_v(a, b, n);
  }
  *name = "corr_ratio";
  if (a->numeric && b->levels) return correlation_ratio(a, b, n);
  if (a->levels && b->numeric) return correlation_ratio(b, a, n);
  return (double)NAN;
}

static void compare_column(void *user, size_t a, int thread) {
  struct pairs_job *job = user;
  const char *name;
  (void)thread;
  size_t p = job->n_columns;
  for (size_t b = a + 1; b < p; b++) {
    double v = measure(&job->views[a], &job->views[b], job->n, &name);
    job->out->matrix[a * p + b] = job->out->matrix[b * p + a] = (float)v;
  }
}

/* ---- clusters ---- */

static uint32_t root_of(const uint32_t *cluster, uint32_t i) {
  while (cluster[i] != i) i = cluster[i];
  return i;
}

static void join(uint32_t *cluster, uint32_t a, uint32_t b) {
  a = root_of(cluster, a);
  b = root_of(cluster, b);
  if (a < b)
    cluster[b] = a;
  else
    cluster[a] = b;
}

/* phi of two columns' being missing. */
static double missing_phi(const struct pairs_job *job, uint32_t a, uint32_t b) {
  double na = 0, nb = 0, nab = 0, n = (double)job->n;
  for (size_t i = 0; i < job->n; i++) {
    size_t at = sampled_row(job, i);
    bool x = cell_is_blank(job->columns[a].sample_types[at]),
         y = cell_is_blank(job->columns[b].sample_types[at]);
    na += x;
    nb += y;
    nab += x && y;
  }
  double v = na * (n - na) * nb * (n - nb);
  return v > 0 ? (nab * n - na * nb) / sqrt(v) : 0;
}

/* Whether two columns are alike enough in how much is missing that they can be missing together. */
static bool may_miss_together(const struct column_facts *a, const struct column_facts *b) {
  double n = (double)a->n, x = (double)a->n_missing / n, y = (double)b->n_missing / n;
  return x > 0.005 && x < 0.995 && fabs(x - y) < 0.1 * (x < 1 - x ? x : 1 - x);
}

static void cluster_columns(struct pairs_job *job) {
  uint32_t p = job->n_columns;
  struct pairs *out = job->out;
  for (uint32_t a = 0; a < p; a++) {
    for (uint32_t b = a + 1; b < p; b++) {
      if (a == job->target || b == job->target) continue;
      double v = fabs((double)out->matrix[(size_t)a * p + b]);
      if (v >= 0.99995)
        join(out->cluster[PAIRS_SAME], a, b);
      else if (v >= 0.95)
        join(out->cluster[PAIRS_STRONG], a, b);
      if (root_of(out->cluster[PAIRS_MISSING], a) == root_of(out->cluster[PAIRS_MISSING], b)) continue;
      if (may_miss_together(&job->facts[a], &job->facts[b]) && missing_phi(job, a, b) >= 0.95)
        join(out->cluster[PAIRS_MISSING], a, b);
    }
  }
}

/* Roots and sizes of the clusters. */
static void settle_clusters(struct pairs *out) {
  for (int kind = 0; kind < N_PAIRS_KINDS; kind++) {
    memset(out->size[kind], 0, out->n_columns * sizeof *out->size[kind]);
    for (uint32_t i = 0; i < out->n_columns; i++) {
      out->cluster[kind][i] = root_of(out->cluster[kind], i);
      out->size[kind][out->cluster[kind][i]]++;
    }
  }
}

uint32_t pairs_cluster(const struct pairs *pairs, enum pairs_kind kind, uint32_t turn, uint32_t *columns) {
  const uint32_t *cluster = pairs->cluster[kind];
  uint32_t root = 0, n = 0;
  if (cluster == NULL) return 0;
  while (root < pairs->n_columns && (pairs->size[kind][root] < 2 || turn-- > 0)) root++;
  for (uint32_t i = root; i < pairs->n_columns; i++)
    if (cluster[i] == root) columns[n++] = i;
  return n;
}

uint32_t pairs_nearest(const struct pairs *pairs, uint32_t column, uint32_t most, uint32_t *out) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < pairs->n_columns && pairs->matrix != NULL; i++) {
    float v = fabsf(pairs->matrix[(size_t)column * pairs->n_columns + i]);
    if (i == column || !(v >= (float)SHOWN)) continue;
    uint32_t at = n < most ? n++ : most;
    for (; at > 0 && v > fabsf(pairs->matrix[(size_t)column * pairs->n_columns + out[at - 1]]); at--)
      if (at < most) out[at] = out[at - 1];
    if (at < most) out[at] = i;
  }
  return n;
}

static int compare_pairs(const void *a, const void *b) {
  const struct pair *x = a, *y = b;
  double u = fabs(x->value), v = fabs(y->value);
  if (u != v) return u > v ? -1 : 1;
  if (x->a != y->a) return x->a < y->a ? -1 : 1;
  return x->b < y->b ? -1 : x->b > y->b;
}

static bool list_pairs(struct pairs_job *job) {
  struct pairs *out = job->out;
  size_t p = job->n_columns, n = 0;
  struct pair *list = NULL;
  for (int pass = 0; pass < 2; pass++) {
    if (pass == 1) list = copse_alloc(job->ctx, n, sizeof *list);
    if (pass == 1 && list == NULL) return false;
    n = 0;
    for (uint32_t a = 0; a < p; a++) {
      for (uint32_t b = a + 1; b < p; b++) {
        double v = (double)out->matrix[a * p + b];
        if (!(fabs(v) >= SHOWN)) continue;
        const struct pair_view *x = &job->views[a], *y = &job->views[b];
        const char *name = x->numeric && y->numeric ? "spearman"
                           : x->levels && y->levels ? "cramers_v"
                                                    : "corr_ratio";
        if (pass == 1) list[n] = (struct pair){a, b, name, v, (double)NAN, 0};
        n++;
      }
    }
  }
  qsort(list, n, sizeof *list, compare_pairs);
  out->list = list;
  out->n_list = n < PAIRS_LIST ? (uint32_t)n : PAIRS_LIST;
  return true;
}

bool pairs_find(copse_context *ctx, const struct column *columns, const struct column_facts *facts,
                uint32_t n_columns, uint32_t target, int n_threads, struct pairs *out) {
  *out = (struct pairs){.ctx = ctx, .n_columns = n_columns, .skipped = n_columns > PAIRS_MOST_COLUMNS};
  double rows = BUDGET / ((double)n_columns * n_columns / 2);
  struct pairs_job job = {ctx, columns, facts, n_columns, target, 0, columns[0].n_sample, NULL, out, NULL};
  job.n = rows > MOST_ROWS ? MOST_ROWS : rows < LEAST_ROWS ? LEAST_ROWS : (size_t)rows;
  if (job.n > job.n_sample) job.n = job.n_sample;
  out->n_rows = job.n;
  bool ok = true;
  for (int kind = 0; kind < N_PAIRS_KINDS; kind++) {
    out->cluster[kind] = copse_alloc(ctx, n_columns, sizeof *out->cluster[kind]);
    out->size[kind] = copse_alloc(ctx, n_columns, sizeof *out->size[kind]);
    ok &= out->cluster[kind] != NULL && out->size[kind] != NULL;
    for (uint32_t i = 0; i < n_columns && out->cluster[kind] != NULL; i++) out->cluster[kind][i] = i;
  }
  if (!ok) return false;
  if (!pairs_find_twins(&job)) return false;
  if (out->skipped) {
    for (uint32_t i = 0; i < n_columns; i++) join(out->cluster[PAIRS_SAME], i, out->twin[i]);
    settle_clusters(out);
    return true;
  }
  job.views = copse_alloc_zero(ctx, n_columns, sizeof *job.views);
  job.failed = copse_alloc_zero(ctx, n_columns, sizeof *job.failed);
  out->matrix = copse_alloc(ctx, (size_t)n_columns * n_columns, sizeof *out->matrix);
  ok = job.views != NULL && job.failed != NULL && out->matrix != NULL;
  if (ok) copse_parallel_for(n_threads, n_columns, look_at_column, &job);
  for (uint32_t i = 0; i < n_columns && ok; i++) {
    ok = !job.failed[i];
    out->matrix[(size_t)i * n_columns + i] = 1;
  }
  if (ok) {
    copse_parallel_for(n_threads, n_columns, compare_column, &job);
    cluster_columns(&job);
    settle_clusters(out);
    ok = list_pairs(&job) && pairs_look_closer(&job, n_threads);
  }
  for (uint32_t i = 0; i < n_columns && job.views != NULL; i++) {
    copse_free(job.views[i].ranks);
    copse_free(job.views[i].there);
    copse_free(job.views[i].codes);
  }
  copse_free(job.views);
  copse_free(job.failed);
  return ok;
}

void pairs_free(struct pairs *pairs) {
  copse_free(pairs->matrix);
  copse_free(pairs->list);
  copse_free(pairs->grids);
  copse_free(pairs->twin);
  for (int kind = 0; kind < N_PAIRS_KINDS; kind++) {
    copse_free(pairs->cluster[kind]);
    copse_free(pairs->size[kind]);
  }
  *pairs = (struct pairs){.ctx = pairs->ctx};
}
