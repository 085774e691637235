// SPDX-License-Identifier: Apache-2.0
// A framework knows how a kind of suite lists, builds, runs and speaks. It is pure: it may read the suite's sources,
// describes jobs and understands bytes; only the engine runs anything.
//
// questions() and then expand() are called for each suite and target; execution() whenever cases of a unit are to be executed (all of them,
// or the rest after a crash, or one suspect alone); reader() makes the judge of one such job. A new framework is one
// new pair of files and one line in runner/main.cc.
#pragma once

#include "runner/model/completion.h"
#include "runner/model/job.h"
#include "runner/model/observed.h"
#include "suites/suite.h"
#include "targets/target.h"
#include "targets/toolchain.h"

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace xtest {

// What has to be known before the tests of a suite are: what a program lists, whether a compiler takes a flag. Its builds and then
// its job are performed before the run is planned.
struct Question {
  std::string name;                                      // of one stream's: "aarch64 coretests --list"; equal ones are asked once
  std::vector<Job> builds;                               // as those of a unit
  Job job;                                               // on the host or the target
};

struct Answer {
  Completion completion;                                 // of the job, however it ended
  std::string build_failure;                             // not empty: the job could not be performed, and why
};

using Answers = std::map<std::string, Answer>;           // by the names of the questions

// What a framework sees of the world when it expands a suite.
struct View {
  const Target& target;
  const std::map<Language, Toolchain>& toolchains;       // those that were found
  const std::map<Language, std::string>& absent;         // language -> why it cannot be used, with the remedy
  const std::set<std::string>& features;                 // target's, executor's and toolchains' feature words
  std::filesystem::path work;                            // folder of this run for build products (absolute)
  std::filesystem::path xtest;                           // our own binary, for check jobs
  std::string executor;                                  // name of the executor that run jobs will use
  const Answers& answers;                                // so far
};

struct ExpandedUnit {
  Unit unit;                                             // unit.stream is set by the planner
  std::string toolchain;                                 // stream parts the framework decides
  std::string options = "default";
  std::string executor;                                  // "none" for checks on the host
};

enum class Channel : std::uint8_t { out, err };

// Collects what a reader understands, case by case (index into the cases the job was made for).
struct Observations {
  virtual ~Observations() = default;
  virtual void observed(std::size_t which, Observed what) = 0;
  // It was being executed when the account ended. If the process died, it is the suspect and runs alone.
  virtual void started(std::size_t which) = 0;
};

struct Reader {
  virtual ~Reader() = default;
  virtual void feed(Channel channel, std::string_view bytes, Observations& into) = 0;
  // The judge of raw facts; cases without an observation afterwards are the engine's to judge.
  // Returns whether the job's own account can be trusted (its end agrees with its stream).
  virtual bool end(const Completion& completion, Observations& into) = 0;
};

struct Framework {
  virtual ~Framework() = default;
  virtual std::string name() const = 0;
  // What expand() would have to know. Asked again with the answers, until it has no new question.
  virtual std::vector<Question> questions(const Suite&, const View&) const { return {}; }
  virtual std::vector<ExpandedUnit> expand(const Suite& suite, const View& view) const = 0;
  // One process for these cases. `nonce` is the run's: what a program says is only believed with it.
  virtual Job execution(const Unit& unit, std::span<const std::size_t> cases, const std::string& nonce) const = 0;
  virtual std::unique_ptr<Reader> reader(const Unit& unit, std::span<const std::size_t> cases,
                                         const std::string& nonce) const = 0;
};

}  // namespace xtest
