// SPDX-License-Identifier: Apache-2.0
// Finished test cases of one stream that wait for the header to be known.
//
// Entries are appended (a small buffer, then a hidden file that the destructor removes; a short stream never touches
// the disk) and can be killed later, when the case is decided again. parts() cuts what lives into files. The spool
// keeps no descriptor open, so there may be many. Trouble with the disk is thrown as Error{output} with the path. One
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

enum class JunitVerdict : std::uint8_t { pass, failure, error, skipped };

struct SpoolPart {
  std::uint64_t begin = 0, end = 0;        // offsets
  std::uint64_t tests = 0, failures = 0, errors = 0, skipped = 0, bytes = 0;
  std::chrono::microseconds time{0};
  void count(JunitVerdict verdict, std::chrono::microseconds spent, std::uint64_t size);
};

class Spool {
 public:
  explicit Spool(std::filesystem::path path);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool();

  std::uint64_t append(JunitVerdict verdict, std::chrono::microseconds time, std::string_view xml);  // its offset
  void kill(std::uint64_t offset);

  // Never empty: a stream without cases is one part without tests.
  std::vector<SpoolPart> parts(std::uint64_t most_tests, std::uint64_t most_bytes);
  void copy(const SpoolPart& part, const std::function<void(std::string_view)>& out);

 private:
  struct Head {
    std::uint64_t micros = 0;
    std::uint32_t size = 0;
    JunitVerdict verdict = JunitVerdict::pass;
    bool dead = false;
    std::uint16_t unused = 0;
  };
  void flush();
  void for_each(std::uint64_t begin, std::uint64_t end,
                const std::function<void(std::uint64_t, const Head&, std::string_view)>& each);

  std::filesystem::path path_;
  std::string buffer_;
  std::uint64_t flushed_ = 0;
};

}  // namespace xtest
