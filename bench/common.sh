# SPDX-License-Identifier: Apache-2.0
# For the scripts beside it: where things are, a folder that goes away, and a suite of generated C programs.
set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
xtest=${XTEST:-$root/build/release/xtest}
count=${COUNT:-500}
repeat=${REPEAT:-5}
triple=aarch64-unknown-linux-gnu
jobs=$(nproc)

need() { # PROGRAM...: ends with what is missing
  for program; do
    command -v "$program" >/dev/null 2>&1 || { echo "bench: $program is needed and not here" >&2; exit 2; }
  done
}

[ -x "$xtest" ] || { echo "bench: no xtest at $xtest; build it (./xtest --version) or set XTEST" >&2; exit 2; }
need python3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export XTEST_CACHE_DIR="$work/cache"

generate() { # FOLDER: $count programs of one file that compute something and exit with 0, and their suite.yaml
  mkdir -p "$1"
  python3 - "$1" "$count" <<'PY'
import sys
folder, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    with open(f"{folder}/p{number:04}.c", "w", encoding="ascii") as file:
        file.write(f"""#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int compare(const void *a, const void *b) {{ return *(const int *)a - *(const int *)b; }}
int main(void) {{
  int values[{64 + number % 37}], n = sizeof values / sizeof *values;
  for (int i = 0; i < n; ++i) values[i] = (i * {2 * number + 1} + {number}) % 997;
  qsort(values, n, sizeof *values, compare);
  char text[64];
  for (int i = 1; i < n; ++i) {{
    snprintf(text, sizeof text, "%d %d", values[i - 1], values[i]);
    if (values[i - 1] > values[i] || strlen(text) < 3) return 1;
  }}
  return 0;
}}
""")
PY
  cat >"$1/suite.yaml" <<'YAML'
suite: generated
framework: exit-code
sources: ["*.c"]
flags: [-O1]
YAML
}

# A command line that moves FOLDER... out of the way: what is deleted costs the next command, ext4 steps around inodes
# that were freed a minute ago.
away() { # FOLDER...
  echo "old=\$(mktemp -d $work/old.XXXX) && for folder in $*; do [ ! -e \$folder ] || mv \$folder \$old; done"
}

expect_passes() { # RUNS: $work/check then fails unless the latest run recorded there decided $count cases, all as passes
  cat >"$work/check" <<EOT
#!/bin/sh
passes=\$("$xtest" report latest --format jsonl --runs "$1" | grep '^{"type":"case"' | grep -c '"status":"pass"')
[ "\$passes" = $count ] || { echo "only \$passes of $count passed"; exit 1; }
EOT
  chmod +x "$work/check"
}
