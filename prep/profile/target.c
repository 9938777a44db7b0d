/* target.c - what kind of target a column is, and which class is the positive one. */
#include <math.h>
#include <string.h>

#include "profile/describe.h"
#include "profile/infer.h"
#include "profile/view.h"
#include "read/report.h"

enum { MOST_NUMBER_CLASSES = 10 };

static void list_classes(const struct scan *scan, struct target_facts *out) {
  out->n_classes = scan->n_classes;
  for (uint32_t i = 0; i < scan->n_classes; i++) {
    const struct row_cell *cell = &scan->class_cells[i];
    struct facts_value *v = &out->classes[i];
    *v = (struct facts_value){
        .length = cell->length, .number = scan->class_values[i], .n = scan->class_rows[i]};
    memcpy(v->text, cell->text, values_kept_length(cell->text, cell->length));
    out->n_labelled += v->n;
  }
}

/* Whether class a is more likely to be meant than b. */
static bool more_positive(const struct facts_value *a, const struct facts_value *b) {
  bool first;
  if (!isnan(a->number) && !isnan(b->number)) return a->number > b->number;
  if (truth_pair(a->text, a->length, b->text, b->length, &first)) return first;
  return strcmp(a->text, b->text) > 0;
}

/* Classes are not told apart: none of them can be the positive one. */
static copse_status refuse_positive(const struct scan *scan, const char *positive, copse_error *err) {
  const char *name = scan->columns[scan->target].name;
  return report(err, COPSE_ERR_DATA,
                "column \"%s\": positive=%s names a class, but this target has more than %d or is a number "
                "(leave positive= out)",
                show(name, strlen(name)).text, show(positive, strlen(positive)).text, TALLY_MAX_CLASSES);
}

static copse_status choose_positive(const struct scan *scan, const char *positive, struct target_facts *out,
                                    copse_error *err) {
  for (uint32_t i = 1; i < out->n_classes; i++)
    if (more_positive(&out->classes[i], &out->classes[out->positive])) out->positive = i;
  if (positive == NULL || *positive == '\0') return COPSE_OK;
  for (uint32_t i = 0; i < out->n_classes; i++) {
    if (scan->class_cells[i].length > VALUES_TEXT_KEPT ? scan->class_keys[i] != text_class_key(positive)
                                                       : strcmp(out->classes[i].text, positive) != 0)
      continue;
    out->positive = i;
    return COPSE_OK;
  }
  const char *name = scan->columns[scan->target].name;
  return report(err, COPSE_ERR_DATA,
                "column \"%s\": no row has the class \"%s\" (positive=, as the file spells it)",
                show(name, strlen(name)).text, show(positive, strlen(positive)).text);
}

/* Whether the classes are a few whole numbers, or not all of them numbers. */
static bool are_classes(const struct target_facts *out) {
  bool whole = true;
  for (uint32_t i = 0; i < out->n_classes; i++) {
    if (isnan(out->classes[i].number)) return true;
    whole &= out->classes[i].number == floor(out->classes[i].number);
  }
  return whole && out->n_classes <= MOST_NUMBER_CLASSES;
}

static void measure_number(const struct scan *scan, struct target_facts *out) {
  struct moments m = scan->columns[scan->target].moments;
  moments_flush(&m);
  out->kind = TARGET_NUMBER;
  out->n_classes = 0;
  out->n_labelled = m.n;
  out->rate = m.mean;
  out->std = moments_std(&m);
  double half = 1.959963984540054 * out->std / sqrt((double)m.n);
  out->ci_lo = m.mean - half;
  out->ci_hi = m.mean + half;
}

/* Does the target follow the order of the file? */
static bool rank_order(struct scan *scan, struct target_facts *out) {
  struct values *values = &scan->order.numbers;
  values_convert(values);
  uint32_t width = values->tally.shape.n_classes;
  struct scored *rows = copse_alloc(scan->ctx, values->n, sizeof *rows);
  if (rows == NULL) return false;
  for (uint32_t i = 0; i < values->n; i++) {
    rows[i] = (struct scored){.score = values->entries[i].number.lo};
    for (size_t f = 0; f < TALLY_FOLDS; f++)
      for (uint32_t c = 0; c < width; c++)
        *(c == out->positive ? &rows[i].pos : &rows[i].neg) +=
            values->tally.counts[(i * TALLY_FOLDS + f) * width + c];
  }
  double auc = scored_auc(rows, values->n);
  out->order_auc = auc < 0.5 ? 1 - auc : auc;
  out->order_se = auc_error(out->order_auc, (double)out->n_pos, (double)(out->n_labelled - out->n_pos));
  copse_free(rows);
  return true;
}

copse_status view_target(struct scan *scan, const char *positive, struct target_facts *out,
                         copse_error *err) {
  *out = (struct target_facts){.kind = TARGET_NONE, .order_auc = (double)NAN};
  if (scan->target == SCAN_NO_COLUMN) return COPSE_OK;
  out->column = scan->target;
  values_convert(&scan->columns[scan->target].numbers);
  values_convert(&scan->columns[scan->target].dates);
  values_convert(&scan->columns[scan->target].packed);
  if (!scan->too_many_classes) list_classes(scan, out);
  if (scan->too_many_classes || (out->n_classes > 2 && !are_classes(out))) {
    if (scan->texts_in_target)
      out->kind = TARGET_UNUSABLE;
    else
      measure_number(scan, out);
    return positive != NULL && *positive != '\0' ? refuse_positive(scan, positive, err) : COPSE_OK;
  }
  out->kind = out->n_classes < 2 ? TARGET_UNUSABLE : out->n_classes == 2 ? TARGET_BINARY : TARGET_CLASSES;
  if (out->kind == TARGET_UNUSABLE) return COPSE_OK;
  copse_status status = choose_positive(scan, positive, out, err);
  if (status != COPSE_OK) return status;
  out->n_pos = out->classes[out->positive].n;
  out->rate = (double)out->n_pos / (double)out->n_labelled;
  wilson(out->n_pos, out->n_labelled, &out->ci_lo, &out->ci_hi);
  if (out->kind == TARGET_BINARY && !rank_order(scan, out))
    return report_memory(err, "the profile of", "the table");
  return COPSE_OK;
}
