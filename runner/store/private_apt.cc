// SPDX-License-Identifier: Apache-2.0
#include "runner/store/private_apt.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "runner/store/lock.h"
#include "runner/store/paths.h"
#include "runner/store/unpacked_tree.h"

namespace xtest {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto apt_limit = 30min;
constexpr auto unpack_limit = 10min;
constexpr std::size_t shown_lines = 6;

/// apt honours proxies of the environment too.
std::vector<std::string> tool_environment() {
  std::vector<std::string> proxies;
  for (const char* name : {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"})
    if (const char* value = std::getenv(name)) proxies.push_back(fmt::format("{}={}", name, value));
  proxies.push_back("DEBIAN_FRONTEND=noninteractive");
  return clean_environment(proxies);
}

std::string last_lines(const Completion& completion) {
  std::vector<std::string> lines;
  for (const std::string* text : {&completion.out.text, &completion.err.text})
    for (const std::string_view line : split(*text, '\n'))
      if (!trim(line).empty() && !line.starts_with("Get:") && !line.starts_with("Hit:")) lines.emplace_back(trim(line));
  if (lines.size() > shown_lines) lines.erase(lines.begin(), lines.end() - shown_lines);
  return repair_utf8(join(lines, "\n  "));
}

Task<Completion> run_tool(std::vector<std::string> argv, fs::path cwd, std::chrono::milliseconds limit) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.env = tool_environment();
  spec.cwd = std::move(cwd);
  spec.limit = limit;
  Completion completion = co_await run_process(std::move(spec));
  co_return completion;
}

[[noreturn]] void fail(std::string_view what, const Completion& completion, std::string_view remedy) {
  const std::string said = last_lines(completion);
  throw Error(ErrorKind::infra,
              fmt::format("{} {}{}{}", what, describe(completion.how), said.empty() ? "" : ":\n  ", said),
              std::string(remedy));
}

/// A folder that is removed with what is in it.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& beside) {
    std::string name = beside.string() + ".XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      throw Error(ErrorKind::infra,
                  fmt::format("cannot make a folder beside {}: {}", beside.string(), std::strerror(errno)));
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void must_write(const fs::path& path, std::string_view content) {
  if (const int error = write_file(path, content))
    throw Error(ErrorKind::infra, fmt::format("cannot write {}: {}", path.string(), std::strerror(error)));
}

/// A string of apt.conf(5), which knows no escapes.
std::string quoted(const fs::path& path) {
  if (path.string().find('"') != std::string::npos)
    throw Error(ErrorKind::usage,
                fmt::format("apt cannot use the folder {}, its name has a quotation mark", path.string()),
                "set XTEST_CACHE_DIR to another folder");
  return '"' + path.string() + '"';
}

std::string without_architecture(std::string_view file_name) {
  return std::string(file_name.substr(0, file_name.find('_')));
}

/// The file that apt made for "name" or "name:arch".
fs::path file_of(const std::vector<fs::path>& files, std::string_view package, std::string_view host_architecture) {
  const std::size_t colon = package.find(':');
  const std::string name(package.substr(0, colon));
  const std::string architecture(colon == package.npos ? host_architecture : package.substr(colon + 1));
  for (const fs::path& file : files) {
    const std::string base = file.filename().string();
    if (without_architecture(base) == name &&
        (base.ends_with('_' + architecture + ".deb") || base.ends_with("_all.deb")))
      return file;
  }
  throw Error(ErrorKind::infra, fmt::format("apt-get did not say why it fetched no {}", package));
}

}  // namespace

PrivateApt::PrivateApt(Options options) : options_(std::move(options)) {
  usable_dir(options_.root, "set XTEST_CACHE_DIR to a folder that you can write to");
  options_.root = fs::absolute(options_.root);
  for (const char* folder :
       {"state/lists/partial", "cache/archives/partial", "etc/sources.list.d", "etc/preferences.d", "debs"})
    usable_dir(options_.root / folder, "remove it");
}

void PrivateApt::tell(std::string_view line) const {
  if (options_.progress) options_.progress(line);
}

/// Read after the host's files, so that their proxies count; hooks of the host must not run, they clean its own cache.
void PrivateApt::write_configuration() const {
  const auto source = source_for(read_apt_sources(options_.host_etc), options_.suite);
  if (!source)
    throw Error(ErrorKind::infra,
                fmt::format("{} names no source of {} main", options_.host_etc.string(), options_.suite),
                "private packages need a Debian or Ubuntu host with a working apt");
  const fs::path& root = options_.root;
  std::string choices = "[target=Packages";
  if (source->trusted) choices += " trusted=yes";
  if (!source->key.empty()) {
    must_write(root / "etc/keyring.asc", source->key);
    choices += " signed-by=" + (root / "etc/keyring.asc").string();
  } else if (!source->signed_by.empty()) {
    choices += " signed-by=" + source->signed_by;
  }
  must_write(root / "etc/sources.list", fmt::format("deb {}] {} {} main\n", choices, source->uri, options_.suite));
  if (!fs::exists(root / "state/status")) must_write(root / "state/status", "");

  std::string conf = "#clear APT::Architectures;\n#clear APT::Update;\n#clear DPkg;\n";
  conf += fmt::format("APT::Architecture \"{}\";\n", options_.architectures.front());
  for (const std::string& architecture : options_.architectures)
    conf += fmt::format("APT::Architectures:: \"{}\";\n", architecture);
  conf += "APT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\nAcquire::Retries \"3\";\n";
  conf += fmt::format("Dir::Etc::sourcelist {};\nDir::Etc::sourceparts {};\n", quoted(root / "etc/sources.list"),
                      quoted(root / "etc/sources.list.d"));
  conf += fmt::format("Dir::Etc::preferences {};\nDir::Etc::preferencesparts {};\n", quoted(root / "etc/preferences"),
                      quoted(root / "etc/preferences.d"));
  conf += fmt::format(
      "Dir::State {0};\nDir::State::lists {1};\nDir::State::status {2};\nDir::Cache {3};\nDir::Cache::archives {4};\n",
      quoted(root / "state"), quoted(root / "state/lists"), quoted(root / "state/status"), quoted(root / "cache"),
      quoted(root / "cache/archives"));
  must_write(root / "apt.conf", conf);
}

bool PrivateApt::has_lists() const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(options_.root / "state/lists", error))
    if (entry.path().filename().string().ends_with("_Packages")) return true;
  return false;
}

Task<void> PrivateApt::apt_get(std::vector<std::string> arguments, fs::path cwd) {
  std::vector<std::string> argv{"apt-get", "-q", "-c", (options_.root / "apt.conf").string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const Completion completion = co_await run_tool(std::move(argv), std::move(cwd), apt_limit);
  if (exited_with(completion, 0)) co_return;
  fail("apt-get " + arguments.front(), completion,
       std::holds_alternative<NotStarted>(completion.how)
           ? "private packages need a Debian or Ubuntu host; install the tool yourself"
           : "look whether `apt-get update` works on this host");
}

Task<void> PrivateApt::update() {
  const FileLock lock = co_await FileLock::lock(
      options_.root / "lock", [this](const fs::path&) { tell("waiting for another xtest that uses apt"); });
  write_configuration();
  tell(fmt::format("reading the package lists of {}", options_.suite));
  std::vector<std::string> arguments{"update", "--error-on=any"};
  co_await apt_get(std::move(arguments), options_.root);
}

Task<std::string> PrivateApt::dependency(std::string package, std::string beginning) {
  const FileLock lock = co_await FileLock::lock(
      options_.root / "lock", [this](const fs::path&) { tell("waiting for another xtest that uses apt"); });
  std::vector<std::string> ask{"apt-cache", "-c", (options_.root / "apt.conf").string(), "depends", "--important", package};
  const Completion told = co_await run_tool(std::move(ask), options_.root, apt_limit);
  if (!exited_with(told, 0)) fail("apt-cache depends " + package, told, "look whether the suite has the package");
  for (const auto line : split(told.out.text, '\n')) {
    const auto name = line.substr(line.rfind(' ') + 1);
    if (line.find("Depends: ") != line.npos && name.starts_with(beginning)) co_return std::string(name);
  }
  throw Error(ErrorKind::infra, package + " depends on no package " + beginning + "...");
}

Task<std::vector<fs::path>> PrivateApt::download(std::vector<std::string> packages) {
  const FileLock lock = co_await FileLock::lock(
      options_.root / "lock", [this](const fs::path&) { tell("waiting for another xtest that uses apt"); });
  write_configuration();
  tell(fmt::format("fetching {}", join(packages, " ")));
  const TemporaryFolder folder(options_.root / "debs/partial");
  std::vector<std::string> arguments{"download"};
  arguments.insert(arguments.end(), packages.begin(), packages.end());
  co_await apt_get(std::move(arguments), folder.path());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    const fs::path target = options_.root / "debs" / entry.path().filename();
    fs::rename(entry.path(), target);
    files.push_back(target);
  }
  std::vector<fs::path> out;
  for (const std::string& package : packages) out.push_back(file_of(files, package, options_.architectures.front()));
  co_return out;
}

Task<void> PrivateApt::unpack(fs::path deb, fs::path into) {
  into = fs::absolute(into);
  usable_dir(into, "set XTEST_CACHE_DIR to a folder that you can write to");
  const FileLock lock = co_await FileLock::lock(
      into / ".lock", [this](const fs::path&) { tell("waiting for another xtest that unpacks"); });
  std::vector<std::string> ask{"dpkg-deb", "-W", "--showformat=${Package}\n${Architecture}\n${Version}\n",
                               deb.string()};
  const Completion facts = co_await run_tool(std::move(ask), "/", unpack_limit);
  const auto lines = split(facts.out.text, '\n');
  if (!exited_with(facts, 0) || lines.size() < 3)
    fail(fmt::format("dpkg-deb, asked about {},", deb.string()), facts, "remove the file");
  tell(fmt::format("unpacking {} {} ({})", lines[0], lines[2], lines[1]));
  const TemporaryFolder folder(into / ".unpack");
  std::vector<std::string> extract{"dpkg-deb", "-x", deb.string(), folder.path().string()};
  const Completion done = co_await run_tool(std::move(extract), "/", unpack_limit);
  if (!exited_with(done, 0))
    fail(fmt::format("dpkg-deb, unpacking {} into {},", deb.string(), into.string()), done, "make room there");
  merge_tree(folder.path(), into);
  add_to_manifest(into, {std::string(lines[0]), std::string(lines[1]), std::string(lines[2]), sha256_file(deb)});
}

Task<void> PrivateApt::provide(std::vector<std::string> packages, fs::path into) {
  const auto unpacked = unpacked_packages(into);
  std::erase_if(packages, [&](const std::string& package) {
    return holds_package(unpacked, package, options_.architectures.front());
  });
  if (packages.empty()) co_return;
  co_await update();
  const std::vector<fs::path> debs = co_await download(packages);
  for (const fs::path& deb : debs) {
    co_await unpack(deb, into);
    std::error_code ignored;
    fs::remove(deb, ignored);
  }
}

}  // namespace xtest
