// SPDX-License-Identifier: Apache-2.0
// Finds and reads target files: targets/data/, the folders of --targets-dir and the files of --target-file.
//
// In a folder a target is TRIPLE.yaml and its `triple:` says the same; `_NAME.yaml` is a base that only serves
// `extends:`. So a canonical triple is found by the file's name; for any other spelling only the files that mention it
// are parsed. A single file may have any name and wins over nothing: a triple or spelling that two files claim is an
// error. Everything wrong is Error{usage} with file:line:column. One thread; the Target& it hands out live as long as
// it does.
#pragma once

#include "targets/target.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

class TargetLibrary {
 public:
  // Lists the folders and reads the single files' triples; throws if one is missing.
  explicit TargetLibrary(const std::vector<std::filesystem::path>& folders,
                         const std::vector<std::filesystem::path>& files = {});
  ~TargetLibrary();
  TargetLibrary(TargetLibrary&&) noexcept;
  TargetLibrary& operator=(TargetLibrary&&) noexcept;

  // By its canonical triple or any other spelling; unknown: Error with the nearest names.
  const Target& find(std::string_view name) const;
  std::vector<std::string> names() const;              // canonical triples, sorted; parses nothing
  std::vector<const Target*> all() const;              // parses everything and checks that no spelling is claimed twice

 private:
  class Files;
  std::unique_ptr<Files> files_;
};

}  // namespace xtest
