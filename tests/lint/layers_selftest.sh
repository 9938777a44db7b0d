#!/bin/sh
# layers_selftest.sh LAYERS - plants one wrong thing at a time and wants it found; plants allowed things and
# wants silence. Each line below: expected result | file | its text.
set -eu
layers=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

plant() { # <expected: ok or a part of the finding> <file> <text>
  rm -rf "$scratch/tree"
  mkdir -p "$scratch/tree/engine/include" "$scratch/tree/prep/include" "$scratch/tree/$(dirname "$2")"
  for room in base params kernels data objective metric model train predict; do
    mkdir -p "$scratch/tree/engine/$room"
    echo "/* $room.h */" >"$scratch/tree/engine/$room/$room.h"
  done
  mkdir -p "$scratch/tree/prep/read" "$scratch/tree/cli" "$scratch/tree/datasets"
  echo >"$scratch/tree/prep/read/read.h"
  echo >"$scratch/tree/cli/options.h"
  printf '%b\n' "$3" >"$scratch/tree/$2"
  status=0
  "$layers" "$scratch/tree" >"$scratch/output" 2>&1 || status=$?
  case $1 in
    ok) [ $status -eq 0 ] || { echo "refused without reason: $2: $3"; cat "$scratch/output"; failures=1; } ;;
    *) if [ $status -ne 1 ] || ! grep -q "^$2:.*$1" "$scratch/output"; then
         echo "not caught ($1): $2: $3"; cat "$scratch/output"; failures=1
       fi ;;
  esac
}

# arrows
plant ok engine/train/grow.c '#include "model/model.h"\n#include "train/train.h"\n#include "train.h"\n#include "copse.h"'
plant ok engine/base/mem.c '#include "base/base.h"\n#include <stdio.h>'
plant ok engine/data/bins.c '#include "params/params.h"\n#include "kernels/kernels.h"\n#include "base/base.h"'
plant 'up or sideways: train/train.h' engine/model/tree.c '#include "train/train.h"'
plant 'up or sideways: predict/predict.h' engine/train/grow.c '#include "predict/predict.h"'
plant 'up or sideways: train/train.h' engine/predict/predict.c '  #  include "train/train.h"'
plant 'up or sideways: metric/metric.h' engine/objective/binary.c '#include "metric/metric.h"'
plant 'up or sideways: objective/objective.h' engine/data/bins.c '#include "objective/objective.h"'
plant 'up or sideways: kernels/kernels.h' engine/params/params.c '#include "kernels/kernels.h"'
plant 'up or sideways: params/params.h' engine/base/mem.c '/* c */ \n#include "params/params.h"'
plant 'up or sideways: ../train/train.h' engine/model/tree.c '#include "../train/train.h"'
plant 'up or sideways: copse_prep.h' engine/train/grow.c '#include "copse_prep.h"'
plant 'up or sideways: nowhere.h' engine/train/grow.c '#include "nowhere.h"'
plant 'up or sideways: base/base.h' engine/include/copse.h '#include "base/base.h"'
plant ok prep/read/csv.c '#include "copse_prep.h"\n#include "read/read.h"\n#include "read.h"'
plant 'up or sideways: base/base.h' prep/read/csv.c '#include "base/base.h"'
plant 'up or sideways: options.h' prep/read/csv.c '#include "options.h"'
plant ok cli/main.c '#include "options.h"\n#include "copse_prep.h"\n#include "copse.h"'
plant 'up or sideways: read/read.h' cli/main.c '#include "read/read.h"'
plant 'up or sideways: train/train.h' cli/main.c '#include "train/train.h"'
plant ok datasets/main.c '#include "copse.h"'
plant 'up or sideways: copse_prep.h' datasets/main.c '#include "copse_prep.h"'

# single homes
plant ok engine/base/parallel.c '#include <omp.h>\n#pragma omp parallel\nint n = omp_get_num_threads();'
plant 'OpenMP' engine/train/grow.c '#pragma omp parallel for'
plant 'OpenMP' prep/read/csv.c '#  pragma omp parallel for'
plant 'OpenMP: omp_get_num_threads' engine/train/grow.c 'int n = omp_get_num_threads();'
plant 'single home: omp.h' cli/main.c '#include <omp.h>'
plant ok engine/base/mem.c 'void *p = malloc(3); free(p);'
plant 'the heap: malloc' engine/train/grow.c 'void *p = malloc (3);'
plant 'the heap: free' prep/read/csv.c 'free(p);'
plant 'the heap: strdup' cli/main.c 'x = strdup(p);'
plant ok engine/train/grow.c 'table->free(p); x.malloc(3); copse_free(p); int free;'
plant ok engine/kernels/kernels_avx2.c '#include <immintrin.h>\n__m256i a = _mm256_setzero_si256();'
plant 'intrinsic: _mm_add_epi32' engine/train/hist.c 'a = _mm_add_epi32(a, b);'
plant 'intrinsic: _mm512_add_epi32' engine/kernels/kernels_avx2.c 'a = _mm512_add_epi32(a, b);'
plant 'single home: immintrin.h' engine/kernels/kernels_scalar.c '#include <immintrin.h>'
plant 'single home: sqlite3.h' prep/read/csv.c '#include <sqlite3.h>'
plant 'single home: zlib.h' cli/main.c '#include <zlib.h>'
plant ok prep/read/gz.c '#include <zlib.h>'
plant 'single home: jansson.h' cli/main.c '#include <jansson.h>'
plant ok cli/json_file.h '#include <jansson.h>'
plant 'C++ outside bench' engine/train/grow.cc 'int x;'

# what the library never does
plant 'printing: printf' engine/train/grow.c 'void f(void) { printf("x"); }'
plant 'printing: stderr' prep/read/csv.c 'fprintf(stderr, "x");'
plant 'ending the process: exit' engine/train/grow.c 'exit(1);'
plant 'ending the process: abort' prep/read/csv.c 'if (x) abort();'
plant 'environment: getenv' engine/base/cpu.c 'getenv("COPSE");'
plant 'locale' cli/main.c 'setlocale(LC_ALL, "");'
plant 'parser without errors: atoi' cli/main.c 'int n = atoi(text);'
plant 'random generator: rand' datasets/main.c 'int n = rand();'
plant 'unbounded copy: strcpy' prep/read/csv.c 'strcpy(a, b);'
plant 'unbounded copy: sprintf' engine/model/tree.c 'sprintf(a, b);'
plant ok cli/main.c 'printf("x"); fprintf(stderr, "y"); exit(2);'

# comments, strings and look-alikes are not code
plant ok engine/train/grow.c '/* malloc(3) */ // free(p)\nconst char *s = "printf(\\"x\\") abort()"; char c = \x27"\x27; int my_malloc(int);'
plant 'the heap: malloc' engine/train/grow.c 'const char *s = "\\"/*"; p = malloc(3); /* */'
plant 'the heap: malloc' engine/train/grow.c "char c = '\"'; p = malloc(3); char d = '\"';"
plant ok engine/train/grow.c '/* #include "predict/predict.h" */\n// #include "predict/predict.h"'

[ $failures -eq 0 ] && echo "all planted faults were caught"
exit $failures
