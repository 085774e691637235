// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/install.h"

#include "emulators/agent/client.h"
#include "emulators/vm/dialogue.h"
#include "emulators/vm/key_texts.h"
#include "emulators/vm/overlay.h"
#include "emulators/vm/qemu_words.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/process.h"
#include "runner/base/text.h"

#include <array>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr auto end_patience = std::chrono::seconds(60);    // for qemu's own end, once its line has ended

struct Process {
  std::optional<Completion> ended;
};

std::vector<std::string> command_line(const ImageRecipe& recipe, const MadeImage& image, const fs::path& program) {
  std::vector<std::string> words{program.string()};
  const auto append = [&](std::vector<std::string> more) { words.insert(words.end(), more.begin(), more.end()); };
  append(machine_words(recipe, "tcg"));
  append(install_words(recipe, image, image.disk()));
  append({"-serial", "stdio", "-netdev", "user,id=n,restrict=on", "-device", "virtio-net-pci,netdev=n,romfile="});
  return words;
}

Task<void> make_disk(ImageRecipe recipe, MadeImage image) {
  if (recipe.provision.installation->disk_bytes != 0) {
    co_await make_empty_disk(image.disk(), recipe.provision.installation->disk_bytes);
    co_return;
  }
  if (!recipe.media || recipe.media->format == MediaFormat::iso)
    throw Error(ErrorKind::usage, recipe.file.string() + ": the installation has no disk", "say `installation: {disk: 8G}`");
  BaseDisk medium{image.medium(), recipe.media->format};
  co_await copy_disk(std::move(medium), image.disk());
}

Task<void> wait_for_end(std::shared_ptr<Process> process) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  for (const auto deadline = std::chrono::steady_clock::now() + end_patience; !process->ended && std::chrono::steady_clock::now() < deadline;) {
    pause.expires_after(std::chrono::milliseconds(50));
    co_await pause.async_wait(asio::use_awaitable);
  }
}

std::vector<DialogueStep> dialogue_of(const ImageRecipe& recipe, const MadeImage& image) {
  std::vector<DialogueStep> steps = recipe.provision.dialogue;
  for (DialogueStep& step : steps) step.send = with_keys(step.send, image);
  return steps;
}

}  // namespace

Task<void> install_system(ImageRecipe recipe, MadeImage image, fs::path console, fs::path agent_path, Progress progress) {
  const auto executor = co_await asio::this_coro::executor;
  const auto program = find_program(recipe.machine.program, "/usr/bin:/usr/local/bin:/bin");
  if (!program) throw Error(ErrorKind::infra, recipe.machine.program + " is not installed");
  co_await make_disk(recipe, image);
  const auto limit = recipe.provision.installation->limit;
  if (progress) progress("installing " + recipe.name + ", at most " + human_duration(limit) + "; its console: " + console.string());
  AgentOptions options;
  options.agent_path = agent_path;
  const auto agent = co_await AgentClient::start(std::move(options));
  auto line = make_socket_pair();
  const fs::path complaints = console.string() + ".qemu";
  const UniqueFd log(::open(complaints.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  AgentCommand command;
  command.argv = command_line(recipe, image, *program);
  command.env = clean_environment();
  command.pass_fds = std::array{line.theirs.get(), line.theirs.get(), log.get()};
  const auto process = std::make_shared<Process>();
  asio::co_spawn(executor, agent->run(std::move(command)),
                 [process](std::exception_ptr, Completion completion) { process->ended = std::move(completion); });
  co_await asio::post(executor, asio::use_awaitable);   // the descriptors have been sent
  line.theirs.reset();
  Dialogue dialogue(executor, std::move(line.ours), console, recipe.panic);
  std::string trouble;
  try {
    std::function<void(const std::string&)> heard;
    if (progress) heard = [&](const std::string& text) { progress("  it said \"" + xml_clean(text) + "\""); };
    co_await dialogue.hold(dialogue_of(recipe, image), heard);
    co_await dialogue.listen(limit);
  } catch (const Error& error) {
    trouble = error.what();
  }
  if (trouble.empty()) {
    co_await wait_for_end(process);
    if (process->ended && exited_with(*process->ended, 0)) co_return;
    trouble = "qemu " + (process->ended ? describe(process->ended->how) : std::string("does not end")) + ": " +
              std::string(trim(read_file(complaints).value_or(""))) + dialogue.last_lines();
  }
  throw Error(ErrorKind::infra, "the installation of " + recipe.name + " failed: " + trouble, "all that its console said is in " + console.string());
}

}  // namespace xtest
