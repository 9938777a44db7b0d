/* sample.c - the rows on which cut points are found.
 *
 * Selection sampling (Fan, Muller, Rezucha 1962; Knuth vol. 2, algorithm S): row i is taken with probability
 * (still wanted) / (still to come), which yields exactly the number asked for, ascending, every subset alike.
 * The draw of row i is a hash of (seed, i). */
#include "base/rng.h"
#include "params/params.h"

copse_status copse_sample_rows(uint64_t n_rows, const copse_params *params, uint64_t *out, uint64_t *n_out,
                               copse_error *err) {
  const struct resolved_params *resolved;
  copse_status status = params_resolved(params, &resolved, err);
  if (status != COPSE_OK) return status;
  int64_t asked = resolved->bin.sample_count;
  uint64_t wanted = asked > 0 && (uint64_t)asked < n_rows ? (uint64_t)asked : n_rows;
  *n_out = wanted;
  if (out == NULL) return COPSE_OK;
  uint64_t seed = (uint64_t)(int64_t)resolved->bin.sample_seed;
  uint64_t taken = 0;
  for (uint64_t row = 0; row < n_rows && taken < wanted; row++)
    if (rng_below(rng_bits(seed, RNG_SAMPLE_ROWS, row), n_rows - row) < wanted - taken) out[taken++] = row;
  return COPSE_OK;
}
