/* names.c - see names.h. The pointers come first in the block, the texts behind them. */
#include "data/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

enum { DEFAULT_CAPACITY = 24 };

static size_t default_name(uint32_t index, char out[DEFAULT_CAPACITY]) {
  return (size_t)snprintf(out, DEFAULT_CAPACITY, "Column_%" PRIu32, index);
}

/* The model file separates names by spaces and fields by the others; JSON dumps quote them. */
static bool forbidden(unsigned char c) { return c < 0x20 || c == 0x7f || strchr("\",:[]{}", c) != NULL; }

static copse_status check_name(const char *name, uint32_t index, copse_error *err) {
  if (name == NULL || name[0] == '\0')
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "column %" PRIu32 ": its name is empty: expected a name (name it, or ignore the column)", index);
  for (const char *c = name; *c != '\0'; c++) {
    if (!forbidden((unsigned char)*c)) continue;
    char shown[8];
    snprintf(shown, sizeof shown, (unsigned char)*c < 0x20 || *c == 0x7f ? "\\x%02x" : "%c",
             (unsigned char)*c);
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "column %" PRIu32
                      ": the name \"%s\" contains the character %s, which a model file cannot "
                      "carry (rename the column without any of \" , : [ ] { } and control characters)",
                      index, name, shown);
  }
  return COPSE_OK;
}

static int compare_names(const void *a, const void *b) {
  const char *const *left = a, *const *right = b;
  int order = strcmp(*left, *right);
  if (order != 0) return order;
  return *left < *right ? -1 : *left > *right ? 1 : 0; /* texts lie in column order */
}

static uint32_t index_of(char *const *names, const char *text) {
  uint32_t i = 0;
  while (names[i] != text) i++;
  return i;
}

static copse_status check_unique(copse_context *ctx, char *const *names, uint32_t n, copse_error *err) {
  const char **sorted = copse_alloc(ctx, n, sizeof *sorted);
  if (sorted == NULL) return status_memory(err, "feature names");
  for (uint32_t i = 0; i < n; i++) sorted[i] = names[i];
  qsort(sorted, n, sizeof *sorted, compare_names);
  copse_status status = COPSE_OK;
  for (uint32_t i = 1; i < n && status == COPSE_OK; i++)
    if (strcmp(sorted[i - 1], sorted[i]) == 0)
      status = status_set(err, COPSE_ERR_ARGUMENT,
                          "columns %" PRIu32 " and %" PRIu32
                          " are both named \"%s\" (spaces count as '_'): "
                          "expected different names (rename or ignore one of them)",
                          index_of(names, sorted[i - 1]), index_of(names, sorted[i]), sorted[i]);
  copse_free(sorted);
  return status;
}

/* Bytes of all texts with their NULs. */
static copse_status measure(const char *const *names, uint32_t n, size_t *bytes, copse_error *err) {
  char made[DEFAULT_CAPACITY];
  *bytes = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (names != NULL) {
      copse_status status = check_name(names[i], i, err);
      if (status != COPSE_OK) return status;
    }
    *bytes += (names != NULL ? strlen(names[i]) : default_name(i, made)) + 1;
  }
  return COPSE_OK;
}

copse_status names_copy(copse_context *ctx, const char *const *names, uint32_t n, char ***out,
                        bool *all_default, copse_error *err) {
  *out = NULL;
  size_t bytes;
  copse_status status = measure(names, n, &bytes, err);
  if (status != COPSE_OK) return status;
  char **block = copse_alloc(ctx, n * sizeof *block + bytes, 1);
  if (block == NULL) return status_memory(err, "feature names");
  char *text = (char *)(block + n);
  *all_default = true;
  for (uint32_t i = 0; i < n; i++) {
    char made[DEFAULT_CAPACITY];
    default_name(i, made);
    const char *name = names != NULL ? names[i] : made;
    size_t length = strlen(name);
    memcpy(text, name, length + 1);
    for (char *c = text; *c != '\0'; c++)
      if (*c == ' ') *c = '_';
    if (strcmp(text, made) != 0) *all_default = false;
    block[i] = text;
    text += length + 1;
  }
  status = check_unique(ctx, block, n, err);
  if (status != COPSE_OK) {
    copse_free(block);
    return status;
  }
  *out = block;
  return COPSE_OK;
}
