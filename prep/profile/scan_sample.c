/* scan_sample.c - the sampled rows: a function of the rows' numbers alone. */
#include "profile/scan_parts.h"

static bool sampled(uint64_t row, unsigned level) {
  return (mix64(row ^ 0x2545f4914f6cdd1du) & (((uint64_t)1 << level) - 1)) == 0;
}

static size_t count_fresh(const struct scan *scan) {
  size_t n = 0;
  for (size_t b = 0; b < scan->n_blocks; b++)
    for (size_t row = 0; row < scan->blocks[b]->n_rows; row++)
      n += sampled(scan->blocks[b]->first_row + row, scan->sample_level);
  return n;
}

static size_t count_kept(const struct scan *scan) {
  size_t n = 0;
  for (size_t i = 0; i < scan->n_sample; i++) n += sampled(scan->sample_rows[i], scan->sample_level);
  return n;
}

/* Which sampled rows stay, and which of the batch join them. False: out of memory. */
bool scan_choose_sample(struct scan *scan) {
  size_t n_fresh = count_fresh(scan), n_kept = scan->n_sample;
  while (n_fresh + n_kept > scan->sample_capacity) {
    scan->sample_level++;
    n_fresh = count_fresh(scan);
    n_kept = count_kept(scan);
  }
  scan->n_kept = 0;
  for (size_t i = 0; i < scan->n_sample; i++) {
    if (!sampled(scan->sample_rows[i], scan->sample_level)) continue;
    scan->kept[scan->n_kept] = (uint32_t)i;
    scan->sample_rows[scan->n_kept++] = scan->sample_rows[i];
  }
  scan->n_sample = scan->n_kept;
  for (size_t b = 0; b < scan->n_blocks; b++) {
    for (size_t row = 0; row < scan->blocks[b]->n_rows; row++) {
      uint64_t number = scan->blocks[b]->first_row + row;
      if (!sampled(number, scan->sample_level)) continue;
      scan->fresh[scan->n_sample - scan->n_kept] = (uint64_t)b << 32 | row;
      scan->sample_rows[scan->n_sample++] = number;
    }
  }
  return true;
}

bool scan_take_sample(const struct scan *scan, struct column *column) {
  if (column->sample == NULL) {
    column->sample = copse_alloc(scan->ctx, scan->sample_capacity, sizeof *column->sample);
    column->sample_types = copse_alloc(scan->ctx, scan->sample_capacity, 1);
    if (column->sample == NULL || column->sample_types == NULL) return false;
  }
  for (size_t i = 0; i < scan->n_kept && scan->n_kept < column->n_sample; i++) {
    column->sample[i] = column->sample[scan->kept[i]];
    column->sample_types[i] = column->sample_types[scan->kept[i]];
  }
  for (size_t i = scan->n_kept; i < scan->n_sample; i++) {
    uint64_t at = scan->fresh[i - scan->n_kept];
    const struct typed_block *block = scan->blocks[at >> 32];
    size_t cell = (size_t)column->index * block->n_rows + (uint32_t)at;
    column->sample[i] = block->values[cell];
    column->sample_types[i] = block->types[cell];
  }
  column->n_sample = scan->n_sample;
  return true;
}
