/* recipe.c - a recipe as a list of steps with checked options. */
#define _DEFAULT_SOURCE
#include "recipe/recipe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "read/report.h"
#include "read/roles.h"
#include "recipe/table_text.h"

copse_recipe *recipe_create(copse_context *ctx, const char *path, const char *maps) {
  copse_recipe *recipe = copse_alloc_zero(ctx, 1, sizeof *recipe);
  if (recipe == NULL) return NULL;
  recipe->ctx = recipe->texts.ctx = recipe->notes.ctx = ctx;
  recipe->path = pool_text(&recipe->texts, path, strlen(path));
  if (maps != NULL && maps[0] != '\0') recipe->maps = pool_text(&recipe->texts, maps, strlen(maps));
  if (recipe->path == NULL || (maps != NULL && maps[0] != '\0' && recipe->maps == NULL)) {
    copse_recipe_free(recipe);
    return NULL;
  }
  return recipe;
}

void copse_recipe_free(copse_recipe *recipe) {
  if (recipe == NULL) return;
  for (size_t i = 0; i < recipe->n_steps; i++) {
    pairs_release(&recipe->steps[i].learnt);
    pool_release(&recipe->steps[i].memory);
  }
  copse_free(recipe->steps);
  copse_free(recipe->labels);
  copse_free(recipe->tables);
  copse_free(recipe->raw_rows);
  copse_text_release(&recipe->notes);
  pool_release(&recipe->texts);
  copse_free(recipe);
}

struct step *recipe_add_step(copse_recipe *recipe, const struct step_kind *kind, const char *table,
                             int line) {
  if (recipe->n_steps == recipe->capacity) {
    size_t capacity = recipe->capacity == 0 ? 16 : recipe->capacity * 2;
    struct step *steps = copse_resize(recipe->ctx, recipe->steps, capacity, sizeof *steps);
    if (steps == NULL) return NULL;
    recipe->steps = steps;
    recipe->capacity = capacity;
  }
  struct step *step = &recipe->steps[recipe->n_steps];
  *step = (struct step){.kind = kind, .recipe = recipe, .line = line};
  step->learnt.texts.ctx = step->memory.ctx = recipe->ctx;
  step->values = pool_alloc(&recipe->texts, step_n_options(kind), sizeof *step->values);
  if (step->values == NULL) return NULL;
  memset(step->values, 0, step_n_options(kind) * sizeof *step->values);
  if (table != NULL && table[0] != '\0') {
    step->table = pool_text(&recipe->texts, table, strlen(table));
    if (step->table == NULL) return NULL;
  }
  recipe->n_steps++;
  return step;
}

const char *recipe_path(const copse_recipe *recipe) { return recipe->path; }

bool recipe_keep_label(copse_recipe *recipe, const char *name) {
  for (size_t k = 0; k < recipe->n_labels; k++)
    if (strcmp(recipe->labels[k], name) == 0) return true;
  const char **labels = copse_resize(recipe->ctx, recipe->labels, recipe->n_labels + 1, sizeof *labels);
  if (labels == NULL) return false;
  recipe->labels = labels;
  labels[recipe->n_labels] = pool_text(&recipe->texts, name, strlen(name));
  return labels[recipe->n_labels] != NULL && ++recipe->n_labels > 0;
}

/* ---- options ---- */

static copse_status refuse_value(const struct step *step, const struct step_option *option, const char *text,
                                 int line, const char *expected, copse_error *err) {
  return report(err, COPSE_ERR_FORMAT, "%s:%d: [%s] %s: found \"%s\", expected %s", step->recipe->path, line,
                step->kind->name, option->name, show(text, strlen(text)).text, expected);
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Cuts the next item off a list in place: *at moves behind it. Items in quotes may hold anything, a quote
 * inside is doubled. False at the end. */
static bool take_item(char **at, char **item, bool *maybe) {
  char *p = *at;
  while (is_blank(*p) || *p == '\n' || *p == ',') p++;
  if (*p == '\0') return false;
  *maybe = false;
  char *end;
  if (*p == '"') {
    char *to = *item = ++p;
    while (*p != '\0' && !(*p == '"' && p[1] != '"')) {
      if (*p == '"') p++;
      *to++ = *p++;
    }
    if (*p == '"') p++;
    *maybe = *p == '?';
    while (*p != '\0' && *p != ',' && *p != '\n') p++;
    *at = *p != '\0' ? p + 1 : p;
    *to = '\0';
    return true;
  }
  *item = p;
  while (*p != '\0' && *p != ',' && *p != '\n') p++;
  *at = *p != '\0' ? p + 1 : p;
  for (end = p; end > *item && is_blank(end[-1]);) end--;
  if (end > *item + 1 && end[-1] == '?') {
    *maybe = true;
    end--;
  }
  *end = '\0';
  return true;
}

static copse_status parse_list(struct step *step, struct option_value *value, copse_error *err) {
  struct pool *pool = &step->recipe->texts;
  size_t length = strlen(value->text), most = 1;
  for (size_t i = 0; i < length; i++) most += value->text[i] == ',' || value->text[i] == '\n';
  char *copy = pool_text(pool, value->text, length), *item;
  value->items = pool_alloc(pool, most, sizeof *value->items);
  value->maybe = pool_alloc(pool, most, sizeof *value->maybe);
  if (copy == NULL || value->items == NULL || value->maybe == NULL) return step_fail_memory(step, err);
  value->n_items = 0;
  bool maybe;
  while (take_item(&copy, &item, &maybe)) {
    value->maybe[value->n_items] = maybe;
    value->items[value->n_items++] = item;
  }
  return COPSE_OK;
}

/* A name in quotes, a quote inside doubled, and perhaps a '?' behind, which it keeps. */
static copse_status parse_quoted_name(struct step *step, const struct step_option *option,
                                      struct option_value *value, int line, copse_error *err) {
  char *copy = pool_text(&step->recipe->texts, value->text, strlen(value->text)), *to = copy;
  if (copy == NULL) return step_fail_memory(step, err);
  const char *p = value->text + 1;
  for (; *p != '\0' && !(*p == '"' && p[1] != '"'); p++) {
    if (*p == '"') p++;
    *to++ = *p;
  }
  bool closed = *p == '"', named = to > copy;
  p += closed;
  if (*p == '?') *to++ = *p++;
  *to = '\0';
  if (!closed || !named || *p != '\0')
    return refuse_value(step, option, value->text, line, "a column's name, with a quote at its end", err);
  value->quoted = value->text;
  value->text = copy;
  return COPSE_OK;
}

static bool is_choice(const char *choices, const char *text) {
  size_t length = strlen(text);
  for (const char *at = choices; *at != '\0'; at += strcspn(at, ","), at += *at == ',')
    if (length > 0 && strcspn(at, ",") == length && memcmp(at, text, length) == 0) return true;
  return false;
}

static copse_status parse_value(struct step *step, const struct step_option *option,
                                struct option_value *value, copse_error *err) {
  const char *text = value->text;
  size_t length = strlen(text);
  int line = value->line > 0 ? value->line : step->line;
  switch (option->type) {
    case OPTION_NUMBER:
    case OPTION_COUNT:
      if (length == 0 || copse_parse_double(text, length, &value->number) != length ||
          value->number != value->number)
        return refuse_value(step, option, text, line, "a number", err);
      if (option->type == OPTION_COUNT &&
          !(value->number >= 0 && value->number <= 1e15 && value->number == (double)(uint64_t)value->number))
        return refuse_value(step, option, text, line, "a whole number, 0 or more", err);
      return COPSE_OK;
    case OPTION_BOOL:
      value->number = strcmp(text, "true") == 0;
      if (value->number == 0 && strcmp(text, "false") != 0)
        return refuse_value(step, option, text, line, "true or false", err);
      return COPSE_OK;
    case OPTION_CHOICE: {
      char expected[200];
      snprintf(expected, sizeof expected, "one of %s", option->choices);
      return is_choice(option->choices, text) ? COPSE_OK
                                              : refuse_value(step, option, text, line, expected, err);
    }
    case OPTION_LIST: {
      copse_status status = parse_list(step, value, err);
      bool empty = status == COPSE_OK && option->required && value->n_items == 0;
      return empty ? refuse_value(step, option, text, line, "at least one", err) : status;
    }
    case OPTION_NAME:
      if (text[0] == '"') return parse_quoted_name(step, option, value, line, err);
      return length > 0 ? COPSE_OK : refuse_value(step, option, text, line, "a column's name", err);
    default: return COPSE_OK;
  }
}

copse_status recipe_set_option(struct step *step, const char *name, const char *text, int line,
                               copse_error *err) {
  const struct step_kind *kind = step->kind;
  uint32_t i = 0, n = step_n_options(kind);
  while (i < n && strcmp(step_option_row(kind, i)->name, name) != 0) i++;
  if (i == n) {
    const char *names[16];
    char list[300] = "";
    size_t at = 0;
    for (uint32_t k = 0; k < n && k < 16; k++) {
      names[k] = step_option_row(kind, k)->name;
      at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", k > 0 ? ", " : "", names[k]);
    }
    const char *nearest = roles_nearest(name, names, n < 16 ? n : 16);
    return report(err, COPSE_ERR_FORMAT, "%s:%d: [%s] has no option \"%s\" (%s%s%soptions: %s)",
                  step->recipe->path, line, kind->name, show(name, strlen(name)).text,
                  nearest != NULL ? "did you mean \"" : "", nearest != NULL ? nearest : "",
                  nearest != NULL ? "\"? " : "", list);
  }
  struct option_value *value = &step->values[i];
  if (value->line > 0)
    return report(err, COPSE_ERR_FORMAT, "%s:%d: [%s] %s was given in line %d already (give it once)",
                  step->recipe->path, line, kind->name, name, value->line);
  value->text = pool_text(&step->recipe->texts, text, strlen(text));
  value->line = line;
  return value->text == NULL ? step_fail_memory(step, err)
                             : parse_value(step, step_option_row(kind, i), value, err);
}

copse_status recipe_finish_step(struct step *step, copse_error *err) {
  for (uint32_t i = 0; i < step_n_options(step->kind); i++) {
    const struct step_option *option = step_option_row(step->kind, i);
    struct option_value *value = &step->values[i];
    if (value->line > 0) continue;
    if (option->required)
      return step_fail(step, COPSE_ERR_FORMAT, err, "%s is missing: %s", option->name, option->help);
    value->text = option->standard;
    copse_status status = value->text != NULL ? parse_value(step, option, value, err) : COPSE_OK;
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

/* ---- the whole ---- */

const struct step *recipe_split(const copse_recipe *recipe) {
  for (size_t i = 0; i < recipe->n_steps; i++)
    if (strcmp(recipe->steps[i].kind->name, "split") == 0) return &recipe->steps[i];
  return NULL;
}

size_t recipe_end(const copse_recipe *recipe) {
  size_t end = 0;
  while (end + 1 < recipe->n_steps && !recipe->steps[end + 1].aside) end++;
  return end;
}

static copse_status find_parent(copse_recipe *recipe, size_t index, copse_error *err) {
  struct step *step = &recipe->steps[index];
  step->parent = index > 0 ? index - 1 : NO_STEP;
  step->aside = index > 0 && recipe->steps[index - 1].aside;
  if (index == 0 || !step_given(step, "from")) return COPSE_OK;
  const char *from = step_option(step, "from")->text;
  const char **names = copse_alloc(recipe->ctx, index, sizeof *names);
  if (names == NULL) return step_fail_memory(step, err);
  size_t n = 0, found = NO_STEP;
  for (size_t i = 0; i < index; i++) {
    if (recipe->steps[i].table == NULL) continue;
    names[n++] = recipe->steps[i].table;
    if (strcmp(recipe->steps[i].table, from) == 0) found = i;
  }
  const char *nearest = roles_nearest(from, names, (uint32_t)n);
  copse_status status = COPSE_OK;
  if (found == NO_STEP)
    status = step_fail(step, COPSE_ERR_FORMAT, err, "from: found \"%s\", expected a table made before%s%s%s",
                       show(from, strlen(from)).text, nearest != NULL ? " (did you mean \"" : "",
                       nearest != NULL ? nearest : "", nearest != NULL ? "\"?)" : "");
  step->parent = found;
  step->aside = true;
  copse_free(names);
  return status;
}

/* Behind a split rows are of several parts, which nothing may mix; and there is one. */
static copse_status check_split(const copse_recipe *recipe, const struct step *step, const struct step *split,
                                copse_error *err) {
  bool is_split = strcmp(step->kind->name, "split") == 0, behind = false;
  if (is_split && split != NULL)
    return step_fail(step, COPSE_ERR_FORMAT, err, "a second [split], after line %d (leave one out)",
                     split->line);
  if (is_split && step->aside)
    return step_fail(step, COPSE_ERR_FORMAT, err,
                     "stands in a side line, which is not trained on (put it before the first `from`)");
  for (size_t i = step->parent; i != NO_STEP; i = recipe->steps[i].parent)
    behind |= &recipe->steps[i] == split;
  if (behind && step->kind->collect != NULL)
    return step_fail(
        step, COPSE_ERR_FORMAT, err,
        "stands behind [split] in line %d, expected before it: its rows would be of several parts",
        split->line);
  if (behind && step->kind->serial)
    return step_fail(step, COPSE_ERR_FORMAT, err,
                     "stands behind [split] in line %d, where rows held out would decide which rows are "
                     "trained on (put it before the split)",
                     split->line);
  return COPSE_OK;
}

copse_status recipe_check(copse_recipe *recipe, copse_error *err) {
  const struct step *split = NULL;
  if (recipe->n_steps == 0)
    return report(err, COPSE_ERR_FORMAT, "%s: no step (a recipe begins with [load])", recipe->path);
  for (size_t i = 0; i < recipe->n_steps; i++) {
    const struct step *step = &recipe->steps[i];
    bool load = strcmp(step->kind->name, "load") == 0;
    if (load != (i == 0))
      return step_fail(step, COPSE_ERR_FORMAT, err, "expected [load] as the first step, and only there");
    copse_status status = find_parent(recipe, i, err);
    if (status == COPSE_OK) status = check_split(recipe, step, split, err);
    if (status != COPSE_OK) return status;
    if (strcmp(step->kind->name, "split") == 0) split = step;
    for (size_t j = 0; j < i && step->table != NULL; j++)
      if (recipe->steps[j].table != NULL && strcasecmp(recipe->steps[j].table, step->table) == 0)
        return step_fail(step, COPSE_ERR_FORMAT, err,
                         "the step in line %d makes the table \"%s\" (choose another name%s)",
                         recipe->steps[j].line, recipe->steps[j].table,
                         strcmp(recipe->steps[j].table, step->table) != 0
                             ? "; SQLite does not tell small from capital letters"
                             : "");
  }
  return COPSE_OK;
}

const char *copse_recipe_notes(const copse_recipe *recipe) {
  return recipe->notes.data != NULL ? recipe->notes.data : "";
}
size_t copse_recipe_n_tables(const copse_recipe *recipe) { return recipe->n_tables; }
const char *copse_recipe_table(const copse_recipe *recipe, size_t index, uint64_t *n_rows) {
  if (n_rows != NULL) *n_rows = recipe->tables[index].n_rows;
  return recipe->tables[index].name;
}
bool copse_recipe_splits(const copse_recipe *recipe) { return recipe_split(recipe) != NULL; }
