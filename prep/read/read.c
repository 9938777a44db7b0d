/* read.c - from paths to a frame: reads the first lines, finds the format, lets its reader fill the frame,
 * adds the side files.
 *
 * How to add a format: write read_x.c with x_detect (may this be it?) and x_read (fill job->frame: rows,
 * features, table, label, weight, group; in TRAIN also frame->schema), declare both in frame.h, add a value
 * to copse_read_format, and a row below, above CSV, which takes whatever is left. */
#include <string.h>

#include "read/frame.h"
#include "read/sides.h"
#include "recipe/table_text.h"

static const struct read_format formats[] = {{COPSE_FORMAT_LIBSVM, libsvm_detect, libsvm_read},
                                             {COPSE_FORMAT_CSV, csv_detect, csv_read}};

copse_read_options copse_read_options_default(void) {
  return (copse_read_options){.libsvm_base = -1, .side_files = true};
}

static copse_status check_options(const char *path, const copse_read_options *o, copse_error *err) {
  char c = o->separator;
  if (c == '\n' || c == '\r' || c == '"' || (c >= '0' && c <= '9') || c == '.' || c == '+' || c == '-')
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: the separator may not be a line end, a quote or a part of a number (use , ; or tab)",
                  path);
  if (o->libsvm_base < -1 || o->libsvm_base > 1)
    return report(err, COPSE_ERR_ARGUMENT, "%s: libsvm_base is %d, expected 0, 1 or -1", path,
                  o->libsvm_base);
  if (o->label_kind == COPSE_LABEL_CLASS && (o->n_classes == 1 || o->n_classes > MAX_CLASSES))
    return report(err, COPSE_ERR_ARGUMENT, "%s: %u classes, expected 2 to %d (num_class)", path, o->n_classes,
                  MAX_CLASSES);
  if (o->task == COPSE_READ_TRAIN ? o->schema != NULL : o->schema == NULL)
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: a schema is needed for validation and prediction, and only there", path);
  if (o->task == COPSE_READ_PREDICT && o->init_path != NULL && o->init_path[0] != '\0')
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: initial scores (%s) are not used in prediction (leave them away)", path, o->init_path);
  return COPSE_OK;
}

/* Raw rows through the recipe. What lies beside raw files belongs to raw rows, which a recipe may drop. */
static copse_status open_prepared(struct read_job *job, const char *const *paths, size_t n_paths,
                                  copse_text *name, copse_error *err) {
  const copse_read_options *o = job->options;
  char side[4096];
  for (size_t i = 0; i < n_paths * N_SIDES && o->side_files; i++)
    if (sides_find(paths[i / N_SIDES], side_suffixes[i % N_SIDES], side, sizeof side))
      return report(
          err, COPSE_ERR_ARGUMENT,
          "%s: lies beside raw rows, which a recipe merges and drops (make it a column of theirs, or "
          "move it away)",
          side);
  if (o->init_path != NULL && o->init_path[0] != '\0')
    return report(err, COPSE_ERR_ARGUMENT, "%s: initial scores cannot follow raw rows through a recipe",
                  o->init_path);
  copse_text text = {.ctx = job->ctx};
  copse_text_appendf(name, "%s, prepared by %s", paths[0], recipe_path(o->recipe));
  if (name->failed) return report_memory(err, "the rows", paths[0]);
  copse_status status = recipe_table_text(o->recipe, paths, n_paths, o, (int)o->part - 1, &text, err);
  if (status == COPSE_OK) status = source_open_text(job->ctx, name->data, &text, &job->source, err);
  copse_text_release(&text);
  return status;
}

static copse_status keep_notes(struct read_job *job, copse_error *err) {
  copse_text notes = {.ctx = job->ctx};
  char *kept = NULL;
  bool ok = source_append_notes(&job->source, &notes);
  if (ok && notes.length > 0) {
    kept = frame_alloc(job->storage, notes.length + 1, 1);
    ok = kept != NULL;
    if (ok) memcpy(kept, notes.data, notes.length + 1);
  }
  job->frame->encoding = kept;
  copse_text_release(&notes);
  return ok ? COPSE_OK : report_memory(err, "a message", job->source.path);
}

/* What is trained on has a label; what is prepared by the same recipe later need not. */
static copse_status keep_labels(const struct read_job *job, copse_error *err) {
  const copse_frame_schema *schema = job->frame->schema;
  for (uint32_t k = 0; schema != NULL && k < schema->n_labels; k++) {
    const char *name = schema->columns[schema->labels[k]].name;
    if (!recipe_keep_label(job->options->recipe, name)) return report_memory(err, "the label's name", name);
  }
  return COPSE_OK;
}

static const struct read_format *find_format(const struct read_job *job) {
  copse_read_format asked =
      job->source.parts[0].table ? COPSE_FORMAT_CSV /* as which tables are read */ : job->options->format;
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    bool wanted = asked == COPSE_FORMAT_AUTO ? formats[i].detect(job) : formats[i].format == asked;
    if (wanted) return &formats[i];
  }
  return NULL;
}

copse_status copse_frame_read(copse_context *ctx, const char *path, const copse_read_options *options,
                              copse_frame **out, copse_error *err) {
  return copse_frame_read_files(ctx, &path, 1, options, out, err);
}

copse_status copse_frame_read_files(copse_context *ctx, const char *const *paths, size_t n_paths,
                                    const copse_read_options *options, copse_frame **out, copse_error *err) {
  const char *path = paths[0];
  *out = NULL;
  copse_status status = check_options(path, options, err);
  if (status != COPSE_OK) return status;
  struct read_job job = {.ctx = ctx, .options = options, .applied = options->schema};
  const char *declared = options->missing_values;
  if (job.applied != NULL && (declared == NULL || declared[0] == '\0')) declared = job.applied->missing;
  job.missing = missing_tokens_of(declared);
  job.storage = copse_alloc_zero(ctx, 1, sizeof *job.storage);
  if (job.storage == NULL) return report_memory(err, "a frame", path);
  job.storage->ctx = ctx;
  job.frame = &job.storage->frame;
  copse_text name = {.ctx = ctx};
  status = options->recipe != NULL ? open_prepared(&job, paths, n_paths, &name, err)
                                   : source_open(ctx, paths, n_paths, options->block_bytes, &job.source, err);
  if (status != COPSE_OK) goto done;
  const struct read_format *format = find_format(&job);
  if (format == NULL) {
    status = report(err, COPSE_ERR_ARGUMENT, "%s: format %d is unknown", path, (int)options->format);
    goto done;
  }
  job.frame->format = format->format;
  if (job.applied != NULL) job.frame->schema = frame_schema_ref(job.applied);
  status = format->read(&job, err);
  source_release_text(&job.source);
  if (status == COPSE_OK) status = keep_notes(&job, err);
  if (status == COPSE_OK) status = sides_read(&job, err);
  if (status == COPSE_OK && options->recipe != NULL && options->task == COPSE_READ_TRAIN)
    status = keep_labels(&job, err);
done:
  source_release(&job.source);
  copse_text_release(&name);
  if (status == COPSE_OK)
    *out = job.frame;
  else
    copse_frame_free(job.frame);
  return status;
}
