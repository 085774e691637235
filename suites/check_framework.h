// SPDX-License-Identifier: Apache-2.0
// Framework `check`: looks at produced files without running them. Each hello artifact (language x link kind) is a unit
// with one case for every probe that says `check: true`; its one job is `xtest inspect FILE` on the host, a process of
// its own because the file may be hostile to the reader.
//
// The units are made by expand_checks() for the framework `probe`, whose suites hold those probes; no suite names this
// framework itself. The file is built by the very jobs that build it for the suite `checks-of`, so it is built once.
// The expectation (what the target says, plus link kind and language) goes along as argument text. Pure.
#pragma once

#include "suites/framework.h"
#include "suites/probe_file.h"

namespace xtest {

// Nothing if none of the probes is a check. Throws Error{usage} if there are checks and `checks-of` is missing.
std::vector<ExpandedUnit> expand_checks(const Suite& suite, std::span<const Probe> probes, const View& view);

class CheckFramework final : public Framework {
 public:
  std::string name() const override { return "check"; }
  std::vector<ExpandedUnit> expand(const Suite& suite, const View& view) const override;
  Job execution(const Unit& unit, std::span<const std::size_t> cases, const std::string& nonce) const override;
  std::unique_ptr<Reader> reader(const Unit& unit, std::span<const std::size_t> cases,
                                 const std::string& nonce) const override;
};

}  // namespace xtest
