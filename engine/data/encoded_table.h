/* encoded_table.h - a caller's table with an encoder's columns behind its own, made as they are read. */
#ifndef COPSE_DATA_ENCODED_TABLE_H
#define COPSE_DATA_ENCODED_TABLE_H

#include "data/encoder.h"
#include "data/table.h"

struct encoded_table {
  const copse_encoder *encoder;
  const copse_table *table; /* of the inputs, any layout */
  bool ordered;             /* derived columns are the training rows' own */
  copse_column_source source;
  copse_table
      view; /* COPSE_SOURCE of n_inputs + n_derived columns; reads through the struct, which stays put */
};

/* Checks the table against the encoder. ordered: it is the table that the encoder was fitted on. */
COPSE_MUST_CHECK copse_status encoded_table_open(const copse_encoder *encoder, const copse_table *table,
                                                 bool ordered, struct encoded_table *out, copse_error *err);
/* out[i] = column (inputs first) in row first + i; a replaced input is 0. */
void encoded_table_read(const struct encoded_table *encoded, uint32_t column, uint64_t first, size_t n,
                        double *out);
/* The values of one column of any layout, sparse ones too. */
void encoded_table_gather(const copse_table *table, uint32_t column, uint64_t first, size_t n, double *out);
/* The derived columns of one row. row [n_inputs], derived [n_derived]. Allocates nothing. */
void encoder_row(const copse_encoder *encoder, const double *row, double *derived);
/* Columns of a table that are its caller's own: all, but for the derived ones of such a view. */
uint32_t encoded_table_n_inputs(const copse_table *table);

#endif
