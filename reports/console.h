// SPDX-License-Identifier: Apache-2.0
// The run as a person watches it, on a terminal or in a log.
//
// On a terminal: results that need attention scroll above an area that is redrawn at most ten times a second (bar,
// counts, ETA, a line a target, the tests that run longest). Elsewhere: one line for each of them and a heartbeat every
// 30 s. Both end with the same summary. Drawn from events and tick(), on the engine's thread; `mono` of tick has the
// base of Event::mono. The descriptor is borrowed and gets whole writes; trouble with it is told by close().
#pragma once

#include "reports/attempts.h"
#include "reports/comparison.h"
#include "reports/output_file.h"
#include "reports/sink.h"
#include "reports/summary.h"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace xtest {

struct ConsoleOptions {
  int fd = 2;
  bool tty = false;               // redraw
  bool color = false;             // --color, NO_COLOR and CLICOLOR_FORCE are the caller's to judge
  bool verbose = false;           // a line for passes and skips too
  int width = 100;
  std::size_t output_cap = 4096;  // bytes of a case's output in its block
  std::size_t blocks = 100;       // failure blocks in full; the others get a line
  std::string record;             // where the record is, shown at the end; empty: not shown
  std::string junit;              // where the JUnit files are
  std::chrono::milliseconds heartbeat{30'000};
  std::chrono::milliseconds redraw{100};
};

class Console final : public ReportSink {
 public:
  explicit Console(ConsoleOptions options);
  ~Console() override;

  void on(const Event& event) override;
  std::optional<std::string> close() override;

  void tick(std::chrono::microseconds mono);         // call it some ten times a second
  void resize(int width) { options_.width = width; }
  std::string running_now() const;                   // for SIGUSR1: what runs, longest first

 private:
  struct Running {
    std::optional<CaseIx> first;
    std::optional<StreamIx> stream;
    std::string what;
    std::chrono::microseconds since{0};
  };
  void on_job(const Event& event);
  void on_session(const SessionChanged& session);
  void on_decided(const CaseDecided& decided);
  void print(std::string_view text);
  void draw();
  void erase();
  std::string area() const;
  std::string status_line() const;
  std::string bar_line() const;
  std::string progress_text() const;
  std::string target_line(const std::string& triple) const;
  std::vector<const Running*> longest(std::size_t most) const;
  std::string running_line(const Running& running) const;

  ConsoleOptions options_;
  Tally tally_;
  Comparison comparison_;
  Attempts attempts_;
  std::map<JobId, Running> running_;
  std::map<std::string, int, std::less<>> sessions_;   // executor -> open ones
  OutputFd out_;
  std::string pending_;                      // scrolls with the next redraw
  std::vector<std::string> blocks_;          // of a log: shown at the end
  std::size_t shown_ = 0;
  std::uint64_t decided_now_ = 0;            // in this session, for the ETA
  std::chrono::microseconds now_{0}, drawn_{0}, beat_{0}, first_decided_{0};
  int area_lines_ = 0;
  bool closed_ = false;
};

}  // namespace xtest
