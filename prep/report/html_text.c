/* html_text.c - texts, counts and numbers of the page. Everything that comes from the data goes through
 * html_data, html_plain or html_value; everything else is a constant of these sources. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "findings/alert.h"
#include "report/escape.h"
#include "report/html.h"

enum { CLEAN_BYTES = 2048 };

void html_put(copse_text *out, const char *text) { copse_text_append(out, text, strlen(text)); }

void html_plain(copse_text *out, const char *text, size_t most) {
  char clean[CLEAN_BYTES];
  clean_text(text, strlen(text), most, clean, sizeof clean);
  append_html(out, clean);
}

static void put_titled(copse_text *out, const char *text, size_t most) {
  char clean[CLEAN_BYTES];
  clean_text(text, strlen(text), most, clean, sizeof clean);
  if (strlen(text) > most) {
    html_put(out, " title=\"");
    html_plain(out, text, 200);
    html_put(out, "\"");
  }
  html_put(out, ">");
  append_html(out, clean);
}

void html_data(copse_text *out, const char *text, size_t most) {
  html_put(out, "<bdi");
  put_titled(out, text, most);
  html_put(out, "</bdi>");
}

void html_data_in(copse_text *out, const char *tag, const char *text, size_t most) {
  copse_text_appendf(out, "<%s dir=\"auto\"", tag);
  put_titled(out, text, most);
}

/* An empty text, or one that is withheld. */
static void put_absent(copse_text *out, const struct facts_value *value, uint32_t rank) {
  if (value->withheld)
    copse_text_appendf(out, "value %u", rank + 1);
  else
    html_put(out, "(empty)");
}

void html_value(copse_text *out, const struct facts_value *value, uint32_t rank) {
  bool there = !value->withheld && value->text[0] != '\0';
  if (there) {
    html_data(out, value->text, 64);
    return;
  }
  html_put(out, "<span class=\"mute\">");
  put_absent(out, value, rank);
  html_put(out, "</span>");
}

void html_value_cell(copse_text *out, const struct facts_value *value, uint32_t rank) {
  bool there = !value->withheld && value->text[0] != '\0';
  if (there) {
    html_data_in(out, "td", value->text, 64);
    return;
  }
  html_put(out, "<td class=\"mute\">");
  put_absent(out, value, rank);
}

/* Digits in threes, apart by a narrow space. */
void html_count(copse_text *out, double n) {
  if (isnan(n)) {
    html_put(out, "\xE2\x80\x94");
    return;
  }
  for (const char *p = count_text(n).text; *p != '\0'; p++)
    copse_text_append(out, *p == ',' ? "\xE2\x80\xAF" : p, *p == ',' ? 3 : 1);
}

static void put_signed(copse_text *out, const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '-')
      html_put(out, "\xE2\x88\x92");
    else if (*text == '<')
      html_put(out, "&lt;");
    else if (*text == '>')
      html_put(out, "&gt;");
    else
      copse_text_append(out, text, 1);
  }
}

void html_share(copse_text *out, double share) {
  if (isnan(share))
    html_put(out, "\xE2\x80\x94");
  else
    put_signed(out, share_text(share).text);
}

void html_number(copse_text *out, double x) {
  if (isnan(x))
    html_put(out, "\xE2\x80\x94");
  else if (fabs(x) >= 10000 && fabs(x) < 1e9) {
    if (x < 0) html_put(out, "\xE2\x88\x92");
    html_count(out, fabs(x));
  } else
    put_signed(out, number_text(x).text);
}

void html_fixed(copse_text *out, double x) {
  char text[32];
  if (isnan(x)) {
    html_put(out, "\xE2\x80\x94");
    return;
  }
  snprintf(text, sizeof text, "%.3f", x);
  put_signed(out, text);
}

void html_head_cell(copse_text *out, const char *name, const char *class) {
  copse_text_appendf(out, "<th scope=\"col\" class=\"%s\"><button type=\"button\">%s</button></th>", class,
                     name);
}

void html_number_cell(copse_text *out, double x, const char *class) {
  char text[32] = "";
  if (isfinite(x)) copse_format_double_digits(x, 9, text, sizeof text);
  copse_text_appendf(out, "<td class=\"%s\" data-v=\"%s\">", class, text);
}

void html_lower(copse_text *out, const char *name) {
  char lower[400];
  size_t n = 0;
  for (; name[n] != '\0' && n + 1 < sizeof lower; n++)
    lower[n] = name[n] >= 'A' && name[n] <= 'Z' ? (char)(name[n] | 0x20) : name[n];
  lower[n] = '\0';
  html_plain(out, lower, 200);
}
