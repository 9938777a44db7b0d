/* params.c - the handle: setting keys, reading configuration text, and getting values.
 *
 * Which mention of a key wins: the stronger source; within one source the primary name before any alias,
 * shorter aliases before longer ones, then alphabetical order; between equals the first mention. */
#include "params/params.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/status.h"
#include "params/internal.h"

copse_status copse_params_create(copse_context *ctx, copse_params **out, copse_error *err) {
  *out = NULL;
  copse_params *params = copse_alloc_zero(ctx, 1, sizeof *params);
  if (params == NULL) return status_memory(err, "parameters");
  params->ctx = ctx;
  for (int id = 0; id < PARAM_COUNT; id++) {
    params->slots[id].key.name = (struct name){param_rows[id].name, strlen(param_rows[id].name)};
    copse_status status = value_default(ctx, (enum param_id)id, &params->slots[id].value, err);
    if (status != COPSE_OK) {
      copse_params_free(params);
      return status;
    }
  }
  *out = params;
  return COPSE_OK;
}

static char *copy_text(copse_context *ctx, const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = copse_alloc(ctx, size, 1);
  if (copy != NULL) memcpy(copy, text, size);
  return copy;
}

copse_status copse_params_copy(const copse_params *params, copse_params **out, copse_error *err) {
  *out = NULL;
  copse_params *copy = copse_alloc_zero(params->ctx, 1, sizeof *copy);
  if (copy == NULL) return status_memory(err, "parameters");
  copy->ctx = params->ctx;
  copse_status status = COPSE_OK;
  for (int id = 0; id < PARAM_COUNT && status == COPSE_OK; id++) {
    const struct param_slot *from = &params->slots[id];
    struct param_slot *to = &copy->slots[id];
    *to = *from;
    to->value = (struct param_value){0};
    to->place = NULL;
    status = value_copy(copy->ctx, (enum param_id)id, &from->value, &to->value, err);
    if (status != COPSE_OK || from->place == NULL) continue;
    to->place = copy_text(copy->ctx, from->place);
    if (to->place == NULL) status = status_memory(err, "parameters");
  }
  if (status == COPSE_OK) status = forced_copy(copy->ctx, &params->forced, &copy->forced, err);
  if (status == COPSE_OK)
    status = forced_splits_set(copy, params->forced_splits, params->n_forced_splits, err);
  if (status != COPSE_OK) {
    copse_params_free(copy);
    return status;
  }
  *out = copy;
  return COPSE_OK;
}

void copse_params_free(copse_params *params) {
  if (params == NULL) return;
  for (int id = 0; id < PARAM_COUNT; id++) {
    value_release(&params->slots[id].value);
    copse_free(params->slots[id].place);
  }
  forced_release(&params->forced);
  copse_free(params->forced_splits);
  copse_free(params);
}

/* ---- setting ---- */

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Blanks around, then one pair of quotes. */
static struct name cleaned(const char *text, size_t length) {
  while (length > 0 && is_blank(text[0])) text++, length--;
  while (length > 0 && is_blank(text[length - 1])) length--;
  if (length >= 2 && (text[0] == '"' || text[0] == '\'') && text[length - 1] == text[0])
    return (struct name){text + 1, length - 2};
  return (struct name){text, length};
}

static copse_status unknown_key(struct name key, const char *place, copse_error *err) {
  struct name nearest;
  int id = param_nearest(key.text, key.length, &nearest);
  int shown = (int)(key.length < 100 ? key.length : 100);
  if (id < 0)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%sunknown parameter \"%.*s\" (\"copse params\" lists those that exist)", place, shown,
                      key.text);
  const char *name = param_rows[id].name;
  bool alias = !name_equal(nearest, name, strlen(name));
  return status_set(err, COPSE_ERR_ARGUMENT, "%sunknown parameter \"%.*s\"; did you mean \"%.*s\"%s%s%s?",
                    place, shown, key.text, (int)nearest.length, nearest.text, alias ? " (" : "",
                    alias ? name : "", alias ? ")" : "");
}

/* Whether a mention of the same key takes the place of the one in the slot. */
static bool outranks(const struct param_slot *slot, copse_params_source source, int rank) {
  if (!slot->set) return true;
  if (source != slot->source) return source > slot->source;
  return rank < slot->key.rank;
}

static void warn_twice(const copse_params *params, enum param_id id, const struct param_mention *mention,
                       const char *kept, const char *dropped) {
  if (strcmp(kept, dropped) == 0) return;
  context_log(params->ctx, COPSE_LOG_WARNING, "%s%s is given twice; %s is used, %s is not", mention->place,
              param_rows[id].name, kept, dropped);
}

static copse_status set_cleaned(copse_params *params, struct name key, struct name text,
                                copse_params_source source, const char *place, copse_error *err) {
  struct param_mention mention = {.place = place};
  int found = param_find(key.text, key.length, &mention.key);
  if (found < 0) return unknown_key(key, place, err);
  enum param_id id = (enum param_id)found;
  struct param_slot *slot = &params->slots[id];
  struct param_value value;
  copse_status status = value_parse(params->ctx, id, text.text, text.length, &mention, &value, err);
  if (status != COPSE_OK) return status;
  bool same_source = slot->set && slot->source == source;
  if (!outranks(slot, source, mention.key.rank)) {
    if (same_source) warn_twice(params, id, &mention, value_text(id, &slot->value), value.text);
    value_release(&value);
    return COPSE_OK;
  }
  char *kept_place = NULL;
  if (place[0] != '\0') {
    kept_place = copy_text(params->ctx, place);
    if (kept_place == NULL) {
      value_release(&value);
      return status_memory(err, "parameters");
    }
  }
  if (same_source) warn_twice(params, id, &mention, value.text, value_text(id, &slot->value));
  value_release(&slot->value);
  copse_free(slot->place);
  *slot = (struct param_slot){value, true, source, mention.key, kept_place};
  atomic_store(&params->state, RESOLVE_STALE);
  return COPSE_OK;
}

copse_status copse_params_set(copse_params *params, const char *key, const char *value,
                              copse_params_source source, copse_error *err) {
  return set_cleaned(params, cleaned(key, strlen(key)), cleaned(value, strlen(value)), source, "", err);
}

/* ---- configuration text ---- */

/* Length of the line without its comment. A '#' inside a quoted value is no comment. */
static size_t without_comment(const char *line, size_t length, const char *equals) {
  size_t at = 0;
  if (equals != NULL) {
    const char *value = equals + 1, *end = line + length;
    while (value < end && is_blank(*value)) value++;
    if (value < end && (*value == '"' || *value == '\'')) {
      const char *closing = memchr(value + 1, *value, (size_t)(end - value - 1));
      if (closing != NULL) at = (size_t)(closing - line);
    }
  }
  const char *hash = memchr(line + at, '#', length - at);
  return hash != NULL ? (size_t)(hash - line) : length;
}

static copse_status parse_line(copse_params *params, const char *line, size_t length, const char *place,
                               copse_params_source source, copse_error *err) {
  if (memchr(line, '\0', length) != NULL)
    return status_set(err, COPSE_ERR_FORMAT,
                      "%sthe line holds a NUL byte; expected text, one key = value per line", place);
  const char *hash = memchr(line, '#', length), *equals = memchr(line, '=', length);
  if (equals != NULL && hash != NULL && hash < equals) equals = NULL;
  length = without_comment(line, length, equals);
  if (equals == NULL) {
    struct name rest = cleaned(line, length);
    if (rest.length == 0) return COPSE_OK;
    return status_set(err, COPSE_ERR_FORMAT, "%sexpected key = value, found \"%.*s\"", place,
                      (int)(rest.length < 100 ? rest.length : 100), rest.text);
  }
  struct name key = cleaned(line, (size_t)(equals - line));
  struct name value = cleaned(equals + 1, (size_t)(line + length - equals - 1));
  if (key.length == 0) return status_set(err, COPSE_ERR_FORMAT, "%sexpected a key before \"=\"", place);
  if (param_find(key.text, key.length, NULL) == PARAM_config)
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%sa configuration file cannot name another one; give config on the command line",
                      place);
  return set_cleaned(params, key, value, source, place, err);
}

copse_status copse_params_parse(copse_params *params, const char *text, size_t length, const char *place,
                                copse_params_source source, copse_error *err) {
  const char *at = text, *end = text + length;
  if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) at += 3;
  copse_text prefix = {.ctx = params->ctx};
  copse_status status = COPSE_OK;
  for (size_t number = 1; at < end && status == COPSE_OK; number++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t line_length = (size_t)((newline != NULL ? newline : end) - at);
    prefix.length = 0;
    copse_text_appendf(&prefix, "%s:%zu: ", place, number);
    status = prefix.failed ? status_memory(err, "parameters")
                           : parse_line(params, at, line_length, prefix.data, source, err);
    at += line_length + (newline != NULL);
  }
  copse_text_release(&prefix);
  return status;
}

/* ---- slots ---- */

int64_t slot_int(const copse_params *params, enum param_id id) { return params->slots[id].value.integer; }

double slot_double(const copse_params *params, enum param_id id) { return params->slots[id].value.number; }

const char *slot_text(const copse_params *params, enum param_id id) {
  return value_text(id, &params->slots[id].value);
}

bool slot_given(const copse_params *params, enum param_id id) {
  return params->slots[id].set && params->slots[id].source != COPSE_SOURCE_DEFAULT;
}

bool slot_is(const copse_params *params, enum param_id id, const char *choice) {
  return strcmp(param_rows[id].range.choices[slot_int(params, id)].name, choice) == 0;
}

const char *slot_place(const copse_params *params, enum param_id id) {
  return params->slots[id].place != NULL ? params->slots[id].place : "";
}

const char *slot_mention(const copse_params *params, enum param_id id, char out[MENTION_CAPACITY]) {
  struct param_spelling key = params->slots[id].key;
  bool alias = key.rank > 0;
  snprintf(out, MENTION_CAPACITY, "%.*s=%.100s%s%s%s", (int)key.name.length, key.name.text,
           slot_text(params, id), alias ? " (" : "", alias ? param_rows[id].name : "", alias ? ")" : "");
  return out;
}

/* ---- resolving and getting ---- */

copse_status params_resolved(const copse_params *params, const struct resolved_params **out,
                             copse_error *err) {
  copse_params *cache = (copse_params *)params; /* the cache is the only part a const call writes */
  int state = RESOLVE_STALE;
  if (atomic_compare_exchange_strong(&cache->state, &state, RESOLVE_RUNNING)) {
    state = resolve_all(cache, &cache->error) == COPSE_OK ? RESOLVE_DONE : RESOLVE_FAILED;
    atomic_store(&cache->state, state);
  }
  while (state == RESOLVE_RUNNING) state = atomic_load(&cache->state);
  if (state == RESOLVE_FAILED) {
    if (err != NULL) *err = params->error;
    return params->error.status;
  }
  if (out != NULL) *out = &params->resolution.out;
  return COPSE_OK;
}

copse_status copse_params_resolve(copse_params *params, copse_error *err) {
  return params_resolved(params, NULL, err);
}

/* Before everything fits together there is nothing derived: the slots' own values count. */
static const struct derived_value *derived_of(const copse_params *params, enum param_id id) {
  if (params_resolved(params, NULL, NULL) != COPSE_OK) return NULL;
  return find_derived(&params->resolution, id);
}

const char *effective_text(const copse_params *params, enum param_id id) {
  const struct derived_value *derived = derived_of(params, id);
  return derived != NULL ? derived->text : slot_text(params, id);
}

int64_t effective_int(const copse_params *params, enum param_id id) {
  const struct derived_value *derived = derived_of(params, id);
  return derived != NULL ? derived->integer : slot_int(params, id);
}

const char *copse_params_get(const copse_params *params, const char *name) {
  int id = copse_params_find(name);
  return id < 0 ? NULL : effective_text(params, (enum param_id)id);
}

bool copse_params_given(const copse_params *params, const char *name) {
  int id = copse_params_find(name);
  return id >= 0 && slot_given(params, (enum param_id)id);
}

int64_t copse_params_get_int(const copse_params *params, const char *name) {
  int id = copse_params_find(name);
  assert(id >= 0 && param_rows[id].type == TYPE_INT);
  return effective_int(params, (enum param_id)id);
}

double copse_params_get_double(const copse_params *params, const char *name) {
  int id = copse_params_find(name);
  assert(id >= 0 && (param_rows[id].type == TYPE_DOUBLE || param_rows[id].type == TYPE_INT));
  if (param_rows[id].type == TYPE_INT) return (double)effective_int(params, (enum param_id)id);
  return slot_double(params, (enum param_id)id);
}

bool copse_params_get_bool(const copse_params *params, const char *name) {
  int id = copse_params_find(name);
  assert(id >= 0 && param_rows[id].type == TYPE_BOOL);
  return slot_int(params, (enum param_id)id) != 0;
}
