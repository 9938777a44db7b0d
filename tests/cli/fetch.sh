# fetch.sh - what the cases of datasets/fetch share; sourced by a cmd as `. "$CASE/../fetch.sh"`. No network: the
# addresses are file://, and curl (or wget) and unzip are stand-ins, so that the cases run where neither is
# installed; a zip archive is a tar archive here.
#
#   fetch ARGUMENT...       datasets/fetch with the planted manifest; prints "exit N" behind its messages
#   plant NAME FILE ACCESS ADDRESS UNPACK SHA256    a row of the manifest
#   sha256 FILE             its checksum
tools=$PWD/tools
mkdir "$tools"
cat >"$tools/curl" <<'EOF'
#!/bin/sh
while [ $# -gt 1 ]; do
  [ "$1" = -o ] && out=$2 && shift
  shift
done
exec cp "${1#file://}" "$out"
EOF
cat >"$tools/unzip" <<'EOF'
#!/bin/sh
[ "$1" = -p ] && exec tar -xOf "$2" "$3"
EOF
chmod +x "$tools/curl" "$tools/unzip"
PATH=$tools:$PATH
printf 'name\tfile\taccess\taddress\tunpack\tsha256\tsha256_from\tlicence\ttask\ttarget\trows\tcolumns\tformat\tnotes\n' \
  >manifest.tsv

fetch() {
  status=0
  sh "$CASE/../../../datasets/fetch" "$@" manifest=manifest.tsv 2>&1 || status=$?
  echo "exit $status"
}
plant() {
  from="planted"
  [ -n "$6" ] || from="none: planted without"
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\tfree\tbinary\ty\t3\t2\tCSV\t\n' "$1" "$2" "$3" "$4" "$5" "$6" "$from" >>manifest.tsv
}
sha256() {
  if command -v sha256sum >/dev/null; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -c 1-64
}
