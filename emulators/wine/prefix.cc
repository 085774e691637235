// SPDX-License-Identifier: Apache-2.0
#include "emulators/wine/prefix.h"

#include "runner/base/error.h"
#include "runner/base/hash.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "runner/store/lock.h"

#include <unistd.h>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNoDebugger = "HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\AeDebug";

Task<Completion> run_wine(WineTools tools, fs::path prefix, std::vector<std::string> words) {
  ProcessSpec spec;
  spec.argv = {tools.wine.string()};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.env = clean_environment(wine_environment(prefix));
  spec.limit = std::chrono::minutes(3);
  co_return co_await run_process(std::move(spec));
}

[[noreturn]] void wine_failed(const std::string& what, const Completion& completion) {
  throw Error(ErrorKind::infra, what + " " + describe(completion.how) + ": " + std::string(trim(completion.err.text)));
}

Task<void> make_template(WineTools tools, fs::path prefix) {
  fs::create_directories(prefix);
  std::vector<std::string> init{"wineboot", "--init"};
  const Completion made = co_await run_wine(tools, prefix, std::move(init));
  if (!exited_with(made, 0)) wine_failed("wineboot --init", made);
  std::vector<std::string> debugger{"reg", "add", kNoDebugger, "/v", "Auto", "/d", "0", "/f"};
  const Completion set = co_await run_wine(tools, prefix, std::move(debugger));
  if (!exited_with(set, 0)) wine_failed("wine reg add", set);
  ProcessSpec wait;
  wait.argv = {tools.server.string(), "-k", "-w"};
  wait.env = clean_environment(wine_environment(prefix));
  wait.limit = std::chrono::minutes(1);
  co_await run_process(std::move(wait));
}

bool is_private(const fs::path& file) { return file.extension() == ".reg" || file.filename() == ".update-timestamp"; }

}  // namespace

std::vector<std::string> wine_environment(const fs::path& prefix) {
  return {"WINEPREFIX=" + prefix.string(), "TMPDIR=" + prefix.parent_path().string(), "LC_CTYPE=C.UTF-8",
          "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe="};
}

Task<fs::path> wine_template(WineTools tools, fs::path cache) {
  const fs::path home = cache / "wine" / sha256_hex(tools.version).substr(0, 12);
  const fs::path done = home / "prefix";
  fs::create_directories(home);
  const FileLock lock = co_await FileLock::lock(home / "lock");
  if (fs::exists(done)) co_return done;
  const fs::path making = home / ("making-" + std::to_string(::getpid()));
  co_await make_template(tools, making);
  fs::rename(making, done);
  co_return done;
}

void copy_prefix(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (auto at = fs::recursive_directory_iterator(from); at != fs::recursive_directory_iterator(); ++at) {
    const fs::path copy = to / at->path().lexically_relative(from);
    if (at->is_symlink()) fs::copy_symlink(at->path(), copy);
    else if (at->is_directory()) fs::create_directory(copy);
    else if (is_private(at->path())) fs::copy_file(at->path(), copy);
    else if (at->is_regular_file()) fs::create_symlink(at->path(), copy);
  }
}

Task<fs::path> wine_launcher(fs::path source, fs::path cache) {
  const std::string digest = sha256_hex(sha256_file(source) + sha256_file(source.parent_path() / "begin.h"));
  const fs::path program = cache / "wine" / (source.stem().string() + "-" + digest.substr(0, 12) + ".exe");
  if (fs::exists(program)) co_return program;
  fs::create_directories(program.parent_path());
  const fs::path making = program.string() + "." + std::to_string(::getpid());
  ProcessSpec spec;
  const fs::path data = source.parent_path().parent_path().parent_path();
  spec.argv = {"x86_64-w64-mingw32-gcc", "-O2", "-municode", "-s", "-I" + data.string(), "-o", making.string(), source.string()};
  if (source.stem() == "look") spec.argv.insert(spec.argv.end(), {"-ldbghelp", "-lpsapi"});
  spec.env = clean_environment();
  spec.limit = std::chrono::minutes(2);
  const Completion completion = co_await run_process(std::move(spec));
  if (!exited_with(completion, 0))
    throw Error(ErrorKind::infra, "x86_64-w64-mingw32-gcc could not build xtest's launcher: " +
                                      std::string(trim(completion.err.text)), "apt-get install gcc-mingw-w64-x86-64");
  fs::rename(making, program);
  co_return program;
}

}  // namespace xtest
