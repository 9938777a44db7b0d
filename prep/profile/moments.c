/* moments.c - see moments.h. */
#include "profile/moments.h"

#include <math.h>

void moments_flush(struct moments *m) {
  uint32_t count = m->n_pending;
  if (count == 0) return;
  double n = count, sum = 0, rest = 0, m2 = 0, m3 = 0, m4 = 0;
  for (uint32_t i = 0; i < count; i++) sum += m->pending[i];
  double mean = sum / n;
  for (uint32_t i = 0; i < count; i++) rest += m->pending[i] - mean;
  rest /= n; /* the mean's own rounding error */
  for (uint32_t i = 0; i < count; i++) {
    double d = (m->pending[i] - mean) - rest, dd = d * d;
    m2 += dd;
    m3 += dd * d;
    m4 += dd * dd;
  }
  double a = (double)m->n, all = a + n, d = (mean - m->mean) + (rest - m->mean_rest), dn = d / all,
         an = a * n;
  m->m4 += m4 + d * dn * dn * dn * an * (a * a - an + n * n) + 6 * dn * dn * (a * a * m2 + n * n * m->m2) +
           4 * dn * (a * m3 - n * m->m3);
  m->m3 += m3 + d * dn * dn * an * (a - n) + 3 * dn * (a * m2 - n * m->m2);
  m->m2 += m2 + d * dn * an;
  double before = m->mean, step = m->mean_rest + dn * n;
  m->mean = m->n == 0 ? mean : before + step;
  m->mean_rest = m->n == 0 ? rest : step - (m->mean - before);
  if (!isfinite(m->mean_rest)) m->mean_rest = 0;
  m->n += count;
  m->n_pending = 0;
}

double moments_std(const struct moments *m) {
  return m->n > 1 ? sqrt(m->m2 / (double)(m->n - 1)) : (double)NAN;
}

double moments_skew(const struct moments *m) {
  double n = (double)m->n;
  if (m->n < 3 || m->m2 <= 0) return (double)NAN;
  double g1 = (m->m3 / n) / pow(m->m2 / n, 1.5);
  return sqrt(n * (n - 1)) / (n - 2) * g1;
}

double moments_kurtosis(const struct moments *m) {
  double n = (double)m->n, v = m->m2 / n;
  if (m->n < 4 || m->m2 <= 0) return (double)NAN;
  return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * ((m->m4 / n) / (v * v) - 3) + 6);
}
