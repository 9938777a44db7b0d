/* pandas_categories.c - reads the last line of a model that LightGBM's Python package wrote:
 *   pandas_categorical:[["blue", "red"], [10, 20]]
 * a list for each categorical column of the frame, in the columns' order. */
#include "pandas_categories.h"

#include <stdio.h>
#include <string.h>

#include "console.h"
#include "json_file.h"

enum { CATEGORIES_SHOWN = 3, CATEGORY_BYTES = 64 };

static json_t *find_lists(const char *text) {
  static const char key[] = "\npandas_categorical:";
  const char *last = NULL;
  for (const char *at = text; (at = strstr(at, key)) != NULL; at++) last = at;
  return last ? json_text_read(last + sizeof key - 1) : NULL;
}

/* [0, 1, 2 ...] */
static bool is_its_place(const json_t *list) {
  size_t i;
  json_t *category;
  json_array_foreach(list, i, category) {
    if (!json_is_integer(category) || json_integer_value(category) != (json_int_t)i) return false;
  }
  return true;
}

/* The i-th feature that the model knows categories of, or -1. */
static int64_t find_categorical(const copse_model *model, size_t i) {
  for (uint32_t f = 0; f < copse_model_n_inputs(model); f++)
    if (copse_model_categories(model, f, NULL) > 0 && i-- == 0) return f;
  return -1;
}

static void warn_list(const char *path, const json_t *list, size_t n_more, int64_t feature,
                      const copse_model *model) {
  char shown[CATEGORIES_SHOWN * (CATEGORY_BYTES + 16) + 16] = "", category[CATEGORY_BYTES + 1];
  size_t used = 0, n = json_array_size(list);
  for (size_t i = 0; i < n && i < CATEGORIES_SHOWN; i++) {
    size_t length = json_dumpb(json_array_get(list, i), category, CATEGORY_BYTES, JSON_ENCODE_ANY);
    if (length > CATEGORY_BYTES) length = (size_t)snprintf(category, sizeof category, "a long text");
    category[length] = '\0';
    used +=
        (size_t)snprintf(shown + used, sizeof shown - used, "%s%zu for %s", i > 0 ? ", " : "", i, category);
  }
  if (n > CATEGORIES_SHOWN) snprintf(shown + used, sizeof shown - used, " ...");
  console_warning(
      "%s: was trained on a pandas frame: cells of %s%.100s%s must hold the numbers of its %zu "
      "categories, %s%s (convert the file's column with those of the frame)",
      path, feature >= 0 ? "\"" : "",
      feature >= 0 ? copse_model_feature_name(model, (uint32_t)feature) : "a categorical column",
      feature >= 0 ? "\"" : "", n, shown, n_more > 0 ? ", and so do further columns" : "");
}

void warn_pandas_categories(const char *path, const char *text, const copse_model *model) {
  json_t *lists = find_lists(text), *list;
  size_t i, n_other = 0, first = 0, n_categorical = 0;
  json_array_foreach(lists, i, list) {
    if (is_its_place(list)) continue;
    if (n_other++ == 0) first = i;
  }
  while (find_categorical(model, n_categorical) >= 0) n_categorical++;
  if (n_other > 0)
    warn_list(path, json_array_get(lists, first), n_other - 1,
              n_categorical == json_array_size(lists) ? find_categorical(model, first) : -1, model);
  json_decref(lists);
}
