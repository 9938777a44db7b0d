/* tiers.h - slots that a tier shares with another file of this room. Only the kernels' own files include
 * this. */
#ifndef COPSE_KERNELS_TIERS_H
#define COPSE_KERNELS_TIERS_H

#include "kernels/kernels.h"

/* kernels.partition of rows that have numbers. */
typedef uint64_t (*partition_fn)(const struct split_rule *rule, const uint32_t *rows, uint64_t n,
                                 uint32_t *left, uint32_t *right);
/* Numbers rows from `first` on for it, some at a time. */
uint64_t partition_numbered(partition_fn partition, const struct split_rule *rule, uint32_t first, uint64_t n,
                            uint32_t *left, uint32_t *right);

/* What a vector scan leaves to the scalar one. */
void scan_numeric_scalar(const struct scan_input *input, const struct scan_rules *rules,
                         struct scan_result *out);

/* What is left of a vector loop, and inputs that it is not made for. */
void quantize_scalar(const float *gradient, const float *hessian, uint64_t n, double gradient_scale,
                     double hessian_scale, unsigned count_bits, struct hist_pair *pairs);
/* The pairs of n rows of a source: all[rows[i]], or all[i] where rows is NULL. */
void quantize_rows_scalar(const struct hist_source *source, const struct row_gradient *all,
                          const uint32_t *rows, size_t n, struct hist_pair *pairs);
void bin_numeric_scalar(const double *upper, uint32_t n_upper, const double *values, uint64_t n,
                        uint16_t *bins);
void transpose_scalar(const double *rows, size_t row_stride, uint64_t n, uint32_t n_columns, double *columns,
                      size_t column_stride);
void interleave_scalar(const uint8_t *const *columns, uint32_t n_columns, uint64_t n, uint8_t *rows,
                       size_t row_stride);
void add_range_scalar(const double *values, uint64_t n, double zero, struct number_range *range);
unsigned find_buckets_scalar(const double *values, uint64_t n, const struct bucket_rule *rule,
                             uint16_t *buckets);
uint64_t look_up_scalar(const uint16_t *buckets, uint64_t n, const uint16_t *table, uint8_t *cells,
                        uint32_t first, uint32_t *list);

/* Parts of a tier that have files of their own. */
void kernels_bins_scalar(struct kernels *slots);
void kernels_packed_scalar(struct kernels *slots);
void kernels_reach_scalar(struct kernels *slots);
void kernels_bits_scalar(struct kernels *slots);

#if defined(__x86_64__)
void quantize_rows_avx2(const struct hist_source *source, const struct row_gradient *all,
                        const uint32_t *rows, size_t n, struct hist_pair *pairs);
void kernels_scan_avx2(struct kernels *slots);
void kernels_gradients_avx2(struct kernels *slots);
void kernels_bins_avx2(struct kernels *slots);
void kernels_packed_avx2(struct kernels *slots);
void kernels_reach_avx2(struct kernels *slots);
void kernels_bits_avx2(struct kernels *slots);
void kernels_partition_avx2(struct kernels *slots);
void kernels_joint_avx2(struct kernels *slots);
void kernels_scan_avx512(struct kernels *slots);
void kernels_rows_avx512(struct kernels *slots);
void kernels_gradients_avx512(struct kernels *slots);
void kernels_partition_avx512(struct kernels *slots);
void kernels_packed_avx512(struct kernels *slots);
void kernels_pack_avx512(struct kernels *slots);
void kernels_reach_avx512(struct kernels *slots);
void kernels_bits_avx512(struct kernels *slots);
void kernels_encode_avx512(struct kernels *slots);
void kernels_hist_avx512(struct kernels *slots);
void kernels_hist_narrow_avx512(struct kernels *slots);
void kernels_buckets_avx512(struct kernels *slots);

/* Eight planes to the bytes of all rows, see bits.h: bit p of a row's byte is its bit of plane p. */
void bits_planes_to_bytes(const uint64_t (*planes)[BIT_WORDS], uint8_t *numbers);
#endif

#endif
