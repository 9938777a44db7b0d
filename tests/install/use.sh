#!/bin/sh
# use.sh HOW KIND FOLDER CC CMAKE GENERATOR DOCDIR
# Builds the installed examples (HOW=cxx: a C++ program) against FOLDER/moved with find_package (HOW=cmake) or
# pkg-config (else), with the library of that KIND (shared or static), runs them and compares what they print.
set -eu
how=$1 kind=$2 folder=$3 cc=$4 cmake=$5 generator=$6 docdir=$7
here=$(cd "$(dirname "$0")" && pwd)
prefix=$folder/moved
examples=$prefix/$docdir/examples
work=$folder/$how-$kind
rm -rf "$work"
mkdir -p "$work"

build_with_cmake() {
  static=OFF
  [ "$kind" = shared ] || static=ON
  "$cmake" -S "$examples" -B "$work" -G "$generator" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_FLAGS="-Wall -Wextra -Werror" -DSTATIC=$static
  "$cmake" --build "$work"
}

# flags <cflags or libs>: of the library. -l:libcopse.a takes the archive where -lcopse takes the shared library.
flags() {
  if [ "$kind" = shared ]; then
    printf '%s -Wl,-rpath,%s' "$(pkg-config "--$1" copse)" "$(pkg-config --variable=libdir copse)"
  else
    pkg-config --static "--$1" copse | sed 's/-lcopse/-l:libcopse.a/'
  fi
}

find_pkg_config() {
  command -v pkg-config >/dev/null || { echo "skipped: no pkg-config"; exit 77; }
  PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name copse.pc)")
  export PKG_CONFIG_PATH
  expected=$(sed -n 's/^#define COPSE_VERSION "\(.*\)"/\1/p' "$(pkg-config --variable=includedir copse)/copse.h")
  [ "$(pkg-config --modversion copse)" = "$expected" ] || { echo "copse.pc: not version $expected"; exit 1; }
}

build_with_pkg_config() {
  find_pkg_config
  for example in train_arrays predict_row custom_objective custom_metric; do
    # shellcheck disable=SC2046 # the flags are words
    "$cc" -std=c11 -Wall -Wextra -Werror $(flags cflags) "$examples/$example.c" -o "$work/$example" \
      $(flags libs) -lm
  done
}

run_cxx() {
  find_pkg_config
  case $(basename "$cc") in
    *clang*) cxx=clang++ ;;
    *) cxx=g++ ;;
  esac
  command -v $cxx >/dev/null || { echo "skipped: no $cxx"; exit 77; }
  # shellcheck disable=SC2046
  $cxx -std=c++11 -Wall -Wextra -Wpedantic -Werror $(flags cflags) "$here/header.cc" \
    -o "$work/header" $(flags libs)
  "$work/header"
}

check_linked() { # whether the program needs the shared library, or not
  if ldd "$1" | grep -q 'libcopse\.so'; then linked=shared; else linked=static; fi
  [ $linked = "$kind" ] || { echo "$1 is linked with the $linked library"; exit 1; }
}

case $how in
  cmake) build_with_cmake ;;
  pkg_config) build_with_pkg_config ;;
  cxx)
    run_cxx
    check_linked "$work/header"
    exit 0
    ;;
esac

cd "$work"
check_linked ./train_arrays
{
  ./train_arrays model.txt
  ./predict_row model.txt 0.9 0.8 0.5 0.5
  ./predict_row model.txt 0.1 nan 0.5 0.5
  ./custom_objective
  ./custom_metric
} >stdout
diff "$here/examples.stdout" stdout

# fails <text of stderr> <command>...: errors are told, not run into
fails() {
  text=$1
  shift
  if "$@" 2>stderr; then
    echo "$*: does not fail"
    exit 1
  fi
  grep -q "$text" stderr || { cat stderr; exit 1; }
}
fails '^1 values: expected 4, one for each of age income visits noise' ./predict_row model.txt 1
fails '^no_such_model: ' ./predict_row no_such_model 1
echo nonsense >nonsense.txt
fails '^bad format: nonsense.txt' ./predict_row nonsense.txt 1
fails 'no_such_folder' ./train_arrays no_such_folder/model.txt
"$prefix/bin/copse" show model=model.txt | grep -q income
echo "built, linked and run ($how, $kind)"
