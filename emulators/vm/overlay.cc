// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/overlay.h"

#include "runner/base/error.h"
#include "runner/base/process.h"
#include "runner/base/text.h"

namespace xtest {
namespace {

constexpr auto patience = std::chrono::minutes(30);

Task<void> qemu_img(std::vector<std::string> words) {
  const auto program = find_program("qemu-img", "/usr/bin:/usr/local/bin:/bin");
  if (!program) throw Error(ErrorKind::infra, "qemu-img is not installed", "apt-get install qemu-utils");
  ProcessSpec spec;
  spec.argv = {program->string()};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.env = clean_environment();
  spec.limit = patience;
  const Completion done = co_await run_process(std::move(spec));
  if (!exited_with(done, 0))
    throw Error(ErrorKind::infra, "qemu-img " + words.front() + " " + describe(done.how) + ": " + std::string(trim(done.err.text)));
}

}  // namespace

Task<void> make_empty_disk(std::filesystem::path file, std::uint64_t bytes) {
  std::vector<std::string> words{"create", "-q", "-f", "qcow2", file.string(), std::to_string(bytes)};
  co_await qemu_img(std::move(words));
}

Task<void> make_overlay(BaseDisk base, std::filesystem::path file) {
  std::vector<std::string> words{"create", "-q", "-f", "qcow2", "-F", to_string(base.format), "-b", std::filesystem::absolute(base.file).string(), file.string()};
  co_await qemu_img(std::move(words));
}

Task<void> copy_disk(BaseDisk from, std::filesystem::path file) {
  std::vector<std::string> words{"convert", "-q", "-f", to_string(from.format), "-O", "qcow2", from.file.string(), file.string()};
  co_await qemu_img(std::move(words));
}

}  // namespace xtest
