/* groups.h - rows that are equal in some columns, gathered under one number. Every value of a column has a
 * code; a group is its codes and some sums, both in pieces that are never moved: ten million groups fit where
 * the rows would not. */
#ifndef COPSE_RECIPE_GROUPS_H
#define COPSE_RECIPE_GROUPS_H

#include "read/arena.h"
#include "read/dictionary.h"
#include "recipe/block.h"

struct group_column {
  bool text;
  struct dictionary values; /* texts, or the eight bytes of numbers */
  struct arena texts;
  uint32_t *rank; /* [values.n] after groups_order: place of a code in the column's order */
};

/* Zero-initialise, then groups_open. */
struct groups {
  copse_context *ctx;
  uint32_t n_columns, n_sums;
  struct group_column *columns;
  int32_t **codes; /* pieces of GROUP_PIECE rows of n_columns; -1: missing */
  double **sums;   /* pieces of GROUP_PIECE rows of n_sums */
  size_t n_pieces, capacity;
  uint32_t n, n_slots, *slots;
  int32_t *key; /* [n_columns] of the row at hand */
};

enum { GROUP_PIECE = 1 << 15 };

bool groups_open(struct groups *groups, copse_context *ctx, uint32_t n_columns, uint32_t n_sums);
/* Sets the value of a column in the key of the row at hand; false: out of memory. */
bool groups_key_text(struct groups *groups, uint32_t column, const struct row_cell *cell);
bool groups_key_number(struct groups *groups, uint32_t column, double value);
/* The group of the key, a new one with sums of 0 if need be; -1: out of memory. */
int64_t groups_find(struct groups *groups, bool *fresh);
double *groups_sums(const struct groups *groups, uint32_t group);
/* The value of a column of a group. */
struct row_cell groups_text(const struct groups *groups, uint32_t group, uint32_t column);
double groups_number(const struct groups *groups, uint32_t group, uint32_t column);
/* Groups in the order of their columns, missing first, texts bytewise; freed by the caller. NULL: out of
 * memory. */
uint32_t *groups_order(struct groups *groups);
void groups_release(struct groups *groups);

#endif
