#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How long a person waits for nothing: `xtest --version` (10 ms), `xtest list` (100 ms), the launcher ./xtest (20 ms more
# than the binary). Starting sh itself is taken off.
. "$(dirname -- "$0")/common.sh"
cd "$root"
cat >"$work/plan.json" <<EOT
{"repeat": ${REPEAT:-21}, "warm_up": 3, "quiet": true,
 "commands": {
  "sh": {"run": "exec true"},
  "version": {"run": "exec $xtest --version"},
  "list": {"run": "exec $xtest list --runs $work"},
  "launcher": {"run": "exec $root/xtest --version"}},
 "limits": [
  {"name": "version", "wall_ms": 10, "beyond": "sh"},
  {"name": "list", "wall_ms": 100, "beyond": "sh"},
  {"name": "launcher", "wall_ms": 20, "beyond": "version"}]}
EOT
python3 "$root/bench/compare.py" "$work/plan.json"
