/* copse_prep.h - the public header of the preparation module: from a file to what the engine eats.
 *
 *   training     copse_read_options o = copse_read_options_default();  o.label_column = "name:y"; ...
 *                copse_frame_read(ctx, "train.csv", &o, &frame, &err)
 *                copse_dataset_from_table(ctx, &frame->table, frame->model_names, frame->categorical, ...)
 *                copse_dataset_set(... frame->label ...)   ... train ...
 *                copse_frame_schema_store(frame->schema, model, &err)        the schema travels in the model
 *   validation   o.task = COPSE_READ_VALID;  o.schema = frame->schema;  copse_frame_read(...)
 *   prediction   copse_frame_schema_of_model(ctx, model, &schema, &err)      also for plain LightGBM models
 *                o.task = COPSE_READ_PREDICT;  o.schema = schema;  copse_frame_read(...)
 *                copse_predictor_run(predictor, &frame->table, ...)
 *
 * The rules of copse.h on errors, ownership, threads and determinism hold here too. Messages about a cell
 * have the form `file:line:column: column "name": found ... (remedy)`; line and column count from 1, column
 * is the number of the cell in its row; of several bad places the first in file order is reported, at any
 * number of threads.
 */
#ifndef COPSE_PREP_H
#define COPSE_PREP_H

#include "copse.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------------
 * What to read
 * ---------------------------------------------------------------------------------------------------- */

/* What the rows are for. */
typedef enum copse_read_task {
  COPSE_READ_TRAIN = 0,  /* types and dictionaries are discovered; a label is required */
  COPSE_READ_VALID = 1,  /* `schema` is applied; a label is required */
  COPSE_READ_PREDICT = 2 /* `schema` is applied; a label is read when the file has one */
} copse_read_task;

/* Gzip is recognised by content in every format. AUTO looks at the first 32 lines of rows. LibSVM: none of
 * them has a tab, comma or semicolon, and in TRAIN the first one is a number followed by at least one
 * blank-separated `index:value` pair (and `qid:`; later lines may be wrong, and are then told with their
 * place); or each of them is such a line, with at least one pair in all; or `schema` is LibSVM. Otherwise
 * CSV. A colon in a CSV therefore decides nothing. */
typedef enum copse_read_format {
  COPSE_FORMAT_AUTO = 0,
  COPSE_FORMAT_CSV = 1, /* cells between separators, RFC 4180 quotes; TSV is CSV with a tab */
  COPSE_FORMAT_LIBSVM = 2
} copse_read_format;

/* AUTO: the first row is a header when none of its cells is a number or a missing token (empty ones are fine
 * as long as half have text) and none of its texts comes again in its own column within the next 200 rows; or
 * when it names a feature of `schema`. */
typedef enum copse_read_header {
  COPSE_HEADER_AUTO = 0,
  COPSE_HEADER_YES = 1,
  COPSE_HEADER_NO = 2
} copse_read_header;

/* What the label means. Text classes get a dictionary, sorted bytewise: first class 0, second class 1 ... */
typedef enum copse_label_kind {
  COPSE_LABEL_NUMBER = 0, /* any finite number */
  COPSE_LABEL_BINARY = 1, /* {0, 1}, {-1, 1} or exactly two texts; the frame's label is 0 or 1 */
  COPSE_LABEL_CLASS = 2,  /* whole numbers 0 .. n_classes - 1, or n_classes texts; the label is the number */
  COPSE_LABEL_NUMBERS = 3 /* one column or several of any finite numbers: label_column may be a list, whose
                             order is that of the labels */
} copse_label_kind;

/* What happens to a level that the dictionary does not know (VALID, PREDICT). */
typedef enum copse_read_unseen {
  COPSE_UNSEEN_MISSING = 0, /* COPSE_CODE_UNSEEN, which the engine takes as missing */
  COPSE_UNSEEN_ERROR = 1
} copse_read_unseen;

/* Roles, types and dictionaries of the columns that a model was trained on; immutable. See below. */
typedef struct copse_frame_schema copse_frame_schema;

/* Steps from raw rows to the rows of a model. See below. */
typedef struct copse_recipe copse_recipe;

/* Which rows of a recipe's split. */
typedef enum copse_read_part {
  COPSE_PART_ALL = 0,
  COPSE_PART_TRAIN = 1,
  COPSE_PART_VALID = 2,
  COPSE_PART_TEST = 3
} copse_read_part;

/* Options of one file. Start from copse_read_options_default(). Strings are borrowed during the call; NULL
 * and
 * "" mean not given.
 *
 * Column lists follow LightGBM: `name:a,b` (needs a header; a name with a comma is written "a,b" with its
 * quotes), or indices from 0. label_column counts all columns; every other list does not count the label
 * columns. */
typedef struct copse_read_options {
  copse_read_task task;
  copse_read_format format;
  char separator; /* CSV: ',' ';' '\t' or any other byte; 0: detected among these three */
  copse_read_header header;
  const char *label_column;        /* TRAIN; default: column 0. VALID, PREDICT: where columns are matched by
                                      name and the file lacks the label's name that the schema knows */
  const char *weight_column;       /* TRAIN; at most one column */
  const char *group_column;        /* TRAIN; at most one column of query ids; equal neighbours form a group */
  const char *ignore_column;       /* TRAIN; list; these columns may hold anything */
  const char *categorical_feature; /* TRAIN; list, or `auto`: every column with text, also `auto,` + list */
  const char *missing_values;      /* more missing tokens, comma separated, matched exactly */
  int libsvm_base;                 /* 0, 1; -1: 0 when an index 0 occurs, else 1 (LightGBM always uses 0).
                                      VALID, PREDICT: the schema's own base unless given */
  copse_label_kind label_kind;     /* TRAIN; afterwards the schema knows */
  uint32_t n_classes;              /* TRAIN, LABEL_CLASS: how many there are; 0: as many as are found, numbers
                                      without gaps then */
  bool repair; /* labels and weights that are no use are mended as LightGBM mends them, not refused: missing
                  ones become 0, infinite ones +-1e38; of two classes every label above 0 is the second one;
                  class numbers lose their fraction. Negative weights are refused all the same */
  copse_read_unseen unseen;
  bool side_files; /* look for FILE.weight, FILE.query (or FILE.group), FILE.position and FILE.init beside
                      the file */
  const char *init_path; /* init scores from this file instead of FILE.init */
  bool compact;       /* CSV: the frame's table is a COPSE_SOURCE, some bytes a cell, whose columns go as they
                         are released */
  size_t block_bytes; /* CSV: text at hand at a time of files that can be read again; 0: some megabytes */
  int n_threads;      /* as in copse_parallel_for */
  const copse_frame_schema *schema; /* VALID, PREDICT: required; TRAIN: must be NULL */
  copse_recipe *recipe; /* fitted: the files are raw rows, and what is read is the recipe's last table.
                           Only CSV; separator and header are those of the raw files */
  copse_read_part part; /* of the recipe's split */
} copse_read_options;

/* TRAIN, everything detected, side files on, libsvm_base -1, all threads. */
COPSE_API copse_read_options copse_read_options_default(void);

/* ------------------------------------------------------------------------------------------------------
 * What was read
 * ---------------------------------------------------------------------------------------------------- */

/* The rows of one file. All fields are read-only for the caller and owned by the frame.
 *
 * Text is UTF-8 here, whatever the file is in: a byte-order mark tells UTF-8 or UTF-16, NULs at one side of
 * the pairs UTF-16 too; else it is UTF-8 or, where too much of it is not, Windows-1252 (read/decoder.h has
 * the rule). Sequences that are none become U+FFFD.
 *
 * CSV cells: blanks around a cell are dropped; a quoted cell may hold separators, line ends and doubled
 * quotes, and blanks inside of its quotes are part of a text (of a name in a header they are dropped; numbers
 * and missing cells are told without them). Missing: the empty cell, ?, na, n/a, nan, null, none in any case,
 * and missing_values. Numbers: as copse_parse_double, inf included (infinite feature values become +-1e308 as
 * in LightGBM). A column is text when a cell is neither missing nor a number. Feature columns keep the order
 * of the file (PREDICT, VALID: of the schema). Label, weight, group and ignored columns are not among them.
 */
typedef struct copse_frame {
  uint64_t n_rows; /* at least 1 */
  uint32_t n_features;
  /* CSV: COPSE_COLUMNS of F64 (numbers; NaN = missing) and I32 (categories; -1 = missing), or with `compact`
   * a COPSE_SOURCE of the same numbers. LibSVM: COPSE_CSR of F64. The rows as the engine wants them. */
  copse_table table;
  /* [n_features] true names, as in the header; without one Column_0, Column_1 ... (label not counted). */
  const char *const *names;
  /* [n_features] the same for model files: blanks and the characters " , : [ ] { } become '_', made unique.
   */
  const char *const *model_names;
  bool *categorical; /* [n_features] */
  bool has_header;   /* names come from the file */
  float *label;      /* [n_rows * n_labels], output-major, finite; NULL only for PREDICT */
  uint32_t n_labels; /* of a row: the model's label columns, one but for COPSE_LABEL_NUMBERS; 0 without label
                      */
  const char
      *label_problem; /* PREDICT: why the file's label could not be used, else NULL; label is NULL then */
  /* TRAIN with categorical_feature=auto: the first column that became categories by a few texts among more
   * than 95 % numbers, and its first text: a sentence for a warning, else NULL. */
  const char *doubt;
  const char
      *encoding;  /* lines for warnings: files that are not UTF-8, and as what they were read; or NULL */
  float *weight;  /* [n_rows], finite, >= 0, or NULL */
  int32_t *group; /* [n_groups] sizes summing to n_rows, or NULL; PREDICT: only where there is a label */
  uint64_t n_groups;
  int32_t
      *position; /* [n_rows] number of the row's id in FILE.position, from 0 in order of arrival; or NULL */
  double *init_score; /* [n_init * n_rows], output-major, finite, or NULL */
  uint32_t n_init;    /* values per row in init_score */
  uint64_t n_bytes;   /* of text parsed (after decompression) */
  copse_read_format format;
  char separator;             /* CSV */
  uint64_t n_unseen;          /* cells whose level the schema's dictionary did not know */
  copse_frame_schema *schema; /* what VALID and PREDICT files are read with; freed with the frame */
} copse_frame;

/* Reads one file ("-": standard input; FILE#TABLE: a table of an SQLite database), plain or gzip, in
 * parallel. The text of a CSV file is read in blocks and not kept; it must not change meanwhile, as columns
 * whose first text comes late, and messages, read it again. PREDICT and VALID match columns by name where
 * both the file has a header and the schema has names: a missing feature is an error that names it, other
 * columns are ignored, order does not matter. Otherwise by position: as many columns as features: no label;
 * as many as in training: every column has the role it had there; one more than features, of a model with
 * one label: the label sits at the label index; anything else is an error. Of several labels VALID wants all;
 * PREDICT, which reads them for metrics, all or takes none. */
COPSE_MUST_CHECK COPSE_API copse_status copse_frame_read(copse_context *ctx, const char *path,
                                                         const copse_read_options *options, copse_frame **out,
                                                         copse_error *err);
/* Several files (n_paths >= 1) as the rows of one, in this order; "-" is standard input. The first one
 * decides format, separator and, where it has one, the header. A further file either has a header with the
 * same names in any order, or none and goes by position. Side files lie beside each file, or beside none.
 * Messages name the file. */
COPSE_MUST_CHECK COPSE_API copse_status copse_frame_read_files(copse_context *ctx, const char *const *paths,
                                                               size_t n_paths,
                                                               const copse_read_options *options,
                                                               copse_frame **out, copse_error *err);
COPSE_API void copse_frame_free(copse_frame *frame);

/* A fingerprint (as copse_hash) of the bytes of the files, as they lie on the disk, and of the side files and
 * init_path that would be read with them: other bytes, other fingerprint. Looks at side_files, init_path and
 * n_threads of options. COPSE_ERR_UNSUPPORTED for what cannot be read twice (standard input, pipes). */
COPSE_MUST_CHECK COPSE_API copse_status copse_files_hash(copse_context *ctx, const char *const *paths,
                                                         size_t n_paths, const copse_read_options *options,
                                                         uint64_t out[2], copse_error *err);

/* Numbers of a plain text file (also gzip), one row per line, cells separated by blanks, tabs or commas;
 * blank lines are skipped; every row has as many cells as the first. *out [n_rows * n_cols] row-major,
 * finite, to be released with copse_free. Used for side files. */
COPSE_MUST_CHECK COPSE_API copse_status copse_read_numbers(copse_context *ctx, const char *path, double **out,
                                                           uint64_t *n_rows, uint32_t *n_cols,
                                                           copse_error *err);

/* ------------------------------------------------------------------------------------------------------
 * Schema
 * ---------------------------------------------------------------------------------------------------- */

/* Text form: versioned, one fact per line, the same bytes for the same training file and options. */
COPSE_MUST_CHECK COPSE_API copse_status copse_frame_schema_write(const copse_frame_schema *schema,
                                                                 copse_text *out, copse_error *err);
/* Every count and index is checked; `place` names the source in messages. */
COPSE_MUST_CHECK COPSE_API copse_status copse_frame_schema_parse(copse_context *ctx, const char *text,
                                                                 size_t length, const char *place,
                                                                 copse_frame_schema **out, copse_error *err);
/* Writes the schema into the model's blob "frame_schema", and the label's position into its label_index. */
COPSE_MUST_CHECK COPSE_API copse_status copse_frame_schema_store(const copse_frame_schema *schema,
                                                                 copse_model *model, copse_error *err);
/* From the model's blob; for a model without one (a plain LightGBM model) from its feature names, label index
 * and categories: categorical features are then whole numbers, the label is a number. Fails when blob and
 * model disagree on the features. */
COPSE_MUST_CHECK COPSE_API copse_status copse_frame_schema_of_model(copse_context *ctx,
                                                                    const copse_model *model,
                                                                    copse_frame_schema **out,
                                                                    copse_error *err);
/* Not for the schema of a frame, which belongs to the frame. */
COPSE_API void copse_frame_schema_free(copse_frame_schema *schema);

COPSE_API uint32_t copse_frame_schema_n_features(const copse_frame_schema *schema);
/* True name of a feature. */
COPSE_API const char *copse_frame_schema_name(const copse_frame_schema *schema, uint32_t feature);
/* Feature with this true name; feature at this column of the training file, the label column not counted, as
 * in LightGBM's lists (LibSVM: at this index, as the file has it). -1 when there is none, or the column is
 * none. */
COPSE_API int64_t copse_frame_schema_find(const copse_frame_schema *schema, const char *name);
COPSE_API int64_t copse_frame_schema_find_column(const copse_frame_schema *schema, uint64_t column);
/* Levels of a text feature in the order of their codes, 0 for any other feature; level: NULL when code is out
 * of range. */
COPSE_API uint32_t copse_frame_schema_n_levels(const copse_frame_schema *schema, uint32_t feature);
COPSE_API const char *copse_frame_schema_level(const copse_frame_schema *schema, uint32_t feature,
                                               uint32_t code);
/* "" without header. */
COPSE_API const char *copse_frame_schema_label_name(const copse_frame_schema *schema);
/* Number of label columns; the name of one of them as in the header ("" without one), in the order of the
 * labels, and its raw index in *column (or NULL). NULL when there is no such label. */
COPSE_API uint32_t copse_frame_schema_n_labels(const copse_frame_schema *schema);
COPSE_API const char *copse_frame_schema_label(const copse_frame_schema *schema, uint32_t index,
                                               uint32_t *column);
/* Raw index of the label column in the training file (LightGBM's label_index). */
COPSE_API int copse_frame_schema_label_index(const copse_frame_schema *schema);
/* Classes of the label; 0 when it is a number. */
COPSE_API uint32_t copse_frame_schema_n_classes(const copse_frame_schema *schema);
/* Name of a class as the training file spells it: "0" and "1", "-1" and "1", "0" to "K-1", or the texts. NULL
 * when the label is a number or there is no such class. */
COPSE_API const char *copse_frame_schema_class(const copse_frame_schema *schema, uint32_t index);

/* ------------------------------------------------------------------------------------------------------
 * Recipes
 *
 *   copse_recipe_read(ctx, "leads.recipe", NULL, &recipe, &err)
 *   copse_recipe_fit(recipe, files, n, &o, &err)         learns from these rows, and from no others
 *   o.recipe = recipe;  copse_frame_read(...)            trains and validates on prepared rows
 *   copse_recipe_store(recipe, model, &err)              the recipe and what it learnt travel in the model
 *   copse_recipe_of_model(ctx, model, &recipe, &err)     and prepare new raw rows the same way
 *
 * A recipe is changed by every call that takes it without const, reading through it among them: one thread
 * at a time.
 * ---------------------------------------------------------------------------------------------------- */

/* Reads a recipe's text. maps: the folder of its mapping files; NULL or "": beside the recipe. Unknown steps
 * and options are refused with their line and the nearest name. */
COPSE_MUST_CHECK COPSE_API copse_status copse_recipe_read(copse_context *ctx, const char *path,
                                                          const char *maps, copse_recipe **out,
                                                          copse_error *err);
/* Its mapping files, as they are opened: path [capacity]. False: the path is longer. */
COPSE_API size_t copse_recipe_n_files(const copse_recipe *recipe);
COPSE_API bool copse_recipe_file(const copse_recipe *recipe, size_t index, char *path, size_t capacity);
/* Reads the mapping files, and lets every step learn from the rows what it must; what is learned already
 * stays as it is. Of options (NULL: defaults) separator, header and n_threads are looked at, here and below;
 * raw files have a header unless COPSE_HEADER_NO is said. */
COPSE_MUST_CHECK COPSE_API copse_status copse_recipe_fit(copse_recipe *recipe, const char *const *paths,
                                                         size_t n_paths, const copse_read_options *options,
                                                         copse_error *err);
/* Fits, then writes the table of every named step into the SQLite file, which is made when it is not there:
 * all tables or none, those of the same names replaced. */
COPSE_MUST_CHECK COPSE_API copse_status copse_recipe_run(copse_recipe *recipe, const char *const *paths,
                                                         size_t n_paths, const copse_read_options *options,
                                                         const char *database, copse_error *err);
/* Name and rows (may be NULL) of the tables that the last run wrote. */
COPSE_API size_t copse_recipe_n_tables(const copse_recipe *recipe);
COPSE_API const char *copse_recipe_table(const copse_recipe *recipe, size_t index, uint64_t *n_rows);
/* Of the rows that were last read through the recipe for prediction, which are in the order of the raw ones,
 * which raw row each is, counted from 0 over all files; of merged ones the first. NULL: none were read. */
COPSE_API const uint64_t *copse_recipe_raw_rows(const copse_recipe *recipe, size_t *n_rows);
/* Lines that people should read, "" for none: columns that the recipe does not know ... */
COPSE_API const char *copse_recipe_notes(const copse_recipe *recipe);
/* Whether it has a split step. */
COPSE_API bool copse_recipe_splits(const copse_recipe *recipe);

/* Text form with what was learnt: the same bytes for the same recipe and rows. place names the source in
 * messages. */
COPSE_MUST_CHECK COPSE_API copse_status copse_recipe_write(const copse_recipe *recipe, copse_text *out,
                                                           copse_error *err);
COPSE_MUST_CHECK COPSE_API copse_status copse_recipe_parse(copse_context *ctx, const char *text,
                                                           size_t length, const char *place,
                                                           copse_recipe **out, copse_error *err);
/* Into the model's blob "recipe"; from it (*out NULL and COPSE_OK: the model has none). */
COPSE_MUST_CHECK COPSE_API copse_status copse_recipe_store(const copse_recipe *recipe, copse_model *model,
                                                           copse_error *err);
COPSE_MUST_CHECK COPSE_API copse_status copse_recipe_of_model(copse_context *ctx, const copse_model *model,
                                                              copse_recipe **out, copse_error *err);
COPSE_API void copse_recipe_free(copse_recipe *recipe);

/* The reference of the steps and their options, as text for people; step NULL: all of them in short. False:
 * no such step. */
COPSE_API bool copse_recipe_help(const char *step, copse_text *out);

/* ------------------------------------------------------------------------------------------------------
 * Tables
 * ---------------------------------------------------------------------------------------------------- */

/* Whether a text names a table of a database, FILE#TABLE (and is no file itself). */
COPSE_API bool copse_names_table(const char *spec);

/* Writes rows of numbers into a table, which replaces one of its name when it is complete. */
typedef struct copse_table_writer copse_table_writer;
/* names, whole [n_columns]; whole: integers, else reals. */
COPSE_MUST_CHECK COPSE_API copse_status copse_table_writer_open(copse_context *ctx, const char *spec,
                                                                const char *const *names, const bool *whole,
                                                                uint32_t n_columns, copse_table_writer **out,
                                                                copse_error *err);
/* values [n_rows * n_columns] row-major, NaN: NULL. */
COPSE_MUST_CHECK COPSE_API copse_status copse_table_writer_rows(copse_table_writer *writer,
                                                                const double *values, uint64_t n_rows,
                                                                copse_error *err);
/* Notes the table and where its rows came from in the database's table of record; it is complete then. */
COPSE_MUST_CHECK COPSE_API copse_status copse_table_writer_commit(copse_table_writer *writer,
                                                                  const char *origin, copse_error *err);
COPSE_API void copse_table_writer_free(copse_table_writer *writer);

/* ------------------------------------------------------------------------------------------------------
 * Profile: what a table looks like, and what is wrong with it, from one pass over its rows
 * ---------------------------------------------------------------------------------------------------- */

typedef struct copse_profile copse_profile;

/* Which values of the data may be told. COMMON: those that at least 10 rows share, but none of columns of
 * identifiers, texts, or what looks like data of persons; extremes and quantiles are rounded where fewer rows
 * share them. NONE: no value, and no mean of the target. */
typedef enum copse_profile_values {
  COPSE_VALUES_COMMON = 0,
  COPSE_VALUES_FULL = 1,
  COPSE_VALUES_NONE = 2
} copse_profile_values;

typedef enum copse_profile_format {
  COPSE_PROFILE_TEXT = 0, /* 100 characters wide */
  COPSE_PROFILE_HTML = 1, /* one page that needs nothing else */
  COPSE_PROFILE_JSON = 2  /* schema copse.profile/1.4, prep/report/profile.schema.json */
} copse_profile_format;

typedef enum copse_alert_level {
  COPSE_ALERT_NOTE = 0,
  COPSE_ALERT_WARNING = 1, /* to be decided before training */
  COPSE_ALERT_CRITICAL = 2 /* the model will be wrong */
} copse_alert_level;

/* What an earlier profile's JSON says of a column (profile.schema.json). Zero-initialised: nothing. */
typedef struct copse_earlier_column {
  const char *name, *type; /* as its members "name" and "type" */
  uint64_t n, n_missing;
  bool has_number, has_levels, has_date;
  /* numbers: the bars */
  uint32_t n_bars;
  const double *edges;   /* [n_bars + 1] ascending; NULL where they are withheld */
  const uint64_t *bars;  /* [n_bars] */
  uint64_t below, above; /* with the infinite ones */
  /* texts: the levels that have a name */
  uint32_t n_levels;
  const char *const *levels;  /* [n_levels] */
  const uint64_t *level_rows; /* [n_levels] */
  uint64_t unnamed_rows;      /* rows of all others */
  /* dates: texts as RFC 3339 has them, NULL where they are withheld */
  const char *first, *last;
  bool rounded;            /* they are starts of periods, and few rows may lie beyond them */
  const char *granularity; /* "day", "second"; NULL: not known */
  uint32_t n_periods;
  const char *const *period_starts; /* [n_periods] */
  const uint64_t *period_rows;      /* [n_periods] */
} copse_earlier_column;

/* A critical alert of an earlier profile. */
typedef struct copse_earlier_alert {
  const char *id;
  const char *const *columns; /* [n_columns] names */
  size_t n_columns;
} copse_earlier_alert;

typedef struct copse_earlier_profile {
  const char *path; /* of the JSON, for the outputs */
  uint64_t n_rows;
  bool no_values;                      /* made with COPSE_VALUES_NONE */
  const copse_earlier_column *columns; /* [n_columns] */
  size_t n_columns;
  const copse_earlier_alert *alerts; /* [n_alerts] */
  size_t n_alerts;
} copse_earlier_profile;

/* Zero-initialised: every default. Texts are borrowed during the call; NULL and "" mean not given. */
typedef struct copse_profile_options {
  const char *target;   /* a column's name: two classes, up to 20 of them, or a number */
  const char *positive; /* class whose rate is shown; default: 1, true, yes, the greater or the last one */
  const char *const *against; /* [n_against] other files with these columns, as validation files: drift, rows
                                 of both */
  size_t n_against;
  const copse_earlier_profile *earlier; /* to compare with, borrowed during the call; NULL: none */
  uint32_t n_samples;                   /* rows to show, drawn by their number; COPSE_VALUES_FULL alone */
  const char *ignore_column; /* columns that are not looked at, as in copse_read_options; the target's number
                                is not counted */
  const char *column_types; /* COLUMN:TYPE,... for columns whose type is not to be inferred: number, category,
                               datetime, code, id, text */
  char date_order;          /* 'd' or 'm': day or month comes first where the dates of a column do not tell */
  uint64_t memory_bytes;    /* that the tables, which grow with the number of columns, may take: they are
                               halved as often as it takes, and more is estimated; too little for the smallest is
                               an error. 0: as much as is useful */
  copse_read_format format; /* AUTO refuses what looks like LibSVM, CSV takes it for text */
  const char *missing_values; /* as in copse_read_options */
  char separator;
  copse_read_header header;
  copse_profile_values values;
  int n_threads;
  /* What the library does not know of the run, for what the outputs tell of it; none of it changes anything
   * else. */
  const char *const *command; /* [n_command] words of the command line */
  size_t n_command;
  const char *started;   /* the moment it began, RFC 3339 */
  double (*clock)(void); /* seconds since some fixed moment, from any thread, as long as the profile lives;
                            NULL: no phase has a time */
} copse_profile_options;

/* Reads CSV files or tables (FILE.db#TABLE), as one, once, a batch of rows at a time. Memory is bounded by
 * the number of columns, not of rows: what is exact for few values (65,536 distinct ones in a column) is
 * estimated beyond, and marked so. The result does not depend on the number of threads. */
COPSE_MUST_CHECK COPSE_API copse_status copse_profile_run(copse_context *ctx, const char *const *paths,
                                                          size_t n_paths,
                                                          const copse_profile_options *options,
                                                          copse_profile **out, copse_error *err);
/* The alerts of rows that were read for training, beside their label (the first of several, or the one that
 * frame->label points to), from a bounded number of them: at most 16,384 rows and some two million cells, in
 * pieces spread evenly over the frame. Before the frame's columns are released. LibSVM of more than 2,000
 * features has none. The result is for the functions on alerts below, not for copse_profile_write. */
COPSE_MUST_CHECK COPSE_API copse_status copse_profile_frame(copse_context *ctx, const copse_frame *frame,
                                                            int n_threads, copse_profile **out,
                                                            copse_error *err);
/* Appends the whole document; out->failed tells lack of memory. The same files and options give the same
 * bytes, but for what is told of the run (the JSON's member "run": time, threads, memory). */
COPSE_API void copse_profile_write(const copse_profile *profile, copse_profile_format format,
                                   copse_text *out);
/* Rows that were looked at. */
COPSE_API uint64_t copse_profile_n_rows(const copse_profile *profile);
/* Alerts, the gravest first. */
COPSE_API uint32_t copse_profile_n_alerts(const copse_profile *profile);
COPSE_API copse_alert_level copse_profile_alert_level(const copse_profile *profile, uint32_t alert);
/* Its name in capitals; its sentence; what to do. */
COPSE_API const char *copse_profile_alert_id(const copse_profile *profile, uint32_t alert);
COPSE_API const char *copse_profile_alert_text(const copse_profile *profile, uint32_t alert);
COPSE_API const char *copse_profile_alert_remedy(const copse_profile *profile, uint32_t alert);
/* What changed since the earlier profile, the gravest first: one sentence each. */
COPSE_API uint32_t copse_profile_n_changes(const copse_profile *profile);
COPSE_API copse_alert_level copse_profile_change_level(const copse_profile *profile, uint32_t change);
COPSE_API const char *copse_profile_change_text(const copse_profile *profile, uint32_t change);
COPSE_API void copse_profile_free(copse_profile *profile);

/* ------------------------------------------------------------------------------------------------------
 * Drift: whether two samples are of one population
 * ---------------------------------------------------------------------------------------------------- */

typedef struct copse_stability {
  uint32_t n_parts;   /* that were compared */
  double psi;         /* population stability index: the sum of (p - q) ln(p / q) over the parts' shares */
  double chance;      /* what it exceeds in one case of twenty without any drift */
  double excess;      /* how far it is above what chance brings on average */
  bool beyond_chance; /* more than chance would move any of all the columns, in one case of a hundred */
} copse_stability;

/* Of the rows [n_parts] of two samples, each of one row or more, by part; n_compared: of how many columns
 * this is one. Parts of which a sample would have fewer than five rows if both were alike become one, in
 * place: of very few rows all do, and nothing is told. */
COPSE_API copse_stability copse_stability_of(double *before, double *now, uint32_t n_parts,
                                             double n_compared);
/* As many rows as it takes that chance alone exceeds an index in no more than one case of twenty, beside very
 * many others. */
COPSE_API double copse_stability_rows(uint32_t n_parts, double index);

#ifdef __cplusplus
}
#endif
#endif
