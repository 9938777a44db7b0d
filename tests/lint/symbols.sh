#!/bin/sh
# symbols.sh NM LIBRARY.so LIBRARY.a COPSE.H
# The shared library exports exactly the COPSE_API functions of the header; the archive calls nothing that
# prints, ends the process or reads the environment.
set -eu
nm=$1 shared=$2 archive=$3 header=$4
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

# A declaration runs from COPSE_API to ';'; its name stands before the first parenthesis that follows copse_.
tr '\n' ' ' <"$header" | sed 's,/\*,\n&,g; s,\*/,&\n,g' | grep -v '^/\*' | tr '\n' ' ' | tr ';' '\n' |
  grep 'COPSE_API ' | grep -v 'define COPSE_API' | sed 's/.*COPSE_API //' | grep -o 'copse_[a-z0-9_]* *(' |
  tr -d ' (' | LC_ALL=C sort >"$scratch/declared"
"$nm" -D --defined-only "$shared" | awk '{print $3}' | LC_ALL=C sort >"$scratch/exported"
if [ "$(wc -l <"$scratch/declared")" -lt 20 ] || [ -n "$(uniq -d "$scratch/declared")" ]; then
  echo "the declarations of $header were not understood:"
  uniq -d "$scratch/declared"
  failures=1
fi
LC_ALL=C comm -23 "$scratch/declared" "$scratch/exported" >"$scratch/missing"
LC_ALL=C comm -13 "$scratch/declared" "$scratch/exported" >"$scratch/extra"
if [ -s "$scratch/missing" ]; then
  echo "declared in copse.h, not exported:"
  sed 's/^/  /' "$scratch/missing"
  failures=1
fi
if [ -s "$scratch/extra" ]; then
  echo "exported, not declared in copse.h:"
  sed 's/^/  /' "$scratch/extra"
  failures=1
fi

forbidden='printf|vprintf|__printf_chk|puts|putchar|putc|perror|stdout|stderr|exit|_exit|_Exit|quick_exit|abort'
forbidden="$forbidden|getenv|secure_getenv|setenv|setlocale|system|popen"
if "$nm" -A -u "$archive" | grep -E " U ($forbidden)(@.*)?\$"; then
  echo "the library must not call these"
  failures=1
fi
[ $failures -eq 0 ] && echo "$(wc -l <"$scratch/declared") functions, declared and exported"
exit $failures
