/* missing.c - the meaning of a cell. A declared token beats a number, a number beats nothing: "nan" is read
 * as a number by the parser and is missing all the same. */
#include "read/missing.h"

#include <math.h>
#include <string.h>

/* Next token of a comma-separated list; false at its end. */
static bool next_token(const char **list, const char **token, size_t *length) {
  if (*list == NULL || **list == '\0') return false;
  const char *comma = strchr(*list, ',');
  *token = *list;
  *length = comma != NULL ? (size_t)(comma - *list) : strlen(*list);
  *list = comma != NULL ? comma + 1 : *list + *length;
  return true;
}

struct missing_tokens missing_tokens_of(const char *list) {
  struct missing_tokens tokens = {.list = list};
  const char *token;
  size_t length;
  double value;
  while (next_token(&list, &token, &length))
    if (length > 0 && copse_parse_double(token, length, &value) == length) tokens.numeric = true;
  return tokens;
}

static bool equals_lower(const char *text, size_t length, const char *word) {
  for (size_t i = 0; i < length; i++) {
    char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
    if (c != word[i]) return false;
  }
  return word[length] == '\0';
}

bool missing_is_usual(const char *text, size_t length) {
  static const char *const usual[5][3] = {
      {"", NULL, NULL}, {"?", NULL, NULL}, {"na", NULL, NULL}, {"nan", "n/a", NULL}, {"null", "none", NULL}};
  if (length < 5)
    for (int i = 0; i < 3 && usual[length][i] != NULL; i++)
      if (equals_lower(text, length, usual[length][i])) return true;
  return false;
}

bool missing_is_declared(const struct missing_tokens *tokens, const char *text, size_t length) {
  const char *list = tokens->list, *token;
  size_t token_length;
  while (next_token(&list, &token, &token_length))
    if (token_length == length && memcmp(token, text, length) == 0) return true;
  return false;
}

bool missing_is(const struct missing_tokens *tokens, const char *text, size_t length) {
  return missing_is_usual(text, length) || missing_is_declared(tokens, text, length);
}

enum cell_kind cell_classify(const struct missing_tokens *tokens, const char *text, size_t length,
                             double *value) {
  if (missing_is(tokens, text, length)) {
    *value = (double)NAN;
    return CELL_MISSING;
  }
  if (copse_parse_double(text, length, value) != length) return CELL_TEXT;
  return isnan(*value) ? CELL_MISSING : CELL_NUMBER;
}
