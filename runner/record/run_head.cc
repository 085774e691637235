// SPDX-License-Identifier: Apache-2.0
#include "runner/record/record.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace xtest {
namespace {

using Json = nlohmann::json;

std::string utc(std::int64_t milliseconds) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(milliseconds / 1000)));
}

}  // namespace

RunHead read_run_head(const std::filesystem::path& folder) {
  RunHead head;
  head.id = folder.filename().string();
  std::ifstream in(folder / "run.json");
  const Json run = Json::parse(in, nullptr, false);
  if (!in.is_open()) return head;
  head.damaged = !run.is_object();
  if (head.damaged) return head;
  try {
    head.begun = utc(run.value("wall", std::int64_t{0}));
    for (const Json& target : run.value("targets", Json::array())) {
      const std::string triple = target.value("triple", "");
      if (std::ranges::find(head.targets, triple) == head.targets.end()) head.targets.push_back(triple);
    }
    const Json ended = run.value("ended", Json::object());
    head.reason = ended.value("reason", head.reason);
    head.exit_code = ended.value("exit_code", head.exit_code);
    head.counts = ended.value("counts", head.counts);
  } catch (const Json::exception&) {
    head.damaged = true;
  }
  return head;
}

}  // namespace xtest
