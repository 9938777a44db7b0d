/* forced.c - cut points of the caller's own, carried by the parameters to the search for bins. */
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "params/internal.h"

void forced_release(struct forced_list *list) {
  for (size_t i = 0; i < list->n; i++) copse_free(list->items[i].bounds);
  copse_free(list->items);
  *list = (struct forced_list){NULL, 0};
}

/* Place of a feature in the list, which ascends; *found tells whether it is there. */
static size_t find_feature(const struct forced_list *list, uint32_t feature, bool *found) {
  size_t i = 0;
  while (i < list->n && list->items[i].feature < feature) i++;
  *found = i < list->n && list->items[i].feature == feature;
  return i;
}

static copse_status put(copse_context *ctx, struct forced_list *list, uint32_t feature, const double *bounds,
                        size_t n, copse_error *err) {
  bool found;
  size_t at = find_feature(list, feature, &found);
  double *copy = copse_alloc(ctx, n, sizeof *copy);
  struct forced_bins *items = copse_resize(ctx, list->items, list->n + 1, sizeof *items);
  if (items != NULL) list->items = items;
  if (copy == NULL || items == NULL) {
    copse_free(copy);
    return status_memory(err, "forced bins");
  }
  memcpy(copy, bounds, n * sizeof *copy);
  if (found) {
    copse_free(items[at].bounds);
  } else {
    memmove(items + at + 1, items + at, (list->n - at) * sizeof *items);
    list->n++;
  }
  items[at] = (struct forced_bins){feature, copy, n};
  return COPSE_OK;
}

static void take_out(struct forced_list *list, uint32_t feature) {
  bool found;
  size_t at = find_feature(list, feature, &found);
  if (!found) return;
  copse_free(list->items[at].bounds);
  list->n--;
  memmove(list->items + at, list->items + at + 1, (list->n - at) * sizeof *list->items);
}

copse_status forced_copy(copse_context *ctx, const struct forced_list *from, struct forced_list *to,
                         copse_error *err) {
  copse_status status = COPSE_OK;
  *to = (struct forced_list){NULL, 0};
  for (size_t i = 0; i < from->n && status == COPSE_OK; i++)
    status = put(ctx, to, from->items[i].feature, from->items[i].bounds, from->items[i].n, err);
  return status;
}

copse_status copse_params_set_forced_bins(copse_params *params, uint32_t feature, const double *bounds,
                                          size_t n, copse_error *err) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(bounds[i]))
      return status_set(err, COPSE_ERR_ARGUMENT,
                        "feature %u: forced bound %zu is %g, expected a finite number", feature, i,
                        bounds[i]);
  copse_status status = COPSE_OK;
  if (n == 0)
    take_out(&params->forced, feature);
  else
    status = put(params->ctx, &params->forced, feature, bounds, n, err);
  atomic_store(&params->state, RESOLVE_STALE);
  return status;
}
