/* scan_parts.h - the parts of the pass, for the files scan*.c alone. */
#ifndef COPSE_PROFILE_SCAN_PARTS_H
#define COPSE_PROFILE_SCAN_PARTS_H

#include "profile/scan.h"

enum { SCAN_MOST_BLOCKS = 1 << 16 };

/* scan_block.c: types the cells of a block; from several threads at once. */
copse_status scan_visit(void *scan, const struct row_block *rows, int thread, copse_error *err);
void scan_free_block(struct typed_block *block);

/* scan_target.c: the targets of a block, in the order of the blocks; what is counted by them from there on.
 */
void scan_note_targets(struct scan *scan, struct typed_block *block);
void scan_note_shape(struct scan *scan);

/* scan_sample.c: which sampled rows stay, and which of the batch join them; then the cells of a column.
 * False: out of memory. */
bool scan_choose_sample(struct scan *scan);
bool scan_take_sample(const struct scan *scan, struct column *column);

#endif
