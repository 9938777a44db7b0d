/* packed_avx512.c - the same loops as vectors of 512 bits. */
#if defined(__x86_64__)
#include "kernels/packed_loops.h"
#include "kernels/tiers.h"

void kernels_packed_avx512(struct kernels *slots) { packed_slots(slots); }
#endif
