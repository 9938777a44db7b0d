/* number.h - the parts of number parsing, cheapest first. Only number*.c includes this. */
#ifndef COPSE_BASE_NUMBER_H
#define COPSE_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Significant digits that can decide a rounding: the longest midpoint between two doubles has 767; one more
 * digit, non-zero when anything was cut off, stands for the rest. */
enum { NUMBER_MAX_DIGITS = 769 };

/* A decimal number digits * 10^exponent; digits [n_digits] are values 0..9, most significant first and not 0.
 */
struct number_decimal {
  unsigned char digits[NUMBER_MAX_DIGITS];
  int n_digits;
  int exponent;
};

/* The double nearest to significand * 10^exponent by one or two 64x64 multiplications (Lemire, "Number
 * parsing at a gigabyte per second", 2021); false when the product's 128 bits cannot decide. significand !=
 * 0. */
bool number_eisel_lemire(uint64_t significand, int64_t exponent, double *out);

/* The same for any number of digits, exactly, with integers of up to 5120 bits. exponent in [-1200, 400]. */
double number_exact(const struct number_decimal *decimal);

/* 10^q as {high, low} * 2^(*binary), the top bit set: off by less than one unit of the low word's last bit.
 * False: no such power in the table. */
bool number_power_of_ten(int q, uint64_t power[2], int *binary);

#endif
