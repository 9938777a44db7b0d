/* names.h - read before each source of the AVX-512 tier in the emulated build: its functions get names of
 * their own, beside those that the engine has. */
#define kernels_overlay_avx512 emulated_overlay_avx512
#define kernels_overlay_avx512_vbmi emulated_overlay_avx512_vbmi
#define kernels_overlay_avx512_fp16 emulated_overlay_avx512_fp16
#define kernels_scan_avx512 emulated_scan_avx512
#define kernels_rows_avx512 emulated_rows_avx512
#define kernels_gradients_avx512 emulated_gradients_avx512
#define kernels_pack_avx512 emulated_pack_avx512
#define kernels_partition_avx512 emulated_partition_avx512
#define kernels_packed_avx512 emulated_packed_avx512
#define kernels_reach_avx512 emulated_reach_avx512
#define kernels_bits_avx512 emulated_bits_avx512
#define kernels_encode_avx512 emulated_encode_avx512
#define kernels_hist_avx512 emulated_hist_avx512
#define kernels_hist_narrow_avx512 emulated_hist_narrow_avx512
#define scan_hopeless_avx512 emulated_hopeless_avx512
#define scan_narrow_avx512 emulated_narrow_avx512
#define scan_may_rise_avx512 emulated_may_rise_avx512
