/* Data sets as bytes: what comes back is what was written; bytes that were cut, changed or put elsewhere end
 * in a status, never in a data set. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "data/dataset_file.h"
#include "hooked_allocator.h"
#include "testing.h"

enum { ROWS = 300, COLUMNS = 14 };

struct bytes {
  copse_text text;
  size_t fail_from; /* a write that reaches beyond is refused; 0: none */
};

static copse_status write_bytes(void *user, const void *bytes, size_t length, copse_error *err) {
  struct bytes *to = user;
  (void)err;
  if (to->fail_from != 0 && to->text.length + length > to->fail_from) return COPSE_ERR_IO;
  copse_text_append(&to->text, bytes, length);
  return COPSE_OK;
}

static copse_status read_bytes(void *user, uint64_t offset, void *out, size_t length, copse_error *err) {
  const struct bytes *from = user;
  (void)err;
  assert_true(offset + length <= from->text.length); /* never asks for more than there is */
  memcpy(out, from->text.data + offset, length);
  return COPSE_OK;
}

/* Numbers with and without missing values, one constant, one with more than 256 bins, categories, and the
 * columns of a one-hot category, which share stored cells and are listed by row. */
static copse_dataset *make_dataset(uint64_t seed) {
  static double values[ROWS * COLUMNS];
  static const bool categorical[COLUMNS] = {[5] = true};
  static const char *const names[COLUMNS] = {"a",  "b",  "\xC3\xA9", "d",  "wide", "kind", "h0",
                                             "h1", "h2", "h3",       "h4", "h5",   "h6",   "h7"};
  float label[ROWS], weight[ROWS];
  double init[ROWS];
  int32_t group[2] = {100, ROWS - 100}, position[ROWS];
  for (uint64_t row = 0; row < ROWS; row++) {
    for (uint64_t c = 0; c < COLUMNS; c++) {
      uint64_t bits = rng_bits(seed, c, row);
      double *value = &values[row * COLUMNS + c];
      *value = (double)(bits >> 11) * 0x1p-53 - 0.3;
      if (c == 1 && bits % 5 == 0) *value = (double)NAN;
      if (c == 2) *value = (double)(bits % 4);
      if (c == 3) *value = 1;
      if (c == 5) *value = (double)(bits % 7) - 1;
      if (c >= 6) *value = rng_bits(seed, 6, row) % 20 == c - 6;
    }
    label[row] = (float)(row % 3);
    weight[row] = 1 + (float)(row % 2);
    init[row] = 0.5 * (double)row;
  }
  copse_table table = {.layout = COPSE_ROWS,
                       .n_rows = ROWS,
                       .n_cols = COLUMNS,
                       .dtype = COPSE_F64,
                       .values = values,
                       .row_stride = COLUMNS};
  copse_params *params;
  copse_dataset *dataset;
  assert_int_equal(copse_params_create(NULL, &params, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "max_bin", "1000", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "min_data_in_bin", "1", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_params_set(params, "min_data_in_leaf", "1", COPSE_SOURCE_COMMAND, NULL), COPSE_OK);
  assert_int_equal(copse_dataset_from_table(NULL, &table, names, categorical, params, NULL, &dataset, NULL),
                   COPSE_OK);
  copse_params_free(params);
  assert_true(dataset->schema->bundled && dataset->binned.n_carriers < dataset->binned.n_columns);
  assert_int_equal(copse_dataset_set(dataset, COPSE_LABEL, label, ROWS, NULL), COPSE_OK);
  assert_int_equal(copse_dataset_set(dataset, COPSE_WEIGHT, weight, ROWS, NULL), COPSE_OK);
  assert_int_equal(copse_dataset_set(dataset, COPSE_INIT_SCORE, init, ROWS, NULL), COPSE_OK);
  assert_int_equal(copse_dataset_set(dataset, COPSE_GROUP, group, 2, NULL), COPSE_OK);
  for (int i = 0; i < ROWS; i++) position[i] = i % 17;
  assert_int_equal(copse_dataset_set(dataset, COPSE_POSITION, position, ROWS, NULL), COPSE_OK);
  return dataset;
}

static void assert_same_field(const copse_dataset *a, const copse_dataset *b, copse_field field,
                              size_t size) {
  uint64_t n, m;
  const void *x = copse_dataset_get(a, field, &n), *y = copse_dataset_get(b, field, &m);
  assert_int_equal(n, m);
  assert_int_equal(x != NULL, y != NULL);
  if (x != NULL) assert_memory_equal(x, y, n * size);
}

static void assert_same_datasets(const copse_dataset *a, const copse_dataset *b) {
  assert_int_equal(a->n_rows, b->n_rows);
  assert_int_equal(a->schema->n_features, b->schema->n_features);
  assert_int_equal(a->schema->default_names, b->schema->default_names);
  for (uint32_t f = 0; f < a->schema->n_features; f++) {
    const struct feature_bins *x = &a->schema->features[f], *y = &b->schema->features[f];
    double upper[1001], other[1001];
    assert_string_equal(a->schema->names[f], b->schema->names[f]);
    assert_int_equal(x->used, y->used);
    assert_int_equal(x->categorical, y->categorical);
    assert_int_equal(x->missing, y->missing);
    assert_int_equal(x->default_bin, y->default_bin);
    assert_int_equal(x->most_freq_bin, y->most_freq_bin);
    assert_true(x->min_value == y->min_value && x->max_value == y->max_value);
    assert_int_equal(copse_schema_bins(a->schema, f, upper), copse_schema_bins(b->schema, f, other));
    assert_memory_equal(upper, other, x->n_bins * sizeof *upper);
    if (!x->used) continue;
    for (int k = 0; k < 40; k++) {
      double value = (double)k / 10 - 2;
      assert_int_equal(bins_of_value(x, value), bins_of_value(y, value));
    }
    const struct binned_column *p = &a->binned.columns[a->binned.column_of[f]];
    const struct binned_column *q = &b->binned.columns[b->binned.column_of[f]];
    for (uint64_t row = 0; row < a->n_rows; row++) assert_int_equal(binned_cell(p, row), binned_cell(q, row));
  }
  assert_int_equal(a->binned.n_carriers, b->binned.n_carriers);
  for (uint32_t k = 0; k < a->binned.n_blocks; k++)
    assert_memory_equal(a->binned.blocks[k].rows, b->binned.blocks[k].rows,
                        a->n_rows * a->binned.blocks[k].row_bytes);
  assert_same_field(a, b, COPSE_LABEL, sizeof(float));
  assert_same_field(a, b, COPSE_WEIGHT, sizeof(float));
  assert_same_field(a, b, COPSE_INIT_SCORE, sizeof(double));
  assert_same_field(a, b, COPSE_GROUP, sizeof(int32_t));
  assert_same_field(a, b, COPSE_POSITION, sizeof(int32_t));
}

static copse_status read_back(struct bytes *bytes, copse_schema *schema, copse_dataset **out) {
  copse_error err = {.message = ""};
  size_t used = copse_context_memory_used(NULL);
  copse_status status =
      copse_dataset_read(NULL, "x.bin", read_bytes, bytes, bytes->text.length, 1, schema, out, &err);
  if (status == COPSE_OK) return status;
  assert_null(*out);
  assert_int_equal(copse_context_memory_used(NULL), used);
  assert_memory_equal(err.message, "x.bin: ", 7);
  return status;
}

static void test_round_trip(void **unused) {
  (void)unused;
  copse_dataset *dataset = make_dataset(1), *again, *shared;
  struct bytes bytes = {0}, twice = {0};
  assert_int_equal(copse_dataset_write(dataset, write_bytes, &bytes, NULL), COPSE_OK);
  assert_int_equal(read_back(&bytes, NULL, &again), COPSE_OK);
  assert_same_datasets(dataset, again);
  assert_int_equal(copse_dataset_write(again, write_bytes, &twice, NULL), COPSE_OK);
  assert_int_equal(bytes.text.length, twice.text.length);
  assert_memory_equal(bytes.text.data, twice.text.data, bytes.text.length);
  assert_int_equal(read_back(&bytes, copse_dataset_schema(dataset), &shared), COPSE_OK);
  assert_ptr_equal(copse_dataset_schema(shared), copse_dataset_schema(dataset));
  assert_same_datasets(dataset, shared);
  copse_dataset *other = make_dataset(2), *none;
  assert_int_equal(read_back(&bytes, copse_dataset_schema(other), &none), COPSE_ERR_DATA);
  copse_dataset_free(other);
  copse_dataset_free(shared);
  copse_dataset_free(again);
  copse_dataset_free(dataset);
  copse_text_release(&bytes.text);
  copse_text_release(&twice.text);
}

static void test_cut_anywhere(void **unused) {
  (void)unused;
  copse_dataset *dataset = make_dataset(1), *none;
  struct bytes bytes = {0};
  assert_int_equal(copse_dataset_write(dataset, write_bytes, &bytes, NULL), COPSE_OK);
  size_t length = bytes.text.length;
  for (size_t n = 0; n < length; n += n < 1000 ? 1 : 61) {
    bytes.text.length = n;
    assert_int_equal(read_back(&bytes, NULL, &none), COPSE_ERR_FORMAT);
  }
  bytes.text.length = length;
  copse_text_append(&bytes.text, "x", 1);
  assert_int_equal(read_back(&bytes, NULL, &none), COPSE_ERR_FORMAT);
  copse_text_release(&bytes.text);
  copse_dataset_free(dataset);
}

static void test_any_flipped_bit(void **unused) {
  (void)unused;
  copse_dataset *dataset = make_dataset(1), *none;
  struct bytes bytes = {0};
  assert_int_equal(copse_dataset_write(dataset, write_bytes, &bytes, NULL), COPSE_OK);
  for (size_t bit = 0; bit < 8 * bytes.text.length; bit += bit < 8 * 600 ? 1 : 101) {
    bytes.text.data[bit / 8] ^= (char)(1 << bit % 8);
    copse_status status = read_back(&bytes, NULL, &none);
    assert_true(status == COPSE_ERR_FORMAT || status == COPSE_ERR_UNSUPPORTED);
    bytes.text.data[bit / 8] ^= (char)(1 << bit % 8);
  }
  copse_dataset *good;
  assert_int_equal(read_back(&bytes, NULL, &good), COPSE_OK);
  copse_dataset_free(good);
  copse_text_release(&bytes.text);
  copse_dataset_free(dataset);
}

/* The bytes at an address of the kind that is asked for. */
struct mapped {
  char *room, *bytes;
  size_t length;
  int n_released;
};

static struct mapped map_of(const struct bytes *from, size_t beside) {
  struct mapped m = {.room = copse_alloc(NULL, from->text.length + beside, 1), .length = from->text.length};
  m.bytes = m.room + beside; /* copse_alloc aligns to 64 */
  memcpy(m.bytes, from->text.data, m.length);
  return m;
}

static void released(void *user) { ((struct mapped *)user)->n_released++; }

static copse_status map_back(struct mapped *m, copse_schema *schema, copse_dataset **out) {
  return copse_dataset_map(NULL, "x.bin", m->bytes, m->length, released, m, 2, schema, out, NULL);
}

static uint32_t columns_within(const copse_dataset *dataset, const struct mapped *m) {
  uint32_t n = 0;
  for (uint32_t c = 0; c < dataset->binned.n_columns; c++) {
    const char *cells = dataset->binned.columns[c].cells;
    n += cells >= m->bytes && cells < m->bytes + m->length;
    if (cells >= m->bytes && cells < m->bytes + m->length) {
      assert_int_equal((uintptr_t)cells % 64, 0);
      assert_true(cells + (ROWS + BINNED_PADDING) * (size_t)dataset->binned.columns[c].cell_bytes <=
                  m->bytes + m->length);
    }
  }
  return n;
}

static void test_mapped(void **unused) {
  (void)unused;
  copse_dataset *dataset = make_dataset(1), *again, *shared, *copied, *none;
  struct bytes bytes = {0}, twice = {0};
  assert_int_equal(copse_dataset_write(dataset, write_bytes, &bytes, NULL), COPSE_OK);
  struct mapped m = map_of(&bytes, 0), beside = map_of(&bytes, 4);
  size_t used = copse_context_memory_used(NULL);
  assert_int_equal(map_back(&m, NULL, &again), COPSE_OK);
  assert_same_datasets(dataset, again);
  /* a, b, the third, wide, kind: columns of their own; h0 .. h7 share cells */
  assert_int_equal(columns_within(again, &m), 5);
  assert_int_equal(copse_dataset_write(again, write_bytes, &twice, NULL), COPSE_OK);
  assert_int_equal(bytes.text.length, twice.text.length);
  assert_memory_equal(bytes.text.data, twice.text.data, bytes.text.length);
  copse_text_release(&twice.text);
  copse_dataset_ref(again);
  copse_dataset_free(again);
  assert_int_equal(m.n_released, 0);
  copse_dataset_free(again);
  assert_int_equal(m.n_released, 1);
  assert_int_equal(map_back(&m, copse_dataset_schema(dataset), &shared), COPSE_OK);
  assert_same_datasets(dataset, shared);
  copse_dataset_free(shared);
  assert_int_equal(map_back(&beside, NULL, &copied), COPSE_OK);
  assert_same_datasets(dataset, copied);
  assert_int_equal(columns_within(copied, &beside), 0);
  copse_dataset_free(copied);
  assert_int_equal(beside.n_released, 1);
  m.n_released = 0;
  copse_dataset *other = make_dataset(2);
  assert_int_equal(map_back(&m, copse_dataset_schema(other), &none), COPSE_ERR_DATA);
  copse_dataset_free(other);
  for (size_t at = 0; at < m.length; at += at < 2000 ? 7 : 101) {
    m.bytes[at] ^= 4;
    copse_status status = map_back(&m, NULL, &none);
    assert_true(status == COPSE_ERR_FORMAT || status == COPSE_ERR_UNSUPPORTED);
    m.bytes[at] ^= 4;
  }
  size_t length = m.length;
  for (; m.length > 0; m.length -= m.length < 3000 ? 1 : 997)
    if (m.length != length) assert_int_equal(map_back(&m, NULL, &none), COPSE_ERR_FORMAT);
  assert_int_equal(m.n_released, 0);
  assert_int_equal(copse_context_memory_used(NULL), used);
  copse_free(m.room);
  copse_free(beside.room);
  copse_text_release(&bytes.text);
  copse_dataset_free(dataset);
}

/* Where the list and the sections lie; seals what was changed. */
enum { HEAD = sizeof(struct dataset_head), SECTIONS = N_SECTIONS + COLUMNS };

static struct section *entry_of(char *data, size_t section) {
  return (struct section *)(void *)(data + HEAD) + section;
}

static char *section_of(char *data, size_t section) {
  uint64_t at = section_aligned(HEAD + SECTIONS * sizeof(struct section));
  for (size_t i = 0; i < section; i++) at += section_room(entry_of(data, i)->length);
  return data + at;
}

static void seal(char *data, size_t section) {
  struct section *entry = entry_of(data, section);
  struct dataset_head *head = (struct dataset_head *)(void *)data;
  copse_hash(section_of(data, section), entry->length, 0, entry->hash);
  section_hash_list(head, entry_of(data, 0), SECTIONS, head->list_hash);
}

/* Bytes changed by somebody who sealed them again: no field may lead a read out of bounds. */
static void test_forged(void **unused) {
  (void)unused;
  enum { ROUNDS = 4000 };
  copse_dataset *dataset = make_dataset(1), *found;
  struct bytes bytes = {0};
  int n_refused = 0, n_taken = 0;
  assert_int_equal(copse_dataset_write(dataset, write_bytes, &bytes, NULL), COPSE_OK);
  struct mapped m = map_of(&bytes, 0);
  for (uint64_t round = 0; round < ROUNDS; round++) {
    char *data = m.bytes;
    memcpy(data, bytes.text.data, m.length);
    size_t section = rng_below(rng_bits(3, 0, round), SECTIONS);
    if (round % 2) section = 0;
    uint64_t length = entry_of(data, section)->length;
    if (length == 0) continue;
    section_of(data, section)[rng_below(rng_bits(3, 1, round), length)] = (char)rng_bits(3, 2, round);
    seal(data, section);
    copse_status status;
    if (round % 4 < 2) {
      status = map_back(&m, NULL, &found);
    } else {
      struct bytes forged = {.text = {.data = data, .length = m.length}};
      status = copse_dataset_read(NULL, "x", read_bytes, &forged, m.length, 1, NULL, &found, NULL);
    }
    n_refused += status != COPSE_OK;
    n_taken += status == COPSE_OK;
    if (status == COPSE_OK)
      for (uint32_t f = 0; f < COLUMNS; f++)
        if (found->schema->features[f].used) bins_of_value(&found->schema->features[f], 0.25);
    copse_dataset_free(found);
  }
  assert_true(n_refused > ROUNDS / 10);
  assert_true(n_taken > ROUNDS / 10);
  copse_free(m.room);
  copse_text_release(&bytes.text);
  copse_dataset_free(dataset);
}

/* A bin beyond those of its feature, in a column of its own, in one of two bytes, and among the listed ones
 * of a shared cell. */
static void test_bins_beyond(void **unused) {
  (void)unused;
  static const struct {
    size_t feature;
    int wide, listed;
  } columns[] = {{2, 0, 0}, {5, 0, 0}, {4, 1, 0}, {6, 0, 1}};
  copse_dataset *dataset = make_dataset(1), *found;
  struct bytes bytes = {0};
  assert_int_equal(copse_dataset_write(dataset, write_bytes, &bytes, NULL), COPSE_OK);
  for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++) {
    struct mapped m = map_of(&bytes, 0);
    size_t section = N_SECTIONS + columns[k].feature;
    const struct feature_bins *bins = &dataset->schema->features[columns[k].feature];
    char *at = section_of(m.bytes, section);
    struct cells_head head;
    memcpy(&head, at, sizeof head);
    assert_int_equal(head.listed, columns[k].listed);
    uint16_t bin = (uint16_t)bins->n_bins;
    at += sizeof head + head.listed * head.n_cells * sizeof(uint32_t);
    if (columns[k].wide)
      memcpy(at + 7 * sizeof bin, &bin, sizeof bin);
    else
      at[7] = (char)bin;
    seal(m.bytes, section);
    assert_int_equal(map_back(&m, NULL, &found), COPSE_ERR_FORMAT);
    struct bytes forged = {.text = {.data = m.bytes, .length = m.length}};
    assert_int_equal(read_back(&forged, NULL, &found), COPSE_ERR_FORMAT);
    bin--; /* the last there is */
    if (columns[k].wide)
      memcpy(at + 7 * sizeof bin, &bin, sizeof bin);
    else
      at[7] = (char)bin;
    seal(m.bytes, section);
    assert_int_equal(map_back(&m, NULL, &found), COPSE_OK);
    copse_dataset_free(found);
    copse_free(m.room);
  }
  copse_text_release(&bytes.text);
  copse_dataset_free(dataset);
}

/* A number of rows at which the bytes of a column of two-byte bins come out right modulo 2^64. */
static void test_too_many_rows(void **unused) {
  (void)unused;
  copse_dataset *dataset = make_dataset(1), *found;
  struct bytes bytes = {0};
  assert_int_equal(copse_dataset_write(dataset, write_bytes, &bytes, NULL), COPSE_OK);
  struct mapped m = map_of(&bytes, 0);
  struct dataset_head *head = (struct dataset_head *)(void *)m.bytes;
  struct cells_head *cells = (struct cells_head *)(void *)section_of(m.bytes, N_SECTIONS + 4);
  head->n_rows += (uint64_t)1 << 63;
  cells->n_cells += (uint64_t)1 << 63;
  seal(m.bytes, N_SECTIONS + 4);
  struct bytes forged = {.text = {.data = m.bytes, .length = m.length}};
  assert_int_equal(read_back(&forged, NULL, &found), COPSE_ERR_FORMAT);
  assert_int_equal(map_back(&m, NULL, &found), COPSE_ERR_FORMAT);
  copse_free(m.room);
  copse_text_release(&bytes.text);
  copse_dataset_free(dataset);
}

/* An allocator that changes a map when it is asked for memory the change_at-th time. */
struct changing {
  struct mapped *m;
  size_t calls, change_at;
};

static void *change_and_resize(void *user, void *block, size_t old_size, size_t new_size) {
  struct changing *changing = user;
  (void)old_size;
  if (new_size == 0) {
    free(block);
    return NULL;
  }
  if (++changing->calls == changing->change_at) {
    char *data = changing->m->bytes;
    for (size_t section = 0; section < SECTIONS; section++) {
      size_t length = entry_of(data, section)->length;
      size_t head = section < N_SECTIONS ? 0 : sizeof(struct cells_head);
      if (length > head) memset(section_of(data, section) + head, 0x7F, length - head);
    }
  }
  return realloc(block, new_size);
}

/* Whoever changes a map between any two steps of taking it: what was checked is what is kept. */
static void test_map_changes(void **unused) {
  (void)unused;
  copse_dataset *dataset = make_dataset(1), *found;
  struct bytes bytes = {0};
  assert_int_equal(copse_dataset_write(dataset, write_bytes, &bytes, NULL), COPSE_OK);
  struct mapped m = map_of(&bytes, 0);
  struct changing changing = {.m = &m};
  size_t n_taken = 0;
  do {
    copse_allocator allocator = {change_and_resize, &changing};
    copse_context *ctx;
    memcpy(m.bytes, bytes.text.data, m.length);
    changing.calls = 0;
    changing.change_at++;
    assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
    copse_status status = copse_dataset_map(ctx, "x", m.bytes, m.length, NULL, NULL, 1, NULL, &found, NULL);
    n_taken += status == COPSE_OK;
    if (status == COPSE_OK) {
      assert_true(binned_within(&found->binned, 1));
      for (uint32_t f = 0; f < COLUMNS; f++)
        assert_string_equal(found->schema->names[f], dataset->schema->names[f]);
      assert_same_field(dataset, found, COPSE_LABEL, sizeof(float));
      assert_same_field(dataset, found, COPSE_WEIGHT, sizeof(float));
      assert_same_field(dataset, found, COPSE_INIT_SCORE, sizeof(double));
      assert_same_field(dataset, found, COPSE_GROUP, sizeof(int32_t));
      assert_same_field(dataset, found, COPSE_POSITION, sizeof(int32_t));
    } else {
      assert_int_equal(status, COPSE_ERR_FORMAT);
    }
    copse_dataset_free(found);
    copse_context_free(ctx);
  } while (changing.calls >= changing.change_at);
  assert_true(n_taken > 1);
  copse_free(m.room);
  copse_text_release(&bytes.text);
  copse_dataset_free(dataset);
}

/* A writer that fails, lack of memory, and a data set that is not finished. */
static void test_failures(void **unused) {
  (void)unused;
  copse_dataset *dataset = make_dataset(1), *found;
  struct bytes bytes = {0};
  assert_int_equal(copse_dataset_write(dataset, write_bytes, &bytes, NULL), COPSE_OK);
  for (size_t at = 1; at < bytes.text.length; at += 500) {
    struct bytes refusing = {.fail_from = at};
    assert_int_equal(copse_dataset_write(dataset, write_bytes, &refusing, NULL), COPSE_ERR_IO);
    copse_text_release(&refusing.text);
  }
  struct mapped m = map_of(&bytes, 0);
  bool done = false;
  for (size_t fail_at = 2; !done; fail_at++) {
    struct hooked_allocator hook = {.fail_at = fail_at};
    copse_allocator allocator = hooked_allocator(&hook);
    copse_context *ctx;
    assert_int_equal(copse_context_create(&allocator, &ctx, NULL), COPSE_OK);
    copse_status status =
        copse_dataset_read(ctx, "x", read_bytes, &bytes, bytes.text.length, 1, NULL, &found, NULL);
    bool refused = hook.refused > 0;
    assert_int_equal(status, refused ? COPSE_ERR_MEMORY : COPSE_OK);
    copse_dataset_free(found);
    hook.fail_at = hook.calls + fail_at;
    int n_released = m.n_released;
    status = copse_dataset_map(ctx, "x", m.bytes, m.length, released, &m, 1, NULL, &found, NULL);
    copse_dataset_free(found);
    assert_int_equal(m.n_released, n_released + (status == COPSE_OK));
    done = !refused && status == COPSE_OK;
    copse_context_free(ctx);
    assert_int_equal(hook.live, 0);
  }
  copse_free(m.room);
  copse_dataset *open;
  assert_int_equal(copse_dataset_create(NULL, copse_dataset_schema(dataset), 5, &open, NULL), COPSE_OK);
  assert_int_equal(copse_dataset_write(open, write_bytes, &bytes, NULL), COPSE_ERR_STATE);
  copse_dataset_free(open);
  copse_text_release(&bytes.text);
  copse_dataset_free(dataset);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_cut_anywhere),
      cmocka_unit_test(test_any_flipped_bit), cmocka_unit_test(test_mapped),
      cmocka_unit_test(test_forged),          cmocka_unit_test(test_bins_beyond),
      cmocka_unit_test(test_too_many_rows),   cmocka_unit_test(test_map_changes),
      cmocka_unit_test(test_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
