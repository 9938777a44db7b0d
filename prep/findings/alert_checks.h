/* alert_checks.h - the functions of the table of checks of columns (alert_checks.c). */
#ifndef COPSE_FINDINGS_ALERT_CHECKS_H
#define COPSE_FINDINGS_ALERT_CHECKS_H

#include "findings/alert.h"

/* Whether the column has it; then level, sentence (with numbers) and remedy are written. */
typedef bool column_check_fn(const copse_profile *p, const struct column_facts *c, struct finding *out);

/* alert_leaks.c */
column_check_fn check_leak_exact;
column_check_fn check_leak_auc;
column_check_fn check_leak_missing;
column_check_fn check_leak_part;
column_check_fn check_leak_id;

/* alert_cells.c */
column_check_fn check_mismatch;
column_check_fn check_missing;
column_check_fn check_null_like;
column_check_fn check_id;
column_check_fn check_cardinality;
column_check_fn check_numbers_as_text;
column_check_fn check_code;
column_check_fn check_near_constant;
column_check_fn check_variants;
column_check_fn check_blanks;
column_check_fn check_bad_bytes;

/* alert_numbers.c */
column_check_fn check_infinite;
column_check_fn check_sentinel;
column_check_fn check_date_sentinel;
column_check_fn check_future;
column_check_fn check_ambiguous;
column_check_fn check_zones;
column_check_fn check_heavy_tail;
column_check_fn check_zeros;

#endif
