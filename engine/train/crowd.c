/* crowd.c - when others hold the cores, and how long to do without help then. */
#include "train/crowd.h"

#include "base/team.h"

enum { FIRST_ALONE = 4, MOST_ALONE = 256 };

/* Waits for chunks of other threads that are more than this, and more than this share of the time, tell of
 * threads that were taken off their cores: a slice of another process's time is some milliseconds. */
static const double LEAST_WAITED_S = 500e-6, CROWDED = 0.25;

void crowd_begin(struct workspace *ws) {
  ws->crowd_start = workspace_clock();
  ws->crowd_waited = team_waited_seconds();
}

bool crowd_waits(const struct workspace *ws) {
  const double waited = team_waited_seconds() - ws->crowd_waited;
  return waited > LEAST_WAITED_S && waited > CROWDED * (workspace_clock() - ws->crowd_start);
}

void crowd_note(struct workspace *ws, bool alone, bool crowded) {
  if (alone) {
    ws->alone -= ws->alone > 0; /* stretches lie within each other */
  } else if (crowded) {
    ws->alone_next = ws->alone_next == 0 ? FIRST_ALONE : 4 * ws->alone_next;
    if (ws->alone_next > MOST_ALONE) ws->alone_next = MOST_ALONE;
    ws->alone = ws->alone_next;
  } else if (ws->alone_next > 0) {
    ws->alone_next--;
  }
}
