/* percentile.c - order statistics by quickselect (Hoare 1961). Pivots are drawn by a hash of the range, so
 * that no order of the data is slow, and every run draws the same. Values of equal size are ordered by row,
 * which makes the order total and the result independent of how the selection went. */
#include "objective/percentile.h"

#include <math.h>

#include "base/rng.h"

static uint64_t pivot_of(uint64_t begin, uint64_t end) {
  return begin + rng_below(rng_bits(begin, RNG_PIVOT, end), end - begin);
}

/* ---- without weights ---- */

static void swap_values(double *values, uint64_t i, uint64_t j) {
  double value = values[i];
  values[i] = values[j];
  values[j] = value;
}

/* Moves the value of rank `rank` to its place: none before it is greater, none after it less. */
static void select_rank(double *values, uint64_t n, uint64_t rank) {
  uint64_t begin = 0, end = n;
  while (end - begin > 1) {
    double pivot = values[pivot_of(begin, end)];
    uint64_t less = begin, at = begin, more = end; /* Dijkstra's three parts: equal values end at once */
    while (at < more) {
      if (values[at] < pivot)
        swap_values(values, at++, less++);
      else if (values[at] > pivot)
        swap_values(values, at, --more);
      else
        at++;
    }
    if (rank < less)
      end = less;
    else if (rank >= more)
      begin = more;
    else
      return;
  }
}

double percentile(double *values, uint64_t n, double level) {
  if (n <= 1) return n == 1 ? values[0] : 0.0;
  double from_top = (double)(n - 1) * (1.0 - level);
  if (from_top < 0) from_top = 0;
  uint64_t whole = (uint64_t)from_top; /* places below the greatest */
  if (whole >= n - 1) whole = n - 1;
  uint64_t rank = n - 1 - whole;
  select_rank(values, n, rank);
  double upper = values[rank];
  if (rank == 0) return upper;
  double lower = values[0];
  for (uint64_t i = 1; i < rank; i++) lower = values[i] > lower ? values[i] : lower;
  return upper - (upper - lower) * (from_top - (double)whole);
}

/* ---- with weights ---- */

struct weighted {
  double *values;
  uint32_t *rows;
  const float *weight;
};

static double weight_at(const struct weighted *in, uint64_t i) { return (double)in->weight[in->rows[i]]; }

static bool before(const struct weighted *in, uint64_t i, uint64_t j) {
  if (in->values[i] != in->values[j]) return in->values[i] < in->values[j];
  return in->rows[i] < in->rows[j];
}

static void swap_rows(const struct weighted *in, uint64_t i, uint64_t j) {
  uint32_t row = in->rows[i];
  in->rows[i] = in->rows[j];
  in->rows[j] = row;
  swap_values(in->values, i, j);
}

/* Puts a pivot of [begin, end) into its place and gives that place; *weight gets what lies before it. */
static uint64_t divide(const struct weighted *in, uint64_t begin, uint64_t end, double *weight) {
  uint64_t last = end - 1, place = begin;
  swap_rows(in, pivot_of(begin, end), last);
  *weight = 0;
  for (uint64_t i = begin; i < last; i++) {
    if (!before(in, i, last)) continue;
    *weight += weight_at(in, i);
    swap_rows(in, i, place++);
  }
  swap_rows(in, place, last);
  return place;
}

/* Place of the first value whose weight, with all before it, is above `target`, or of the last one; that
 * value is in its place then. *below gets the weight before it. */
static uint64_t select_weight(const struct weighted *in, uint64_t n, double target, double *below) {
  uint64_t begin = 0, end = n;
  *below = 0;
  while (end - begin > 1) {
    double left, here;
    uint64_t place = divide(in, begin, end, &left);
    here = weight_at(in, place);
    if (*below + left > target && place > begin) {
      end = place;
    } else if (*below + left + here > target || place == n - 1) {
      *below += left;
      return place;
    } else {
      *below += left + here;
      begin = place + 1;
    }
  }
  return begin;
}

static uint64_t greatest(const struct weighted *in, uint64_t begin, uint64_t end) {
  uint64_t best = begin;
  for (uint64_t i = begin + 1; i < end; i++)
    if (before(in, best, i)) best = i;
  return best;
}

static uint64_t least(const struct weighted *in, uint64_t begin, uint64_t end) {
  uint64_t best = begin;
  for (uint64_t i = begin + 1; i < end; i++)
    if (before(in, i, best)) best = i;
  return best;
}

double percentile_weighted(double *values, uint32_t *rows, const float *weight, uint64_t n, double level,
                           enum percentile_rule rule) {
  if (n <= 1) return n == 1 ? values[0] : 0.0;
  struct weighted in = {values, rows, weight};
  double total = 0, below;
  for (uint64_t i = 0; i < n; i++) total += weight_at(&in, i);
  double target = level * total;
  uint64_t place = select_weight(&in, n, target, &below);
  double upper = values[place], here = weight_at(&in, place);
  if (place == 0) return upper;
  double lower = values[greatest(&in, 0, place)];
  if (rule == PERCENTILE_BETWEEN)
    return here > 0 && target < below + here ? lower + (target - below) / here * (upper - lower) : upper;
  if (place == n - 1) return upper;
  if (rule == PERCENTILE_LIGHTGBM47)
    return here >= 1 ? lower + (target - below) / here * (upper - lower) : lower;
  double next = weight_at(&in, least(&in, place + 1, n));
  return next >= 1 ? lower + (target - (below + here)) / next * (upper - lower) : upper;
}
