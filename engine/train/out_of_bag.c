/* out_of_bag.c - rows out of the bag are divided at every split as those in the bag were, a chunk of them
 * down the whole tree while it is in the cache, and go from node to node where few are left. (1,000,000 x 28
 * rows, half of them in the bag, 255 leaves, one thread: 5 ms a tree; a row after the other from the root
 * takes 22. 95 % of them out, 10,000 leaves: 75 ms; to the last divided 210, one after the other 150.) */
#include "train/out_of_bag.h"

#include <string.h>

#include "train/partition.h"

size_t out_of_bag_chunks(const struct workspace *ws) {
  return (size_t)((ws->data->n_rows - ws->n_bag + WORKSPACE_CHUNK - 1) / WORKSPACE_CHUNK);
}

void out_of_bag_begin(struct workspace *ws, const struct tree *tree) {
  if (ws->n_bag == ws->data->n_rows) return;
  for (int node = 0; node < tree->n_leaves - 1; node++) partition_node(ws, tree, node, &ws->node_rules[node]);
}

struct descent {
  const struct workspace *ws;
  const struct tree *tree;
  out_of_bag_fn found;
  void *user;
};

static bool goes_left(const struct split_rule *rule, uint32_t row) {
  const uint32_t cell =
      rule->cell_bytes == 1 ? ((const uint8_t *)rule->cells)[row] : ((const uint16_t *)rule->cells)[row];
  return rule_goes_left(rule, cell);
}

/* A row after the other, from a node on. */
static void walk(const struct descent *descent, int node, const uint32_t *rows, uint64_t n) {
  const struct tree *tree = descent->tree;
  for (uint64_t i = 0; i < n; i++) {
    int at = node;
    while (at >= 0)
      at = goes_left(&descent->ws->node_rules[at].rule, rows[i]) ? tree->left_child[at]
                                                                 : tree->right_child[at];
    descent->found(descent->user, ~at, &rows[i], 1);
  }
}

/* n rows at a node, or ~leaf; area: theirs, of whose rows all may be overwritten. The larger side goes on
 * here: no more calls are under way than n has bits. Few rows are not worth what it takes to begin. */
static void descend(const struct descent *descent, int node, struct row_area area, uint64_t n) {
  enum { FEW_ROWS = 32 };
  const struct workspace *ws = descent->ws;
  while (node >= 0 && n > 0) {
    if (n < FEW_ROWS) {
      walk(descent, node, area.rows, n);
      return;
    }
    const int left_node = descent->tree->left_child[node], right_node = descent->tree->right_child[node];
    const uint64_t n_left =
        ws->kernels->partition(&ws->node_rules[node].rule, area.rows, 0, n, area.rows, area.room);
    const uint64_t n_right = n - n_left;
    const struct row_area left = {area.rows, area.room + n_right}, right = {area.room, area.rows + n_left};
    const bool left_stays = n_left > n_right;
    descend(descent, left_stays ? right_node : left_node, left_stays ? right : left,
            left_stays ? n_right : n_left);
    node = left_stays ? left_node : right_node;
    area = left_stays ? left : right;
    n = left_stays ? n_left : n_right;
  }
  if (n > 0) descent->found(descent->user, ~node, area.rows, n);
}

void out_of_bag_find(const struct workspace *ws, const struct tree *tree, size_t chunk, int thread,
                     out_of_bag_fn found, void *user) {
  const uint64_t begin = (uint64_t)chunk * WORKSPACE_CHUNK, n_out = ws->data->n_rows - ws->n_bag;
  const uint64_t n = n_out - begin < WORKSPACE_CHUNK ? n_out - begin : WORKSPACE_CHUNK;
  /* no gradients are being made: that is room for a chunk's rows twice */
  uint32_t *rows = (uint32_t *)(void *)workspace_chunk_gradients(ws, thread);
  memcpy(rows, ws->rows_out + begin, n * sizeof *rows);
  const struct descent descent = {ws, tree, found, user};
  descend(&descent, 0, (struct row_area){rows, rows + WORKSPACE_CHUNK}, n);
}
