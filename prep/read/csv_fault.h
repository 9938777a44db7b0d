/* csv_fault.h - what can be wrong with a record of CSV, found in a chunk and told once the chunks are done.
 */
#ifndef COPSE_READ_CSV_FAULT_H
#define COPSE_READ_CSV_FAULT_H

#include "read/csv_stream.h"

enum csv_fault_kind { FAULT_NONE, FAULT_CELLS, FAULT_QUOTE, FAULT_MEMORY };

struct csv_fault {
  enum csv_fault_kind kind;
  const char *at;   /* the record, or the bad quote; in the batch at hand */
  uint32_t n_cells; /* FAULT_CELLS: found */
};

/* COPSE_OK for no fault. */
copse_status csv_fault_report(const struct csv_stream *stream, const struct csv_fault *fault,
                              copse_error *err);

#endif
