// SPDX-License-Identifier: Apache-2.0
// What a place told of processes that died or hung: the lines of Completion::look, read.
//
//   machine NAME | file THERE<tab>HERE | overlay TARGET<tab>LOWER | process PID | map START-END PERMS OFFSET [PATH]
//   thread TID STATE WCHAN CPU-MS SYSCALL NAME | kernel TEXT | signal NUMBER CODE ADDRESS | exception CODE ADDRESS HOW TOUCHED
//   registers HEX (as Linux lays them out) | register NAME VALUE | tls VALUE | memory ADDRESS HEX | frame ADDRESS NAME
//
// Made by the agent (emulators/agent/look.c), the Wine launcher and qemu's debugger stub. Numbers are hexadecimal but for
// ids, states and times. What cannot be understood is left out: the report is a help, never a verdict. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xtest {

struct Mapping {
  std::uint64_t start = 0, end = 0, offset = 0;
  std::string perms;                       // "r-xp"
  std::string path;                        // of the host, where it is known there; "[stack]", or empty
};

struct SeenSignal { int number = 0, code = 0; std::uint64_t address = 0; };
struct SeenException { std::uint32_t code = 0; std::uint64_t address = 0; std::string how; std::uint64_t touched = 0; };  // how: read, write, execute, none

using Registers = std::map<std::string, std::uint64_t>;

struct SeenThread {
  int tid = 0;
  char state = '?';
  std::string wchan, syscall, name;        // "-" where the system does not say
  std::uint64_t cpu_ms = 0;
  std::vector<std::string> kernel;         // its stack inside the kernel
  std::optional<SeenSignal> signal;
  std::optional<SeenException> exception;
  std::string raw_registers;
  Registers registers;
  std::vector<std::pair<std::uint64_t, std::string>> frames;   // as the place walked them itself: address, name
};

struct SeenProcess {
  int pid = 0;
  std::vector<Mapping> maps;
  std::vector<SeenThread> threads;
  std::vector<std::pair<std::uint64_t, std::string>> memory;

  const Mapping* mapping(std::uint64_t address) const;
  std::optional<std::uint64_t> read(std::uint64_t address, int width, bool big_endian) const;
};

struct LookReport {
  std::string machine;                     // as uname -m
  std::vector<SeenProcess> processes;
};

LookReport parse_look(std::string_view look);

}  // namespace xtest
