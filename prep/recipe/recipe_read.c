/* recipe_read.c - a recipe from its text: INI as the library inih reads it.
 *
 * inih tells its handler neither line numbers nor sections without keys, so the lines it asks for come from
 * here: they are counted, and behind each section's line one key of our own is slipped in. */
#define _GNU_SOURCE
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "read/report.h"
#include "recipe/recipe.h"
#include "recipe/recipe_file.h"

static const char section_key[] = ".section";
/* inih's own limits, behind which it would cut in silence. */
enum { MOST_LINE = 195, MOST_NAME = 48 };

struct reading {
  copse_recipe *recipe;
  const char *at, *end; /* of the text */
  int line;             /* of the file, that inih has now */
  bool section;         /* our own key comes next */
  struct step *step;
  char *name; /* of the option that is being collected, its lines joined */
  int option_line;
  copse_text value;
  copse_status status;
  copse_error *err;
};

static void refuse(struct reading *reading, int line, const char *what) {
  if (reading->status == COPSE_OK)
    reading->status = report(reading->err, COPSE_ERR_FORMAT, "%s:%d: %s", reading->recipe->path, line, what);
}

/* The option that was collected is complete. */
static void finish_option(struct reading *reading) {
  if (reading->name == NULL || reading->status != COPSE_OK) return;
  if (reading->value.failed)
    reading->status = report_memory(reading->err, "the recipe", reading->recipe->path);
  else
    reading->status = recipe_set_option(reading->step, reading->name,
                                        reading->value.data != NULL ? reading->value.data : "",
                                        reading->option_line, reading->err);
  reading->name = NULL;
  copse_text_release(&reading->value);
}

static void finish_step(struct reading *reading) {
  finish_option(reading);
  if (reading->step != NULL && reading->status == COPSE_OK)
    reading->status = recipe_finish_step(reading->step, reading->err);
  reading->step = NULL;
}

static void begin_step(struct reading *reading, const char *section) {
  char kind_name[64];
  size_t length = strcspn(section, " \t");
  const char *table = section + length + strspn(section + length, " \t");
  finish_step(reading);
  if (reading->status != COPSE_OK) return;
  if (strlen(section) > MOST_NAME) {
    refuse(reading, reading->line, "the section's name is longer than 48 bytes (choose a shorter table)");
    return;
  }
  memcpy(kind_name, section, length);
  kind_name[length] = '\0';
  const struct step_kind *kind = step_kind_find(kind_name);
  if (kind == NULL) {
    const char *nearest = step_kind_nearest(kind_name);
    char list[200] = "";
    size_t at = 0;
    for (size_t i = 0; step_kind_at(i) != NULL; i++)
      at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i > 0 ? ", " : "", step_kind_at(i)->name);
    reading->status = report(reading->err, COPSE_ERR_FORMAT, "%s:%d: unknown step \"%s\" (%s%s%ssteps: %s)",
                             reading->recipe->path, reading->line, show(kind_name, length).text,
                             nearest != NULL ? "did you mean \"" : "", nearest != NULL ? nearest : "",
                             nearest != NULL ? "\"? " : "", list);
    return;
  }
  reading->step = recipe_add_step(reading->recipe, kind, table, reading->line);
  if (reading->step == NULL)
    reading->status = report_memory(reading->err, "the recipe", reading->recipe->path);
}

/* inih's handler: a key again is the next line of the same option. */
static int take(void *user, const char *section, const char *name, const char *value) {
  struct reading *reading = user;
  if (reading->status != COPSE_OK) return 1;
  if (strcmp(name, section_key) == 0) {
    if (value[0] != '\0') /* to inih, of the key that stands for the section */
      refuse(
          reading, reading->line,
          "a line that begins with a blank goes on with an option, and there is none yet (write it without)");
    else
      begin_step(reading, section);
    return 1;
  }
  if (reading->step == NULL) {
    refuse(reading, reading->line, "an option before the first step (a recipe begins with [load])");
    return 1;
  }
  const char *line = reading->at; /* behind the line that inih has */
  do line--;
  while (line[-1] != '\n' && line[-1] != '\0');
  bool goes_on = reading->name != NULL && (*line == ' ' || *line == '\t');
  if (goes_on) {
    copse_text_append(&reading->value, "\n", 1);
  } else {
    finish_option(reading);
    reading->name = pool_text(&reading->recipe->texts, name, strlen(name));
    reading->option_line = reading->line;
    if (reading->name == NULL)
      reading->status = report_memory(reading->err, "the recipe", reading->recipe->path);
    if (strlen(name) > MOST_NAME) refuse(reading, reading->line, "the option's name is longer than 48 bytes");
  }
  copse_text_append(&reading->value, value, strlen(value));
  return 1;
}

/* Where a comment behind a value begins: a '#' or ';' behind a blank, outside of double quotes. *hidden: inih
 * would find one inside of them. */
static size_t comment_at(const char *line, size_t length, bool *hidden) {
  bool quoted = false;
  *hidden = false;
  for (size_t i = 0; i < length; i++) {
    bool sign = i > 0 && (line[i] == ';' || line[i] == '#') && (line[i - 1] == ' ' || line[i - 1] == '\t');
    if (line[i] == '"') quoted = !quoted;
    if (sign && !quoted) return i;
    if (sign && line[i] == ';') *hidden = true;
  }
  return length;
}

/* inih's fgets. */
static char *next_line(char *out, int capacity, void *user) {
  struct reading *reading = user;
  if (reading->section) {
    reading->section = false;
    snprintf(out, (size_t)capacity, "%s=\n", section_key);
    return out;
  }
  if (reading->at >= reading->end || reading->status != COPSE_OK) return NULL;
  const char *stop = memchr(reading->at, '\n', (size_t)(reading->end - reading->at));
  size_t length = (size_t)(stop - reading->at) + 1;
  reading->line++;
  if (length > MOST_LINE || (int)length + 1 > capacity) {
    refuse(reading, reading->line,
           "the line is longer than 195 bytes (go on in the next line, which begins with a blank)");
    return NULL;
  }
  memcpy(out, reading->at, length);
  out[length] = '\0';
  reading->section = out[0] == '[';
  if (reading->section && memchr(out, ']', length) == NULL)
    refuse(reading, reading->line, "expected ] at the end of [STEP TABLE]");
  bool hidden, comment = out[strspn(out, " \t")] == '#' || out[strspn(out, " \t")] == ';';
  size_t kept = comment ? length : comment_at(out, length, &hidden);
  if (!comment && hidden)
    refuse(reading, reading->line,
           "a \";\" behind a blank begins a comment, in quotes too (write it without)");
  if (kept < length) memcpy(out + kept, "\n", 2);
  reading->at += length;
  return out;
}

/* The line of the file where inih, which counts ours too, found its first error. */
static int file_line(const char *text, const char *end, int inih_line) {
  int line = 0;
  for (const char *p = text; p < end && inih_line > 0;
       p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1) {
    line++;
    inih_line -= *p == '[' ? 2 : 1;
  }
  return line;
}

copse_status copse_recipe_read(copse_context *ctx, const char *path, const char *maps, copse_recipe **out,
                               copse_error *err) {
  copse_text text = {.ctx = ctx};
  *out = NULL;
  copse_recipe *recipe = NULL;
  copse_status status = recipe_file_read(path, &text, err);
  if (status != COPSE_OK) goto done;
  recipe = recipe_create(ctx, path, maps);
  if (recipe == NULL) {
    status = report_memory(err, "the recipe", path);
    goto done;
  }
  struct reading reading = {
      .recipe = recipe, .at = text.data + 1, .end = text.data + text.length, .value.ctx = ctx, .err = err};
  int bad = ini_parse_stream(next_line, &reading, take, &reading);
  finish_step(&reading);
  copse_text_release(&reading.value);
  status = reading.status;
  if (status == COPSE_OK && bad != 0)
    status =
        report(err, COPSE_ERR_FORMAT, "%s:%d: expected [STEP TABLE], option = value, or a comment (# or ;)",
               path, file_line(text.data + 1, text.data + text.length, bad));
  if (status == COPSE_OK) status = recipe_check(recipe, err);
done:
  copse_text_release(&text);
  if (status == COPSE_OK)
    *out = recipe;
  else
    copse_recipe_free(recipe);
  return status;
}
