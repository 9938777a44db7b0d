/* packed_scalar.c - the slots of packed histograms in plain C: the specification of the other tiers. */
#include "kernels/packed_loops.h"
#include "kernels/tiers.h"

void kernels_packed_scalar(struct kernels *slots) { packed_slots(slots); }
