/* encode_loops.h - the codes of one row, written once and compiled for every tier that compares the cuts of a
 * cell at once. An includer defines CUTS_BELOW(cuts, value, eight): how many of four, or eight, cuts are
 * below the value. */
#ifndef COPSE_KERNELS_ENCODE_LOOPS_H
#define COPSE_KERNELS_ENCODE_LOOPS_H

#include "kernels/reach.h"

static void encode_row(const struct code_map *maps, const uint32_t *features, size_t n, const double *row,
                       uint16_t *codes) {
  for (size_t i = 0; i < n; i++) {
    const struct code_map *map = &maps[i];
    double value = row[features[i]];
    if (map->n_cells == 0) {
      codes[i] = (uint16_t)code_of(map, value);
      continue;
    }
    value = value == value ? value : 0.0;
    uint32_t code = map->first[code_cell(map, value)];
    codes[i] = (uint16_t)(code + CUTS_BELOW(map->cuts + code, value, map->steps > 4));
  }
}

#endif
