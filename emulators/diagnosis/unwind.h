// SPDX-License-Identifier: Apache-2.0
// Where a thread came from: its frames, by the unwind tables and symbols of the files that were mapped (libdw), or by its
// frame pointers where those tell nothing.
//
// Only files that this machine has are read, so a frame in a guest's own library has an address and no name. Reads files,
// blocks; no errors: what cannot be found is left out.
#pragma once

#include "emulators/diagnosis/registers.h"

#include <memory>

namespace xtest {

struct Frame {
  std::uint64_t pc = 0;
  std::string function;                    // demangled, or empty
  std::uint64_t offset = 0;                // into the function
  std::string source;                      // "null.c:3", or empty
  std::string module;                      // name of its file, or empty
};

// "main+0x4 (null.c:3)", "libc.so.6+0x1234", "0x1234"
std::string to_text(const Frame& frame);

class Unwinder {
 public:
  Unwinder(const Architecture& arch, const SeenProcess& process);
  ~Unwinder();
  Unwinder(const Unwinder&) = delete;
  Unwinder& operator=(const Unwinder&) = delete;

  std::vector<Frame> frames(const Registers& registers, std::size_t most);
  Frame frame(std::uint64_t pc, bool is_return_address);

  // An address as the file has it.
  struct InFile { std::string path; std::uint64_t address = 0, bias = 0; };
  std::optional<InFile> in_file(std::uint64_t pc);

 private:
  struct Files;
  std::unique_ptr<Files> files_;
};

}  // namespace xtest
