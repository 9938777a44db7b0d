/* schema_bytes.h - a schema as bytes, for copse_dataset_write. */
#ifndef COPSE_DATA_SCHEMA_BYTES_H
#define COPSE_DATA_SCHEMA_BYTES_H

#include "data/dataset.h"

/* Appends to out; out->failed when memory ran out. The same bytes for equal schemas. */
void schema_write_bytes(const copse_schema *schema, copse_text *out);
/* NULL with err set when the bytes are no schema. */
COPSE_MUST_CHECK copse_status schema_parse_bytes(copse_context *ctx, const char *bytes, size_t length,
                                                 const char *place, copse_schema **out, copse_error *err);

#endif
