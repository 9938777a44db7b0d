/* cegb.c - what a split costs, and which features the trees have used so far: at all (coupled), and for which
 * rows (lazy). Both are a function of the trees: rows are marked when a tree is done, those out of the bag
 * too, since a prediction computes a feature for them as well (LightGBM marks those in the bag). Within a
 * tree the path of a leaf tells what its rows have computed. */
#include "train/cegb.h"

#include <string.h>

#include "base/status.h"
#include "train/sample.h"

struct cegb {
  double split;                   /* tradeoff * penalty, per row */
  double *coupled, *lazy;         /* [n_columns] tradeoff * penalty; NULL: none */
  bool *used;                     /* [n_columns] by some split so far */
  int n_trees;                    /* that `used` and `known` are of; -1: not known */
  bool growing;                   /* `used` has what a tree behind those has used, which may yet be dropped */
  bool first_use;                 /* the split being made is its column's first */
  uint32_t *lazy_columns, n_lazy; /* those that cost something */
  uint64_t *known;                /* [n_lazy * n_words] rows that have computed a lazy column */
  size_t n_words;
  bool *on_path;      /* [n_leaves_room * n_columns] columns that a leaf's rows have computed in this tree */
  uint64_t *fresh[2]; /* [n_columns] rows of the leaves searched that would have to compute a column */
};

/* tradeoff * penalties of the columns; *out stays NULL when all are 0. */
static copse_status take_penalties(struct workspace *ws, const double *penalties, size_t n, double **out,
                                   copse_error *err) {
  bool any = false;
  for (size_t f = 0; f < n; f++) any |= penalties[f] != 0;
  if (!any) return COPSE_OK;
  uint32_t n_columns = ws->data->binned.n_columns;
  *out = copse_alloc(ws->ctx, n_columns, sizeof **out);
  if (*out == NULL) return status_memory(err, "costs of features");
  for (uint32_t c = 0; c < n_columns; c++)
    (*out)[c] = ws->grow.constraint.cegb_tradeoff *
                constrain_entry(penalties, n, ws->data->binned.columns[c].feature, 0);
  return COPSE_OK;
}

static copse_status create_lazy(struct workspace *ws, struct cegb *cegb, copse_error *err) {
  uint32_t n_columns = ws->data->binned.n_columns;
  cegb->n_words = (size_t)((ws->data->n_rows + 63) / 64);
  cegb->lazy_columns = copse_alloc(ws->ctx, n_columns, sizeof *cegb->lazy_columns);
  cegb->on_path = copse_alloc(ws->ctx, (size_t)ws->n_leaves_room * n_columns, sizeof *cegb->on_path);
  for (int side = 0; side < 2; side++)
    cegb->fresh[side] = copse_alloc_zero(ws->ctx, n_columns, sizeof *cegb->fresh[side]);
  if (cegb->lazy_columns == NULL || cegb->on_path == NULL || cegb->fresh[0] == NULL || cegb->fresh[1] == NULL)
    return status_memory(err, "costs of features");
  for (uint32_t c = 0; c < n_columns; c++)
    if (cegb->lazy[c] != 0) cegb->lazy_columns[cegb->n_lazy++] = c;
  cegb->known = copse_alloc_zero(ws->ctx, cegb->n_lazy * cegb->n_words, sizeof *cegb->known);
  return cegb->known != NULL ? COPSE_OK : status_memory(err, "costs of features");
}

copse_status cegb_create(struct workspace *ws, copse_error *err) {
  const struct constraint_params *p = &ws->grow.constraint;
  double *coupled = NULL, *lazy = NULL;
  copse_status status = take_penalties(ws, p->cegb_coupled, p->n_cegb_coupled, &coupled, err);
  if (status == COPSE_OK) status = take_penalties(ws, p->cegb_lazy, p->n_cegb_lazy, &lazy, err);
  bool any = coupled != NULL || lazy != NULL || p->cegb_split > 0;
  struct cegb *cegb = status == COPSE_OK && any ? copse_alloc_zero(ws->ctx, 1, sizeof *cegb) : NULL;
  if (cegb == NULL) {
    copse_free(coupled);
    copse_free(lazy);
    if (status != COPSE_OK || !any) return status;
    return status_memory(err, "costs of features");
  }
  ws->constraint.cegb = cegb;
  ws->constraint.bends_gain = true;
  *cegb = (struct cegb){
      .split = p->cegb_tradeoff * p->cegb_split, .coupled = coupled, .lazy = lazy, .n_trees = -1};
  /* The cost of a column at one leaf depends on the splits made at others. */
  if (coupled != NULL || lazy != NULL) {
    ws->speculative = false;
    ws->keeps_slots = true;
  }
  cegb->used = copse_alloc_zero(ws->ctx, ws->data->binned.n_columns, sizeof *cegb->used);
  if (cegb->used == NULL) return status_memory(err, "costs of features");
  return lazy != NULL ? create_lazy(ws, cegb, err) : COPSE_OK;
}

void cegb_release(struct workspace *ws) {
  struct cegb *cegb = ws->constraint.cegb;
  if (cegb == NULL) return;
  copse_free(cegb->coupled);
  copse_free(cegb->lazy);
  copse_free(cegb->used);
  copse_free(cegb->lazy_columns);
  copse_free(cegb->known);
  copse_free(cegb->on_path);
  copse_free(cegb->fresh[0]);
  copse_free(cegb->fresh[1]);
  copse_free(cegb);
}

bool cegb_counts_rows(const struct workspace *ws) {
  return ws->constraint.cegb != NULL && ws->constraint.cegb->lazy != NULL;
}

/* ---- what trees have used ---- */

struct mark_job {
  struct workspace *ws;
  const struct tree *tree;
};

static bool goes_left(const struct workspace *ws, const struct tree *tree, int node, uint32_t bin) {
  if (tree->decision_type[node] & DECISION_CATEGORICAL) {
    uint32_t set = (uint32_t)tree->threshold[node];
    uint32_t begin = tree->bin_boundaries[set], words = tree->bin_boundaries[set + 1] - begin;
    return bin / 32 < words && (tree->bin_words[begin + bin / 32] >> (bin % 32) & 1) != 0;
  }
  const struct binned_column *column = &ws->data->binned.columns[tree->split_column[node]];
  const struct feature_bins *bins = &ws->data->schema->features[column->feature];
  bool missing = (bins->missing == MISSING_NAN && bin == bins->n_bins - 1) ||
                 (bins->missing == MISSING_ZERO && bin == bins->default_bin);
  if (missing) return (tree->decision_type[node] & DECISION_DEFAULT_LEFT) != 0;
  return bin <= tree->threshold_bin[node];
}

/* Rows 64 * WORD_CHUNK at a time: no two threads share a word. */
enum { WORD_CHUNK = 64 };

static void mark_chunk(void *user, size_t chunk, int thread) {
  (void)thread;
  const struct mark_job *job = user;
  struct workspace *ws = job->ws;
  struct cegb *cegb = ws->constraint.cegb;
  const struct tree *tree = job->tree;
  uint64_t begin = (uint64_t)chunk * WORD_CHUNK * 64, end = begin + WORD_CHUNK * 64;
  if (end > ws->data->n_rows) end = ws->data->n_rows;
  for (uint64_t row = begin; row < end; row++)
    for (int node = 0; node >= 0;) {
      uint32_t c = tree->split_column[node];
      if (cegb->lazy[c] != 0) {
        size_t slot = 0;
        while (cegb->lazy_columns[slot] != c) slot++;
        cegb->known[slot * cegb->n_words + row / 64] |= (uint64_t)1 << (row % 64);
      }
      uint32_t bin = binned_cell(&ws->data->binned.columns[c], row);
      node = goes_left(ws, tree, node, bin) ? tree->left_child[node] : tree->right_child[node];
    }
}

static void mark_tree(struct workspace *ws, const struct tree *tree) {
  struct cegb *cegb = ws->constraint.cegb;
  if (tree->n_leaves < 2) return;
  for (int node = 0; node < tree->n_leaves - 1; node++) cegb->used[tree->split_column[node]] = true;
  if (cegb->lazy == NULL) return;
  struct mark_job job = {ws, tree};
  size_t n_chunks = (cegb->n_words + WORD_CHUNK - 1) / WORD_CHUNK;
  copse_parallel_for(ws->n_threads, n_chunks, mark_chunk, &job);
}

void cegb_follow(struct workspace *ws, const struct tree *trees, int n_trees, const struct tree *prefix,
                 int n_prefix) {
  struct cegb *cegb = ws->constraint.cegb;
  if (cegb == NULL) return;
  if (cegb->n_trees < 0 || cegb->n_trees > n_trees || (cegb->growing && cegb->n_trees == n_trees)) {
    memset(cegb->used, 0, ws->data->binned.n_columns * sizeof *cegb->used);
    if (cegb->known != NULL) memset(cegb->known, 0, cegb->n_lazy * cegb->n_words * sizeof *cegb->known);
    cegb->n_trees = 0;
    for (int t = 0; t < n_prefix; t++)
      for (int node = 0; node < prefix[t].n_leaves - 1; node++) {
        uint32_t column = ws->data->binned.column_of[prefix[t].split_feature[node]];
        if (column != BINNED_NO_COLUMN) cegb->used[column] = true;
      }
  }
  for (int t = cegb->n_trees; t < n_trees; t++) mark_tree(ws, &trees[t]);
  cegb->n_trees = n_trees;
  cegb->growing = false;
}

/* ---- within a tree ---- */

void cegb_begin_tree(struct workspace *ws) {
  struct cegb *cegb = ws->constraint.cegb;
  size_t n_columns = ws->data->binned.n_columns;
  cegb->first_use = false;
  if (cegb->on_path != NULL) memset(cegb->on_path, 0, n_columns * sizeof *cegb->on_path);
}

void cegb_child(struct workspace *ws, int parent, int child) {
  cegb_settle(ws, parent, child);
  struct cegb *cegb = ws->constraint.cegb;
  if (cegb->on_path == NULL) return;
  cegb->on_path[(size_t)child * ws->data->binned.n_columns + ws->leaves[parent].best.column] = true;
}

void cegb_settle(struct workspace *ws, int from, int to) {
  const struct cegb *cegb = ws->constraint.cegb;
  size_t n = ws->data->binned.n_columns;
  if (cegb->on_path == NULL) return;
  memcpy(cegb->on_path + (size_t)to * n, cegb->on_path + (size_t)from * n, n * sizeof *cegb->on_path);
}

struct count_job {
  const struct workspace *ws;
  const struct leaf *leaf;
  const bool *on_path;
  uint64_t *fresh;
};

static void count_column(void *user, size_t slot, int thread) {
  (void)thread;
  const struct count_job *job = user;
  const struct cegb *cegb = job->ws->constraint.cegb;
  const uint64_t *known = cegb->known + slot * cegb->n_words;
  const uint32_t *rows = job->leaf->area.rows;
  uint64_t n = 0;
  for (uint64_t i = 0; i < job->leaf->n_rows && !job->on_path[cegb->lazy_columns[slot]]; i++) {
    uint32_t row = workspace_row(job->ws, rows != NULL ? rows[i] : (uint32_t)i);
    n += !(known[row / 64] >> (row % 64) & 1);
  }
  job->fresh[cegb->lazy_columns[slot]] = n;
}

void cegb_begin_search(struct workspace *ws, int leaf, int side) {
  struct cegb *cegb = ws->constraint.cegb;
  if (cegb->lazy == NULL) return;
  struct count_job job = {ws, &ws->leaves[leaf], cegb->on_path + (size_t)leaf * ws->data->binned.n_columns,
                          cegb->fresh[side]};
  copse_parallel_for(ws->n_threads, cegb->n_lazy, count_column, &job);
}

double cegb_cost(const struct workspace *ws, const struct leaf *leaf, int side, uint32_t column) {
  const struct cegb *cegb = ws->constraint.cegb;
  double cost = cegb->split * (double)leaf->n_rows;
  if (cegb->coupled != NULL && !cegb->used[column]) cost += cegb->coupled[column];
  if (cegb->lazy != NULL) cost += cegb->lazy[column] * (double)cegb->fresh[side][column];
  return cost;
}

void cegb_use(struct workspace *ws, int leaf) {
  struct cegb *cegb = ws->constraint.cegb;
  uint32_t column = ws->leaves[leaf].best.column;
  if (cegb->coupled == NULL) return;
  cegb->first_use = !cegb->used[column] && cegb->coupled[column] != 0;
  cegb->used[column] = cegb->growing = true;
}

bool cegb_costs_changed(struct workspace *ws) {
  struct cegb *cegb = ws->constraint.cegb;
  bool changed = cegb->first_use;
  cegb->first_use = false;
  return changed;
}
