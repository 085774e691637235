// SPDX-License-Identifier: Apache-2.0
#include "tests/support/guest_window.h"

#include "emulators/vm/provide_image.h"
#include "emulators/vm/qmp.h"
#include "runner/base/error.h"
#include "runner/base/text.h"
#include "tests/support/run_task.h"

#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdio>
#include <cstring>

namespace xtest {
namespace {

namespace fs = std::filesystem;

UniqueFd connected(const fs::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return fd;
}

// Sockets of guests that have gone refuse.
UniqueFd monitor_below(const fs::path& scratch) {
  for (const auto& entry : fs::recursive_directory_iterator(scratch)) {
    if (!entry.is_socket()) continue;
    if (UniqueFd fd = connected(entry.path())) return fd;
  }
  return {};
}

Task<int> forwarded_port(UniqueFd monitor) {
  const auto qmp = co_await Qmp::open(std::move(monitor), std::chrono::seconds(20));
  nlohmann::json arguments{{"command-line", "info usernet"}};
  const std::string text = (co_await qmp->execute("human-monitor-command", std::move(arguments))).get<std::string>();
  int port = 0;
  const auto at = text.find("127.0.0.1");
  if (at == text.npos || std::sscanf(text.c_str() + at, "127.0.0.1 %d", &port) != 1) throw Error(ErrorKind::infra, "no port in: " + text);
  co_return port;
}

}  // namespace

GuestWindow::GuestWindow(asio::io_context& io, const std::string& image, const fs::path& cache, const fs::path& scratch) : io_(io) {
  UniqueFd monitor = monitor_below(scratch);
  if (!monitor) return;
  const auto recipes = load_images(image_folders(XTEST_SOURCE_DIR));
  const ImageRecipe& recipe = find_recipe(recipes, image);
  const MadeImage made{image_folder(recipe, cache).value(), {}, {}};
  SshOptions options;
  options.host = "127.0.0.1";
  options.port = static_cast<std::uint16_t>(run_task(io_, forwarded_port(std::move(monitor))));
  options.user = recipe.reach.user;
  options.private_key = made.user_key();
  options.host_keys = {made.host_key()};
  connection_ = run_task(io_, SshConnection::open(std::move(options)));
}

std::string GuestWindow::said(const std::string& script) {
  if (!connection_) return "";
  const Completion completion = run_task(io_, connection_->run("sh", script));
  if (!std::holds_alternative<Exited>(completion.how)) throw Error(ErrorKind::infra, "sh in the guest " + describe(completion.how));
  return completion.out.text;
}

// Neither strings nor grep is among them: the shell has listed the files before they start.
std::vector<std::string> GuestWindow::processes_with(const std::string& text) {
  const std::string found = said("set -- /proc/[0-9]*/cmdline /proc/[0-9]*/environ\nstrings -f \"$@\" 2>/dev/null | grep -F -- " + sh_quote(text) +
                                 " | sed 's#^\\(/proc/[0-9]*\\)/.*#\\1#' | sort -u\n");
  std::vector<std::string> processes;
  for (const auto line : split(found, '\n')) {
    if (!line.empty()) processes.emplace_back(line);
  }
  return processes;
}

pid_t GuestWindow::parent_running(const std::string& mark) {
  const auto processes = processes_with(mark);
  return processes.empty() ? 0 : std::atoi(said("sed -n 's/^PPid:[^0-9]*//p' " + processes.back() + "/status\n").c_str());
}

void GuestWindow::kill(pid_t pid) { said("kill -9 " + std::to_string(pid) + "\n"); }

bool GuestWindow::exists(const std::string& path) { return said("[ -e " + sh_quote(path) + " ] && echo yes\n") == "yes\n"; }

}  // namespace xtest
