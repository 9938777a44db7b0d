/* view.c - see view.h. */
#include "profile/view.h"

#include <math.h>

#include "profile/bond.h"
#include "profile/describe.h"
#include "profile/view_folds.h"

enum { FINE_PARTS = 64, FINE_LEVELS = 2000, SHOWN_RANGES = 10, SHOWN_LEVELS = 15 };

/* AUC of the raw value; numbers and dates. */
static double raw_auc(const struct values *values, uint32_t code, copse_context *ctx, double *n_rows,
                      bool *failed) {
  struct scored *rows = copse_alloc(ctx, values->n, sizeof *rows);
  double auc = (double)NAN;
  uint32_t width = values->tally.shape.n_classes;
  if (rows == NULL) {
    *failed = true;
    return auc;
  }
  for (uint32_t i = 0; i < values->n; i++) {
    rows[i] = (struct scored){.score = (double)i};
    for (size_t f = 0; f < TALLY_FOLDS; f++) {
      const uint32_t *counts = values->tally.counts + (i * TALLY_FOLDS + f) * width;
      for (uint32_t c = 0; c < width; c++) *(c == code ? &rows[i].pos : &rows[i].neg) += counts[c];
    }
  }
  for (uint32_t i = 0; i < values->n; i++) *n_rows += (double)(rows[i].pos + rows[i].neg);
  auc = ordered_auc(rows, values->n);
  copse_free(rows);
  return auc;
}

/* ---- shown parts ---- */

static void show_bins(const struct parts *parts, const struct target_facts *target,
                      const struct column *column, struct view_facts *view) {
  for (uint32_t i = 0; i < parts->n && view->n_bins < FACTS_BINS; i++) {
    const struct part *part = &parts->list[i];
    struct bin_facts *bin = &view->bins[view->n_bins++];
    *bin = (struct bin_facts){.kind = part->kind, .lo = part->lo, .hi = part->hi, .woe = (double)NAN};
    bin->n = part_rows(parts, part);
    if (part->kind == BIN_LEVEL) bin->level = facts_text(&column->texts, part->level);
    if (target->kind == TARGET_NUMBER) {
      double sum = 0;
      for (int f = 0; f < TALLY_FOLDS; f++) sum += part->sums[f];
      bin->rate = bin->n > 0 ? sum / (double)bin->n : (double)NAN;
      bin->ci_lo = bin->ci_hi = bin->median = (double)NAN; /* view_spread fills them */
      continue;
    }
    bin->n_pos = part_class(part, target->positive);
    bin->rate = bin->n > 0 ? (double)bin->n_pos / (double)bin->n : (double)NAN;
    wilson(bin->n_pos, bin->n, &bin->ci_lo, &bin->ci_hi);
  }
}

/* Weight of evidence: positive where there are more positives than on average. */
static void weigh(struct view_facts *view, double n_pos, double n_neg) {
  double b = view->n_bins;
  view->iv = 0;
  for (uint32_t i = 0; i < view->n_bins; i++) {
    struct bin_facts *bin = &view->bins[i];
    double pos = ((double)bin->n_pos + 0.5) / (n_pos + 0.5 * b);
    double neg = ((double)(bin->n - bin->n_pos) + 0.5) / (n_neg + 0.5 * b);
    bin->woe = log(pos / neg);
    view->iv += (pos - neg) * bin->woe;
  }
}

/* Mutual information of parts and classes, less its bias (Miller 1955, Madow). */
static void inform(const struct parts *parts, const struct totals *t, struct view_facts *view) {
  double information = 0, entropy = 0;
  uint32_t n_parts = 0, n_classes = 0;
  for (uint32_t c = 0; c < parts->n_classes; c++) {
    if (t->classes[c] == 0) continue;
    entropy -= t->classes[c] / t->n * log(t->classes[c] / t->n);
    n_classes++;
  }
  for (uint32_t i = 0; i < parts->n; i++) {
    double rows = (double)part_rows(parts, &parts->list[i]);
    n_parts += rows > 0;
    for (uint32_t c = 0; c < parts->n_classes; c++) {
      double n = (double)part_class(&parts->list[i], c);
      if (n > 0) information += n / t->n * log(n * t->n / (rows * t->classes[c]));
    }
  }
  information -= (n_parts - 1.0) * (n_classes - 1.0) / (2 * t->n);
  view->mutual = information > 0 ? information : 0;
  view->explained = entropy > 0 ? view->mutual / entropy : 0;
}

/* A part of at least 50 rows of one kind, too many to be chance. */
static void find_pure(struct view_facts *view, double rate, uint32_t n_columns) {
  double least = log(1e-6 / (10.0 * n_columns));
  uint64_t best = 0;
  for (uint32_t i = 0; i < view->n_bins; i++) {
    const struct bin_facts *bin = &view->bins[i];
    bool all = bin->n_pos == bin->n, none = bin->n_pos == 0;
    if (bin->n < 50 || (!all && !none)) continue;
    double chance = (double)bin->n * log(all ? rate : 1 - rate);
    if (chance >= least || bin->n <= best) continue;
    best = bin->n;
    view->pure_bin = (int)i;
  }
}

static void find_missing(const struct parts *parts, const struct target_facts *target, const struct totals *t,
                         struct view_facts *view) {
  double pos = 0, neg = 0, all_pos = t->classes[target->positive], all_neg = t->n - all_pos;
  for (uint32_t i = 0; i < parts->n; i++) {
    if (parts->list[i].kind != BIN_MISSING) continue;
    pos = (double)part_class(&parts->list[i], target->positive);
    neg = (double)part_rows(parts, &parts->list[i]) - pos;
  }
  view->filled_pos = all_pos > 0 ? 1 - pos / all_pos : (double)NAN;
  view->filled_neg = all_neg > 0 ? 1 - neg / all_neg : (double)NAN;
  double missing = pos + neg, filled = t->n - missing;
  view->missing_phi =
      missing > 0 && filled > 0 && all_pos > 0 && all_neg > 0
          ? (pos * (all_neg - neg) - neg * (all_pos - pos)) / sqrt(missing * filled * all_pos * all_neg)
          : 0;
}

/* The same for more classes than two, as Cramer's V, and for a number, as the correlation. */
static void relate_missing(const struct parts *parts, const struct target_facts *target,
                           const struct totals *t, struct view_facts *view) {
  double missing = 0, sum = 0, chi = 0;
  for (uint32_t i = 0; i < parts->n; i++) {
    const struct part *part = &parts->list[i];
    if (part->kind != BIN_MISSING) continue;
    missing = (double)part_rows(parts, part);
    for (int f = 0; f < TALLY_FOLDS; f++) sum += part->sums[f];
    for (uint32_t c = 0; c < parts->n_classes; c++) {
      double expected = missing * t->classes[c] / t->n, d = (double)part_class(part, c) - expected;
      if (expected > 0) chi += d * d / expected * t->n / (t->n - missing);
    }
  }
  double filled = t->n - missing, p = missing / t->n;
  view->missing_phi = 0;
  if (missing < 1 || filled < 1) return;
  if (target->kind == TARGET_CLASSES)
    view->missing_phi = sqrt(chi / t->n);
  else if (target->std > 0)
    view->missing_phi = (sum / missing - (t->sum - sum) / filled) * sqrt(p * (1 - p)) / target->std;
}

/* ---- the whole ---- */

static void rank_classes(const struct parts *fine, const struct totals *t, const struct target_facts *target,
                         const struct values *values, struct scored *room, bool *failed,
                         struct view_facts *view) {
  double sum = 0;
  int n = 0;
  for (uint32_t c = 0; c < target->n_classes; c++) {
    if (target->kind == TARGET_BINARY && c != target->positive) continue;
    double auc = view->auc_classes[c] = auc_out_of_fold(fine, t, c, room);
    if (isnan(auc)) continue;
    sum += auc;
    n++;
  }
  view->auc_oof = n > 0 ? sum / n : (double)NAN;
  view->auc_best = view->auc_oof;
  if (values != NULL && target->kind == TARGET_BINARY) {
    double n_filled = 0, raw = raw_auc(values, target->positive, fine->ctx, &n_filled, failed);
    view->direction = raw >= 0.5 ? 1 : -1;
    view->auc = raw >= 0.5 ? raw : 1 - raw;
    view->auc_covers = n_filled / t->n;
    /* of a column that is mostly missing it says little about the rows as a whole */
    if (view->auc_covers >= 0.5 && !(view->auc_best > view->auc)) view->auc_best = view->auc;
  }
  double n_pos = t->classes[target->positive];
  view->auc_se = auc_error(view->auc_best, n_pos, t->n - n_pos);
  view->oof_errors = errors_out_of_fold(fine, t);
}

bool view_column(const struct scan *scan, const struct target_facts *target, const struct column *column,
                 struct column_facts *facts) {
  struct view_facts *view = &facts->view;
  uint32_t n_classes = target->kind == TARGET_NUMBER ? 1 : target->n_classes;
  struct parts fine = {.ctx = scan->ctx, .n_classes = n_classes, .sums = target->kind == TARGET_NUMBER};
  struct parts shown = fine;
  const struct values *values = facts->has_number ? &column->numbers
                                : facts->has_date ? &column->dates
                                                  : NULL;
  parts_make(&fine, column, facts, facts->has_levels ? FINE_LEVELS : FINE_PARTS);
  parts_make(&shown, column, facts, facts->has_levels ? SHOWN_LEVELS : SHOWN_RANGES);
  struct scored *room = copse_alloc(scan->ctx, fine.n, sizeof *room);
  bool failed = fine.failed || shown.failed || room == NULL;
  struct totals t = failed ? (struct totals){.n = 0} : totals_of(&fine);
  view->auc = view->auc_oof = view->auc_best = view->auc_se = view->iv = view->mutual = view->explained =
      view->r2_oof = view->filled_pos = view->filled_neg = view->rank = view->gives = view->follows =
          (double)NAN;
  if (!failed && t.n > 0) {
    view->present = true;
    show_bins(&shown, target, column, view);
    if (facts->has_date) view_over_time(column, target, facts);
    if (target->kind == TARGET_NUMBER) {
      failed |= !view_spread(scan, &shown, column, facts, view);
      view->r2_oof = r2_out_of_fold(&fine, &t, target->std * target->std * (double)(target->n_labelled - 1));
    } else {
      rank_classes(&fine, &t, target, values, room, &failed, view);
      inform(&shown, &t, view);
    }
    if (target->kind == TARGET_BINARY) {
      double n_pos = t.classes[target->positive];
      weigh(view, n_pos, t.n - n_pos);
      find_pure(view, target->rate, scan->n_columns);
      find_missing(&fine, target, &t, view);
    } else {
      relate_missing(&fine, target, &t, view);
      struct bond bond;
      failed |= !bond_find(scan, target, column, facts, &bond);
      view->rank = bond.rank;
      view->gives = bond.gives;
      view->follows = bond.follows;
    }
  }
  copse_free(room);
  parts_release(&fine);
  parts_release(&shown);
  return !failed;
}
