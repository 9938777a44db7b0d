/* UTF-8 told byte by byte and in steps is the same; the decoder gives the same text whatever comes in and
 * goes out at a time. */
#include <stdlib.h>
#include <string.h>

#include "read/decoder.h"
#include "read/utf8.h"
#include "testing.h"

static uint64_t state = 20;
static uint32_t draw(uint32_t below) {
  state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(state >> 33) % below;
}

/* RFC 3629's table, one row after the other. */
static size_t whole_length(const unsigned char *p, size_t n) {
  static const struct {
    unsigned char lo[4], hi[4];
    size_t n;
  } rows[] = {{{0x00}, {0x7F}, 1},
              {{0xC2, 0x80}, {0xDF, 0xBF}, 2},
              {{0xE0, 0xA0, 0x80}, {0xE0, 0xBF, 0xBF}, 3},
              {{0xE1, 0x80, 0x80}, {0xEC, 0xBF, 0xBF}, 3},
              {{0xED, 0x80, 0x80}, {0xED, 0x9F, 0xBF}, 3},
              {{0xEE, 0x80, 0x80}, {0xEF, 0xBF, 0xBF}, 3},
              {{0xF0, 0x90, 0x80, 0x80}, {0xF0, 0xBF, 0xBF, 0xBF}, 4},
              {{0xF1, 0x80, 0x80, 0x80}, {0xF3, 0xBF, 0xBF, 0xBF}, 4},
              {{0xF4, 0x80, 0x80, 0x80}, {0xF4, 0x8F, 0xBF, 0xBF}, 4}};
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    size_t k = 0;
    while (k < rows[r].n && k < n && p[k] >= rows[r].lo[k] && p[k] <= rows[r].hi[k]) k++;
    if (k == rows[r].n) return k;
  }
  return 0;
}

static size_t plain_prefix(const char *text, size_t n) {
  size_t i = 0, length;
  while (i < n && (length = whole_length((const unsigned char *)text + i, n - i)) > 0) i += length;
  return i;
}

/* Characters of every length, and now and then a byte that is none. */
static size_t make_text(char *out, size_t n, uint32_t ascii_of_ten, uint32_t bad_of_thousand) {
  size_t length = 0;
  while (length + 4 <= n) {
    uint32_t kind = draw(10), size = draw(3), code = draw(0x110000 - 0x800);
    if (code >= 0xD800) code += 0x800;
    if (size == 0) code = 0x80 + code % 0x780;
    if (size == 1 && code >= 0x10000) code = 0xE000 + code % 0x1000;
    if (kind < ascii_of_ten) code = ' ' + code % 90;
    if (draw(1000) < bad_of_thousand)
      out[length++] = (char)(0x80 + draw(0x80));
    else
      length += utf8_put(code, out + length);
  }
  return length;
}

static void test_prefix(void **unused) {
  (void)unused;
  char text[700];
  for (int turn = 0; turn < 30000; turn++) {
    uint32_t ascii = draw(11), bad = turn % 3 == 0 ? 0 : draw(12), room = draw(sizeof text);
    size_t n = make_text(text, room, ascii, bad), from = n > 0 ? draw((uint32_t)(n < 9 ? n : 9)) : 0;
    assert_int_equal(utf8_prefix(text + from, n - from), plain_prefix(text + from, n - from));
  }
  /* every pair of bytes, at the start, at the end and inside of a step */
  for (int a = 0; a < 256; a++)
    for (int b = 0; b < 256; b++)
      for (size_t at = 0; at < 200; at += 63) {
        memset(text, 'x', 200);
        text[at] = (char)a;
        text[at + 1] = (char)b;
        if (utf8_prefix(text, 200) != plain_prefix(text, 200)) fail_msg("%02x %02x at %zu", a, b, at);
      }
}

/* Of a bad sequence as many bytes become one U+FFFD as a character begins with. */
static void test_bad_parts(void **unused) {
  (void)unused;
  static const struct {
    const char *text;
    size_t length;
    enum utf8_kind kind;
  } cases[] = {
      {"\x80", 1, UTF8_BAD},         {"\xC0\x80", 1, UTF8_BAD},      {"\xC3(", 1, UTF8_BAD},
      {"\xE2\x82(", 2, UTF8_BAD},    {"\xE2\x82", 2, UTF8_CUT},      {"\xED\xA0\x80", 1, UTF8_BAD},
      {"\xF0\x9F\x98", 3, UTF8_CUT}, {"\xF0\x9F\x98!", 3, UTF8_BAD}, {"\xF4\x90\x80\x80", 1, UTF8_BAD},
      {"\xF5\x80", 1, UTF8_BAD},     {"\xC3\xA9", 2, UTF8_WHOLE},    {"\xF0\x9F\x98\x80", 4, UTF8_WHOLE}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t length;
    assert_int_equal(utf8_step(cases[i].text, strlen(cases[i].text), &length), cases[i].kind);
    assert_int_equal(length, cases[i].length);
  }
}

/* ---- the decoder ---- */

struct bytes {
  const char *text;
  size_t n, at;
};

static copse_status pull(void *user, char *out, size_t n, size_t *got, copse_error *err) {
  struct bytes *bytes = user;
  (void)err;
  *got = bytes->n - bytes->at < n ? bytes->n - bytes->at : n;
  memcpy(out, bytes->text + bytes->at, *got);
  bytes->at += *got;
  return COPSE_OK;
}
static copse_status count(void *user, struct decoder_counts *out, copse_error *err);
static const struct decoder_input input = {pull, count};
static copse_status count(void *user, struct decoder_counts *out, copse_error *err) {
  struct bytes again = *(struct bytes *)user;
  again.at = 0;
  return decoder_count_all(NULL, "text", &input, &again, out, err);
}

struct decoded {
  copse_text text;
  enum encoding kind;
  uint64_t n_bad, first_bad;
};

static struct decoded decode(const char *text, size_t n, size_t step) {
  struct bytes bytes = {.text = text, .n = n};
  struct decoded out = {.text = {0}};
  struct decoder decoder;
  char *room = malloc(step);
  size_t got = step;
  assert_non_null(room);
  decoder_open(NULL, "text", &input, ENCODING_OPEN, &decoder);
  while (got == step) {
    assert_int_equal(decoder_read(&decoder, &bytes, room, step, &got, NULL), COPSE_OK);
    copse_text_append(&out.text, room, got);
  }
  copse_text_append(&out.text, "", 1);
  out.kind = decoder.kind;
  out.n_bad = decoder.n_bad;
  out.first_bad = decoder.first_bad;
  decoder_close(&decoder);
  free(room);
  return out;
}

static const size_t steps[] = {1, 2, 3, 7, 64, 4095, 70000, 3 << 20};

/* What n bytes are read as, whatever the step. */
static void assert_decodes(const char *text, size_t n, enum encoding kind, const char *expected,
                           size_t n_expected, uint64_t n_bad, uint64_t first_bad) {
  for (size_t s = n > 100000 ? 4 : 0; s < sizeof steps / sizeof *steps; s++) {
    struct decoded found = decode(text, n, steps[s]);
    assert_int_equal(found.kind, kind);
    assert_int_equal(found.text.length - 1, n_expected);
    assert_memory_equal(found.text.data, expected, n_expected);
    assert_int_equal(found.n_bad, n_bad);
    if (n_bad > 0 || kind == ENCODING_1252) assert_int_equal(found.first_bad, first_bad);
    copse_text_release(&found.text);
  }
}

#define DECODES(text, kind, expected, n_bad, first_bad) \
  assert_decodes(text, sizeof text - 1, kind, expected, sizeof expected - 1, n_bad, first_bad)

static void test_small(void **unused) {
  (void)unused;
  DECODES("", ENCODING_OPEN, "", 0, 0);
  DECODES("a,b\n", ENCODING_OPEN, "a,b\n", 0, 0);
  DECODES(
      "\xEF\xBB\xBF"
      "a\n",
      ENCODING_UTF8,
      "\xEF\xBB\xBF"
      "a\n",
      0, 0);
  DECODES("K\xC3\xB6ln\n", ENCODING_UTF8, "K\xC3\xB6ln\n", 0, 0);
  DECODES("K\xF6ln\x80\x81\n", ENCODING_1252, "K\xC3\xB6ln\xE2\x82\xAC\xC2\x81\n", 0, 1);
  DECODES("x\xC3", ENCODING_1252, "x\xC3\x83", 0, 1);
  /* a mark is believed: what is bad is replaced */
  DECODES(
      "\xEF\xBB\xBF"
      "K\xF6ln\xC3",
      ENCODING_UTF8,
      "\xEF\xBB\xBF"
      "K\xEF\xBF\xBDln\xEF\xBF\xBD",
      2, 4);
  DECODES(
      "\xFF\xFE"
      "a\0\xF6\0\x3D\xD8\x00\xDE",
      ENCODING_UTF16LE,
      "\xEF\xBB\xBF"
      "a\xC3\xB6\xF0\x9F\x98\x80",
      0, 0);
  DECODES("\xFE\xFF\0a\0\xF6\xD8\x3D\xDE\x00", ENCODING_UTF16BE,
          "\xEF\xBB\xBF"
          "a\xC3\xB6\xF0\x9F\x98\x80",
          0, 0);
  DECODES("a\0,\0b\0\n\0", ENCODING_UTF16LE, "a,b\n", 0, 0);
  DECODES("\0a\0,\0b\0\n", ENCODING_UTF16BE, "a,b\n", 0, 0);
  /* lone surrogates of both kinds, one at the end, and half a unit */
  DECODES(
      "\xFF\xFE\x3D\xD8"
      "a\0\x00\xDE"
      "b\0\x3D\xD8",
      ENCODING_UTF16LE,
      "\xEF\xBB\xBF\xEF\xBF\xBD"
      "a\xEF\xBF\xBD"
      "b\xEF\xBF\xBD",
      3, 2);
  DECODES(
      "\xFF\xFE"
      "a\0b",
      ENCODING_UTF16LE,
      "\xEF\xBB\xBF"
      "a\xEF\xBF\xBD",
      1, 4);
  DECODES("a\0,\0\x3D\xD8\xF6", ENCODING_UTF16LE, "a,\xEF\xBF\xBD\xEF\xBF\xBD", 2, 4);
  DECODES("\x00\x4E,\0\x31\0,\0\x32\0\n\0", ENCODING_UTF16LE, "\xE4\xB8\x80,1,2\n", 0, 0);
  /* U+4E0A has the byte of a line end, U+4E00 a NUL */
  DECODES("\x0A\x4E,\0\x31\0\n\0\x0A\x4E\x0A\x4E,\0\x32\0\n\0", ENCODING_UTF16LE,
          "\xE4\xB8\x8A,1\n\xE4\xB8\x8A\xE4\xB8\x8A,2\n", 0, 0);
  /* no text: as it is */
  DECODES("a,\0b\nc,d\n", ENCODING_BINARY, "a,\0b\nc,d\n", 0, 0);
  DECODES(
      "\x7F"
      "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
      ENCODING_BINARY,
      "\x7F"
      "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
      0, 0);
  DECODES("ab\0\ncd\0\n", ENCODING_BINARY, "ab\0\ncd\0\n", 0, 0);
  DECODES("a,b\n1,\0\n", ENCODING_BINARY, "a,b\n1,\0\n", 0, 0);
  DECODES("\xFF\xFE\0\0a\0\0\0", ENCODING_BINARY, "\xFF\xFE\0\0a\0\0\0", 0, 0);
}

/* Which it is, is told by the first window, and where that is in doubt by the whole text. */
static void test_rule(void **unused) {
  (void)unused;
  enum { N = 2500000 };
  char *text = malloc(N + 8), *expected = malloc(3 * N);
  assert_non_null(text);
  assert_non_null(expected);
  memset(text, 'x', N);
  /* ASCII, then one byte that is none: far behind the start */
  text[N - 9] = '\xF6';
  memcpy(expected, text, N);
  memcpy(expected + N - 9, "\xC3\xB6xxxxxxxx", 10);
  assert_decodes(text, N, ENCODING_1252, expected, N + 1, 0, N - 9);
  /* the same behind a window of good UTF-8: broken */
  memcpy(text + 100, "\xC3\xA9", 2);
  memcpy(expected, text, N);
  memcpy(expected + N - 9, "\xEF\xBF\xBDxxxxxxxx", 11);
  assert_decodes(text, N, ENCODING_UTF8, expected, N + 2, 1, N - 9);
  /* within the window, one of a hundred: another encoding, for which good UTF-8 is two characters */
  memset(text, 'x', N);
  for (size_t i = 0; i < 99; i++) memcpy(text + 100 + 4 * i, "\xC3\xA9", 2);
  text[50] = '\xF6';
  struct decoded found = decode(text, N, 5000);
  assert_int_equal(found.kind, ENCODING_1252);
  assert_memory_equal(found.text.data + 50, "\xC3\xB6x", 3);
  assert_memory_equal(found.text.data + 101, "\xC3\x83\xC2\xA9x", 5);
  copse_text_release(&found.text);
  /* one of several thousand, most of them behind the window: UTF-8 */
  for (size_t i = 0; i < 2000; i++) memcpy(text + N - 9000 + 4 * i, "\xC3\xA9", 2);
  found = decode(text, N, 5000);
  assert_int_equal(found.kind, ENCODING_UTF8);
  assert_memory_equal(found.text.data + 50, "\xEF\xBF\xBDx", 4);
  assert_int_equal(found.n_bad, 1);
  assert_int_equal(found.first_bad, 50);
  copse_text_release(&found.text);
  free(text);
  free(expected);
}

/* Random texts, in order and broken: any step gives what one step gives. */
static void test_steps(void **unused) {
  (void)unused;
  enum { N = 20000 };
  static char text[N];
  for (int turn = 0; turn < 60; turn++) {
    uint32_t ascii = draw(11), bad = turn % 2 ? draw(4) : 0;
    size_t n = make_text(text + 3, N - 3, ascii, bad);
    bool marked = turn % 4 == 1;
    if (marked) memcpy(text, "\xEF\xBB\xBF", 3);
    const char *from = marked ? text : text + 3;
    n += marked ? 3 : 0;
    struct decoded one = decode(from, n, N * 3);
    assert_decodes(from, n, one.kind, one.text.data, one.text.length - 1, one.n_bad, one.first_bad);
    assert_int_equal(utf8_prefix(one.text.data, one.text.length), one.text.length);
    if (bad == 0) assert_memory_equal(one.text.data, from, n);
    copse_text_release(&one.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_prefix), cmocka_unit_test(test_bad_parts),
                                     cmocka_unit_test(test_small), cmocka_unit_test(test_rule),
                                     cmocka_unit_test(test_steps)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
