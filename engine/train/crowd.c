/* crowd.c - when others hold the cores, and how long to do without help then.
 *
 * What tells is the time lost in some milliseconds of work: a process that shares a core takes slices of a
 * few milliseconds, half of the time; one that comes and goes in less is no reason to do without a core. So
 * the time has to be lost twice in a row. */
#include "train/crowd.h"

#include "base/team.h"

static const double WINDOW_S = 6e-3; /* of every thread */
/* Threads that lose more than this share of their time have to share their cores. */
static const double CROWDED = 0.18;
static const double FIRST_ALONE_S = 8e-3, MOST_ALONE_S = 0.5;

void crowd_note(struct workspace *ws, double wall_s, double lost_s) {
  struct crowd *crowd = &ws->crowd;
  if (crowd->alone) {
    crowd->alone = workspace_clock() < crowd->alone_until;
    return;
  }
  crowd->wall_s += wall_s;
  crowd->lost_s += lost_s;
  if (crowd->wall_s < WINDOW_S * ws->n_threads) return;
  const bool crowded = crowd->lost_s > CROWDED * crowd->wall_s;
  if (crowded && crowd->alone_s == 0 && !crowd->suspected) {
    crowd->suspected = true;
  } else if (crowded) {
    crowd->alone = true;
    crowd->alone_s = crowd->alone_s > 0 ? 2 * crowd->alone_s : FIRST_ALONE_S;
    if (crowd->alone_s > MOST_ALONE_S) crowd->alone_s = MOST_ALONE_S;
    crowd->alone_until = workspace_clock() + crowd->alone_s;
  } else {
    crowd->suspected = false;
    crowd->alone_s = crowd->alone_s > FIRST_ALONE_S ? crowd->alone_s / 2 : 0;
  }
  crowd->wall_s = crowd->lost_s = 0;
}

void crowd_begin_tree(struct workspace *ws) {
  ws->crowd.start = workspace_clock();
  ws->crowd.waited = team_waited_seconds();
}

void crowd_note_waits(struct workspace *ws) {
  struct crowd *crowd = &ws->crowd;
  const double now = workspace_clock(), waited = team_waited_seconds();
  crowd_note(ws, ws->n_threads * (now - crowd->start), waited - crowd->waited);
  crowd->start = now;
  crowd->waited = waited;
}
