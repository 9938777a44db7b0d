/* guarded.h - buffers between two pages that nobody may touch: a read or write one byte past either end that
 * the buffer touches crashes the test.
 *
 * Alignment: an end buffer starts where its size puts it (a multiple of 16 bytes: 16-byte aligned), a front
 * buffer starts on a page. */
#ifndef COPSE_TESTS_GUARDED_H
#define COPSE_TESTS_GUARDED_H

#include <stddef.h>

enum guarded_side { GUARDED_END, GUARDED_FRONT };

/* `bytes` zero bytes whose last (END) or first (FRONT) one touches a guard page. Fails the test when the
 * system gives no memory. */
void *guarded_alloc(size_t bytes, enum guarded_side side);
void guarded_free(void *buffer, size_t bytes, enum guarded_side side);

#endif
