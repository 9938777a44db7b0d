/* dataset_file.h - the form in which a finished data set is bytes.
 *
 *   head       magic, version, byte order, rows, features, number and fingerprint of the list
 *   list       length and fingerprint of every section
 *   sections   schema; label; weight; init score; groups; positions; the bins of each feature: one or two
 * bytes a row, or where most rows have one bin a list of the others
 *
 * Sections begin at multiples of SECTION_ALIGNMENT, with zeros behind each: the bins of a feature are then
 * the column that the matrix keeps of it, and can be used where they lie. */
#ifndef COPSE_DATA_DATASET_FILE_H
#define COPSE_DATA_DATASET_FILE_H

#include "data/dataset.h"

enum { DATASET_VERSION = 3, BYTE_ORDER_MARK = 0x01020304, NARROW_BINS = 256 };
/* Behind the last row of a column as many cells can be read as the matrix has there. */
enum { SECTION_ALIGNMENT = 64, SECTION_TAIL = 2 * BINNED_PADDING, PAGE = 4096 };
enum section_id {
  SECTION_SCHEMA,
  SECTION_LABEL,
  SECTION_WEIGHT,
  SECTION_INIT,
  SECTION_GROUP,
  SECTION_POSITION,
  N_SECTIONS
};
#define DATASET_MAGIC "COPSEDS"
static const copse_field section_fields[] = {[SECTION_LABEL] = COPSE_LABEL,
                                             [SECTION_WEIGHT] = COPSE_WEIGHT,
                                             [SECTION_INIT] = COPSE_INIT_SCORE,
                                             [SECTION_GROUP] = COPSE_GROUP,
                                             [SECTION_POSITION] = COPSE_POSITION};

struct dataset_head {
  char magic[8];
  uint32_t version, byte_order;
  uint64_t n_rows;
  uint32_t n_features, padding;
  uint64_t list_hash[2];
};

struct section {
  uint64_t length, hash[2];
};

/* In front of a feature's bins: n_cells of them for all rows, or behind as many rows (uint32_t). */
struct cells_head {
  uint32_t listed, common;
  uint64_t n_cells, zeros[6];
};
_Static_assert(sizeof(struct cells_head) == SECTION_ALIGNMENT, "cells are aligned as their section");

static inline uint64_t section_aligned(uint64_t bytes) {
  return (bytes + SECTION_ALIGNMENT - 1) / SECTION_ALIGNMENT * SECTION_ALIGNMENT;
}
/* Bytes from the begin of a section to that of the next. No two columns' cells of a row lie in one cache set.
 */
static inline uint64_t section_room(uint64_t length) {
  if (length == 0) return 0;
  uint64_t room = section_aligned(length + SECTION_TAIL);
  return room % PAGE == 0 ? room + SECTION_ALIGNMENT : room;
}
static inline size_t section_element(enum section_id id) { return id == SECTION_INIT ? sizeof(double) : 4; }
static inline size_t section_cell(const struct feature_bins *bins) {
  return bins->n_bins <= NARROW_BINS ? 1 : 2;
}

/* The fingerprint of the head but for its own, and of the list. */
static inline void section_hash_list(const struct dataset_head *head, const struct section *list, size_t n,
                                     uint64_t out[2]) {
  uint64_t part[2];
  copse_hash(head, offsetof(struct dataset_head, list_hash), 0, part);
  copse_hash(list, n * sizeof *list, part[0], out);
}

#endif
