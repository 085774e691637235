// SPDX-License-Identifier: Apache-2.0
// For tests that write reports: a folder that goes away, files as text, and the schema of JUnit files.
#pragma once

#include <filesystem>
#include <string>

namespace xtest {

class ReportFolder {
 public:
  ReportFolder();
  ReportFolder(const ReportFolder&) = delete;
  ReportFolder& operator=(const ReportFolder&) = delete;
  ~ReportFolder();
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string slurp(const std::filesystem::path& file);

// What libxml2 has against the file: as XML, and against the schema tests/data/junit-10.xsd. Empty: nothing.
std::string xml_complaints(const std::filesystem::path& file);
std::string schema_complaints(const std::filesystem::path& file);

// Compares with tests/golden/reports/NAME; XTEST_UPDATE_GOLDEN=1 in the environment writes it instead.
std::string golden_difference(const std::string& name, const std::string& text);

}  // namespace xtest
