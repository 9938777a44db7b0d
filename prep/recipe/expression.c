/* expression.c - see expression.h: recursive descent into a list of nodes. */
#include "recipe/expression.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "read/report.h"

enum { MOST_NODES = 512, MOST_DEPTH = 64 };

enum operation {
  OP_NUMBER,
  OP_COLUMN,
  OP_TEXT_COLUMN,
  OP_TEXT,
  OP_ABSENT, /* a column that may be missing, and is: a missing number or text */
  OP_OR,
  OP_AND,
  OP_NOT,
  OP_EQUAL,
  OP_DIFFERENT,
  OP_LESS,
  OP_AT_MOST,
  OP_MORE,
  OP_AT_LEAST,
  OP_ADD,
  OP_SUBTRACT,
  OP_MULTIPLY,
  OP_DIVIDE,
  OP_NEGATE,
  OP_ABS,
  OP_LOG,
  OP_LOG1P,
  OP_EXP,
  OP_SQRT,
  OP_FLOOR,
  OP_MIN,
  OP_MAX,
  OP_MISSING
};

struct expression_node {
  enum operation operation;
  uint32_t left, right, column;
  double number;
  struct row_cell text;
};

struct parser {
  struct step *step;
  const char *option, *text, *at;
  const struct shape *in;
  struct expression *out;
  int depth;
  copse_status status;
  copse_error *err;
};

static uint32_t parse_or(struct parser *parser);
static uint32_t parse_sum(struct parser *parser);

static uint32_t refuse(struct parser *parser, const char *expected) {
  if (parser->status == COPSE_OK)
    parser->status =
        step_fail(parser->step, COPSE_ERR_FORMAT, parser->err, "%s: at \"%s\": expected %s", parser->option,
                  *parser->at != '\0' ? show(parser->at, strlen(parser->at)).text : "the end", expected);
  return 0;
}

static uint32_t add_node(struct parser *parser, struct expression_node node) {
  struct expression *out = parser->out;
  if (parser->status != COPSE_OK) return 0;
  if (out->n == MOST_NODES) return refuse(parser, "a shorter expression (at most 512 terms)");
  out->nodes[out->n] = node;
  return out->n++;
}

static bool is_text(const struct parser *parser, uint32_t node) {
  enum operation operation = parser->out->nodes[node].operation;
  return operation == OP_TEXT || operation == OP_TEXT_COLUMN;
}

static bool is_absent(const struct parser *parser, uint32_t node) {
  return parser->out->nodes[node].operation == OP_ABSENT;
}

static uint32_t combine(struct parser *parser, enum operation operation, uint32_t left, uint32_t right) {
  if (parser->status != COPSE_OK) return 0;
  bool compares = operation >= OP_EQUAL && operation <= OP_AT_LEAST;
  if (compares && (is_absent(parser, left) || is_absent(parser, right)))
    return add_node(parser, (struct expression_node){.operation = OP_ABSENT});
  bool texts =
      is_text(parser, left) && is_text(parser, right) && (operation == OP_EQUAL || operation == OP_DIFFERENT);
  if (!texts && (is_text(parser, left) || is_text(parser, right)))
    return refuse(parser, "numbers on both sides, or texts on both sides of = or != (city = 'Pune')");
  return add_node(parser, (struct expression_node){.operation = operation, .left = left, .right = right});
}

static void skip_blanks(struct parser *parser) {
  while (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\n') parser->at++;
}

static bool is_name_char(char c) {
  return isalnum((unsigned char)c) || c == '_' || c == '.' || (c & 0x80) != 0;
}

/* Takes a word or a sign when it comes next. */
static bool take(struct parser *parser, const char *word) {
  size_t length = strlen(word);
  skip_blanks(parser);
  if (strncmp(parser->at, word, length) != 0) return false;
  if (is_name_char(word[0]) && is_name_char(parser->at[length])) return false;
  parser->at += length;
  return true;
}

static uint32_t column_node(struct parser *parser, const char *name) {
  int64_t column;
  bool maybe = *parser->at == '?';
  if (maybe) parser->at++;
  copse_status status = step_column(parser->step, parser->in, name, maybe, &column, parser->err);
  if (status != COPSE_OK) {
    parser->status = status;
    return 0;
  }
  if (column < 0) return add_node(parser, (struct expression_node){.operation = OP_ABSENT});
  bool text = parser->in->columns[column].type == VALUE_TEXT;
  return add_node(parser, (struct expression_node){.operation = text ? OP_TEXT_COLUMN : OP_COLUMN,
                                                   .column = (uint32_t)column});
}

static uint32_t text_node(struct parser *parser, const char *text) {
  return add_node(parser,
                  (struct expression_node){.operation = OP_TEXT, .text = cell_of_text(text, strlen(text))});
}

/* A copy in the step's memory, NULL with the status set. */
static char *copy_text(struct parser *parser, const char *text, size_t length) {
  char *copy = pool_text(&parser->step->memory, text, length);
  if (copy == NULL && parser->status == COPSE_OK)
    parser->status = step_fail_memory(parser->step, parser->err);
  return copy;
}

/* What stands in the quotes that come next, doubled ones made one; *end: behind them. NULL with the status
 * set. */
static char *take_quoted(struct parser *parser, const char **end) {
  char quote = *parser->at;
  const char *p = parser->at + 1;
  while (*p != '\0' && !(*p == quote && p[1] != quote)) p += *p == quote ? 2 : 1;
  if (*p == '\0') {
    refuse(parser, "a closing quote");
    return NULL;
  }
  char *copy = copy_text(parser, parser->at + 1, (size_t)(p - parser->at - 1)), *to = copy;
  for (const char *from = copy; copy != NULL && *from != '\0'; from += *from == quote ? 2 : 1) *to++ = *from;
  if (copy != NULL) *to = '\0';
  *end = p + 1;
  return copy;
}

/* Something in quotes of the kind that comes next. */
static uint32_t quoted(struct parser *parser) {
  char quote = *parser->at;
  char *text = take_quoted(parser, &parser->at);
  if (text == NULL) return 0;
  return quote == '"' ? column_node(parser, text) : text_node(parser, text);
}

/* What a text column is compared with: people write city = "Pune" too. Double quotes are a column's where
 * there is one of that name, and it is told where there is none: a misspelt column must not become a text in
 * silence. What it was in fitting it stays: rows to be scored may have other columns. */
static uint32_t parse_compared(struct parser *parser) {
  const char *end;
  skip_blanks(parser);
  if (*parser->at != '"') return parse_sum(parser);
  char *text = take_quoted(parser, &end);
  if (text == NULL) return 0;
  if (*end == '?') return parse_sum(parser);
  const char *known = pairs_second(&parser->step->learnt, text), *found = known;
  if (known == NULL) found = shape_find(parser->in, text) >= 0 ? "column" : "text";
  if (known == NULL && !pairs_add(&parser->step->learnt, text, strlen(text), found, strlen(found)))
    parser->status = step_fail_memory(parser->step, parser->err);
  if (parser->status != COPSE_OK) return 0;
  if (strcmp(found, "column") == 0) return parse_sum(parser);
  struct shown shown = show(text, strlen(text));
  if (known == NULL)
    step_note(parser->step, "%s: \"%s\" is no column: read as the text '%s'", parser->option, shown.text,
              shown.text);
  parser->at = end;
  return text_node(parser, text);
}

static uint32_t parse_function(struct parser *parser, enum operation operation) {
  if (!take(parser, "(")) return refuse(parser, "(");
  uint32_t left = parse_or(parser), right = 0;
  if (operation == OP_MIN || operation == OP_MAX) {
    if (!take(parser, ",")) return refuse(parser, ", and a second number");
    right = parse_or(parser);
  }
  if (parser->status == COPSE_OK && !take(parser, ")")) return refuse(parser, ")");
  if (parser->status != COPSE_OK) return 0;
  if (operation != OP_MISSING && (is_text(parser, left) || (right > 0 && is_text(parser, right))))
    return refuse(parser, "a number in the brackets before");
  return add_node(parser, (struct expression_node){.operation = operation, .left = left, .right = right});
}

static uint32_t parse_primary(struct parser *parser) {
  static const struct {
    const char *name;
    enum operation operation;
  } functions[] = {{"abs", OP_ABS}, {"log", OP_LOG},   {"log1p", OP_LOG1P},
                   {"exp", OP_EXP}, {"sqrt", OP_SQRT}, {"floor", OP_FLOOR},
                   {"min", OP_MIN}, {"max", OP_MAX},   {"missing", OP_MISSING}};
  skip_blanks(parser);
  if (parser->status != COPSE_OK) return 0;
  if (take(parser, "(")) {
    uint32_t node = parse_or(parser);
    if (parser->status == COPSE_OK && !take(parser, ")")) return refuse(parser, ")");
    return node;
  }
  if (*parser->at == '"' || *parser->at == '\'') return quoted(parser);
  const char *begin = parser->at;
  if (*begin == '.' || isdigit((unsigned char)*begin)) {
    double number;
    size_t used = copse_parse_double(begin, strlen(begin), &number);
    if (used > 0 && !is_name_char(begin[used])) {
      parser->at += used;
      return add_node(parser, (struct expression_node){.operation = OP_NUMBER, .number = number});
    }
  }
  while (is_name_char(*parser->at)) parser->at++;
  size_t length = (size_t)(parser->at - begin);
  if (length == 0) return refuse(parser, "a number, a column, a 'text' or (");
  skip_blanks(parser);
  for (size_t i = 0; *parser->at == '(' && i < sizeof functions / sizeof functions[0]; i++)
    if (strlen(functions[i].name) == length && strncmp(functions[i].name, begin, length) == 0)
      return parse_function(parser, functions[i].operation);
  char *name = copy_text(parser, begin, length);
  return name != NULL ? column_node(parser, name) : 0;
}

static uint32_t parse_unary(struct parser *parser) {
  if (!take(parser, "-")) return parse_primary(parser);
  if (++parser->depth > MOST_DEPTH) return refuse(parser, "a flatter expression");
  uint32_t node = parse_unary(parser);
  parser->depth--;
  return combine(parser, OP_NEGATE, node, node);
}

static uint32_t parse_product(struct parser *parser) {
  uint32_t node = parse_unary(parser);
  while (parser->status == COPSE_OK) {
    if (take(parser, "*"))
      node = combine(parser, OP_MULTIPLY, node, parse_unary(parser));
    else if (take(parser, "/"))
      node = combine(parser, OP_DIVIDE, node, parse_unary(parser));
    else
      break;
  }
  return node;
}

static uint32_t parse_sum(struct parser *parser) {
  uint32_t node = parse_product(parser);
  while (parser->status == COPSE_OK) {
    if (take(parser, "+"))
      node = combine(parser, OP_ADD, node, parse_product(parser));
    else if (take(parser, "-"))
      node = combine(parser, OP_SUBTRACT, node, parse_product(parser));
    else
      break;
  }
  return node;
}

static uint32_t parse_comparison(struct parser *parser) {
  static const struct {
    const char *sign;
    enum operation operation;
  } signs[] = {{"!=", OP_DIFFERENT}, {"<=", OP_AT_MOST}, {">=", OP_AT_LEAST}, {"==", OP_EQUAL},
               {"=", OP_EQUAL},      {"<", OP_LESS},     {">", OP_MORE}};
  uint32_t node = parse_sum(parser);
  for (size_t i = 0; i < sizeof signs / sizeof signs[0] && parser->status == COPSE_OK; i++) {
    if (!take(parser, signs[i].sign)) continue;
    enum operation operation = signs[i].operation, left = parser->out->nodes[node].operation;
    bool texts =
        (operation == OP_EQUAL || operation == OP_DIFFERENT) && (left == OP_TEXT_COLUMN || left == OP_ABSENT);
    return combine(parser, operation, node, texts ? parse_compared(parser) : parse_sum(parser));
  }
  return node;
}

static uint32_t parse_not(struct parser *parser) {
  if (!take(parser, "not")) return parse_comparison(parser);
  if (++parser->depth > MOST_DEPTH) return refuse(parser, "a flatter expression");
  uint32_t node = parse_not(parser);
  parser->depth--;
  return combine(parser, OP_NOT, node, node);
}

static uint32_t parse_and(struct parser *parser) {
  uint32_t node = parse_not(parser);
  while (parser->status == COPSE_OK && take(parser, "and"))
    node = combine(parser, OP_AND, node, parse_not(parser));
  return node;
}

static uint32_t parse_or(struct parser *parser) {
  if (++parser->depth > MOST_DEPTH) return refuse(parser, "a flatter expression");
  uint32_t node = parse_and(parser);
  while (parser->status == COPSE_OK && take(parser, "or"))
    node = combine(parser, OP_OR, node, parse_and(parser));
  parser->depth--;
  return node;
}

copse_status expression_parse(struct step *step, const char *option, const struct shape *in,
                              struct expression *out, copse_error *err) {
  const char *text = step_option(step, option)->text;
  *out = (struct expression){.nodes = pool_alloc(&step->memory, MOST_NODES, sizeof *out->nodes)};
  if (out->nodes == NULL) return step_fail_memory(step, err);
  struct parser parser = {
      .step = step, .option = option, .text = text, .at = text, .in = in, .out = out, .err = err};
  out->root = parse_or(&parser);
  skip_blanks(&parser);
  if (parser.status == COPSE_OK && *parser.at != '\0') refuse(&parser, "the end, or an operator");
  if (parser.status == COPSE_OK && is_text(&parser, out->root)) refuse(&parser, "a number, not a text");
  return parser.status;
}

/* ---- values ---- */

static struct row_cell text_of(const struct expression *expression, uint32_t at, const struct block *block,
                               size_t row) {
  const struct expression_node *node = &expression->nodes[at];
  return node->operation == OP_TEXT ? node->text : block->columns[node->column].texts[row];
}

static double compare_texts(const struct expression *expression, const struct expression_node *node,
                            const struct block *block, size_t row) {
  struct row_cell a = text_of(expression, node->left, block, row);
  struct row_cell b = text_of(expression, node->right, block, row);
  if (a.null || b.null) return (double)NAN;
  bool equal = a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
  return equal == (node->operation == OP_EQUAL);
}

static bool is_text_node(const struct expression *expression, uint32_t at) {
  return expression->nodes[at].operation == OP_TEXT || expression->nodes[at].operation == OP_TEXT_COLUMN;
}

static double value_of(const struct expression *expression, uint32_t at, const struct block *block,
                       size_t row) {
  const struct expression_node *node = &expression->nodes[at];
  if (node->operation == OP_NUMBER) return node->number;
  if (node->operation == OP_ABSENT) return (double)NAN;
  if (node->operation == OP_COLUMN) return block->columns[node->column].numbers[row];
  if (node->operation == OP_MISSING)
    return is_text_node(expression, node->left) ? text_of(expression, node->left, block, row).null
                                                : isnan(value_of(expression, node->left, block, row));
  if (is_text_node(expression, node->left)) return compare_texts(expression, node, block, row);
  double a = value_of(expression, node->left, block, row);
  /* Conditions: what is missing is false. */
  if (node->operation == OP_OR || node->operation == OP_AND) {
    bool left = !isnan(a) && a != 0, decided = (node->operation == OP_OR) == left;
    if (decided) return left;
    double b = value_of(expression, node->right, block, row);
    return !isnan(b) && b != 0;
  }
  if (node->operation == OP_NOT) return isnan(a) || a == 0;
  if (isnan(a)) return a;
  bool two = (node->operation >= OP_EQUAL && node->operation <= OP_DIVIDE) || node->operation == OP_MIN ||
             node->operation == OP_MAX;
  double b = two ? value_of(expression, node->right, block, row) : 0;
  if (isnan(b)) return b;
  switch (node->operation) {
    case OP_EQUAL: return a == b;
    case OP_DIFFERENT: return a != b;
    case OP_LESS: return a < b;
    case OP_AT_MOST: return a <= b;
    case OP_MORE: return a > b;
    case OP_AT_LEAST: return a >= b;
    case OP_ADD: return a + b;
    case OP_SUBTRACT: return a - b;
    case OP_MULTIPLY: return a * b;
    case OP_DIVIDE: return b == 0 ? (double)NAN : a / b;
    case OP_NEGATE: return -a;
    case OP_ABS: return fabs(a);
    case OP_LOG: return a > 0 ? log(a) : (double)NAN;
    case OP_LOG1P: return a > -1 ? log1p(a) : (double)NAN;
    case OP_EXP: return exp(a);
    case OP_SQRT: return a >= 0 ? sqrt(a) : (double)NAN;
    case OP_FLOOR: return floor(a);
    case OP_MIN: return a < b ? a : b;
    default: return a > b ? a : b; /* OP_MAX */
  }
}

double expression_value(const struct expression *expression, const struct block *block, size_t row) {
  return value_of(expression, expression->root, block, row);
}
