/* leads.c - raw look-alike leads of an online course seller: the column names and kinds of missingness of the
 * lead-scoring case, with invented cities, levels and effects.
 *
 * The label follows a score: the sum of a fixed effect per level (platform, medium, source, city), of the
 * number of leads dropped, of being referred, and of two interactions; then a coin is thrown. The effects do
 * not depend on the seed, so that a model trained on one seed's rows predicts another's. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "generator.h"
#include "random.h"
#include "word.h"

/* A column of levels: shares (in thousandths) of the most frequent ones, then a thin tail. */
struct levels {
  uint32_t table; /* key of the fixed effects */
  uint32_t n_head, n_tail;
  uint16_t head[24];
};

enum { TABLE_PLATFORM = 1, TABLE_MEDIUM, TABLE_SOURCE, TABLE_CITY, TABLE_PAIR, TABLE_CLICK, TABLE_HABIT };

static const struct levels platforms = {
    TABLE_PLATFORM, 14, 33, {330, 175, 150, 55, 45, 44, 40, 38, 18, 15, 13, 12, 10, 9}};
static const struct levels mediums = {
    TABLE_MEDIUM, 24, 340, {225, 82, 74, 66, 55, 42, 36, 28, 25, 19, 17, 16,
                            15,  14, 14, 13, 13, 12, 12, 11, 11, 10, 10, 10}};
static const struct levels sources = {
    TABLE_SOURCE, 12, 111, {245, 235, 98, 68, 66, 58, 44, 23, 20, 16, 12, 10}};
static const struct levels cities = {
    TABLE_CITY, 20, 2000, {150, 92, 84, 58, 57, 42, 37, 28, 28, 18, 17, 15, 13, 12, 10, 9, 9, 8, 7, 7}};

static const char *const click_columns[] = {"1_on_1_industry_mentorship",
                                            "call_us_button_clicked",
                                            "career_assistance",
                                            "career_coach",
                                            "career_impact",
                                            "careers",
                                            "chat_clicked",
                                            "companies",
                                            "download_button_clicked",
                                            "download_syllabus",
                                            "emi_partner_click",
                                            "emi_plans_clicked",
                                            "fee_component_click",
                                            "hiring_partners",
                                            "homepage_upgrad_support_number_clicked",
                                            "industry_projects_case_studies",
                                            "live_chat_button_clicked",
                                            "payment_amount_toggle_mover",
                                            "placement_support",
                                            "placement_support_banner_tab_clicked",
                                            "program_structure",
                                            "programme_curriculum",
                                            "programme_faculty",
                                            "request_callback_on_instant_customer_support_cta_clicked",
                                            "shorts_entry_click",
                                            "social_referral_click",
                                            "specialisation_tab_clicked",
                                            "specializations",
                                            "specilization_click",
                                            "syllabus",
                                            "syllabus_expand",
                                            "syllabus_submodule_expand",
                                            "tab_career_assistance",
                                            "tab_job_opportunities",
                                            "tab_student_support",
                                            "view_programs_page",
                                            "whatsapp_chat_click"};
enum { N_CLICK_COLUMNS = sizeof click_columns / sizeof *click_columns };

/* Rates per row. */
static const double city_missing_rate = 0.025, city_nan_rate = 0.0128, city_na_rate = 0.0003;
static const double counts_missing_rate = 0.0036; /* total_leads_droppped and referred_lead, together */
static const double referred_rate = 0.033;
static const double clicked_rate = 0.001; /* rows with any click at all */

static void write_header(const struct generator_settings *settings, struct line *line) {
  (void)settings;
  /* the first name is empty: the row number has none in the case's files */
  const char *const first =
      ",created_date,city_mapped,first_platform_c,first_utm_medium_c,first_utm_source_c,"
      "total_leads_droppped,referred_lead";
  line_text(line, first);
  for (int i = 0; i < N_CLICK_COLUMNS; i++) line_text(line, click_columns[i]);
  line_text(line, "app_complete_flag");
}

/* Level at position `at` in [0, 1) of the column's distribution; the tail thins out with the fourth power. */
static uint32_t level_at(const struct levels *levels, double at) {
  double left = at * 1000.0;
  double tail = 1000.0;
  for (uint32_t i = 0; i < levels->n_head; i++) {
    if (left < levels->head[i]) return i;
    left -= levels->head[i];
    tail -= levels->head[i];
  }
  double share = left / tail;
  uint32_t index = (uint32_t)(share * share * share * share * levels->n_tail);
  return levels->n_head + (index < levels->n_tail ? index : levels->n_tail - 1);
}

/* "YYYY-MM-DD hh:mm:ss", a second between July 2021 and the middle of February 2022 */
static void write_date(struct random_stream *random, struct line *line) {
  static const uint8_t month_days[8] = {31, 31, 30, 31, 30, 31, 31, 14};
  uint32_t day = random_below(random, 229), second = random_below(random, 86400), month = 0;
  while (day >= month_days[month]) day -= month_days[month++];
  int year = month < 6 ? 2021 : 2022;
  char text[48];
  snprintf(text, sizeof text, "%04d-%02u-%02u %02u:%02u:%02u", year, month < 6 ? month + 7 : month - 5,
           day + 1, second / 3600, second / 60 % 60, second % 60);
  line_text(line, text);
}

static uint32_t draw_leads_dropped(struct random_stream *random) {
  static const uint16_t shares[7] = {617, 249, 81, 29, 11, 5, 3};
  double at = random_uniform(random) * 1000.0;
  for (uint32_t i = 0; i < 7; i++) {
    if (at < shares[i]) return i + 1;
    at -= shares[i];
  }
  double share = random_uniform(random);
  return 8 + (uint32_t)(share * share * share * 40.0);
}

struct lead {
  bool city_known, counts_known, referred;
  uint32_t city, platform, medium, source, dropped;
};

static struct lead draw_lead(struct random_stream *random) {
  struct lead lead = {.city_known = random_uniform(random) >= city_missing_rate};
  lead.city = level_at(&cities, random_uniform(random));
  lead.platform = level_at(&platforms, random_uniform(random));
  lead.medium = level_at(&mediums, random_uniform(random));
  /* a campaign (medium) mostly runs through one source */
  double at = random_uniform(random);
  bool habit = random_uniform(random) < 0.4;
  lead.source = level_at(&sources, habit ? 0.5 + 0.5 * fixed_effect(TABLE_HABIT, lead.medium) : at);
  lead.counts_known = random_uniform(random) >= counts_missing_rate;
  lead.dropped = draw_leads_dropped(random);
  lead.referred = random_uniform(random) < referred_rate;
  return lead;
}

/* A few levels are junk (nearly nobody buys), the others differ moderately. */
static double level_effect(uint32_t table, uint32_t level, double spread, double junk) {
  if (fixed_effect(table + 100, level) < junk * 2.0 - 1.0) return -3.4;
  return spread * fixed_effect(table, level);
}

static double lead_score(const struct lead *lead) {
  double score = 0.5;
  score += level_effect(TABLE_PLATFORM, lead->platform, 1.3, 0.09);
  score += level_effect(TABLE_MEDIUM, lead->medium, 1.0, 0.06);
  score += level_effect(TABLE_SOURCE, lead->source, 0.7, 0.06);
  score += fixed_effect(TABLE_PAIR, lead->platform * 512 + lead->medium % 16) * 0.5;
  if (lead->city_known) score += 0.35 * fixed_effect(TABLE_CITY, lead->city);
  if (lead->counts_known) {
    double again = lead->source % 3 == 1 ? 1.1 : 1.7;
    score += lead->dropped > 1 ? again - (lead->dropped > 6 ? 0.6 : 0.0) : -0.5;
    if (lead->referred) score += 4.0;
  }
  return 0.81 * score;
}

static void write_city(const struct lead *lead, struct random_stream *random, struct line *line) {
  double at =
      random_uniform(random); /* texts that mean "missing" elsewhere are cities here, as in the case */
  char name[WORD_CAPACITY] = "nan";
  if (at >= city_nan_rate + city_na_rate) {
    invented_word(lead->city, name);
  } else if (at < city_na_rate) {
    memcpy(name, "na", sizeof "na");
  }
  if (lead->city_known) {
    line_text(line, name);
  } else {
    line_empty(line);
  }
}

static void write_clicks(struct random_stream *random, struct line *line) {
  bool clicked = random_uniform(random) < clicked_rate;
  for (uint32_t i = 0; i < N_CLICK_COLUMNS; i++) {
    double rate = fixed_effect(TABLE_CLICK, i); /* half of the columns: almost never */
    if (!clicked || random_uniform(random) >= (rate < 0 ? 0.01 : 0.7 * rate * rate)) {
      line_empty(line);
      continue;
    }
    double many = random_uniform(random);
    line_decimal(line, 1.0 + (double)(int)(28.0 * many * many * many), 1);
  }
}

static void write_row(const struct generator_settings *settings, uint64_t row, struct line *line) {
  struct random_stream random = random_start(settings->seed, row);
  struct lead lead = draw_lead(&random);
  bool completed = random_uniform(&random) < portable_sigmoid(lead_score(&lead));
  line_integer(line, (int64_t)row);
  write_date(&random, line);
  write_city(&lead, &random, line);
  line_label(line, "Level", lead.platform);
  line_label(line, "Level", lead.medium);
  line_label(line, "Level", lead.source);
  if (lead.counts_known) {
    line_decimal(line, lead.dropped, 1);
    line_decimal(line, lead.referred ? 1.0 : 0.0, 1);
  } else {
    line_empty(line);
    line_empty(line);
  }
  write_clicks(&random, line);
  line_integer(line, completed);
}

const struct generator generator_leads = {
    .name = "leads",
    .summary = "46 raw columns of leads, last one the label app_complete_flag (0/1, about half ones)",
    .header = write_header,
    .row = write_row,
};
