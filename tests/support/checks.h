/* checks.h - what tests say all the time. */
#ifndef COPSE_TESTS_CHECKS_H
#define COPSE_TESTS_CHECKS_H

#include <math.h>

#include "copse.h"
#include "testing.h"

/* Fails the test with the error's message. */
static inline void must(copse_status status, const copse_error *err) {
  if (status != COPSE_OK) fail_msg("%s", err->message);
}

/* To a millionth of the expected number, or of 1. */
static inline void near(double found, double expected) {
  if (!(fabs(found - expected) <= 1e-6 * fmax(1, fabs(expected))))
    fail_msg("expected %.9g, found %.9g", expected, found);
}

/* All rounds so far. The caller frees it. */
static inline copse_model *model_of(copse_booster *booster) {
  copse_error err;
  copse_model *model;
  must(copse_booster_model(booster, 0, &model, &err), &err);
  return model;
}

#endif
