// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/reuse.h"

#include "runner/base/text.h"

#include <charconv>

namespace xtest {

std::string text_from_passes(std::span<const Observed> passes) {
  std::string text = "passes 1\n";
  for (const Observed& pass : passes) text += std::to_string(pass.duration.count()) + '\n';
  return text;
}

std::optional<std::vector<Observed>> passes_from_text(std::string_view text, std::size_t count) {
  const auto lines = split(text, '\n');
  if (lines.size() != count + 2 || lines.front() != "passes 1" || !lines.back().empty()) return std::nullopt;
  std::vector<Observed> passes;
  for (std::size_t at = 1; at <= count; ++at) {
    std::int64_t micros = 0;
    const char* end = lines[at].data() + lines[at].size();
    if (std::from_chars(lines[at].data(), end, micros).ptr != end || lines[at].empty() || micros < 0) return std::nullopt;
    Observed pass;
    pass.status = Status::pass;
    pass.duration = std::chrono::microseconds(micros);
    passes.push_back(std::move(pass));
  }
  return passes;
}

}  // namespace xtest
