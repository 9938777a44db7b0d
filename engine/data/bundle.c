/* bundle.c - finding exclusive features, and features of few values, that share a stored cell.
 *
 * Candidates for a digit have most rows at one bin; the rows that are elsewhere are listed once. In
 * descending order of that number (as Ke et al. 2017) each takes the first digit with room in which no row of
 * its list is taken, asked of a bitmap; the first row that is taken ends the question, so that only digits
 * that are joined cost a whole list. Digits then fill cells in descending order of their values, each the
 * fullest cell that still has room. */
#include "data/bundle.h"

#include <math.h>
#include <string.h>

#include "base/sort.h"
#include "base/status.h"

enum { PIECE = 1024 }; /* rows whose bins are asked for at once */
enum {
  MOST_OPEN = 256, /* digits a feature is tried with ... */
  LEAST_OPEN = 8,  /* ... fewer where their bitmaps would take more than ... */
  MOST_BITMAP_BYTES = 64 << 20,
  ROWS_PER_VALUE =
      128 /* a joint cell with more values than n_rows over this is longer to read than to fill */
};

/* Beyond this share of rows away from the reference bin, few features are left that could join. */
static const double MOST_DENSE = 0.8;

struct search {
  copse_context *ctx;
  const struct bundle_search *in;
  const copse_table *table; /* of in, as the next two */
  const struct table_rows *rows;
  const struct feature_bins *features;
  uint32_t *feature_of; /* [n_columns] */
  uint32_t *column_of;  /* [n_features] of candidates, else UINT32_MAX */
  uint64_t *offsets;    /* [n_columns + 2] into lists */
  uint32_t *lists;      /* places among rows, column after column */
  struct bundles *out;
};

static bool sparse_layout(const copse_table *table) {
  return table->layout == COPSE_CSR || table->layout == COPSE_CSC;
}

/* ---- lists of rows ---- */

/* A stored value that is not zero. It may yet fall into zero's bin, which only keeps a bundle from being
 * made.
 */
static bool stored_away(const copse_table *table, int64_t k) { return table_stored_value(table, k) != 0; }

/* Visits every (row, column) away from its reference bin: counts it in offsets[column + 2], or lists it. */
static void note(struct search *s, uint32_t column, uint64_t row, bool counting) {
  if (counting)
    s->offsets[column + 2]++;
  else
    s->lists[s->offsets[column + 1]++] = (uint32_t)row;
}

static void visit_csr(struct search *s, bool counting) {
  for (uint64_t i = 0; i < s->rows->n; i++) {
    uint64_t row = table_row(s->rows, i);
    for (int64_t k = s->table->indptr[row]; k < s->table->indptr[row + 1]; k++) {
      uint32_t column = s->column_of[s->table->indices[k]];
      if (column != UINT32_MAX && stored_away(s->table, k)) note(s, column, i, counting);
    }
  }
}

static void visit_csc(struct search *s, bool counting) {
  for (uint32_t c = 0; c < s->out->n_columns; c++) {
    uint32_t feature = s->feature_of[c];
    if (s->column_of[feature] == UINT32_MAX) continue;
    uint64_t i = 0;
    for (int64_t k = s->table->indptr[feature]; k < s->table->indptr[feature + 1]; k++) {
      uint64_t row = (uint64_t)s->table->indices[k];
      if (s->rows->list == NULL) {
        if (row < s->rows->first || row - s->rows->first >= s->rows->n) continue;
        i = row - s->rows->first;
      } else {
        while (i < s->rows->n && s->rows->list[i] < row) i++;
        if (i == s->rows->n) break;
        if (s->rows->list[i] != row) continue;
      }
      if (stored_away(s->table, k)) note(s, c, i, counting);
    }
  }
}

/* Of one column, without a jump for every row. */
static void note_all(struct search *s, uint32_t column, uint64_t first_row, const uint16_t *bins, size_t n,
                     bool counting) {
  const uint16_t reference = (uint16_t)s->out->reference[column];
  uint64_t count = 0;
  uint32_t rows[PIECE];
  for (size_t i = 0; i < n; i++) {
    rows[count] = (uint32_t)(first_row + i);
    count += bins[i] != reference ? 1 : 0;
  }
  if (counting) {
    s->offsets[column + 2] += count;
    return;
  }
  memcpy(s->lists + s->offsets[column + 1], rows, count * sizeof *rows);
  s->offsets[column + 1] += count;
}

/* Bins of a column in those rows that are looked at, from the start-th on; values is scratch for PIECE. */
static void dense_bins(const struct search *s, uint32_t column, uint64_t start, size_t n, double *values,
                       uint16_t *bins) {
  const uint32_t feature = s->feature_of[column];
  struct table_rows piece = *s->rows;
  if (s->in->bins_of != NULL) {
    s->in->bins_of(s->in->bins_user, feature, s->rows->first + start, n, bins);
    return;
  }
  piece.n = n;
  piece.first += start;
  if (piece.list != NULL) piece.list += start;
  table_gather(s->table, feature, &piece, values);
  bins_of_values(&s->features[feature], values, n, bins);
}

struct column_visit {
  struct search *search;
  bool counting;
};

/* Where the bins of all rows are columns. */
static void visit_column(void *user, size_t column, int thread) {
  (void)thread;
  const struct column_visit *visit = user;
  struct search *s = visit->search;
  uint32_t feature = s->feature_of[column];
  uint16_t bins[PIECE];
  if (s->column_of[feature] == UINT32_MAX) return;
  for (uint64_t start = 0; start < s->rows->n; start += PIECE) {
    size_t n = s->rows->n - start < PIECE ? (size_t)(s->rows->n - start) : PIECE;
    dense_bins(s, (uint32_t)column, start, n, NULL, bins);
    note_all(s, (uint32_t)column, start, bins, n, visit->counting);
  }
}

static void visit_dense(struct search *s, bool counting) {
  double values[PIECE];
  uint16_t bins[PIECE];
  if (s->in->bins_of != NULL) {
    struct column_visit visit = {s, counting};
    copse_parallel_for(s->in->n_threads, s->out->n_columns, visit_column, &visit);
    return;
  }
  for (uint64_t start = 0; start < s->rows->n; start += PIECE) {
    const size_t n = s->rows->n - start < PIECE ? (size_t)(s->rows->n - start) : PIECE;
    for (uint32_t c = 0; c < s->out->n_columns; c++) {
      if (s->column_of[s->feature_of[c]] == UINT32_MAX) continue;
      dense_bins(s, c, start, n, values, bins);
      note_all(s, c, start, bins, n, counting);
    }
  }
}

/* ---- columns that need no list ---- */

static uint32_t most_open(uint64_t n_rows) {
  uint64_t fits = MOST_BITMAP_BYTES / (n_rows / 8 + 1);
  return fits < LEAST_OPEN ? LEAST_OPEN : fits > MOST_OPEN ? MOST_OPEN : (uint32_t)fits;
}

enum { MOST_PAIRED = 64, LOOKS = 4, WORDS = LOOKS * PIECE / 64 };

/* Which of some rows, spread over all, are away. */
static void mark_away(const struct search *s, uint32_t column, uint64_t *away) {
  double values[PIECE];
  uint16_t bins[PIECE];
  const uint16_t reference = (uint16_t)s->out->reference[column];
  memset(away, 0, WORDS * sizeof *away);
  for (uint64_t look = 0; look < LOOKS; look++) {
    dense_bins(s, column, s->rows->n / LOOKS * look, PIECE, values, bins);
    for (size_t i = 0; i < PIECE; i++)
      away[(look * PIECE + i) / 64] |= (uint64_t)(bins[i] != reference) << (i % 64);
  }
}

static bool meet(const uint64_t *a, const uint64_t *b) {
  uint64_t both = 0;
  for (size_t w = 0; w < WORDS; w++) both |= a[w] & b[w];
  return both != 0;
}

/* A candidate that meets every other one in a few rows already gets a digit of its own whatever the other
 * rows say, and so does the only one: it is none any more. Of few candidates none wants for an open digit
 * that way. */
static void drop_alone(struct search *s) {
  uint64_t away[MOST_PAIRED][WORDS];
  uint32_t candidates[MOST_PAIRED], n = 0;
  if (sparse_layout(s->table) || s->rows->n < LOOKS * PIECE) return;
  for (uint32_t c = 0; c < s->out->n_columns; c++) {
    if (s->column_of[s->feature_of[c]] == UINT32_MAX) continue;
    if (n == MOST_PAIRED || n == most_open(s->rows->n)) return;
    candidates[n++] = c;
  }
  for (uint32_t i = 0; i < n; i++) mark_away(s, candidates[i], away[i]);
  for (uint32_t i = 0; i < n; i++) {
    bool alone = true;
    for (uint32_t k = 0; k < n && alone; k++) alone = k == i || meet(away[i], away[k]);
    if (alone) s->column_of[s->feature_of[candidates[i]]] = UINT32_MAX;
  }
}

static copse_status list_rows(struct search *s, copse_error *err) {
  void (*visit)(struct search *, bool) = s->table->layout == COPSE_CSR   ? visit_csr
                                         : s->table->layout == COPSE_CSC ? visit_csc
                                                                         : visit_dense;
  uint32_t n = s->out->n_columns;
  s->offsets = copse_alloc_zero(s->ctx, (size_t)n + 2, sizeof *s->offsets);
  if (s->offsets == NULL) return status_memory(err, "feature bundles");
  visit(s, true);
  for (uint32_t c = 0; c < n; c++) s->offsets[c + 2] += s->offsets[c + 1];
  s->lists = copse_alloc(s->ctx, (size_t)s->offsets[n + 1], sizeof *s->lists);
  if (s->lists == NULL) return status_memory(err, "feature bundles");
  visit(s, false); /* offsets[c + 1] becomes the end of c's list: the start of the next one's */
  return COPSE_OK;
}

/* ---- digits ---- */

struct open_digit {
  uint32_t number, radix;
  uint64_t n_taken;
  uint64_t *taken; /* bit per row */
};

static bool meets(const struct open_digit *digit, const uint32_t *rows, uint64_t n) {
  for (uint64_t i = 0; i < n; i++)
    if (digit->taken[rows[i] / 64] >> (rows[i] % 64) & 1) return true;
  return false;
}

static void take_rows(struct open_digit *digit, const uint32_t *rows, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) digit->taken[rows[i] / 64] |= (uint64_t)1 << (rows[i] % 64);
  digit->n_taken += n;
}

/* Provisional digit numbers, in the order in which digits are opened. */
static copse_status fill_digits(struct search *s, const struct sort_pair *order, size_t n_order,
                                copse_error *err) {
  copse_status status = COPSE_OK;
  struct open_digit *open = copse_alloc_zero(s->ctx, MOST_OPEN, sizeof *open);
  if (open == NULL) return status_memory(err, "feature bundles");
  uint32_t n_open = 0, limit = most_open(s->rows->n);
  for (size_t i = 0; i < n_order; i++) {
    uint32_t column = (uint32_t)order[i].value;
    const uint32_t *rows = s->lists + s->offsets[column];
    uint64_t n = s->offsets[column + 1] - s->offsets[column];
    uint32_t values = s->features[s->feature_of[column]].n_bins - 1, chosen = 0;
    for (; chosen < n_open; chosen++) {
      const struct open_digit *digit = &open[chosen];
      if (digit->radix + values <= BUNDLE_MOST_VALUES && digit->n_taken + n <= s->rows->n &&
          !meets(digit, rows, n))
        break;
    }
    if (chosen == n_open) {
      s->out->digit_of[column] = s->out->n_digits++;
      if (n_open == limit || 1 + values >= BUNDLE_MOST_VALUES) continue;
      uint64_t *taken = copse_alloc_zero(s->ctx, (size_t)(s->rows->n / 64 + 1), sizeof *taken);
      if (taken == NULL) {
        status = status_memory(err, "feature bundles");
        break;
      }
      open[n_open++] = (struct open_digit){s->out->digit_of[column], 1, 0, taken};
    }
    s->out->digit_of[column] = open[chosen].number;
    open[chosen].radix += values;
    take_rows(&open[chosen], rows, n);
  }
  for (uint32_t d = 0; d < n_open; d++) copse_free(open[d].taken);
  copse_free(open);
  return status;
}

/* Numbers what digit_of or carrier_of hold anew by first appearance; fresh [n] is scratch. */
static void renumber(uint32_t *numbers, uint32_t n_items, uint32_t *fresh, uint32_t n) {
  uint32_t next = 0;
  memset(fresh, 0xFF, n * sizeof *fresh);
  for (uint32_t i = 0; i < n_items; i++) {
    if (fresh[numbers[i]] == UINT32_MAX) fresh[numbers[i]] = next++;
    numbers[i] = fresh[numbers[i]];
  }
}

static copse_status find_digits(struct search *s, copse_error *err) {
  uint32_t n = s->out->n_columns;
  size_t n_order = 0;
  copse_status status = COPSE_OK;
  struct sort_pair *order = copse_alloc(s->ctx, n, sizeof *order);
  struct sort_pair *scratch = copse_alloc(s->ctx, n, sizeof *scratch);
  if (order == NULL || scratch == NULL) {
    status = status_memory(err, "feature bundles");
    goto done;
  }
  bool any = false;
  drop_alone(s);
  for (uint32_t c = 0; c < n; c++) any |= s->column_of[s->feature_of[c]] != UINT32_MAX;
  if (any) status = list_rows(s, err);
  if (status != COPSE_OK) goto done;
  for (uint32_t c = 0; c < n; c++) {
    if (s->column_of[s->feature_of[c]] == UINT32_MAX)
      s->out->digit_of[c] = s->out->n_digits++;
    else
      order[n_order++] = (struct sort_pair){UINT64_MAX - (s->offsets[c + 1] - s->offsets[c]), c};
  }
  sort_pairs(order, scratch, n_order);
  status = fill_digits(s, order, n_order, err);

done:
  copse_free(order);
  copse_free(scratch);
  return status;
}

/* ---- carriers ---- */

/* order: digits by descending radix; radix [n_digits]; values [n_digits] is scratch. */
static void fill_carriers(struct bundles *out, const struct sort_pair *order, uint32_t most_values,
                          uint32_t *values) {
  for (uint32_t i = 0; i < out->n_digits; i++) {
    uint32_t radix = (uint32_t)(UINT32_MAX - order[i].key), digit = (uint32_t)order[i].value;
    uint32_t chosen = UINT32_MAX;
    for (uint32_t k = 0; 2 * (uint64_t)radix <= most_values && k < out->n_carriers; k++)
      if ((uint64_t)values[k] * radix <= most_values && (chosen == UINT32_MAX || values[k] > values[chosen]))
        chosen = k;
    if (chosen == UINT32_MAX) {
      chosen = out->n_carriers++;
      values[chosen] = 1;
    }
    out->carrier_of[digit] = chosen;
    values[chosen] *= radix;
  }
}

static copse_status find_carriers(struct search *s, uint64_t n_rows, copse_error *err) {
  struct bundles *out = s->out;
  uint32_t n = out->n_digits;
  copse_status status = COPSE_OK;
  struct sort_pair *order = copse_alloc(s->ctx, n, sizeof *order);
  struct sort_pair *scratch = copse_alloc(s->ctx, n, sizeof *scratch);
  uint32_t *values = copse_alloc_zero(s->ctx, n, sizeof *values);
  out->carrier_of = copse_alloc(s->ctx, n, sizeof *out->carrier_of);
  if (order == NULL || scratch == NULL || values == NULL || out->carrier_of == NULL) {
    status = status_memory(err, "feature bundles");
    goto done;
  }
  for (uint32_t d = 0; d < n; d++) values[d] = 1;
  for (uint32_t c = 0; c < out->n_columns; c++)
    values[out->digit_of[c]] += s->features[s->feature_of[c]].n_bins - 1;
  for (uint32_t d = 0; d < n; d++) order[d] = (struct sort_pair){UINT32_MAX - values[d], d};
  sort_pairs(order, scratch, n);
  uint64_t limit = n_rows / ROWS_PER_VALUE;
  fill_carriers(out, order, limit < BUNDLE_MOST_VALUES ? (uint32_t)limit : BUNDLE_MOST_VALUES, values);
  renumber(out->carrier_of, n, values, n);

done:
  copse_free(order);
  copse_free(scratch);
  copse_free(values);
  return status;
}

/* ---- the whole ---- */

static copse_status begin(struct search *s, uint32_t n_features, copse_error *err) {
  struct bundles *out = s->out;
  for (uint32_t f = 0; f < n_features; f++) out->n_columns += s->features[f].used ? 1 : 0;
  s->feature_of = copse_alloc(s->ctx, out->n_columns, sizeof *s->feature_of);
  s->column_of = copse_alloc(s->ctx, n_features, sizeof *s->column_of);
  out->reference = copse_alloc(s->ctx, out->n_columns, sizeof *out->reference);
  out->digit_of = copse_alloc(s->ctx, out->n_columns, sizeof *out->digit_of);
  if (s->feature_of == NULL || s->column_of == NULL || out->reference == NULL || out->digit_of == NULL)
    return status_memory(err, "feature bundles");
  uint32_t column = 0;
  bool sparse = sparse_layout(s->table);
  for (uint32_t f = 0; f < n_features; f++) {
    const struct feature_bins *bins = &s->features[f];
    s->column_of[f] = UINT32_MAX;
    if (!bins->used) continue;
    s->feature_of[column] = f;
    out->reference[column] = sparse ? bins->default_bin : bins->common_bin;
    double away = 1 - (sparse ? bins->default_share : bins->common_share);
    if (away <= MOST_DENSE && bins->n_bins < BUNDLE_MOST_VALUES) s->column_of[f] = column;
    column++;
  }
  return COPSE_OK;
}

copse_status bundles_find(copse_context *ctx, const struct bundle_search *search, struct bundles *out,
                          copse_error *err) {
  *out = (struct bundles){0};
  struct search s = {.ctx = ctx,
                     .in = search,
                     .table = search->table,
                     .rows = search->rows,
                     .features = search->features,
                     .out = out};
  copse_status status = begin(&s, search->n_features, err);
  if (status == COPSE_OK) status = find_digits(&s, err);
  if (status == COPSE_OK) {
    renumber(out->digit_of, out->n_columns, s.feature_of, out->n_digits);
    uint32_t column = 0;
    for (uint32_t f = 0; f < search->n_features; f++)
      if (search->features[f].used) s.feature_of[column++] = f;
    status = find_carriers(&s, search->n_rows, err);
  }
  copse_free(s.feature_of);
  copse_free(s.column_of);
  copse_free(s.offsets);
  copse_free(s.lists);
  if (status != COPSE_OK) bundles_release(out);
  return status;
}

void bundles_release(struct bundles *bundles) {
  copse_free(bundles->reference);
  copse_free(bundles->digit_of);
  copse_free(bundles->carrier_of);
  *bundles = (struct bundles){0};
}
