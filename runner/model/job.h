// SPDX-License-Identifier: Apache-2.0
// A job runs; a case is judged. They meet in (job, attempt).
//
// A Job is one process with a place, a cost, dependencies and one Completion; it ends once, a retry is a new job:
//
//      waiting --deps ended well--> ready --tokens + session--> started --> ended(Completion)
//         \--a dependency failed--> dropped (its cases are build-fail, blocked or not-run)
//
// A Case has an identity, raw observations and one Outcome per stream; it never runs:
//
//      listed --job started--> running --Observed--> observed --decide--> decided
//         \--requires unmet: skip --/      ^---- infra or unexpected, tries left: a new job ----/
//
// The scheduler knows jobs only, decide knows cases only.
#pragma once

#include "runner/model/command.h"
#include "runner/model/ids.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

enum class JobKind : std::uint8_t { build, check, list, fact, run, drive };
enum class Place : std::uint8_t { host, target };

std::string_view to_string(JobKind kind);
std::string_view to_string(Place place);
std::optional<JobKind> job_kind_from(std::string_view text);
std::optional<Place> place_from(std::string_view text);

struct Job {
  JobKind kind = JobKind::run;
  Place place = Place::target;
  Command command;
  std::vector<std::filesystem::path> inputs;   // files that decide the result; ship them to the target
  std::vector<std::filesystem::path> outputs;  // a build's products
  std::filesystem::path depfile;               // written by a compiler that names further inputs, or empty
  std::filesystem::path link_depfile;          // the same of a linker: libraries and start-up files
  std::string tool_identity;                   // of the compiler or checker: part of the action cache's key
  std::string exclusive;                       // jobs of one group never overlap; "*": runs alone
  int cpus = 1;
  bool alone = false;                          // a suspect: nothing else runs in its session
};

struct Case {
  std::string group;
  std::string name;
  std::string skip;                 // not empty: it will not run, and why ("requires X")
  std::vector<std::string> needs;   // test ids (same target, same executor or a check of the host) that block this one when they fail
  std::string rung;                 // of the ladder, or empty
};

// What belongs together: cases that come out of the same program. Builds run in order, then one job executes the cases.
struct Unit {
  StreamIx stream = 0;
  std::string name;                 // unique inside the stream
  std::string source;               // shown to people
  std::vector<Case> cases;
  std::vector<Job> builds;          // each after the one before; equal builds of two units are performed once
  std::string framework;            // who describes the execution and reads it
  std::vector<std::string> result_files;   // patterns of what its program leaves and is kept (runner/model/result_files.h)
  std::string data;                 // the framework's own, opaque to the engine
  bool dynamic = false;             // more cases may be found while running
};

}  // namespace xtest
