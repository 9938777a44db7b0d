/* row_order.c - see row_order.h. */
#include "recipe/row_order.h"

#include <stdlib.h>
#include <string.h>

bool row_order_add(struct row_order *order, uint64_t row, size_t begin, size_t end) {
  if (order->n == order->capacity) {
    size_t capacity = order->capacity == 0 ? 1024 : order->capacity * 2;
    struct placed_row *rows = copse_resize(order->ctx, order->rows, capacity, sizeof *rows);
    if (rows == NULL) return false;
    order->rows = rows;
    order->capacity = capacity;
  }
  order->rows[order->n++] = (struct placed_row){row, begin, end};
  return true;
}

static int by_row(const void *a, const void *b) {
  const struct placed_row *left = a, *right = b;
  if (left->row != right->row) return left->row < right->row ? -1 : 1;
  return left->begin < right->begin ? -1 : left->begin > right->begin;
}

bool row_order_apply(struct row_order *order, copse_text *text) {
  size_t n = order->n, at = 1;
  while (at < n && order->rows[at - 1].row <= order->rows[at].row) at++;
  if (at >= n) return true;
  copse_text sorted = {.ctx = order->ctx};
  size_t first = order->rows[0].begin;
  copse_text_append(&sorted, text->data, first);
  qsort(order->rows, n, sizeof *order->rows, by_row);
  for (size_t i = 0; i < n; i++)
    copse_text_append(&sorted, text->data + order->rows[i].begin, order->rows[i].end - order->rows[i].begin);
  if (sorted.failed) {
    copse_text_release(&sorted);
    return false;
  }
  copse_text_release(text);
  *text = sorted;
  return true;
}

void row_order_release(struct row_order *order) {
  copse_free(order->rows);
  order->rows = NULL;
  order->n = order->capacity = 0;
}
