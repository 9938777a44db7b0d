/* run.c - see run.h.
 *
 * Steps form a tree: each reads the output of its parent, the step before it or the one that `from` names.
 * Blocks of raw rows go through the first steps in parallel, as far as these work row by row. Then, block
 * after block in the order of rows, tables are written, and what is left of the steps is done: those that
 * must see the rows in order, and those that collect all rows before they give the first. Nothing depends on
 * how rows were cut into blocks. */
#include "recipe/run.h"

#include <string.h>

#include "read/dictionary.h"
#include "read/report.h"

/* A block that went through the parallel steps. */
struct done {
  size_t index;
  struct block raw;
  struct block *outputs; /* [n_steps] of the parallel steps */
};

struct thread_slot {
  struct pool pool;
  struct done *done;
  size_t n_done, capacity;
};

/* What a run knows of a step. */
struct run_step {
  bool needed, bound, parallel;
  struct shape out;
  struct store_table *table;
};

struct run {
  copse_recipe *recipe;
  struct row_source *rows;
  int n_threads;
  size_t n_steps;
  struct run_step *steps; /* [n_steps] */
  struct shape raw;
  size_t end; /* the step whose output goes to the observer or the sink; NO_STEP: the raw rows */
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
  struct dictionary seen = {.ctx = step->recipe->ctx};
  copse_status status = COPSE_OK;
  for (uint32_t i = 0; i < shape->n && status == COPSE_OK; i++) {
    const char *name = shape->columns[i].name;
    if (dictionary_add(&seen, name, strlen(name)) < 0)
      status = step_fail_memory(step, err);
    else if (seen.n == i)
      status = step_fail(step, COPSE_ERR_DATA, err, "would make a second column \"%s\" (choose another name)",
                         show(name, strlen(name)).text);
  }
  dictionary_release(&seen);
  return status;
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

/* What comes out of a step. */
static struct shape *shape_of(struct run *run, size_t step) {
  return step == NO_STEP ? &run->raw : &run->steps[step].out;
}

static bool open_steps(struct run *run) {
  copse_recipe *recipe = run->recipe;
  run->n_steps = recipe->n_steps;
  run->raw.names.ctx = recipe->ctx;
  run->steps = copse_alloc_zero(recipe->ctx, run->n_steps, sizeof *run->steps);
  for (size_t i = 0; run->steps != NULL && i < run->n_steps; i++) run->steps[i].out.names.ctx = recipe->ctx;
  return run->steps != NULL;
}

/* Binds the steps that are needed to the columns of the rows. A side line without any column ends there. */
static copse_status bind_steps(struct run *run, copse_error *err) {
  copse_recipe *recipe = run->recipe;
  run->recipe->rows = run->rows;
  for (uint32_t i = 0; i < row_source_n_columns(run->rows); i++)
    if (!shape_add(&run->raw, row_source_name(run->rows, i), VALUE_TEXT)) return fail_memory(run, err);
  for (size_t i = 0; i < run->n_steps; i++) {
    struct step *step = &recipe->steps[i];
    struct run_step *mine = &run->steps[i];
    const struct shape *in = shape_of(run, step->parent);
    if (in->n == 0) mine->needed = false;
    if (!mine->needed) continue;
    mine->bound = true;
    copse_status status = bind_step(run, step, in, &mine->out, err);
    if (status != COPSE_OK) return status;
    mine->parallel = step->kind->apply != NULL && !step->kind->serial &&
                     (step->parent == NO_STEP || run->steps[step->parent].parallel);
  }
  return COPSE_OK;
}

/* The steps that lead to one, and the step itself. */
static void need_line(struct run *run, size_t step) {
  for (; step != NO_STEP; step = run->recipe->steps[step].parent) run->steps[step].needed = true;
}

static void release_step(struct step *step) {
  if (step->kind->release != NULL && step->state != NULL) step->kind->release(step);
  step->state = NULL;
  step->in = NULL;
}

static void release_run(struct run *run) {
  for (size_t i = 0; run->steps != NULL && i < run->n_steps; i++) {
    if (run->steps[i].bound) release_step(&run->recipe->steps[i]);
    shape_release(&run->steps[i].out);
    store_table_free(run->steps[i].table);
  }
  if (run->observer != NULL) release_step(run->observer);
  shape_release(&run->raw);
  shape_release(&run->observed);
  for (int t = 0; run->threads != NULL && t < run->n_threads; t++) {
    pool_release(&run->threads[t].pool);
    copse_free(run->threads[t].done);
  }
  copse_free(run->threads);
  copse_free(run->steps);
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
  *done = (struct done){.raw.pool = &slot->pool};
  done->outputs = pool_alloc(&slot->pool, run->n_steps, sizeof *done->outputs);
  return done->outputs != NULL ? done : NULL;
}

static copse_status visit(void *user, const struct row_block *rows, int thread, copse_error *err) {
  struct run *run = user;
  struct done *done = add_done(run, &run->threads[thread]);
  struct vector *columns = done != NULL ? block_columns(&done->raw, rows->n_columns) : NULL;
  if (columns == NULL) return fail_memory(run, err);
  struct block *raw = &done->raw;
  done->index = rows->index;
  for (uint32_t i = 0; i < rows->n_columns; i++)
    columns[i] = (struct vector){.texts = rows->cells + (size_t)i * rows->n_rows};
  raw->columns = columns;
  raw->n_rows = rows->n_rows;
  raw->first_row = rows->first_row;
  for (size_t i = 0; i < run->n_steps; i++) {
    const struct step *step = &run->recipe->steps[i];
    if (!run->steps[i].needed || !run->steps[i].parallel) continue;
    done->outputs[i] = step->parent == NO_STEP ? *raw : done->outputs[step->parent];
    copse_status status = step->kind->apply(step, &done->outputs[i], err);
    if (status != COPSE_OK) return status;
  }
  return COPSE_OK;
}

/* ---- the part in order ---- */

static copse_status write_rows(struct run *run, size_t step, const struct block *block, copse_error *err) {
  struct store_table *table = run->steps[step].table;
  const struct shape *shape = &run->steps[step].out;
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

/* A block of the line's end. */
static copse_status finish(struct run *run, struct block block, copse_error *err) {
  const struct shape *shape = shape_of(run, run->end);
  /* What is held out is never learned from. */
  if (!keep_part(&block, shape, run->observer != NULL ? 0 : run->part)) return fail_memory(run, err);
  if (run->observer != NULL) return run->observer->kind->observe(run->observer, &block, err);
  return run->sink != NULL ? run->sink->block(run->sink->user, shape, &block, err) : COPSE_OK;
}

/* A block that comes out of a step is written, and goes on to those that read it. */
static copse_status pass_on(struct run *run, size_t from, const struct block *block, copse_error *err) {
  copse_status status = from != NO_STEP ? write_rows(run, from, block, err) : COPSE_OK;
  if (status == COPSE_OK && from == run->end) status = finish(run, *block, err);
  for (size_t i = from == NO_STEP ? 0 : from + 1; i < run->n_steps && status == COPSE_OK; i++) {
    struct step *step = &run->recipe->steps[i];
    struct block next = *block;
    if (step->parent != from || !run->steps[i].needed || run->steps[i].parallel) continue;
    if (step->kind->apply == NULL) {
      status = step->kind->collect(step, block, err);
      continue;
    }
    status = step->kind->apply(step, &next, err);
    if (status == COPSE_OK) status = pass_on(run, i, &next, err);
  }
  return status;
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
    const struct done *done = run->order[b];
    status = pass_on(run, NO_STEP, &done->raw, err);
    for (size_t i = 0; i < run->n_steps && status == COPSE_OK; i++)
      if (run->steps[i].needed && run->steps[i].parallel) status = pass_on(run, i, &done->outputs[i], err);
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
  return pass_on(emission->run, emission->step, block, err);
}

static copse_status run_pass(struct run *run, copse_error *err) {
  copse_context *ctx = run->recipe->ctx;
  run->n_threads = copse_threads_running(run->n_threads);
  run->threads = copse_alloc_zero(ctx, (size_t)run->n_threads, sizeof *run->threads);
  if (run->threads == NULL) return fail_memory(run, err);
  for (int t = 0; t < run->n_threads; t++) run->threads[t].pool.ctx = ctx;
  copse_status status = row_source_run(run->rows, run->n_threads, visit, settle, run, err);
  if (status == COPSE_OK) status = row_source_check_rows(run->rows, err);
  for (size_t i = 0; i < run->n_steps && status == COPSE_OK; i++) {
    struct step *step = &run->recipe->steps[i];
    struct emission emission = {run, i};
    if (run->steps[i].needed && step->kind->emit != NULL)
      status = step->kind->emit(step, take_emitted, &emission, err);
  }
  return status;
}

/* ---- fitting ---- */

/* Rows that a later split holds out are among those that a step learns from, which makes what is measured on
 * them too good. Types of columns are no such thing. */
static void note_learnt_early(const copse_recipe *recipe, size_t index) {
  const struct step *step = &recipe->steps[index], *split = recipe_split(recipe);
  if (index > 0 && !step->aside && split != NULL && step < split)
    step_note(step, "learns from all rows, those too that [split] in line %d holds out (put it behind)",
              split->line);
}

/* Lets step `index` learn from the rows, where it must. */
static copse_status fit_step(copse_recipe *recipe, size_t index, struct row_source *rows, int n_threads,
                             copse_error *err) {
  struct step *step = &recipe->steps[index];
  struct run run = {.recipe = recipe, .rows = rows, .n_threads = n_threads, .end = step->parent, .part = -1};
  if (step->kind->learns == NULL && step->kind->learn_columns == NULL) {
    step->learned = true;
    return COPSE_OK;
  }
  copse_status status = open_steps(&run) ? COPSE_OK : fail_memory(&run, err);
  if (status == COPSE_OK) {
    need_line(&run, step->parent);
    status = bind_steps(&run, err);
  }
  const struct shape *in = status == COPSE_OK ? shape_of(&run, step->parent) : NULL;
  if (status == COPSE_OK && in->n > 0 && step->kind->learn_columns != NULL)
    status = step->kind->learn_columns(step, in, err);
  if (status == COPSE_OK && in->n > 0 && step->kind->learns != NULL && step->kind->learns(step, in)) {
    run.observer = step;
    status = bind_step(&run, step, in, &run.observed, err);
    if (status == COPSE_OK) status = run_pass(&run, err);
    if (status == COPSE_OK) status = step->kind->learn(step, err);
    if (status == COPSE_OK) note_learnt_early(recipe, index);
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
    const struct shape *shape = &run->steps[i].out;
    copse_status status;
    if (step->table == NULL) continue;
    if (shape->n == 0) {
      step_note(step, "these rows have none of its columns: there is no such table now");
      status = store_table_drop(store, step->table, err);
      if (status != COPSE_OK) return status;
      continue;
    }
    struct store_column *columns = copse_alloc(run->recipe->ctx, shape->n, sizeof *columns);
    if (columns == NULL) return fail_memory(run, err);
    for (uint32_t c = 0; c < shape->n; c++)
      columns[c] = (struct store_column){shape->columns[c].name, types[shape->columns[c].type]};
    status = store_table_create(store, step->table, columns, shape->n, &run->steps[i].table, err);
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
    struct store_table *table = run->steps[i].table;
    if (table == NULL) continue;
    copse_text text = {.ctx = recipe->ctx};
    copse_text_appendf(&text, "%s:%d: [%s %s]", recipe->path, step->line, step->kind->name, step->table);
    copse_status status = text.failed ? fail_memory(run, err)
                                      : store_table_record(table, text.data, row_source_path(run->rows), err);
    copse_text_release(&text);
    if (status != COPSE_OK) return status;
    recipe->tables[recipe->n_tables++] = (struct recipe_table){step->table, store_table_n_rows(table)};
  }
  return COPSE_OK;
}

copse_status run_apply(copse_recipe *recipe, struct row_source *rows, int n_threads, struct store *store,
                       const struct run_sink *sink, int part, copse_error *err) {
  struct run run = {.recipe = recipe,
                    .rows = rows,
                    .n_threads = n_threads,
                    .end = recipe_end(recipe),
                    .sink = sink,
                    .part = part};
  recipe->whole = part < 0;
  copse_status status = open_steps(&run) ? COPSE_OK : fail_memory(&run, err);
  if (status == COPSE_OK) {
    need_line(&run, run.end);
    for (size_t i = 0; store != NULL && i < run.n_steps; i++) run.steps[i].needed = true;
    status = bind_steps(&run, err);
  }
  if (status == COPSE_OK && store != NULL) status = create_tables(&run, store, err);
  if (status == COPSE_OK && sink != NULL) status = sink->begin(sink->user, shape_of(&run, run.end), err);
  if (status == COPSE_OK) status = run_pass(&run, err);
  if (status == COPSE_OK && store != NULL) status = record_tables(&run, err);
  release_run(&run);
  return status;
}
