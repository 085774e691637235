// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/vm.h"

#include "emulators/guest/agent_build.h"
#include "emulators/guest/guest_session.h"
#include "emulators/guest/sh_session.h"
#include "emulators/settings.h"
#include "emulators/vm/acceleration.h"
#include "emulators/vm/machine.h"
#include "emulators/vm/provide_image.h"
#include "emulators/vm/snapshot.h"
#include "emulators/vm/trial.h"
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

constexpr int kDepth = 16;
constexpr auto kThawPatience = std::chrono::seconds(60);

// One a core, and half of the memory left to everything else.
int guests_that_fit(const ImageRecipe& recipe) {
  const long pages = ::sysconf(_SC_AVPHYS_PAGES), size = ::sysconf(_SC_PAGESIZE), cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  const long free_mib = pages / 2 * (size / 1024) / 1024;
  return static_cast<int>(std::clamp(free_mib / recipe.machine.memory_mib, 1L, std::max(cores, 1L)));
}

// A guest and the session in it; what a program's loss is due to is told by the guest's console.
class VmSession final : public Session {
 public:
  VmSession(std::unique_ptr<Machine> machine, std::unique_ptr<Session> inner) : machine_(std::move(machine)), inner_(std::move(inner)) {}

  std::string name() const override { return inner_->name(); }
  Task<void> stage(std::vector<std::filesystem::path> files) override { co_await inner_->stage(std::move(files)); }

  Task<Completion> run(RunRequest request) override {
    Completion completion = co_await inner_->run(std::move(request));
    if (auto* lost = std::get_if<Lost>(&completion.how)) {
      if (const std::string why = co_await machine_->find_out_why_lost(); !why.empty()) lost->why = why + " (" + lost->why + ")";
      if (machine_->was_killed()) lost->suspect = false;
      completion.evidence += "the guest's console:" + machine_->last_lines() + "\n";
      if (machine_->why_lost().empty()) completion.evidence += "its processor:\n" + co_await machine_->registers() + "\n";
    }
    co_return completion;
  }

  Task<void> close() override { co_return; }   // the guest is thrown away as it is

 private:
  std::unique_ptr<Machine> machine_;      // outlives the session in it
  std::unique_ptr<Session> inner_;
};

class Vm final : public Executor {
 public:
  Vm(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context) : target_(target), spec_(spec), context_(context) {}

  std::string name() const override { return "vm:" + setting(spec_, "image"); }
  std::string identity() const override { return "vm " + recipe_.name + " " + recipe_.digest.substr(0, 16) + " " + version_ + " " + acceleration_.name; }
  std::set<std::string> features() const override { return {"vm", "emulated", "binfmt", "reexec"}; }
  Capacity capacity() const override { return {number_of(spec_, "guests", guests_that_fit(recipe_)), setting(spec_, "driver") == "sh" ? 1 : kDepth, 1}; }
  double slowness() const override { return acceleration_.name == "tcg" ? 10 : 1.5; }

  Task<Availability> available() override {
    const std::string wanted = setting(spec_, "image");
    const auto recipes = load_images(image_folders(context_.data));
    const auto found = std::ranges::find(recipes, wanted, &ImageRecipe::name);
    if (found == recipes.end()) co_return Availability{false, "there is no image '" + wanted + "'", ""};
    recipe_ = *found;
    const auto program = find_program(recipe_.machine.program, "/usr/bin:/usr/local/bin:/bin");
    if (!program) co_return Availability{false, recipe_.machine.program + " is not installed", recipe_.machine.program};
    ProcessSpec spec;
    spec.argv = {program->string(), "--version"};
    spec.env = clean_environment();
    spec.limit = std::chrono::seconds(20);
    const Completion told = co_await run_process(std::move(spec));
    if (!exited_with(told, 0)) co_return Availability{false, recipe_.machine.program + " " + describe(told.how), recipe_.machine.program};
    version_ = std::string(trim(std::string_view(told.out.text).substr(0, told.out.text.find('\n'))));
    std::filesystem::create_directories(context_.scratch);
    acceleration_ = co_await find_acceleration(*program, context_.scratch);
    if (acceleration_.name != "tcg") {
      MachineOptions trial = co_await machine(recipe_.name + "-trial");
      acceleration_ = co_await try_acceleration(acceleration_, std::move(trial), version_, context_.cache, say());
    }
    co_return Availability{true, recipe_.title + " in a guest, " + version_ + ", " + (acceleration_.why.empty() ? acceleration_.name : acceleration_.why), ""};
  }

  Task<std::unique_ptr<Session>> open() override {
    const std::string number = std::to_string(++opened_), session = name() + "#" + number;
    MachineOptions options = co_await clone(recipe_.name + "-" + number);
    auto machine = co_await Machine::start(std::move(options));
    co_await machine->thaw(snapshot_->state());
    auto connection = co_await machine->connect(kThawPatience);
    std::unique_ptr<Session> inner;
    if (setting(spec_, "driver") == "sh") inner = co_await drive_by_sh(session, *machine, std::move(connection));
    else inner = co_await drive_by_agent(session, std::move(connection));
    co_return std::make_unique<VmSession>(std::move(machine), std::move(inner));
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

  Task<MachineOptions> clone(std::string folder) {
    MachineOptions options = co_await machine(folder);
    if (!snapshot_) {
      const auto agent = co_await build_agent(target_, context_.data, context_.cache);
      MachineOptions first = options;
      first.folder += "-first";
      first.console = console_of(folder + "-first");
      snapshot_ = co_await provide_snapshot(std::move(first), version_, agent, say());
    }
    co_return co_await clone_of(*snapshot_, std::move(options));
  }

  Target target_;
  ExecutorSpec spec_;
  ExecutorContext context_;
  ImageRecipe recipe_;
  std::string version_;
  Acceleration acceleration_;
  std::optional<MadeImage> image_;
  std::optional<Snapshot> snapshot_;
  int opened_ = 0;
};

}  // namespace

std::shared_ptr<Executor> make_vm_executor(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context) {
  return std::make_shared<Vm>(target, spec, context);
}

}  // namespace xtest
