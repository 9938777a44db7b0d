/* scan_target.c - the target as the rows tell it, one after the other. */
#include <math.h>
#include <string.h>

#include "profile/scan_parts.h"

enum { NOT_A_NUMBER = 0x5bf03635 };

uint64_t text_class_key(const char *text) { return cell_hash(text, strlen(text)) ^ NOT_A_NUMBER; }

static uint8_t class_of(struct scan *scan, const struct row_cell *cell, enum cell_type type, uint64_t value) {
  bool number = type == CELL_TYPE_INTEGER || type == CELL_TYPE_DECIMAL;
  uint64_t key = value ^ (number ? 0 : NOT_A_NUMBER);
  for (uint32_t i = 0; i < scan->n_classes; i++)
    if (scan->class_keys[i] == key) return (uint8_t)i;
  if (scan->n_classes == TALLY_MAX_CLASSES) {
    scan->too_many_classes = true;
    return 0;
  }
  uint32_t i = scan->n_classes++;
  memcpy(scan->class_texts[i], cell->text, values_kept_length(cell->text, cell->length));
  scan->class_cells[i] = (struct row_cell){scan->class_texts[i], cell->length, false, false};
  scan->class_keys[i] = key;
  scan->class_values[i] = (double)NAN;
  if (number) memcpy(&scan->class_values[i], &value, sizeof value);
  return (uint8_t)i;
}

void scan_note_targets(struct scan *scan, struct typed_block *block) {
  size_t first = (size_t)scan->target * block->n_rows;
  const struct row_cell *cells = block->cells + (size_t)scan->columns[scan->target].source * block->n_rows;
  for (size_t row = 0; row < block->n_rows; row++) {
    enum cell_type type = block->types[first + row];
    uint64_t value = block->values[first + row];
    struct row_target *target = &block->targets[row];
    *target = (struct row_target){.code = TALLY_NO_CLASS,
                                  .fold = (uint8_t)(mix64(block->first_row + row + 1) % TALLY_FOLDS)};
    if (cell_is_blank(type) || type == CELL_TYPE_TOKEN) continue;
    bool number = type == CELL_TYPE_INTEGER || type == CELL_TYPE_DECIMAL;
    if (number) memcpy(&target->y, &value, sizeof target->y);
    scan->texts_in_target |= !number;
    target->code = scan->too_many_classes ? 0 : class_of(scan, &cells[row], type, value);
    scan->class_rows[target->code]++;
  }
}

void scan_note_shape(struct scan *scan) {
  scan->shape = (struct tally_shape){.n_classes = scan->too_many_classes ? 1
                                                  : scan->n_classes < 2  ? 2
                                                                         : scan->n_classes,
                                     .sums = scan->too_many_classes && !scan->texts_in_target,
                                     .class_values = scan->class_values};
}
