// SPDX-License-Identifier: Apache-2.0
#include "runner/base/offload.h"

namespace xtest {

Offload::Offload(std::size_t threads) : pool_(threads) {}

Offload::~Offload() {
  pool_.stop();
  pool_.join();
}

}  // namespace xtest
