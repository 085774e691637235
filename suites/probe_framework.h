// SPDX-License-Identifier: Apache-2.0
// Framework `probe`: a folder of small programs of ours, each with a probe.yaml (probe_file.h), that speak the protocol
// of suites/probes/probe.h. One unit, one program and one case a cell of the matrix (probe_matrix.h).
//
//   # suite.yaml
//   suite: probes
//   title: ...
//   framework: probe
//   requires: ...            # optional
//   limit: 10s               # optional, of probes without their own
//   needs: [probes::A1]      # optional, of every probe here, before its own
//   group: probe             # or link: what the middle of a test id is
//   flags: {c: [-O1]}        # optional, per language, before the probe's own
//   checks-of: ../hello      # the suite whose files the probes with `check: true` look at
//
// Probes with `check: true` become units of the framework `check` (check_framework.h) in the same suite. Pure; expand()
// reads the suite's YAML files and throws Error{usage} with their place.
#pragma once

#include "suites/framework.h"

namespace xtest {

class ProbeFramework final : public Framework {
 public:
  std::string name() const override { return "probe"; }
  std::vector<ExpandedUnit> expand(const Suite& suite, const View& view) const override;
  Job execution(const Unit& unit, std::span<const std::size_t> cases, const std::string& nonce) const override;
  std::unique_ptr<Reader> reader(const Unit& unit, std::span<const std::size_t> cases,
                                 const std::string& nonce) const override;
};

}  // namespace xtest
