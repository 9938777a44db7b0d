/* rows.c - see rows.h. */
#include "profile/rows.h"

#include <math.h>

enum { FIRST_SLOTS = 1024 };

static bool passes(const struct rows *rows, uint64_t hash) {
  return (hash & (((uint64_t)1 << rows->level) - 1)) == 0;
}

static struct row_group *find(const struct rows *rows, uint64_t hash) {
  uint64_t mask = rows->n_slots - 1;
  for (uint64_t at = (hash >> 20) & mask;; at = (at + 1) & mask)
    if (rows->groups[at].hash == 0 || rows->groups[at].hash == hash) return &rows->groups[at];
}

/* Groups that pass, in a table of so many slots. */
static bool rebuild(struct rows *rows, uint64_t n_slots) {
  struct row_group *old = rows->groups;
  uint64_t n_old = rows->n_slots;
  struct row_group *groups = copse_alloc_zero(rows->ctx, n_slots, sizeof *groups);
  if (groups == NULL) return false;
  rows->groups = groups;
  rows->n_slots = n_slots;
  rows->n_groups = 0;
  for (uint64_t i = 0; i < n_old; i++) {
    if (old[i].hash == 0 || !passes(rows, old[i].hash)) continue;
    *find(rows, old[i].hash) = old[i];
    rows->n_groups++;
  }
  copse_free(old);
  return true;
}

static bool make_room(struct rows *rows) {
  if (rows->n_groups * 2 < rows->n_slots) return true;
  if (rows->n_slots == 0) return rebuild(rows, FIRST_SLOTS);
  if (rows->n_groups < (rows->most_groups > 0 ? rows->most_groups : ROWS_MOST_GROUPS))
    return rebuild(rows, rows->n_slots * 2);
  rows->level++;
  return rebuild(rows, rows->n_slots);
}

void rows_add(struct rows *rows, uint64_t hash, uint8_t code, uint16_t file) {
  rows->n_rows++;
  if (hash == 0) hash = 1;
  if (rows->failed || !passes(rows, hash)) return;
  while (rows->n_groups * 2 >= rows->n_slots) {
    if (!make_room(rows)) {
      rows->failed = true;
      return;
    }
    if (!passes(rows, hash)) return;
  }
  struct row_group *group = find(rows, hash);
  if (group->hash == 0) {
    *group = (struct row_group){.hash = hash, .code = code, .file = file};
    rows->n_groups++;
  }
  group->n++;
  group->several |= group->file != file;
  group->n_first += code == group->code;
  group->n_second += code != group->code;
}

struct rows_result rows_finish(const struct rows *rows) {
  uint64_t n = 0, n_conflicting = 0, n_minority = 0, n_several = 0, n_apart = 0, n_several_apart = 0;
  for (uint64_t i = 0; i < rows->n_slots; i++) {
    const struct row_group *group = &rows->groups[i];
    if (group->hash == 0) continue;
    n += group->n;
    if (group->several) n_several += group->n;
    if ((group->hash & ROWS_TRIVIAL) == 0) {
      n_apart += group->n;
      n_several_apart += group->several ? group->n : 0;
    }
    if (group->n_second == 0 || group->n_first == 0) continue;
    n_conflicting += group->n;
    n_minority += group->n_first < group->n_second ? group->n_first : group->n_second;
  }
  struct rows_result result = {
      .exact = rows->level == 0, .best_accuracy = 1, .share_several_apart = (double)NAN};
  if (n == 0) return result;
  result.share_repeated = (double)(n - rows->n_groups) / (double)n;
  result.share_several = (double)n_several / (double)n;
  if (n_apart > 0) result.share_several_apart = (double)n_several_apart / (double)n_apart;
  result.share_conflicting = (double)n_conflicting / (double)n;
  result.best_accuracy = 1 - (double)n_minority / (double)n;
  return result;
}

double rows_overlap(const struct rows *rows, const struct rows *other, double *apart) {
  uint64_t n = 0, n_found = 0, n_apart = 0, n_found_apart = 0;
  *apart = (double)NAN;
  if (rows->n_slots == 0) return 0;
  for (uint64_t i = 0; i < other->n_slots; i++) {
    const struct row_group *group = &other->groups[i];
    if (group->hash == 0 || !passes(rows, group->hash)) continue;
    n += group->n;
    bool found = find(rows, group->hash)->hash != 0, trivial = (group->hash & ROWS_TRIVIAL) != 0;
    n_found += found ? group->n : 0;
    n_apart += trivial ? 0 : group->n;
    n_found_apart += found && !trivial ? group->n : 0;
  }
  if (n_apart > 0) *apart = (double)n_found_apart / (double)n_apart;
  return n > 0 ? (double)n_found / (double)n : 0;
}

void rows_release(struct rows *rows) {
  copse_free(rows->groups);
  *rows = (struct rows){.ctx = rows->ctx};
}
