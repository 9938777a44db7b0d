/* forced_bins.c - from the entries of a list to cut points of features. */
#include "forced_bins.h"

#include <inttypes.h>
#include <string.h>

#include "console.h"
#include "json_file.h"
#include "settings.h"

struct forced_feature {
  char *name;     /* owned, or NULL: column counts */
  int64_t column; /* the label column is not counted */
  double *bounds; /* [n] */
  size_t n;
};

static copse_status bad_entry(const char *path, size_t index, const char *what, copse_error *err) {
  return fail(err, COPSE_ERR_FORMAT,
              "%s: entry %zu: %s (expected {\"feature\": index or name, \"bin_upper_bound\": [numbers]})",
              path, index + 1, what);
}

static copse_status take_feature(const struct app *app, const char *path, size_t index, const json_t *entry,
                                 struct forced_feature *out, copse_error *err) {
  const json_t *feature = json_object_get(entry, "feature");
  const json_t *bounds = json_object_get(entry, "bin_upper_bound");
  if (json_is_string(feature)) {
    size_t length = json_string_length(feature);
    out->name = copse_alloc(app->ctx, length + 1, 1);
    if (!out->name) return fail_memory(err, "the forced bins");
    memcpy(out->name, json_string_value(feature), length + 1);
  } else if (json_is_integer(feature) && json_integer_value(feature) >= 0) {
    out->column = json_integer_value(feature);
  } else {
    return bad_entry(path, index, "no feature", err);
  }
  if (!json_is_array(bounds)) return bad_entry(path, index, "no array of bounds", err);
  size_t n = json_array_size(bounds);
  out->bounds = copse_alloc(app->ctx, n, sizeof *out->bounds);
  if (!out->bounds) return fail_memory(err, "the forced bins");
  for (; out->n < n; out->n++) {
    const json_t *bound = json_array_get(bounds, out->n);
    if (!json_is_number(bound)) return bad_entry(path, index, "a bound that is no number", err);
    out->bounds[out->n] = json_number_value(bound);
  }
  return COPSE_OK;
}

static copse_status take_all(const struct app *app, const char *path, const json_t *root,
                             struct forced_bins *out, copse_error *err) {
  if (!json_is_array(root)) {
    return fail(err, COPSE_ERR_FORMAT, "%s: expected a list, [{\"feature\": 0, \"bin_upper_bound\": [0.5]}]",
                path);
  }
  size_t n = json_array_size(root);
  out->features = copse_alloc_zero(app->ctx, n, sizeof *out->features);
  if (!out->features) return fail_memory(err, "the forced bins");
  copse_status status = COPSE_OK;
  for (size_t i = 0; i < n && status == COPSE_OK; i++) {
    out->n++;
    status = take_feature(app, path, i, json_array_get(root, i), &out->features[i], err);
  }
  return status;
}

copse_status forced_bins_read(const struct app *app, struct forced_bins *out, copse_error *err) {
  json_t *root;
  *out = (struct forced_bins){NULL, 0};
  const char *path = setting(app, "forcedbins_filename");
  if (!*path) return COPSE_OK;
  copse_status status = json_file_read(app, path, &root, err);
  if (status != COPSE_OK) return status;
  status = take_all(app, path, root, out, err);
  json_decref(root);
  return status;
}

copse_status forced_bins_apply(const struct app *app, const struct forced_bins *forced,
                               const copse_frame *frame, copse_error *err) {
  const char *path = setting(app, "forcedbins_filename");
  copse_status status = COPSE_OK;
  for (size_t i = 0; i < forced->n && status == COPSE_OK; i++) {
    const struct forced_feature *f = &forced->features[i];
    int64_t feature = f->name ? copse_frame_schema_find(frame->schema, f->name)
                              : copse_frame_schema_find_column(frame->schema, (uint64_t)f->column);
    if (feature < 0 && f->name) {
      return fail(err, COPSE_ERR_DATA, "%s: entry %zu: no feature is called \"%.100s\"", path, i + 1,
                  f->name);
    }
    if (feature < 0) {
      return fail(err, COPSE_ERR_DATA,
                  "%s: entry %zu: column %" PRId64
                  " is no feature (indices from 0, the label column is not "
                  "counted)",
                  path, i + 1, f->column);
    }
    if (frame->categorical[feature]) {
      console_warning("%s: entry %zu: \"%s\" is categorical and has no cut points", path, i + 1,
                      frame->names[feature]);
      continue;
    }
    status = copse_params_set_forced_bins(app->params, (uint32_t)feature, f->bounds, f->n, err);
  }
  return status;
}

void forced_bins_free(struct forced_bins *forced) {
  for (size_t i = 0; i < forced->n; i++) {
    copse_free(forced->features[i].name);
    copse_free(forced->features[i].bounds);
  }
  copse_free(forced->features);
}
