// SPDX-License-Identifier: Apache-2.0
// A real HTTP server on the loopback that gives one file in several ways (tests/helpers/http_server.py); killed with this.
#pragma once

#include "tests/support/run_xtest.h"

#include <optional>
#include <string>
#include <string_view>

namespace xtest {

class HttpServer {
 public:
  HttpServer(const std::filesystem::path& folder, std::string_view content);   // its file and log lie in `folder`

  const std::string& why_not() const { return why_not_; }   // it cannot be had here
  std::string url(const std::string& way, const std::string& name = "file") const { return address() + "/" + way + "/" + name; }
  std::string address() const { return "http://127.0.0.1:" + port_; }
  std::string log() const;                                   // "GET /range/file bytes=100- 206", a line a request

 private:
  std::filesystem::path folder_;
  std::string why_not_, port_;
  std::optional<Running> running_;
};

}  // namespace xtest
