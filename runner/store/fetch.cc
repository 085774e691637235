// SPDX-License-Identifier: Apache-2.0
#include "runner/store/fetch.h"

#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/md5.h"
#include "runner/base/text.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t md5_digits = 32;

constexpr int attempts = 4;                      // of one URL, each going on where the last one stopped
constexpr long connect_seconds = 30;
constexpr long stalled_seconds = 60;             // so long without a byte is the end of an attempt
constexpr long most_redirects = 10;

struct FreeEasy { void operator()(CURL* one) const { curl_easy_cleanup(one); } };
struct FreeList { void operator()(curl_slist* one) const { curl_slist_free_all(one); } };

// What a partial file is a part of.
struct Origin {
  std::string url, etag;
  std::uint64_t size = 0;
};

// One answer of the server, written behind what is there.
struct Transfer {
  Transfer(const Fetch& what, const std::string& url);

  const Fetch& wanted;
  UniqueFd file;
  fs::path note;
  Origin origin;
  std::uint64_t at = 0;                          // bytes that are there
  long status = 0;
  std::string trouble;                           // of ours, while the answer was written
  bool given_up = false;
  CURL* easy = nullptr;
};

fs::path partial_of(const fs::path& target) { return target.string() + ".partial"; }
fs::path note_of(const fs::path& target) { return target.string() + ".partial.json"; }

Transfer::Transfer(const Fetch& what, const std::string& url)
    : wanted(what), file(::open(partial_of(what.target).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)), note(note_of(what.target)) {
  origin.url = url;
}

[[noreturn]] void fail(const std::string& what, const std::string& remedy = {}) { throw Error(ErrorKind::infra, what, remedy); }

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<Origin> read_origin(const fs::path& note) {
  const auto json = nlohmann::json::parse(read_file(note).value_or(""), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return Origin{json.value("url", ""), json.value("etag", ""), json.value("size", std::uint64_t{0})};
}

// A weak ETag (W/...) does not promise equal bytes.
bool can_be_resumed(const Origin& origin) { return !origin.etag.empty() && !origin.etag.starts_with("W/"); }

size_t on_header(char* bytes, size_t, size_t size, void* into) {
  auto& transfer = *static_cast<Transfer*>(into);
  const std::string_view line = trim(std::string_view(bytes, size));
  if (line.starts_with("HTTP/")) transfer.origin.etag.clear();   // of the answer after a redirect
  if (lower(std::string(line.substr(0, 5))) == "etag:") transfer.origin.etag = trim(line.substr(5));
  return size;
}

// The first byte of an answer: whether it goes on where we are, or begins anew.
bool begin(Transfer& transfer) {
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &transfer.status);
  if (transfer.status != 200 && transfer.status != 206) return true;       // a page for people, not kept
  if (transfer.status == 200) {
    transfer.at = 0;
    if (::ftruncate(transfer.file.get(), 0) != 0 || ::lseek(transfer.file.get(), 0, SEEK_SET) != 0) {
      transfer.trouble = fmt::format("cannot empty {}: {}", transfer.wanted.target.string(), std::strerror(errno));
      return false;
    }
  }
  curl_off_t length = -1;
  curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  transfer.origin.size = length < 0 ? 0 : transfer.at + static_cast<std::uint64_t>(length);
  const nlohmann::json note{{"url", transfer.origin.url}, {"etag", transfer.origin.etag}, {"size", transfer.origin.size}};
  write_file(transfer.note, note.dump() + "\n");
  return true;
}

size_t on_bytes(char* bytes, size_t, size_t size, void* into) {
  auto& transfer = *static_cast<Transfer*>(into);
  if (transfer.status == 0 && !begin(transfer)) return 0;
  if (transfer.status != 200 && transfer.status != 206) return size;
  const Written written = write_all(transfer.file.get(), {bytes, size});
  transfer.at += written.bytes;
  if (written.error == 0) return size;
  transfer.trouble = fmt::format("cannot write {}: {}", transfer.wanted.target.string(), std::strerror(written.error));
  return 0;
}

int on_progress(void* into, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(into);
  if (transfer.wanted.progress && !transfer.wanted.progress(transfer.at, transfer.origin.size)) transfer.given_up = true;
  return transfer.given_up ? 1 : 0;
}

void configure(CURL* easy, Transfer& transfer, const std::string& url, char* words) {
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, most_redirects);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, connect_seconds);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, stalled_seconds);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "xtest/" XTEST_VERSION);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
}

void remove_partial(const fs::path& target) {
  std::error_code error;
  fs::remove(partial_of(target), error);
  fs::remove(note_of(target), error);
}

// The end of what is there, to write behind it; nothing of it counts unless the server can say that it is the same file.
Transfer open_partial(const Fetch& wanted, const std::string& url) {
  Transfer transfer(wanted, url);
  if (!transfer.file) fail(fmt::format("cannot write {}: {}", partial_of(wanted.target).string(), std::strerror(errno)));
  const auto before = read_origin(transfer.note);
  if (before && before->url == url && can_be_resumed(*before)) {
    transfer.origin = *before;
    transfer.at = static_cast<std::uint64_t>(std::max<off_t>(0, ::lseek(transfer.file.get(), 0, SEEK_END)));
    if (transfer.at != transfer.origin.size || transfer.at == 0) return transfer;
  }
  if (transfer.at == 0 && ::ftruncate(transfer.file.get(), 0) != 0) fail(fmt::format("cannot empty {}", partial_of(wanted.target).string()));
  return transfer;
}

std::string reason(const Transfer& transfer, CURLcode code, const char* words) {
  if (!transfer.trouble.empty()) return transfer.trouble;
  if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR)
    return fmt::format("the connection was cut after {} of {}", human_bytes(transfer.at), transfer.origin.size ? human_bytes(transfer.origin.size) : "an unknown size");
  if (code != CURLE_OK) return *words ? words : curl_easy_strerror(code);
  if (transfer.status == 404 || transfer.status == 410) return fmt::format("the server does not have it (status {})", transfer.status);
  if (transfer.status == 407) return "the proxy wants a name and a password (status 407)";
  if (transfer.status != 200 && transfer.status != 206) return fmt::format("the server answered with status {}", transfer.status);
  return fmt::format("{} of {} came", human_bytes(transfer.at), human_bytes(transfer.origin.size));
}

bool is_whole(const Transfer& transfer, CURLcode code) {
  const bool has_come = transfer.status == 200 || transfer.status == 206;
  return code == CURLE_OK && has_come && (transfer.origin.size == 0 || transfer.at == transfer.origin.size);
}

struct Attempt {
  bool whole = false, again = false;
  std::string why;
};

Attempt attempt(const Fetch& wanted, const std::string& url) {
  Transfer transfer = open_partial(wanted, url);
  if (transfer.at != 0 && transfer.at == transfer.origin.size) return {true, false, {}};
  const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
  if (!easy) fail("libcurl cannot be used");
  transfer.easy = easy.get();
  char words[CURL_ERROR_SIZE] = "";
  configure(easy.get(), transfer, url, words);
  std::unique_ptr<curl_slist, FreeList> headers;
  if (transfer.at != 0) {
    headers.reset(curl_slist_append(nullptr, ("If-Range: " + transfer.origin.etag).c_str()));
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy.get(), CURLOPT_RANGE, (std::to_string(transfer.at) + "-").c_str());
  }
  const CURLcode code = curl_easy_perform(easy.get());
  if (transfer.given_up) fail("the download was given up", "the same command goes on with it");
  if (transfer.status == 0) curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &transfer.status);
  if (is_whole(transfer, code)) return {true, false, {}};
  if (transfer.status == 416) remove_partial(wanted.target);              // what is there is no part of it
  const bool is_no = code == CURLE_OK && transfer.status >= 400 && transfer.status < 500 && transfer.status != 416 && transfer.status != 408 && transfer.status != 429;
  return {false, !is_no && transfer.trouble.empty(), reason(transfer, code, words)};
}

// Empty: it is there.
std::string fetch_from(const Fetch& wanted, const std::string& url) {
  std::string why;
  for (int i = 0; i < attempts; ++i) {
    const Attempt done = attempt(wanted, url);
    if (done.whole) return {};
    why = done.why;
    if (!done.again) break;
  }
  return why;
}

void check(const Fetch& wanted, const std::string& url) {
  const bool is_md5 = wanted.checksum.size() == md5_digits;
  const std::string digest = is_md5 ? md5_file(partial_of(wanted.target)) : sha256_file(partial_of(wanted.target));
  if (digest == wanted.checksum) return;
  remove_partial(wanted.target);
  fail(fmt::format("{} is not the file that was expected: its {} is {}, expected is {}", url, is_md5 ? "md5" : "sha256", digest, wanted.checksum),
       "it was thrown away; it was replaced at its place, or damaged or changed on its way");
}

void use_library() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

void fetch(const Fetch& wanted) {
  use_library();
  std::string trouble;
  for (const std::string& url : wanted.urls) {
    const std::string why = fetch_from(wanted, url);
    if (why.empty()) {
      check(wanted, url);
      fs::rename(partial_of(wanted.target), wanted.target);
      remove_partial(wanted.target);
      return;
    }
    trouble += (trouble.empty() ? "" : "; ") + fmt::format("cannot download {}: {}", url, why);
  }
  fail(trouble, "the same command goes on where this one stopped; behind a proxy set https_proxy");
}

}  // namespace xtest
