/* percentile.h - the value below which a given share of numbers lies, by selection: linear time, no memory.
 */
#ifndef COPSE_OBJECTIVE_PERCENTILE_H
#define COPSE_OBJECTIVE_PERCENTILE_H

#include <stdint.h>

#include "params/params.h"

/* Linear interpolation between order statistics: level 0 is the least of the n values, 1 the greatest. n = 0
 * gives 0. Reorders values. */
double percentile(double *values, uint64_t n, double level);

/* values[i] is that of row rows[i] and has the weight weight[rows[i]]. Ascending, with C_i the weight up to
 * and with value i, and t = level * sum, takes the place i where C_{i-1} <= t < C_i; where that is the first
 * it is the least value. Else
 * - PERCENTILE_BETWEEN interpolates between the values i - 1 and i;
 * - PERCENTILE_LIGHTGBM46 does so with the weights one place further, and may leave the data around; it takes
 *   value i where the weight of that place is below 1;
 * - PERCENTILE_LIGHTGBM47 interpolates, but takes value i - 1 where the weight of place i is below 1.
 * LightGBM's two take the greatest value where place i is the last. Reorders values and rows together. */
double percentile_weighted(double *values, uint32_t *rows, const float *weight, uint64_t n, double level,
                           enum percentile_rule rule);

#endif
