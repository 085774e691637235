// SPDX-License-Identifier: Apache-2.0
#include "emulators/wine/wine.h"

#include "emulators/agent/agent_session.h"
#include "emulators/settings.h"
#include "emulators/wine/prefix.h"
#include "emulators/wine/server.h"
#include "runner/base/error.h"
#include "runner/base/hash.h"
#include "runner/base/process.h"
#include "runner/base/text.h"

#include <glob.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPath = "/usr/lib/wine:/usr/local/bin:/usr/bin:/bin:/opt/wine-stable/bin";

std::string windows_path(const fs::path& path) {
  std::string text = "Z:" + path.string();
  std::ranges::replace(text, '/', '\\');
  return text;
}

// Folders that hold a target's own DLLs, from globs, as Wine looks them up.
std::string dll_path(const std::vector<std::string>& globs) {
  std::string path;
  for (const std::string& pattern : globs) {
    glob_t found{};
    if (::glob(pattern.c_str(), GLOB_ONLYDIR, nullptr, &found) == 0) {
      for (std::size_t at = 0; at < found.gl_pathc; ++at)
        path += (path.empty() ? "" : ";") + windows_path(found.gl_pathv[at]);
    }
    ::globfree(&found);
  }
  return path;
}

// What the launcher left, if it is its own word about this run. What follows its line is a look.
std::optional<Termination> read_result(const fs::path& file, const std::string& nonce, std::string& look) {
  std::ifstream in(file, std::ios::binary);
  std::string name, version, said, how;
  std::uint32_t code = 0;
  if (!(in >> name >> version >> said >> how >> code) || name != "xtest-launcher" || said != nonce) return std::nullopt;
  std::getline(in >> std::ws, look, '\0');
  if (how == "exited") return Exited{static_cast<int>(code)};
  if (how == "exception") return NtException{code};
  return NotStarted{"CreateProcess failed with error " + std::to_string(code)};
}

class WineSession final : public AgentSession {
 public:
  WineSession(AgentPlace place, std::unique_ptr<AgentClient> agent, std::unique_ptr<AgentClient> server,
              WineTools tools, fs::path launcher, ExecutorContext context)
      : AgentSession(std::move(place), std::move(agent)),
        server_(std::move(server)),
        tools_(std::move(tools)),
        launcher_(std::move(launcher)),
        context_(std::move(context)) {}

  Task<Completion> run(RunRequest request) override {
    const fs::path result = place().folders / ("result-" + std::to_string(++runs_));
    const std::string nonce = sha256_hex(result.string() + std::to_string(runs_)).substr(0, 16);
    AgentCommand command = to_agent(request);
    command.watch = false;   // the debugger is Windows' own
    fs::path launcher = launcher_;
    if (request.look == Look::crash) launcher = co_await wine_launcher(context_.data / "emulators" / "wine" / "look.c", context_.cache);
    command.argv = {tools_.wine.string(), launcher.string(), windows_path(result), nonce};
    for (const Argument& argument : request.command.argv) {
      if (const auto* path = std::get_if<PathRef>(&argument)) command.argv.push_back(windows_path(path->host));
      else command.argv.push_back(std::get<std::string>(argument));
    }
    Completion completion = co_await run_in_agent(std::move(command));
    completion.look = without_places(completion.look);
    if (std::holds_alternative<TimedOut>(completion.how) && !co_await server_is_there())
      completion.how = Lost{"the wineserver has gone, and the program hung without it", true};
    if (std::holds_alternative<Exited>(completion.how) || std::holds_alternative<Signalled>(completion.how)) {
      const auto told = read_result(result, nonce, completion.look);
      completion.how =
          told ? *told : Termination(Lost{"Wine ended without its launcher's word (" + describe(completion.how) + ")", true});
    }
    if (std::holds_alternative<NotStarted>(completion.how) || std::holds_alternative<Lost>(completion.how)) completion.files.clear();
    std::error_code ignored;
    fs::remove(result, ignored);
    co_return completion;
  }

  Task<void> close() override {
    co_await AgentSession::close();
    co_await server_->close();
  }

 private:
  // `wineserver -k0` only asks.
  Task<bool> server_is_there() {
    ProcessSpec spec;
    spec.argv = {tools_.server.string(), "-k0"};
    spec.env = clean_environment(place().env);
    spec.limit = std::chrono::seconds(20);
    const Completion completion = co_await run_process(std::move(spec));
    co_return exited_with(completion, 0);
  }

  std::unique_ptr<AgentClient> server_;
  WineTools tools_;
  fs::path launcher_;
  ExecutorContext context_;
  std::uint64_t runs_ = 0;
};

class Wine final : public Executor {
 public:
  Wine(const ExecutorSpec& spec, const ExecutorContext& context) : spec_(spec), context_(context) {}

  std::string name() const override { return "wine"; }
  std::string identity() const override { return "wine " + tools_.version; }
  std::set<std::string> features() const override { return {"emulated", "wine", "reexec"}; }
  Capacity capacity() const override { return {}; }
  double slowness() const override { return 5; }

  Task<Availability> available() override {
    for (const std::string& name : words_of(spec_, "programs")) {
      if (const auto found = find_program(name, kPath); found && tools_.wine.empty()) tools_.wine = *found;
    }
    for (const char* name : {"wineserver64", "wineserver"}) {
      if (const auto found = find_program(name, kPath); found && tools_.server.empty()) tools_.server = *found;
    }
    if (tools_.wine.empty() || tools_.server.empty())
      co_return Availability{
          false, "no " + join(words_of(spec_, "programs"), " or ") + " and wineserver on " + std::string(kPath),
          "wine64"};
    ProcessSpec spec;
    spec.argv = {tools_.wine.string(), "--version"};
    spec.env = clean_environment();
    spec.limit = std::chrono::seconds(20);
    const Completion completion = co_await run_process(std::move(spec));
    if (!exited_with(completion, 0))
      co_return Availability{false, "wine64 --version " + describe(completion.how), "wine64"};
    tools_.version = trim(completion.out.text);
    co_return Availability{true, tools_.version, ""};
  }

  Task<std::unique_ptr<Session>> open() override {
    try {
      co_return co_await open_in(context_.scratch / ("wine" + std::to_string(++opened_)));
    } catch (const fs::filesystem_error& error) {
      throw Error(ErrorKind::infra, "no Wine prefix could be made: " + std::string(error.what()));
    }
  }

 private:
  Task<std::unique_ptr<Session>> open_in(fs::path home) {
    const fs::path launcher =
        co_await wine_launcher(context_.data / "emulators" / "wine" / "launcher.c", context_.cache);
    const fs::path made = co_await wine_template(tools_, context_.cache);
    const fs::path prefix = home / "prefix";
    copy_prefix(made, prefix);
    auto server = co_await start_wine_server(tools_, prefix, context_.agent);
    AgentOptions options;
    options.agent_path = context_.agent;
    auto agent = co_await AgentClient::start(std::move(options));
    AgentPlace place{"wine#" + std::to_string(opened_), {}, wine_environment(prefix), home, {}, {"WINEDEBUG=+relay"}};
    place.env.push_back("WINEPATH=" + dll_path(words_of(spec_, "dll_path")));
    co_return std::make_unique<WineSession>(std::move(place), std::move(agent), std::move(server), tools_, launcher, context_);
  }

  ExecutorSpec spec_;
  ExecutorContext context_;
  WineTools tools_;
  int opened_ = 0;
};

}  // namespace

std::shared_ptr<Executor> make_wine_executor(const Target&, const ExecutorSpec& spec, const ExecutorContext& context) {
  return std::make_shared<Wine>(spec, context);
}

}  // namespace xtest
