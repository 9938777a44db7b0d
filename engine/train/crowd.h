/* crowd.h - other processes on the cores: threads take turns on one then, and each waits for what another has
 * begun, so that help costs more than it brings. */
#ifndef COPSE_TRAIN_CROWD_H
#define COPSE_TRAIN_CROWD_H

#include "train/workspace.h"

/* Whether small leaves are left to one thread. */
static inline bool crowd_alone(const struct workspace *ws) { return ws->crowd.alone; }
/* Threads for a leaf of so many rows: alone is also who shares leaves that are not much work. */
static inline int crowd_threads(const struct workspace *ws, uint64_t n_rows) {
  const uint64_t much = 1 << 20;
  return crowd_alone(ws) && n_rows * workspace_matrix(ws)->n_carriers < much ? 1 : ws->n_threads;
}
/* A tree begins whose leaves are shared; how it fares. For the thread that grows it. */
void crowd_begin_tree(struct workspace *ws);
void crowd_note_waits(struct workspace *ws);
/* A stretch of work on small leaves is over: the time of its threads, all together, and what of it they were
 * kept from their cores or waited for one that was. Where that is too much twice in a row, the next work is
 * one thread's, for ever longer until a trial shows that the cores are free. */
void crowd_note(struct workspace *ws, double wall_s, double lost_s);

#endif
