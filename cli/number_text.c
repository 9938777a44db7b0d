/* number_text.c - blocks of rows are formatted by any thread and written in their order. */
#include "number_text.h"

#include "console.h"

#define BLOCK_VALUES 4096
/* The longest double with 17 significant digits is 24 characters; one more for the separator, and what
 * copse_format_double wants to have free. */
#define CELL_BYTES 25
#define SLACK 32

struct format_job {
  struct number_text *room;
  const double *values;
  uint64_t n_rows;
  uint32_t width;
};

copse_status number_text_open(copse_context *ctx, uint64_t max_rows, uint32_t width, int n_threads,
                              struct number_text *out, copse_error *err) {
  size_t block_rows = BLOCK_VALUES / width + 1;
  size_t n_blocks = (size_t)((max_rows + block_rows - 1) / block_rows);
  *out = (struct number_text){.block_rows = block_rows,
                              .block_bytes = block_rows * width * CELL_BYTES + SLACK,
                              .n_threads = n_threads};
  out->text = copse_alloc(ctx, n_blocks, out->block_bytes);
  out->lengths = copse_alloc(ctx, n_blocks, sizeof *out->lengths);
  return out->text && out->lengths ? COPSE_OK : fail_memory(err, "the text of the predictions");
}

static void format_block(void *user, size_t block, int thread) {
  (void)thread;
  const struct format_job *job = user;
  const struct number_text *room = job->room;
  char *start = room->text + block * room->block_bytes, *at = start;
  uint64_t first = block * room->block_rows, end = first + room->block_rows;
  if (end > job->n_rows) end = job->n_rows;
  const double *value = job->values + first * job->width;
  for (uint64_t row = first; row < end; row++) {
    for (uint32_t i = 0; i < job->width; i++) {
      at += copse_format_double(*value++, at, SLACK);
      *at++ = i + 1 < job->width ? '\t' : '\n';
    }
  }
  room->lengths[block] = (size_t)(at - start);
}

copse_status number_text_write(struct number_text *room, const double *values, uint64_t n_rows,
                               uint32_t width, struct output *out, copse_error *err) {
  struct format_job job = {room, values, n_rows, width};
  size_t n_blocks = (size_t)((n_rows + room->block_rows - 1) / room->block_rows);
  copse_parallel_for(room->n_threads, n_blocks, format_block, &job);
  for (size_t block = 0; block < n_blocks; block++) {
    copse_status status =
        output_write(out, room->text + block * room->block_bytes, room->lengths[block], err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

void number_text_close(struct number_text *room) {
  copse_free(room->text);
  copse_free(room->lengths);
}
