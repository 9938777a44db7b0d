/* bins_buckets.c - see bins_buckets.h. A rule does not decide what is found, only how much must be sorted for
 * it: so some of the values are enough to make one. They also put the buckets where most values are; what
 * lies beyond them shares the outermost ones. */
#include "data/bins_buckets.h"

#include <float.h>
#include <math.h>

#include "base/status.h"
#include "data/bins.h"
#include "data/bins_distinct.h"

enum {
  PILOT = 4096,
  LEAST_SEEN = 256,
  LEAST_APART = 64,
  TIED_SHARE = 8,
  LEAST_BITS = 4,
  MOST_BITS = 15,
  ROWS_PER_BUCKET = 2
};

static double of_key(uint64_t key, bool negative) {
  uint64_t bits = negative ? 0 - key : key;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Buckets of one sign behind `first`; returns their number. */
static uint64_t cut_sign(struct bucket_rule *rule, bool negative, double least, double most, uint64_t first) {
  uint64_t from = bucket_key(least) >> rule->shift, until = bucket_key(most) >> rule->shift;
  rule->base[negative] = first - from;
  rule->least[negative] = of_key(from << rule->shift, negative);
  rule->most[negative] = of_key(until << rule->shift, negative);
  if (!(rule->least[negative] >= -DBL_MAX)) rule->least[negative] = -DBL_MAX; /* rounded beyond all numbers */
  if (!(rule->most[negative] >= -DBL_MAX)) rule->most[negative] = -DBL_MAX;
  return until - from + 1;
}

/* About the middle of the numbers' magnitudes, as a power of two: from there on keys grow with the logarithm,
 * below nearly with the number itself, and buckets hold more or less alike many. */
static double middle_magnitude(const double *values, uint64_t n) {
  enum { EXPONENTS = 2048, MANTISSA_BITS = 52 };
  uint16_t counts[EXPONENTS] = {0};
  uint64_t n_numbers = 0, passed = 0, exponent = 0;
  for (uint64_t i = 0; i < n; i++) {
    if (!(fabs(values[i]) > BINS_ZERO)) continue;
    counts[(bits_of_double(values[i]) & INT64_MAX) >> MANTISSA_BITS]++;
    n_numbers++;
  }
  if (n_numbers == 0) return 0;
  for (; exponent + 1 < EXPONENTS && passed + counts[exponent] <= n_numbers / 2; exponent++)
    passed += counts[exponent];
  return of_key(exponent << MANTISSA_BITS, false);
}

static bool make_rule(const struct number_range *range, double offset, uint64_t n, struct bucket_rule *rule) {
  uint64_t most = (uint64_t)1 << LEAST_BITS, negative, positive;
  if (range->n == 0) return false;
  if (range->least_negative <= -BUCKETS_HUGE || range->most_positive >= BUCKETS_HUGE) return false;
  const bool below = range->least_negative<0, above = range->most_positive> 0; /* each has a bucket */
  while (most < (uint64_t)1 << MOST_BITS && most * 2 * ROWS_PER_BUCKET <= n) most *= 2;
  *rule = (struct bucket_rule){.zero = BINS_ZERO, .offset = offset};
  do {
    rule->shift++;
    negative = cut_sign(rule, true, (below ? range->least_negative : 0) - offset,
                        (below ? range->most_negative : 0) - offset, 0);
    positive = cut_sign(rule, false, (above ? range->least_positive : 0) + offset,
                        (above ? range->most_positive : 0) + offset, negative);
  } while (negative + positive > most);
  rule->first_positive = (uint32_t)negative;
  rule->n_buckets = (uint32_t)(negative + positive);
  return true;
}

bool buckets_plan(const struct bins_values *values, struct bins_buckets *out) {
  struct bucket_rule *rule = &out->rule;
  double pilot[PILOT], seen[PILOT] = {0}; /* no number is 0 */
  uint16_t buckets[PILOT];
  const struct kernels *kernels = kernels_best();
  const uint64_t step = (values->n + PILOT - 1) / PILOT;
  uint64_t n = 0, n_again = 0;
  struct number_range range = NUMBER_RANGE_EMPTY;
  for (uint64_t i = 0; i < values->n; i += step) pilot[n++] = values->at[i * values->stride];
  kernels->add_range(pilot, n, BINS_ZERO, &range);
  const uint64_t n_numbers = range.n;
  if (step > 1 && values->stride != 1 && n_numbers < LEAST_APART) return false;
  if (step > 1 && values->stride == 1 && n_numbers < LEAST_SEEN) {
    range = NUMBER_RANGE_EMPTY;
    kernels->add_range(values->at, values->n, BINS_ZERO, &range);
  }
  if (!make_rule(&range, middle_magnitude(pilot, n), values->n, rule)) return false;
  const unsigned facts = kernels->find_buckets(pilot, n, rule, buckets);
  for (uint64_t i = 0; i < n; i++) {
    if (buckets[i] >= rule->n_buckets) continue;
    double *place = &seen[(bits_of_double(pilot[i]) * 0x9E3779B97F4A7C15u) >> 52];
    n_again += *place == pilot[i];
    *place = pilot[i];
  }
  const bool again = n_again > 0 && n_again * TIED_SHARE >= n_numbers;
  out->tied = again && (facts & BUCKETS_SHARED) != 0;
  out->crowded = again || (n - n_numbers) * TIED_SHARE >= n;
  return true;
}

copse_status buckets_find(copse_context *ctx, struct bins_room *room, const struct bins_values *values,
                          struct bins_buckets *out, copse_error *err) {
  *out = (struct bins_buckets){.facts = 0};
  if (!buckets_plan(values, out)) return COPSE_OK;
  out->of_values = bins_room_take(ctx, room, BINS_ROOM_BUCKETS, values->n, sizeof *out->of_values);
  if (out->of_values == NULL) return status_memory(err, "the buckets of a column");
  out->facts = kernels_best()->find_buckets(values->at, values->n, &out->rule, out->of_values);
  return COPSE_OK;
}

/* What numbers become before they are the first of a bucket. */
static double moved_first(const struct bucket_rule *rule, uint32_t bucket) {
  const bool negative = bucket < rule->first_positive;
  return of_key((bucket - rule->base[negative]) << rule->shift, negative);
}

double bucket_first(const struct bucket_rule *rule, uint32_t bucket) {
  return moved_first(rule, bucket) - (bucket < rule->first_positive ? -rule->offset : rule->offset);
}

/* Moving rounds, by half a unit in the last place of the larger number, and so does moving back. */
double bucket_floor(const struct bucket_rule *rule, uint32_t bucket) {
  if (bucket == 0) return -HUGE_VAL;
  if (bucket == rule->first_positive) return next_up(rule->zero);
  const double magnitude = fabs(moved_first(rule, bucket));
  return bucket_first(rule, bucket) - (next_up(magnitude) - magnitude);
}

double bucket_ceiling(const struct bucket_rule *rule, uint32_t bucket) {
  return next_up(bucket_first(rule, bucket + 1));
}
