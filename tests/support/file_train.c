/* file_train.c - see the header. */
#define _GNU_SOURCE
#include "file_train.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"

struct file_set file_load(const char *path, const copse_read_options *options, const copse_params *params,
                          const struct file_set *train) {
  copse_error err;
  struct file_set set = {NULL, NULL};
  copse_read_options local = *options;
  local.task = train != NULL ? COPSE_READ_VALID : COPSE_READ_TRAIN;
  local.schema = train != NULL ? train->frame->schema : NULL;
  must(copse_frame_read(NULL, path, &local, &set.frame, &err), &err);
  copse_frame *frame = set.frame;
  copse_schema *schema = train != NULL ? copse_dataset_schema(train->dataset) : NULL;
  must(copse_dataset_from_table(NULL, &frame->table, frame->model_names, frame->categorical, params, schema,
                                &set.dataset, &err),
       &err);
  must(copse_dataset_set(set.dataset, COPSE_LABEL, frame->label, frame->n_rows * frame->n_labels, &err),
       &err);
  if (frame->weight != NULL)
    must(copse_dataset_set(set.dataset, COPSE_WEIGHT, frame->weight, frame->n_rows, &err), &err);
  if (frame->group != NULL)
    must(copse_dataset_set(set.dataset, COPSE_GROUP, frame->group, frame->n_groups, &err), &err);
  if (frame->position != NULL)
    must(copse_dataset_set(set.dataset, COPSE_POSITION, frame->position, frame->n_rows, &err), &err);
  return set;
}

void file_set_free(struct file_set *set) {
  copse_dataset_free(set->dataset);
  copse_frame_free(set->frame);
  *set = (struct file_set){NULL, NULL};
}

copse_model *file_train(const struct file_set *train, const struct file_set *valid,
                        const copse_params *params, copse_booster **booster) {
  copse_error err;
  copse_model *model;
  must(copse_booster_create(NULL, train->dataset, params, booster, &err), &err);
  if (valid != NULL) must(copse_booster_add_valid(*booster, valid->dataset, "valid_1", &err), &err);
  must(copse_train(*booster, params, NULL, NULL, &model, NULL, &err), &err);
  must(copse_frame_schema_store(train->frame->schema, model, &err), &err);
  return model;
}

void scratch_create(struct scratch *scratch) {
  const char *base = getenv("TMPDIR");
  int length = snprintf(scratch->folder, sizeof scratch->folder, "%s/copse-test-XXXXXX",
                        base != NULL && base[0] != '\0' ? base : "/tmp");
  assert_true(length > 0 && length < (int)sizeof scratch->folder);
  assert_non_null(mkdtemp(scratch->folder));
}

void scratch_path(const struct scratch *scratch, const char *name, char *out, size_t capacity) {
  int length = snprintf(out, capacity, "%s/%s", scratch->folder, name);
  assert_true(length > 0 && length < (int)capacity);
}

void scratch_remove(struct scratch *scratch) {
  DIR *folder = opendir(scratch->folder);
  assert_non_null(folder);
  char path[sizeof scratch->folder + 300];
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    scratch_path(scratch, entry->d_name, path, sizeof path);
    assert_int_equal(unlink(path), 0);
  }
  closedir(folder);
  assert_int_equal(rmdir(scratch->folder), 0);
}
