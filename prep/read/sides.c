/* sides.c - the files beside a data file: FILE.weight (one number per row), FILE.query or FILE.group (sizes
 * of queries), FILE.position (an id per row), FILE.init (initial scores, one column per output). For data.gz
 * they may also be called after data. Of several data files every one has its own, or none has. */
#include "read/sides.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "read/frame.h"
#include "read/positions.h"

enum { PATH_CAPACITY = 4096 };

const char *const side_suffixes[N_SIDES] = {"weight", "query", "group", "position", "init"};

/* One side file. */
struct side {
  const char *path, *of;      /* of: the data file, for messages */
  uint64_t first_row, n_rows; /* of the data file */
  double *values;
  uint64_t n_lines;
  uint32_t n_cols;
};

/* What the side files hold, as it grows. */
struct sides {
  struct read_job *job;
  float *weight; /* [n_rows] */
  int32_t *group;
  uint64_t n_groups;
  double *init; /* [n_init * n_rows] */
  uint32_t n_init;
  int32_t *position; /* [n_rows] */
  struct positions ids;
};

typedef copse_status (*take_fn)(struct sides *sides, const struct side *side, copse_error *err);

bool sides_find(const char *path, const char *suffix, char *out, size_t capacity) {
  size_t length = strlen(path);
  bool packed = length > 3 && strcmp(path + length - 3, ".gz") == 0;
  for (int stem = 0; stem <= packed; stem++)
    for (int gz = 0; gz < 2; gz++) {
      int n = snprintf(out, capacity, "%.*s.%s%s", (int)(stem ? length - 3 : length), path, suffix,
                       gz ? ".gz" : "");
      if (n > 0 && (size_t)n < capacity && source_exists(out)) return true;
    }
  return false;
}

static copse_status take_weight(struct sides *sides, const struct side *side, copse_error *err) {
  const copse_frame *frame = sides->job->frame;
  if (frame->weight != NULL)
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: weights are in this file and in a column of %s (remove the file, or weight_column)",
                  side->path, side->of);
  if (sides->weight == NULL) sides->weight = frame_alloc(sides->job->storage, frame->n_rows, sizeof(float));
  if (sides->weight == NULL) return report_memory(err, "the weights", side->path);
  if (side->n_cols != 1 || side->n_lines != side->n_rows)
    return report(err, COPSE_ERR_DATA,
                  "%s: found %llu rows of %u, expected one weight for each of the %llu rows of %s",
                  side->path, (unsigned long long)side->n_lines, side->n_cols,
                  (unsigned long long)side->n_rows, side->of);
  for (uint64_t row = 0; row < side->n_rows; row++) {
    if (sides->job->options->repair) side->values[row] = repaired_number(side->values[row]);
    if (side->values[row] < 0 || side->values[row] > FLT_MAX)
      return report(err, COPSE_ERR_DATA,
                    "%s: row %llu: found the weight %g, expected a finite number of at least 0", side->path,
                    (unsigned long long)row + 1, side->values[row]);
    sides->weight[side->first_row + row] = (float)side->values[row];
  }
  return COPSE_OK;
}

static copse_status take_query(struct sides *sides, const struct side *side, copse_error *err) {
  if (sides->job->frame->group != NULL)
    return report(err, COPSE_ERR_ARGUMENT,
                  "%s: queries are in this file and in %s itself (remove the file, or group_column, or qid:)",
                  side->path, side->of);
  uint64_t n = side->n_lines * side->n_cols, sum = 0;
  int32_t *group = copse_resize(sides->job->ctx, sides->group, sides->n_groups + n, sizeof *group);
  if (group == NULL) return report_memory(err, "the groups", side->path);
  sides->group = group;
  for (uint64_t i = 0; i < n; i++) {
    double size = side->values[i];
    if (!(size >= 1 && size <= INT32_MAX && size == floor(size)))
      return report(err, COPSE_ERR_DATA,
                    "%s: group %llu: found the size %g, expected a whole number of at least 1", side->path,
                    (unsigned long long)i + 1, size);
    group[sides->n_groups++] = (int32_t)size;
    sum += (uint64_t)size;
  }
  if (sum == side->n_rows) return COPSE_OK;
  return report(err, COPSE_ERR_DATA, "%s: the %llu group sizes sum to %llu, expected the %llu rows of %s",
                side->path, (unsigned long long)n, (unsigned long long)sum, (unsigned long long)side->n_rows,
                side->of);
}

static copse_status take_init(struct sides *sides, const struct side *side, copse_error *err) {
  uint64_t n_rows = sides->job->frame->n_rows;
  if (side->n_lines != side->n_rows)
    return report(err, COPSE_ERR_DATA, "%s: found %llu rows of initial scores, expected the %llu rows of %s",
                  side->path, (unsigned long long)side->n_lines, (unsigned long long)side->n_rows, side->of);
  if (sides->init == NULL) {
    sides->n_init = side->n_cols;
    sides->init = frame_alloc(sides->job->storage, n_rows * side->n_cols, sizeof *sides->init);
  }
  if (sides->init == NULL) return report_memory(err, "the initial scores", side->path);
  if (side->n_cols != sides->n_init)
    return report(err, COPSE_ERR_DATA, "%s: found %u initial scores in a row, expected %u as before it",
                  side->path, side->n_cols, sides->n_init);
  for (uint64_t row = 0; row < side->n_rows; row++)
    for (uint32_t k = 0; k < side->n_cols; k++)
      sides->init[k * n_rows + side->first_row + row] = side->values[row * side->n_cols + k];
  return COPSE_OK;
}

static copse_status take_position(struct sides *sides, const struct side *side, copse_error *err) {
  struct read_job *job = sides->job;
  if (sides->position == NULL)
    sides->position = frame_alloc(job->storage, job->frame->n_rows, sizeof *sides->position);
  if (sides->position == NULL) return report_memory(err, "the positions", side->path);
  return positions_read(&sides->ids, side->path, side->of, side->n_rows, sides->position + side->first_row,
                        err);
}

static copse_status read_side(struct sides *sides, struct side *side, take_fn take, copse_error *err) {
  if (take == take_position) return take(sides, side, err); /* no numbers */
  bool nan = take == take_weight && sides->job->options->repair;
  copse_status status =
      numbers_read(sides->job->ctx, side->path, nan, &side->values, &side->n_lines, &side->n_cols, err);
  if (status == COPSE_OK) {
    status = take(sides, side, err);
    copse_free(side->values);
  }
  return status;
}

/* The side files with this suffix, where there are any. */
static copse_status read_sides(struct sides *sides, const char *suffix, take_fn take, copse_error *err) {
  const struct source *source = &sides->job->source;
  char path[PATH_CAPACITY];
  const struct source_part *with = NULL, *without = NULL;
  for (size_t i = 0; i < source->n_parts; i++) {
    bool found =
        source_is_file(&source->parts[i]) && sides_find(source->parts[i].path, suffix, path, sizeof path);
    if (found)
      with = &source->parts[i];
    else
      without = &source->parts[i];
  }
  if (with == NULL) return COPSE_OK;
  if (without != NULL)
    return report(err, COPSE_ERR_DATA,
                  "%s.%s is missing, while %s has such a file (every data file needs one, or none)",
                  without->path, suffix, with->path);
  uint64_t row = 0;
  for (size_t i = 0; i < source->n_parts; i++) {
    const struct source_part *part = &source->parts[i];
    struct side side = {.path = path, .of = part->path, .first_row = row, .n_rows = part->n_rows};
    if (!sides_find(part->path, suffix, path, sizeof path))
      return report(err, COPSE_ERR_IO, "%s.%s went away while it was wanted", part->path, suffix);
    copse_status status = read_side(sides, &side, take, err);
    if (status != COPSE_OK) return status;
    row += part->n_rows;
  }
  return COPSE_OK;
}

/* FILE.query, or as others call it FILE.group. */
static copse_status read_queries(struct sides *sides, copse_error *err) {
  const struct source *source = &sides->job->source;
  char query[PATH_CAPACITY], group[PATH_CAPACITY];
  bool as_group = false;
  for (size_t i = 0; i < source->n_parts; i++) {
    const char *path = source->parts[i].path;
    if (!source_is_file(&source->parts[i]) || !sides_find(path, "group", group, sizeof group)) continue;
    if (sides_find(path, "query", query, sizeof query))
      return report(err, COPSE_ERR_ARGUMENT, "%s: the sizes of queries are in %s, too (remove one of them)",
                    group, query);
    as_group = true;
  }
  return read_sides(sides, as_group ? "group" : "query", take_query, err);
}

static copse_status read_all(struct sides *sides, copse_error *err) {
  struct read_job *job = sides->job;
  const copse_read_options *o = job->options;
  bool predict = o->task == COPSE_READ_PREDICT;
  copse_status status = COPSE_OK;
  /* In prediction, weights and queries only serve the metrics of a labelled file. */
  if (o->side_files && (!predict || job->frame->label != NULL)) {
    status = read_sides(sides, "weight", take_weight, err);
    if (status == COPSE_OK) status = read_queries(sides, err);
  }
  if (status != COPSE_OK || predict) return status;
  if (o->side_files) status = read_sides(sides, "position", take_position, err);
  if (status != COPSE_OK) return status;
  if (o->init_path != NULL && o->init_path[0] != '\0') {
    struct side side = {.path = o->init_path, .of = job->source.path, .n_rows = job->frame->n_rows};
    return read_side(sides, &side, take_init, err);
  }
  return o->side_files ? read_sides(sides, "init", take_init, err) : COPSE_OK;
}

copse_status sides_read(struct read_job *job, copse_error *err) {
  struct sides sides = {.job = job, .ids = {.ids.ctx = job->ctx, .texts.ctx = job->ctx}};
  copse_frame *frame = job->frame;
  copse_status status = read_all(&sides, err);
  positions_release(&sides.ids);
  if (sides.group != NULL && frame_keep(job->storage, sides.group) == NULL && status == COPSE_OK)
    status = report_memory(err, "the groups", job->source.path);
  if (status != COPSE_OK) return status;
  if (sides.weight != NULL) frame->weight = sides.weight;
  if (sides.group != NULL) {
    frame->group = sides.group;
    frame->n_groups = sides.n_groups;
  }
  if (sides.position != NULL) frame->position = sides.position;
  if (sides.init != NULL) {
    frame->init_score = sides.init;
    frame->n_init = sides.n_init;
  }
  return COPSE_OK;
}
