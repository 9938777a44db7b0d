/* crowd.h - other processes on the cores: threads take turns on one then, and each waits for what another has
 * begun, so that help costs more than it brings. */
#ifndef COPSE_TRAIN_CROWD_H
#define COPSE_TRAIN_CROWD_H

#include "train/workspace.h"

/* Whether the next stretch of work on small leaves is to be one thread's. */
static inline bool crowd_alone(const struct workspace *ws) { return ws->alone > 0; }
/* Threads for a leaf of so many rows: alone is also who shares leaves that are not much work. */
static inline int crowd_threads(const struct workspace *ws, uint64_t n_rows) {
  const uint64_t much = 1 << 20;
  return crowd_alone(ws) && n_rows * workspace_matrix(ws)->n_carriers < much ? 1 : ws->n_threads;
}
/* A tree begins; whether too much of its time was spent waiting for threads that do not run. For the thread
 * that grows it. */
void crowd_begin(struct workspace *ws);
bool crowd_waits(const struct workspace *ws);
/* A stretch is over that was one thread's or not; if not, whether the others were kept from their cores. Then
 * some go without them, ever more before the next trial. */
void crowd_note(struct workspace *ws, bool alone, bool crowded);

#endif
