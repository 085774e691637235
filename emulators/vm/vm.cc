// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/vm.h"

#include "emulators/guest/open.h"
#include "emulators/settings.h"
#include "emulators/vm/debian_image.h"
#include "emulators/vm/machine.h"
#include "runner/base/error.h"
#include "runner/base/log.h"
#include "runner/base/process.h"
#include "runner/base/text.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

constexpr auto kBootPatience = std::chrono::minutes(2);

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
      completion.evidence += "the guest's console:" + machine_->last_lines() + "\n";
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
  std::string identity() const override { return "vm " + recipe_.name + " " + recipe_.digest.substr(0, 16) + " " + version_ + " tcg"; }
  std::set<std::string> features() const override { return {"vm", "emulated", "binfmt", "reexec"}; }
  Capacity capacity() const override { return {}; }
  double slowness() const override { return 10; }

  Task<Availability> available() override {
    const std::string wanted = setting(spec_, "image");
    const auto recipes = load_images(context_.data / "emulators" / "vm" / "images");
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
    co_return Availability{true, recipe_.title + " in a guest, " + version_, ""};
  }

  Task<std::unique_ptr<Session>> open() override {
    const int number = ++opened_;
    const auto say = [](std::string_view line) { log_info("vm", "{}", line); };
    const MadeImage image = co_await make_debian_image(recipe_, context_.cache, say);
    const std::string name = "vm:" + recipe_.name + "#" + std::to_string(number);
    MachineOptions options{recipe_, image, context_.scratch / ("vm" + std::to_string(number)), context_.agent};
    auto machine = co_await Machine::start(std::move(options));
    auto connection = co_await machine->connect(kBootPatience);
    GuestOptions guest{name, target_, context_.data, context_.cache, setting(spec_, "driver"), "", [far = machine.get()] { return far->connect(kBootPatience); }};
    OpenedGuest opened = co_await open_guest(std::move(guest), std::move(connection));
    co_return std::make_unique<VmSession>(std::move(machine), std::move(opened.session));
  }

 private:
  Target target_;
  ExecutorSpec spec_;
  ExecutorContext context_;
  ImageRecipe recipe_;
  std::string version_;
  int opened_ = 0;
};

}  // namespace

std::shared_ptr<Executor> make_vm_executor(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context) {
  return std::make_shared<Vm>(target, spec, context);
}

}  // namespace xtest
