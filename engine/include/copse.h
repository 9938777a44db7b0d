/* copse.h - the public header of the Copse engine: gradient-boosted decision trees on histograms.
 *
 * The life of a model, in order:
 *   1. copse_params      parse and check a configuration
 *   2. copse_table       describe the caller's columns (a view; nothing is copied yet)
 *   3. copse_schema      cut points of every feature, found on a sample of rows (or on all of them)
 *   4. copse_dataset     schema + pushed rows + fields (label, weight ...), then finished
 *   5. copse_booster     a state machine: step a round, roll one back, evaluate, take the model at any time
 *   6. copse_model       trees and what predicts; loaded from and saved to LightGBM's text format, version 4
 *   7. copse_predictor   immutable, shared by any number of threads
 *
 * Rules that hold for every declaration below, so that they are not repeated at each:
 * - Errors. A function that can fail returns copse_status and takes a `copse_error *err` last; err may be
 *   NULL. On failure outputs are left untouched (handles: set to NULL), and err->message holds one sentence
 *   with place, found, expected and remedy. User mistakes are statuses; programmer mistakes are assertions.
 * - Ownership. Everything passed in is copied or only read during the call, unless "borrowed" is said.
 *   Every handle is released by its own _free, which accepts NULL. Handles may be freed in any order; the
 *   context they were made with goes last. Pointers handed out belong to the handle they came from and live
 *   as long as it does, unless said otherwise. _ref counts one more owner of a shared handle and returns it;
 *   each owner calls _free once.
 * - Pointers and indices. NULL is allowed only where it is said (`err`, `ctx` and what _free takes always
 *   are). An index outside its range is a programmer mistake, unless a function says what it returns then.
 * - Shapes. [n] behind a pointer is its number of elements. "Output-major" is values[output * n_rows + row],
 *   "row-major" is values[row * width + column]. Rows, features, rounds, trees and sets count from 0 (in
 *   messages about what an objective or a metric takes, rows count from 1).
 * - Threads. Different handles may be used from different threads at once. One handle: concurrent const
 *   calls are allowed, anything else needs the caller's lock, unless said otherwise.
 * - Never. The library never prints, exits, aborts, changes the locale or reads the environment.
 * - Determinism. Every result is a function of data, parameters and seed only: not of the number of threads,
 *   the CPU tier, the layout of a table, or how rows were cut into pushes.
 * - Methods. Histogram trees grown leaf by leaf after LightGBM 4.6 (Ke et al. 2017) on gradient boosting
 *   (Friedman 2001) with second-order gains (Chen and Guestrin 2016); where a function has a source of its
 *   own, it is named there.
 *
 * Four programs to begin with lie in engine/examples/ (installed in share/doc/copse/examples/).
 */
#ifndef COPSE_H
#define COPSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COPSE_VERSION "0.1.0"

#define COPSE_API __attribute__((visibility("default")))
#define COPSE_MUST_CHECK __attribute__((warn_unused_result))

/* ------------------------------------------------------------------------------------------------------
 * Status and error
 * ---------------------------------------------------------------------------------------------------- */

/* Pinned: a code never changes its number. */
typedef enum copse_status {
  COPSE_OK = 0,
  COPSE_ERR_ARGUMENT = 1, /* a parameter or an argument is unknown, of the wrong type, or out of range */
  COPSE_ERR_DATA = 2,     /* the data break a rule (NaN label, wrong number of rows, missing feature ...) */
  COPSE_ERR_FORMAT = 3,   /* a file or text does not have the format it should have */
  COPSE_ERR_IO = 4,       /* the operating system refused to open, read, write or rename */
  COPSE_ERR_MEMORY = 5,   /* out of memory, or over the context's memory limit */
  COPSE_ERR_UNSUPPORTED = 6, /* known, but this version does not do it */
  COPSE_ERR_STATE = 7, /* a call out of order (a field read before it was set, a step after the end ...) */
  COPSE_ERR_INTERRUPTED = 8 /* the context was cancelled */
} copse_status;

#define COPSE_ERROR_CAPACITY 1024

/* Caller-owned; may live on the stack; needs no initialisation. `message` is UTF-8, never cut inside a
 * character, and ends without newline. */
typedef struct copse_error {
  copse_status status;
  char message[COPSE_ERROR_CAPACITY];
} copse_error;

/* Fixed English name of a status ("ok", "bad argument" ...). Never NULL. */
COPSE_API const char *copse_status_name(copse_status status);

/* "0.1.0" */
COPSE_API const char *copse_version(void);

/* ------------------------------------------------------------------------------------------------------
 * Runtime chapter: context, memory, threads, text. prep/ and cli/ use these, so that they need no allocator,
 * no OpenMP and no number parser of their own.
 * ---------------------------------------------------------------------------------------------------- */

typedef enum copse_log_level {
  COPSE_LOG_FATAL = -1,
  COPSE_LOG_WARNING = 0,
  COPSE_LOG_INFO = 1,
  COPSE_LOG_DEBUG = 2
} copse_log_level;

/* One message: one call, from the calling thread, without trailing newline, in a deterministic order. */
typedef void (*copse_log_fn)(void *user, copse_log_level level, const char *text);

/* Replacement allocator. `resize(user, NULL, 0, n)` allocates, `resize(user, p, old, 0)` frees and returns
 * NULL, otherwise it resizes; results are aligned like malloc's. */
typedef struct copse_allocator {
  void *(*resize)(void *user, void *block, size_t old_size, size_t new_size);
  void *user;
} copse_allocator;

/* What a family of handles shares: allocator, memory accounting and limit, log sink, cancel flag. Every
 * creating function takes one; NULL means a process-wide default (libc's allocator, no limit, no log).
 * A context must outlive every handle created with it. Its functions may be called from any thread. */
typedef struct copse_context copse_context;

COPSE_MUST_CHECK COPSE_API copse_status copse_context_create(
    const copse_allocator *allocator /* NULL: libc */, copse_context **out, copse_error *err);
COPSE_API void copse_context_free(copse_context *ctx);
/* Messages of `level` and of the graver levels go to log from now on; log NULL: nowhere, as at the start.
 * user is handed on. text lives during the call. log may call any function, but must not free what is at
 * work. */
COPSE_API void copse_context_set_log(copse_context *ctx, copse_log_fn log, void *user, copse_log_level level);
/* bytes = 0: no limit. An allocation that would pass the limit fails with COPSE_ERR_MEMORY. */
COPSE_API void copse_context_set_memory_limit(copse_context *ctx, size_t bytes);
/* Bytes in use now, and the most that ever were. ctx NULL: the process-wide default context. */
COPSE_API size_t copse_context_memory_used(const copse_context *ctx);
COPSE_API size_t copse_context_memory_peak(const copse_context *ctx);
/* Asks running calls to end with COPSE_ERR_INTERRUPTED at their next round or chunk. It holds for good: later
 * calls of the context end so as well. Async-signal-safe. */
COPSE_API void copse_context_cancel(copse_context *ctx);
COPSE_API bool copse_context_cancelled(const copse_context *ctx);

/* Room for count elements of size bytes, 64-byte aligned (_zero: all bytes 0); NULL on overflow or lack of
 * memory. count * size == 0 gives a valid, unique pointer. The caller releases it with copse_free. */
COPSE_API void *copse_alloc(copse_context *ctx, size_t count, size_t size);
COPSE_API void *copse_alloc_zero(copse_context *ctx, size_t count, size_t size);
/* block NULL: as copse_alloc. On failure NULL is returned and block stays valid. */
COPSE_API void *copse_resize(copse_context *ctx, void *block, size_t count, size_t size);
/* A block of copse_alloc, copse_alloc_zero or copse_resize, or NULL. From any thread. */
COPSE_API void copse_free(void *block);

/* Threads that the machine really grants: affinity, then cgroup v1/v2 quota, at least 1. */
COPSE_API int copse_threads_available(void);
/* Runs body(user, chunk, thread) for chunk = 0 .. n_chunks-1 with at most n_threads threads (<= 0: those
 * available), and returns when all are done. thread is in [0, n_threads). The assignment of chunks to threads
 * is unspecified. One thread, one chunk, or a call from within a body: no thread is started. */
typedef void (*copse_chunk_fn)(void *user, size_t chunk, int thread);
COPSE_API void copse_parallel_for(int n_threads, size_t n_chunks, copse_chunk_fn body, void *user);
/* Threads a parallel region really gets when n_threads are asked for. */
COPSE_API int copse_threads_running(int n_threads);

/* The instructions the kernels use on this machine, a static text: "scalar", "avx2", "avx512", "avx512vbmi",
 * "avx512fp16". */
COPSE_API const char *copse_cpu_tier(void);

/* Parses the longest decimal number at the start of text[0..length): optional sign, digits, fraction,
 * exponent; correctly rounded (ties to even) in every locale; overflow gives +-infinity, underflow +-0. Also
 * accepts "nan", "inf", "infinity" in any case. Returns the number of characters used, 0 when there is no
 * number. Method: exact powers of ten for short numbers (Clinger 1990), else Eisel-Lemire (2021), else big
 * integers. */
COPSE_API size_t copse_parse_double(const char *text, size_t length, double *out);
/* Writes value with up to 17 significant digits ("%.17g" in the C locale; nan, inf, -inf). capacity >= 32.
 * Returns the length without the final NUL. */
COPSE_API size_t copse_format_double(double value, char *out, size_t capacity);
/* Same with `digits` significant digits, 1..17 ("%.{digits}g"). */
COPSE_API size_t copse_format_double_digits(double value, int digits, char *out, size_t capacity);

/* A 128-bit fingerprint of bytes, the same on every machine: finds every accident, no defence against intent.
 * Other seeds give other fingerprints. */
COPSE_API void copse_hash(const void *bytes, size_t length, uint64_t seed, uint64_t out[2]);

/* Growing text. Zero-initialise, or `{ .ctx = ctx }`. After a failed append `failed` is true and further
 * appends do nothing, so one check at the end is enough. `data` is NUL-terminated once anything was appended.
 */
typedef struct copse_text {
  copse_context *ctx;
  char *data;
  size_t length, capacity;
  bool failed;
} copse_text;
COPSE_API void copse_text_append(copse_text *text, const char *bytes, size_t length);
/* As printf, in the locale as it is: for numbers that are read again use copse_text_append_double. */
COPSE_API void copse_text_appendf(copse_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* As copse_format_double. */
COPSE_API void copse_text_append_double(copse_text *text, double value);
/* Frees data and leaves an empty text of the same context. */
COPSE_API void copse_text_release(copse_text *text);

/* ------------------------------------------------------------------------------------------------------
 * Parameters: one table of rows holds name, aliases, type, default, range, help. LightGBM's names and
 * aliases.
 * ---------------------------------------------------------------------------------------------------- */

typedef struct copse_params copse_params;

/* How a key got its value; a stronger source wins, and within one source the first mention wins. */
typedef enum copse_params_source {
  COPSE_SOURCE_DEFAULT = 0,
  COPSE_SOURCE_FILE = 1,
  COPSE_SOURCE_COMMAND = 2,
  COPSE_SOURCE_PROGRAM = 3 /* what a program made of a value given, once it knew the data */
} copse_params_source;

/* What happens to a parameter in this version. */
typedef enum copse_params_support {
  COPSE_SUPPORT_FULL = 0, /* acts as documented */
  COPSE_SUPPORT_INERT =
      1, /* accepted in any value: cannot change a result here (threads of LightGBM's layout ...) */
  COPSE_SUPPORT_LATER = 2 /* known; a value that would change the result is refused by name */
} copse_params_support;

/* One row of the reference; strings are static. */
typedef struct copse_params_info {
  const char *name;
  const char *aliases;       /* comma separated, may be "" */
  const char *type;          /* "int", "double", "bool", "string", "enum", "ints", "doubles", "enums" */
  const char *default_value; /* text form, "" for none */
  const char *range;         /* text form, "" for none, enum: allowed values comma separated */
  const char *group;
  const char *help; /* one sentence */
  copse_params_support support;
} copse_params_info;

/* Parameters with nothing given: every value is its default. */
COPSE_MUST_CHECK COPSE_API copse_status copse_params_create(copse_context *ctx, copse_params **out,
                                                            copse_error *err);
/* An independent copy, in the same context. */
COPSE_MUST_CHECK COPSE_API copse_status copse_params_copy(const copse_params *params, copse_params **out,
                                                          copse_error *err);
COPSE_API void copse_params_free(copse_params *params);
/* Sets one key (name or alias). Unknown key: COPSE_ERR_ARGUMENT that offers the nearest name. Wrong type or
 * range: names key, value and what is allowed. A value weaker than or equal to one already given is ignored.
 */
COPSE_MUST_CHECK COPSE_API copse_status copse_params_set(copse_params *params, const char *key,
                                                         const char *value, copse_params_source source,
                                                         copse_error *err);
/* Configuration file text: `key = value` lines, `#` comments, `place` names the file in messages. */
COPSE_MUST_CHECK COPSE_API copse_status copse_params_parse(copse_params *params, const char *text,
                                                           size_t length, const char *place,
                                                           copse_params_source source, copse_error *err);
/* Cross-checks and derived values (compat, seed, max_depth against num_leaves, conflicts); call once after
 * the last set. Everything below and every creating call needs resolved parameters (they resolve when
 * needed). */
COPSE_MUST_CHECK COPSE_API copse_status copse_params_resolve(copse_params *params, copse_error *err);
/* Cut points that the bins of a numeric feature are to have, as far as max_bin reaches, beside those around
 * 0; the rest of the bins is dealt out between them (LightGBM's forcedbins_filename). They replace those
 * given before, n = 0 takes them away; of a categorical feature they do nothing. bounds [n] finite, copied.
 */
COPSE_MUST_CHECK COPSE_API copse_status copse_params_set_forced_bins(copse_params *params, uint32_t feature,
                                                                     const double *bounds, size_t n,
                                                                     copse_error *err);
/* A split that every tree is to begin with. left and right are the numbers of the splits of its two sides in
 * the same array, -1 for none. */
typedef struct copse_forced_split {
  uint32_t feature;
  double threshold; /* numeric: left ends at the first cut point that is not below it;
                       categorical: the one category that goes left */
  int left, right;
} copse_forced_split;
/* Splits that every tree begins with (LightGBM's forcedsplits_filename): splits [n], number 0 is
 * the root's, a side's number is larger than its parent's and stands in one place only, thresholds are
 * finite; copied. They replace those given before, n = 0 takes them away. min_data_in_leaf and
 * min_sum_hessian_in_leaf do not hold for them; max_depth, num_leaves, monotone_constraints and lambdas do.
 * Missing values go left. They are made in the order of their numbers. A split that would not gain anything,
 * would leave a side without rows or that a constraint forbids is left out with those under it (with
 * compat=lightgbm all forcing in the tree ends). A feature that the training data lack, or that
 * interaction_constraints forbid on its path, is an error when a booster is made. */
COPSE_MUST_CHECK COPSE_API copse_status copse_params_set_forced_splits(copse_params *params,
                                                                       const copse_forced_split *splits,
                                                                       size_t n, copse_error *err);
/* Text of a value, "" when it has none; NULL when name is neither a name nor an alias. Valid until the next
 * change of params. */
COPSE_API const char *copse_params_get(const copse_params *params, const char *name);
/* Whether a value was given, by any source, rather than left to its default. */
COPSE_API bool copse_params_given(const copse_params *params, const char *name);
/* The value of a parameter of that type (double: also int); another type or an unknown name is a programmer
 * mistake. */
COPSE_API int64_t copse_params_get_int(const copse_params *params, const char *name);
COPSE_API double copse_params_get_double(const copse_params *params, const char *name);
COPSE_API bool copse_params_get_bool(const copse_params *params, const char *name);
/* The reference: its number of rows; one row (index out of range: false, out untouched). */
COPSE_API size_t copse_params_count(void);
COPSE_API bool copse_params_describe(size_t index, copse_params_info *out);
/* Index of a name or alias, or -1; nearest name by edit distance, or NULL when nothing is near. */
COPSE_API int copse_params_find(const char *name);
COPSE_API const char *copse_params_nearest(const char *name);

/* ------------------------------------------------------------------------------------------------------
 * Table view: the caller's columns as they lie in memory. Borrowed; never changed.
 * Missing numeric value: NaN. Missing category: any negative code (COPSE_CODE_ABSENT: as NaN would be; it
 * differs from the others with use_missing=false or zero_as_missing=true alone, where LightGBM counts NaN as
 * category 0 when it orders the categories). A cell absent from a sparse table is 0. Stored zeros are
 * allowed. The same numbers give the same data set and the same predictions in every layout and type; none is
 * turned into another as a whole.
 * ---------------------------------------------------------------------------------------------------- */

#define COPSE_CODE_ABSENT INT32_MIN
/* A level that training did not see. Missing like every negative code, but for cat_encoding=ordered, which
 * gives it the average label and a missing value the statistics of the missing ones. */
#define COPSE_CODE_UNSEEN (INT32_MIN + 1)

typedef enum copse_dtype { COPSE_F32 = 0, COPSE_F64 = 1, COPSE_I32 = 2, COPSE_I64 = 3 } copse_dtype;

typedef enum copse_layout {
  COPSE_ROWS = 0,    /* dense, row after row: values[row * row_stride + col], F32 or F64 */
  COPSE_COLUMNS = 1, /* typed columns, each with its own element type: columns[col] */
  COPSE_CSR = 2,     /* sparse rows: indptr[n_rows + 1], indices[nnz], values[nnz] (F32 or F64) */
  COPSE_CSC = 3,     /* sparse columns: indptr[n_cols + 1], indices[nnz], values[nnz] (F32 or F64) */
  COPSE_SOURCE = 4   /* dense columns that a function reads: values is a copse_column_source */
} copse_layout;

/* F32, F64: numbers. I32, I64: whole numbers or dictionary codes, negative = missing when the feature is
 * categorical (everything is a double inside: exact up to 2^53). A dense matrix that lies column after column
 * is n_cols of these: data = values + col * n_rows, stride = 1. */
typedef struct copse_column {
  copse_dtype dtype;
  const void *data;
  size_t stride; /* elements from one row to the next; 1 = contiguous */
} copse_column;

/* Columns that are kept in a form of the caller's own (packed, on disk ...) and read piece by piece. Both
 * functions are called from several threads at once, `read` also for the same column. */
typedef struct copse_column_source {
  /* out[i] = value of the column in row first_row + i, i < n. */
  void (*read)(void *user, uint32_t column, uint64_t first_row, size_t n, double *out);
  /* The column will not be read again, its memory may go: copse_dataset_from_table says so once a column as
   * soon as it is binned. Or NULL. */
  void (*release)(void *user, uint32_t column);
  void *user;
} copse_column_source;

typedef struct copse_table {
  copse_layout layout;
  uint64_t n_rows;
  uint32_t n_cols;
  copse_dtype dtype;           /* ROWS, CSR, CSC: type of values */
  const void *values;          /* ROWS: [n_rows * row_stride]; CSR, CSC: [nnz]; SOURCE: a
                                * copse_column_source */
  size_t row_stride;           /* ROWS: elements from one row to the next, >= n_cols */
  const copse_column *columns; /* COLUMNS: [n_cols] */
  const int64_t *indptr;  /* CSR: [n_rows + 1], CSC: [n_cols + 1]; ascending, begins with 0, ends with nnz */
  const int32_t *indices; /* [nnz]: CSR: columns, < n_cols, strictly ascending within a row;
                           * CSC: rows, < n_rows, strictly ascending within a column */
} copse_table;

/* ------------------------------------------------------------------------------------------------------
 * Schema: how a value becomes a bin, for every feature. Counted and immutable: data sets share it, from any
 * thread.
 * ---------------------------------------------------------------------------------------------------- */

typedef struct copse_schema copse_schema;

/* Ascending rows on which cut points are to be found: min(n_rows, bin_construct_sample_cnt) of them; all rows
 * when the parameter was not given. *n_out gets their number; out has room for that many, or is NULL to ask
 * for the number only. Method: selection sampling (Fan, Muller, Rezucha 1962). */
COPSE_MUST_CHECK COPSE_API copse_status copse_sample_rows(uint64_t n_rows, const copse_params *params,
                                                          uint64_t *out, uint64_t *n_out, copse_error *err);
/* sample: the sampled rows of all features, in any layout; n_rows: rows of the whole data set (>=
 * sample->n_rows).
 * names: [n_cols] UTF-8, NULL for Column_0 ...; spaces become '_'; duplicates and the characters " , : [ ] {
 * } are refused. categorical: [n_cols] or NULL. Cut points after algorithms of LightGBM 4.6 (Ke et al. 2017),
 * bit for bit. */
COPSE_MUST_CHECK COPSE_API copse_status copse_schema_create(copse_context *ctx, const copse_table *sample,
                                                            uint64_t n_rows, const char *const *names,
                                                            const bool *categorical,
                                                            const copse_params *params, copse_schema **out,
                                                            copse_error *err);
COPSE_API copse_schema *copse_schema_ref(copse_schema *schema);
COPSE_API void copse_schema_free(copse_schema *schema);
/* Features of the tables it was made from, those dropped as constant included; behind them those that an
 * encoder derives (copse_dataset_encoded), which no table has. */
COPSE_API uint32_t copse_schema_n_features(const copse_schema *schema);
/* UTF-8, as given but for spaces. */
COPSE_API const char *copse_schema_name(const copse_schema *schema, uint32_t feature);
/* Bins of a feature (0 when it was dropped as constant), and its upper bounds: out [n_bins] or NULL.
 * Categorical features: the category value of each bin, -1 for bin 0. */
COPSE_API uint32_t copse_schema_bins(const copse_schema *schema, uint32_t feature, double *out);

/* ------------------------------------------------------------------------------------------------------
 * Data set: schema + rows as bins + fields
 *
 * Data that never lie in memory as a whole are read twice, in chunks of any layout and size:
 *   1. copse_sample_rows(n_rows, params, rows, &n, err) says which rows the cut points need. On the first
 * pass the caller copies just these into a table of n rows, in ascending order (with all rows asked for, the
 * sample is the data: set bin_construct_sample_cnt, e.g. 200000).
 *   2. copse_schema_create(ctx, &sample, n_rows, ...) finds the cut points; the sample may go.
 *   3. copse_dataset_create(ctx, schema, n_rows, ...), then on the second pass one copse_dataset_push per
 * chunk with the row at which it starts, in any order, then copse_dataset_finish and the fields. Data set and
 * model are those of copse_dataset_from_table on the whole table, bit for bit.
 * ---------------------------------------------------------------------------------------------------- */

typedef struct copse_dataset copse_dataset;

typedef enum copse_field {
  COPSE_LABEL = 0,      /* float  [n_rows * labels], finite: one label per row, or with
                         * objective=multi_regression any number of them, all rows of the first label, then
                         * all of the second ... (output-major: label k of row i at k * n_rows + i) */
  COPSE_WEIGHT = 1,     /* float  [n_rows], finite and >= 0; NULL clears */
  COPSE_INIT_SCORE = 2, /* double [n_rows * outputs], output-major, finite; NULL clears */
  COPSE_GROUP = 3,      /* int32  [n_groups] rows of each query, >= 1, summing to n_rows: the rows of a query
                         * follow each other, and ranking compares them with each other; NULL clears */
  COPSE_POSITION = 4    /* int32  [n_rows], 0 .. n_rows - 1: where a row was shown when its label came to be;
                         * objective=lambdarank learns a bias of each position, which no prediction
                         * knows; a model carries it to where training goes on from it; NULL clears */
} copse_field;

/* Room for n_rows rows (1 .. 2^32 - 1) of the schema's features, all still to be pushed. Keeps a reference to
 * the schema. Memory: two copies of every row, one byte per feature each (two where it has more than 256
 * bins). */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_create(copse_context *ctx, copse_schema *schema,
                                                             uint64_t n_rows, copse_dataset **out,
                                                             copse_error *err);
/* Bins the rows of a table with the schema's columns; they become rows [start_row, start_row + rows->n_rows).
 * Disjoint ranges may be pushed from several threads at once, in any order, in different layouts; a range
 * pushed twice is a mistake that copse_dataset_finish tells by the number of rows. n_threads as in
 * copse_parallel_for. */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_push(copse_dataset *dataset, const copse_table *rows,
                                                           uint64_t start_row, int n_threads,
                                                           copse_error *err);
/* Every row must have been pushed. Pushing ends here; only a finished data set can be given to a booster. */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_finish(copse_dataset *dataset, copse_error *err);
/* sample + schema + push + finish in one call. names and categorical as in copse_schema_create, without a
 * copy of the sample. Validation data: give the training data's schema; names and categorical are not looked
 * at then, and params may be NULL (it says the number of threads only). */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_from_table(
    copse_context *ctx, const copse_table *table, const char *const *names, const bool *categorical,
    const copse_params *params, copse_schema *schema /* or NULL */, copse_dataset **out, copse_error *err);
COPSE_API copse_dataset *copse_dataset_ref(copse_dataset *dataset);
COPSE_API void copse_dataset_free(copse_dataset *dataset);
/* Puts a copy of `count` elements of the field's type in the place of what was there; data NULL clears (not
 * the label). Checked: length, finiteness, sign; the message names the first bad row, and what was there
 * stays. May be called before or after finish, and between rounds: the next round sees it (a booster whose
 * hessians were constant refuses the next round when weights appear: make a new one). */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_set(copse_dataset *dataset, copse_field field,
                                                          const void *data, uint64_t count, copse_error *err);
/* Pointer into the data set, valid until the field is set again; *count (may be NULL) gets its number of
 * elements. NULL and 0 when it was never set or was cleared. */
COPSE_API const void *copse_dataset_get(const copse_dataset *dataset, copse_field field, uint64_t *count);
/* Some rows of a finished data set as a data set of their own, finished, with the same schema and those rows'
 * fields (and values, with linear_tree=true); of each group as many rows as were chosen; positions are
 * numbered anew. rows [n_rows] strictly ascending, at least one, borrowed during the call. Trained on, it
 * gives the bits that a table of these rows under this schema would give. */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_subset(const copse_dataset *dataset,
                                                             const uint32_t *rows, uint64_t n_rows,
                                                             int n_threads, copse_dataset **out,
                                                             copse_error *err);
COPSE_API uint64_t copse_dataset_n_rows(const copse_dataset *dataset);

/* ------------------------------------------------------------------------------------------------------
 * Encoder: categories as statistics of the label (cat_encoding=ordered), for columns of many levels
 * ---------------------------------------------------------------------------------------------------- */

/* For each categorical column of more than max_cat_to_onehot levels, and for pairs of categorical columns (at
 * most cat_pairs; where there are more, of the columns whose own statistics predict the label best), the mean
 * label of a level, drawn to the average of all rows by cat_prior of them: (sum w y + a p) / (sum w + a).
 * With the objectives multiclass and multiclassova y is "is class k", a column for each; with binary "is
 * above 0"; else the label. For a column by itself also its level's number of rows. A training row's
 * statistics are those of the rows before it in an order that hashes (data_random_seed, row): they never
 * contain its own label. Method: ordered target statistics (Prokhorenkova et al., NeurIPS 2018). A missing
 * value is a level of its own; a level or pair that training did not see has the average, and 0 rows.
 * Counted; only copse_encoder_forget changes one. */
typedef struct copse_encoder copse_encoder;

/* Learns from a table's rows. names: of its columns, or NULL for Column_0 ...; categorical [n_cols], or NULL
 * for none; label [n_rows] finite; weight [n_rows] finite and >= 0, or NULL. params: objective, num_class,
 * cat_pairs, cat_prior, max_cat_to_onehot, data_random_seed, num_threads (cat_encoding is not looked at).
 * like (or NULL): an encoder whose columns, pairs, prior and seed are taken, in place of categorical and
 * params; on the rows that one was made from it gives an equal encoder. Memory: 4 bytes per row and derived
 * column, until copse_encoder_forget. More than 8192 columns, derived ones included: COPSE_ERR_UNSUPPORTED.
 */
COPSE_MUST_CHECK COPSE_API copse_status copse_encoder_fit(copse_context *ctx, const copse_table *table,
                                                          const char *const *names, const bool *categorical,
                                                          const float *label, const float *weight,
                                                          const copse_params *params,
                                                          const copse_encoder *like, copse_encoder **out,
                                                          copse_error *err);
COPSE_API copse_encoder *copse_encoder_ref(copse_encoder *encoder);
COPSE_API void copse_encoder_free(copse_encoder *encoder);
/* Columns of the table it was made from; columns that it derives (0: no column has levels enough). */
COPSE_API uint32_t copse_encoder_n_inputs(const copse_encoder *encoder);
COPSE_API uint32_t copse_encoder_n_derived(const copse_encoder *encoder);
/* "ordered(city)", "ordered(city*title)", of class 2 "ordered(city)@2", "rows(city)"; blanks are '_'. */
COPSE_API const char *copse_encoder_name(const copse_encoder *encoder, uint32_t derived);
/* Whether the derived columns stand in the place of an input: as a feature it would be there twice. */
COPSE_API bool copse_encoder_replaces(const copse_encoder *encoder, uint32_t input);
/* The training rows' own values of a derived column, [n_rows]; NULL once forgotten, and of a parsed one. */
COPSE_API const float *copse_encoder_ordered(const copse_encoder *encoder, uint32_t derived);
/* Frees the training rows' values. */
COPSE_API void copse_encoder_forget(copse_encoder *encoder);
/* Rows as prediction sees them, by the statistics of all training rows: out [n_derived * n_rows], column
 * after column. table: n_inputs columns in any layout. Not for the rows it was fitted on: they would know
 * their labels. n_threads as in copse_parallel_for. After a failure out is unspecified. */
COPSE_MUST_CHECK COPSE_API copse_status copse_encoder_apply(const copse_encoder *encoder,
                                                            const copse_table *table, int n_threads,
                                                            float *out, copse_error *err);
/* Appends the encoder as one line of printable characters without blanks, '=' and '%'. The names of its
 * inputs are not in it. */
COPSE_MUST_CHECK COPSE_API copse_status copse_encoder_write(const copse_encoder *encoder, copse_text *out,
                                                            copse_error *err);
/* The encoder that was written: equal values, bit for bit. text need not end with NUL; place names it in
 * messages; names [n_names] are at least those of its inputs, or NULL (n_names says then how many inputs
 * there may be). COPSE_ERR_FORMAT on anything damaged: no text can make a later call read out of bounds. */
COPSE_MUST_CHECK COPSE_API copse_status copse_encoder_parse(copse_context *ctx, const char *text,
                                                            size_t length, const char *place,
                                                            const char *const *names, uint32_t n_names,
                                                            copse_encoder **out, copse_error *err);

/* copse_dataset_from_table with an encoder: fits one, as copse_encoder_fit, and makes a finished data set of
 * the table's columns, those replaced as constants, and behind them the derived ones with the training rows'
 * own values. Its schema holds the encoder, and takes tables of the inputs: copse_dataset_from_table and
 * copse_dataset_push with it encode validation rows as prediction does. A model trained on it holds the
 * encoder as well. Where nothing is derived it is a plain data set. No field is set. start (or NULL): the
 * encoder of a model that is to be continued. On the very rows that made it training goes on with the bits of
 * an uninterrupted run; other rows are encoded by it as prediction does (they must not be among those it
 * learned from). */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_encoded(copse_context *ctx, const copse_table *table,
                                                              const char *const *names,
                                                              const bool *categorical, const float *label,
                                                              const float *weight, const copse_params *params,
                                                              copse_encoder *start, copse_dataset **out,
                                                              copse_error *err);

/* Where the bytes of a data set go, in order; where they come from, at any offset and from several threads at
 * once. Both return the status of the call that uses them, with err set when it is not COPSE_OK. */
typedef copse_status (*copse_write_fn)(void *user, const void *bytes, size_t length, copse_error *err);
typedef copse_status (*copse_read_fn)(void *user, uint64_t offset, void *out, size_t length,
                                      copse_error *err);
/* Schema, bins and fields of a finished data set, in a form for this version and byte order alone. One with
 * an encoder or made with linear_tree=true is refused with COPSE_ERR_UNSUPPORTED. */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_write(const copse_dataset *dataset,
                                                            copse_write_fn write, void *user,
                                                            copse_error *err);
/* The data set that was written, finished; models trained on it have the same bits. `length` bytes can be
 * read. Every part is compared with its fingerprint and every count checked: damaged, cut and foreign bytes
 * are COPSE_ERR_FORMAT, those of another version or byte order COPSE_ERR_UNSUPPORTED. place names the bytes
 * in messages. schema (validation data) or NULL: that schema must have made the bins (else COPSE_ERR_DATA),
 * and becomes the data set's; not one made with linear_tree=true (COPSE_ERR_UNSUPPORTED). */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_read(copse_context *ctx, const char *place,
                                                           copse_read_fn read, void *user, uint64_t length,
                                                           int n_threads, copse_schema *schema /* or NULL */,
                                                           copse_dataset **out, copse_error *err);
/* Gives back what was handed over with `user`. */
typedef void (*copse_release_fn)(void *user);
/* The same of bytes that lie in memory, as a mapped file does: bins are used in place where no feature shares
 * their cells, which spares a copy of them. bytes [length] must neither change nor go until the data set
 * calls release(user): when its last owner frees it; not after a failure. At an address that is no multiple
 * of 64 they are copied. Bytes that change all the same can change models, but lead no call out of bounds. */
COPSE_MUST_CHECK COPSE_API copse_status copse_dataset_map(copse_context *ctx, const char *place,
                                                          const void *bytes, uint64_t length,
                                                          copse_release_fn release /* or NULL */, void *user,
                                                          int n_threads, copse_schema *schema /* or NULL */,
                                                          copse_dataset **out, copse_error *err);
/* The data set's own reference, not counted for the caller: copse_schema_ref to keep it longer. */
COPSE_API copse_schema *copse_dataset_schema(const copse_dataset *dataset);

/* ------------------------------------------------------------------------------------------------------
 * Model
 * ---------------------------------------------------------------------------------------------------- */

/* Trees and what predicts. Counted; everything but the label index and the blobs is immutable, so that it may
 * be read from any thread. */
typedef struct copse_model copse_model;

/* Reads LightGBM's text model, version 4 (also CRLF, also without tree_sizes). text need not end with NUL;
 * place names it in messages ("model.txt"). Every index and count is checked: no text can make a later call
 * read out of bounds. */
COPSE_MUST_CHECK COPSE_API copse_status copse_model_parse(copse_context *ctx, const char *text, size_t length,
                                                          const char *place, copse_model **out,
                                                          copse_error *err);
/* Appends the text of rounds [start, start + count) (count <= 0: to the end) in LightGBM's format, version 4.
 * LightGBM loads it and predicts the same bits; so does copse_model_parse. A model of an objective that
 * LightGBM has not (quantiles, expectile, focal, cox, aft) it refuses by that name; that of multi_regression
 * is written as "regression num_class:K", which LightGBM reads and predicts K outputs of. The caller releases
 * out. */
COPSE_MUST_CHECK COPSE_API copse_status copse_model_write(const copse_model *model, int start, int count,
                                                          copse_text *out, copse_error *err);
COPSE_API copse_model *copse_model_ref(copse_model *model);
COPSE_API void copse_model_free(copse_model *model);

/* Features of its trees, used or not; a name is UTF-8. Those of the table it predicts come first, those that
 * an encoder derives last. */
COPSE_API uint32_t copse_model_n_features(const copse_model *model);
/* Columns of a table or row to be predicted: all features, but for the derived ones. */
COPSE_API uint32_t copse_model_n_inputs(const copse_model *model);
/* How it encodes categories: its own reference, not counted for the caller; NULL: natively. */
COPSE_API copse_encoder *copse_model_encoder(const copse_model *model);
COPSE_API const char *copse_model_feature_name(const copse_model *model, uint32_t feature);
/* False where the model's file carries only the default names Column_0 ... */
COPSE_API bool copse_model_has_names(const copse_model *model);
/* Whether any tree splits on the feature. */
COPSE_API bool copse_model_uses_feature(const copse_model *model, uint32_t feature);
/* Categorical feature: returns the number of category codes known to the model, and writes them to out (NULL:
 * count only); numeric: returns 0. */
COPSE_API uint32_t copse_model_categories(const copse_model *model, uint32_t feature, int32_t *out);
/* Trees = rounds * outputs. */
COPSE_API int copse_model_n_trees(const copse_model *model);
COPSE_API int copse_model_n_rounds(const copse_model *model);
COPSE_API int copse_model_n_outputs(const copse_model *model);         /* values per row of a prediction */
COPSE_API const char *copse_model_objective(const copse_model *model); /* LightGBM's text, "" for custom */
/* Raw column index of the label in the training file, as LightGBM's label_index. */
COPSE_API int copse_model_label_index(const copse_model *model);
COPSE_API void copse_model_set_label_index(copse_model *model, int index);
/* The effective configuration as "key=value" lines; what cannot change the model is left out. */
COPSE_API const char *copse_model_config(const copse_model *model);
/* 64-bit hash of trees and everything that predicts, not of paths, threads, clocks or blobs. FNV-1a (Fowler,
 * Noll, Vo 1991) with MurmurHash3's finaliser. */
COPSE_API uint64_t copse_model_fingerprint(const copse_model *model);
/* out [n_features]: number of splits, or sum of gains, over splits with positive gain. */
COPSE_API void copse_model_importance(const copse_model *model, bool gain, double *out);

/* A tree's node as data, for display and tests. node >= 0: inner; leaves are ~leaf. The value of a leaf with
 * a linear model is what it predicts where one of the model's values is missing. */
typedef struct copse_node {
  int feature;      /* -1 for a leaf */
  double threshold; /* inner numeric */
  bool categorical, default_left;
  int missing; /* 0 none, 1 zero, 2 NaN */
  int left, right;
  double gain, value, weight;
  int64_t count;
  const uint32_t *categories; /* bit set of the categories that go left; borrowed */
  uint32_t n_category_words;
} copse_node;
COPSE_API int copse_model_tree_n_leaves(const copse_model *model, int tree);
/* Inner nodes: 0 .. n_leaves - 2, leaves: ~0 .. ~(n_leaves - 1); another node: false, out untouched. */
COPSE_API bool copse_model_tree_node(const copse_model *model, int tree, int node, copse_node *out);

/* Whether a model keeps to the constraints that its file states. */
typedef enum copse_verdict {
  COPSE_PROVED = 0,   /* for every row there can be */
  COPSE_REFUTED = 1,  /* there are rows that break it */
  COPSE_UNDECIDED = 2 /* neither was found within the steps granted */
} copse_verdict;
typedef struct copse_verification {
  bool interaction; /* false: feature is to be monotone. true: features of no common group are not to meet */
  uint32_t feature; /* monotone: the feature. interaction, not proved: one of those that meet on a path */
  uint32_t other;   /* interaction, not proved: another one; UINT32_MAX: feature is in no group at all */
  int sign;         /* monotone: 1 raw scores never fall as the feature grows, -1 never rise; else 0 */
  copse_verdict verdict;
  /* Refuted: raw scores of `output` for n_rows rows, rows [n_rows * n_features] row-major. Monotone: two rows
   * that differ in the feature alone, the smaller value first. Interaction: 2 rows, alike but for the feature
   * in no group, with different scores; or 4, (a, b), (A, b), (a, B), (A, B) in the two features, where what
   * A instead of a adds to the score depends on b. */
  int output, n_rows;
  const double *rows, *scores;
} copse_verification;
/* result and what it points to live during the call. */
typedef void (*copse_verify_fn)(void *user, const copse_verification *result);
/* Calls on_result for each feature with a monotone constraint, in their order, then once for the interaction
 * constraints where there are some (of the configuration, else of LightGBM's parameters). Monotone in a
 * feature is meant between values that are not missing, everything else alike, of the raw score of each
 * output. Proof: every tree keeps the order between every two leaves that may differ in the feature alone,
 * and then so does the sum, rounding included; every path stays within a group. Else rows that break it are
 * searched for, at the thresholds of the model. max_steps: nodes looked at per constraint, 0 for 200 million;
 * the result is a function of model and max_steps. Linear leaves are never proved. */
COPSE_MUST_CHECK COPSE_API copse_status copse_model_verify(const copse_model *model, uint64_t max_steps,
                                                           copse_verify_fn on_result, void *user,
                                                           copse_error *err);

/* Named blobs travel with the model (percent-encoded header lines in its file). Their meaning is the
 * caller's. key: letters, digits, '_'. data is any bytes. set with NULL removes. get: borrowed, NULL when
 * absent. */
COPSE_MUST_CHECK COPSE_API copse_status copse_model_set_blob(copse_model *model, const char *key,
                                                             const void *data, size_t length,
                                                             copse_error *err);
COPSE_API const void *copse_model_blob(const copse_model *model, const char *key, size_t *length);

/* ------------------------------------------------------------------------------------------------------
 * Booster: training as a state machine
 * ---------------------------------------------------------------------------------------------------- */

/* One thread at a time, const calls aside; a step starts threads of its own, at most params' num_threads. */
typedef struct copse_booster copse_booster;

/* train must be finished and have a label (not with objective=custom). Objective, metrics and tree settings
 * come from params, which are copied; the booster holds counted references to its data sets. A training set
 * that is the booster's alone, because the caller has freed it before the first step, is laid out anew for
 * training where it lies; otherwise the booster makes a copy, as large as the bins.
 * objective=multi_regression has an output for each label that a row of train has, and validation sets must
 * have as many; with other objectives a row has one label (custom without metrics: any number). */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_create(copse_context *ctx, copse_dataset *train,
                                                             const copse_params *params, copse_booster **out,
                                                             copse_error *err);
COPSE_API void copse_booster_free(copse_booster *booster);
/* At any round: the trees there are are scored on it. The data set must be finished and share the training
 * schema. It becomes set n_sets - 1; name is copied. */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_add_valid(copse_booster *booster, copse_dataset *valid,
                                                                const char *name, copse_error *err);
/* Before the first round: the booster goes on from a model with the same features, outputs and encoder; its
 * rounds count on, and the models taken begin with its trees. Parameters may differ from those the model was
 * trained with. No score is boosted from the average then. boosting=dart drops the model's trees too where it
 * was trained with dart by Copse, else it leaves them as they are; a random forest goes on with boosting=rf
 * and with nothing else (COPSE_ERR_UNSUPPORTED). *scored: true when every threshold of the model is a cut
 * point of the training schema (the same data as before): its trees are scored on the bins, and training goes
 * on with the very bits of an uninterrupted run (boosting=dart: while scores stay below 2^16 times the
 * largest leaf of the first tree, within which its sums are exact). False: the caller gives the model's raw
 * predictions as COPSE_INIT_SCORE to every data set before it is attached. A model with linear leaves asks
 * for a booster with linear_tree=true (else COPSE_ERR_UNSUPPORTED). */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_continue(copse_booster *booster, copse_model *model,
                                                               bool *scored, copse_error *err);
/* Before the first round: a copy of a model with new leaf values, from the booster's training rows; splits,
 * node values, counts, weights and gains stay the old ones (so do SHAP values' path weights). Trees in order:
 * gradients at the scores of the refitted trees before (from 0, or the init scores; no average), then every
 * leaf that a row reaches becomes
 *   refit_decay_rate * old + (1 - refit_decay_rate) * shrinkage of the tree * best,
 * best being the leaf's Newton step with lambda_l1, lambda_l2 and max_delta_step, or the percentile of
 * residuals for objectives whose leaves are percentiles (regression_l1, quantile). Leaves that no row reaches
 * keep their value. In a linear leaf terms stay, and its constant and coefficients become such mixtures with
 * the ridge regression (linear_lambda) of the rows that miss none of the terms' values; where there are no
 * more such rows than terms, with the best value and coefficients of 0. The booster need not be made with
 * linear_tree. Trees of a random forest are refitted each at the starting score. Where the model states
 * monotone constraints the best values are brought into their order, and so the refitted model keeps it (not
 * with compat=lightgbm). Other parameters of trees do not act. table: the raw values of the booster's
 * training rows, in their order, the model's inputs in its order as columns, any layout; read during the
 * call; an encoder encodes them as prediction does. The booster must be made with the model's objective (its
 * parameters too) and number of outputs, and is as before afterwards. *out is the caller's to free; what
 * training with boosting=dart needs to go on is not in it, so its trees are never dropped again. Refused:
 * objective=custom, linear leaves with an objective of percentiles or monotone constraints
 * (COPSE_ERR_UNSUPPORTED), other features, objective or number of
 * rows (COPSE_ERR_DATA), a booster that has begun (COPSE_ERR_STATE). The result does not depend on threads.
 * Source: LightGBM's task=refit, without its quirks. */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_refit(copse_booster *booster, copse_model *model,
                                                            const copse_table *table, copse_model **out,
                                                            copse_error *err);
/* Changes a parameter between rounds: objective, tree settings, learning_rate, sampling, threads. key and
 * value as in copse_params_set. Refused with COPSE_ERR_STATE and the reason: what the data set, the number of
 * outputs or the metrics were made from, and what copse_train alone reads when it starts (num_iterations,
 * early stopping, time_limit, metric_freq). After a failure everything is as before. */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_set_param(copse_booster *booster, const char *key,
                                                                const char *value, copse_error *err);
/* One round: one tree per output on the objective's gradients (Friedman 2001). *finished (may be NULL): no
 * tree could be split, nothing was added (except a constant first tree); later steps do nothing until a
 * parameter changes or a round is rolled back. After a failure the round has not been. */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_step(copse_booster *booster, bool *finished,
                                                           copse_error *err);
/* One round with the caller's gradients and hessians, float [n_rows * outputs], output-major, finite, hessian
 * >= 0. The objective only transforms predictions then; no score is boosted from the average. Refused
 * (COPSE_ERR_STATE) where the objective's hessian is constant, as the default regression's without weights:
 * make the booster with objective=custom. boosting=rf and dart, whose gradients are those of other scores
 * than the caller sees, refuse it too (COPSE_ERR_UNSUPPORTED). */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_step_custom(copse_booster *booster,
                                                                  const float *gradient, const float *hessian,
                                                                  bool *finished, copse_error *err);
/* Removes the newest round; scores of all data sets return to the very bits they had before it. */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_rollback(copse_booster *booster, copse_error *err);
COPSE_API int copse_booster_round(const copse_booster *booster); /* rounds in the model now */
/* Sets: 0 = "training", 1 .. = validation sets in the order they were added. */
COPSE_API int copse_booster_n_sets(const copse_booster *booster);
COPSE_API const char *copse_booster_set_name(const copse_booster *booster, int set);
/* Metrics of params, in their order, then those added; the same for every set. Names as LightGBM prints them.
 */
COPSE_API int copse_booster_n_metrics(const copse_booster *booster);
COPSE_API const char *copse_booster_metric_name(const copse_booster *booster, int metric);
COPSE_API bool copse_booster_metric_higher_is_better(const copse_booster *booster, int metric);
/* What a metric of the caller's own looks at: a set of a booster as it is now. The pointers are borrowed,
 * they live during the call. */
typedef struct copse_metric_input {
  int set;              /* 0 = training, 1 .. = validation sets */
  const double *scores; /* raw, [n_rows * n_outputs], output-major, init scores included */
  const float *label;   /* [n_rows * n_labels], output-major as COPSE_LABEL */
  const float *weight;  /* [n_rows] >= 0, or NULL: every row weighs 1 */
  uint64_t n_rows;
  int n_outputs;
  int n_labels; /* of a row: 1, or with several labels as many as were set */
} copse_metric_input;
/* Writes one number to *value. It is called from the thread that called copse_booster_eval or copse_train,
 * for one set after the other, and must not change the booster. NaN counts as no improvement in early
 * stopping. A status other than COPSE_OK ends that call with it and with what was written to err->message. */
typedef copse_status (*copse_metric_fn)(void *user, const copse_metric_input *input, double *value,
                                        copse_error *err);
/* One more metric, behind those of params and those added before: evaluated, reported and watched by early
 * stopping as they are (metric=none: it alone). name is copied, not empty and not that of another metric of
 * this booster; user is handed on. Not from within copse_train (COPSE_ERR_STATE). */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_add_metric(copse_booster *booster, const char *name,
                                                                 bool higher_is_better,
                                                                 copse_metric_fn metric, void *user,
                                                                 copse_error *err);
/* The metrics of a set's scores as they are now: out [n_metrics]. A set out of range or without a label is an
 * error. */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_eval(copse_booster *booster, int set, double *out,
                                                           copse_error *err);
/* The same of one of several labels and its output (objective=multi_regression), from 0, as the value of all
 * is that of the label with the largest scale; metrics of the caller's own are NaN. */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_eval_label(copse_booster *booster, int set, int label,
                                                                 double *out, copse_error *err);
/* Raw scores of a set, [n_rows * outputs] output-major, init scores included; valid until the next call that
 * changes the booster. *count (may be NULL) gets their number. Those of the training set may have to be
 * brought into the order of its rows first: one thread at a time. */
COPSE_API const double *copse_booster_scores(copse_booster *booster, int set, uint64_t *count);
/* A model of its own, a snapshot of the first `n_rounds` rounds (<= 0: all); the booster may go on. */
COPSE_MUST_CHECK COPSE_API copse_status copse_booster_model(copse_booster *booster, int n_rounds,
                                                            copse_model **out, copse_error *err);
/* Name of phase 0, 1 .., NULL after the last; *seconds (may be NULL) gets the wall-clock time spent in it so
 * far. For the end-of-run summary. */
COPSE_API const char *copse_booster_phase(const copse_booster *booster, int phase, double *seconds);

/* The convenience loop over the booster: rounds up to num_iterations, evaluation every metric_freq rounds,
 * early_stopping_round, the wall-clock limit, cancellation (what was trained so far is returned). */
typedef enum copse_stop_reason {
  COPSE_STOP_ROUNDS = 0, /* num_iterations done */
  COPSE_STOP_EARLY = 1,  /* a validation metric stalled */
  COPSE_STOP_NO_SPLIT = 2,
  COPSE_STOP_TIME = 3, /* the wall-clock limit, at a round's end */
  COPSE_STOP_CANCELLED = 4
} copse_stop_reason;

typedef struct copse_train_event {
  int round, n_rounds; /* round just finished (from 1), rounds asked for */
  double elapsed_s;    /* wall clock since copse_train began, as everywhere below */
  bool evaluated; /* values are set this round: every metric_freq rounds, every round with early stopping */
  int n_sets, n_metrics;
  const double *values; /* [n_sets * n_metrics], row = set; NaN where a set was not evaluated */
} copse_train_event;
/* Called after every round from the thread that called copse_train; event lives during the call. It may look
 * at the booster and change its parameters, but not step it. */
typedef void (*copse_train_fn)(void *user, copse_booster *booster, const copse_train_event *event);

typedef struct copse_train_report {
  copse_stop_reason reason;
  int rounds_trained, best_round; /* best_round = rounds the model keeps */
  double elapsed_s;
  char stopped_by[128]; /* "valid_1 auc" when COPSE_STOP_EARLY */
} copse_train_report;

/* on_round and report may be NULL; user is handed on. early_stopping_round without any metric is refused.
 * *out: the model of the best round after early stopping, else of all rounds; the caller frees it. */
COPSE_MUST_CHECK COPSE_API copse_status copse_train(copse_booster *booster, const copse_params *params,
                                                    copse_train_fn on_round, void *user, copse_model **out,
                                                    copse_train_report *report, copse_error *err);

/* ------------------------------------------------------------------------------------------------------
 * Prediction
 * ---------------------------------------------------------------------------------------------------- */

/* Immutable: any number of threads may use one at once. */
typedef struct copse_predictor copse_predictor;

typedef enum copse_predict_kind {
  COPSE_PREDICT_VALUE = 0, /* probability or value, as the objective has it: one per output */
  COPSE_PREDICT_RAW = 1,   /* sum of leaf values, of a random forest their average: one per output */
  COPSE_PREDICT_LEAF = 2,  /* leaf index of every tree */
  COPSE_PREDICT_SUM = 3    /* as _RAW, but of a random forest the sum too: LightGBM's raw score */
} copse_predict_kind;

/* Rounds [start_round, start_round + n_rounds); n_rounds <= 0: to the end. Holds a counted reference to the
 * model as it is now. */
COPSE_MUST_CHECK COPSE_API copse_status copse_predictor_create(copse_context *ctx, copse_model *model,
                                                               copse_predict_kind kind, int start_round,
                                                               int n_rounds, copse_predictor **out,
                                                               copse_error *err);
COPSE_API void copse_predictor_free(copse_predictor *predictor);
/* Values per row: outputs, or trees for COPSE_PREDICT_LEAF. */
COPSE_API uint32_t copse_predictor_width(const copse_predictor *predictor);
/* table: columns are the model's inputs in the model's order, any layout. out [table->n_rows * width],
 * row-major. n_threads as in copse_parallel_for. After a failure out is unspecified. */
COPSE_MUST_CHECK COPSE_API copse_status copse_predictor_run(const copse_predictor *predictor,
                                                            const copse_table *table, int n_threads,
                                                            double *out, copse_error *err);
/* The rows of a finished data set from their bins: out [n_rows * width], row-major; the bits of
 * copse_predictor_run on the rows that were binned. n_threads likewise; after a failure out is unspecified.
 * The data set must have the model's features, and the thresholds and categories of the predictor's trees
 * must be those of its bins: the one that was trained on, one of its schema, a subset of such, or one read
 * again. Else COPSE_ERR_DATA names what differs; COPSE_ERR_STATE: not finished; COPSE_ERR_UNSUPPORTED: linear
 * leaves, which need values. Init scores of the data set do not count, as in every prediction. Features that
 * an encoder derives are taken as the data set has them: on the rows that it was fitted on their own
 * statistics, from which training scores them too. What bins do not tell counts as in training: with
 * zero_as_missing=true a number in the bin of 0 (one beyond all that bins were found on) is missing; where a
 * model file of an old LightGBM says 1e300 for infinity, a number above counts as 1e300. */
COPSE_MUST_CHECK COPSE_API copse_status copse_predictor_run_dataset(const copse_predictor *predictor,
                                                                    const copse_dataset *dataset,
                                                                    int n_threads, double *out,
                                                                    copse_error *err);
/* One row: features [n_inputs] as double (missing: NaN), out [width]; the bits of copse_predictor_run.
 * Re-entrant: takes no lock, starts no thread, allocates nothing. */
COPSE_API void copse_predictor_row(const copse_predictor *predictor, const double *features, double *out);

/* Metrics of given raw scores (output-major [n_rows * outputs]); label [n_rows], of a model of several labels
 * per row [n_rows * outputs] as COPSE_LABEL. Names from params "metric", else the objective's own. values and
 * names have room for `capacity`; *n_out gets the number of metrics. names live as long as params stays
 * unchanged. */
COPSE_MUST_CHECK COPSE_API copse_status copse_evaluate(const copse_model *model, const copse_params *params,
                                                       const double *scores, const float *label,
                                                       const float *weight /* or NULL */, uint64_t n_rows,
                                                       size_t capacity, double *values, const char **names,
                                                       size_t *n_out, copse_error *err);

/* The same, also for metrics of ranking: group [n_groups] as COPSE_GROUP, or NULL. A metric of ranking counts
 * as many values as params "eval_at" has ranks. */
COPSE_MUST_CHECK COPSE_API copse_status copse_evaluate_queries(
    const copse_model *model, const copse_params *params, const double *scores, const float *label,
    const float *weight /* or NULL */, const int32_t *group, uint64_t n_groups, uint64_t n_rows,
    size_t capacity, double *values, const char **names, size_t *n_out, copse_error *err);

/* As copse_evaluate, of one of the model's several labels and its output, from 0; scores and label are all.
 */
COPSE_MUST_CHECK COPSE_API copse_status
copse_evaluate_label(const copse_model *model, const copse_params *params, const double *scores,
                     const float *label, const float *weight /* or NULL */, uint64_t n_rows, int index,
                     size_t capacity, double *values, const char **names, size_t *n_out, copse_error *err);

/* Classes that the model's predictions tell apart: 2 for objective=binary and focal, one per output for
 * multiclass and multiclassova, else 0. */
COPSE_API int copse_model_n_classes(const copse_model *model);
/* Confusion matrix of raw scores, weighted by row weight: out [n * n], out[actual * n + predicted]. A model
 * with one output has n = 2 classes: label > 0, and predicted positive iff prediction > threshold. Otherwise
 * there is one class per output, and the largest score (the first of equal ones) is the prediction. */
COPSE_MUST_CHECK COPSE_API copse_status copse_confusion(const copse_model *model, const double *scores,
                                                        const float *label, const float *weight /* or NULL */,
                                                        uint64_t n_rows, double threshold, double *out,
                                                        copse_error *err);

#ifdef __cplusplus
}
#endif
#endif
