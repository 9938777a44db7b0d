/* privacy.c - values=full|common|none: what of the data may stand in the outputs. It is taken out of the
 * facts here, once, so that page, JSON, text and alerts cannot differ. */
#include <math.h>
#include <string.h>

#include "profile/profile.h"
#include "profile/text_kind.h"

enum { COMMON_ROWS = 10 };

static void withhold(struct facts_value *v) {
  memset(v->text, 0, sizeof v->text);
  v->withheld = true;
  v->number = (double)NAN;
  v->length = 0;
}

/* Two significant digits. */
static double rounded(double x) {
  char text[32];
  double out = x;
  if (!isfinite(x)) return x;
  size_t length = copse_format_double_digits(x, 2, text, sizeof text);
  (void)copse_parse_double(text, length, &out);
  return out;
}

static void guard(struct facts_value *v, bool none, bool sensitive) {
  if (v->n > 0 && (none || sensitive || v->n < COMMON_ROWS)) withhold(v);
}

static void guard_number(struct number_facts *f, bool none) {
  for (uint32_t i = 0; i < f->n_spikes; i++) withhold(&f->spikes[i]);
  if (none) {
    for (int i = 0; i < FACTS_QUANTILES; i++) f->quantiles[i] = (double)NAN;
    f->min = f->max = f->mean = f->sum = f->std = f->mad = (double)NAN;
    for (uint32_t i = 0; i <= f->n_bars; i++) f->edges[i] = (double)NAN;
    f->has_sentinel = false;
    return;
  }
  f->min = rounded(f->quantiles[0]);
  f->max = rounded(f->quantiles[FACTS_QUANTILES - 1]);
  for (int i = 0; i < FACTS_QUANTILES; i++) f->quantiles[i] = rounded(f->quantiles[i]);
  f->sum = (double)NAN;
}

static void guard_view(struct view_facts *view, bool none, bool sensitive) {
  for (uint32_t i = 0; i < view->n_bins; i++) {
    struct bin_facts *bin = &view->bins[i];
    if (bin->kind == BIN_LEVEL) guard(&bin->level, none, sensitive);
    if (none || sensitive) bin->lo = bin->hi = (double)NAN;
  }
}

void privacy_apply(copse_profile *profile) {
  copse_profile_values values = profile->options.values;
  bool none = values == COPSE_VALUES_NONE;
  for (uint32_t i = 0; i < profile->n_columns; i++) {
    struct column_facts *c = &profile->columns[i];
    c->sensitive = c->type == TYPE_ID || c->type == TYPE_TEXT || name_is_personal(c->name) ||
                   (c->has_levels && c->levels.pattern != NULL);
    if (values == COPSE_VALUES_FULL) continue;
    bool hide = none || c->sensitive;
    guard(&c->misfit, none, c->sensitive);
    for (uint32_t k = 0; k < c->levels.n_top; k++) guard(&c->levels.top[k], none, c->sensitive);
    for (uint32_t k = 0; k < 3; k++) guard(&c->levels.variants[k], none, c->sensitive);
    for (uint32_t k = 0; k < c->number.n_spikes; k++) guard(&c->number.spikes[k], none, c->sensitive);
    if (c->type == TYPE_BOOLEAN && none) memset(c->why, 0, sizeof c->why);
    if (hide && c->has_number) guard_number(&c->number, none);
    if (none) memset(c->levels.form, 0, sizeof c->levels.form);
    if (none && c->has_date) c->date.first = c->date.last = (double)NAN;
    guard_view(&c->view, none, c->sensitive);
  }
  for (uint32_t i = 0; i < profile->target.n_classes && none; i++) withhold(&profile->target.classes[i]);
}
