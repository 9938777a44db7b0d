/* moment.h - dates and times of day as ISO 8601 and SQL write them, and the calendar behind them.
 *
 * A time of day may have a zone: Z, UTC, +02:00, +0200 or +02, with or without a blank before it. Such a
 * moment is told in UTC; what has no zone is taken as it stands. */
#ifndef COPSE_TABLE_MOMENT_H
#define COPSE_TABLE_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct moment {
  int year, month, day, hour, minute, second; /* second: 60 where it is a leap second */
  int64_t days;                               /* since 1970-01-01 */
  bool zoned;                                 /* it had a zone: all of the above is UTC */
};

/* YYYY-MM-DD, behind it perhaps 'T' or a blank, hh:mm, :ss, a fraction (which is dropped) and a zone. */
bool moment_parse(const char *text, size_t length, struct moment *out);
/* The text of a moment with a zone as one without, in UTC, its separator and fraction kept; it is never
 * longer. out [length + 1]. Returns its length; 0: the text is no moment with a zone, and out is undefined.
 */
size_t moment_utc_text(const char *text, size_t length, char *out);

/* The zone at p, which has to end the text: *minutes east of Greenwich. */
bool moment_take_zone(const char *p, const char *end, int *minutes);
/* Days since 1970-01-01 of a date of the Gregorian calendar, and back; false: there is no such day. */
bool moment_days(int year, int month, int day, int64_t *out);
void moment_date(int64_t days, int *year, int *month, int *day);

#endif
