#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: meddler.py HOW FLAG (as an SSH server's ForceCommand)

Runs what the client asked for and hands on what that says: frames of our agent or of the driver for sh. Whoever finds and
removes the file FLAG damages, HOW says in which way, what is said about the run whose output has the word `meddle`.
"""
import os
import re
import struct
import subprocess
import sys

how, flag = sys.argv[1:]
command = os.environ["SSH_ORIGINAL_COMMAND"]


def agent_frame(data):
    """kind, run and length of the first frame; None if it is not whole"""
    if len(data) < 32:
        return None
    kind, run, length = struct.unpack("<HII", data[6:16])
    return {18: "output", 20: "ended"}.get(kind), run, 32 + length


def sh_frame(data):
    line = re.match(rb"[0-9a-f]{32} (\d+) (\w+)(?: (\d+) (\d+))?.*\n", data)
    if not line:
        end = data.find(b"\n")
        return (None, 0, end + 1) if end >= 0 else None
    run, kind, head, tail = line.groups()
    bytes_after = int(head) + int(tail) if kind in (b"out", b"err") else 0
    return {b"out": "output", b"ended": "ended"}.get(kind), int(run), line.end() + bytes_after


def damaged(frames, before):
    """`frames` are the output and the end of the run, `before` is the end of the one before"""
    output, ended = frames
    half = len(ended) // 2
    return {
        "the end is cut": [output, ended[:half]],
        "the end is cut in front": [output, ended[half:]],
        "the end comes twice": [output, ended, ended],
        "an earlier end comes again": [output, before, ended],
        "the output comes twice": [output, output, ended],
        "the output is cut": [output[: len(output) - 2], ended],
        "the output is missing": [ended],
        "the end comes first": [ended, output],
    }[how]


def take_flag():
    try:
        os.unlink(flag)
        return True
    except FileNotFoundError:
        return False


def relay(source):
    first = agent_frame if command.endswith("/agent") else sh_frame
    data, held, before = b"", None, b""
    while piece := os.read(source, 65536):
        data += piece
        while (frame := first(data)) and len(data) >= frame[2]:
            kind, run, size = frame
            whole, data = data[:size], data[size:]
            if kind == "output" and b"meddle" in whole and take_flag():
                held = (run, whole)
                continue
            if held and kind == "ended" and run == held[0]:
                whole = b"".join(damaged((held[1], whole), before))
                held = None
            if kind == "ended":
                before = whole
            while whole:
                whole = whole[os.write(1, whole):]
    os.write(1, data)


child = subprocess.Popen(["/bin/sh", "-c", command], stdout=subprocess.PIPE)
try:
    relay(child.stdout.fileno())
except BrokenPipeError:
    pass
child.stdout.close()
os.close(1)
sys.exit(child.wait())
