/* block_read.c - the rows of a table become codes. Dense values pass through tiles of doubles, one line per
 * source, that stay in the first-level cache; of sparse rows only what is stored is looked at; cells of bins
 * are codes after one look into a list. */
#include <string.h>

#include "data/table.h"
#include "predict/block.h"

enum { TILE_ROWS = 64, TILE_SOURCES = 64, TOGETHER = 4 };

struct reader {
  const struct coded_trees *coded;
  const struct kernels *kernels;
  const copse_table *table;
  struct coded_block *block;
};

static uint8_t *byte_codes(const struct coded_block *block, const struct coded_source *source) {
  return (uint8_t *)(block->codes + (size_t)source->category_column * REACH_ROWS);
}

static void store_category(const struct coded_block *block, const struct coded_source *source, size_t row,
                           uint32_t code) {
  if (source->n_categories <= 255)
    byte_codes(block, source)[row] = (uint8_t)code;
  else
    block->codes[(size_t)source->category_column * REACH_ROWS + row] = (uint16_t)code;
}

static bool any_missing(enum code_version version, const double *values, size_t n) {
  if (version == CODES_ZERO_LEFT || version == CODES_ZERO_RIGHT) return true;
  int any = 0;
  for (size_t i = 0; i < n; i++) any |= values[i] != values[i];
  return any != 0;
}

static uint16_t *line_of(const struct coded_block *block, const struct coded_source *source,
                         unsigned version) {
  return block->lines + (size_t)source->line[version] * REACH_ROWS;
}

/* n <= REACH_ROWS values of one source, for rows row, row + 1 .. of the block */
static void encode_source(const struct reader *reader, const struct coded_source *source,
                          const double *values, size_t n, size_t row) {
  struct coded_block *block = reader->block;
  if (source->categorical) {
    for (size_t i = 0; i < n; i++) store_category(block, source, row + i, category_code(source, values[i]));
    return;
  }
  const uint16_t *plain = NULL;
  for (unsigned versions = source->versions; versions != 0; versions &= versions - 1) {
    enum code_version version = (enum code_version)__builtin_ctz(versions);
    uint16_t *codes = line_of(block, source, version) + row;
    if (plain == NULL)
      reader->kernels->encode(&source->map, values, n, codes);
    else
      memcpy(codes, plain, n * sizeof *codes);
    plain = codes;
  }
  /* Missing values last: until then every line is plain. */
  for (unsigned versions = source->versions; versions != 0; versions &= versions - 1) {
    enum code_version version = (enum code_version)__builtin_ctz(versions);
    uint16_t *codes = line_of(block, source, version) + row;
    if (version == CODES_PLAIN || !any_missing(version, values, n)) continue;
    for (size_t i = 0; i < n; i++)
      codes[i] = (uint16_t)version_code(version, values[i], codes[i], source->map.n_cuts);
  }
}

/* Some sources' values of some rows, a few columns at a time: what lies in one line of a row is read once.
 * The rows of the next tile are asked for meanwhile. */
#define READ_ROWS(type)                                                                                  \
  do {                                                                                                   \
    const type *first = (const type *)table->values + (size_t)begin * table->row_stride;                 \
    uintptr_t ahead = TILE_ROWS * table->row_stride * sizeof(type);                                      \
    uint32_t s = 0;                                                                                      \
    for (; s + TOGETHER <= n_sources; s += TOGETHER) {                                                   \
      const type *a = first + sources[s].feature, *b = first + sources[s + 1].feature;                   \
      const type *c = first + sources[s + 2].feature, *d = first + sources[s + 3].feature;               \
      double *out = tile + (size_t)s * TILE_ROWS;                                                        \
      for (size_t i = 0, at = 0; i < n; i++, at += table->row_stride) {                                  \
        out[i] = (double)a[at];                                                                          \
        out[i + TILE_ROWS] = (double)b[at];                                                              \
        out[i + 2 * TILE_ROWS] = (double)c[at];                                                          \
        out[i + 3 * TILE_ROWS] = (double)d[at];                                                          \
        __builtin_prefetch((const void *)((uintptr_t)(a + at) + ahead), 0, 2);                           \
      }                                                                                                  \
    }                                                                                                    \
    for (; s < n_sources; s++) {                                                                         \
      const type *a = first + sources[s].feature;                                                        \
      for (size_t i = 0; i < n; i++) tile[(size_t)s * TILE_ROWS + i] = (double)a[i * table->row_stride]; \
    }                                                                                                    \
  } while (0)

static void read_dense_rows(const struct reader *reader, uint64_t begin, size_t n, size_t row) {
  const struct coded_trees *coded = reader->coded;
  const copse_table *table = reader->table;
  double tile[TILE_SOURCES * TILE_ROWS];
  for (uint32_t first_source = 0; first_source < coded->n_sources; first_source += TILE_SOURCES) {
    const struct coded_source *sources = coded->sources + first_source;
    uint32_t n_sources = coded->n_sources - first_source;
    if (n_sources > TILE_SOURCES) n_sources = TILE_SOURCES;
    if (table->dtype == COPSE_F32)
      READ_ROWS(float);
    else
      READ_ROWS(double);
    for (uint32_t s = 0; s < n_sources; s++)
      encode_source(reader, &sources[s], tile + (size_t)s * TILE_ROWS, n, row);
  }
}

static void read_columns(const struct reader *reader, uint64_t begin, size_t n) {
  const struct table_rows rows = {.first = begin, .n = n};
  double values[REACH_ROWS];
  for (uint32_t s = 0; s < reader->coded->n_sources; s++) {
    const struct coded_source *source = &reader->coded->sources[s];
    const copse_column *column = &reader->table->columns[source->feature];
    if (column->dtype == COPSE_F64 && column->stride == 1) {
      encode_source(reader, source, (const double *)column->data + begin, n, 0);
      continue;
    }
    table_gather(reader->table, source->feature, &rows, values);
    encode_source(reader, source, values, n, 0);
  }
}

static void read_source(const struct reader *reader, uint64_t begin, size_t n) {
  const copse_column_source *from = reader->table->values;
  double values[REACH_ROWS];
  for (uint32_t s = 0; s < reader->coded->n_sources; s++) {
    const struct coded_source *source = &reader->coded->sources[s];
    from->read(from->user, source->feature, begin, n, values);
    encode_source(reader, source, values, n, 0);
  }
}

static void store_value(const struct reader *reader, const struct coded_source *source, size_t row,
                        double value) {
  struct coded_block *block = reader->block;
  if (source->categorical) {
    store_category(block, source, row, category_code(source, value));
    return;
  }
  uint32_t plain = code_of(&source->map, value);
  for (unsigned versions = source->versions; versions != 0; versions &= versions - 1) {
    enum code_version version = (enum code_version)__builtin_ctz(versions);
    line_of(block, source, version)[row] = (uint16_t)version_code(version, value, plain, source->map.n_cuts);
  }
}

/* What absent values are. */
static void fill_zeros(const struct reader *reader) {
  struct coded_block *block = reader->block;
  for (uint32_t s = 0; s < reader->coded->n_sources; s++) {
    const struct coded_source *source = &reader->coded->sources[s];
    store_value(reader, source, 0, 0.0);
    if (source->categorical) {
      uint32_t code = category_code(source, 0.0);
      for (size_t i = 1; i < REACH_ROWS; i++) store_category(block, source, i, code);
      continue;
    }
    for (unsigned versions = source->versions; versions != 0; versions &= versions - 1) {
      uint16_t *codes = line_of(block, source, (unsigned)__builtin_ctz(versions));
      for (size_t i = 1; i < REACH_ROWS; i++) codes[i] = codes[0];
    }
  }
}

/* A stored value of a feature that some node may name, by value or by category. */
static void store_feature(const struct reader *reader, uint32_t feature, size_t row, double value) {
  for (uint32_t k = 0; k < 2; k++) {
    uint32_t source = reader->coded->source_of[2 * (size_t)feature + k];
    if (source != UINT32_MAX) store_value(reader, &reader->coded->sources[source], row, value);
  }
}

static void read_csr(const struct reader *reader, uint64_t begin, size_t n) {
  const copse_table *table = reader->table;
  fill_zeros(reader);
  for (size_t i = 0; i < n; i++)
    for (int64_t k = table->indptr[begin + i]; k < table->indptr[begin + i + 1]; k++)
      store_feature(reader, (uint32_t)table->indices[k], i, table_stored_value(table, k));
}

static void read_csc(const struct reader *reader, uint64_t begin, size_t n) {
  const copse_table *table = reader->table;
  fill_zeros(reader);
  for (uint32_t s = 0; s < reader->coded->n_sources; s++) {
    const struct coded_source *source = &reader->coded->sources[s];
    for (int64_t k = table_csc_from(table, source->feature, begin); k < table->indptr[source->feature + 1];
         k++) {
      uint64_t i = (uint64_t)table->indices[k] - begin;
      if (i >= n) break;
      store_value(reader, source, (size_t)i, table_stored_value(table, k));
    }
  }
}

void coded_block_read(const struct coded_trees *coded, const struct kernels *kernels,
                      const copse_table *table, uint64_t begin, struct coded_block *block) {
  const struct reader reader = {coded, kernels, table, block};
  size_t n = block->n;
  switch (table->layout) {
    case COPSE_ROWS:
      for (size_t row = 0; row < n; row += TILE_ROWS)
        read_dense_rows(&reader, begin + row, n - row < TILE_ROWS ? n - row : TILE_ROWS, row);
      break;
    case COPSE_COLUMNS: read_columns(&reader, begin, n); break;
    case COPSE_CSR: read_csr(&reader, begin, n); break;
    case COPSE_CSC: read_csc(&reader, begin, n); break;
    case COPSE_SOURCE: read_source(&reader, begin, n); break;
  }
}

static void look_up(const struct cell_codes *codes, unsigned version, uint64_t begin, size_t n,
                    uint16_t *out) {
  const uint16_t *of_cell = codes->of_cell[version];
  if (codes->wide) {
    const uint16_t *cells = (const uint16_t *)codes->cells + begin;
    for (size_t i = 0; i < n; i++) out[i] = of_cell[cells[i]];
  } else {
    const uint8_t *cells = (const uint8_t *)codes->cells + begin;
    for (size_t i = 0; i < n; i++) out[i] = of_cell[cells[i]];
  }
}

void coded_block_read_cells(const struct coded_trees *coded, const struct cell_codes *codes, uint64_t begin,
                            struct coded_block *block) {
  uint16_t categories[REACH_ROWS];
  for (uint32_t s = 0; s < coded->n_sources; s++) {
    const struct coded_source *source = &coded->sources[s];
    if (source->categorical) {
      look_up(&codes[s], 0, begin, block->n, categories);
      for (size_t i = 0; i < block->n; i++) store_category(block, source, i, categories[i]);
      continue;
    }
    for (unsigned versions = source->versions; versions != 0; versions &= versions - 1) {
      unsigned version = (unsigned)__builtin_ctz(versions);
      look_up(&codes[s], version, begin, block->n, line_of(block, source, version));
    }
  }
}
