/* phases.c - see phases.h. */
#include "phases.h"

#include "interrupt.h"

int run_phases(struct app *app, void *job, phase_fn plan, phase_fn work, int (*finish)(void *job)) {
  copse_error err;
  copse_status status = plan(job, &err);
  if (status == COPSE_ERR_ARGUMENT || status == COPSE_ERR_UNSUPPORTED) return end_refused(app->command, &err);
  if (status != COPSE_OK) return end_failed(&err);
  interrupt_watch(app->ctx);
  int code = work(job, &err) != COPSE_OK ? end_failed(&err) : (finish ? finish(job) : EXIT_DONE);
  interrupt_watch(NULL);
  return code;
}
