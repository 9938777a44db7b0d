/* kernels.h - the inner loops as a table of slots. Plain arrays in, plain arrays out.
 *
 * kernels_scalar.c fills every slot and is the specification; a CPU tier overlays the slots it does better
 * and must give the same bits: same operations in the same order, multiply then add, never FMA.
 *
 * Fixed point. A row adds a pair: its gradient, an int64 under a power-of-two scale; its second int64 holds
 * the hessian, shifted up by count_bits, with 1 in the low bits: HIST_COUNT_BITS of count ride along, so at
 * most HIST_SPILL_ROWS rows may be summed before the cells are spilled into the 64-bit planes of a histogram.
 * With count_bits = 0 there is no count and no limit. Integer sums are associative: a histogram does not
 * depend on order, blocks or threads. */
#ifndef COPSE_KERNELS_KERNELS_H
#define COPSE_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/bits.h"
#include "kernels/buckets.h"
#include "kernels/reach.h"

enum { HIST_COUNT_BITS = 16, HIST_SPILL_ROWS = 1 << 15, HIST_HESSIAN_BITS = 32, HIST_MOST_SOURCES = 4 };

/* Rows that are added at once. A row of the next tile is fetched after HIST_MOST_BETWEEN rows that are added,
 * or fewer; walks of fewer than HIST_FEWEST_SPREAD columns, or of more than HIST_MOST_SPREAD, fetch one with
 * each row. */
enum { HIST_TILE_ROWS = 768, HIST_MOST_BETWEEN = 3, HIST_FEWEST_SPREAD = 4, HIST_MOST_SPREAD = 16 };

/* Cells from one column's first to the next one's where bins are bytes: a constant, which is part of an
 * instruction. No multiple of 256, see data/binned.h. */
enum { HIST_STRIDE = 264 };

/* Packed form (quantised training), one integer: a row's is gradient 2^16 + hessian, gradients within +-
 * HIST_PACKED_GRADIENT, hessians within 0 .. HIST_PACKED_HESSIAN; a cell's is gradient 2^32 + hessian, with
 * room for HIST_PACKED_ROWS rows of these, and for more of fewer levels. */
enum { HIST_PACKED_GRADIENT = 32767, HIST_PACKED_HESSIAN = 65534, HIST_PACKED_ROWS = 1 << 16 };

/* Rows whose gradients are within +-gradient and whose hessians are within 0 .. hessian, both at least 1. */
static inline uint64_t hist_packed_rows(int64_t gradient, int64_t hessian) {
  const int64_t by_gradient = INT32_MAX / gradient, by_hessian = UINT32_MAX / hessian;
  return (uint64_t)(by_gradient < by_hessian ? by_gradient : by_hessian);
}

static inline int32_t packed_row_of(int32_t gradient, int32_t hessian) { return gradient * 65536 + hessian; }
static inline int32_t packed_hessian(int32_t row) { return row & 0xFFFF; }
static inline int32_t packed_gradient(int32_t row) { return row >> 16; }
/* What the row adds to a cell. */
static inline int64_t packed_cell_of(int32_t row) {
  return (int64_t)packed_gradient(row) * ((int64_t)1 << 32) + packed_hessian(row);
}

/* One row's gradient and hessian, or one histogram cell's sums, in fixed point. */
struct hist_pair {
  int64_t gradient;
  uint64_t hessian;
} __attribute__((aligned(16)));

/* As many columns as fill the L1 cache with their cells, all but an eighth: of 256 bins 7 exact ones of 32
 * kB, 11 of 48 kB, where 7 take 5 % longer. Cells of several sources may be more than fit: they come from the
 * L2 cache in time, and a row soon after another has fewer of its cells to wait for where it has more of them
 * (48 kB: two sources' 10 columns 0.70 ns an update, 5 columns 0.87; four sources' 10 0.93, 5 1.03, 2
 * 1.35). */
static inline uint32_t hist_columns_a_walk(uint32_t n_bins, size_t cell_bytes, uint32_t most) {
  const size_t column = n_bins * cell_bytes, eighth = cpu_l1_bytes() / 8;
  const size_t room = cell_bytes > sizeof(struct hist_pair) ? 28 * eighth : 7 * eighth;
  const size_t fit = (room + column / 2) / column;
  return fit > most ? most : fit > 0 ? (uint32_t)fit : 1;
}

struct row_gradient {
  float gradient, hessian;
};

/* What the rows of a histogram add, before it becomes pairs (slot quantize). */
struct hist_source {
  const struct row_gradient *rows; /* by row; NULL: every row adds {0, 1}, a count */
  double gradient_scale, hessian_scale;
  unsigned count_bits;
  bool small_gradients; /* all below 2^51 once they are scaled */
};

/* A histogram, or part of one: a plane for each number of a cell. */
struct hist_planes {
  int64_t *gradient, *hessian;
  uint32_t *count; /* NULL unless counts are carried */
};

/* Where accumulator cells are spilled. Packed ones also go as they are to where planes and parent have no
 * hessian: there gradient is packed cells too. */
struct hist_target {
  struct hist_planes
      planes; /* of the leaf whose rows were summed; gradient NULL: not kept, there is a parent */
  struct hist_planes parent; /* of its parent, which becomes the sibling's; gradient NULL: none */
  bool first;                /* planes hold nothing yet: they are written, not added to */
};

/* A difference that has room, of numbers that may have lost what is above their 64 bits: cells of a parent's
 * planes before the child is taken off. */
static inline int64_t hist_less(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }

/* A row-major block of bins, see data/binned.h. */
struct hist_block {
  const uint8_t *rows;
  uint32_t row_bytes, cell_bytes, n_columns;
  uint32_t n_bins;         /* of a column, about; at least 1 */
  const uint32_t *offsets; /* [n_columns] first cell of each column; of one-byte bins HIST_STRIDE apart */
  uint64_t n_behind; /* rows behind those added that will probably be added next: fetched ahead, no more */
};

/* How many rows a histogram cell stands for. */
enum count_kind {
  COUNT_FIELD,    /* a plane of exact counts */
  COUNT_SHIFT,    /* constant hessian: the hessian itself, shifted down */
  COUNT_ESTIMATE, /* LightGBM's estimate: hessian share of the leaf, rounded cell by cell */
  COUNT_SHARE     /* hessian share of a whole side, rounded once: LightGBM's with quantised gradients */
};

/* Regularisation as the scan needs it. */
struct scan_rules {
  double lambda_l1, lambda_l2, max_delta_step, path_smooth;
  double min_sum_hessian;
  int64_t min_data;
};

/* What a leaf's outputs must keep to (monotone constraints, algorithms 4.14). Candidate "bins <= t left": the
 * left output lies within the limits of bins 0..t, the right one within those of the bins above, both within
 * [lower, upper]; a side that the missing bin belongs to within its limits too. */
struct scan_bounds {
  int sign; /* 1: the right output is not below the left one; -1: not above it; 0: free */
  double lower, upper;
  /* [n_bins] largest lower and least upper limit of bins 0..t, and of bins t + 1 .. ; NULL: none */
  const double *left_lower, *left_upper, *right_lower, *right_upper;
  double missing_lower, missing_upper;
  /* LightGBM's quirk (algorithms 10.23): with missing bins the forward scan keeps its left side to the limits
   * of the first bin alone, its right side to those of all bins, all_lower and all_upper. */
  bool forward_stays;
  double all_lower, all_upper;
};

/* One numeric feature of one leaf. Planes point at the feature's bin 0. All bins together are the leaf: their
 * sums are the totals, their counts (but for estimates) its rows. */
struct scan_input {
  const int64_t *gradient;
  const int64_t *hessian;
  const uint32_t *count; /* COUNT_FIELD only */
  uint32_t n_bins;
  enum count_kind count_kind;
  unsigned count_shift;                  /* COUNT_SHIFT: count = hessian >> count_shift */
  double gradient_unit, hessian_unit;    /* value of one fixed-point step */
  int64_t total_gradient, total_hessian; /* of the leaf */
  int64_t most_gradient; /* no sum of gradients of the leaf's rows is larger in magnitude; 0: not known */
  int64_t n_rows;        /* of the leaf, exact */
  double parent_output;  /* for path smoothing */
  double min_gain_shift; /* a candidate counts only when its two gains together exceed this */
  int missing;           /* enum missing_type */
  uint32_t default_bin;
  uint32_t only_threshold; /* extra trees: the one threshold that counts; UINT32_MAX: all do */
  /* The forward scan counts bin 0 as the rows less the estimates of all other bins: LightGBM does not store
   * the cell of a most frequent bin 0 (algorithms 4.6, type NaN). */
  bool bin0_is_rest;
  /* LightGBM's defect (algorithms 10.9): the forward scan leaves bin 0 out of the left sums. */
  bool skip_bin0;
  const struct scan_bounds *bounds; /* NULL: none, as nearly always; the scalar slot alone knows them */
  const struct scan_steps *steps;   /* of the leaf (scan_steps.h); NULL: the slot makes its own */
};

struct scan_result {
  double gain;        /* gain left + gain right, or -inf */
  uint32_t threshold; /* left = bins <= threshold */
  bool default_left;
  bool splittable;                                 /* some candidate passed every test */
  int64_t left_gradient, left_hessian, left_count; /* count: as count_kind has it */
};

/* Which rows of a leaf go left. */
struct split_rule {
  const void *cells; /* feature-major bins; 64 bytes behind the last row's are readable */
  uint32_t cell_bytes;
  bool categorical;
  uint32_t threshold;   /* numeric: left iff bin <= threshold ... */
  uint32_t missing_bin; /* ... but this bin goes the default way; UINT32_MAX: none */
  bool default_left;
  const uint32_t *bits; /* categorical: bit set over bins [n_words] */
  uint32_t n_words;
};

/* Where rows of a bin go, or of a cell that the rule is over. */
static inline bool rule_goes_left(const struct split_rule *rule, uint32_t bin) {
  if (rule->categorical) return bin / 32 < rule->n_words && (rule->bits[bin / 32] >> (bin % 32) & 1) != 0;
  return bin == rule->missing_bin ? rule->default_left : bin <= rule->threshold;
}

/* Rows whose gradients are asked for. weight may be NULL: all 1. */
struct gradient_rows {
  const double *score;
  const float *label, *weight;
  uint64_t n;
  float *gradient, *hessian;
};

/* The same for one class of a softmax, whose exponentials and their sums are known. */
struct softmax_rows {
  const double *exps, *sum;
  const float *label, *weight;
  float class;   /* label of the class */
  double factor; /* K / (K - 1) */
  uint64_t n;
  float *gradient, *hessian;
};

/* Rounding of gradients to levels (algorithms 8.2): trunc(|g| / step + u) with the sign of g, u = 1/2 or
 * uniform in [0, 1), a hash of the key and the row's number. */
struct pack_rule {
  double gradient_step, hessian_step;     /* value of one level */
  double gradient_levels, hessian_levels; /* largest magnitudes, at most those of the packed form */
  bool stochastic;
  bool constant_hessian; /* every hessian is one level */
  uint32_t gradient_key, hessian_key;
  uint32_t first_row;          /* numbers of the rows: first_row, first_row + 1 ... */
  const uint32_t *row_numbers; /* ... or [n] these; NULL: those */
};

/* A row of a query (objective=lambdarank) with the n rows ranked behind it: their scores are not above its
 * own. Labels are whole numbers; odds are e^(sigmoid score), divided by whatever suits the range of numbers.
 */
struct rank_pairs {
  double score, gain, discount, label, own_odds;            /* of the row */
  const double *scores, *gains, *discounts, *labels, *odds; /* [n] */
  uint64_t n;
  double sigmoid, inverse_best; /* one over the query's largest DCG */
  bool norm;                    /* a pair weighs less the further apart its scores are */
  double *gradient, *hessian;   /* [n] of the rows behind: added to */
};

/* The same for LightGBM's way, whose logistic function is a table: d goes to the lower edge of its cell. */
enum { RANK_N_CELLS = 1 << 20 };
struct rank_cells {
  double least, per_score;           /* where the first cell begins, and how many to a score of 1 */
  float *gradient, *hessian;         /* [n] of the rows behind: added to */
  float *own_gradient, *own_hessian; /* [n] what each pair adds to those of the row */
  double *pull;                      /* [n] of each pair */
};

/* What numbers are beside those within +-zero, which count as zeros. Begins as NUMBER_RANGE_EMPTY. */
struct number_range {
  uint64_t n;                           /* beyond +-zero */
  double least_negative, most_negative; /* least_negative < 0: there are some */
  double least_positive, most_positive; /* most_positive > 0: there are some */
};
#define NUMBER_RANGE_EMPTY                                       \
  ((struct number_range){.least_negative = __builtin_huge_val(), \
                         .most_negative = -__builtin_huge_val(), \
                         .least_positive = __builtin_huge_val(), \
                         .most_positive = -__builtin_huge_val()})

struct kernels {
  /* Adds rows[begin..end) (rows NULL: the rows begin..end themselves) to cells. */
  void (*hist_update)(const struct hist_block *block, const uint32_t *rows, uint64_t begin, uint64_t end,
                      const struct hist_source *source, struct hist_pair *cells);
  /* Adds the rows begin..end of n_sources sources, 2 or 4; a cell is a pair of each, side by side. */
  void (*hist_update_joint)(const struct hist_block *block, uint64_t begin, uint64_t end,
                            const struct hist_source *sources, int n_sources, struct hist_pair *cells);
  /* Adds cells into the planes, takes them off the parent's and zeroes them, in one pass over all three. The
   * count planes are left alone when count_bits == 0. */
  void (*hist_spill)(struct hist_pair *cells, uint64_t n, unsigned count_bits,
                     const struct hist_target *target);
  /* The same two in packed form; packed is indexed by row. */
  void (*hist_update_packed)(const struct hist_block *block, const uint32_t *rows, uint64_t begin,
                             uint64_t end, const int32_t *packed, int64_t *cells);
  void (*hist_spill_packed)(int64_t *cells, uint64_t n, const struct hist_target *target);
  /* The planes of packed cells. */
  void (*hist_unpack)(const int64_t *cells, uint64_t n, int64_t *gradient, int64_t *hessian);
  /* packed[i] of n rows. */
  void (*pack)(const struct pack_rule *rule, const float *gradient, const float *hessian, uint64_t n,
               int32_t *packed);
  /* parent[i] -= child[i]: the sibling's histogram takes the parent's place. count planes may be NULL. */
  void (*hist_subtract)(int64_t *gradient, int64_t *hessian, uint32_t *count, const int64_t *child_gradient,
                        const int64_t *child_hessian, const uint32_t *child_count, uint64_t n);
  void (*scan_numeric)(const struct scan_input *input, const struct scan_rules *rules,
                       struct scan_result *out);
  /* Rows that go left are kept in order in left (which may be rows itself), the others in right. Returns how
   * many went left. rows: their numbers, or NULL for first, first + 1, ... (else first counts for nothing).
   * Both sides have room for n rows, all of which may be written to. */
  uint64_t (*partition)(const struct split_rule *rule, const uint32_t *rows, uint32_t first, uint64_t n,
                        uint32_t *left, uint32_t *right);
  /* Largest absolute value of n numbers, 0 for none. Infinity counts as larger than every number, and NaN as
   * larger than infinity: a finite result means that all are finite. */
  float (*max_abs)(const float *values, uint64_t n);
  /* pairs[i] = (round(g[i] * gradient_scale), round(h[i] * hessian_scale) << count_bits | (count_bits ? 1 :
   * 0)), rounding half to even; the scales are powers of two. A hessian above 0 never becomes 0 but at least
   * 1: beside much larger ones the steps of its leaf get smaller than they could be, never infinitely large.
   */
  void (*quantize)(const float *gradient, const float *hessian, uint64_t n, double gradient_scale,
                   double hessian_scale, unsigned count_bits, struct hist_pair *pairs);
  /* Squared error: g = float(score - label), h = 1; weighted: g = float(float(score - label) * w), h = w. */
  void (*grad_squared)(const double *score, const float *label, const float *weight, uint64_t n,
                       float *gradient, float *hessian);
  /* Logistic loss: L = +-1 by label > 0, r = -L s / (1 + exp(L s score)); g = r c w, h = |r| (s - |r|) c w
   * with the class weight c = class_weight[label > 0]. */
  void (*grad_logistic)(const double *score, const float *label, const float *weight, uint64_t n,
                        double sigmoid, const double class_weight[2], float *gradient, float *hessian);
  /* Cross entropy with p = 1 / (1 + e^-s): g = (p - y) w, h = p (1 - p) w, written so that nothing overflows
   * and little cancels for large |s|. */
  void (*grad_cross_entropy)(const struct gradient_rows *rows);
  /* g = (e^s - y) w, h = e^s step w. */
  void (*grad_poisson)(const struct gradient_rows *rows, double step);
  /* g = (s - y) cut off at -alpha and alpha, times w; h = w. */
  void (*grad_huber)(const struct gradient_rows *rows, double alpha);
  /* g = (float(s - y) >= 0 ? above : below) w, h = w. */
  void (*grad_quantile)(const struct gradient_rows *rows, float above, float below);
  /* g = sgn(s - y) w, h = w. */
  void (*grad_absolute)(const struct gradient_rows *rows);
  /* With d = s - y: g = c d / (|d| + c) w, h = c^2 / (|d| + c)^2 w. */
  void (*grad_fair)(const struct gradient_rows *rows, double c);
  /* g = sgn(s - y) w / max(1, |y|), the last two factors in float32, h = w. */
  void (*grad_percentage)(const struct gradient_rows *rows);
  /* h = (s > y ? above : below) w, g = h (s - y). */
  void (*grad_expectile)(const struct gradient_rows *rows, double above, double below);
  /* g = (1 - y e^-s) w, h = y e^-s w. */
  void (*grad_gamma)(const struct gradient_rows *rows);
  /* g = (-y e^((1 - power) s) + e^((2 - power) s)) w, h its derivative. */
  void (*grad_tweedie)(const struct gradient_rows *rows, double power);
  /* Cross entropy with the chance 1 - (1 + e^s)^-w: the weight is an exposure, no factor. */
  void (*grad_cross_entropy_lambda)(const struct gradient_rows *rows);
  /* Logistic loss times (1 - p)^gamma, p the chance given to the row's own class; class_weight as in
   * grad_logistic. h is the second derivative or, where that is less, p (1 - p)^(1 + gamma). */
  void (*grad_focal)(const struct gradient_rows *rows, double gamma, const double class_weight[2]);
  /* |label| is a time: something happened then (label > 0, d = 1) or had not yet happened (d = 0). With z =
   * (log |label| - s) / scale and F = 1 / (1 + e^-z): g = (d - (1 + d) F) w / scale, h = (1 + d) F (1 - F) w
   * / scale^2. */
  void (*grad_aft_logistic)(const struct gradient_rows *rows, double scale);
  /* The same with e = e^min(z, 30): g = (d - e) w / scale, h = e w / scale^2. */
  void (*grad_aft_extreme)(const struct gradient_rows *rows, double scale);
  /* out[i] = e^(values[i] - less[i]). */
  void (*exp_differences)(const double *values, const double *less, uint64_t n, double *out);
  /* With p = exps / sum: g = (p - [label = class]) w, h = factor p (1 - p) w. */
  void (*grad_softmax)(const struct softmax_rows *rows);
  /* With side = 1 where the row has the higher label, -1 where it has the lower one, else 0, d = side (score
   * - scores[j]) and p = 1 / (1 + e^(sigmoid d)): delta = side (gain - gains[j]) (discount - discounts[j])
   * inverse_best, over 0.01f + |d| with norm; pull = p sigmoid delta, g = side pull and h = p (1 - p)
   * sigmoid^2 delta. gradient[j] += g, hessian[j] += h; sums: of g, h and pull over all pairs, in four parts,
   * by j modulo 4, the first two and the last two of which are added first. */
  void (*rank_pairs)(const struct rank_pairs *pairs, double sums[3]);
  /* The same with p from LightGBM's table, without odds; float32 as there. pull[j], own_gradient[j] =
   * -float(pull) side and own_hessian[j] = float(h) are left for the caller to add. */
  void (*rank_cells)(const struct rank_pairs *pairs, const struct rank_cells *cells);
  /* First i with value <= upper[i]; upper is ascending with upper[n_upper - 1] = +inf; values hold no NaN. */
  void (*bin_numeric)(const double *upper, uint32_t n_upper, const double *values, uint64_t n,
                      uint16_t *bins);
  /* n rows of n_columns numbers side by side become columns: columns[c * column_stride + i] = rows[i *
   * row_stride + c]. */
  void (*transpose)(const double *rows, size_t row_stride, uint64_t n, uint32_t n_columns, double *columns,
                    size_t column_stride);
  /* The opposite, of bytes: rows[i * row_stride + c] = columns[c][i]. Other bytes of the rows stay. */
  void (*interleave)(const uint8_t *const *columns, uint32_t n_columns, uint64_t n, uint8_t *rows,
                     size_t row_stride);
  /* Adds n numbers to what is known of others. */
  void (*add_range)(const double *values, uint64_t n, double zero, struct number_range *range);
  /* buckets[i] = bucket_of(values[i], rule). Returns enum bucket_facts. */
  find_buckets_fn find_buckets;
  /* The same of n_columns columns of n rows: rows[i * row_stride + c] by rules[c] to buckets[c *
   * column_stride
   * + i]; adds to facts[c]. */
  bucket_rows_fn bucket_rows;
  /* cells[i] = low byte of table[buckets[i]] (cells NULL: that is not asked for); first + i to list where the
   * entry has BUCKET_MARK, ascending. Returns how many. One more entry of the table than there are buckets
   * can be read, and BUCKET_LIST_ROOM of the list written, behind those found. cells may begin where buckets
   * do, or before: a cell is written when its bucket and those before have been read. */
  look_up_fn look_up;
  /* codes[i] = code of values[i], see reach.h. */
  encode_fn encode;
  /* codes[i] = code of row[features[i]] by maps[i]. */
  encode_row_fn encode_row;
  /* cells[i] = cell of codes[i] in the column that begins with code `offset` (below 65536). */
  spread_fn spread;
  /* Cells of a block for a set of codes: 127 where the code is in it, else 126. */
  set_cells_fn set_cells;
  /* Leaf numbers of a block from the program of a tree. masks: as many as the program uses, the first all
   * ones. Every column of cells has REACH_ROWS bytes. */
  reach_fn reach;
  /* scores[i] += values[t][numbers[t][i]], for one t after the other. */
  add_values_fn add_values, add_few_values;
  /* One row through n trees, at most WALK_TREES: the leaf of each. It begins in tops[t]; block b of tree t is
   * blocks[first[t] + b]. wide: columns may be 32 and above. */
  walk_blocks_fn walk_blocks;
  /* Sets of a block's rows (bits.h), from codes [REACH_ROWS] of at most `most`: set c of 0 .. most, at words
   * c * BIT_WORDS, holds the rows whose code is at least c. */
  bits_above_fn bits_above;
  /* The rows whose cell is below the threshold. cells [REACH_ROWS] */
  bits_below_fn bits_below;
  /* Leaf numbers of a block: their lower eight bits, and of a program of more than eight planes the others,
   * in `high` (else not written). masks: bit_mask_words, written before they are read. */
  reach_bits_fn reach_bits;
};

/* The slots of a tier: those it overlays, the others from the tiers below it. NULL when this processor lacks
 * the tier or the build has none. */
const struct kernels *kernels_of_tier(enum cpu_tier tier);
/* The best tier here. */
const struct kernels *kernels_best(void);

/* Each tier writes its own slots over `slots`. */
void kernels_overlay_scalar(struct kernels *slots);
#if defined(__x86_64__)
void kernels_overlay_avx2(struct kernels *slots);
void kernels_overlay_avx512(struct kernels *slots);
void kernels_overlay_avx512_vbmi(struct kernels *slots);
void kernels_overlay_avx512_fp16(struct kernels *slots);
#endif

/* COUNT_SHARE: rows per step of hessian. */
static inline double count_share_factor(int64_t n_rows, int64_t total_hessian) {
  return total_hessian > 0 ? (double)n_rows / (double)total_hessian : 0.0;
}

/* Leaf output and gain formulas (algorithms 4.5), shared by every split search. */
static inline double leaf_threshold_l1(double g, double l1) {
  double magnitude = (g < 0 ? -g : g) - l1;
  if (magnitude < 0) magnitude = 0;
  return g > 0 ? magnitude : (g < 0 ? -magnitude : 0.0);
}

static inline double leaf_output(double g, double h, double n, double parent_output,
                                 const struct scan_rules *rules) {
  double w = -leaf_threshold_l1(g, rules->lambda_l1) / (h + rules->lambda_l2);
  if (rules->max_delta_step > 0 && (w > rules->max_delta_step || w < -rules->max_delta_step))
    w = w > 0 ? rules->max_delta_step : -rules->max_delta_step;
  if (rules->path_smooth > 1.0000000036274937e-15) {
    double share = n / rules->path_smooth;
    w = w * share / (share + 1) + parent_output / (share + 1);
  }
  return w;
}

/* Gain of a side whose output is given. */
static inline double leaf_gain_at(double g, double h, double w, const struct scan_rules *rules) {
  return -(2.0 * leaf_threshold_l1(g, rules->lambda_l1) * w + (h + rules->lambda_l2) * w * w);
}

/* A side's limits. */
struct scan_limits {
  double lower, upper;
};

static inline struct scan_limits scan_limits_of(const struct scan_bounds *bounds, uint32_t threshold,
                                                bool right, bool with_missing) {
  struct scan_limits limits = {bounds->lower, bounds->upper};
  if (bounds->left_lower == NULL) return limits;
  double lower = right ? bounds->right_lower[threshold] : bounds->left_lower[threshold];
  double upper = right ? bounds->right_upper[threshold] : bounds->left_upper[threshold];
  if (bounds->forward_stays && right == with_missing) { /* missing right: the forward scan */
    lower = right ? bounds->all_lower : bounds->left_lower[0];
    upper = right ? bounds->all_upper : bounds->left_upper[0];
  }
  if (lower > limits.lower) limits.lower = lower;
  if (upper < limits.upper) limits.upper = upper;
  if (with_missing && bounds->missing_lower > limits.lower) limits.lower = bounds->missing_lower;
  if (with_missing && bounds->missing_upper < limits.upper) limits.upper = bounds->missing_upper;
  return limits;
}

static inline double scan_clamp(double output, struct scan_limits limits) {
  if (output < limits.lower) return limits.lower;
  return output > limits.upper ? limits.upper : output;
}

static inline bool leaf_rules_plain(const struct scan_rules *rules) {
  return rules->max_delta_step <= 0 && !(rules->path_smooth > 1.0000000036274937e-15);
}

static inline double leaf_gain(double g, double h, double n, double parent_output,
                               const struct scan_rules *rules) {
  if (leaf_rules_plain(rules)) {
    double t = leaf_threshold_l1(g, rules->lambda_l1);
    return t * t / (h + rules->lambda_l2);
  }
  return leaf_gain_at(g, h, leaf_output(g, h, n, parent_output, rules), rules);
}

#endif
