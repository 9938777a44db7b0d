/* stability.h - what chance explains, beside copse_stability_of. */
#ifndef COPSE_FINDINGS_STABILITY_H
#define COPSE_FINDINGS_STABILITY_H

#include <stdbool.h>

/* Whether a share of k in n rows and one of `m` in `l` differ more than chance lets any of n_compared
 * columns. */
bool stability_shares_differ(double k, double n, double m, double l, double n_compared);

#endif
