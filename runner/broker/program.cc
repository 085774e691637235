// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/program.h"

#include "runner/base/error.h"
#include "runner/base/process.h"

#include <algorithm>
#include <optional>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr int exec_failed = 125;

std::string path_of(const std::vector<std::string>& environment) {
  const auto found = std::ranges::find_if(environment, [](const std::string& pair) { return pair.starts_with("PATH="); });
  return found == environment.end() ? "" : found->substr(5);
}

std::optional<fs::path> find(const ExecWords& exec) {
  const std::string& name = exec.words.front();
  if (name.find('/') != name.npos) return find_program((exec.folder / name).string(), "");
  return find_program(name, path_of(exec.environment));
}

// Looked up by the PATH that the place has; a shell is needed there anyway.
std::vector<Argument> words_there(const ExecWords& exec) {
  std::vector<Argument> words{"/bin/sh", "-c", "exec \"$@\"", "sh"};
  words.insert(words.end(), exec.words.begin(), exec.words.end());
  return words;
}

std::vector<Argument> words_here(const ExecWords& exec) {
  const auto program = find(exec);
  if (!program) throw Error(ErrorKind::usage, exec.words.front() + " is no program that can be run");
  std::vector<Argument> words{PathRef{fs::absolute(*program)}};
  words.insert(words.end(), exec.words.begin() + 1, exec.words.end());
  return words;
}

}  // namespace

bool is_far(const Executor& executor) {
  const auto features = executor.features();
  return features.contains("vm") || features.contains("remote");
}

RunRequest exec_request(const ExecWords& exec, bool far, const std::array<int, 3>& stdio, std::shared_ptr<RunLine> line) {
  RunRequest request;
  request.fresh_folder = far;
  request.pass_stdio = stdio;
  request.line = std::move(line);
  request.command.argv = far && exec.there ? words_there(exec) : words_here(exec);
  if (!far) request.command.cwd = exec.folder;
  if (!far) request.command.env = exec.environment;
  request.command.env.insert(request.command.env.end(), exec.extra.begin(), exec.extra.end());
  return request;
}

Ending ending_of(const Termination& how, const std::string& program) {
  if (const auto* signalled = std::get_if<Signalled>(&how)) return {128 + signalled->number, ""};
  const auto* exited = std::get_if<Exited>(&how);
  if (!exited) return {exec_failed, program + " " + describe(how)};
  if (exited->code >= 0 && exited->code <= 0xff) return {exited->code, ""};
  const int low = exited->code & 0xff;
  return {low != 0 ? low : 0xff, program + " exited with " + std::to_string(exited->code) + ", more than an exit code can be here"};
}

}  // namespace xtest
