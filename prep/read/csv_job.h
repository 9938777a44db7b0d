/* csv_job.h - one reading of CSV files, shared by its steps. */
#ifndef COPSE_READ_CSV_JOB_H
#define COPSE_READ_CSV_JOB_H

#include "read/csv_parse.h"
#include "read/roles.h"

struct csv_job {
  struct read_job *job;
  struct csv_stream stream;
  struct column_plan plan;
  struct csv_column *columns; /* [n_columns] */
  int32_t **codes; /* [n_columns] of LOOKUP, TEXT and CODES columns, once they are read; features' go to the
                      frame */
  copse_text names;
  struct read_locator locator;
};

/* Separator, headers and roles from the first records of every file, and the stream of all records. */
copse_status csv_open(struct csv_job *csv, copse_error *err);
/* Features of the frame from the columns: its table, names and categorical. */
copse_status csv_make_features(struct csv_job *csv, copse_error *err);
/* The role that a column turned out to have. */
enum column_role csv_final_role(const struct csv_job *csv, uint32_t i);

#endif
