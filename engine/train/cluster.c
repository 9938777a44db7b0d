/* cluster.c - rows of one leaf lie side by side.
 *
 * A leaf's rows are spread over the whole matrix, and each costs a cache line of bins, one of gradients and
 * one of the split's column. But trees of one run cut alike: rows that shared a leaf of the first tree mostly
 * share the leaves of later ones. Laid out in the order in which the first tree's leaves hold them, a later
 * leaf is a few runs of rows. Histograms are sums of integers and draws go by a row's own number, so the
 * model does not change. (1,000,000 x 28 rows, 255 leaves, one thread: 80 trees in 9.5 s instead of 12.3, 15
 * trees in 2.5 instead of 3.3.) */
#include "train/cluster.h"

#include <string.h>

/* Below this the matrix fits the cache anyway. */
enum { LEAST_ROWS = 1 << 17 };

void cluster_rows(struct workspace *ws) {
  if (ws->cluster_tried) return;
  ws->cluster_tried = true;
  uint64_t n = ws->data->n_rows;
  if (n < LEAST_ROWS) return;
  uint32_t *row_of = copse_alloc(ws->ctx, n, sizeof *row_of);
  float *gathered = copse_alloc(ws->ctx, (size_t)ws->n_threads * 2 * WORKSPACE_CHUNK, sizeof *gathered);
  if (row_of == NULL || gathered == NULL ||
      binned_reorder(&ws->data->binned, ws->rows, ws->n_threads, &ws->clustered, NULL) != COPSE_OK) {
    copse_free(row_of);
    copse_free(gathered);
    return;
  }
  memcpy(row_of, ws->rows, n * sizeof *row_of);
  ws->row_of = row_of;
  ws->gathered = gathered;
}
