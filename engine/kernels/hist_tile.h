/* hist_tile.h - the loop that adds rows to histogram cells, written once for every tier and form of cell.
 *
 * Rows are taken a tile at a time and a tile is walked several times, some columns each: the cells of those
 * columns stay in the L1 cache. A leaf's rows lie anywhere, so they are first copied side by side. While one
 * tile is added up the cache lines of the next are on their way, behind the last one those of rows that
 * another call will add (two threads, which claim 8,192 rows at a time: 3 % less time), also where rows lie
 * side by side: the processor itself follows them only while they are read (10 to 18 % less time of a root).
 * They are asked for evenly all through a tile: a processor waits for some sixteen lines at once, and a
 * leaf's row is two, so that asking for many rows in a row keeps all else waiting (Xeon, leaves of 1,000,000
 * x 28: 8 % less time, and into the L2 cache another 3 to 5 %).
 *
 * An includer defines HIST_CELL, the type of a cell and of what a row adds to it, which has +=,
 * HIST_NAME(name), the names of what is made here, and, with HIST_SOURCE, the type rows' values come from:
 *
 *   HIST_NAME(values)     the values of n <= HIST_TILE_ROWS rows side by side, in room unless they are so
 *                         already
 *   HIST_NAME(value_at)   where a row's value is kept, to be fetched: rows are equally far apart
 *
 * and, where a cell has no +=, HIST_ADD(cell, value), which adds to the cell pointed to; HIST_COLUMNS, the
 * most columns of a walk, is 16 or 32: more are code for cells that all fit the cache.
 *
 * It gets HIST_NAME(add). May be included more than once. */

#ifndef HIST_COLUMNS
#define HIST_COLUMNS 16
#endif
#define HIST_SIXTEEN(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16)
#if HIST_COLUMNS > 16
#define HIST_EACH_WALK(X) \
  HIST_SIXTEEN(X)         \
  X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31) X(32)
#else
#define HIST_EACH_WALK(X) HIST_SIXTEEN(X)
#endif
#ifndef HIST_ADD
#define HIST_ADD(cell, value) (*(cell) += (value))
#endif

/* Rows side by side, and those that come after them. */
struct HIST_NAME(tile) {
  const uint8_t *bins;
  size_t row_bytes, n;
  const HIST_CELL *values;
  const uint8_t *all_bins; /* whence the next tile will come */
  const HIST_SOURCE *all_values;
  const uint32_t *rows; /* the list of rows; NULL: the rows themselves */
  uint64_t next;        /* place in the list, or the row */
  size_t n_next;        /* from next on, still to be fetched, ... */
  unsigned every;       /* ... one after so many rows that are added */
};

/* The lines of the rows to come, one row a call. Its own struct: what a walk reads of the tile itself would
 * be read again after each cell that is written. */
struct HIST_NAME(ahead) {
  const uint8_t *bins;
  uintptr_t values;
  size_t row_bytes, value_bytes;
  const uint32_t *rows;
  uint64_t next;
};

static inline struct HIST_NAME(ahead) HIST_NAME(look_ahead)(const struct HIST_NAME(tile) * tile) {
  const uintptr_t first = (uintptr_t)HIST_NAME(value_at)(tile->all_values, 0);
  return (struct HIST_NAME(ahead)){
      tile->all_bins, first,     tile->row_bytes, (uintptr_t)HIST_NAME(value_at)(tile->all_values, 1) - first,
      tile->rows,     tile->next};
}

static inline __attribute__((always_inline)) void HIST_NAME(fetch)(struct HIST_NAME(ahead) * ahead) {
  enum { TO_READ = 0, INTO_L2 = 2 }; /* the L1 cache is full of cells */
  const uint64_t row = ahead->rows != NULL ? ahead->rows[ahead->next] : ahead->next;
  ahead->next++;
  __builtin_prefetch(ahead->bins + row * ahead->row_bytes, TO_READ, INTO_L2);
  __builtin_prefetch((const void *)(ahead->values + row * ahead->value_bytes), TO_READ, INTO_L2);
}

/* K columns. A byte load a cell is quicker than taking words apart: 15 to 30 %. Cells' addresses are one
 * register and constants, so that a walk may have as many columns as it likes, and a row that comes soon
 * after another with the same bin has less to wait for. Compilers are kept from adding a constant to a bin
 * first, which would be an instruction more. */
static inline __attribute__((always_inline)) void HIST_NAME(add_row)(HIST_CELL *first, const uint8_t *bins,
                                                                     HIST_CELL value, const unsigned K) {
  char *cells = (char *)first;
#pragma GCC unroll 32
  for (unsigned k = 0; k < K; k++) {
    size_t at = bins[k];
    if (sizeof(HIST_CELL) > 8) at *= sizeof(HIST_CELL); /* up to 8 an address does it */
    __asm__("" : "+r"(at));
    if (sizeof(HIST_CELL) <= 8) at *= sizeof(HIST_CELL);
    HIST_ADD((HIST_CELL *)(void *)(cells + k * HIST_STRIDE * sizeof(HIST_CELL) + at), value);
  }
}

/* Fetches a row and adds `every`, a constant, until all are fetched; returns where it stops. */
static inline __attribute__((always_inline)) const HIST_CELL *HIST_NAME(walk_fetching)(
    const struct HIST_NAME(tile) * tile, HIST_CELL *cells, const uint8_t **bins, const unsigned K,
    const unsigned every) {
  struct HIST_NAME(ahead) ahead = HIST_NAME(look_ahead)(tile);
  const size_t row_bytes = tile->row_bytes;
  const uint8_t *at = *bins;
  const HIST_CELL *value = tile->values, *end = value + tile->n_next * every;
#pragma GCC unroll 2
  while (value < end) {
    HIST_NAME(fetch)(&ahead);
    HIST_NAME(add_row)(cells, at, value[0], K);
    if (every > 1) HIST_NAME(add_row)(cells, at + row_bytes, value[1], K);
    if (every > 2) HIST_NAME(add_row)(cells, at + 2 * row_bytes, value[2], K);
    value += every;
    at += every * row_bytes;
  }
  *bins = at;
  return end;
}

/* K columns, K <= HIST_COLUMNS. Rows that fetch have a loop of their own, so that addresses stay in
 * registers. */
static inline __attribute__((always_inline)) void HIST_NAME(walk)(const struct HIST_NAME(tile) * tile,
                                                                  const uint8_t *bins, HIST_CELL *cells,
                                                                  const unsigned K) {
  const size_t row_bytes = tile->row_bytes;
  const HIST_CELL *value = tile->values, *end = value + tile->n;
  if (K < HIST_FEWEST_SPREAD || K > HIST_MOST_SPREAD || tile->every == 1)
    value = HIST_NAME(walk_fetching)(tile, cells, &bins, K, 1);
  else if (tile->every == 2)
    value = HIST_NAME(walk_fetching)(tile, cells, &bins, K, 2);
  else
    value = HIST_NAME(walk_fetching)(tile, cells, &bins, K, HIST_MOST_BETWEEN);
  for (; value < end; value++, bins += row_bytes) HIST_NAME(add_row)(cells, bins, *value, K);
}

#ifdef HIST_ONE_WALK /* see CMakeLists.txt */
static __attribute__((noinline)) void HIST_NAME(walk_columns)(const struct HIST_NAME(tile) * tile,
                                                              const uint8_t *bins, HIST_CELL *cells,
                                                              uint32_t n_columns) {
  HIST_NAME(walk)(tile, bins, cells, n_columns);
}
#else
/* A function for each number of columns, once in the program: its loops are long. */
#define HIST_WALK(K)                                                                                 \
  static __attribute__((noinline)) void HIST_NAME(walk_##K)(const struct HIST_NAME(tile) * tile,     \
                                                            const uint8_t *bins, HIST_CELL *cells) { \
    HIST_NAME(walk)(tile, bins, cells, K);                                                           \
  }
HIST_EACH_WALK(HIST_WALK)
#undef HIST_WALK

static inline void HIST_NAME(walk_columns)(const struct HIST_NAME(tile) * tile, const uint8_t *bins,
                                           HIST_CELL *cells, uint32_t n_columns) {
  switch (n_columns) {
#define HIST_WALK(K)                        \
  case K:                                   \
    HIST_NAME(walk_##K)(tile, bins, cells); \
    break;
    HIST_EACH_WALK(HIST_WALK)
#undef HIST_WALK
    default: __builtin_unreachable();
  }
}
#endif

/* Every column, cut evenly into walks; each fetches its share of the next tile. */
static inline void HIST_NAME(add_tile)(const struct hist_block *block, struct HIST_NAME(tile) * tile,
                                       HIST_CELL *cells) {
  const uint32_t n_columns = block->n_columns,
                 most = hist_columns_a_walk(block->n_bins, sizeof(HIST_CELL), HIST_COLUMNS);
  const uint32_t n_walks = (n_columns + most - 1) / most;
  const size_t n_next = tile->n_next, share = (n_next + n_walks - 1) / n_walks;
  /* At least 1: no more rows are fetched than are added. */
  const size_t every = share > 0 ? tile->n / share : HIST_MOST_BETWEEN;
  tile->every = every < HIST_MOST_BETWEEN ? (unsigned)every : HIST_MOST_BETWEEN;
  uint32_t c = 0;
  size_t fetched = 0;
  for (uint32_t walk = 0; walk < n_walks; walk++) {
    const uint32_t n = (n_columns - c + (n_walks - walk) - 1) / (n_walks - walk);
    tile->n_next = n_next - fetched < share ? n_next - fetched : share;
    HIST_NAME(walk_columns)(tile, tile->bins + c, cells + block->offsets[c], n);
    fetched += tile->n_next;
    tile->next += tile->n_next;
    c += n;
  }
}

static inline void HIST_NAME(copy_rows)(const struct hist_block *block, const uint32_t *rows, size_t n,
                                        uint8_t *bins) {
  const size_t row_bytes = block->row_bytes;
  switch (row_bytes) { /* sizes the compiler knows are single moves */
    case 32:
      for (size_t i = 0; i < n; i++) memcpy(bins + i * 32, block->rows + (size_t)rows[i] * 32, 32);
      break;
    case 64:
      for (size_t i = 0; i < n; i++) memcpy(bins + i * 64, block->rows + (size_t)rows[i] * 64, 64);
      break;
    case 16:
      for (size_t i = 0; i < n; i++) memcpy(bins + i * 16, block->rows + (size_t)rows[i] * 16, 16);
      break;
    default:
      for (size_t i = 0; i < n; i++)
        memcpy(bins + i * row_bytes, block->rows + (size_t)rows[i] * row_bytes, row_bytes);
  }
}

/* At most `most` rows from `at` on, side by side in `bins` unless they are so already, and those after them.
 */
static inline void HIST_NAME(take_rows)(const struct hist_block *block, const uint32_t *rows, uint64_t at,
                                        uint64_t end, size_t most, uint8_t *bins,
                                        struct HIST_NAME(tile) * tile) {
  tile->n = end - at < most ? end - at : most;
  tile->rows = rows;
  tile->next = at + tile->n;
  tile->n_next = end - tile->next < most ? end - tile->next : most;
  if (tile->next == end) tile->n_next = block->n_behind < tile->n ? block->n_behind : tile->n;
  if (rows == NULL) {
    tile->bins = block->rows + at * block->row_bytes;
  } else {
    HIST_NAME(copy_rows)(block, rows + at, tile->n, bins);
    tile->bins = bins;
  }
}

/* A column or two of two-byte bins, `bins` those of the tile's first row. */
static inline __attribute__((always_inline)) void HIST_NAME(walk_wide)(const struct HIST_NAME(tile) * tile,
                                                                       const uint16_t *bins,
                                                                       const uint32_t *offsets,
                                                                       HIST_CELL *cells, bool two) {
  HIST_CELL *first = cells + offsets[0], *second = two ? cells + offsets[1] : NULL;
  const size_t stride = tile->row_bytes / sizeof *bins;
  struct HIST_NAME(ahead) ahead = HIST_NAME(look_ahead)(tile);
  for (size_t i = 0; i < tile->n; i++, bins += stride) {
    if (i < tile->n_next) HIST_NAME(fetch)(&ahead);
    const HIST_CELL value = tile->values[i];
    HIST_ADD(&first[bins[0]], value);
    if (two) HIST_ADD(&second[bins[1]], value);
  }
}

/* Two columns a walk: the cells of a thousand bins each fill the L1 cache. */
static inline void HIST_NAME(add_wide_tile)(const struct hist_block *block, struct HIST_NAME(tile) * tile,
                                            HIST_CELL *cells) {
  const uint16_t *bins = (const uint16_t *)(const void *)tile->bins;
  const uint32_t n_columns = block->n_columns, n_walks = (n_columns + 1) / 2;
  const size_t n_next = tile->n_next, share = (n_next + n_walks - 1) / n_walks;
  size_t fetched = 0;
  for (uint32_t c = 0; c < n_columns; c += 2) {
    tile->n_next = n_next - fetched < share ? n_next - fetched : share;
    if (c + 1 < n_columns)
      HIST_NAME(walk_wide)(tile, bins + c, block->offsets + c, cells, true);
    else
      HIST_NAME(walk_wide)(tile, bins + c, block->offsets + c, cells, false);
    fetched += tile->n_next;
    tile->next += tile->n_next;
  }
}

/* The values of more rows than come at once. */
static inline void HIST_NAME(wide_values)(const HIST_SOURCE *source, const uint32_t *rows, uint64_t at,
                                          size_t n, HIST_CELL *room) {
  for (size_t i = 0; i < n; i += HIST_TILE_ROWS) {
    size_t piece = n - i < HIST_TILE_ROWS ? n - i : HIST_TILE_ROWS;
    const HIST_CELL *values = HIST_NAME(values)(source, rows, at + i, piece, room + i);
    if (values != room + i) memcpy(room + i, values, piece * sizeof *values);
  }
}

/* Two-byte bins. Their cells come from a larger cache to each walk, which therefore takes many rows. */
static inline void HIST_NAME(add_wide)(const struct hist_block *block, const uint32_t *rows, uint64_t begin,
                                       uint64_t end, const HIST_SOURCE *source, HIST_CELL *cells) {
  enum { MOST_ROWS = (sizeof(HIST_CELL) > 32 ? 2 : 4) * HIST_TILE_ROWS, MOST_BYTES = 1 << 15 };
  _Alignas(64) uint8_t bins[MOST_BYTES];
  _Alignas(64) HIST_CELL room[MOST_ROWS];
  struct HIST_NAME(tile)
      tile = {.row_bytes = block->row_bytes, .all_bins = block->rows, .all_values = source, .values = room};
  const size_t fit = MOST_BYTES / block->row_bytes, most = fit < MOST_ROWS ? fit : MOST_ROWS;
  for (uint64_t at = begin; at < end; at += tile.n) {
    HIST_NAME(take_rows)(block, rows, at, end, most, bins, &tile);
    HIST_NAME(wide_values)(source, rows, at, tile.n, room);
    HIST_NAME(add_wide_tile)(block, &tile, cells);
  }
}

/* Adds rows[begin..end) of one-byte bins, or the rows begin..end themselves where rows is NULL. */
static inline void HIST_NAME(add)(const struct hist_block *block, const uint32_t *rows, uint64_t begin,
                                  uint64_t end, const HIST_SOURCE *source, HIST_CELL *cells) {
  _Alignas(64) uint8_t bins[HIST_TILE_ROWS * 64];
  _Alignas(64) HIST_CELL room[HIST_TILE_ROWS];
  struct HIST_NAME(tile)
      tile = {.row_bytes = block->row_bytes, .all_bins = block->rows, .all_values = source};
  const uint64_t n = end - begin, n_tiles = n / HIST_TILE_ROWS + (n % HIST_TILE_ROWS > 0);
  const size_t most = n_tiles > 0 ? (n + n_tiles - 1) / n_tiles : 0; /* as many rows in each */
  for (uint64_t at = begin; at < end; at += tile.n) {
    HIST_NAME(take_rows)(block, rows, at, end, most, bins, &tile);
    tile.values = HIST_NAME(values)(source, rows, at, tile.n, room);
    HIST_NAME(add_tile)(block, &tile, cells);
  }
}

#undef HIST_ADD
#undef HIST_COLUMNS
#undef HIST_SIXTEEN
#undef HIST_EACH_WALK
#undef HIST_CELL
#undef HIST_SOURCE
#undef HIST_NAME
