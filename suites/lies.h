// SPDX-License-Identifier: Apache-2.0
// What emulators are known to get wrong: emulators/known-lies.yaml and the user's own (--known-lies FILE).
//
//   lies:
//   - id: qemu-user-lost-exec-error
//     executor: qemu-user            # glob over executor names; "vm" is every guest, "vm:IMAGE" those of one image
//     versions: ">=5.0 <9.2"         # of the emulator; all bounds must hold
//     test: "probes::F1::*"          # glob over test ids; test or signature, or both
//     signature: "posix_spawn *"     # glob over the signature of what was seen
//     what: "the error of a failed exec is lost"
//     evidence: "a link, or a reproducer of at most 30 lines"
//     expires: 2027-06-30            # afterwards the entry no longer applies, and that is reported
//
// A bad result that fits is judged `emulator`, with the entry named. Unlike an expectation (suites/expect.h) an entry says
// something of the emulator and nothing of the port: it counts for no other executor, and a pass contradicts nothing.
// Plain values; candidates() is pure, so an old record can be judged again.
#pragma once

#include "runner/base/error.h"
#include "runner/model/event.h"
#include "suites/versions.h"

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

struct KnownLie {
  std::string id, executor, test = "*", signature = "*", what, evidence;
  std::vector<VersionBound> versions;
  std::string expires;                     // "YYYY-MM-DD"
  Position where;

  bool is_expired(const std::string& today) const { return expires < today; }
  bool is_of(const std::string& place) const;                // of any version
  bool is_about(const StreamInfo& place, const std::string& test_id) const;
};

class KnownLies {
 public:
  void add_file(const std::filesystem::path& file);          // throws Error{usage} with the place

  // Those that may explain a bad result of this test there, in order of the files. They stay valid as long as this object
  // is not changed.
  std::vector<const KnownLie*> candidates(const StreamInfo& place, const std::string& test, const std::string& today) const;

  const std::vector<KnownLie>& entries() const { return entries_; }
  std::string digest() const;

 private:
  std::vector<KnownLie> entries_;
};

}  // namespace xtest
