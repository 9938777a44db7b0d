/* html.h - pieces of the page, for its files alone. */
#ifndef COPSE_REPORT_HTML_H
#define COPSE_REPORT_HTML_H

#include "profile/profile.h"

extern const char page_style[], page_script[], page_script_hash[];

void html_put(copse_text *out, const char *text);
/* A text of the data, cleaned, cut at `most` characters, escaped; shown apart from its surroundings. */
void html_data(copse_text *out, const char *text, size_t most);
/* The same as the beginning of an element of its own, which the caller ends: of many the page has one less.
 */
void html_data_in(copse_text *out, const char *tag, const char *text, size_t most);
/* The same without the element around it: for titles and attributes. */
void html_plain(copse_text *out, const char *text, size_t most);
void html_value(copse_text *out, const struct facts_value *value, uint32_t rank);
/* A cell with a value, up to its closing tag. */
void html_value_cell(copse_text *out, const struct facts_value *value, uint32_t rank);
/* Counts with their thousands apart, shares, numbers; "—" where there is none. */
void html_count(copse_text *out, double n);
void html_share(copse_text *out, double share);
void html_number(copse_text *out, double x);
/* With three decimals. */
void html_fixed(copse_text *out, double x);

/* A heading that sorts; a cell that is sorted by x, up to its closing tag. */
void html_head_cell(copse_text *out, const char *name, const char *class);
void html_number_cell(copse_text *out, double x, const char *class);
/* A name in small letters, for the filter. */
void html_lower(copse_text *out, const char *name);

/* Columns up to which every card is open; cards on a page; elements, which a browser has to hold. */
enum { HTML_OPEN_CARDS = 60, HTML_CARDS = 300, HTML_ELEMENTS = 39500 };
/* Rows of the table of columns; of the tables beside other files. */
enum { HTML_ROWS = 2000, HTML_FILE_ROWS = 500 };
/* Elements of a piece of the page. */
size_t html_elements(const copse_text *piece);

/* ---- the table of columns ---- */

/* What a column has: no card, one, or one with the target by part. */
enum html_cards { HTML_NO_CARD, HTML_CARD, HTML_CARD_WITH_BINS };
/* Chooses for all columns [n_columns], beside `other` elements of the page. False: out of memory. */
bool html_choose_cards(const copse_profile *profile, size_t other, uint8_t *cards);
void html_columns(copse_text *out, const copse_profile *profile, const uint8_t *cards);
/* html_fold.c: columns of one line for all of their kind, which of the kinds are, the lines, and before them
 * one for the rest [n_rest]. */
enum html_fold { HTML_FOLD_NONE, HTML_FOLD_EMPTY, HTML_FOLD_CONSTANT, HTML_FOLD_TWIN, N_HTML_FOLDS };
enum html_fold html_fold_of(const copse_profile *profile, uint32_t column);
void html_fold_find(const copse_profile *profile, bool folded[N_HTML_FOLDS]);
void html_fold_lines(copse_text *out, const copse_profile *profile, const uint32_t *rest, uint32_t n_rest);
/* How well a column alone tells the target: AUC or R2, NaN without. */
double html_strength(const copse_profile *profile, const struct column_facts *column);
/* Alerts on a column; *level: of the gravest, or -1. */
uint32_t html_alerts_of(const copse_profile *profile, uint32_t column, int *level);
/* Attributes that the filters look at. */
void html_filter_data(copse_text *out, const copse_profile *profile, uint32_t column);

/* ---- charts and cards ---- */

/* The column's shape, small, without words. */
void chart_spark(copse_text *out, const struct column_facts *column);
/* Bars of a column of numbers, with a box under them. */
void chart_numbers(copse_text *out, const struct number_facts *number);
void chart_periods(copse_text *out, const struct date_facts *date);
/* The target by period: a rate, from 0, or a mean. */
void chart_over_time(copse_text *out, const struct date_facts *date, bool rates);
/* Rows by weekday, and by hour where moments have one. */
void chart_clock(copse_text *out, const struct date_detail *detail);
/* Rates by part, with their intervals and the base rate. */
void chart_rates(copse_text *out, const struct view_facts *view, double base);

/* output_html_relations.c: pairs of columns; which are missing together. */
void html_relations(copse_text *out, const copse_profile *profile);
void html_gaps(copse_text *out, const copse_profile *profile);
/* html_pairs.c: all associations; the strongest pairs of numbers; those that go together in a curve. */
void html_heatmap(copse_text *out, const copse_profile *profile);
void html_grids(copse_text *out, const copse_profile *profile);
void html_curved(copse_text *out, const copse_profile *profile);
/* output_html_files.c: another file, an earlier profile, rows to be shown. */
void html_drift(copse_text *out, const copse_profile *profile);
void html_since(copse_text *out, const copse_profile *profile);
void html_rows(copse_text *out, const copse_profile *profile);
/* The findings of a list; with cards: a link to the column of each. */
void html_findings(copse_text *out, const struct alert_list *alerts, const uint8_t *cards);

/* A line of a list of statistics: its name, then what it is, then its end. */
void html_term(copse_text *out, const char *name);
void html_end_term(copse_text *out);
/* The rest of a row behind the cell with a value: its rows, their share, the share as a bar. */
void html_level_row(copse_text *out, double rows, double share);
/* html_detail.c: lines of a card's lists; all of a boolean's. */
void html_number_detail(copse_text *out, const struct column_facts *column);
void html_date_detail(copse_text *out, const struct date_detail *detail);
void html_text_detail(copse_text *out, const struct text_detail *detail);
void html_truth(copse_text *out, const struct column_facts *column);

/* The card of a column. */
void html_card(copse_text *out, const copse_profile *profile, uint32_t column, bool open, bool bins);

#endif
