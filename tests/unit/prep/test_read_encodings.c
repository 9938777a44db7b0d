/* Files in other encodings are read as the same file in UTF-8 is: plain and packed, in blocks of any size, by
 * any number of threads, with the same places in messages; and it is said of each what it was read as. */
#define _GNU_SOURCE
#include "hooked_allocator.h"
#include "read/utf8.h"
#include "read_support.h"

enum { ROWS = 4000, LATE = 3900, N_FORMS = 7 };
static const size_t blocks[] = {64, 3000, 1 << 20};
static const char *const forms[N_FORMS] = {"utf8",    "marked",         "1252",          "utf16le",
                                           "utf16be", "utf16le_marked", "utf16be_marked"};

/* The first text that is not ASCII stands in row `late`; behind 64 KiB, or in the header. */
static void make_table(copse_text *out, int late, const char *broken) {
  copse_text_appendf(out, "%s,y,number\n",
                     late == 0 ? "st\xC3\xA4"
                                 "dte"
                               : "towns");
  for (int row = 0; row < ROWS; row++) {
    static const char *const towns[] = {"K\xC3\xB6ln", "Oslo", "\"caf\xC3\xA9, \xE2\x82\xAC\"",
                                        "\xC5\x92uvre"};
    const char *town = row >= late ? towns[row % 4] : "Rome";
    copse_text_appendf(out, "%s,%d,%s%d\n", town, row % 2, row == 3950 ? broken : "1000000", row);
  }
}

static uint32_t take(const char **p) {
  const unsigned char *c = (const unsigned char *)*p;
  size_t n = utf8_length(**p);
  uint32_t code = n == 1 ? c[0] : c[0] & (0x7Fu >> n);
  for (size_t i = 1; i < n; i++) code = code << 6 | (c[i] & 0x3F);
  *p += n;
  return code;
}

static void put16(copse_text *out, uint32_t code, bool big) {
  char unit[2] = {(char)(big ? code >> 8 : code & 0xFF), (char)(big ? code & 0xFF : code >> 8)};
  copse_text_append(out, unit, 2);
}

static char byte_1252(uint32_t code) {
  if (code < 0x80 || (code >= 0xA0 && code < 0x100)) return (char)code;
  return code == 0x20AC ? '\x80' : '\x8C'; /* the euro, OE */
}

static void encode(const char *text, int form, copse_text *out) {
  const char *const marks[N_FORMS] = {"", "\xEF\xBB\xBF", "", "", "", "\xFF\xFE", "\xFE\xFF"};
  copse_text_append(out, marks[form], strlen(marks[form]));
  for (const char *p = text; *p != '\0';) {
    const char *from = p;
    uint32_t code = take(&p);
    char byte = form == 2 ? byte_1252(code) : '\0';
    if (form < 2)
      copse_text_append(out, from, (size_t)(p - from));
    else if (form == 2)
      copse_text_append(out, &byte, 1);
    else
      put16(out, code, form % 2 == 0);
  }
}

static const char *write_form(const char *name, const copse_text *bytes, bool packed) {
  if (!packed) return write_bytes(name, bytes->data, bytes->length);
  const char *path = scratch_path(name);
  gzFile file = gzopen(path, "wb1");
  assert_non_null(file);
  assert_int_equal(gzwrite(file, bytes->data, (unsigned)bytes->length), bytes->length);
  assert_int_equal(gzclose(file), Z_OK);
  return path;
}

static void assert_levels(const copse_frame *a, const copse_frame *b) {
  uint32_t n = copse_frame_schema_n_levels(a->schema, 0);
  assert_int_equal(copse_frame_schema_n_levels(b->schema, 0), n);
  for (uint32_t i = 0; i < n; i++)
    assert_string_equal(copse_frame_schema_level(a->schema, 0, i), copse_frame_schema_level(b->schema, 0, i));
}

static void assert_note(const copse_frame *frame, int form) {
  const char *said = frame->encoding != NULL ? frame->encoding : "";
  const char *expected = form == 2                ? "was read as Windows-1252"
                         : form == 3 || form == 4 ? "was read as UTF-16"
                                                  : "";
  if (strstr(said, expected) == NULL || (expected[0] == '\0' && said[0] != '\0'))
    fail_msg("%s: %s", forms[form], said);
}

static void test_alike(void **unused) {
  (void)unused;
  for (int late = 0; late <= LATE; late += LATE) {
    copse_text table = {0};
    copse_read_options plain = options_in_blocks(0, 1);
    make_table(&table, late, "10");
    copse_frame *expected = read_good(write_text("plain.csv", table.data), &plain);
    assert_null(expected->encoding);
    for (int form = 0; form < N_FORMS; form++) {
      copse_text bytes = {0};
      encode(table.data, form, &bytes);
      for (size_t b = 0; b < 2 * sizeof blocks / sizeof blocks[0]; b++) {
        copse_read_options o = options_in_blocks(blocks[b / 2], b < 4 ? 1 : 3);
        copse_frame *frame = read_good(write_form("form.csv", &bytes, b % 2), &o);
        assert_same_frames(expected, frame);
        assert_levels(expected, frame);
        assert_note(frame, form);
        copse_frame_free(frame);
      }
      copse_text_release(&bytes);
    }
    copse_frame_free(expected);
    copse_text_release(&table);
  }
}

/* Files read as one may be in different encodings; a pipe is read as a file is. */
static void test_together(void **unused) {
  (void)unused;
  const char *paths[N_FORMS];
  copse_text table = {0};
  make_table(&table, LATE, "10");
  for (int form = 0; form < N_FORMS; form++) {
    copse_text bytes = {0};
    encode(table.data, form, &bytes);
    paths[form] = write_form(forms[form], &bytes, form % 2);
    copse_text_release(&bytes);
  }
  copse_read_options o = options_in_blocks(0, 2);
  copse_frame *frame;
  copse_error err;
  if (copse_frame_read_files(NULL, paths, N_FORMS, &o, &frame, &err) != COPSE_OK) fail_msg("%s", err.message);
  assert_int_equal(frame->n_rows, N_FORMS * ROWS);
  assert_int_equal(copse_frame_schema_n_levels(frame->schema, 0), 5);
  size_t n_lines = 0;
  for (const char *p = frame->encoding; *p != '\0'; p++) n_lines += *p == '\n';
  assert_int_equal(n_lines, 3);
  copse_frame_free(frame);
  copse_text_release(&table);
}

/* A cell that is wrong stands in the same line whatever the file is in. */
static void test_places(void **unused) {
  (void)unused;
  copse_text table = {0};
  make_table(&table, 10, "x\xC3\xA9x");
  for (int form = 0; form < N_FORMS; form++) {
    copse_text bytes = {0};
    copse_frame *frame;
    copse_error err;
    copse_read_options o = options_in_blocks(3000, 2);
    o.categorical_feature = "name:towns";
    encode(table.data, form, &bytes);
    const char *path = write_form("places.csv", &bytes, form % 2);
    assert_int_equal(copse_frame_read(NULL, path, &o, &frame, &err), COPSE_ERR_DATA);
    if (strstr(err.message, "places.csv:3952:3: ") == NULL || strstr(err.message, "x\xC3\xA9x") == NULL)
      fail_msg("%s: %s", forms[form], err.message);
    copse_text_release(&bytes);
  }
  copse_text_release(&table);
}

static void refuses(const char *name, const void *bytes, size_t n, const char *sentence) {
  copse_frame *frame;
  copse_error err;
  copse_read_options o = options_in_blocks(0, 1);
  const char *path = write_bytes(name, bytes, n);
  assert_int_equal(copse_frame_read(NULL, path, &o, &frame, &err), COPSE_ERR_FORMAT);
  if (strstr(err.message, sentence) == NULL) fail_msg("%s", err.message);
}

/* What is no text is not taken for one. */
static void test_binary(void **unused) {
  (void)unused;
  static unsigned char bytes[1 << 20];
  uint64_t state = 4;
  for (size_t i = 0; i < sizeof bytes; i++) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    bytes[i] = (unsigned char)(state >> 56);
  }
  refuses("random", bytes, sizeof bytes, "a binary file");
  refuses("marked",
          "\xFF\xFE"
          "a\0,\0\1\0\n\0",
          10, "control byte 0x01");
  refuses("int16", "\1\0\2\0\3\0\4\0\5\0\6\0\7\0", 14, "a binary file");
  refuses("int32", "1\0\0\0002\0\0\0003\0\0\0", 12, "a binary file");
  refuses("nul", "a,y\n1,0\n\0,1\n", 12, "control byte 0x00");
  refuses("utf32", "\xFF\xFE\0\0a\0\0\0", 8, "UTF-32");
  refuses("xz",
          "\xFD"
          "7zXZ\0\0",
          7, "compressed with xz");
  refuses("zstd", "\x28\xB5\x2F\xFD\xE9\xE9", 6, "compressed with zstd");
  refuses("nul16",
          "\xFF\xFE"
          "a\0,\0y\0\n\0\0\0,\0\x31\0\n\0",
          18, "control byte 0x00");
}

/* Every request for memory may fail. */
static void test_memory(void **unused) {
  (void)unused;
  copse_text table = {0};
  make_table(&table, 1000, "10");
  for (int form = 2; form < 4; form++) {
    copse_text bytes = {0};
    bool done = false;
    encode(table.data, form, &bytes);
    const char *path = write_form("memory.csv", &bytes, form == 2);
    for (size_t fail_at = 1; !done; fail_at += 1 + fail_at / 8) {
      struct hooked_allocator hook = {.fail_at = fail_at};
      copse_allocator allocator = hooked_allocator(&hook);
      copse_context *ctx;
      copse_frame *frame = NULL;
      copse_error err;
      copse_read_options o = options_in_blocks(20000, 1);
      copse_status status = copse_context_create(&allocator, &ctx, &err);
      if (status == COPSE_OK) status = copse_frame_read(ctx, path, &o, &frame, &err);
      done = status == COPSE_OK;
      assert_true(done || status == COPSE_ERR_MEMORY);
      copse_frame_free(frame);
      copse_context_free(ctx);
      assert_int_equal(hook.live, 0);
    }
    copse_text_release(&bytes);
  }
  copse_text_release(&table);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_alike), cmocka_unit_test(test_together),
                                     cmocka_unit_test(test_places), cmocka_unit_test(test_binary),
                                     cmocka_unit_test(test_memory)};
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
