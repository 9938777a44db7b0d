/* radix_sort.h - ascending order of doubles in linear time. */
#ifndef COPSE_DATA_RADIX_SORT_H
#define COPSE_DATA_RADIX_SORT_H

#include <stddef.h>

/* Sorts n < 2^32 doubles without NaN; scratch has room for n. -0.0 sorts before +0.0. */
void radix_sort_doubles(double *values, double *scratch, size_t n);

#endif
