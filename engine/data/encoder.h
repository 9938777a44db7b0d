/* encoder.h - categories as numbers: what the label was like in the rows of a category.
 *
 * A statistic over all rows would tell a training row its own label. So each row sees only those before it in
 * a random order of the rows (ordered target statistics; Prokhorenkova et al., "CatBoost: unbiased boosting
 * with categorical features", NeurIPS 2018, section 3.2):
 *
 *   value = (sum of w y over the category's earlier rows + a p) / (sum of w over them + a)
 *
 * and a row to be predicted sees all of them. a is cat_prior. p, the average label, is for a training row at
 * place k of the order that of the first 2^floor(log2 k) rows: like the sums, none of its own. The order
 * hashes (data_random_seed, row), so neither threads nor the layout of the table decide anything.
 *
 * A code below 0 and NaN are one level, "missing", with statistics of its own; a level that training did not
 * see has the average. A column of few levels keeps them, and only takes part in pairs; one of more is
 * replaced, and its levels' numbers of rows become a further feature. A pair that says no more than one of
 * its columns does is left out. Where there are more pairs than cat_pairs, those of the columns are taken
 * whose own statistics predict the label best. */
#ifndef COPSE_DATA_ENCODER_H
#define COPSE_DATA_ENCODER_H

#include <stdatomic.h>

#include "copse.h"

enum {
  ENCODER_MOST_FEATURES = 8192, /* inputs and derived: a row of them lies on the stack */
  ENCODER_MISSING = -1,         /* code of a missing value */
  ENCODER_BLOCK = 256           /* rows at a time */
};
#define ENCODER_UNSEEN UINT32_MAX /* a level that has no number */
#define ENCODER_NO_MAP UINT32_MAX

/* The levels of one input, numbered. */
struct level_map {
  uint32_t input, n_levels;
  int32_t *codes; /* [n_levels] ascending, the missing one first where there is one */
};

/* What levels, or pairs of levels, are told by. */
struct level_table {
  uint32_t first, second; /* maps; second ENCODER_NO_MAP: one column's levels */
  uint32_t first_derived; /* its columns: n_statistics, then the rows if counted */
  bool counted;
  uint32_t n_keys;
  uint64_t
      *keys; /* [n_keys] ascending: number in first * levels of second + number in second; NULL: 0, 1 ... */
  float *values; /* [n_keys * width], width as encoder_width says */
};

struct copse_encoder {
  copse_context *ctx;
  atomic_int references;
  uint32_t n_inputs, n_derived, n_statistics;
  uint32_t n_replaced;
  double prior; /* a */
  int seed;
  float *average; /* [n_statistics] p of all rows */
  uint32_t n_maps, n_tables;
  struct level_map *maps;
  struct level_table *tables;
  uint32_t *table_of; /* [n_derived] */
  bool *replaced;     /* [n_inputs]: no feature any more */
  char **names;       /* [n_derived], one block with its texts */
  uint64_t digest[2]; /* of everything above but the names */
  uint64_t n_rows;    /* of the training rows' own values */
  float **ordered;    /* [n_derived] each [n_rows] or NULL: released */
};

static inline uint32_t encoder_width(const copse_encoder *encoder, const struct level_table *table) {
  return encoder->n_statistics + table->counted;
}

static inline int32_t encoder_code(double value) {
  if (!(value > -1.0)) return ENCODER_MISSING;
  return value < 2147483647.0 ? (int32_t)value : INT32_MAX;
}

/* The number of a level, or ENCODER_UNSEEN. */
uint32_t level_map_find(const struct level_map *map, double value);
/* What a derived column says of levels (numbers in the maps of its table; second: any where there is none).
 */
float encoder_value(const copse_encoder *encoder, uint32_t derived, uint32_t first, uint32_t second);

/* Groups of features as bits, [(n_inputs + n_derived) * n_words]: a derived column comes to be in those that
 * hold all the columns that it is derived from, beside those it is in. encoder NULL: nothing is derived. */
void encoder_spread_groups(const copse_encoder *encoder, uint64_t *of_feature, size_t n_words);

/* ---- making one, in parts ---- */

/* Room for maps and tables; n_inputs, n_statistics, n_maps and n_tables are set. Members are released by
 * copse_encoder_free in any state. */
COPSE_MUST_CHECK copse_status encoder_create(copse_context *ctx, copse_encoder **out, copse_error *err);
/* Numbers the derived columns by the tables that there are, and names them. names: of the inputs, or NULL. */
COPSE_MUST_CHECK copse_status encoder_number(copse_encoder *encoder, const char *const *names,
                                             copse_error *err);
/* Sets the digest, once all else is known. */
COPSE_MUST_CHECK copse_status encoder_seal(copse_encoder *encoder, copse_error *err);
void level_table_release(struct level_table *table);

#endif
