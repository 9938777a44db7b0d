# data.sh - small data for command-line cases; sourced by a cmd as `. "$CASE/../data.sh"`.
#
#   numbers ROWS [SEED]     CSV with header y,a,b,c: y is 0 or 1 and mostly a + b > 1; c is noise, sometimes empty
#   colours ROWS            CSV with header sold,colour,size: text label no/yes, text category of four levels
#   kinds ROWS [SEED]       CSV with header kind,a,b: text label small, medium or large, mostly by a + b
numbers() {
  awk -v rows="$1" -v state="${2:-1}" '
    function uniform() { state = (state * 69069 + 1) % 4294967296; return int(state / 4096) / 1048576 }
    BEGIN {
      print "y,a,b,c"
      for (i = 0; i < rows; i++) {
        a = uniform(); b = uniform(); c = uniform()
        y = a + b + 0.3 * (uniform() - 0.5) > 1
        printf "%d,%.6f,%.6f,%s\n", y, a, b, c < 0.1 ? "" : sprintf("%.6f", c)
      }
    }'
}
colours() {
  awk -v rows="$1" '
    BEGIN {
      split("red,green,blue,white", name, ",")
      print "sold,colour,size"
      for (i = 0; i < rows; i++) {
        k = i * 7 % 4 + 1
        size = i * 37 % 101
        printf "%s,%s,%d\n", (k <= 2) != (size > 90) ? "yes" : "no", name[k], size
      }
    }'
}
kinds() {
  awk -v rows="$1" -v state="${2:-1}" '
    function uniform() { state = (state * 69069 + 1) % 4294967296; return int(state / 4096) / 1048576 }
    BEGIN {
      print "kind,a,b"
      for (i = 0; i < rows; i++) {
        a = uniform(); b = uniform(); s = a + b + 0.2 * (uniform() - 0.5)
        printf "%s,%.6f,%.6f\n", s < 0.8 ? "small" : s < 1.2 ? "medium" : "large", a, b
      }
    }'
}
