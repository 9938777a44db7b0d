#!/bin/sh
# qemu.sh PROGRAM DATASETS_TOOL - both start on the plainest x86-64 there is (no AVX, no FMA, also in libm) and
# write the very bytes there that they write on this machine: generated data, a model, predictions.
set -eu
program=$1 datasets=$2
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

for generator in leads higgs wide onehot categorical rank multiclass missing; do
  qemu-x86_64 -cpu qemu64 "$datasets" $generator rows=400 out=$generator.qemu
  "$datasets" $generator rows=400 out=$generator.here
  cmp $generator.qemu $generator.here
done
set -- data=higgs.here label_column=0 objective=binary num_iterations=5 num_leaves=7 min_data_in_leaf=5
plain train "$@" output_model=qemu.txt >stdout
"$program" train "$@" output_model=here.txt >stdout 2>>stderr
cmp qemu.txt here.txt
[ "$(grep -c '^Tree=' here.txt)" -eq 5 ]
plain predict data=higgs.here input_model=here.txt output_result=qemu.out >stdout
"$program" predict data=higgs.here input_model=here.txt output_result=here.out >stdout 2>>stderr
cmp qemu.out here.out
[ "$(wc -l <here.out)" -eq 400 ]
echo "five trees and 400 predictions, byte for byte the same without AVX and FMA"
