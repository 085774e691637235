// SPDX-License-Identifier: Apache-2.0
// Framework `test2json`: Go packages with tests. One test binary a package; its top-level tests and examples are the cases.
//
//   # suite.yaml
//   suite: mine
//   framework: test2json
//   packages: [./...]                      # as `go list` takes them; or
//   sets: {core: [strings], std: [std]}    # by name, which is the stream's options; a package is of the first that has it
//   exclude: [cmd/*]                       # optional: globs over import paths
//   short: true                            # optional: -test.short
//   env: {GODEBUG: x=1}                    # optional, for the tests
//   build-flags: [-tags=x]                 # optional, of `go test -c`
//   goroot: true                           # optional: the sources are a GOROOT, whose library and tools are used
//   make: {lib/time/zoneinfo.zip: z.go}    # optional: files that the sources lack; `go run z.go SOURCES FILE` writes FILE, and FILE.d
//   limit: 10m                             # of one process: a package, or a test that runs alone
//   build-limit: 10m                       # optional
//
// Test ids: SUITE::net/http::TestServe. `go list` names the packages, `-test.list .` of each binary its tests: both are asked before the
// run. A package runs as one process in its own folder (go_build.h); what was being executed when it died runs alone. A package
// without tests is a skip `package`; so is, as a test, one that cannot be built or listed. Subtests are told of as such. Pure.
#pragma once

#include "suites/framework.h"

namespace xtest {

class Test2JsonFramework final : public Framework {
 public:
  std::string name() const override { return "test2json"; }
  std::vector<Question> questions(const Suite& suite, const View& view) const override;
  std::vector<ExpandedUnit> expand(const Suite& suite, const View& view) const override;
  Job execution(const Unit& unit, std::span<const std::size_t> cases, const std::string& nonce) const override;
  std::unique_ptr<Reader> reader(const Unit& unit, std::span<const std::size_t> cases, const std::string& nonce) const override;
};

}  // namespace xtest
