// SPDX-License-Identifier: Apache-2.0
// Framework `libtest`: Rust crates with #[test] functions, built by rustc --test without cargo (libtest_suite.h, docs/suites.md).
//
// The program is built and asked with --list before the run is planned: that is the known set. Its tests become one unit, or
// several if they are too many to be named on one command line or `processes` spreads them. A job runs all tests of a unit, or
// those that are left after a crash, in one process; programs of one crate never run side by side unless `processes` says
// that they may. A crate that cannot be built or listed is one case, `SUITE::CRATE::--list`, that fails. Pure.
#pragma once

#include "suites/framework.h"

namespace xtest {

class LibtestFramework final : public Framework {
 public:
  std::string name() const override { return "libtest"; }
  std::vector<Question> questions(const Suite& suite, const View& view) const override;
  std::vector<ExpandedUnit> expand(const Suite& suite, const View& view) const override;
  Job execution(const Unit& unit, std::span<const std::size_t> cases, const std::string& nonce) const override;
  std::unique_ptr<Reader> reader(const Unit& unit, std::span<const std::size_t> cases, const std::string& nonce) const override;
};

}  // namespace xtest
