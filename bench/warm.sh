#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same 500 programs again, nothing changed, with --reuse-results: at most 2 % of the cold run.
. "$(dirname -- "$0")/common.sh"
need aarch64-linux-gnu-gcc qemu-aarch64-static
generate "$work/suite"
run="cd $work && $xtest run --target $triple --suites-dir $work/suite -s generated --reuse-results --runs $work/runs"
check=$work/check
expect_passes "$work/runs"
cat >"$work/plan.json" <<EOT
{"repeat": $repeat, "warm_up": 0,
 "commands": {
  "cold": {"prepare": "$(away "$work/runs" "$work/cache/actions" "$work/cache/cas")", "run": "$run", "check": "$check"},
  "warm": {"run": "$run", "check": "$check"}},
 "bars": [
  {"name": "warm", "against": "cold", "what": "wall", "most": 0.02},
  {"name": "warm", "against": "cold", "what": "cpu", "most": 0.02}]}
EOT
python3 "$root/bench/compare.py" "$work/plan.json"
