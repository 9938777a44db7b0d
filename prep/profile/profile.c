/* profile.c - from a file to a profile: the pass, then every column's facts in parallel, then what needs them
 * all. */
#include "profile/profile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profile/describe.h"
#include "profile/view.h"
#include "read/report.h"
#include "report/output.h"

/* Describing the columns of a scan, in parallel. */
struct describing {
  struct scan *scan;
  const struct target_facts *target; /* NULL: no view */
  bool tables_stay;                  /* they are compared with another file's */
  struct column_facts *facts;
  bool *failed;
};

static void describe_one(void *user, size_t i, int thread) {
  struct describing *d = user;
  struct column *column = &d->scan->columns[i];
  (void)thread;
  bool ok = describe_column(column, &d->facts[i]);
  bool viewed = d->target != NULL && d->target->kind != TARGET_NONE && d->target->kind != TARGET_UNUSABLE;
  if (ok && viewed && i != d->target->column && d->facts[i].type != TYPE_CONSTANT &&
      d->facts[i].type != TYPE_EMPTY)
    ok = view_column(d->scan, d->target, column, &d->facts[i]);
  if (!d->tables_stay) column_forget_numbers(column);
  d->failed[i] = !ok;
}

static bool describe_all(struct scan *scan, const struct target_facts *target, bool tables_stay,
                         struct column_facts *facts) {
  bool ok = true, *failed = copse_alloc_zero(scan->ctx, scan->n_columns, sizeof *failed);
  if (failed == NULL) return false;
  struct describing d = {scan, target, tables_stay, facts, failed};
  copse_parallel_for(scan->n_threads, scan->n_columns, describe_one, &d);
  for (uint32_t i = 0; i < scan->n_columns; i++) ok &= !failed[i];
  copse_free(failed);
  return ok;
}

/* ---- what the profile keeps of the scan ---- */

static void append_list(copse_text *out, const char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++) copse_text_appendf(out, "%s%s", i > 0 ? ", " : "", names[i]);
  copse_text_append(out, "", 1);
}

/* Names outlive the source: copied, one behind the other. */
static bool keep_names(copse_profile *p, const char *const *paths, size_t n_paths) {
  const copse_profile_options *o = &p->options;
  size_t at = 0;
  for (uint32_t i = 0; i < p->n_columns; i++)
    copse_text_append(&p->names, p->columns[i].name, strlen(p->columns[i].name) + 1);
  append_list(&p->names, paths, n_paths);
  append_list(&p->names, o->against, o->n_against);
  append_list(&p->names, o->earlier != NULL ? &o->earlier->path : NULL, o->earlier != NULL);
  append_list(&p->names, &o->started, o->started != NULL);
  for (size_t i = 0; i < o->n_command; i++) append_list(&p->names, &o->command[i], 1);
  if (p->names.failed) return false;
  for (uint32_t i = 0; i < p->n_columns; i++) {
    p->columns[i].name = p->names.data + at;
    at += strlen(p->names.data + at) + 1;
  }
  p->path = p->names.data + at;
  p->against = p->path + strlen(p->path) + 1;
  p->since.path = p->against + strlen(p->against) + 1;
  p->run.started = p->since.path + strlen(p->since.path) + 1;
  p->run.command = p->run.started + strlen(p->run.started) + 1;
  p->run.n_command = o->n_command;
  p->n_files = n_paths;
  p->options.target = p->options.positive = p->options.missing_values = NULL;
  p->options.against = NULL;
  p->options.earlier = NULL;
  p->options.command = NULL;
  p->options.ignore_column = p->options.column_types = NULL;
  p->options.started = NULL;
  return true;
}

static void place_misfits(copse_profile *p, struct scan *scan) {
  for (uint32_t i = 0; i < p->n_columns; i++) {
    struct column_facts *c = &p->columns[i];
    if (c->n_misfits == 0) continue;
    struct row_place place = row_source_place(scan->source, c->first_misfit);
    snprintf(c->misfit_place, sizeof c->misfit_place, "%.*s", (int)sizeof c->misfit_place - 1, place.text);
  }
}

static struct scan_options scan_options_of(const copse_profile_options *o, const char *const *paths,
                                           size_t n_paths) {
  return (struct scan_options){
      .paths = paths,
      .n_paths = n_paths,
      .format = o->format,
      .source = {.separator = o->separator, .header = o->header, .known_column = o->target},
      .target = o->target,
      .missing = o->missing_values,
      .ignored = o->ignore_column,
      .types = o->column_types,
      .date_order = o->date_order,
      .memory_bytes = o->memory_bytes,
      .compared = n_paths > 1 || o->n_against > 0,
      .n_samples = o->values == COPSE_VALUES_FULL ? o->n_samples : 0,
      .n_threads = o->n_threads};
}

static copse_status look_at_other(copse_profile *p, const struct scan *here, copse_error *err) {
  const copse_profile_options *o = &p->options;
  struct scan_options options = scan_options_of(o, o->against, o->n_against);
  struct scan other;
  struct column_facts *facts = NULL;
  options.target_may_lack = true; /* rows to be predicted */
  options.like = here;
  options.n_samples = 0;
  copse_status status = scan_run(p->ctx, &options, &other, err);
  if (status == COPSE_OK) {
    facts = copse_alloc_zero(p->ctx, other.n_columns, sizeof *facts);
    bool ok = facts != NULL && describe_all(&other, NULL, true, facts) &&
              drift_find(p->ctx, here, p->columns, &other, facts, &p->drift);
    if (!ok) status = report_memory(err, "the profile of", o->against[0]);
  }
  if (status == COPSE_OK)
    status = origin_find(p->ctx, o->against, o->n_against, other.source, o->n_threads, &p->drift.origin, err);
  if (status == COPSE_OK)
    status = domain_find(p->ctx, here, p->columns, &other, facts, o->n_threads, &p->drift.domain, err);
  copse_free(facts);
  scan_release(&other);
  return status;
}

/* A type that the caller wants and no value has. */
static copse_status check_types(const copse_profile *p, const struct scan *scan, copse_error *err) {
  for (uint32_t i = 0; i < p->n_columns; i++) {
    const struct column_facts *c = &p->columns[i];
    uint8_t forced = scan->columns[i].forced;
    if (forced == COLUMN_INFER || c->type == (enum column_type)forced || c->type == TYPE_EMPTY ||
        c->type == TYPE_CONSTANT)
      continue;
    bool both = forced == TYPE_DATETIME && scan->columns[i].n_types[CELL_TYPE_DMY] > 0;
    return report(err, COPSE_ERR_DATA, "%s: column \"%s\": type=%s, %s (%s)", row_source_path(scan->source),
                  show(c->name, strlen(c->name)).text, column_type_names[forced],
                  both                      ? "but in some dates the day comes first, in others the month"
                  : forced == TYPE_DATETIME ? "but none of its values is a date, expected some, as 2024-01-31"
                                            : "but none of its values is a number, expected some",
                  both ? "write them as YYYY-MM-DD" : "another type, or none: it is found by itself");
  }
  return COPSE_OK;
}

static copse_status conclude(copse_profile *p, struct scan *scan, copse_error *err) {
  const copse_profile_options *o = &p->options;
  copse_status status = view_target(scan, o->positive, &p->target, err);
  bool compared = o->n_against > 0 || o->earlier != NULL;
  if (status != COPSE_OK) return status;
  p->n_rows = scan->n_rows;
  p->n_columns = scan->n_columns;
  p->n_sample = scan->n_sample;
  p->limits = scan->limits;
  p->sample_is_all = scan->sample_level == 0;
  p->columns = copse_alloc_zero(p->ctx, p->n_columns, sizeof *p->columns);
  double began = run_seconds(&p->run);
  if (p->columns == NULL || !describe_all(scan, &p->target, compared, p->columns))
    return report_memory(err, "the profile of", "the table");
  double described = run_seconds(&p->run);
  p->run.stats_s = described - began;
  if (scan->target != SCAN_NO_COLUMN) p->columns[scan->target].is_target = true;
  status = check_types(p, scan, err);
  if (status != COPSE_OK) return status;
  if (scan->source == NULL) return COPSE_OK; /* lints: columns one by one */
  p->named = row_source_is_named(scan->source);
  if (!pairs_find(p->ctx, scan->columns, p->columns, p->n_columns, scan->target, o->n_threads, &p->pairs))
    return report_memory(err, "the profile of", "the table");
  if (!gaps_find(p->ctx, scan->columns, p->columns, p->n_columns, &p->gaps))
    return report_memory(err, "the profile of", "the table");
  p->run.pairs_s = run_seconds(&p->run) - described;
  p->rows = rows_finish(&scan->full);
  p->features = rows_finish(&scan->features);
  for (uint32_t i = 0; i < p->n_columns; i++) p->n_cells_missing += p->columns[i].n_missing;
  p->n_complete = gaps_complete(&p->gaps, scan->columns, p->columns, p->n_columns, p->n_rows, scan->n_filled,
                                scan->n_plain, &p->complete_exact);
  place_misfits(p, scan);
  if (o->earlier != NULL && !since_find(p->ctx, scan, p->columns, o->earlier, &p->since))
    return report_memory(err, "the profile of", "the table");
  samples_take(&scan->samples, &p->samples);
  return o->n_against > 0 ? look_at_other(p, scan, err) : COPSE_OK;
}

copse_status copse_profile_run(copse_context *ctx, const char *const *paths, size_t n_paths,
                               const copse_profile_options *options, copse_profile **out, copse_error *err) {
  struct scan scan;
  struct scan_options scanned = scan_options_of(options, paths, n_paths);
  copse_profile *p = copse_alloc_zero(ctx, 1, sizeof *p);
  *out = NULL;
  if (p == NULL) return report_memory(err, "the profile of", paths[0]);
  p->ctx = ctx;
  p->options = *options;
  p->names.ctx = ctx;
  p->run.clock = options->clock;
  p->run.n_threads = options->n_threads > 0 ? options->n_threads : copse_threads_available();
  double began = run_seconds(&p->run);
  copse_status status = scan_run(ctx, &scanned, &scan, err);
  if (status == COPSE_OK)
    status = origin_find(ctx, paths, n_paths, scan.source, options->n_threads, &p->origin, err);
  p->run.read_s = run_seconds(&p->run) - began;
  if (status == COPSE_OK) status = conclude(p, &scan, err);
  if (status == COPSE_OK && !keep_names(p, paths, n_paths))
    status = report_memory(err, "the profile of", paths[0]);
  scan_release(&scan);
  if (status == COPSE_OK) {
    privacy_apply(p);
    if (!alerts_find(p) || !since_judge(p, options->earlier))
      status = report_memory(err, "the profile of", paths[0]);
  }
  if (status == COPSE_OK)
    *out = p;
  else
    copse_profile_free(p);
  return status;
}

/* Cells looked at before training, so that it costs little beside any training. */
enum { LINT_CELLS = 2 << 20, LINT_ROWS = 1 << 14, LINT_LEAST_ROWS = 2000 };

copse_status copse_profile_frame(copse_context *ctx, const copse_frame *frame, int n_threads,
                                 copse_profile **out, copse_error *err) {
  struct scan scan;
  bool any;
  uint64_t rows = LINT_CELLS / ((uint64_t)frame->n_features + 1);
  if (rows > LINT_ROWS) rows = LINT_ROWS;
  if (rows < LINT_LEAST_ROWS) rows = LINT_LEAST_ROWS;
  copse_profile *p = copse_alloc_zero(ctx, 1, sizeof *p);
  *out = NULL;
  if (p == NULL) return report_memory(err, "the lints of", "the training data");
  p->ctx = p->names.ctx = ctx;
  p->options.n_threads = n_threads;
  p->named = frame->has_header;
  p->numbers_skip_target = true;
  p->numbers_from =
      frame->table.layout == COPSE_CSR && copse_frame_schema_find_column(frame->schema, 0) < 0 ? 1 : 0;
  copse_status status = scan_frame(ctx, frame, rows, n_threads, &scan, &any, err);
  if (status == COPSE_OK && any) status = conclude(p, &scan, err);
  bool ok = status != COPSE_OK || !any || keep_names(p, NULL, 0);
  if (any) scan_release(&scan);
  if (status == COPSE_OK && ok && any) {
    privacy_apply(p);
    ok = alerts_find(p);
  }
  if (!ok) status = report_memory(err, "the lints of", "the training data");
  if (status == COPSE_OK)
    *out = p;
  else
    copse_profile_free(p);
  return status;
}

uint64_t copse_profile_n_rows(const copse_profile *profile) { return profile->n_rows; }

uint32_t copse_profile_n_alerts(const copse_profile *profile) { return profile->alerts.n; }

copse_alert_level copse_profile_alert_level(const copse_profile *profile, uint32_t alert) {
  return profile->alerts.list[alert].level;
}

const char *copse_profile_alert_id(const copse_profile *profile, uint32_t alert) {
  return profile->alerts.list[alert].id;
}

const char *copse_profile_alert_text(const copse_profile *profile, uint32_t alert) {
  return profile->alerts.list[alert].text;
}

const char *copse_profile_alert_remedy(const copse_profile *profile, uint32_t alert) {
  return profile->alerts.list[alert].remedy;
}

uint32_t copse_profile_n_changes(const copse_profile *profile) { return profile->since.findings.n; }

copse_alert_level copse_profile_change_level(const copse_profile *profile, uint32_t change) {
  return profile->since.findings.list[change].level;
}

const char *copse_profile_change_text(const copse_profile *profile, uint32_t change) {
  return profile->since.findings.list[change].text;
}

void copse_profile_free(copse_profile *profile) {
  if (profile == NULL) return;
  alerts_release(&profile->alerts);
  pairs_free(&profile->pairs);
  gaps_release(&profile->gaps);
  drift_release(&profile->drift);
  since_release(&profile->since);
  samples_release(&profile->samples);
  copse_free(profile->columns);
  copse_text_release(&profile->names);
  copse_free(profile);
}
