/* console.h - everything the program says to people: errors, warnings, the progress line, the summary. All of
 * it goes to stderr; stdout is for data. Not thread-safe: called from the main thread only. */
#ifndef COPSE_CLI_CONSOLE_H
#define COPSE_CLI_CONSOLE_H

#include "copse.h"

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* LightGBM's verbosity: below 0 errors only, 0 warnings, 1 progress and summary, 2 details. */
void console_set_verbosity(int verbosity);
bool console_speaks(int verbosity);

/* One line each. A line end inside the text becomes a blank. */
void console_error(const char *text);
void console_warning(const char *format, ...) PRINTF_LIKE(1, 2);
/* A warning for each line. NULL: none. */
void console_warnings(const char *lines);
/* A line of the summary or of progress, as it is; shown at verbosity 1 and above. */
void console_line(const char *format, ...) PRINTF_LIKE(1, 2);
/* The engine's messages: a copse_log_fn. */
void console_log(void *user, copse_log_level level, const char *text);

/* The line that updates in place: there is one when stderr is a terminal and verbosity is 1 or above. At most
 * five updates a second reach the terminal, unless `always`; any other output removes the line first. */
bool console_has_status(void);
void console_status(bool always, const char *format, ...) PRINTF_LIKE(2, 3);
void console_status_end(void);

/* Fills err and returns status: the program's own failures. */
copse_status fail(copse_error *err, copse_status status, const char *format, ...) PRINTF_LIKE(3, 4);
copse_status fail_memory(copse_error *err, const char *what);
/* `unknown <kind> "<name>"`, with the nearest name where there is one. */
copse_status fail_unknown(copse_error *err, const char *kind, const char *name,
                          const char *nearest /* or NULL */);

/* Seconds since some fixed moment. */
double clock_seconds(void);

#endif
