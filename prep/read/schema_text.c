/* schema_text.c - a schema as text: one fact per line, `word argument`, percent-encoded where a byte could
 * disturb.
 *
 *   copse-frame 1            version; another number is refused
 *   format csv|libsvm
 *   separator 44             byte value
 *   named 0|1
 *   base 0|1
 *   missing LIST             declared tokens
 *   label number|zero_one|minus_one|text|whole [CLASSES]
 *   class TEXT               two or more of them after `label text`, ascending
 *   column ROLE [NAME]       in file order: ignore label weight group number codes text; no NAME: the default
 *   labels N N ...           with several label columns: in the order of outputs; after the columns
 *   level TEXT               after `column text`, ascending
 *   code NUMBER              after `column codes`, ascending
 *   end
 */
#include <stdlib.h>
#include <string.h>

#include "read/report.h"
#include "read/schema.h"

static const char *const role_words[N_ROLES] = {"ignore", "label", "weight", "group",
                                                "number", "codes", "text"};
static const char *const label_words[N_LABEL_CODINGS] = {"number", "zero_one", "minus_one", "text", "whole"};

/* ---- writing ---- */

static void append_encoded(copse_text *out, const char *text, size_t length) {
  static const char hex[] = "0123456789ABCDEF";
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c > 0x20 && c != '%' && c != 0x7F) {
      copse_text_append(out, text + i, 1);
    } else {
      char code[3] = {'%', hex[c >> 4], hex[c & 15]};
      copse_text_append(out, code, 3);
    }
  }
}

static void append_fact(copse_text *out, const char *word, const char *text, size_t length) {
  copse_text_appendf(out, "%s ", word);
  append_encoded(out, text, length);
  copse_text_append(out, "\n", 1);
}

static void append_column(copse_text *out, const copse_frame_schema *schema,
                          const struct schema_column *column) {
  copse_text_appendf(out, "column %s", role_words[column->role]);
  if (schema->named && column->name[0] != '\0') {
    copse_text_append(out, " ", 1);
    append_encoded(out, column->name, strlen(column->name));
  }
  copse_text_append(out, "\n", 1);
  if (!role_is_feature(column->role)) return;
  const struct dictionary *levels = &schema->levels[column->feature];
  for (uint32_t i = 0; i < levels->n; i++)
    append_fact(out, "level", levels->levels[i].text, levels->levels[i].length);
  const struct code_set *set = &schema->code_sets[column->feature];
  for (uint32_t i = 0; i < set->n; i++) copse_text_appendf(out, "code %d\n", set->codes[i]);
}

copse_status copse_frame_schema_write(const copse_frame_schema *schema, copse_text *out, copse_error *err) {
  copse_text_appendf(out, "copse-frame 1\nformat %s\nseparator %d\nnamed %d\nbase %d\n",
                     schema->format == COPSE_FORMAT_LIBSVM ? "libsvm" : "csv",
                     (unsigned char)schema->separator, schema->named, schema->base);
  append_fact(out, "missing", schema->missing, strlen(schema->missing));
  copse_text_appendf(out, "label %s", label_words[schema->label.coding]);
  if (schema->label.coding == LABEL_WHOLE) copse_text_appendf(out, " %u", schema->label.n_classes);
  copse_text_append(out, "\n", 1);
  for (uint32_t i = 0; i < schema->classes.n; i++)
    append_fact(out, "class", schema->classes.levels[i].text, schema->classes.levels[i].length);
  for (uint32_t i = 0; i < schema->n_columns; i++) append_column(out, schema, &schema->columns[i]);
  if (schema->n_labels > 1) {
    copse_text_appendf(out, "labels");
    for (uint32_t k = 0; k < schema->n_labels; k++) copse_text_appendf(out, " %u", schema->labels[k]);
    copse_text_append(out, "\n", 1);
  }
  copse_text_append(out, "end\n", 4);
  return out->failed ? report_memory(err, "its text", "schema") : COPSE_OK;
}

/* ---- parsing ---- */

/* Dictionaries and code sets are filled after frame_schema_finish, so they wait here, column by column. */
enum { CLASS_LINES = -1 };
struct level_line {
  int64_t column;    /* or CLASS_LINES */
  size_t at, length; /* in `texts` */
};

struct schema_parser {
  copse_context *ctx;
  const char *place;
  const char *p, *end;
  size_t line;
  copse_frame_schema *schema;
  copse_text texts; /* decoded levels, one after another */
  struct level_line *levels;
  size_t n_levels, capacity;
  char *decoded; /* the argument of the line */
  size_t n_decoded;
  bool labels_ordered;
};

static copse_status bad_line(const struct schema_parser *s, const char *why, copse_error *err) {
  return report(err, COPSE_ERR_FORMAT, "%s:%zu: %s (the schema is damaged; train the model again)", s->place,
                s->line, why);
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decodes [text, text + length) into s->decoded; false for a broken code or an encoded NUL. */
static bool decode(struct schema_parser *s, const char *text, size_t length) {
  size_t n = 0;
  for (size_t i = 0; i < length; i++) {
    char c = text[i];
    if (c == '%') {
      if (length - i < 3) return false;
      int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return false;
      c = (char)(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return false;
    s->decoded[n++] = c;
  }
  s->decoded[n] = '\0';
  s->n_decoded = n;
  return true;
}

/* The next line as word and argument; the argument is not decoded. False at the end of the text. */
static bool next_line(struct schema_parser *s, const char **word, size_t *word_length, const char **argument,
                      size_t *argument_length) {
  if (s->p >= s->end) return false;
  const char *stop = memchr(s->p, '\n', (size_t)(s->end - s->p));
  const char *line_end = stop != NULL ? stop : s->end;
  size_t length = (size_t)(line_end - s->p);
  if (length > 0 && s->p[length - 1] == '\r') length--;
  const char *blank = memchr(s->p, ' ', length);
  *word = s->p;
  *word_length = blank != NULL ? (size_t)(blank - s->p) : length;
  *argument = blank != NULL ? blank + 1 : s->p + length;
  *argument_length = (size_t)(s->p + length - *argument);
  s->p = line_end + (stop != NULL);
  s->line++;
  return true;
}

static bool is(const char *word, size_t length, const char *expected) {
  return strlen(expected) == length && memcmp(word, expected, length) == 0;
}

static int find_word(const char *const *words, int n, const char *text, size_t length) {
  for (int i = 0; i < n; i++)
    if (is(text, length, words[i])) return i;
  return -1;
}

static bool whole_number(const char *text, size_t length, int64_t max, int64_t *value) {
  *value = 0;
  if (length == 0 || length > 10) return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    *value = *value * 10 + (text[i] - '0');
  }
  return *value <= max;
}

static copse_status take_column(struct schema_parser *s, const char *text, size_t length, copse_error *err) {
  const char *blank = memchr(text, ' ', length);
  size_t role_length = blank != NULL ? (size_t)(blank - text) : length;
  int role = find_word(role_words, N_ROLES, text, role_length);
  if (role < 0) return bad_line(s, "unknown role of a column", err);
  const char *name = text + role_length + (blank != NULL);
  if (!decode(s, name, (size_t)(text + length - name))) return bad_line(s, "broken %-code in a name", err);
  if (s->schema->n_columns == INT32_MAX) return bad_line(s, "too many columns", err);
  if (!frame_schema_add_column(s->schema, (enum column_role)role, s->decoded, s->n_decoded))
    return report_memory(err, "its columns", s->place);
  return COPSE_OK;
}

/* The columns of all labels, each once. */
static copse_status take_labels(struct schema_parser *s, const char *text, size_t length, copse_error *err) {
  copse_frame_schema *schema = s->schema;
  uint32_t *columns = copse_alloc(s->ctx, (size_t)schema->n_labels + 1, sizeof *columns), n = 0;
  bool good = true;
  if (columns == NULL) return report_memory(err, "its labels", s->place);
  while (good && length > 0) {
    const char *blank = memchr(text, ' ', length);
    size_t digits = blank != NULL ? (size_t)(blank - text) : length, step = digits + (blank != NULL);
    int64_t column;
    good = n < schema->n_labels && whole_number(text, digits, INT32_MAX, &column);
    if (good) columns[n++] = (uint32_t)column;
    text += step;
    length -= step;
  }
  good = good && n > 1 && frame_schema_order_labels(schema, columns, n);
  copse_free(columns);
  s->labels_ordered = true;
  return good ? COPSE_OK : bad_line(s, "labels that are not the label columns", err);
}

static copse_status keep_level(struct schema_parser *s, int64_t column, const char *text, size_t length,
                               copse_error *err) {
  if (!decode(s, text, length)) return bad_line(s, "broken %-code in a level or class", err);
  if (s->n_levels == s->capacity) {
    size_t capacity = s->capacity == 0 ? 256 : s->capacity * 2;
    struct level_line *levels = copse_resize(s->ctx, s->levels, capacity, sizeof *levels);
    if (levels == NULL) return report_memory(err, "its levels", s->place);
    s->levels = levels;
    s->capacity = capacity;
  }
  s->levels[s->n_levels++] = (struct level_line){column, s->texts.length, s->n_decoded};
  copse_text_append(&s->texts, s->decoded, s->n_decoded);
  copse_text_append(&s->texts, "", 1);
  return s->texts.failed ? report_memory(err, "its levels", s->place) : COPSE_OK;
}

/* A level or code belongs to the last column, whose role must allow it. */
static copse_status take_level(struct schema_parser *s, enum column_role role, const char *text,
                               size_t length, copse_error *err) {
  const copse_frame_schema *schema = s->schema;
  int64_t code;
  if (schema->n_columns == 0 || schema->columns[schema->n_columns - 1].role != role)
    return bad_line(s, "a level or code without its column", err);
  if (role == ROLE_CODES && !whole_number(text, length, INT32_MAX, &code))
    return bad_line(s, "a code that is no whole number", err);
  return keep_level(s, (int64_t)schema->n_columns - 1, text, length, err);
}

/* `whole 5`, or one word. */
static copse_status take_label(struct schema_parser *s, const char *text, size_t length, copse_error *err) {
  const char *blank = memchr(text, ' ', length);
  size_t word_length = blank != NULL ? (size_t)(blank - text) : length;
  int coding = find_word(label_words, N_LABEL_CODINGS, text, word_length);
  int64_t n_classes = 0;
  if (coding < 0) return bad_line(s, "unknown kind of label", err);
  bool good = blank == NULL;
  if (coding == LABEL_WHOLE)
    good = blank != NULL && whole_number(blank + 1, length - word_length - 1, MAX_CLASSES, &n_classes) &&
           n_classes > 1;
  if (!good) return bad_line(s, "a number of classes that does not fit the kind of label", err);
  struct label_form form = {(enum label_coding)coding, (uint32_t)n_classes};
  return frame_schema_set_label(s->schema, form) ? COPSE_OK : report_memory(err, "its classes", s->place);
}

static copse_status take_fact(struct schema_parser *s, const char *word, size_t word_length, const char *text,
                              size_t length, copse_error *err) {
  static const char *const formats[] = {"csv", "libsvm"};
  copse_frame_schema *schema = s->schema;
  int64_t number;
  if (is(word, word_length, "column")) return take_column(s, text, length, err);
  if (is(word, word_length, "level")) return take_level(s, ROLE_TEXT, text, length, err);
  if (is(word, word_length, "code")) return take_level(s, ROLE_CODES, text, length, err);
  if (is(word, word_length, "missing")) {
    if (!decode(s, text, length)) return bad_line(s, "broken %-code in the missing tokens", err);
    return frame_schema_set_missing(schema, s->decoded) ? COPSE_OK
                                                        : report_memory(err, "its tokens", s->place);
  }
  if (is(word, word_length, "labels")) return take_labels(s, text, length, err);
  if (is(word, word_length, "label")) return take_label(s, text, length, err);
  if (is(word, word_length, "class")) return keep_level(s, CLASS_LINES, text, length, err);
  if (is(word, word_length, "format")) {
    int format = find_word(formats, 2, text, length);
    if (format < 0) return bad_line(s, "unknown format", err);
    schema->format = format == 0 ? COPSE_FORMAT_CSV : COPSE_FORMAT_LIBSVM;
    return COPSE_OK;
  }
  int64_t max = is(word, word_length, "separator") ? 255 : 1;
  if (!whole_number(text, length, max, &number))
    return bad_line(s, "unknown fact, or a number out of range", err);
  if (max == 255)
    schema->separator = (char)number;
  else if (is(word, word_length, "named"))
    schema->named = number != 0;
  else if (is(word, word_length, "base"))
    schema->base = (int)number;
  else
    return bad_line(s, "unknown fact", err);
  return COPSE_OK;
}

/* Hands the waiting levels to their features, the classes to the label. */
static copse_status place_levels(struct schema_parser *s, copse_error *err) {
  copse_frame_schema *schema = s->schema;
  for (size_t i = 0; i < s->n_levels;) {
    bool classes = s->levels[i].column == CLASS_LINES;
    const struct schema_column *column = classes ? NULL : &schema->columns[s->levels[i].column];
    size_t first = i;
    while (i < s->n_levels && s->levels[i].column == s->levels[first].column) i++;
    size_t n = i - first;
    if (n > INT32_MAX) return bad_line(s, "too many levels", err);
    if (classes || column->role == ROLE_TEXT) {
      struct dictionary *levels = classes ? &schema->classes : &schema->levels[column->feature];
      if (levels->n > 0) return bad_line(s, "classes that do not stand together", err);
      for (size_t k = first; k < i; k++)
        if (dictionary_add(levels, s->texts.data + s->levels[k].at, s->levels[k].length) < 0)
          return report_memory(err, "its levels", s->place);
      if (levels->n != n) return bad_line(s, "a level twice", err);
      if (!dictionary_seal(levels, NULL)) return report_memory(err, "its levels", s->place);
    } else {
      struct code_set *set = &schema->code_sets[column->feature];
      set->codes = copse_alloc(s->ctx, n, sizeof *set->codes);
      if (set->codes == NULL) return report_memory(err, "its codes", s->place);
      for (size_t k = first; k < i; k++) {
        int32_t code = (int32_t)strtol(s->texts.data + s->levels[k].at, NULL, 10);
        if (set->n > 0 && set->codes[set->n - 1] >= code) return bad_line(s, "codes that do not ascend", err);
        set->codes[set->n++] = code;
      }
    }
  }
  return COPSE_OK;
}

static copse_status parse_all(struct schema_parser *s, copse_error *err) {
  const char *word, *argument;
  size_t word_length, argument_length;
  if (!next_line(s, &word, &word_length, &argument, &argument_length) ||
      !is(word, word_length, "copse-frame"))
    return report(err, COPSE_ERR_FORMAT,
                  "%s: not a schema of columns: it does not start with \"copse-frame 1\"", s->place);
  if (!is(argument, argument_length, "1"))
    return report(err, COPSE_ERR_UNSUPPORTED,
                  "%s: the schema has version \"%s\", this program reads version 1 (update it)", s->place,
                  show(argument, argument_length).text);
  for (;;) {
    if (!next_line(s, &word, &word_length, &argument, &argument_length))
      return bad_line(s, "the text ends before \"end\"", err);
    if (is(word, word_length, "end")) break;
    copse_status status = take_fact(s, word, word_length, argument, argument_length, err);
    if (status != COPSE_OK) return status;
  }
  if (s->schema->n_labels > 1 && !s->labels_ordered) return bad_line(s, "a second label column", err);
  if (s->schema->n_labels > 1 && s->schema->label.coding != LABEL_NUMBER)
    return bad_line(s, "several labels that are no numbers", err);
  if (!frame_schema_finish(s->schema)) return report_memory(err, "its columns", s->place);
  if (s->schema->n_features == 0) return bad_line(s, "no feature", err);
  copse_status status = place_levels(s, err);
  uint32_t n_classes = s->schema->classes.n;
  if (status == COPSE_OK && (s->schema->label.coding == LABEL_TEXT ? n_classes < 2 : n_classes > 0))
    return bad_line(s, "the classes do not fit the kind of label", err);
  return status;
}

copse_status copse_frame_schema_parse(copse_context *ctx, const char *text, size_t length, const char *place,
                                      copse_frame_schema **out, copse_error *err) {
  *out = NULL;
  struct schema_parser s = {.ctx = ctx, .place = place, .p = text, .end = text + length, .texts.ctx = ctx};
  s.schema = frame_schema_create(ctx);
  s.decoded = copse_alloc(ctx, length + 1, 1);
  copse_status status =
      s.schema == NULL || s.decoded == NULL ? report_memory(err, "the schema", place) : parse_all(&s, err);
  if (status == COPSE_OK)
    *out = s.schema;
  else
    copse_frame_schema_free(s.schema);
  copse_text_release(&s.texts);
  copse_free(s.levels);
  copse_free(s.decoded);
  return status;
}
