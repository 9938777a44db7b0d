/* scan.c - see scan.h. Nothing that is counted depends on how rows are cut into blocks: columns take their
 * cells one by one, sets of rows and samples are functions of the rows alone. */
#include "profile/scan.h"

#include <math.h>
#include <string.h>

#include "profile/choice.h"
#include "read/report.h"

enum { MOST_BLOCKS = 1 << 16, SAMPLE_BYTES = 64 << 20, ENTRIES_IN_ALL = 1 << 23, FEWEST_ENTRIES = 8192 };

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

/* ---- blocks, in parallel ---- */

static void free_block(struct typed_block *block) {
  if (block == NULL) return;
  copse_free(block->values);
  copse_free(block->types);
  copse_free(block->row_hashes);
  copse_free(block->feature_hashes);
  copse_free(block->targets);
  copse_free(block->bytes);
  copse_free(block);
}

bool scan_reserve_block(struct scan *scan, struct typed_block *block, size_t n_rows) {
  size_t n_cells = n_rows * scan->n_columns;
  if (block->bytes == NULL) block->bytes = copse_alloc_zero(scan->ctx, scan->n_columns, sizeof *block->bytes);
  if (block->bytes == NULL) return false;
  if (n_cells > block->capacity_cells) {
    copse_free(block->values);
    copse_free(block->types);
    block->capacity_cells = 0;
    block->values = copse_alloc(scan->ctx, n_cells, sizeof *block->values);
    block->types = copse_alloc(scan->ctx, n_cells, 1);
    if (block->values == NULL || block->types == NULL) return false;
    block->capacity_cells = n_cells;
  }
  if (n_rows > block->capacity_rows) {
    copse_free(block->row_hashes);
    copse_free(block->feature_hashes);
    copse_free(block->targets);
    block->capacity_rows = 0;
    block->row_hashes = copse_alloc(scan->ctx, n_rows, sizeof *block->row_hashes);
    block->feature_hashes = copse_alloc(scan->ctx, n_rows, sizeof *block->feature_hashes);
    block->targets = copse_alloc(scan->ctx, n_rows, sizeof *block->targets);
    if (block->row_hashes == NULL || block->feature_hashes == NULL || block->targets == NULL) return false;
    block->capacity_rows = n_rows;
  }
  return true;
}

/* A cell of a column whose type the caller said: digits that look like a code are a number, numbers are texts
 * as they stand. */
static enum cell_type forced_type(uint8_t forced, enum cell_type type, const struct row_cell *cell,
                                  double *x) {
  if (cell_is_blank(type) || type == CELL_TYPE_TOKEN || forced == TYPE_DATETIME) return type;
  if (forced != TYPE_NUMBER) return CELL_TYPE_TEXT;
  struct row_cell trimmed = row_cell_trimmed(*cell);
  if (type == CELL_TYPE_CODE && copse_parse_double(trimmed.text, trimmed.length, x) == trimmed.length)
    return *x == floor(*x) ? CELL_TYPE_INTEGER : CELL_TYPE_DECIMAL;
  return type;
}

/* Types of a column's cells, and their share in the rows' hashes. */
static void type_column(const struct scan *scan, struct typed_block *block, uint32_t column) {
  size_t first = (size_t)column * block->n_rows;
  const struct row_cell *cells = block->cells + (size_t)scan->columns[column].source * block->n_rows;
  uint8_t forced = scan->columns[column].forced;
  uint64_t *values = block->values + first, seed = scan->column_seeds[column];
  uint64_t counts = scan->unhashed[column] ? 0 : UINT64_MAX;
  uint8_t *types = block->types + first;
  uint64_t bytes = 0;
  for (size_t row = 0; row < block->n_rows; row++) {
    const struct row_cell *cell = &cells[row];
    bytes += cell->length;
    double x = 0;
    enum cell_type type =
        cell->null ? CELL_TYPE_NULL : cell_type_of(&scan->missing, cell->text, cell->length, &x);
    if (forced != COLUMN_INFER) type = forced_type(forced, type, cell, &x);
    uint64_t value = 0;
    x += 0.0; /* -0 is 0 */
    if (cell_is_text(type))
      value = cell_hash(cell->text, cell->length);
    else if (!cell_is_blank(type))
      memcpy(&value, &x, sizeof value);
    types[row] = (uint8_t)type;
    values[row] = value;
    uint64_t h = (value + type + seed) * 0x9e3779b97f4a7c15u;
    block->feature_hashes[row] += (h ^ h >> 32) * 0xd6e8feb86659fd93u & counts;
  }
  block->bytes[column] = bytes;
}

static copse_status visit(void *user, const struct row_block *rows, int thread, copse_error *err) {
  struct scan *scan = user;
  (void)thread;
  if (rows->index >= MOST_BLOCKS)
    return report(err, COPSE_ERR_UNSUPPORTED, "%s: the rows are too long", row_source_path(scan->source));
  struct typed_block **slot = &scan->blocks[rows->index];
  if (*slot == NULL) *slot = copse_alloc_zero(scan->ctx, 1, sizeof **slot);
  struct typed_block *block = *slot;
  if (block == NULL || !scan_reserve_block(scan, block, rows->n_rows))
    return report_memory(err, "the profile of", row_source_path(scan->source));
  block->first_row = rows->first_row;
  block->file = (uint16_t)rows->file;
  block->n_rows = rows->n_rows;
  block->cells = rows->cells;
  memset(block->feature_hashes, 0, rows->n_rows * sizeof *block->feature_hashes);
  for (uint32_t column = 0; column < scan->n_columns; column++)
    if (column != scan->target) type_column(scan, block, column);
  memcpy(block->row_hashes, block->feature_hashes, rows->n_rows * sizeof *block->row_hashes);
  if (scan->target != SCAN_NO_COLUMN) {
    /* the last one counts into the rows' hashes only */
    uint64_t *features = block->feature_hashes;
    block->feature_hashes = block->row_hashes;
    type_column(scan, block, scan->target);
    block->feature_hashes = features;
  }
  for (size_t row = 0; row < rows->n_rows; row++) {
    block->row_hashes[row] = mix64(block->row_hashes[row]);
    block->feature_hashes[row] = mix64(block->feature_hashes[row]);
  }
  return COPSE_OK;
}

/* ---- the target, row after row ---- */

enum { NOT_A_NUMBER = 0x5bf03635 };

uint64_t text_class_key(const char *text) { return cell_hash(text, strlen(text)) ^ NOT_A_NUMBER; }

static uint8_t class_of(struct scan *scan, const struct row_cell *cell, enum cell_type type, uint64_t value) {
  bool number = type == CELL_TYPE_INTEGER || type == CELL_TYPE_DECIMAL;
  uint64_t key = value ^ (number ? 0 : NOT_A_NUMBER);
  for (uint32_t i = 0; i < scan->n_classes; i++)
    if (scan->class_keys[i] == key) return (uint8_t)i;
  if (scan->n_classes == TALLY_MAX_CLASSES) {
    scan->too_many_classes = true;
    return 0;
  }
  uint32_t i = scan->n_classes++;
  memcpy(scan->class_texts[i], cell->text, values_kept_length(cell->text, cell->length));
  scan->class_cells[i] = (struct row_cell){scan->class_texts[i], cell->length, false, false};
  scan->class_keys[i] = key;
  scan->class_values[i] = (double)NAN;
  if (number) memcpy(&scan->class_values[i], &value, sizeof value);
  return (uint8_t)i;
}

static void note_targets(struct scan *scan, struct typed_block *block) {
  size_t first = (size_t)scan->target * block->n_rows;
  const struct row_cell *cells = block->cells + (size_t)scan->columns[scan->target].source * block->n_rows;
  for (size_t row = 0; row < block->n_rows; row++) {
    enum cell_type type = block->types[first + row];
    uint64_t value = block->values[first + row];
    struct row_target *target = &block->targets[row];
    *target = (struct row_target){.code = TALLY_NO_CLASS,
                                  .fold = (uint8_t)(mix64(block->first_row + row + 1) % TALLY_FOLDS)};
    if (cell_is_blank(type) || type == CELL_TYPE_TOKEN) continue;
    bool number = type == CELL_TYPE_INTEGER || type == CELL_TYPE_DECIMAL;
    if (number) memcpy(&target->y, &value, sizeof target->y);
    scan->texts_in_target |= !number;
    target->code = scan->too_many_classes ? 0 : class_of(scan, &cells[row], type, value);
    scan->class_rows[target->code]++;
  }
}

static void note_shape(struct scan *scan) {
  scan->shape = (struct tally_shape){.n_classes = scan->too_many_classes ? 1
                                                  : scan->n_classes < 2  ? 2
                                                                         : scan->n_classes,
                                     .sums = scan->too_many_classes && !scan->texts_in_target,
                                     .class_values = scan->class_values};
}

/* ---- the sample ---- */

static bool sampled(uint64_t row, unsigned level) {
  return (mix64(row ^ 0x2545f4914f6cdd1du) & (((uint64_t)1 << level) - 1)) == 0;
}

static size_t count_fresh(const struct scan *scan) {
  size_t n = 0;
  for (size_t b = 0; b < scan->n_blocks; b++)
    for (size_t row = 0; row < scan->blocks[b]->n_rows; row++)
      n += sampled(scan->blocks[b]->first_row + row, scan->sample_level);
  return n;
}

static size_t count_kept(const struct scan *scan) {
  size_t n = 0;
  for (size_t i = 0; i < scan->n_sample; i++) n += sampled(scan->sample_rows[i], scan->sample_level);
  return n;
}

/* Which sampled rows stay, and which of the batch join them. False: out of memory. */
static bool choose_sample(struct scan *scan) {
  size_t n_fresh = count_fresh(scan), n_kept = scan->n_sample;
  while (n_fresh + n_kept > scan->sample_capacity) {
    scan->sample_level++;
    n_fresh = count_fresh(scan);
    n_kept = count_kept(scan);
  }
  scan->n_kept = 0;
  for (size_t i = 0; i < scan->n_sample; i++) {
    if (!sampled(scan->sample_rows[i], scan->sample_level)) continue;
    scan->kept[scan->n_kept] = (uint32_t)i;
    scan->sample_rows[scan->n_kept++] = scan->sample_rows[i];
  }
  scan->n_sample = scan->n_kept;
  for (size_t b = 0; b < scan->n_blocks; b++) {
    for (size_t row = 0; row < scan->blocks[b]->n_rows; row++) {
      uint64_t number = scan->blocks[b]->first_row + row;
      if (!sampled(number, scan->sample_level)) continue;
      scan->fresh[scan->n_sample - scan->n_kept] = (uint64_t)b << 32 | row;
      scan->sample_rows[scan->n_sample++] = number;
    }
  }
  return true;
}

static bool take_sample(const struct scan *scan, struct column *column) {
  if (column->sample == NULL) {
    column->sample = copse_alloc(scan->ctx, scan->sample_capacity, sizeof *column->sample);
    column->sample_types = copse_alloc(scan->ctx, scan->sample_capacity, 1);
    if (column->sample == NULL || column->sample_types == NULL) return false;
  }
  for (size_t i = 0; i < scan->n_kept && scan->n_kept < column->n_sample; i++) {
    column->sample[i] = column->sample[scan->kept[i]];
    column->sample_types[i] = column->sample_types[scan->kept[i]];
  }
  for (size_t i = scan->n_kept; i < scan->n_sample; i++) {
    uint64_t at = scan->fresh[i - scan->n_kept];
    const struct typed_block *block = scan->blocks[at >> 32];
    size_t cell = (size_t)column->index * block->n_rows + (uint32_t)at;
    column->sample[i] = block->values[cell];
    column->sample_types[i] = block->types[cell];
  }
  column->n_sample = scan->n_sample;
  return true;
}

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
  if (task < scan->n_columns && !take_sample(scan, &scan->columns[task])) scan->columns[task].failed = true;
}

bool scan_settle(struct scan *scan, size_t n_blocks) {
  bool failed = false;
  scan->n_blocks = n_blocks;
  if (scan->target != SCAN_NO_COLUMN) {
    for (size_t b = 0; b < n_blocks; b++) note_targets(scan, scan->blocks[b]);
    note_shape(scan);
  }
  failed |= !choose_sample(scan);
  for (size_t b = 0; b < n_blocks && scan->samples.most > 0; b++)
    failed |= !samples_look(&scan->samples, scan->blocks[b], scan->columns, scan->n_columns);
  copse_parallel_for(scan->n_threads, scan->n_columns + N_ROW_TASKS, take_batch, scan);
  for (size_t b = 0; b < n_blocks; b++) scan->n_rows += scan->blocks[b]->n_rows;
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
  scan->blocks = copse_alloc_zero(scan->ctx, MOST_BLOCKS, sizeof *scan->blocks);
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
  if (status == COPSE_OK) status = row_source_run(out->source, out->n_threads, visit, settle, out, err);
  if (status == COPSE_OK && out->n_rows == 0)
    status = report(err, COPSE_ERR_DATA,
                    "%s: there are no rows, expected one at least (was it cut off behind its header?)",
                    row_source_path(out->source));
  return status;
}

void scan_release(struct scan *scan) {
  for (uint32_t i = 0; scan->columns != NULL && i < scan->n_columns; i++) column_release(&scan->columns[i]);
  for (size_t i = 0; scan->blocks != NULL && i < MOST_BLOCKS; i++) free_block(scan->blocks[i]);
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
