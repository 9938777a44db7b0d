/* schema.c - building and asking a schema. Names lie in two growing texts, so a LibSVM file with a million
 * columns costs a few bytes for each. */
#include "read/schema.h"

#include <stdio.h>
#include <string.h>

copse_frame_schema *frame_schema_create(copse_context *ctx) {
  copse_frame_schema *schema = copse_alloc_zero(ctx, 1, sizeof *schema);
  if (schema == NULL) return NULL;
  schema->ctx = schema->pool.ctx = schema->model_pool.ctx = ctx;
  schema->classes.ctx = schema->class_names.ctx = ctx;
  schema->references = 1;
  schema->label_column = -1;
  schema->separator = ',';
  schema->format = COPSE_FORMAT_CSV;
  if (!frame_schema_set_missing(schema, "")) {
    copse_frame_schema_free(schema);
    return NULL;
  }
  return schema;
}

bool frame_schema_set_missing(copse_frame_schema *schema, const char *list) {
  size_t length = list != NULL ? strlen(list) : 0;
  char *copy = copse_alloc(schema->ctx, length + 1, 1);
  if (copy == NULL) return false;
  if (length > 0) memcpy(copy, list, length);
  copy[length] = '\0';
  copse_free(schema->missing);
  schema->missing = copy;
  return true;
}

enum { CLASS_NAME_BYTES = 12 };

bool frame_schema_set_label(copse_frame_schema *schema, struct label_form form) {
  schema->label = form;
  schema->class_names.length = 0;
  if (form.coding != LABEL_WHOLE) return true;
  for (uint32_t i = 0; i < form.n_classes; i++) {
    char name[CLASS_NAME_BYTES] = "";
    snprintf(name, sizeof name, "%u", i);
    copse_text_append(&schema->class_names, name, sizeof name);
  }
  return !schema->class_names.failed;
}

static bool add_label(copse_frame_schema *schema, uint32_t column) {
  uint32_t *labels = copse_resize(schema->ctx, schema->labels, (size_t)schema->n_labels + 1, sizeof *labels);
  if (labels == NULL) return false;
  schema->labels = labels;
  schema->labels[schema->n_labels++] = column;
  schema->label_column = (int32_t)schema->labels[0];
  return true;
}

bool frame_schema_order_labels(copse_frame_schema *schema, const uint32_t *columns, uint32_t n) {
  if (n != schema->n_labels) return false;
  for (uint32_t k = 0; k < n; k++) {
    if (columns[k] >= schema->n_columns || schema->columns[columns[k]].role != ROLE_LABEL) return false;
    schema->columns[columns[k]].feature = k; /* no feature has it: of one that comes twice the last */
  }
  for (uint32_t k = 0; k < n; k++)
    if (schema->columns[columns[k]].feature != k) return false;
  if (n > 0) memcpy(schema->labels, columns, n * sizeof *columns);
  schema->label_column = n > 0 ? (int32_t)columns[0] : -1;
  return true;
}

uint64_t labels_step_over(const uint32_t *labels, uint32_t n_labels, uint64_t index) {
  uint64_t column = index, before;
  do {
    before = column;
    column = index;
    for (uint32_t k = 0; k < n_labels; k++) column += labels[k] <= before;
  } while (column != before);
  return column;
}

bool frame_schema_add_column(copse_frame_schema *schema, enum column_role role, const char *name,
                             size_t length) {
  if (schema->n_columns == schema->capacity) {
    uint32_t capacity = schema->capacity == 0 ? 64 : schema->capacity * 2;
    struct schema_column *columns = copse_resize(schema->ctx, schema->columns, capacity, sizeof *columns);
    if (columns == NULL) return false;
    schema->columns = columns;
    schema->capacity = capacity;
  }
  uint32_t index = schema->n_columns++;
  schema->columns[index] = (struct schema_column){.role = role, .name_at = schema->pool.length};
  if (role == ROLE_LABEL && !add_label(schema, index)) return false;
  char generated[32];
  if (length == 0) {
    uint32_t number = index - schema->n_labels;
    length = role == ROLE_LABEL ? 0 : (size_t)snprintf(generated, sizeof generated, "Column_%u", number);
    name = generated;
  }
  copse_text_append(&schema->pool, name, length);
  copse_text_append(&schema->pool, "", 1);
  return !schema->pool.failed;
}

/* LightGBM's model text knows no blanks in names, and JSON's characters are refused by its readers. */
static bool needs_replacement(char c) { return strchr(" \t\r\n\",:[]{}", c) != NULL; }

/* Appends the model name of `name` to model_pool when it differs from it. taken: model names so far. */
static bool add_model_name(copse_frame_schema *schema, const char *name, struct dictionary *taken) {
  copse_text *pool = &schema->model_pool;
  size_t at = pool->length, length = strlen(name);
  copse_text_append(pool, name, length);
  if (pool->failed) return false;
  for (size_t i = 0; i < length; i++)
    if (needs_replacement(pool->data[at + i])) pool->data[at + i] = '_';
  for (unsigned n = 2; dictionary_find(taken, pool->data + at, pool->length - at) >= 0; n++) {
    pool->length = at + length;
    copse_text_appendf(pool, "_%u", n);
    if (pool->failed) return false;
  }
  copse_text_append(pool, "", 1);
  return !pool->failed;
}

/* Names are unique; model names may collide ("a b", "a_b") and are numbered then. `taken` borrows its texts,
 * which move while the pool grows; so the pool is sized first. */
static bool make_model_names(copse_frame_schema *schema) {
  struct dictionary taken = {.ctx = schema->ctx};
  bool ok = true;
  size_t worst = 0;
  for (uint32_t i = 0; i < schema->n_features; i++) worst += strlen(schema->names[i]) + 12;
  schema->model_pool.data = copse_alloc(schema->ctx, worst + 1, 1);
  schema->model_pool.capacity = worst + 1;
  if (schema->model_pool.data == NULL) {
    schema->model_pool.capacity = 0;
    return false;
  }
  for (uint32_t i = 0; i < schema->n_features && ok; i++) {
    size_t at = schema->model_pool.length;
    ok = add_model_name(schema, schema->names[i], &taken);
    if (!ok) break;
    schema->model_names[i] = schema->model_pool.data + at;
    ok = dictionary_add(&taken, schema->model_names[i], strlen(schema->model_names[i])) >= 0;
  }
  dictionary_release(&taken);
  return ok;
}

bool frame_schema_finish(copse_frame_schema *schema) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < schema->n_columns; i++) {
    struct schema_column *column = &schema->columns[i];
    column->name = schema->pool.data + column->name_at;
    if (role_is_feature(column->role)) column->feature = n++;
  }
  schema->n_features = n;
  schema->feature_columns = copse_alloc(schema->ctx, n, sizeof *schema->feature_columns);
  schema->names = copse_alloc(schema->ctx, n, sizeof *schema->names);
  schema->model_names = copse_alloc(schema->ctx, n, sizeof *schema->model_names);
  schema->levels = copse_alloc_zero(schema->ctx, n, sizeof *schema->levels);
  schema->code_sets = copse_alloc_zero(schema->ctx, n, sizeof *schema->code_sets);
  if (schema->feature_columns == NULL || schema->names == NULL || schema->model_names == NULL ||
      schema->levels == NULL || schema->code_sets == NULL)
    return false;
  for (uint32_t i = 0; i < schema->n_columns; i++) {
    const struct schema_column *column = &schema->columns[i];
    if (!role_is_feature(column->role)) continue;
    schema->feature_columns[column->feature] = i;
    schema->names[column->feature] = column->name;
    schema->levels[column->feature].ctx = schema->ctx;
  }
  return make_model_names(schema);
}

copse_frame_schema *frame_schema_ref(const copse_frame_schema *schema) {
  copse_frame_schema *counted = (copse_frame_schema *)(uintptr_t)schema;
  atomic_fetch_add(&counted->references, 1);
  return counted;
}

void copse_frame_schema_free(copse_frame_schema *schema) {
  if (schema == NULL || atomic_fetch_sub(&schema->references, 1) != 1) return;
  if (schema->levels != NULL)
    for (uint32_t i = 0; i < schema->n_features; i++) dictionary_release(&schema->levels[i]);
  if (schema->code_sets != NULL)
    for (uint32_t i = 0; i < schema->n_features; i++) copse_free(schema->code_sets[i].codes);
  dictionary_release(&schema->classes);
  copse_text_release(&schema->pool);
  copse_text_release(&schema->model_pool);
  copse_text_release(&schema->class_names);
  copse_free(schema->missing);
  copse_free(schema->columns);
  copse_free(schema->labels);
  copse_free(schema->feature_columns);
  copse_free(schema->names);
  copse_free(schema->model_names);
  copse_free(schema->levels);
  copse_free(schema->code_sets);
  copse_free(schema);
}

uint32_t copse_frame_schema_n_features(const copse_frame_schema *schema) { return schema->n_features; }

const char *copse_frame_schema_name(const copse_frame_schema *schema, uint32_t feature) {
  return feature < schema->n_features ? schema->names[feature] : NULL;
}

int64_t copse_frame_schema_find(const copse_frame_schema *schema, const char *name) {
  for (uint32_t f = 0; f < schema->n_features; f++)
    if (strcmp(schema->names[f], name) == 0) return f;
  return -1;
}

int64_t copse_frame_schema_find_column(const copse_frame_schema *schema, uint64_t column) {
  if (schema->format == COPSE_FORMAT_LIBSVM && column < (uint64_t)schema->base) return -1;
  if (schema->format == COPSE_FORMAT_LIBSVM) column -= (uint64_t)schema->base;
  column = labels_step_over(schema->labels, schema->n_labels, column);
  if (column >= schema->n_columns || !role_is_feature(schema->columns[column].role)) return -1;
  return schema->columns[column].feature;
}

uint32_t copse_frame_schema_n_levels(const copse_frame_schema *schema, uint32_t feature) {
  return feature < schema->n_features ? schema->levels[feature].n : 0;
}

const char *copse_frame_schema_level(const copse_frame_schema *schema, uint32_t feature, uint32_t code) {
  return code < copse_frame_schema_n_levels(schema, feature) ? schema->levels[feature].levels[code].text
                                                             : NULL;
}

const char *copse_frame_schema_label_name(const copse_frame_schema *schema) {
  return schema->label_column >= 0 && schema->named ? schema->columns[schema->label_column].name : "";
}

uint32_t copse_frame_schema_n_labels(const copse_frame_schema *schema) { return schema->n_labels; }

const char *copse_frame_schema_label(const copse_frame_schema *schema, uint32_t index, uint32_t *column) {
  if (index >= schema->n_labels) return NULL;
  if (column != NULL) *column = schema->labels[index];
  return schema->named ? schema->columns[schema->labels[index]].name : "";
}

int copse_frame_schema_label_index(const copse_frame_schema *schema) {
  return schema->label_column >= 0 ? schema->label_column : 0;
}

uint32_t copse_frame_schema_n_classes(const copse_frame_schema *schema) {
  switch (schema->label.coding) {
    case LABEL_NUMBER: return 0;
    case LABEL_ZERO_ONE:
    case LABEL_MINUS_ONE: return 2;
    case LABEL_TEXT: return schema->classes.n;
    case LABEL_WHOLE: return schema->label.n_classes;
  }
  return 0;
}

const char *copse_frame_schema_class(const copse_frame_schema *schema, uint32_t index) {
  static const char *const numbers[2][2] = {{"0", "1"}, {"-1", "1"}};
  if (index >= copse_frame_schema_n_classes(schema)) return NULL;
  switch (schema->label.coding) {
    case LABEL_NUMBER: return NULL;
    case LABEL_ZERO_ONE: return numbers[0][index];
    case LABEL_MINUS_ONE: return numbers[1][index];
    case LABEL_TEXT: return schema->classes.levels[index].text;
    case LABEL_WHOLE: return schema->class_names.data + (size_t)index * CLASS_NAME_BYTES;
  }
  return NULL;
}
