/* moment.c - see moment.h. The calendar is Hinnant's ("chrono-Compatible Low-Level Date Algorithms", 2013):
 * months count from March, so that the leap day is the last of its year. */
#include "table/moment.h"

#include <stdio.h>
#include <string.h>

bool moment_days(int year, int month, int day, int64_t *out) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (month == 2 && leap)) return false;
  int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  *out = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
  return true;
}

void moment_date(int64_t days, int *year, int *month, int *day) {
  int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
  int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
  *day = (int)(of_year - (153 * m + 2) / 5 + 1);
  *month = (int)(m < 10 ? m + 3 : m - 9);
  *year = (int)(y + era * 400 + (*month <= 2));
}

static bool take_digits(const char **at, const char *end, int n, int *out) {
  *out = 0;
  if (end - *at < n) return false;
  for (int i = 0; i < n; i++) {
    char c = *(*at)++;
    if (c < '0' || c > '9') return false;
    *out = *out * 10 + (c - '0');
  }
  return true;
}

static bool take_char(const char **at, const char *end, char c) { return *at < end && *(*at)++ == c; }

bool moment_take_zone(const char *p, const char *end, int *minutes) {
  int hours, rest = 0;
  *minutes = 0;
  if (p < end && *p == ' ') p++;
  if (p == end) return false;
  if (end - p == 3 && memcmp(p, "UTC", 3) == 0) return true;
  if (*p == 'Z' || *p == 'z') return p + 1 == end;
  if (*p != '+' && *p != '-') return false;
  int sign = *p++ == '+' ? 1 : -1;
  if (!take_digits(&p, end, 2, &hours)) return false;
  if (p < end && *p == ':' && ++p == end) return false;
  if (p < end && !take_digits(&p, end, 2, &rest)) return false;
  *minutes = sign * (hours * 60 + rest);
  return p == end && hours < 24 && rest < 60;
}

static void move_to_utc(struct moment *m, int zone) {
  int minute = m->hour * 60 + m->minute - zone, a_day = 24 * 60;
  int64_t moved = minute < 0 ? -1 : minute >= a_day;
  minute -= (int)moved * a_day;
  m->hour = minute / 60;
  m->minute = minute % 60;
  m->days += moved;
  moment_date(m->days, &m->year, &m->month, &m->day);
}

/* *rest: what stands behind the minutes, up to the zone: the seconds and their fraction. Blanks around the
 * text are dropped. */
static bool parse(const char *text, size_t length, struct moment *m, const char **rest, size_t *rest_length) {
  const char *at = text, *end = text + length;
  int zone;
  while (at < end && (*at == ' ' || *at == '\t')) at++;
  while (end > at && (end[-1] == ' ' || end[-1] == '\t')) end--;
  *m = (struct moment){0};
  *rest_length = 0;
  if (!take_digits(&at, end, 4, &m->year) || !take_char(&at, end, '-') ||
      !take_digits(&at, end, 2, &m->month) || !take_char(&at, end, '-') || !take_digits(&at, end, 2, &m->day))
    return false;
  if (!moment_days(m->year, m->month, m->day, &m->days)) return false;
  if (at == end) return true;
  if (*at != ' ' && *at != 'T') return false;
  at++;
  if (!take_digits(&at, end, 2, &m->hour) || !take_char(&at, end, ':') ||
      !take_digits(&at, end, 2, &m->minute))
    return false;
  *rest = at;
  if (at < end && *at == ':') {
    at++;
    if (!take_digits(&at, end, 2, &m->second)) return false;
    if (at < end && *at == '.') /* parts of a second */
      for (at++; at < end && *at >= '0' && *at <= '9';) at++;
  }
  *rest_length = (size_t)(at - *rest);
  if (m->hour > 23 || m->minute > 59 || m->second > 60) return false;
  if (at == end) return true;
  m->zoned = moment_take_zone(at, end, &zone);
  if (m->zoned) move_to_utc(m, zone);
  return m->zoned;
}

bool moment_parse(const char *text, size_t length, struct moment *out) {
  const char *rest;
  size_t rest_length;
  return parse(text, length, out, &rest, &rest_length);
}

size_t moment_utc_text(const char *text, size_t length, char *out) {
  struct moment m;
  const char *rest;
  size_t rest_length;
  char head[64];
  if (!parse(text, length, &m, &rest, &rest_length) || !m.zoned || m.year < 0 || m.year > 9999) return 0;
  size_t n = (size_t)snprintf(head, sizeof head, "%04d-%02d-%02d%c%02d:%02d", m.year, m.month, m.day,
                              rest[-6], m.hour, m.minute);
  memcpy(out, head, n);
  memcpy(out + n, rest, rest_length);
  out[n + rest_length] = '\0';
  return n + rest_length;
}
