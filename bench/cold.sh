#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# 500 generated C programs, compiled and executed for aarch64 with nothing cached: xtest against the same commands under
# xargs, against CTest and against DejaGnu's runtest. What xtest knows of the compilers themselves is kept. COUNT, REPEAT
# and XTEST change the defaults.
. "$(dirname -- "$0")/common.sh"
need aarch64-linux-gnu-gcc qemu-aarch64-static cmake ctest runtest xargs
qemu="qemu-aarch64-static -L /usr/aarch64-linux-gnu"
generate "$work/suite"
expect_passes "$work/runs"

cat >"$work/one" <<EOT
#!/bin/sh
aarch64-linux-gnu-gcc -MD -MF "$work/xargs/\$1.d" -o "$work/xargs/\$1" "$work/suite/\$1.c" -O1 && exec $qemu "$work/xargs/\$1"
EOT
chmod +x "$work/one"

mkdir -p "$work/ctest/bin"
{
  for source in "$work"/suite/*.c; do
    name=$(basename "$source" .c)
    echo "add_test([=[$name]=] sh -c [=[aarch64-linux-gnu-gcc -MD -MF $work/ctest/bin/$name.d -o $work/ctest/bin/$name $source -O1 && exec $qemu $work/ctest/bin/$name]=])"
  done
} >"$work/ctest/CTestTestfile.cmake"

mkdir -p "$work/dejagnu/gen.test" "$work/dejagnu/obj"
cat >"$work/dejagnu/gen.test/all.exp" <<EOT
foreach source [lsort [glob $work/suite/*.c]] {
  set name [file rootname [file tail \$source]]
  if {[catch {exec aarch64-linux-gnu-gcc -MD -MF $work/dejagnu/obj/\$name.d -o $work/dejagnu/obj/\$name \$source -O1} text]} {
    fail "\$name (build: \$text)"
  } elseif {[catch {exec qemu-aarch64-static -L /usr/aarch64-linux-gnu $work/dejagnu/obj/\$name} text]} {
    fail \$name
  } else {
    pass \$name
  }
}
EOT

cat >"$work/plan.json" <<EOT
{"repeat": $repeat, "warm_up": 1,
 "commands": {
  "xtest": {"prepare": "$(away "$work/runs" "$work/cache/actions" "$work/cache/cas")",
            "run": "cd $work && $xtest run --target $triple --suites-dir $work/suite -s generated --runs $work/runs",
            "check": "$work/check"},
  "xargs": {"prepare": "$(away "$work/xargs") && mkdir $work/xargs",
            "run": "cd $work/suite && ls *.c | sed 's/[.]c$//' | xargs -P$jobs -n1 $work/one"},
  "ctest": {"prepare": "$(away "$work/ctest/bin" "$work/ctest/Testing") && mkdir $work/ctest/bin",
            "run": "cd $work/ctest && ctest -j$jobs -Q"},
  "dejagnu": {"prepare": "$(away "$work/dejagnu/obj") && mkdir $work/dejagnu/obj",
              "run": "cd $work/dejagnu && runtest --tool gen --srcdir $work/dejagnu --outdir $work/dejagnu/obj >/dev/null",
              "check": "grep -c '^PASS' $work/dejagnu/obj/gen.sum | grep -qx $count"}},
 "bars": [
  {"name": "xtest", "against": "xargs", "what": "wall", "most": 1.05},
  {"name": "xtest", "against": "xargs", "what": "cpu", "most": 1.05},
  {"name": "xtest", "against": "ctest", "what": "wall", "most": 1.0},
  {"name": "xtest", "against": "dejagnu", "what": "wall", "most": 1.0}]}
EOT
python3 "$root/bench/compare.py" "$work/plan.json"
