// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/vm.h"

#include "emulators/guest/agent_build.h"
#include "emulators/guest/guest_session.h"
#include "emulators/guest/sh_session.h"
#include "emulators/settings.h"
#include "emulators/vm/acceleration.h"
#include "emulators/vm/machine.h"
#include "emulators/vm/media.h"
#include "emulators/vm/provide_image.h"
#include "emulators/vm/snapshot.h"
#include "emulators/vm/trial.h"
#include "emulators/vm/vm_session.h"
#include "runner/base/error.h"
#include "runner/base/process.h"
#include "runner/base/random.h"
#include "runner/base/text.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace xtest {
namespace {

constexpr std::string_view kPrefix = "vm:";
constexpr int kDepth = 16;
constexpr auto kThawPatience = std::chrono::seconds(60);

// One a core, and half of the memory left to everything else.
int guests_that_fit(const ImageRecipe& recipe) {
  const long pages = ::sysconf(_SC_AVPHYS_PAGES), size = ::sysconf(_SC_PAGESIZE), cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  const long free_mib = pages / 2 * (size / 1024) / 1024;
  return static_cast<int>(std::clamp(free_mib / recipe.machine.memory_mib, 1L, std::max(cores, 1L)));
}

// A recipe may name targets of another architecture that its processor executes as well.
void refuse_foreign(const ImageRecipe& recipe, const Target& target) {
  if (recipe.arch == target.arch || std::ranges::find(recipe.targets, target.triple) != recipe.targets.end()) return;
  throw Error(ErrorKind::usage, "image " + recipe.name + " is a machine of " + recipe.arch + ", and " + target.triple + " is for " + target.arch,
              "it serves " + join(recipe.targets, " ") + "; `xtest image list` shows the others");
}

class Vm final : public Executor {
 public:
  Vm(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context) : target_(target), spec_(spec), context_(context) {}

  std::string name() const override { return std::string(kPrefix) + setting(spec_, "image"); }
  std::string identity() const override { return "vm " + version_ + " " + acceleration_.name + " " + recipe_.name + " " + made_of_; }
  std::set<std::string> features() const override { return {"vm", "emulated", "binfmt", "reexec"}; }
  Capacity capacity() const override { return {number_of(spec_, "guests", guests_that_fit(recipe_)), setting(spec_, "driver") == "sh" ? 1 : kDepth, 1}; }
  double slowness() const override { return acceleration_.name == "tcg" ? 10 : 1.5; }

  Task<Availability> available() override {
    const std::string wanted = setting(spec_, "image");
    const auto recipes = load_images(image_folders(context_.data));
    const auto found = std::ranges::find(recipes, wanted, &ImageRecipe::name);
    if (found == recipes.end()) co_return Availability{false, "there is no image '" + wanted + "'", ""};
    recipe_ = *found;
    const auto folder = image_folder(recipe_, context_.cache);
    if (!folder) {
      const Error missing = no_medium(recipe_);
      co_return Availability{false, missing.what(), missing.remedy()};
    }
    made_of_ = folder->filename();
    const auto program = find_program(recipe_.machine.program, "/usr/bin:/usr/local/bin:/bin");
    if (!program) co_return Availability{false, recipe_.machine.program + " is not installed", recipe_.machine.program};
    ProcessSpec spec;
    spec.argv = {program->string(), "--version"};
    spec.env = clean_environment();
    spec.limit = std::chrono::seconds(20);
    const Completion told = co_await run_process(std::move(spec));
    if (!exited_with(told, 0)) co_return Availability{false, recipe_.machine.program + " " + describe(told.how), recipe_.machine.program};
    version_ = std::string(trim(std::string_view(told.out.text).substr(0, told.out.text.find('\n'))));
    std::error_code error;
    std::filesystem::create_directories(context_.scratch, error);
    if (error) throw Error(ErrorKind::infra, "cannot make " + context_.scratch.string() + ": " + error.message());
    acceleration_ = co_await find_acceleration(*program, context_.scratch);
    if (acceleration_.name != "tcg") {
      MachineOptions trial = co_await machine(recipe_.name + "-trial");
      trial.console = trial.folder / "console.txt";      // no run may come of this: it leaves no record
      acceleration_ = co_await try_acceleration(acceleration_, std::move(trial), version_, context_.cache, say());
    }
    co_return Availability{true, recipe_.title + " in a guest, " + version_ + ", " + (acceleration_.why.empty() ? acceleration_.name : acceleration_.why), ""};
  }

  Task<std::unique_ptr<Session>> open() override {
    const std::string number = std::to_string(++opened_), session = name() + "#" + number;
    auto machine = co_await thawed(recipe_.name + "-" + number);
    auto connection = co_await machine->connect(kThawPatience);
    std::unique_ptr<Session> inner;
    if (setting(spec_, "driver") == "sh") inner = co_await drive_by_sh(session, *machine, std::move(connection));
    else inner = co_await drive_by_agent(session, std::move(connection));
    GuestLibraries libraries{image_->initrd(), context_.scratch / (recipe_.name + "-libraries")};
    co_return std::make_unique<VmSession>(std::move(machine), std::move(inner), std::move(libraries));
  }

 private:
  Task<std::unique_ptr<Session>> drive_by_agent(std::string session, std::unique_ptr<SshConnection> connection) {
    auto side = FarSide::at(std::move(connection), fresh_folder());
    co_return co_await GuestSession::open(std::move(session), side, "exec " + agent_command());
  }

  // The agent sets clock and random generator here, too.
  Task<std::unique_ptr<Session>> drive_by_sh(std::string session, Machine& machine, std::unique_ptr<SshConnection> connection) {
    const Completion set = co_await connection->run(agent_command() + " </dev/null");
    if (!exited_with(set, 0)) throw Error(ErrorKind::infra, "the clock of " + session + " cannot be set: " + set.err.text);
    const Connect further = [&machine] { return machine.connect(kThawPatience); };
    auto side = co_await FarSide::open(std::move(connection), further, "");
    co_return co_await ShSession::open(std::move(session), std::move(side));
  }

  static std::string fresh_folder() { return "/tmp/xtest-" + random_hex(8); }

  static std::string agent_command() {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
    return std::string(agent_in_snapshot) + "/agent --clock " + std::to_string(now) + " --entropy " + random_hex(64);
  }

  // A resumed run goes on counting where no file is.
  std::filesystem::path console_of(const std::string& name) const {
    int number = 1;
    const auto file = [&] { return context_.consoles / (target_.triple + "-" + name + (number > 1 ? "." + std::to_string(number) : "") + ".txt"); };
    while (std::filesystem::exists(file())) ++number;
    return file();
  }

  Progress say() const {
    return [told = context_.say](std::string_view line) {
      if (told && *told) (*told)(line);
    };
  }

  Task<MachineOptions> machine(std::string folder) {
    if (!image_) {
      ImagePlace place{context_.cache, context_.agent};
      image_ = co_await provide_image(recipe_, std::move(place), say());
    }
    co_return MachineOptions{recipe_, *image_, context_.scratch / folder, console_of(folder), context_.agent, acceleration_.name, {}, {}, false};
  }

  Task<Snapshot> snapshot(MachineOptions first) {
    if (!snapshot_) {
      const auto agent = co_await build_agent(target_, context_.data, context_.cache);
      first.console = console_of(first.folder.filename().string() + "-first");
      first.folder += "-first";
      snapshot_ = co_await provide_snapshot(std::move(first), version_, agent, say());
    }
    co_return *snapshot_;
  }

  // A guest that goes on from the snapshot. One that qemu does not take up is made anew, once: it may be of another qemu that
  // calls itself the same.
  Task<std::unique_ptr<Machine>> thawed(std::string folder) {
    const bool was_made_anew = is_made_anew_;
    MachineOptions options = co_await machine(folder);
    const Snapshot frozen = co_await snapshot(options);
    options = co_await clone_of(frozen, std::move(options));
    auto machine = co_await Machine::start(std::move(options));
    std::string trouble;
    try {
      co_await machine->thaw(frozen.state());
      co_return machine;
    } catch (const Error& error) {
      trouble = error.what();
    }
    if (was_made_anew || machine->was_killed()) throw Error(ErrorKind::infra, trouble);
    machine.reset();
    if (!std::exchange(is_made_anew_, true)) {   // else another guest's session has done so
      say()(trouble);
      forget(frozen);
      snapshot_.reset();
    }
    co_return co_await thawed(folder + "-again");
  }

  Target target_;
  ExecutorSpec spec_;
  ExecutorContext context_;
  ImageRecipe recipe_;
  std::string version_, made_of_;          // the image's digest, with its medium's
  Acceleration acceleration_;
  std::optional<MadeImage> image_;
  std::optional<Snapshot> snapshot_;
  bool is_made_anew_ = false;
  int opened_ = 0;
};

}  // namespace

std::optional<ExecutorSpec> guest_spec(const std::string& text, const Target& target, const std::filesystem::path& data) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  ExecutorSpec spec;
  spec.name = "vm";
  spec.settings["image"] = text.substr(kPrefix.size());
  refuse_foreign(find_recipe(load_images(image_folders(data)), spec.settings["image"]), target);
  return spec;
}

std::shared_ptr<Executor> make_vm_executor(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context) {
  return std::make_shared<Vm>(target, spec, context);
}

}  // namespace xtest
