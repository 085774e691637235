// SPDX-License-Identifier: Apache-2.0
#include "emulators/serial/serial.h"

#include "emulators/guest/staging.h"
#include "emulators/serial/line.h"
#include "emulators/settings.h"
#include "emulators/sh/encoding.h"
#include "emulators/sh/request.h"
#include "runner/base/error.h"
#include "runner/base/random.h"

#include <charconv>
#include <utility>

namespace xtest {
namespace {

constexpr std::string_view kPrefix = "serial:";

class SerialSession final : public Session {
 public:
  SerialSession(std::string name, std::unique_ptr<ShDriver> driver) : name_(std::move(name)), driver_(std::move(driver)) {}

  std::string name() const override { return name_; }

  Task<void> stage(std::vector<std::filesystem::path> files) override {
    const std::string folder = driver_->folder();
    if (staging_.is_full()) {
      std::string removal = "rm -rf " + folder + "/files " + folder + "/store";
      co_await driver_->perform(std::move(removal));
      staging_.forget();
    }
    const Staging::Load load = staging_.plan(files);
    if (load.empty()) co_return;
    const std::string elf = from_hex(driver_->told("elf")).value_or("");
    std::string store = "mkdir -p " + folder + "/store";
    co_await driver_->perform(std::move(store));
    std::string text = "(umask 022; cd " + folder + " || exit 1\n";
    for (const auto& [path, bytes] : load.contents) {
      if (const std::string why = why_foreign(bytes, elf, driver_->told("system")); !why.empty())
        throw Error(ErrorKind::infra, "a program to be sent " + why);
      std::string place = folder + "/" + path;
      co_await driver_->put(std::move(place), bytes);
      text += "chmod 755 " + path + "\n";
    }
    text += link_script(load) + ")";
    co_await driver_->perform(std::move(text));
    staging_.sent(load);
  }

  Task<Completion> run(RunRequest request) override {
    const std::string below = driver_->folder() + "/";
    const auto path_of = [this, below](const std::filesystem::path& file) {
      const std::string path = staging_.path_of(file);
      return path.empty() ? "" : below + path;
    };
    const std::string folder = below + "runs/" + std::to_string(++runs_);
    const std::function<std::string(const std::filesystem::path&)> paths = path_of;
    co_return co_await run_by_sh(*driver_, std::move(request), folder, paths);
  }

  Task<void> close() override { co_await driver_->close(); }

 private:
  std::string name_;
  std::unique_ptr<ShDriver> driver_;
  Staging staging_;
  std::uint64_t runs_ = 0;
};

class Serial final : public Executor {
 public:
  explicit Serial(const ExecutorSpec& spec) : spec_(spec) {}

  std::string name() const override { return std::string(kPrefix) + setting(spec_, "path"); }
  std::string identity() const override { return name() + " " + system_ + " sh"; }
  std::set<std::string> features() const override { return {"remote", "binfmt", "reexec"}; }
  Capacity capacity() const override { return {.sessions = 1}; }
  double slowness() const override { return 1; }

  Task<Availability> available() override {
    std::string trouble;
    try {
      const auto driver = co_await start();
      system_ = driver->told("system");
      co_await driver->close();
    } catch (const Error& error) {
      trouble = error.what();
    }
    if (!trouble.empty()) co_return Availability{false, trouble, ""};
    co_return Availability{true, setting(spec_, "path") + " leads to " + system_ + ", programs are run by its sh", ""};
  }

  Task<std::unique_ptr<Session>> open() override {
    const std::string name = this->name() + "#" + std::to_string(++opened_);
    auto driver = co_await start();
    co_return std::make_unique<SerialSession>(name, std::move(driver));
  }

 private:
  Task<std::unique_ptr<ShDriver>> start() {
    SerialPlace place;
    place.path = setting(spec_, "path");
    place.user = setting(spec_, "user");
    place.password = setting(spec_, "password");
    place.baud = static_cast<unsigned>(std::stoul(setting(spec_, "baud")));
    auto line = co_await SerialLine::open(std::move(place));
    ShDriverOptions options;
    options.facts.nonce = random_hex(16);
    options.framing = ShFraming::lines;
    options.wanted_folder = setting(spec_, "folder");
    co_return co_await ShDriver::start(std::move(options), std::move(line), nullptr);
  }

  ExecutorSpec spec_;
  std::string system_;             // "Linux 6.1.0 x86_64"
  int opened_ = 0;
};

bool is_number(const std::string& text) {
  unsigned number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && number != 0;
}

}  // namespace

std::optional<ExecutorSpec> serial_spec(const std::string& text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  std::string path = text.substr(kPrefix.size()), user, baud = "115200";
  if (const auto at = path.find('@'); at < path.find('/')) {
    user = path.substr(0, at);
    path.erase(0, at + 1);
  }
  if (const auto comma = path.rfind(','); comma != path.npos) {
    baud = path.substr(comma + 1);
    path.erase(comma);
  }
  const std::string file = path.starts_with("unix:") ? path.substr(5) : path;
  if (!file.starts_with('/') || !is_number(baud))
    throw Error(ErrorKind::usage, "'" + text + "' names no serial line", "it is written serial:/dev/ttyS0, serial:USER@/dev/ttyUSB0,9600 or serial:unix:/run/guest.sock");
  ExecutorSpec spec;
  spec.name = "serial";
  spec.settings = {{"user", user}, {"path", path}, {"baud", baud}};
  return spec;
}

std::shared_ptr<Executor> make_serial_executor(const Target&, const ExecutorSpec& spec, const ExecutorContext&) {
  return std::make_shared<Serial>(spec);
}

}  // namespace xtest
