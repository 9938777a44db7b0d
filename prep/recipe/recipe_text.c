/* recipe_text.c - a recipe with what it learnt as text, for the model's blob "recipe".
 *
 *   copse_recipe 1
 *   path     <name of the recipe's file>
 *   label    <name>, a line for each, where the recipe was trained with
 *   step     <kind> <line> <learned 0|1> <table>
 *   option   <name> <line> <text>
 *   pair     <a> <b>
 *
 * Fields are separated by tabs; tab, line end and backslash in them are written \t \n \\. */
#include <stdio.h>
#include <string.h>

#include "read/report.h"
#include "recipe/recipe.h"
#include "recipe/table_text.h"

static const char blob_key[] = "recipe", first_line[] = "copse_recipe\t1";

static void append_field(copse_text *out, const char *text) {
  copse_text_append(out, "\t", 1);
  for (; *text != '\0'; text++) {
    if (*text == '\t')
      copse_text_append(out, "\\t", 2);
    else if (*text == '\n')
      copse_text_append(out, "\\n", 2);
    else if (*text == '\\')
      copse_text_append(out, "\\\\", 2);
    else
      copse_text_append(out, text, 1);
  }
}

static void append_step(const struct step *step, copse_text *out) {
  copse_text_appendf(out, "step\t%s\t%d\t%d", step->kind->name, step->line, step->learned);
  append_field(out, step->table != NULL ? step->table : "");
  for (uint32_t i = 0; i < step_n_options(step->kind); i++) {
    const struct option_value *value = &step->values[i];
    if (value->line == 0) continue;
    copse_text_appendf(out, "\noption\t%s\t%d", step_option_row(step->kind, i)->name, value->line);
    append_field(out, value->quoted != NULL ? value->quoted : value->text);
  }
  for (uint32_t i = 0; i < step->learnt.n; i++) {
    copse_text_appendf(out, "\npair");
    append_field(out, step->learnt.items[i].a);
    append_field(out, step->learnt.items[i].b);
  }
  copse_text_appendf(out, "\n");
}

copse_status copse_recipe_write(const copse_recipe *recipe, copse_text *out, copse_error *err) {
  const char *slash = strrchr(recipe->path, '/');
  copse_text_appendf(out, "%s\npath", first_line);
  append_field(out, slash != NULL ? slash + 1 : recipe->path); /* a model does not tell whose folder it was */
  for (size_t k = 0; k < recipe->n_labels; k++) {
    copse_text_appendf(out, "\nlabel");
    append_field(out, recipe->labels[k]);
  }
  copse_text_appendf(out, "\n");
  for (size_t i = 0; i < recipe->n_steps; i++) append_step(&recipe->steps[i], out);
  return out->failed ? report_memory(err, "the recipe", recipe->path) : COPSE_OK;
}

copse_status copse_recipe_store(const copse_recipe *recipe, copse_model *model, copse_error *err) {
  copse_text text = {.ctx = recipe->ctx};
  copse_status status = copse_recipe_write(recipe, &text, err);
  if (status == COPSE_OK) status = copse_model_set_blob(model, blob_key, text.data, text.length, err);
  copse_text_release(&text);
  return status;
}

/* ---- parsing ---- */

enum { MOST_FIELDS = 5 };

struct parsing {
  const char *place;
  char *at;
  int line;
  char *fields[MOST_FIELDS];
  size_t n_fields;
};

static void unescape(char *text) {
  char *to = text;
  for (; *text != '\0'; text++) {
    if (*text == '\\' && text[1] != '\0') {
      text++;
      *to++ = *text == 't' ? '\t' : *text == 'n' ? '\n' : *text;
    } else {
      *to++ = *text;
    }
  }
  *to = '\0';
}

/* The next line cut into fields; false at the end. */
static bool next_line(struct parsing *parsing) {
  if (*parsing->at == '\0') return false;
  char *line = parsing->at, *stop = strchr(line, '\n');
  parsing->at = stop != NULL ? stop + 1 : line + strlen(line);
  if (stop != NULL) *stop = '\0';
  parsing->line++;
  parsing->n_fields = 0;
  while (line != NULL && parsing->n_fields < MOST_FIELDS) {
    char *tab = strchr(line, '\t');
    if (tab != NULL) *tab = '\0';
    parsing->fields[parsing->n_fields++] = line;
    line = tab != NULL ? tab + 1 : NULL;
  }
  if (line != NULL) parsing->n_fields = MOST_FIELDS + 1;
  for (size_t i = 0; i < parsing->n_fields && i < MOST_FIELDS; i++) unescape(parsing->fields[i]);
  return true;
}

static bool parse_int(const char *text, int *out) {
  double value;
  size_t length = strlen(text);
  if (length == 0 || copse_parse_double(text, length, &value) != length || !(value >= 0 && value < 1e9) ||
      value != (double)(int)value)
    return false;
  *out = (int)value;
  return true;
}

/* One line behind the head; false when it is no such line. */
static bool parse_line(struct parsing *p, copse_recipe *recipe, copse_status *status, copse_error *err) {
  struct step *step = recipe->n_steps > 0 ? &recipe->steps[recipe->n_steps - 1] : NULL;
  int line = 0, learned = 0;
  if (strcmp(p->fields[0], "step") == 0 && p->n_fields == 5) {
    const struct step_kind *kind = step_kind_find(p->fields[1]);
    if (kind == NULL || !parse_int(p->fields[2], &line) || !parse_int(p->fields[3], &learned)) return false;
    if (step != NULL) *status = recipe_finish_step(step, err);
    if (*status != COPSE_OK) return true;
    step = recipe_add_step(recipe, kind, p->fields[4], line);
    if (step == NULL) *status = report_memory(err, "the recipe", p->place);
    if (step != NULL) step->opened = true;
    if (step != NULL) step->learned = learned == 1;
    return true;
  }
  if (step == NULL && strcmp(p->fields[0], "label") == 0 && p->n_fields == 2) {
    if (!recipe_keep_label(recipe, p->fields[1])) *status = report_memory(err, "the recipe", p->place);
    return true;
  }
  if (step == NULL) return false;
  if (strcmp(p->fields[0], "option") == 0 && p->n_fields == 4 && parse_int(p->fields[2], &line) && line > 0) {
    *status = recipe_set_option(step, p->fields[1], p->fields[3], line, err);
    return true;
  }
  if (strcmp(p->fields[0], "pair") != 0 || p->n_fields != 3) return false;
  if (!pairs_add(&step->learnt, p->fields[1], strlen(p->fields[1]), p->fields[2], strlen(p->fields[2])))
    *status = report_memory(err, "the recipe", p->place);
  return true;
}

copse_status copse_recipe_parse(copse_context *ctx, const char *text, size_t length, const char *place,
                                copse_recipe **out, copse_error *err) {
  *out = NULL;
  if (memchr(text, '\0', length) != NULL)
    return report(err, COPSE_ERR_FORMAT, "%s: the recipe holds a NUL byte (the file was edited; train again)",
                  place);
  copse_text copy = {.ctx = ctx};
  copse_text_append(&copy, text, length);
  copse_text_append(&copy, "", 0);
  if (copy.failed || copy.data == NULL) {
    copse_text_release(&copy);
    return report_memory(err, "the recipe", place);
  }
  struct parsing p = {.place = place, .at = copy.data};
  copse_status status = COPSE_OK;
  copse_recipe *recipe = NULL;
  bool good = next_line(&p) && p.n_fields == 2 && strcmp(p.fields[0], "copse_recipe") == 0 &&
              strcmp(p.fields[1], "1") == 0;
  good = good && next_line(&p) && p.n_fields == 2 && strcmp(p.fields[0], "path") == 0;
  if (good) {
    recipe = recipe_create(ctx, p.fields[1], NULL);
    if (recipe == NULL) status = report_memory(err, "the recipe", place);
    while (status == COPSE_OK && good && next_line(&p)) good = parse_line(&p, recipe, &status, err);
  }
  if (status == COPSE_OK && !good)
    status = report(err, COPSE_ERR_FORMAT,
                    "%s: recipe, line %d: not understood (the file was edited; train again)", place, p.line);
  if (status == COPSE_OK && recipe->n_steps > 0)
    status = recipe_finish_step(&recipe->steps[recipe->n_steps - 1], err);
  if (status == COPSE_OK) status = recipe_check(recipe, err);
  copse_text_release(&copy);
  if (status == COPSE_OK)
    *out = recipe;
  else
    copse_recipe_free(recipe);
  return status;
}

copse_status copse_recipe_of_model(copse_context *ctx, const copse_model *model, copse_recipe **out,
                                   copse_error *err) {
  size_t length;
  const char *blob = copse_model_blob(model, blob_key, &length);
  *out = NULL;
  return blob == NULL ? COPSE_OK : copse_recipe_parse(ctx, blob, length, "model", out, err);
}
