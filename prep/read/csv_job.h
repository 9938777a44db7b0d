/* csv_job.h - one reading of CSV files, shared by its steps. */
#ifndef COPSE_READ_CSV_JOB_H
#define COPSE_READ_CSV_JOB_H

#include "read/csv_parse.h"
#include "read/roles.h"

struct csv_job {
  struct read_job *job;
  struct csv_table table;
  struct column_plan plan;
  struct csv_column *columns; /* [n_columns] */
  void **blocks;              /* [n_columns] behind columns[i].numbers */
  copse_text names;
  struct read_locator locator;
};

/* Separator, headers and roles from the first records of every file, then the chunks; sets the frame's rows.
 */
copse_status csv_open(struct csv_job *csv, copse_error *err);

#endif
