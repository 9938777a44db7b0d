/* coded.h - the trees of a predictor over codes instead of values.
 *
 * A "source" is a feature as nodes see it: by value or by category. Its cut points are those of the model
 * itself, so that nothing is lost: code(value) > place of a node's cut iff value > threshold. What a missing
 * value does at a node depends on the node's missing type and default direction; a source therefore has up to
 * five versions of its codes, in which missing values stand below or above all cuts, and no node needs a case
 * of its own. |v| <= BINS_ZERO counts as 0: cuts within that range are moved to its ends.
 *
 * Categories get numbers; the cells of a categorical node are made before its tree is run, one column per
 * node.
 *
 * A block of rows goes through the trees by bits (kernels/bits.h) while the conditions of all nodes stay in
 * the second-level cache, else by bytes (kernels/reach.h). */
#ifndef COPSE_PREDICT_CODED_H
#define COPSE_PREDICT_CODED_H

#include "model/model.h"
#include "model/reach_program.h"
#include "predict/bit_program.h"

enum code_version {
  CODES_PLAIN, /* NaN counts as 0 */
  CODES_NAN_LEFT,
  CODES_NAN_RIGHT,
  CODES_ZERO_LEFT, /* 0 and NaN are missing */
  CODES_ZERO_RIGHT,
  CODE_VERSIONS
};

enum {
  COLUMN_CUTS = 255,
  MOST_CODES = 65535,
  ROW_TREES = WALK_TREES,
  MOST_CONDITIONS = 12288 /* 384 KB a thread */
};

struct coded_source {
  uint32_t feature;
  bool categorical;
  unsigned versions;                       /* bit set of enum code_version */
  uint32_t first_column[CODE_VERSIONS];    /* of a version's columns */
  uint32_t n_columns;                      /* of each version */
  uint32_t line[CODE_VERSIONS];            /* of a version's codes in a block */
  uint32_t first_condition[CODE_VERSIONS]; /* condition c of 0 .. n_cuts: code >= c */
  struct code_map map;
  int32_t *categories; /* ascending [n_categories]; the code of all others is n_categories */
  uint32_t n_categories;
  uint32_t category_column; /* among the categorical sources */
};

/* A categorical node: the codes that go left. */
struct coded_set {
  uint32_t source;
  uint32_t first_word; /* of coded_trees.words */
};

/* For walking: a node in four bytes, so that a model's nodes stay in the second-level cache. Children stand
 * side by side, `left` nodes further on; a leaf is a node that leads to itself. */
typedef uint32_t walk_node;
enum { WALK_MOST_LEFT = (1 << 14) - 1, WALK_MOST_COLUMN = (1 << 10) - 1 };

static inline walk_node walk_node_of(uint32_t left, uint32_t column, int8_t threshold) {
  return left << 18 | column << 8 | (uint8_t)threshold;
}

/* The node after `at`. stride: distance of columns */
static inline uint32_t walk_step(const walk_node *nodes, uint32_t at, const int8_t *cells, size_t stride) {
  walk_node node = nodes[at];
  bool right = (int8_t)(node & 0xFF) > cells[(node >> 8 & WALK_MOST_COLUMN) * stride];
  return at + (node >> 18) + right;
}

enum coded_method { CODED_LONE, CODED_REACH, CODED_WALK };

struct coded_tree {
  enum coded_method method;
  int n_leaves, depth;
  uint32_t first_set, n_sets;
  uint32_t first_block; /* of coded_trees.blocks: below the tree's top */
  uint32_t root;        /* walk = walk_nodes + root */
  struct reach_program program;
  struct reach_node *nodes;
  int32_t *leaf_at;          /* [n_leaves] leaf at each place */
  double *value_at;          /* [n_leaves] */
  const double *leaf_values; /* [n_leaves] by leaf, the predictor's */
  walk_node *walk;
  int32_t *walk_leaf; /* [2 n_leaves - 1] leaf of a walk node */
  bool by_bits;
  struct bit_program bits;
  const int32_t *bit_leaf; /* [bit_program_numbers] leaf, and its value, by number */
  const double *bit_value;
};

/* What one row needs of a source by value. alone: it has one column, and codes need no version of their own.
 */
struct row_source {
  uint32_t source, column;
  bool alone;
};

/* What one row needs of a tree, in the order in which a row visits them. */
struct row_tree {
  const double *leaf_values;
  uint32_t tree;
};

struct coded_trees {
  copse_context *ctx;
  bool walkable; /* every node fits into a walk node */
  bool usable;   /* false: too many cuts, a NaN threshold or a linear leaf; the other members are empty */
  uint32_t n_sources, n_columns, n_categorical, most_sets, most_masks;
  uint32_t n_lines, n_conditions;
  bool by_bits;     /* the trees have bit programs, but those of one leaf or too many */
  bool all_by_bits; /* no tree has too many */
  size_t most_bit_words;
  struct coded_source *sources; /* ascending by feature */
  struct coded_tree *trees;     /* [n_trees] */
  int n_trees;
  uint32_t n_numeric;             /* sources by value, and of each the map and the feature: */
  struct code_map *row_maps;      /* [n_numeric] */
  uint32_t *row_features;         /* [n_numeric] */
  struct row_source *row_sources; /* [n_numeric] */
  struct row_tree *row_trees;     /* [n_trees] in row_order */
  uint32_t *row_first;            /* [n_trees] likewise: first_block */
  uint32_t *row_order;            /* [n_trees] each chunk of ROW_TREES by depth, those with sets last */
  uint32_t *source_of;            /* [2 * n_features] by value, by category; UINT32_MAX: none */
  struct coded_set *sets;
  uint32_t *words;
  double *cuts;
  uint16_t *firsts;
  int32_t *categories;
  struct reach_node *reach_nodes;
  walk_node *walk_nodes;
  struct walk_block *tops;   /* [n_trees] in row_order: the first block of each tree; below them: */
  struct walk_block *blocks; /* of trees without sets; NULL: too many columns or leaves */
  int32_t *leaf_at, *walk_leaf;
  double *value_at;
  struct bit_node *bit_nodes;
  uint16_t *bit_turns;
  int32_t *bit_leaf;
  double *bit_value;
};

COPSE_MUST_CHECK copse_status coded_trees_create(copse_context *ctx, uint32_t n_features,
                                                 const struct tree *trees, int n_trees,
                                                 struct coded_trees *out, copse_error *err);
void coded_trees_release(struct coded_trees *coded);

/* The parts of the above, in order. */
COPSE_MUST_CHECK copse_status coded_sources_create(struct coded_trees *coded, uint32_t n_features,
                                                   const struct tree *trees, copse_error *err);
COPSE_MUST_CHECK copse_status coded_programs_create(struct coded_trees *coded, const struct tree *trees,
                                                    copse_error *err);

/* Conditions of nodes: by value or by the k-th set of a tree. */
static inline uint32_t value_condition(const struct coded_source *source, enum code_version version,
                                       uint32_t place) {
  return source->first_condition[version] + place + 1;
}
static inline uint32_t set_condition(const struct coded_trees *coded, uint32_t k) {
  return coded->n_conditions + k;
}
COPSE_MUST_CHECK copse_status coded_bits_create(struct coded_trees *coded, const struct tree *trees,
                                                copse_error *err);
/* The number of cuts below a node's own. */
uint32_t coded_place(const struct code_map *map, double cut);

COPSE_MUST_CHECK copse_status coded_blocks_create(struct coded_trees *coded, const struct tree *trees,
                                                  copse_error *err);
/* leaf_values: each coded tree's has been set. */
COPSE_MUST_CHECK copse_status coded_rows_create(struct coded_trees *coded, copse_error *err);

/* The value at which a node's comparison turns, for values that are not rounded to 0 first. */
double coded_cut(double threshold);
enum code_version coded_version(unsigned decision_type);
/* The words of a set over a source's codes. */
static inline uint32_t coded_set_words(const struct coded_source *source) {
  uint32_t words = source->n_categories / 32 + 1;
  return words < 8 ? 8 : words; /* the kernel reads 256 bits */
}

static inline uint32_t category_code(const struct coded_source *source, double value) {
  if (!(value > -1.0 && value < 2147483648.0)) return source->n_categories;
  int32_t category = (int32_t)value;
  uint32_t low = 0, high = source->n_categories;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (source->categories[middle] < category)
      low = middle + 1;
    else
      high = middle;
  }
  return low < source->n_categories && source->categories[low] == category ? low : source->n_categories;
}

/* The code of a value in one version, from its plain code. */
static inline uint32_t version_code(enum code_version version, double value, uint32_t plain,
                                    uint32_t n_cuts) {
  bool missing = value != value;
  if (version == CODES_PLAIN) return plain;
  if (version == CODES_ZERO_LEFT || version == CODES_ZERO_RIGHT)
    missing |= value >= -BINS_ZERO && value <= BINS_ZERO;
  if (!missing) return plain;
  return version == CODES_NAN_LEFT || version == CODES_ZERO_LEFT ? 0 : n_cuts;
}

#endif
