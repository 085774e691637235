// SPDX-License-Identifier: Apache-2.0
#include "tests/support/booted_guest.h"

#include "emulators/vm/snapshot.h"
#include "runner/base/text.h"
#include "tests/support/run_task.h"

#include <gtest/gtest.h>

namespace xtest {

std::string debian_recipe(const std::string& name, const std::string& packages) {
  return "name: " + name +
         "\ntitle: a guest of a test\narch: x86_64\ntargets: [x86_64-unknown-linux-gnu]\ntried: no\n"
         "debian:\n  suite: bookworm\n  architecture: amd64\n  kernel: linux-image-cloud-amd64\n  packages: [" + packages + "]\n";
}

std::string said_in_guest(asio::io_context& io, const std::filesystem::path& folder, const ImageRecipe& recipe, const MadeImage& image,
                          const std::string& command) {
  const auto boot = [&]() -> Task<std::string> {
    MachineOptions options{recipe, image, folder / "machine", folder / "console", XTEST_AGENT, "tcg", {}, {}, false};
    Snapshot place_of_its_own{folder};
    options = co_await first_boot(std::move(place_of_its_own), std::move(options));
    const auto machine = co_await Machine::start(std::move(options));
    const auto connection = co_await machine->connect(std::chrono::minutes(5));
    const Completion completion = co_await connection->run(command);
    EXPECT_TRUE(exited_with(completion, 0)) << describe(completion.how) << completion.err.text << machine->last_lines();
    co_return std::string(trim(completion.out.text));
  };
  return run_task(io, boot());
}

}  // namespace xtest
