/* names.h - feature names of a schema. */
#ifndef COPSE_DATA_NAMES_H
#define COPSE_DATA_NAMES_H

#include "copse.h"

/* Copies n names, or makes Column_0 ... where names is NULL. Spaces become '_'; empty names, duplicates and
 * characters that the model file cannot carry are refused. *all_default: every name is Column_<index>. The
 * result is one block: copse_free releases pointers and texts. */
COPSE_MUST_CHECK copse_status names_copy(copse_context *ctx, const char *const *names, uint32_t n,
                                         char ***out, bool *all_default, copse_error *err);

#endif
