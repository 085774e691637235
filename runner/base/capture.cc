// SPDX-License-Identifier: Apache-2.0
#include "runner/base/capture.h"

#include <algorithm>
#include <utility>

namespace xtest {

void Capture::add(std::string_view bytes) {
  total_ += bytes.size();
  const auto to_head = std::min(head_cap_ - head_.size(), bytes.size());
  head_.append(bytes.substr(0, to_head));
  bytes.remove_prefix(to_head);
  if (bytes.size() > tail_cap_) bytes.remove_prefix(bytes.size() - tail_cap_);
  tail_.append(bytes);
  if (tail_.size() > 2 * tail_cap_) tail_.erase(0, tail_.size() - tail_cap_);
}

Output Capture::take() {
  if (tail_.size() > tail_cap_) tail_.erase(0, tail_.size() - tail_cap_);
  Output output;
  output.total = std::exchange(total_, 0);
  output.skipped = output.total - head_.size() - tail_.size();
  output.text = std::exchange(head_, {});
  if (output.skipped == 0) output.text += tail_;
  output.head = output.text.size();
  if (output.skipped != 0) output.text += tail_;
  tail_.clear();
  return output;
}

}  // namespace xtest
