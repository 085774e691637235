// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/install_suite.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/text.h"
#include "runner/store/archive.h"
#include "runner/store/lock.h"
#include "runner/store/paths.h"
#include "targets/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

Task<FileLock> lock_home(fs::path home, Progress progress) {
  usable_dir(home, "set XTEST_CACHE_DIR to a folder that you can write to");
  std::function<void(const fs::path&)> waits = [progress](const fs::path&) { progress("waiting for another xtest that installs this suite"); };
  co_return co_await FileLock::lock(home / "lock", std::move(waits));
}

// `what` did with files: the error names it, and a full disk has its remedy.
template <typename Body>
void with_files(const std::string& what, const Body& body) {
  try {
    body();
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::infra, what + ": " + error.what(), error.code() == std::errc::no_space_on_device ? "make room there" : "");
  }
}

// The new tree takes the place of the old one; without its manifest there is none.
void put_in_place(const fs::path& home, const fs::path& tree, const SuiteManifest& manifest) {
  with_files("cannot put the tests into " + home.string(), [&] {
    fs::remove(home / "manifest.json");
    fs::remove_all(home / "tree");
    fs::rename(tree, home / "tree");
  });
  if (const int error = write_file(home / "manifest.json", to_json(manifest)))
    throw Error(ErrorKind::infra, "cannot write " + (home / "manifest.json").string() + ": " + std::strerror(error), "make room there");
}

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() || entry.is_symlink()) files.push_back(entry.path().lexically_relative(folder).string());
  }
  std::ranges::sort(files);
  return files;
}

bool is_taken(const SuiteSource& source, const std::string& file) {
  return source.take.empty() || std::ranges::any_of(source.take, [&](const std::string& beginning) { return file.starts_with(beginning); });
}

// A source package's own archives; what Debian adds to them is no part of the tests.
bool is_archive(const SuiteSource& source, const std::string& file) {
  if (!source.archive.empty()) return glob_match(source.archive, file);
  return !source.source_package.empty() && file.find(".tar.") != std::string::npos && file.find(".debian.tar.") == std::string::npos &&
         !file.ends_with(".asc");
}

class Installation {
 public:
  Installation(const Suite& suite, const SuitePlace& place, const Progress& progress)
      : suite_(suite), source_(*suite.source), place_(place), progress_(progress), work_(suite_home(suite, place.cache) / "new") {}
  ~Installation() {
    std::error_code ignored;
    fs::remove_all(work_, ignored);
  }
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  Task<SuiteManifest> make() {
    with_files("cannot make " + work_.string(), [&] {
      fs::remove_all(work_);
      fs::create_directories(work_ / "tree");
      fs::create_directories(work_ / "packages");
    });
    SuiteManifest manifest;
    manifest.source = describe(source_);
    if (source_.source_package.empty()) manifest.packages = co_await fetch_packages();
    else manifest.packages = co_await fetch_source();
    with_files("cannot unpack the tests of " + suite_.name, [&] { fill_tree(origin_of(manifest)); });
    if (!fs::is_directory(work_ / "tree" / source_.folder)) fail(origin_of(manifest) + " has no folder " + source_.folder);
    measure(work_ / "tree", manifest);
    put_in_place(suite_home(suite_, place_.cache), work_ / "tree", manifest);
    co_return manifest;
  }

 private:
  PrivateApt apt(bool sources) const {
    PrivateApt::Options options;
    options.root = place_.cache / "apt" / (source_.release + "-" + place_.architecture + (sources ? "-sources" : ""));
    options.suite = source_.release;
    options.architectures = {place_.architecture};
    options.host_etc = place_.host_etc;
    options.progress = progress_;
    options.sources = sources;
    return PrivateApt(std::move(options));
  }

  Task<std::vector<UnpackedPackage>> fetch_packages() {
    PrivateApt packages = apt(false);
    co_await packages.update();
    const std::vector<fs::path> debs = co_await packages.download(source_.packages);
    for (const fs::path& deb : debs) {
      co_await packages.unpack(deb, work_ / "packages");
      std::error_code ignored;
      fs::remove(deb, ignored);
    }
    co_return unpacked_packages(work_ / "packages");
  }

  Task<std::vector<UnpackedPackage>> fetch_source() {
    PrivateApt sources = apt(true);
    co_await sources.update();
    co_await sources.download_source(source_.source_package, work_ / "packages");
    std::vector<UnpackedPackage> found;
    for (const std::string& file : files_below(work_ / "packages")) {
      if (!file.ends_with(".dsc")) continue;
      const fs::path dsc = work_ / "packages" / file;
      UnpackedPackage package{file.substr(0, file.find('_')), "source", "", sha256_file(dsc)};
      const std::string text = read_file(dsc).value_or("");
      for (const std::string_view line : split(text, '\n')) {
        if (line.starts_with("Version: ")) package.version = trim(line.substr(9));
      }
      found.push_back(std::move(package));
    }
    co_return found;
  }

  void fill_tree(const std::string& origin) const {
    const std::vector<std::string> files = files_below(work_ / "packages");
    const bool is_packed = !source_.archive.empty() || !source_.source_package.empty();
    std::size_t archives = 0, taken = 0;
    for (const std::string& file : files) {
      if (is_packed && is_archive(source_, file)) {
        ++archives;
        progress_("unpacking " + file);
        taken += unpack_tree(work_ / "packages" / file, source_.take, work_ / "tree");
      } else if (!is_packed && is_taken(source_, file) && file != "manifest.json" && file != ".lock") {
        ++taken;
        fs::create_directories((work_ / "tree" / file).parent_path());
        fs::rename(work_ / "packages" / file, work_ / "tree" / file);
      }
    }
    if (is_packed && archives == 0) fail(origin + " has no file " + (source_.archive.empty() ? "*.tar.*" : source_.archive));
    if (taken == 0) fail(origin + " has nothing that begins with " + join(source_.take, " or "));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::infra, what, "`from:` of " + (suite_.folder / "suite.yaml").string() + " is for another version; name that one there, or use --from DIR");
  }

  const Suite& suite_;
  const SuiteSource& source_;
  const SuitePlace& place_;
  const Progress& progress_;
  const fs::path work_;
};

void refuse_own(const Suite& suite) {
  if (!suite.source) throw Error(ErrorKind::usage, "the tests of " + suite.name + " lie in " + suite.folder.string() + "; there is nothing to install");
}

// How many of the first parts of `folder` the checkout does not have.
std::size_t parts_missing(const fs::path& checkout, const std::vector<fs::path>& parts) {
  for (std::size_t missing = 0; missing <= parts.size(); ++missing) {
    fs::path folder = checkout;
    for (std::size_t at = missing; at < parts.size(); ++at) folder /= parts[at];
    const bool is_itself = missing == parts.size();
    if (is_itself ? parts.empty() || checkout.filename() == parts.back() : fs::is_directory(folder)) return missing;
  }
  throw Error(ErrorKind::usage, checkout.string() + " does not hold the folder " + join(std::vector<std::string>(parts.begin(), parts.end()), "/"),
              "name the folder of the sources with --from");
}

}  // namespace

SuitePlace usual_place() { return {cache_dir(), host_facts().arch, "/etc/apt"}; }

Task<SuiteManifest> install_suite(Suite suite, SuitePlace place, Progress progress) {
  refuse_own(suite);
  const FileLock lock = co_await lock_home(suite_home(suite, place.cache), progress);
  const SuiteState state = state_of(suite, place.cache, true);
  if (state.kind == SuiteState::Kind::here && state.manifest.checkout.empty()) co_return state.manifest;
  if (state.kind == SuiteState::Kind::damaged) progress("installing " + suite.name + " anew: " + state.trouble);
  Installation installation(suite, place, progress);
  co_return co_await installation.make();
}

Task<SuiteManifest> install_checkout(Suite suite, fs::path checkout, SuitePlace place, Progress progress) {
  refuse_own(suite);
  if (!fs::is_directory(checkout)) throw Error(ErrorKind::usage, "there is no folder " + checkout.string(), "--from names one with the sources of " + suite.name);
  checkout = fs::canonical(checkout);
  const fs::path folder(suite.source->folder);
  const std::vector<fs::path> parts(folder.begin(), folder.end());
  const std::size_t missing = parts_missing(checkout, parts);
  const fs::path home = suite_home(suite, place.cache);
  const FileLock lock = co_await lock_home(home, progress);
  SuiteManifest manifest;
  manifest.source = describe(*suite.source);
  manifest.checkout = checkout;
  fs::path link = home / "new";
  with_files("cannot link to " + checkout.string(), [&] {
    fs::remove_all(link);
    fs::path at = link;
    for (std::size_t part = 0; part < missing; ++part) at /= parts[part];
    fs::create_directories(at.parent_path());
    fs::create_directory_symlink(checkout, at);
  });
  put_in_place(home, link, manifest);
  co_return manifest;
}

Task<std::uint64_t> remove_suite(Suite suite, SuitePlace place) {
  const fs::path home = suite_home(suite, place.cache);
  if (!fs::exists(home)) co_return 0;
  const Progress silent = [](std::string_view) {};
  const FileLock lock = co_await lock_home(home, silent);
  const SuiteState state = state_of(suite, place.cache, false);
  with_files("cannot remove " + home.string(), [&] { fs::remove_all(home); });
  co_return state.manifest.bytes;
}

}  // namespace xtest
