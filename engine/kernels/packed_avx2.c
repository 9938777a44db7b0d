/* packed_avx2.c - the same loops as vectors of 256 bits. */
#if defined(__x86_64__)
#include "kernels/packed_loops.h"
#include "kernels/tiers.h"

void kernels_packed_avx2(struct kernels *slots) { packed_slots(slots); }
#endif
