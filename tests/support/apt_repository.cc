// SPDX-License-Identifier: Apache-2.0
#include "tests/support/apt_repository.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "runner/base/hash.h"
#include "runner/base/process.h"
#include "tests/support/run_task.h"

namespace xtest {

namespace fs = std::filesystem;

namespace {

std::string checksum_line(const std::string& content, const std::string& file) { return fmt::format(" {} {} {}\n", sha256_hex(content), content.size(), file); }

}  // namespace

void write_below(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// apt reads a file: repository as itself, whose name must then have no blank.
AptRepository::AptRepository(asio::io_context& io) : io_(io), folder_(fs::path("/tmp") / fmt::format("xtest-repository-{}", ::getpid())) {
  fs::create_directories(folder_ / "pool");
}

AptRepository::~AptRepository() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

bool AptRepository::is_possible() {
  const std::string path = "/usr/bin:/bin";
  return find_program("apt-get", path) && find_program("dpkg-deb", path);
}

fs::path AptRepository::file_of(const std::string& name, const std::string& architecture, const std::string& version) const {
  return folder_ / fmt::format("pool/{}_{}_{}.deb", name, version, architecture);
}

void AptRepository::add_package(const std::string& name, const std::string& architecture, const std::string& version, const Files& files) {
  const fs::path tree = folder_ / "build";
  const std::string control = fmt::format("Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: n <n@example.org>\nDescription: d\n", name, version, architecture);
  write_below(tree / "DEBIAN/control", control);
  for (const auto& [path, content] : files) write_below(tree / path, content);
  const fs::path file = file_of(name, architecture, version);
  ProcessSpec spec;
  spec.argv = {"dpkg-deb", "--root-owner-group", "-b", tree.string(), file.string()};
  spec.env = clean_environment();
  ASSERT_TRUE(exited_with(run_task(io_, run_process(spec)), 0));
  packages_[architecture == "all" ? "amd64" : architecture] +=
      fmt::format("{}Filename: pool/{}\nSize: {}\nSHA256: {}\n\n", control, file.filename().string(), fs::file_size(file), sha256_file(file));
  fs::remove_all(tree);
}

void AptRepository::add_source(const std::string& name, const std::string& version, std::string_view archive) {
  const std::string orig = fmt::format("{}_{}.orig.tar.xz", name, version), dsc = fmt::format("{}_{}.dsc", name, version);
  const std::string head = fmt::format("Format: 3.0 (quilt)\nBinary: {}\nArchitecture: any\nVersion: {}\nMaintainer: n <n@example.org>\n", name, version);
  const std::string text = "Source: " + name + "\n" + head + "Checksums-Sha256:\n" + checksum_line(std::string(archive), orig);
  write_below(folder_ / "pool" / orig, archive);
  write_below(folder_ / "pool" / dsc, text);
  sources_ += "Package: " + name + "\n" + head + "Directory: pool\nChecksums-Sha256:\n" + checksum_line(text, dsc) + checksum_line(std::string(archive), orig) + "\n";
}

void AptRepository::publish() {
  std::string sums;
  const auto add = [&](const std::string& file, const std::string& content) {
    write_below(folder_ / "dists/bookworm" / file, content);
    sums += checksum_line(content, file);
  };
  for (const auto& [architecture, packages] : packages_) add(fmt::format("main/binary-{}/Packages", architecture), packages);
  if (!sources_.empty()) add("main/source/Sources", sources_);
  write_below(folder_ / "dists/bookworm/Release",
              "Suite: bookworm\nCodename: bookworm\nArchitectures: amd64 arm64\nComponents: main\nDate: Sat, 01 Jan 2022 00:00:00 UTC\nSHA256:\n" + sums);
}

void AptRepository::write_host(const fs::path& etc) const {
  fs::create_directories(etc / "sources.list.d");
  write_below(etc / "sources.list", fmt::format("deb [trusted=yes] file:{} bookworm main\n", folder_.string()));
}

}  // namespace xtest
