/* interrupt.h - Ctrl-C and a request to terminate. The first one cancels the context, so that the work ends
 * in order (training at the end of its round); the second removes the unfinished file and ends the program by
 * the signal's own default. Signals that the caller's shell ignores stay ignored. */
#ifndef COPSE_CLI_INTERRUPT_H
#define COPSE_CLI_INTERRUPT_H

#include "copse.h"

/* ctx must live until the program ends, or until this is called with NULL. */
void interrupt_watch(copse_context *ctx);
/* The file that a second signal removes; NULL: none. A longer path than PATH_MAX is not remembered. */
void interrupt_set_unfinished(const char *path);
/* Removes it. Async-signal-safe. */
void interrupt_remove_unfinished(void);

#endif
