// SPDX-License-Identifier: Apache-2.0
// A framework whose suites exist only in a test: it hands out the units it was given and speaks the smallest language.
//
// A job's command is `UNIT CASE...`. Its program prints a line "CASE pass" or "CASE fail MESSAGE" for each case, perhaps "CASE begins" before it, and "done"
// at its end; an account without "done" is only believed if the process died. Owned by the test.
#pragma once

#include "suites/framework.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace xtest {

class FakeFramework final : public Framework {
 public:
  std::string name() const override { return "fake"; }
  std::vector<Question> questions(const Suite&, const View& view) const override { return asks ? asks(view) : std::vector<Question>{}; }
  std::vector<ExpandedUnit> expand(const Suite& suite, const View& view) const override;
  Job execution(const Unit& unit, std::span<const std::size_t> cases, const std::string& nonce) const override;
  std::unique_ptr<Reader> reader(const Unit& unit, std::span<const std::size_t> cases,
                                 const std::string& nonce) const override;

  // A unit of `suite` with these cases, written "group::name"; change what it returns.
  Unit& add(const std::string& suite, const std::string& unit, const std::vector<std::string>& cases);

  std::map<std::string, std::vector<ExpandedUnit>> units;   // by suite
  std::function<std::vector<Question>(const View&)> asks;
  std::string exclusive;                                    // of every job
  std::vector<std::filesystem::path> inputs;                // of every job
  std::string unsupported_on;                               // an executor on which every case "requires something"
};

Suite fake_suite(const std::string& name);

// A build job that runs `sh -c SCRIPT`.
Job shell_build(const std::string& script, std::vector<std::filesystem::path> outputs = {});

}  // namespace xtest
