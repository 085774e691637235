// SPDX-License-Identifier: Apache-2.0
// Downloads a big file, and only ever leaves a whole one whose checksum is the expected one; the only user of libcurl.
//
// A download that was cut is gone on with where it stopped (RFC 9110, Range with If-Range), if the server still has the same
// file (strong ETag and size); TARGET.partial and TARGET.partial.json hold what there is. Proxies are those of the
// environment (http_proxy, https_proxy, all_proxy, no_proxy), redirects are followed, of http and https alone. Blocks; for a
// thread off the io_context's. Errors are Error{infra}, one sentence and what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace xtest {

struct Fetch {
  std::vector<std::string> urls;                 // of the same file; the next one is asked when one cannot give it
  std::filesystem::path target;                  // its folder is there; one process at a time
  std::string checksum;                          // sha256, or md5 where its project publishes nothing better: told by length
  // Bytes that are there, bytes of all (0: not known); often, on the calling thread. False: give up.
  std::function<bool(std::uint64_t done, std::uint64_t all)> progress;
};

void fetch(const Fetch& wanted);

}  // namespace xtest
