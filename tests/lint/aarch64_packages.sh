#!/bin/sh
# aarch64_packages.sh FOLDER - unpacks Debian's arm64 packages of cmocka, jansson, zlib, SQLite and inih into FOLDER
# for the aarch64 preset. They are not installed and the system's list of architectures stays as it is: apt works on a state
# of its own below FOLDER.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
[ -f "$folder/usr/lib/aarch64-linux-gnu/libz.a" ] && [ -f "$folder/usr/lib/aarch64-linux-gnu/libjansson.a" ] &&
  [ -f "$folder/usr/lib/aarch64-linux-gnu/libsqlite3.a" ] && [ -f "$folder/usr/lib/aarch64-linux-gnu/libinih.a" ] &&
  [ -f "$folder/usr/include/cmocka.h" ] && exit 0

mkdir -p "$folder/state/lists/partial" "$folder/state/cache/archives/partial" "$folder/packages"
: >"$folder/state/status"
arm() {
  apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root \
    -o Dir::State::Lists="$folder/state/lists" -o Dir::Cache="$folder/state/cache" \
    -o Dir::State::status="$folder/state/status" "$@"
}
arm update
cd "$folder/packages"
arm download libcmocka-dev libcmocka0 libjansson-dev zlib1g-dev libsqlite3-dev libinih-dev
for package in ./*.deb; do dpkg-deb -x "$package" "$folder"; done
rm -rf "$folder/state" "$folder/packages"
