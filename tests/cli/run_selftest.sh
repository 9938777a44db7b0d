#!/bin/sh
# run_selftest.sh RUN MATCH_LINES - the runner of command-line cases passes what it should and fails the rest.
set -u
run=$1 match=$2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
failures=0

# try <expected result of the runner> <cmd> [<file> <its text>]...
try() {
  want=$1
  rm -rf "$scratch/case"
  mkdir "$scratch/case"
  printf '%b' "$2" >"$scratch/case/cmd"
  shift 2
  what=$(cat "$scratch/case/cmd")
  while [ $# -ge 2 ]; do
    printf '%b' "$2" >"$scratch/case/$1"
    what="$what | $1: $2"
    shift 2
  done
  sh "$run" "$scratch/case" /bin/echo /bin/echo "$match" >"$scratch/log" 2>&1
  got=$?
  if [ $got -ne "$want" ]; then
    echo "runner gave $got, expected $want: $what"
    cat "$scratch/log"
    failures=1
  fi
}

try 0 '$COPSE one'
try 0 '$COPSE one' stdout 'one\n' stderr ''
try 1 '$COPSE one' stdout 'two\n'
try 1 '$COPSE one' stdout ''
try 1 '$COPSE one >&2' stderr 'two\n'
try 1 'exit 3'
try 0 'exit 3' exit '3\n'
try 1 'true' exit '1\n'
try 77 'echo no data; exit 77'
try 1 'false; true'
try 1 'echo $UNSET_NAME'
try 0 'ls | wc -l; touch here' stdout '*0\n'
try 0 'cat $CASE/cmd >/dev/null'
try 0 'echo "a [b] (c?) 3.25 x"' stdout 'a [b] (c?) 3.* x\n'
try 1 'echo "a b (c?)"' stdout 'a [b] (c?)\n'
try 0 'printf "1\\n2\\n3\\n4\\n"' stdout '1\n...\n4\n'
try 0 'printf "1\\n2\\n3\\n4\\n"' stdout '...\n2\n3\n...\n'
try 0 'printf "1\\n2\\n1\\n3\\n"' stdout '...\n1\n3\n'
try 1 'printf "1\\n2\\n3\\n4\\n"' stdout '1\n...\n3\n'
try 1 'printf "1\\n2\\n3\\n4\\n"' stdout '1\n...\n5\n...\n'
try 1 'printf "1\\n2\\n"' stdout '1\n'
try 1 'printf "1\\n"' stdout '1\n2\n'
try 0 'echo aXbXc' stdout 'a*X*c\n'
try 1 'echo aXbXd' stdout 'a*X*c\n'

[ $failures -eq 0 ] && echo "the runner tells right from wrong"
exit $failures
