/* route_block.c - the bytes that training keeps are nearly the cells of the kernel: a block of each column
 * that the tree asks is turned over, with the missing bin put at the end where its rows go. */
#include "model/route_block.h"

#include <string.h>

/* The column of the rule, a new one if no node has asked it. */
static bool find_column(struct route_plan *plan, const struct route_column *wanted, uint32_t *out) {
  for (uint32_t c = 0; c < plan->n_columns && !wanted->is_set; c++) {
    const struct route_column *column = &plan->columns[c];
    if (column->cells == wanted->cells && !column->is_set && column->missing_bin == wanted->missing_bin &&
        column->default_left == wanted->default_left) {
      *out = c;
      return true;
    }
  }
  if (plan->n_columns == ROUTE_BLOCK_COLUMNS) return false;
  plan->columns[plan->n_columns] = *wanted;
  *out = plan->n_columns++;
  return true;
}

bool route_plan_node(struct route_planner *planner, const struct route_rule *rule) {
  if (planner->n_nodes == ROUTE_BLOCK_LEAVES - 1) return false;
  if (!rule->column.is_set && rule->threshold > 254) return false;
  if (!find_column(planner->plan, &rule->column, &planner->column[planner->n_nodes])) return false;
  planner->threshold[planner->n_nodes++] =
      (int8_t)(rule->column.is_set ? 127 : 127 - (int32_t)rule->threshold);
  return true;
}

bool route_plan_end(struct route_planner *planner, const struct tree *tree) {
  struct route_plan *plan = planner->plan;
  int32_t leaf_at[ROUTE_BLOCK_LEAVES];
  const struct reach_tree shape = {tree->n_leaves, tree->left_child, tree->right_child, planner->column,
                                   planner->threshold};
  if (!reach_program_build(&shape, &plan->program, plan->nodes, leaf_at)) return false;
  if (plan->program.n_above > 0 || plan->program.n_masks > ROUTE_BLOCK_MASKS) return false;
  for (int i = 0; i < tree->n_leaves; i++) plan->value_at[i] = tree->leaf_value[leaf_at[i]];
  return true;
}

static void turn_over(const struct route_column *column, const uint8_t *bins, int8_t *cells) {
  for (size_t i = 0; i < REACH_ROWS; i++) cells[i] = (int8_t)(127 - (int)bins[i]);
  if (column->missing_bin > 255) return;
  const uint8_t missing = (uint8_t)column->missing_bin;
  const int8_t goes = column->default_left ? INT8_MAX : INT8_MIN;
  for (size_t i = 0; i < REACH_ROWS; i++) cells[i] = bins[i] == missing ? goes : cells[i];
}

static void make_cells(const struct route_plan *plan, const struct kernels *kernels, uint64_t begin, size_t n,
                       int8_t *cells) {
  uint8_t last[REACH_ROWS];
  for (uint32_t c = 0; c < plan->n_columns; c++) {
    const struct route_column *column = &plan->columns[c];
    const uint8_t *bins = column->cells + begin;
    if (n < REACH_ROWS) { /* the rows may end here */
      memset(last, 0, sizeof last);
      memcpy(last, bins, n);
      bins = last;
    }
    if (column->is_set)
      kernels->set_cells(bins, column->bits, cells + (size_t)c * REACH_ROWS);
    else
      turn_over(column, bins, cells + (size_t)c * REACH_ROWS);
  }
}

void route_plan_add(const struct route_plan *plan, uint64_t begin, uint64_t end, double factor,
                    double *score) {
  const struct kernels *kernels = kernels_best();
  int8_t cells[ROUTE_BLOCK_COLUMNS * REACH_ROWS];
  uint8_t masks[ROUTE_BLOCK_MASKS * REACH_ROWS], numbers[REACH_ROWS];
  memset(masks, 0xFF, REACH_ROWS);
  for (uint64_t first = begin; first < end; first += REACH_ROWS) {
    size_t n = end - first < REACH_ROWS ? (size_t)(end - first) : REACH_ROWS;
    make_cells(plan, kernels, first, n, cells);
    kernels->reach(plan->nodes, plan->program.n_nodes, cells, masks, numbers);
    for (size_t i = 0; i < n; i++) score[first + i] += factor * plan->value_at[numbers[i]];
  }
}
