// SPDX-License-Identifier: Apache-2.0
// A repository of Debian packages in a folder, and the /etc/apt of a host that uses it: real packages, read by the real apt.
//
// Add packages, then publish(); both may be repeated. Lives as long as the object. `is_possible()` is false where the host has no apt.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "runner/base/asio.h"

namespace xtest {

class AptRepository {
 public:
  using Files = std::map<std::string, std::string>;      // path in the package -> content

  explicit AptRepository(asio::io_context& io);          // runs dpkg-deb
  AptRepository(const AptRepository&) = delete;
  AptRepository& operator=(const AptRepository&) = delete;
  ~AptRepository();

  static bool is_possible();

  void add_package(const std::string& name, const std::string& architecture, const std::string& version, const Files& files);
  // A source package of one archive, NAME_VERSION.orig.tar.xz.
  void add_source(const std::string& name, const std::string& version, std::string_view archive);
  void publish();
  void write_host(const std::filesystem::path& etc) const;

  std::filesystem::path file_of(const std::string& name, const std::string& architecture, const std::string& version) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  asio::io_context& io_;
  std::filesystem::path folder_;
  std::map<std::string, std::string> packages_;          // architecture -> its list
  std::string sources_;
};

void write_below(const std::filesystem::path& file, std::string_view text);   // folders are made

}  // namespace xtest
