/* longest_run.c - see longest_run.h. Only a run that is longer than the longest one counts: whether one
 * begins at a row is asked of the cell that many rows further on, so that most cells of a column with a long
 * run are never looked at. */
#include "profile/longest_run.h"

#include "profile/column.h"

uint64_t longest_run_of(const struct longest_run *run) {
  return run->open > run->longest ? run->open : run->longest;
}

static bool is_blank(uint8_t type) { return cell_is_blank((enum cell_type)type); }

/* Rows of the run that ends with cell n - 1, which is not blank; it may go on in the next block. */
static size_t count_open(const uint64_t *values, const uint8_t *types, size_t n) {
  size_t open = 1;
  while (open < n && values[n - 1 - open] == values[n - 1] && types[n - 1 - open] == types[n - 1]) open++;
  return open;
}

void longest_run_take(struct longest_run *run, const uint64_t *values, const uint8_t *types, size_t n) {
  size_t start = 0, known; /* no run that counts began before start; [start, known) are of one run */
  while (!is_blank(run->type) && start < n && values[start] == run->value && types[start] == run->type)
    start++;
  run->open += start;
  if (start == n) return;
  run->longest = longest_run_of(run);
  known = start + 1;
  for (size_t probe; (probe = start + (size_t)run->longest) < n;) {
    if (is_blank(types[probe])) {
      size_t step = (size_t)run->longest + 1;
      do probe += step;
      while (probe < n && is_blank(types[probe]));
      start = probe + 1 - step; /* behind the last blank one */
      known = start + 1;
      continue;
    }
    size_t at = probe;
    while (at > known && values[at - 1] == values[probe] && types[at - 1] == types[probe]) at--;
    if (at > known || values[start] != values[probe] || types[start] != types[probe]) {
      start = at;
      known = probe + 1;
      continue;
    }
    for (known = probe + 1; known < n && values[known] == values[start] && types[known] == types[start];)
      known++;
    if (known == n) break;
    run->longest = known - start;
    start = known++;
  }
  run->open = is_blank(types[n - 1]) ? 0 : count_open(values, types, n);
  run->value = values[n - 1];
  run->type = types[n - 1];
}
