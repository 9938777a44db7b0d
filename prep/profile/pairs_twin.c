/* pairs_twin.c - columns with the same cells in every sampled row and the same figures over all rows. A hash
 * of some rows and of the figures brings likely ones together; the sample then decides. */
#include <stdlib.h>

#include "profile/pairs_job.h"

enum { ROWS = 2048 };

struct hashed {
  uint64_t hash;
  uint32_t column;
};

static int compare_hashed(const void *a, const void *b) {
  const struct hashed *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return x->column < y->column ? -1 : 1;
}

static uint64_t mix_number(uint64_t hash, double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return mix64(hash ^ bits);
}

static uint64_t hash_column(const struct pairs_job *job, uint32_t index) {
  const struct column *column = &job->columns[index];
  const struct column_facts *f = &job->facts[index];
  uint64_t hash = mix64(f->n_missing + 1) ^ (uint64_t)f->type;
  if (f->has_number) hash = mix_number(mix_number(hash, f->number.mean), f->number.std);
  if (f->has_date) hash = mix_number(mix_number(hash, f->date.first), f->date.last);
  for (uint32_t i = 0; f->has_levels && i < f->levels.n_top; i++) hash = mix64(hash ^ f->levels.top[i].n);
  for (size_t row = 0; row < job->n_sample && row < ROWS; row++)
    hash = mix64(hash ^ column->sample[row]) + column->sample_types[row];
  return mix_number(hash, f->distinct);
}

static bool are_twins(const struct pairs_job *job, uint32_t a, uint32_t b) {
  const struct column *x = &job->columns[a], *y = &job->columns[b];
  return memcmp(x->n_types, y->n_types, sizeof x->n_types) == 0 &&
         memcmp(x->sample, y->sample, job->n_sample * sizeof *x->sample) == 0 &&
         memcmp(x->sample_types, y->sample_types, job->n_sample) == 0;
}

bool pairs_find_twins(struct pairs_job *job) {
  struct pairs *out = job->out;
  struct hashed *list = copse_alloc(job->ctx, job->n_columns, sizeof *list);
  uint32_t n = 0;
  out->twin = copse_alloc(job->ctx, job->n_columns, sizeof *out->twin);
  bool ok = list != NULL && out->twin != NULL;
  for (uint32_t i = 0; i < job->n_columns && ok; i++) {
    bool alike = job->facts[i].type == TYPE_CONSTANT || job->facts[i].type == TYPE_EMPTY;
    out->twin[i] = i;
    if (!alike && i != job->target) list[n++] = (struct hashed){hash_column(job, i), i};
  }
  if (n > 0 && ok) qsort(list, n, sizeof *list, compare_hashed);
  for (uint32_t i = 1; i < n && ok; i++) {
    uint32_t before = list[i - 1].column, here = list[i].column;
    if (list[i].hash == list[i - 1].hash && are_twins(job, before, here)) out->twin[here] = out->twin[before];
  }
  copse_free(list);
  return ok;
}
