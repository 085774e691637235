#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures commands against each other, fairly: paired, interleaved, repeated; says `noise` when it cannot tell.

usage: compare.py FILE

FILE is JSON: {"repeat": 5, "warm_up": 1, "quiet": false, "commands": {NAME: {"prepare": CMD, "run": CMD, "check": CMD}},
"bars": [{"name": NAME, "against": NAME, "what": "wall"|"cpu", "most": RATIO}], "limits": [{"name": NAME, "wall_ms": MOST,
"beyond": NAME}]}. Commands are for sh; prepare and check are not measured. A bar holds if the median of the paired ratios
is at most `most`; when the middle half of the ratios spreads wider than the bar's distance from
1, the verdict is `noise`. A limit holds if the median wall time, less that of `beyond` if named, is at most so many
milliseconds. Exit code 0: all bars hold, 1: one does not, 3: only noise stands in the way.
"""
import json
import resource
import statistics
import subprocess
import sys
import time


def shell(command, may_fail=False):
    done = subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0 and not may_fail:
        sys.exit(f"compare: exit code {done.returncode} of: {command}\n{done.stdout[-2000:].decode(errors='replace')}")


def measure(how):
    if "prepare" in how:
        shell(how["prepare"])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    shell(how["run"])
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if "check" in how:
        shell(how["check"])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu}


def spread(values):
    """How far the middle half of the values reaches."""
    ordered, cut = sorted(values), len(values) // 4
    return ordered[-1 - cut] - ordered[cut]


def judge_bar(bar, times):
    ratios = [mine[bar["what"]] / other[bar["what"]] for mine, other in zip(times[bar["name"]], times[bar["against"]])]
    middle, wide = statistics.median(ratios), spread(ratios)
    verdict = "met" if middle <= bar["most"] else "NOT MET"
    if wide > abs(bar["most"] - middle) and wide > abs(bar["most"] - 1):
        verdict = "noise"
    print(f"{bar['name']:>12} / {bar['against']:<12} {bar['what']:>5}  ratio {middle:6.3f}  spread {wide:6.3f}  "
          f"bar {bar['most']:.2f}  {verdict}")
    return verdict


def judge_limit(limit, times):
    mine = [one["wall"] for one in times[limit["name"]]]
    if "beyond" in limit:
        mine = [one["wall"] - other["wall"] for one, other in zip(times[limit["name"]], times[limit["beyond"]])]
    middle, wide = 1000 * statistics.median(mine), 1000 * spread(mine)
    verdict = "met" if middle <= limit["wall_ms"] else "NOT MET"
    if wide > abs(limit["wall_ms"] - middle):
        verdict = "noise"
    beyond = f" beyond {limit['beyond']}" if "beyond" in limit else ""
    print(f"{limit['name'] + beyond:>36}  {middle:8.1f} ms  spread {wide:6.1f} ms  bar {limit['wall_ms']} ms  {verdict}")
    return verdict


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    commands = plan["commands"]
    times = {name: [] for name in commands}
    for turn in range(plan.get("warm_up", 1) + plan.get("repeat", 5)):
        for name, how in commands.items():
            result = measure(how)
            if not plan.get("quiet"):
                print(f"turn {turn}: {name} {result['wall']:.3f} s, cpu {result['cpu']:.3f} s", file=sys.stderr)
            if turn >= plan.get("warm_up", 1):
                times[name].append(result)
    for name, results in times.items():
        wall = statistics.median(one["wall"] for one in results)
        cpu = statistics.median(one["cpu"] for one in results)
        print(f"{name:>12}  wall {wall:8.3f} s  cpu {cpu:8.3f} s")
    verdicts = [judge_bar(bar, times) for bar in plan.get("bars", [])]
    verdicts += [judge_limit(limit, times) for limit in plan.get("limits", [])]
    sys.exit(1 if "NOT MET" in verdicts else 3 if "noise" in verdicts else 0)


main()
