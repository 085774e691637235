// SPDX-License-Identifier: Apache-2.0
// An apt of our own: packages of any architecture are fetched and unpacked below a folder, nothing is installed, and
// the host's apt and dpkg are not touched. For what cannot be installed beside what the host has (rustc and the std of
// other architectures, kernels of guests).
//
// Sources, keys, proxies and passwords are the host's (/etc/apt); the architectures and the suite are ours. An unpacked
// tree has a manifest.json that names what is wholly in it: a package counts only once it stands there, so a killed
// xtest leaves nothing half done. One process at a time works on a root and on a tree (flock). io_context thread.
// Whatever apt-get or dpkg-deb cannot do is Error{infra} with its last lines.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/asio.h"
#include "runner/store/apt_sources.h"

namespace xtest {

struct UnpackedPackage {
  std::string package;
  std::string architecture;
  std::string version;
  std::string sha256;  // of the .deb
};

using Progress = std::function<void(std::string_view line)>;   // gets lines for people: "fetching 3 packages"

class PrivateApt {
 public:
  struct Options {
    std::filesystem::path root;              // made; lists and archives lie here
    std::string suite;                       // "bookworm"
    std::vector<std::string> architectures;  // Debian's names; the host's comes first
    std::filesystem::path host_etc = "/etc/apt";
    Progress progress = {};
  };

  explicit PrivateApt(Options options);

  Task<void> update();

  // The first dependency of a package whose name begins so: the kernel of a meta package. After update().
  Task<std::string> dependency(std::string package, std::string beginning);

  // "rustc", "libstd-rust-dev:arm64"; in that order, below ROOT/debs.
  Task<std::vector<std::filesystem::path>> download(std::vector<std::string> packages);

  // Adds the files of a .deb to the tree `into` and names it in the manifest; its scripts are not run.
  Task<void> unpack(std::filesystem::path deb, std::filesystem::path into);

  // Update, download and unpack of what the tree does not have yet; nothing at all if it has everything.
  Task<void> provide(std::vector<std::string> packages, std::filesystem::path into);

 private:
  Task<void> apt_get(std::vector<std::string> arguments, std::filesystem::path cwd);
  void write_configuration() const;
  bool has_lists() const;
  void tell(std::string_view line) const;

  Options options_;
};

// What the manifest of a tree names.
std::vector<UnpackedPackage> unpacked_packages(const std::filesystem::path& tree);

// Whether "name" (of the host's or of all architectures) or "name:arch" is among them.
bool holds_package(const std::vector<UnpackedPackage>& unpacked, std::string_view package,
                   std::string_view host_architecture);

}  // namespace xtest
