/* forced_splits.c - splits of the caller's own, carried by the parameters to the growth of trees. */
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "params/internal.h"

copse_status forced_splits_set(copse_params *params, const copse_forced_split *splits, size_t n,
                               copse_error *err) {
  copse_forced_split *copy = NULL;
  if (n > 0) {
    copy = copse_alloc(params->ctx, n, sizeof *copy);
    if (copy == NULL) return status_memory(err, "forced splits");
    memcpy(copy, splits, n * sizeof *copy);
  }
  copse_free(params->forced_splits);
  params->forced_splits = copy;
  params->n_forced_splits = n;
  return COPSE_OK;
}

/* Whether the sides make a tree: every split but the first hangs under one earlier split. */
static copse_status check_sides(copse_params *params, const copse_forced_split *splits, size_t n,
                                copse_error *err) {
  bool *placed = copse_alloc_zero(params->ctx, n, sizeof *placed);
  if (placed == NULL) return status_memory(err, "forced splits");
  copse_status status = COPSE_OK;
  for (size_t i = 0; i < n && status == COPSE_OK; i++)
    for (int side = 0; side < 2 && status == COPSE_OK; side++) {
      int child = side == 0 ? splits[i].left : splits[i].right;
      if (child == -1) continue;
      if (child < 0 || (size_t)child >= n || (size_t)child <= i || placed[child])
        status = status_set(err, COPSE_ERR_ARGUMENT,
                            "forced split %zu: its %s side is split %d, expected -1 or a larger number below "
                            "%zu that no other side has",
                            i, side == 0 ? "left" : "right", child, n);
      else
        placed[child] = true;
    }
  for (size_t i = 1; i < n && status == COPSE_OK; i++)
    if (!placed[i])
      status = status_set(err, COPSE_ERR_ARGUMENT,
                          "forced split %zu: expected it to be the side of another split, found none", i);
  copse_free(placed);
  return status;
}

copse_status copse_params_set_forced_splits(copse_params *params, const copse_forced_split *splits, size_t n,
                                            copse_error *err) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(splits[i].threshold))
      return status_set(err, COPSE_ERR_ARGUMENT,
                        "forced split %zu: its threshold is %g, expected a finite number", i,
                        splits[i].threshold);
  copse_status status = check_sides(params, splits, n, err);
  if (status == COPSE_OK) status = forced_splits_set(params, splits, n, err);
  if (status == COPSE_OK) atomic_store(&params->state, RESOLVE_STALE);
  return status;
}
