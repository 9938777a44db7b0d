/* cmd_version.c - what runs here, for bug reports. */
#include <stdio.h>

#include "cli.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

int cmd_version(struct app *app) {
  (void)app;
  printf("copse: %s\n", copse_version());
  printf("compiler: %s\n", COMPILER);
  printf("cpu_tier: %s\n", copse_cpu_tier());
  printf("threads: %d\n", copse_threads_available());
  return EXIT_DONE;
}
