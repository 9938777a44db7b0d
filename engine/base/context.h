/* context.h - what a family of handles shares, and how the engine logs. */
#ifndef COPSE_BASE_CONTEXT_H
#define COPSE_BASE_CONTEXT_H

#include <stdatomic.h>

#include "copse.h"

struct copse_context {
  copse_allocator allocator;
  copse_log_fn log;
  void *log_user;
  copse_log_level log_level;
  atomic_size_t used, peak;
  size_t limit; /* 0: none */
  atomic_bool cancelled;
  bool every_thread; /* tests: small data are trained on with as many threads as large ones */
};

/* The context that stands behind a NULL one. */
copse_context *context_or_default(copse_context *ctx);

/* One message to the context's sink, if its level asks for it. Calling thread only. */
void context_log(const copse_context *ctx, copse_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* mem.c. copse_alloc for what is walked from the front to the back, but for a few times. Huge pages would not
 * help there, and they cost where less is used than one has, or where a host must find them first: 0.1 to 2.3
 * ms a MB, small ones 0.3 to 1. (EPYC, 1,000,000 x 28: scores, labels, gradients as they are computed and
 * lists of rows in small pages save 50 of 1,500 ms of a training on two threads.) */
void *context_alloc_streamed(copse_context *ctx, size_t count, size_t size);

#endif
