// SPDX-License-Identifier: Apache-2.0
// Which files lie on a far side, by their content: one is sent once, however often it is staged and under whatever name.
//
// Contents lie in store/DIGEST there and are linked as files/N/NAME, where files that lie together here do so there. A file
// that has changed here is another content. Pure but for reading the files; one owner.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace xtest {

class Staging {
 public:
  struct Load {
    std::vector<std::pair<std::string, std::string>> contents;      // path below the folder, bytes; all executable
    std::vector<std::pair<std::string, std::string>> links;         // a content, and the name it gets; both below the folder
    std::map<std::filesystem::path, std::pair<std::string, std::string>> files;      // stamp and path below the folder
    bool empty() const { return files.empty(); }
  };

  // What is still to be sent. Throws Error{infra} for a file that has gone.
  Load plan(const std::vector<std::filesystem::path>& files);
  void sent(const Load& load);                      // it is all there
  bool is_full() const;                             // a guest's disk may be its memory: forget() and remove store/ and files/
  void forget();

  std::string path_of(const std::filesystem::path& file) const;     // below the folder; "" for what was not sent

 private:
  std::map<std::filesystem::path, std::pair<std::string, std::string>> files_;
  std::map<std::filesystem::path, std::string> folders_;            // of this side -> number there
  std::set<std::string> contents_;
  std::size_t bytes_ = 0;
};

// The same for a shell in that folder.
std::string link_script(const Staging::Load& load);

// Why `program` is none for the processor of a system whose sh begins with the bytes `elf`, or empty. A shell would take
// it for a script. A 32-bit program on a 64-bit system cannot be judged so.
std::string why_foreign(const std::string& program, const std::string& elf, const std::string& system);

}  // namespace xtest
