/* bit_program.c - the order of a tree's nodes, and numbers for its leaves whose turns have few bits. */
#include "predict/bit_program.h"

#include <string.h>

#include "base/status.h"

copse_status bit_builder_create(copse_context *ctx, size_t most_nodes, struct bit_builder *out,
                                copse_error *err) {
  uint16_t *room = copse_alloc(ctx, 6 * (most_nodes + 1), sizeof *room);
  if (room == NULL) return status_memory(err, "a predictor");
  size_t n = most_nodes + 1;
  *out = (struct bit_builder){room, room + n, room + 2 * n, room + 3 * n, room + 4 * n, room + 5 * n, 0};
  return COPSE_OK;
}

void bit_builder_release(struct bit_builder *builder) { copse_free(builder->order); }

uint32_t bit_program_numbers(int n_leaves) {
  uint32_t n = 1;
  while (n < (uint32_t)n_leaves) n *= 2;
  return n;
}

/* A turn beside a lone leaf has one bit. */
size_t bit_program_turns(const int32_t *left_child, const int32_t *right_child, int n_leaves) {
  size_t n = 0, n_planes = (size_t)__builtin_ctz(bit_program_numbers(n_leaves));
  for (int node = 0; node < n_leaves - 1; node++)
    n += left_child[node] >= 0 && right_child[node] >= 0 ? n_planes : 1;
  return n;
}

static bool is_inner(const struct bit_tree *tree, int32_t node) {
  return tree->left_child[node] >= 0 || tree->right_child[node] >= 0;
}

static uint16_t size_of(const struct bit_builder *b, int32_t node) { return node < 0 ? 1 : b->size[node]; }

/* Level by level: a node's parent is then long done when its turn comes. */
static void order_nodes(struct bit_builder *b, const struct bit_tree *tree) {
  uint16_t n = 1, n_last = 0;
  b->order[0] = 0;
  b->n_inner = 0;
  for (uint16_t i = 0; i < n; i++) {
    int32_t node = b->order[i], left = tree->left_child[node], right = tree->right_child[node];
    if (left >= 0) b->order[n++] = (uint16_t)left;
    if (right >= 0) b->order[n++] = (uint16_t)right;
    b->place[node] = is_inner(tree, node) ? b->n_inner++ : n_last++;
  }
  for (uint16_t i = n; i-- > 0;) {
    int32_t node = b->order[i];
    b->size[node] = (uint16_t)(size_of(b, tree->left_child[node]) + size_of(b, tree->right_child[node]));
  }
}

/* First word of the mask of a node's rows that go right. */
static uint16_t right_mask(const struct bit_builder *b, const struct bit_tree *tree, int32_t node) {
  uint32_t pairs = is_inner(tree, node) ? b->place[node] + 1u : b->n_inner + 1u;
  return (uint16_t)(BIT_WORDS * (2 * pairs + (is_inner(tree, node) ? 0 : b->place[node])));
}

static uint32_t gray(uint32_t step) { return step ^ step >> 1; }

static uint32_t weight_of(uint32_t base, uint32_t size_of_first) {
  return gray(base) ^ gray(base + size_of_first);
}

/* The child whose leaves are numbered first: one that is a leaf, else that which makes the fewer bits. */
static bool left_is_first(const struct bit_builder *b, const struct bit_tree *tree, int32_t node) {
  int32_t left = tree->left_child[node], right = tree->right_child[node];
  if (left < 0 || right < 0) return left < 0;
  uint32_t base = b->base[node];
  return __builtin_popcount(weight_of(base, b->size[left])) <=
         __builtin_popcount(weight_of(base, b->size[right]));
}

static void number_child(struct bit_builder *b, int32_t child, uint32_t base, int32_t *leaf_at) {
  if (child < 0)
    leaf_at[gray(base)] = ~child;
  else
    b->base[child] = (uint16_t)base;
}

static void number_leaves(struct bit_builder *b, const struct bit_tree *tree, int32_t *leaf_at) {
  b->base[0] = 0;
  for (int i = 0; i < tree->n_leaves - 1; i++) {
    int32_t node = b->order[i], left = tree->left_child[node], right = tree->right_child[node];
    bool left_first = left_is_first(b, tree, node);
    uint32_t base = b->base[node], first_size = size_of(b, left_first ? left : right);
    number_child(b, left, base + (left_first ? 0 : first_size), leaf_at);
    number_child(b, right, base + (left_first ? first_size : 0), leaf_at);
    b->weight[node] = (uint16_t)weight_of(base, first_size);
    b->turn[node] = (uint16_t)(right_mask(b, tree, node) + (left_first ? 0 : BIT_WORDS));
  }
}

static void write_nodes(const struct bit_builder *b, const struct bit_tree *tree, struct bit_node *nodes) {
  nodes[0].from = 0;
  for (int i = 0; i < tree->n_leaves - 1; i++) {
    int32_t node = b->order[i], children[2] = {tree->right_child[node], tree->left_child[node]};
    nodes[b->place[node] + (is_inner(tree, node) ? 0 : b->n_inner)].condition = tree->condition[node];
    for (int k = 0; k < 2; k++) {
      if (children[k] < 0) continue;
      uint32_t at = b->place[children[k]] + (is_inner(tree, children[k]) ? 0u : b->n_inner);
      nodes[at].from = (uint16_t)(right_mask(b, tree, node) + k * BIT_WORDS);
    }
  }
}

size_t bit_program_build(struct bit_builder *builder, const struct bit_tree *tree,
                         struct bit_program *program, struct bit_node *nodes, uint16_t *turns,
                         int32_t *leaf_at) {
  uint32_t n_numbers = bit_program_numbers(tree->n_leaves);
  size_t n = 0;
  memset(leaf_at, 0, n_numbers * sizeof *leaf_at);
  order_nodes(builder, tree);
  number_leaves(builder, tree, leaf_at);
  write_nodes(builder, tree, nodes);
  *program = (struct bit_program){.nodes = nodes,
                                  .turns = turns,
                                  .n_inner = builder->n_inner,
                                  .n_nodes = (uint16_t)(tree->n_leaves - 1),
                                  .n_planes = (uint16_t)__builtin_ctz(n_numbers)};
  for (uint32_t p = 0; p < program->n_planes; p++) {
    size_t before = n;
    for (int i = 0; i < tree->n_leaves - 1; i++)
      if (builder->weight[builder->order[i]] >> p & 1) turns[n++] = builder->turn[builder->order[i]];
    program->n_turns[p] = (uint16_t)(n - before);
  }
  return n;
}
