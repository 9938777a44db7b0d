/* csv_detect.h - the separator and the header of a CSV, from its first records. */
#ifndef COPSE_READ_CSV_DETECT_H
#define COPSE_READ_CSV_DETECT_H

#include "read/csv.h"
#include "read/frame.h"

/* Among comma, semicolon and tab: the one that gives the first 32 records of the first file the same number
 * of cells, more than one, and most of them; if there is none, the one that cuts the first record most often.
 */
char csv_detect_separator(const struct source *source);

/* Whether the record at `p` of a file that ends at `end` is a header, by the rule of copse_read_header. */
bool csv_detect_header(const struct read_job *job, const char *p, const char *end, char separator);

#endif
