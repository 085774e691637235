# SPDX-License-Identifier: Apache-2.0
"""spoil_elf.py WHAT FILE: changes one fact of a linked little-endian ELF file and nothing else."""
import sys

PT_DYNAMIC, PT_TLS, DT_INIT_ARRAYSZ = 2, 7, 27
EF_ARM_SOFT, EF_ARM_HARD, OSABI_FREEBSD = 0x200, 0x400, 9


class Elf:
    def __init__(self, data):
        self.data = data
        self.wide = data[4] == 2

    def get(self, at, size):
        return int.from_bytes(self.data[at:at + size], "little")

    def put(self, at, size, value):
        self.data[at:at + size] = value.to_bytes(size, "little")

    def word(self):
        return 8 if self.wide else 4

    def segments(self, kind):
        """Position of each program header of a kind, of its p_offset and of its p_filesz."""
        start, size, count = (self.get(32, 8), 56, self.get(56, 2)) if self.wide else (self.get(28, 4), 32, self.get(44, 2))
        for at in range(start, start + size * count, size):
            if self.get(at, 4) == kind:
                yield (at + 8, at + 32) if self.wide else (at + 4, at + 16)


def init_array(elf):
    for offset, length in elf.segments(PT_DYNAMIC):
        start, end, word = elf.get(offset, elf.word()), elf.get(length, elf.word()), elf.word()
        for at in range(start, start + end, 2 * word):
            if elf.get(at, word) == DT_INIT_ARRAYSZ:
                elf.put(at + word, word, 0)


def tls_image(elf):
    for _, length in elf.segments(PT_TLS):
        elf.put(length, elf.word(), 0)


def os_abi(elf):
    elf.put(7, 1, OSABI_FREEBSD)


def soft_float(elf):
    at = 48 if elf.wide else 36
    elf.put(at, 4, elf.get(at, 4) & ~EF_ARM_HARD | EF_ARM_SOFT)


def main(what, file):
    with open(file, "r+b") as stream:
        elf = Elf(bytearray(stream.read()))
        {"init-array": init_array, "tls-image": tls_image, "os-abi": os_abi, "soft-float": soft_float}[what](elf)
        stream.seek(0)
        stream.write(elf.data)


main(*sys.argv[1:])
