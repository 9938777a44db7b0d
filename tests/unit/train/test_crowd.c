/* Threads do without help where their time is lost twice in a row, not once, and only for so long. */
#include "testing.h"
#include "train/crowd.h"

static void note(struct workspace *ws, double lost_share) { crowd_note(ws, 1.0, lost_share); }

/* Until what it was told to do alone is over. */
static void wait_until_together(struct workspace *ws) {
  while (crowd_alone(ws)) crowd_note(ws, 0, 0);
}

static void one_stretch_of_lost_time_is_no_crowd(void **state) {
  (void)state;
  struct workspace ws = {.n_threads = 2};
  for (int round = 0; round < 5; round++) {
    note(&ws, 0.5);
    assert_false(crowd_alone(&ws));
    note(&ws, 0.1);
    assert_false(crowd_alone(&ws));
  }
  note(&ws, 0.5);
  note(&ws, 0.5);
  assert_true(crowd_alone(&ws));
}

static void too_short_a_stretch_tells_nothing(void **state) {
  (void)state;
  struct workspace ws = {.n_threads = 2};
  for (int i = 0; i < 2; i++) crowd_note(&ws, 1e-3, 1e-3);
  assert_false(crowd_alone(&ws));
  assert_false(ws.crowd.suspected);
  note(&ws, 0.5); /* is one with them */
  assert_true(ws.crowd.suspected);
}

/* A trial that fails says at once that the crowd is still there. */
static void alone_for_ever_longer_until_a_trial_succeeds(void **state) {
  (void)state;
  struct workspace ws = {.n_threads = 2};
  note(&ws, 0.5);
  note(&ws, 0.5);
  assert_true(crowd_alone(&ws));
  const double first = ws.crowd.alone_s;
  wait_until_together(&ws);
  note(&ws, 0.5);
  assert_true(crowd_alone(&ws));
  assert_true(ws.crowd.alone_s == 2 * first);
  wait_until_together(&ws);
  note(&ws, 0);
  note(&ws, 0);
  assert_false(crowd_alone(&ws));
  assert_true(ws.crowd.alone_s == 0);
  note(&ws, 0.5); /* as at the start */
  assert_false(crowd_alone(&ws));
  note(&ws, 0.5);
  assert_true(crowd_alone(&ws));
  assert_true(ws.crowd.alone_s == first);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_stretch_of_lost_time_is_no_crowd),
      cmocka_unit_test(too_short_a_stretch_tells_nothing),
      cmocka_unit_test(alone_for_ever_longer_until_a_trial_succeeds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
