/* scan.c - see scan.h. Nothing that is counted depends on how rows are cut into blocks: columns take their
 * cells one by one, sets of rows and samples are functions of the rows alone. */
#include "profile/scan.h"

#include <math.h>
#include <string.h>

#include "profile/choice.h"
#include "profile/scan_parts.h"
#include "read/report.h"

enum { SAMPLE_BYTES = 64 << 20, ENTRIES_IN_ALL = 1 << 23, FEWEST_ENTRIES = 8192 };

/* What a limit may fall to; bytes of a column's entry with its slots and texts (and its target's counts), of
 * a sampled cell, and of a group of equal rows with what is free, or is moved, around it. */
enum {
  LEAST_ENTRIES = 1024,
  LEAST_SAMPLE = 2048,
  LEAST_GROUPS = 1 << 14,
  ENTRY_BYTES = 96,
  ENTRY_TARGET_BYTES = 40,
  SAMPLE_CELL_BYTES = 9,
  GROUP_BYTES = 4 * sizeof(struct row_group)
};

/* ---- a batch ---- */

/* Tasks behind those of the columns. */
enum { TASK_FULL, TASK_FEATURES, TASK_ORDER, N_ROW_TASKS };

static void add_rows(struct rows *rows, const uint64_t *hashes, const struct row_target *targets,
                     const struct typed_block *block) {
  enum { AHEAD = 16 };
  for (size_t row = 0; row < block->n_rows; row++) {
    if (row + AHEAD < block->n_rows) rows_expect(rows, hashes[row + AHEAD]);
    rows_add(rows, hashes[row], targets != NULL ? targets[row].code : TALLY_NO_CLASS, block->file);
  }
}

static void take_order(struct scan *scan, const struct typed_block *block) {
  struct values *numbers = &scan->order.numbers;
  values_shape(numbers, scan->shape);
  for (size_t row = 0; row < block->n_rows; row++)
    values_add_number(numbers, (double)(block->first_row + row), block->targets[row]);
  scan->order.failed |= numbers->failed;
}

static void take_batch(void *user, size_t task, int thread) {
  struct scan *scan = user;
  (void)thread;
  bool has_target = scan->target != SCAN_NO_COLUMN;
  static const struct tally_shape none = {.n_classes = 0};
  for (size_t b = 0; b < scan->n_blocks; b++) {
    const struct typed_block *block = scan->blocks[b];
    if (task < scan->n_columns) {
      column_take(&scan->columns[task], block, task == scan->target ? none : scan->shape);
    } else if (task == scan->n_columns + TASK_FULL) {
      add_rows(&scan->full, block->row_hashes, NULL, block);
    } else if (has_target && task == scan->n_columns + TASK_FEATURES) {
      add_rows(&scan->features, block->feature_hashes, block->targets, block);
    } else if (has_target) {
      take_order(scan, block);
    }
  }
  if (task < scan->n_columns && !scan_take_sample(scan, &scan->columns[task]))
    scan->columns[task].failed = true;
}

bool scan_settle(struct scan *scan, size_t n_blocks) {
  bool failed = false;
  scan->n_blocks = n_blocks;
  if (scan->target != SCAN_NO_COLUMN) {
    for (size_t b = 0; b < n_blocks; b++) scan_note_targets(scan, scan->blocks[b]);
    scan_note_shape(scan);
  }
  failed |= !scan_choose_sample(scan);
  for (size_t b = 0; b < n_blocks && scan->samples.most > 0; b++)
    failed |= !samples_look(&scan->samples, scan->blocks[b], scan->columns, scan->n_columns);
  copse_parallel_for(scan->n_threads, scan->n_columns + N_ROW_TASKS, take_batch, scan);
  for (size_t b = 0; b < n_blocks; b++) {
    scan->n_rows += scan->blocks[b]->n_rows;
    scan->n_filled += scan->blocks[b]->n_filled;
    scan->n_plain += scan->blocks[b]->n_plain;
  }
  for (uint32_t i = 0; i < scan->n_columns; i++) failed |= scan->columns[i].failed;
  return !failed && !scan->full.failed && !scan->features.failed && !scan->order.failed;
}

static copse_status settle(void *user, size_t n_blocks, copse_error *err) {
  struct scan *scan = user;
  if (scan_settle(scan, n_blocks)) return COPSE_OK;
  return report_memory(err, "the profile of", row_source_path(scan->source));
}

/* ---- beginning and end ---- */

uint32_t scan_find(const struct scan *scan, const char *name) {
  for (uint32_t i = 0; i < scan->n_columns; i++)
    if (strcmp(scan->columns[i].name, name) == 0) return i;
  return SCAN_NO_COLUMN;
}

static uint64_t limit_bytes(const struct scan *scan, const struct scan_limits *limits) {
  bool target = scan->target != SCAN_NO_COLUMN;
  uint64_t entry = ENTRY_BYTES + (target ? ENTRY_TARGET_BYTES : 0);
  uint64_t column = entry * limits->entries + SAMPLE_CELL_BYTES * limits->sample_rows;
  return column * scan->n_columns + (target ? 2 : 1) * limits->row_groups * GROUP_BYTES;
}

bool scan_limit(struct scan *scan, uint64_t memory_bytes, uint64_t *need) {
  struct scan_limits *l = &scan->limits;
  uint32_t n = scan->n_columns, entries = 1;
  while (entries * 2 <= ENTRIES_IN_ALL / n && entries < SCAN_SAMPLE) entries *= 2;
  size_t rows = SAMPLE_BYTES / (SAMPLE_CELL_BYTES * (size_t)n);
  *l = (struct scan_limits){.entries = entries < FEWEST_ENTRIES ? FEWEST_ENTRIES : entries,
                            .sample_rows = rows < SCAN_SAMPLE ? rows : SCAN_SAMPLE,
                            .row_groups = ROWS_MOST_GROUPS};
  for (*need = limit_bytes(scan, l); memory_bytes > 0 && *need > memory_bytes; l->halvings++) {
    if (l->entries <= LEAST_ENTRIES && l->sample_rows <= LEAST_SAMPLE && l->row_groups <= LEAST_GROUPS) break;
    if (l->entries > LEAST_ENTRIES) l->entries /= 2;
    if (l->sample_rows > LEAST_SAMPLE) l->sample_rows /= 2;
    if (l->row_groups > LEAST_GROUPS) l->row_groups /= 2;
    *need = limit_bytes(scan, l);
  }
  scan->full.most_groups = scan->features.most_groups = l->row_groups;
  return memory_bytes == 0 || *need <= memory_bytes;
}

/* Room for the fresh rows of a batch whose capacity is not known: they replace the sample at most. */
bool scan_prepare(struct scan *scan, const char *(*name_of)(const void *user, uint32_t column),
                  const void *user) {
  uint32_t n = scan->n_columns, limit = scan->limits.entries;
  scan->sample_capacity = scan->limits.sample_rows;
  scan->columns = copse_alloc_zero(scan->ctx, n, sizeof *scan->columns);
  scan->blocks = copse_alloc_zero(scan->ctx, SCAN_MOST_BLOCKS, sizeof *scan->blocks);
  scan->column_seeds = copse_alloc(scan->ctx, n, sizeof *scan->column_seeds);
  scan->unhashed = copse_alloc_zero(scan->ctx, n, sizeof *scan->unhashed);
  scan->sample_rows = copse_alloc(scan->ctx, scan->sample_capacity, sizeof *scan->sample_rows);
  scan->kept = copse_alloc(scan->ctx, scan->sample_capacity, sizeof *scan->kept);
  scan->fresh = copse_alloc(scan->ctx, scan->sample_capacity, sizeof *scan->fresh);
  if (!scan->columns || !scan->blocks || !scan->column_seeds || !scan->unhashed || !scan->sample_rows ||
      !scan->kept || !scan->fresh)
    return false;
  for (uint32_t i = 0; i < n; i++) {
    const char *name = name_of(user, i);
    column_init(&scan->columns[i], scan->ctx, name, i, limit);
    /* by name: rows of another file with its columns in another order have the same hashes */
    scan->column_seeds[i] = cell_hash(name, strlen(name));
  }
  column_init(&scan->order, scan->ctx, "", 0, limit);
  return true;
}

struct chosen {
  const struct row_source *source;
  const struct choice *choice;
};

static const char *chosen_name(const void *user, uint32_t column) {
  const struct chosen *c = user;
  return row_source_name(c->source, c->choice->sources[column]);
}

/* What the columns are to be. */
static void apply_choice(struct scan *scan, const struct choice *choice, char date_order) {
  for (uint32_t i = 0; i < scan->n_columns; i++) {
    scan->columns[i].source = choice->sources[i];
    scan->columns[i].forced = choice->forced[i];
    scan->columns[i].date_order = date_order;
  }
}

static copse_status find_target(struct scan *scan, const struct scan_options *options, copse_error *err) {
  const char *target = options->target;
  scan->target = SCAN_NO_COLUMN;
  if (target == NULL || *target == '\0') return COPSE_OK;
  scan->target = scan_find(scan, target);
  if (scan->target != SCAN_NO_COLUMN || options->target_may_lack) return COPSE_OK;
  return report(err, COPSE_ERR_DATA, "%s: there is no column \"%s\" (target=NAME, as in the header)",
                row_source_path(scan->source), show(target, strlen(target)).text);
}

static copse_status prepare(struct scan *scan, const struct scan_options *options,
                            const struct choice *choice, copse_error *err) {
  const char *path = row_source_path(scan->source);
  uint64_t need;
  scan->n_columns = choice->n;
  bool wanted = options->target != NULL && *options->target != '\0';
  scan->target = wanted ? 0 : SCAN_NO_COLUMN; /* whether there is one; which is found below */
  if (!scan_limit(scan, options->memory_bytes, &need))
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: memory=%.1f: the tables of %u columns take %.1f MB at least, expected as much or more "
                  "(or fewer columns: ignore_column=)",
                  path, (double)options->memory_bytes / (1 << 20), scan->n_columns,
                  ceil((double)need / (1 << 20) * 10) / 10);
  struct chosen chosen = {scan->source, choice};
  if (!scan_prepare(scan, chosen_name, &chosen)) return report_memory(err, "the profile of", path);
  apply_choice(scan, choice, options->date_order);
  for (uint32_t i = 0; i < scan->n_columns && options->like != NULL; i++)
    scan->unhashed[i] = scan_find(options->like, scan->columns[i].name) == SCAN_NO_COLUMN;
  return find_target(scan, options, err);
}

copse_status scan_run(copse_context *ctx, const struct scan_options *options, struct scan *out,
                      copse_error *err) {
  *out = (struct scan){.ctx = ctx,
                       .n_threads = options->n_threads,
                       .missing = missing_tokens_of(options->missing),
                       .marks_trivial = options->compared,
                       .full = {.ctx = ctx},
                       .features = {.ctx = ctx},
                       .samples = {.ctx = ctx, .most = options->n_samples}};
  copse_status status =
      row_source_open_files(ctx, options->paths, options->n_paths, &options->source, &out->source, err);
  if (status != COPSE_OK) return status;
  if (options->format != COPSE_FORMAT_CSV && row_source_is_libsvm(out->source))
    return report(
        err, COPSE_ERR_FORMAT,
        "%s: LibSVM rows have no columns to describe, expected CSV or a table of a database (write it as "
        "CSV; format=csv if it is one; training looks at LibSVM itself, see lint=)",
        row_source_path(out->source));
  struct choice choice;
  status = choose_columns(
      ctx, out->source,
      &(struct choice_options){options->target, options->ignored, options->types, options->like != NULL},
      &choice, err);
  if (status == COPSE_OK) status = prepare(out, options, &choice, err);
  copse_free(choice.sources);
  copse_free(choice.forced);
  if (status == COPSE_OK) status = row_source_run(out->source, out->n_threads, scan_visit, settle, out, err);
  if (status == COPSE_OK && out->n_rows == 0)
    status = report(err, COPSE_ERR_DATA,
                    "%s: there are no rows, expected one at least (was it cut off behind its header?)",
                    row_source_path(out->source));
  return status;
}

void scan_release(struct scan *scan) {
  for (uint32_t i = 0; scan->columns != NULL && i < scan->n_columns; i++) column_release(&scan->columns[i]);
  for (size_t i = 0; scan->blocks != NULL && i < SCAN_MOST_BLOCKS; i++) scan_free_block(scan->blocks[i]);
  if (scan->columns != NULL) column_release(&scan->order);
  copse_free(scan->columns);
  copse_free(scan->blocks);
  copse_free(scan->column_seeds);
  copse_free(scan->unhashed);
  copse_free(scan->sample_rows);
  copse_free(scan->kept);
  copse_free(scan->fresh);
  rows_release(&scan->full);
  rows_release(&scan->features);
  samples_release(&scan->samples);
  row_source_close(scan->source);
  *scan = (struct scan){.ctx = scan->ctx};
}
