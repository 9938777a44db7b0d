#!/bin/sh
# ldd.sh PROGRAM - the program needs libc, libm and the loader, nothing else.
set -eu
if ! ldd "$1" >/dev/null 2>&1; then
  echo "ldd cannot read $1"
  exit 1
fi
extra=$(ldd "$1" | awk '{print $1}' |
  grep -vE '^(linux-vdso\.so\.1|libc\.so\.6|libm\.so\.6|(/[^ ]*/)?ld-linux[^ ]*\.so\.[0-9]+)$' || true)
if [ -n "$extra" ]; then
  echo "$1 needs more than libc and libm: $extra"
  exit 1
fi
ldd "$1" | grep -q 'libc\.so\.6' || { echo "$1 does not even name libc: is it the program?"; exit 1; }
echo "$1 needs libc, libm and the loader only"
