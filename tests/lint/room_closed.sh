#!/bin/sh
# room_closed.sh CC ROOM.a ARCHIVES BELOW... - a room calls nothing above itself, not even through copse.h: it
# links with the rooms below it alone.
set -eu
cc=$1 room=$2
shift 2
"$cc" -shared -Wl,-z,defs -Wl,--whole-archive "$room" -Wl,--no-whole-archive "$@" -fopenmp -lm -o /dev/null
echo "$(basename "$room") needs what is below it and nothing else"
