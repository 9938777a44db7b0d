/* binned_within.c - cells that come from elsewhere are compared with their limits where the kernels will find
 * them: a line of the row-major copy at a time, whatever rows and cells it holds. */
#include <string.h>

#include "data/binned.h"

enum { LINE = 64, LINES = 1 << 12 };

struct within_job {
  const struct binned *binned;
  const struct binned_block *block;
  atomic_bool beyond;
};

/* The largest cell at each place of a line, in lines [begin, end). */
static void largest_bytes(const uint8_t *lines, size_t begin, size_t end, uint16_t *most) {
  uint8_t largest[LINE] = {0};
  for (size_t line = begin; line < end; line++)
    for (size_t i = 0; i < LINE; i++)
      largest[i] = lines[line * LINE + i] > largest[i] ? lines[line * LINE + i] : largest[i];
  for (size_t i = 0; i < LINE; i++) most[i] = largest[i];
}

static void largest_pairs(const uint8_t *lines, size_t begin, size_t end, uint16_t *most) {
  memset(most, 0, LINE / 2 * sizeof *most);
  for (size_t line = begin; line < end; line++) {
    uint16_t cells[LINE / 2];
    memcpy(cells, lines + line * LINE, sizeof cells);
    for (size_t i = 0; i < LINE / 2; i++) most[i] = cells[i] > most[i] ? cells[i] : most[i];
  }
}

static void check_lines(void *user, size_t chunk, int thread) {
  (void)thread;
  struct within_job *job = user;
  const struct binned_block *block = job->block;
  /* Behind the last row there is room, of zeros, for what is left of a line. */
  size_t n_lines = ((size_t)job->binned->n_rows * block->row_bytes + LINE - 1) / LINE;
  size_t begin = chunk * LINES, end = n_lines - begin < LINES ? n_lines : begin + LINES;
  uint16_t most[LINE];
  if (block->cell_bytes == 1)
    largest_bytes(block->rows, begin, end, most);
  else
    largest_pairs(block->rows, begin, end, most);
  size_t n_slots = block->row_bytes / block->cell_bytes;
  for (size_t i = 0; i < LINE / block->cell_bytes; i++)
    if (i % n_slots < block->n_columns &&
        most[i] >= job->binned->carriers[block->carriers[i % n_slots]].n_values)
      atomic_store(&job->beyond, true);
}

bool binned_within(const struct binned *binned, int n_threads) {
  bool within = true;
  for (uint32_t b = 0; b < binned->n_blocks && within; b++) {
    struct within_job job = {.binned = binned, .block = &binned->blocks[b]};
    size_t n_lines = ((size_t)binned->n_rows * job.block->row_bytes + LINE - 1) / LINE;
    copse_parallel_for(n_threads, (n_lines + LINES - 1) / LINES, check_lines, &job);
    within = !atomic_load(&job.beyond);
  }
  return within;
}
