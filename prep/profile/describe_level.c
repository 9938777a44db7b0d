/* describe_level.c - the levels of a column of texts: the most frequent ones, how they are spread, and what
 * they look like. What is said about texts is taken from the levels that are kept, weighted by their rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/describe.h"
#include "profile/text_kind.h"

struct facts_value facts_as_text(double x, enum cell_type type) {
  if (type == CELL_TYPE_INTEGER || type == CELL_TYPE_DECIMAL || type == CELL_TYPE_INFINITE)
    return facts_number(x, 1);
  if (type != CELL_TYPE_DMY) return facts_date(x, 1);
  struct facts_value out = {.number = (double)NAN, .n = 1};
  int a, b, y;
  date_unpack(x, &a, &b, &y);
  out.length = (uint32_t)snprintf(out.text, sizeof out.text, "%02d/%02d/%04d", a, b, y);
  return out;
}

/* Numbers and dates in a column of texts are texts too. type: of all of them, or like theirs. */
static void absorb(struct values *texts, const struct values *numbers, enum cell_type type) {
  if (!numbers->exact) return;
  for (uint32_t i = 0; i < numbers->n; i++) {
    const struct value *v = &numbers->entries[i];
    struct facts_value shown = facts_as_text(v->number.lo, type);
    uint64_t hash = cell_hash(shown.text, shown.length);
    uint32_t entry = values_add_text(texts, hash, shown.text, shown.length, v->n);
    if (entry == UINT32_MAX) return;
    values_add_tally(texts, entry, numbers, i);
  }
}

/* Quantiles of a whole number's weighted values. */
struct weighted {
  uint64_t value, n;
};

static int compare_weighted(const void *a, const void *b) {
  const struct weighted *x = a, *y = b;
  return x->value < y->value ? -1 : x->value > y->value;
}

struct variant {
  uint64_t key;
  uint32_t entry;
};

static int compare_variants(const void *a, const void *b) {
  const struct variant *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static void find_variants(const struct values *texts, struct variant *list, struct level_facts *f) {
  uint32_t n = 0, group = 0;
  for (uint32_t i = 0; i < texts->n; i++) {
    const struct value *v = &texts->entries[i];
    uint64_t key = text_variant_key(texts->bytes + v->text.at, v->text.kept);
    if (key != 0 && v->text.kept == v->text.length) list[n++] = (struct variant){key, i};
  }
  qsort(list, n, sizeof *list, compare_variants);
  uint32_t shown = UINT32_MAX; /* the group whose first levels are told: the one with the commonest level */
  for (uint32_t i = 1; i < n; i++) {
    if (list[i].key != list[i - 1].key) {
      group = i;
      continue;
    }
    f->n_variants += i == group + 1 ? 2 : 1;
    if (i == group + 1 && (shown == UINT32_MAX || list[group].entry < list[shown].entry)) shown = group;
  }
  for (uint32_t i = 0; shown != UINT32_MAX && i < 3 && shown + i < n; i++)
    if (list[shown + i].key == list[shown].key)
      f->variants[i] = facts_text(texts, &texts->entries[list[shown + i].entry]);
}

/* The commonest of the shapes of the first levels. */
static void find_form(const struct values *texts, struct level_facts *f) {
  enum { SHAPES = 16, LEVELS = 2000 };
  char shapes[SHAPES][sizeof f->form];
  uint64_t counts[SHAPES] = {0}, n = 0;
  uint32_t used = 0;
  for (uint32_t i = 0; i < texts->n && i < LEVELS; i++) {
    char shape[sizeof f->form];
    const struct value *v = &texts->entries[i];
    n += v->n;
    if (!text_shape(texts->bytes + v->text.at, v->text.kept, shape, sizeof shape)) continue;
    uint32_t at = 0;
    while (at < used && strcmp(shapes[at], shape) != 0) at++;
    if (at == SHAPES) continue;
    if (at == used) memcpy(shapes[used++], shape, sizeof shape);
    counts[at] += v->n;
  }
  uint32_t best = 0;
  for (uint32_t i = 1; i < used; i++)
    if (counts[i] > counts[best]) best = i;
  if (used == 0) return;
  memcpy(f->form, shapes[best], sizeof f->form);
  f->form_share = (double)counts[best] / (double)n;
}

/* A blank, tab or no-break space at an end, with something beside it. */
static bool has_outer_blank(const char *text, uint32_t n) {
  if (n < 2) return false;
  bool first = text[0] == ' ' || text[0] == '\t' || (n > 2 && memcmp(text, "\xC2\xA0", 2) == 0);
  return first || text[n - 1] == ' ' || text[n - 1] == '\t' ||
         (n > 2 && memcmp(text + n - 2, "\xC2\xA0", 2) == 0);
}

static void look_at_texts(const struct values *texts, struct weighted *lengths, struct level_facts *f) {
  uint64_t n = 0, foreign = 0, patterns[N_PATTERNS] = {0}, grouped = 0, comma = 0;
  for (uint32_t i = 0; i < texts->n; i++) {
    const struct value *v = &texts->entries[i];
    const char *text = texts->bytes + v->text.at;
    uint32_t kept = v->text.kept;
    bool bad, ascii;
    size_t characters = text_characters(text, kept, &bad, &ascii);
    lengths[i] = (struct weighted){characters + (v->text.length - kept), v->n};
    n += v->n;
    if (bad) f->n_bad_bytes += v->n;
    if (!ascii) foreign += v->n;
    if (kept == v->text.length && has_outer_blank(text, kept)) f->n_blanks += v->n;
    patterns[text_pattern_of(text, kept)] += v->n;
    if (text_is_grouped_number(text, kept)) grouped += v->n;
    if (text_is_comma_number(text, kept)) comma += v->n;
  }
  if (n == 0) return;
  qsort(lengths, texts->n, sizeof *lengths, compare_weighted);
  uint64_t half = (n - 1) / 2;
  uint32_t at = 0;
  for (; lengths[at].n <= half; at++) half -= lengths[at].n;
  f->length_min = lengths[0].value;
  f->length_median = lengths[at].value;
  f->length_max = lengths[texts->n - 1].value;
  f->share_non_ascii = (double)foreign / (double)n;
  f->share_bad_bytes = (double)f->n_bad_bytes / (double)n;
  for (int i = 1; i < N_PATTERNS; i++)
    if (2 * patterns[i] > n) f->pattern = text_pattern_names[i];
  f->decimal_comma = 10 * comma > 9 * n;
  f->thousands = 10 * (grouped > comma ? grouped : comma) > 9 * n && grouped > 0;
}

static void spread(const struct values *texts, uint64_t n_there, double distinct, struct level_facts *f) {
  double entropy = 0, n = (double)n_there;
  uint64_t rare = 0, kept = 0, top = 0;
  for (uint32_t i = 0; i < texts->n; i++) {
    const struct value *v = &texts->entries[i];
    double p = (double)v->n / n;
    entropy -= p * log(p);
    kept += v->n;
    if (v->n < 5) rare += v->n;
    if (i < FACTS_TOP) top += v->n;
  }
  uint64_t lost = n_there > kept ? n_there - kept : 0; /* one row each, as far as is known */
  entropy += (double)lost / n * log(n);
  f->entropy = distinct > 1 ? entropy / log(distinct) : 0;
  if (f->entropy > 1) f->entropy = 1;
  f->rare_share = (double)(rare + lost) / n;
  f->other_n = n_there - top;
  f->other_values = distinct > f->n_top ? distinct - f->n_top : 0;
}

bool describe_levels(struct column *column, struct column_facts *out) {
  struct values *texts = &column->texts;
  struct level_facts *f = &out->levels;
  values_shape(texts, column->blanks.shape);
  absorb(texts, &column->numbers, CELL_TYPE_DECIMAL);
  absorb(texts, &column->dates, CELL_TYPE_DATE);
  absorb(texts, &column->packed, CELL_TYPE_DMY);
  values_sort(texts);
  if (texts->failed) return false;
  if (texts->n == 0) return true;
  out->has_levels = true;
  f->exact = texts->exact && column->numbers.exact && column->dates.exact && column->packed.exact;
  for (uint32_t i = 0; i < texts->n && i < FACTS_TOP; i++)
    f->top[f->n_top++] = facts_text(texts, &texts->entries[i]);
  spread(texts, out->n - out->n_missing, out->distinct, f);
  struct weighted *lengths = copse_alloc(column->ctx, texts->n, sizeof *lengths);
  struct variant *variants = copse_alloc(column->ctx, texts->n, sizeof *variants);
  bool ok = lengths != NULL && variants != NULL;
  if (ok) {
    look_at_texts(texts, lengths, f);
    if (out->type == TYPE_CATEGORY && texts->n <= 20000) find_variants(texts, variants, f);
    if (out->type == TYPE_ID || out->type == TYPE_CODE || out->type == TYPE_TEXT) find_form(texts, f);
  }
  copse_free(lengths);
  copse_free(variants);
  return ok;
}
