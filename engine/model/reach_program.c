/* reach_program.c - sizes, pieces and places first, then the order of the nodes. */
#include "model/reach_program.h"

#include <string.h>

enum {
  MOST_NODES = REACH_MOST_LEAVES - 1,
  MANY_MASKS = 36 /* 9 KB: masks and cells are to stay in the first-level cache */
};

struct builder {
  const struct reach_tree *tree;
  uint16_t order[MOST_NODES], n_order; /* parents before children */
  uint16_t size[MOST_NODES];           /* leaves below a node */
  uint16_t pieces[MOST_NODES];         /* pieces below a node that is above the pieces */
  uint16_t mask[MOST_NODES];
  uint16_t free_masks[MOST_NODES + 1], n_free, n_masks;
  uint16_t ready[3][MOST_NODES], n_ready[3]; /* by kind: nodes whose mask is there */
  uint16_t roots[MOST_NODES], n_roots;       /* of pieces, while the nodes above are put in order */
  struct reach_node *out;
  uint32_t n_out;
};

static bool is_above(const struct builder *b, int32_t node) {
  return node >= 0 && b->size[node] > REACH_PIECE_LEAVES;
}

static uint16_t size_of(const struct builder *b, int32_t node) { return node < 0 ? 1 : b->size[node]; }
static uint16_t pieces_of(const struct builder *b, int32_t node) {
  return is_above(b, node) ? b->pieces[node] : 1;
}

static void measure(struct builder *b) {
  const struct reach_tree *tree = b->tree;
  b->n_order = 1;
  for (uint16_t i = 0; i < b->n_order; i++) {
    int32_t node = b->order[i];
    if (tree->left_child[node] >= 0) b->order[b->n_order++] = (uint16_t)tree->left_child[node];
    if (tree->right_child[node] >= 0) b->order[b->n_order++] = (uint16_t)tree->right_child[node];
  }
  for (int i = b->n_order - 1; i >= 0; i--) {
    int32_t node = b->order[i], left = tree->left_child[node], right = tree->right_child[node];
    b->size[node] = (uint16_t)(size_of(b, left) + size_of(b, right));
    b->pieces[node] = (uint16_t)(pieces_of(b, left) + pieces_of(b, right));
  }
}

static enum reach_kind kind_of(const struct builder *b, int32_t node) {
  bool left = b->tree->left_child[node] >= 0, right = b->tree->right_child[node] >= 0;
  return left && right ? REACH_INNER : left || right ? REACH_ONE : REACH_LEAVES;
}

/* What rows that do not pass by `before` must add to get behind it. */
static uint16_t weight_of(const struct builder *b, int32_t node, int32_t before) {
  return is_above(b, node) ? pieces_of(b, before) : size_of(b, before);
}

/* The child whose numbers come first: of a node above one leaf, the leaf. */
static bool left_is_first(const struct builder *b, int32_t node) {
  return kind_of(b, node) != REACH_ONE || b->tree->left_child[node] < 0;
}

static uint16_t take_mask(struct builder *b) {
  return b->n_free > 0 ? b->free_masks[--b->n_free] : b->n_masks++;
}

static void give_mask(struct builder *b, uint16_t mask) {
  if (mask != 0) b->free_masks[b->n_free++] = mask;
}

static void make_ready(struct builder *b, int32_t node, uint16_t mask, bool above) {
  b->mask[node] = mask;
  if (above && !is_above(b, node)) {
    b->roots[b->n_roots++] = (uint16_t)node;
    return;
  }
  enum reach_kind kind = kind_of(b, node);
  b->ready[kind][b->n_ready[kind]++] = (uint16_t)node;
}

static void emit(struct builder *b, int32_t node, bool above) {
  int32_t left = b->tree->left_child[node], right = b->tree->right_child[node];
  enum reach_kind kind = kind_of(b, node);
  uint16_t from = b->mask[node];
  struct reach_node out = {.column = b->tree->column[node],
                           .threshold = b->tree->threshold[node],
                           .kind = (uint8_t)kind,
                           .from = from,
                           .weight = 1};
  if (kind == REACH_INNER) {
    out.left = from == 0 ? take_mask(b) : from;
    out.right = take_mask(b);
    out.weight = (uint8_t)weight_of(b, node, left);
    make_ready(b, left, out.left, above);
    make_ready(b, right, out.right, above);
  } else if (kind == REACH_ONE) {
    out.flip = left >= 0 ? 0xFF : 0;
    out.right = from == 0 ? take_mask(b) : from;
    make_ready(b, left >= 0 ? left : right, out.right, above);
  } else {
    give_mask(b, from);
  }
  b->out[b->n_out++] = out;
}

/* Takes nodes of one kind until none is ready: newly ready ones of the kind join the run. */
static void emit_run(struct builder *b, enum reach_kind kind, bool above) {
  uint32_t first = b->n_out;
  while (b->n_ready[kind] > 0) {
    emit(b, b->ready[kind][--b->n_ready[kind]], above);
    if (kind == REACH_INNER && b->n_masks - b->n_free > MANY_MASKS &&
        b->n_ready[REACH_LEAVES] > MANY_MASKS / 2)
      break;
  }
  if (b->n_out > first) b->out[first].run = (uint16_t)(b->n_out - first);
}

static void emit_all(struct builder *b, bool above) {
  while (b->n_ready[REACH_INNER] + b->n_ready[REACH_ONE] + b->n_ready[REACH_LEAVES] > 0) {
    emit_run(b, REACH_INNER, above);
    emit_run(b, REACH_ONE, above);
    bool rest = b->n_ready[REACH_INNER] + b->n_ready[REACH_ONE] > 0;
    if (!rest || b->n_masks - b->n_free > MANY_MASKS) emit_run(b, REACH_LEAVES, above);
  }
}

/* Leaves in the order of their numbers: that of the kernel's sums. */
static void place_leaves(struct builder *b, struct reach_program *program, int32_t *leaf_at) {
  int32_t stack[MOST_NODES + 1];
  int n = 0;
  uint16_t place = 0, piece = 0, piece_left = 0;
  stack[n++] = 0;
  while (n > 0) {
    int32_t node = stack[--n];
    if (!is_above(b, node) && piece_left == 0) {
      program->piece_first[piece++] = place;
      piece_left = size_of(b, node);
    }
    if (node < 0) {
      leaf_at[place++] = ~node;
      piece_left--;
      continue;
    }
    bool left_first = left_is_first(b, node);
    stack[n++] = left_first ? b->tree->right_child[node] : b->tree->left_child[node];
    stack[n++] = left_first ? b->tree->left_child[node] : b->tree->right_child[node];
  }
}

bool reach_program_build(const struct reach_tree *tree, struct reach_program *program,
                         struct reach_node *nodes, int32_t *leaf_at) {
  if (tree->n_leaves < 2 || tree->n_leaves > REACH_MOST_LEAVES) return false;
  struct builder b;
  b.tree = tree;
  b.order[0] = 0;
  b.n_free = b.n_roots = 0;
  b.n_masks = 1;
  memset(b.n_ready, 0, sizeof b.n_ready);
  b.out = nodes;
  b.n_out = 0;
  measure(&b);
  if (pieces_of(&b, 0) > 256) return false;
  memset(program, 0, sizeof *program);
  bool pieces = is_above(&b, 0);
  make_ready(&b, 0, 0, false);
  if (pieces) {
    emit_all(&b, true);
    program->n_above = b.n_out;
    for (uint16_t i = b.n_roots; i-- > 0;) make_ready(&b, b.roots[i], b.mask[b.roots[i]], false);
  }
  if (!pieces || b.n_roots > 0) emit_all(&b, false);
  program->n_nodes = b.n_out;
  program->n_masks = b.n_masks;
  place_leaves(&b, program, leaf_at);
  return true;
}
