/* dataset_fields.c - label, weight, init score, groups and positions of a data set: checked, then copied.
 *
 * Invariant: a stored field is finite and has the right length and sign, so nobody below looks again. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "data/dataset.h"

static copse_status check_count(const char *field, uint64_t count, uint64_t expected, copse_error *err) {
  if (count == expected) return COPSE_OK;
  return status_set(err, COPSE_ERR_DATA,
                    "%s: %" PRIu64 " values: expected %" PRIu64 ", one for each row of the data set", field,
                    count, expected);
}

static copse_status check_label(const float *label, uint64_t count, uint64_t n_rows, copse_error *err) {
  if (count == 0 || count % n_rows != 0) return check_count("label", count, n_rows, err);
  for (uint64_t i = 0; i < count; i++)
    if (!isfinite(label[i]))
      return status_set(err, COPSE_ERR_DATA,
                        "label: row %" PRIu64
                        ": expected a finite number, found %g (remove the row, or correct "
                        "its label)",
                        i % n_rows, (double)label[i]);
  return COPSE_OK;
}

static copse_status check_weight(const float *weight, uint64_t count, uint64_t n_rows, copse_error *err) {
  copse_status status = check_count("weight", count, n_rows, err);
  for (uint64_t i = 0; i < count && status == COPSE_OK; i++)
    if (!(isfinite(weight[i]) && weight[i] >= 0))
      status = status_set(err, COPSE_ERR_DATA,
                          "weight: row %" PRIu64
                          ": expected a finite number of at least 0, found %g (a row to be "
                          "left out has weight 0)",
                          i, (double)weight[i]);
  return status;
}

static copse_status check_init_score(const double *score, uint64_t count, uint64_t n_rows, copse_error *err) {
  if (count == 0 || count % n_rows != 0)
    return status_set(err, COPSE_ERR_DATA,
                      "init score: %" PRIu64 " values: expected a multiple of the %" PRIu64
                      " rows (one score for each row and output)",
                      count, n_rows);
  for (uint64_t i = 0; i < count; i++)
    if (!isfinite(score[i]))
      return status_set(err, COPSE_ERR_DATA,
                        "init score: row %" PRIu64 ", output %" PRIu64
                        ": expected a finite number, found %g (use 0 where there is no score)",
                        i % n_rows, i / n_rows, score[i]);
  return COPSE_OK;
}

static copse_status check_group(const int32_t *group, uint64_t count, uint64_t n_rows, copse_error *err) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; i++) {
    if (group[i] < 1)
      return status_set(err, COPSE_ERR_DATA,
                        "group: group %" PRIu64 " at row %" PRIu64
                        ": expected a number of rows, at least 1, found %" PRId32,
                        i, sum, group[i]);
    sum += (uint64_t)group[i];
  }
  if (sum != n_rows)
    return status_set(err, COPSE_ERR_DATA,
                      "group: the %" PRIu64 " sizes sum to %" PRIu64 ": expected the %" PRIu64
                      " rows of the data set (sizes of groups, not group numbers, are wanted)",
                      count, sum, n_rows);
  return COPSE_OK;
}

static copse_status check_position(const int32_t *position, uint64_t count, uint64_t n_rows,
                                   copse_error *err) {
  copse_status status = check_count("position", count, n_rows, err);
  for (uint64_t i = 0; i < count && status == COPSE_OK; i++)
    if (position[i] < 0 || (uint64_t)position[i] >= n_rows)
      status = status_set(err, COPSE_ERR_DATA,
                          "position: row %" PRIu64 ": expected a number from 0 to %" PRIu64 ", found %" PRId32
                          " (number the positions from 0)",
                          i, n_rows - 1, position[i]);
  return status;
}

static copse_status check_field(const copse_dataset *dataset, copse_field field, const void *data,
                                uint64_t count, copse_error *err) {
  switch (field) {
    case COPSE_LABEL: return check_label(data, count, dataset->n_rows, err);
    case COPSE_WEIGHT: return check_weight(data, count, dataset->n_rows, err);
    case COPSE_INIT_SCORE: return check_init_score(data, count, dataset->n_rows, err);
    case COPSE_GROUP: return check_group(data, count, dataset->n_rows, err);
    case COPSE_POSITION: return check_position(data, count, dataset->n_rows, err);
  }
  return status_set(err, COPSE_ERR_ARGUMENT, "data set: %d is not a field", (int)field);
}

static size_t element_size(copse_field field) {
  switch (field) {
    case COPSE_INIT_SCORE: return sizeof(double);
    case COPSE_GROUP:
    case COPSE_POSITION: return sizeof(int32_t);
    default: return sizeof(float);
  }
}

/* Puts a copy (or NULL) in the field's place. */
static void replace_field(copse_dataset *dataset, copse_field field, void *copy, uint64_t count) {
  void *old = NULL;
  switch (field) {
    case COPSE_LABEL:
      old = dataset->label;
      dataset->label = copy;
      dataset->n_labels = count / dataset->n_rows;
      break;
    case COPSE_WEIGHT:
      old = dataset->weight;
      dataset->weight = copy;
      break;
    case COPSE_INIT_SCORE:
      old = dataset->init_score;
      dataset->init_score = copy;
      dataset->n_init_score = count;
      break;
    case COPSE_GROUP:
      old = dataset->group;
      dataset->group = copy;
      dataset->n_groups = count;
      break;
    case COPSE_POSITION:
      old = dataset->position;
      dataset->position = copy;
      dataset->position_version = dataset->version + 1;
      break;
  }
  copse_free(old);
  dataset->version++;
}

copse_status copse_dataset_set(copse_dataset *dataset, copse_field field, const void *data, uint64_t count,
                               copse_error *err) {
  if (data == NULL) {
    if (field == COPSE_LABEL)
      return status_set(err, COPSE_ERR_ARGUMENT, "label: no values given: a label cannot be removed");
    if ((unsigned)field > COPSE_POSITION)
      return status_set(err, COPSE_ERR_ARGUMENT, "data set: %d is not a field", (int)field);
    replace_field(dataset, field, NULL, 0);
    return COPSE_OK;
  }
  copse_status status = check_field(dataset, field, data, count, err);
  if (status != COPSE_OK) return status;
  void *copy = copse_alloc(dataset->ctx, count, element_size(field));
  if (copy == NULL) return status_memory(err, "a field of the data set");
  memcpy(copy, data, count * element_size(field));
  replace_field(dataset, field, copy, count);
  return COPSE_OK;
}

const void *copse_dataset_get(const copse_dataset *dataset, copse_field field, uint64_t *count) {
  const void *data = NULL;
  uint64_t n = dataset->n_rows;
  switch (field) {
    case COPSE_LABEL:
      data = dataset->label;
      n *= dataset->n_labels;
      break;
    case COPSE_WEIGHT: data = dataset->weight; break;
    case COPSE_INIT_SCORE:
      data = dataset->init_score;
      n = dataset->n_init_score;
      break;
    case COPSE_GROUP:
      data = dataset->group;
      n = dataset->n_groups;
      break;
    case COPSE_POSITION: data = dataset->position; break;
  }
  if (count != NULL) *count = data != NULL ? n : 0;
  return data;
}
