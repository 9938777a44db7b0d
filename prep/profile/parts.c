/* parts.c - see view.h. */
#include <math.h>
#include <string.h>

#include "profile/view.h"

uint64_t part_rows(const struct parts *parts, const struct part *part) {
  uint64_t n = 0;
  for (int f = 0; f < TALLY_FOLDS; f++)
    for (uint32_t c = 0; c < parts->n_classes; c++) n += part->counts[f][c];
  return n;
}

uint64_t part_class(const struct part *part, uint32_t code) {
  uint64_t n = 0;
  for (int f = 0; f < TALLY_FOLDS; f++) n += part->counts[f][code];
  return n;
}

static struct part *new_part(struct parts *parts, enum bin_kind kind) {
  static struct part nowhere;
  if (parts->n == parts->capacity) {
    uint32_t capacity = parts->capacity == 0 ? 32 : parts->capacity * 2;
    struct part *list = copse_resize(parts->ctx, parts->list, capacity, sizeof *list);
    if (list == NULL) {
      parts->failed = true;
      return &nowhere;
    }
    parts->list = list;
    parts->capacity = capacity;
  }
  struct part *part = &parts->list[parts->n++];
  memset(part, 0, sizeof *part);
  part->kind = kind;
  return part;
}

/* A target of so few numbers that they were counted as classes, and yet is none of classes. */
static void add_classes_as_numbers(struct part *part, const struct tally *tally, size_t at) {
  uint32_t width = tally->shape.n_classes;
  const uint32_t *counts = tally->counts + at * TALLY_FOLDS * width;
  for (int f = 0; f < TALLY_FOLDS; f++, counts += width) {
    for (uint32_t c = 0; c < width; c++) {
      if (counts[c] == 0) continue;
      part->counts[f][0] += counts[c];
      part->sums[f] += counts[c] * tally->shape.class_values[c];
    }
  }
}

static void add_tally(const struct parts *parts, struct part *part, const struct tally *tally, size_t at) {
  uint32_t width = tally->shape.n_classes, least = width < parts->n_classes ? width : parts->n_classes;
  if (parts->failed || at >= tally->capacity) return;
  if (parts->sums && !tally->shape.sums) {
    add_classes_as_numbers(part, tally, at);
    return;
  }
  const uint32_t *counts = tally->counts + at * TALLY_FOLDS * width;
  if (least == 2 && width == 2) {
    for (int f = 0; f < TALLY_FOLDS; f++) {
      part->counts[f][0] += counts[2 * f];
      part->counts[f][1] += counts[2 * f + 1];
    }
  } else {
    for (int f = 0; f < TALLY_FOLDS; f++, counts += width)
      for (uint32_t c = 0; c < least; c++) part->counts[f][c] += counts[c];
  }
  for (int f = 0; f < TALLY_FOLDS && parts->sums && tally->shape.sums; f++)
    part->sums[f] += tally->sums[at * TALLY_FOLDS + (size_t)f];
}

static void make_ranges(struct parts *parts, const struct values *values, uint32_t most) {
  uint64_t n = values_total(values), filled = 0;
  bool many = values->n > 20;
  uint64_t wanted = values->n <= most ? 1 : (n + most - 1) / most;
  struct part *part = NULL;
  for (uint32_t i = 0; i < values->n && !parts->failed; i++) {
    const struct value *v = &values->entries[i];
    bool alone = v->number.lo == v->number.hi && many && 20 * v->n >= n;
    if (part == NULL || alone || filled >= wanted) {
      part = new_part(parts, BIN_RANGE);
      part->lo = v->number.lo;
      filled = 0;
    }
    part->hi = v->number.hi;
    filled += v->n;
    add_tally(parts, part, &values->tally, i);
    if (alone) filled = wanted;
  }
  for (uint32_t i = 0; i < parts->n; i++)
    if (parts->list[i].lo == parts->list[i].hi) parts->list[i].kind = BIN_VALUE;
}

static void make_levels(struct parts *parts, const struct values *texts, uint32_t most) {
  struct part rest = {.kind = BIN_OTHER};
  uint32_t n_other = 0;
  for (uint32_t i = 0; i < texts->n && !parts->failed; i++) {
    const struct value *v = &texts->entries[i];
    struct part *part = &rest;
    if (i < most && v->n >= 5) {
      part = new_part(parts, BIN_LEVEL);
      part->level = v;
    } else {
      n_other++;
    }
    add_tally(parts, part, &texts->tally, i);
  }
  if (n_other > 0) {
    struct part *part = new_part(parts, BIN_OTHER);
    if (!parts->failed) *part = rest;
  }
}

static void make_rest(struct parts *parts, const struct column *column, const struct column_facts *facts,
                      bool typed) {
  static const struct missing_tokens usual = {.list = NULL};
  struct part missing = {.kind = BIN_MISSING}, misfits = {.kind = BIN_MISFIT};
  const struct values *texts = &column->texts;
  for (size_t i = 0; i < N_BLANKS; i++) add_tally(parts, &missing, &column->blanks, i);
  for (uint32_t i = 0; i < texts->n && typed; i++) {
    double ignored;
    const struct value *v = &texts->entries[i];
    bool token = cell_type_of(&usual, texts->bytes + v->text.at, v->text.kept, &ignored) == CELL_TYPE_TOKEN;
    add_tally(parts, token ? &missing : &misfits, &texts->tally, i);
  }
  if (part_rows(parts, &missing) > 0) *new_part(parts, BIN_MISSING) = missing;
  if (facts->n_misfits > 0 && part_rows(parts, &misfits) > 0) *new_part(parts, BIN_MISFIT) = misfits;
}

void parts_make(struct parts *parts, const struct column *column, const struct column_facts *facts,
                uint32_t most) {
  bool typed = facts->has_number || facts->has_date;
  if (facts->has_number) make_ranges(parts, &column->numbers, most);
  if (facts->has_date) make_ranges(parts, &column->dates, most);
  if (facts->has_levels) make_levels(parts, &column->texts, most);
  make_rest(parts, column, facts, typed);
}

void parts_release(struct parts *parts) {
  copse_free(parts->list);
  parts->list = NULL;
  parts->n = parts->capacity = 0;
}
