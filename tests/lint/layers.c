/* layers.c - reads the sources and fails on a wrong arrow or a thing outside its single home.
 *
 *   layers ROOT
 *
 * An include may point down, never up or sideways: cli > prep > copse.h > train|predict > model >
 * data|objective|metric > params|kernels > base. datasets includes copse.h only; tests and bench may include
 * what they like. The single homes (OpenMP, the heap, intrinsics, SQLite, zlib, C++) and the calls that a
 * library must not make are the tables below: one row each. Comments and strings do not count.
 * Prints one line per finding, then a note for each file past 500 lines; exits 1 when there was a finding. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

/* Engine rooms and their layers: equal layers are siblings. */
static const struct {
  const char *room;
  int layer;
} engine_rooms[] = {
    {"base", 0},   {"params", 1}, {"kernels", 1}, {"data", 2},    {"objective", 2},
    {"metric", 2}, {"model", 3},  {"train", 4},   {"predict", 4},
};

/* A word (or the start of one, with '*') and the only files in which it may stand: paths with one '*', or ""
 * for nowhere. `scope` names the paths that are looked at. */
struct rule {
  const char *word, *scope, *home, *what;
  bool call; /* counts only before '(' and not as a member */
};
#define LIBRARY "engine/* prep/*"
#define PROGRAMS "engine/examples/*" /* within them: programs of their own, which are no part of it */
static const struct rule rules[] = {
    {"omp_*", "*", "engine/base/parallel.c", "OpenMP", false},
    {"malloc", "*", "engine/base/mem.c", "the heap", true},
    {"calloc", "*", "engine/base/mem.c", "the heap", true},
    {"realloc", "*", "engine/base/mem.c", "the heap", true},
    {"reallocarray", "*", "engine/base/mem.c", "the heap", true},
    {"free", "*", "engine/base/mem.c", "the heap", true},
    {"aligned_alloc", "*", "engine/base/mem.c", "the heap", true},
    {"posix_memalign", "*", "engine/base/mem.c", "the heap", true},
    {"strdup", "*", "engine/base/mem.c", "the heap", true},
    {"strndup", "*", "engine/base/mem.c", "the heap", true},
    {"asprintf", "*", "engine/base/mem.c", "the heap", true},
    {"vasprintf", "*", "engine/base/mem.c", "the heap", true},
    {"getline", "*", "engine/base/mem.c", "the heap", true},
    {"open_memstream", "*", "engine/base/mem.c", "the heap", true},
    {"_mm_*", "*", "engine/kernels/*_avx2.c engine/kernels/*_avx512.c", "an intrinsic", false},
    {"_mm256_*", "*", "engine/kernels/*_avx2.c engine/kernels/*_avx512.c", "an intrinsic", false},
    {"_mm512_*", "*", "engine/kernels/*_avx512.c", "an intrinsic", false},
    {"stdout", LIBRARY, PROGRAMS, "printing", false},
    {"stderr", LIBRARY, PROGRAMS, "printing", false},
    {"printf", LIBRARY, PROGRAMS, "printing", true},
    {"vprintf", LIBRARY, PROGRAMS, "printing", true},
    {"puts", LIBRARY, PROGRAMS, "printing", true},
    {"putchar", LIBRARY, PROGRAMS, "printing", true},
    {"perror", LIBRARY, PROGRAMS, "printing", true},
    {"exit", LIBRARY, PROGRAMS, "ending the process", true},
    {"_exit", LIBRARY, PROGRAMS, "ending the process", true},
    {"_Exit", LIBRARY, PROGRAMS, "ending the process", true},
    {"abort", LIBRARY, PROGRAMS, "ending the process", true},
    {"getenv", LIBRARY, "", "reading the environment", true},
    {"secure_getenv", LIBRARY, "", "reading the environment", true},
    {"strcpy", LIBRARY, "", "an unbounded copy", true},
    {"strcat", LIBRARY, "", "an unbounded copy", true},
    {"sprintf", LIBRARY, "", "an unbounded copy", true},
    {"vsprintf", LIBRARY, "", "an unbounded copy", true},
    {"gets", "*", "", "an unbounded copy", true},
    {"setlocale", "*", "", "changing the locale", true},
    {"strtod", "*", "", "a parser that follows the locale (copse_parse_double)", true},
    {"strtof", "*", "", "a parser that follows the locale (copse_parse_double)", true},
    {"sscanf", "*", "", "a parser that follows the locale (copse_parse_double)", true},
    {"atoi", "*", "", "a parser without errors", true},
    {"atol", "*", "", "a parser without errors", true},
    {"atof", "*", "", "a parser without errors", true},
    {"rand", "*", "", "a global random generator", true},
    {"srand", "*", "", "a global random generator", true},
    {"random", "*", "", "a global random generator", true},
    {"strtok", "*", "", "a function with hidden state", true},
};

/* System headers with a home. */
static const struct {
  const char *header, *home;
} headers[] = {
    {"omp.h", "engine/base/parallel.c"},
    {"immintrin.h", "engine/kernels/*_avx2.c engine/kernels/*_avx512.c"},
    {"x86intrin.h", ""},
    {"emmintrin.h", ""},
    {"arm_neon.h", ""},
    {"sqlite3.h", "prep/store/*"},
    {"zlib.h", "prep/read/*"},
    {"ini.h", "prep/recipe/*"},
    {"jansson.h", "cli/json_file.h"},
};

static int findings;
static const char *root;

static void finding(const char *path, int line, const char *what, const char *name) {
  printf("%s:%d: %s: %s\n", path, line, what, name);
  findings++;
}

/* One '*' in the pattern stands for anything. */
static bool matches_one(const char *pattern, size_t length, const char *text) {
  const char *star = memchr(pattern, '*', length);
  size_t n = strlen(text);
  if (star == NULL) return n == length && memcmp(pattern, text, n) == 0;
  size_t head = (size_t)(star - pattern), tail = length - head - 1;
  return n >= head + tail && memcmp(pattern, text, head) == 0 && memcmp(star + 1, text + n - tail, tail) == 0;
}

/* Whether text matches one of the blank-separated patterns. */
static bool matches(const char *patterns, const char *text) {
  while (*patterns != '\0') {
    size_t length = strcspn(patterns, " ");
    if (matches_one(patterns, length, text)) return true;
    patterns += length;
    patterns += strspn(patterns, " ");
  }
  return false;
}

static bool starts_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int engine_layer(const char *path) {
  for (size_t i = 0; i < sizeof engine_rooms / sizeof *engine_rooms; i++) {
    size_t n = strlen(engine_rooms[i].room);
    if (strncmp(path, engine_rooms[i].room, n) == 0 && path[n] == '/') return engine_rooms[i].layer;
  }
  return -1;
}

/* root/folder/name, or folder/name when root is NULL; a path too long to be one ends the check. */
static void join(char out[PATH_SIZE], const char *top, const char *folder, const char *name) {
  int n = top != NULL ? snprintf(out, PATH_SIZE, "%s/%s/%s", top, folder, name)
                      : snprintf(out, PATH_SIZE, "%s/%s", folder, name);
  if (n >= 0 && n < PATH_SIZE) return;
  fprintf(stderr, "%s/%s: the path is too long\n", folder, name);
  exit(2);
}

static bool exists(const char *folder, const char *name) {
  char path[PATH_SIZE];
  struct stat info;
  join(path, root, folder, name);
  return stat(path, &info) == 0;
}

/* Whether the file at `path` may include "name". */
static bool include_allowed(const char *path, const char *name) {
  char folder[PATH_SIZE];
  snprintf(folder, sizeof folder, "%s", path);
  *strrchr(folder, '/') = '\0';
  if (strstr(name, "..") != NULL) return false;
  if (strcmp(name, "copse.h") == 0) return true;
  if (strcmp(name, "copse_prep.h") == 0) return starts_with(path, "prep/") || starts_with(path, "cli/");
  if (starts_with(path, "engine/")) {
    int from = engine_layer(path + strlen("engine/")), to = engine_layer(name);
    if (from < 0) return false; /* copse.h itself stands alone */
    if (to < 0) return strchr(name, '/') == NULL && exists(folder, name);
    const char *slash = strchr(name, '/');
    bool same_room = strncmp(path + strlen("engine/"), name, (size_t)(slash - name) + 1) == 0;
    return same_room || to < from;
  }
  if (engine_layer(name) >= 0) return false;
  if (exists(folder, name)) return true;
  return starts_with(path, "prep/") && exists("prep", name);
}

static void check_include(const char *path, int line, const char *text) {
  text += strspn(text, " \t");
  char close = *text == '<' ? '>' : '"';
  if (*text != '<' && *text != '"') return;
  const char *end = strchr(text + 1, close);
  if (end == NULL) return;
  char name[512];
  snprintf(name, sizeof name, "%.*s", (int)(end - text - 1), text + 1);
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
    if (strcmp(name, headers[i].header) == 0 && !matches(headers[i].home, path))
      finding(path, line, "header outside its single home", name);
  }
  if (close == '"' && !include_allowed(path, name))
    finding(path, line, "include points up or sideways", name);
}

static void check_word(const char *path, int line, const char *text, size_t start, size_t end) {
  char word[256];
  snprintf(word, sizeof word, "%.*s", (int)(end - start), text + start);
  size_t before = start;
  while (before > 0 && text[before - 1] == ' ') before--;
  bool member = before > 0 && (text[before - 1] == '.' ||
                               (before > 1 && text[before - 1] == '>' && text[before - 2] == '-'));
  size_t after = end + strspn(text + end, " \t\n");
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    const struct rule *rule = &rules[i];
    if (!matches(rule->scope, path) || !matches(rule->word, word)) continue;
    if (rule->call && (member || text[after] != '(')) continue;
    if (!matches(rule->home, path)) finding(path, line, rule->what, word);
  }
}

/* Blanks comments in `text`; in `code`, strings and character constants as well. */
static void blank(const char *text, char *plain, char *code) {
  enum { CODE, LINE, BLOCK, STRING, CHARACTER } in = CODE;
  size_t i = 0;
  for (; text[i] != '\0'; i++) {
    char c = text[i], next = text[i + 1];
    plain[i] = code[i] = c;
    if (in == CODE && c == '/' && next == '/') in = LINE;
    if (in == CODE && c == '/' && next == '*') in = BLOCK;
    if (in == LINE && c == '\n') in = CODE;
    if ((in == LINE || in == BLOCK) && c != '\n') plain[i] = code[i] = ' ';
    if (in == BLOCK && c == '/' && i >= 1 && text[i - 1] == '*') in = CODE;
    if (in == STRING || in == CHARACTER) {
      char close = in == STRING ? '"' : '\'';
      if (c != '\n') code[i] = ' ';
      if (c == '\\' && next != '\0') {
        plain[i + 1] = next;
        code[i + 1] = next == '\n' ? '\n' : ' ';
        i++;
      } else if (c == close || c == '\n') {
        in = CODE;
      }
    } else if (in == CODE && (c == '"' || c == '\'')) {
      in = c == '"' ? STRING : CHARACTER;
      code[i] = ' ';
    }
  }
  plain[i] = code[i] = '\0';
}

static char *read_file(const char *path) {
  char full[PATH_SIZE];
  join(full, NULL, root, path);
  FILE *file = fopen(full, "rb");
  if (file == NULL) return NULL;
  char *text = NULL;
  size_t length = 0, n;
  do {
    text = realloc(text, length + 65537);
    n = text != NULL ? fread(text + length, 1, 65536, file) : 0;
    length += n;
  } while (n > 0);
  fclose(file);
  if (text != NULL) text[length] = '\0';
  return text;
}

static void check_file(const char *path) {
  const char *dot = strrchr(path, '.');
  if (dot == NULL) return;
  if (matches(".cc .cpp .cxx .hpp .hh", dot)) finding(path, 1, "C++ outside bench/", dot);
  if (!matches(".c .h .def", dot)) return;
  char *text = read_file(path);
  char *plain = text != NULL ? malloc(2 * strlen(text) + 2) : NULL;
  if (plain == NULL) {
    finding(path, 1, "cannot read", path);
    free(text);
    return;
  }
  char *code = plain + strlen(text) + 1;
  blank(text, plain, code);
  int line = 1;
  bool directive = false; /* inside #include, whose words are not code */
  for (size_t i = 0; code[i] != '\0';) {
    if (i == 0 || code[i - 1] == '\n') {
      size_t hash = i + strspn(code + i, " \t");
      size_t word = hash + (code[hash] == '#') + strspn(code + hash + (code[hash] == '#'), " \t");
      directive = code[hash] == '#' && starts_with(code + word, "include");
      if (directive) check_include(path, line, plain + word + strlen("include"));
      if (code[hash] == '#' && starts_with(code + word, "pragma omp") &&
          !matches("engine/base/parallel.c", path))
        finding(path, line, "OpenMP", "#pragma omp");
    }
    size_t end = i;
    while (isalnum((unsigned char)code[end]) || code[end] == '_') end++;
    if (end > i) {
      if (!directive) check_word(path, line, code, i, end);
      i = end;
    } else {
      if (code[i] == '\n') line++;
      i++;
    }
  }
  if (line > 501) printf("note: %s has %d lines: look for a second idea in it\n", path, line - 1);
  free(plain);
  free(text);
}

static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static void check_folder(const char *folder) {
  char full[PATH_SIZE], path[PATH_SIZE];
  join(full, NULL, root, folder);
  struct dirent **entries;
  int n = scandir(full, &entries, visible, alphasort);
  for (int i = 0; i < n; i++) {
    struct stat info;
    join(full, root, folder, entries[i]->d_name);
    join(path, NULL, folder, entries[i]->d_name);
    free(entries[i]);
    if (stat(full, &info) != 0) continue;
    if (S_ISDIR(info.st_mode))
      check_folder(path);
    else
      check_file(path);
  }
  if (n >= 0) free(entries);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: layers ROOT\n");
    return 2;
  }
  root = argv[1];
  const char *const folders[] = {"engine", "prep", "cli", "datasets"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) check_folder(folders[i]);
  printf("%d finding%s\n", findings, findings == 1 ? "" : "s");
  return findings > 0;
}
