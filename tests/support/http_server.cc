// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http_server.h"

#include "runner/base/files.h"
#include "tests/support/watch.h"

namespace xtest {

HttpServer::HttpServer(const std::filesystem::path& folder, std::string_view content) : folder_(folder) {
  write_file(folder_ / "served", content);
  Call call;
  call.argv = {"python3", XTEST_SOURCE_DIR "/tests/helpers/http_server.py", folder_ / "served", folder_};
  call.cwd = folder_;
  running_.emplace(call);
  if (eventually([&] { return read_file(folder_ / "port").has_value(); }, std::chrono::seconds(60))) port_ = *read_file(folder_ / "port");
  else why_not_ = "python3's HTTP server does not start";
}

std::string HttpServer::log() const { return read_file(folder_ / "log").value_or(""); }

}  // namespace xtest
