/* hooked_allocator.h - an allocator for copse_context_create that counts blocks and can be told to refuse.
 *
 * Every call that wants memory (allocate or grow) is numbered from 1; call number `fail_at` returns NULL.
 * Safe to use from several threads. */
#ifndef COPSE_TESTS_HOOKED_ALLOCATOR_H
#define COPSE_TESTS_HOOKED_ALLOCATOR_H

#include <stdatomic.h>

#include "copse.h"

struct hooked_allocator {
  atomic_size_t calls;   /* requests for memory so far */
  size_t fail_at;        /* the request that is refused; 0: none */
  atomic_size_t refused; /* requests refused so far */
  atomic_size_t live;    /* blocks handed out and not yet freed */
  atomic_size_t bytes;   /* bytes in those blocks */
};

/* The allocator of `hook`, which must outlive every context made with it. */
copse_allocator hooked_allocator(struct hooked_allocator *hook);

#endif
