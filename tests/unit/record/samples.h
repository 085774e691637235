// SPDX-License-Identifier: Apache-2.0
// One event of every kind, all members set, with text that tries to break a line of JSON.
//
// Used by the tests of the record; `text` is put wherever an event holds text. Pure.
#pragma once

#include <string>
#include <vector>

#include "runner/model/event.h"

namespace xtest::test {

inline Observed sample_observed(const std::string& text) {
  using namespace std::chrono_literals;
  return {Status::crash, text, text, text, text, 1234us, text, text};
}

inline Completion sample_completion(Termination how, const std::string& text) {
  using namespace std::chrono_literals;
  Completion out;
  out.how = std::move(how);
  out.usage = {1us, 2us, 3us, 4};
  out.out = {text, 5, 6, text.size() / 2};
  out.err = {"e" + text, 0, 7, text.size() + 1};
  out.strays = {"12 " + text};
  out.session = text;
  out.evidence = text;
  out.files = {{text, 8, {}, std::string(64, 'a'), ""}, {text, 0, {}, "", text}};
  return out;
}

inline std::vector<EventBody> sample_bodies(const std::string& text) {
  RunStarted started;
  started.run = started.version = started.host = started.parent = started.partition = started.expectations = text;
  started.argv = {text, "", "run"};
  started.targets = {{text, {text, "linux"}, text}, {"triple", {}, "linked"}};
  started.streams = {{{"t" + text, "s" + text, "gcc", "O1", "host"}, text, text, text}};
  started.components = {{text, text}};
  started.options = {{"xpass", text}};
  started.jobs = 7;
  UnitListed unit{1, 2, text, text, {{text, text, text, {text}, text}, {"C1", "c", "", {}, ""}}, 4000000000u, true};
  std::vector<EventBody> out{started,
                             Resumed{text},
                             unit,
                             FactKnown{text, text},
                             SessionChanged{text, text, text, text},
                             JobStarted{3, JobKind::fact, Place::host, 4, {1, 2, 3}, 2, true, text, text},
                             CaseObserved{5, 6, 2, sample_observed(text)},
                             CaseDecided{8, {Status::xfail, text, Status::fail, text, text, 3}},
                             Note{text, text},
                             RunEnded{text, {{{"pass", 1}, {text, 2}}}, 100, text}};
  for (const Termination& how :
       {Termination(Exited{-3}), Termination(Signalled{11, text}), Termination(NtException{0xC0000005}),
        Termination(TimedOut{}), Termination(NotStarted{text}), Termination(Lost{text, true})})
    out.push_back(JobEnded{7, sample_completion(how, text), text, false});
  return out;
}

inline Event sample_event(EventBody body, std::uint64_t seq = 9) {
  return {seq, std::chrono::milliseconds(1700000000123), std::chrono::microseconds(456), std::move(body)};
}

inline std::vector<std::string> hostile_texts() {
  return {"",
          "plain",
          "a\"b\\c/d\n\r\t",
          std::string("nul\0here", 8),
          "\x1b[31mred\x1b[0m ]]> <x>&",
          "\xff\xfe broken \xc3",
          "emoji \xf0\x9f\x8e\x89 \xe2\x80\xa8 line separator",
          R"({"event":"run_ended"}\)",
          "%25 :: \x7f"};
}

}  // namespace xtest::test
