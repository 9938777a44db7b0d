/* binned_layout.h - what laying out and settling the binned matrix share. */
#ifndef COPSE_DATA_BINNED_LAYOUT_H
#define COPSE_DATA_BINNED_LAYOUT_H

#include "data/binned.h"

/* Gives carriers from a number on their values, blocks and zeroed cells, and lays out the planes anew. Their
 * digits and members are known. */
COPSE_MUST_CHECK copse_status binned_lay_out(struct binned *out, const struct bundles *bundles,
                                             uint32_t from_carrier, copse_error *err);

/* Both copies of one block, whose carriers are known; every cell is 0. False: no memory. */
bool binned_allocate_block(struct binned *out, struct binned_block *block);

/* Cells of rows [first_row, first_row + n) into a block's row-major copy: given[i] has those of its column
 * first_slot + i, from first_row on. */
void binned_interleave(const struct binned_block *block, uint32_t first_slot, uint32_t n_slots,
                       const uint8_t *const *given, uint64_t first_row, size_t n);

#endif
