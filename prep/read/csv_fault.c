/* csv_fault.c - see csv_fault.h. */
#include "read/csv_fault.h"

#include <string.h>

#include "read/report.h"

copse_status csv_fault_report(const struct csv_stream *stream, const struct csv_fault *fault,
                              copse_error *err) {
  if (fault->kind == FAULT_NONE) return COPSE_OK;
  if (fault->kind == FAULT_MEMORY) return report_memory(err, "parsing", stream->source->path);
  struct source_place place = csv_stream_place(stream, fault->at);
  if (fault->kind == FAULT_CELLS && fault->n_cells > 0) {
    uint32_t n = stream->n_columns, found = fault->n_cells;
    return report(
        err, COPSE_ERR_FORMAT,
        "%s:%llu:%u: found %u cells, expected %u as in the first row (quote cells that hold the separator, "
        "or declare another separator)",
        place.path, place.line, (found < n ? found : n) + 1, found, n);
  }
  return report(
      err, COPSE_ERR_FORMAT,
      "%s:%llu: text follows a closing quote: \"%s\" (a quote inside a quoted cell is written twice)",
      place.path, place.line, show(fault->at, strcspn(fault->at, "\n")).text);
}
