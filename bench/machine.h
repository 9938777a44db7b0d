/* machine.h - what the floors of the cases are made of, measured once at the start on the running core. */
#ifndef COPSE_BENCH_MACHINE_H
#define COPSE_BENCH_MACHINE_H

#ifdef __cplusplus
extern "C" {
#endif

struct machine {
  double clock_hz;         /* one add a cycle where each needs the one before */
  double read_bytes_per_s; /* sums of a buffer far larger than the caches */
  double division_cycles;  /* of one double among independent ones, as the compiler vectorises them */
};

const struct machine *machine_measured(void);

#ifdef __cplusplus
}
#endif
#endif
