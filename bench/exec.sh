#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `xtest exec` costs over the program itself in a warm session (5 ms): ten starts of a program by sh, alone and
# through xtest, natively and under qemu-user; and without a warm session, for comparison.
. "$(dirname -- "$0")/common.sh"
need gcc aarch64-linux-gnu-gcc qemu-aarch64-static
cd "$work"
export XTEST_RUNTIME_DIR="$work/run"
trap '"$xtest" down >/dev/null; rm -rf "$work"' EXIT
native=$(uname -m)-unknown-linux-gnu
echo 'int main(void) { return 0; }' >nothing.c
gcc -O1 -o nothing nothing.c
aarch64-linux-gnu-gcc -O1 -o nothing-aarch64 nothing.c
ten() { # COMMAND: ten times in a row
  echo "for i in 1 2 3 4 5 6 7 8 9 10; do $1 || exit 1; done"
}
cat >plan.json <<EOT
{"repeat": ${REPEAT:-21}, "warm_up": 2, "quiet": true,
 "commands": {
  "program": {"run": "$(ten ./nothing)"},
  "cold": {"prepare": "$xtest down", "run": "$(ten "$xtest exec -t $native -- ./nothing")"},
  "warm": {"prepare": "$xtest up -t $native", "run": "$(ten "$xtest exec -t $native -- ./nothing")"},
  "emulated": {"run": "$(ten 'qemu-aarch64-static -L /usr/aarch64-linux-gnu ./nothing-aarch64')"},
  "warm emulated": {"prepare": "$xtest up -t $triple", "run": "$(ten "$xtest exec -t $triple -- ./nothing-aarch64")"}},
 "limits": [
  {"name": "warm", "wall_ms": 50, "beyond": "program"},
  {"name": "warm emulated", "wall_ms": 50, "beyond": "emulated"}]}
EOT
python3 "$root/bench/compare.py" plan.json
