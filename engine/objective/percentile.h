/* percentile.h - the value below which a given share of numbers lies, by selection: linear time, no memory.
 */
#ifndef COPSE_OBJECTIVE_PERCENTILE_H
#define COPSE_OBJECTIVE_PERCENTILE_H

#include <stdbool.h>
#include <stdint.h>

/* Linear interpolation between order statistics: level 0 is the least of the n values, 1 the greatest. n = 0
 * gives 0. Reorders values. */
double percentile(double *values, uint64_t n, double level);

/* values[i] is that of row rows[i] and has the weight weight[rows[i]]. Ascending, with C_i the weight up to
 * and with value i, interpolates between the values around C_{i-1} <= level * sum < C_i; at or below the
 * first weight it is the least value. `extrapolate`: LightGBM's formula, which takes the weights one place
 * further and may leave the data around. Reorders values and rows together. */
double percentile_weighted(double *values, uint32_t *rows, const float *weight, uint64_t n, double level,
                           bool extrapolate);

#endif
