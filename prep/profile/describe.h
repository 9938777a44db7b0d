/* describe.h - the facts of one column from its counts, by type. */
#ifndef COPSE_PROFILE_DESCRIBE_H
#define COPSE_PROFILE_DESCRIBE_H

#include "profile/facts.h"

/* Everything but the view on the target. False: out of memory. */
bool describe_column(struct column *column, struct column_facts *out);

/* Each fills its part of the facts. False: out of memory. */
bool describe_number(const struct column *column, struct column_facts *out);
bool describe_levels(struct column *column, struct column_facts *out);
void describe_dates(const struct column *column, struct column_facts *out);

/* The next step of 1, 2, 5, 10 ... that is not below x: how wide bars are. Bar i of [start, start + n) holds
 * the numbers whose floor(x / step) is i. */
double facts_bar_step(double x);
/* Number of the period that a moment between the first and the last one lies in. */
uint32_t date_period(const struct date_facts *dates, double seconds);

/* A value of a table of texts. */
struct facts_value facts_text(const struct values *texts, const struct value *value);
/* A number with its text; a day or a moment, as YYYY-MM-DD[ hh:mm:ss]. */
struct facts_value facts_number(double x, uint64_t n);
struct facts_value facts_date(double seconds, uint64_t n);
/* A number or a date of a column of texts, as it is usually written. */
struct facts_value facts_as_text(double x, enum cell_type type);

#endif
