#!/bin/sh
# install.sh CMAKE BUILD FOLDER BINDIR LIBDIR INCLUDEDIR DOCDIR
# Installs the build under FOLDER and moves it to FOLDER/moved: from there everything must work.
set -eu
cmake=$1 build=$2 folder=$3 bindir=$4 libdir=$5 includedir=$6 docdir=$7
rm -rf "$folder"
"$cmake" --install "$build" --prefix "$folder/first" >/dev/null
mv "$folder/first" "$folder/moved"
cd "$folder/moved"

for file in "$bindir/copse" "$includedir/copse.h" "$libdir/libcopse.so" "$libdir/libcopse.a" \
  "$libdir/cmake/copse/copse-config.cmake" "$libdir/cmake/copse/copse-config-version.cmake" \
  "$libdir/pkgconfig/copse.pc" "$docdir/LICENSE" "$docdir/profile.schema.json" "$docdir/examples/CMakeLists.txt"; do
  [ -f "$file" ] || { echo "$file is not installed"; exit 1; }
done
find . -type f -o -type l | sort

# Nothing may remember where it was built or first installed.
if grep -rIlF -e "$folder/first" -e "$build" .; then
  echo "these name a folder of the build"
  exit 1
fi
"$bindir/copse" version
