// SPDX-License-Identifier: Apache-2.0
// Any bytes as a probe's stdout, in any pieces. Besides not crashing: the pieces do not matter, memory stays bounded, and
// a pass needs an honest trailer as the last line.
#include "runner/dialects/trailer.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kNonce = "N";

xtest::Trailer read(std::string_view text, std::size_t step) {
  xtest::TrailerReader reader(kNonce);
  for (std::size_t at = 0; at < text.size(); at += step) reader.feed(text.substr(at, step));
  return reader.finish();
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const xtest::Trailer whole = read(text, text.size() + 1);
  const xtest::Trailer pieces = read(text, 1u + data[0]);
  require(whole.output == pieces.output && whole.trouble == pieces.trouble && whole.end == pieces.end);
  require(whole.fail_lines == pieces.fail_lines && whole.failures.size() == pieces.failures.size());
  require(whole.output.size() < (70u << 10) && whole.failures.size() <= 100);

  xtest::Completion completion;
  completion.how = xtest::Exited{data[1]};
  const xtest::Observed observed = xtest::judge_trailer(whole, completion).observed;
  require(observed.status != xtest::Status::fail || !observed.message.empty());
  if (observed.status != xtest::Status::pass) return 0;
  require(data[1] == 0 && whole.checks > 0 && whole.failed == 0 && whole.fail_lines == 0);
  const std::size_t end = text.rfind("@xtest N ");
  require(end != std::string_view::npos && (end == 0 || text[end - 1] == '\n'));
  require(text.substr(end).starts_with("@xtest N end ok "));
  return 0;
}
