/* distinct.c - see distinct.h. */
#include "profile/distinct.h"

#include <math.h>

/* Both are Ertl's series; they converge in some dozen steps. */
static double sigma(double x) {
  double y = 1, z = x, last;
  if (x >= 1) return (double)INFINITY;
  do {
    x *= x;
    last = z;
    z += x * y;
    y += y;
  } while (z != last);
  return z;
}

static double tau(double x) {
  double y = 1, z = 1 - x, last;
  if (x <= 0 || x >= 1) return 0;
  do {
    x = sqrt(x);
    last = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != last);
  return z / 3;
}

double distinct_estimate(const uint8_t *registers) {
  enum { Q = 64 - DISTINCT_BITS };
  const double m = DISTINCT_REGISTERS;
  uint32_t counts[Q + 2] = {0};
  for (int i = 0; i < DISTINCT_REGISTERS; i++) counts[registers[i]]++;
  double z = m * tau(1 - counts[Q + 1] / m);
  for (int k = Q; k >= 1; k--) z = 0.5 * (z + counts[k]);
  z += m * sigma(counts[0] / m);
  return m * m / (2 * log(2.0) * z);
}
