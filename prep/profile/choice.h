/* choice.h - which columns of a file are looked at, and as what: ignore_column= and type=. */
#ifndef COPSE_PROFILE_CHOICE_H
#define COPSE_PROFILE_CHOICE_H

#include "profile/facts.h"

struct row_source;

/* What the caller said; texts may be NULL. */
struct choice_options {
  const char *target, *ignored, *types;
  bool may_lack; /* another file's columns: what it has not is passed over */
};

struct choice {
  uint32_t n;        /* columns that are looked at */
  uint32_t *sources; /* [n] their numbers in the file */
  uint8_t *forced;   /* [n] enum column_type, or COLUMN_INFER */
};
/* Owned by the caller, copse_free of both, also after a failure. */
copse_status choose_columns(copse_context *ctx, const struct row_source *source,
                            const struct choice_options *options, struct choice *out, copse_error *err);

#endif
