/* leaf_model.c - memory of the linear models of one tree's leaves: the struct and its arrays are one block,
 * in which arrays stand by falling alignment. */
#include "model/leaf_model.h"

#include <string.h>

#include "base/status.h"

copse_status leaf_models_create(copse_context *ctx, int n_leaves, size_t n_terms, struct leaf_models **out,
                                copse_error *err) {
  _Static_assert(sizeof **out % sizeof(double) == 0, "the arrays behind the struct are aligned");
  *out = NULL;
  size_t n = (size_t)n_leaves;
  size_t fixed = sizeof **out + 2 * n * sizeof *(*out)->constant + (n + 1) * sizeof *(*out)->begin;
  size_t per_term = sizeof *(*out)->coefficient + sizeof *(*out)->feature;
  struct leaf_models *models =
      n_terms > (SIZE_MAX - fixed) / per_term ? NULL : copse_alloc_zero(ctx, fixed + n_terms * per_term, 1);
  if (models == NULL) return status_memory(err, "the linear models of a tree's leaves");
  models->n_leaves = n_leaves;
  models->constant = (double *)(models + 1);
  models->number = models->constant + n;
  models->coefficient = models->number + n;
  models->begin = (size_t *)(models->coefficient + n_terms);
  models->feature = (int32_t *)(models->begin + n + 1);
  for (int i = 0; i < n_leaves; i++) models->number[i] = i;
  *out = models;
  return COPSE_OK;
}

copse_status leaf_models_copy(copse_context *ctx, const struct leaf_models *models, struct leaf_models **out,
                              copse_error *err) {
  size_t n = (size_t)models->n_leaves, n_terms = models->begin[n];
  copse_status status = leaf_models_create(ctx, models->n_leaves, n_terms, out, err);
  if (status != COPSE_OK) return status;
  memcpy((*out)->constant, models->constant, n * sizeof *models->constant);
  memcpy((*out)->begin, models->begin, (n + 1) * sizeof *models->begin);
  memcpy((*out)->coefficient, models->coefficient, n_terms * sizeof *models->coefficient);
  memcpy((*out)->feature, models->feature, n_terms * sizeof *models->feature);
  return COPSE_OK;
}
