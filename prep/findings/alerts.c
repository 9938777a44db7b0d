/* alerts.c - runs the checks, folds the same finding of many columns into one line, and orders them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings/alert.h"
#include "report/escape.h"

enum { FOLD_FROM = 4, GROUPS_TOLD = 3 };

/* ---- words ---- */

struct short_text share_text(double share) {
  struct short_text out;
  if (isnan(share))
    snprintf(out.text, sizeof out.text, "-");
  else if (share > 0 && share < 0.001)
    snprintf(out.text, sizeof out.text, "< 0.1 %%");
  else if (share < 1 && share > 0.999)
    snprintf(out.text, sizeof out.text, "> 99.9 %%");
  else
    snprintf(out.text, sizeof out.text,
             share == 0 || share == 1 || share * 100 == floor(share * 100) ? "%.0f %%" : "%.1f %%",
             share * 100);
  return out;
}

struct short_text count_text(double n) {
  struct short_text out;
  char digits[32];
  int length = snprintf(digits, sizeof digits, "%.0f", n), at = 0;
  for (int i = 0; i < length && at + 3 < (int)sizeof out.text; i++) {
    if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-') out.text[at++] = ',';
    out.text[at++] = digits[i];
  }
  out.text[at] = '\0';
  return out;
}

struct short_text number_text(double x) {
  struct short_text out;
  if (isnan(x)) {
    snprintf(out.text, sizeof out.text, "-");
  } else if ((x == floor(x) || fabs(x) >= 1e4) && fabs(x) < 1e9) {
    snprintf(out.text, sizeof out.text, "%.0f", x);
  } else {
    copse_format_double_digits(x, 4, out.text, sizeof out.text);
  }
  return out;
}

struct name_text name_in_text(const char *name, size_t length) {
  struct name_text out;
  clean_text(name, length, 40, out.text, sizeof out.text);
  return out;
}

/* Of a file without header, where names tell the numbers of columns. */
static double number_in_name(const copse_profile *p, uint32_t column) {
  static const char made_up[] = "Column_";
  const char *name = p->columns[column].name;
  size_t length = strlen(name), skip = sizeof made_up - 1;
  double number = column;
  if (length > skip && memcmp(name, made_up, skip) == 0)
    (void)copse_parse_double(name + skip, length - skip, &number);
  return number;
}

/* As lists of columns count them: without the label. */
static double column_number(const copse_profile *p, const struct column_facts *c) {
  double number = number_in_name(p, (uint32_t)(c - p->columns));
  if (!p->numbers_skip_target && p->target.kind != TARGET_NONE)
    number -= number_in_name(p, p->target.column) < number;
  return number + p->numbers_from;
}

struct name_text key_in_text(const copse_profile *p, const struct column_facts *c) {
  struct name_text out;
  if (p->named)
    snprintf(out.text, sizeof out.text, "name:%.170s", name_in_text(c->name, strlen(c->name)).text);
  else
    snprintf(out.text, sizeof out.text, "%.0f", column_number(p, c));
  return out;
}

struct name_text value_in_text(const struct facts_value *value) {
  struct name_text out = {"(withheld)"};
  if (!value->withheld) {
    out.text[0] = '"';
    clean_text(value->text, strlen(value->text), 40, out.text + 1, sizeof out.text - 2);
    size_t length = strlen(out.text);
    memcpy(out.text + length, "\"", 2);
  }
  return out;
}

/* ---- the list ---- */

/* A name as an item of a list of columns. */
static void append_item(copse_text *out, const char *name) {
  size_t length = strlen(name);
  bool quoted = strpbrk(name, ",\"") != NULL || length == 0 || name[0] == ' ' || name[length - 1] == ' ';
  if (!quoted) {
    copse_text_append(out, name, length);
    return;
  }
  copse_text_append(out, "\"", 1);
  for (; *name != '\0'; name++) {
    if (*name == '"') copse_text_append(out, "\"", 1);
    copse_text_append(out, name, 1);
  }
  copse_text_append(out, "\"", 1);
}

/* KEY=VALUE of a finding on these columns; NULL: out of memory. */
static char *make_flag(const copse_profile *p, const struct finding *finding, const uint32_t *columns,
                       uint32_t n_columns) {
  copse_text out = {.ctx = p->ctx};
  bool typed = strcmp(finding->flag_key, "type") == 0, listed = finding->flag[0] == '\0';
  copse_text_appendf(&out, "%s=%s%s", finding->flag_key, typed ? "" : finding->flag,
                     listed && p->named ? "name:" : "");
  for (uint32_t i = 0; i < n_columns && (listed || typed); i++) {
    const struct column_facts *c = &p->columns[columns[i]];
    if (i > 0) copse_text_append(&out, ",", 1);
    if (typed)
      copse_text_appendf(&out, "%s:%s", c->name, finding->flag);
    else if (p->named)
      append_item(&out, c->name);
    else
      copse_text_appendf(&out, "%.0f", column_number(p, c));
  }
  copse_text_append(&out, "", 1);
  if (!out.failed) return out.data;
  copse_text_release(&out);
  return NULL;
}

bool alert_append(const copse_profile *p, struct alert_list *list, const char *id,
                  const struct finding *finding, const uint32_t *columns, uint32_t n_columns) {
  copse_context *ctx = p->ctx;
  if (list->n == list->capacity) {
    uint32_t capacity = list->capacity == 0 ? 32 : list->capacity * 2;
    struct alert *alerts = copse_resize(ctx, list->list, capacity, sizeof *alerts);
    if (alerts == NULL) return false;
    list->list = alerts;
    list->capacity = capacity;
  }
  struct alert *alert = &list->list[list->n];
  *alert = (struct alert){.id = id,
                          .level = finding->level,
                          .column = n_columns > 0 ? (int64_t)columns[0] : ALERT_NO_COLUMN,
                          .n_columns = n_columns,
                          .flag_key = finding->flag_key,
                          .n_data = finding->n_data,
                          .effect = finding->effect};
  memcpy(alert->data, finding->data, sizeof alert->data);
  alert->columns = copse_alloc(ctx, n_columns, sizeof *alert->columns);
  if (alert->columns != NULL && finding->flag_key != NULL)
    alert->flag = make_flag(p, finding, columns, n_columns);
  if (alert->columns == NULL || (finding->flag_key != NULL && alert->flag == NULL)) {
    copse_free(alert->columns);
    return false;
  }
  for (uint32_t i = 0; i < n_columns; i++) alert->columns[i] = columns[i];
  memcpy(alert->text, finding->text, sizeof alert->text);
  memcpy(alert->remedy, finding->remedy, sizeof alert->remedy);
  list->n++;
  return true;
}

static void release_alert(struct alert *alert) {
  copse_free(alert->columns);
  copse_free(alert->flag);
}

void alerts_release(struct alert_list *list) {
  for (uint32_t i = 0; i < list->n; i++) release_alert(&list->list[i]);
  copse_free(list->list);
}

static bool add_alert(copse_profile *p, const char *id, const struct finding *finding,
                      const uint32_t *columns, uint32_t n_columns) {
  return alert_append(p, &p->alerts, id, finding, columns, n_columns);
}

static bool listed(const char *list, const char *id) {
  const char *at = strstr(list, id);
  size_t length = strlen(id);
  return at != NULL && (at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0');
}

static bool check_column(copse_profile *p, uint32_t column) {
  char dropped[256] = "";
  for (size_t i = 0; i < n_column_checks; i++) {
    const struct column_check *check = &column_checks[i];
    struct finding finding = {.turn = 0};
    if (listed(dropped, check->id) || !check->find(p, &p->columns[column], &finding)) continue;
    if (!add_alert(p, check->id, &finding, &column, 1)) return false;
    if (check->ends) break;
    size_t at = strlen(dropped);
    snprintf(dropped + at, sizeof dropped - at, " %s", check->drops);
  }
  return true;
}

/* Groups of columns: the first ones by themselves, the others in one line. */
static bool check_groups(copse_profile *p, const struct table_check *check, uint32_t *room) {
  uint32_t n_rest = 0, n_groups = 0;
  struct finding finding = {.turn = 0}, rest = {.turn = 0};
  for (uint32_t n = 0;; finding.turn++, n = 0) {
    if (!check->find(p, &finding, room + n_rest, &n)) break;
    if (finding.turn < GROUPS_TOLD) {
      if (!add_alert(p, check->id, &finding, room, n)) return false;
      continue;
    }
    rest = finding;
    n_rest += n;
    n_groups++;
  }
  if (n_groups < 2) return n_groups == 0 || add_alert(p, check->id, &rest, room, n_rest);
  snprintf(rest.text, sizeof rest.text, "%u columns in %u more groups %s.", n_rest, n_groups, check->groups);
  rest.effect *= 0.9; /* behind them */
  return add_alert(p, check->id, &rest, room, n_rest);
}

static bool check_table(copse_profile *p, uint32_t *room) {
  for (size_t i = 0; i < n_table_checks; i++) {
    const struct table_check *check = &table_checks[i];
    struct finding finding = {.turn = 0};
    uint32_t n = 0;
    if (check->groups != NULL) {
      if (!check_groups(p, check, room)) return false;
    } else if (check->find(p, &finding, room, &n)) {
      if (!add_alert(p, check->id, &finding, room, n)) return false;
    }
  }
  return true;
}

/* The columns with the same finding at the same level become one alert. */
static bool fold(copse_profile *p, const struct column_check *check, copse_alert_level level,
                 uint32_t *room) {
  struct finding finding = {.level = level, .effect = 0};
  uint32_t n = 0, kept = 0;
  bool alike = true; /* one option does it for all of them */
  for (uint32_t i = 0; i < p->alerts.n; i++) {
    const struct alert *alert = &p->alerts.list[i];
    if (alert->id == check->id && alert->level == level) room[n++] = (uint32_t)alert->column;
  }
  if (n < FOLD_FROM) return true;
  for (uint32_t i = 0; i < p->alerts.n; i++) {
    struct alert *alert = &p->alerts.list[i];
    if (alert->id == check->id && alert->level == level) {
      if (alert->effect > finding.effect) finding.effect = alert->effect;
      memcpy(finding.remedy, alert->remedy, sizeof finding.remedy);
      bool columns = alert->flag_key != NULL && (strcmp(alert->flag_key, "ignore_column") == 0 ||
                                                 strcmp(alert->flag_key, "categorical_feature") == 0);
      alike &= columns && (finding.flag_key == NULL || strcmp(finding.flag_key, alert->flag_key) == 0);
      finding.flag_key = alike ? alert->flag_key : NULL;
      release_alert(alert);
    } else {
      p->alerts.list[kept++] = *alert;
    }
  }
  p->alerts.n = kept;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  int length = snprintf(finding.text, sizeof finding.text, check->group, n);
#pragma GCC diagnostic pop
  for (uint32_t i = 0; i < n && i < 6; i++) {
    const char *name = p->columns[room[i]].name;
    length += snprintf(finding.text + length, sizeof finding.text - (size_t)length, "%s`%s`",
                       i == 0 ? " (" : ", ", name_in_text(name, strlen(name)).text);
    if (length > ALERT_TEXT - 200) break;
  }
  snprintf(finding.text + length, sizeof finding.text - (size_t)length, "%s", n > 6 ? " ...)" : ")");
  finding_tell(&finding, "columns", n);
  /* one column's own name does not fit many */
  char *key = strstr(finding.remedy, "ignore_column=");
  if (key == NULL) key = strstr(finding.remedy, "categorical_feature=");
  if (key != NULL) snprintf(strchr(key, '=') + 1, 16, "%s...", p->named ? "name:" : "");
  return add_alert(p, check->id, &finding, room, n);
}

static int compare_alerts(const void *a, const void *b) {
  const struct alert *x = a, *y = b;
  if (x->level != y->level) return x->level > y->level ? -1 : 1;
  if (x->effect != y->effect) return x->effect > y->effect ? -1 : 1;
  if (x->column != y->column) return x->column < y->column ? -1 : 1;
  return strcmp(x->id, y->id);
}

void alerts_sort(struct alert_list *list) {
  if (list->n > 0) qsort(list->list, list->n, sizeof *list->list, compare_alerts);
}

bool alerts_find(copse_profile *p) {
  uint32_t *room = copse_alloc(p->ctx, p->n_columns, sizeof *room);
  bool ok = room != NULL;
  for (uint32_t i = 0; i < p->n_columns && ok; i++) ok = check_column(p, i);
  ok = ok && check_table(p, room);
  for (size_t i = 0; i < n_column_checks && ok; i++) {
    if (column_checks[i].group == NULL) continue;
    for (int level = COPSE_ALERT_NOTE; level <= COPSE_ALERT_CRITICAL && ok; level++)
      ok = fold(p, &column_checks[i], (copse_alert_level)level, room);
  }
  alerts_sort(&p->alerts);
  copse_free(room);
  return ok;
}
