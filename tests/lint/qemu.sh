#!/bin/sh
# qemu.sh PROGRAM - the program starts on the plainest x86-64 there is (no AVX, no FMA, also in libm), trains
# there, and writes the very bytes that it writes on this machine.
set -eu
program=$1
if ! command -v qemu-x86_64 >/dev/null; then
  echo "skipped: qemu-x86_64 is not installed (package qemu-user)"
  exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

plain() { qemu-x86_64 -cpu qemu64 "$program" "$@" 2>>stderr; }
plain version >version.qemu
"$program" version >version.here
cat version.qemu
grep -q '[0-9]\.[0-9]' version.qemu

awk 'BEGIN { # 400 rows: label, three numbers; a small generator of its own, the same everywhere
  x = 12345
  for (i = 0; i < 400; i++) {
    for (j = 0; j < 3; j++) { x = (x * 1103 + 12289) % 65521; v[j] = x % 1000 }
    x = (x * 1103 + 12289) % 65521
    print (v[0] + 2 * v[1] + x % 700 > 1800 ? 1 : 0) "," v[0] / 8 "," v[1] "," v[2] - 500
  }
}' >train.csv
set -- data=train.csv objective=binary num_iterations=5 num_leaves=7 min_data_in_leaf=5
plain train "$@" output_model=qemu.txt >stdout
"$program" train "$@" output_model=here.txt >stdout 2>>stderr
cmp qemu.txt here.txt
[ "$(grep -c '^Tree=' here.txt)" -eq 5 ]
plain predict data=train.csv input_model=here.txt output_result=qemu.out >stdout
"$program" predict data=train.csv input_model=here.txt output_result=here.out >stdout 2>>stderr
cmp qemu.out here.out
[ "$(wc -l <here.out)" -eq 400 ]
echo "five trees and 400 predictions, byte for byte the same without AVX and FMA"
