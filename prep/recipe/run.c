/* run.c - see run.h.
 *
 * Blocks of raw rows go through the first steps in parallel, as far as these work row by row. Then, block
 * after block in the order of rows, tables are written, and what is left of the steps is done: those that
 * must see the rows in order, and those that collect all rows before they give the first. Nothing depends on
 * how rows were cut into blocks. */
#include "recipe/run.h"

#include <string.h>

#include "read/report.h"

/* A block that went through the parallel steps, and how it was behind those that make a table. */
struct done {
  size_t index;
  struct block block;
  struct block *snapshots; /* [n_parallel] */
};

struct thread_slot {
  struct pool pool;
  struct done *done;
  size_t n_done, capacity;
};

struct run {
  copse_recipe *recipe;
  struct row_source *rows;
  int n_threads;
  size_t n_steps, n_parallel;
  struct shape *shapes; /* [n_steps + 1] what step i gets; the last: what comes out */
  size_t n_bound;
  struct store_table **tables; /* [n_steps] */
  struct step *observer;
  struct shape observed; /* what the observer would give */
  const struct run_sink *sink;
  int part;
  struct thread_slot *threads;
  struct done **order; /* of a batch, by index */
  size_t order_capacity;
};

static copse_status fail_memory(const struct run *run, copse_error *err) {
  return report_memory(err, "a recipe's rows", run->recipe->path);
}

/* ---- binding ---- */

static copse_status check_names(const struct step *step, const struct shape *shape, copse_error *err) {
  for (uint32_t i = 0; i < shape->n; i++) {
    const char *name = shape->columns[i].name;
    if (shape_find(shape, name) != i)
      return step_fail(step, COPSE_ERR_DATA, err, "would make a second column \"%s\" (choose another name)",
                       show(name, strlen(name)).text);
  }
  return COPSE_OK;
}

static copse_status bind_step(struct run *run, struct step *step, const struct shape *in, struct shape *out,
                              copse_error *err) {
  out->names.ctx = run->recipe->ctx;
  pool_reset(&step->memory);
  step->state = NULL;
  step->in = in;
  copse_status status = step->kind->bind(step, in, out, err);
  return status == COPSE_OK ? check_names(step, out, err) : status;
}

/* Binds steps [0, n_steps) to the columns of the rows. */
static copse_status bind_steps(struct run *run, size_t n_steps, copse_error *err) {
  copse_recipe *recipe = run->recipe;
  run->n_steps = run->n_parallel = n_steps;
  run->shapes = copse_alloc_zero(recipe->ctx, n_steps + 1, sizeof *run->shapes);
  run->tables = copse_alloc_zero(recipe->ctx, n_steps + 1, sizeof *run->tables);
  if (run->shapes == NULL || run->tables == NULL) return fail_memory(run, err);
  for (size_t i = 0; i <= n_steps; i++) run->shapes[i].names.ctx = recipe->ctx;
  for (uint32_t i = 0; i < row_source_n_columns(run->rows); i++)
    if (!shape_add(&run->shapes[0], row_source_name(run->rows, i), VALUE_TEXT)) return fail_memory(run, err);
  for (size_t i = 0; i < n_steps; i++) {
    struct step *step = &recipe->steps[i];
    run->n_bound = i + 1;
    copse_status status = bind_step(run, step, &run->shapes[i], &run->shapes[i + 1], err);
    if (status != COPSE_OK) return status;
    if ((step->kind->serial || step->kind->apply == NULL) && i < run->n_parallel) run->n_parallel = i;
  }
  return COPSE_OK;
}

static void release_step(struct step *step) {
  if (step->kind->release != NULL && step->state != NULL) step->kind->release(step);
  step->state = NULL;
  step->in = NULL;
}

static void release_run(struct run *run) {
  for (size_t i = 0; i < run->n_bound; i++) release_step(&run->recipe->steps[i]);
  if (run->observer != NULL) release_step(run->observer);
  for (size_t i = 0; run->shapes != NULL && i <= run->n_steps; i++) shape_release(&run->shapes[i]);
  for (size_t i = 0; run->tables != NULL && i < run->n_steps; i++) store_table_free(run->tables[i]);
  shape_release(&run->observed);
  for (int t = 0; run->threads != NULL && t < run->n_threads; t++) {
    pool_release(&run->threads[t].pool);
    copse_free(run->threads[t].done);
  }
  copse_free(run->threads);
  copse_free(run->shapes);
  copse_free(run->tables);
  copse_free(run->order);
  run->recipe->rows = NULL;
  run->recipe->whole = false;
}

/* ---- the parallel part ---- */

static struct done *add_done(struct run *run, struct thread_slot *slot) {
  if (slot->n_done == slot->capacity) {
    size_t capacity = slot->capacity == 0 ? 16 : slot->capacity * 2;
    struct done *done = copse_resize(run->recipe->ctx, slot->done, capacity, sizeof *done);
    if (done == NULL) return NULL;
    slot->done = done;
    slot->capacity = capacity;
  }
  struct done *done = &slot->done[slot->n_done++];
  *done = (struct done){.block.pool = &slot->pool};
  done->snapshots = pool_alloc(&slot->pool, run->n_parallel, sizeof *done->snapshots);
  return done->snapshots != NULL || run->n_parallel == 0 ? done : NULL;
}

static copse_status visit(void *user, const struct row_block *rows, int thread, copse_error *err) {
  struct run *run = user;
  struct done *done = add_done(run, &run->threads[thread]);
  struct vector *columns = done != NULL ? block_columns(&done->block, rows->n_columns) : NULL;
  if (columns == NULL) return fail_memory(run, err);
  struct block *block = &done->block;
  done->index = rows->index;
  for (uint32_t i = 0; i < rows->n_columns; i++)
    columns[i] = (struct vector){.texts = rows->cells + (size_t)i * rows->n_rows};
  block->columns = columns;
  block->n_rows = rows->n_rows;
  block->first_row = rows->first_row;
  for (size_t i = 0; i < run->n_parallel; i++) {
    const struct step *step = &run->recipe->steps[i];
    copse_status status = step->kind->apply(step, block, err);
    if (status != COPSE_OK) return status;
    if (run->tables[i] != NULL) done->snapshots[i] = *block;
  }
  return COPSE_OK;
}

/* ---- the part in order ---- */

static copse_status write_rows(struct run *run, size_t step, const struct block *block, copse_error *err) {
  struct store_table *table = run->tables[step];
  const struct shape *shape = &run->shapes[step + 1];
  if (table == NULL) return COPSE_OK;
  for (size_t row = 0; row < block->n_rows; row++) {
    for (uint32_t i = 0; i < shape->n; i++) {
      const struct vector *vector = &block->columns[i];
      if (shape->columns[i].type != VALUE_TEXT)
        store_table_number(table, i, vector->numbers[row]);
      else if (!vector->texts[row].null)
        store_table_text(table, i, vector->texts[row].text, vector->texts[row].length);
    }
    copse_status status = store_table_row(table, err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

/* Keeps the rows of one part. */
static bool keep_part(struct block *block, const struct shape *shape, int part) {
  if (part < 0 || (part == 0 && block->parts == NULL)) return true;
  bool *keep = pool_alloc(block->pool, block->n_rows, sizeof *keep);
  for (size_t i = 0; keep != NULL && i < block->n_rows; i++)
    keep[i] = (block->parts != NULL ? block->parts[i] : 0) == part;
  return keep != NULL && block_filter(block, shape, keep);
}

/* A block that comes out of step `done` - 1 goes on. */
static copse_status pass_on(struct run *run, size_t done, struct block *block, copse_error *err) {
  for (size_t i = done; i < run->n_steps; i++) {
    struct step *step = &run->recipe->steps[i];
    if (step->kind->apply == NULL) return step->kind->collect(step, block, err);
    copse_status status = step->kind->apply(step, block, err);
    if (status == COPSE_OK) status = write_rows(run, i, block, err);
    if (status != COPSE_OK) return status;
  }
  const struct shape *shape = &run->shapes[run->n_steps];
  /* What is held out is never learned from. */
  if (!keep_part(block, shape, run->observer != NULL ? 0 : run->part)) return fail_memory(run, err);
  if (run->observer != NULL) return run->observer->kind->observe(run->observer, block, err);
  return run->sink != NULL ? run->sink->block(run->sink->user, shape, block, err) : COPSE_OK;
}

static copse_status settle(void *user, size_t n_blocks, copse_error *err) {
  struct run *run = user;
  if (n_blocks > run->order_capacity) {
    struct done **order = copse_resize(run->recipe->ctx, run->order, n_blocks, sizeof *order);
    if (order == NULL) return fail_memory(run, err);
    run->order = order;
    run->order_capacity = n_blocks;
  }
  for (int t = 0; t < run->n_threads; t++)
    for (size_t i = 0; i < run->threads[t].n_done; i++)
      run->order[run->threads[t].done[i].index] = &run->threads[t].done[i];
  copse_status status = COPSE_OK;
  for (size_t b = 0; b < n_blocks && status == COPSE_OK; b++) {
    struct done *done = run->order[b];
    for (size_t i = 0; i < run->n_parallel && status == COPSE_OK; i++)
      status = write_rows(run, i, &done->snapshots[i], err);
    if (status == COPSE_OK) status = pass_on(run, run->n_parallel, &done->block, err);
  }
  for (int t = 0; t < run->n_threads; t++) {
    run->threads[t].n_done = 0;
    pool_reset(&run->threads[t].pool);
  }
  return status;
}

struct emission {
  struct run *run;
  size_t step;
};

static copse_status take_emitted(void *user, struct block *block, copse_error *err) {
  struct emission *emission = user;
  if (copse_context_cancelled(emission->run->recipe->ctx))
    return report(err, COPSE_ERR_INTERRUPTED, "%s: the recipe was interrupted", emission->run->recipe->path);
  copse_status status = write_rows(emission->run, emission->step, block, err);
  return status == COPSE_OK ? pass_on(emission->run, emission->step + 1, block, err) : status;
}

static copse_status run_pass(struct run *run, copse_error *err) {
  copse_context *ctx = run->recipe->ctx;
  if (run->n_threads <= 0) run->n_threads = copse_threads_available();
  run->threads = copse_alloc_zero(ctx, (size_t)run->n_threads, sizeof *run->threads);
  if (run->threads == NULL) return fail_memory(run, err);
  for (int t = 0; t < run->n_threads; t++) run->threads[t].pool.ctx = ctx;
  run->recipe->rows = run->rows;
  copse_status status = row_source_run(run->rows, run->n_threads, visit, settle, run, err);
  for (size_t i = 0; i < run->n_steps && status == COPSE_OK; i++) {
    struct step *step = &run->recipe->steps[i];
    struct emission emission = {run, i};
    if (step->kind->emit != NULL) status = step->kind->emit(step, take_emitted, &emission, err);
  }
  return status;
}

/* ---- fitting ---- */

/* Lets step `index` learn from the rows, where it must. */
static copse_status fit_step(copse_recipe *recipe, size_t index, struct row_source *rows, int n_threads,
                             copse_error *err) {
  struct step *step = &recipe->steps[index];
  struct run run = {.recipe = recipe, .rows = rows, .n_threads = n_threads, .part = -1};
  if (step->kind->learns == NULL) {
    step->learned = true;
    return COPSE_OK;
  }
  copse_status status = bind_steps(&run, index, err);
  if (status == COPSE_OK && step->kind->learns(step, &run.shapes[index])) {
    run.observer = step;
    status = bind_step(&run, step, &run.shapes[index], &run.observed, err);
    if (status == COPSE_OK) status = run_pass(&run, err);
    if (status == COPSE_OK) status = step->kind->learn(step, err);
  }
  if (status == COPSE_OK) step->learned = true;
  release_run(&run);
  return status;
}

copse_status run_fit(copse_recipe *recipe, struct row_source *rows, int n_threads, copse_error *err) {
  for (size_t i = 0; i < recipe->n_steps; i++) {
    struct step *step = &recipe->steps[i];
    copse_status status = COPSE_OK;
    if (!step->opened && step->kind->open != NULL) status = step->kind->open(step, err);
    if (status != COPSE_OK) return status;
    step->opened = true;
  }
  for (size_t i = 0; i < recipe->n_steps; i++) {
    copse_status status = COPSE_OK;
    if (!recipe->steps[i].learned) status = fit_step(recipe, i, rows, n_threads, err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

/* ---- applying ---- */

static copse_status create_tables(struct run *run, struct store *store, copse_error *err) {
  static const enum store_type types[] = {STORE_TEXT, STORE_REAL, STORE_INTEGER};
  for (size_t i = 0; i < run->n_steps; i++) {
    const struct step *step = &run->recipe->steps[i];
    const struct shape *shape = &run->shapes[i + 1];
    if (step->table == NULL) continue;
    struct store_column *columns = copse_alloc(run->recipe->ctx, shape->n, sizeof *columns);
    if (columns == NULL) return fail_memory(run, err);
    for (uint32_t c = 0; c < shape->n; c++)
      columns[c] = (struct store_column){shape->columns[c].name, types[shape->columns[c].type]};
    copse_status status = store_table_create(store, step->table, columns, shape->n, &run->tables[i], err);
    copse_free(columns);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

static copse_status record_tables(struct run *run, copse_error *err) {
  copse_recipe *recipe = run->recipe;
  copse_free(recipe->tables);
  recipe->n_tables = 0;
  recipe->tables = copse_alloc(recipe->ctx, run->n_steps, sizeof *recipe->tables);
  if (recipe->tables == NULL) return fail_memory(run, err);
  for (size_t i = 0; i < run->n_steps; i++) {
    const struct step *step = &recipe->steps[i];
    if (run->tables[i] == NULL) continue;
    copse_text text = {.ctx = recipe->ctx};
    copse_text_appendf(&text, "%s:%d: [%s %s]", recipe->path, step->line, step->kind->name, step->table);
    copse_status status =
        text.failed ? fail_memory(run, err)
                    : store_table_record(run->tables[i], text.data, row_source_path(run->rows), err);
    copse_text_release(&text);
    if (status != COPSE_OK) return status;
    recipe->tables[recipe->n_tables++] =
        (struct recipe_table){step->table, store_table_n_rows(run->tables[i])};
  }
  return COPSE_OK;
}

copse_status run_apply(copse_recipe *recipe, struct row_source *rows, int n_threads, struct store *store,
                       const struct run_sink *sink, int part, copse_error *err) {
  struct run run = {.recipe = recipe, .rows = rows, .n_threads = n_threads, .sink = sink, .part = part};
  recipe->whole = part < 0;
  copse_status status = bind_steps(&run, recipe->n_steps, err);
  if (status == COPSE_OK && store != NULL) status = create_tables(&run, store, err);
  if (status == COPSE_OK && sink != NULL) status = sink->begin(sink->user, &run.shapes[run.n_steps], err);
  if (status == COPSE_OK) status = run_pass(&run, err);
  if (status == COPSE_OK && store != NULL) status = record_tables(&run, err);
  release_run(&run);
  return status;
}
