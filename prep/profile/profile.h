/* profile.h - a whole profile: what the outputs read. */
#ifndef COPSE_PROFILE_PROFILE_H
#define COPSE_PROFILE_PROFILE_H

#include "copse_prep.h"
#include "findings/alert_list.h"
#include "findings/drift.h"
#include "findings/since.h"
#include "profile/facts.h"
#include "profile/gaps.h"
#include "profile/origin.h"
#include "profile/pairs.h"
#include "profile/samples.h"

struct copse_profile {
  copse_context *ctx;
  copse_profile_options options; /* texts copied into `names` */
  copse_text names;              /* of columns, path, command; NUL-terminated each */
  const char *path, *against;    /* of several files: all names */
  size_t n_files;
  struct origin origin;
  struct run_facts run;
  bool named;               /* the file has a header */
  bool numbers_skip_target; /* the numbers in made-up names do not count the target's column */
  int numbers_from;         /* 1: of a LibSVM file whose indices begin with 1; else 0 */
  uint64_t n_rows, n_cells_missing;
  uint64_t n_complete; /* rows without a missing cell */
  bool complete_exact;
  uint32_t n_columns;
  struct column_facts *columns; /* [n_columns] */
  struct target_facts target;
  struct rows_result rows;     /* equal rows */
  struct rows_result features; /* rows with equal features; with a target */
  struct scan_limits limits;
  size_t n_sample;
  bool sample_is_all;
  struct pairs pairs;
  struct gaps gaps;
  struct drift drift;
  struct since since;
  struct sample_rows samples;
  struct alert_list alerts; /* by level, effect, column */
};

/* Takes out of the facts what `values` does not let out. */
void privacy_apply(copse_profile *profile);
/* Finds, groups and orders the alerts. False: out of memory. */
bool alerts_find(copse_profile *profile);

#endif
